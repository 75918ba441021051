"""Blocks of rows under provisional numbers, and what turns them into the sorted columns of a Log."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from titration.log.model import I8, I32, Bools, Doses, Doubts, Events, Labs, Log, Pump, Readings
from titration.units import UnitSystem

I64 = npt.NDArray[np.int64]
_Table = TypeVar("_Table", Readings, Doses, Events, Labs, Pump, Doubts)

RowNumbers: TypeAlias = I64 | range
"""Numbers of a block's rows in their file; a range where they follow each other, which takes no memory."""

FILE_SHIFT: Final = 40
"""Joined rows carry their file number above this bit of the row number."""


@dataclass(frozen=True, slots=True)
class ReadingRows:
    """Readings in file order, all arrays of shape (n,); ``system`` is a UnitSystem code per row or one for all."""

    patient: I32
    minute: I32
    value: I32
    system: I8 | UnitSystem
    timing: I8
    source: I8
    repeat: Bools
    file: int
    row: RowNumbers

    def __len__(self) -> int:
        return len(self.minute)


def numbers_at(rows: RowNumbers, at: npt.NDArray[np.intp] | slice) -> RowNumbers:
    """The row numbers at some positions."""
    if isinstance(at, slice):
        return rows[at]
    return at.astype(np.int64) + rows.start if isinstance(rows, range) else rows[at]


def ordered_readings(rows: ReadingRows) -> Readings:
    """Readings sorted by patient and time, with exact repeats marked.

    Rows already in strict order are not sorted. Rows of one minute go by source, timing and value.
    """
    patient, minute = rows.patient, rows.minute
    rising = (patient[1:] > patient[:-1]) | ((patient[1:] == patient[:-1]) & (minute[1:] > minute[:-1]))
    if rising.all():
        return Readings(patient, minute, rows.value, rows.timing, rows.source, rows.repeat)
    order = np.lexsort((rows.repeat, rows.value, rows.timing, rows.source, minute, patient))
    found = Readings(
        patient[order], minute[order], rows.value[order], rows.timing[order], rows.source[order], rows.repeat[order]
    )
    again = _same_as_before((found.patient, found.minute, found.value, found.timing, found.source))
    return replace(found, repeat=found.repeat | again)


def _same_as_before(columns: Sequence[npt.NDArray[np.signedinteger]]) -> Bools:
    """Which rows equal the row before them in every column."""
    again = np.zeros(len(columns[0]), np.bool_)
    again[1:] = True
    for column in columns:
        again[1:] &= column[1:] == column[:-1]
    return again


def ordered_doses(doses: Doses) -> Doses:
    """Doses sorted by patient, time, drug, route and amount; an exact repeat is doubtful."""
    patient, minute = doses.patient, doses.minute
    rising = (patient[1:] > patient[:-1]) | ((patient[1:] == patient[:-1]) & (minute[1:] > minute[:-1]))
    if rising.all():
        return doses
    keys = (doses.doubtful, doses.slot, doses.amount, doses.route, doses.drug, minute, patient)
    ordered = taken(doses, np.lexsort(keys))
    again = _same_as_before(
        (ordered.patient, ordered.minute, ordered.drug, ordered.amount, ordered.slot, ordered.route)
    )
    return replace(ordered, doubtful=ordered.doubtful | again)


