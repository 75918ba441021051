"""Write a made-up study course, shaped like the founding case: one patient three times over, as a canonical CSV log.

    python examples/make_course.py [DIR] [--seed 1] [--patients 1]

H01 has the therapy's effect and the pack is followed; H01-none is the same patient on the same days, given the same infusions, with
an effect of nothing, the pack followed; H01-fixed has the effect and no dose is ever changed, which shows what the taper is for. With ``--patients N``
there are H02, H03 and so on, each with other draws. The same arguments write the same bytes. No patient is real. Nothing here
is evidence of the efficacy or safety of any treatment, or of any rule.
"""

import argparse
import csv
import io
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from course_days import EFFECT, HEADERS, INFUSION_DAYS, NO_EFFECT, VISITS, Rows, stamp, write_course

from titration.study.tables import COLUMNS

MARK: Final = "MADE_UP.txt"
MARK_LINE: Final = "A made-up study course, written by make_course.py."
NOTICE: Final = (
    "Every patient is invented by a model calibrated to group means only; the effect of the therapy is an input.\n"
    "Not evidence of the efficacy or safety of any treatment or of any dosing rule.\n"
)
CHECKS: Final = ("identity", "surface_markers", "differentiation", "karyotype", "sterility", "pathogens")
_DAY: Final = 1440
_BEGINS: Final = 600
"""Minute of the day an infusion begins."""
_WATCHED: Final = (-30, 15, 60, 240, 720, 1440)


class NotOurFolder(Exception):
    """The target holds something this program did not write."""


def make_course(*, seed: int, patients: int) -> dict[str, str]:
    """The text of every file, by name."""
    rows: dict[str, Rows] = {name: [] for name in (*HEADERS, *STUDY_TABLES)}
    for number in range(1, patients + 1):
        name = f"H{number:02d}"
        for suffix, effect, followed in (("", EFFECT, True), ("-none", NO_EFFECT, True), ("-fixed", EFFECT, False)):
            drawn = write_course(name + suffix, effect, seed=seed + number - 1, follow=followed)
            for table, listed in drawn.items():
                rows[table] += sorted(listed, key=lambda row: row[1])
            weights = {row[1][:10]: row[3] for row in drawn["labs"] if row[2] == "weight"}
            for table, listed in study_rows(name + suffix, weights, seed=seed + number - 1).items():
                rows[table] += listed
    rows["reference_ranges"] = [("alt", "9", "50", "U/L", ""), ("crp", "", "8", "mg/L", "")]
    made_with = f"python examples/make_course.py --seed {seed} --patients {patients}"
    files = {f"{name}.csv": _csv_text(_header(name), listed) for name, listed in rows.items()}
    return {MARK: f"{MARK_LINE}\n{NOTICE}Made with: {made_with}\n", **files}


STUDY_TABLES: Final = ("visits", "infusions", "product_checks", "vitals", "adverse_events", "reference_ranges")


def _header(name: str) -> tuple[str, ...]:
    return HEADERS[name] if name in HEADERS else COLUMNS[name]


def study_rows(patient_id: str, weights: Mapping[str, str], *, seed: int) -> dict[str, Rows]:
    """The study's own tables of one patient: visits kept, infusions with their checks, vital signs, a fever.

    ``weights`` are kg by date: the cells are counted by the weight of the day.
    """
    rng = np.random.default_rng([seed, 99])
    out: dict[str, Rows] = {name: [] for name in STUDY_TABLES}
    for visit, day in VISITS.items():
        moved = stamp((day + 1) * _DAY)[:10] if visit == "W2" else ""
        held = day + 1 if visit == "W2" else day
        out["visits"].append((patient_id, visit, stamp(held * _DAY)[:10], moved, "as_usual", "as_usual", ""))
    for number, day in enumerate(INFUSION_DAYS, 1):
        begins = day * _DAY + _BEGINS
        weight = weights[stamp(begins)[:10]]
        cells = round(float(weight) * 1e6 * float(rng.normal(1.0, 0.02)), -5)
        product = f"{cells:.0f}"
        out["infusions"].append(
            (patient_id, str(number), stamp(begins), product, weight, stamp(begins - 200),
             stamp(begins + 45), f"MADE-UP-{number}", "nurse A", stamp(begins + 45 + _DAY))
        )  # fmt: skip
        signed = stamp(begins - 2 * _DAY)
        out["product_checks"].append((patient_id, str(number), "passage", "3", "passed", "releaser B", signed))
        out["product_checks"] += [(patient_id, str(number), c, "", "passed", "releaser B", signed) for c in CHECKS]
        for after in _WATCHED:
            hot = 38.3 if number == 2 and after == 240 else round(36.6 + 0.15 * float(rng.standard_normal()), 1)
            pulse = round(76 + 4 * float(rng.standard_normal()))
            systolic = round(128 + 5 * float(rng.standard_normal()))
            for kind, value, unit in (
                ("temperature", f"{hot:.1f}", "C"), ("pulse", str(pulse), "/min"), ("systolic", str(systolic), "mmHg"),
            ):  # fmt: skip
                out["vitals"].append((patient_id, stamp(begins + after), kind, value, unit))
    begins = INFUSION_DAYS[1] * _DAY + _BEGINS
    out["adverse_events"].append(
        (patient_id, stamp(begins + 240), stamp(begins + 620), "fever", "1", "", "possible", "unrelated", "no",
         "recovered", "made up: within 24 h of the second infusion")
    )  # fmt: skip
    return out


def write_course_folder(folder: Path, files: dict[str, str]) -> None:
    """Write the files, replacing an earlier made-up course; raises NotOurFolder when ``folder`` holds anything else."""
    if folder.exists() and not folder.is_dir():
        raise NotOurFolder(f"{folder} is a file: name a folder")
    if folder.is_dir():
        found = {path.name for path in folder.iterdir()}
        mark = folder / MARK
        ours = mark.is_file() and mark.read_bytes().startswith(MARK_LINE.encode("utf-8"))
        if found and (found - set(files) or not ours):
            raise NotOurFolder(f"{folder} was not made by this program: name a new or empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_bytes(text.encode("utf-8"))


def _csv_text(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns 0, or 2 when the folder is refused."""
    parser = argparse.ArgumentParser(prog="make_course.py", description="Write a made-up study course.", epilog=NOTICE)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("build/course"), metavar="DIR")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="seed of all chance (default: 1)")
    parser.add_argument("--patients", type=int, default=1, metavar="N", help="how many patients (default: 1)")
    asked = parser.parse_args(arguments)
    if asked.seed < 0 or not 1 <= asked.patients <= 99:
        parser.error("--seed is 0 or more, --patients 1 to 99")
    files = make_course(seed=asked.seed, patients=asked.patients)
    try:
        write_course_folder(asked.folder, files)
    except (NotOurFolder, OSError) as problem:
        print(f"make_course.py: {problem}", file=sys.stderr)
        return 2
    counts = ", ".join(f"{files[f'{name}.csv'].count(chr(10)) - 1} {name}" for name in HEADERS)
    print(f"{asked.folder}: {counts}. All made up; not evidence of efficacy or safety.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
