"""Entering, line by line: the one-line entry with its questions answered by number."""

from dataclasses import replace

from tui.plain.talk import WIDTH, Talk
from tui.session import entry_typing
from tui.session.dialogs import Ask, Correct, CorrectWhy, LineText
from tui.session.field import Field
from tui.views.entry_dialogs import sheet as asked_sheet


def enter(talk: Talk, words: list[str]) -> None:
    """``enter TEXT`` for the open patient."""
    if talk.opened() is None:
        return
    if not words:
        talk.no("plain.enter_how")
        return
    if talk.do("line.open") and isinstance(talk.session.dialog, LineText):
        talk.session = entry_typing.typed(talk.session, Field.holding(" ".join(words)))
        talk.do("line.done")
        _asked(talk)


def _asked(talk: Talk) -> None:
    """What the session asks or objects to about an entry, as it stands below a screen."""
    dialog = talk.session.dialog
    if isinstance(dialog, LineText | Ask | Correct | CorrectWhy):
        rows = asked_sheet(talk.session, WIDTH).rows
        start = 2 if isinstance(dialog, LineText) else 0
        for row in rows[start:]:
            if row.text.strip():
                talk.write(row.text.rstrip() + "\n")
        talk.refused = True
        if isinstance(dialog, Ask | Correct):
            talk.say(talk.text("plain.pick"))


def answer(talk: Talk, key: str) -> None:
    """Answer the open question by its number."""
    action = "ask.pick" if isinstance(talk.session.dialog, Ask) else "correct.pick"
    talk.do(action, key)
    _asked(talk)


def reason_typed(talk: Talk, text: str) -> None:
    """The reason of a correction in words."""
    dialog = talk.session.dialog
    assert isinstance(dialog, CorrectWhy)
    talk.session = replace(talk.session, dialog=replace(dialog, field=Field.holding(text)))
    talk.do("correct.done")
    _asked(talk)
