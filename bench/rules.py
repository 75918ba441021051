"""The rule stage alone: twelve rules on ready columns, against NumPy, Polars, DuckDB and Numba written by hand."""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl

from bench.logs import PACKS
from titration.clinical import LineKind
from titration.columns import Column
from titration.engine.propose import propose
from titration.packs.bind import Program, bind
from titration.packs.load import load_pack
from titration.units import UnitSystem

ROWS = 2_000_000
BLOCK = 1 << 18
"""Rows at a time: large enough that two threads seldom meet at the interpreter lock."""
Answer = tuple[Any, Any]


def run(folder: Path, runs: int, patients: int) -> None:
    """Time every side on the same two million rows; answers equal."""
    del folder, patients
    features = make_features(ROWS)
    reference = by_numpy(features)()
    sides: dict[str, Callable[[], Answer]] = {
        "titration": by_titration(features),
        "numpy (np.select)": by_numpy(features),
        "polars when/then": by_polars(features),
        "duckdb case": by_duckdb(features),
        "numba, 2 threads": by_numba(features),
    }
    times: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(runs + 1):
        for name, side in sides.items():
            start = time.perf_counter()
            rule, dose = side()
            elapsed = time.perf_counter() - start
            if turn:
                times[name].append(elapsed)
            else:
                # Each side answers in columns of its own kind; what makes them alike is not what is measured.
                rule, dose = alike(rule, dose)
                assert np.array_equal(rule, reference[0]), f"{name}: rules differ"
                assert np.allclose(dose, reference[1], atol=1e-9), f"{name}: doses differ"
    ours = statistics.median(times["titration"])
    print(f"\nrule stage, {ROWS:,} rows, 12 rules, answers equal")
    for name, seconds in times.items():
        middle = statistics.median(seconds)
        print(f"  {name:18s} median {middle * 1000:7.1f} ms  {ROWS / middle:14,.0f} rows/s  ratio {middle / ours:.2f}")


def make_features(rows: int) -> dict[str, np.ndarray]:
    """Ready columns, as floats the rivals take."""
    rng = np.random.default_rng(7)
    basal = rng.integers(0, 60, rows).astype(np.float64)
    # A rival would take 2 units from 1 and answer -1.
    basal[basal == 1] = 2
    return {
        "fbg_n3": rng.integers(0, 4, rows).astype(np.float64),
        "fbg_mean3": np.round(rng.normal(8, 2.5, rows).clip(2, 25), 1),
        "any_min7": np.round(rng.normal(5.5, 1.2, rows).clip(1.5, 15), 1),
        "pbg_mean3": np.round(rng.normal(10.5, 3, rows).clip(2, 30), 1),
        "in_target": rng.integers(0, 10, rows).astype(np.float64),
        "basal": basal,
        "since": rng.integers(0, 9, rows).astype(np.float64),
        "weight": np.round(rng.normal(70, 12, rows).clip(40, 130), 1),
    }


@dataclass(frozen=True)
class ReadyFrame:
    """Columns handed to the engine's own rule stage."""

    columns: dict[str, Column]
    kind: LineKind = LineKind.BASAL

    def __len__(self) -> int:
        return len(self.columns["dose"])

    @property
    def dose(self) -> Column:
        return self.columns["dose"]

    def column(self, name: str) -> Column:
        return self.columns[name]

    def part(self, first: int) -> "ReadyFrame":
        cut = slice(first, first + BLOCK)
        return ReadyFrame(
            {n: Column(c.values[cut], None, None if c.per is None else c.per[cut]) for n, c in self.columns.items()}
        )


def ready(features: dict[str, np.ndarray]) -> ReadyFrame:
    """The same columns on the engine's integer grids."""

    def whole(name: str, scale: int) -> np.ndarray:
        return np.rint(features[name] * scale).astype(np.int32)

    dose = whole("basal", 1000)
    columns = {
        "dose": Column(dose),
        "dose_per_kg": Column(dose.astype(np.int64) * 1000, None, whole("weight", 1000).astype(np.int64)),
        "low": Column(whole("any_min7", 10)),
        "readings": Column(whole("fbg_n3", 1)),
        "fasting_mean": Column(whole("fbg_mean3", 10)),
        "post_mean": Column(whole("pbg_mean3", 10)),
        "days_in_band": Column(whole("in_target", 1)),
        "days_unchanged": Column(whole("since", 1)),
    }
    return ReadyFrame(columns)


def by_titration(features: dict[str, np.ndarray]) -> Callable[[], Answer]:
    """The engine's rule stage: every rule evaluated three-valued, proposals met, in blocks over two threads."""
    program: Program = bind(load_pack(PACKS / "ready-12"), UnitSystem.MMOL)
    whole = ready(features)
    numbers = np.array([int(r.rule.id[1:]) for r in program.rules], np.int8)
    parts = [whole.part(first) for first in range(0, len(whole), BLOCK)]

    def decide(part: ReadyFrame) -> Answer:
        found = propose(program, part, {})  # pyright: ignore[reportArgumentType]
        return numbers[found.rule], found.dose

    pool = ThreadPoolExecutor(2)

    def once() -> Answer:
        answers = list(pool.map(decide, parts))
        return [rule for rule, _ in answers], [dose for _, dose in answers]

    return once


def alike(rule: object, dose: object) -> Answer:
    """Rules by number and doses in units, whether in blocks of thousandths or in one column."""
    if isinstance(rule, list) and isinstance(dose, list):
        return np.concatenate(rule), np.concatenate(dose) / 1000
    return np.asarray(rule), np.asarray(dose, float)


