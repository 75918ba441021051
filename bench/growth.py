"""How time and memory of a replay grow from 1,000 to 100,000 patients, with the bench pack and with the founding pack."""

import re
import subprocess
import sys
from pathlib import Path

from bench.logs import PACKS, bench_log

_ONCE = """
import resource, sys, time
from pathlib import Path
from titration.service.packs import open_formulary, open_pack
from titration.service.replay import Replay, run
import pyarrow.parquet, titration.log.canonical_parquet, titration.report.plans_table
log, pack = Path(sys.argv[1]), open_pack(sys.argv[2], None)
start = time.perf_counter()
result = run(Replay(log, pack, open_formulary(None), out=log / "out-growth", jobs=2))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"{result.summary['plans']['rows']} {time.perf_counter() - start:.2f} {peak:.0f}")
"""
_FOUND = re.compile(r"(\d+) ([0-9.]+) (\d+)")


def run(folder: Path, runs: int, patients: int) -> None:
    """One run per size; memory should be flat."""
    del runs
    print("\ngrowth: 180 days a patient, one run each, two threads")
    for name, pack in (("bench-12", str(PACKS / "bench-12")), ("huc-msc-t2dm", "huc-msc-t2dm")):
        for size in (1_000, 10_000, 100_000):
            if size > patients * 5:
                continue
            log = bench_log(folder, size)
            out = subprocess.run(
                [sys.executable, "-c", _ONCE, str(log), pack], check=True, capture_output=True, text=True
            ).stdout
            found = _FOUND.search(out)
            assert found is not None, out
            rows, seconds, peak = int(found.group(1)), float(found.group(2)), int(found.group(3))
            print(
                f"  {name:13s} {size:8,} patients {rows:12,} plans {seconds:8.2f} s"
                f" {rows / seconds:11,.0f} plans/s  peak {peak:6,} MB",
                flush=True,
            )
