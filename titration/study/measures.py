"""What was measured at a visit, and the endpoints computed from it: each a value with its day and source, or a reason.

Within a visit's window the value nearest to the target day is taken, a laboratory's before a meter's. Indices take glucose and
C-peptide of one morning, never of two.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from titration.clinical import LAB_KINDS, LabKind, Source, Timing
from titration.log.model import MINUTES_A_DAY, Log
from titration.study import indices
from titration.study.doses import DoseCourse
from titration.study.indices import Index, Reason
from titration.study.quantities import CPeptide, Glucose, HbA1c, Insulin
from titration.study.schedule import Window
from titration.units import HI_VALUE, LO_VALUE, MILLI, UnitSystem

EGFR_DAYS: Final = 90
"""An older eGFR says nothing about today's kidneys; the founding pack asks for the same age."""
POST_MEAL: Final = (Timing.POST_BREAKFAST, Timing.POST_LUNCH, Timing.POST_DINNER)
UNITS: Final[Mapping[str, str]] = {
    "fbg": "mmol/L",
    "pbg": "mmol/L",
    "hba1c": "%",
    "c_peptide": "nmol/L",
    "c_peptide_2h": "nmol/L",
    "insulin_fasting": "mU/L",
    "homa_ir": "",
    "homa_beta": "%",
    "homa_ir_cp": "",
    "homa_islet_cp": "",
    "resistance_cp": "",
    "c_peptide_index": "",
    "insulin_daily": "units",
    "insulin_percent": "%",
    "weight": "kg",
    "egfr": "mL/min/1.73 m2",
    "alt": "U/L",
    "ast": "U/L",
    "crp": "mg/L",
    "creatinine": "umol/L",
}
"""Every endpoint and the unit it is given in."""
PLACES: Final[Mapping[str, int]] = {
    "fbg": 1, "pbg": 1, "hba1c": 1, "c_peptide": 2, "c_peptide_2h": 2, "insulin_fasting": 1, "homa_ir": 2, "homa_beta": 1,
    "homa_ir_cp": 2, "homa_islet_cp": 1, "resistance_cp": 2, "c_peptide_index": 2, "insulin_daily": 1, "insulin_percent": 0,
    "weight": 1, "egfr": 0, "alt": 0, "ast": 0, "crp": 1, "creatinine": 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """An endpoint at a visit: the number in ``UNITS``, its day, where it came from, and what could not be checked."""

    value: Fraction
    day: int
    source: str
    remark: str = ""


@dataclass(frozen=True)
class Measured:
    """The measurements of one patient, ready to be asked about a window."""

    log: Log
    patient: int
    course: DoseCourse

    def lab(self, kind: LabKind, window: Window, as_of: int) -> Found | Reason:
        """The laboratory value nearest to the target day of the window."""
        labs = self.log.labs
        start, end = np.searchsorted(labs.patient, (self.patient, self.patient + 1))
        code = LAB_KINDS.index(kind)
        days = [
            (int(labs.minute[i]) // MINUTES_A_DAY, i) for i in range(int(start), int(end)) if int(labs.kind[i]) == code
        ]
        at = _nearest([(day, i) for day, i in days if window.holds(day) and day <= as_of], window.target)
        if at is None:
            return Reason.NO_VALUE
        return Found(Fraction(int(labs.value[at]), MILLI), int(labs.minute[at]) // MINUTES_A_DAY, "lab")

    def last_lab(self, kind: LabKind, day: int, most_age: int) -> Fraction | None:
        """The last laboratory value up to ``day``, at most ``most_age`` days old."""
        window = Window(day, day - most_age, day)
        found = self.lab(kind, window, day)
        return found.value if isinstance(found, Found) else None

    def glucose(self, timings: tuple[Timing, ...], window: Window, as_of: int) -> Found | Reason:
        """A glucose in mmol/L: the laboratory's nearest the target; else the meter's mean of the nearest day with one."""
        rows = [(day, i) for day, i in self._readings(timings) if window.holds(day) and day <= as_of]
        for source in (Source.LAB, Source.CBG):
            mine = [(day, i) for day, i in rows if int(self.log.readings.source[i]) == source]
            at = _nearest(mine, window.target)
            if at is None:
                continue
            day = int(self.log.readings.minute[at]) // MINUTES_A_DAY
            values = [int(self.log.readings.value[i]) for d, i in mine if d == day]
            if any(value in (LO_VALUE, HI_VALUE) for value in values):
                return Reason.CENSORED
            mean = Fraction(sum(values), len(values))
            unit = "mmol/L" if self.log.system is UnitSystem.MMOL else "mg/dL"
            glucose = Glucose.of(mean / self.log.system.steps_per_unit, unit)
            return Found(glucose.value, day, source.text)
        return Reason.NO_VALUE

    def _readings(self, timings: tuple[Timing, ...]) -> Iterator[tuple[int, int]]:
        readings = self.log.readings
        start, end = np.searchsorted(readings.patient, (self.patient, self.patient + 1))
        for i in range(int(start), int(end)):
            if int(readings.timing[i]) in timings and not readings.repeat[i]:
                yield int(readings.minute[i]) // MINUTES_A_DAY, i


def _nearest(days: list[tuple[int, int]], target: int) -> int | None:
    """The row whose day is nearest to the target; of two equally near the earlier one."""
    return min(days, key=lambda pair: (abs(pair[0] - target), pair[0], pair[1]), default=(0, None))[1]


Endpoints = Mapping[str, Found | Reason]


def endpoints_at(measured: Measured, window: Window, *, baseline: int | None, as_of: int) -> dict[str, Found | Reason]:
    """Every endpoint of ``UNITS`` in one window, on what was known by ``as_of``."""
    if as_of < window.first:
        return dict.fromkeys(UNITS, Reason.NOT_YET)
    out: dict[str, Found | Reason] = {
        kind: measured.lab(LabKind(kind), window, as_of)
        for kind in (
            "hba1c",
            "c_peptide",
            "c_peptide_2h",
            "insulin_fasting",
            "weight",
            "egfr",
            "alt",
            "ast",
            "crp",
            "creatinine",
        )
    }
    out["fbg"] = measured.glucose((Timing.FASTING,), window, as_of)
    load = measured.lab(LabKind.GLUCOSE_2H, window, as_of)
    out["pbg"] = load if isinstance(load, Found) else measured.glucose(POST_MEAL, window, as_of)
    out.update(_indices(measured, out, window))
    out.update(_insulin(measured.course, window, baseline, as_of))
    return {name: out[name] for name in UNITS}


def _indices(measured: Measured, found: Endpoints, window: Window) -> Iterator[tuple[str, Found | Reason]]:
    for name, partner, forms in (
        ("insulin", "insulin_fasting", ("homa_ir", "homa_beta")),
        ("c_peptide", "c_peptide", ("homa_ir_cp", "homa_islet_cp", "resistance_cp", "c_peptide_index")),
    ):
        blood = found[partner]
        if isinstance(blood, Reason):
            reason = Reason.NO_INSULIN_VALUE if name == "insulin" else Reason.NO_C_PEPTIDE
            day = window.target
            if name == "insulin" and _on_insulin(measured.course, day):
                reason = Reason.EXOGENOUS_INSULIN
            yield from ((form, reason) for form in forms)
            continue
        same = Window(blood.day, blood.day, blood.day)
        fasting = measured.glucose((Timing.FASTING,), same, blood.day)
        if isinstance(fasting, Reason):
            reason = fasting if fasting is Reason.CENSORED else Reason.NOT_PAIRED
            yield from ((form, reason) for form in forms)
            continue
        glucose = Glucose(fasting.value)
        for form in forms:
            result = _index(form, glucose, blood, measured)
            yield (
                form,
                result
                if isinstance(result, Reason)
                else Found(result.value, blood.day, f"{blood.source}+{fasting.source}", result.remark),
            )


def _index(form: str, glucose: Glucose, blood: Found, measured: Measured) -> Index | Reason:
    if form in ("homa_ir", "homa_beta"):
        compute = indices.homa_ir if form == "homa_ir" else indices.homa_beta
        return compute(glucose, Insulin(blood.value), on_insulin=_on_insulin(measured.course, blood.day))
    compute_cp = {
        "homa_ir_cp": indices.homa_ir_cp,
        "homa_islet_cp": indices.homa_islet_cp,
        "resistance_cp": indices.resistance_cp,
        "c_peptide_index": indices.c_peptide_index,
    }[form]
    egfr = measured.last_lab(LabKind.EGFR, blood.day, EGFR_DAYS)
    return compute_cp(glucose, CPeptide(blood.value * 1000), egfr=egfr)


def _on_insulin(course: DoseCourse, day: int) -> bool | None:
    """Whether insulin was in force on the day or the day before; None where the record does not say."""
    totals = [course.insulin(d) for d in (day - 1, day)]
    if any(total is Reason.PUMP or total is Reason.UNKNOWN_INSULIN for total in totals):
        return True
    known = [total for total in totals if isinstance(total, Fraction)]
    return any(total > 0 for total in known) if known else None


def _insulin(
    course: DoseCourse, window: Window, baseline: int | None, as_of: int
) -> Iterator[tuple[str, Found | Reason]]:
    day = min(window.target, as_of)
    total = course.insulin(day)
    yield "insulin_daily", total if isinstance(total, Reason) else Found(total, day, "doses")
    if isinstance(total, Reason):
        yield "insulin_percent", total
        return
    base = Reason.NO_BASELINE if baseline is None else course.insulin(baseline)
    if isinstance(base, Reason):
        yield "insulin_percent", Reason.NO_BASELINE
    elif base == 0:
        yield "insulin_percent", Reason.NOT_ON_INSULIN
    else:
        yield "insulin_percent", Found(total / base * 100, day, "doses")


def estimated(found: Found) -> tuple[Fraction, Fraction]:
    """HbA1c in mmol/mol and the average glucose (mmol/L) that belongs to it."""
    hba1c = HbA1c(found.value)
    return hba1c.in_unit("mmol/mol"), hba1c.estimated_glucose.value
