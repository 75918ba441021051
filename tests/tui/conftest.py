"""A made-up ward in a ledger of its own for every test, and an application on it with a clock that stands still."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.tui.standing import Standing, Stock
from titration.service.rounds.demo import DEMO_FILE, DEMO_MINUTE, demo_ledger
from titration.service.rounds.door import Door
from titration.service.rounds.opening import open_ledger
from tui.app import RoundsApp
from tui.keys import Keymap
from tui.session.state import Settings


@dataclass
class Clock:
    """A clock that a test moves."""

    minute: int = DEMO_MINUTE

    def __call__(self) -> int:
        return self.minute


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("NO_COLOR", "TITRATION_DB", "LANG", "TEXTUAL_DRIVER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    demo_ledger(folder).close()
    return folder / DEMO_FILE


@pytest.fixture
def ledger_file(demo_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(demo_file, tmp_path / "ward.ledger"))


@pytest.fixture
def door(ledger_file: Path) -> Iterator[Door]:
    opened = open_ledger(str(ledger_file))
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


Opened = Callable[..., RoundsApp]


@pytest.fixture
def rounds(door: Door, clock: Clock) -> Opened:
    def opened(on: Door = door, *, keymap: Keymap | None = None, **chosen: object) -> RoundsApp:
        return RoundsApp(on, clock=clock, settings=Settings(**chosen), keymap=keymap, beat=None)  # type: ignore[arg-type]

    return opened


@pytest.fixture(scope="session")
def stock(demo_file: Path) -> Iterator[Stock]:
    opened = open_ledger(str(demo_file), read_only=True)
    yield Stock.of(opened, minute=DEMO_MINUTE)
    opened.close()


@pytest.fixture
def standing(stock: Stock) -> Standing:
    return Standing(stock)
