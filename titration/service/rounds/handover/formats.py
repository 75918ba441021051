"""From a sheet to its text in one of a closed set of formats."""

from enum import StrEnum
from typing import assert_never

from titration.explain.phrases import Language
from titration.formulary import Formulary
from titration.packs.model import Pack
from titration.service.rounds.handover.blocks import Sheet
from titration.service.rounds.handover.html import html_text
from titration.service.rounds.handover.markdown import markdown_text
from titration.service.rounds.handover.patient import patient_blocks
from titration.service.rounds.handover.plain import WIDTH, plain_text
from titration.service.rounds.handover.table import patient_csv, ward_csv
from titration.service.rounds.handover.ward import ward_blocks
from titration.service.rounds.told import PatientSheet, WardSheet


class Format(StrEnum):
    """How a sheet is written; the value is the end of a file's name."""

    TEXT = "txt"
    MARKDOWN = "md"
    HTML = "html"
    CSV = "csv"


def ward_sheet(
    sheet: WardSheet, pack: Pack, formulary: Formulary, language: Language, form: Format, *, width: int = WIDTH
) -> str:
    """The rounds sheet of a ward; ``width`` is in cells and holds for plain text."""
    if form is Format.CSV:
        return ward_csv(sheet)
    return _text(ward_blocks(sheet, pack, formulary, language), form, width)


def patient_sheet(
    sheet: PatientSheet, pack: Pack, formulary: Formulary, language: Language, form: Format, *, width: int = WIDTH
) -> str:
    """A patient's sheet; ``width`` is in cells and holds for plain text and for the explanation in all formats."""
    if form is Format.CSV:
        return patient_csv(sheet)
    return _text(patient_blocks(sheet, pack, formulary, language, width=width), form, width)


def _text(sheet: Sheet, form: Format, width: int) -> str:
    match form:
        case Format.TEXT:
            return plain_text(sheet, width=width)
        case Format.MARKDOWN:
            return markdown_text(sheet)
        case Format.HTML:
            return html_text(sheet)
        case Format.CSV:
            raise ValueError("a CSV is written from the sheet itself, not from its blocks")
        case _:
            assert_never(form)
