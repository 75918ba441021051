"""Speed, side by side in one run: ``python -m bench [all|replay|rules|growth|assess|rounds] [--folder DIR] [--runs N]``.

Ratios of medians against hand-written rivals on the same machine in the same run; answers are checked row by row first.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from bench import assess, growth, replay, rounds, rules

PARTS = {"replay": replay.run, "rules": rules.run, "assess": assess.run, "growth": growth.run, "rounds": rounds.run}


def main() -> int:
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("part", nargs="?", default="all", choices=("all", *PARTS))
    parser.add_argument("--folder", type=Path, help="where the bench log is kept (default: a temporary folder)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each side (default 5)")
    parser.add_argument("--patients", type=int, default=20_000, help="patients of the standard log (default 20000)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for name, part in PARTS.items():
            if arguments.part in ("all", name):
                part(folder, arguments.runs, arguments.patients)
    return 0


if __name__ == "__main__":
    sys.exit(main())
