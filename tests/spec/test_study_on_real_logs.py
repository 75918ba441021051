"""The study report on a public data set: a log that is no study must be described without inventing one."""

import os
from pathlib import Path

import pytest

from titration.service.study import Study, case_of, cases, open_study
from titration.study.case import Case
from titration.study.cohort import build_cohort, cohort_json
from titration.study.indices import Reason

DATA = Path(os.environ.get("TITRATION_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))
SHANGHAI = DATA / "shanghai-t2dm"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not SHANGHAI.is_dir(),
        reason="the public data sets are not here: set TITRATION_DATA to the folder that holds shanghai-t2dm",
    ),
]


@pytest.fixture(scope="module")
def group() -> list[Case]:
    study = open_study(SHANGHAI, protocol="lian-2022", pack="huc-msc-t2dm", baseline="first")
    return [case for case in cases(study) if isinstance(case, Case)]


def test_nobody_is_left_out_and_the_known_lows_are_all_there(group: list[Case]) -> None:
    assert len(group) == 65
    assert sum(episode.readings for case in group for episode in case.episodes) == 10
    told = cohort_json(build_cohort(group))
    assert told["low_episodes"] <= 10
    assert told["adverse_events"] == 0


def test_every_number_of_the_group_has_its_n(group: list[Case]) -> None:
    cohort = build_cohort(group)
    assert cohort.summaries
    for each in cohort.summaries:
        assert 1 <= each.summary.n <= 65
        assert each.change is None or each.change.n <= each.summary.n
    for own, insulin in cohort.success.values():
        assert own.met.of + own.unknown + own.not_counted == own.everybody == 65
        assert insulin.met.of <= insulin.everybody <= 65


def test_without_a_baseline_nothing_is_claimed() -> None:
    study: Study = open_study(SHANGHAI, protocol="huc-msc-2022", pack="none")
    case = case_of(study, study.ids[0])
    assert (case.stability, case.milestones) == (None, None)
    assert all(endpoints == {} for endpoints in case.endpoints.values())
    assert {verdict.why for verdict in case.verdicts.values()} == {Reason.NO_BASELINE}


def test_pumps_have_no_daily_dose(group: list[Case]) -> None:
    pumped = [case for case in group if case.course.pump_days]
    assert pumped
    for case in pumped:
        assert case.course.insulin(min(case.course.pump_days)) is Reason.PUMP
