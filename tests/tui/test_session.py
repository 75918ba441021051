"""The session, transition by transition, on the standing door."""

from dataclasses import replace

import pytest

from tests.tui.standing import DOCTOR, NURSE, PASSPHRASE, Standing
from tests.tui.walking import Walk
from titration.service.rounds.told import Action, Reason, Role, Stage
from titration.units import UnitSystem
from tui.session import acts
from tui.session.effects import LoadPatient, LoadWard, Poll, Sign, SignIn
from tui.session.results import Failed, PatientTold
from tui.session.state import Group, Settings, line_key

WORDS = ["space" if character == " " else character for character in PASSPHRASE]
LOW_PATIENT, LONG_PATIENT, CHANGING = "W04", "W01", "W15"


def opened(door: Standing, patient: str, **kind: object) -> Walk:
    walk = Walk.on(door, **kind)  # type: ignore[arg-type]
    walk.take(acts.act(walk.session, "ward.point", patient))
    return walk.press("enter")


# -- the ward ---------------------------------------------------------------------------------------------------------


def test_the_ward_is_loaded_at_once_without_passphrases(standing: Standing) -> None:
    walk = Walk.on(standing)
    assert isinstance(walk.asked[0], LoadWard)
    assert walk.session.user == DOCTOR
    assert len(walk.session.ward.items) == 24


def test_the_cursor_stays_on_its_patient_when_the_ward_is_read_again(standing: Standing) -> None:
    walk = Walk.on(standing).press("j", "j", "j")
    patient = walk.session.ward.cursor
    walk.press("r")
    assert walk.session.ward.cursor == patient


@pytest.mark.parametrize(
    ("text", "found"),
    [("A05", {"W05"}), ("gandang", {"W05"}), ("石敢当", {"W05"}), ("w05", {"W05"}), ("zzz", set[str]())],
)
def test_search_finds_bed_name_and_id(standing: Standing, text: str, found: set[str]) -> None:
    walk = Walk.on(standing).press("/", *text)
    assert {item for item in walk.session.ward.items if isinstance(item, str)} == found
    walk.press("escape")
    assert len(walk.session.ward.items) == 24


def test_search_finds_drugs_in_both_languages(standing: Standing) -> None:
    for text in ("glimepiride", "格列美脲"):
        walk = Walk.on(standing).press("/", *text, "enter")
        assert walk.session.ward.items == ("W06",)


def test_filters_keep_what_they_say(standing: Standing) -> None:
    walk = Walk.on(standing)
    rows = {row.person.patient_id: row for row in standing.stock.ward.rows}
    urgent = acts.act(walk.session, "ward.filter", "urgent")[0]
    assert {rows[str(i)].urgency for i in urgent.ward.items} <= {0, 1, 2}
    missing = acts.act(walk.session, "ward.filter", "missing")[0]
    assert all(rows[str(i)].missing or rows[str(i)].urgency == 4 for i in missing.ward.items)
    assert 0 < len(missing.ward.items) < 24


def test_groups_put_a_heading_before_each_ward(standing: Standing) -> None:
    walk = Walk.on(standing).press("w")
    groups = [item for item in walk.session.ward.items if isinstance(item, Group)]
    assert [(group.name, group.count) for group in groups] == [("A区", 12), ("B区", 12)]
    assert isinstance(walk.session.ward.items[0], Group)


def test_beds_are_in_the_order_of_their_numbers(standing: Standing) -> None:
    rows = tuple(
        replace(row, person=replace(row.person, bed=str(number), ward="1"))
        for number, row in zip((10, 9, 100, 2), standing.stock.ward.rows, strict=False)
    )
    standing.stock = replace(standing.stock, ward=replace(standing.stock.ward, rows=rows))
    walk = Walk.on(standing).press("s")
    beds = {row.person.patient_id: row.person.bed for row in rows}
    assert [beds[str(item)] for item in walk.session.ward.items] == ["2", "9", "10", "100"]


