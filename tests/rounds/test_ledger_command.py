"""``titration ledger ...`` as a person or a script runs it."""

import io
import json
import os
import pty
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.command import CHINESE, COMMAND, environment, refused, run
from titration.service.recall_words import SAID
from titration.service.rounds.desk import Desk
from titration.service.rounds.opening import open_desk

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "make_ward.py"
PHRASE = "correct horse battery"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "ward"
    subprocess.run([sys.executable, SCRIPT, folder, "--patients", "3", "--days", "7"], check=True, capture_output=True)
    return folder


def typing(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_a_ledger_from_its_making_to_its_copies(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, log: Path, tmp_path: Path
) -> None:
    ledger = tmp_path / "ward.ledger"
    script = "--passphrase-stdin"
    typing(monkeypatch, PHRASE)
    code, out, _ = run(capsys, "ledger", "create", ledger, "--from", log, "--user", "Dr Lin", script)
    assert code == 0
    assert "rows kept" in out
    typing(monkeypatch, PHRASE, "nurses sign too")
    added = ("ledger", "user", "add", ledger, "Hao", "--role", "nurse", "--by", "Dr Lin", script)
    assert run(capsys, *added)[0] == 0
    typing(monkeypatch, "nurses sign too", "a better one")
    assert run(capsys, "ledger", "user", "passphrase", ledger, "Hao", "--by", "Hao", script)[0] == 0
    typing(monkeypatch, PHRASE)
    assert run(capsys, "ledger", "pack", ledger, "--pack", "huc-msc-t2dm", "--by", "Dr Lin", script)[0] == 0
    typing(monkeypatch, PHRASE)
    assert run(capsys, "ledger", "user", "disable", ledger, "Hao", "--by", "Dr Lin", script)[0] == 0
    code, out, _ = run(capsys, "ledger", "verify", ledger)
    assert (code, "whole" in out) == (0, True)
    assert run(capsys, "ledger", "export", ledger, tmp_path / "out.jsonl")[0] == 0
    typing(monkeypatch, "another phrase")
    target = tmp_path / "again.ledger"
    assert run(capsys, "ledger", "import", tmp_path / "out.jsonl", target, "--user", "Dr Lin", script)[0] == 0
    assert run(capsys, "ledger", "backup", ledger, tmp_path / "copy.ledger")[0] == 0
    assert run(capsys, "ledger", "rebuild", ledger)[0] == 0
    copies = (ledger, tmp_path / "copy.ledger")
    heads = [json.loads(run(capsys, "ledger", "verify", copy, "--json")[1]) for copy in copies]
    assert heads[0] == heads[1]
    assert heads[0]["whole"]


def test_a_single_user_ledger_says_that_it_has_no_passphrase(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, _, err = run(capsys, "ledger", "create", tmp_path / "x.ledger", "--user", "me", "--single-user")
    assert code == 0
    assert "no passphrase" in err


def test_a_log_with_refused_rows_needs_attention_and_says_how_many(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "readings.csv").write_text(
        "patient_id,time,glucose,unit\nP1,2026-03-01 06:30,6.1,mmol/L\nP1,2026-03-02 06:30,six,mmol/L\n",
        encoding="utf-8",
    )
    ledger = tmp_path / "x.ledger"
    code, out, _ = run(
        capsys, "ledger", "create", ledger, "--user", "me", "--single-user", "--from", tmp_path / "readings.csv"
    )
    assert code == 1
    assert "kept 1, quarantined 0, rejected 1" in out
    desk = open_desk(str(ledger), read_only=True)
    (entry,) = desk.entries(kinds=("import",))
    assert ("rejected", "1") in entry.facts
    assert len(desk.entries(kinds=("doubt",))) == 1
    desk.close()


def test_a_log_that_cannot_be_read_leaves_no_ledger(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    said = refused(
        capsys, "ledger", "create", tmp_path / "x.ledger", "--user", "me", "--single-user", "--from", tmp_path / "no"
    )
    assert "no" in said
    assert list(tmp_path.iterdir()) == []


def test_a_fault_is_named_with_exit_code_1(capsys: pytest.CaptureFixture[str], ledger_file: Path, desk: Desk) -> None:
    desk.close()
    with sqlite3.connect(ledger_file) as connection:
        connection.execute("DROP TRIGGER entries_no_update")
        connection.execute("UPDATE entries SET body = replace(body, '\"value\":', '\"value\": ') WHERE seq = 500")
    connection.close()
    code, out, _ = run(capsys, "ledger", "verify", ledger_file)
    assert code == 1
    assert out.startswith("FAULT  entry 500 ")
    assert "499 entries along the chain" in out


def test_recall_and_report_speak_to_people_and_programs(capsys: pytest.CaptureFixture[str], ledger_file: Path) -> None:
    code, out, _ = run(capsys, "ledger", "recall", ledger_file, "--rule", "basal.raise")
    assert code == 0
    assert "recommendations touched" in out
    found = json.loads(run(capsys, "ledger", "recall", ledger_file, "--rule", "basal.raise", "--json")[1])
    assert {item["plan_changed"] for item in found} == {True}
    assert all(line["unit"] for item in found for line in item["lines"])
    code, out, _ = run(capsys, "ledger", "report", ledger_file, "--since", "2026-03-01")
    assert code == 0
    assert "decisions on" in out
    counts = json.loads(run(capsys, "ledger", "report", ledger_file, "--json")[1])
    assert counts["decisions"] > 0
    assert "date" in refused(capsys, "ledger", "report", ledger_file, "--since", "yesterday")


@pytest.mark.parametrize(
    "what", [("recall", "--pack", "huc-msc-t2dm"), ("recall", "--rule", "basal.raise"), ("report",)]
)
def test_recall_and_report_speak_both_languages(
    capsys: pytest.CaptureFixture[str], ledger_file: Path, what: tuple[str, ...]
) -> None:
    command, *rest = what
    english = run(capsys, "ledger", command, ledger_file, *rest)[1].splitlines()
    chinese = run(capsys, "ledger", command, ledger_file, *rest, "--lang", "zh")[1].splitlines()
    assert len(english) == len(chinese) > 1
    assert not any(CHINESE.search(line) for line in english)
    assert all(CHINESE.search(line) for line in chinese)
    for one, other in zip(english, chinese, strict=True):
        assert not re.search(r"[a-z]_[a-z]", one + other), "a code stands where words should"
        assert not re.search(r"(insulin|胰岛素)[^;；]* [\d,.]+(;|；|$)", f"{one};{other}"), "insulin without its unit"
    assert re.findall(r"\d+", english[0]) == re.findall(r"\d+", chinese[0])


def test_every_word_of_recall_and_report_is_there_in_both_languages() -> None:
    fields = {
        language: {key: set(re.findall(r"{\w+}", text)) for key, text in SAID[language].items()} for language in SAID
    }
    assert fields["en"] == fields["zh"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify", "nowhere.ledger"),
        ("export", "nowhere.ledger", "out.jsonl"),
        ("backup", "nowhere.ledger", "copy.ledger"),
        ("import", "nowhere.jsonl", "x.ledger"),
        ("recall", "nowhere.ledger", "--reading", "1"),
        ("report", "nowhere.ledger"),
        ("rebuild", "nowhere.ledger"),
        ("user", "disable", "nowhere.ledger", "x", "--by", "y"),
    ],
)
def test_what_is_not_there_is_refused_and_not_made(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "nowhere" in refused(capsys, "ledger", *arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_passphrase_is_never_an_argument_and_never_asked_for_without_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    typing(monkeypatch, PHRASE)
    assert "--passphrase-stdin" in refused(capsys, "ledger", "create", tmp_path / "x.ledger", "--user", "me")
    typing(monkeypatch)
    said = refused(capsys, "ledger", "create", tmp_path / "x.ledger", "--user", "me", "--passphrase-stdin")
    assert "no passphrase" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is a thing of POSIX")
def test_on_a_terminal_the_passphrase_is_asked_for_twice_and_not_shown(tmp_path: Path) -> None:
    ledger = tmp_path / "x.ledger"
    control, terminal = pty.openpty()
    command = [*COMMAND, "ledger", "create", str(ledger), "--user", "me"]
    child = subprocess.Popen(
        command, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True, env=environment()
    )
    os.close(terminal)
    shown = b""
    for _ in range(2):
        while not shown.rstrip().endswith((b"passphrase:", b"Again:")):
            shown += os.read(control, 1024)
        os.write(control, PHRASE.encode() + b"\n")
        shown += b"|"
    while True:
        try:
            part = os.read(control, 1024)
        except OSError:
            break
        if not part:
            break
        shown += part
    assert child.wait() == 0, shown
    os.close(control)
    assert PHRASE.encode() not in shown
    assert ledger.stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_ctrl_c_while_a_log_is_read_in_leaves_nothing(tmp_path: Path, log: Path) -> None:
    big = tmp_path / "big"
    shutil.copytree(log, big)
    rows = (big / "readings.csv").read_text(encoding="utf-8").splitlines()
    days = "\n".join(f"W{i:05d}{row[3:]}" for i in range(600) for row in rows[1:40])
    (big / "readings.csv").write_text(f"{rows[0]}\n{days}\n", encoding="utf-8")
    ledger = tmp_path / "out" / "x.ledger"
    ledger.parent.mkdir()
    # The interrupt comes as soon as the file is there: while the log is read and written.
    program = (
        "import os, signal, sys, threading\n"
        "from titration.store import ledger\n"
        "made = ledger.Ledger.create\n"
        "def create(url):\n"
        "    threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "    return made(url)\n"
        "ledger.Ledger.create = create\n"
        "from titration.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    command = [
        sys.executable,
        "-c",
        program,
        "ledger",
        "create",
        ledger,
        "--from",
        big,
        "--user",
        "me",
        "--single-user",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr
    assert list(ledger.parent.iterdir()) == []
