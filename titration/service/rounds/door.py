"""The door of a ward round, as a protocol: front ends know it, and one class over a ledger and an engine keeps it.

Every call takes the moment it is asked at; nothing behind the door reads a clock. Calls block on files and on the engine, so a
screen makes them in a worker. All of them may raise ``told.Refused``.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from titration.explain.trace import Assessment
from titration.formulary import Formulary
from titration.packs.model import Pack
from titration.service.rounds.asked import New
from titration.service.rounds.told import (
    Choice,
    Entry,
    LineKey,
    PatientSheet,
    Receipt,
    RecordedPlan,
    User,
    WardSheet,
)
from titration.service.rounds.told_study import StudySheet


class Door(Protocol):
    """One open ledger with the pack in use."""

    @property
    def pack(self) -> Pack:
        """The pack in use: its rules, parameters, sources and texts."""
        ...

    @property
    def formulary(self) -> Formulary:
        """The drugs the pack in use is read with: what a drug typed at the bedside is looked up in."""
        ...

    @property
    def read_only(self) -> bool:
        """Whether nothing can be recorded here, whoever asks."""
        ...

    @property
    def needs_passphrase(self) -> bool:
        """False only for a ledger created for a single user without one; screens say so."""
        ...

    @property
    def users(self) -> tuple[User, ...]:
        """People who may sign in."""
        ...

    def sign_in(self, name: str, passphrase: str, *, minute: int) -> User:
        """The user; refused (``locked``) for a wrong name or passphrase, in the same words and time for both."""
        ...

    def head(self, patient_id: str | None = None) -> int:
        """Number of the last entry of the ledger, or the last that concerns a patient's plan: cheap, for polling."""
        ...

    def ward(self, *, minute: int) -> WardSheet:
        """The ward, planned for the day of ``minute`` from all that was recorded up to then."""
        ...

    def patient(self, patient_id: str, *, minute: int) -> PatientSheet:
        """One patient with today's plan."""
        ...

    def study(self, patient_id: str, *, minute: int) -> StudySheet:
        """One patient's study on the day of ``minute``: visits, endpoints, course and safety."""
        ...

    def record(self, user: User, asked: Sequence[New], *, minute: int) -> Receipt:
        """Record all of it or nothing. Refused by role, as ``invalid``, or when the ledger cannot be written."""
        ...

    def sign(self, user: User, sheet: PatientSheet, choices: Sequence[Choice], *, minute: int) -> Receipt:
        """Record the plan of ``sheet`` as a recommendation and the decision on it, in one step.

        Refused as ``stale`` when the patient's record has an entry later than ``sheet.head``, as ``role`` for anyone but a
        prescriber, as ``invalid`` when a choice lacks its reason, a line lacks its choice, or a dose beyond the guard was not
        confirmed.
        """
        ...

    def beyond(self, sheet: PatientSheet, line: LineKey, dose: int) -> tuple[str, ...]:
        """Limits of the guard that a dose of the clinician's own would go beyond; none for the dose in force or the plan's."""
        ...

    def what_if(
        self,
        patient_id: str,
        *,
        minute: int,
        readings: Mapping[int, int] | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> Assessment:
        """The plan if readings (by entry number, new value on the grid) or parameters of the pack (by name, as written in a pack)
        were others. Records nothing."""
        ...

    def entries(
        self,
        *,
        patient_id: str | None = None,
        kinds: Sequence[str] = (),
        author: str | None = None,
        before: int | None = None,
        most: int = 200,
    ) -> tuple[Entry, ...]:
        """Ledger entries, newest first."""
        ...

    def recorded_plan(self, seq: int) -> RecordedPlan:
        """A past recommendation (or the one a decision is about) as it was."""
        ...

    def verify(self) -> tuple[int, str | None]:
        """Entries checked along the chain, and the first fault in words (None: whole)."""
        ...

    def close(self) -> None:
        """Let go of the ledger."""
        ...
