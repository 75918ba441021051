from dataclasses import replace

import pytest

from titration.service.rounds.asked import Correction, New, NewDose, NewEvent, NewNote, NewPerson, NewReading
from titration.service.rounds.demo import DEMO_MINUTE as NOW
from titration.service.rounds.demo import NURSE, PRESCRIBER, VIEWER
from titration.service.rounds.desk import Desk
from titration.service.rounds.signing import key_of
from titration.service.rounds.told import Action, Choice, PatientSheet, Reason, Refused, Stage


def accepted(sheet: PatientSheet) -> list[Choice]:
    return [
        Choice(key_of(line), Action.ACCEPT, None if line.before is None else line.after)
        for line in sheet.assessment.lines
    ]


def fasting(patient: str, value: int, minute: int = NOW) -> NewReading:
    return NewReading(patient, minute, value, f"{value / 10:.1f}", "mmol/L", "fasting")


def test_every_patient_of_the_ward_can_be_signed_and_read_back(desk: Desk) -> None:
    for row in desk.ward(minute=NOW).rows:
        sheet = desk.patient(row.person.patient_id, minute=NOW)
        assert sheet.row == row
        receipt = desk.sign(PRESCRIBER, sheet, accepted(sheet), minute=NOW + 2)
        past = desk.recorded_plan(receipt.seqs[1])
        assert past.assessment == sheet.assessment
        assert [signed.seq for signed in past.signed] == [receipt.seqs[1]]
    assert {row.stage for row in desk.ward(minute=NOW + 3).rows} == {Stage.SIGNED}
    assert desk.verify() == (desk.head(), None)


def test_a_plan_is_not_signed_over_a_later_entry(desk: Desk) -> None:
    sheet = desk.patient("W12", minute=NOW)
    desk.record(NURSE, [fasting("W12", 62)], minute=NOW)
    head = desk.head()
    with pytest.raises(Refused) as refused:
        desk.sign(PRESCRIBER, sheet, accepted(sheet), minute=NOW + 1)
    assert refused.value.code == "stale"
    assert desk.head() == head


def test_another_patients_entry_does_not_make_a_plan_stale(desk: Desk) -> None:
    sheet = desk.patient("W12", minute=NOW)
    desk.record(NURSE, [fasting("W02", 62)], minute=NOW)
    desk.sign(PRESCRIBER, sheet, accepted(sheet), minute=NOW + 1)


@pytest.mark.parametrize("user", [NURSE, VIEWER])
def test_only_a_prescriber_signs(desk: Desk, user: object) -> None:
    sheet = desk.patient("W12", minute=NOW)
    with pytest.raises(Refused) as refused:
        desk.sign(user, sheet, accepted(sheet), minute=NOW + 1)
    assert refused.value.code == "role"


def test_a_dose_beyond_the_guard_is_confirmed_by_name(desk: Desk) -> None:
    sheet = desk.patient("W12", minute=NOW)
    line = sheet.assessment.lines[0]
    assert line.before == 14_000
    beyond = desk.beyond(sheet, key_of(line), 28_000)
    assert "step_cap" in beyond
    choice = Choice(key_of(line), Action.MODIFY, 28_000, Reason.FASTER)
    others = accepted(sheet)[1:]
    with pytest.raises(Refused) as refused:
        desk.sign(PRESCRIBER, sheet, [choice, *others], minute=NOW + 1)
    assert refused.value.code == "invalid"
    receipt = desk.sign(PRESCRIBER, sheet, [replace(choice, beyond=beyond), *others], minute=NOW + 1)
    assert len(receipt.seqs) == 3
    (order,) = [o for o in desk.patient("W12", minute=NOW + 2).orders if o.line == key_of(line)]
    assert (order.dose, order.unit) == (28_000, "units")


def test_a_signed_round_is_stale_after_a_correction_and_not_after_the_next_reading(desk: Desk) -> None:
    sheet = desk.patient("W12", minute=NOW)
    desk.sign(PRESCRIBER, sheet, accepted(sheet), minute=NOW + 1)
    desk.record(NURSE, [replace(fasting("W12", 101, NOW + 120), timing="post_breakfast")], minute=NOW + 120)
    assert desk.patient("W12", minute=NOW + 121).row.stage is Stage.SIGNED
    last = sheet.readings[-1]
    desk.record(NURSE, [Correction(last.seq, "another patient's meter")], minute=NOW + 122)
    assert desk.patient("W12", minute=NOW + 123).row.stage is Stage.STALE
    assert last.seq not in [r.seq for r in desk.patient("W12", minute=NOW + 123).readings]


def test_a_signed_round_stays_signed_in_another_bed_and_is_stale_at_another_age(desk: Desk) -> None:
    sheet = desk.patient("W12", minute=NOW)
    desk.sign(PRESCRIBER, sheet, accepted(sheet), minute=NOW + 1)
    desk.record(NURSE, [NewPerson(replace(sheet.person, bed="B11"))], minute=NOW + 2)
    assert desk.patient("W12", minute=NOW + 3).row.stage is Stage.SIGNED
    desk.record(NURSE, [NewPerson(replace(sheet.person, age_years=17))], minute=NOW + 4)
    assert desk.patient("W12", minute=NOW + 5).row.stage is Stage.STALE


@pytest.mark.parametrize(
    ("asked", "stage"),
    [
        (NewReading("W12", NOW + 90, 39, "3.9", "mmol/L", "random"), Stage.SIGNED),
        (NewReading("W12", NOW + 90, 38, "3.8", "mmol/L", "random"), Stage.STALE),
        (NewReading("W12", NOW - 90, 61, "6.1", "mmol/L", "random"), Stage.STALE),
        (NewEvent("W12", NOW + 90, "hypo_symptoms"), Stage.STALE),
        (NewEvent("W12", NOW + 90, "exercise"), Stage.SIGNED),
        (NewDose("W12", NOW + 90, "metformin", 1_000_000, "mg", "breakfast", "oral"), Stage.SIGNED),
        (NewDose("W12", NOW - 90, "metformin", 1_000_000, "mg", "breakfast", "oral"), Stage.STALE),
        (NewNote("W12", NOW - 90, "slept well"), Stage.SIGNED),
    ],
)
def test_what_belongs_before_a_decision_or_is_a_low_unsettles_it(desk: Desk, asked: New, stage: Stage) -> None:
    sheet = desk.patient("W12", minute=NOW)
    desk.sign(PRESCRIBER, sheet, accepted(sheet), minute=NOW + 1)
    desk.record(NURSE, [asked], minute=NOW + 120)
    assert desk.patient("W12", minute=NOW + 120).row.stage is stage
    assert desk.patient("W13", minute=NOW + 120).row.stage is Stage.OPEN