def test_a_bed_is_reached_by_its_number(standing: Standing) -> None:
    walk = Walk.on(standing).press("b", "b", "1", "1")
    assert walk.session.ward.cursor == "W23"
    walk.press("escape")
    assert walk.session.ward.cursor == standing.stock.ward.rows[0].person.patient_id
    walk.press("b", *"A09", "enter")
    assert walk.session.round is not None
    assert walk.session.round.patient_id == "W09"


def test_only_the_ward_that_was_asked_for_is_shown(standing: Standing) -> None:
    walk = Walk.on(standing, settings=Settings(ward="B区"))
    assert len(walk.session.ward.items) == 12
    nowhere = Walk.on(standing, settings=Settings(ward="C"))
    assert nowhere.session.ward.items == ()
    assert "A区, B区" in nowhere.text


def test_the_list_scrolls_no_more_than_it_must(standing: Standing) -> None:
    walk = Walk.on(standing)
    walk.press("j")
    assert walk.session.ward.top == 0
    walk.press("G")
    last = walk.session.ward.top
    walk.press("k")
    assert walk.session.ward.top == last
    walk.press("g")
    assert walk.session.ward.top == 0


def test_the_next_open_patient_leaves_signed_ones_out(standing: Standing) -> None:
    walk = Walk.on(standing)
    walk.press("j", "enter", "a", "S", "g", "n")
    first, _, third = (row.person.patient_id for row in standing.stock.ward.rows[:3])
    assert walk.session.ward.cursor == third
    walk.press("N")
    assert walk.session.ward.cursor == first


def test_giving_up_an_opening_drops_its_answer(standing: Standing) -> None:
    walk = Walk.on(standing, at_once=False)
    walk.answer(0)
    walk.press("enter", "escape")
    walk.answer(0)
    assert walk.session.round is None


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


# -- sign-in, lock, blank, quit -----------------------------------------------------------------------------------------


def test_signing_in(standing: Standing) -> None:
    standing.needs_passphrase = True
    walk = Walk.on(standing)
    assert walk.session.user is None
    walk.press("x", "enter")
    assert walk.session.gate is not None
    assert "not right" in walk.text
    walk.press("down", *WORDS, "enter")
    assert walk.session.user == NURSE
    assert walk.session.ward.sheet is not None


def test_a_passphrase_is_neither_shown_nor_kept(standing: Standing) -> None:
    standing.needs_passphrase = True
    walk = Walk.on(standing, at_once=False).press(*"secretword")
    assert "secretword" not in walk.text
    assert "secretword" not in repr(walk.session)
    walk.press("enter")
    assert isinstance(walk.waiting[-1], SignIn)
    assert "secretword" not in repr(walk.waiting)
    assert walk.session.gate is not None
    assert walk.session.gate.field.text == ""


def test_idling_locks_and_the_passphrase_opens_on_what_was_there(standing: Standing) -> None:
    standing.needs_passphrase = True
    walk = Walk.on(standing).press(*WORDS, "enter")
    walk.take(acts.act(walk.session, "ward.point", LOW_PATIENT))
    walk.press("enter", "x", "2", "m", "ctrl+u", "4")
    before = walk.session
    walk.tick(4)
    assert walk.session.gate is None
    walk.tick(1)
    assert walk.session.gate is not None
    assert "海望舒" not in walk.text
    assert "A04" not in walk.text
    walk.press("down", *WORDS, "enter")
    assert walk.session.gate is None
    assert walk.session.dialog == before.dialog
    assert walk.session.round is not None
    assert before.round is not None
    assert walk.session.round.choices == before.round.choices


def test_a_clock_that_is_put_back_starts_idling_anew(standing: Standing) -> None:
    walk = Walk.on(standing)
    walk.tick(-60)
    walk.tick(4)
    assert not walk.session.blank
    walk.tick(1)
    assert walk.session.blank, "a ledger without passphrases goes blank instead"


