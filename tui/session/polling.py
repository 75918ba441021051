"""What goes on behind the screens: asking whether the ledger grew, and what a failure means."""

from dataclasses import replace

from tui.session import entry, gate
from tui.session.effects import Poll, Sign
from tui.session.entry_state import DOSES, ENTER
from tui.session.results import Failed, HeadTold
from tui.session.state import WARD, Session, Step, Told, asking, say
from tui.session.ward import reload


def ask(session: Session) -> Step:
    """Ask for the last entry, unless an answer is on its way or nobody is signed in."""
    if session.user is None or "poll" in session.awaited:
        return session, ()
    entering = session.place in (ENTER, DOSES)
    patient_id = None if session.round is None or entering else session.round.patient_id
    effect = Poll(session.token + 1, patient_id)
    return asking(session, effect), (effect,)


def head_told(session: Session, told: HeadTold) -> Step:
    """Something newer for the open patient makes the plan stale; anything newer reloads the ward behind the cursor."""
    round_ = session.round
    if session.place in (ENTER, DOSES) and told.patient_id is None:
        return entry.ledger_grew(session, told.head)
    if told.patient_id is not None:
        if round_ is None or round_.patient_id != told.patient_id or "sign" in session.awaited:
            return session, ()
        if told.head > round_.sheet.head and not round_.stale:
            return replace(session, round=replace(round_, stale=True)), ()
        return session, ()
    sheet = session.ward.sheet
    waiting = "ward" in session.awaited
    if session.place == WARD and not waiting and (sheet is None or told.head > sheet.head or _next_day(session)):
        return reload(session)
    return session, ()


def _next_day(session: Session) -> bool:
    return session.ward.sheet is not None and session.minute // 1440 > session.ward.sheet.day


def failed(session: Session, failure: Failed) -> Session:
    """What could not be done, in words; what was typed and chosen stays."""
    if failure.purpose == "sign_in":
        session = gate.refused(session)
    if failure.purpose == "patient":
        session = replace(session, opening=None)
    if failure.code == "lost":
        return replace(session, lost=Told("lost", bad=True))
    if failure.code == "busy" and failure.purpose == "poll":
        return session
    if failure.code == "stale" and isinstance(failure.asked, Sign) and session.round is not None:
        return replace(session, round=replace(session.round, stale=True), told=Told("round.stale_no_sign", bad=True))
    if failure.purpose == "poll":
        return session
    looking = failure.purpose not in ("sign", "record", "sign_in") and failure.code in ("invalid", "stale", "error")
    key = "failed.looking" if looking else f"failed.{failure.code}"
    return say(session, key, bad=True, message=failure.message)
