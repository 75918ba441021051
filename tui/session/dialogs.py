"""Questions that stand below a screen until they are answered; each names the mode its keys are looked up in."""

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from titration.service.rounds.asked import New
from titration.service.rounds.entry import Question
from titration.service.rounds.told import Action, LineKey, Reason
from tui.session.entry_state import CellAt, DoseAt, LineAt, Source
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


@dataclass(frozen=True, slots=True)
class CellText:
    """Typing into a cell of the grid."""

    mode: ClassVar[str] = "cell"
    source: CellAt
    field: Field


@dataclass(frozen=True, slots=True)
class LineText:
    """Typing one line for a patient: a reading, a dose, an event, a measurement, a note."""

    mode: ClassVar[str] = "line"
    source: LineAt
    field: Field


@dataclass(frozen=True, slots=True)
class Ask:
    """What was typed is in doubt: nothing is saved until an option is chosen. ``step`` is where the cursor goes then."""

    mode: ClassVar[str] = "ask"
    source: CellAt | LineAt
    question: Question
    cursor: int
    step: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Correct:
    """Entry ``of`` is corrected by ``new``, or withdrawn where that is empty: why is asked."""

    mode: ClassVar[str] = "correct"
    source: Source
    of: int
    new: tuple[New, ...]
    cursor: int
    step: tuple[int, int]


@dataclass(frozen=True, slots=True)
class CorrectWhy:
    """Typing a reason of a correction that is none of the coded ones."""

    mode: ClassVar[str] = "correct_why"
    correct: Correct
    field: Field


@dataclass(frozen=True, slots=True)
class NotGiven:
    """Choosing why a dose was not given."""

    mode: ClassVar[str] = "not_given"
    source: DoseAt
    cursor: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """Typing another value for a parameter or a reading, to see the plan change."""

    mode: ClassVar[str] = "trial"
    tab: str
    key: str
    field: Field


Dialog: TypeAlias = (
    Search | Jump | Dose | BeyondLimits | Why | Note | Leave | Palette | Help
    | CellText | LineText | Ask | Correct | CorrectWhy | NotGiven | Trial
)  # fmt: skip
