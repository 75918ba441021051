"""One made-up ward in a ledger, made once and copied for every test that writes."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from titration.service.rounds import people
from titration.service.rounds.demo import DEMO_FILE, demo_ledger
from titration.service.rounds.desk import Desk
from titration.service.rounds.opening import open_ledger


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    demo_ledger(folder).close()
    return folder / DEMO_FILE


@pytest.fixture
def ledger_file(demo_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(demo_file, tmp_path / "ward.ledger"))


@pytest.fixture
def desk(ledger_file: Path) -> Iterator[Desk]:
    door = open_ledger(str(ledger_file))
    assert isinstance(door, Desk)
    yield door
    door.close()


@pytest.fixture(autouse=True, scope="session")
def cheap_hashes() -> Iterator[None]:
    """The same hash with the least work: what is tested is who gets in, not how long it takes to guess."""
    patch = pytest.MonkeyPatch()
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    patch.setattr(people, "_hasher", lambda: cheap)
    yield
    patch.undo()
