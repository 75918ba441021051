"""A door that stands still: the demo's own ward and plans, taken once, behind a head that a test moves.

It keeps the rules of the real door that a screen leans on (stale, role, complete choices, confirmed limits) and can be cut off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from titration.explain.trace import Assessment
from titration.formulary import Formulary, shipped
from titration.packs.model import Pack
from titration.service.rounds.asked import New
from titration.service.rounds.door import Door
from titration.service.rounds.told import (
    Action,
    Choice,
    Entry,
    LineKey,
    PatientSheet,
    Receipt,
    RecordedPlan,
    Refused,
    Role,
    Stage,
    User,
    WardSheet,
)
from titration.service.rounds.told_study import StudySheet

DOCTOR, NURSE, VIEWER = User("Dr Lin", Role.PRESCRIBER), User("Nurse Hao", Role.NURSE), User("Visitor", Role.VIEWER)
PASSPHRASE = "correct horse"


@dataclass(frozen=True)
class Stock:
    """What the demo's door said: the ward, a plan of every patient, another plan of the same patients, and the pack."""

    pack: Pack
    ward: WardSheet
    sheets: Mapping[str, PatientSheet]
    later: Mapping[str, PatientSheet]

    @classmethod
    def of(cls, door: Door, *, minute: int) -> "Stock":
        ward = door.ward(minute=minute)
        ids = [row.person.patient_id for row in ward.rows]
        day = 24 * 60
        return cls(
            door.pack,
            ward,
            {one: door.patient(one, minute=minute) for one in ids},
            {one: door.patient(one, minute=minute - day) for one in ids},
        )


@dataclass
class Standing:
    """The door. ``corrected`` patients have their other plan and a later head; ``cut`` loses the connection."""

    stock: Stock
    read_only: bool = False
    needs_passphrase: bool = False
    users: tuple[User, ...] = (DOCTOR, NURSE, VIEWER)
    heads: dict[str, int] = field(default_factory=dict)
    corrected: set[str] = field(default_factory=set)
    signatures: list[tuple[PatientSheet, tuple[Choice, ...], User]] = field(default_factory=list)
    cut: bool = False
    last: int = 1000

    @property
    def pack(self) -> Pack:
        return self.stock.pack

    @property
    def formulary(self) -> Formulary:
        return shipped()

    def correct(self, patient_id: str) -> None:
        """Somebody records something for a patient at another terminal: the plan may change, the head does."""
        self.corrected ^= {patient_id}
        self.last += 1
        self.heads[patient_id] = self.last

    def _line(self) -> None:
        if self.cut:
            raise Refused("lost", "the ledger cannot be reached")

    def sign_in(self, name: str, passphrase: str, *, minute: int) -> User:
        del minute
        self._line()
        found = [user for user in self.users if user.name == name]
        if not found or passphrase != PASSPHRASE:
            raise Refused("locked", "try again")
        return found[0]

    def head(self, patient_id: str | None = None) -> int:
        self._line()
        return self.last if patient_id is None else self.heads.get(patient_id, 900)

    def ward(self, *, minute: int) -> WardSheet:
        self._line()
        signed = {sheet.person.patient_id for sheet, _, _ in self.signatures}
        rows = (
            replace(row, stage=Stage.SIGNED if row.person.patient_id in signed else Stage.OPEN)
            for row in self.stock.ward.rows
        )
        return replace(self.stock.ward, minute=minute, head=self.last, rows=tuple(rows))

    def patient(self, patient_id: str, *, minute: int) -> PatientSheet:
        self._line()
        table = self.stock.later if patient_id in self.corrected else self.stock.sheets
        return replace(table[patient_id], minute=minute, head=self.head(patient_id))

    def record(self, user: User, asked: Sequence[New], *, minute: int) -> Receipt:
        raise NotImplementedError

    def sign(self, user: User, sheet: PatientSheet, choices: Sequence[Choice], *, minute: int) -> Receipt:
        del minute
        self._line()
        if self.read_only or user.role is not Role.PRESCRIBER:
            raise Refused("role", "ask a prescriber")
        if self.head(sheet.person.patient_id) > sheet.head:
            raise Refused("stale", "reload")
        self.signatures.append((sheet, tuple(choices), user))
        self.last += 2
        return Receipt((self.last - 1, self.last), self.last)

    def beyond(self, sheet: PatientSheet, line: LineKey, dose: int) -> tuple[str, ...]:
        """Any dose that is larger than both the one in force and the plan's goes beyond the cap on a step."""
        self._line()
        found = next(plan for plan in sheet.assessment.lines if (plan.drug, plan.slot.text, plan.route.text) == line)
        return ("step_cap",) if dose > max(found.before or 0, found.after) else ()

    def study(self, patient_id: str, *, minute: int) -> StudySheet:
        raise NotImplementedError

    def what_if(
        self,
        patient_id: str,
        *,
        minute: int,
        readings: Mapping[int, int] | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> Assessment:
        raise NotImplementedError

    def entries(
        self,
        *,
        patient_id: str | None = None,
        kinds: Sequence[str] = (),
        author: str | None = None,
        before: int | None = None,
        most: int = 200,
    ) -> tuple[Entry, ...]:
        raise NotImplementedError

    def recorded_plan(self, seq: int) -> RecordedPlan:
        raise NotImplementedError

    def verify(self) -> tuple[int, str | None]:
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is held."""


def confirmed(choice: Choice, door: Standing, sheet: PatientSheet) -> bool:
    """Whether every limit that a modified dose goes beyond was confirmed."""
    if choice.action is not Action.MODIFY or choice.dose is None:
        return True
    return set(door.beyond(sheet, choice.line, choice.dose)) <= set(choice.beyond)
