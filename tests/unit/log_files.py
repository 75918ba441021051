"""Small made-up log files for the loader tests, and a way to compare logs."""

import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from titration.formulary import shipped
from titration.log.load import Loaded, load
from titration.log.model import Log

ERROR = "#VALUE!"
"""A cell that shows an error."""

XlsxCell = str | float | datetime | None

_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_LINKS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"/>'
    "</Relationships>"
)
_BOOK = (
    '<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="ward" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_STYLES = (
    '<?xml version="1.0" encoding="UTF-8"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>'
)


def _cell(name: str, value: XlsxCell) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        serial = (value - datetime(1899, 12, 30)).total_seconds() / 86400
        return f'<c r="{name}" s="1"><v>{serial!r}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{name}"><v>{value!r}</v></c>'
    if value == ERROR:
        return f'<c r="{name}" t="e"><v>{value}</v></c>'
    return f'<c r="{name}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def write_xlsx(path: Path, rows: Sequence[Sequence[XlsxCell]]) -> Path:
    """A spreadsheet of one sheet, without a spreadsheet library."""
    lines = [
        f'<row r="{r}">{"".join(_cell(f"{chr(65 + c)}{r}", value) for c, value in enumerate(row))}</row>'
        for r, row in enumerate(rows, 1)
    ]
    sheet = (
        '<?xml version="1.0" encoding="UTF-8"?><worksheet '
        'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f"{''.join(lines)}</sheetData></worksheet>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", _TYPES)
        book.writestr("_rels/.rels", _LINKS.format(kind="officeDocument", target="xl/workbook.xml"))
        book.writestr("xl/workbook.xml", _BOOK)
        links = _LINKS.format(kind="worksheet", target="worksheets/sheet1.xml").replace(
            "</Relationships>",
            '<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" '
            'Target="styles.xml"/></Relationships>',
        )
        book.writestr("xl/_rels/workbook.xml.rels", links)
        book.writestr("xl/styles.xml", _STYLES)
        book.writestr("xl/worksheets/sheet1.xml", sheet)
    return path


def write_text(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """A text file, with the line ends as given."""
    path.write_bytes(text.encode(encoding))
    return path


def differences(left: Log, right: Log) -> list[str]:
    """Where two logs differ; empty when they are equal."""
    found = [name for name in ("system", "people", "drugs") if getattr(left, name) != getattr(right, name)]
    for table in ("readings", "doses", "events", "labs", "doubts", "pump"):
        one, other = getattr(left, table), getattr(right, table)
        for column in fields(one):
            if not np.array_equal(getattr(one, column.name), getattr(other, column.name)):
                found.append(f"{table}.{column.name}")
            elif getattr(one, column.name).dtype != getattr(other, column.name).dtype:
                found.append(f"{table}.{column.name} dtype")
    return found


def _biff(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _xls_cell(row: int, column: int, value: XlsxCell) -> bytes:
    where = struct.pack("<HHH", row, column, 0)
    if value is None:
        return b""
    if value == ERROR:
        return _biff(0x0205, where + b"\x0f\x01")
    if isinstance(value, str):
        return _biff(0x0204, where + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le"))
    return _biff(0x0203, where + struct.pack("<d", float(value) if isinstance(value, int | float) else 0.0))


def write_xls(path: Path, rows: Sequence[Sequence[XlsxCell]]) -> Path:
    """An older spreadsheet (BIFF8 in an OLE container) of one sheet of texts, numbers and error cells."""
    cells = b"".join(_xls_cell(r, c, value) for r, row in enumerate(rows) for c, value in enumerate(row))
    start = struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0)
    name = b"\x04\x00ward"
    head = _biff(0x0809, start) + _biff(0x0042, struct.pack("<H", 1200))
    offset = len(head) + 4 + 6 + len(name) + 4
    head += _biff(0x0085, struct.pack("<IH", offset, 0) + name) + _biff(0x000A)
    sheet = _biff(0x0809, start.replace(b"\x05\x00", b"\x10\x00", 1)) + cells + _biff(0x000A)
    stream = (head + sheet).ljust(max(4096, -(-len(head + sheet) // 512) * 512), b"\x00")
    count = len(stream) // 512
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, count + 2), 0xFFFFFFFE]
    table = struct.pack("<128I", *chain, *[0xFFFFFFFF] * (128 - len(chain)))

    def entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
        text = name.encode("utf-16-le") + b"\x00\x00" if name else b""
        links = struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child)
        return (
            text.ljust(64, b"\x00")
            + struct.pack("<HBB", len(text), kind, 1)
            + links
            + bytes(36)
            + struct.pack("<IQ", first, size)
        )

    folder = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry("Workbook", 2, 0xFFFFFFFF, 2, len(stream))
    folder += entry("", 0, 0xFFFFFFFF, 0, 0) * 2
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    header += b"\xff" * (512 - len(header))
    path.write_bytes(header + table + folder + stream)
    return path


READINGS = "patient_id,time,glucose,unit,timing\n"
"""Header of the readings tables made by ``csv_log``."""


def csv_log(folder: Path, rows: str, header: str = READINGS, **others: str) -> Loaded:
    folder.mkdir(exist_ok=True)
    write_text(folder / "readings.csv", header + rows)
    for name, text in others.items():
        write_text(folder / f"{name}.csv", text)
    return load(folder, formulary=shipped())


def parquet_table(path: Path, columns: Mapping[str, Sequence[object]], **options: int) -> Path:
    pq.write_table(pa.table({name: pa.array(list(cells)) for name, cells in columns.items()}), path, **options)
    return path
