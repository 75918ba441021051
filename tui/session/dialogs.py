"""Questions that stand below a screen until they are answered; each names the mode its keys are looked up in."""

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from titration.service.rounds.told import Action, LineKey, Reason
from tui.session.field import EMPTY, Field


@dataclass(frozen=True, slots=True)
class Search:
    """Typing what the ward list is searched for; ``before`` comes back when it is given up."""

    mode: ClassVar[str] = "search"
    field: Field
    before: str


@dataclass(frozen=True, slots=True)
class Jump:
    """Typing a bed to go to; ``before`` is the patient the cursor was on."""

    mode: ClassVar[str] = "jump"
    field: Field
    before: str


@dataclass(frozen=True, slots=True)
class Dose:
    """Typing another dose for a line."""

    mode: ClassVar[str] = "dose"
    line: LineKey
    field: Field
    problem: str | None = None
    """Key of ``words`` that says what is wrong with the text."""


@dataclass(frozen=True, slots=True)
class BeyondLimits:
    """A dose goes beyond limits of the guard: to be confirmed a second time."""

    mode: ClassVar[str] = "beyond"
    line: LineKey
    dose: int
    limits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """Choosing the coded reason for modifying or rejecting."""

    mode: ClassVar[str] = "why"
    line: LineKey
    action: Action
    dose: int | None
    beyond: tuple[str, ...] = ()
    cursor: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """Typing a reason that is none of the coded ones."""

    mode: ClassVar[str] = "note"
    why: Why
    reason: Reason
    field: Field


@dataclass(frozen=True, slots=True)
class Leave:
    """Unsigned choices would be dropped by quitting."""

    mode: ClassVar[str] = "leave"
    patients: tuple[str, ...]
    under: "Dialog | None" = None
    """What was being asked, and comes back."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Finding an action by name."""

    mode: ClassVar[str] = "palette"
    field: Field = EMPTY
    cursor: int = 0


@dataclass(frozen=True, slots=True)
class Help:
    """All keys of the screen."""

    mode: ClassVar[str] = "help"
    scroll: int = 0


Dialog: TypeAlias = Search | Jump | Dose | BeyondLimits | Why | Note | Leave | Palette | Help
