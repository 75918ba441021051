"""Looking up: the rules and a change tried on a patient, the ledger, plans as they were, the chain checked in the background."""

from threading import Event
from typing import Any

import pytest

from tests.tui.conftest import Opened
from tests.tui.driving import press, screen, settled
from tests.tui.hands import Hands
from titration.explain.conditions import condition_rows
from titration.explain.phrases import LANGUAGES
from titration.explain.voice import Voice
from titration.expr.nodes import Compare, ParameterRef
from titration.expr.walk import leaves
from titration.service.rounds.demo import DEMO_MINUTE
from titration.service.rounds.door import Door
from titration.units import UnitSystem
from tui.session.reading_state import TABS
from tui.session.rules import keys_of

LOW_PATIENT = "W02"


def on_patient(door: Door, patient: str = LOW_PATIENT, **chosen: object) -> Hands:
    hands = Hands.on(door, size=(120, 40), **chosen)  # type: ignore[arg-type]
    while hands.session.ward.cursor != patient:
        hands.press("down")
    return hands


# -- rules -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_row_of_every_tab_can_be_looked_at(door: Door, language: str) -> None:
    hands = on_patient(door, language=language).press("R")
    for number in range(1, len(TABS) + 1):
        hands.press(str(number))
        for _ in keys_of(hands.session) or ("",):
            assert hands.text
            hands.press("down")
    assert hands.session.place == "rules"


def test_every_condition_names_each_of_its_parameters_in_words(door: Door) -> None:
    for language in LANGUAGES:
        for system in UnitSystem:
            voice = Voice(door.pack, language, system)
            for rule in door.pack.rules:
                rows = condition_rows(rule, voice)
                named = {row.parameter for row in rows if row.parameter}
                compared = [leaf.right for leaf in leaves(rule.when) if isinstance(leaf, Compare)]
                assert named == {right.name for right in compared if isinstance(right, ParameterRef)}, rule.id
                assert all(row.text for row in rows)


def test_a_change_of_a_reading_shows_the_plan_change_and_records_nothing(door: Door) -> None:
    before = door.head()
    hands = on_patient(door).press("R", "6", "enter").type("2.5").press("enter")
    assert "tried: 2.5" in hands.text
    assert "with the change: ↓ REDUCE" in hands.text
    assert "TRIED, NOT RECORDED" in hands.text
    assert door.head() == before
    hands.press("c")
    assert "with the change" not in hands.text
    assert (
        door.patient(LOW_PATIENT, minute=DEMO_MINUTE).assessment == hands.session.entry.sheets[LOW_PATIENT].assessment
    )


def test_a_change_of_a_number_of_the_pack_shows_the_plan_change(door: Door) -> None:
    hands = on_patient(door, "W12").press("R", "3")
    assert hands.session.rules.tab == "parameters"
    names = keys_of(hands.session)
    target = names.index("fasting_high")
    hands.press(*["down"] * target)
    hands.press("enter").type("15.0").press("enter")
    assert hands.session.rules.parameters == {"fasting_high": "15.0"}
    assert "Tried: upper fasting target" in hands.text
    assert "with the change: = KEEP" in hands.text or "with the change: ?" in hands.text
    assert door.pack.parameters["fasting_high"].mmol_text == "7.0"


@pytest.mark.parametrize("typed", ["0.3", "40", "6.85", "abc", ".5"])
def test_what_no_meter_shows_is_not_tried(door: Door, typed: str) -> None:
    hands = on_patient(door).press("R", "6", "enter").type(typed).press("enter")
    assert hands.session.rules.readings == {}
    assert "Not a value" in hands.text


def test_a_number_the_pack_refuses_is_given_up_with_the_reason(door: Door) -> None:
    hands = on_patient(door).press("R", "3", "enter").type("abc").press("enter")
    assert hands.session.rules.parameters == {}
    assert hands.session.told is not None
    assert hands.session.told.bad


