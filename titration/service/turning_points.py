"""Values of single readings at which a plan could become another: all that need trying, and none twice.

A plan depends on readings only through what conditions and the guard compare. One reading moves a count by one at most, so a
count that is two away from every number it is compared with turns nothing. And two readings that the same features see in
the same way do the same to a plan: the one that has to move least stands for both.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from titration.clinical import Timing
from titration.columns import Column
from titration.engine.decide import Decision
from titration.expr.nodes import Compare, FeatureRef, Known, Leaf, Op, ParameterRef, Zero
from titration.expr.walk import leaves
from titration.features.frame import Frame
from titration.features.spec import LINE_SERIES, SERIES, Feature
from titration.log.model import MINUTES_A_DAY, Readings
from titration.units import HI_VALUE, LO_VALUE

_TALLIES: Final = ("count", "days")
_GUARD: Final = (Compare("", Op.GT, Zero()), Known(""))
"""What the guard asks of a count of readings: whether there is one, and whether that is known."""
_UPPER_FROM: Final[Mapping[Op, tuple[int, ...]]] = {
    Op.LT: (0,), Op.GE: (0,), Op.LE: (1,), Op.GT: (1,), Op.EQ: (0, 1), Op.NE: (0, 1),
}  # fmt: skip
"""How far from the number compared with the first value on the upper side lies."""


@dataclass(frozen=True, slots=True)
class _Look:
    """A feature as the lines of one kind read it: the timings each line's window takes, the first values on the upper side
    of each division, and by how much a sum must change for its mean to come out otherwise."""

    feature: Feature
    timings: tuple[int, ...]
    ends: frozenset[int]
    tips: frozenset[int]

    def sees(self, timing: int, source: int, back: int) -> tuple[bool, ...]:
        """Which of the lines count a reading so many days back."""
        feature = self.feature
        if back >= feature.window_days or not feature.sources >> source & 1:
            return ()
        # A low without a timing is a line's by its hour: it may be any line's.
        any_line = feature.of == "responsible" and timing == Timing.RANDOM
        return tuple(any_line or bool(bits >> timing & 1) for bits in self.timings)

    def effect(self, reading: "_Reading", new: int) -> tuple[object, ...] | None:
        """What a new value does to the feature; equal effects are the same to every line. None: nothing."""
        feature, old = self.feature, reading.value
        alone = feature.since_change or (feature.of == "responsible" and reading.timing == Timing.RANDOM)
        own = (reading.row,) if alone else ()
        if feature.reduce in _TALLIES:
            before, after = (feature.keep.lowest <= v <= feature.keep.highest for v in (old, new))
            if before is after:
                return None
            return (after, *own) if feature.reduce == "count" else (after, reading.day, *own)
        if feature.reduce == "mean" and feature.keep.everything:
            return (new - old, *own)
        return (reading.row, new)


@dataclass(frozen=True, slots=True)
class _Reading:
    row: int
    value: int
    day: int
    timing: int
    source: int


def turning_points(decision: Decision, readings: Readings, rows: Sequence[int], day: int) -> list[tuple[int, int]]:
    """Readings (of ``rows``) and the other values to try for each; of those that do the same, the nearest only."""
    looks = list(_looks(decision))
    low, high = decision.engine.system.accepted
    best: dict[tuple[object, ...], tuple[int, int, int]] = {}
    for row in rows:
        reading = _Reading(
            row, int(readings.value[row]), int(readings.minute[row]) // MINUTES_A_DAY,
            int(readings.timing[row]), int(readings.source[row]),
        )  # fmt: skip
        lines = [look.sees(reading.timing, reading.source, day - reading.day) for look in looks]
        seen = [(look, of) for look, of in zip(looks, lines, strict=True) if any(of)]
        for other in _candidates([look for look, _ in seen], reading.value):
            if not low <= other <= high:
                continue
            done = tuple((id(look), of, e) for look, of in seen if (e := look.effect(reading, other)) is not None)
            # Of readings that do the same the one that moves least counts; of equal ones the latest.
            here = (abs(other - reading.value), -row, other)
            key = (other > reading.value, done)
            if done and (key not in best or here < best[key]):
                best[key] = here
    return sorted((-row, other) for _, row, other in best.values())


def _candidates(seen: Sequence[_Look], value: int) -> set[int]:
    """The nearest value on the other side of every division, and what would tip a mean."""
    found: set[int] = set()
    for look in seen:
        found |= {end - 1 if value >= end else end for end in look.ends}
        found |= {value + step for step in look.tips}
    return found - {value}


def _looks(decision: Decision) -> Iterator[_Look]:
    """What of the day's lines and of the guard could turn on one reading."""
    features = decision.grid.features
    for draft in decision.drafts:
        frame = draft.frame
        asked: dict[str, list[Leaf]] = {}
        for bound in decision.engine.program.by_kind[frame.kind]:
            for leaf in leaves(bound.when):
                asked.setdefault(leaf.feature, []).append(leaf)
                if isinstance(leaf, Compare) and isinstance(leaf.right, FeatureRef):
                    asked.setdefault(leaf.right.name, []).append(leaf)
        asked |= {name: list(_GUARD) for name in features if name.startswith("guard.")}
        for name, mine in asked.items():
            look = _look(decision, frame, features[name], mine) if features[name].is_glucose else None
            if look is not None:
                yield look


