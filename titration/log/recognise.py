"""Which format lies at a path, judged by names and first rows; the answer says why."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from titration.log.canonical import TABLES, is_readings
from titration.log.report import LoadError
from titration.log.seven_point import is_seven_point
from titration.log.shanghai import RECORDING_NAME, is_recording
from titration.log.shanghai_summary import is_summary
from titration.log.tables import SPREADSHEETS, delimiter_of, read_sheet, read_text
from titration.log.uci import FILE_NAME, is_uci_line

FORMATS: Final = ("canonical-csv", "canonical-parquet", "seven-point", "shanghai-t2dm", "uci-diabetes")

_TEXTS: Final = frozenset((".csv", ".tsv", ".txt", ""))


@dataclass(frozen=True, slots=True)
class Recognised:
    """A format, why it was recognised, its files, and the files at the path that are not part of it.

    ``broken`` files would be of this format by their names but cannot be read.
    """

    format: str
    why: str
    files: tuple[Path, ...]
    skipped: tuple[Path, ...] = ()
    broken: tuple[tuple[Path, str], ...] = field(default=())


def recognise(path: Path, *, format: str = "auto") -> Recognised:  # noqa: A002 - the name of the option it serves
    """The format at ``path``, a file or a folder; or the files of ``format`` there when one is named.

    Raises LoadError when the path is missing, nothing is recognised, or the format has no file there.
    """
    if format != "auto" and format not in FORMATS:
        raise LoadError(f"unknown format {format}; choose auto or one of: {', '.join(FORMATS)}")
    if not path.exists():
        raise LoadError(f"{path.name or path}: no such file or folder; check the path")
    if path.is_dir():
        return _folder(path, format)
    if format != "auto":
        return Recognised(format, "as asked", (path,))
    found = _file_format(path)
    if found is None:
        raise LoadError(f"{path.name}: no known format; name it with --format, see docs/log-formats.md")
    return Recognised(found[0], found[1], (path,))


def _folder(path: Path, wanted: str) -> Recognised:
    entries = sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
    if not entries:
        raise LoadError(f"{path.name or path}: the folder holds no file; check the path")
    found: Recognised | None = None
    for name, ending in (("canonical-parquet", ".parquet"), ("canonical-csv", ".csv")):
        tables = [p for p in entries if p.suffix.casefold() == ending and p.stem.casefold() in TABLES]
        stems = {p.stem.casefold() for p in tables}
        if wanted == name or (wanted == "auto" and stems & {"readings", "doses"}):
            found = Recognised(name, "the folder has " + ", ".join(p.name for p in tables), tuple(tables))
            break
    if found is None and wanted in ("auto", "uci-diabetes"):
        logs = tuple(p for p in entries if FILE_NAME.fullmatch(p.name))
        if logs or wanted != "auto":
            found = Recognised("uci-diabetes", f"{len(logs)} files are named data-NN", logs)
    found = found or _sheets(entries, wanted)
    if found is None or not (found.files or found.broken):
        what = "a known format" if wanted == "auto" else wanted
        raise LoadError(f"{path.name or path}: no file of {what} here; see docs/log-formats.md")
    taken = {*found.files, *(p for p, _ in found.broken)}
    return Recognised(found.format, found.why, found.files, tuple(p for p in entries if p not in taken), found.broken)


def _sheets(entries: Sequence[Path], wanted: str) -> Recognised | None:
    """A folder of recordings or of seven-point sheets, whichever most files are."""
    by_format: dict[str, list[Path]] = {"shanghai-t2dm": [], "seven-point": []}
    broken: list[tuple[Path, str]] = []
    for entry in entries:
        if entry.suffix.casefold() not in SPREADSHEETS | {".csv"}:
            continue
        if RECORDING_NAME.fullmatch(entry.stem) and entry.suffix.casefold() in SPREADSHEETS:
            by_format["shanghai-t2dm"].append(entry)
            continue
        try:
            found = _file_format(entry)
        except LoadError as error:
            broken.append((entry, str(error)))
            continue
        if found is not None and found[0] in by_format:
            by_format[found[0]].append(entry)
    name = wanted if wanted != "auto" else max(by_format, key=lambda f: len(by_format[f]))
    if name not in by_format or not (by_format[name] or broken):
        return None
    why = f"{len(by_format[name])} files have its name or header"
    return Recognised(name, why, tuple(by_format[name]), broken=tuple(broken))


def _file_format(path: Path) -> tuple[str, str] | None:
    """Format and reason of one file, or None. Raises LoadError when it cannot be read."""
    ending = path.suffix.casefold()
    if ending == ".parquet":
        return "canonical-parquet", "a Parquet file"
    if ending in SPREADSHEETS:
        header = read_sheet(path).rows[0]
        if is_recording(header) or is_summary(header):
            return "shanghai-t2dm", "row 1 is the header of a recording"
        return ("seven-point", "row 1 names patient, date and points") if is_seven_point(header) else None
    if ending not in _TEXTS:
        return None
    text, _ = read_text(path)
    first = text[: text.find("\n")] if "\n" in text else text
    if is_uci_line(first):
        return "uci-diabetes", "line 1 has a date, a time, a code and a value"
    header = [cell.strip().strip('"') for cell in first.rstrip("\r").split(delimiter_of(first))]
    if is_seven_point(header):
        return "seven-point", "line 1 names patient, date and points"
    return ("canonical-csv", "line 1 has patient_id, time and glucose") if is_readings(header) else None
