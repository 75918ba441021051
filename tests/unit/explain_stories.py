"""Small logs of one patient, each with one thing happening, and their assessments."""

import re
from collections import Counter
from pathlib import Path

import numpy as np

from titration.clinical import EventKind, Route, Slot, Source, Timing
from titration.engine.decide import Decision, Engine
from titration.explain import assess
from titration.explain.trace import Assessment
from titration.formulary import shipped
from titration.log.model import Doses, Events, Labs, Log, Person, Readings, event_code, lab_code
from titration.packs.model import Pack
from titration.units import HI_VALUE, LO_VALUE, UnitSystem

NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
PACK_FOLDER = Path(__file__).resolve().parents[2] / "rules" / "huc-msc-t2dm"
FIRST_DAY = 20_000
LAST_DAY = FIRST_DAY + 9
AT = {
    Timing.OVERNIGHT: 180,
    Timing.FASTING: 400,
    Timing.POST_BREAKFAST: 570,
    Timing.POST_LUNCH: 840,
    Timing.PRE_DINNER: 1050,
    Timing.POST_DINNER: 1200,
}
GIVEN = {Slot.BREAKFAST: 420, Slot.LUNCH: 720, Slot.DINNER: 1080, Slot.BEDTIME: 1320}


def i32(values: list[int]) -> np.ndarray:
    return np.array(values, np.int32)


def i8(values: list[int]) -> np.ndarray:
    return np.array(values, np.int8)


def log_of(
    readings: list[tuple[int, Timing, int]],
    doses: list[tuple[str, Slot, int]],
    *,
    events: list[tuple[int, EventKind]] | None = None,
    labs: list[tuple[str, int]] | None = None,
    system: UnitSystem = UnitSystem.MMOL,
) -> Log:
    """One patient: readings (day, timing, grid value), doses given every day (thousandths), events, labs of day 0."""
    drugs = sorted({name for name, _, _ in doses})
    taken = sorted(((FIRST_DAY + d) * 1440 + AT[t], v, int(t)) for d, t, v in readings)
    given = sorted(
        (day * 1440 + GIVEN[slot], drugs.index(name), amount, int(slot))
        for day in range(FIRST_DAY, LAST_DAY + 1)
        for name, slot, amount in doses
    )
    happened = sorted(((FIRST_DAY + d) * 1440 + 600, event_code(k.value)) for d, k in events or [])
    product = shipped().products
    routes = [int(Route.ORAL if product[drugs[d]].kind.value == "oral" else Route.SC) for _, d, _, _ in given]
    return Log(
        system=system,
        people=(Person("P1", age_years=60, diabetes_type="T2D"),),
        drugs=tuple(drugs),
        readings=Readings(
            i32([0] * len(taken)),
            i32([m for m, _, _ in taken]),
            i32([v for _, v, _ in taken]),
            i8([t for _, _, t in taken]),
            i8([int(Source.CBG)] * len(taken)),
            np.zeros(len(taken), np.bool_),
        ),
        doses=Doses(
            i32([0] * len(given)),
            i32([m for m, _, _, _ in given]),
            i32([d for _, d, _, _ in given]),
            i32([a for _, _, a, _ in given]),
            i8([s for _, _, _, s in given]),
            i8(routes),
            np.zeros(len(given), np.bool_),
        ),
        events=Events(i32([0] * len(happened)), i32([m for m, _ in happened]), i8([k for _, k in happened])),
        labs=Labs(
            i32([0] * len(labs or [])),
            i32([FIRST_DAY * 1440 + 360] * len(labs or [])),
            i8([lab_code(k) for k, _ in labs or []]),
            i32([v for _, v in labs or []]),
        ),
    )


def decided(log: Log, pack: Pack) -> Decision:
    engine = Engine(pack, log.system, shipped())
    return engine.decide(engine.grid(log))


def every_day(timing: Timing, value: int) -> list[tuple[int, Timing, int]]:
    return [(day, timing, value) for day in range(10)]


ORDINARY = [*every_day(Timing.FASTING, 62), *every_day(Timing.POST_BREAKFAST, 85)]
BASAL = [("insulin-glargine", Slot.BEDTIME, 20_000), ("metformin", Slot.BREAKFAST, 1_000_000)]
WEIGHT = [("weight", 70_000), ("egfr", 90_000)]

STORIES: dict[str, Log] = {
    "at target": log_of(ORDINARY, BASAL, labs=WEIGHT),
    "above target": log_of(every_day(Timing.FASTING, 85), BASAL, labs=WEIGHT),
    "no weight": log_of(every_day(Timing.FASTING, 85), BASAL),
    "serious low at night": log_of([*ORDINARY, (9, Timing.OVERNIGHT, 28)], BASAL, labs=WEIGHT),
    "LO": log_of([*ORDINARY, (9, Timing.OVERNIGHT, LO_VALUE)], BASAL, labs=WEIGHT),
    "HI": log_of([*ORDINARY, (9, Timing.POST_DINNER, HI_VALUE)], BASAL, labs=WEIGHT),
    "felt low": log_of(ORDINARY, BASAL, events=[(9, EventKind.HYPO_SYMPTOMS)], labs=WEIGHT),
    "taper on": log_of(
        [*ORDINARY, *every_day(Timing.POST_LUNCH, 80)], BASAL, events=[(0, EventKind.TAPER_ON)], labs=WEIGHT
    ),
    "old readings": log_of([(d, Timing.FASTING, 62) for d in range(4)], BASAL, labs=WEIGHT),
    "no readings": log_of([], BASAL, labs=WEIGHT),
    "infection": log_of(ORDINARY, BASAL, events=[(8, EventKind.INFECTION)], labs=WEIGHT),
    "kidney": log_of(ORDINARY, [("metformin", Slot.BREAKFAST, 1_000_000)], labs=[("egfr", 40_000)]),
    "sulfonylurea low": log_of(
        [*ORDINARY, (9, Timing.PRE_DINNER, 36)], [("glimepiride", Slot.BREAKFAST, 4_000)], labs=WEIGHT
    ),
    "premix": log_of(ORDINARY, [("insulin-aspart-30", Slot.BREAKFAST, 24_000)], labs=WEIGHT),
    "mg/dL": log_of(every_day(Timing.FASTING, 151), BASAL, labs=WEIGHT, system=UnitSystem.MGDL),
}


def told(name: str, pack: Pack) -> Assessment:
    """The assessment of a story's last day."""
    return assess(decided(STORIES[name], pack), 0, LAST_DAY)


def numbers(text: str) -> Counter[str]:
    """Every number of a text with how often it occurs."""
    return Counter(NUMBER.findall(text))
