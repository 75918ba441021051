"""A sheet as one HTML page that stands alone and prints on A4: no script, no network, everything escaped."""

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from typing import Final

from titration.service.rounds.handover.blocks import Block, Card, Grid, Heading, Item, Mark, Para, Sheet, Told
from titration.service.rounds.handover.codes import SAID
from titration.service.rounds.handover.plain import shown

_AFTER_NUMBER: Final = re.compile(r"(?<=[0-9]) (?=[^0-9\s])")

STYLE: Final = """
:root { color-scheme: light; }
body { font: 11pt/1.35 system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; color: #111; background: #fff;
  max-width: 190mm; margin: 8mm auto; padding: 0 4mm; }
h1 { font-size: 15pt; margin: 0 0 2mm; } h2 { font-size: 12pt; margin: 5mm 0 1mm; border-bottom: 0.3mm solid #111; }
p { margin: 1mm 0; } .quiet { font-size: 8.5pt; color: #333; } .urgent { font-weight: 700; } .note { font-weight: 600; }
.card { border: 0.3mm solid #111; border-left-width: 1.2mm; padding: 1.5mm 2.5mm; margin: 2.5mm 0; break-inside: avoid; }
.card.urgent { border-left-width: 3mm; font-weight: 400; } .card header { display: flex; justify-content: space-between; gap: 4mm; }
.card header b { font-size: 11.5pt; } .card ul { list-style: none; margin: 1mm 0 0; padding: 0; } .card li { margin: 0.6mm 0; }
.box { display: inline-block; width: 3.2mm; height: 3.2mm; border: 0.3mm solid #111; margin-right: 2mm; vertical-align: -0.3mm; }
.label { font-weight: 600; margin-right: 2mm; } .line { display: inline-block; width: 110mm; border-bottom: 0.3mm solid #111; }
table { border-collapse: collapse; width: 100%; font-size: 9.5pt; } th, td { border: 0.2mm solid #888; padding: 0.6mm 1.5mm;
  text-align: left; vertical-align: top; } th { background: #eee; } tr { break-inside: avoid; }
pre { font: 8pt/1.3 ui-monospace, "Noto Sans Mono CJK SC", "Sarasa Mono SC", monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
@page { size: A4; margin: 12mm; } @media print { body { margin: 0; max-width: none; padding: 0; } }
"""


def html_text(sheet: Sheet) -> str:
    """The sheet as a whole page; it allows its own style and nothing else."""
    digest = b64encode(sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'"
    tag = "zh-CN" if sheet.language == "zh" else "en"
    head = (
        f'<!DOCTYPE html>\n<html lang="{tag}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">'
        f"<title>{_safe(sheet.title)}</title><style>{STYLE}</style></head>\n<body>\n"
    )
    body = "\n".join(part for block in sheet.blocks for part in _parts(block, sheet.language))
    return f"{head}{body}\n</body></html>\n"


def _safe(text: str) -> str:
    """Escaped text in which no line breaks between a number and what follows it."""
    return _AFTER_NUMBER.sub("&nbsp;", escape(shown(text)))


def _parts(block: Block, language: str) -> Iterator[str]:
    match block:
        case Heading(text, level):
            yield f"<h{level}>{_safe(text)}</h{level}>"
        case Para(text, mark):
            kind = f' class="{mark.value}"' if mark is not Mark.NONE else ""
            yield f"<p{kind}>{_mark(mark, language)}{_safe(text)}</p>"
        case Card(title, side, items, mark):
            kind = "card urgent" if mark is Mark.URGENT else "card"
            yield f'<section class="{kind}"><header><b>{_safe(title)}</b><span>{_safe(side)}</span></header><ul>'
            yield from (_item(item, language) for item in items)
            yield "</ul></section>"
        case Grid(headers, rows):
            yield f"<table><thead><tr>{''.join(f'<th>{_safe(name)}</th>' for name in headers)}</tr></thead><tbody>"
            yield from (f"<tr>{''.join(f'<td>{_safe(cell)}</td>' for cell in row)}</tr>" for row in rows)
            yield "</tbody></table>"
        case Told(told):
            yield "<pre>" + escape("\n".join(told)) + "</pre>"


def _item(item: Item, language: str) -> str:
    box = '<span class="box"></span>' if item.box else ""
    label = f'<span class="label">{_safe(item.label)}</span>' if item.label else ""
    kind = f' class="{item.mark.value}"' if item.mark is not Mark.NONE else ""
    text = _safe(item.text) if item.text else '<span class="line">&nbsp;</span>'
    return f"<li{kind}>{box}{label}{_mark(item.mark, language)}{text}</li>"


def _mark(mark: Mark, language: str) -> str:
    said = SAID["zh" if language == "zh" else "en"]
    if mark is Mark.URGENT:
        return f"{_safe(said['urgent'])} "
    return f"{_safe(said['note'])} " if mark is Mark.NOTE else ""
