"""Every screen as text, in both languages, in two sizes and without colour, as the compositor puts it out."""

import re
from collections.abc import Iterator

import pytest
from wcwidth import wcswidth

from tests.tui.conftest import Opened
from tests.tui.driving import press, screen, settled, wait_for_answers
from tests.tui.snapshots import FOLDER, Compare, comparer
from tests.tui.standing import PASSPHRASE, Standing
from tui.app import RoundsApp
from tui.views.frame import page
from tui.views.page import Row, Tone

SIZES = ((80, 24), (120, 40))
LANGUAGES = ("en", "zh")

WALK: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ward", ()),
    ("ward-grouped", ("w", "s", "G")),
    ("ward-search", ("w", "s", "s", "s", "/", "A", "0")),
    ("ward-jump", ("escape", "escape", "b", "1", "1")),
    ("ward-mgdl", ("escape", "U", "U")),
    ("palette", ("U", ":", "s", "i")),
    ("help", ("escape", "?")),
    ("patient", ("escape", "b", "A", "0", "4", "enter")),
    ("patient-mgdl", ("U", "U")),
    ("explain", ("U", "e", "pagedown")),
    ("decide", ("e", "d")),
    ("decide-dose", ("j", "m", "ctrl+u", "9")),
    ("decide-beyond", ("enter",)),
    ("decide-why", ("Y",)),
    ("decide-note", ("o", "t", "h", "i", "n")),
    ("decide-chosen", ("enter", "k", "x", "2", "a")),
    ("leave", ("q",)),
    ("patient-long", ("escape", "escape", "escape", "b", "A", "0", "1", "enter", "j", "j")),
    ("ward-draft", ("escape",)),
    ("blank", ("f8",)),
)


@pytest.fixture
def compare(request: pytest.FixtureRequest) -> Compare:
    return comparer(request)


def steps() -> Iterator[tuple[str, tuple[str, ...]]]:
    yield from WALK


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_screens(
    language: str, size: tuple[int, int], rounds: Opened, standing: Standing, compare: Compare
) -> None:
    app = rounds(standing, language=language)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        for name, keys in steps():
            await press(pilot, *keys)
            check(app, size)
            compare(f"{name}-{language}-{size[0]}x{size[1]}", screen(app))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_gate_a_lost_line_and_a_stale_plan(
    language: str, size: tuple[int, int], rounds: Opened, standing: Standing, compare: Compare
) -> None:
    standing.needs_passphrase = True
    app = rounds(standing, language=language)
    mark = f"{language}-{size[0]}x{size[1]}"
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        compare(f"sign-in-{mark}", screen(app))
        await press(pilot, "x", "enter")
        compare(f"sign-in-refused-{mark}", screen(app))
        words = ["space" if character == " " else character for character in PASSPHRASE]
        await press(pilot, *words, "enter", "b", "A", "0", "3", "enter", "a")
        standing.correct(app.session.ward.cursor)
        app.beat()
        await wait_for_answers(pilot)
        check(app, size)
        compare(f"stale-{mark}", screen(app))
        standing.cut = True
        app.beat()
        await wait_for_answers(pilot)
        check(app, size)
        compare(f"lost-{mark}", screen(app))
        await press(pilot, "f9")
        check(app, size)
        compare(f"locked-{mark}", screen(app))


def check(app: RoundsApp, size: tuple[int, int]) -> None:
    """The compositor puts out the page as the view made it, every line exactly as wide as the terminal in cells."""
    text = screen(app)
    shown = page(app.session, app.keymap)
    assert text == shown.text
    assert [wcswidth(line) for line in text.splitlines()] == [size[0]] * size[1]
    for above, row in zip((None, *shown.rows), shown.rows, strict=False):
        assert not told_by_tone_alone(row, above), row.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_without_colour_every_screen_reads_the_same(
    language: str, rounds: Opened, standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = rounds(standing, language=language)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        for name, keys in steps():
            await press(pilot, *keys)
            assert app.session.settings.theme == "mono"
            snapshot = (FOLDER / f"{name}-{language}-80x24.txt").read_text(encoding="utf-8")
            assert [f"{line}|" for line in screen(app).splitlines()] == snapshot.splitlines()
            assert colours(app) == set()


def colours(app: RoundsApp) -> set[str]:
    """Colours that are neither the terminal's own nor a shade of grey."""
    found: set[str] = set()
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            for colour in (segment.style and segment.style.color, segment.style and segment.style.bgcolor):
                triplet = colour.triplet if colour else None
                if triplet is not None and len(set(triplet)) > 1:
                    found.add(triplet.hex)
    return found


SIGNS = re.compile(r"[!?^*□◷→±●▼▲▄▅▆▇█↑↓■✓✎✗▸(]|[^\W\d_]{2,}|[\u4e00-\u9fff]")
"""Something that can be read: a sign of the legend, or a word."""
SIGNALS = (Tone.DANGER, Tone.WARN, Tone.GOOD, Tone.ACCENT, Tone.OFF)


def told_by_tone_alone(row: Row, above: Row | None) -> bool:
    """Whether a span signals something by its tone that it does not say. A row of the cursor carries its sign, or goes on."""
    goes_on = above is not None and above.base is Tone.CURSOR
    if row.base is Tone.CURSOR and "▸" not in row.text and not goes_on:
        return True
    return any(span.tone in SIGNALS and span.text.strip() and not SIGNS.search(span.text) for span in row.spans)
