"""End to end in a real terminal: the installed command under tmux, a ledger of today, keys, and what the ledger then holds."""

import csv
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.tui.terminal import TMUX, Terminal
from titration.service.rounds import demo
from titration.service.rounds.opening import Source, create_ledger, open_ledger
from titration.service.rounds.told import Action, SignedRow, Stage
from tui.clock import local_minute

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(TMUX is None, reason="NO END-TO-END TEST IN A TERMINAL: install tmux"),
]
PROGRAM = str(Path(sys.executable).with_name("titration"))
LAST_DAY = date(2026, 3, 23)
"""The morning on which the histories of the made-up ward end."""


def made_up(folder: Path, moved: timedelta) -> Path:
    """Three patients of the made-up ward, their days moved so that they end today."""
    folder.mkdir()
    kept = Path(demo.__file__).parent / "made_up"
    for path in kept.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as text:
            rows = [row for row in csv.DictReader(text) if row["patient_id"] in ("W02", "W04", "W09")]
            names = list(rows[0]) if rows else []
        for row in rows:
            if "time" in row:
                day, clock = row["time"].split(" ")
                row["time"] = f"{date.fromisoformat(day) + moved} {clock}"
        if rows:
            with (folder / path.name).open("w", encoding="utf-8", newline="") as text:
                writer = csv.DictWriter(text, names)
                writer.writeheader()
                writer.writerows(rows)
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("today")
    path = folder / "ward.ledger"
    today = date(1970, 1, 1) + timedelta(local_minute() // 1440)
    log = Source(made_up(folder / "log", today - LAST_DAY), more=lambda patient: {"bed": f"A{patient[1:]}"})
    create_ledger(str(path), minute=local_minute(), single_user=True, user="Dr Lin", log=log).close()
    return path


@pytest.fixture
def ledger(whole: Path, tmp_path: Path) -> Path:
    path = tmp_path / "ward.ledger"
    path.write_bytes(whole.read_bytes())
    path.chmod(0o600)
    return path


@pytest.fixture
def terminal(ledger: Path, tmp_path: Path) -> Iterator[Terminal]:
    with rounds(ledger, tmp_path) as opened:
        yield opened


def rounds(ledger: Path, folder: Path, *more: str) -> Terminal:
    command = [PROGRAM, "rounds", "--db", str(ledger), "--lang", "en", *more]
    return Terminal(folder, command, XDG_CONFIG_HOME=str(folder))


def signed(ledger: Path) -> dict[str, tuple[SignedRow, ...]]:
    """Decisions by patient, once the whole chain has been checked."""
    door = open_ledger(str(ledger), read_only=True)
    try:
        assert door.verify() == (door.head(), None)
        rows = door.ward(minute=local_minute()).rows
        sheets = [door.patient(row.person.patient_id, minute=local_minute()) for row in rows]
    finally:
        door.close()
    return {sheet.person.patient_id: sheet.signed for sheet in sheets}


def left_as_it_was(terminal: Terminal, code: int) -> None:
    """The program ended, and the terminal is the shell's again: its screen, its keys, its mouse."""
    text = terminal.until(f"ended with {code}", "-tostop")
    assert " icanon" in text
    assert " echo " in text
    assert (terminal.told("alternate_on"), terminal.told("mouse_any_flag")) == ("0", "0")
    assert terminal.told("cursor_flag") == "1"
    assert "Traceback" not in text


def test_a_round_signed_in_a_terminal_stands_in_the_ledger(terminal: Terminal, ledger: Path) -> None:
    screen = terminal.until("3 patients", "▸").splitlines()
    assert len(screen) == 24
    first = next(line for line in screen if line.startswith("▸")).split()
    bed = next(word for word in first if word.startswith("A"))
    terminal.press("Enter").until("Accept all", bed)
    terminal.press("a").until("S Sign")
    terminal.press("S").until("1 signed")
    terminal.press("q")
    left_as_it_was(terminal, 0)
    decisions = signed(ledger)
    (patient,) = [patient for patient, rows in decisions.items() if rows]
    assert patient == f"W{bed[1:]}"
    assert [choice.action for choice in decisions[patient][0].choices].count(Action.ACCEPT) >= 1
    assert decisions[patient][0].author == "Dr Lin"


def test_interrupting_asks_first_and_leaves_ledger_and_terminal_whole(terminal: Terminal, ledger: Path) -> None:
    terminal.until("3 patients", "▸")
    terminal.press("Enter").until("Accept all")
    terminal.press("a").until("S Sign")
    terminal.press("C-c").until("Not signed or not saved")
    terminal.press("C-c")
    left_as_it_was(terminal, 0)
    assert not any(signed(ledger).values())


def test_a_terminal_that_goes_away_leaves_the_ledger_whole(terminal: Terminal, ledger: Path) -> None:
    terminal.until("3 patients", "▸")
    terminal.press("i").until("One line")
    terminal.type("r 6.8")
    terminal.until("6.8 mmol/L, random")
    program = int(terminal.tmux("list-panes", "-F", "#{pane_pid}"))
    terminal.tmux("kill-session")
    with suppress(ProcessLookupError):
        while True:
            os.kill(program, signal.SIGCONT)
    assert not any(signed(ledger).values())


def test_a_window_changes_its_size_and_the_screen_follows(terminal: Terminal) -> None:
    terminal.until("3 patients", "▸")
    terminal.tmux("resize-window", "-x", "120", "-y", "40")
    terminal.until("% of base")
    assert len(terminal.text.splitlines()) == 40


def test_the_demo_opens_in_chinese_and_leaves_nothing_behind(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [PROGRAM, "demo", "--lang", "zh"]
    with Terminal(tmp_path, command, XDG_CONFIG_HOME=str(tmp_path), TMPDIR=str(scratch)) as terminal:
        terminal.until("24 位患者", "石敢当")
        assert [path.name for path in scratch.iterdir()] != []
        terminal.press("Enter").until("全部接受")
        terminal.press("Escape", "q")
        left_as_it_was(terminal, 0)
    assert list(scratch.iterdir()) == []


def test_two_terminals_on_one_patient(ledger: Path, tmp_path: Path) -> None:
    places = (tmp_path / "one", tmp_path / "two")
    for place in places:
        place.mkdir()
    with rounds(ledger, places[0]) as one, rounds(ledger, places[1]) as two:
        for terminal in (one, two):
            terminal.until("3 patients", "▸")
            terminal.press("b").type("A09")
            terminal.press("Enter", "Enter").until("Accept all")
        one.press("a").until("S Sign")
        two.press("i").until("One line")
        two.type("2.6 r")
        two.until("2.6 mmol/L")
        two.press("Enter").until("saved")
        one.until("PLAN OUT OF DATE")
        one.press("S").until("PLAN OUT OF DATE")
        one.press("r").until("2 of 3 decided")
        one.press("a").until("All decided")
        one.press("S").until("1 signed")
    assert len(signed(ledger)["W09"]) == 1
    door = open_ledger(str(ledger), read_only=True)
    row = door.ward(minute=local_minute()).find("W09")
    door.close()
    assert row is not None
    assert row.stage is Stage.SIGNED
