"""Closed loops come to rest: plans given every day, over readings that do not respond, end and do not swing."""

import functools
from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.laws.plans import PACKS, engine
from tests.laws.trajectories import Change, Course, Trajectory, run, stories
from tests.laws.wards import REGIMENS
from titration.packs.model import Tier
from titration.units import UnitSystem

DAYS = 40
LONG = 110
FORTNIGHT = 14
FORTNIGHT_FLOOR_PERCENT, LAST_DOSE_UNITS = 50, 10_000
LOW, FASTING_HIGH, POST_HIGH = 39, 70, 100


@functools.cache
def trajectories(pack: str) -> tuple[Trajectory, ...]:
    """Levels below, at and above target, taper on and off, some with a low on the tenth day."""
    chosen = stories((36, 42, 50, 62, 100), with_lows=(62, 90))
    return tuple(run(engine(pack, UnitSystem.MMOL), chosen, DAYS))


@functools.cache
def tapers(pack: str) -> tuple[Trajectory, ...]:
    """Every regimen at target with taper on, for as long as it takes."""
    return tuple(run(engine(pack, UnitSystem.MMOL), stories((62,), tapers=(True,)), LONG))


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
    assert {(Tier.SAFETY, False), (Tier.REDUCE, False), (Tier.TAPER, False), (Tier.RAISE, True)} <= seen
    assert {t.story.regimen for t in trajectories(pack) if t.changes()} == set(range(len(REGIMENS)))


@pytest.mark.parametrize("pack", PACKS)
def test_tapers_end(pack: str) -> None:
    late = [told(t, line) for t in tapers(pack) for line in t.lines if any(c.day > LONG - 20 for c in line.changes)]
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


@pytest.mark.parametrize("pack", PACKS)
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


@pytest.mark.parametrize("pack", PACKS)
def test_a_stopped_line_does_not_come_back(pack: str) -> None:
    """Until its record lapses the line still stands there; what is planned for it meanwhile is never more."""
    for trajectory in (*trajectories(pack), *tapers(pack)):
        for line in trajectory.lines:
            assert not any(c.up for c in line.ghosts), told(trajectory, line)
            stops = [c for c in line.changes if c.after == 0]
            assert len(stops) <= 1, told(trajectory, line)
            assert not stops or stops[0] is line.changes[-1], told(trajectory, line)


@pytest.mark.parametrize("pack", PACKS)
def test_the_other_lines_wait_after_a_stop(pack: str) -> None:
    """A stop is a change like any other: the next unforced change of any line keeps the pack's distance from it."""
    for trajectory in tapers(pack):
        changes = trajectory.changes()
        for one, two in pairwise(changes):
            if one.after == 0 and not demanded(two):
                assert two.day - one.day >= 3, [told(trajectory, line) for line in trajectory.lines]
