"""The sign, the word and the tone of every state. A state is never told by its tone alone."""

from typing import Final

from titration.clinical import PlanKind
from titration.service.rounds.told import Action, Stage, Urgency
from tui.views.page import Tone

URGENCY: Final = {
    Urgency.EMERGENCY: ("!!", Tone.DANGER),
    Urgency.REVIEW: ("! ", Tone.DANGER),
    Urgency.LOW: ("▼ ", Tone.WARN),
    Urgency.CHANGE: ("± ", Tone.ACCENT),
    Urgency.MISSING: ("? ", Tone.WARN),
    Urgency.STEADY: ("· ", Tone.DIM),
}
KIND: Final = {
    PlanKind.ADJUST_UP: ("↑", Tone.ACCENT),
    PlanKind.ADJUST_DOWN: ("↓", Tone.ACCENT),
    PlanKind.STOP: ("■", Tone.ACCENT),
    PlanKind.HOLD: ("=", Tone.PLAIN),
    PlanKind.NEED_DATA: ("?", Tone.WARN),
    PlanKind.REFER: ("!", Tone.DANGER),
}
CHOICE: Final = {
    None: ("○", Tone.DIM),
    Action.ACCEPT: ("✓", Tone.GOOD),
    Action.MODIFY: ("✎", Tone.ACCENT),
    Action.REJECT: ("✗", Tone.WARN),
}
STAGE: Final = {
    Stage.OPEN: (" ", Tone.PLAIN),
    Stage.SIGNED: ("✓", Tone.GOOD),
    Stage.STALE: ("!", Tone.WARN),
}
DRAFT: Final = ("✎", Tone.ACCENT)
CURSOR: Final = "▸"
ENTRY: Final = {
    "fresh": ("✓", Tone.GOOD),
    "ready": ("→", Tone.GOOD),
    "sending": ("↑", Tone.ACCENT),
    "pending": ("*", Tone.ACCENT),
    "correction": ("✎", Tone.ACCENT),
    "question": ("?", Tone.WARN),
    "problem": ("✗", Tone.DANGER),
}
"""How an entry stands."""

TIMING: Final = {
    "fasting": "●",
    "post_breakfast": "▲",
    "post_lunch": "▲",
    "post_dinner": "▲",
    "pre_lunch": "○",
    "pre_dinner": "○",
    "bedtime": "■",
    "overnight": "◆",
    "random": "+",
}
TIMING_TONE: Final = {
    "●": Tone.ACCENT,
    "▲": Tone.STRONG,
    "○": Tone.PLAIN,
    "■": Tone.PLAIN,
    "◆": Tone.PLAIN,
    "+": Tone.PLAIN,
}
TIMING_LEGEND: Final = (
    ("●", "fasting"),
    ("▲", "post"),
    ("○", "pre"),
    ("■", "bedtime"),
    ("◆", "overnight"),
    ("+", "random"),
)

PLAIN_GLYPHS: Final = str.maketrans(
    {
        "●": "f", "▲": "p", "○": "o", "■": "#", "◆": "n", "▸": ">", "▼": "v", "±": "~", "·": ".", "✓": "Y", "✎": "M",
        "✗": "x", "↑": "^", "↓": "v", "→": ">", "≈": "~", "…": "~", "─": "-", "│": "|", "┼": "+", "┤": "|", "╌": "-",
        "▁": "1", "▂": "2", "▃": "3", "▄": "4", "▅": "5", "▆": "6", "▇": "7", "█": "8", "×": "x", "□": "_", "◷": "@",
    }
)  # fmt: skip
"""One ASCII cell for every sign that some terminals draw two cells wide."""
