"""Looks: contrast, colour blindness, no colour at all; and what a fault leaves on the terminal."""

import pytest
from rich.color import Color
from rich.style import Style

from tests.tui.conftest import Opened
from tests.tui.driving import settled
from tests.tui.standing import Standing
from tui import app as application
from tui.faults import fault_text
from tui.session.acts import THEMES as NAMES
from tui.themes import THEMES, style
from tui.views.page import Tone

COLOURED = ("dark", "light")
READ = [tone for tone in Tone if tone not in (Tone.BAND, Tone.CURSOR, Tone.BAR)]
"""Tones that text is read in; the dots of the target band are ground."""
BASES = (Tone.PLAIN, Tone.CURSOR, Tone.BAR)


def linear(colour: Color | None) -> tuple[float, float, float]:
    assert colour is not None
    red, green, blue = (
        (c / 255 / 12.92) if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour.get_truecolor()
    )
    return red, green, blue


def contrast(look: Style) -> float:
    """WCAG contrast of letters on their ground."""
    weights = (0.2126, 0.7152, 0.0722)
    one, two = (sum(w * c for w, c in zip(weights, linear(c), strict=True)) for c in (look.color, look.bgcolor))
    return (max(one, two) + 0.05) / (min(one, two) + 0.05)


@pytest.mark.parametrize("theme", COLOURED)
@pytest.mark.parametrize("base", BASES)
def test_letters_stand_out_from_their_ground(theme: str, base: Tone) -> None:
    poor = {tone: round(contrast(style(theme, base, tone)), 1) for tone in READ}
    assert {tone: ratio for tone, ratio in poor.items() if ratio < 4.5} == {}


DEUTAN = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
PROTAN = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))
"""How colours look without the green and without the red cones (Machado 2009, severity 1)."""


@pytest.mark.parametrize("theme", COLOURED)
@pytest.mark.parametrize("eyes", [DEUTAN, PROTAN])
def test_danger_is_told_from_calm_without_red_or_green_cones(
    theme: str, eyes: tuple[tuple[float, float, float], ...]
) -> None:
    def seen(tone: Tone) -> tuple[float, float, float]:
        colour = linear(style(theme, Tone.PLAIN, tone).color)
        return lab([max(0.0, sum(w * c for w, c in zip(row, colour, strict=True))) for row in eyes])

    for calm in (Tone.GOOD, Tone.ACCENT):
        apart = sum((one - two) ** 2 for one, two in zip(seen(Tone.DANGER), seen(calm), strict=True)) ** 0.5
        assert apart > 40, (calm, apart)


def lab(colour: list[float]) -> tuple[float, float, float]:
    """Linear red, green and blue as CIELAB, where a distance of 40 is another colour to anybody."""
    to_xyz = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.9505, 1.0, 1.089)
    scaled = [sum(w * c for w, c in zip(row, colour, strict=True)) / n for row, n in zip(to_xyz, white, strict=True)]
    x, y, z = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in scaled)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def test_mono_has_no_colour() -> None:
    for base in Tone:
        for tone in Tone:
            look = style("mono", base, tone)
            assert (look.color, look.bgcolor) == (None, None)
    assert style("mono", Tone.CURSOR, Tone.PLAIN).reverse


def test_every_theme_can_be_chosen_and_knows_every_tone() -> None:
    assert set(NAMES) == set(THEMES)
    assert all(set(THEMES[name]) == set(Tone) for name in COLOURED)


async def test_a_fault_leaves_no_patient_value_behind(
    rounds: Opened, standing: Standing, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        name = "海望舒"
        raise ValueError(f"{name} 2.5")

    app = rounds(standing)
    ended = False
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await settled(pilot)
            monkeypatch.setattr(application, "page", broken)
            await pilot.press("j")
            await settled(pilot)
    except ValueError:
        ended = True
    assert ended
    assert app.return_code == 1
    said = capsys.readouterr().err
    assert "a fault in the program (ValueError)" in said
    assert "broken" in said
    assert "海望舒" not in said
    assert "2.5" not in said


def test_a_fault_without_a_trace_is_told_too() -> None:
    assert "unknown" in fault_text(None, None)
