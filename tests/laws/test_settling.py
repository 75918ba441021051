"""Closed loops come to rest: plans given every day, over readings that do not respond, end and do not swing."""

import functools
from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.laws.plans import FOUNDING, PACKS, engine
from tests.laws.wards import DRUGS, REGIMENS
from titration.clinical import LineKind
from titration.formulary import shipped
from titration.packs.model import Hold, Ladder, Percent, Refer, Restore, Review, Rule, Tier, Units
from titration.testing.loops import Change, Course, Trajectory, run, stories
from titration.units import UnitSystem

DAYS = 40
PUBLISHED_DAYS = 25
"""Three weekly titrations and what follows: enough for a pack that does nothing but titrate."""
LONG = 110
LONGEST = {"munshi-2016": 190}
"""A pack that takes one step every two weeks needs longer to come to rest."""
HBA1C = {"sjoblom-2008": 5_800}
"""Thousandths of a percent, for a pack whose every step wants a low HbA1c."""
FORTNIGHT = 14
FORTNIGHT_FLOOR_PERCENT, LAST_DOSE_UNITS = 50, 10_000
LOW, FASTING_HIGH, POST_HIGH = 39, 70, 100


@functools.cache
def trajectories(pack: str) -> tuple[Trajectory, ...]:
    """Levels below, at and above target, taper on and off, some with a low on the tenth day."""
    modes = (False, True) if pack in TAPERING else (False,)
    chosen = [s for s in stories((36, 42, 50, 62, 100), with_lows=(62, 90), tapers=modes) if s.regimen in judged(pack)]
    return tuple(run(engine(pack, UnitSystem.MMOL), chosen, days(pack), hba1c=HBA1C.get(pack)))


@functools.cache
def tapers(pack: str) -> tuple[Trajectory, ...]:
    """Every regimen at target with taper on, for as long as it takes; none for a pack that tapers nothing."""
    if pack not in TAPERING:
        return ()
    chosen = [s for s in stories((62,), tapers=(True,)) if s.regimen in judged(pack)]
    return tuple(run(engine(pack, UnitSystem.MMOL), chosen, LONGEST.get(pack, LONG), hba1c=HBA1C.get(pack)))


def days(pack: str) -> int:
    """How long the loops of a pack run."""
    return DAYS if pack == FOUNDING else PUBLISHED_DAYS


def moves(rule: Rule) -> bool:
    """Whether a rule may change a dose."""
    return not isinstance(rule.step, Hold | Refer | Review)


def upward(rule: Rule) -> bool:
    """Whether a rule's step is an increase."""
    match rule.step:
        case Units(_, up) | Percent(_, up, _):
            return up
        case Ladder(move):
            return move == "up"
        case Restore():
            return True
        case _:
            return False


def rules_of(pack: str) -> tuple[Rule, ...]:
    return engine(pack, UnitSystem.MMOL).pack.rules


def kinds_moved(pack: str) -> set[LineKind]:
    """Kinds of line that some rule of the pack may change."""
    return {kind for rule in rules_of(pack) if moves(rule) for kind in rule.kinds}


def judged(pack: str) -> set[int]:
    """Regimens with a line the pack may change."""
    kinds = kinds_moved(pack)
    products = [shipped().find(name) for name in DRUGS]
    return {
        i
        for i, regimen in enumerate(REGIMENS)
        if any((product := products[drug]) is not None and product.kind in kinds for drug, _, _ in regimen)
    }


TAPERING = tuple(p for p in PACKS if any(r.tier is Tier.TAPER and moves(r) for r in rules_of(p)))

NEVER_MET = {
    "ebm-guidelines": {(Tier.SAFETY, False)},
    "goal-a1c-2006": {(Tier.SAFETY, False), (Tier.REDUCE, False)},
    "predictive-303-2007": {(Tier.SAFETY, False)},
    "biasp30-pre-meal": {(Tier.SAFETY, False)},
}
"""What no loop meets: a low told without a reading, LO on the meter, an earlier dose that was lower."""


def told(trajectory: Trajectory, line: Course) -> str:
    """A course as a line of a failure's message."""
    steps = "; ".join(f"day {c.day}: {c.before / 1000:g} to {c.after / 1000:g} {c.rule}" for c in line.changes)
    return f"{trajectory.story} {line.drug} {line.slot.text}: {steps}"


def demanded(change: Change) -> bool:
    """Whether a low, or glucose running low, asked for the change."""
    return change.tier <= Tier.REDUCE


@pytest.mark.parametrize("pack", PACKS)
def test_the_loops_do_move(pack: str) -> None:
    seen = {(c.tier, c.up) for trajectory in trajectories(pack) for c in trajectory.changes()}
    can = {(rule.tier, upward(rule)) for rule in rules_of(pack) if moves(rule)} - {(Tier.RESCUE, True)}
    assert can - seen == NEVER_MET.get(pack, set())
    moved = {c.product.kind for t in trajectories(pack) for c in t.lines if c.changes and c.product is not None}
    assert kinds_moved(pack) - moved <= {LineKind.GLP1RA}
    if pack == FOUNDING:
        assert {t.story.regimen for t in trajectories(pack) if t.changes()} == set(range(len(REGIMENS)))


@pytest.mark.parametrize("pack", TAPERING)
def test_tapers_end(pack: str) -> None:
    last = LONGEST.get(pack, LONG) - 20
    late = [told(t, line) for t in tapers(pack) for line in t.lines if any(c.day > last for c in line.changes)]
    assert late == []
    assert all(not c.up for t in tapers(pack) for c in t.changes())
    assert any(line.stopped for t in tapers(pack) for line in t.lines)


