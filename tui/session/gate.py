"""Sign-in, the lock after idling, and the blank screen."""

from dataclasses import replace

from tui.session.effects import SignIn
from tui.session.field import Field
from tui.session.results import SignedIn
from tui.session.state import Gate, Session, Step, asking, say
from tui.session.ward import reload


def start(session: Session) -> Step:
    """Sign-in first; a ledger of a single user without a passphrase opens at once."""
    session = replace(session, last_key=session.minute)
    if session.needs_passphrase:
        return replace(session, gate=Gate()), ()
    return reload(replace(session, user=session.users[0] if session.users else None))


def choose(session: Session, by: int) -> Step:
    """Another person of the list; a locked screen stays with the one who is signed in."""
    gate = session.gate
    if gate is None or gate.locked or not session.users:
        return session, ()
    return replace(session, gate=replace(gate, chosen=(gate.chosen + by) % len(session.users))), ()


def submit(session: Session) -> Step:
    """Have the passphrase checked; what was typed is cleared at once."""
    gate = session.gate
    if gate is None or gate.waiting or not session.users:
        return session, ()
    if not session.needs_passphrase:
        return replace(session, gate=None, told=None), ()
    effect = SignIn(session.token + 1, session.users[gate.chosen].name, gate.field.text)
    gate = replace(gate, field=Field(secret=True), waiting=True)
    return replace(asking(session, effect), gate=gate, told=None), (effect,)


def signed_in(session: Session, told: SignedIn) -> Step:
    """The gate opens on what was there before."""
    if session.gate is None or (session.gate.locked and told.user != session.user):
        return session, ()
    session = replace(session, user=told.user, gate=None, told=None)
    return reload(session) if session.ward.sheet is None else (session, ())


def refused(session: Session) -> Session:
    """The passphrase was wrong, or could not be checked."""
    return session if session.gate is None else replace(session, gate=replace(session.gate, waiting=False))


def lock(session: Session) -> Step:
    """Ask for the passphrase again; nothing is lost. Without passphrases the screen goes blank instead."""
    if session.gate is not None or session.user is None:
        return session, ()
    if not session.needs_passphrase:
        return replace(session, blank=True), ()
    names = [user.name for user in session.users]
    gate = Gate(chosen=names.index(session.user.name) if session.user.name in names else 0, locked=True)
    return say(replace(session, gate=gate, blank=False), "gate.locked"), ()


def idle(session: Session) -> Step:
    """Lock after minutes without a key; a clock that was put back starts them anew."""
    if session.minute < session.last_key:
        return replace(session, last_key=session.minute), ()
    if session.settings.idle_minutes and session.minute - session.last_key >= session.settings.idle_minutes:
        return lock(session)
    return session, ()


def blank(session: Session) -> Step:
    """Hide everything, or show it again."""
    return replace(session, blank=not session.blank), ()
