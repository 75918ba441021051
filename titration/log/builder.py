"""From parsed values to a Log: one per unit system, rows sorted, repeats marked, doubts dated.

Loaders hand over values one by one or in blocks, with patients, drugs and files under provisional numbers.
``build`` puts patients in the order of their ids, so that neither the order of files nor that of rows matters.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from titration.clinical import EVENT_KINDS, LAB_KINDS, EventKind, LabKind, Route, Slot, Source, Timing
from titration.log.model import (
    I8,
    I32,
    MINUTES_A_DAY,
    Bools,
    Doses,
    Doubts,
    Events,
    Labs,
    Log,
    Person,
    Pump,
    Readings,
)
from titration.log.report import (
    FATES,
    NO_DAY,
    NO_PATIENT,
    REASON_CODE,
    Fate,
    FileReport,
    Findings,
    LoadReport,
    Reason,
    Tally,
)
from titration.units import HI_VALUE, LO_VALUE, UnitSystem, glucose_text

I64 = npt.NDArray[np.int64]
_Rows = TypeVar("_Rows", Readings, Doses, Events, Labs, Pump, Doubts)

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
    row: I64

    def __len__(self) -> int:
        return len(self.minute)


@dataclass(frozen=True, slots=True)
class Built:
    """What came of a load; ``patients`` are all ids, sorted, whatever their unit system."""

    logs: tuple[Log, ...]
    report: LoadReport
    patients: tuple[str, ...]


@dataclass(slots=True)
class _FileCount:
    rows: int = 0
    read: int = 0
    kept: int = 0
    notes: list[str] = field(default_factory=lambda: list[str]())
    error: str | None = None


class LogBuilder:
    """Accumulates the values of one load. Rows count from 1, as an editor shows them."""

    def __init__(self) -> None:
        self.patients: dict[str, int] = {}
        self.drugs: dict[str, int] = {}
        self.people: dict[str, Person] = {}
        self.skipped: list[str] = []
        self.notes: list[str] = []
        self._files: dict[str, int] = {}
        self._counts: list[_FileCount] = []
        self._reading_rows: list[ReadingRows] = []
        self._readings: list[tuple[int, ...]] = []
        self._dose_rows: list[tuple[I32, I32, I32, I32, I8, I8, Bools]] = []
        self._doses: list[tuple[int, ...]] = []
        self._events: list[tuple[int, int, int]] = []
        self._labs: list[tuple[int, int, int, int]] = []
        self._pump: list[tuple[int, int, int]] = []
        self._found: list[tuple[I32, I64, I8, I32, I32, Sequence[str]]] = []
        self._findings: list[tuple[int, int, int, int, int]] = []
        self._raw: list[str] = []
        self._doubts: list[tuple[I32, I32]] = []

    # -- names ---------------------------------------------------------------------------------------------------

    def file(self, name: str) -> int:
        """Number of the file ``name``, which is opened in the report on first use."""
        number = self._files.setdefault(name, len(self._files))
        if number == len(self._counts):
            self._counts.append(_FileCount())
        return number

    def patient(self, patient_id: str) -> int:
        """Provisional number of a patient."""
        return self.patients.setdefault(patient_id, len(self.patients))

    def drug(self, name: str) -> int:
        """Provisional number of a drug."""
        return self.drugs.setdefault(name, len(self.drugs))

    def note(self, file: int, text: str) -> None:
        """A remark about a file, shown once."""
        notes = self._counts[file].notes
        if text not in notes:
            notes.append(text)

    def fail(self, file: int, error: str) -> None:
        """Record that a file could not be read."""
        self._counts[file].error = error

    def count(self, file: int, *, rows: int = 0, values: int = 0) -> None:
        """Count rows and values read from a file."""
        self._counts[file].rows += rows
        self._counts[file].read += values

    # -- values --------------------------------------------------------------------------------------------------

    def read(
        self,
        *,
        patient: int,
        minute: int,
        value: int,
        system: UnitSystem,
        timing: Timing,
        source: Source,
        file: int,
        row: int,
        repeat: bool = False,
    ) -> None:
        """Keep one reading."""
        self._counts[file].kept += 1
        self._readings.append((patient, minute, value, system, timing, source, repeat, file, row))

    def read_rows(self, rows: ReadingRows) -> None:
        """Keep a block of readings."""
        self._counts[rows.file].kept += len(rows)
        self._reading_rows.append(rows)

    def dose(
        self,
        *,
        patient: int,
        minute: int,
        drug: int,
        amount: int,
        slot: Slot,
        route: Route,
        file: int,
        doubtful: bool = False,
    ) -> None:
        """Keep one dose, in thousandths of the drug's unit."""
        self._counts[file].kept += 1
        self._doses.append((patient, minute, drug, amount, slot, route, doubtful))

    def rate_rows(self, patient: I32, minute: I32, rate: I32, *, file: int) -> None:
        """Keep a block of pump rates."""
        self._counts[file].kept += len(rate)
        self._pump.extend(zip(patient.tolist(), minute.tolist(), rate.tolist(), strict=True))

    def first_minutes(self) -> dict[int, int]:
        """The first minute of a reading or dose of each patient so far, by provisional number."""
        first = np.full(len(self.patients), 2**31 - 1, np.int64)
        for rows in self._reading_rows:
            np.minimum.at(first, rows.patient, rows.minute)
        for block in self._dose_rows:
            np.minimum.at(first, block[0], block[1])
        for patient, minute, *_ in (*self._readings, *self._doses):
            first[patient] = min(first[patient], minute)
        return {number: int(minute) for number, minute in enumerate(first) if minute < 2**31 - 1}

    def dose_rows(self, doses: Doses, *, file: int) -> None:
        """Keep a block of doses."""
        self._counts[file].kept += len(doses)
        self._dose_rows.append(
            (doses.patient, doses.minute, doses.drug, doses.amount, doses.slot, doses.route, doses.doubtful)
        )

    def event(self, *, patient: int, minute: int, kind: EventKind, file: int) -> None:
        """Keep one event."""
        self._counts[file].kept += 1
        self._events.append((patient, minute, EVENT_KINDS.index(kind)))

    def lab(self, *, patient: int, minute: int, kind: LabKind, value: int, file: int) -> None:
        """Keep one measurement, in thousandths of its unit."""
        self._counts[file].kept += 1
        self._labs.append((patient, minute, LAB_KINDS.index(kind), value))

    def rate(self, *, patient: int, minute: int, rate: int, file: int) -> None:
        """Keep one pump rate, in thousandths of units an hour."""
        self._counts[file].kept += 1
        self._pump.append((patient, minute, rate))

    def keep(self, file: int, values: int = 1) -> None:
        """Count values that are kept in a person rather than in a column."""
        self._counts[file].kept += values

    def find(
        self,
        *,
        file: int,
        row: int,
        reason: Reason,
        raw: str,
        patient: int = NO_PATIENT,
        day: int = NO_DAY,
        glucose: bool = False,
    ) -> None:
        """Record why one value was refused, set aside or flagged; a refused ``glucose`` puts its day in doubt."""
        self._findings.append((file, row, REASON_CODE[reason], patient, day))
        self._raw.append(raw)
        if glucose and reason.fate is not Fate.FLAGGED and patient != NO_PATIENT and day != NO_DAY:
            self._doubts.append((np.array([patient], np.int32), np.array([day], np.int32)))

    def find_rows(
        self, *, file: int, row: I64, reason: I8, patient: I32, day: I32, raw: Sequence[str], glucose: bool = False
    ) -> None:
        """Record a block of findings, as ``find``; ``reason`` holds positions in ``report.REASONS``."""
        self._found.append((np.full(len(row), file, np.int32), row, reason, patient, day, raw))
        if glucose:
            doubt = (FATES[reason] != Fate.FLAGGED) & (patient != NO_PATIENT) & (day != NO_DAY)
            self._doubts.append((patient[doubt], day[doubt]))

    # -- the log -------------------------------------------------------------------------------------------------

    def build(self) -> Built:
        """The sorted logs and the report."""
        ids = tuple(sorted(self.patients))
        rank = np.empty(len(ids) + 1, np.int32)
        rank[[self.patients[i] for i in ids]] = np.arange(len(ids), dtype=np.int32)
        rank[NO_PATIENT] = NO_PATIENT
        rows = self._joined_readings(rank)
        rows, systems = self._one_system_each(rows, len(ids), rank)
        findings = self._joined_findings(rank, ids)
        names = tuple(sorted(self.drugs))
        doses = self._joined_doses(rank, names)
        events = Events(*_sorted_columns(self._events, rank, (np.int8,)))
        labs = Labs(*_sorted_columns(self._labs, rank, (np.int8, np.int32)))
        pump = Pump(*_sorted_columns(self._pump, rank, (np.int32,)))
        whole = Log(
            UnitSystem.MMOL,
            tuple(self.people.get(i, Person(i)) for i in ids),
            names,
            ordered_readings(rows),
            doses,
            events,
            labs,
            self._joined_doubts(rank),
            pump,
        )
        logs = tuple(part_of(whole, systems, system) for system in sorted(set(systems.tolist())))
        return Built(logs, self._report(findings), ids)

    def _joined_readings(self, rank: I32) -> ReadingRows:
        blocks = list(self._reading_rows)
        if self._readings:
            table = np.array(self._readings, np.int64).reshape(-1, 9).T
            blocks.append(
                ReadingRows(
                    table[0].astype(np.int32),
                    table[1].astype(np.int32),
                    table[2].astype(np.int32),
                    table[3].astype(np.int8),
                    table[4].astype(np.int8),
                    table[5].astype(np.int8),
                    table[6].astype(np.bool_),
                    -1,
                    (table[7] << 40) | table[8],
                )
            )
        return _joined(blocks, rank)

    def _one_system_each(self, rows: ReadingRows, people: int, rank: I32) -> tuple[ReadingRows, I8]:
        """Set the rarer unit of every patient aside, and say which unit each patient's log is in.

        HI and LO belong to either unit and are never set aside.
        """
        if isinstance(rows.system, UnitSystem):
            return rows, np.full(people, rows.system, np.int8)
        system = np.broadcast_to(np.asarray(rows.system, np.int8), rows.minute.shape)
        number = (rows.value > LO_VALUE) & (rows.value < HI_VALUE)
        counts = np.array([np.bincount(rows.patient[(system == s) & number], minlength=people) for s in (0, 1)])
        total = counts.sum(axis=1)
        systems = np.where(counts[1] > counts[0], 1, 0).astype(np.int8)
        systems[counts.sum(axis=0) == 0] = int(total[1] > total[0])
        tied = (counts[0] == counts[1]) & (counts[0] > 0)
        aside = ((system != systems[rows.patient]) | tied[rows.patient]) & number
        if not aside.any():
            return rows, systems
        back = np.empty_like(rank)
        back[rank] = np.arange(len(rank), dtype=np.int32)
        back[NO_PATIENT] = NO_PATIENT
        for position in np.flatnonzero(aside).tolist():
            file, row = divmod(int(rows.row[position]), 1 << 40)
            unit = UnitSystem(int(system[position]))
            self._counts[file].kept -= 1
            self.find(
                file=file,
                row=row,
                reason=Reason.MIXED_UNITS,
                raw=f"{glucose_text(int(rows.value[position]), unit)} {unit.text}",
                patient=int(back[rows.patient[position]]),
                day=int(rows.minute[position]) // MINUTES_A_DAY,
                glucose=True,
            )
        return _taken(rows, ~aside), systems

    def _joined_findings(self, rank: I32, ids: tuple[str, ...]) -> Findings:
        blocks = list(self._found)
        if self._findings:
            table = np.array(self._findings, np.int64).T
            file, reason = table[0].astype(np.int32), table[2].astype(np.int8)
            blocks.append((file, table[1], reason, table[3].astype(np.int32), table[4].astype(np.int32), self._raw))
        if not blocks:
            return Findings(tuple(self._sorted_files()), ids)
        order_of_file = np.array([sorted(self._files).index(name) for name in self._files], np.int32)
        file = order_of_file[np.concatenate([b[0] for b in blocks])]
        row = np.concatenate([b[1] for b in blocks])
        reason = np.concatenate([b[2] for b in blocks])
        patient = rank[np.concatenate([b[3] for b in blocks])]
        day = np.concatenate([b[4] for b in blocks])
        raw = [text for block in blocks for text in block[5]]
        order = np.lexsort((reason, row, file))
        return Findings(
            tuple(self._sorted_files()),
            ids,
            file[order],
            row[order],
            reason[order],
            patient[order],
            day[order],
            [raw[i] for i in order.tolist()],
        )

    def _joined_doubts(self, rank: I32) -> Doubts:
        if not self._doubts:
            return Doubts()
        patient = rank[np.concatenate([doubt[0] for doubt in self._doubts])]
        pairs = np.stack((patient, np.concatenate([doubt[1] for doubt in self._doubts])), axis=1)
        unique = np.unique(pairs, axis=0).astype(np.int32)
        return Doubts(np.ascontiguousarray(unique[:, 0]), np.ascontiguousarray(unique[:, 1]))

    def _joined_doses(self, rank: I32, names: tuple[str, ...]) -> Doses:
        blocks = list(self._dose_rows)
        if self._doses:
            t = np.array(self._doses, np.int64).T
            i32, i8 = np.int32, np.int8
            blocks.append(
                (t[0].astype(i32), t[1].astype(i32), t[2].astype(i32), t[3].astype(i32))
                + (t[4].astype(i8), t[5].astype(i8), t[6].astype(np.bool_))
            )
        if not blocks:
            return Doses()
        order = np.empty(len(names), np.int32)
        order[[self.drugs[name] for name in names]] = np.arange(len(names), dtype=np.int32)
        columns = [np.concatenate([block[i] for block in blocks]) for i in range(7)]
        return ordered_doses(Doses(rank[columns[0]], columns[1], order[columns[2]], *columns[3:]))

    def _sorted_files(self) -> list[str]:
        return sorted(self._files)

    def _report(self, findings: Findings) -> LoadReport:
        files: list[FileReport] = []
        fates = findings.fates
        for number, name in enumerate(self._sorted_files()):
            count = self._counts[self._files[name]]
            here = findings.file == number
            rejected, quarantined = here & (fates == Fate.REJECTED), here & (fates == Fate.QUARANTINED)
            bad, aside = set(findings.row[rejected].tolist()), set(findings.row[quarantined].tolist())
            rows = Tally(count.rows, count.rows - len(bad | aside), len(aside - bad), len(bad))
            values = Tally(count.read, count.kept, int(quarantined.sum()), int(rejected.sum()))
            files.append(FileReport(name, rows, values, tuple(count.notes), count.error))
        return LoadReport(tuple(files), findings, tuple(sorted(self.skipped)), tuple(self.notes))


