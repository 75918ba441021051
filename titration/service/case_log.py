"""The log of one made-up patient, from rows written in days before the plan."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

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
from titration.units import UnitSystem

AS_OF: Final = 20_500
"""Day 0 of every case, days since 1970-01-01; any day would do."""


def minute_of(day: int, clock: str) -> int:
    """Minutes since 1970-01-01 of a time of day, ``day`` days from the day of the plan."""
    hours, _, minutes = clock.partition(":")
    return (AS_OF + day) * MINUTES_A_DAY + int(hours) * 60 + int(minutes)


@dataclass(slots=True)
class LogRows:
    """Rows in any order; minutes since 1970-01-01, amounts and measurements in thousandths."""

    system: UnitSystem
    readings: list[tuple[int, int, int]] = field(default_factory=lambda: [])
    """minute, value on the grid, timing"""
    doses: list[tuple[int, str, int, int, int, bool]] = field(default_factory=lambda: [])
    """minute, drug, amount, slot, route, doubtful"""
    events: list[tuple[int, str]] = field(default_factory=lambda: [])
    labs: list[tuple[int, str, int]] = field(default_factory=lambda: [])
    doubts: list[int] = field(default_factory=lambda: [])
    pump: list[int] = field(default_factory=lambda: [])

    def log(self, patient_id: str, age: int | None, diabetes_type: str | None) -> tuple[Log, dict[str, int]]:
        """The log, and the place of each drug in it."""
        names = tuple(sorted({drug for _, drug, *_ in self.doses}))
        drugs = {name: i for i, name in enumerate(names)}
        log = Log(
            system=self.system,
            people=(Person(patient_id, age_years=age, diabetes_type=diabetes_type),),
            drugs=names,
            readings=self._readings(),
            doses=self._doses(drugs),
            events=self._events(),
            labs=self._labs(),
            doubts=Doubts(_zeros(self.doubts), np.array([AS_OF + d for d in self.doubts], np.int32)),
            pump=self._pump(),
        )
        return log, drugs

    def _readings(self) -> Readings:
        rows = sorted(self.readings, key=lambda r: r[0])
        size = len(rows)
        return Readings(
            patient=np.zeros(size, np.int32),
            minute=np.array([r[0] for r in rows], np.int32),
            value=np.array([r[1] for r in rows], np.int32),
            timing=np.array([r[2] for r in rows], np.int8),
            source=np.zeros(size, np.int8),
            repeat=np.zeros(size, np.bool_),
        )

    def _doses(self, drugs: dict[str, int]) -> Doses:
        rows = sorted(self.doses, key=lambda r: r[0])
        return Doses(
            patient=np.zeros(len(rows), np.int32),
            minute=np.array([r[0] for r in rows], np.int32),
            drug=np.array([drugs[r[1]] for r in rows], np.int32),
            amount=np.array([r[2] for r in rows], np.int32),
            slot=np.array([r[3] for r in rows], np.int8),
            route=np.array([r[4] for r in rows], np.int8),
            doubtful=np.array([r[5] for r in rows], np.bool_),
        )

    def _events(self) -> Events:
        rows = sorted(self.events, key=lambda r: r[0])
        minute = np.array([r[0] for r in rows], np.int32)
        return Events(np.zeros(len(rows), np.int32), minute, np.array([event_code(r[1]) for r in rows], np.int8))

    def _labs(self) -> Labs:
        rows = sorted(self.labs, key=lambda r: r[0])
        return Labs(
            patient=np.zeros(len(rows), np.int32),
            minute=np.array([r[0] for r in rows], np.int32),
            kind=np.array([lab_code(r[1]) for r in rows], np.int8),
            value=np.array([r[2] for r in rows], np.int32),
        )

    def _pump(self) -> Pump:
        minute = np.array([minute_of(d, "00:00") for d in self.pump], np.int32)
        return Pump(_zeros(self.pump), minute, np.full(len(self.pump), 1000, np.int32))


def _zeros(rows: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.zeros(len(rows), np.int32)
