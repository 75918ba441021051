"""Choosing for each line: the whole plan with every limit in full, what was chosen, and what is still to do."""

from titration.explain.layout import wrap
from tui.keys import Keymap, shown
from tui.session.state import Round, Session, line_key
from tui.views import detail
from tui.views.lines import Columns, columns_for, limits_text, modified, plan_rows, result_text
from tui.views.page import Body, Row, Span, Target, Tone, cells, clean, line
from tui.views.patient import head_rows
from tui.views.window import window
from tui.words import say

_INSIDE = 6
_LEAST_DETAIL = 5
"""Rows below the lines from which there is room to tell about one of them."""


def body(session: Session, keymap: Keymap, width: int, height: int) -> Body:
    """The decision, line by line; a line counts as seen when its whole block was on the screen."""
    round_ = session.round
    if round_ is None:
        return Body((line(Span(f"  {say(session.settings.language, 'loading')}", Tone.DIM)),))
    voice = session.voice(round_.sheet.person.system)
    head = head_rows(session, round_, voice, keymap, width)
    head.append(_progress(session, round_, keymap, width))
    columns = columns_for(round_.lines, voice, width)
    blocks = [_block(session, round_, i, width, columns) for i in range(len(round_.lines))]
    part = window(blocks, round_.cursor, height - len(head))
    seen = frozenset(line_key(plan) for plan in round_.lines[part.first : part.end])
    left = height - len(head) - len(part.rows)
    if left < _LEAST_DETAIL:
        return Body((*head, *part.rows), seen=seen)
    told, most = detail.rows(round_, voice, width, left - 1)
    return Body((*head, *part.rows, line(""), *told), seen=seen, scroll_most=most)


def _progress(session: Session, round_: Round, keymap: Keymap, width: int) -> Row:
    """How far the decision has come, and what signs it."""
    language = session.settings.language
    count = len(round_.lines)
    if not session.may_decide():
        text, tone = say(language, "decide.other"), Tone.WARN
    elif round_.undecided or not count:
        text = say(language, "decide.progress", decided=count - len(round_.undecided), count=count)
        tone = Tone.HEADING
    elif round_.stale:
        text, tone = say(language, "decide.stale"), Tone.WARN
    elif round_.unseen:
        text, tone = say(language, "decide.unseen", count=len(round_.unseen)), Tone.WARN
    else:
        person = round_.sheet.person
        key = shown(keymap.action("round.sign").keys[0])
        name = clean(person.name or person.patient_id)
        text, tone = say(language, "decide.ready", key=key, name=name), Tone.GOOD
    title = f"── {say(language, 'decide.title')} · "
    rest = "─" * max(0, width - cells(title) - cells(text) - 1)
    return line(Span(title, Tone.HEADING), Span(text, tone), Span(f" {rest}", Tone.HEADING))


def _block(session: Session, round_: Round, at: int, width: int, columns: Columns) -> list[Row]:
    """One line with its limits and what was chosen instead."""
    voice = session.voice(round_.sheet.person.system)
    plan = round_.lines[at]
    choice = round_.choice(line_key(plan))
    target = Target("round.point", str(at))
    here = at == round_.cursor
    ordered = round_.ordered(line_key(plan))
    rows = plan_rows(
        plan, at + 1, voice, width, columns=columns, here=here, choice=choice, target=target, ordered=ordered
    )
    inside = " " * _INSIDE
    if plan.limits:
        text = say(voice.language, "decide.limits", limits=limits_text(plan, voice))
        rows += [line(Span(part, Tone.WARN), target=target) for part in wrap(text, width=width - 1, first=inside)]
    if choice is not None and modified(choice):
        action = say(voice.language, f"choice.{choice.action.value}")
        text = f"{action}{voice.say('colon')}{result_text(plan, choice, voice)}"
        rows += [line(Span(part, Tone.ACCENT), target=target) for part in wrap(text, width=width - 1, first=inside)]
    return rows
