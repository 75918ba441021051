"""Entering for the ward: the grid of patients and points of the day, its cursor, and the records it is checked against."""

from dataclasses import replace

from titration.clinical import Slot
from titration.service.rounds.entry import Expected, expected_doses
from titration.service.rounds.told import PatientSheet, ReadingRow, WardRow
from tui.session import ward
from tui.session.effects import LoadBedsides
from tui.session.entry_state import COLUMNS, DAYS_BACK, DOSES, DUE_ORDER, ENTER, CellAt, EntryState, LineAt
from tui.session.layout import grid_rows
from tui.session.reading_state import RULES
from tui.session.results import BedsidesTold, WardTold
from tui.session.state import WARD, Session, Step, asking
from tui.session.study_state import STUDY
from tui.session.ward import natural, point, reload, rows_of

MOST_AT_ONCE = 6
"""Sheets read in one call: the next key's answer waits no longer than these."""


def changed(session: Session, **fields: object) -> Session:
    """The session with other entry state."""
    return replace(session, entry=replace(session.entry, **fields))


def beds(session: Session) -> tuple[WardRow, ...]:
    """Patients of the ward by bed."""
    return session.entry.beds


def arranged(session: Session) -> Session:
    """The session with beds and doses in order, once the ward or a record arrived."""
    if session.ward.sheet is None:
        return session
    rows = rows_of(session, session.ward.sheet)
    by_bed = sorted(rows, key=lambda row: (*natural(row.person.ward), *natural(row.person.bed), row.person.patient_id))
    return _due_again(changed(session, beds=tuple(by_bed)))


def _due_again(session: Session) -> Session:
    """The session with its list of doses made again."""
    today = session.minute // 1440
    found: list[Expected] = []
    for row in session.entry.beds:
        doses = session.entry.expected.get(row.person.patient_id, ())
        found += [d for d in doses if d.day == today - 1 and d.slot == Slot.BEDTIME.text and d.given is None]
        found += [d for d in doses if d.day == today]
    return changed(session, due=tuple(sorted(found, key=lambda dose: DUE_ORDER.index(group_of(dose, today)))))


def group_of(dose: Expected, today: int) -> str:
    """The heading a dose stands under."""
    return dose.slot if dose.day == today else DUE_ORDER[0]


def ward_told(session: Session, told: WardTold) -> Step:
    """The ward arrived."""
    session, effects = ward.ward_told(session, told)
    return arranged(session), effects


def patient_at_hand(session: Session) -> str:
    """The patient that the screen is about: the open one, the grid's, or the list's."""
    if session.place in (ENTER, DOSES):
        if session.place == DOSES and session.entry.dose is not None:
            return session.entry.dose.patient_id
        return session.entry.patient
    if session.place == RULES:
        return session.rules.patient
    if session.place == STUDY:
        return session.study.patient
    return session.ward.cursor if session.round is None else session.round.patient_id


def grid_day(session: Session) -> int:
    """The day the grid shows."""
    return session.minute // 1440 - session.entry.back


def cell_at(session: Session) -> CellAt:
    """The cell the cursor is on."""
    return CellAt(session.entry.patient, grid_day(session), COLUMNS[session.entry.column])