def ordered_readings(rows: ReadingRows) -> Readings:
    """Readings sorted by patient and time, with exact repeats marked.

    Rows already in strict order are not sorted. Rows of one minute go by source, timing and value.
    """
    patient, minute = rows.patient, rows.minute
    columns = (patient, minute, rows.value, rows.timing, rows.source, rows.repeat)
    rising = (patient[1:] > patient[:-1]) | ((patient[1:] == patient[:-1]) & (minute[1:] > minute[:-1]))
    if rising.all():
        return Readings(*columns)
    order = np.lexsort((rows.repeat, rows.value, rows.timing, rows.source, minute, patient))
    patient, minute, value, timing, source, repeat = (column[order] for column in columns)
    again = np.zeros(len(patient), np.bool_)
    again[1:] = True
    for column in (patient, minute, value, timing, source):
        again[1:] &= column[1:] == column[:-1]
    return Readings(patient, minute, value, timing, source, repeat | again)


def ordered_doses(doses: Doses) -> Doses:
    """Doses sorted by patient, time, drug, route and amount; an exact repeat is doubtful."""
    patient, minute = doses.patient, doses.minute
    rising = (patient[1:] > patient[:-1]) | ((patient[1:] == patient[:-1]) & (minute[1:] > minute[:-1]))
    if rising.all():
        return doses
    keys = (doses.doubtful, doses.slot, doses.amount, doses.route, doses.drug, minute, patient)
    ordered = taken(doses, np.lexsort(keys))
    again = np.zeros(len(ordered), np.bool_)
    again[1:] = True
    for column in (ordered.patient, ordered.minute, ordered.drug, ordered.amount, ordered.slot, ordered.route):
        again[1:] &= column[1:] == column[:-1]
    return replace(ordered, doubtful=ordered.doubtful | again)


