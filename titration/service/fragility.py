"""How little a reading would have to differ for a plan to be another: found by asking the engine, nearest values first.

A plan can change only at the values that ``turning_points`` names; every try is one more patient of the same block.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from titration.clinical import PLAN_KINDS, LineKind, PlanKind, Route, Slot, Timing
from titration.engine.decide import Decision, Engine
from titration.engine.plans import Plans
from titration.expr.walk import features_of
from titration.features.frame import BoundFeatures, build_grid
from titration.features.spec import FINGER_STICK_AND_LAB
from titration.log.blocks import until
from titration.log.model import MINUTES_A_DAY, Doses, Doubts, Events, Labs, Log, Pump, Readings
from titration.packs.model import LimitTo
from titration.service.assessment import Patient, decide_day
from titration.service.turning_points import turning_points
from titration.units import HI_VALUE, LO_VALUE, UnitSystem

I32 = npt.NDArray[np.int32]
_SEEN_DAYS: Final = 30
"""No feature of readings looks back further than this, but for packs that say so."""
_BELOW: Final = {UnitSystem.MMOL: (55, 8), UnitSystem.MGDL: (99, 15)}
"""ISO 15197: up to this value a meter may be off by so much (0.83 mmol/L, 15 mg/dL), above it by 15 percent."""
_PERCENT: Final = 15
_NEAREST: Final = 10
"""Tries of a search that are asked first."""


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
    decision = decide_day(engine, patient, day, taper_always=taper_always)
    asked = _Asked(engine, log, day, taper_always, decision)
    rows, values = asked.numbers, log.readings.value
    tries = turning_points(decision, log.readings, rows, day)
    # The smallest change first; of equal ones in the latest reading.
    tries.sort(key=lambda t: (abs(t[1] - int(values[t[0]])), -t[0]))
    most = max((accuracy(int(values[r]), log.system) for r in rows), default=0)
    found = asked.first_turns(
        [
            [t for t in tries if t[1] < values[t[0]]],
            [t for t in tries if t[1] > values[t[0]]],
            list(range(-1, -most - 1, -1)),
            list(range(1, most + 1)),
        ]
    )
    lower, higher = (None if f is None else _single(log, f) for f in found[:2])
    all_lower, all_higher = (None if f is None else _common(f) for f in found[2:])
    return Fragility(lower, higher, all_lower, all_higher, readings=len(rows))


_Try: TypeAlias = tuple[int, int] | int
"""A reading and its other value, or all readings off by so many steps."""


def _single(log: Log, found: tuple[_Try, tuple[Turn, ...]]) -> Single:
    tried, turns = found
    assert isinstance(tried, tuple)
    row, value = tried
    old = int(log.readings.value[row])
    return Single(
        minute=int(log.readings.minute[row]),
        timing=Timing(int(log.readings.timing[row])),
        value=old,
        other=value,
        within_accuracy=abs(value - old) <= accuracy(old, log.system),
        turns=turns,
    )


def _common(found: tuple[_Try, tuple[Turn, ...]]) -> Common:
    tried, turns = found
    assert isinstance(tried, int)
    return Common(abs(tried), lower=tried < 0, turns=turns)


@lru_cache(maxsize=32)
def _read_by(engine: Engine, kinds: tuple[LineKind, ...]) -> BoundFeatures:
    """The features that rules for some kinds of line, and the guard, read: the others cannot turn their plans."""
    names: set[str] = set()
    for kind in kinds:
        for bound in engine.program.by_kind[kind]:
            names |= features_of(bound.when)
            if isinstance(bound.rule.step, LimitTo):
                names.add(bound.rule.step.feature)
    every = engine.features.by_name
    return BoundFeatures({n: f for n, f in every.items() if n in names or n.startswith("guard.")})


@dataclass(frozen=True)
class _Asked:
    """The day's plan asked of variants of one patient's log."""

    engine: Engine
    log: Log
    day: int
    taper_always: bool | None
    decision: Decision

    @cached_property
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

    @cached_property
    def _allowed(self) -> I32:
        """By how much each of ``numbers`` may be off."""
        found = [accuracy(v, self.log.system) for v in self.log.readings.value[self.numbers].tolist()]
        return np.array(found, np.int32)

    def first_turns(self, searches: Sequence[Sequence[_Try]]) -> list[tuple[_Try, tuple[Turn, ...]] | None]:
        """Of each search the first try that turns the plan. The nearest are asked together; all others only where none did."""
        found: list[tuple[_Try, tuple[Turn, ...]] | None] = [None] * len(searches)
        for part in (slice(None, _NEAREST), slice(_NEAREST, None)):
            open_ = [(i, tried) for i, search in enumerate(searches) if found[i] is None for tried in search[part]]
            for (i, tried), turns in zip(open_, self._turned([t for _, t in open_]), strict=True):
                if turns and found[i] is None:
                    found[i] = tried, turns
        return found

    def _variant(self, tried: _Try) -> I32:
        """The readings' values, one of them another; or all off by so many steps, each by no more than its meter may be, and
        still something a meter shows."""
        out = self.log.readings.value.copy()
        if isinstance(tried, tuple):
            out[tried[0]] = tried[1]
        else:
            moved = out[self.numbers] + np.clip(tried, -self._allowed, self._allowed)
            out[self.numbers] = np.clip(moved, *self.log.system.accepted)
        return out

    def _turned(self, tries: Sequence[_Try]) -> list[tuple[Turn, ...]]:
        """For each try the lines that come out otherwise."""
        plans = self.decision.plans
        lines = len(plans)
        if not tries or not lines:
            return [() for _ in tries]
        many = _tiled(self.log, [self._variant(t) for t in tries])
        pack = self.engine.pack
        grid = build_grid(
            many,
            _read_by(self.engine, tuple(d.frame.kind for d in self.decision.drafts)),
            pack.attribution,
            self.engine.formulary,
            options=pack.line_options,
            taper_always=self.taper_always,
            through=self.day,
        )
        found = self.engine.decide(grid, day=self.day).plans
        kind, dose = found.kind.reshape(-1, lines), found.dose_after.reshape(-1, lines)
        differs = (kind != plans.kind) | (dose != plans.dose_after)
        return [
            tuple(self._turn(plans, int(i), int(kind[v, i]), int(dose[v, i])) for i in np.flatnonzero(differs[v]))
            for v in range(len(tries))
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
