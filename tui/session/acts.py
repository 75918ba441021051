"""From a key, a click, typed text or an answer to the next session: the only doors into the state machine."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, cast

from titration.service.rounds.told import Role
from titration.units import UnitSystem
from tui.keys import TEXT_MODES, Keymap
from tui.session import changes, gate, palette, polling, ward
from tui.session import round as rounds
from tui.session.dialogs import Dose, Help, Jump, Leave, Note, Palette, Search
from tui.session.effects import Quit
from tui.session.field import Field, edited
from tui.session.results import Failed, Result
from tui.session.state import Round, Session, Step, Told, say

Act = Callable[[Session, str], Step]
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


def _plain(call: Callable[[Session], Step]) -> Act:
    return lambda session, _argument: call(session)


def _by(call: Callable[[Session, int], Step], by: int) -> Act:
    return lambda session, _argument: call(session, by)


_FAR = 1 << 20

ACTS: Final[Mapping[str, Act]] = {
    "ward.open": lambda s, _: rounds.open_patient(s, s.ward.cursor),
    "ward.point": ward.point,
    "ward.down": _by(ward.move, 1),
    "ward.up": _by(ward.move, -1),
    "ward.page_down": _by(ward.page, 1),
    "ward.page_up": _by(ward.page, -1),
    "ward.first": _by(ward.move, -_FAR),
    "ward.last": _by(ward.move, _FAR),
    "ward.next_open": _by(ward.to_open, 1),
    "ward.previous_open": _by(ward.to_open, -1),
    "ward.search": _plain(ward.search),
    "ward.filter": lambda s, a: ward.set_filter(s, a) if a.isalpha() and len(a) > 1 else ward.cycle_filter(s),
    "ward.sort": _plain(ward.cycle_sort),
    "ward.group": _plain(ward.toggle_groups),
    "ward.clear": _plain(ward.clear),
    "ward.reload": _plain(ward.reload),
    "ward.jump": _plain(ward.jump),
    "jump.done": _jump_done,
    "jump.give_up": _plain(ward.jump_given_up),
    "search.done": _plain(ward.search_done),
    "search.give_up": _plain(ward.search_given_up),
    "round.accept_all": _plain(rounds.accept_all),
    "round.sign": _plain(rounds.sign),
    "round.decide": _plain(rounds.decide),
    "round.accept": _plain(rounds.accept),
    "round.modify": _plain(changes.modify),
    "round.reject": _plain(changes.reject),
    "round.clear": _plain(rounds.clear),
    "round.undo": _plain(rounds.undo),
    "round.down": _by(rounds.move, 1),
    "round.up": _by(rounds.move, -1),
    "round.point": rounds.point_line,
    "round.scroll_down": _by(rounds.scroll, 5),
    "round.scroll_up": _by(rounds.scroll, -5),
    "round.full": _plain(rounds.toggle_full),
    "round.more_days": _by(rounds.zoom, 1),
    "round.fewer_days": _by(rounds.zoom, -1),
    "round.next": _by(rounds.neighbour, 1),
    "round.previous": _by(rounds.neighbour, -1),
    "round.reload": _plain(rounds.reload_patient),
    "round.back": _plain(rounds.back),
    "dose.done": _plain(changes.dose_typed),
    "dose.more": _by(changes.step_dose, 1),
    "dose.less": _by(changes.step_dose, -1),
    "beyond.confirm": _plain(changes.beyond_confirmed),
    "beyond.give_up": _plain(changes.beyond_given_up),
    "why.pick": changes.pick_reason,
    "why.down": _by(changes.move_reason, 1),
    "why.up": _by(changes.move_reason, -1),
    "note.done": _plain(changes.note_typed),
    "note.give_up": _plain(changes.note_given_up),
    "leave.confirm": _quit,
    "dialog.close": _close,
    "palette.run": lambda s, _: palette.chosen(s, act),
    "palette.down": _by(palette.move, 1),
    "palette.up": _by(palette.move, -1),
    "palette.point": palette.point,
    "help.down": _by(_scroll_help, 5),
    "help.up": _by(_scroll_help, -5),
    "gate.submit": _plain(gate.submit),
    "gate.down": _by(gate.choose, 1),
    "gate.up": _by(gate.choose, -1),
    "app.help": lambda s, _: (replace(s, dialog=Help()), ()),
    "app.palette": lambda s, _: (replace(s, dialog=Palette()), ()),
    "app.language": _language,
    "app.unit": _unit,
    "app.theme": _theme,
    "app.glyphs": _glyphs,
    "app.blank": _plain(gate.blank),
    "app.lock": _plain(gate.lock),
    "app.quit": _quit,
    "app.quit_now": _quit,
}
"""What every action does. Those that no key leads to (``ward.point``) are reached by the mouse."""

_DECIDING: Final = frozenset(
    {"round.accept_all", "round.accept", "round.modify", "round.reject", "round.clear", "round.sign", "round.undo"}
)


_OPENED_BY: Final = {"ward.point": "ward.open", "round.point": "round.decide", "palette.point": "palette.run"}


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
    return None


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
    if isinstance(dialog, Note):
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
    return session, (*effects, *more)


HANDLERS: Final[Mapping[str, Callable[[Session, Any], Step]]] = {
    "sign_in": gate.signed_in,
    "ward": ward.ward_told,
    "patient": rounds.patient_told,
    "poll": polling.head_told,
    "beyond": changes.beyond_told,
    "sign": rounds.signed,
}
"""What an answer of each purpose does to the session."""


def told(session: Session, result: Result) -> Step:
    """The session after an answer; one that a later request has overtaken is dropped."""
    if session.awaited.get(result.purpose) != result.token:
        return session, ()
    awaited = {purpose: token for purpose, token in session.awaited.items() if purpose != result.purpose}
    session = replace(session, awaited=awaited)
    if isinstance(result, Failed):
        return polling.failed(session, result), ()
    return HANDLERS[result.purpose](replace(session, lost=None), cast("Any", result))


def painted(session: Session, seen: frozenset[Any], scroll_most: int) -> Session:
    """The session once its page stands on the screen: which lines' limits were on it, how far its text goes."""
    session = rounds.painted_lines(session, seen)
    if session.round is not None and session.round.scroll > scroll_most:
        session = rounds.changed(session, scroll=scroll_most)
    if isinstance(session.dialog, Help) and session.dialog.scroll > scroll_most:
        session = replace(session, dialog=replace(session.dialog, scroll=scroll_most))
    return session


def current_round(session: Session) -> Round:
    """The open round; AssertionError without one."""
    assert session.round is not None
    return session.round
