"""Hypothesis strategies for what wards write down: sparse, doubled, out of order, censored, stale, contradictory.

``logs`` draws whole logs, ``histories`` one patient's, ``patients`` the same behind the service's door, ``regimens`` which lines
a patient has, and ``wards`` dense wards for laws that want many plans at once. They shrink to few days and plain values. Needs
``titration[testing]``; nothing else in the package imports Hypothesis.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from titration.clinical import EventKind, LabKind, Route, Slot, Source, Timing
from titration.log.model import (
    Doses,
    Doubts,
    Events,
    Labs,
    Log,
    Person,
    Readings,
    event_code,
    lab_code,
)
from titration.service.assessment import Patient
from titration.testing.wards import ward
from titration.units import HI_VALUE, LO_VALUE, UnitSystem

EPOCH = 20_000
"""A day in 2024; nothing may depend on it."""
UNITS = (1_000, 4_000, 10_000, 12_500, 30_000, 64_000)
REGIMENS: tuple[tuple[str, Slot, Route, tuple[int, ...]], ...] = (
    ("insulin-glargine", Slot.BEDTIME, Route.SC, UNITS),
    ("insulin-glargine", Slot.BREAKFAST, Route.SC, UNITS),
    ("insulin-nph", Slot.BEDTIME, Route.SC, UNITS),
    ("insulin-nph", Slot.BREAKFAST, Route.SC, UNITS),
    ("insulin-degludec", Slot.DINNER, Route.SC, UNITS),
    ("insulin-icodec", Slot.DINNER, Route.SC, (70_000, 140_000)),
    ("insulin-degludec-liraglutide", Slot.BEDTIME, Route.SC, (16_000, 46_000, 50_000)),
    ("insulin-aspart", Slot.BREAKFAST, Route.SC, UNITS),
    ("insulin-aspart", Slot.LUNCH, Route.SC, UNITS),
    ("insulin-aspart", Slot.DINNER, Route.SC, UNITS),
    ("insulin-aspart", Slot.LUNCH, Route.CSII_BOLUS, UNITS),
    ("insulin-aspart", Slot.DINNER, Route.IV, UNITS),
    ("Novolin R", Slot.BREAKFAST, Route.SC, UNITS),
    ("Novolin R", Slot.DINNER, Route.SC, UNITS),
    ("insulin-human-30r", Slot.BREAKFAST, Route.SC, UNITS),
    ("insulin-aspart-30", Slot.BREAKFAST, Route.SC, UNITS),
    ("insulin-aspart-30", Slot.LUNCH, Route.SC, UNITS),
    ("insulin-aspart-30", Slot.DINNER, Route.SC, UNITS),
    ("metformin", Slot.BREAKFAST, Route.ORAL, (250_000, 500_000, 1_000_000)),
    ("metformin", Slot.DINNER, Route.ORAL, (500_000, 850_000, 1_000_000)),
    ("gliclazide", Slot.BREAKFAST, Route.ORAL, (30_000, 80_000, 120_000)),
    ("gliclazide-mr", Slot.BREAKFAST, Route.ORAL, (30_000, 60_000, 120_000)),
    ("repaglinide", Slot.LUNCH, Route.ORAL, (500, 1_000, 2_000)),
    ("acarbose", Slot.LUNCH, Route.ORAL, (50_000, 100_000)),
    ("sitagliptin", Slot.BREAKFAST, Route.ORAL, (25_000, 50_000, 100_000)),
    ("semaglutide-injection", Slot.BREAKFAST, Route.SC, (250, 500, 1_000)),
    ("herbal mixture", Slot.BREAKFAST, Route.ORAL, (1_000, 2_000)),
)
"""Lines that patients have: name as written, slot, route, doses in thousandths."""
BASAL, PRANDIAL, PREMIX_BID, PREMIX_TID, TABLETS = (0,), (7, 8, 9), (14, 17), (15, 16, 17), (18, 19, 21)
USUAL = (
    BASAL,
    (*BASAL, *PRANDIAL),
    (*BASAL, 18),
    PREMIX_BID,
    PREMIX_TID,
    (*PREMIX_TID, 23),
    TABLETS,
    (2, 3, 12),
    (4, 22),
    (6,),
    (6, 18),
)
STEADY = {UnitSystem.MMOL: (44, 55, 69, 70, 71, 99, 100, 101, 139), UnitSystem.MGDL: (80, 100, 125, 126, 127, 179, 181)}
MMOL = (LO_VALUE, 29, 38, 39, 40, 43, 44, 58, 69, 70, 71, 99, 100, 101, 138, 139, 140, 250, HI_VALUE)
MGDL = (LO_VALUE, 53, 54, 69, 70, 71, 79, 80, 100, 125, 126, 127, 179, 180, 181, 250, 400, HI_VALUE)
USUAL_HOURS = {
    Timing.FASTING: 7 * 60,
    Timing.POST_BREAKFAST: 10 * 60,
    Timing.PRE_LUNCH: 12 * 60,
    Timing.POST_LUNCH: 14 * 60,
    Timing.PRE_DINNER: 18 * 60,
    Timing.POST_DINNER: 20 * 60,
    Timing.BEDTIME: 22 * 60,
    Timing.OVERNIGHT: 2 * 60,
}
DOSE_MINUTE = {Slot.BREAKFAST: 8 * 60, Slot.LUNCH: 12 * 60 + 15, Slot.DINNER: 18 * 60, Slot.BEDTIME: 22 * 60 + 30}
ODD_MINUTES = (0, 239, 240, 299, 300, 479, 480, 629, 630, 749, 750, 899, 900, 1109, 1110, 1229, 1230, 1350, 1439)
COMMON_EVENTS = (
    EventKind.HYPO_SYMPTOMS,
    EventKind.HYPO_SEVERE,
    EventKind.STEROID,
    EventKind.RESUMED,
    EventKind.TAPER_ON,
    EventKind.TAPER_OFF,
    EventKind.BASELINE,
    EventKind.MISSED_DOSE,
    EventKind.PHASE_SCREENING,
    EventKind.PHASE_TREATMENT,
    EventKind.PHASE_FOLLOW_UP,
)
LAB_VALUES = {
    LabKind.WEIGHT: (48_000, 60_500, 80_000, 120_000),
    LabKind.EGFR: (20_000, 29_999, 30_000, 44_000, 45_000, 90_000),
    LabKind.C_PEPTIDE: (150, 600, 601, 1_200),
    LabKind.HBA1C: (5_800, 7_000, 9_400),
}


@dataclass
class _Pages:
    """Rows as they are written down, before sorting."""

    readings: list[tuple[int, ...]]
    doses: list[tuple[int, ...]]
    events: list[tuple[int, ...]]
    labs: list[tuple[int, ...]]
    doubts: list[tuple[int, ...]]


Draw = Callable[[st.SearchStrategy[Any]], Any]


def regimens() -> st.SearchStrategy[tuple[int, ...]]:
    """Which lines of REGIMENS a patient has: usual combinations, or up to five of any."""
    some = st.lists(st.integers(0, len(REGIMENS) - 1), max_size=5, unique=True)
    return st.one_of(st.sampled_from(USUAL), some.map(tuple))


def wards(*, patients: int = 24, days: int = 18) -> st.SearchStrategy[Log]:
    """Dense generated wards in either unit system; equal seeds give equal wards, and seeds do not shrink."""

    def made(seed: int, system: UnitSystem) -> Log:
        return ward(seed, patients=patients, days=days, system=system)

    return st.builds(made, st.integers(0, 2**32 - 1), st.sampled_from(UnitSystem))


def histories(*, longest: int = 25, steady: bool = False) -> st.SearchStrategy[Log]:
    """The log of one patient, of up to ``longest`` recorded days; a `steady` one as in ``logs``."""
    return logs(longest=longest, most_patients=1, steady=steady)


def patients(*, longest: int = 25, steady: bool = False) -> st.SearchStrategy[Patient]:
    """One patient with a history, as ``assess_day`` and ``decide_day`` take them."""
    return histories(longest=longest, steady=steady).map(Patient)


@st.composite
def logs(draw: Draw, *, longest: int = 25, most_patients: int = 4, steady: bool = False) -> Log:
    """A log of 1 to 4 patients in either unit system; a `steady` one has daily doses, few gaps and no lows."""
    system = draw(st.sampled_from(UnitSystem))
    pages = _Pages([], [], [], [], [])
    names: list[str] = list(draw(st.permutations(sorted({r[0] for r in REGIMENS}))))
    people = tuple(
        _patient(draw, number, system=system, pages=pages, names=names, longest=longest, steady=steady)
        for number in range(draw(st.integers(1, most_patients)))
    )
    return Log(
        system=system,
        people=people,
        drugs=tuple(names),
        readings=Readings(*_columns(pages.readings, "iiibb?")),
        doses=Doses(*_columns(pages.doses, "iiiibb?")),
        events=Events(*_columns(pages.events, "iib")),
        labs=Labs(*_columns(pages.labs, "iibi")),
        doubts=Doubts(*_columns(pages.doubts, "ii")),
    )


def _columns(rows: list[tuple[int, ...]], types: Sequence[str]) -> list[np.ndarray]:
    ordered = sorted(rows, key=lambda row: (row[0], row[1]))
    return [np.array([row[i] for row in ordered], np.dtype(t)) for i, t in enumerate(types)]


def _patient(
    draw: Draw, number: int, *, system: UnitSystem, pages: _Pages, names: list[str], longest: int, steady: bool
) -> Person:
    chosen: tuple[int, ...] = draw(regimens())
    day = EPOCH + draw(st.integers(0, 9))
    calm = steady or draw(st.booleans())
    values = STEADY[system] if calm and draw(st.integers(0, 5)) else MMOL if system is UnitSystem.MMOL else MGDL
    if calm and draw(st.integers(0, 5)):
        weight, c_peptide = draw(st.sampled_from((9_000, 60_500, 80_000))), draw(st.sampled_from((600, 900)))
        pages.labs.append((number, day * 1440, lab_code(LabKind.WEIGHT), weight))
        pages.labs.append((number, day * 1440, lab_code(LabKind.C_PEPTIDE), c_peptide))
    usual = {line: draw(st.sampled_from(REGIMENS[line][3])) for line in chosen}
    for _ in range(draw(st.integers(9 if steady else 3, longest))):
        for line in chosen:
            _doses(draw, number, day=day, line=line, usual=usual, pages=pages, names=names, calm=calm)
        for _ in range(draw(st.sampled_from((0, 1, 1, 2, 2, 3, 5)))):
            _reading(draw, number, day, values, pages)
        if not calm or draw(st.integers(0, 3)) == 0:
            _rarities(draw, number, day, pages)
        day += draw(st.sampled_from((1,) * 48 + (2, 3, 14, 15) if calm else (1,) * 16 + (2, 2, 3, 4, 14, 15, 16)))
    return Person(
        patient_id=f"P{number}",
        age_years=draw(st.sampled_from((None, 45, 64, 65, 80))),
        diabetes_type=draw(st.sampled_from(("T2D", "T2D", "T1D", "other", None))),
    )


def _doses(
    draw: Draw,
    number: int,
    *,
    day: int,
    line: int,
    usual: dict[int, int],
    pages: _Pages,
    names: list[str],
    calm: bool,
) -> None:
    name, slot, route, amounts = REGIMENS[line]
    happenings = ("same",) * 9 + (
        "half",
        "up",
        "down",
        "other",
        "zero",
        "none",
        "none",
        "twice",
        "doubtful",
        "late",
        "long",
    )
    happening = draw(st.sampled_from(("same",) * 40 + happenings if calm else happenings))
    step = 2_000 if name.startswith("insulin") else min(amounts)
    if happening == "up":
        usual[line] += step
    if happening == "down":
        usual[line] = max(step // 2, usual[line] - step)
    if happening == "half":
        usual[line] = max(step // 2, usual[line] // 2)
    if happening == "other":
        usual[line] = draw(st.sampled_from(amounts))
    if happening in ("none", "long") and not (happening == "long" and slot is not Slot.BEDTIME):
        return
    minute = day * 1440 + DOSE_MINUTE[slot]
    if happening == "late":
        minute = (day + 1) * 1440 + 60 if slot is Slot.BEDTIME else minute + 45
    amount = 0 if happening == "zero" else usual[line]
    row = (number, minute, names.index(name), amount, slot, route, happening == "doubtful")
    pages.doses.append(row)
    if happening == "twice":
        second = draw(st.sampled_from((0, amount, 1_000)))
        pages.doses.append((number, minute + draw(st.sampled_from((0, 20))), row[2], second, slot, route, False))


def _reading(draw: Draw, number: int, day: int, values: tuple[int, ...], pages: _Pages) -> None:
    timing = draw(st.sampled_from(Timing))
    usual = USUAL_HOURS.get(timing)
    odd = usual is None or draw(st.integers(0, 4)) == 0
    minute = day * 1440 + (draw(st.sampled_from(ODD_MINUTES)) if odd or usual is None else usual)
    value = draw(st.sampled_from(values))
    source = draw(st.sampled_from((Source.CBG,) * 6 + (Source.LAB, Source.CGM)))
    pages.readings.append((number, minute, value, timing, source, False))
    match draw(st.sampled_from(("once",) * 12 + ("repeated", "contradicted"))):
        case "repeated":
            pages.readings.append((number, minute, value, timing, source, True))
        case "contradicted":
            other = draw(st.sampled_from(values))
            pages.readings.insert(0, (number, minute, other, timing, source, False))
        case _:
            pass


def _rarities(draw: Draw, number: int, day: int, pages: _Pages) -> None:
    match draw(st.sampled_from(("",) * 8 + ("event", "event", "rare", "lab", "lab", "doubt"))):
        case "event":
            kind = draw(st.sampled_from(COMMON_EVENTS))
            pages.events.append((number, day * 1440 + draw(st.sampled_from(ODD_MINUTES)), event_code(kind)))
        case "rare":
            kind = draw(st.sampled_from(EventKind))
            pages.events.append((number, day * 1440 + draw(st.sampled_from(ODD_MINUTES)), event_code(kind)))
        case "lab":
            kind = draw(st.sampled_from(tuple(LAB_VALUES)))
            lab_value = draw(st.sampled_from(LAB_VALUES[kind]))
            before = draw(st.sampled_from((0, 0, 0, 20, 200)))
            minute = (day - before) * 1440 + draw(st.sampled_from((420, 420, 900)))
            pages.labs.append((number, minute, lab_code(kind), lab_value))
        case "doubt":
            pages.doubts.append((number, day))
        case _:
            pass
