"""Small made-up log files for the loader tests, and a way to compare logs."""

import zipfile
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

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
