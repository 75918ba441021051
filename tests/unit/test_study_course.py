"""The made-up course, end to end: what the report must show, what the comparators show, and the commands that print it."""

import csv
import json
import re
import shutil
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path

import pytest

from tests.unit.command import CHINESE, refused, run
from titration.service.study import Study, case_of, cases, open_study
from titration.study.attribution import Driver
from titration.study.case import Case
from titration.study.case_safety import lows_after_increase
from titration.study.cohort import build_cohort
from titration.study.indices import Reason
from titration.study.measures import Found
from titration.study.safety import Flag
from titration.study.schedule import VisitState


@pytest.fixture(scope="module")
def study(made_course: Path) -> Study:
    return open_study(made_course, protocol="huc-msc-2022", pack=None)


@pytest.fixture(scope="module")
def treated(study: Study) -> Case:
    return case_of(study, "H01")


def value(case: Case, visit: str, endpoint: str) -> Fraction:
    found = case.endpoints[visit][endpoint]
    assert isinstance(found, Found), found
    return found.value


def edited(folder: Path, target: Path, table: str, change: object) -> Path:
    """A copy of the course with the rows of one table put through ``change`` (a function of a row, None drops it)."""
    shutil.copytree(folder, target)
    path = target / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert callable(change)
    kept = [row for row in (change(dict(zip(header, row, strict=True))) for row in rows) if row is not None]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *(list(row.values()) for row in kept)])
    return target


def test_the_same_seed_writes_the_same_course(made_course: Path, tmp_path: Path) -> None:
    import subprocess
    import sys

    from tests.unit.conftest import COURSE_SCRIPT

    subprocess.run([sys.executable, COURSE_SCRIPT, tmp_path / "again"], check=True, capture_output=True)
    for path in made_course.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_medication_was_stable_for_eight_weeks(treated: Case) -> None:
    assert treated.stability is not None
    assert (treated.stability.stable, treated.stability.last - treated.stability.first + 1) == (True, 56)


def test_insulin_is_more_than_halved_by_week_4_and_a_tablet_stopped(treated: Case) -> None:
    assert value(treated, "B", "insulin_percent") == 100
    assert value(treated, "W4", "insulin_percent") < 50
    assert treated.verdicts["case-insulin"].met is True
    assert treated.verdicts["case-tablets"].met is True
    assert treated.milestones is not None
    assert treated.milestones.half_kept
    assert treated.milestones.first_tablet_drug == "glimepiride"


def test_no_low_is_the_tapers_doing(treated: Case) -> None:
    assert treated.episodes == ()
    assert lows_after_increase(treated) == 0


def test_every_step_is_explained_by_a_rule(treated: Case) -> None:
    assert treated.changes
    assert {each.driver for each in treated.changes} == {Driver.RULE}
    assert all(each.told is not None and each.told.rule for each in treated.changes)
    assert treated.unfollowed == ()


def test_the_same_patient_without_the_effect_never_halves(study: Study) -> None:
    """Titration is not efficacy: the rules alone, followed as faithfully, take this patient's insulin up."""
    none = case_of(study, "H01-none")
    assert none.milestones is not None
    assert none.milestones.half is None
    assert value(none, "W4", "insulin_percent") > 100
    assert {each.driver for each in none.changes} == {Driver.RULE}


def test_with_the_effect_and_the_doses_left_alone_glucose_falls_low(study: Study) -> None:
    """The taper is a safety function: nobody tapering, the same patient has many lows, and every plan stands unfollowed."""
    fixed = case_of(study, "H01-fixed")
    assert fixed.changes == ()
    assert len(fixed.episodes) > 20
    assert fixed.unfollowed


def test_an_islet_index_rises_without_any_effect(study: Study) -> None:
    """HOMA divides by glucose less 3.5: titration alone lifts it. The report says so beside the number."""
    none = case_of(study, "H01-none")
    rises = [value(none, visit, "homa_islet_cp") / value(none, "B", "homa_islet_cp") for visit in ("W0", "W4", "W12")]
    assert max(rises) > Fraction("1.2")


def test_insulin_based_indices_are_refused_on_insulin(treated: Case) -> None:
    assert treated.endpoints["B"]["homa_beta"] is Reason.EXOGENOUS_INSULIN
    assert treated.endpoints["W1"]["hba1c"] is Reason.NO_VALUE
    assert treated.endpoints["W1"]["homa_islet_cp"] is Reason.NO_C_PEPTIDE


