"""Write a made-up ward: patients invented by a small model, as the canonical CSV log.

    python examples/make_ward.py [DIR] [--patients 24] [--days 21] [--seed 7] [--morning HH:MM]

The same arguments write the same bytes. No patient is real, and nothing here is evidence of efficacy or safety.
"""

import argparse
import csv
import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from ward_history import Row, write_history
from ward_stories import STORIES, Story
from ward_study import LABS, TABLES, study_tables

FIRST_DAY: Final = np.datetime64("2026-03-02T00:00", "m")
MOST_DAYS: Final = 300
MOST_PATIENTS: Final = 9999
LEAST_DAYS: Final = 7

MARK: Final = "MADE_UP.txt"
MARK_LINE: Final = "A made-up ward, written by make_ward.py."
NOTICE: Final = (
    "Every patient is invented by a model calibrated to group means only.\n"
    "Not evidence of the efficacy or safety of any treatment or of any dosing rule.\n"
)

HEADERS: Final = {
    "readings.csv": ("patient_id", "time", "glucose", "unit", "timing", "source"),
    "doses.csv": ("patient_id", "time", "drug", "amount", "unit", "slot", "route"),
    "events.csv": ("patient_id", "time", "kind"),
    "labs.csv": ("patient_id", "time", "kind", "value", "unit"),
    "patients.csv": (
        "patient_id",
        "sex",
        "age",
        "height_cm",
        "weight_kg",
        "diabetes_type",
        "duration_years",
        "comorbidities",
        "agents",
    ),
}


class NotOurFolder(Exception):
    """The target holds something this program did not write."""


def make_ward(*, patients: int, days: int, seed: int, morning: int = 0) -> dict[str, str]:
    """The text of every file, by name; patients beyond the stories repeat them with other draws.

    ``morning`` is the minute of the day after at which all histories end, if they go that far.
    """
    rows: dict[str, list[tuple[str, ...]]] = {name: [] for name in (*HEADERS, *TABLES)}
    width = max(2, len(str(patients)))
    for number in range(1, patients + 1):
        patient, story = f"W{number:0{width}d}", story_of(number)
        history = write_history(story, number, days=days, seed=seed, morning=morning)
        if story.enrolled:
            history.labs.extend((day * 1440 + 360, lab) for day, *lab_ in LABS if day < days for lab in [tuple(lab_)])
            for name, listed in study_tables(patient, first_day=FIRST_DAY, days=days).items():
                rows[name].extend(listed)
        rows["patients.csv"].append((patient, *_person(story)))
        rows["readings.csv"].extend(_stamped(patient, history.readings))
        rows["doses.csv"].extend(_stamped(patient, history.doses))
        rows["events.csv"].extend(_stamped(patient, history.events))
        rows["labs.csv"].extend(_stamped(patient, history.labs))
    files = {name: _csv_text(header, rows[name]) for name, header in (HEADERS | TABLES).items()}
    made_with = f"python examples/make_ward.py --patients {patients} --days {days} --seed {seed}"
    made_with += f" --morning {morning // 60:02d}:{morning % 60:02d}" if morning else ""
    return {MARK: f"{MARK_LINE}\n{NOTICE}Made with: {made_with}\n", **files}


def story_of(number: int) -> Story:
    """The story of patient ``number``, counted from 1."""
    return STORIES[(number - 1) % len(STORIES)]


def write_ward(folder: Path, files: dict[str, str]) -> None:
    """Write the files, replacing an earlier made-up ward.

    Raises NotOurFolder when ``folder`` is a file, or holds anything but such a ward.
    """
    if folder.exists() and not folder.is_dir():
        raise NotOurFolder(f"{folder} is a file: name a folder")
    if folder.is_dir():
        found = {path.name for path in folder.iterdir()}
        foreign = sorted(found - set(files))
        if found and (foreign or not _is_marked(folder)):
            what = f"it holds {foreign[0]}" if foreign else f"it has no {MARK} of this program"
            raise NotOurFolder(f"{folder} was not made by this program ({what}): name a new or empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_bytes(text.encode("utf-8"))


def _is_marked(folder: Path) -> bool:
    mark = folder / MARK
    return mark.is_file() and mark.read_bytes().startswith(MARK_LINE.encode("utf-8"))


def _person(story: Story) -> tuple[str, ...]:
    weight = "" if "no_weight" in story.quirks else f"{story.weight_kg:g}"
    agents = "; ".join(dict.fromkeys(line.drug for line in story.lines))
    return (
        story.sex,
        str(story.age),
        str(story.height_cm),
        weight,
        "T2D",
        str(story.years),
        story.comorbidities,
        agents,
    )


def _stamped(patient: str, rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """Rows in order of time (stable), with patient and local time in front."""
    ordered = sorted(rows, key=lambda row: row[0])
    return [
        (patient, str(FIRST_DAY + np.timedelta64(minute, "m")).replace("T", " "), *cells) for minute, cells in ordered
    ]


def _csv_text(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _between(low: int, high: int) -> Callable[[str], int]:
    """An argparse type: a whole number from ``low`` to ``high``."""

    def whole(text: str) -> int:
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            raise argparse.ArgumentTypeError(f"must be a whole number from {low} to {high}, not {text!r}")
        return int(text)

    return whole


def _clock(text: str) -> int:
    """An argparse type: a time of the morning as minutes."""
    hours, _, minutes = text.partition(":")
    if not (len(text) == 5 and text.isascii() and hours.isdigit() and minutes.isdigit() and int(minutes) < 60):
        raise argparse.ArgumentTypeError(f"must be a time such as 07:00, not {text!r}")
    if not 0 < int(hours) * 60 + int(minutes) <= 12 * 60:
        raise argparse.ArgumentTypeError(f"must be a time of the morning, not {text!r}")
    return int(hours) * 60 + int(minutes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make_ward.py",
        description="Write a made-up ward as a canonical CSV log.",
        epilog=NOTICE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path("build/ward"), metavar="DIR",
                        help="folder to write into (default: build/ward)")  # fmt: skip
    parser.add_argument("--patients", type=_between(1, MOST_PATIENTS), default=len(STORIES), metavar="N",
                        help="how many patients; beyond 24 the stories repeat (default: 24)")  # fmt: skip
    parser.add_argument("--days", type=_between(LEAST_DAYS, MOST_DAYS), default=21, metavar="N",
                        help="days of history from 2026-03-02 (default: 21)")  # fmt: skip
    parser.add_argument("--seed", type=_between(0, 2**31 - 1), default=7, metavar="N",
                        help="seed of all chance (default: 7)")  # fmt: skip
    parser.add_argument("--morning", type=_clock, default=0, metavar="HH:MM",
                        help="write on until that time of the day after, as a ward round finds it")  # fmt: skip
    parser.add_argument("--stories", action="store_true", help="list the patients' stories and write nothing")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns 0, or 2 when the folder is refused."""
    asked = _parser().parse_args(arguments)
    if asked.stories:
        width = max(2, len(str(asked.patients)))
        for number in range(1, asked.patients + 1):
            print(f"W{number:0{width}d}  {story_of(number).title}")
        return 0
    files = make_ward(patients=asked.patients, days=asked.days, seed=asked.seed, morning=asked.morning)
    try:
        write_ward(asked.folder, files)
    except (NotOurFolder, OSError) as problem:
        print(f"make_ward.py: {problem}", file=sys.stderr)
        return 2
    counts = ", ".join(f"{files[name].count(chr(10)) - 1} {name[:-4]}" for name in HEADERS)
    print(f"{asked.folder}: {counts}. All made up; not evidence of efficacy or safety.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
