"""Doses due on a real ward: what is expected, what counts as given, and what a key may record."""

from dataclasses import replace

from titration.service.rounds.demo import DEMO_MINUTE, NURSE, PRESCRIBER
from titration.service.rounds.desk import Desk
from titration.service.rounds.entry import Expected, Problem, expected_doses, given_as_prescribed, not_given
from titration.service.rounds.told import Action, Choice, PatientSheet, Reason

DAY = DEMO_MINUTE // 1440
NOON = DEMO_MINUTE + 5 * 60


def doses(desk: Desk, patient: str, day: int = DAY) -> tuple[Expected, ...]:
    return expected_doses(desk.patient(patient, minute=DEMO_MINUTE), day=day)


def test_every_line_is_due_once_in_the_order_of_the_day(desk: Desk) -> None:
    for row in desk.ward(minute=DEMO_MINUTE).rows:
        sheet = desk.patient(row.person.patient_id, minute=DEMO_MINUTE)
        due = expected_doses(sheet, day=DAY)
        assert [dose.nominal for dose in due] == sorted(dose.nominal for dose in due)
        by_hand = [line for line in sheet.assessment.lines if not line.route.text.startswith("csii")]
        assert len({dose.line for dose in due}) == len(due) <= len(by_hand)


def test_nothing_is_given_until_somebody_says_so_and_then_it_is(desk: Desk) -> None:
    due = next(dose for dose in doses(desk, "W05") if dose.slot == "breakfast")
    assert due.given is None
    new = given_as_prescribed(due, minute=DEMO_MINUTE)
    assert not isinstance(new, Problem)
    desk.record(NURSE, [new], minute=DEMO_MINUTE)
    after = next(dose for dose in doses(desk, "W05") if dose.slot == "breakfast")
    assert after.given is not None
    assert (after.given.amount, after.given.author) == (due.amount, NURSE.name)
    assert given_as_prescribed(after, minute=DEMO_MINUTE) == Problem("dose_recorded")


def test_a_dose_not_due_yet_cannot_be_given_and_a_late_one_keeps_its_time(desk: Desk) -> None:
    dinner = next(dose for dose in doses(desk, "W05") if dose.slot == "dinner")
    assert given_as_prescribed(dinner, minute=DEMO_MINUTE) == Problem("dose_to_come")
    assert not_given(dinner, "refused", minute=DEMO_MINUTE) == Problem("dose_to_come")
    breakfast = next(dose for dose in doses(desk, "W05") if dose.slot == "breakfast")
    late = given_as_prescribed(breakfast, minute=NOON)
    assert not isinstance(late, Problem)
    assert late.minute == breakfast.nominal


def test_a_dose_not_given_is_a_zero_with_its_reason(desk: Desk) -> None:
    due = next(dose for dose in doses(desk, "W05") if dose.slot == "breakfast")
    new = not_given(due, "refused", minute=DEMO_MINUTE)
    assert not isinstance(new, Problem)
    assert (new.amount, new.note) == (0, "refused")
    desk.record(NURSE, [new], minute=DEMO_MINUTE)
    after = next(dose for dose in doses(desk, "W05") if dose.slot == "breakfast")
    assert after.given is not None
    assert after.given.amount == 0


def sign(desk: Desk, sheet: PatientSheet, **wanted: int) -> None:
    choices: list[Choice] = []
    for line in sheet.assessment.lines:
        key = (line.drug, line.slot.text, line.route.text)
        dose = wanted.get(line.slot.text, line.after)
        same = dose == line.after
        beyond = () if same else desk.beyond(sheet, key, dose)
        kind, reason = (Action.ACCEPT, None) if same else (Action.MODIFY, Reason.HYPO_RISK)
        choices.append(Choice(key, kind, dose, reason, beyond=beyond))
    desk.sign(PRESCRIBER, sheet, choices, minute=DEMO_MINUTE)


def test_what_was_signed_is_what_is_due_and_a_stopped_line_is_not(desk: Desk) -> None:
    sheet = desk.patient("W05", minute=DEMO_MINUTE)
    sign(desk, sheet, breakfast=20_000, dinner=0)
    due = doses(desk, "W05", DAY)
    assert [(dose.slot, dose.amount) for dose in due] == [("breakfast", 20_000)]


def test_a_line_without_a_known_dose_has_to_be_typed() -> None:
    due = Expected("W01", DAY, "x", None, "breakfast", "oral", "mg", None, None)
    assert given_as_prescribed(due, minute=DEMO_MINUTE) == Problem("dose_unknown")
    assert not isinstance(not_given(due, "missed", minute=DEMO_MINUTE), Problem)
    assert not_given(replace(due, unit=""), "missed", minute=DEMO_MINUTE) == Problem("dose_unknown")
