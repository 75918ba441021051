"""Journeys through the application, keys only, on a real ledger."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.geometry import Offset

from tests.tui.conftest import Clock, Opened
from tests.tui.driving import press, screen, settled, wait_for_answers
from tests.tui.standing import Standing
from titration.service.rounds.asked import NewReading
from titration.service.rounds.demo import DEMO_MINUTE, NURSE
from titration.service.rounds.door import Door
from titration.service.rounds.opening import open_ledger
from titration.service.rounds.told import Action, PatientSheet, Stage, WardSheet
from tui.app import RoundsApp
from tui.keys import Keymap, load_keymap


@pytest.fixture
def other(ledger_file: Path, door: Door) -> Iterator[Door]:
    """Another terminal on the same ledger."""
    del door
    opened = open_ledger(str(ledger_file))
    yield opened
    opened.close()


def a_low_at_lunch(door: Door, patient: str) -> None:
    reading = NewReading(patient, DEMO_MINUTE - 30, 25, "2.5", "mmol/L", "fasting")
    door.record(NURSE, [reading], minute=DEMO_MINUTE)


async def test_the_ward_opens_on_the_most_urgent_patient(rounds: Opened) -> None:
    app = rounds()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert screen(app).splitlines()[4].startswith("▸ !! EMERGENCY A05")


async def test_three_keys_sign_a_plan_that_is_accepted_whole(rounds: Opened, door: Door) -> None:
    app = rounds()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        patient = app.session.ward.cursor
        await press(pilot, "enter", "a", "S")
        assert "Signed" in screen(app)
        sheet = door.patient(patient, minute=DEMO_MINUTE)
        assert sheet.row.stage is Stage.SIGNED
        assert {choice.action for choice in sheet.signed[-1].choices} == {Action.ACCEPT}
        assert app.session.ward.cursor != patient


async def test_a_round_of_ten_patients(rounds: Opened, door: Door) -> None:
    app = rounds()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        for _ in range(10):
            await press(pilot, "enter", "a", "S")
            while app.session.round is not None:
                await press(pilot, "S")
        assert "10 signed" in screen(app)
    ward = door.ward(minute=DEMO_MINUTE)
    assert sum(row.stage is Stage.SIGNED for row in ward.rows) == 10


async def test_a_dose_beyond_the_guard_reaches_the_ledger_with_reason_and_limit(rounds: Opened, door: Door) -> None:
    app = rounds()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "b", "A", "0", "4", "enter", "j", "m", "ctrl+u", "9", "enter")
        assert "GOES BEYOND THE GUARD" in screen(app)
        await press(pilot, "Y", "9", "a", "S")
    choice = door.patient("W04", minute=DEMO_MINUTE).signed[-1].choices[3]
    assert (choice.action, choice.dose, choice.reason) == (Action.MODIFY, 9000, "faster")
    assert "hypo_lockout" in choice.beyond


async def test_two_terminals_on_one_patient(rounds: Opened, door: Door, other: Door) -> None:
    app = rounds()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "b", "A", "0", "2", "enter", "a")
        a_low_at_lunch(other, "W02")
        app.beat()
        await wait_for_answers(pilot)
        assert "PLAN OUT OF DATE" in screen(app)
        signed = len(door.patient("W02", minute=DEMO_MINUTE).signed)
        await press(pilot, "S")
        assert len(door.patient("W02", minute=DEMO_MINUTE).signed) == signed
        await press(pilot, "r")
        assert "PLAN OUT OF DATE" not in screen(app)
        assert app.session.round is not None
        assert len(app.session.round.choices) < 3
        await press(pilot, "a", "S")
    assert len(door.patient("W02", minute=DEMO_MINUTE).signed) == signed + 1


async def test_a_correction_between_the_polls_is_refused_by_the_ledger_itself(
    rounds: Opened, door: Door, other: Door
) -> None:
    app = rounds()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "b", "A", "0", "2", "enter", "a")
        a_low_at_lunch(other, "W02")
        signed = len(door.patient("W02", minute=DEMO_MINUTE).signed)
        await press(pilot, "S")
        assert "reload before signing" in screen(app)
    assert len(door.patient("W02", minute=DEMO_MINUTE).signed) == signed


async def test_a_night_hypo_stands_at_the_head_of_the_ward(rounds: Opened, other: Door) -> None:
    app = rounds()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        a_low_at_lunch(other, "W13")
        app.beat()
        await wait_for_answers(pilot)
        await press(pilot, "b", "B", "0", "1")
        row = next(line for line in screen(app).splitlines() if " B01 " in line)
        assert "!! EMERGENCY" in row
        assert "2.5!" in row
        await press(pilot, "enter")
        assert "See" in screen(app) or "!! URGENT" in screen(app)


async def test_a_lost_connection_loses_nothing(rounds: Opened, standing: Standing) -> None:
    app = rounds(standing)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "b", "A", "0", "4", "enter", "x", "1", "m", "ctrl+u", "4")
        standing.cut = True
        app.beat()
        await wait_for_answers(pilot)
        assert "CONNECTION LOST" in screen(app)
        await press(pilot, "enter")
        assert "[4 " in screen(app)
        standing.cut = False
        app.beat()
        await wait_for_answers(pilot)
        assert "CONNECTION LOST" not in screen(app)
        await press(pilot, "enter", "1", "a", "S")
    assert len(standing.signatures) == 1


async def test_idle_and_blank_hide_every_value(rounds: Opened, clock: Clock, standing: Standing) -> None:
    app = rounds(standing, idle_minutes=3)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        clock.minute += 3
        app.beat()
        await settled(pilot)
        assert "A05" not in screen(app)
        await press(pilot, "x", "f8")
        assert "A05" in screen(app)


class Slow(Standing):
    """A door whose ward does not come until it is let through."""

    gate = threading.Event()

    def ward(self, *, minute: int) -> WardSheet:
        self.gate.wait(10)
        return super().ward(minute=minute)

    def patient(self, patient_id: str, *, minute: int) -> PatientSheet:
        return super().patient(patient_id, minute=minute)


async def test_help_opens_while_the_engine_is_busy(rounds: Opened, standing: Standing) -> None:
    slow = Slow(standing.stock)
    slow.gate = threading.Event()
    app = rounds(slow)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("?")
        await pilot.pause()
        assert "Keys" in screen(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "Reading the ledger" in screen(app)
        slow.gate.set()
        await settled(pilot)
        assert "EMERGENCY" in screen(app)


async def test_a_click_points_and_a_second_one_opens(rounds: Opened, standing: Standing) -> None:
    app = rounds(standing)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.click(offset=(20, 6))
        await settled(pilot)
        assert app.session.ward.cursor == standing.stock.ward.rows[2].person.patient_id
        await pilot.click(offset=(20, 6), times=2)
        await settled(pilot)
        assert app.session.place == "patient"
        await pilot.click(offset=(3, 23))
        await settled(pilot)
        assert app.session.place == "decide"


async def test_the_wheel_moves_the_cursor(rounds: Opened, standing: Standing) -> None:
    app = rounds(standing)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        first = app.session.ward.cursor
        app.on_mouse_scroll_down()
        assert app.session.ward.cursor != first
        app.on_mouse_scroll_up()
        assert app.session.ward.cursor == first


async def test_the_page_follows_the_size_of_the_terminal(rounds: Opened, standing: Standing) -> None:
    app = rounds(standing)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.resize_terminal(120, 40)
        await settled(pilot)
        assert {len(row.text) for row in app.paper.page.rows[:1]} == {120}
        assert len(app.paper.page.rows) == 40
        await pilot.resize_terminal(50, 10)
        await settled(pilot)
        assert "Make the window larger" in screen(app)


async def test_the_terminals_cursor_stands_where_text_is_typed(rounds: Opened, standing: Standing) -> None:
    """An input method puts its candidates there."""
    app = rounds(standing)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "/", "石", "敢")
        column, row = app.cursor_position
        line = screen(app).splitlines()[row]
        assert line.startswith(" Search bed, name, id or drug: [石敢")
        assert column == len(" Search bed, name, id or drug: [") + 4
        assert app.cursor_position == Offset(column, row)


async def test_keys_of_ones_own(rounds: Opened, standing: Standing, tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text('[keys]\n"ward.open" = "o"\n', encoding="utf-8")
    app: RoundsApp = rounds(standing, keymap=load_keymap(path))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "o Open" in screen(app).splitlines()[-1]
        await press(pilot, "enter")
        assert app.session.place == "ward"
        await press(pilot, "o")
        assert app.session.place == "patient"
    assert Keymap() != app.keymap
