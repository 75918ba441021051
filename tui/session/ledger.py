"""The ledger: who did what when, narrowed as asked; past plans exactly as they were; the chain verified in the background."""

from dataclasses import replace

from tui.session.effects import LoadEntries, LoadRecorded, Verify
from tui.session.entry import patient_at_hand
from tui.session.layout import ledger_rows
from tui.session.reading_state import KINDS, LEDGER, PAGE, RECORDED, LedgerState
from tui.session.results import EntriesTold, RecordedTold, Verified
from tui.session.state import WARD, Session, Step, asking, say

PLANS = ("recommendation", "decision")
"""Kinds of entries behind which there is a plan as it was."""
_NAMES = tuple(KINDS)


def _put(session: Session, **fields: object) -> Session:
    return replace(session, ledger=replace(session.ledger, **fields))


def open_ledger(session: Session) -> Step:
    """To the ledger; from an open patient, to theirs. The result of a check of the chain stays."""
    patient = None if session.place == WARD else patient_at_hand(session) or None
    verified = session.ledger.verified
    session = replace(session, ledger=LedgerState(patient=patient, verified=verified))
    places = (*(place for place in session.places if place not in (LEDGER, RECORDED)), LEDGER)
    return _load(replace(session, places=places, told=None))


def _load(session: Session) -> Step:
    """Read entries anew."""
    ledger = session.ledger
    effect = LoadEntries(session.token + 1, ledger.patient, KINDS[ledger.kinds], ledger.author, None)
    return asking(session, effect), (effect,)


def reload(session: Session) -> Step:
    """Read the newest entries again."""
    return _load(_put(session, cursor=0))


def _more(session: Session) -> Step:
    """Read older entries, once the cursor is on the last one that was read."""
    ledger = session.ledger
    if ledger.ended or not ledger.entries or "entries" in session.awaited:
        return session, ()
    before = ledger.entries[-1].seq
    effect = LoadEntries(session.token + 1, ledger.patient, KINDS[ledger.kinds], ledger.author, before)
    return asking(session, effect), (effect,)


def entries_told(session: Session, told: EntriesTold) -> Step:
    """Entries arrived: the newest, or older ones behind those there are."""
    ledger = session.ledger
    ended = len(told.entries) < PAGE
    if told.before is None:
        return _put(
            session, entries=told.entries, ended=ended, cursor=min(ledger.cursor, max(0, len(told.entries) - 1))
        ), ()
    if not ledger.entries or ledger.entries[-1].seq != told.before:
        return session, ()
    return _put(session, entries=(*ledger.entries, *told.entries), ended=ended), ()


def move(session: Session, by: int) -> Step:
    """Another entry; at the end older ones are read."""
    ledger = session.ledger
    if not ledger.entries:
        return session, ()
    to = max(0, min(len(ledger.entries) - 1, ledger.cursor + by))
    session = _put(session, cursor=to)
    return _more(session) if to >= len(ledger.entries) - ledger_rows(session.size) else (session, ())


def page(session: Session, by: int) -> Step:
    """A screenful further."""
    return move(session, by * ledger_rows(session.size))


def point(session: Session, argument: str) -> Step:
    """The cursor on an entry of the list."""
    return move(_put(session, cursor=int(argument)), 0) if argument.isdigit() else (session, ())


def cycle_kinds(session: Session) -> Step:
    """Narrow to another group of entries."""
    now = _NAMES[(_NAMES.index(session.ledger.kinds) + 1) % len(_NAMES)]
    return _load(_put(session, kinds=now, cursor=0))


def cycle_author(session: Session) -> Step:
    """Only what one person did; another, then everybody."""
    names = [None, *(user.name for user in session.users)]
    at = names.index(session.ledger.author) if session.ledger.author in names else 0
    return _load(_put(session, author=names[(at + 1) % len(names)], cursor=0))


def toggle_patient(session: Session) -> Step:
    """Only the patient of the entry under the cursor, or everybody."""
    ledger = session.ledger
    if ledger.patient is not None:
        return _load(_put(session, patient=None, cursor=0))
    patient = ledger.entries[ledger.cursor].patient_id if ledger.entries else None
    if patient is None:
        return say(session, "ledger.no_patient"), ()
    return _load(_put(session, patient=patient, cursor=0))


def open_plan(session: Session) -> Step:
    """The plan of the recommendation or decision under the cursor, as it was recorded."""
    ledger = session.ledger
    if not ledger.entries:
        return session, ()
    entry = ledger.entries[ledger.cursor]
    if entry.kind not in PLANS:
        return say(session, "ledger.no_plan"), ()
    effect = LoadRecorded(session.token + 1, entry.seq)
    return asking(session, effect), (effect,)


def recorded_told(session: Session, told: RecordedTold) -> Step:
    """The plan as it was arrived."""
    if session.place != LEDGER:
        return session, ()
    session = _put(session, plan=told.plan, scroll=0)
    return replace(session, places=(*session.places, RECORDED), told=None), ()


def scroll(session: Session, by: int) -> Step:
    """The recorded plan some rows further."""
    return _put(session, scroll=max(0, session.ledger.scroll + by)), ()


def scrolled(session: Session, most: int) -> Session:
    """The session once it is known how far the text goes."""
    return _put(session, scroll=most) if session.ledger.scroll > most else session


def verify(session: Session) -> Step:
    """Check the chain in the background."""
    if "verify" in session.awaited:
        return say(session, "ledger.verifying"), ()
    effect = Verify(session.token + 1)
    return say(_put(asking(session, effect), verified=None), "ledger.verifying"), (effect,)


def verified(session: Session, told: Verified) -> Step:
    """What the check found."""
    session = _put(session, verified=(told.entries, told.fault))
    if told.fault is None:
        return say(session, "ledger.whole", count=told.entries), ()
    return say(session, "ledger.broken", bad=True, fault=told.fault), ()