def test_a_blank_screen_shows_nothing_and_takes_only_its_own_key(standing: Standing) -> None:
    walk = opened(standing, LOW_PATIENT).press("f8")
    assert "海望舒" not in walk.text
    assert "6" not in walk.text
    walk.press("a", "S", "enter", "x")
    assert standing.signatures == []
    walk.take(acts.click(walk.session, "round.accept_all", "", twice=False))
    walk.take(acts.paste(walk.session, "text"))
    walk.press(".")
    assert walk.session.round is not None
    assert walk.session.round.choices == ()


def test_quitting_asks_before_choices_are_dropped(standing: Standing) -> None:
    walk = opened(standing, LOW_PATIENT).press("x", "1", "q")
    assert not walk.ended
    assert "A04" in walk.text
    walk.press("escape", "escape", "escape", "ctrl+c")
    assert not walk.ended
    walk.press("Y")
    assert walk.ended


def test_quitting_with_nothing_unsigned_ends_at_once(standing: Standing) -> None:
    assert Walk.on(standing).press("q").ended
    assert opened(standing, LOW_PATIENT).press("ctrl+c").ended


def test_what_was_asked_comes_back_when_quitting_is_given_up(standing: Standing) -> None:
    walk = opened(standing, LOW_PATIENT).press("x", "1", "m", "ctrl+u", "4", "ctrl+c")
    assert walk.session.mode == "leave"
    walk.press("escape")
    assert walk.session.mode == "dose"


def test_quitting_from_a_locked_screen_names_nobody(standing: Standing) -> None:
    standing.needs_passphrase = True
    walk = Walk.on(standing).press(*WORDS, "enter", "enter", "a", "escape", "escape", "f9")
    walk.press("ctrl+c")
    assert not walk.ended
    assert "A05" not in walk.text
    assert walk.press("ctrl+c").ended


# -- what goes on behind -----------------------------------------------------------------------------------------------


def test_a_longer_ledger_reloads_the_ward_and_a_poll_is_not_asked_twice(standing: Standing) -> None:
    walk = Walk.on(standing)
    walk.tick()
    loads = sum(isinstance(effect, LoadWard) for effect in walk.asked)
    assert loads == 1
    standing.correct("W01")
    walk.tick()
    assert sum(isinstance(effect, LoadWard) for effect in walk.asked) == 2
    walk.at_once = False
    walk.tick()
    walk.tick()
    assert sum(isinstance(effect, Poll) for effect in walk.waiting) == 1


def test_a_new_day_reloads_the_ward(standing: Standing) -> None:
    walk = Walk.on(standing, settings=Settings(idle_minutes=0))
    walk.tick(24 * 60)
    assert sum(isinstance(effect, LoadWard) for effect in walk.asked) == 2


def test_a_lost_line_is_told_and_nothing_is_lost(standing: Standing) -> None:
    walk = opened(standing, LOW_PATIENT).press("x", "1", "m", "ctrl+u", "4")
    standing.cut = True
    walk.press("enter")
    assert "CONNECTION LOST" in walk.text
    assert walk.session.mode == "dose"
    walk.press("escape", "a", "S")
    assert standing.signatures == []
    assert walk.session.round is not None
    assert len(walk.session.round.choices) == 4
    standing.cut = False
    walk.tick()
    assert "CONNECTION LOST" not in walk.text
    walk.press("S")
    assert len(standing.signatures) == 1


def test_a_fault_behind_the_door_is_told_by_its_kind_only(standing: Standing) -> None:
    walk = opened(standing, LOW_PATIENT)
    failed = Failed(LoadPatient(99, LOW_PATIENT), "error", "KeyError")
    session = replace(walk.session, awaited={"patient": 99}, opening=LOW_PATIENT)
    after, _ = acts.told(session, failed)
    assert after.told is not None
    assert after.told.key == "failed.looking"
    assert after.opening is None


def test_language_and_unit_change_nothing_but_what_is_shown(standing: Standing) -> None:
    walk = opened(standing, LOW_PATIENT).press("a")
    before = walk.session.round
    walk.press("L", "U", "U")
    assert walk.session.settings.language == "zh"
    assert walk.session.settings.shown_unit is UnitSystem.MGDL
    assert walk.session.round == before
