"""What a session asks for: frozen values that only ``workers`` turns into calls of the door.

``token`` numbers the request; an answer with an older token than the last one asked for its ``purpose`` is stale.
"""

from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from titration.service.rounds.asked import New
from titration.service.rounds.told import Choice, LineKey, PatientSheet, User


@dataclass(frozen=True, slots=True)
class SignIn:
    """Check a passphrase."""

    purpose: ClassVar[str] = "sign_in"
    token: int
    name: str
    passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoadWard:
    """Read and plan the ward."""

    purpose: ClassVar[str] = "ward"
    token: int


@dataclass(frozen=True, slots=True)
class LoadPatient:
    """Read and plan one patient."""

    purpose: ClassVar[str] = "patient"
    token: int
    patient_id: str


@dataclass(frozen=True, slots=True)
class Poll:
    """Ask whether anything was recorded since: for the open patient, or for the ledger."""

    purpose: ClassVar[str] = "poll"
    token: int
    patient_id: str | None


@dataclass(frozen=True, slots=True)
class Beyond:
    """Ask which limits a dose of the clinician's own goes beyond."""

    purpose: ClassVar[str] = "beyond"
    token: int
    sheet: PatientSheet = field(repr=False)
    line: LineKey
    dose: int


@dataclass(frozen=True, slots=True)
class Sign:
    """Record the plan and the decision on it."""

    purpose: ClassVar[str] = "sign"
    token: int
    user: User
    sheet: PatientSheet = field(repr=False)
    choices: tuple[Choice, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Record:
    """Record entries."""

    purpose: ClassVar[str] = "record"
    token: int
    user: User
    asked: tuple[New, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoadBedsides:
    """Read the records of some patients, for entries to be checked against; ``known`` gives each with the last entry of
    the record at hand, which is not read again while it is the last (-1: none is at hand)."""

    purpose: ClassVar[str] = "bedsides"
    token: int
    known: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Plan one patient with readings (entry, value on the grid) or parameters (name, as written) changed; records nothing."""

    purpose: ClassVar[str] = "what_if"
    token: int
    patient_id: str
    readings: tuple[tuple[int, int], ...]
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LoadEntries:
    """Read entries of the ledger, newest first, from before an entry on."""

    purpose: ClassVar[str] = "entries"
    token: int
    patient_id: str | None
    kinds: tuple[str, ...]
    author: str | None
    before: int | None


@dataclass(frozen=True, slots=True)
class LoadRecorded:
    """Read a past recommendation as it was."""

    purpose: ClassVar[str] = "recorded"
    token: int
    seq: int


@dataclass(frozen=True, slots=True)
class Verify:
    """Check the chain of the whole ledger."""

    purpose: ClassVar[str] = "verify"
    token: int


@dataclass(frozen=True, slots=True)
class LoadStudy:
    """Read one patient's study."""

    purpose: ClassVar[str] = "study"
    token: int
    patient_id: str


@dataclass(frozen=True, slots=True)
class Quit:
    """End the application."""

    purpose: ClassVar[str] = "quit"


Request: TypeAlias = (
    SignIn
    | LoadWard
    | LoadPatient
    | Poll
    | Beyond
    | Sign
    | Record
    | LoadBedsides
    | WhatIf
    | LoadEntries
    | LoadRecorded
    | Verify
    | LoadStudy
)
"""Effects that the door answers."""
Effect: TypeAlias = Request | Quit
