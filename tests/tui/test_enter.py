"""Entering at the bedside: the grid, the one-line entry, corrections, lost connections, locks."""

from pathlib import Path

import pytest

from tests.tui.conftest import Opened
from tests.tui.driving import press, screen, settled
from tests.tui.hands import Hands
from titration.service.rounds.asked import NewPerson
from titration.service.rounds.demo import DEMO_MINUTE, VIEWER
from titration.service.rounds.door import Door
from titration.service.rounds.opening import create_ledger
from titration.service.rounds.told import PatientSheet, Person, Stage, Urgency
from titration.units import UnitSystem
from tui.session.dialogs import Ask, CellText, Correct, Leave, LineText
from tui.session.entry_state import CellAt

DAY = DEMO_MINUTE // 1440
NO_FASTING = "W10"
"""The patient of the demo without a fasting value this morning."""


def sheet(door: Door, patient: str) -> PatientSheet:
    return door.patient(patient, minute=DEMO_MINUTE)


def fasting(door: Door, patient: str) -> list[tuple[int, str, int | None]]:
    return [
        (r.value, r.author, r.replaces)
        for r in sheet(door, patient).readings
        if r.timing == "fasting" and r.minute // 1440 == DAY
    ]


def at_cell(door: Door, patient: str = NO_FASTING, **chosen: object) -> Hands:
    """On the fasting cell of a patient."""
    hands = Hands.on(door, **chosen)  # type: ignore[arg-type]
    hands.press("E", "g")
    while hands.session.entry.patient != patient:
        hands.press("down")
    return hands


# -- the grid --------------------------------------------------------------------------------------------------------------


def test_a_value_is_typed_checked_and_saved_with_one_key_and_the_cursor_goes_on(door: Door) -> None:
    hands = at_cell(door).press("6")
    assert isinstance(hands.session.dialog, CellText)
    assert "6.0 mmol/L, fasting, today 06:30" in hands.text
    hands.type(".8")
    assert "6.8 mmol/L, fasting, today 06:30" in hands.text
    hands.press("enter")
    assert fasting(door, NO_FASTING) == [(68, "Dr Lin", None)]
    assert hands.session.dialog is None
    assert hands.session.entry.patient == "W11"
    assert "✓ A10: 6.8 saved" in hands.text
    assert hands.session.entry.texts == {}


def test_full_width_digits_start_typing_too(door: Door) -> None:
    hands = at_cell(door, language="zh").press("６").type("。８").press("enter")
    assert fasting(door, NO_FASTING)[0][0] == 68
    assert "已保存" in hands.text


@pytest.mark.parametrize(("typed", "word"), [("68", "? asks"), (".", ""), ("0.3", "✗ wrong"), ("6.85", "✗ wrong")])
def test_what_is_doubtful_or_wrong_is_not_saved_and_stays(door: Door, typed: str, word: str) -> None:
    hands = at_cell(door).press("enter").type(typed).press("enter")
    assert fasting(door, NO_FASTING) == []
    hands.press(*["escape"] * (2 if isinstance(hands.session.dialog, Ask) else 1))
    assert isinstance(hands.session.dialog, CellText | None)
    hands.press(*["escape"] * (hands.session.dialog is not None))
    assert hands.session.entry.texts[CellAt(NO_FASTING, DAY, "fasting")].text == typed
    assert word in hands.text


def test_leaving_the_grid_and_coming_back_keeps_what_was_typed(door: Door) -> None:
    hands = at_cell(door).type("68").press("escape", "escape", "down", "E", "g")
    assert "1 not saved" in hands.text
    assert hands.session.entry.texts[CellAt(NO_FASTING, DAY, "fasting")].text == "68"


def test_a_saved_value_is_corrected_beside_itself_with_a_reason(door: Door) -> None:
    before = fasting(door, "W01")
    hands = at_cell(door, "W01").type("5.4").press("enter")
    assert isinstance(hands.session.dialog, Correct)
    assert "It stays in the ledger as it was" in hands.text
    assert fasting(door, "W01") == before
    hands.press("1")
    (value, author, replaces) = fasting(door, "W01")[0]
    assert (value, author) == (54, "Dr Lin")
    assert replaces is not None
    (correction, *_) = door.entries(patient_id="W01", kinds=("correction",))
    assert ("why", "typing_slip") in correction.facts


