"""The small canonical tables: patients, labs, events and days of doubt, row by row.

Measurements in the patients table are dated by its ``date`` column, or else by the patient's first reading or
dose; without either, or when a patient has several undated rows, they are quarantined.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, TypeVar

from titration.clinical import EventKind, LabKind
from titration.log.builder import LogBuilder
from titration.log.columns import texts_of
from titration.log.model import MINUTES_A_DAY, Person
from titration.log.notation import day_written, moment_written, squeezed
from titration.log.report import NO_DAY, NO_PATIENT, Reason
from titration.log.verdicts import Columns
from titration.units import MILLI, decimal_of

_Meaning = TypeVar("_Meaning", str, bool)

PATIENT_COLUMNS: Final = (
    *("patient_id", "date", "sex", "age", "height_m", "weight_kg", "diabetes_type", "duration_years"),
    *("hba1c_mmol_mol", "creatinine_umol_l", "egfr", "c_peptide_nmol_l", "comorbidities", "agents"),
    "hypoglycaemia_noted",
)
LAB_COLUMNS: Final = ("patient_id", "time", "kind", "value", "unit")
EVENT_COLUMNS: Final = ("patient_id", "time", "kind", "text")
DOUBT_COLUMNS: Final = ("patient_id", "date")
REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "patients": ("patient_id",),
    "labs": LAB_COLUMNS,
    "events": ("patient_id", "time", "kind"),
    "doubts": DOUBT_COLUMNS,
}
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "patients": PATIENT_COLUMNS,
    "labs": LAB_COLUMNS,
    "events": EVENT_COLUMNS,
    "doubts": DOUBT_COLUMNS,
}

_PATIENT_LABS: Final = {
    "weight_kg": (LabKind.WEIGHT, "kg"),
    "hba1c_mmol_mol": (LabKind.HBA1C, "mmol/mol"),
    "creatinine_umol_l": (LabKind.CREATININE, "umol/l"),
    "egfr": (LabKind.EGFR, "ml/min/1.73m2"),
    "c_peptide_nmol_l": (LabKind.C_PEPTIDE, "nmol/l"),
}
_FACTORS: Final = {
    (LabKind.WEIGHT, "kg"): Decimal(1),
    (LabKind.HBA1C, "%"): Decimal(1),
    (LabKind.EGFR, "ml/min/1.73m2"): Decimal(1),
    (LabKind.CREATININE, "umol/l"): Decimal(1),
    (LabKind.CREATININE, "mg/dl"): Decimal("88.4"),
    (LabKind.C_PEPTIDE, "nmol/l"): Decimal(1),
    (LabKind.C_PEPTIDE, "pmol/l"): Decimal("0.001"),
    (LabKind.C_PEPTIDE, "ng/ml"): Decimal("0.331"),
    (LabKind.KETONE, "mmol/l"): Decimal(1),
    (LabKind.C_PEPTIDE_2H, "nmol/l"): Decimal(1),
    (LabKind.C_PEPTIDE_2H, "pmol/l"): Decimal("0.001"),
    (LabKind.C_PEPTIDE_2H, "ng/ml"): Decimal("0.331"),
    (LabKind.INSULIN_FASTING, "mu/l"): Decimal(1),
    (LabKind.INSULIN_FASTING, "miu/l"): Decimal(1),
    (LabKind.INSULIN_FASTING, "uu/ml"): Decimal(1),
    (LabKind.INSULIN_FASTING, "uiu/ml"): Decimal(1),
    # 1 mU/L is 6.00 pmol/L (WHO 2010). A laboratory that uses an older factor must give mU/L.
    (LabKind.INSULIN_FASTING, "pmol/l"): Decimal(1) / Decimal(6),
    (LabKind.GLUCOSE_2H, "mmol/l"): Decimal(1),
    (LabKind.GLUCOSE_2H, "mg/dl"): 1 / Decimal("18.0156"),
    (LabKind.ALT, "u/l"): Decimal(1),
    (LabKind.ALT, "iu/l"): Decimal(1),
    (LabKind.AST, "u/l"): Decimal(1),
    (LabKind.AST, "iu/l"): Decimal(1),
    (LabKind.CRP, "mg/l"): Decimal(1),
    (LabKind.CRP, "mg/dl"): Decimal(10),
}
LAB_UNITS: Final = {
    LabKind.WEIGHT: "kg",
    LabKind.HBA1C: "%",
    LabKind.EGFR: "mL/min/1.73m2",
    LabKind.CREATININE: "umol/L",
    LabKind.C_PEPTIDE: "nmol/L",
    LabKind.KETONE: "mmol/L",
    LabKind.C_PEPTIDE_2H: "nmol/L",
    LabKind.INSULIN_FASTING: "mU/L",
    LabKind.GLUCOSE_2H: "mmol/L",
    LabKind.ALT: "U/L",
    LabKind.AST: "U/L",
    LabKind.CRP: "mg/L",
}
"""The unit a measurement is kept, and written, in."""

_SEXES: Final = frozenset(("female", "male"))
_TYPES: Final = {"t1d": "T1D", "t1dm": "T1D", "t2d": "T2D", "t2dm": "T2D", "other": "other"}
_TRUTH: Final = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True, slots=True)
class SideRow:
    """One row of a small table as written; ``number`` counts from 1, the header included."""

    table: str
    file: str
    number: int
    cells: Mapping[str, str]

    @property
    def patient_id(self) -> str:
        return self.cells.get("patient_id", "")

    @property
    def raw(self) -> str:
        return ",".join(self.cells.values())


@dataclass(slots=True)
class _Adding:
    builder: LogBuilder
    first: Mapping[int, int]
    row: SideRow
    file: int
    patient: int = NO_PATIENT
    undated: bool = field(default=False)

    def find(self, reason: Reason, raw: str, minute: int | None = None) -> None:
        day = NO_DAY if minute is None else minute // MINUTES_A_DAY
        self.builder.find(file=self.file, row=self.row.number, reason=reason, raw=raw, patient=self.patient, day=day)


def side_rows(table: str, file: str, columns: Columns, *, rows: Iterable[int]) -> list[SideRow]:
    """The rows of a small table; ``rows`` are their numbers."""
    names = list(columns)
    count = len(next(iter(columns.values()))) if names else 0
    texts = [texts_of(columns[name], range(count)) for name in names]
    return [
        SideRow(table, file, int(row), dict(zip(names, cells, strict=True)))
        for row, *cells in zip(rows, *texts, strict=True)
    ]


def add_side_rows(rows: Iterable[SideRow], builder: LogBuilder) -> None:
    """Add rows of the small tables; the readings and doses of their patients must be in the builder already."""
    listed = list(rows)
    if not listed:
        return
    per_patient: dict[str, int] = {}
    for row in listed:
        if row.table == "patients":
            per_patient[row.patient_id] = per_patient.get(row.patient_id, 0) + 1
    for row in listed:
        if row.patient_id:
            builder.patient(row.patient_id)
    first = builder.first_minutes()
    for row in listed:
        file = builder.file(row.file)
        builder.count(file, rows=1)
        adding = _Adding(builder, first, row, file)
        if not row.patient_id:
            builder.count(file, values=1)
            adding.find(Reason.NO_PATIENT_ID, row.raw)
            continue
        adding.patient = builder.patient(row.patient_id)
        if row.table == "patients":
            adding.undated = not row.cells.get("date") and per_patient[row.patient_id] > 1
            _add_patient(adding)
        elif row.table == "labs":
            _add_lab(adding)
        elif row.table == "events":
            _add_event(adding)
        else:
            _add_doubt(adding)


def _add_patient(adding: _Adding) -> None:
    row, builder = adding.row, adding.builder
    builder.count(adding.file, values=1)
    builder.keep(adding.file)
    earlier = builder.people.get(row.patient_id)
    person = _person(adding)
    builder.people[row.patient_id] = person if earlier is None else _newer(earlier, person)
    written = row.cells.get("date", "")
    minute = moment_written(written) if written else adding.first.get(adding.patient)
    for column, (kind, unit) in _PATIENT_LABS.items():
        text = row.cells.get(column, "")
        if not text:
            continue
        builder.count(adding.file, values=1)
        if minute is None or adding.undated:
            reason = Reason.BAD_TIME if written else Reason.UNDATED_VALUE
            adding.find(reason, f"{column} {text}")
        else:
            _keep_lab(adding, minute, kind, text, unit)


def _newer(earlier: Person, later: Person) -> Person:
    """Two rows of one person: what the later one says, where it says something."""
    fields = {name: getattr(later, name) for name in Person.__dataclass_fields__}
    return Person(**{name: getattr(earlier, name) if value is None else value for name, value in fields.items()})


def _person(adding: _Adding) -> Person:
    cells = {name: squeezed(text) for name, text in adding.row.cells.items()}
    age, height = _number(adding, "age"), _number(adding, "height_m")
    duration = _number(adding, "duration_years")
    return Person(
        adding.row.patient_id,
        sex=_word(adding, "sex", {sex: sex for sex in _SEXES}),
        age_years=None if age is None else int(age),
        height_cm=None if height is None else float(height * 100),
        diabetes_type=_word(adding, "diabetes_type", _TYPES),
        duration_years=None if duration is None else float(duration),
        comorbidities=cells.get("comorbidities") or None,
        agents=cells.get("agents") or None,
        hypoglycaemia_noted=_word(adding, "hypoglycaemia_noted", _TRUTH),
    )


def _word(adding: _Adding, column: str, known: Mapping[str, _Meaning]) -> _Meaning | None:
    text = squeezed(adding.row.cells.get(column, "")).casefold()
    if text and text not in known:
        adding.find(Reason.UNKNOWN_WORD, f"{column} {text}")
    return known.get(text)


def _number(adding: _Adding, column: str) -> Decimal | None:
    text = adding.row.cells.get(column, "").strip()
    if not text:
        return None
    try:
        number = decimal_of(text)
    except ValueError:
        adding.find(Reason.UNKNOWN_WORD, f"{column} {text}")
        return None
    return number if number >= 0 else None


def _add_lab(adding: _Adding) -> None:
    cells = adding.row.cells
    adding.builder.count(adding.file, values=1)
    minute = moment_written(cells["time"])
    if minute is None:
        adding.find(Reason.BAD_TIME, adding.row.raw)
        return
    kind = next((k for k in LabKind if k.value == cells["kind"].strip().casefold()), None)
    if kind is None:
        adding.find(Reason.UNKNOWN_KIND, adding.row.raw, minute)
    else:
        _keep_lab(adding, minute, kind, cells["value"], cells["unit"])


def _keep_lab(adding: _Adding, minute: int, kind: LabKind, text: str, unit: str) -> None:
    value = lab_value(kind, text, unit)
    if isinstance(value, Reason):
        adding.find(value, f"{kind} {text} {unit}", minute)
    else:
        adding.builder.lab(patient=adding.patient, minute=minute, kind=kind, value=value, file=adding.file)


def lab_value(kind: LabKind, text: str, unit: str) -> int | Reason:
    """Thousandths of the unit of ``kind``, or why not."""
    packed = "".join(unit.split()).casefold().replace("µ", "u").replace("μ", "u").replace("²", "2")
    if not packed:
        return Reason.UNIT_MISSING
    try:
        number = decimal_of(text)
    except ValueError:
        return Reason.NON_NUMERIC_VALUE
    if kind is LabKind.HBA1C and packed == "mmol/mol":
        number, packed = (number * Decimal("0.0915") + Decimal("2.15")).quantize(Decimal("0.1"), ROUND_HALF_UP), "%"
    factor = _FACTORS.get((kind, packed))
    if factor is None:
        return Reason.UNKNOWN_UNIT
    value = int((number * factor * MILLI).to_integral_value(ROUND_HALF_UP))
    return value if 0 < value < 2**31 or (kind is LabKind.KETONE and value == 0) else Reason.IMPLAUSIBLE_VALUE


def _add_event(adding: _Adding) -> None:
    cells = adding.row.cells
    adding.builder.count(adding.file, values=1)
    minute = moment_written(cells["time"])
    kind = next((k for k in EventKind if k.value == cells["kind"].strip().casefold()), None)
    if minute is None:
        adding.find(Reason.BAD_TIME, adding.row.raw)
    elif kind is None:
        adding.find(Reason.UNKNOWN_KIND, adding.row.raw, minute)
    else:
        adding.builder.event(patient=adding.patient, minute=minute, kind=kind, file=adding.file)


def _add_doubt(adding: _Adding) -> None:
    adding.builder.count(adding.file, values=1)
    day = day_written(adding.row.cells["date"])
    if day is None:
        adding.find(Reason.BAD_TIME, adding.row.raw)
    else:
        adding.builder.doubt(patient=adding.patient, day=day, file=adding.file)
