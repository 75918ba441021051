"""Whole wards of generated histories: hundreds of patients a draw, so that rare combinations of rules are met.

Histories are dense enough for titration to act: most days have fasting and post-meal readings near the thresholds, doses
change now and then, taper mode is on for some, laboratory values lie on both sides of the gates.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from titration.clinical import EVENT_KINDS, EventKind, LabKind, Slot, Timing
from titration.log.model import Doses, Events, Labs, Log, Person, Readings, event_code, lab_code
from titration.units import UnitSystem

FIRST_DAY = 20_000
DRUGS = (
    "insulin-glargine",
    "insulin-nph",
    "insulin-degludec",
    "insulin-aspart",
    "insulin-aspart-30",
    "metformin",
    "gliclazide-mr",
    "repaglinide",
    "sitagliptin",
    "dapagliflozin",
    "acarbose",
    "semaglutide-injection",
    "unheard-of",
)
_B, _L, _D, _N = Slot.BREAKFAST, Slot.LUNCH, Slot.DINNER, Slot.BEDTIME
REGIMENS: tuple[tuple[tuple[int, Slot, int], ...], ...] = (
    ((0, _N, 20),),
    ((0, _N, 5), (5, _B, 500)),
    ((0, _N, 48), (5, _B, 1000), (5, _D, 1000)),
    ((2, _N, 16), (9, _B, 10)),
    ((1, _B, 14), (1, _N, 10)),
    ((0, _N, 16), (3, _B, 6), (3, _L, 8), (3, _D, 12)),
    ((0, _N, 30), (3, _B, 14), (3, _L, 10), (3, _D, 11), (5, _B, 500)),
    ((4, _B, 20), (4, _D, 14)),
    ((4, _D, 16), (10, _B, 50)),
    ((4, _B, 10), (4, _L, 8), (4, _D, 12)),
    ((6, _B, 60), (5, _B, 500), (5, _D, 500)),
    ((7, _B, 1), (7, _L, 1), (7, _D, 1)),
    ((8, _B, 100), (5, _D, 1000)),
    ((0, _N, 12), (6, _B, 90)),
    ((0, _N, 18), (12, _B, 1)),
    ((0, _N, 18), (11, _B, 1)),
)
HOURS = {
    Timing.OVERNIGHT: 3.0,
    Timing.FASTING: 6.5,
    Timing.POST_BREAKFAST: 9.5,
    Timing.PRE_LUNCH: 11.5,
    Timing.POST_LUNCH: 14.0,
    Timing.RANDOM: 16.0,
    Timing.PRE_DINNER: 17.5,
    Timing.POST_DINNER: 20.0,
    Timing.BEDTIME: 22.0,
}
DOSE_HOUR = {_B: 7.5, _L: 12.0, _D: 18.0, _N: 22.25}
MMOL_EDGES = np.array(
    (21, 22, 29, 30, 38, 39, 43, 44, 55, 56, 69, 70, 71, 77, 78, 79, 99, 100, 101, 138, 139, 166, 167)
)
MGDL_EDGES = np.array(
    (39, 40, 53, 54, 69, 70, 79, 80, 99, 100, 125, 126, 127, 139, 140, 141, 179, 180, 181, 249, 250, 299, 300)
)
_T = TypeVar("_T")
_POST = (Timing.POST_BREAKFAST, Timing.POST_LUNCH, Timing.POST_DINNER)


@dataclass
class _Rows:
    readings: list[tuple[int, int, int, int]]
    doses: list[tuple[int, int, int, int, int]]
    events: list[tuple[int, int, int]]
    labs: list[tuple[int, int, int, int]]


@functools.lru_cache(maxsize=8)
def ward(seed: int, *, patients: int = 24, days: int = 18, system: UnitSystem = UnitSystem.MMOL) -> Log:
    """A generated ward; the same arguments give the same log, which nothing can write into."""
    rng = np.random.default_rng(seed)
    rows = _Rows([], [], [], [])
    people: list[Person] = []
    for patient in range(patients):
        people.append(
            Person(
                f"P{patient:04d}",
                age_years=int(_pick(rng, (17, 60, 60, 60, 60))) if rng.random() < 0.95 else None,
                diabetes_type="T2D" if rng.random() < 0.95 else None,
            )
        )
        _course(rng, patient, days, rows, system)
    return Log(
        system=system,
        people=tuple(people),
        drugs=DRUGS,
        readings=_readings(rows),
        doses=_doses(rows),
        events=Events(*_sorted(rows.events, "iib")),
        labs=Labs(*_sorted(rows.labs, "iibi")),
    )


def _pick(rng: np.random.Generator, options: Sequence[_T]) -> _T:
    return options[int(rng.random() * len(options))]


def _course(rng: np.random.Generator, patient: int, days: int, rows: _Rows, system: UnitSystem) -> None:
    level = _pick(rng, (4.0, 5.2, 6.2, 7.5, 9.5, 12.0))
    usual = level, _pick(rng, (0.35, 0.8, 0.97)), _pick(rng, (0.3, 0.9, 2.0))
    regimen = REGIMENS[rng.integers(len(REGIMENS))]
    amounts = [amount for _, _, amount in regimen]
    change = _pick(rng, (0.0, 0.04, 0.12))
    start = FIRST_DAY * 1440
    if rng.random() < 0.6:
        rows.events.append((patient, start + 60, event_code(EventKind.TAPER_ON)))
    for kind, values in (
        (LabKind.WEIGHT, (45_000, 70_000, 100_000)),
        (LabKind.EGFR, (28_000, 40_000, 46_000, 90_000)),
        (LabKind.C_PEPTIDE, (150, 600, 601, 900)),
        (LabKind.HBA1C, (5_900, 6_000, 7_500)),
    ):
        if rng.random() < 0.85:
            rows.labs.append(
                (patient, start - 1440 * int(rng.integers(0, 40)), lab_code(kind), int(_pick(rng, values)))
            )
    for day in range(days):
        _day(rng, FIRST_DAY + day, patient=patient, usual=usual, rows=rows, system=system)
        for line, (drug, slot, _) in enumerate(regimen):
            if rng.random() < change:
                step = max(1, amounts[line] // 8)
                amounts[line] = max(1, amounts[line] + int(_pick(rng, (-2, -1, 1))) * step)
            given = 0 if rng.random() < 0.01 else amounts[line]
            if rng.random() < 0.97:
                minute = (FIRST_DAY + day) * 1440 + int(DOSE_HOUR[slot] * 60)
                rows.doses.append((patient, minute, drug, given * 1000, int(slot)))
        if rng.random() < 0.01:
            kind = _pick(rng, EVENT_KINDS).value
            rows.events.append((patient, (FIRST_DAY + day) * 1440 + int(rng.integers(0, 1440)), event_code(kind)))


def _day(
    rng: np.random.Generator,
    day: int,
    *,
    patient: int,
    usual: tuple[float, float, float],
    rows: _Rows,
    system: UnitSystem,
) -> None:
    level, density, spread = usual
    edges = MMOL_EDGES if system is UnitSystem.MMOL else MGDL_EDGES
    scale = 10 if system is UnitSystem.MMOL else 18
    for timing, hour in HOURS.items():
        often = density * (0.1 if timing in (Timing.OVERNIGHT, Timing.RANDOM) else 1.0)
        if rng.random() >= often:
            continue
        value = round((level + (2.0 if timing in _POST else 0.0) + rng.normal(0, spread)) * scale)
        if rng.random() < 0.08:
            value = int(edges[int(rng.random() * len(edges))])
        lowest, highest = system.accepted
        rows.readings.append((patient, day * 1440 + int(hour * 60), int(np.clip(value, lowest, highest)), int(timing)))


def _sorted(rows: list[tuple[int, ...]], types: str) -> list[np.ndarray]:
    rows = sorted(rows, key=lambda r: r[:2])
    columns = [np.array([r[i] for r in rows], np.dtype(t)) for i, t in enumerate(types)]
    for column in columns:
        column.flags.writeable = False
    return columns


def _readings(rows: _Rows) -> Readings:
    patient, minute, value, timing = _sorted(rows.readings, "iiib")
    return Readings(patient, minute, value, timing, np.zeros(len(patient), np.int8), np.zeros(len(patient), np.bool_))


def _doses(rows: _Rows) -> Doses:
    patient, minute, drug, amount, slot = _sorted(rows.doses, "iiiib")
    nothing = np.zeros(len(patient), np.int8)
    return Doses(patient, minute, drug, amount, slot, nothing, np.zeros(len(patient), np.bool_))
