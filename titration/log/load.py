"""The one way into the room: a path and a format to logs and a report."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from titration.formulary import Formulary
from titration.log.builder import LogBuilder
from titration.log.model import Log
from titration.log.report import LoadError, LoadReport

if TYPE_CHECKING:
    from titration.log.recognise import Recognised
    from titration.log.shanghai import Recording

Progress = Callable[[str, int, int], None]
"""Called with a file's name, how much of the work is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a path: one Log per unit system present, mmol/L first, and what became of every row.

    ``why`` says how the format was recognised. Of the names in ``Log.drugs``, ``insulins`` are
    insulins, and ``drug_units`` has the unit of each.
    ``recordings`` (shanghai-t2dm only) hold what a Log does not, for the summary.
    """

    format: str
    why: str
    logs: tuple[Log, ...]
    report: LoadReport
    insulins: frozenset[str]
    drug_units: Mapping[str, str]
    recordings: tuple["Recording", ...] = ()


def load(
    path: Path,
    *,
    format: str = "auto",  # noqa: A002 - the name of the option it serves
    formulary: Formulary,
    progress: Progress | None = None,
) -> Loaded:
    """Load a file or folder of any known format.

    A file that cannot be read is reported in ``report.errors`` while the others load. Raises LoadError when the
    path is missing, its format is not recognised, or its only file cannot be read.
    """
    from titration.log.recognise import recognise

    found = recognise(path, format=format)
    builder = LogBuilder()
    builder.skipped += [entry.name for entry in found.skipped]
    for entry, error in found.broken:
        builder.fail(builder.file(entry.name), error)
    recordings = _LOADERS[found.format](found, builder, formulary, progress)
    built = builder.build()
    errors = built.report.errors
    if errors and len(errors) == len(built.report.files):
        raise LoadError("\n".join(error for _, error in errors))
    notes = _notes(built.logs, formulary)
    report = LoadReport(built.report.files, built.report.findings, built.report.skipped, built.report.notes + notes)
    return Loaded(found.format, found.why, built.logs, report, built.insulins, built.drug_units, recordings)


def _notes(logs: tuple[Log, ...], formulary: Formulary) -> tuple[str, ...]:
    names = sorted({name for log in logs for name in log.drugs if name not in formulary.products})
    return tuple(f"drug not in the formulary, kept as written: {name}" for name in names)


def _canonical(
    found: "Recognised", builder: LogBuilder, formulary: Formulary, progress: Progress | None
) -> tuple["Recording", ...]:
    """Both canonical formats; a single file is a readings table."""
    from titration.log.canonical import TABLES

    named = {path.stem.casefold(): path for path in found.files}
    files = {name: named[name] for name in TABLES if name in named}
    if len(found.files) == 1 and not files:
        files = {"readings": found.files[0]}
    if found.format == "canonical-csv":
        from titration.log.canonical_csv import load_canonical_csv

        load_canonical_csv(files, builder, formulary, progress)
    else:
        from titration.log.canonical_parquet import load_canonical_parquet

        load_canonical_parquet(files, builder, formulary, progress)
    return ()


def _each(found: "Recognised", builder: LogBuilder, progress: Progress | None, add: Callable[[Path], None]) -> None:
    """Add one file after the other; one that cannot be read is reported and the next one follows."""
    for done, path in enumerate(found.files):
        if progress is not None:
            progress(path.name, done, len(found.files))
        file = builder.file(path.name)
        try:
            add(path)
        except LoadError as error:
            builder.fail(file, str(error))


def _seven_point(
    found: "Recognised", builder: LogBuilder, formulary: Formulary, progress: Progress | None
) -> tuple["Recording", ...]:
    from titration.log.seven_point import load_seven_point

    del formulary
    _each(found, builder, progress, lambda path: load_seven_point(path, builder))
    return ()


def _uci(
    found: "Recognised", builder: LogBuilder, formulary: Formulary, progress: Progress | None
) -> tuple["Recording", ...]:
    from titration.log.uci import load_uci_file

    _each(found, builder, progress, lambda path: load_uci_file(path, builder, formulary))
    return ()


def _shanghai(
    found: "Recognised", builder: LogBuilder, formulary: Formulary, progress: Progress | None
) -> tuple["Recording", ...]:
    """Recordings first, then the summary, which is dated by them."""
    from titration.log.shanghai import load_recording
    from titration.log.shanghai_summary import load_summary

    recordings: dict[str, Recording] = {}
    summaries: list[Path] = []

    def add(path: Path) -> None:
        if "summary" in path.stem.casefold():
            summaries.append(path)
            return
        recording = load_recording(path, builder, formulary)
        if recording is not None:
            recordings[recording.name] = recording

    _each(found, builder, progress, add)
    for path in summaries:
        try:
            load_summary(path, builder, recordings)
        except LoadError as error:
            builder.fail(builder.file(path.name), str(error))
    if not summaries:
        builder.notes.append("no summary sheet: sex, age, weight and laboratory values are unknown")
    return tuple(sorted(recordings.values(), key=lambda recording: recording.name))


_LOADERS = {
    "canonical-csv": _canonical,
    "canonical-parquet": _canonical,
    "seven-point": _seven_point,
    "uci-diabetes": _uci,
    "shanghai-t2dm": _shanghai,
}
