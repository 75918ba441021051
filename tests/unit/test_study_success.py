"""Definitions of success: met, not met, not to be said, and who is in the denominator."""

from fractions import Fraction

import pytest

from tests.unit.test_study_doses import GLARGINE, GLIMEPIRIDE, METFORMIN, START, course_of, daily
from titration.study.doses import DoseCourse
from titration.study.indices import Reason
from titration.study.measures import UNITS, Found
from titration.study.protocol_schema import SuccessTable
from titration.study.statistics import Proportion
from titration.study.success import Verdict, judge, tally

DAY = START + 42


def table(**conditions: object) -> SuccessTable:
    return SuccessTable.model_validate({"id": "x", "visit": "W4", "source": "s", **conditions})


def course(after: int, *, tablets: int = 500) -> DoseCourse:
    """20 units at the baseline, ``after`` from day 20 on, beside metformin at first 500 mg."""
    doses = [*daily(GLARGINE, {range(20): 20}), *daily(METFORMIN, {range(20): 500, range(20, 60): tablets})]
    return course_of([*doses, *daily(GLARGINE, {range(20, 60): after})] if after else doses)


def verdict(
    made: SuccessTable, given: DoseCourse, hba1c: str | Reason = "6.8", *, baseline: int | None = START
) -> Verdict:
    found: dict[str, Found | Reason] = dict.fromkeys(UNITS, Reason.NO_VALUE)
    found["hba1c"] = hba1c if isinstance(hba1c, Reason) else Found(Fraction(hba1c), DAY, "lab")
    return judge(made, given, found, baseline=baseline, visit_day=DAY)


@pytest.mark.parametrize(
    ("after", "at_least", "more_than"), [(11, False, False), (10, True, False), (9, True, True), (0, True, True)]
)
def test_half_and_more_than_half_are_two_definitions(after: int, at_least: bool, more_than: bool) -> None:  # noqa: FBT001 - a table
    assert verdict(table(insulin_down_at_least="50"), course(after)).met is at_least
    assert verdict(table(insulin_down_more_than="50"), course(after)).met is more_than


def test_every_condition_must_hold() -> None:
    zang = table(insulin_down_at_least="50", hba1c_below="7.0")
    assert verdict(zang, course(8), "6.9").met is True
    assert verdict(zang, course(8), "7.0").met is False
    assert verdict(zang, course(15), "6.9").met is False


def test_unknown_is_neither_met_nor_missed_unless_another_condition_fails() -> None:
    zang = table(insulin_down_at_least="50", hba1c_below="7.0")
    open_ = verdict(zang, course(8), Reason.NO_VALUE)
    assert (open_.met, open_.counted, open_.why) == (None, True, Reason.NO_VALUE)
    assert verdict(zang, course(15), Reason.NO_VALUE).met is False


def test_those_without_insulin_are_outside_an_insulin_denominator() -> None:
    tablets_only = course_of(daily(METFORMIN, {range(60): 500}))
    among = verdict(table(insulin_down_at_least="50", among="insulin"), tablets_only)
    assert (among.met, among.counted, among.why) == (None, False, Reason.NOT_ON_INSULIN)
    everybody = verdict(table(insulin_stopped=True), tablets_only)
    assert (everybody.met, everybody.counted) == (False, True), "nobody stops what they never took"
    assert verdict(table(insulin_stopped=True), course(0)).met is True


def test_a_tablet_must_still_be_lower_at_the_visit() -> None:
    lower = table(tablets_reduced=True)
    assert verdict(lower, course(10)).met is False
    assert verdict(lower, course(10, tablets=250)).met is True
    stopped = course_of([*daily(METFORMIN, {range(60): 500}), *daily(GLIMEPIRIDE, {range(20): 2})])
    assert verdict(lower, stopped).met is True
    back = course_of([*daily(METFORMIN, {range(20): 500, range(20, 30): 250, range(30, 60): 500})])
    assert verdict(lower, back).met is False


def test_remission_needs_a_record_and_not_only_silence() -> None:
    remission = table(hba1c_below="6.5", off_all_drugs_days=30)
    assert verdict(remission, course(10), "6.0").met is False
    ended = course_of(daily(GLARGINE, {range(5): 20}))
    said = verdict(remission, ended, "6.0")
    assert (said.met, said.why) == (None, Reason.NO_RECORD)


def test_without_a_baseline_nobody_is_counted() -> None:
    said = verdict(table(insulin_down_at_least="50"), course(8), baseline=None)
    assert (said.met, said.counted, said.why) == (None, False, Reason.NO_BASELINE)


def test_a_tally_keeps_the_unknown_out_of_the_share() -> None:
    verdicts = [
        Verdict(met=True, counted=True), Verdict(met=False, counted=True), Verdict(None, counted=True, why=Reason.NO_VALUE),
        Verdict(None, counted=False, why=Reason.NOT_ON_INSULIN),
    ]  # fmt: skip
    found = tally(verdicts)
    assert found.met == Proportion(1, 2)
    assert (found.unknown, found.not_counted, found.everybody) == (1, 1, 4)
    assert found.reasons == {"no_value": 1, "not_on_insulin": 1}
