"""Looks: what each tone is drawn like. Blue and orange carry what red and green would elsewhere.

``mono`` uses no colour at all and is what ``NO_COLOR`` gives; no tone says anything that the text does not say too.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from rich.style import Style

from tui.views.page import Tone

_DARK: Final[Mapping[Tone, str]] = {
    Tone.PLAIN: "#d8dee6 on #10151b",
    Tone.DIM: "#a9b5c1 on #10151b",
    Tone.STRONG: "bold #ffffff on #10151b",
    Tone.BAR: "#e6edf5 on #1f3550",
    Tone.HEADING: "#9fc3e8 on #10151b",
    Tone.KEY: "bold #7cc4ff on #10151b",
    Tone.ACCENT: "#6db8f7 on #10151b",
    Tone.DANGER: "bold #ffb454 on #10151b",
    Tone.WARN: "#f0c46c on #10151b",
    Tone.GOOD: "#7fd1e0 on #10151b",
    Tone.FIELD: "#ffffff on #27323f",
    Tone.BAND: "#4a6078 on #10151b",
    Tone.CURSOR: "on #23405f",
    Tone.OFF: "#a3aeba on #10151b",
}
_LIGHT: Final[Mapping[Tone, str]] = {
    Tone.PLAIN: "#1c232b on #ffffff",
    Tone.DIM: "#56616d on #ffffff",
    Tone.STRONG: "bold #000000 on #ffffff",
    Tone.BAR: "#ffffff on #1f4e79",
    Tone.HEADING: "#1f4e79 on #ffffff",
    Tone.KEY: "bold #0b5394 on #ffffff",
    Tone.ACCENT: "#0b5ea8 on #ffffff",
    Tone.DANGER: "bold #9c3f00 on #ffffff",
    Tone.WARN: "#8a4b00 on #ffffff",
    Tone.GOOD: "#00606f on #ffffff",
    Tone.FIELD: "#000000 on #dfe7ef",
    Tone.BAND: "#8fa6bd on #ffffff",
    Tone.CURSOR: "on #cfe3f7",
    Tone.OFF: "#55606b on #ffffff",
}
_MONO: Final[Mapping[Tone, str]] = {
    Tone.STRONG: "bold",
    Tone.BAR: "reverse",
    Tone.HEADING: "bold",
    Tone.KEY: "bold",
    Tone.DANGER: "bold",
    Tone.WARN: "bold",
    Tone.FIELD: "underline",
    Tone.CURSOR: "reverse",
    Tone.DIM: "",
}
THEMES: Final[Mapping[str, Mapping[Tone, str]]] = {"dark": _DARK, "light": _LIGHT, "mono": _MONO}


@cache
def style(theme: str, base: Tone, tone: Tone) -> Style:
    """The look of a tone on a base; a bar and the cursor's row keep their own ground, the tone its own letters."""
    table = THEMES[theme]
    own = Style.parse(table.get(tone, ""))
    if base is Tone.PLAIN:
        return own if theme == "mono" else Style.parse(table[Tone.PLAIN]) + own
    ground = Style.parse(table.get(base, ""))
    if base is Tone.BAR and tone in (Tone.PLAIN, Tone.DIM):
        return ground
    if theme == "mono":
        return own + ground
    letters = Style(color=_bar_letters(theme, base, own), bold=own.bold)
    plain = Style.parse(table[Tone.PLAIN])
    return plain + ground + letters


def _bar_letters(theme: str, base: Tone, own: Style) -> str | None:
    """Letters of a tone on a bar: the bar's own in the light theme, where tones are made for white paper."""
    if base is Tone.BAR and theme == "light":
        return "#ffffff"
    return None if own.color is None else own.color.name
