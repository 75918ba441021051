"""One warm assessment of one patient on one day: engine alone, and with the whole trace."""

import statistics
import time
from pathlib import Path

from bench.logs import bench_log
from titration.engine.decide import Engine
from titration.explain import assess
from titration.log.canonical_parquet import iter_parquet_logs
from titration.service.assessment import decide_day, find_patient
from titration.service.packs import open_formulary, open_pack

REPEATS = 300


def run(folder: Path, runs: int, patients: int) -> None:
    """Median over many repeats, 180 days of history."""
    del runs, patients
    formulary = open_formulary(None)
    log, _ = next(iter(iter_parquet_logs(bench_log(folder, 1_000), formulary=formulary, patients_per_block=64)))
    patient = find_patient((log,), log.people[0].patient_id)
    day = patient.last_day
    assert day is not None
    for name in ("huc-msc-t2dm",):
        engine = Engine(open_pack(name, None), patient.log.system, formulary)
        plain, traced = [], []
        for _ in range(REPEATS):
            start = time.perf_counter()
            decision = decide_day(engine, patient, day)
            _ = decision.plans
            middle = time.perf_counter()
            assess(decision, 0, day)
            plain.append(middle - start)
            traced.append(time.perf_counter() - start)
        print(
            f"\nassess, one patient, {name}, warm, median of {REPEATS}:"
            f" plan {statistics.median(plain) * 1000:.2f} ms, with trace {statistics.median(traced) * 1000:.2f} ms"
        )
