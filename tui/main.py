"""The way in from the command line: opens the ledger, chooses the front end, and lets go of the ledger at the end."""

import os
import shlex
import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from titration.explain.phrases import Language
from titration.service.rounds.door import Door
from titration.service.rounds.told import Refused
from tui.keys import Keymap, KeymapError, load_keymap
from tui.session.state import Settings

OK, REFUSED = 0, 2
DB_VARIABLE = "TITRATION_DB"


def run(arguments: Namespace) -> int:
    """Run ``titration rounds`` or ``titration demo``; returns the exit code. Raises ValueError with what to do."""
    try:
        return _demo(arguments) if getattr(arguments, "demo", False) else _rounds(arguments)
    except (Refused, KeymapError) as refused:
        raise ValueError(str(refused)) from None


def _rounds(arguments: Namespace) -> int:
    if arguments.web:
        return serve(arguments)
    if arguments.witness is not None:
        return _witness(arguments)
    from titration.service.rounds.opening import open_ledger
    from tui.clock import local_minute

    settings, keymap = settings_of(arguments), keymap_of(arguments.keymap)
    url = arguments.db or os.environ.get(DB_VARIABLE)
    if not url:
        raise ValueError(f"name the ledger: --db FILE or URL, or set {DB_VARIABLE}; `titration demo` needs none")
    door = open_ledger(url, read_only=arguments.read_only)
    if arguments.sheet is not None:
        return _sheet(door, settings, local_minute, arguments)
    if arguments.plain or arguments.patient is not None:
        return _plain(door, settings, local_minute, arguments.patient)
    return show(door, settings, keymap, local_minute)


def _witness(arguments: Namespace) -> int:
    """A saved log as a ledger of its own for as long as it is looked at, at the end of its last day."""
    from titration.service.rounds.witness import witness_ledger

    settings, keymap = settings_of(arguments), keymap_of(arguments.keymap)
    with tempfile.TemporaryDirectory(prefix="titration-witness-") as folder:
        door, minute = witness_ledger(arguments.witness, Path(folder), pack=arguments.pack, rules=arguments.rules)
        if arguments.plain or arguments.patient is not None:
            return _plain(door, settings, lambda: minute, arguments.patient)
        return show(door, settings, keymap, lambda: minute)


def _demo(arguments: Namespace) -> int:
    from titration.service.rounds.demo import DEMO_MINUTE, demo_ledger
    from tui.clock import running_from

    settings = settings_of(arguments)
    with tempfile.TemporaryDirectory(prefix="titration-demo-") as folder:
        if sys.stderr.isatty():
            sys.stderr.write("titration: making a ward of 24 invented patients ...\n")
        door = demo_ledger(Path(folder))
        clock = running_from(DEMO_MINUTE)
        if arguments.sheet is not None:
            return _sheet(door, settings, clock, arguments)
        if arguments.plain or arguments.patient is not None:
            return _plain(door, settings, clock, arguments.patient)
        return show(door, settings, keymap_of(arguments.keymap), clock)


def show(door: Door, settings: Settings, keymap: Keymap, clock: Callable[[], int]) -> int:
    """The full screen; without a terminal, the ward as a sheet of text."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) and "TEXTUAL_DRIVER" not in os.environ:
        return _plain(door, settings, clock, None, talks=False)
    from tui.app import RoundsApp
    from tui.memory import set_aside

    set_aside()
    app = RoundsApp(door, clock=clock, settings=settings, keymap=keymap)
    app.run()
    return app.return_code or OK


def _plain(door: Door, settings: Settings, clock: Callable[[], int], patient: str | None, *, talks: bool = True) -> int:
    from tui.plain.running import run_plain

    return run_plain(door, settings, clock, patient=patient, stdin=sys.stdin, stdout=sys.stdout, talks=talks)


def _sheet(door: Door, settings: Settings, clock: Callable[[], int], arguments: Namespace) -> int:
    from tui.plain.running import write_to

    write_to(arguments.sheet, door, settings, clock, patient=arguments.patient, stdin=sys.stdin, stdout=sys.stdout)
    return OK


def settings_of(arguments: Namespace) -> Settings:
    """What the command line chose; the language of the environment where it chose none."""
    language: Language = arguments.lang or ("zh" if os.environ.get("LANG", "").startswith("zh") else "en")
    settings = Settings(language=language, idle_minutes=arguments.idle, ward=getattr(arguments, "ward", None))
    return replace(settings, plain_glyphs=arguments.glyphs == "ascii")


def keymap_of(path: Path | None) -> Keymap:
    """The keymap file named, or the user's own, or the shipped keys; raises KeymapError or OSError."""
    if path is not None:
        return load_keymap(path)
    own = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "titration" / "keys.toml"
    return load_keymap(own) if own.is_file() else Keymap()


def serve(arguments: Namespace) -> int:
    """The same screens in a browser of this machine only; raises ValueError where textual-serve is not installed."""
    try:
        from tui.web.server import LoopbackServer
    except ImportError:
        raise ValueError("--web needs textual-serve: pip install 'titration[web]'") from None
    words = [sys.executable, "-m", "titration.cli", "rounds"]
    if arguments.db:
        # Not on the command line, where every user of the machine could read a password in it.
        os.environ[DB_VARIABLE] = arguments.db
    for name in ("ward", "lang", "keymap"):
        value = getattr(arguments, name)
        words += [f"--{name}", str(value)] if value is not None else []
    words += ["--idle", str(arguments.idle), "--glyphs", arguments.glyphs]
    words += ["--read-only"] if arguments.read_only else []
    LoopbackServer(shlex.join(words), port=arguments.port, title="titration rounds").serve()
    return OK
