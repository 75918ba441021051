"""The dose course: what is in force, runs of the record, changes, milestones; and how changes stand to plans."""

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from titration.clinical import PlanKind, Route, Slot
from titration.formulary import shipped
from titration.log.builder import LogBuilder
from titration.log.model import Log
from titration.study.attribution import Driver, Told, explained, unfollowed
from titration.study.doses import DoseCourse, LineKey, dose_course, milestones, unstable_changes
from titration.study.indices import Reason

START = 20_000
GLARGINE = LineKey("insulin-glargine", Slot.BEDTIME, Route.SC)
ASPART = LineKey("insulin-aspart", Slot.LUNCH, Route.SC)
METFORMIN = LineKey("metformin", Slot.BREAKFAST, Route.ORAL)
GLIMEPIRIDE = LineKey("glimepiride", Slot.BREAKFAST, Route.ORAL)

Given = tuple[int, LineKey, int]


def log_of(doses: Iterable[Given], *, start: int = START) -> Log:
    builder = LogBuilder()
    file, patient = builder.file("made-up"), builder.patient("P")
    for day, line, amount in doses:
        insulin = line.drug.startswith("insulin")
        builder.dose(
            patient=patient,
            minute=(start + day) * 1440 + 480 + 60 * int(line.slot),
            drug=builder.drug(line.drug, insulin=insulin, unit="units" if insulin else "mg"),
            amount=amount * 1000,
            slot=line.slot,
            route=line.route,
            file=file,
        )
    return builder.build().logs[0]


def course_of(doses: Iterable[Given], *, start: int = START) -> DoseCourse:
    return dose_course(log_of(doses, start=start), shipped(), patient=0)


def daily(line: LineKey, amounts: dict[range, int]) -> list[Given]:
    return [(day, line, amount) for days, amount in amounts.items() for day in days]


def test_daily_insulin_is_the_sum_of_what_is_in_force() -> None:
    course = course_of(
        [*daily(GLARGINE, {range(5): 20}), *daily(ASPART, {range(5): 6}), *daily(METFORMIN, {range(5): 500})]
    )
    assert course.insulin(START + 2) == 26
    assert course.tablets(START + 2) == {"metformin": 500}
    assert course.insulin(START + 5) is Reason.NO_RECORD
    assert course.insulin(START - 1) is Reason.NO_RECORD


def test_a_written_0_and_a_day_without_a_record_keep_the_dose() -> None:
    doses = [(0, GLARGINE, 20), (1, GLARGINE, 0), (4, GLARGINE, 20), *daily(METFORMIN, {range(5): 500})]
    course = course_of(doses)
    assert [course.insulin(START + day) for day in range(5)] == [20] * 5
    assert course.changes == ()


def test_a_line_that_others_outlive_has_ended_on_the_day_after() -> None:
    course = course_of([*daily(GLARGINE, {range(5): 20}), *daily(METFORMIN, {range(12): 500})])
    assert course.insulin(START + 4) == 20
    assert course.insulin(START + 5) == 0
    assert [(c.day - START, c.line, c.before, c.after) for c in course.changes] == [(5, GLARGINE, 20_000, 0)]


def test_a_line_missing_on_the_last_two_days_has_not_ended_yet() -> None:
    course = course_of([*daily(GLARGINE, {range(5): 20}), *daily(METFORMIN, {range(7): 500})])
    assert course.insulin(START + 6) == 20
    assert course.changes == ()


def test_between_two_stays_nothing_is_known() -> None:
    doses = [*daily(GLARGINE, {range(5): 20, range(60, 65): 10}), *daily(METFORMIN, {range(60, 65): 500})]
    course = course_of(doses)
    assert course.insulin(START + 30) is Reason.NO_RECORD
    assert course.changes == (), "what changed between the stays, and when, no record says"


def test_a_pump_and_an_unknown_insulin_have_no_daily_dose() -> None:
    pump = replace(GLARGINE, drug="insulin-aspart", route=Route.CSII_BOLUS)
    course = course_of([*daily(METFORMIN, {range(3): 500}), (1, pump, 4)])
    assert course.insulin(START) == 0
    assert course.insulin(START + 1) is Reason.PUMP
    strange = LineKey("insulin of the moon", Slot.BEDTIME, Route.SC)
    log = log_of([(0, strange, 10)])
    assert dose_course(log, shipped(), patient=0, insulin_names=["insulin of the moon"]).insulin(START) is (
        Reason.UNKNOWN_INSULIN
    )


def test_a_weekly_insulin_counts_by_its_share_of_a_day() -> None:
    weekly = next(p for p in shipped().products.values() if p.interval_days == 7 and p.kind.value == "basal")
    line = LineKey(weekly.id, Slot.BREAKFAST, Route.SC)
    course = course_of([(0, line, 70), (7, line, 70), (14, line, 70)])
    assert [course.insulin(START + day) for day in (0, 3, 10, 20)] == [10, 10, 10, 10]