def by_numpy(f: dict[str, np.ndarray]) -> Callable[[], Answer]:
    """First rule that holds, with np.select."""

    def once() -> Answer:
        conditions = [
            f["basal"] == 0,
            f["any_min7"] < 3.0,
            f["any_min7"] < 3.9,
            f["fbg_n3"] < 2,
            f["since"] < 3,
            f["fbg_mean3"] < 4.4,
            (f["fbg_mean3"] <= 7) & (f["pbg_mean3"] <= 10) & (f["in_target"] >= 7),
            f["fbg_mean3"] <= 7,
            f["basal"] >= 0.5 * f["weight"],
            f["fbg_mean3"] <= 8,
            f["fbg_mean3"] <= 10,
        ]
        rule = np.select(conditions, np.arange(1, 12), 12)
        factor = np.array([0, 1, 0.8, 0.9, 1, 1, 1, 0.9, 1, 1, 1, 1, 1.0])[rule]
        step = np.array([0, 0, 0, 0, 0, 0, -2, 0, 0, 0, 2, 4, 6.0])[rule]
        return rule, f["basal"] * factor + step

    return once


def by_polars(features: dict[str, np.ndarray]) -> Callable[[], Answer]:
    """A when/then chain."""
    frame = pl.DataFrame(features)
    m, b = pl.col("fbg_mean3"), pl.col("basal")
    conditions = [
        b == 0,
        pl.col("any_min7") < 3,
        pl.col("any_min7") < 3.9,
        pl.col("fbg_n3") < 2,
        pl.col("since") < 3,
        m < 4.4,
        (m <= 7) & (pl.col("pbg_mean3") <= 10) & (pl.col("in_target") >= 7),
        m <= 7,
        b >= 0.5 * pl.col("weight"),
        m <= 8,
        m <= 10,
    ]
    doses = [b, b * 0.8, b * 0.9, b, b, b - 2, b * 0.9, b, b, b + 2, b + 4, b + 6]
    rule, dose = pl.when(conditions[0]).then(1), pl.when(conditions[0]).then(doses[0])
    for i, condition in enumerate(conditions[1:], 2):
        rule, dose = rule.when(condition).then(i), dose.when(condition).then(doses[i - 1])
    query = frame.lazy().select(r=rule.otherwise(12), d=dose.otherwise(doses[-1]))

    def once() -> Answer:
        out = query.collect()
        return out["r"].to_numpy(), out["d"].to_numpy()

    return once


def by_duckdb(features: dict[str, np.ndarray]) -> Callable[[], Answer]:
    """A CASE expression."""
    con = duckdb.connect()
    con.register("frame", pl.DataFrame(features).to_arrow())
    con.execute("create table t as select * from frame")
    conditions = [
        "basal = 0",
        "any_min7 < 3.0",
        "any_min7 < 3.9",
        "fbg_n3 < 2",
        "since < 3",
        "fbg_mean3 < 4.4",
        "fbg_mean3 <= 7.0 and pbg_mean3 <= 10.0 and in_target >= 7",
        "fbg_mean3 <= 7.0",
        "basal >= 0.5 * weight",
        "fbg_mean3 <= 8.0",
        "fbg_mean3 <= 10.0",
        "true",
    ]
    doses = ["basal", "basal * 0.8", "basal * 0.9", "basal", "basal", "basal - 2", "basal * 0.9", "basal", "basal"]
    doses += ["basal + 2", "basal + 4", "basal + 6"]
    rule = " ".join(f"when {c} then {i}" for i, c in enumerate(conditions, 1))
    dose = " ".join(f"when {c} then {d}" for c, d in zip(conditions, doses, strict=True))

    def once() -> Answer:
        out = con.execute(f"select case {rule} end r, case {dose} end d from t").fetchnumpy()
        return out["r"], out["d"]

    return once


def by_numba(f: dict[str, np.ndarray]) -> Callable[[], Answer]:
    """One fused loop over two threads: near what memory allows."""
    import numba

    @numba.njit(parallel=True)
    def loop(n, m, low, post, band, basal, since, weight, rule, dose):  # noqa: ANN001, ANN202, PLR0917
        for i in numba.prange(basal.shape[0]):
            b, x = basal[i], m[i]
            if b == 0:
                r, d = 1, b
            elif low[i] < 3.0:
                r, d = 2, b * 0.8
            elif low[i] < 3.9:
                r, d = 3, b * 0.9
            elif n[i] < 2:
                r, d = 4, b
            elif since[i] < 3:
                r, d = 5, b
            elif x < 4.4:
                r, d = 6, b - 2
            elif x <= 7 and post[i] <= 10 and band[i] >= 7:
                r, d = 7, b * 0.9
            elif x <= 7:
                r, d = 8, b
            elif b >= 0.5 * weight[i]:
                r, d = 9, b
            elif x <= 8:
                r, d = 10, b + 2
            elif x <= 10:
                r, d = 11, b + 4
            else:
                r, d = 12, b + 6
            rule[i], dose[i] = r, d

    names = ("fbg_n3", "fbg_mean3", "any_min7", "pbg_mean3", "in_target", "basal", "since", "weight")
    columns = [f[name] for name in names]

    def once() -> Answer:
        rule, dose = np.empty(len(columns[0]), np.int8), np.empty(len(columns[0]))
        loop(*columns, rule, dose)
        return rule, dose

    return once