def test_visits_are_done_one_of_them_on_another_day(treated: Case) -> None:
    assert {visit.state for visit in (*treated.visits, *treated.infusions)} == {VisitState.DONE}
    moved = next(visit for visit in treated.visits if visit.name == "W2")
    assert moved.window is not None
    assert moved.held == moved.appointed == moved.window.target + 1
    assert [alarm.flag for alarm in treated.alarms] == [Flag.FEVER]


def test_on_an_earlier_day_the_report_knows_no_later_one(made_course: Path) -> None:
    day = 20_538
    early = case_of(open_study(made_course, protocol="huc-msc-2022", pack=None, as_of=day), "H01")
    states = {visit.name: visit.state for visit in early.visits}
    assert states["W0"] is VisitState.DONE
    assert states["W4"] is VisitState.NOT_YET
    assert early.endpoints["W4"]["fbg"] is Reason.NOT_YET
    assert early.verdicts["case-insulin"].why is Reason.NOT_YET
    assert max(each.change.day for each in early.changes) <= day


def test_a_clinicians_own_dose_is_told_apart(made_course: Path, tmp_path: Path, treated: Case) -> None:
    first = next(
        e for e in treated.changes if e.change.line.drug == "insulin-glargine" and e.change.after < e.change.before
    )
    day = first.change.day

    def other(row: dict[str, str]) -> dict[str, str]:
        minute = row["time"]
        mine = row["patient_id"] == "H01" and row["drug"] == "insulin glargine"
        if mine and minute[:10] == _date(day):
            row["amount"] = str(int(row["amount"]) - 1)
        return row

    folder = edited(made_course, tmp_path / "own", "doses", other)
    found = case_of(open_study(folder, protocol="huc-msc-2022", pack=None), "H01")
    drivers = {each.change.day: each.driver for each in found.changes if each.change.line == first.change.line}
    assert drivers[day] is Driver.RULE_MODIFIED
    assert drivers[day + 1] is Driver.CLINICIAN, "back up by one unit: no plan asked for it"


