"""Doses that are due: given as prescribed with one key each, or another amount, or not given and why. Never assumed."""

from dataclasses import replace

from titration.service.rounds.entry import Expected, Problem, given_as_prescribed, not_given
from titration.units import MILLI, grid_text
from tui.session.dialogs import NotGiven
from tui.session.entry import beds, changed, patient_at_hand, want
from tui.session.entry_sending import send
from tui.session.entry_state import CHOICE_KEYS, DOSES, ENTER, WHY_NOT_GIVEN, DoseAt
from tui.session.entry_typing import open_line
from tui.session.layout import dose_rows
from tui.session.state import Session, Step, say

_NIGHT = "bedtime"
ORDER = ("last_night", "breakfast", "lunch", "dinner", "bedtime")
"""Groups of the list: what was due last night and is not written down, then today's."""


def open_doses(session: Session) -> Step:
    """To the list of doses, on the first of the patient at hand that is not written down."""
    patient = patient_at_hand(session)
    places = (*(place for place in session.places if place not in (ENTER, DOSES)), DOSES)
    session = changed(replace(session, places=places, told=None), dose=None, patient=patient or session.entry.patient)
    return want(session)


def due(session: Session) -> tuple[Expected, ...]:
    """Doses of the list: last night's that nobody wrote down, then today's, by time of day and bed."""
    today = session.minute // 1440
    found: list[Expected] = []
    for row in beds(session):
        doses = session.entry.expected.get(row.person.patient_id, ())
        found += [d for d in doses if d.day == today - 1 and d.slot == _NIGHT and d.given is None]
        found += [d for d in doses if d.day == today]
    return tuple(sorted(found, key=lambda dose: ORDER.index(group_of(dose, today))))


def group_of(dose: Expected, today: int) -> str:
    """The heading a dose stands under."""
    return dose.slot if dose.day == today else "last_night"


def key_of(dose: Expected) -> DoseAt:
    """Where a dose stands."""
    return DoseAt(dose.patient_id, dose.day, dose.drug, dose.slot)


def current(session: Session) -> Expected | None:
    """The dose the cursor is on: where it was put, else the first of the patient at hand that is open, else the first open."""
    doses = due(session)
    chosen = next((dose for dose in doses if key_of(dose) == session.entry.dose), None)
    if chosen is not None:
        return chosen
    open_ones = [dose for dose in doses if dose.given is None]
    own = [dose for dose in open_ones if dose.patient_id == session.entry.patient]
    return next(iter((*own, *open_ones, *doses)), None)


def move(session: Session, by: int) -> Step:
    """The cursor some doses further."""
    doses = due(session)
    if not doses:
        return want(session)
    now = current(session)
    at = doses.index(now) if now in doses else 0
    to = doses[max(0, min(len(doses) - 1, at + by))]
    return want(changed(replace(session, told=None), dose=key_of(to), patient=to.patient_id))


def page(session: Session, by: int) -> Step:
    """A screenful further."""
    return move(session, by * dose_rows(session.size))


def point(session: Session, argument: str) -> Step:
    """The cursor on the dose of a number in the list."""
    doses = due(session)
    if not argument.isdigit() or int(argument) >= len(doses):
        return session, ()
    dose = doses[int(argument)]
    return changed(session, dose=key_of(dose), patient=dose.patient_id), ()


def _next_open(session: Session, after: Expected) -> Session:
    """The cursor on the next dose that is not written down."""
    doses = due(session)
    at = doses.index(after) if after in doses else 0
    following = [dose for dose in doses[at + 1 :] if dose.given is None and not session.entry.sending(key_of(dose))]
    to = following[0] if following else after
    return changed(session, dose=key_of(to), patient=to.patient_id)


def given(session: Session) -> Step:
    """The dose under the cursor was given as prescribed."""
    dose = current(session)
    if dose is None:
        return session, ()
    why = _not_now(session, dose)
    if why is not None:
        return say(session, why, bad=True), ()
    new = given_as_prescribed(dose, minute=session.minute)
    if isinstance(new, Problem):
        return say(session, f"doses.{new.code}", bad=True), ()
    text = f"{grid_text(new.amount, MILLI)} {new.unit}"
    session, effects = send(session, key_of(dose), (new,), text)
    return _next_open(session, dose), effects


def _not_now(session: Session, dose: Expected) -> str | None:
    """Why nothing can be said about a dose now: it is being saved, or it may have been when the connection broke."""
    if session.entry.sending(key_of(dose)):
        return "entry.wait"
    return "entry.not_read" if dose.patient_id in session.entry.doubt else None


def another(session: Session) -> Step:
    """Another amount: the one-line entry with drug and dose of the day filled in."""
    dose = current(session)
    if dose is None:
        return session, ()
    session = changed(session, dose=key_of(dose), patient=dose.patient_id)
    day = "" if dose.day == session.minute // 1440 else " yesterday"
    return open_line(session, f"{dose.drug} {dose.slot}{day} ")


def ask_why(session: Session) -> Step:
    """The dose under the cursor was not given: ask why."""
    dose = current(session)
    if dose is None:
        return session, ()
    why = _not_now(session, dose)
    if why is not None:
        return say(session, why, bad=True), ()
    new = not_given(dose, WHY_NOT_GIVEN[0], minute=session.minute)
    if isinstance(new, Problem):
        return say(session, f"doses.{new.code}", bad=True), ()
    return replace(session, dialog=NotGiven(key_of(dose)), told=None), ()


def move_reason(session: Session, by: int) -> Step:
    """Another reason under the cursor."""
    dialog = session.dialog
    assert isinstance(dialog, NotGiven)
    return replace(session, dialog=replace(dialog, cursor=max(0, min(len(WHY_NOT_GIVEN) - 1, dialog.cursor + by)))), ()


def why(session: Session, key: str) -> Step:
    """Record that the dose was not given."""
    dialog = session.dialog
    assert isinstance(dialog, NotGiven)
    at = CHOICE_KEYS.index(key) if key in CHOICE_KEYS else dialog.cursor
    dose = next((dose for dose in due(session) if key_of(dose) == dialog.source), None)
    if at >= len(WHY_NOT_GIVEN) or dose is None:
        return session, ()
    later = _not_now(session, dose)
    if later is not None:
        return say(session, later, bad=True), ()
    new = not_given(dose, WHY_NOT_GIVEN[at], minute=session.minute)
    session = replace(session, dialog=None)
    if isinstance(new, Problem):
        return say(session, f"doses.{new.code}", bad=True), ()
    session, effects = send(session, key_of(dose), (new,), "0")
    return _next_open(session, dose), effects
