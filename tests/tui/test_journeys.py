"""Journeys through the application, keys only, on a real ledger."""

from tests.tui.conftest import Opened
from tests.tui.driving import press, screen, settled
from titration.service.rounds.demo import DEMO_MINUTE
from titration.service.rounds.door import Door
from titration.service.rounds.told import Stage


async def test_the_ward_opens_on_the_most_urgent_patient(rounds: Opened) -> None:
    app = rounds()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        text = screen(app)
        assert "EMERGENCY" in text
        assert text.splitlines()[4].startswith("▸ !! EMERGENCY A05")


async def test_three_keys_sign_a_plan_that_is_accepted_whole(rounds: Opened, door: Door) -> None:
    app = rounds()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        patient = app.session.ward.cursor
        await press(pilot, "enter", "a", "S")
        assert "Signed" in screen(app)
        sheet = door.patient(patient, minute=DEMO_MINUTE)
        assert sheet.row.stage is Stage.SIGNED
        assert sheet.signed[-1].day == sheet.day
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
