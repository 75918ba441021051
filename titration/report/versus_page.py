"""A comparison of packs as one HTML page that stands alone: no network, no other file, no script."""

import os
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Final

from titration.report.figures import Share, count_text, percent_text, share_text
from titration.report.page_tables import section_html
from titration.report.tables import Summary
from titration.report.versus_tables import band_label, judged_counts, mean_change_text, statement, versus_sections
from titration.report.versus_words import phrase
from titration.report.vocabulary import PLANS, Language, named

STACK_LEFT: Final = 190
STACK_WIDTH: Final = 620
CURVE_WIDTH: Final = 300
CURVE_HEIGHT: Final = 132
ROOM_FOR_FIGURE: Final = 34


def write_versus_page(path: str | os.PathLike[str], *, summary: Summary, language: Language) -> None:
    """Write the page; a page that fails half-way leaves an earlier one untouched.

    The same input writes the same bytes. Raises OSError when the file cannot be written.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        part.write_text("\n".join(versus_html(summary, language)) + "\n", encoding="utf-8", newline="\n")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def versus_html(summary: Summary, language: Language) -> Iterator[str]:
    """The page in pieces, in order."""
    yield from _head(language)
    yield from _opening(summary, language)
    yield "<main>"
    for section in versus_sections(summary, language):
        if section.key == "agree":
            yield from _matrices(summary, language)
            yield f"<details><summary>{escape(phrase('every_pair', language))}</summary>"
            yield from section_html(section, language)
            yield "</details>"
            yield from _curves(summary, language)
            continue
        yield from section_html(section, language, figure=_stack(summary, language) if section.key == "answers" else ())
    yield "</main></body></html>"


def _head(language: Language) -> Iterator[str]:
    style = files("titration.report").joinpath("page.css").read_text(encoding="utf-8")
    allowed = b64encode(sha256(style.encode()).digest()).decode()
    tag = "en" if language == "en" else "zh-CN"
    yield f'<!DOCTYPE html>\n<html lang="{tag}"><head><meta charset="utf-8">'
    yield f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{allowed}'\">"
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">'
    yield f"<title>{escape(phrase('title', language))}</title><style>{style}</style></head><body>"


def _opening(summary: Summary, language: Language) -> Iterator[str]:
    what, what_not, guard = statement(language)
    names = " · ".join(str(pack["id"]) for pack in summary["packs"])
    yield f'<header><h1>{escape(phrase("title", language))}</h1><p class="pack">{escape(names)}</p>'
    yield f'<div class="what"><div><h2>{escape(phrase("what_is", language))}</h2><p>{escape(what)}</p>'
    yield f"<p>{escape(guard)}</p></div>"
    yield f'<div class="not"><h2>{escape(phrase("what_is_not", language))}</h2><p>{escape(what_not)}</p></div></div>'
    keys = (("log", "log"), ("packs", "packs"), ("answers", "plans"), ("agreement", "agree"), ("curves", "curve"))
    keys += (("contrary", "opposites"), ("limits", "limits"), ("missing", "missing"))
    yield f'<nav aria-label="{escape(phrase("contents", language))}">'
    yield "".join(f'<a href="#{key}">{escape(phrase(words, language))}</a>' for key, words in keys)
    yield "</nav></header>"


def _stack(summary: Summary, language: Language) -> Iterator[str]:
    """One bar a pack, cut by kind of plan; the table that follows holds the same figures."""
    packs = summary["packs"]
    height, width = 30 * len(packs) + 6, STACK_LEFT + STACK_WIDTH + 90
    yield '<figure class="scroll"><p class="keys">'
    for kind in PLANS:
        yield f'<span><i class="k k-{kind}"></i>{escape(named(PLANS, kind, language))}</span>'
    label = escape(phrase("plans", language))
    yield f'</p><svg class="stack" role="img" width="{width}" height="{height}" viewBox="0 0 {width} {height}" aria-label="{label}">'
    for number, pack in enumerate(packs):
        top, counts = 30 * number, judged_counts(pack)
        total = sum(counts.values())
        yield f'<text class="end" x="{STACK_LEFT - 8}" y="{top + 18}">{escape(str(pack["id"]))}</text>'
        yield from _stack_row(counts, total, top, language)
        yield f'<text x="{STACK_LEFT + STACK_WIDTH + 8}" y="{top + 18}">n = {count_text(total)}</text>'
    yield "</svg></figure>"


def _stack_row(counts: dict[str, int], total: int, top: int, language: Language) -> Iterator[str]:
    x = float(STACK_LEFT)
    for kind in PLANS:
        n = counts.get(kind, 0)
        if not n:
            continue
        width = STACK_WIDTH * n / total
        title = f"{named(PLANS, kind, language)}: {share_text(Share(n, total), language)}"
        yield f'<rect class="k-{kind}" x="{x:.1f}" y="{top + 3}" width="{width:.1f}" height="23"><title>{escape(title)}</title></rect>'
        if width >= ROOM_FOR_FIGURE:
            yield f'<text class="in on-{kind}" x="{x + width / 2:.1f}" y="{top + 19}">{count_text(n)}</text>'
        x += width


def _matrices(summary: Summary, language: Language) -> Iterator[str]:
    yield f'<section id="agreement"><h2>{escape(phrase("agree", language))}</h2>'
    yield f'<p class="note">{escape(phrase("agree_note", language))}</p><div class="tables">'
    yield from _matrix(summary, "agree_all", "same_direction", "answered_by_both", language)
    yield from _matrix(summary, "agree_moves", "same_move", "either_moves", language)
    yield "</div>"
    yield f'<h2>{escape(phrase("contrary", language))}</h2><p class="note">{escape(phrase("contrary_note", language))}</p>'
    if any(pair["opposite"] for pair in summary["pairs"]):
        yield from _raising(summary, language)
    else:
        yield f"<p>{escape(phrase('contrary_none', language))}</p>"
    yield "</section>"


def _heads(summary: Summary) -> Iterator[str]:
    yield "<thead><tr><th></th>"
    for number, pack in enumerate(summary["packs"], 1):
        yield f'<th scope="col" class="n" title="{escape(str(pack["id"]))}">{number}</th>'
    yield "</tr></thead><tbody>"


def _matrix(summary: Summary, caption: str, part: str, whole: str, language: Language) -> Iterator[str]:
    """Shares of every pair, in percent; the denominator stands in each cell's title and in the table of pairs."""
    shares = {(pair["a"], pair["b"]): Share(pair[part], pair[whole]) for pair in summary["pairs"]}
    yield f'<div class="scroll"><table><caption>{escape(phrase(caption, language))}, %</caption>'
    yield from _heads(summary)
    names = [pack["id"] for pack in summary["packs"]]
    for number, a in enumerate(names, 1):
        yield f'<tr><th scope="row">{number} {escape(str(a))}</th>'
        for b in names:
            share = shares.get((a, b)) or shares.get((b, a))
            if share is None or share.of == 0:
                yield '<td class="n">–</td>'
                continue
            title = escape(f"{a} · {b}: {share_text(share, language)}")
            shade = min(9, 10 * share.n // share.of)
            yield f'<td class="n s{shade}" title="{title}">{percent_text(share)}</td>'
        yield "</tr>"
    yield "</tbody></table></div>"


def _raising(summary: Summary, language: Language) -> Iterator[str]:
    counts: dict[tuple[str, str], Share] = {}
    for pair in summary["pairs"]:
        a, b, of = pair["a"], pair["b"], pair["answered_by_both"]
        counts[(a, b)] = Share(pair["moves"]["up"]["down"], of)
        counts[(b, a)] = Share(pair["moves"]["down"]["up"], of)
    yield f'<div class="scroll"><table><caption>{escape(phrase("contrary", language))}</caption>'
    yield from _heads(summary)
    names = [pack["id"] for pack in summary["packs"]]
    for number, a in enumerate(names, 1):
        yield f'<tr><th scope="row">{number} {escape(str(a))}</th>'
        for b in names:
            share = counts.get((a, b))
            if share is None or share.of == 0:
                yield '<td class="n">–</td>'
                continue
            title = escape(
                f"{phrase('raise', language)} {a}, {phrase('lower', language)} {b}: {share_text(share, language)}"
            )
            shade = f" s{min(9, 2 + 100 * share.n // share.of)}" if share.n else ""
            yield f'<td class="n{shade}" title="{title}">{count_text(share.n)}</td>'
        yield "</tr>"
    yield "</tbody></table></div>"


def _curves(summary: Summary, language: Language) -> Iterator[str]:
    """One small drawing a pack that judges basal insulin: shares raised and lowered by today's fasting value."""
    yield f'<section id="curves"><h2>{escape(phrase("curve", language))}</h2>'
    yield f'<p class="note">{escape(phrase("curve_note", language))}</p>'
    drawn = [p for p in summary["packs"] if any(sum(_answers(b)) for b in p["by_fasting"])]
    if not drawn:
        yield f"<p>{escape(phrase('none_basal', language))}</p>"
    yield '<p class="keys">'
    for kind in ("adjust_up", "adjust_down"):
        yield f'<span><i class="k k-{kind}"></i>{escape(named(PLANS, kind, language))}</span>'
    yield '</p><div class="tables">'
    for pack in drawn:
        yield from _curve(summary, pack, language)
    yield "</div></section>"


def _answers(band: Summary) -> tuple[int, int, int]:
    return band["down"], band["keep"], band["up"]


def _curve(summary: Summary, pack: Summary, language: Language) -> Iterator[str]:
    bands = pack["by_fasting"]
    step, middle, reach = CURVE_WIDTH / len(bands), 62, 50
    yield f'<figure><figcaption>{escape(str(pack["id"]))}</figcaption><svg class="stack" role="img" width="{CURVE_WIDTH}" '
    yield f'height="{CURVE_HEIGHT}" viewBox="0 0 {CURVE_WIDTH} {CURVE_HEIGHT}" aria-label="{escape(str(pack["id"]))}">'
    for number, band in enumerate(bands):
        of, left = sum(_answers(band)), number * step
        if of:
            up, down = reach * band["up"] / of, reach * band["down"] / of
            label = (
                f"{band_label(summary, number, language)}: {named(PLANS, 'adjust_up', language)} "
                f"{share_text(Share(band['up'], of), language)}; {named(PLANS, 'adjust_down', language)} "
                f"{share_text(Share(band['down'], of), language)}; {phrase('mean_change', language, x=mean_change_text(band))}"
            )
            yield f'<rect class="rail" x="{left + 2:.1f}" y="{middle - reach}" width="{step - 4:.1f}" height="{2 * reach}"><title>{escape(label)}</title></rect>'
            yield f'<rect class="k-adjust_up" x="{left + 2:.1f}" y="{middle - up:.1f}" width="{step - 4:.1f}" height="{up:.1f}"/>'
            yield f'<rect class="k-adjust_down" x="{left + 2:.1f}" y="{middle}" width="{step - 4:.1f}" height="{down:.1f}"/>'
            yield f'<text x="{left + step / 2:.1f}" y="9" class="in-axis">{count_text(of)}</text>'
        if number:
            edge = summary["fasting_bands"][number - 1]
            text = f"{edge['mmol']:.1f}" if "mmol/L" in summary["input"]["units"] else str(edge["mgdl"])
            yield f'<text x="{left:.1f}" y="{CURVE_HEIGHT - 4}" class="in-axis">{text}</text>'
    yield f'<line class="lane" x1="0" x2="{CURVE_WIDTH}" y1="{middle}" y2="{middle}"/></svg></figure>'
