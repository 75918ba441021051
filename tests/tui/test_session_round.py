"""A round in the session: choices, doses of one's own, signatures, and who may make them."""

from dataclasses import replace

import pytest

from tests.tui.standing import NURSE, PASSPHRASE, Standing
from tests.tui.walking import Walk
from titration.service.rounds.told import Action, Reason, Role, Stage
from tui.session import acts
from tui.session.effects import LoadPatient, Sign
from tui.session.results import PatientTold
from tui.session.state import line_key

WORDS = ["space" if character == " " else character for character in PASSPHRASE]
LOW_PATIENT, LONG_PATIENT, CHANGING = "W04", "W01", "W15"


def opened(door: Standing, patient: str, **kind: object) -> Walk:
    walk = Walk.on(door, **kind)  # type: ignore[arg-type]
    walk.take(acts.act(walk.session, "ward.point", patient))
    return walk.press("enter")


# -- one patient ------------------------------------------------------------------------------------------------------


def test_the_cursor_opens_on_the_first_line_with_something_to_decide(standing: Standing) -> None:
    walk = opened(standing, LOW_PATIENT)
    assert walk.session.round is not None
    assert walk.session.round.cursor == 2


def test_a_stale_answer_is_dropped(standing: Standing) -> None:
    walk = Walk.on(standing, at_once=False)
    walk.answer(0)
    walk.press("enter")
    first = walk.waiting[-1]
    walk.press("escape", "j", "enter")
    second = walk.waiting[-1]
    assert isinstance(first, LoadPatient)
    assert isinstance(second, LoadPatient)
    assert first.patient_id != second.patient_id
    late = PatientTold(first.token, standing.patient(first.patient_id, minute=0), standing.pack)
    walk.take(acts.told(walk.session, late))
    assert walk.session.round is None


def test_accepting_one_line_goes_on_to_the_next_without_a_choice(standing: Standing) -> None:
    walk = opened(standing, LOW_PATIENT).press("d", "y")
    assert walk.session.round is not None
    assert walk.session.round.choices[0].line == line_key(walk.session.round.lines[2])
    assert walk.session.round.cursor == 3
    walk.press("y")
    assert walk.session.round.undecided == (0, 1) or walk.session.round.cursor == 0


def test_rejecting_needs_a_reason_and_keeps_the_dose(standing: Standing) -> None:
    walk = opened(standing, LOW_PATIENT).press("x")
    assert walk.session.mode == "why"
    walk.press("2")
    assert walk.session.round is not None
    (choice,) = walk.session.round.choices
    assert (choice.action, choice.reason, choice.dose) == (Action.REJECT, Reason.HYPO_RISK, 6000)


def test_another_reason_needs_a_note(standing: Standing) -> None:
    walk = opened(standing, LOW_PATIENT).press("x", "o", "enter")
    assert walk.session.mode == "note"
    walk.press("s", "i", "c", "k", "space", "j", "enter")
    assert walk.session.round is not None
    assert walk.session.round.choices[0].note == "sick j"


def test_a_dose_of_ones_own_is_asked_about_and_given_a_reason(standing: Standing) -> None:
    walk = opened(standing, LOW_PATIENT).press("m", "ctrl+u", "4", "enter")
    assert walk.session.mode == "why"
    walk.press("down", "enter")
    assert walk.session.round is not None
    (choice,) = walk.session.round.choices
    assert (choice.action, choice.dose, choice.beyond) == (Action.MODIFY, 4000, ())


def test_beyond_the_guard_is_confirmed_a_second_time(standing: Standing) -> None:
    walk = opened(standing, LOW_PATIENT).press("m", "ctrl+u", "9", "enter")
    assert walk.session.mode == "beyond"
    walk.press("enter", "y", "1")
    assert walk.session.mode == "beyond", "only the key that is named confirms"
    walk.press("Y", "1")
    assert walk.session.round is not None
    assert walk.session.round.choices[0].beyond == ("step_cap",)


def test_the_plans_own_dose_is_an_acceptance_and_the_dose_in_force_a_rejection(standing: Standing) -> None:
    walk = opened(standing, LOW_PATIENT).press("m", "enter")
    assert walk.session.round is not None
    assert walk.session.round.choices[0].action is Action.ACCEPT
    walk.press("k", "k", "k", "j", "j", "m", "ctrl+u", "6", "enter", "1")
    assert walk.session.round.choices[0].action is Action.REJECT


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "dose.not_a_number"),
        (".5", "dose.not_a_number"),
        ("-1", "dose.not_a_number"),
        ("1e3", "dose.not_a_number"),
        ("60000", "dose.too_large"),
        ("2.25", "dose.off_step"),
        ("1,5", "dose.not_a_number"),
    ],
)
def test_what_is_no_dose_is_told_and_changes_nothing(standing: Standing, typed: str, problem: str) -> None:
    walk = opened(standing, LOW_PATIENT).press("m", "ctrl+u", *typed.replace("-", ""))
    if "-" in typed:
        walk.take(acts.paste(walk.press("ctrl+u").session, typed))
    walk.press("enter")
    assert getattr(walk.session.dialog, "problem", None) == problem
    assert walk.session.round is not None
    assert walk.session.round.choices == ()


