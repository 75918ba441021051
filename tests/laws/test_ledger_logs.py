"""A log that was read into a ledger is the same log, with the same plans, as the files it came from."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws.answers import TABLES
from tests.laws.plans import few
from tests.laws.test_monotone import seeds
from tests.laws.test_read_paths import drug_units, unlike, written_ward
from titration.clinical import Source
from titration.formulary import shipped
from titration.log.canonical_writer import write_canonical
from titration.log.load import load
from titration.log.model import MINUTES_A_DAY, Doubts, Log, Pump
from titration.service.rounds import opening
from titration.service.rounds.desk import Desk
from titration.service.rounds.opening import create_ledger, open_desk
from titration.service.rounds.planning import Engines, plan
from titration.service.rounds.signing import key_of
from titration.service.rounds.told import Action, Choice
from titration.store.logs import digest_of, logs_of, members
from titration.units import UnitSystem


def odd_ward(seed: int, system: UnitSystem, prefix: str) -> Log:
    """A ward as a file can hold it, with repeats, sensor readings, days of doubt and a pump."""
    log = written_ward(seed, patients=4, days=9, system=system)
    rng = np.random.default_rng(seed)
    r, d = log.readings, log.doses
    again = np.sort(np.concatenate((np.arange(len(r)), rng.integers(0, len(r), 5))))
    r = type(r)(*(getattr(r, f.name)[again] for f in fields(r)))
    source = np.where(rng.random(len(r)) < 0.05, int(Source.CGM), r.source).astype(np.int8)
    twice = np.sort(np.concatenate((np.arange(len(d)), rng.integers(0, len(d), 3))))
    first = int(r.minute.min()) // MINUTES_A_DAY
    return replace(
        log,
        people=tuple(replace(p, patient_id=f"{prefix}{p.patient_id}") for p in log.people),
        readings=replace(r, source=source),
        doses=type(d)(*(getattr(d, f.name)[twice] for f in fields(d))),
        doubts=Doubts(np.array([0, 2], np.int32), np.array([first + 1, first + 3], np.int32)),
        pump=Pump(np.array([1], np.int32), np.array([(first + 2) * 1440 + 60], np.int32), np.array([800], np.int32)),
    )


def only_used(log: Log) -> Log:
    """The log without names of drugs that no dose has."""
    used = np.unique(log.doses.drug)
    place = np.full(len(log.drugs) + 1, -1, np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    names = tuple(log.drugs[i] for i in used.tolist())
    return replace(log, drugs=names, doses=replace(log.doses, drug=place[log.doses.drug]))


def written(folder: Path, seed: int) -> Path:
    mmol, mgdl = odd_ward(seed, UnitSystem.MMOL, "A"), odd_ward(seed + 1, UnitSystem.MGDL, "B")
    units = drug_units(mmol) | drug_units(mgdl)
    write_canonical([mmol, mgdl], folder / "log", "csv", drug_units=units)
    return folder / "log"


def into_ledger(folder: Path, log: Path, minute: int) -> Desk:
    path = str(folder / "ward.ledger")
    create_ledger(path, minute=minute, single_user=True, user="Dr Law", log=opening.Source(log)).close()
    return open_desk(path, read_only=False)


@few
@given(seed=seeds)
def test_the_log_of_the_ledger_is_the_log_of_the_files(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    loaded = load(written(folder, seed), formulary=shipped())
    last = max(int(log.readings.minute.max()) for log in loaded.logs)
    desk = into_ledger(folder, folder / "log", last)
    try:
        with desk.ledger.reading() as connection:
            back = logs_of(connection, members(connection))
        assert [log.system for log in back] == [log.system for log in loaded.logs]
        for ours, theirs in zip(back, loaded.logs, strict=True):
            assert unlike(only_used(theirs), ours) == []
            assert digest_of(ours) == digest_of(only_used(theirs))
            assert len(ours.doubts) == 2
            assert len(ours.pump) == 1
            assert ours.readings.repeat.any()
    finally:
        desk.close()


@few
@given(seed=seeds, hour=st.integers(5, 23))
def test_ward_patient_and_files_give_the_same_plans_and_a_signature_makes_them_again(
    seed: int, hour: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    loaded = load(written(folder, seed), formulary=shipped())
    now = (max(int(log.readings.minute.max()) for log in loaded.logs) // MINUTES_A_DAY) * MINUTES_A_DAY + hour * 60
    desk = into_ledger(folder, folder / "log", now)
    try:
        ward = desk.ward(minute=now)
        assert len(ward.rows) == 8
        engines = Engines(desk.pack, shipped())
        for log in loaded.logs:
            plans = plan(engines, _until(only_used(log), now), now).plans
            found = sorted((p, k) for p, k in zip(plans.patient.tolist(), plans.dose_after.tolist(), strict=True))
            ids = [person.patient_id for person in log.people]
            rows = {row.person.patient_id: row for row in ward.rows}
            ours = sorted((n, p.after) for n, one in enumerate(ids) for p in rows[one].proposals)
            assert ours == found
        (user,) = desk.users
        for row in ward.rows:
            sheet = desk.patient(row.person.patient_id, minute=now)
            assert sheet.row == row
            choices = [
                Choice(key_of(line), Action.ACCEPT, None if line.before is None else line.after)
                for line in sheet.assessment.lines
            ]
            desk.sign(user, sheet, choices, minute=now)
        assert desk.verify() == (desk.head(), None)
    finally:
        desk.close()


def _until(log: Log, minute: int) -> Log:
    def past(name: str) -> object:
        table = getattr(log, name)
        keep = table.day <= minute // MINUTES_A_DAY if name == "doubts" else table.minute <= minute
        return type(table)(*(getattr(table, f.name)[keep] for f in fields(table)))

    return replace(log, **{name: past(name) for name in TABLES})
