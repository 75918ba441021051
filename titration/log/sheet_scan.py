"""A look at a spreadsheet's bytes before it is opened: how far its cells reach, and which of them show an error.

The spreadsheet reader lays a sheet out as a full rectangle, so that one damaged cell address can ask for all memory;
and it hands error cells over as blank. Both are read here from the file itself.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from titration.log.report import LoadError

OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_UNPACKED: Final = 1_000_000_000
MAX_CELLS: Final = 20_000_000
"""A sheet whose cells span a larger rectangle is refused."""

_CELL: Final = re.compile(rb'<c\b([^>]*?)\br="([A-Z]{1,9})([0-9]{1,9})"([^>]*)')
_SHOWS_ERROR: Final = re.compile(rb'\bt="e"')
_DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    IndexError,
)

_SINGLE_CELLS: Final = frozenset((0x0006, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x027E))
_CELL_RUNS: Final = frozenset((0x00BD, 0x00BE))
_BOOL_OR_ERROR, _FORMULA, _SHEET, _END = 0x0205, 0x0006, 0x0085, 0x000A
_FREE_SECTOR: Final = 0xFFFFFFFA
"""Sector numbers from here on are marks, not sectors."""


@dataclass(frozen=True, slots=True)
class Scan:
    """The last row and column that hold a cell, and the cells that show an error; all count from 0."""

    last_row: int
    last_column: int
    errors: frozenset[tuple[int, int]]


def scan_sheet(name: str, data: bytes) -> Scan:
    """Scan the first worksheet of an .xlsx or .xls file.

    Raises LoadError for a file that is damaged, protected by a password, or whose cells span too large a rectangle.
    """
    if data.startswith(OLE) and "EncryptedPackage".encode("utf-16-le") in data:
        raise LoadError(f"{name}: protected by a password; save a copy without one")
    try:
        found = _scan_ole(data) if data.startswith(OLE) else _scan_zip(name, data)
    except LoadError:
        raise
    except _DAMAGED as error:
        raise LoadError(f"{name}: damaged or cut short ({error}); copy or export it again") from error
    if (found.last_row + 1) * (found.last_column + 1) > MAX_CELLS:
        raise LoadError(
            f"{name}: damaged, or too large: its cells reach row {found.last_row + 1}, column {found.last_column + 1}; "
            "export it again"
        )
    return found


def _scan_zip(name: str, data: bytes) -> Scan:
    with zipfile.ZipFile(io.BytesIO(data)) as container:
        unpacked = sum(entry.file_size for entry in container.infolist())
        if unpacked > MAX_UNPACKED:
            raise LoadError(f"{name}: unpacks to {unpacked / 1e6:.0f} MB; split it or convert it to Parquet")
        part = _first_sheet(container)
        markup = container.read(part) if part else b""
    last_row, columns = -1, {b"A"}
    errors: set[tuple[int, int]] = set()
    for match in _CELL.finditer(markup):
        before, letters, digits, after = match.groups()
        row = int(digits) - 1
        last_row = max(last_row, row)
        columns.add(letters)
        if _SHOWS_ERROR.search(before) or _SHOWS_ERROR.search(after):
            errors.add((row, _column_number(letters)))
    return Scan(last_row, max(_column_number(letters) for letters in columns), frozenset(errors))


def _first_sheet(container: zipfile.ZipFile) -> str | None:
    """Name of the part that holds the first worksheet, or None."""
    names = set(container.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return None
    sheet = re.search(rb'<sheet\b[^>]*\br:id="([^"]+)"', container.read("xl/workbook.xml"))
    links = re.findall(rb"<Relationship\b[^>]*>", container.read("xl/_rels/workbook.xml.rels"))
    for link in links if sheet else ():
        attributes = dict(re.findall(rb'(\w+)="([^"]*)"', link))
        if sheet and attributes.get(b"Id") == sheet[1]:
            target = attributes.get(b"Target", b"").decode().lstrip("/")
            part = target if target.startswith("xl/") else f"xl/{target}"
            return part if part in names else None
    return None


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def _scan_ole(data: bytes) -> Scan:
    """Walk the cell records of a BIFF workbook; cells of every sheet count for the reach, of the first for errors."""
    book = _workbook(data)
    first, last_row, last_column, here = None, -1, 0, False
    errors: set[tuple[int, int]] = set()
    for at, kind, body in _records(book):
        here = here or at == first
        if kind == _SHEET and first is None:
            first = struct.unpack_from("<I", body)[0]
        elif kind == _END:
            here = False
        elif kind in _SINGLE_CELLS or kind in _CELL_RUNS:
            row, column = struct.unpack_from("<HH", body)
            last_row = max(last_row, row)
            last = struct.unpack_from("<H", body, len(body) - 2)[0] if kind in _CELL_RUNS else column
            last_column = max(last_column, column, last)
            if here and _is_error(kind, body):
                errors.add((row, column))
    return Scan(last_row, last_column, frozenset(errors))


def _is_error(kind: int, body: bytes) -> bool:
    """A cell that holds an error, or a formula whose result is one."""
    if kind == _BOOL_OR_ERROR:
        return len(body) > 7 and body[7] == 1
    return kind == _FORMULA and body[12:14] == b"\xff\xff" and body[6] == 2


def _records(book: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(position, kind, body) of the records of a BIFF stream; a record past its end is damage."""
    at = 0
    while at + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, at)
        if kind == 0 and size == 0:  # the rest of the last sector
            return
        if at + 4 + size > len(book):
            raise ValueError("a record runs past the end")
        yield at, kind, book[at + 4 : at + 4 + size]
        at += 4 + size


