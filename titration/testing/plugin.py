"""The pytest plugin: ``pytest --titration-rules DIR`` holds every pack of a folder to the laws, its cases and its proofs.

pytest finds it by its entry point. Without the option it does nothing, and loads nothing but itself.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from titration.testing.items import PackFile

WARDS = 5
"""Made-up wards of each law, in each unit."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--titration-rules`` and ``--titration-wards``."""
    group = parser.getgroup("titration", "rule packs")
    group.addoption(
        "--titration-rules",
        type=Path,
        metavar="DIR",
        help="test every rule pack under DIR, or the pack DIR, against the laws, its worked cases and its certificate",
    )
    group.addoption(
        "--titration-wards",
        type=_count,
        default=WARDS,
        metavar="N",
        help="made-up wards that each law is tried on, in each unit (default %(default)s)",
    )


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def pytest_configure(config: pytest.Config) -> None:
    """Test the packs alone where no other path was asked for."""
    rules = _rules(config)
    if rules is None:
        return
    if not any(rules.glob("*/pack.toml")) and not (rules / "pack.toml").is_file():
        raise pytest.UsageError(f"--titration-rules: no pack.toml in {rules} nor in a folder under it")
    if str(rules) in config.args:
        return
    asked = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else []
    config.args = [*asked, str(rules)]


def _rules(config: pytest.Config) -> Path | None:
    chosen: Path | None = config.getoption("--titration-rules")
    if chosen is None:
        return None
    return (config.invocation_params.dir / chosen).resolve()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "PackFile | None":
    """A pack under the folder asked for, as a collector of its tests."""
    if file_path.name != "pack.toml":
        return None
    rules = _rules(parent.config)
    if rules is None or rules not in file_path.resolve().parents:
        return None
    from titration.testing.items import PackFile

    made: PackFile = PackFile.from_parent(parent, path=file_path, nodeid=file_path.parent.name)  # pyright: ignore[reportUnknownMemberType] - pytest types it loosely
    return made
