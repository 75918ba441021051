"""The state of the application as one frozen value. Nothing here reads a clock, a file or a screen."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from titration.explain.phrases import Language
from titration.explain.trace import LinePlan
from titration.explain.voice import Voice
from titration.formulary import Formulary, shipped
from titration.packs.model import Pack
from titration.service.rounds.told import Choice, LineKey, OrderRow, PatientSheet, Role, User, WardSheet
from titration.units import UnitSystem
from tui.session.dialogs import Dialog
from tui.session.effects import Effect, Request
from tui.session.entry_state import EntryState
from tui.session.field import Field
from tui.session.reading_state import LedgerState, RulesState
from tui.session.study_state import StudyState

WARD, PATIENT, DECIDE = "ward", "patient", "decide"
FILTERS: Final = ("all", "open", "urgent", "change", "missing")
SORTS: Final = ("urgency", "bed", "name", "fasting")
SPANS: Final = (3, 7, 14, 21)
"""Days a chart can show."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user has chosen. ``shown_unit`` None shows every record in its own unit."""

    language: Language = "en"
    shown_unit: UnitSystem | None = None
    theme: str = "dark"
    plain_glyphs: bool = False
    idle_minutes: int = 5
    ward: str | None = None
    """Only this ward is shown."""


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence for the message line: a key of ``words`` with its fields, kept as tokens so that it can change language."""

    key: str
    fields: tuple[tuple[str, object], ...] = ()
    bad: bool = False


SECRET: Final = Field(secret=True)


@dataclass(frozen=True, slots=True)
class Gate:
    """Sign-in, or the lock after idling: nothing of a patient is shown until it opens."""

    field: Field = SECRET
    chosen: int = 0
    locked: bool = False
    waiting: bool = False
    leaving: bool = False
    """Quitting was asked for once: the next time drops what is not signed."""


@dataclass(frozen=True, slots=True)
class Group:
    """A heading among the rows of the ward."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class WardState:
    """The list of patients: what is shown of it, in which order, and where the cursor is."""

    sheet: WardSheet | None = None
    filter: str = "all"
    sort: str = "urgency"
    grouped: bool = False
    search: str = ""
    items: tuple[str | Group, ...] = ()
    """Patient ids and headings, as they stand on the screen."""
    cursor: str = ""
    top: int = 0


@dataclass(frozen=True, slots=True)
class Round:
    """One open patient: the plan, what was chosen for each line so far, and what has been on the screen."""

    sheet: PatientSheet
    choices: tuple[Choice, ...] = ()
    past: tuple[tuple[Choice, ...], ...] = ()
    cursor: int = 0
    scroll: int = 0
    full: bool = False
    """The whole explanation stands in place of the chart."""
    days: int = 7
    stale: bool = False
    """Something was recorded for this patient after the plan was made."""
    seen: frozenset[LineKey] = frozenset()
    """Lines whose proposal and limits have stood on the screen in full."""

    @property
    def lines(self) -> tuple[LinePlan, ...]:
        """Lines of the plan."""
        return self.sheet.assessment.lines

    @property
    def patient_id(self) -> str:
        """Whose round it is."""
        return self.sheet.person.patient_id

    @property
    def unseen(self) -> tuple[int, ...]:
        """Positions of lines whose limits have not been shown."""
        return tuple(i for i, line in enumerate(self.lines) if line_key(line) not in self.seen)

    @property
    def undecided(self) -> tuple[int, ...]:
        """Positions of lines without a choice."""
        return tuple(i for i, line in enumerate(self.lines) if self.choice(line_key(line)) is None)

    def choice(self, key: LineKey) -> Choice | None:
        """What was chosen for a line."""
        return next((choice for choice in self.choices if choice.line == key), None)

    def ordered(self, key: LineKey) -> OrderRow | None:
        """What was ordered for a line on an earlier day and has not been given since."""
        standing = any(p.line == key and p.ordered is not None for p in self.sheet.row.proposals)
        return next((order for order in self.sheet.orders if order.line == key), None) if standing else None

    def current(self) -> LinePlan | None:
        """The line the cursor is on."""
        return self.lines[self.cursor] if self.cursor < len(self.lines) else None


@dataclass(frozen=True, slots=True)
class Draft:
    """Choices of a patient that was left before signing, with the plan they were made on."""

    sheet: PatientSheet
    choices: tuple[Choice, ...]
    past: tuple[tuple[Choice, ...], ...]


@dataclass(frozen=True, slots=True)
class Session:
    """Everything the screens show and the keys change."""

    pack: Pack = field(repr=False)
    users: tuple[User, ...]
    needs_passphrase: bool
    read_only: bool
    formulary: Formulary = field(default_factory=shipped, repr=False)
    """What a drug typed at the bedside is looked up in."""
    settings: Settings = Settings()
    size: tuple[int, int] = (80, 24)
    minute: int = 0
    """Local minutes since 1970-01-01, as the application's clock last told them."""
    last_key: int = 0
    """Minute of the last key."""
    user: User | None = None
    gate: Gate | None = None
    blank: bool = False
    places: tuple[str, ...] = (WARD,)
    """Screens on top of each other; the last one is shown."""
    ward: WardState = WardState()
    entry: EntryState = field(default_factory=EntryState)
    rules: RulesState = field(default_factory=RulesState)
    ledger: LedgerState = field(default_factory=LedgerState)
    study: StudyState = field(default_factory=StudyState)
    round: Round | None = None
    drafts: Mapping[str, Draft] = field(default_factory=lambda: {})
    opening: str | None = None
    """Patient whose plan is on its way."""
    dialog: Dialog | None = None
    told: Told | None = None
    lost: Told | None = None
    """Why the ledger cannot be reached; None while it can."""
    token: int = 0
    awaited: Mapping[str, int] = field(default_factory=lambda: {})
    """Token of the last request of each purpose that has not been answered."""

    @property
    def place(self) -> str:
        """The screen that is shown."""
        return self.places[-1]

    @property
    def mode(self) -> str:
        """What keys mean now: the topmost thing that takes them."""
        if self.blank:
            return "blank"
        if self.gate is not None:
            return "gate"
        return self.place if self.dialog is None else self.dialog.mode

    def voice(self, system: UnitSystem) -> Voice:
        """The words of explanations for a record in ``system``."""
        return Voice(self.pack, self.settings.language, system)

    def may_decide(self) -> bool:
        """Whether the user may choose and sign."""
        return not self.read_only and self.user is not None and self.user.role is Role.PRESCRIBER


Step: TypeAlias = tuple[Session, tuple[Effect, ...]]
"""What every transition gives: the next session and what it asks for."""


def say(session: Session, key: str, /, *, bad: bool = False, **fields: object) -> Session:
    """The session with a sentence on its message line."""
    return replace(session, told=Told(key, tuple(fields.items()), bad))


def asking(session: Session, request: Request) -> Session:
    """The session awaiting the answer to ``request``, which carries the token after the session's own."""
    return replace(session, token=request.token, awaited={**session.awaited, request.purpose: request.token})


def line_key(line: LinePlan) -> LineKey:
    """The key of a plan's line, as choices name it."""
    return (line.drug, line.slot.text, line.route.text)