def _date(day: int) -> str:
    from datetime import date, timedelta

    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def test_a_change_in_screening_is_named_with_its_day(
    made_course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def more(row: dict[str, str]) -> dict[str, str]:
        if row["patient_id"] == "H01" and row["drug"] == "metformin" and row["time"] < "2026-02-01":
            row["amount"] = "850"
        return row

    folder = edited(made_course, tmp_path / "unstable", "doses", more)
    code, out, _ = run(capsys, "study", "report", folder, "--patient", "H01")
    assert code == 0
    assert "!! NOT stable: 2 changes between 2026-01-05 and 2026-03-01." in out
    assert "2026-02-01  metformin, breakfast  850 to 500 mg" in out


def test_what_the_log_does_not_record_the_protocol_tells_the_rules(made_course: Path, tmp_path: Path) -> None:
    folder = edited(
        made_course,
        tmp_path / "silent",
        "events",
        lambda row: row if row["kind"] in ("baseline", "hypo_symptoms") else None,
    )
    found = case_of(open_study(folder, protocol="huc-msc-2022", pack=None), "H01")
    assert not found.phases_recorded
    assert {each.driver for each in found.changes} == {Driver.RULE}, "taper mode came from the protocol"


def test_a_serious_event_comes_first_and_sets_the_exit_code(
    made_course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def grave(row: dict[str, str]) -> dict[str, str]:
        return {**row, "serious": "yes", "grade": "x"} if row["patient_id"] == "H01" else row

    folder = edited(made_course, tmp_path / "grave", "adverse_events", grave)
    for command in (("schedule",), ("report",)):
        code, out, err = run(capsys, "study", *command, folder, "--patient", "H01")
        assert code == 1
        assert "!! " in out
        assert "SERIOUS adverse event: fever" in out
        assert "adverse_events.csv row 2: flagged: unknown_word: 'grade x'" in err


def test_rows_that_fit_nothing_are_named(made_course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def slip(row: dict[str, str]) -> dict[str, str]:
        if row["patient_id"] == "H01" and row["visit"] == "W4":
            row["visit"] = "W44"
        elif row["patient_id"] == "H01-none":
            row["patient_id"] = "H1-none"
        return row

    folder = edited(made_course, tmp_path / "slips", "visits", slip)
    code, out, err = run(capsys, "study", "report", folder, "--patient", "H01")
    assert code == 1
    assert "visit the protocol does not have: not counted  W44" in " ".join(out.split("\n")).replace("   ", "  ")
    found = case_of(open_study(folder, protocol="huc-msc-2022", pack="none"), "H01")
    assert next(v for v in found.visits if v.name == "W4").state is VisitState.MISSED
    assert "patient H1-none of the study tables is not in the log" in err


def test_who_is_due(made_course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "study", "schedule", made_course, "--cohort", "--as-of", "2026-04-13")
    assert code == 0
    assert out.count("W4") == 0, "held that very day"
    code, out, _ = run(
        capsys, "study", "schedule", made_course, "--cohort", "H01", "--as-of", "2026-04-12", "--lang", "zh"
    )
    assert code == 0
    assert "W4" in out
    assert "窗口期内" in out
    code, out, _ = run(capsys, "study", "schedule", made_course, "--patient", "H01", "--as-of", "2026-04-12", "--json")
    (told,) = json.loads(out)
    w4 = next(visit for visit in told["visits"] if visit["name"] == "W4")
    assert (w4["state"], w4["target"], w4["held"]) == ("in_window", "2026-04-13", None)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_case_report_in_both_languages(
    made_course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    page, out_dir = tmp_path / "h01.html", tmp_path / "out"
    code, out, err = run(
        capsys, "study", "report", made_course, "--patient", "H01", "--beside", "H01-none",
        "--lang", language, "--html", page, "--out", out_dir,
    )  # fmt: skip
    assert code == 0, err
    assert max(_cells(line) for line in out.splitlines()) <= 100
    html = page.read_text(encoding="utf-8")
    for rule in ("basal.taper", "secretagogue.taper"):
        assert rule in out
        assert rule in html
    assert bool(CHINESE.search(out)) == (language == "zh")
    assert ("MADE UP" if language == "en" else "虚构数据") in html
    assert "<script" not in html
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "")
    assert {path.name for path in out_dir.iterdir()} == {"report.json", "course.svg", "glycaemia.svg", "islets.svg"}
    for path in out_dir.glob("*.svg"):
        assert ET.fromstring(path.read_text(encoding="utf-8")).tag.endswith("svg")


def _cells(text: str) -> int:
    from titration.study.text import cells

    return cells(text)


def test_the_json_gives_values_units_and_reasons(made_course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "study", "report", made_course, "--patient", "H01", "--json")
    told = json.loads(out)
    w4 = next(visit for visit in told["visits"] if visit["name"] == "W4")["endpoints"]
    assert w4["homa_beta"] == {"value": None, "reason": "exogenous_insulin"}
    peptide = w4["c_peptide"]
    assert Fraction(peptide["pmol/L"]) == Fraction(peptide["value"]) * 1000
    assert float(peptide["ng/mL"]) == pytest.approx(float(peptide["pmol/L"]) / 331, abs=6e-4)
    assert told["milestones"]["insulin_half"]["day"] <= 42
    assert told["protocol"]["assumptions"]


def test_a_group_has_its_denominators(study: Study) -> None:
    found = [case for case in cases(study) if isinstance(case, Case)]
    cohort = build_cohort(found)
    assert (len(cohort.cases), cohort.infusions) == (3, 9)
    assert (cohort.half.n, cohort.half.of) == (1, 3)
    hba1c = next(s for s in cohort.summaries if (s.endpoint, s.visit) == ("hba1c", "W12"))
    assert hba1c.summary.n == 3
    assert hba1c.change is not None
    assert hba1c.change.n == 3
    own, insulin = cohort.success["case-insulin"]
    assert (own.met.n, own.met.of, own.everybody, insulin.met.of) == (1, 3, 3, 3)


def test_the_cohort_report(made_course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "all.html"
    code, out, err = run(
        capsys, "study", "report", made_course, "--cohort", "H0?", "--against", "*-none", "--html", page
    )
    assert code == 0, err
    assert "1/1 (100.0 %)" in out
    assert "0/1 (0.0 %)" in out
    assert "1/3 (33.3 %)" in out, "one fever, three infusions"
    assert "one patient only" in out
    doses = out[out.index("daily insulin") : out.index("insulin, of baseline")]
    assert not re.search(r"\.\d*0\b", doses), "no trailing zero behind a dose"
    assert page.is_file()


def test_requests_that_cannot_be_met_are_refused(made_course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean H01" in refused(capsys, "study", "report", made_course, "--patient", "H1")
    assert "no patient of the log is called 'X*'" in refused(capsys, "study", "report", made_course, "--cohort", "X*")
    assert "--beside goes with --patient" in refused(
        capsys, "study", "report", made_course, "--cohort", "--beside", "H01"
    )
    assert "--baseline 'soon' is not a date" in refused(
        capsys, "study", "report", made_course, "--patient", "H01", "--baseline", "soon"
    )