def saved_reading(sheet: PatientSheet | None, cell: CellAt) -> ReadingRow | None:
    """The reading that stands in a cell: the last one of that day and timing."""
    if sheet is None:
        return None
    here = [r for r in sheet.readings if r.timing == cell.timing and r.minute // 1440 == cell.day and r.source != "cgm"]
    return max(here, key=lambda r: (r.minute, r.seq), default=None)


# -- going there and back --------------------------------------------------------------------------------------------------


def open_grid(session: Session) -> Step:
    """To the grid, on the patient at hand and the point of the day that is due."""
    patient = patient_at_hand(session)
    if session.place not in (ENTER, DOSES):
        session = changed(session, column=_due(session.minute % 1440), back=0)
    places = (*(place for place in session.places if place not in (ENTER, DOSES)), ENTER)
    session = changed(replace(session, places=places, told=None), patient=patient or _first(session), written_for="")
    return want(session)


def _first(session: Session) -> str:
    rows = beds(session)
    return rows[0].person.patient_id if rows else ""


def _due(clock: int) -> int:
    """The column of the point of the day that was last due."""
    ends = (5 * 60, 8 * 60 + 30, 11 * 60, 13 * 60, 17 * 60, 19 * 60, 21 * 60 + 30, 24 * 60)
    return next(column for column, end in enumerate(ends) if clock < end)


def back(session: Session) -> Step:
    """To the screen below; the cursor of the ward goes along with what was done there, not beyond it."""
    patient = session.entry.written_for or patient_at_hand(session)
    session = replace(session, places=session.places[:-1] or (WARD,), told=None)
    if session.place != WARD:
        return session, ()
    session, _ = point(session, patient)
    return reload(session)


# -- moving ----------------------------------------------------------------------------------------------------------------


def move(session: Session, across: int, down: int) -> Step:
    """The cursor some columns and patients further, as far as there are any."""
    ids = [row.person.patient_id for row in beds(session)]
    if not ids:
        return session, ()
    at = ids.index(session.entry.patient) if session.entry.patient in ids else 0
    to = max(0, min(len(ids) - 1, at + down))
    column = max(0, min(len(COLUMNS) - 1, session.entry.column + across))
    return want(changed(replace(session, told=None), patient=ids[to], column=column, written_for=""))


def page(session: Session, by: int) -> Step:
    """A screenful of patients further."""
    return move(session, 0, by * grid_rows(session.size))


def point_cell(session: Session, argument: str) -> Step:
    """The cursor on the cell named ``column:patient``."""
    column, _, patient = argument.partition(":")
    if not column.isdigit() or patient not in {row.person.patient_id for row in beds(session)}:
        return session, ()
    return want(changed(session, patient=patient, column=min(int(column), len(COLUMNS) - 1)))


def other_day(session: Session, by: int) -> Step:
    """The grid of another day; tomorrow has none."""
    return changed(session, back=max(0, min(DAYS_BACK, session.entry.back - by))), ()


# -- the records behind ------------------------------------------------------------------------------------------------------


def on_page(session: Session) -> tuple[str, ...]:
    """Patients on the grid's page that the cursor is on."""
    ids = [row.person.patient_id for row in beds(session)]
    high = grid_rows(session.size)
    at = ids.index(session.entry.patient) if session.entry.patient in ids else 0
    start = at // high * high
    return tuple(ids[start : start + high])


def wanted(session: Session) -> tuple[str, ...]:
    """Patients whose record is needed and was not read, or not since the ledger grew; the one at hand first."""
    entry = session.entry
    needed: tuple[str, ...] = ()
    if session.place == DOSES:
        needed = tuple(row.person.patient_id for row in beds(session))
    elif session.place == ENTER:
        needed = on_page(session)
    elif session.place == RULES and session.rules.patient:
        needed = (session.rules.patient,)
    line = getattr(session.dialog, "source", None)
    if isinstance(line, LineAt):
        needed = (line.patient_id, *needed)
    first = patient_at_hand(session) if needed else ""
    ordered = dict.fromkeys((first, *needed) if first else needed)
    needed = (*entry.doubt, *ordered)
    return tuple(dict.fromkeys(i for i in needed if i in entry.doubt or _outdated(session, i) or _behind(session, i)))


def _behind(session: Session, patient_id: str) -> bool:
    """Whether the ledger has grown since a record was looked at."""
    return session.entry.heads.get(patient_id, 0) < session.entry.head


def _outdated(session: Session, patient_id: str) -> bool:
    """Whether no record of today is at hand."""
    sheet = session.entry.sheets.get(patient_id)
    return sheet is None or sheet.minute // 1440 != session.minute // 1440


def want(session: Session) -> Step:
    """Ask for the records that are missing, a few at a time."""
    if "bedsides" in session.awaited or session.user is None:
        return session, ()
    ids = wanted(session)[:MOST_AT_ONCE]
    if not ids:
        return session, ()
    sheets = session.entry.sheets
    known = tuple((i, -1 if _outdated(session, i) else sheets[i].head) for i in ids)
    effect = LoadBedsides(session.token + 1, known)
    return asking(changed(session, wanted=ids), effect), (effect,)


def bedsides_told(session: Session, told: BedsidesTold) -> Step:
    """Records arrived; more may be needed."""
    entry = session.entry
    sheets = {**entry.sheets, **{sheet.person.patient_id: sheet for sheet in told.sheets}}
    heads = {**entry.heads, **dict.fromkeys(entry.wanted, told.head)}
    expected = {**entry.expected, **{sheet.person.patient_id: _expected(sheet) for sheet in told.sheets}}
    head = max(entry.head, told.head)
    doubt = entry.doubt - set(entry.wanted)
    session = changed(session, sheets=sheets, heads=heads, expected=expected, head=head, doubt=doubt, wanted=())
    return want(_due_again(session))


def _expected(sheet: PatientSheet) -> tuple[Expected, ...]:
    return (*expected_doses(sheet, day=sheet.day - 1), *expected_doses(sheet, day=sheet.day))


def ledger_grew(session: Session, head: int) -> Step:
    """Something was recorded somewhere: what stands on the screen is read again."""
    if head <= session.entry.head:
        return want(session)
    return want(changed(session, head=head))


def bedside_sheet(session: Session, patient_id: str) -> PatientSheet | None:
    """The record that entries for a patient are checked against: the newest at hand, unless it is in doubt."""
    if patient_id in session.entry.doubt:
        return None
    found = session.entry.sheets.get(patient_id)
    if session.round is not None and session.round.patient_id == patient_id and not session.round.stale:
        opened = session.round.sheet
        return opened if found is None or opened.head > found.head else found
    return found


def unsaved_patients(session: Session) -> tuple[str, ...]:
    """Patients for whom something was typed that is not in the ledger."""
    texts = [source.patient_id for source, unsaved in session.entry.texts.items() if unsaved.text.strip()]
    return tuple(dict.fromkeys((*texts, *(entry.source.patient_id for entry in session.entry.queue))))


def empty(entry: EntryState) -> EntryState:
    """The state without anything typed."""
    return replace(entry, texts={}, queue=())
