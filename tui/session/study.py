"""The study: one patient's visits, endpoints, course and safety. It looks things up; what it shows is recorded elsewhere."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from tui.session.binding import FAR, Act, by, plain
from tui.session.effects import LoadStudy
from tui.session.entry import patient_at_hand
from tui.session.layout import body_rows
from tui.session.results import StudyTold
from tui.session.state import Session, Step, asking, say
from tui.session.study_state import STUDY, TABS, StudyState


def _put(session: Session, **fields: object) -> Session:
    return replace(session, study=replace(session.study, **fields))


def open_study(session: Session) -> Step:
    """To the study of the patient at hand; the tab stays the one that was looked at last."""
    patient = patient_at_hand(session)
    places = (*(place for place in session.places if place != STUDY), STUDY)
    return _read(replace(session, places=places, told=None), patient)


def _read(session: Session, patient: str) -> Step:
    known = session.study.sheet if session.study.patient == patient else None
    session = replace(session, study=StudyState(patient, known, session.study.tab))
    if not patient:
        return session, ()
    effect = LoadStudy(session.token + 1, patient)
    return asking(session, effect), (effect,)


def reload(session: Session) -> Step:
    """Read the patient's study again."""
    return _read(session, session.study.patient)


def study_told(session: Session, told: StudyTold) -> Step:
    """The study arrived; that of a patient who was left meanwhile is dropped."""
    if told.sheet.person.patient_id != session.study.patient:
        return session, ()
    return _put(session, sheet=told.sheet), ()


def enrolled(session: Session) -> tuple[str, ...]:
    """Patients of the ward who are in the study, as the sheet lists them."""
    sheet = session.ward.sheet
    return () if sheet is None else tuple(row.person.patient_id for row in sheet.rows if row.study is not None)


def neighbour(session: Session, steps: int) -> Step:
    """The next patient of the study, after the last one the first."""
    ids = enrolled(session)
    if not ids or ids == (session.study.patient,):
        return say(session, "study.no_other"), ()
    at = ids.index(session.study.patient) + steps if session.study.patient in ids else 0
    return _read(session, ids[at % len(ids)])


def turn(session: Session, steps: int) -> Step:
    """Another tab."""
    at = (TABS.index(session.study.tab) + steps) % len(TABS)
    return _put(session, tab=TABS[at], scroll=0), ()


def tab(session: Session, argument: str) -> Step:
    """The tab of a number."""
    at = int(argument) - 1 if argument.isdigit() else -1
    return (_put(session, tab=TABS[at], scroll=0), ()) if 0 <= at < len(TABS) else (session, ())


def scroll(session: Session, steps: int) -> Step:
    """The text some rows further; the view knows how far it goes."""
    return _put(session, scroll=max(0, session.study.scroll + steps)), ()


def page(session: Session, steps: int) -> Step:
    """A screenful further."""
    return scroll(session, steps * max(1, body_rows(session.size) - 4))


def scrolled(session: Session, most: int) -> Session:
    """The session once it is known how far the text goes."""
    return _put(session, scroll=most) if session.study.scroll > most else session


STUDY_ACTS: Final[Mapping[str, Act]] = {
    "study.open": plain(open_study),
    "study.next_tab": by(turn, 1),
    "study.previous_tab": by(turn, -1),
    "study.tab": tab,
    "study.next": by(neighbour, 1),
    "study.previous": by(neighbour, -1),
    "study.reload": plain(reload),
    "study.down": by(scroll, 1),
    "study.up": by(scroll, -1),
    "study.page_down": by(page, 1),
    "study.page_up": by(page, -1),
    "study.first": by(scroll, -FAR),
}
