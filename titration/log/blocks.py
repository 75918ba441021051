"""Cutting a log into blocks of patients, so that memory does not grow with their number."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from titration.log.model import Doses, Doubts, Events, Labs, Log, Pump, Readings

_Table = TypeVar("_Table", Readings, Doses, Events, Labs, Doubts, Pump)


def blocks(log: Log, patients: int) -> Iterator[Log]:
    """The log as blocks of at most ``patients`` people each, in order."""
    if len(log.people) <= patients:
        yield log
        return
    for first in range(0, len(log.people), patients):
        yield only(log, first, min(first + patients, len(log.people)))


def only(log: Log, first: int, last: int) -> Log:
    """The log of patients ``first`` to ``last`` (not included), renumbered from 0."""
    return Log(
        system=log.system,
        people=log.people[first:last],
        drugs=log.drugs,
        readings=_cut(log.readings, first, last),
        doses=_cut(log.doses, first, last),
        events=_cut(log.events, first, last),
        labs=_cut(log.labs, first, last),
        doubts=_cut(log.doubts, first, last),
        pump=_cut(log.pump, first, last),
    )


def until(log: Log, day: int) -> Log:
    """The log as it stood at the end of ``day``."""
    end = (day + 1) * 1440

    def past(table: _Table) -> _Table:
        when: Any = table.day <= day if isinstance(table, Doubts) else table.minute < end
        return table if bool(when.all()) else _taken(table, np.flatnonzero(when))

    return Log(
        system=log.system,
        people=log.people,
        drugs=log.drugs,
        readings=past(log.readings),
        doses=past(log.doses),
        events=past(log.events),
        labs=past(log.labs),
        doubts=past(log.doubts),
        pump=past(log.pump),
    )


def _cut(table: _Table, first: int, last: int) -> _Table:
    start, end = np.searchsorted(table.patient, (first, last))
    part = _taken(table, slice(int(start), int(end)))
    return replace(part, patient=part.patient - np.int32(first))


def _taken(table: _Table, at: slice | npt.NDArray[np.intp]) -> _Table:
    return type(table)(*(getattr(table, name)[at] for name in table.__slots__))
