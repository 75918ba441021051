"""From a confirmed entry to the ledger: one at a time, in order, and nothing forgotten when it does not get there."""

from dataclasses import replace

from titration.service.rounds.asked import New
from tui.session.effects import Record
from tui.session.entry import changed, want
from tui.session.entry_state import Sending, Source
from tui.session.results import Failed, Recorded
from tui.session.state import WARD, Session, Step, asking, say
from tui.session.ward import reload


def send(session: Session, source: Source, asked: tuple[New, ...], shown: str) -> Step:
    """Queue entries for the ledger."""
    entry = session.entry
    return _next(changed(session, queue=(*entry.queue, Sending(source, asked, shown))))


def _next(session: Session) -> Step:
    """Hand the first of the queue to the door, unless one is under way."""
    entry = session.entry
    if not entry.queue or "record" in session.awaited or session.user is None:
        return session, ()
    effect = Record(session.token + 1, session.user, entry.queue[0].asked)
    return asking(session, effect), (effect,)


def recorded(session: Session, told: Recorded) -> Step:
    """It is in the ledger: its text is done with, the record is read again, and the next one goes."""
    entry = session.entry
    if not entry.queue:
        return session, ()
    done, *rest = entry.queue
    texts = {source: text for source, text in entry.texts.items() if source != done.source}
    session = changed(
        session,
        queue=tuple(rest),
        texts=texts,
        saved=entry.saved | {done.source},
        head=max(entry.head, told.receipt.head),
    )
    if session.round is not None and session.round.patient_id == done.source.patient_id:
        session = replace(session, round=replace(session.round, stale=True))
    last = told.receipt.seqs[-1] if told.receipt.seqs else told.receipt.head
    key = "entry.saved" if done.shown else "entry.saved_bare"
    session = say(session, key, text=done.shown, bed=bed_of(session, done.source.patient_id), entry=last)
    session, first = _next(session)
    session, more = want(session)
    session, ward = reload(session) if session.place == WARD else (session, ())
    return session, (*first, *more, *ward)


def not_recorded(session: Session, failure: Failed) -> Session:
    """It did not get there. Whether it was written before a connection broke is not known, so nothing is sent again by itself:
    texts stand where they were typed, and are checked against the record once it was read again."""
    entry = session.entry
    unsure = failure.code in ("lost", "error") and bool(entry.queue)
    doubt = entry.doubt | {entry.queue[0].source.patient_id} if unsure else entry.doubt
    return changed(session, queue=(), doubt=doubt)


def bed_of(session: Session, patient_id: str) -> str:
    """How the message line calls a patient."""
    row = None if session.ward.sheet is None else session.ward.sheet.find(patient_id)
    return patient_id if row is None else row.person.bed or patient_id
