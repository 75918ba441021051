"""The session around a round: the ward, signing in, locking, quitting, what goes on behind."""

from dataclasses import replace

import pytest

from tests.tui.standing import DOCTOR, NURSE, PASSPHRASE, Standing
from tests.tui.walking import Walk
from titration.units import UnitSystem
from tui.session import acts
from tui.session.effects import LoadPatient, LoadWard, Poll, SignIn
from tui.session.results import Failed
from tui.session.state import Group, Settings

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
