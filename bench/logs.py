"""The bench log: made once per folder and size."""

import subprocess
import sys
from pathlib import Path

RIVALS = Path(__file__).parent / "rivals"
PACKS = Path(__file__).parent / "packs"
DAYS = 180


def bench_log(folder: Path, patients: int) -> Path:
    """The folder of a bench log of that many patients, 180 days each."""
    place = folder / f"log-{patients}"
    if not (place / "doses.parquet").exists():
        place.mkdir(parents=True, exist_ok=True)
        print(f"making the bench log: {patients:,} patients x {DAYS} days ...", flush=True)
        subprocess.run([sys.executable, str(RIVALS / "make_log.py"), str(place), str(patients), str(DAYS)], check=True)
    return place
