"""The rows of a patient's record as a front end is told them, and where the round of the day stands."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, Table, select

from titration.clinical import Route, Slot, Source, Timing
from titration.service.rounds.signing import choices_of
from titration.service.rounds.told import (
    DoseRow,
    EventRow,
    LabRow,
    NoteRow,
    OrderRow,
    Person,
    ReadingRow,
    SignedRow,
    Stage,
)
from titration.store.bodies import DecisionBody, PersonBody
from titration.store.entries import RECORD, Kind
from titration.store.logs import Member
from titration.store.tables import DECISIONS, DOSES, ENTRIES, EVENTS, LABS, NOTES, ORDERS, READINGS
from titration.units import Pair, UnitSystem

_LOW: Final = Pair(39, 70)
_TIMED: Final = frozenset((Kind.READING, Kind.DOSE, Kind.EVENT, Kind.LAB, Kind.PUMP))


def person(member: Member) -> Person:
    """A patient as the ward knows them."""
    body = member.body
    return Person(
        patient_id=member.patient_id,
        name=body.name,
        ward=body.ward,
        bed=body.bed,
        sex=body.sex,
        age_years=body.age_years,
        height_cm=None if body.height_cm is None else float(body.height_cm),
        diabetes_type=body.diabetes_type,
        system=member.system,
        admitted_day=body.admitted_day,
        discharged=member.discharged,
    )


def _rows(connection: Connection, table: Table, patient: str, until: int) -> Iterable[Any]:
    query = table.select().where(table.c.patient == patient, table.c.minute <= until)
    return connection.execute(query.order_by(table.c.minute, table.c.seq))


def readings(connection: Connection, patient: str, until: int) -> tuple[ReadingRow, ...]:
    """Readings that stand, oldest first."""
    return tuple(_reading(row) for row in _rows(connection, READINGS, patient, until))


def reading_row(connection: Connection, seq: int) -> ReadingRow | None:
    """The reading that an entry brought, if it stands."""
    row = connection.execute(READINGS.select().where(READINGS.c.seq == seq)).one_or_none()
    return None if row is None else _reading(row)


def _reading(row: Any) -> ReadingRow:  # noqa: ANN401 - a row of the readings table
    timing, source = Timing(row.timing).text, Source(row.source).text
    return ReadingRow(row.seq, row.minute, row.value, timing, source, row.author, row.replaces)


def doses(connection: Connection, patient: str, until: int) -> tuple[DoseRow, ...]:
    """Doses that stand, oldest first."""
    return tuple(
        DoseRow(r.seq, r.minute, r.drug, r.amount, r.unit, Slot(r.slot).text, Route(r.route).text, r.author, r.replaces)
        for r in _rows(connection, DOSES, patient, until)
    )


def events(connection: Connection, patient: str, until: int) -> tuple[EventRow, ...]:
    """Events that stand, oldest first."""
    return tuple(EventRow(r.seq, r.minute, r.kind, r.note, r.author) for r in _rows(connection, EVENTS, patient, until))


def labs(connection: Connection, patient: str, until: int) -> tuple[LabRow, ...]:
    """Measurements that stand, oldest first."""
    return tuple(LabRow(r.seq, r.minute, r.kind, r.value, r.author) for r in _rows(connection, LABS, patient, until))


def notes(connection: Connection, patient: str, until: int) -> tuple[NoteRow, ...]:
    """Notes that stand, oldest first."""
    return tuple(NoteRow(r.seq, r.minute, r.text, r.author) for r in _rows(connection, NOTES, patient, until))


def orders(connection: Connection, patient: str) -> tuple[OrderRow, ...]:
    """What signed decisions changed, line by line."""
    found = connection.execute(ORDERS.select().where(ORDERS.c.patient == patient))
    return tuple(sorted(map(_order, found), key=lambda row: row.line))


def orders_of_all(connection: Connection) -> dict[str, list[OrderRow]]:
    """What signed decisions changed, patient by patient."""
    found: dict[str, list[OrderRow]] = {}
    for r in connection.execute(ORDERS.select()):
        found.setdefault(r.patient, []).append(_order(r))
    return found


def _order(r: Any) -> OrderRow:  # noqa: ANN401 - a row of the orders table
    return OrderRow(r.seq, r.minute, (r.drug, Slot(r.slot).text, Route(r.route).text), r.amount, r.unit, r.author)


def signed(connection: Connection, patient: str) -> tuple[SignedRow, ...]:
    """Decisions on a patient, oldest first."""
    query = (
        select(DECISIONS, ENTRIES.c.body)
        .join(ENTRIES, ENTRIES.c.seq == DECISIONS.c.seq)
        .where(DECISIONS.c.patient == patient)
        .order_by(DECISIONS.c.seq)
    )
    return tuple(
        SignedRow(
            r.seq, r.minute, r.day, r.author, r.recommendation, choices_of(DecisionBody.model_validate_json(r.body))
        )
        for r in connection.execute(query)
    )


def stages(connection: Connection, day: int, systems: dict[str, UnitSystem]) -> dict[str, Stage]:
    """Where the round of ``day`` stands for each patient who was signed; the others are open.

    A decision is stale when something was recorded later that belongs before it (a late entry, a correction, a withdrawal, a
    change of what is known of the patient), or a low happened after it: it rested on neither. Other readings and doses that
    follow are the day going on.
    """
    query = select(DECISIONS.c.patient, DECISIONS.c.seq, DECISIONS.c.minute).where(DECISIONS.c.day == day)
    last: dict[str, tuple[int, int]] = {}
    for row in connection.execute(query.order_by(DECISIONS.c.seq)):
        if row.patient in systems:
            last[row.patient] = (row.seq, row.minute)
    if not last:
        return {}
    out = dict.fromkeys(last, Stage.SIGNED)
    later = (
        ENTRIES.select()
        .where(ENTRIES.c.seq > min(seq for seq, _ in last.values()), ENTRIES.c.patient.is_not(None))
        .where(ENTRIES.c.kind.in_([kind.value for kind in RECORD]))
    )
    for entry in connection.execute(later):
        decided = last.get(entry.patient)
        if decided is None or entry.seq <= decided[0]:
            continue
        if entry.kind == Kind.PERSON:
            unsettled = _rewrites(connection, entry, decided[0])
        else:
            unsettled = _unsettles(entry, decided[1], systems[entry.patient])
        if unsettled:
            out[entry.patient] = Stage.STALE
    return out


def _rewrites(connection: Connection, entry: Any, decision: int) -> bool:  # noqa: ANN401 - a row of the entries table
    """Whether a person entry says otherwise what plans are made from: another bed is the same patient."""
    query = (
        select(ENTRIES.c.body)
        .where(ENTRIES.c.patient == entry.patient, ENTRIES.c.kind == Kind.PERSON.value, ENTRIES.c.seq < decision)
        .order_by(ENTRIES.c.seq.desc())
        .limit(1)
    )
    told = connection.execute(query).scalar()
    if told is None:
        return True
    before, now = PersonBody.model_validate_json(told), PersonBody.model_validate_json(entry.body)
    return any(getattr(before, name) != getattr(now, name) for name in ("age_years", "diabetes_type", "system"))


def _unsettles(entry: Any, decided: int, system: UnitSystem) -> bool:  # noqa: ANN401 - a row of the entries table
    import json

    data = json.loads(entry.body)
    if entry.kind == Kind.CORRECTION:
        return True
    if entry.kind in _TIMED and data["minute"] > decided:
        low = entry.kind == Kind.READING and data["value"] < _LOW.on(system)
        return low or (entry.kind == Kind.EVENT and data["kind"] in ("hypo_symptoms", "hypo_severe"))
    return True