def test_milestones_are_first_days_and_say_whether_they_lasted() -> None:
    doses = [
        *daily(GLARGINE, {range(10): 20, range(10, 20): 10, range(20, 30): 14}),
        *daily(METFORMIN, {range(40): 500}),
        *daily(GLIMEPIRIDE, {range(12): 2, range(12, 15): 1}),
    ]
    course = course_of(doses)
    found = milestones(course, START, START + 39)
    assert (found.half, found.half_kept) == (START + 10, False)
    assert found.withdrawal == START + 30
    assert (found.first_tablet, found.first_tablet_drug) == (START + 15, "glimepiride")
    assert found.first_tablet_lower == START + 12
    early = milestones(course, START, START + 9)
    assert (early.half, early.withdrawal, early.first_tablet) == (None, None, None)


def test_someone_never_on_insulin_withdraws_none() -> None:
    found = milestones(course_of(daily(METFORMIN, {range(10): 500})), START, START + 9)
    assert (found.half, found.withdrawal) == (None, None)


def test_unstable_medication_is_named_with_its_day() -> None:
    course = course_of(daily(GLARGINE, {range(20): 20, range(20, 60): 22}))
    assert [c.day - START for c in unstable_changes(course, START + 1, START + 55)] == [20]
    assert unstable_changes(course, START + 21, START + 55) == ()


def told(
    day: int, after: int, kind: PlanKind = PlanKind.ADJUST_DOWN, before: int = 20
) -> dict[tuple[int, LineKey], Told]:
    return {(START + day, GLARGINE): Told(START + day, GLARGINE, kind, before * 1000, after * 1000, "basal.taper", ())}


@pytest.mark.parametrize(
    ("plan", "driver"),
    [
        (told(9, 16), Driver.RULE),
        (told(9, 18), Driver.RULE_MODIFIED),
        (told(9, 0, PlanKind.STOP), Driver.RULE_MODIFIED),
        (told(9, 22, PlanKind.ADJUST_UP), Driver.AGAINST),
        (told(9, 20, PlanKind.HOLD), Driver.CLINICIAN),
        (told(8, 16), Driver.CLINICIAN),
        ({}, Driver.CLINICIAN),
    ],
)
def test_a_change_is_held_against_the_plan_of_the_evening_before(
    plan: dict[tuple[int, LineKey], Told], driver: Driver
) -> None:
    course = course_of(daily(GLARGINE, {range(10): 20, range(10, 15): 16}))
    (found,) = explained(course, plan, range(START, START + 20))
    assert found.driver is driver


def test_a_plan_not_followed_is_listed_once_with_its_days() -> None:
    course = course_of(daily(GLARGINE, {range(15): 20}))
    plans = told(8, 16) | told(9, 16) | told(10, 16) | told(12, 16) | told(14, 16)
    found = unfollowed(course, plans, range(START, START + 20))
    assert [(u.first - START, u.last - START) for u in found] == [(8, 10), (12, 12)]
    assert unfollowed(course, told(14, 16), range(START, START + 20)) == (), "the last plan has no next day"


AMOUNTS = st.lists(st.integers(0, 40), min_size=1, max_size=40)


@given(st.integers(-9_000, 9_000), AMOUNTS, AMOUNTS)
def test_moving_every_date_moves_the_course_and_nothing_else(
    shift: int, insulin: list[int], tablets: list[int]
) -> None:
    doses = [(day, GLARGINE, amount) for day, amount in enumerate(insulin) if amount % 7]
    doses += [(day, METFORMIN, amount) for day, amount in enumerate(tablets)]

    def told_of(start: int) -> tuple[object, ...]:
        course = course_of(doses, start=start)
        days = range(len(insulin) + 5)
        found = milestones(course, start, start + 45)
        moved = [
            None if d is None else d - start
            for d in (found.half, found.withdrawal, found.first_tablet, found.first_tablet_lower)
        ]
        changes = [(c.day - start, c.line, c.before, c.after) for c in course.changes]
        return [course.insulin(start + day) for day in days], changes, moved, found.half_kept

    assert told_of(START + shift) == told_of(START)


@given(AMOUNTS)
def test_changes_add_up_to_the_course(amounts: list[int]) -> None:
    """Walking the changes from the first dose gives the dose of every day of a record without gaps."""
    course = course_of(
        [*((day, GLARGINE, a) for day, a in enumerate(amounts) if a), *daily(METFORMIN, {range(len(amounts)): 1})]
    )
    held = course.dose(GLARGINE, START)
    by_day = {c.day: c for c in course.changes if c.line == GLARGINE}
    for day in range(START + 1, START + len(amounts)):
        if day in by_day:
            assert by_day[day].before == held
            held = by_day[day].after
        assert course.dose(GLARGINE, day) == held
        assert course.insulin(day) == Fraction(held, 1000)
