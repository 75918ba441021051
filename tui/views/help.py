"""All keys of the screen below, and what the signs mean."""

from titration.explain.phrases import KINDS
from tui.keys import Action, Keymap, shown
from tui.session.dialogs import Help
from tui.session.entry_state import DOSES, ENTER
from tui.session.state import Session
from tui.views.marks import CHOICE, DRAFT, ENTRY, KIND, STAGE, TIMING_LEGEND, URGENCY
from tui.views.page import Body, Row, Span, Tone, cell, line
from tui.words import say


def body(session: Session, keymap: Keymap, width: int, height: int) -> Body:
    """Keys in columns, then the signs; scrolled."""
    language, dialog = session.settings.language, session.dialog
    assert isinstance(dialog, Help)
    actions = list(keymap.of(session.place))
    columns = max(1, width // 40)
    rows = [line(Span(f" {say(language, 'help.title')}", Tone.HEADING))]
    high = -(-len(actions) // columns)
    for i in range(high):
        spans: list[Span] = []
        for action in actions[i::high]:
            spans += _action(action, language, width // columns)
        rows.append(Row(tuple(spans)))
    rows += [line(""), line(Span(f" {say(language, 'help.legend')}", Tone.HEADING)), *_legend(session, width)]
    most = max(0, len(rows) - height)
    start = min(dialog.scroll, most)
    shown_rows = rows[start : start + height]
    if start < most:
        shown_rows[-1] = line(Span(f" ▼ {say(language, 'help.more')}", Tone.KEY))
    return Body(tuple(shown_rows), scroll_most=most)


def _action(action: Action, language: str, width: int) -> list[Span]:
    return [cell(f" {keys_text(action)}", 17, Tone.KEY), cell(f" {action.name(language)}", width - 17)]


def keys_text(action: Action) -> str:
    """The keys of an action; a run of digits as one."""
    keys = [shown(key) for key in action.keys if not key.startswith("wheel") and (key.isascii() or not key.isdigit())]
    digits = [key for key in keys if key.isdigit()]
    if len(digits) > 2:
        at = keys.index(digits[0])
        keys = [*keys[:at], f"{digits[0]}-{digits[-1]}", *(key for key in keys[at:] if not key.isdigit())]
    return " ".join(keys)


def _legend(session: Session, width: int) -> list[Row]:
    """Every sign with its word."""
    language = session.settings.language
    pairs = [(glyph, tone, say(language, f"urgency.{int(u)}")) for u, (glyph, tone) in URGENCY.items()]
    pairs += [(glyph, tone, KINDS[language][kind]) for kind, (glyph, tone) in KIND.items()]
    pairs += [
        (glyph, tone, say(language, f"choice.{'none' if action is None else action.value}"))
        for action, (glyph, tone) in CHOICE.items()
    ]
    pairs += [
        (glyph, tone, say(language, f"stage.{stage.value}")) for stage, (glyph, tone) in STAGE.items() if glyph.strip()
    ]
    pairs.append((DRAFT[0], DRAFT[1], say(language, "stage.draft")))
    pairs += [(sign, Tone.PLAIN, say(language, f"chart.legend.{name}")) for sign, name in TIMING_LEGEND]
    if session.place in (ENTER, DOSES):
        signs = [(glyph, tone, f"enter.state.{name}") for name, (glyph, tone) in ENTRY.items() if name != "ready"]
        pairs += [(glyph, tone, say(language, key)) for glyph, tone, key in signs]
    columns = max(1, width // 24)
    rows: list[Row] = []
    for i in range(0, len(pairs), columns):
        spans: list[Span] = []
        for glyph, tone, word in pairs[i : i + columns]:
            spans += [cell(f" {glyph}", 4, tone), cell(word, width // columns - 4)]
        rows.append(Row(tuple(spans)))
    return rows
