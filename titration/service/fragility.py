"""How little a reading would have to differ for a plan to be another: found by asking the engine, all at once.

A plan depends on a reading only through the features: through the filter it passes, the threshold an extreme or last value is
compared with, and the sum of a mean. So it can change only at the values these name, and those are tried, nearest first; every
try is one more patient of the same block.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from titration.clinical import PLAN_KINDS, PlanKind, Route, Slot, Timing
from titration.columns import Column
from titration.engine.decide import Decision, Engine
from titration.engine.plans import Plans
from titration.expr.nodes import Compare, ParameterRef
from titration.expr.walk import leaves
from titration.features.spec import FINGER_STICK_AND_LAB, SERIES, Feature
from titration.log.blocks import until
from titration.log.model import MINUTES_A_DAY, Doses, Doubts, Events, Labs, Log, Pump, Readings
from titration.service.assessment import Patient, decide_day
from titration.units import HI_VALUE, LO_VALUE, UnitSystem

I32 = npt.NDArray[np.int32]
_SEEN_DAYS: Final = 30
"""No feature of readings looks back further than this, but for packs that say so."""
_BELOW: Final = {UnitSystem.MMOL: (55, 8), UnitSystem.MGDL: (99, 15)}
"""ISO 15197: up to this value a meter may be off by so much (0.83 mmol/L, 15 mg/dL), above it by 15 percent."""
_PERCENT: Final = 15


@dataclass(frozen=True, slots=True)
class Turn:
    """One line's recommendation, before and after; doses in thousandths."""

    drug: str
    slot: Slot
    route: Route
    kind: PlanKind
    dose: int
    other_kind: PlanKind
    other_dose: int


@dataclass(frozen=True, slots=True)
class Single:
    """The smallest change of one reading that changes the plan: where it stands, from what to what, and what turns."""

    minute: int
    timing: Timing
    value: int
    other: int
    within_accuracy: bool
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Common:
    """All readings off in one direction by ``steps`` of the grid, each within what its meter allows."""

    steps: int
    lower: bool
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Fragility:
    """What would turn a day's plan: one reading down, one up, all down, all up; None where nothing would."""

    lower: Single | None
    higher: Single | None
    all_lower: Common | None
    all_higher: Common | None
    readings: int


def accuracy(value: int, system: UnitSystem) -> int:
    """By how many steps of the grid a meter may be off at a value (ISO 15197)."""
    below, fixed = _BELOW[system]
    return fixed if value <= below else value * _PERCENT // 100


def fragility(engine: Engine, patient: Patient, day: int, *, taper_always: bool | None = None) -> Fragility:
    """What would turn the plan of a day."""
    log = until(patient.log, day)
    asked = _Asked(engine, log, day, taper_always)
    decision = decide_day(engine, patient, day, taper_always=taper_always)
    rows = asked.numbers()
    values = log.readings.value
    marks, r = _marks(engine, decision), log.readings
    tries = [
        (row, v)
        for row in rows
        for v in marks.candidates(
            int(values[row]), int(r.timing[row]), int(r.source[row]), day - int(r.minute[row]) // MINUTES_A_DAY
        )
    ]
    common = list(range(1, max((accuracy(int(values[r]), log.system) for r in rows), default=0) + 1))
    variants = [_one(values, row, v) for row, v in tries] + [
        _all(values, rows, n, log.system) for n in (*(-c for c in common), *common)
    ]
    turned = asked.turned(variants, decision.plans)
    singles = list(zip(tries, turned[: len(tries)], strict=True))
    rest = turned[len(tries) :]
    return Fragility(
        lower=_nearest(log, [(row, v, t) for (row, v), t in singles if t and v < values[row]]),
        higher=_nearest(log, [(row, v, t) for (row, v), t in singles if t and v > values[row]]),
        all_lower=next((Common(n, lower=True, turns=t) for n, t in zip(common, rest, strict=False) if t), None),
        all_higher=next(
            (Common(n, lower=False, turns=t) for n, t in zip(common, rest[len(common) :], strict=True) if t), None
        ),
        readings=len(rows),
    )


def _nearest(log: Log, found: Sequence[tuple[int, int, tuple[Turn, ...]]]) -> Single | None:
    values = log.readings.value
    if not found:
        return None
    # The smallest change; of equal ones in the latest reading.
    row, value, turns = min(found, key=lambda f: (abs(f[1] - int(values[f[0]])), -f[0]))
    old = int(values[row])
    return Single(
        minute=int(log.readings.minute[row]),
        timing=Timing(int(log.readings.timing[row])),
        value=old,
        other=value,
        within_accuracy=abs(value - old) <= accuracy(old, log.system),
        turns=turns,
    )


@dataclass(frozen=True)
class _Marks:
    """Where a reading can come to count otherwise: per feature, the values that divide, and what would tip a mean."""

    engine: Engine
    features: tuple[Feature, ...]
    ends: Mapping[str, frozenset[int]]
    """First value on the upper side of each division."""
    tips: Mapping[str, frozenset[int]]
    """By how much a sum must change for its mean to reach, or pass, a threshold."""

    def candidates(self, value: int, timing: int, source: int, back: int) -> list[int]:
        """Values to try for a reading, LO and HI left out: the nearest on the other side of every division."""
        found: set[int] = set()
        for feature in self.features:
            if feature.window_days <= back or not feature.sources >> source & 1:
                continue
            if feature.of in SERIES and not SERIES[feature.of] >> timing & 1:
                continue
            found |= {end - 1 if value >= end else end for end in self.ends[feature.name]}
            found |= {value + step for step in self.tips.get(feature.name, ())}
        low, high = self.engine.system.accepted
        return sorted({v for v in found if low <= v <= high and v != value})


