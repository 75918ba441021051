"""What ``titration ingest`` tells about a load: totals, and the same figures for every patient.

Glucose figures are of finger-stick and laboratory values; sensor values are only counted. mmol/L of a mg/dL log is
mg/dL / 18.0, for display alone: what is below 3.9 is below 70 there. ``post_meal_2h`` are the readings timed after
a meal, and those 90 to 150 minutes after a snack. ``rejected`` counts HI and LO among the glucose that is no
number, although they stay in the log as bounds (``censored_high``, ``censored_low``).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from titration.clinical import EventKind, Source, Timing
from titration.log.load import Loaded
from titration.log.model import MINUTES_A_DAY, Log, event_code
from titration.log.report import NO_PATIENT, REASONS, Fate, Findings, Reason
from titration.units import HI_VALUE, LO_VALUE, MILLI, Pair, UnitSystem

LEVEL_1: Final = Pair(39, 70)
LEVEL_2: Final = Pair(30, 54)
_POST: Final = (Timing.POST_BREAKFAST, Timing.POST_LUNCH, Timing.POST_DINNER)
_BY_FILE: Final = frozenset(("shanghai-t2dm", "uci-diabetes"))

Mask = npt.NDArray[np.bool_]


@dataclass(slots=True)
class _Mean:
    """Number and sum of glucose values; the sum in mmol/L, exact."""

    count: int = 0
    total: Fraction = Fraction(0)

    def plus(self, other: "_Mean") -> "_Mean":
        return _Mean(self.count + other.count, self.total + other.total)

    @property
    def text(self) -> float | None:
        return _two_decimals(self.total / self.count) if self.count else None


@dataclass(slots=True)
class _Figures:
    """The figures of one patient, or of all."""

    entries: int = 0
    all: _Mean = field(default_factory=_Mean)
    fasting: _Mean = field(default_factory=_Mean)
    post: _Mean = field(default_factory=_Mean)
    low: Fraction | None = None
    high: Fraction | None = None
    days: int = 0
    below_3_9: int = 0
    below_3_0: int = 0
    doses: int = 0
    amount: int = 0
    zero: int = 0
    products: set[str] = field(default_factory=set[str])
    counts: Counter[str] = field(default_factory=Counter[str])
    rejected: Counter[str] = field(default_factory=Counter[str])
    quarantined: Counter[str] = field(default_factory=Counter[str])

    def add(self, other: "_Figures") -> None:
        """Take another patient in."""
        for name in ("entries", "days", "below_3_9", "below_3_0", "doses", "amount", "zero"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.all, self.fasting = self.all.plus(other.all), self.fasting.plus(other.fasting)
        self.post = self.post.plus(other.post)
        self.low = min((v for v in (self.low, other.low) if v is not None), default=None)
        self.high = max((v for v in (self.high, other.high) if v is not None), default=None)
        self.products |= other.products
        self.counts.update(other.counts)
        self.rejected.update(other.rejected)
        self.quarantined.update(other.quarantined)

    def as_json(self, entries_name: str) -> dict[str, Any]:
        units = Fraction(self.amount, MILLI)
        return {
            entries_name: self.entries,
            "glucose_readings": self.all.count,
            "days_with_readings": self.days,
            "min_mmol": None if self.low is None else _two_decimals(self.low),
            "mean_mmol": self.all.text,
            "max_mmol": None if self.high is None else _two_decimals(self.high),
            "below_3_9": self.below_3_9,
            "below_3_0": self.below_3_0,
            "fasting_readings": self.fasting.count,
            "fasting_mean_mmol": self.fasting.text,
            "post_meal_2h_readings": self.post.count,
            "post_meal_2h_mean_mmol": self.post.text,
            "insulin_dose_records": self.doses,
            "total_insulin_units": int(units) if units.denominator == 1 else float(units),
            "insulin_products": sorted(self.products),
            "zero_doses": self.zero,
            "implausible_doses": self.rejected[Reason.IMPLAUSIBLE_DOSE],
            "implausible_glucose": self.rejected[Reason.IMPLAUSIBLE_GLUCOSE],
            "non_numeric_glucose": self.rejected[Reason.NON_NUMERIC_GLUCOSE],
            "rejected": dict(sorted(self.rejected.items())),
            "quarantined": dict(sorted(self.quarantined.items())),
            **{name: self.counts[name] for name in _COUNTS},
        }


_COUNTS: Final = (
    "censored_high",
    "censored_low",
    "cgm_readings",
    "repeated_readings",
    "doubtful_doses",
    "other_dose_records",
    "pump_rates",
    "hypo_symptom_events",
    "days_in_doubt",
)


def ingest_json(loaded: Loaded) -> dict[str, Any]:
    """The summary of a load, ready for ``json.dumps``: figures, and per file its rows, remarks and error."""
    entries = "files" if loaded.format in _BY_FILE else "rows"
    figures: dict[str, _Figures] = {}
    for log in loaded.logs:
        figures.update(_log_figures(log, loaded.insulins))
    unknown = _add_findings(figures, loaded.report.findings)
    _add_recordings(figures, loaded)
    for patient_id, entry in figures.items():
        if loaded.format == "uci-diabetes":
            entry.entries = 1
        elif loaded.format == "shanghai-t2dm":
            entry.entries = sum(recording.patient_id == patient_id for recording in loaded.recordings)
    totals = _Figures()
    for entry in (*figures.values(), unknown):
        totals.add(entry)
    return {
        "format": loaded.format,
        "recognised_by": loaded.why,
        "units": [log.system.text for log in loaded.logs],
        "totals": {
            "patients": len(figures),
            **totals.as_json(entries),
            "rows_read": loaded.report.rows.as_dict(),
            "values_read": loaded.report.values.as_dict(),
        },
        "patients": {patient_id: figures[patient_id].as_json(entries) for patient_id in sorted(figures)},
        "files": [
            {"file": f.name, "rows": f.rows.as_dict(), "values": f.values.as_dict(), "notes": list(f.notes)}
            | ({"error": f.error} if f.error is not None else {})
            for f in loaded.report.files
        ],
        "skipped": list(loaded.report.skipped),
        "notes": list(loaded.report.notes),
    }


def _two_decimals(value: Fraction) -> float:
    """Rounded half up to hundredths."""
    return int(value * 100 + Fraction(1, 2)) / 100


def _log_figures(log: Log, insulins: frozenset[str]) -> dict[str, _Figures]:
    """The figures of every patient of a log."""
    readings, people = log.readings, len(log.people)
    stick = readings.source != Source.CGM
    number = stick & (readings.value > LO_VALUE) & (readings.value < HI_VALUE)
    timing = readings.timing

    def count(mask: Mask) -> list[int]:
        return np.bincount(readings.patient[mask], minlength=people).tolist()

    def means(mask: Mask) -> list[_Mean]:
        sums = np.bincount(readings.patient[mask], readings.value[mask], people).tolist()
        scale = Fraction(1, 10 if log.system is UnitSystem.MMOL else 18)
        return [_Mean(n, int(total) * scale) for n, total in zip(count(mask), sums, strict=True)]

    lows, highs = _extremes(log, number)
    glucose = zip(means(number), means(number & (timing == Timing.FASTING)), strict=True)
    post = means(number & np.isin(timing, _POST))
    below = [count(number & (readings.value < pair.on(log.system))) for pair in (LEVEL_1, LEVEL_2)]
    days = _distinct_days(log, number)
    figures = [
        _Figures(all=every, fasting=fasting, post=after, low=low, high=high, days=day, below_3_9=b1, below_3_0=b2)
        for (every, fasting), after, low, high, day, b1, b2 in zip(
            glucose, post, lows, highs, days, *below, strict=True
        )
    ]
    _add_counts(figures, log, stick)
    _add_doses(figures, log, insulins)
    return {person.patient_id: entry for person, entry in zip(log.people, figures, strict=True)}


def _extremes(log: Log, number: Mask) -> tuple[list[Fraction | None], list[Fraction | None]]:
    scale = Fraction(1, 10 if log.system is UnitSystem.MMOL else 18)
    low = np.full(len(log.people), HI_VALUE, np.int64)
    high = np.full(len(log.people), LO_VALUE, np.int64)
    np.minimum.at(low, log.readings.patient[number], log.readings.value[number])
    np.maximum.at(high, log.readings.patient[number], log.readings.value[number])
    lows = [None if value == HI_VALUE else int(value) * scale for value in low.tolist()]
    return lows, [None if value == LO_VALUE else int(value) * scale for value in high.tolist()]


def _distinct_days(log: Log, number: Mask) -> list[int]:
    patient = log.readings.patient[number].astype(np.int64)
    day = log.readings.minute[number] // MINUTES_A_DAY
    pairs = np.unique((patient << 32) + day)
    return np.bincount((pairs + (1 << 31)) >> 32, minlength=len(log.people)).tolist()


def _add_counts(figures: list[_Figures], log: Log, stick: Mask) -> None:
    readings, events = log.readings, log.events
    symptoms = events.kind == event_code(EventKind.HYPO_SYMPTOMS)
    found: Mapping[str, npt.NDArray[np.int32]] = {
        "censored_high": readings.patient[stick & (readings.value == HI_VALUE)],
        "censored_low": readings.patient[stick & (readings.value == LO_VALUE)],
        "cgm_readings": readings.patient[~stick],
        "repeated_readings": readings.patient[readings.repeat],
        "doubtful_doses": log.doses.patient[log.doses.doubtful],
        "pump_rates": log.pump.patient,
        "hypo_symptom_events": events.patient[symptoms],
        "days_in_doubt": log.doubts.patient,
    }
    for name, patients in found.items():
        for entry, n in zip(figures, np.bincount(patients, minlength=len(figures)).tolist(), strict=True):
            entry.counts[name] = n
    kept: Iterable[npt.NDArray[np.int32]] = (
        readings.patient,
        log.doses.patient,
        events.patient,
        log.labs.patient,
        log.pump.patient,
    )
    for patients in kept:
        for entry, n in zip(figures, np.bincount(patients, minlength=len(figures)).tolist(), strict=True):
            entry.entries += n


def _add_doses(figures: list[_Figures], log: Log, insulins: frozenset[str]) -> None:
    doses = log.doses
    is_insulin = np.array([name in insulins for name in log.drugs], np.bool_)[doses.drug]
    given = is_insulin & (doses.amount > 0)
    people = len(figures)
    records = np.bincount(doses.patient[given], minlength=people).tolist()
    amounts = np.bincount(doses.patient[given], doses.amount[given], people).tolist()
    zeros = np.bincount(doses.patient[is_insulin & (doses.amount == 0)], minlength=people).tolist()
    others = np.bincount(doses.patient[~is_insulin], minlength=people).tolist()
    for entry, n, amount, zero, other in zip(figures, records, amounts, zeros, others, strict=True):
        entry.doses, entry.amount, entry.zero = n, int(amount), zero
        entry.counts["other_dose_records"] = other
    pairs = np.unique(doses.patient[is_insulin].astype(np.int64) * max(len(log.drugs), 1) + doses.drug[is_insulin])
    listed: list[int] = pairs.tolist()
    for pair in listed:
        patient, drug = divmod(pair, len(log.drugs))
        figures[patient].products.add(log.drugs[drug])


def _add_findings(figures: dict[str, _Figures], findings: Findings) -> _Figures:
    """Count refused values by patient; those of no patient are returned."""
    unknown = _Figures()
    patients: list[int] = findings.patient.tolist()
    codes: list[int] = findings.reason.tolist()
    for patient, code in zip(patients, codes, strict=True):
        entry = unknown if patient == NO_PATIENT else figures[findings.patients[patient]]
        reason = REASONS[code]
        if reason.fate is Fate.REJECTED:
            entry.rejected[reason.value] += 1
            entry.entries += 1
        elif reason.fate is Fate.QUARANTINED:
            entry.quarantined[reason.value] += 1
            entry.entries += 1
        elif reason is Reason.CENSORED:
            entry.rejected[Reason.NON_NUMERIC_GLUCOSE.value] += 1
    return unknown


def _add_recordings(figures: dict[str, _Figures], loaded: Loaded) -> None:
    """Count days file by file, and take in the readings after snacks."""
    days: Counter[str] = Counter()
    for recording in loaded.recordings:
        days[recording.patient_id] += recording.days_with_readings
        values = recording.after_snack
        entry = figures[recording.patient_id]
        entry.post = entry.post.plus(_Mean(len(values), Fraction(sum(values), 10)))
    for patient_id, count in days.items():
        figures[patient_id].days = count
