"""However a log is written down, it is the same log: canonical CSV, Parquet, rows in any order, any number of threads."""

import hashlib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import strategies as st

from tests.laws.answers import TABLES, answers, differences, taken
from tests.laws.plans import FILES_READ_BY, decide, engine, over_packs, with_values
from tests.laws.test_monotone import seeds
from tests.laws.wards import ward
from titration.clinical import LineKind, Route
from titration.features.attribution import INSULIN_KINDS
from titration.formulary import shipped
from titration.log.canonical_writer import write_canonical
from titration.log.load import load
from titration.log.model import Log
from titration.service import replay
from titration.service.replay import Replay
from titration.units import HI_VALUE, LO_VALUE, UnitSystem


def written_ward(seed: int, *, patients: int = 8, days: int = 12, system: UnitSystem = UnitSystem.MMOL) -> Log:
    """A ward as a file can hold it: drugs by name, tablets by mouth, some readings LO or HI, odd doses marked."""
    log = ward(seed, patients=patients, days=days, system=system)
    rng = np.random.default_rng(seed)
    marked = rng.random(len(log.readings))
    log = with_values(log, np.where(marked < 0.004, LO_VALUE, np.where(marked > 0.996, HI_VALUE, log.readings.value)))
    used = sorted({log.drugs[i] for i in np.unique(log.doses.drug).tolist()})
    place = np.array([used.index(name) if name in used else -1 for name in log.drugs], np.int32)
    oral = np.array([_is_oral(name) for name in log.drugs])
    route = np.where(oral[log.doses.drug], int(Route.ORAL), int(Route.SC)).astype(np.int8)
    doses = log.doses
    most = np.array([_expected(name)[1] for name in log.drugs], np.int64)[doses.drug]
    least = np.array([_expected(name)[0] for name in log.drugs], np.int64)[doses.drug]
    odd = (doses.amount > 0) & ((doses.amount < least) | (doses.amount > most))
    return replace(log, drugs=tuple(used), doses=replace(doses, drug=place[doses.drug], route=route, doubtful=odd))


def _expected(name: str) -> tuple[int, int]:
    """The range of a single dose, thousandths; insulin has an upper end of its own."""
    product = shipped().find(name)
    if product is None or (product.expected_single is None and product.kind not in INSULIN_KINDS):
        return 0, 10**9
    return product.expected_single or (0, 80_000)


def _is_oral(name: str) -> bool:
    product = shipped().find(name)
    return product is not None and product.kind is LineKind.ORAL


def drug_units(log: Log) -> dict[str, str]:
    found = {name: shipped().find(name) for name in log.drugs}
    return {name: product.unit if product else "mg" for name, product in found.items()}


def unlike(one: Log, other: Log) -> list[str]:
    """Columns in which two logs differ, rows of one minute in any order."""
    heads = [name for name in ("system", "people", "drugs") if getattr(one, name) != getattr(other, name)]
    columns = [
        f"{table}.{f.name}"
        for table in TABLES
        for f in fields(getattr(one, table))
        if not np.array_equal(getattr(settled(one, table), f.name), getattr(settled(other, table), f.name))
    ]
    return heads + columns


def settled(log: Log, name: str) -> Any:
    """A table in an order that depends on nothing but its rows."""
    table = getattr(log, name)
    return taken(table, np.lexsort([getattr(table, f.name) for f in reversed(fields(table))]))


@over_packs(seed=seeds, system=st.sampled_from(UnitSystem))
def test_written_and_read_back_a_ward_is_the_same_log_with_the_same_plans(
    pack: str, seed: int, system: UnitSystem, tmp_path_factory: pytest.TempPathFactory
) -> None:
    log = written_ward(seed, system=system)
    expected = answers(decide(pack, log))
    for kind in ("csv", "parquet"):
        folder = tmp_path_factory.mktemp(kind)
        write_canonical([log], folder, kind, drug_units=drug_units(log))
        loaded = load(folder, formulary=shipped())
        assert loaded.report.errors == ()
        (back,) = loaded.logs
        assert unlike(log, back) == [], kind
        assert differences(expected, answers(decide(pack, back))) == []


def shuffled(folder: Path, seed: int) -> None:
    """Put the rows of every table of a CSV folder in another order."""
    rng = np.random.default_rng(seed)
    for path in folder.glob("*.csv"):
        head, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join((head, *(rows[i] for i in rng.permutation(len(rows)).tolist()))), encoding="utf-8")


def replayed(pack: str, log: Path, out: Path, jobs: int) -> dict[str, str]:
    """Digests of the files a replay writes."""
    replay.run(Replay(path=log, pack=engine(pack, UnitSystem.MMOL).pack, formulary=shipped(), jobs=jobs, out=out))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(out.iterdir())}


@pytest.mark.parametrize("pack", FILES_READ_BY)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_replay_writes_the_same_bytes_whatever_the_order_of_rows_and_the_jobs(
    pack: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "BLOCK_PATIENTS", 5)
    mmol, mgdl = written_ward(seed), written_ward(seed + 100, system=UnitSystem.MGDL)
    renamed = tuple(replace(p, patient_id=f"Q{p.patient_id}") for p in mgdl.people)
    units = drug_units(mmol) | drug_units(mgdl)
    write_canonical([mmol, replace(mgdl, people=renamed)], tmp_path / "log", "csv", drug_units=units)
    one = replayed(pack, tmp_path / "log", tmp_path / "one", jobs=1)
    assert set(one) == {"plans.parquet", "summary.json"}
    assert replayed(pack, tmp_path / "log", tmp_path / "three", jobs=3) == one
    before = (tmp_path / "log" / "readings.csv").read_bytes()
    shuffled(tmp_path / "log", seed)
    assert (tmp_path / "log" / "readings.csv").read_bytes() != before
    assert replayed(pack, tmp_path / "log", tmp_path / "shuffled", jobs=3) == one


@pytest.mark.parametrize("pack", FILES_READ_BY)
def test_a_parquet_log_streamed_in_blocks_replays_to_the_plans_of_the_csv_log(
    pack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = written_ward(7, patients=12)
    tables: dict[str, pa.Table] = {}
    for kind, block in (("csv", 1000), ("parquet", 5)):
        monkeypatch.setattr(replay, "BLOCK_PATIENTS", block)
        write_canonical([log], tmp_path / kind, kind, drug_units=drug_units(log))
        replayed(pack, tmp_path / kind, tmp_path / f"{kind}-out", jobs=2)
        tables[kind] = pq.read_table(tmp_path / f"{kind}-out" / "plans.parquet")
    assert tables["csv"].num_rows
    assert tables["csv"].to_pylist() == tables["parquet"].to_pylist()
