"""From parsed values to a Log: one per unit system, rows sorted, repeats marked, doubts dated.

Loaders hand over values one by one or in blocks, with patients, drugs and files under provisional numbers.
``build`` puts patients in the order of their ids, so that neither the order of files nor that of rows matters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from titration.clinical import EVENT_KINDS, LAB_KINDS, EventKind, LabKind, Route, Slot, Source, Timing
from titration.log.file_book import FileBook
from titration.log.model import I8, I32, MINUTES_A_DAY, Doses, Events, Labs, Log, Person, Pump
from titration.log.report import NO_PATIENT, LoadReport, Reason
from titration.log.rows import (
    FILE_SHIFT,
    ReadingRows,
    dose_rows,
    event_columns,
    joined_doses,
    joined_rows,
    lab_columns,
    ordered_doses,
    ordered_readings,
    part_of,
    reading_rows,
    taken_rows,
)
from titration.units import HI_VALUE, LO_VALUE, UnitSystem, glucose_text


@dataclass(frozen=True, slots=True)
class Built:
    """What came of a load: of the names in ``Log.drugs``, which are ``insulins``, and the unit of each."""

    logs: tuple[Log, ...]
    report: LoadReport
    insulins: frozenset[str]
    drug_units: Mapping[str, str]


class LogBuilder(FileBook):
    """Accumulates the values of one load. Rows count from 1, as an editor shows them."""

    def __init__(self) -> None:
        super().__init__()
        self.patients: dict[str, int] = {}
        self.drugs: dict[str, int] = {}
        self.insulins: set[str] = set()
        self.drug_units: dict[str, str] = {}
        self.people: dict[str, Person] = {}
        self._reading_rows: list[ReadingRows] = []
        self._readings: list[tuple[int, ...]] = []
        self._dose_rows: list[Doses] = []
        self._doses: list[tuple[int, ...]] = []
        self._events: list[tuple[int, int, int]] = []
        self._labs: list[tuple[int, int, int, int]] = []
        self._pump: list[tuple[int, int, int]] = []

    # -- names ---------------------------------------------------------------------------------------------------

    def patient(self, patient_id: str) -> int:
        """Provisional number of a patient."""
        return self.patients.setdefault(patient_id, len(self.patients))

    def patient_numbers(self, ids: Sequence[str], used: Sequence[bool]) -> I32:
        """Provisional number of each id that is used; NO_PATIENT for the others and for blank."""
        known = self.patients
        number = known.setdefault
        found = [number(i, len(known)) if i and u else NO_PATIENT for i, u in zip(ids, used, strict=True)]
        return np.array(found, np.int32)

    def drug(self, name: str, *, insulin: bool, unit: str) -> int:
        """Provisional number of a drug and the unit its amounts are in; an unknown one in units is an ``insulin``."""
        if insulin:
            self.insulins.add(name)
        # An unknown drug written in two units keeps the first by name, so that row order does not matter.
        self.drug_units[name] = min(unit, self.drug_units.get(name, unit))
        return self.drugs.setdefault(name, len(self.drugs))

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
            np.minimum.at(first, block.patient, block.minute)
        for patient, minute, *_ in (*self._readings, *self._doses):
            first[patient] = min(first[patient], minute)
        return {number: int(minute) for number, minute in enumerate(first) if minute < 2**31 - 1}

    def dose_rows(self, doses: Doses, *, file: int) -> None:
        """Keep a block of doses."""
        self._counts[file].kept += len(doses)
        self._dose_rows.append(doses)

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

    # -- the log -------------------------------------------------------------------------------------------------

    def build(self) -> Built:
        """The sorted logs and the report."""
        ids = tuple(sorted(self.patients))
        rank = np.empty(len(ids) + 1, np.int32)
        rank[[self.patients[i] for i in ids]] = np.arange(len(ids), dtype=np.int32)
        rank[NO_PATIENT] = NO_PATIENT
        rows = joined_rows([*self._reading_rows, *reading_rows(self._readings)], rank)
        rows, systems = self._one_system_each(rows, len(ids), rank)
        findings = self._all_findings(rank, ids)
        names = tuple(sorted(self.drugs))
        patient, minute, rate = event_columns(self._pump, rank)
        whole = Log(
            UnitSystem.MMOL,
            tuple(self.people[i] if i in self.people else Person(i) for i in ids),
            names,
            ordered_readings(rows),
            self._all_doses(rank, names),
            Events(*lab_columns([(*event, 0) for event in self._events], rank)[:3]),
            Labs(*lab_columns(self._labs, rank)),
            self._all_doubts(rank),
            Pump(patient, minute, rate),
        )
        logs = tuple(part_of(whole, systems, system) for system in sorted(set(systems.tolist())))
        return Built(logs, self._report(findings), frozenset(self.insulins), dict(self.drug_units))

    def _one_system_each(self, rows: ReadingRows, people: int, rank: I32) -> tuple[ReadingRows, I8]:
        """Set the rarer unit of every patient aside, and say which unit each patient's log is in.

        HI and LO belong to either unit and are never set aside. A patient without a number goes by the unit written
        beside them; one without a reading is put with mmol/L, whatever the others have.
        """
        if rows.system is UnitSystem.MMOL:
            return rows, np.zeros(people, np.int8)
        if isinstance(rows.system, UnitSystem):
            return rows, (np.bincount(rows.patient, minlength=people) > 0).astype(np.int8) * np.int8(rows.system)
        system = np.broadcast_to(np.asarray(rows.system, np.int8), rows.minute.shape)
        number = (rows.value > LO_VALUE) & (rows.value < HI_VALUE)
        counts = np.array([np.bincount(rows.patient[(system == s) & number], minlength=people) for s in (0, 1)])
        systems = np.where(counts[1] > counts[0], 1, 0).astype(np.int8)
        marks = np.array([np.bincount(rows.patient[system == s], minlength=people) for s in (0, 1)])
        bare = counts.sum(axis=0) == 0
        systems[bare] = (marks[1] > marks[0])[bare]
        tied = (counts[0] == counts[1]) & (counts[0] > 0)
        aside = ((system != systems[rows.patient]) | tied[rows.patient]) & number
        if not aside.any():
            return rows, systems
        back = np.empty_like(rank)
        back[rank] = np.arange(len(rank), dtype=np.int32)
        back[NO_PATIENT] = NO_PATIENT
        for position in np.flatnonzero(aside).tolist():
            file, row = divmod(int(rows.row[position]), 1 << FILE_SHIFT)
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
        return taken_rows(rows, ~aside), systems

    def _all_doses(self, rank: I32, names: tuple[str, ...]) -> Doses:
        blocks = list(self._dose_rows)
        if self._doses or not blocks:
            blocks.append(dose_rows(self._doses))
        order = np.zeros(len(names), np.int32)
        order[[self.drugs[name] for name in names]] = np.arange(len(names), dtype=np.int32)
        return ordered_doses(joined_doses(blocks, rank, order))
