"""One row of the ward list per patient: how urgent, why, and the few numbers a round looks at first."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from titration.clinical import EVENT_KINDS, PLAN_KINDS, LabKind, LineKind, PlanKind, Route, Slot, Timing
from titration.clinical import Source as ReadingSource
from titration.engine.guard import LOW
from titration.explain.phrases import URGENT_NOTICES
from titration.log.model import MINUTES_A_DAY, lab_code
from titration.service.rounds.planning import Planned
from titration.service.rounds.told import DayMark, Person, Proposal, Stage, Urgency, WardRow
from titration.units import HI_VALUE, Pair

SEVERE_LOW: Final = Pair(30, 54)
"""Level 2 hypoglycaemia, published pair."""
VERY_HIGH: Final = Pair(167, 300)
"""A single value that calls for ketones (ADA call rules for long-term care)."""
FASTING_DUE: Final = 7 * 60
"""Minute of the day from which a fasting value that is not there is missed."""
ANY_DUE: Final = 12 * 60
"""Minute of the day from which a day without any reading is remarked on."""
_STRIP: Final = 7
_RECENT_DAYS: Final = 3
_POST: Final = (Timing.POST_BREAKFAST, Timing.POST_LUNCH, Timing.POST_DINNER)
_REVIEW_NOTICE: Final = URGENT_NOTICES[0]

_TIERS: Final[dict[str, Urgency]] = {
    "low_severe": Urgency.EMERGENCY,
    "low_2": Urgency.EMERGENCY,
    "high_meter": Urgency.EMERGENCY,
    "very_high": Urgency.EMERGENCY,
    "review": Urgency.REVIEW,
    "refer": Urgency.REVIEW,
    "low_2_earlier": Urgency.LOW,
    "low_1": Urgency.LOW,
    "symptoms": Urgency.LOW,
    "safety_step": Urgency.LOW,
    "stop": Urgency.CHANGE,
    "reduce": Urgency.CHANGE,
    "raise": Urgency.CHANGE,
    "need_data": Urgency.MISSING,
    "fasting_due": Urgency.MISSING,
    "no_readings_today": Urgency.MISSING,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line's plan, with the codes it gives a row."""

    proposal: Proposal
    oral: bool
    urgent: bool
    refers: bool
    doubtful: bool
    missing: str | None


def lines_of(planned: Planned) -> dict[int, list[Line]]:
    """The plan's lines by patient number, in the order of the plan."""
    plans, names = planned.plans, planned.decision.engine.notices
    urgent = 1 << names.index(_REVIEW_NOTICE) if _REVIEW_NOTICE in names else 0
    forced, doubtful = _forced(planned)
    out: dict[int, list[Line]] = defaultdict(list)
    for row, patient in enumerate(plans.patient.tolist()):
        bits = int(plans.notices[row])
        out[patient].append(
            _line(planned, row, forced=bool(forced[row]), doubtful=bool(doubtful[row]), urgent=bool(bits & urgent))
        )
    return out


def _line(planned: Planned, row: int, *, forced: bool, doubtful: bool, urgent: bool) -> Line:
    plans, lines, engine = planned.plans, planned.decision.grid.lines, planned.decision.engine
    drug = lines.drugs[int(plans.drug[row])]
    kind, route = PLAN_KINDS[int(plans.kind[row])], Route(int(plans.route[row]))
    before, after = int(plans.dose_before[row]), int(plans.dose_after[row])
    missing = int(plans.missing[row])
    product = drug.product
    proposal = Proposal(
        line=(drug.written, Slot(int(plans.slot[row])).text, route.text),
        name_en=product.name_en if product else drug.written,
        name_zh=product.name_zh if product else drug.written,
        kind=kind.value,
        before=before if bool(plans.dose_known[row]) else None,
        after=after,
        unit=product.unit if product else "",
        forced=forced and after < before,
    )
    return Line(
        proposal,
        oral=route is Route.ORAL or drug.kind(route) is LineKind.ORAL,
        urgent=urgent,
        refers=kind is PlanKind.REFER,
        doubtful=doubtful,
        missing=engine.missing_names[missing] if missing >= 0 else None,
    )