def test_a_saved_value_is_withdrawn_only_with_a_reason(door: Door) -> None:
    hands = at_cell(door, "W01").press("x")
    assert isinstance(hands.session.dialog, Correct)
    hands.press("escape")
    assert fasting(door, "W01")
    hands.press("x", "o").type("meter of the next bed").press("enter")
    assert fasting(door, "W01") == []
    assert "withdrawn" in hands.text


def test_a_reason_typed_may_not_be_empty(door: Door) -> None:
    hands = at_cell(door, "W01").press("x", "o", "enter")
    assert "A reason is needed" in hands.text
    assert fasting(door, "W01")


def test_only_what_was_typed_is_cleared_where_nothing_was_saved(door: Door) -> None:
    hands = at_cell(door).type("68").press("escape", "x")
    assert hands.session.entry.texts == {}
    assert hands.session.dialog is None


def test_yesterday_has_its_own_cells(door: Door) -> None:
    hands = at_cell(door).press("[")
    assert "yesterday" in hands.text
    hands.press("right", "right")
    timing = hands.session.entry.column
    hands.type("7.7").press("enter")
    found = [r for r in sheet(door, NO_FASTING).readings if r.minute // 1440 == DAY - 1 and r.value == 77]
    assert (len(found), timing) == (1, 3) or isinstance(hands.session.dialog, Correct)


def test_a_viewer_and_a_read_only_ledger_record_nothing(door: Door) -> None:
    hands = Hands.on(door, user=VIEWER).press("E", "g", "6")
    assert hands.session.dialog is None
    assert "records nothing" in hands.text
    hands.press("i")
    assert hands.session.dialog is None


def test_a_ward_of_both_units_is_entered_each_in_its_own(tmp_path: Path) -> None:
    door = create_ledger(str(tmp_path / "two.ledger"), minute=DEMO_MINUTE, single_user=True, user="Dr Lin")
    people = [
        NewPerson(Person("P1", name="Ann", bed="1", system=UnitSystem.MMOL)),
        NewPerson(Person("P2", name="Bo", bed="2", system=UnitSystem.MGDL)),
    ]
    door.record(door.users[0], people, minute=DEMO_MINUTE)
    hands = Hands.on(door).press("E", "g")
    assert "mg/dL" in hands.text
    hands.type("6.8").press("enter").type("122").press("enter")
    values = {p: door.patient(p, minute=DEMO_MINUTE).readings[0].value for p in ("P1", "P2")}
    assert values == {"P1": 68, "P2": 122}
    hands.press("g", "down", "right").type("6.8").press("enter")
    assert isinstance(hands.session.dialog, Ask)
    assert "6.8 mmol/L is 123 mg/dL" in " ".join(hands.text.split())
    door.close()


# -- connection, lock, quitting ----------------------------------------------------------------------------------------------


def test_nothing_typed_is_lost_with_the_connection(door: Door) -> None:
    hands = at_cell(door)
    hands.cut = True
    hands.type("6.8").press("enter")
    assert "CONNECTION LOST" in hands.text
    assert fasting(door, NO_FASTING) == []
    assert hands.session.entry.texts[CellAt(NO_FASTING, DAY, "fasting")].text == "6.8"
    hands.cut = False
    hands.tick()
    assert "CONNECTION LOST" not in hands.text
    hands.press("up", "enter", "enter")
    assert fasting(door, NO_FASTING) == [(68, "Dr Lin", None)]


def test_what_was_written_before_the_connection_broke_is_not_written_twice(door: Door) -> None:
    hands = at_cell(door)
    hands.slow = True
    hands.type("6.8").press("enter")
    record = next(effect for effect in hands.waiting if effect.purpose == "record")
    door.record(record.user, record.asked, minute=DEMO_MINUTE)  # type: ignore[union-attr]
    hands.cut, hands.slow = True, False
    hands.answer()
    hands.cut = False
    hands.tick()
    assert hands.session.entry.texts
    hands.press("up", "enter", "enter")
    assert fasting(door, NO_FASTING) == [(68, "Dr Lin", None)]
    assert hands.session.entry.texts == {}


def test_nothing_typed_is_lost_by_the_lock(door: Door) -> None:
    from dataclasses import replace

    from tui.session import gate

    hands = at_cell(door).type("6.8")
    hands.take(gate.lock(replace(hands.session, needs_passphrase=True)))
    assert "6.8" not in hands.text
    assert "A10" not in hands.text
    hands.session = replace(hands.session, gate=None)
    assert isinstance(hands.session.dialog, CellText)
    hands.press("enter")
    assert fasting(door, NO_FASTING) == [(68, "Dr Lin", None)]


def test_quitting_asks_before_it_drops_what_was_typed(door: Door) -> None:
    hands = at_cell(door).type("68").press("escape", "q")
    assert isinstance(hands.session.dialog, Leave)
    assert "A10" in hands.text
    assert not hands.ended


def test_entries_go_to_the_ledger_one_by_one_in_order(door: Door) -> None:
    hands = at_cell(door, "W01").press("right")
    hands.session = acts_at(hands, DEMO_MINUTE + 180)
    hands.slow = True
    for value in ("8.1", "8.2", "8.3"):
        hands.type(value).press("enter")
    assert [e.purpose for e in hands.waiting].count("record") == 1
    assert len(hands.session.entry.queue) == 3
    hands.answer()
    assert hands.session.entry.queue == ()
    found = {
        p: [r.value for r in door.patient(p, minute=DEMO_MINUTE + 180).readings][-1] for p in ("W01", "W02", "W03")
    }
    assert found == {"W01": 81, "W02": 82, "W03": 83}
    numbers = [e.patient_id for e in door.entries(kinds=("reading",), most=3)]
    assert numbers == ["W03", "W02", "W01"]


def acts_at(hands: Hands, minute: int):  # type: ignore[no-untyped-def]  # noqa: ANN201 - the session's own type
    from tui.session import acts

    return acts.at(hands.session, minute)


# -- journeys --------------------------------------------------------------------------------------------------------------


async def test_journey_wrong_unit_typed(rounds: Opened, door: Door) -> None:
    app = rounds()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "E", "g")
        while app.session.entry.patient != NO_FASTING:
            await press(pilot, "down")
        await press(pilot, "1", "2", "6", "enter")
        text = screen(app)
        assert "126 mg/dL is 7.0 mmol/L" in text
        assert isinstance(app.session.dialog, Ask)
        assert fasting(door, NO_FASTING) == []
        await press(pilot, "3")
        assert "This patient's glucose is recorded in mmol/L" in " ".join(screen(app).split())
        assert fasting(door, NO_FASTING) == []
        await press(pilot, "2")
        assert fasting(door, NO_FASTING) == [(70, "Dr Lin", None)]
        assert "meter: 126 mg/dL" in [note.text for note in sheet(door, NO_FASTING).notes]


