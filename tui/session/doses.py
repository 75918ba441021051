"""Doses that are due: given as prescribed with one key each, or another amount, or not given and why. Never assumed."""

from dataclasses import replace

from titration.service.rounds.entry import Expected, Problem, given_as_prescribed, not_given
from titration.service.rounds.entry.words import amount_text, product_text
from tui.session.dialogs import NotGiven
from tui.session.entry import changed, patient_at_hand, want
from tui.session.entry_sending import send
from tui.session.entry_state import CHOICE_KEYS, DOSES, ENTER, WHY_NOT_GIVEN, DoseAt
from tui.session.entry_typing import open_line
from tui.session.layout import dose_rows
from tui.session.state import Session, Step, say
from tui.words import say as words


def open_doses(session: Session) -> Step:
    """To the list of doses, on the first of the patient at hand that is not written down."""
    patient = patient_at_hand(session)
    places = (*(place for place in session.places if place not in (ENTER, DOSES)), DOSES)
    session = changed(
        replace(session, places=places, told=None), dose=None, patient=patient or session.entry.patient, written_for=""
    )
    return want(session)


def due(session: Session) -> tuple[Expected, ...]:
    """Doses of the list, by time of day and bed."""
    return session.entry.due


def key_of(dose: Expected) -> DoseAt:
    """Where a dose stands."""
    return DoseAt(dose.patient_id, dose.day, dose.drug, dose.slot)


def position(session: Session) -> int | None:
    """Which dose of the list the cursor is on: where it was put, else the first open one of the patient at hand, else the
    first open one, else the first; None in an empty list."""
    doses, at, patient = due(session), session.entry.dose, session.entry.patient
    if at is not None:
        found = next(
            (i for i, dose in enumerate(doses) if dose.patient_id == at.patient_id and key_of(dose) == at), None
        )
        if found is not None:
            return found
    open_ones = [i for i, dose in enumerate(doses) if dose.given is None]
    own = (i for i in open_ones if doses[i].patient_id == patient)
    return next(own, next(iter(open_ones), 0 if doses else None))


def current(session: Session) -> Expected | None:
    """The dose the cursor is on."""
    at = position(session)
    return None if at is None else due(session)[at]


def move(session: Session, by: int) -> Step:
    """The cursor some doses further."""
    doses = due(session)
    if not doses:
        return want(session)
    at = position(session) or 0
    to = doses[max(0, min(len(doses) - 1, at + by))]
    return want(changed(replace(session, told=None), dose=key_of(to), patient=to.patient_id, written_for=""))


def page(session: Session, by: int) -> Step:
    """A screenful further."""
    return move(session, by * dose_rows(session.size))


def point(session: Session, argument: str) -> Step:
    """The cursor on the dose of a number in the list."""
    doses = due(session)
    if not argument.isdigit() or int(argument) >= len(doses):
        return session, ()
    dose = doses[int(argument)]
    return changed(session, dose=key_of(dose), patient=dose.patient_id, written_for=""), ()


def _next_open(session: Session, after: Expected) -> Session:
    """The cursor on the next dose that is not written down."""
    doses = due(session)
    at = doses.index(after) if after in doses else 0
    following = [dose for dose in doses[at + 1 :] if dose.given is None and not session.entry.sending(key_of(dose))]
    to = following[0] if following else after
    return changed(session, dose=key_of(to), patient=to.patient_id, written_for=after.patient_id)


def _name(session: Session, dose: Expected) -> str:
    """What a message calls a dose: the drug with its strength."""
    return product_text(dose.product, dose.drug, session.settings.language)


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
    text = f"{_name(session, dose)} {amount_text(new.amount, new.unit, session.settings.language)}"
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
    session, effects = send(
        session,
        key_of(dose),
        (new,),
        f"{_name(session, dose)} {words(session.settings.language, 'doses.not_given_short')}",
    )
    return _next_open(session, dose), effects