def _marks(engine: Engine, decision: Decision) -> _Marks:
    """The divisions of every feature that the day's lines and the guard read."""
    ends: dict[str, set[int]] = {}
    tips: dict[str, set[int]] = {}
    features = decision.grid.features
    for name, feature in features.items():
        if feature.is_glucose:
            ends[name] = {feature.keep.lowest, feature.keep.highest + 1} - {LO_VALUE, HI_VALUE + 1}
    for draft in decision.drafts:
        for bound in engine.program.by_kind[draft.frame.kind]:
            for leaf in leaves(bound.when):
                if (
                    not isinstance(leaf, Compare)
                    or not isinstance(leaf.right, ParameterRef)
                    or leaf.feature not in ends
                ):
                    continue
                threshold = engine.program.thresholds[leaf.right.name]
                if features[leaf.feature].reduce in ("min", "max", "last"):
                    ends[leaf.feature] |= {threshold, threshold + 1}
                if features[leaf.feature].reduce == "mean":
                    tips.setdefault(leaf.feature, set()).update(_tips(draft.frame.column(leaf.feature), threshold))
    return _Marks(
        engine,
        tuple(f for n, f in features.items() if n in ends and (ends[n] or n in tips)),
        {n: frozenset(v) for n, v in ends.items()},
        {n: frozenset(v) for n, v in tips.items()},
    )


def _tips(column: Column, threshold: int) -> set[int]:
    assert column.per is not None
    return {
        threshold * count - total + more
        for total, count in zip(column.values.tolist(), column.per.tolist(), strict=True)
        if count
        for more in (-1, 0, 1)
    }


@dataclass(frozen=True)
class _Asked:
    """The day's plan asked of variants of one patient's log."""

    engine: Engine
    log: Log
    day: int
    taper_always: bool | None

    def numbers(self) -> list[int]:
        """Readings that are numbers, count for features, and lie in a window."""
        r = self.log.readings
        reach = max((f.window_days for f in self.engine.program.features.values() if f.is_glucose), default=1)
        first = (self.day - max(reach, _SEEN_DAYS) + 1) * MINUTES_A_DAY
        plain = (r.value > LO_VALUE) & (r.value < HI_VALUE) & ~r.repeat & (r.minute >= first)
        return np.flatnonzero(plain & ((1 << r.source.astype(np.int64)) & self._sources() > 0)).tolist()

    def _sources(self) -> int:
        bits = FINGER_STICK_AND_LAB
        for feature in self.engine.program.features.values():
            bits |= feature.sources if feature.is_glucose else 0
        return bits

    def turned(self, variants: Sequence[I32], plans: Plans) -> list[tuple[Turn, ...]]:
        """For each variant of the readings' values the lines that come out otherwise."""
        if not variants:
            return []
        many = _tiled(self.log, variants)
        grid = self.engine.grid(many, taper_always=self.taper_always, through=self.day)
        found = self.engine.decide(grid, day=self.day).plans
        lines = len(plans)
        if not lines:
            return [() for _ in variants]
        kind, dose = found.kind.reshape(-1, lines), found.dose_after.reshape(-1, lines)
        differs = (kind != plans.kind) | (dose != plans.dose_after)
        return [
            tuple(self._turn(plans, int(i), int(kind[v, i]), int(dose[v, i])) for i in np.flatnonzero(differs[v]))
            for v in range(len(variants))
        ]

    def _turn(self, plans: Plans, row: int, kind: int, dose: int) -> Turn:
        return Turn(
            drug=self.log.drugs[int(plans.drug[row])],
            slot=Slot(int(plans.slot[row])),
            route=Route(int(plans.route[row])),
            kind=PLAN_KINDS[int(plans.kind[row])],
            dose=int(plans.dose_after[row]),
            other_kind=PLAN_KINDS[kind],
            other_dose=dose,
        )


def _one(values: I32, row: int, value: int) -> I32:
    out = values.copy()
    out[row] = value
    return out


def _all(values: I32, rows: Sequence[int], steps: int, system: UnitSystem) -> I32:
    """All readings off by so many steps, each by no more than its meter may be, and still something a meter shows."""
    out = values.copy()
    for row in rows:
        most = accuracy(int(values[row]), system)
        moved = int(values[row]) + max(-most, min(most, steps))
        out[row] = min(max(moved, system.accepted[0]), system.accepted[1])
    return out


def _tiled(log: Log, variants: Sequence[I32]) -> Log:
    """One patient for each variant; everything but the readings' values is alike."""
    many = len(variants)

    def again(column: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        return np.tile(column, many)

    def who(size: int) -> I32:
        return np.repeat(np.arange(many, dtype=np.int32), size)

    def table(rows: Doses | Events | Labs | Doubts | Pump) -> dict[str, npt.NDArray[np.generic]]:
        names = [n for n in rows.__slots__ if n != "patient"]
        return {"patient": who(len(rows)), **{n: again(getattr(rows, n)) for n in names}}

    r = log.readings
    readings = Readings(
        patient=who(len(r)),
        minute=np.tile(r.minute, many),
        value=np.concatenate(variants),
        timing=np.tile(r.timing, many),
        source=np.tile(r.source, many),
        repeat=np.tile(r.repeat, many),
    )
    return replace(
        log,
        people=tuple(log.people[0] for _ in variants),
        readings=readings,
        doses=Doses(**table(log.doses)),  # pyright: ignore[reportArgumentType] - the same columns, tiled
        events=Events(**table(log.events)),  # pyright: ignore[reportArgumentType] - as above
        labs=Labs(**table(log.labs)),  # pyright: ignore[reportArgumentType] - as above
        doubts=Doubts(**table(log.doubts)),  # pyright: ignore[reportArgumentType] - as above
        pump=Pump(**table(log.pump)),  # pyright: ignore[reportArgumentType] - as above
    )
