"""From the state of a ledger to the canonical log, by columns: what a loader of files would have made of the same rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, CursorResult, Table, select

from titration.log.model import (
    MINUTES_A_DAY,
    Doses,
    Doubts,
    Events,
    Labs,
    Log,
    Person,
    Pump,
    Readings,
    event_code,
    lab_code,
)
from titration.log.rows import ReadingRows, ordered_doses, ordered_readings, taken_rows
from titration.store.bodies import PersonBody
from titration.store.entries import canonical, digest
from titration.store.tables import DOSES, DOUBTS, EVENTS, LABS, PEOPLE, PUMP, READINGS
from titration.units import UnitSystem

I32 = npt.NDArray[np.int32]
_FOREVER: Final = 2**31 - 1
_GONE: Final = -1


@dataclass(frozen=True, slots=True)
class Member:
    """A patient of the ledger as last recorded."""

    patient_id: str
    seq: int
    system: UnitSystem
    discharged: bool
    body: PersonBody


def members(connection: Connection, *, patient: str | None = None, discharged: bool = True) -> list[Member]:
    """Patients by id; one, or all, or all who are on the ward."""
    query = PEOPLE.select()
    if patient is not None:
        query = query.where(PEOPLE.c.patient == patient)
    if not discharged:
        query = query.where(PEOPLE.c.discharged.is_(False))
    found = [
        Member(
            row.patient,
            row.seq,
            UnitSystem(row.system),
            row.discharged,
            PersonBody.model_validate_json(row.body),
        )
        for row in connection.execute(query)
    ]
    return sorted(found, key=lambda member: member.patient_id)


def person_of(member: Member) -> Person:
    """A patient as a log knows them."""
    body = member.body
    return Person(
        member.patient_id,
        sex=body.sex,
        age_years=body.age_years,
        height_cm=None if body.height_cm is None else float(body.height_cm),
        diabetes_type=body.diabetes_type,
        duration_years=None if body.duration_years is None else float(body.duration_years),
        comorbidities=body.comorbidities,
        agents=body.agents,
        hypoglycaemia_noted=body.hypoglycaemia_noted,
    )


def logs_of(
    connection: Connection,
    whose: Sequence[Member],
    *,
    until: int = _FOREVER,
    instead: Mapping[int, int | None] | None = None,
) -> tuple[Log, ...]:
    """One log per unit system of the patients named, mmol/L first, of what happened up to minute ``until``.

    ``instead`` asks what if: readings by entry number with another value on the grid, or none at all.
    """
    return tuple(
        _log(_Fetch(connection, part, until, instead or {}), system)
        for system in UnitSystem
        if (part := [member for member in whose if member.system is system])
    )


def _log(fetch: "_Fetch", system: UnitSystem) -> Log:
    drugs, doses = fetch.doses()
    return Log(
        system=system,
        people=tuple(person_of(member) for member in fetch.whose),
        drugs=drugs,
        readings=fetch.readings(),
        doses=doses,
        events=fetch.events(),
        labs=fetch.labs(),
        doubts=fetch.doubts(),
        pump=fetch.pump(),
    )


@dataclass(frozen=True)
class _Fetch:
    connection: Connection
    whose: Sequence[Member]
    until: int
    instead: Mapping[int, int | None]

    def _rows(self, table: Table, *names: str, time: str = "minute") -> tuple[I32, Sequence[Sequence[Any]]]:
        """Patient numbers and columns of the rows that count."""
        number = {member.patient_id: i for i, member in enumerate(self.whose)}
        query = select(table.c.patient, *(table.c[name] for name in names))
        end = self.until if time == "minute" else self.until // MINUTES_A_DAY
        query = query.where(table.c[time] <= end)
        if len(number) == 1:
            query = query.where(table.c.patient == next(iter(number)))
        elif not any(member.discharged for member in self.whose):
            # A ledger of years holds many who went home: their rows are not fetched to be thrown away.
            query = query.where(table.c.patient.in_(select(PEOPLE.c.patient).where(PEOPLE.c.discharged.is_(False))))
        columns = list(zip(*_plain(self.connection.execute(query)), strict=True))
        if not columns:
            return np.zeros(0, np.int32), [[] for _ in names]
        patient = np.fromiter(map(number.get, columns[0], repeat(_GONE)), np.int32, len(columns[0]))
        own = patient >= 0
        if own.all():
            return patient, columns[1:]
        keep = np.flatnonzero(own).tolist()
        return patient[own], [[column[i] for i in keep] for column in columns[1:]]

    def readings(self) -> Readings:
        numbers = ("seq",) if self.instead else ()
        patient, (minute, value, timing, source, again, *seqs) = self._rows(
            READINGS, "minute", "value", "timing", "source", "repeat", *numbers
        )
        amount = np.array(value, np.int32)
        seq = seqs[0] if seqs else ()
        gone = [i for i, number in enumerate(seq) if number in self.instead]
        for i in gone:
            amount[i] = _GONE if (other := self.instead[seq[i]]) is None else other
        rows = ReadingRows(
            patient,
            np.array(minute, np.int32),
            amount,
            UnitSystem.MMOL,
            np.array(timing, np.int8),
            np.array(source, np.int8),
            np.array(again, np.bool_),
            -1,
            np.zeros(len(amount), np.int64),
        )
        return ordered_readings(taken_rows(rows, amount != _GONE) if gone else rows)

    def doses(self) -> tuple[tuple[str, ...], Doses]:
        patient, (minute, drug, amount, slot, route, doubtful) = self._rows(
            DOSES, "minute", "drug", "amount", "slot", "route", "doubtful"
        )
        names = tuple(sorted(set(drug)))
        place = {name: i for i, name in enumerate(names)}
        doses = Doses(
            patient,
            np.array(minute, np.int32),
            np.fromiter(map(place.__getitem__, drug), np.int32, len(drug)),
            np.array(amount, np.int32),
            np.array(slot, np.int8),
            np.array(route, np.int8),
            np.array(doubtful, np.bool_),
        )
        return names, ordered_doses(doses)

    def events(self) -> Events:
        patient, (minute, kind) = self._rows(EVENTS, "minute", "kind")
        code = np.fromiter((event_code(name) for name in kind), np.int32, len(kind))
        patient, time, code = _sorted(patient, minute, code)
        return Events(patient, time, code.astype(np.int8))

    def labs(self) -> Labs:
        patient, (minute, kind, value) = self._rows(LABS, "minute", "kind", "value")
        code = np.fromiter((lab_code(name) for name in kind), np.int32, len(kind))
        patient, time, code, amount = _sorted(patient, minute, code, value)
        return Labs(patient, time, code.astype(np.int8), amount)

    def pump(self) -> Pump:
        patient, (minute, rate) = self._rows(PUMP, "minute", "rate")
        return Pump(*_sorted(patient, minute, rate))

    def doubts(self) -> Doubts:
        patient, (day,) = self._rows(DOUBTS, "day", time="day")
        if not len(patient):
            return Doubts()
        pairs = np.unique(np.stack((patient, np.array(day, np.int32)), axis=1), axis=0)
        return Doubts(np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1]))


def _plain(found: CursorResult[Any]) -> Sequence[tuple[Any, ...]]:
    """All rows as the driver's own tuples: a ward has a hundred thousand, and wrapping each costs more than reading it."""
    assert found.cursor is not None
    rows = found.cursor.fetchall()
    found.close()
    return rows


def _sorted(*columns: I32 | Iterable[int]) -> tuple[I32, ...]:
    table = [np.array(column, np.int32) for column in columns]
    order = np.lexsort(table[::-1])
    return tuple(column[order] for column in table)


def digest_of(log: Log) -> str:
    """SHA-256 of a log's every row: two logs with the same digest give the same plans."""
    tables = {
        name: {part: getattr(table, part).tolist() for part in table.__slots__}
        for name in ("readings", "doses", "events", "labs", "doubts", "pump")
        for table in (getattr(log, name),)
    }
    people = [[_text(getattr(p, name)) for name in Person.__slots__] for p in log.people]
    return digest(canonical({"system": log.system.text, "people": people, "drugs": list(log.drugs), **tables}))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
