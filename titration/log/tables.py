"""Text files and spreadsheets as rows of cells, and a clear error for every file that is not one."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final, TypeAlias

from titration.log.report import LoadError
from titration.log.sheet_scan import OLE, scan_sheet

Cell: TypeAlias = str | float | bool | datetime | date | time | timedelta
Rows: TypeAlias = list[list[Cell]]

MAX_BYTES: Final = 500_000_000
"""A larger text file or spreadsheet is refused: Parquet is read in a stream, these are not."""

SPREADSHEETS: Final = frozenset((".xlsx", ".xlsm", ".xls"))

_MAGIC: Final = (
    (b"PK\x03\x04", "a zip container, perhaps a spreadsheet: give it the ending .xlsx"),
    (b"\xd0\xcf\x11\xe0", "an older spreadsheet: give it the ending .xls"),
    (b"PAR1", "a Parquet file: give it the ending .parquet"),
    (b"\x1f\x8b", "compressed with gzip: unpack it first"),
    (b"%PDF", "a PDF: export the table as CSV"),
)
_CONTROL: Final = bytes(code for code in range(32) if chr(code) not in "\t\n\v\f\r")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first sheet of a spreadsheet. ``errors`` are (row, column) of its error cells, counted from 0."""

    rows: Rows
    errors: frozenset[tuple[int, int]] = field(default_factory=frozenset[tuple[int, int]])


def checked_size(path: Path) -> int:
    """Size of a text file or spreadsheet in bytes; raises LoadError when it is empty, too large or unreadable."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise LoadError(
            f"{path.name}: cannot be opened ({error.strerror}); check the path and its permissions"
        ) from error
    if size == 0:
        raise LoadError(f"{path.name}: the file is empty; export it again")
    if size > MAX_BYTES:
        raise LoadError(f"{path.name}: {size / 1e6:.0f} MB is more than {MAX_BYTES // 10**6} MB; convert it to Parquet")
    return size


def _bytes_of(path: Path) -> bytes:
    checked_size(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise LoadError(f"{path.name}: cannot be read ({error.strerror}); check its permissions") from error


def _decoded(name: str, data: bytes) -> tuple[str, str]:
    """Text and the encoding it was read in. Raises LoadError for an encoding that would have to be guessed."""
    declared = ""
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise LoadError(f"{name}: the text is UTF-32; save it as UTF-8")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        declared = "utf-16"
    elif data.startswith(b"\xef\xbb\xbf"):
        declared = "utf-8-sig"
    try:
        return data.decode(declared or "utf-8"), declared or "utf-8"
    except UnicodeDecodeError as error:
        if declared:
            raise LoadError(
                f"{name}: damaged {declared} text at byte {error.start}; export it again as UTF-8"
            ) from error
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        raise LoadError(f"{name}: neither UTF-8 nor GB18030 text (byte {error.start}); save it as UTF-8") from error
    if text.encode("gb18030") != data:
        raise LoadError(f"{name}: neither UTF-8 nor GB18030 text; save it as UTF-8")
    return text, "gb18030"


def read_text(path: Path) -> tuple[str, tuple[str, ...]]:
    """The text of a file and remarks about how it was read.

    UTF-8 is expected; UTF-16 is read when a byte order mark declares it, GB18030 when the bytes are not UTF-8
    and encode back to themselves. Raises LoadError for an empty, oversized, binary or otherwise encoded file.
    """
    data = _bytes_of(path)
    for magic, what in _MAGIC:
        if data.startswith(magic):
            raise LoadError(f"{path.name}: not a text file but {what}")
    if b"\x00" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        raise LoadError(f"{path.name}: binary, or UTF-16 without a byte order mark; save it as UTF-8")
    text, encoding = _decoded(path.name, data)
    raw = data if encoding.startswith("utf-8") else text.encode()
    if len(raw.translate(None, _CONTROL)) != len(raw):
        raise LoadError(f"{path.name}: binary data among the text; export it again as UTF-8 text")
    notes: list[str] = []
    if encoding not in ("utf-8", "utf-8-sig"):
        notes.append(f"read as {encoding.upper()}")
    if not text.endswith(("\n", "\r")):
        notes.append("the last line has no line end: check that the file is complete")
    return text, tuple(notes)


def lines_of(path: Path) -> tuple[list[str], tuple[str, ...]]:
    """The lines of a text file and remarks about how it was read. Raises LoadError as ``read_text``."""
    text, notes = read_text(path)
    return text.split("\n")[: -1 if text.endswith("\n") else None], notes


def delimiter_of(header: str) -> str:
    """The delimiter of a header line: tab, semicolon or comma, whichever is most frequent."""
    return max(",;\t", key=header.count)


def records(name: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """(line on which the record ends, fields) of delimited text, header included, blank lines left out.

    Raises LoadError at the first line whose quoting is broken.
    """
    header = text[: text.find("\n")] if "\n" in text else text
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(header), strict=True)
    try:
        for fields in reader:
            if fields:
                yield reader.line_num, fields
    except csv.Error as error:
        raise LoadError(f"{name}: line {reader.line_num}: {error}; check the quotes") from error


def read_sheet(path: Path) -> Sheet:
    """The first sheet of an .xls or .xlsx file, whatever its name, with row and column numbers preserved.

    Blank cells are "". Raises LoadError for an empty, truncated, oversized or password-protected file.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    data = _bytes_of(path)
    if not data.startswith((b"PK", OLE)):
        raise LoadError(f"{path.name}: not a spreadsheet; export it again as .xlsx or CSV")
    scan = scan_sheet(path.name, data)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            rows: Rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except PasswordError as error:
        raise LoadError(f"{path.name}: protected by a password; save a copy without one") from error
    except (CalamineError, OSError, ValueError) as error:
        raise LoadError(f"{path.name}: damaged or not a spreadsheet ({error}); export it again") from error
    except BaseException as error:
        # The reader's own failed assertions arrive as an exception of the Rust runtime, outside Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise LoadError(f"{path.name}: damaged; export it again") from error
    if not rows:
        raise LoadError(f"{path.name}: the first sheet is empty; put the log on the first sheet")
    return Sheet(rows, scan.errors)


def cell_text(cell: Cell) -> str:
    """A cell as text: numbers as plain decimals, times as ISO, blank as ""."""
    if isinstance(cell, float):
        return repr(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat(" ") if isinstance(cell, datetime) else cell.isoformat()
    return str(cell)
