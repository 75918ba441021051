"""A replay as one HTML page that stands alone: no network, no other file, nothing that a script alone can show."""

import os
from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from html import escape
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Final

from titration.clinical import PLAN_KINDS
from titration.report.figures import count_text
from titration.report.page_chart import SYMBOLS
from titration.report.page_patient import legend_html, patient_html
from titration.report.page_tables import summary_html
from titration.report.page_words import phrase, status_named
from titration.report.picture import PatientPicture
from titration.report.tables import Summary, Texts, period_text
from titration.report.vocabulary import PLANS, Language, named
from titration.units import UnitSystem

MOST_PATIENTS: Final = 300
"""Patients a page shows; a browser stays quick, and nobody scrolls through more."""


def write_page(
    path: str | os.PathLike[str],
    *,
    summary: Summary,
    patients: Iterable[PatientPicture],
    texts: Texts,
    language: Language,
    most_patients: int = MOST_PATIENTS,
) -> int:
    """Write the page and return how many patients it shows: the first ``most_patients``, as the page says.

    ``texts`` gives the sentence of a rule, feature or notice of the pack. The same input writes the same bytes; a page
    that fails half-way leaves an earlier one untouched. Raises OSError when the file cannot be written.
    """
    target = Path(path)
    shown = list(islice(patients, most_patients))
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as page:
            for piece in page_html(summary, shown, texts, language, most_patients=most_patients):
                page.write(f"{piece}\n")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return len(shown)


def page_html(
    summary: Summary, shown: list[PatientPicture], texts: Texts, language: Language, *, most_patients: int
) -> Iterator[str]:
    """The page in pieces, in order."""
    yield from _head(summary, language)
    yield f'<a class="skip" href="#patients">{escape(phrase("skip", language))}</a>{SYMBOLS}'
    yield from _opening(summary, language)
    yield "<main>"
    yield from summary_html(summary, language, texts)
    yield f'<section id="patients"><h2>{escape(phrase("s.patients", language))}</h2>'
    yield from _patients_opening(summary, shown, language, most_patients=most_patients)
    for number, picture in enumerate(shown, 1):
        yield from patient_html(picture, number, language, texts)
    yield f"</section></main><script>{_asset('page.js')}</script></body></html>"


def _asset(name: str) -> str:
    return files("titration.report").joinpath(name).read_text(encoding="utf-8")


def _allowed(asset: str) -> str:
    """The page allows exactly the style and script it was written with, and no address at all."""
    return f"'sha256-{b64encode(sha256(asset.encode()).digest()).decode()}'"


def _head(summary: Summary, language: Language) -> Iterator[str]:
    style, script = _asset("page.css"), _asset("page.js")
    policy = f"default-src 'none'; style-src {_allowed(style)}; script-src {_allowed(script)}"
    pack = summary["pack"]
    tag = "en" if language == "en" else "zh-CN"
    yield f'<!DOCTYPE html>\n<html lang="{tag}"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">'
    title = " ".join((phrase("title", language), "·", str(pack["id"]), str(pack["version"])))
    yield f"<title>{escape(title)}</title>"
    yield f"<style>{style}</style></head><body>"


def _opening(summary: Summary, language: Language) -> Iterator[str]:
    pack, log = summary["pack"], summary["input"]
    status = pack["status"]
    yield f'<header><h1>{escape(phrase("title", language))}</h1><p class="pack"><b>{escape(str(pack["id"]))}</b> '
    yield f'{escape(str(pack["version"]))} <span class="status">{escape(status_named(status, language))}</span> '
    yield f"<span>{escape(period_text(log, language))}</span> <code>{escape(str(pack['sha256'])[:12])}</code></p>"
    yield f'<div class="what"><div><h2>{escape(phrase("what_is", language))}</h2><p>{escape(phrase("is", language))}</p>'
    yield f"<p>{escape(phrase('shares', language))}</p></div>"
    yield f'<div class="not"><h2>{escape(phrase("what_is_not", language))}</h2><p>{escape(phrase("is_not", language))}</p>'
    if status != "approved":
        yield f"<p><b>{escape(phrase('draft', language, status=status_named(status, language)))}</b></p>"
    yield "</div></div>"
    keys = ("load", "lows", "plans", "limits", "missing", "notices", "agreement", "assumptions", "patients")
    yield f'<nav aria-label="{escape(phrase("contents", language))}">'
    yield "".join(f'<a href="#{key}">{escape(phrase("s." + key, language))}</a>' for key in keys)
    yield "</nav></header>"


def _patients_opening(
    summary: Summary, shown: list[PatientPicture], language: Language, *, most_patients: int
) -> Iterator[str]:
    everyone = max(summary["input"]["patients"], len(shown))
    said = phrase("pictured", language, shown=count_text(len(shown)), all=count_text(everyone))
    if len(shown) == most_patients < everyone:
        said += (" " if language == "en" else "") + phrase("pictured_limit", language, most=count_text(most_patients))
    yield f'<p class="note">{escape(said)}</p>'
    systems = tuple(sorted({picture.system for picture in shown})) or (UnitSystem.MMOL,)
    yield from legend_html(systems, language)
    yield f'<form id="find" hidden><label>{escape(phrase("find", language))} <input type="search" id="find-id" '
    yield 'autocomplete="off"></label>'
    yield f'<label>{escape(phrase("with_plan", language))} <select id="find-kind">'
    yield f'<option value="">{escape(phrase("any_plan", language))}</option>'
    yield "".join(f'<option value="{k.value}">{escape(named(PLANS, k.value, language))}</option>' for k in PLAN_KINDS)
    yield f'</select></label><label><input type="checkbox" id="find-lows"> {escape(phrase("only_lows", language))}</label>'
    yield f'<button type="button" id="open-all">{escape(phrase("open_all", language))}</button>'
    yield f'<button type="button" id="close-all">{escape(phrase("close_all", language))}</button>'
    yield f'<output>{escape(phrase("showing", language))} <b id="found">{len(shown)}</b></output></form>'
