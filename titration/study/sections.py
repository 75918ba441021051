"""What a report says, before it is laid out: sections of paragraphs, tables and figures. Terminal and page render the same."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from titration.study.doses import DoseCourse, LineKey
from titration.study.words import SLOTS, Language, named
from titration.units import plain

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``notes`` stand beneath it. Cells are text, the first column names the row."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A headed part; ``urgent`` paragraphs are shown before all others."""

    id: str
    title: str
    paragraphs: tuple[str, ...] = ()
    urgent: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[str, ...] = field(default=())
    """Names of figures that stand here."""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report."""

    title: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]


def day_text(day: int | None) -> str:
    """A day as YYYY-MM-DD, or a dash."""
    return "–" if day is None else (_EPOCH + timedelta(days=day)).isoformat()


def minute_text(minute: int | None) -> str:
    """A moment as YYYY-MM-DD hh:mm, or a dash."""
    if minute is None:
        return "–"
    day, rest = divmod(minute, 1440)
    return f"{day_text(day)} {rest // 60:02d}:{rest % 60:02d}"


def amount_text(thousandths: int) -> str:
    """A dose as ISMP wants it in print: no trailing zero, a leading zero, commas from 1,000 on."""
    return dose_text(Fraction(thousandths, 1000), 3)


def dose_text(number: Fraction, places: int) -> str:
    """A dose or a sum of doses, to at most ``places`` decimals, as ``amount_text``."""
    whole, point, rest = fraction_text(number, places).partition(".")
    return f"{int(whole):,}{point}{rest}"


def fraction_text(number: Fraction, places: int = 3) -> str:
    """A fraction as a plain decimal without trailing zeros."""
    return plain((Decimal(number.numerator) / Decimal(number.denominator)).quantize(Decimal(1).scaleb(-places)))


def drug_name(course: DoseCourse, drug: str, language: Language) -> str:
    """A drug's name, or how the log writes it."""
    product = course.drugs[drug].product
    if product is None:
        return drug
    return product.name_zh if language == "zh" else product.name_en


def line_name(course: DoseCourse, line: LineKey, language: Language) -> str:
    """A therapy line: its drug and slot."""
    slot = named(SLOTS, line.slot.text, language)
    joint = "，" if language == "zh" else ", "
    return f"{drug_name(course, line.drug, language)}{joint}{slot}"


def unit_of(course: DoseCourse, drug: str, language: Language) -> str:
    """The unit a drug is dosed in, never U or IU."""
    product = course.drugs[drug].product
    unit = product.unit if product else ""
    words = {"units": "单位", "tablet": "片", "pill": "丸", "dose step": "剂量格"}
    return words.get(unit, unit) if language == "zh" else unit