def _forced(planned: Planned) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Per row of the plans: whether safety demands a reduction, and whether the dose in force is doubtful."""
    decision = planned.decision
    drafts = {id(draft.proposals): draft for draft in decision.drafts}
    forced = np.zeros(len(planned.plans), np.bool_)
    doubtful = np.zeros(len(planned.plans), np.bool_)
    for row in range(len(forced)):
        proposals, at = decision.locate(row)
        forced[row] = drafts[id(proposals)].forced[at]
        doubtful[row] = decision.grid.lines.doubtful[proposals.frame.rows[at]]
    return forced, doubtful


@dataclass(frozen=True)
class Seen:
    """One patient's readings and events at a moment, newest last. ``minute``, ``value`` and ``timing`` leave sensors out."""

    planned: Planned
    number: int

    @cached_property
    def _slice(self) -> slice:
        return self.planned.spans.readings[self.number]

    @cached_property
    def _all(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int8], npt.NDArray[np.bool_]]:
        readings, at = self.planned.log.readings, self._slice
        stick = (readings.source[at] != ReadingSource.CGM) & ~readings.repeat[at]
        return readings.minute[at], readings.value[at], readings.timing[at], stick

    @cached_property
    def sticks(self) -> tuple[list[int], list[int], list[int]]:
        """Minutes, values and timings of the last eight days' finger-sticks and laboratory values."""
        minute, value, timing, stick = self._all
        keep = stick & (minute >= (self.planned.day - _STRIP) * MINUTES_A_DAY)
        return minute[keep].tolist(), value[keep].tolist(), timing[keep].tolist()

    def since(self, start: int) -> list[int]:
        """Values after minute ``start``, a sensor's included: an alarm counts whatever gave it."""
        minute, value, _, _ = self._all
        return value[minute > start].tolist()

    def events(self, start: int) -> list[str]:
        """Kinds of events after minute ``start``."""
        events = self.planned.log.events
        at = self.planned.spans.events[self.number]
        kinds: list[int] = events.kind[at][events.minute[at] > start].tolist()
        return [EVENT_KINDS[kind].value for kind in kinds]

    @property
    def has_weight(self) -> bool:
        """Whether a weight is on record."""
        labs = self.planned.log.labs
        return bool((labs.kind[self.planned.spans.labs[self.number]] == lab_code(LabKind.WEIGHT)).any())

    @property
    def doubts(self) -> bool:
        """Whether a glucose row was set aside in the last days."""
        doubts = self.planned.log.doubts
        return bool((doubts.day[self.planned.spans.doubts[self.number]] > self.planned.day - _RECENT_DAYS).any())


def ward_row(planned: Planned, number: int, lines: Sequence[Line], *, person: Person, stage: Stage) -> WardRow:
    """The row of patient ``number`` of the plan's log."""
    seen = Seen(planned, number)
    found = list(dict.fromkeys(_reasons(seen, lines)))
    urgency = min((_TIERS.get(reason, Urgency.STEADY) for reason in found), default=Urgency.STEADY)
    shown = [reason.removesuffix("_earlier") for reason in found] or ["steady"]
    if any(line.proposal.settled for line in lines):
        shown.append("ordered")
    if urgency is Urgency.STEADY and "steady" not in shown:
        shown.append("steady")
    fasting, fasting_before = _fasting(seen)
    meal, meal_before = _post_meal(seen)
    tablets = [line.proposal.line[0] for line in lines if line.oral and line.proposal.ordered != 0]
    return WardRow(
        person=person,
        urgency=urgency,
        reasons=tuple(dict.fromkeys(shown)),
        stage=stage,
        fasting=fasting,
        fasting_before=fasting_before,
        post_meal=meal,
        post_meal_before=meal_before,
        strip=_strip(seen),
        total_insulin=planned.totals.get(number) or None,
        percent_of_baseline=planned.shares.get(number),
        tablets=tuple(dict.fromkeys(tablets)),
        proposals=tuple(line.proposal for line in lines),
        missing=tuple(dict.fromkeys(line.missing for line in lines if line.missing and not line.proposal.settled)),
    )


