"""The whole audit replay, Parquet in, Parquet out, against Polars and DuckDB written by hand for these twelve rules."""

import re
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl

from bench.logs import PACKS, RIVALS, bench_log

_OURS = """
import sys, time
from pathlib import Path
from titration.service.packs import open_formulary, open_pack
from titration.service.replay import Replay, run
import pyarrow.parquet, titration.log.canonical_parquet, titration.report.plans_table
folder = Path(sys.argv[1])
start = time.perf_counter()
result = run(Replay(folder, open_pack(sys.argv[2], None), open_formulary(None), out=folder / "out", jobs=2))
elapsed = time.perf_counter() - start
print(f"titration: {result.summary['plans']['rows']:,} patient-days in {elapsed:.3f} s")
"""
_SECONDS = re.compile(r" in ([0-9.]+) s")


def run(folder: Path, runs: int, patients: int) -> None:
    """Time the three in turn, check that the answers are equal, print the ratios."""
    log = bench_log(folder, patients)
    sides = {
        "titration": [sys.executable, "-c", _OURS, str(log), str(PACKS / "bench-12")],
        "polars": [sys.executable, str(RIVALS / "replay_polars.py"), str(log)],
        "duckdb": [sys.executable, str(RIVALS / "replay_duckdb.py"), str(log)],
    }
    times: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(runs + 1):
        for name, command in sides.items():
            out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found = _SECONDS.search(out)
            assert found is not None, out
            # The first turn warms the file cache and is not counted.
            if turn:
                times[name].append(float(found.group(1)))
    rows = compare(log)
    print(f"\nreplay, {rows:,} patient-days, answers equal row by row; each side times itself after its imports")
    ours = statistics.median(times["titration"])
    for name, seconds in times.items():
        middle = statistics.median(seconds)
        print(
            f"  {name:10s} median {middle:6.2f} s (min {min(seconds):.2f}, max {max(seconds):.2f})"
            f"  {rows / middle:12,.0f} patient-days/s" + ("" if name == "titration" else f"  ratio {middle / ours:.2f}")
        )


def compare(log: Path) -> int:
    """Rows of the replay; raises AssertionError where any answer differs from a rival's."""
    mine = pl.read_parquet(log / "out" / "plans.parquet").select(
        pl.col("patient_id").cast(pl.String),
        "day",
        rule=pl.col("rule").cast(pl.String).str.slice(1).cast(pl.Int8),
        dose=pl.col("dose_after"),
    )
    for rival in ("polars", "duckdb"):
        other = pl.read_parquet(log / f"out_{rival}.parquet")
        assert mine.height == other.height, f"{rival}: {other.height} rows, ours {mine.height}"
        assert (mine["patient_id"] == other["patient_id"].cast(pl.String)).all(), f"{rival}: patients differ"
        assert (mine["day"] == other["day"]).all(), f"{rival}: days differ"
        assert (mine["rule"] == other["rule"].cast(pl.Int8)).all(), f"{rival}: rules differ"
        # The rivals multiply floats (20 x 0.9 is 18.000000000000004 nowhere and everywhere); ours are exact thousandths.
        assert np.abs(mine["dose"].to_numpy() - other["dose"].to_numpy()).max() < 1e-9, f"{rival}: doses differ"
    return mine.height