def test_the_arrows_step_a_dose_as_the_device_can_give_it(standing: Standing) -> None:
    walk = opened(standing, LOW_PATIENT).press("m", "up", "up", "down")
    field = getattr(walk.session.dialog, "field", None)
    assert field is not None
    assert field.text == "4"
    tablets = opened(standing, "W06").press("m", "down")
    assert getattr(tablets.session.dialog, "field", None).text == "1"  # type: ignore[union-attr]


def test_accepting_all_keeps_what_was_chosen_otherwise(standing: Standing) -> None:
    walk = opened(standing, LOW_PATIENT).press("x", "1", "a")
    assert walk.session.round is not None
    assert [c.action for c in walk.session.round.choices] == [
        Action.ACCEPT,
        Action.ACCEPT,
        Action.REJECT,
        Action.ACCEPT,
    ]
    walk.press("u")
    assert [c.action for c in walk.session.round.choices] == [Action.REJECT]


def test_three_keys_sign_and_the_cursor_goes_to_the_next_patient(standing: Standing) -> None:
    walk = Walk.on(standing)
    first, second = (row.person.patient_id for row in standing.stock.ward.rows[:2])
    walk.press("enter", "a", "S")
    assert [sheet.person.patient_id for sheet, _, _ in standing.signatures] == [first]
    assert walk.session.place == "ward"
    assert walk.session.ward.cursor == second
    assert walk.session.ward.sheet is not None
    row = walk.session.ward.sheet.find(first)
    assert row is not None
    assert row.stage is Stage.SIGNED


def test_a_plan_too_long_for_the_screen_is_not_signed_before_all_of_it_was_shown(standing: Standing) -> None:
    walk = opened(standing, LONG_PATIENT, size=(60, 16)).press("a", "S")
    assert standing.signatures == []
    assert "not been shown" in walk.text or "not shown" in walk.text
    walk.press("S")
    assert len(standing.signatures) == 1


def test_choices_left_unsigned_come_back_with_the_patient(standing: Standing) -> None:
    walk = opened(standing, LOW_PATIENT).press("x", "1", "escape", "escape")
    assert walk.session.place == "ward"
    assert "✎" in walk.text
    walk.press("enter")
    assert walk.session.round is not None
    assert [c.action for c in walk.session.round.choices] == [Action.REJECT]
    walk.press("u")
    assert walk.session.round.choices == ()


def test_reloading_keeps_choices_whose_plan_is_the_same_and_says_how_many_are_gone(standing: Standing) -> None:
    walk = opened(standing, CHANGING).press("a")
    standing.correct(CHANGING)
    walk.tick()
    assert walk.session.round is not None
    assert walk.session.round.stale
    assert "OUT OF DATE" in walk.text
    walk.press("S")
    assert standing.signatures == []
    walk.press("r")
    assert not walk.session.round.stale
    assert len(walk.session.round.choices) < len(walk.session.round.lines)
    assert "dropped" in walk.text


def test_a_question_about_a_line_whose_plan_changed_is_closed(standing: Standing) -> None:
    walk = opened(standing, CHANGING).press("x")
    standing.correct(CHANGING)
    assert walk.session.mode == "why"
    walk.take(acts.act(walk.session, "round.reload"))
    assert walk.session.mode == "decide"


def test_a_refused_signature_for_a_stale_plan_marks_it(standing: Standing) -> None:
    walk = opened(standing, LOW_PATIENT).press("a")
    standing.correct(LOW_PATIENT)
    walk.press("S")
    assert standing.signatures == []
    assert walk.session.round is not None
    assert walk.session.round.stale


def test_signing_twice_asks_once(standing: Standing) -> None:
    walk = opened(standing, LOW_PATIENT).press("a")
    walk.at_once = False
    walk.press("S", "S", "S")
    assert sum(isinstance(effect, Sign) for effect in walk.asked) == 1


def test_nothing_can_be_chosen_while_a_signature_is_on_its_way(standing: Standing) -> None:
    walk = opened(standing, LOW_PATIENT).press("a")
    walk.at_once = False
    walk.press("S")
    assert walk.session.round is not None
    before = walk.session.round.choices
    walk.press("x", "u", "c", "m")
    assert walk.session.round.choices == before
    assert walk.session.dialog is None


# -- who may what -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("user", [NURSE, replace(NURSE, name="Visitor", role=Role.VIEWER)])
def test_only_a_prescriber_decides(standing: Standing, user: object) -> None:
    standing.users = (user,)  # type: ignore[assignment]
    walk = opened(standing, LOW_PATIENT).press("a", "m", "x", "y", "S")
    assert walk.session.round is not None
    assert walk.session.round.choices == ()
    assert "prescriber" in walk.rows[-2]
    assert "(a Accept all)" in walk.rows[-1]


def test_read_only_decides_nothing(standing: Standing) -> None:
    standing.read_only = True
    walk = opened(standing, LOW_PATIENT).press("a", "S")
    assert standing.signatures == []
    assert "READ-ONLY" in walk.rows[0]
