"""What came of a request: frozen values that ``workers`` makes of the door's answers, each with the request's token."""

from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from titration.explain.trace import Assessment
from titration.packs.model import Pack
from titration.service.rounds.told import Entry, LineKey, PatientSheet, Receipt, RecordedPlan, User, WardSheet
from titration.service.rounds.told_study import StudySheet
from tui.session.effects import Request


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The passphrase was right."""

    purpose: ClassVar[str] = "sign_in"
    token: int
    user: User


@dataclass(frozen=True, slots=True)
class WardTold:
    """The ward as it stands."""

    purpose: ClassVar[str] = "ward"
    token: int
    sheet: WardSheet = field(repr=False)
    pack: Pack = field(repr=False)
    """The pack it was planned by, which another terminal may have changed."""


@dataclass(frozen=True, slots=True)
class PatientTold:
    """A patient with today's plan."""

    purpose: ClassVar[str] = "patient"
    token: int
    sheet: PatientSheet = field(repr=False)
    pack: Pack = field(repr=False)


@dataclass(frozen=True, slots=True)
class HeadTold:
    """The last ledger entry, of a patient or of all."""

    purpose: ClassVar[str] = "poll"
    token: int
    patient_id: str | None
    head: int


@dataclass(frozen=True, slots=True)
class BeyondTold:
    """Limits that a dose goes beyond."""

    purpose: ClassVar[str] = "beyond"
    token: int
    line: LineKey
    dose: int
    limits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """The decision is in the ledger."""

    purpose: ClassVar[str] = "sign"
    token: int
    patient_id: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Recorded:
    """The entries are in the ledger."""

    purpose: ClassVar[str] = "record"
    token: int
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class BedsidesTold:
    """Records of some patients, as far as they changed, and the ledger's last entry before they were looked at."""

    purpose: ClassVar[str] = "bedsides"
    token: int
    head: int
    sheets: tuple[PatientSheet, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class WhatIfTold:
    """The plan as it would be."""

    purpose: ClassVar[str] = "what_if"
    token: int
    assessment: Assessment = field(repr=False)


@dataclass(frozen=True, slots=True)
class EntriesTold:
    """Entries of the ledger, newest first."""

    purpose: ClassVar[str] = "entries"
    token: int
    before: int | None
    entries: tuple[Entry, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class RecordedTold:
    """A past recommendation as it was."""

    purpose: ClassVar[str] = "recorded"
    token: int
    plan: RecordedPlan = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verified:
    """Entries checked along the chain, and the first fault."""

    purpose: ClassVar[str] = "verify"
    token: int
    entries: int
    fault: str | None


@dataclass(frozen=True, slots=True)
class StudyTold:
    """One patient's study."""

    purpose: ClassVar[str] = "study"
    token: int
    sheet: StudySheet = field(repr=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """The door refused, or could not be reached (``code`` as in ``told.Refused``); ``message`` holds no patient value."""

    asked: Request
    code: str
    message: str

    @property
    def purpose(self) -> str:
        """What had been asked for."""
        return self.asked.purpose

    @property
    def token(self) -> int:
        """The token of the request."""
        return self.asked.token


Result: TypeAlias = (
    SignedIn | WardTold | PatientTold | HeadTold | BeyondTold | Signed | Recorded
    | BedsidesTold | WhatIfTold | EntriesTold | RecordedTold | Verified | StudyTold | Failed
)  # fmt: skip
