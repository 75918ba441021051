"""The summary sheet of ``shanghai-t2dm``: who the patients are, and measurements without a date.

Weight, HbA1c, eGFR, creatinine and fasting C-peptide become measurements dated the first row of their recording.
eGFR is the lower of the reported one and CKD-EPI 2021 (creatinine, without race) computed from creatinine, age
and sex; a difference above 30, or a reported value above 130 mL/min/1.73 m2, is flagged. HbA1c is turned from
mmol/mol into % as 0.0915 x + 2.15, to one decimal. C-peptide is brought to nmol/L from the unit its header names.
Other columns (lipids, plasma glucose without a time, insulin, habits) are not used.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from titration.clinical import LabKind
from titration.log.builder import LogBuilder
from titration.log.model import MINUTES_A_DAY, Person
from titration.log.notation import squeezed
from titration.log.report import LoadError, Reason
from titration.log.shanghai import Recording
from titration.log.tables import Cell, cell_text, read_sheet
from titration.units import MILLI

_C_PEPTIDE_FACTORS: Final = {"nmol/l": "1", "pmol/l": "0.001", "ng/ml": "0.331"}
_EGFR_GAP: Final = Decimal(30)
_EGFR_HIGH: Final = Decimal(130)
_TENTH: Final = Decimal("0.1")
_COMPLICATIONS: Final = ("acute diabetic", "diabetic macro", "diabetic micro", "comorbidities")
_ADULT: Final = 18


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    cells: Mapping[str, str]
    """Header, stripped and lower-cased, to cell; blanks and "/" left out."""

    def starting(self, start: str) -> str | None:
        return next((text for header, text in self.cells.items() if header.startswith(start)), None)

    def number_at(self, start: str) -> Decimal | None:
        text = self.starting(start)
        try:
            return None if text is None else Decimal(text)
        except InvalidOperation:
            return None


def is_summary(header: list[Cell]) -> bool:
    """Whether a sheet's first row is that of the summary."""
    return bool(header) and cell_text(header[0]).strip().casefold().startswith("patient number")


def load_summary(path: Path, builder: LogBuilder, recordings: Mapping[str, Recording]) -> None:
    """Add people and measurements of the recordings loaded. Raises LoadError when it cannot be read."""
    rows = read_sheet(path).rows
    if not is_summary(rows[0]):
        raise LoadError(f"{path.name}: row 1 is not the header of the shanghai-t2dm summary; see docs/log-formats.md")
    file = builder.file(path.name)
    headers = [squeezed(cell_text(cell)).casefold() for cell in rows[0]]
    found: list[tuple[Recording, _Row]] = []
    for number, cells in enumerate(rows[1:], 2):
        texts = {h: t for h, c in zip(headers, cells, strict=False) if (t := squeezed(cell_text(c))) not in ("", "/")}
        if not texts:
            continue
        builder.count(file, rows=1)
        name = texts.get(headers[0], "")
        if name in recordings:
            found.append((recordings[name], _Row(number, texts)))
        else:
            builder.count(file, values=1)
            builder.find(file=file, row=number, reason=Reason.NO_RECORDING, raw=name)
    for recording, row in sorted(found, key=lambda pair: pair[0].first_minute):
        builder.count(file, values=1)
        builder.keep(file)
        builder.people[recording.patient_id] = _person(recording.patient_id, row)
        _add_labs(recording, row, builder, file)


def _person(patient_id: str, row: _Row) -> Person:
    """The person as the latest recording describes them."""
    sex, age = row.number_at("gender"), row.number_at("age")
    height, duration = row.number_at("height (m)"), row.number_at("duration of diabetes")
    kind = (row.starting("type of diabetes") or "").casefold()
    noted = (row.starting("hypoglycemia") or "").casefold()
    ailments = [row.starting(start) for start in _COMPLICATIONS]
    named = [text for text in ailments if text and text.casefold() != "none"]
    return Person(
        patient_id,
        sex={1: "female", 2: "male"}.get(int(sex)) if sex is not None else None,
        age_years=None if age is None else int(age),
        height_cm=None if height is None else float(height * 100),
        diabetes_type={"t2dm": "T2D", "t1dm": "T1D"}.get(kind, "other") if kind else None,
        duration_years=None if duration is None else float(duration),
        comorbidities="; ".join(named) if named else "none" if any(ailments) else None,
        agents=row.starting("hypoglycemic agents"),
        hypoglycaemia_noted={"yes": True, "no": False}.get(noted),
    )


