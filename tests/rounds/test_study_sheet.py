"""The study behind the door: it says what the report says, and the ward's marks are those of the sheet."""

from pathlib import Path

import pytest

from titration.service.rounds.asked import NewStudyRow
from titration.service.rounds.demo import DEMO_MINUTE, PRESCRIBER
from titration.service.rounds.desk import Desk
from titration.service.rounds.told import Refused
from titration.service.rounds.told_study import StudySheet
from titration.service.study import case_of, open_study
from titration.study.case_safety import about_text

DAY = 1440
FOUNDING = "W01"


def study(desk: Desk, *, later: int = 0, patient: str = FOUNDING) -> StudySheet:
    return desk.study(patient, minute=DEMO_MINUTE + later * DAY)


@pytest.mark.parametrize("later", [-12, 0, 5, 40])
def test_the_sheet_is_the_case_of_the_report(desk: Desk, ledger_file: Path, later: int) -> None:
    # A report is on all of a day: the sheet of its last minute.
    sheet = desk.study(FOUNDING, minute=(DEMO_MINUTE // DAY + later) * DAY + DAY - 1)
    case = case_of(open_study(str(ledger_file), protocol="huc-msc-2022", pack=None, as_of=sheet.day), FOUNDING)
    assert {v.appointment for v in sheet.visits} == {*case.visits, *case.infusions}
    assert sheet.endpoints == case.endpoints
    assert sheet.insulin == tuple(case.insulin_by_day())
    assert sheet.points == case.points
    assert [(c.day, c.driver) for c in sheet.changes] == [(e.change.day, e.driver.value) for e in case.changes]
    alarms = [(a.flag, a.day, about_text(case, a, "en")) for a in case.alarms]
    assert [(a.flag, a.day, a.about[0]) for a in sheet.alarms] == alarms
    assert sheet.lows == case.episodes
    assert [v.met for v in sheet.verdicts] == [v.met if v.counted else None for v in case.verdicts.values()]


def test_the_ward_marks_who_is_in_the_study_and_what_is_due(desk: Desk) -> None:
    for later in (-18, -12, 0, 1, 6, 30):
        sheet = study(desk, later=later)
        ward = desk.ward(minute=DEMO_MINUTE + later * DAY)
        waiting = [v.appointment.name for v in sheet.visits if v.appointment.state.value in ("due", "late")]
        missed = {v.appointment.name for v in sheet.visits if v.appointment.state.value == "missed"}
        marks = {row.person.patient_id: row.study for row in ward.rows if row.study is not None}
        assert set(marks) == {FOUNDING}
        assert sorted(due.name for due in marks[FOUNDING].due) == sorted(waiting)
        assert set(marks[FOUNDING].missed) == missed


def test_a_visit_held_is_due_no_longer(desk: Desk) -> None:
    def due() -> list[str]:
        row = desk.ward(minute=DEMO_MINUTE).find(FOUNDING)
        assert row is not None
        assert row.study is not None
        return [each.name for each in row.study.due]

    assert due() == ["W0"]
    held = NewStudyRow(FOUNDING, "visits", (("visit", "W0"), ("date", "2026-03-23")))
    desk.record(PRESCRIBER, [held], minute=DEMO_MINUTE)
    assert due() == []


def test_amounts_of_a_drug_add_up_to_the_insulin_in_force(desk: Desk) -> None:
    sheet = study(desk)
    for day, units in sheet.insulin:
        amounts = [a for drug in sheet.drugs if drug.insulin for first, last, a in drug.spans if first <= day <= last]
        assert sum(amounts) == units


def test_nobody_else_is_in_it(desk: Desk) -> None:
    sheet = study(desk, patient="W05")
    assert not sheet.enrolled
    assert sheet.visits == sheet.verdicts == ()
    with pytest.raises(Refused, match="no such patient"):
        study(desk, patient="nobody")