def _reasons(seen: Seen, lines: Sequence[Line]) -> Iterator[str]:
    """Codes, most pressing first."""
    planned = seen.planned
    system, now = planned.log.system, planned.minute
    day, recent = now - MINUTES_A_DAY, now - _RECENT_DAYS * MINUTES_A_DAY
    today, lately = seen.since(day), seen.since(recent)
    events = seen.events(recent)
    if "hypo_severe" in seen.events(day):
        yield "low_severe"
    if any(value < SEVERE_LOW.on(system) for value in today):
        yield "low_2"
    if any(value >= HI_VALUE for value in today):
        yield "high_meter"
    if any(VERY_HIGH.on(system) <= value < HI_VALUE for value in today):
        yield "very_high"
    if any(line.urgent for line in lines):
        yield "review"
    left = [line for line in lines if not line.proposal.settled]
    if any(line.refers for line in left):
        yield "refer"
    if any(value < SEVERE_LOW.on(system) for value in lately):
        yield "low_2_earlier"
    if any(SEVERE_LOW.on(system) <= value < LOW.on(system) for value in lately):
        yield "low_1"
    if "hypo_symptoms" in events or "hypo_severe" in events:
        yield "symptoms"
    if any(line.proposal.forced for line in left):
        yield "safety_step"
    kinds = {line.proposal.kind for line in left}
    for kind, code in ((PlanKind.STOP, "stop"), (PlanKind.ADJUST_DOWN, "reduce"), (PlanKind.ADJUST_UP, "raise")):
        if kind.value in kinds:
            yield code
    yield from _missing(seen, kinds)
    if lines and not seen.has_weight:
        yield "no_weight"
    if seen.doubts or any(line.doubtful for line in lines):
        yield "doubtful"


def _missing(seen: Seen, kinds: set[str]) -> Iterator[str]:
    planned = seen.planned
    if PlanKind.NEED_DATA.value in kinds:
        yield "need_data"
    minute, _, timing = seen.sticks
    clock = planned.minute % MINUTES_A_DAY
    today = [t for m, t in zip(minute, timing, strict=True) if m // MINUTES_A_DAY == planned.day]
    if Timing.FASTING not in today and clock >= FASTING_DUE:
        yield "fasting_due"
    if not today and clock >= ANY_DUE:
        yield "no_readings_today"


def _fasting(seen: Seen) -> tuple[int | None, int | None]:
    minute, value, timing = seen.sticks
    found = [(m, v) for m, v, t in zip(minute, value, timing, strict=True) if t == Timing.FASTING]
    now = [v for m, v in found if m // MINUTES_A_DAY == seen.planned.day]
    before = [v for m, v in found if m // MINUTES_A_DAY < seen.planned.day]
    return (now[-1] if now else None), (before[-1] if before else None)


def _post_meal(seen: Seen) -> tuple[int | None, int | None]:
    minute, value, timing = seen.sticks
    found = [(m, v) for m, v, t in zip(minute, value, timing, strict=True) if t in _POST]
    if not found or found[-1][0] // MINUTES_A_DAY < seen.planned.day - 1:
        return None, None
    return found[-1][1], (found[-2][1] if len(found) > 1 else None)


def _strip(seen: Seen) -> tuple[DayMark, ...]:
    minute, value, timing = seen.sticks
    by_day: dict[int, list[int]] = defaultdict(list)
    fasting: dict[int, int] = {}
    for m, v, t in zip(minute, value, timing, strict=True):
        by_day[m // MINUTES_A_DAY].append(v)
        if t == Timing.FASTING:
            fasting[m // MINUTES_A_DAY] = v
    days = range(seen.planned.day - _STRIP + 1, seen.planned.day + 1)
    return tuple(
        DayMark(day, min(by_day[day]), max(by_day[day]), fasting.get(day))
        if day in by_day
        else DayMark(day, None, None, None)
        for day in days
    )
