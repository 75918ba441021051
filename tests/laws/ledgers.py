"""Ledgers for laws: small ones made once and copied, and any sequence of things to record in one."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from titration.clinical import EVENT_KINDS, Timing
from titration.log.notation import minute_text
from titration.service.rounds.asked import (
    Correction,
    New,
    NewDose,
    NewEvent,
    NewLab,
    NewNote,
    NewPerson,
    NewReading,
    NewStudyRow,
)
from titration.service.rounds.desk import Desk
from titration.service.rounds.opening import create_ledger, open_desk
from titration.service.rounds.told import Person, Role, User
from titration.units import UnitSystem, glucose_text

NOW = 20_500 * 1440 + 7 * 60
AUTHOR = User("Dr Law", Role.PRESCRIBER)
PATIENTS = {"P1": UnitSystem.MMOL, "P2": UnitSystem.MGDL, "病人3": UnitSystem.MMOL}
DRUGS = (("insulin-glargine", "units", "sc"), ("metformin", "mg", "oral"), ("unheard-of", "mg", "oral"))


@cache
def _template() -> Path:
    path = Path(tempfile.mkdtemp()) / "empty.ledger"
    desk = create_ledger(str(path), minute=NOW, single_user=True, user=AUTHOR.name)
    people = [NewPerson(Person(patient, system=system, bed=patient)) for patient, system in PATIENTS.items()]
    desk.record(AUTHOR, people, minute=NOW)
    desk.close()
    return path


@contextmanager
def fresh() -> Iterator[tuple[Desk, Path]]:
    """A ledger of its own with three patients and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copy(_template(), Path(folder) / "law.ledger"))
        desk = open_desk(str(path), read_only=False)
        try:
            yield desk, path
        finally:
            desk.close()


@contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    """The file without the program between: what someone with the rights to it could do."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
    finally:
        connection.close()


# -- anything that can be recorded -------------------------------------------------------------------------------------------

minutes = st.integers(NOW - 20 * 1440, NOW)
patients = st.sampled_from(sorted(PATIENTS))


@st.composite
def readings(draw: st.DrawFn, patient: str) -> NewReading:
    system = PATIENTS[patient]
    low, high = system.accepted
    value = draw(st.integers(low, high) | st.sampled_from((0, 30_000)))
    timing = draw(st.sampled_from(Timing)).text
    return NewReading(patient, draw(minutes), value, glucose_text(value, system), system.text, timing)


@st.composite
def doses(draw: st.DrawFn, patient: str) -> NewDose:
    drug, unit, route = draw(st.sampled_from(DRUGS))
    slot = draw(st.sampled_from(("breakfast", "lunch", "dinner", "bedtime")))
    return NewDose(patient, draw(minutes), drug, draw(st.integers(0, 120)) * 500, unit, slot, route)


def study_rows(patient: str) -> st.SearchStrategy[NewStudyRow]:
    """A sign taken, or an adverse event."""
    times = minutes.map(minute_text)
    signs = st.tuples(times, st.integers(40, 140).map(str)).map(
        lambda c: (("time", c[0]), ("kind", "pulse"), ("value", c[1]), ("unit", "/min"))
    )
    events = st.tuples(times, st.sampled_from(("fever", "低血糖"))).map(lambda c: (("time", c[0]), ("term", c[1])))
    return st.builds(NewStudyRow, st.just(patient), st.just("vitals"), signs) | st.builds(
        NewStudyRow, st.just(patient), st.just("adverse_events"), events
    )


def rows(patient: str) -> st.SearchStrategy[Any]:
    """A row of the log or of the study's tables."""
    return log_rows(patient) | study_rows(patient)


def log_rows(patient: str) -> st.SearchStrategy[Any]:
    """A row of the log."""
    events = st.builds(NewEvent, st.just(patient), minutes, st.sampled_from([kind.value for kind in EVENT_KINDS]))
    labs = st.builds(NewLab, st.just(patient), minutes, st.just("weight"), st.integers(40_000, 120_000))
    return readings(patient) | doses(patient) | events | labs


@dataclass
class Fold:
    """The state as plain reading of the rules says it is: what stands, by the number of the entry that brought it."""

    standing: dict[int, New] = field(default_factory=dict)
    replaced: dict[int, int] = field(default_factory=dict)

    def take(self, seq: int, new: New) -> None:
        if not isinstance(new, Correction):
            self.standing[seq] = new
            return
        del self.standing[new.of]
        if new.instead is not None:
            self.standing[seq] = new.instead
            self.replaced[seq] = new.of


@st.composite
def next_asked(draw: st.DrawFn, fold: Fold) -> New:
    """Something new, or a correction or withdrawal of something that stands."""
    open_ = sorted(fold.standing)
    if open_ and draw(st.integers(0, 2)) == 0:
        of = draw(st.sampled_from(open_))
        old = fold.standing[of]
        if isinstance(old, NewNote) or draw(st.booleans()):
            return Correction(of, "wrong")
        same = rows(old.patient_id).filter(lambda new: type(new) is type(old))
        return Correction(of, "wrong", draw(same))
    patient = draw(patients)
    notes = st.builds(NewNote, st.just(patient), minutes, st.just("seen 已查看"))
    return draw(rows(patient) | notes)