def _add_labs(recording: Recording, row: _Row, builder: LogBuilder, file: int) -> None:
    patient = builder.patient(recording.patient_id)
    hba1c = row.number_at("hba1c (mmol/mol)")
    measured = {
        LabKind.WEIGHT: row.number_at("weight (kg)"),
        LabKind.HBA1C: None if hba1c is None else hba1c_percent(hba1c),
        LabKind.CREATININE: row.number_at("creatinine (umol/l)"),
        LabKind.C_PEPTIDE: _c_peptide(row),
        LabKind.EGFR: _egfr(recording, row, builder, file, patient),
    }
    for kind, number in measured.items():
        if number is None:
            continue
        builder.count(file, values=1)
        value = int((number * MILLI).to_integral_value(ROUND_HALF_UP))
        if 0 < value < 2**31:
            builder.lab(patient=patient, minute=recording.first_minute, kind=kind, value=value, file=file)
        else:
            raw = f"{kind} {number}"
            builder.find(file=file, row=row.number, reason=Reason.IMPLAUSIBLE_VALUE, raw=raw, patient=patient)


def _c_peptide(row: _Row) -> Decimal | None:
    header = next((h for h in row.cells if h.startswith("fasting c-peptide")), None)
    if header is None:
        return None
    factor = next((f for unit, f in _C_PEPTIDE_FACTORS.items() if f"({unit})" in header), None)
    number = row.number_at(header)
    return None if factor is None or number is None else number * Decimal(factor)


def _egfr(recording: Recording, row: _Row, builder: LogBuilder, file: int, patient: int) -> Decimal | None:
    reported = row.number_at("estimated glomerular")
    creatinine, age, sex = row.number_at("creatinine (umol/l)"), row.number_at("age"), row.number_at("gender")
    computed = None
    if creatinine is not None and age is not None and sex in (1, 2):
        computed = ckd_epi_2021(float(creatinine), int(age), female=sex == 1)
    if reported is None or computed is None:
        return computed if reported is None else reported
    if abs(reported - computed) > _EGFR_GAP or reported > _EGFR_HIGH:
        builder.find(
            file=file,
            row=row.number,
            reason=Reason.EGFR_DISAGREES,
            raw=f"reported {reported}, computed {computed}",
            patient=patient,
            day=recording.first_minute // MINUTES_A_DAY,
        )
    return min(reported, computed)


def hba1c_percent(mmol_mol: Decimal) -> Decimal:
    """HbA1c in % (NGSP) from mmol/mol (IFCC): 0.0915 x + 2.15, to one decimal."""
    return (mmol_mol * Decimal("0.0915") + Decimal("2.15")).quantize(_TENTH, ROUND_HALF_UP)


def ckd_epi_2021(creatinine_umol_l: float, age_years: int, *, female: bool) -> Decimal | None:
    """EGFR in mL/min/1.73 m2 to one decimal by CKD-EPI 2021 (Inker, N Engl J Med 2021;385:1737); None under 18.

    142 x min(c/k, 1)^a x max(c/k, 1)^-1.2 x 0.9938^age (x 1.012 for women), c in mg/dL (umol/L / 88.4).
    """
    if age_years < _ADULT or creatinine_umol_l <= 0:
        return None
    kappa, alpha, sex = (0.7, -0.241, 1.012) if female else (0.9, -0.302, 1.0)
    ratio = creatinine_umol_l / 88.4 / kappa
    egfr = 142 * min(ratio, 1.0) ** alpha * max(ratio, 1.0) ** -1.2 * 0.9938**age_years * sex
    return Decimal(egfr).quantize(_TENTH, ROUND_HALF_UP)