def _look(decision: Decision, frame: Frame, feature: Feature, asked: Sequence[Leaf]) -> _Look | None:
    keep = feature.keep
    ends = {keep.lowest, keep.highest + 1} - {LO_VALUE, HI_VALUE + 1}
    tips: set[int] = set()
    column = frame.column(feature.name)
    numbers = decision.engine.program.thresholds
    if feature.reduce in _TALLIES:
        if not ends or not any(_turns(column, row, leaf, numbers) for leaf in asked for row in range(len(frame))):
            return None
    elif feature.reduce == "mean":
        tips = {t for leaf in asked for t in _tips(column, leaf, numbers)}
    elif feature.reduce != "age_days":
        ends |= {e for leaf in asked for e in _divisions(frame, feature.name, leaf, numbers)}
    if not ends and not tips:
        return None
    fixed = SERIES.get(feature.of)
    rows = range(len(frame))
    timings = (
        tuple(frame.judged_by(feature.of, r) for r in rows) if feature.of in LINE_SERIES else (fixed or 0,) * len(rows)
    )
    return _Look(feature, timings, frozenset(ends), frozenset(tips))


def _turns(column: Column, row: int, leaf: Leaf, numbers: Mapping[str, int]) -> bool:
    """Whether a count one higher or one lower could come out otherwise."""
    value = int(column.values[row])
    if isinstance(leaf, Known) or isinstance(leaf.right, FeatureRef) or not column.is_known(row):
        # A first reading that counts makes a count known whatever is missing.
        return isinstance(leaf, Compare) or value <= 1 or not column.is_known(row)
    number = numbers[leaf.right.name] if isinstance(leaf.right, ParameterRef) else 0
    sides = {sum(v >= number + more for more in _UPPER_FROM[leaf.op]) for v in (value - 1, value, value + 1)}
    return len(sides) > 1 or value <= 1


def _tips(column: Column, leaf: Leaf, numbers: Mapping[str, int]) -> Iterator[int]:
    if isinstance(leaf, Known) or column.per is None or isinstance(leaf.right, FeatureRef):
        return
    number = numbers[leaf.right.name] if isinstance(leaf.right, ParameterRef) else 0
    for total, count in zip(column.values.tolist(), column.per.tolist(), strict=True):
        for more in _UPPER_FROM[leaf.op] if count else ():
            first = number * count + more
            yield first - 1 - total if total >= first else first - total


def _divisions(frame: Frame, name: str, leaf: Leaf, numbers: Mapping[str, int]) -> Iterator[int]:
    """First values on the upper side of what an extreme or the latest value is compared with."""
    if isinstance(leaf, Known):
        return
    match leaf.right:
        case ParameterRef(other):
            yield from (numbers[other] + more for more in _UPPER_FROM[leaf.op])
        case FeatureRef(other):
            beside = frame.column(leaf.feature if other == name else other).values.tolist()
            yield from (v + more for v in beside for more in (0, 1))
        case Zero():
            return
