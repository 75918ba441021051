"""Screens as plain text files: one per screen, language and size, compared line by line.

``pytest --update-snapshots`` writes them anew; read the difference before it is committed.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

FOLDER = Path(__file__).with_name("snapshots")
Compare = Callable[[str, str], None]


def comparer(request: pytest.FixtureRequest) -> Compare:
    """Compares a screen with its file, or writes it where that was asked for."""
    update = bool(request.config.getoption("--update-snapshots"))

    def compare(name: str, text: str) -> None:
        path = FOLDER / f"{name}.txt"
        framed = "".join(f"{line}|\n" for line in text.splitlines())
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(framed, encoding="utf-8")
            return
        assert path.is_file(), f"no snapshot {path.name}: pytest --update-snapshots writes it"
        assert framed == path.read_text(encoding="utf-8"), f"{path.name} has changed"

    return compare