def taken(rows: _Table, at: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> _Table:
    """The rows at a mask or at positions."""
    names = type(rows).__dataclass_fields__
    return type(rows)(**{name: getattr(rows, name)[at] for name in names})


def part_of(whole: Log, systems: I8, system: int) -> Log:
    """The patients of ``whole`` whose log is in ``system``, renumbered."""
    members = systems == system
    if members.all():
        return replace(whole, system=UnitSystem(system))
    number = (np.cumsum(members) - 1).astype(np.int32)

    def part(rows: _Table) -> _Table:
        chosen = taken(rows, members[rows.patient])
        return replace(chosen, patient=number[chosen.patient])

    return Log(
        UnitSystem(system),
        tuple(person for person, member in zip(whole.people, members.tolist(), strict=True) if member),
        whole.drugs,
        part(whole.readings),
        part(whole.doses),
        part(whole.events),
        part(whole.labs),
        part(whole.doubts),
        part(whole.pump),
    )


def joined_rows(blocks: list[ReadingRows], rank: I32) -> ReadingRows:
    """One block, patients renumbered; ``row`` becomes file << FILE_SHIFT | row, or is left out where one unit rules all."""
    if not blocks:
        none, small = np.zeros(0, np.int32), np.zeros(0, np.int8)
        return ReadingRows(none, none, none, small, small, small, np.zeros(0, np.bool_), -1, np.zeros(0, np.int64))
    systems = {b.system for b in blocks if isinstance(b.system, UnitSystem)}
    if len(systems) == 1 and all(isinstance(b.system, UnitSystem) for b in blocks):
        system: I8 | UnitSystem = systems.pop()
    else:
        system = np.concatenate([np.broadcast_to(np.asarray(b.system, np.int8), b.minute.shape) for b in blocks])
    alike = isinstance(system, UnitSystem)
    patient = _joined([b.patient for b in blocks])
    in_order = bool((rank[:-1] == np.arange(len(rank) - 1)).all())
    return ReadingRows(
        patient if in_order else rank.take(patient),
        _joined([b.minute for b in blocks]),
        _joined([b.value for b in blocks]),
        system,
        _joined([b.timing for b in blocks]),
        _joined([b.source for b in blocks]),
        _joined([b.repeat for b in blocks]),
        -1,
        np.zeros(0, np.int64) if alike else np.concatenate([_in_file(b) for b in blocks]),
    )


def _joined(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Arrays one after the other; a single one is not copied."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _in_file(block: ReadingRows) -> I64:
    rows = block.row
    numbers = np.arange(rows.start, rows.stop, dtype=np.int64) if isinstance(rows, range) else rows
    return numbers if block.file < 0 else numbers | (block.file << FILE_SHIFT)


def taken_rows(rows: ReadingRows, at: Bools) -> ReadingRows:
    """The rows of a mask."""
    return ReadingRows(
        rows.patient[at],
        rows.minute[at],
        rows.value[at],
        rows.system if isinstance(rows.system, UnitSystem) else rows.system[at],
        rows.timing[at],
        rows.source[at],
        rows.repeat[at],
        rows.file,
        np.asarray(rows.row, np.int64)[at],
    )


def reading_rows(rows: Sequence[tuple[int, ...]]) -> list[ReadingRows]:
    """Readings handed over one by one (the fields of ReadingRows in order) as a block, or none."""
    if not rows:
        return []
    t = np.array(rows, np.int64).T
    return [
        ReadingRows(
            t[0].astype(np.int32),
            t[1].astype(np.int32),
            t[2].astype(np.int32),
            t[3].astype(np.int8),
            t[4].astype(np.int8),
            t[5].astype(np.int8),
            t[6].astype(np.bool_),
            -1,
            (t[7] << FILE_SHIFT) | t[8],
        )
    ]


def dose_rows(rows: Sequence[tuple[int, ...]]) -> Doses:
    """Doses handed over one by one (the fields of Doses in order) as a block."""
    t = np.array(rows, np.int64).reshape(-1, 7).T
    return Doses(
        t[0].astype(np.int32),
        t[1].astype(np.int32),
        t[2].astype(np.int32),
        t[3].astype(np.int32),
        t[4].astype(np.int8),
        t[5].astype(np.int8),
        t[6].astype(np.bool_),
    )


def joined_doses(blocks: Sequence[Doses], rank: I32, order: I32) -> Doses:
    """One block, patients renumbered by ``rank`` and drugs by ``order``."""
    drug = _joined([block.drug for block in blocks])
    return Doses(
        rank.take(_joined([block.patient for block in blocks])),
        _joined([block.minute for block in blocks]),
        order.take(drug) if len(drug) else drug,
        _joined([block.amount for block in blocks]),
        _joined([block.slot for block in blocks]),
        _joined([block.route for block in blocks]),
        _joined([block.doubtful for block in blocks]),
    )


def event_columns(rows: Sequence[tuple[int, int, int]], rank: I32) -> tuple[I32, I32, I32]:
    """Patient, minute and value of a small table, sorted by all three."""
    t = np.array(rows, np.int64).reshape(-1, 3).T
    t[0] = rank[t[0]]
    t = t[:, np.lexsort(t[::-1])]
    return t[0].astype(np.int32), t[1].astype(np.int32), t[2].astype(np.int32)


def lab_columns(rows: Sequence[tuple[int, int, int, int]], rank: I32) -> tuple[I32, I32, I8, I32]:
    """Patient, minute, kind and value of a small table, sorted by all four."""
    t = np.array(rows, np.int64).reshape(-1, 4).T
    t[0] = rank[t[0]]
    t = t[:, np.lexsort(t[::-1])]
    return t[0].astype(np.int32), t[1].astype(np.int32), t[2].astype(np.int8), t[3].astype(np.int32)
