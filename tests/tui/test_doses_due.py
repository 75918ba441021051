"""Doses that are due, one key each; an acknowledgement names the drug, and the way back leads to the patient."""

import pytest

from tests.tui.hands import Hands
from tests.tui.test_enter import DAY, sheet
from titration.service.rounds.demo import DEMO_MINUTE
from titration.service.rounds.door import Door
from tui.session.dialogs import Ask, LineText


def test_a_dose_is_given_with_one_key_and_only_then(door: Door) -> None:
    hands = Hands.on(door).press("D")
    assert "0 of 74 written down" in hands.text
    assert not [d for d in sheet(door, "W05").doses if d.minute // 1440 == DAY]
    hands.press("y")
    (given,) = [d for d in sheet(door, "W05").doses if d.minute // 1440 == DAY]
    assert (given.amount, given.slot, given.author) == (22_000, "breakfast", "Dr Lin")
    assert "1 of 74 written down" in hands.text
    assert hands.session.entry.dose is not None
    assert hands.session.entry.dose.patient_id == "W06"


def test_a_dose_not_given_has_its_reason(door: Door) -> None:
    hands = Hands.on(door).press("D", "x")
    assert "Why was it not given?" in hands.text
    hands.press("2")
    (given,) = [d for d in sheet(door, "W05").doses if d.minute // 1440 == DAY]
    assert given.amount == 0
    (entry, *_) = door.entries(patient_id="W05", kinds=("dose",))
    assert ("note", "refused") in entry.facts
    assert "NOT given" in hands.text


def test_another_amount_goes_through_every_check_of_the_line(door: Door) -> None:
    hands = Hands.on(door).press("D", "m")
    assert isinstance(hands.session.dialog, LineText)
    hands.type("220").press("enter")
    assert isinstance(hands.session.dialog, Ask)
    hands.press("escape", "backspace").press("enter")
    (given,) = [d for d in sheet(door, "W05").doses if d.minute // 1440 == DAY]
    assert given.amount == 22_000


def test_a_dose_written_before_the_connection_broke_is_not_given_twice(door: Door) -> None:
    hands = Hands.on(door).press("D")
    hands.slow = True
    hands.press("y")
    record = next(effect for effect in hands.waiting if effect.purpose == "record")
    door.record(record.user, record.asked, minute=DEMO_MINUTE)  # type: ignore[union-attr]
    hands.cut = True
    hands.answer()
    hands.slow = False
    hands.press("k", "y")
    assert "has not been read yet" in hands.text or "CONNECTION LOST" in hands.text
    hands.cut = False
    hands.tick()
    while hands.session.entry.dose is None or hands.session.entry.dose.patient_id != "W05":
        hands.press("k")
    hands.press("y")
    assert "written down already" in hands.text
    given = [d for d in sheet(door, "W05").doses if d.minute // 1440 == DAY]
    assert len(given) == 1


def test_a_dose_that_is_not_due_cannot_be_given(door: Door) -> None:
    hands = Hands.on(door).press("D", "G")
    before = door.head()
    hands.press("y")
    assert "not due yet" in hands.text
    assert door.head() == before


def test_a_dose_written_down_is_not_given_again(door: Door) -> None:
    hands = Hands.on(door).press("D", "y", "k")
    before = door.head()
    while hands.session.entry.dose is None or hands.session.entry.dose.patient_id != "W05":
        hands.press("k")
    hands.press("y")
    assert door.head() == before
    assert "written down already" in hands.text


def test_the_way_back_from_the_doses_leads_to_whom_one_was_written_for(door: Door) -> None:
    hands = Hands.on(door)
    patient = hands.session.ward.cursor
    hands.press("D")
    while hands.session.entry.dose is None or hands.session.entry.dose.patient_id == patient:
        hands.press("x", "1")
        assert "NOT given saved" in hands.text
    hands.press("escape")
    assert hands.session.ward.cursor == patient


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_dose_is_acknowledged_by_the_name_of_its_drug(door: Door, language: str) -> None:
    hands = Hands.on(door, language=language).press("D", "g", "y")
    name = {"en": "✓ A01: insulin aspart, 100 units/mL 5 units saved", "zh": "门冬胰岛素，100 单位/mL 5 单位 已保存"}
    assert name[language] in hands.text