async def test_journey_a_night_hypo(rounds: Opened, door: Door) -> None:
    patient = "W21"
    before = door.ward(minute=DEMO_MINUTE).find(patient)
    assert before is not None
    assert before.urgency > Urgency.EMERGENCY
    plan = sheet(door, patient).assessment
    app = rounds()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        while app.session.ward.cursor != patient:
            await press(pilot, "down")
        await press(pilot, "i")
        await pilot.press(*["space" if c == " " else c for c in "2.8 @03:00 n symptoms"])
        assert isinstance(app.session.dialog, LineText)
        assert "2.8 mmol/L, night, today 03:00; symptoms of a low" in screen(app)
        await press(pilot, "enter")
        row = next(line for line in screen(app).splitlines() if "EMERGENCY B09" in line)
        assert row.startswith("▸")
        await press(pilot, "enter")
        assert "2.8" in screen(app)
    after = door.ward(minute=DEMO_MINUTE).find(patient)
    assert after is not None
    assert after.urgency is Urgency.EMERGENCY
    assert {"low_2", "symptoms"} <= set(after.reasons)
    lines = sheet(door, patient).assessment.lines
    assert [(line.kind, line.after) for line in lines] != [(line.kind, line.after) for line in plan.lines]


async def test_journey_a_correction_makes_an_open_plan_stale(rounds: Opened, door: Door) -> None:
    app = rounds()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        while app.session.ward.cursor != "W01":
            await press(pilot, "down")
        await press(pilot, "enter", "a")
        assert app.session.round is not None
        await press(pilot, "E", "3", ".", "1", "enter", "1")
        await press(pilot, "escape")
        assert app.session.round.stale
        assert "PLAN OUT OF DATE" in screen(app)
        await press(pilot, "S")
        assert sheet(door, "W01").row.stage is Stage.OPEN


def test_the_way_back_leads_to_whom_something_was_written_for(door: Door) -> None:
    """The cursor goes on by itself after an entry; whoever comes back to the list must not find the next patient under it."""
    hands = at_cell(door).type("6.8").press("enter")
    assert hands.session.entry.patient == "W11"
    hands.press("escape")
    assert hands.session.ward.cursor == NO_FASTING
    hands.press("E", "down", "escape")
    assert hands.session.ward.cursor != NO_FASTING, "a key of one's own moves the cursor along"