@pytest.mark.parametrize("pack", PACKS)
def test_an_unforced_change_waits_until_the_last_one_has_settled(pack: str) -> None:
    early = [
        told(trajectory, line)
        for trajectory in (*trajectories(pack), *tapers(pack))
        for line in trajectory.lines
        for one, two in pairwise(line.changes)
        if not demanded(two) and two.day - one.day < line.settle_days
    ]
    assert early == []


@pytest.mark.parametrize("pack", PACKS)
def test_of_unforced_changes_one_line_a_day(pack: str) -> None:
    """Also none beside a forced one."""
    for trajectory in (*trajectories(pack), *tapers(pack)):
        changes = trajectory.changes()
        for day in {c.day for c in changes if not demanded(c)}:
            assert len([c for c in changes if c.day == day]) == 1, [told(trajectory, line) for line in trajectory.lines]


@pytest.mark.parametrize("pack", PACKS)
def test_no_line_swings_within_a_week(pack: str) -> None:
    swings = [
        told(trajectory, line)
        for trajectory in trajectories(pack)
        for line in trajectory.lines
        for one, two, three in zip(line.changes, line.changes[1:], line.changes[2:], strict=False)
        if two.up not in (one.up, three.up) and three.day - one.day <= 7
        if not _out_of_range(trajectory, one.day, three.day)
    ]
    assert swings == []


def _out_of_range(trajectory: Trajectory, first: int, last: int) -> bool:
    """Whether a low or a high was measured from day ``first`` to before day ``last``."""
    story = trajectory.story
    if story.low is not None and first <= story.low[0] < last:
        return True
    values = [(t.name, story.value(t, day)) for day in range(first, last) for t in story.readings]
    return any(v < LOW or v > (POST_HIGH if name.startswith("POST") else FASTING_HIGH) for name, v in values)


@pytest.mark.parametrize("pack", PACKS)
def test_a_line_turns_downwards_only_for_a_low_or_a_taper(pack: str) -> None:
    """Above target, with taper off, nothing but a low takes an increase back; without a low nothing turns at all."""
    for trajectory in trajectories(pack):
        for line in trajectory.lines:
            turns = [two for one, two in pairwise(line.changes) if one.up and not two.up]
            assert all(demanded(c) for c in turns), told(trajectory, line)
            assert trajectory.story.low is not None or len({c.up for c in line.changes}) <= 1, told(trajectory, line)


@pytest.mark.parametrize("pack", TAPERING)
def test_a_taper_alone_never_halves_the_insulin_in_a_fortnight(
    pack: str, record_property: Callable[[str, object], None]
) -> None:
    halved: dict[str, int] = {}
    for trajectory in (*trajectories(pack), *tapers(pack)):
        totals = [trajectory.insulin(day) for day in range(len(trajectory.lines[0].doses))]
        for day in range(1, len(totals)):
            first = max(0, day - FORTNIGHT + 1)
            if _demanded_within(trajectory, first, day) or _last_stop(totals, day, trajectory):
                continue
            highest = max(totals[max(0, day - FORTNIGHT) : day])
            why = [told(trajectory, line) for line in trajectory.lines]
            assert totals[day] * 100 >= highest * FORTNIGHT_FLOOR_PERCENT, (day, totals, why)
        if totals[0] > LAST_DOSE_UNITS and not _demanded_within(trajectory, 0, len(totals)):
            day = next((d for d, total in enumerate(totals) if 0 < total * 2 <= totals[0]), None)
            if day is not None:
                halved[str(trajectory.story)] = day
    earliest = min(halved.items(), key=lambda item: item[1])
    record_property("earliest day at half of the first day's insulin", str(earliest))
    assert earliest[1] >= FORTNIGHT, f"insulin at half of the first day's already on day {earliest[1]}: {earliest[0]}"


def _demanded_within(trajectory: Trajectory, first: int, last: int) -> bool:
    return any(demanded(c) and first <= c.day <= last for c in trajectory.changes())


def _last_stop(totals: list[int], day: int, trajectory: Trajectory) -> bool:
    """A small last insulin line may be stopped outright."""
    alone = [line for line in trajectory.lines if line.is_insulin and line.doses[day - 1] > 0]
    if totals[day] == 0 and totals[day - 1] == 0:
        return True
    return totals[day] == 0 and len(alone) == 1 and alone[0].doses[day - 1] <= LAST_DOSE_UNITS


@pytest.mark.parametrize("pack", TAPERING)
def test_a_stopped_line_does_not_come_back(pack: str) -> None:
    """Until its record lapses the line still stands there; what is planned for it meanwhile is never more."""
    for trajectory in (*trajectories(pack), *tapers(pack)):
        for line in trajectory.lines:
            assert not any(c.up for c in line.ghosts), told(trajectory, line)
            stops = [c for c in line.changes if c.after == 0]
            assert len(stops) <= 1, told(trajectory, line)
            assert not stops or stops[0] is line.changes[-1], told(trajectory, line)


@pytest.mark.parametrize("pack", TAPERING)
def test_the_other_lines_wait_after_a_stop(pack: str) -> None:
    """A stop is a change like any other: the next unforced change of any line keeps the pack's distance from it."""
    for trajectory in tapers(pack):
        changes = trajectory.changes()
        for one, two in pairwise(changes):
            if one.after == 0 and not demanded(two):
                assert two.day - one.day >= 3, [told(trajectory, line) for line in trajectory.lines]
