"""What is being entered at the bedside: texts not saved yet, what is on its way to the ledger, and where the cursor is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from titration.service.rounds.asked import New
from titration.service.rounds.entry import Expected
from titration.service.rounds.told import PatientSheet, WardRow

ENTER, DOSES = "enter", "doses"
COLUMNS: Final = (
    "overnight",
    "fasting",
    "post_breakfast",
    "pre_lunch",
    "post_lunch",
    "pre_dinner",
    "post_dinner",
    "bedtime",
)
"""Points of the day in the grid, from midnight on."""
DAYS_BACK: Final = 6
"""How many days before today the grid goes back."""
WHY_CORRECTED: Final = ("typing_slip", "wrong_patient", "wrong_time", "meter_misread")
"""Coded reasons of a correction; anything else is typed."""
WHY_NOT_GIVEN: Final = ("missed", "refused", "withheld", "vomited", "unavailable")
DUE_ORDER: Final = ("last_night", "breakfast", "lunch", "dinner", "bedtime")
"""Groups of the list of doses: what was due last night and is not written down, then today's."""
CHOICE_KEYS: Final = ("1", "2", "3", "4", "5", "6", "7", "8", "9")


@dataclass(frozen=True, slots=True)
class CellAt:
    """A cell of the grid."""

    patient_id: str
    day: int
    timing: str


@dataclass(frozen=True, slots=True)
class LineAt:
    """The one-line entry for a patient."""

    patient_id: str


@dataclass(frozen=True, slots=True)
class DoseAt:
    """A dose that is due."""

    patient_id: str
    day: int
    drug: str
    slot: str


@dataclass(frozen=True, slots=True)
class RowAt:
    """An entry of the ledger that is withdrawn."""

    patient_id: str
    seq: int


Source: TypeAlias = CellAt | LineAt | DoseAt | RowAt
"""What an entry was typed into, or chosen at."""


@dataclass(frozen=True, slots=True)
class Unsaved:
    """A text that is not in the ledger, with what was confirmed about it. It survives lock, lost connection and leaving."""

    text: str = field(repr=False)
    confirmed: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class Sending:
    """What is on its way to the ledger, in the order it was confirmed; ``shown`` is what the message line calls it."""

    source: Source
    asked: tuple[New, ...] = field(repr=False)
    shown: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EntryState:
    """Everything about entering."""

    sheets: Mapping[str, PatientSheet] = field(default_factory=lambda: {}, repr=False)
    heads: Mapping[str, int] = field(default_factory=lambda: {})
    """The ledger's last entry when each sheet was read, or found to be as it was."""
    expected: Mapping[str, tuple[Expected, ...]] = field(default_factory=lambda: {}, repr=False)
    """Doses due by each sheet: yesterday's and those of its day."""
    beds: tuple[WardRow, ...] = field(default=(), repr=False)
    """Patients of the ward by bed."""
    due: tuple[Expected, ...] = field(default=(), repr=False)
    """Doses of the list: last night's that nobody wrote down, then today's, by time of day and bed."""
    head: int = 0
    """The ledger's last entry as far as this terminal knows."""
    texts: Mapping[Source, Unsaved] = field(default_factory=lambda: {}, repr=False)
    queue: tuple[Sending, ...] = ()
    """The first of them has been handed to the door."""
    saved: frozenset[Source] = frozenset()
    """What was saved at this terminal since the application was opened."""
    patient: str = ""
    written_for: str = ""
    """Whose entry moved the cursor on by itself: the way back leads to them, not to the patient below, until a key moves it."""
    column: int = 1
    back: int = 0
    """Days before today that the grid shows."""
    dose: DoseAt | None = None
    doubt: frozenset[str] = frozenset()
    """Patients for whom a write was under way when the connection broke: nothing is checked against the record at hand
    before it was looked at again, for it may hold that write by now."""
    wanted: tuple[str, ...] = ()
    """Patients whose sheets were asked for and have not come."""

    def sending(self, source: Source) -> bool:
        """Whether an entry is on its way."""
        return any(entry.source == source for entry in self.queue)
