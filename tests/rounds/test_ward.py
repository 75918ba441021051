"""The ward list: who comes first and why, and that it says what the patient's own sheet says."""

from dataclasses import replace

import pytest

from titration.service.rounds.asked import NewDose, NewEvent, NewLab, NewPerson, NewReading
from titration.service.rounds.demo import DEMO_MINUTE as NOW
from titration.service.rounds.demo import NURSE
from titration.service.rounds.desk import Desk
from titration.service.rounds.told import Person, Urgency, WardRow

DAY = 1440


@pytest.fixture
def steady(desk: Desk) -> Desk:
    """A ward with one more patient, who needs nothing: on metformin, on target, weighed."""
    rows: list[NewReading | NewDose | NewEvent | NewLab] = [NewLab("X", NOW - 9 * DAY, "weight", 70_000)]
    rows += [NewLab("X", NOW - 9 * DAY, "egfr", 90_000), NewLab("X", NOW - 9 * DAY, "hba1c", 6_500)]
    for back in range(9):
        rows.append(NewReading("X", NOW - 30 - back * DAY, 60, "6.0", "mmol/L", "fasting"))
        for hours, timing in ((9, "post_breakfast"), (13, "post_lunch"), (19, "post_dinner")):
            rows.append(NewReading("X", NOW - DAY * back - 24 * 60 + (hours - 7) * 60, 80, "8.0", "mmol/L", timing))
        rows.append(NewDose("X", NOW - DAY * back - 23 * 60, "metformin", 500_000, "mg", "breakfast", "oral"))
    person = Person("X", bed="A99", age_years=60, diabetes_type="T2D")
    desk.record(NURSE, [NewPerson(person), *rows], minute=NOW)
    return desk


def row_of(desk: Desk, minute: int = NOW) -> WardRow:
    row = desk.ward(minute=minute).find("X")
    assert row is not None
    assert row == desk.patient("X", minute=minute).row
    return row


def test_a_patient_who_needs_nothing_is_last(steady: Desk) -> None:
    row = row_of(steady)
    assert (row.urgency, row.reasons) == (Urgency.STEADY, ("steady",))
    assert (row.fasting, row.fasting_before, row.post_meal, row.post_meal_before) == (60, 60, 80, 80)
    assert row.tablets == ("metformin",)
    assert (row.total_insulin, row.percent_of_baseline) == (None, None)
    assert [(mark.lowest, mark.highest, mark.fasting) for mark in row.strip[:-1]] == [(60, 80, 60)] * 6
    assert (row.strip[-1].lowest, row.strip[-1].highest) == (60, 60)


@pytest.mark.parametrize(
    ("value", "hours", "urgency", "reason"),
    [
        (0, 2, Urgency.EMERGENCY, "low_2"),
        (29, 23, Urgency.EMERGENCY, "low_2"),
        (29, 25, Urgency.LOW, "low_2"),
        (30, 2, Urgency.LOW, "low_1"),
        (38, 71, Urgency.LOW, "low_1"),
        (39, 2, Urgency.STEADY, "steady"),
        (38, 73, Urgency.STEADY, "steady"),
        (30_000, 2, Urgency.EMERGENCY, "high_meter"),
        (167, 23, Urgency.EMERGENCY, "very_high"),
        (166, 2, Urgency.STEADY, "steady"),
    ],
)
def test_readings_decide_the_place_at_their_published_edges(
    steady: Desk, value: int, hours: int, urgency: Urgency, reason: str
) -> None:
    written = {0: "LO", 30_000: "HI"}.get(value, f"{value / 10:.1f}")
    steady.record(NURSE, [NewReading("X", NOW - hours * 60, value, written, "mmol/L", "random")], minute=NOW)
    row = row_of(steady)
    if urgency is Urgency.EMERGENCY:
        assert (row.urgency, row.reasons[0]) == (urgency, reason)
    else:
        # The plan may ask for more than the reading alone does; never for less.
        assert row.urgency <= urgency
        assert reason in row.reasons or row.urgency < urgency


@pytest.mark.parametrize(("kind", "hours", "urgency"), [("hypo_severe", 2, 0), ("hypo_symptoms", 70, 2)])
def test_events_decide_the_place(steady: Desk, kind: str, hours: int, urgency: int) -> None:
    steady.record(NURSE, [NewEvent("X", NOW - hours * 60, kind)], minute=NOW)
    assert row_of(steady).urgency <= urgency
    assert {"low_severe", "symptoms"} & set(row_of(steady).reasons)


def test_a_fasting_value_is_missed_from_seven_on(steady: Desk) -> None:
    tomorrow = NOW + DAY
    assert "fasting_due" not in row_of(steady, tomorrow - 1).reasons
    assert "fasting_due" in row_of(steady, tomorrow).reasons
    assert "no_readings_today" not in row_of(steady, tomorrow).reasons
    assert "no_readings_today" in row_of(steady, tomorrow + 5 * 60).reasons
    assert row_of(steady, tomorrow).urgency is Urgency.MISSING


def test_in_the_morning_no_line_is_lost_and_no_dose_of_today_is_called_missed(desk: Desk) -> None:
    for row in desk.ward(minute=NOW).rows:
        evening = desk.patient(row.person.patient_id, minute=NOW - 8 * 60)
        morning = desk.patient(row.person.patient_id, minute=NOW)
        given = {(d.drug, d.slot, d.route) for d in morning.doses if d.minute > NOW - 26 * 60}
        assert given <= {p.line for p in morning.row.proposals}
        before = {p.line: p.before for p in evening.row.proposals}
        assert all(before.get(p.line, p.before) == p.before for p in morning.row.proposals)
        missed = {d.minute // DAY for d in morning.doses if d.amount == 0 and d.minute > NOW - 3 * DAY}
        told = any(e.kind == "missed_dose" and e.minute > NOW - 3 * DAY for e in morning.events)
        limits = {limit for line in morning.assessment.lines for limit in line.limits}
        assert "missed_dose" not in limits or missed or told


def test_the_ward_is_sorted_by_urgency_then_bed_and_is_the_same_again(desk: Desk) -> None:
    ward = desk.ward(minute=NOW)
    keys = [(row.urgency, row.person.bed, row.person.patient_id) for row in ward.rows]
    assert keys == sorted(keys)
    assert desk.ward(minute=NOW) == ward
    for row in ward.rows:
        assert desk.patient(row.person.patient_id, minute=NOW).row == row


def test_nothing_later_than_the_moment_is_seen(desk: Desk) -> None:
    earlier = NOW - 3 * DAY
    ward = desk.ward(minute=earlier)
    low = NewReading("W13", earlier + 60, 22, "2.2", "mmol/L", "random")
    desk.record(NURSE, [low], minute=NOW)
    assert replace(desk.ward(minute=earlier), head=ward.head) == ward
    assert desk.ward(minute=earlier + 60) != ward


def test_the_head_of_a_patient_moves_with_their_record_only(desk: Desk) -> None:
    one, other, whole = desk.head("W01"), desk.head("W02"), desk.head()
    desk.record(NURSE, [NewReading("W01", NOW, 62, "6.2", "mmol/L", "random")], minute=NOW)
    assert desk.head("W01") == desk.head() == whole + 1
    assert (desk.head("W02"), desk.head("W01") > one) == (other, True)
