"""The ward round on 500 beds, headless: ledger to first screen, and key to paint, in milliseconds."""

import asyncio
import statistics
import subprocess
import sys
import time
from pathlib import Path

from textual.pilot import Pilot

from titration.service.rounds.opening import Source, create_ledger, open_ledger
from tui.app import RoundsApp
from tui.memory import set_aside
from tui.session.state import Settings

BEDS = 500
DAYS = 21
LAST_MINUTE = 20_534 * 1440 + 23 * 60
SIZE = (120, 40)
KEYS = ("j", "k", "pagedown", "pageup", "G", "g", "w", "w", "s", "s", "s", "s", "f", "f", "f", "f", "f")


def run(folder: Path, runs: int, patients: int) -> None:
    """Print the figures of one ward of 500 beds."""
    del patients
    ledger = _ledger(folder)
    asyncio.run(_measured(ledger, max(1, runs)))


def _ledger(folder: Path) -> Path:
    """A ledger of 500 made-up patients in ``folder``, made once."""
    path, log = folder / "rounds.ledger", folder / "rounds-ward"
    if path.exists():
        return path
    script = Path(__file__).resolve().parents[1] / "examples" / "make_ward.py"
    subprocess.run(
        [sys.executable, script, log, "--patients", str(BEDS), "--days", str(DAYS)], check=True, capture_output=True
    )

    def bed(patient: str) -> dict[str, str]:
        number = int(patient[1:])
        return {"name": f"患者 {number}", "ward": str(number // 50 + 1), "bed": f"{number:03d}"}

    start = time.perf_counter()
    create_ledger(str(path), minute=LAST_MINUTE, single_user=True, user="Bench", log=Source(log, more=bed)).close()
    print(f"\nrounds: ledger of {BEDS} patients made in {time.perf_counter() - start:.1f} s")
    return path


async def _measured(ledger: Path, runs: int) -> None:
    first: list[tuple[float, float]] = []
    keys: list[tuple[float, float]] = []
    for _ in range(runs):
        start = _now()
        door = open_ledger(str(ledger), read_only=True)
        set_aside()
        app = RoundsApp(door, clock=lambda: LAST_MINUTE, settings=Settings(idle_minutes=0), beat=None)
        async with app.run_test(size=SIZE) as pilot:
            await _settled(pilot)
            first.append(_since(start))
            assert len(app.session.ward.items) == BEDS
            keys += [await _key(app, pilot, key) for key in KEYS]
            keys += [await _key(app, pilot, key) for key in ("slash", *"患者 1", "escape")]
            patient, _ = await _key(app, pilot, "enter", wait=True)
    _print(first, keys, patient)


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(start: tuple[float, float]) -> tuple[float, float]:
    """Seconds on the clock and of the processor: the second tells how fast this is where others share the machine."""
    return time.perf_counter() - start[0], time.process_time() - start[1]


async def _settled(pilot: Pilot[int]) -> None:
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def _key(app: RoundsApp, pilot: Pilot[int], key: str, *, wait: bool = False) -> tuple[float, float]:
    """Seconds, and seconds of the processor, from a key to the screen it gives."""
    before = app.paper.page
    start = _now()
    app.simulate_key(key)
    while app.paper.page is before and time.perf_counter() - start[0] < 1:
        await asyncio.sleep(0)
    if wait:
        await _settled(pilot)
    for row in range(SIZE[1]):
        app.paper.render_line(row)
    return _since(start)


def _print(first: list[tuple[float, float]], keys: list[tuple[float, float]], patient: float) -> None:
    opened, opened_cpu = (statistics.median(part) * 1000 for part in zip(*first, strict=True))
    clock, cpu = ([seconds * 1000 for seconds in part] for part in zip(*keys, strict=True))
    print(
        f"\nrounds, {BEDS} beds, {SIZE[0]}x{SIZE[1]}: ledger to first screen {opened:.0f} ms (bar 1000), CPU {opened_cpu:.0f}"
        f" ms; key to paint median {statistics.median(clock):.1f} ms, worst {max(clock):.1f} ms of {len(keys)} keys (bar 50),"
        f" CPU worst {max(cpu):.1f} ms; a patient opened in {patient * 1000:.0f} ms"
    )
