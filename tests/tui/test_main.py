"""The commands ``rounds`` and ``demo``: what they refuse, and what they print where there is no terminal."""

import builtins
import gc
import os
import socket
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from wcwidth import wcswidth

from tests.unit.command import CHINESE, refused, run
from titration.service.rounds import demo
from titration.service.rounds.door import Door
from titration.service.rounds.opening import create_ledger
from tui.app import RoundsApp
from tui.keys import Keymap
from tui.main import settings_of, show
from tui.session.state import Settings


def test_the_demo_prints_the_ward_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "demo", "--lang", "en")
    assert (code, err) == (0, "")
    assert "24 patients" in out
    assert sum(line.startswith(("A0", "A1", "B0", "B1")) for line in out.splitlines()) == 24
    assert "Not a cleared or approved medical device" in " ".join(out.split())


def test_the_demo_speaks_chinese(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    code, out, _ = run(capsys, "demo")
    assert code == 0
    assert CHINESE.search(out)
    assert "医疗器械" in out
    assert all(wcswidth(line) <= 80 for line in out.splitlines())


def test_a_ledger_is_printed_for_one_ward(capsys: pytest.CaptureFixture[str], ledger_file: Path) -> None:
    code, out, _ = run(capsys, "rounds", "--db", ledger_file, "--ward", "B区", "--read-only")
    assert code == 0
    assert "\nB01 " in out
    assert "\nA01 " not in out


def test_the_ledger_may_be_named_by_the_environment(
    capsys: pytest.CaptureFixture[str], ledger_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TITRATION_DB", str(ledger_file))
    code, out, _ = run(capsys, "rounds")
    assert code == 0
    assert "24" in out


def test_a_saved_witness_is_looked_at_on_its_last_day(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    witness = Path(demo.__file__).parent / "made_up"
    code, out, _ = run(capsys, "rounds", "--witness", witness, "--patient", "W04", "--lang", "en")
    assert code == 0
    assert "2026-03-23" in out
    assert "reduce to 3 units" in out
    assert list(tmp_path.glob("**/*.ledger")) == []
    assert "nowhere" in refused(capsys, "rounds", "--witness", tmp_path / "nowhere")


def test_without_a_ledger_the_way_to_one_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "--db" in refused(capsys, "rounds")
    assert "nothing.ledger" in refused(capsys, "rounds", "--db", tmp_path / "nothing.ledger")


def test_a_ledger_with_passphrases_is_not_printed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "locked.ledger"
    create_ledger(str(path), minute=0, single_user=False, user="Dr Lin", passphrase="correct horse battery").close()
    assert "passphrase" in refused(capsys, "rounds", "--db", path)


def test_a_bad_keymap_is_refused_before_anything_is_opened(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text('[keys]\n"fly" = "x"\n', encoding="utf-8")
    assert "no action 'fly'" in refused(capsys, "rounds", "--db", "x", "--keymap", path)


def test_the_users_own_keymap_is_found(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "config" / "titration"
    folder.mkdir(parents=True)
    (folder / "keys.toml").write_text('[keys]\n"fly" = "x"\n', encoding="utf-8")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert "no action 'fly'" in refused(capsys, "rounds", "--db", "x")


def test_the_web_needs_its_extra(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> ModuleType:
        if name.startswith(("textual_serve", "tui.web")):
            raise ImportError(name)
        return whole(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    assert "pip install 'titration[web]'" in refused(capsys, "rounds", "--db", "x", "--web")


def test_the_web_serves_this_machine_only(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from tui.web.server import LoopbackServer

    seen: list[LoopbackServer] = []
    monkeypatch.setattr(LoopbackServer, "serve", lambda server: seen.append(server))  # noqa: PLW0108 - a method takes itself
    monkeypatch.setenv("TITRATION_DB", "")
    code, _, _ = run(capsys, "rounds", "--db", "a b.ledger", "--web", "--lang", "zh", "--read-only")
    assert code == 0
    (server,) = seen
    assert server.host == "127.0.0.1"
    assert f"{sys.executable} -m titration.cli rounds --lang zh" in server.command
    assert "ledger" not in server.command
    assert os.environ["TITRATION_DB"] == "a b.ledger"
    assert "--read-only" in server.command
    assert "--web" not in server.command


def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TITRATION_DB", "")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert "choose another with --port" in refused(capsys, "rounds", "--db", "x", "--web", "--port", port)


def test_what_stays_loaded_is_not_collected_again_and_again(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen: list[int] = []
    monkeypatch.setattr(RoundsApp, "run", lambda _: frozen.append(gc.get_freeze_count()))
    monkeypatch.setenv("TEXTUAL_DRIVER", "none")
    gc.unfreeze()
    try:
        show(door, Settings(), Keymap(), lambda: 0)
    finally:
        gc.unfreeze()
    assert frozen[0] > 100_000


@pytest.mark.parametrize("bad", ["-1", "x", "1.5"])
def test_minutes_are_a_whole_number(capsys: pytest.CaptureFixture[str], bad: str) -> None:
    with pytest.raises(SystemExit) as error:
        run(capsys, "demo", "--idle", bad)
    assert error.value.code == 2


def test_the_language_of_the_environment_is_taken_where_none_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    from argparse import Namespace

    arguments = Namespace(lang=None, idle=5, ward=None, glyphs="ascii")
    assert settings_of(arguments).language == "en"
    assert settings_of(arguments).plain_glyphs
    monkeypatch.setenv("LANG", "zh_CN")
    assert settings_of(arguments).language == "zh"
