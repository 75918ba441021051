"""From a key, a click, typed text or an answer to the next session: the only doors into the state machine."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, cast

from titration.service.rounds.told import Role
from titration.units import UnitSystem
from tui.keys import TEXT_MODES, Keymap
from tui.session import (
    changes,
    entry,
    entry_acts,
    entry_sending,
    entry_typing,
    gate,
    ledger,
    palette,
    polling,
    reading_acts,
    rules,
    study,
    ward,
)
from tui.session import round as rounds
from tui.session.binding import FAR, Act, by, plain
from tui.session.dialogs import CellText, CorrectWhy, Dose, Help, Jump, Leave, LineText, Note, Palette, Search, Trial
from tui.session.effects import Quit
from tui.session.entry_acts import ENTRY_ACTS
from tui.session.field import Field, edited
from tui.session.reading_acts import READING_ACTS
from tui.session.reading_state import RECORDED, RULES
from tui.session.results import Failed, Result
from tui.session.state import Round, Session, Step, Told, say

THEMES: Final = ("dark", "light", "mono")


def _language(session: Session, argument: str) -> Step:
    del argument
    other = "zh" if session.settings.language == "en" else "en"
    return replace(session, settings=replace(session.settings, language=other)), ()


def _unit(session: Session, argument: str) -> Step:
    del argument
    order = (None, UnitSystem.MMOL, UnitSystem.MGDL)
    now = order[(order.index(session.settings.shown_unit) + 1) % 3]
    session = replace(session, settings=replace(session.settings, shown_unit=now))
    return say(session, "unit.own" if now is None else "unit.shown", unit="" if now is None else now.text), ()


def _theme(session: Session, argument: str) -> Step:
    del argument
    now = THEMES[(THEMES.index(session.settings.theme) + 1) % len(THEMES)]
    return replace(session, settings=replace(session.settings, theme=now)), ()


def _glyphs(session: Session, argument: str) -> Step:
    del argument
    plain = not session.settings.plain_glyphs
    return replace(session, settings=replace(session.settings, plain_glyphs=plain)), ()


def _quit(session: Session, argument: str) -> Step:
    """End, or ask first where choices would be dropped. In front of a locked screen the question names nobody."""
    del argument
    waiting = tuple(session.drafts)
    if session.round is not None and session.round.choices:
        waiting = (*waiting, session.round.patient_id)
    waiting = tuple(dict.fromkeys((*waiting, *entry.unsaved_patients(session))))
    gate_ = session.gate
    if not waiting or isinstance(session.dialog, Leave) or (gate_ is not None and gate_.leaving):
        return session, (Quit(),)
    if gate_ is not None:
        return say(replace(session, gate=replace(gate_, leaving=True)), "leave.again", bad=True), ()
    return replace(session, dialog=Leave(waiting, session.dialog)), ()


def _close(session: Session, argument: str) -> Step:
    del argument
    return replace(session, dialog=session.dialog.under if isinstance(session.dialog, Leave) else None), ()


def _jump_done(session: Session, argument: str) -> Step:
    del argument
    return rounds.open_patient(replace(session, dialog=None), session.ward.cursor)


def _scroll_help(session: Session, by: int) -> Step:
    dialog = session.dialog
    assert isinstance(dialog, Help)
    return replace(session, dialog=replace(dialog, scroll=max(0, dialog.scroll + by))), ()


ACTS: Final[Mapping[str, Act]] = {
    "ward.open": lambda s, _: rounds.open_patient(s, s.ward.cursor),
    "ward.point": ward.point,
    "ward.down": by(ward.move, 1),
    "ward.up": by(ward.move, -1),
    "ward.page_down": by(ward.page, 1),
    "ward.page_up": by(ward.page, -1),
    "ward.first": by(ward.move, -FAR),
    "ward.last": by(ward.move, FAR),
    "ward.next_open": by(ward.to_open, 1),
    "ward.previous_open": by(ward.to_open, -1),
    "ward.search": plain(ward.search),
    "ward.filter": lambda s, a: ward.set_filter(s, a) if a.isalpha() and len(a) > 1 else ward.cycle_filter(s),
    "ward.sort": plain(ward.cycle_sort),
    "ward.group": plain(ward.toggle_groups),
    "ward.clear": plain(ward.clear),
    "ward.reload": plain(ward.reload),
    "ward.jump": plain(ward.jump),
    "jump.done": _jump_done,
    "jump.give_up": plain(ward.jump_given_up),
    "search.done": plain(ward.search_done),
    "search.give_up": plain(ward.search_given_up),
    "round.accept_all": plain(rounds.accept_all),
    "round.sign": plain(rounds.sign),
    "round.decide": plain(rounds.decide),
    "round.accept": plain(rounds.accept),
    "round.modify": plain(changes.modify),
    "round.reject": plain(changes.reject),
    "round.clear": plain(rounds.clear),
    "round.undo": plain(rounds.undo),
    "round.down": by(rounds.move, 1),
    "round.up": by(rounds.move, -1),
    "round.point": rounds.point_line,
    "round.scroll_down": by(rounds.scroll, 5),
    "round.scroll_up": by(rounds.scroll, -5),
    "round.full": plain(rounds.toggle_full),
    "round.more_days": by(rounds.zoom, 1),
    "round.fewer_days": by(rounds.zoom, -1),
    "round.next": by(rounds.neighbour, 1),
    "round.previous": by(rounds.neighbour, -1),
    "round.reload": plain(rounds.reload_patient),
    "round.back": plain(rounds.back),
    "dose.done": plain(changes.dose_typed),
    "dose.more": by(changes.step_dose, 1),
    "dose.less": by(changes.step_dose, -1),
    "beyond.confirm": plain(changes.beyond_confirmed),
    "beyond.give_up": plain(changes.beyond_given_up),
    **ENTRY_ACTS,
    **READING_ACTS,
    **study.STUDY_ACTS,
    "why.pick": changes.pick_reason,
    "why.down": by(changes.move_reason, 1),
    "why.up": by(changes.move_reason, -1),
    "note.done": plain(changes.note_typed),
    "note.give_up": plain(changes.note_given_up),
    "leave.confirm": _quit,
    "dialog.close": _close,
    "palette.run": lambda s, _: palette.chosen(s, act),
    "palette.down": by(palette.move, 1),
    "palette.up": by(palette.move, -1),
    "palette.point": palette.point,
    "help.down": by(_scroll_help, 5),
    "help.up": by(_scroll_help, -5),
    "gate.submit": plain(gate.submit),
    "gate.down": by(gate.choose, 1),
    "gate.up": by(gate.choose, -1),
    "app.help": lambda s, _: (replace(s, dialog=Help()), ()),
    "app.palette": lambda s, _: (replace(s, dialog=Palette()), ()),
    "app.language": _language,
    "app.unit": _unit,
    "app.theme": _theme,
    "app.glyphs": _glyphs,
    "app.blank": plain(gate.blank),
    "app.lock": plain(gate.lock),
    "app.quit": _quit,
    "app.quit_now": _quit,
}
"""What every action does. Those that no key leads to (``ward.point``) are reached by the mouse."""

_DECIDING: Final = frozenset(
    {"round.accept_all", "round.accept", "round.modify", "round.reject", "round.clear", "round.sign", "round.undo"}
)


_OPENED_BY: Final = {
    "enter.point": "enter.edit",
    "ward.point": "ward.open",
    "rules.point": "rules.change",
    "ledger.point": "ledger.plan",
    "round.point": "round.decide",
    "palette.point": "palette.run",
}


def refusal(session: Session, action_id: str) -> Told | None:
    """Why an action cannot be done now; None when it can."""
    if action_id in _DECIDING:
        if session.read_only:
            return Told("refused.read_only", bad=True)
        if session.user is None or session.user.role is not Role.PRESCRIBER:
            return Told("refused.role", bad=True)
        if "sign" in session.awaited:
            return Told("round.signing")
    if action_id == "round.sign" and session.round is not None and session.round.stale:
        return Told("round.stale_no_sign", bad=True)
    return entry_acts.refused(session, action_id) or reading_acts.refused(session, action_id)


def act(session: Session, action_id: str, argument: str = "") -> Step:
    """The session after an action; a refused one says why on the message line."""
    why = refusal(session, action_id)
    if why is not None:
        return replace(session, told=why), ()
    return ACTS[action_id](session, argument)


def press(session: Session, key: str, keymap: Keymap) -> Step:
    """The session after a key (``keys`` names): an action of the mode, an editing key, or a character that is typed.

    What the message line said belongs to the key before.
    """
    session = replace(session, last_key=session.minute, told=None)
    mode = session.mode
    action = keymap.find(mode, key)
    if action is not None:
        return act(session, action.id, key)
    if mode not in TEXT_MODES:
        return session, ()
    field = open_field(session)
    if field is None:
        return session, ()
    changed = edited(field, key)
    if changed is not None:
        return _refield(session, changed), ()
    if key == "space":
        key = " "
    return (_refield(session, field.insert(key)), ()) if len(key) == 1 else (session, ())


def click(session: Session, action_id: str, argument: str, *, twice: bool) -> Step:
    """The session after a click on something with an action; a second click opens what the first one pointed at."""
    session = replace(session, last_key=session.minute)
    if session.blank or (session.gate is not None and not action_id.startswith("gate.")):
        return session, ()
    if twice and action_id in _OPENED_BY:
        return act(session, _OPENED_BY[action_id])
    return act(session, action_id, argument)


def paste(session: Session, text: str) -> Step:
    """The session after text was pasted: only an open field takes it."""
    field = open_field(session)
    session = replace(session, last_key=session.minute)
    return (session, ()) if field is None or session.blank else (_refield(session, field.insert(text)), ())


def open_field(session: Session) -> Field | None:
    """The field that typed text goes into."""
    if session.blank:
        return None
    if session.gate is not None:
        return session.gate.field
    return getattr(session.dialog, "field", None)


def _refield(session: Session, field: Field) -> Session:
    if session.gate is not None:
        return replace(session, gate=replace(session.gate, field=field, leaving=False))
    dialog = session.dialog
    if isinstance(dialog, Search):
        return ward.searched(replace(session, dialog=replace(dialog, field=field)), field.text)
    if isinstance(dialog, Jump):
        return ward.jumped(replace(session, dialog=replace(dialog, field=field)), field.text)
    if isinstance(dialog, Palette):
        return replace(session, dialog=replace(dialog, field=field, cursor=0))
    if isinstance(dialog, Dose):
        return replace(session, dialog=replace(dialog, field=field, problem=None))
    if isinstance(dialog, CellText | LineText):
        return entry_typing.typed(session, field)
    if isinstance(dialog, Note | CorrectWhy | Trial):
        return replace(session, dialog=replace(dialog, field=field))
    return session


def resized(session: Session, size: tuple[int, int]) -> Session:
    """The session in a terminal of another size (columns, rows)."""
    return ward.framed(replace(session, size=size))


def at(session: Session, minute: int) -> Session:
    """The session at a minute of the application's clock."""
    return session if minute == session.minute else replace(session, minute=minute)


