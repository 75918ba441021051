"""Sign-in and lock: who, and the passphrase; nothing of any patient."""

from titration.explain.layout import wrap
from tui.keys import Keymap
from tui.session.state import Session
from tui.views.fields import field_row
from tui.views.marks import CURSOR
from tui.views.page import Body, Row, Span, Tone, clean, line
from tui.words import say


def body(session: Session, keymap: Keymap, width: int, height: int) -> Body:
    """People who may sign in, and the field for the passphrase."""
    del keymap, height
    gate, language = session.gate, session.settings.language
    assert gate is not None
    title = say(language, "gate.locked_title" if gate.locked else "gate.title")
    rows: list[Row] = [line(""), line(Span(f"  {title}", Tone.STRONG)), line("")]
    if not session.users:
        rows.append(line(Span(f"  {say(language, 'gate.nobody')}", Tone.WARN)))
        return Body(tuple(rows))
    for i, user in enumerate(session.users):
        if gate.locked and i != gate.chosen:
            continue
        here = i == gate.chosen
        role = say(language, f"role.{user.role.value}")
        text = f"  {CURSOR if here else ' '} {clean(user.name)} ({role})"
        rows.append(line(Span(text), base=Tone.CURSOR if here else Tone.PLAIN))
    rows.append(line(""))
    row, column = field_row(f"  {say(language, 'gate.passphrase')}  ", gate.field, width)
    caret = (column, len(rows))
    rows.append(row)
    rows.append(line(Span(f"  {say(language, 'gate.checking')}", Tone.DIM) if gate.waiting else ""))
    rows.append(line(""))
    rows += [
        line(Span(f"  {text}", Tone.DIM)) for text in wrap(say(language, "gate.purpose"), width=min(width - 4, 90))
    ]
    return Body(tuple(rows), caret)
