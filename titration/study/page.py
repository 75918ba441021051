"""A report as one self-contained HTML page: no script, no file beside it, figures inside."""

import re
from collections.abc import Iterator, Mapping
from html import escape

from titration.study.sections import Report, Section, Table
from titration.study.words import Language

_NUMBER = re.compile(r"[<+-]?\d[\d.,%()±/+ -]*( m)?|[a-z–]|")
"""A cell of a column of numbers: a number, a letter that stands for one not computed, a dash, nothing."""

_STYLE = """
:root{color-scheme:light}
body{margin:0 auto;max-width:60rem;padding:1.5rem 1.2rem 4rem;color:#1a1a1a;background:#fff;
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Arial,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .6rem}h2{font-size:1.15rem;margin:2.2rem 0 .5rem;border-bottom:1px solid #d0d0d0}
.lead{color:#444;margin:.2rem 0}.urgent{background:#fdecea;border-left:4px solid #b3261e;padding:.5rem .8rem;margin:.4rem 0;font-weight:600}
.scroll{overflow-x:auto}table{border-collapse:collapse;margin:.6rem 0;font-size:.86rem}
caption{text-align:left;font-weight:600;padding:.3rem 0}th,td{text-align:left;vertical-align:top;padding:.22rem .6rem .22rem 0;border-bottom:1px solid #e6e6e6}
thead th{border-bottom:1.5px solid #555;white-space:nowrap}td.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.note{color:#555;font-size:.85rem}figure{margin:1rem 0}figure svg{max-width:100%;height:auto}
@media print{body{font-size:11px;max-width:none}h2{break-after:avoid}figure,table{break-inside:avoid}}
"""


def render_page(report: Report, figures: Mapping[str, str], language: Language) -> str:
    """The page; ``figures`` are SVG texts by name."""
    body = "\n".join(_body(report, figures))
    lang = "zh-Hans" if language == "zh" else "en"
    return (
        f'<!doctype html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">\n<title>{escape(report.title)}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _body(report: Report, figures: Mapping[str, str]) -> Iterator[str]:
    yield f"<h1>{escape(report.title)}</h1>"
    yield from (f'<p class="lead">{escape(text)}</p>' for text in report.lead)
    for section in report.sections:
        yield from _section(section, figures)


def _section(section: Section, figures: Mapping[str, str]) -> Iterator[str]:
    drawn = [name for name in section.figures if name in figures]
    if section.figures and not drawn:
        return
    yield f'<section id="{escape(section.id)}"><h2>{escape(section.title)}</h2>'
    yield from (f'<p class="urgent">{escape(text)}</p>' for text in section.urgent)
    yield from (f"<p>{escape(text)}</p>" for text in section.paragraphs)
    yield from (f'<figure id="figure-{escape(name)}">{figures[name]}</figure>' for name in drawn)
    for table in section.tables:
        yield from _table(table)
    yield "</section>"


def _table(table: Table) -> Iterator[str]:
    yield '<div class="scroll" tabindex="0"><table>'
    if table.caption:
        yield f"<caption>{escape(table.caption)}</caption>"
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in table.heads)
    yield f"<thead><tr>{heads}</tr></thead><tbody>"
    columns = list(zip(*table.rows, strict=True))
    numeric = [all(_NUMBER.fullmatch(cell) for cell in column) for column in columns]
    for row in table.rows:
        first, *rest = row
        cells = "".join(
            f'<td class="num">{escape(cell)}</td>' if right else f"<td>{escape(cell)}</td>"
            for cell, right in zip(rest, numeric[1:], strict=True)
        )
        yield f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>'
    yield "</tbody></table></div>"
    yield from (f'<p class="note">{escape(note)}</p>' for note in table.notes)
