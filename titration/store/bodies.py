"""What each kind of entry holds, as checked types. Their fields are what is hashed: none may change its meaning.

A new field has a default, so that an entry written before is read as it was.
"""

from collections.abc import Callable, Collection
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from titration.clinical import EVENT_KINDS, LAB_KINDS, Route, Slot, Source, Timing
from titration.store.entries import Entry, Kind


def _one_of(names: Collection[str]) -> Callable[[str], str]:
    known = frozenset(names)

    def checked(word: str) -> str:
        if word not in known:
            raise ValueError("not a word of the vocabulary")
        return word

    return checked


Int32 = Annotated[int, Field(ge=-(2**31), lt=2**31)]
Whole32 = Annotated[int, Field(ge=0, lt=2**31)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
TimingName = Annotated[str, AfterValidator(_one_of([t.text for t in Timing]))]
SourceName = Annotated[str, AfterValidator(_one_of([s.text for s in Source]))]
SlotName = Annotated[str, AfterValidator(_one_of([s.text for s in Slot]))]
RouteName = Annotated[str, AfterValidator(_one_of([r.text for r in Route]))]
EventName = Annotated[str, AfterValidator(_one_of([k.value for k in EVENT_KINDS]))]
LabName = Annotated[str, AfterValidator(_one_of([k.value for k in LAB_KINDS]))]
SystemName = Literal["mmol/L", "mg/dL"]
RoleName = Literal["prescriber", "nurse", "viewer"]
StudyTableName = Literal["visits", "infusions", "product_checks", "vitals", "adverse_events", "reference_ranges"]


class Body(BaseModel):
    """The fields of one kind of entry."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class LedgerBody(Body):
    """The first entry: how the ledger was made."""

    format: int
    program: str
    single_user: bool


class PackBody(Body):
    """The pack in use from here on, its files and the formulary's by their hashes."""

    id: str
    version: str
    status: str
    sha256: Hash
    files: dict[str, Hash]
    formulary_sha256: Hash
    formulary_files: dict[str, Hash]


class UserBody(Body):
    """A person who may sign. ``passphrase`` is the hash of the stored argon2 text, which itself is kept apart."""

    name: str
    role: RoleName
    enabled: bool = True
    passphrase: Hash | None = None


class ImportBody(Body):
    """A log that was read in: its rows follow as entries of their own."""

    source: str
    format: str
    kept: int
    quarantined: int
    rejected: int
    reasons: dict[str, int]
    unread: tuple[str, ...] = ()
    """Files beside the log that were not read as part of it."""


class PersonBody(Body):
    """What is known of a patient; the last one of a patient counts. Numbers that may be fractions are text."""

    name: str = ""
    ward: str = ""
    bed: str = ""
    sex: str | None = None
    age_years: Whole32 | None = None
    height_cm: str | None = None
    diabetes_type: str | None = None
    duration_years: str | None = None
    comorbidities: str | None = None
    agents: str | None = None
    hypoglycaemia_noted: bool | None = None
    system: SystemName
    admitted_day: Int32 | None = None
    discharged: bool = False


class ReadingBody(Body):
    """A glucose on the grid of its unit. ``written`` is what was typed; a log's rows have none."""

    minute: Int32
    value: Whole32
    unit: SystemName
    timing: TimingName
    source: SourceName
    written: str | None = None
    repeat: bool = False
    """Said to be a repeat by the log it came from; exact repeats are found again whenever a log is made."""


class DoseBody(Body):
    """A dose given, thousandths of ``unit``; 0 was not given."""

    minute: Int32
    drug: str
    amount: Whole32
    unit: str
    slot: SlotName
    route: RouteName
    doubtful: bool = False
    note: str = ""


class EventBody(Body):
    """Something that happened."""

    minute: Int32
    kind: EventName
    note: str = ""


class LabBody(Body):
    """A dated measurement, thousandths of its unit."""

    minute: Int32
    kind: LabName
    value: Whole32


class PumpBody(Body):
    """A pump's basal rate from its minute on, thousandths of units an hour."""

    minute: Int32
    rate: Whole32


class DoubtBody(Body):
    """A day on which a glucose row was set aside or refused."""

    day: Int32


class NoteBody(Body):
    """A free note."""

    minute: Int32
    text: str


class StudyBody(Body):
    """A row of a study's own table, cell by cell as it was written; ``line`` is the whole row where its cells cannot be told.

    It is read again whenever it is asked for, by the reader of the study's files: a row that reader refuses stays here as written.
    """

    table: StudyTableName
    cells: dict[str, str]
    line: str | None = None


class Instead(Body):
    """What stands in place of a corrected entry: a kind and its body."""

    kind: Literal["reading", "dose", "event", "lab", "study"]
    body: dict[str, Any]


class CorrectionBody(Body):
    """Entry ``of`` was wrong; without ``instead`` it is withdrawn."""

    of: int
    why: str
    instead: Instead | None = None


class PackRef(Body):
    """Which pack a recommendation was made with."""

    id: str
    version: str
    sha256: Hash


class RecommendationBody(Body):
    """A plan as it was shown when it was signed, and all that is needed to make it again.

    ``head`` is the last entry of the patient it rested on, ``log`` the digest of the rows it was made from, ``plan`` the
    tokens of the whole assessment.
    """

    day: Int32
    minute: Int32
    pack: PackRef
    formulary: Hash
    program: str
    taper: Literal["as recorded"]
    head: int
    log: Hash
    plan: dict[str, Any]


class ChoiceBody(Body):
    """What was decided for one line."""

    drug: str
    slot: SlotName
    route: RouteName
    action: Literal["accept", "modify", "reject"]
    dose: Whole32 | None
    reason: str | None = None
    note: str = ""
    beyond: tuple[str, ...] = ()


class DecisionBody(Body):
    """The decision on a recommendation, line by line."""

    recommendation: int
    day: Int32
    choices: tuple[ChoiceBody, ...]


class ChangeBody(Body):
    """A line's dose from now on."""

    drug: str
    slot: SlotName
    route: RouteName
    unit: str
    before: Whole32 | None
    after: Whole32


class RegimenBody(Body):
    """Lines whose dose a decision changed."""

    decision: int
    day: Int32
    lines: tuple[ChangeBody, ...]


BODIES: Final[dict[Kind, type[Body]]] = {
    Kind.LEDGER: LedgerBody,
    Kind.PACK: PackBody,
    Kind.USER: UserBody,
    Kind.IMPORT: ImportBody,
    Kind.PERSON: PersonBody,
    Kind.READING: ReadingBody,
    Kind.DOSE: DoseBody,
    Kind.EVENT: EventBody,
    Kind.LAB: LabBody,
    Kind.PUMP: PumpBody,
    Kind.DOUBT: DoubtBody,
    Kind.NOTE: NoteBody,
    Kind.STUDY: StudyBody,
    Kind.CORRECTION: CorrectionBody,
    Kind.RECOMMENDATION: RecommendationBody,
    Kind.DECISION: DecisionBody,
    Kind.REGIMEN: RegimenBody,
}


def body_of(entry: Entry) -> Body:
    """The checked body of an entry; raises pydantic's ValidationError or KeyError for one this program cannot read."""
    return BODIES[Kind(entry.kind)].model_validate_json(entry.body)
