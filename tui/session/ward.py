"""The list of patients: filter, search, order, groups and cursor."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from titration.clinical import PlanKind
from titration.service.rounds.told import Stage, Urgency, WardRow, WardSheet
from tui.session.dialogs import Jump, Search
from tui.session.effects import LoadWard
from tui.session.field import EMPTY, Field
from tui.session.layout import ward_rows
from tui.session.results import WardTold
from tui.session.state import FILTERS, SORTS, Group, Session, Step, WardState, asking, say

_CHANGES: Final = (PlanKind.ADJUST_UP, PlanKind.ADJUST_DOWN, PlanKind.STOP)
_NO_FASTING: Final = 1 << 30


def reload(session: Session) -> Step:
    """Ask for the ward again."""
    effect = LoadWard(session.token + 1)
    return asking(session, effect), (effect,)


def ward_told(session: Session, told: WardTold) -> Step:
    """The ward arrived: the cursor stays on its patient as long as there is one of that id."""
    return arranged(replace(session, pack=told.pack, ward=replace(session.ward, sheet=told.sheet))), ()


def arranged(session: Session) -> Session:
    """The list put in order again after a change of ward, filter, search, order or groups."""
    ward = session.ward
    if ward.sheet is None:
        return session
    rows = [row for row in rows_of(session, ward.sheet) if _passes(row, ward, session)]
    rows = _sorted(rows, ward.sort)
    items = _grouped(rows) if ward.grouped else tuple(row.person.patient_id for row in rows)
    ids = [item for item in items if isinstance(item, str)]
    cursor = ward.cursor if ward.cursor in ids else (ids[0] if ids else "")
    return framed(replace(session, ward=replace(ward, items=items, cursor=cursor)))


def rows_of(session: Session, sheet: WardSheet) -> tuple[WardRow, ...]:
    """Rows of the ward the application was opened for; all where it was opened for none."""
    only = session.settings.ward
    return sheet.rows if only is None else tuple(row for row in sheet.rows if row.person.ward == only)


def _passes(row: WardRow, ward: WardState, session: Session) -> bool:
    match ward.filter:
        case "open":
            kept = row.stage is not Stage.SIGNED or row.person.patient_id in session.drafts
        case "urgent":
            kept = row.urgency <= Urgency.LOW
        case "change":
            kept = any(p.kind in _CHANGES and not p.settled for p in row.proposals)
        case "missing":
            kept = bool(row.missing) or row.urgency is Urgency.MISSING
        case _:
            kept = True
    return kept and all(part in _searched(row) for part in ward.search.casefold().split())


def _searched(row: WardRow) -> str:
    person = row.person
    drugs = (name for p in row.proposals for name in (p.name_en, p.name_zh, p.line[0]))
    return " ".join((person.bed, person.name, person.patient_id, person.ward, *drugs)).casefold()


def _sorted(rows: list[WardRow], by: str) -> list[WardRow]:
    keys: dict[str, Callable[[WardRow], tuple[object, ...]]] = {
        "bed": lambda row: (*natural(row.person.ward), *natural(row.person.bed), row.person.patient_id),
        "name": lambda row: (row.person.name, row.person.patient_id),
        "fasting": lambda row: (
            _NO_FASTING if row.fasting is None else -row.fasting * row.person.system.accepted[0],
            row.person.patient_id,
        ),
    }
    return rows if by == "urgency" else sorted(rows, key=keys[by])


def natural(text: str) -> tuple[object, ...]:
    """A key that puts bed 9 before bed 10: numbers before words, numbers by size."""
    parts: list[object] = []
    for part in _runs(text):
        parts += [0, int(part), ""] if part.isdigit() and part.isascii() else [1, 0, part]
    return (tuple(parts),)


def _runs(text: str) -> Iterable[str]:
    run = ""
    for character in text:
        if run and (character.isdigit() != run[-1].isdigit()):
            yield run
            run = ""
        run += character
    if run:
        yield run


def _grouped(rows: list[WardRow]) -> tuple[str | Group, ...]:
    wards: dict[str, list[str]] = {}
    for row in rows:
        wards.setdefault(row.person.ward, []).append(row.person.patient_id)
    items: list[str | Group] = []
    for name in sorted(wards, key=natural):
        items += [Group(name, len(wards[name])), *wards[name]]
    return tuple(items)


def framed(session: Session) -> Session:
    """The list scrolled as little as it takes for the cursor to be on the screen, and its heading if it is the first."""
    ward = session.ward
    high = ward_rows(session.size)
    at = ward.items.index(ward.cursor) if ward.cursor in ward.items else 0
    top = min(ward.top, max(0, at - 1) if at and isinstance(ward.items[at - 1], Group) else at)
    top = max(top, at - high + 1)
    top = max(0, min(top, len(ward.items) - high))
    return replace(session, ward=replace(ward, top=top))


def move(session: Session, by: int) -> Step:
    """The cursor ``by`` patients further, as far as there are any."""
    ids = [item for item in session.ward.items if isinstance(item, str)]
    if not ids:
        return session, ()
    at = ids.index(session.ward.cursor) if session.ward.cursor in ids else 0
    to = ids[max(0, min(len(ids) - 1, at + by))]
    return framed(replace(session, ward=replace(session.ward, cursor=to))), ()


def page(session: Session, by: int) -> Step:
    """A screenful further."""
    return move(session, by * max(1, ward_rows(session.size) - 1))


def point(session: Session, patient_id: str) -> Step:
    """The cursor on a patient."""
    if patient_id not in session.ward.items:
        return session, ()
    return framed(replace(session, ward=replace(session.ward, cursor=patient_id))), ()


def to_open(session: Session, by: int) -> Step:
    """The cursor on the next (or previous) patient of the list whose round is not signed."""
    found = next_open(session, by)
    return (say(session, "ward.none_open"), ()) if found is None else point(session, found)


def next_open(session: Session, by: int = 1) -> str | None:
    """The next patient after the cursor, round the end of the list, whose round is not signed."""
    ward = session.ward
    ids = [item for item in ward.items if isinstance(item, str)]
    if ward.sheet is None or ward.cursor not in ids:
        return None
    rows = {row.person.patient_id: row for row in ward.sheet.rows}
    at = ids.index(ward.cursor)
    for step in range(1, len(ids)):
        found = ids[(at + by * step) % len(ids)]
        if rows[found].stage is not Stage.SIGNED:
            return found
    return None


def cycle_filter(session: Session) -> Step:
    """The next filter."""
    return set_filter(session, _next(FILTERS, session.ward.filter))


def set_filter(session: Session, name: str) -> Step:
    """Show only some patients."""
    if name not in FILTERS:
        return session, ()
    return arranged(replace(session, ward=replace(session.ward, filter=name))), ()


def cycle_sort(session: Session) -> Step:
    """The next order."""
    return arranged(replace(session, ward=replace(session.ward, sort=_next(SORTS, session.ward.sort)))), ()


def toggle_groups(session: Session) -> Step:
    """Headings by ward, or none."""
    return arranged(replace(session, ward=replace(session.ward, grouped=not session.ward.grouped))), ()


def _next(names: tuple[str, ...], now: str) -> str:
    return names[(names.index(now) + 1) % len(names)]


def search(session: Session) -> Step:
    """Start typing a search."""
    before = session.ward.search
    return replace(session, dialog=Search(Field.holding(before), before)), ()


def searched(session: Session, text: str) -> Session:
    """The list for the text typed so far."""
    return arranged(replace(session, ward=replace(session.ward, search=text)))


def search_done(session: Session) -> Step:
    """Keep the search."""
    return replace(session, dialog=None), ()


def search_given_up(session: Session) -> Step:
    """Back to the search before."""
    assert isinstance(session.dialog, Search)
    return searched(replace(session, dialog=None), session.dialog.before), ()


def jump(session: Session) -> Step:
    """Start typing a bed."""
    return replace(session, dialog=Jump(EMPTY, session.ward.cursor)), ()


def jumped(session: Session, text: str) -> Session:
    """The cursor on the first bed that begins with what was typed, or whose number is; else where it was."""
    dialog, sheet = session.dialog, session.ward.sheet
    if not isinstance(dialog, Jump) or sheet is None:
        return session
    typed = text.strip().casefold()
    beds = {row.person.patient_id: (row.person.bed or row.person.patient_id).casefold() for row in sheet.rows}
    ids = [item for item in session.ward.items if isinstance(item, str)]
    begins = [i for i in ids if typed and beds[i].startswith(typed)]
    numbers = [i for i in ids if typed.isdigit() and _number(beds[i]) == int(typed)]
    return point(session, (begins or numbers or [dialog.before])[0])[0]


def _number(bed: str) -> int | None:
    digits = "".join(character for character in bed if character.isascii() and character.isdigit())
    return int(digits) if digits else None


def jump_given_up(session: Session) -> Step:
    """Back to where the cursor was."""
    dialog = session.dialog
    assert isinstance(dialog, Jump)
    return point(replace(session, dialog=None), dialog.before)


def clear(session: Session) -> Step:
    """Show everybody again; a patient who is being opened is not."""
    if session.opening is not None:
        return replace(session, opening=None), ()
    return arranged(replace(session, ward=replace(session.ward, search="", filter="all"))), ()