def taken(rows: _Rows, at: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> _Rows:
    """The rows at a mask or at positions."""
    names = type(rows).__dataclass_fields__
    return type(rows)(**{name: getattr(rows, name)[at] for name in names})


def part_of(whole: Log, systems: I8, system: int) -> Log:
    """The patients of ``whole`` whose log is in ``system``, renumbered."""
    members = systems == system
    if members.all():
        return replace(whole, system=UnitSystem(system))
    number = (np.cumsum(members) - 1).astype(np.int32)

    def part(rows: _Rows) -> _Rows:
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


def _joined(blocks: list[ReadingRows], rank: I32) -> ReadingRows:
    """One block, patients renumbered; ``row`` becomes file << 40 | row, or is left out where one unit rules all."""
    if not blocks:
        none, small = np.zeros(0, np.int32), np.zeros(0, np.int8)
        return ReadingRows(none, none, none, small, small, small, np.zeros(0, np.bool_), -1, np.zeros(0, np.int64))
    systems = {b.system for b in blocks if isinstance(b.system, UnitSystem)}
    if len(systems) == 1 and all(isinstance(b.system, UnitSystem) for b in blocks):
        system: I8 | UnitSystem = systems.pop()
    else:
        system = np.concatenate([np.broadcast_to(np.asarray(b.system, np.int8), b.minute.shape) for b in blocks])
    alike = isinstance(system, UnitSystem)
    patient = np.concatenate([b.patient for b in blocks])
    in_order = bool((rank[:-1] == np.arange(len(rank) - 1)).all())
    return ReadingRows(
        patient if in_order else rank[patient],
        np.concatenate([b.minute for b in blocks]),
        np.concatenate([b.value for b in blocks]),
        system,
        np.concatenate([b.timing for b in blocks]),
        np.concatenate([b.source for b in blocks]),
        np.concatenate([b.repeat for b in blocks]),
        -1,
        np.concatenate([b.row[:0] if alike else b.row if b.file < 0 else b.row | (b.file << 40) for b in blocks]),
    )


def _taken(rows: ReadingRows, at: Bools) -> ReadingRows:
    return ReadingRows(
        rows.patient[at],
        rows.minute[at],
        rows.value[at],
        rows.system if isinstance(rows.system, UnitSystem) else rows.system[at],
        rows.timing[at],
        rows.source[at],
        rows.repeat[at],
        rows.file,
        rows.row[at],
    )


def _sorted_columns(
    rows: Sequence[tuple[int, ...]], rank: I32, rest: tuple[type[np.int8] | type[np.int32], ...]
) -> tuple[npt.NDArray[np.signedinteger], ...]:
    """Columns patient, minute and ``rest`` of small tables, sorted by all of them."""
    table = np.array(rows, np.int64).reshape(-1, 2 + len(rest)).T
    table[0] = rank[table[0]]
    table = table[:, np.lexsort(table[::-1])]
    return tuple(column.astype(kind) for column, kind in zip(table, (np.int32, np.int32, *rest), strict=True))
