"""Glucose and symptom features: which readings a line is judged by, and what is made of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.reference.chart import Chart, Reading, placed
from tests.reference.lines import INSULIN_KINDS, Life
from tests.reference.logic import Fact
from titration.clinical import LineKind, Source, Timing
from titration.features.attribution import Attribution
from titration.packs.model import FeatureDefinition
from titration.units import HI_VALUE, LO_VALUE

PRE_MEAL = {Timing.FASTING, Timing.PRE_LUNCH, Timing.PRE_DINNER}
POST_MEAL = {Timing.POST_BREAKFAST, Timing.POST_LUNCH, Timing.POST_DINNER}
LINE_SERIES = ("judged_pre", "judged_post", "judged", "responsible")
FIXED_SERIES = {t.text: {t} for t in Timing} | {"pre_meal": PRE_MEAL, "post_meal": POST_MEAL, "any": set(Timing)}
SYMPTOM_SOURCES = {"symptoms": ("hypo_symptoms", "hypo_severe"), "severe": ("hypo_severe",)}
TID_LINES = 3


@dataclass(frozen=True)
class Ask:
    """A feature with its thresholds on the log's grid."""

    of: str
    reduce: str = "now"
    window_days: int = 1
    min_count: int = 1
    since_change: bool = False
    lowest: int | None = None
    highest: int | None = None
    max_age_days: int | None = None
    sources: tuple[Source, ...] = (Source.CBG, Source.LAB)

    @property
    def filtered(self) -> bool:
        return self.lowest is not None or self.highest is not None

    def keeps(self, value: int) -> bool:
        return (self.lowest is None or value >= self.lowest) and (self.highest is None or value <= self.highest)


def asked(feature: FeatureDefinition, thresholds: Mapping[str, int]) -> Ask:
    """A pack's feature on one grid."""
    lowest = highest = None
    if feature.below is not None:
        highest = thresholds[feature.below] - 1
    if feature.at_most is not None:
        highest = thresholds[feature.at_most]
    if feature.above is not None:
        lowest = thresholds[feature.above] + 1
    if feature.at_least is not None:
        lowest = thresholds[feature.at_least]
    return Ask(
        feature.of,
        feature.reduce,
        feature.window_days,
        feature.min_count,
        feature.since_change,
        lowest,
        highest,
        None if feature.max_age is None else thresholds[feature.max_age],
        tuple(s for s in Source if feature.sources & (1 << s)),
    )


def own_timings(attribution: Attribution, life: Life, beside: list[Life]) -> tuple[set[Timing], set[Timing]]:
    """Timings (before, after meals) that judge a line on a day; `beside` are the patient's lines of that day."""
    if life.product is None:
        return set(), set()
    action = life.product.action
    if action == "premix" and sum(1 for other in beside if other.kind is LineKind.PREMIX) >= TID_LINES:
        action = "premix_tid"
    judges = attribution.judges.get((action, life.slot))
    if judges is None:
        return set(), set()
    return {t for t in Timing if judges.pre & (1 << t)}, {t for t in Timing if judges.post & (1 << t)}


def responsible_timings(attribution: Attribution, life: Life, beside: list[Life]) -> set[Timing]:
    """Timings a line answers for when low."""
    pre, post = own_timings(attribution, life, beside)
    timings = pre | post
    if life.kind in INSULIN_KINDS:
        listed: set[Timing] = set()
        for other in beside:
            if other.kind in INSULIN_KINDS:
                before, after = own_timings(attribution, other, beside)
                listed |= before | after
        timings |= set(Timing) - listed
    return timings


def within(chart: Chart, life: Life, day: int, minute: int, of_day: int, window: int, *, since_change: bool) -> bool:
    """Whether something of `minute` on `of_day` lies in the window that ends on `day`."""
    start = max(day - window + 1, life.course.first)
    if not start <= of_day <= day:
        return False
    changes = life.changes(day)
    if not since_change or not changes or changes[-1].day < start:
        return True
    changed = changes[-1].day
    if of_day == changed:
        given = [d.minute for d in chart.doses if d.day == changed and d.slot is life.slot and d.amount > 0]
        return bool(given) and minute > min(given)
    return of_day > changed


def series(ask: Ask, chart: Chart, life: Life, day: int, attribution: Attribution, beside: list[Life]) -> list[Reading]:
    """Readings of the feature's series in its window, in time order."""
    pre, post = own_timings(attribution, life, beside)
    match ask.of:
        case "judged_pre":
            timings = pre
        case "judged_post":
            timings = post
        case "judged":
            timings = pre | post
        case "responsible":
            timings = responsible_timings(attribution, life, beside)
        case _:
            timings = FIXED_SERIES[ask.of]
    found: list[Reading] = []
    for reading in chart.readings:
        timing = reading.timing
        if ask.of == "responsible" and timing is Timing.RANDOM:
            timing = placed(reading.minute)
        inside = within(chart, life, day, reading.minute, reading.day, ask.window_days, since_change=ask.since_change)
        if timing in timings and reading.source in ask.sources and inside:
            found.append(reading)
    return found


def glucose(ask: Ask, found: list[Reading], day: int) -> Fact | None:
    """What the reducer makes of the readings of a series."""
    kept = [r for r in found if ask.keeps(r.value)]
    match ask.reduce:
        case "count":
            known = not ask.filtered or len(kept) > 0 or len(found) >= ask.min_count
            return Fact(len(kept)) if known else None
        case "days":
            days = {r.day for r in kept}
            known = not ask.filtered or len(days) > 0 or len({r.day for r in found}) >= ask.min_count
            return Fact(len(days)) if known else None
        case "mean":
            numbers = [r.value for r in kept if LO_VALUE < r.value < HI_VALUE]
            return Fact(sum(numbers), len(numbers)) if len(numbers) >= max(1, ask.min_count) else None
        case "min" | "max":
            if not kept or len(found) < ask.min_count:
                return None
            values = [r.value for r in kept]
            return Fact(min(values) if ask.reduce == "min" else max(values))
        case "last":
            return Fact(kept[-1].value) if kept else None
        case "age_days":
            return Fact(day - kept[-1].day) if kept else None
        case _:
            raise AssertionError(ask.reduce)


def symptoms(ask: Ask, chart: Chart, life: Life, day: int, attribution: Attribution, beside: list[Life]) -> Fact:
    """Symptom events the line is responsible for, always since its last change."""
    timings = responsible_timings(attribution, life, beside)
    return Fact(
        sum(
            1
            for event in chart.events
            if event.kind in SYMPTOM_SOURCES[ask.of]
            and placed(event.minute) in timings
            and within(chart, life, day, event.minute, event.day, ask.window_days, since_change=True)
        )
    )