def _workbook(data: bytes) -> bytes:
    """The workbook stream of an OLE container."""
    shift = struct.unpack_from("<H", data, 30)[0]
    if shift not in (9, 12):
        raise ValueError("unknown sector size")
    sector = 1 << shift
    table = _allocation(data, sector)
    directory = _chain(data, table, struct.unpack_from("<I", data, 48)[0], sector)
    for at in range(0, len(directory) - 127, 128):
        size = struct.unpack_from("<H", directory, at + 64)[0]
        name = directory[at : at + max(size - 2, 0)].decode("utf-16-le", "replace").casefold()
        if name in ("workbook", "book"):
            start, length = struct.unpack_from("<II", directory, at + 116)
            if length < struct.unpack_from("<I", data, 56)[0]:
                raise ValueError("the workbook is too short to be whole: save it as .xlsx")
            return _chain(data, table, start, sector)[:length]
    raise ValueError("no workbook inside: it is not a spreadsheet")


def _allocation(data: bytes, sector: int) -> list[int]:
    """The container's table of the sector that follows each sector."""
    numbers = list(struct.unpack_from("<109I", data, 76))
    following, count = struct.unpack_from("<II", data, 68)
    for _ in range(min(count, len(data) // sector)):
        if following >= _FREE_SECTOR:
            break
        *more, following = struct.unpack_from(f"<{sector // 4}I", data, (following + 1) * sector)
        numbers += more
    table: list[int] = []
    for number in numbers:
        if number < _FREE_SECTOR:
            table += struct.unpack_from(f"<{sector // 4}I", data, (number + 1) * sector)
    return table


def _chain(data: bytes, table: list[int], start: int, sector: int) -> bytes:
    """The bytes of a chain of sectors; a chain that leaves the file or never ends is damage."""
    parts: list[bytes] = []
    while start < _FREE_SECTOR:
        if len(parts) > len(data) // sector:
            raise ValueError("a chain of sectors never ends")
        part = data[(start + 1) * sector : (start + 2) * sector]
        if not part:
            raise ValueError("a sector is missing")
        parts.append(part)
        start = table[start]
    return b"".join(parts)