def test_a_trial_of_one_patient_is_not_carried_to_another(door: Door) -> None:
    hands = on_patient(door).press("R", "6", "enter").type("2.5").press("enter", "escape")
    hands.press("down", "R")
    assert hands.session.rules.readings == {}
    assert hands.session.rules.tried is None


# -- ledger ----------------------------------------------------------------------------------------------------------------


def test_the_ledger_lists_the_newest_first_and_reads_older_ones_on_the_way(door: Door) -> None:
    hands = Hands.on(door).press("H")
    entries = hands.session.ledger.entries
    assert entries[0].seq == door.head()
    assert len(entries) == 200
    hands.press("G")
    assert len(hands.session.ledger.entries) == 400
    numbers = [entry.seq for entry in hands.session.ledger.entries]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 400


def test_the_ledger_is_narrowed_by_kind_person_and_patient(door: Door) -> None:
    hands = Hands.on(door).press("H", "f")
    assert {entry.kind for entry in hands.session.ledger.entries} <= {"recommendation", "decision", "regimen"}
    hands.press("a")
    assert {entry.author for entry in hands.session.ledger.entries} == {"Dr Lin"}
    hands.press("p")
    assert len({entry.patient_id for entry in hands.session.ledger.entries}) == 1
    assert hands.session.ledger.patient in hands.text


def test_from_a_patient_the_ledger_is_theirs(door: Door) -> None:
    hands = on_patient(door).press("enter", "H")
    assert {entry.patient_id for entry in hands.session.ledger.entries} == {LOW_PATIENT}
    hands.press("escape")
    assert hands.session.place == "patient"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_past_plan_opens_as_it_was_with_what_was_decided(door: Door, language: str) -> None:
    hands = Hands.on(door, language=language).press("H", "f", "down", "enter")
    plan = hands.session.ledger.plan
    assert plan is not None
    assert hands.session.place == "recorded"
    assert str(plan.entry.seq) in hands.text
    assert "Dr Lin" in hands.text
    for _ in range(60):
        hands.press("down")
    assert hands.session.ledger.scroll > 0
    hands.press("escape", "escape")
    assert hands.session.place == "ward"


def test_a_reading_has_no_plan_behind_it(door: Door) -> None:
    hands = Hands.on(door).press("H", "enter")
    assert hands.session.place == "ledger"
    assert "Only a recommendation or decision" in hands.text


def test_a_correction_is_told_with_its_reason_in_words(door: Door) -> None:
    hands = Hands.on(door).press("E", "g", "5", ".", "4", "enter", "1", "H", "p")
    assert hands.session.ledger.entries[0].kind == "correction"
    assert "correction" in hands.text
    assert "typing_slip" in hands.text  # free text of the ledger stays as it was recorded


class Slow:
    """The door, whose check of the chain takes until a test lets it go."""

    def __init__(self, door: Door, fault: str | None = None) -> None:
        self._door = door
        self.fault = fault
        self.go = Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._door, name)

    def verify(self) -> tuple[int, str | None]:
        assert self.go.wait(30)
        return 4911, self.fault


async def test_the_chain_is_checked_while_the_round_goes_on(rounds: Opened, door: Door) -> None:
    slow = Slow(door)
    app = rounds(slow)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "H")
        await pilot.press("v")
        await pilot.pause()
        assert "in the background" in screen(app)
        await pilot.press("escape", "i")
        while "bedsides" in app.session.awaited or app.session.place != "ward":
            await pilot.pause(0.01)
        await pilot.press(*"6.8", "enter")
        while app.session.entry.queue:
            await pilot.pause(0.01)
        assert "saved" in screen(app)
        slow.go.set()
        await settled(pilot)
        await press(pilot, "H")
        assert "the chain is whole" in " ".join(screen(app).split()) or app.session.ledger.verified == (4911, None)


def test_a_broken_chain_is_shown_as_such(door: Door) -> None:
    slow = Slow(door, "entry 17 was changed")
    slow.go.set()
    hands = Hands.on(slow, size=(120, 40)).press("H", "v")  # type: ignore[arg-type]
    assert "THE CHAIN IS BROKEN: entry 17 was changed" in hands.text
