"""The screens of entering and looking up as text, in both languages and two sizes, on the ledger of the demo."""

import re

import pytest

from tests.tui.conftest import Opened
from tests.tui.driving import press, screen, settled
from tests.tui.snapshots import Compare, comparer
from tests.tui.test_screens import check

SIZES = ((80, 24), (120, 40))
LANGUAGES = ("en", "zh")

WALK: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("enter", ("E",)),
    ("enter-help", ("?",)),
    ("enter-typing", ("escape", "g", "down", "6", "8")),
    ("enter-ask", ("enter",)),
    ("enter-unsaved", ("escape", "escape", "down")),
    ("enter-correct", ("5", ".", "1", "enter")),
    ("enter-saved", ("1", "up")),
    ("enter-yesterday", ("[",)),
    ("line", ("]", "i", *"2.8", "space", *"@03:00", "space", "n", "space", *"symptoms")),
    ("line-refused", ("ctrl+u", *".5")),
    ("doses", ("escape", "D", "g")),
    ("doses-given", ("y", "y")),
    ("doses-not-given", ("x",)),
    ("rules-pack", ("escape", "R", "1")),
    ("rules", ("2", "down", "down")),
    ("rules-numbers", ("3", "down")),
    ("rules-facts", ("4",)),
    ("rules-sources", ("5",)),
    ("rules-try", ("6",)),
    ("rules-trying", ("enter", *"2.5")),
    ("rules-tried", ("enter",)),
    ("ledger", ("c", "H", "p")),
    ("ledger-plans", ("f", "down")),
    ("ledger-verified", ("v",)),
    ("recorded", ("enter",)),
)


@pytest.fixture
def compare(request: pytest.FixtureRequest) -> Compare:
    return comparer(request)


def without_hashes(text: str) -> str:
    """Hashes depend on the program's version; a screen is compared by where they stand and how long they are."""
    return re.sub(r"[0-9a-f]{12,}", lambda found: "#" * len(found.group()), text)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_screens_of_entering_and_looking_up(
    language: str, size: tuple[int, int], rounds: Opened, compare: Compare
) -> None:
    app = rounds(language=language)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        for name, keys in WALK:
            await press(pilot, *keys)
            check(app, size)
            compare(f"{name}-{language}-{size[0]}x{size[1]}", without_hashes(screen(app)))
