"""From a log to entries, row by row, so that any of its rows can be corrected like one that was typed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from titration.clinical import EVENT_KINDS, LAB_KINDS, Route, Slot, Source, Timing
from titration.log.model import MINUTES_A_DAY, Log, Person
from titration.store.bodies import Body, DoseBody, DoubtBody, EventBody, LabBody, PersonBody, PumpBody, ReadingBody
from titration.store.entries import Kind
from titration.units import UnitSystem


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry to be: ``minute`` is when what it tells of happened (of a day, its last minute)."""

    minute: int
    kind: Kind
    patient: str
    body: Body


def people_of(log: Log, more: Callable[[str], Mapping[str, Any]]) -> Iterator[Draft]:
    """An entry per patient; ``more`` gives what the ward knows and a log does not (name, ward, bed)."""
    first = first_minutes(log)
    for number, person in enumerate(log.people):
        start = int(first[number])
        admitted = None if start == _NEVER else start // MINUTES_A_DAY
        body = PersonBody(**_person(person, log.system, admitted) | dict(more(person.patient_id)))
        yield Draft(0 if admitted is None else start, Kind.PERSON, person.patient_id, body)


_NEVER = 2**31 - 1


def first_minutes(log: Log) -> npt.NDArray[np.int64]:
    """Minute of each patient's first record; the largest number for one without any."""
    first = np.full(len(log.people), _NEVER, np.int64)
    for table in (log.readings, log.doses, log.events, log.labs, log.pump):
        np.minimum.at(first, table.patient, table.minute)
    return first


def _person(person: Person, system: UnitSystem, admitted: int | None) -> dict[str, Any]:
    return {
        "sex": person.sex,
        "age_years": person.age_years,
        "height_cm": None if person.height_cm is None else repr(person.height_cm),
        "diabetes_type": person.diabetes_type,
        "duration_years": None if person.duration_years is None else repr(person.duration_years),
        "comorbidities": person.comorbidities,
        "agents": person.agents,
        "hypoglycaemia_noted": person.hypoglycaemia_noted,
        "system": system.text,
        "admitted_day": admitted,
    }


def rows_of(log: Log, drug_units: Mapping[str, str]) -> Iterator[Draft]:
    """An entry per row of every table, table by table."""
    ids = [person.patient_id for person in log.people]
    yield from _readings(log, ids)
    yield from _doses(log, ids, drug_units)
    for patient, minute, kind in _columns(log.events.patient, log.events.minute, log.events.kind):
        yield Draft(minute, Kind.EVENT, ids[patient], EventBody(minute=minute, kind=EVENT_KINDS[kind].value))
    labs = log.labs
    for patient, minute, kind, value in _columns(labs.patient, labs.minute, labs.kind, labs.value):
        body = LabBody(minute=minute, kind=LAB_KINDS[kind].value, value=value)
        yield Draft(minute, Kind.LAB, ids[patient], body)
    for patient, minute, rate in _columns(log.pump.patient, log.pump.minute, log.pump.rate):
        yield Draft(minute, Kind.PUMP, ids[patient], PumpBody(minute=minute, rate=rate))
    for patient, day in _columns(log.doubts.patient, log.doubts.day):
        yield Draft((day + 1) * MINUTES_A_DAY - 1, Kind.DOUBT, ids[patient], DoubtBody(day=day))


def _columns(*columns: npt.NDArray[Any]) -> Iterator[tuple[int, ...]]:
    return zip(*(column.tolist() for column in columns), strict=True)


def _readings(log: Log, ids: list[str]) -> Iterator[Draft]:
    r = log.readings
    # That a row repeats the one before is found again when a log is made: were it written, correcting the first would leave none.
    told = r.repeat & ~_same_as_before(r.patient, r.minute, r.value, r.timing, r.source)
    timings, sources = [t.text for t in Timing], [s.text for s in Source]
    for patient, minute, value, timing, source, repeat in _columns(
        r.patient, r.minute, r.value, r.timing, r.source, told
    ):
        body = ReadingBody(
            minute=minute,
            value=value,
            unit=log.system.text,  # type: ignore[arg-type]
            timing=timings[timing],
            source=sources[source],
            repeat=bool(repeat),
        )
        yield Draft(minute, Kind.READING, ids[patient], body)


def _doses(log: Log, ids: list[str], drug_units: Mapping[str, str]) -> Iterator[Draft]:
    d = log.doses
    same = _same_as_before(d.patient, d.minute, d.drug, d.amount, d.slot, d.route)
    doubtful = d.doubtful.copy()
    for row in np.flatnonzero(same).tolist():
        # A repeat is doubtful for being one, which is found again; what else was doubtful its first has too.
        doubtful[row] = doubtful[row - 1]
    slots, routes = [s.text for s in Slot], [r.text for r in Route]
    for patient, minute, drug, amount, slot, route, odd in _columns(
        d.patient, d.minute, d.drug, d.amount, d.slot, d.route, doubtful
    ):
        name = log.drugs[drug]
        body = DoseBody(
            minute=minute,
            drug=name,
            amount=amount,
            unit=drug_units.get(name, ""),
            slot=slots[slot],
            route=routes[route],
            doubtful=bool(odd),
        )
        yield Draft(minute, Kind.DOSE, ids[patient], body)


def _same_as_before(*columns: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    again = np.zeros(len(columns[0]), np.bool_)
    again[1:] = True
    for column in columns:
        again[1:] &= column[1:] == column[:-1]
    return again