def tick(session: Session) -> Step:
    """Called every two seconds: lock after idling, and ask whether anything was recorded."""
    session, effects = gate.idle(session)
    session, more = polling.ask(session)
    session, wanted = entry.want(session)
    return session, (*effects, *more, *wanted)


HANDLERS: Final[Mapping[str, Callable[[Session, Any], Step]]] = {
    "sign_in": gate.signed_in,
    "ward": entry.ward_told,
    "patient": rounds.patient_told,
    "poll": polling.head_told,
    "beyond": changes.beyond_told,
    "sign": rounds.signed,
    "record": entry_sending.recorded,
    "bedsides": entry.bedsides_told,
    "what_if": rules.what_if_told,
    "entries": ledger.entries_told,
    "recorded": ledger.recorded_told,
    "verify": ledger.verified,
    "study": study.study_told,
}
"""What an answer of each purpose does to the session."""


def told(session: Session, result: Result) -> Step:
    """The session after an answer; one that a later request has overtaken is dropped."""
    if session.awaited.get(result.purpose) != result.token:
        return session, ()
    awaited = {purpose: token for purpose, token in session.awaited.items() if purpose != result.purpose}
    session = replace(session, awaited=awaited)
    if isinstance(result, Failed):
        if result.purpose == "record":
            session = entry_sending.not_recorded(session, result)
        if result.purpose == "what_if":
            session = rules.not_tried(session, result)
        return polling.failed(session, result), ()
    return HANDLERS[result.purpose](replace(session, lost=None), cast("Any", result))


def painted(session: Session, seen: frozenset[Any], scroll_most: int) -> Session:
    """The session once its page stands on the screen: which lines' limits were on it, how far its text goes."""
    session = rounds.painted_lines(session, seen)
    if session.dialog is None and session.place == RULES:
        return rules.scrolled(session, scroll_most)
    if session.dialog is None and session.place == RECORDED:
        return ledger.scrolled(session, scroll_most)
    if session.dialog is None and session.place == study.STUDY:
        return study.scrolled(session, scroll_most)
    if session.round is not None and session.round.scroll > scroll_most:
        session = rounds.changed(session, scroll=scroll_most)
    if isinstance(session.dialog, Help) and session.dialog.scroll > scroll_most:
        session = replace(session, dialog=replace(session.dialog, scroll=scroll_most))
    return session


def current_round(session: Session) -> Round:
    """The open round; AssertionError without one."""
    assert session.round is not None
    return session.round
