"""Deciding, line by line: the same choices, reasons, limits and refusals as on the screen."""

from dataclasses import replace
from typing import Final

from titration.explain.doses import line_text
from titration.explain.phrases import LIMITS
from titration.explain.trace import LinePlan
from titration.explain.values import dose_text
from titration.service.rounds.told import Reason
from titration.units import UnitSystem
from tui.plain.looking import limits
from tui.plain.talk import Talk
from tui.session import round as rounds
from tui.session.changes import REASON_KEYS, REASONS
from tui.session.dialogs import BeyondLimits, Dose, Note, Why
from tui.session.field import Field
from tui.session.state import line_key
from tui.views.lines import result_text

_ALL: Final = ("all", "全部")
_REASON: Final = ("reason", "理由")
_BEYOND: Final = ("beyond", "超出")


def _at_line(talk: Talk, word: str) -> bool:
    """Put the cursor on the line of a number."""
    opened = talk.opened()
    if opened is None:
        return False
    count = len(opened[0].lines)
    if not word.isdigit() or not 1 <= int(word) <= count:
        talk.no("plain.no_line", text=word, count=count)
        return False
    talk.session = rounds.changed(talk.session, cursor=int(word) - 1)
    return True


def _say_chosen(talk: Talk, *numbers: int) -> None:
    opened = talk.opened()
    if opened is None:
        return
    round_, voice = opened
    for number in numbers or range(1, len(round_.lines) + 1):
        plan = round_.lines[number - 1]
        choice = round_.choice(line_key(plan))
        text = talk.text("choice.none")
        if choice is not None:
            text = f"{talk.text(f'choice.{choice.action.value}')}, {result_text(plan, choice, voice)}"
        talk.say(talk.text("plain.chosen", number=number, line=line_text(plan, voice), choice=text))


def accept(talk: Talk, words: list[str]) -> None:
    """``accept all`` or ``accept LINE``."""
    if words and words[0].casefold() in _ALL:
        if talk.opened() is not None and talk.do("round.accept_all"):
            _say_chosen(talk)
    elif _at_line(talk, words[0] if words else "") and talk.do("round.accept"):
        _say_chosen(talk, int(words[0]))


def modify(talk: Talk, words: list[str]) -> None:
    """``modify LINE DOSE reason CODE [note] [beyond]``."""
    beyond = bool(words) and words[-1].casefold() in _BEYOND
    words = words[:-1] if beyond else words
    if len(words) < 4 or words[2].casefold() not in _REASON:
        talk.no("plain.modify_how")
        return
    if not _at_line(talk, words[0]) or not _known_reason(talk, words[3], words[4:]) or not talk.do("round.modify"):
        return
    dialog = talk.session.dialog
    if isinstance(dialog, Dose):
        talk.session = replace(talk.session, dialog=replace(dialog, field=Field.holding(words[1])))
        talk.do("dose.done")
    dialog = talk.session.dialog
    if isinstance(dialog, Dose) and dialog.problem is not None:
        plan = _current(talk)
        step = plan.product.increment if plan.product is not None else 0
        talk.no(dialog.problem, step=dose_text(step, plan.unit, talk.session.voice(_system(talk))))
        talk.session = replace(talk.session, dialog=None)
    elif isinstance(dialog, BeyondLimits) and not _confirmed(talk, dialog, beyond=beyond):
        talk.session = replace(talk.session, dialog=None)
    else:
        _give_reason(talk, words[3], words[4:])
        _say_chosen(talk, int(words[0]))


def _confirmed(talk: Talk, dialog: BeyondLimits, *, beyond: bool) -> bool:
    """Whether a dose beyond limits is meant: said again, after the limits were told for exactly this dose."""
    assert talk.session.round is not None
    sheet = talk.session.round.sheet
    key = (sheet.person.patient_id, sheet.head, dialog.line, dialog.dose)
    if beyond and key in talk.beyond:
        return talk.do("beyond.confirm")
    talk.beyond.add(key)
    plan, voice = _current(talk), talk.session.voice(_system(talk))
    limits = voice.listed([LIMITS[talk.language].get(name, name) for name in dialog.limits])
    talk.no("plain.beyond", dose=dose_text(dialog.dose, plan.unit, voice), limits=limits)
    return False


def _current(talk: Talk) -> LinePlan:
    assert talk.session.round is not None
    plan = talk.session.round.current()
    assert plan is not None
    return plan


def _system(talk: Talk) -> UnitSystem:
    assert talk.session.round is not None
    return talk.session.round.sheet.person.system


def reject(talk: Talk, words: list[str]) -> None:
    """``reject LINE reason CODE [note]``."""
    if len(words) < 3 or words[1].casefold() not in _REASON:
        talk.no("plain.reject_how")
    elif _at_line(talk, words[0]) and _known_reason(talk, words[2], words[3:]) and talk.do("round.reject"):
        _give_reason(talk, words[2], words[3:])
        _say_chosen(talk, int(words[0]))


def _known_reason(talk: Talk, code: str, note: list[str]) -> bool:
    if code not in {reason.value for reason in Reason}:
        talk.no("plain.no_reason", text=code, codes=", ".join(reason.value for reason in Reason))
        return False
    if rounds.needs_note(Reason(code)) and not note:
        talk.no("plain.needs_note")
        return False
    return True


def _give_reason(talk: Talk, code: str, note: list[str]) -> None:
    if isinstance(talk.session.dialog, Why):
        talk.do("why.pick", REASON_KEYS[REASONS.index(Reason(code))])
    dialog = talk.session.dialog
    if isinstance(dialog, Note):
        talk.session = replace(talk.session, dialog=replace(dialog, field=Field.holding(" ".join(note))))
        talk.do("note.done")


def undo(talk: Talk, words: list[str]) -> None:
    """``undo``."""
    del words
    if talk.opened() is not None and talk.do("round.undo"):
        _say_chosen(talk)


def sign(talk: Talk, words: list[str]) -> None:
    """``sign``; what keeps a plan from being signed because it was not shown is shown then."""
    del words
    if talk.opened() is None:
        return
    unseen = talk.session.round is not None and bool(talk.session.round.unseen)
    if not talk.do("round.sign") and unseen and talk.session.round is not None and not talk.session.round.undecided:
        limits(talk, [])
