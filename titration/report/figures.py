"""How numbers, shares, days and doses are written, in both languages."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from titration.report.page_words import MONTHS, phrase
from titration.report.vocabulary import Language, unit_named
from titration.units import MILLI, plain

EPOCH: Final = date(1970, 1, 1)
MINUTES_A_DAY: Final = 1440


@dataclass(frozen=True, slots=True)
class Share:
    """``n`` of ``of``; printed with its denominator always."""

    n: int
    of: int


def count_text(number: int) -> str:
    """A count with commas at thousands."""
    return f"{number:,}"


def percent_text(share: Share) -> str:
    """The percentage without its sign: a decimal from 100 on, and never 0 or 100 for what is neither."""
    places = 1 if share.of >= 100 else 0
    scale = 100 * 10**places
    scaled = (2 * share.n * scale + share.of) // (2 * share.of)
    if scaled == 0 and share.n:
        return "<0.1" if places else "<1"
    if scaled == scale and share.n < share.of:
        return ">99.9" if places else ">99"
    return f"{scaled / 10**places:.{places}f}"


def share_text(share: Share, language: Language) -> str:
    """``n of N (p %)``; without a percentage where N is 0 or findings outnumber rows."""
    n, of = count_text(share.n), count_text(share.of)
    bare = f"{n} of {of}" if language == "en" else f"{n}/{of}"
    if not 0 <= share.n <= share.of or share.of == 0:
        return bare
    percent = percent_text(share)
    return f"{bare} ({percent} %)" if language == "en" else f"{bare}（{percent}%）"


def amount_text(thousandths: int) -> str:
    """A dose without its unit: no trailing zero, a leading zero, commas from 1,000 on."""
    whole, point, fraction = plain(Decimal(thousandths) / MILLI).partition(".")
    return f"{int(whole):,}{point}{fraction}"


def dose_text(thousandths: int, unit: str, language: Language) -> str:
    """A dose with its unit in words: ``6.5 units``."""
    return f"{amount_text(thousandths)} {unit_named(unit, language, one=thousandths == MILLI)}"


def date_of(day: int) -> date:
    """The calendar date of a day counted from 1970-01-01."""
    return EPOCH + timedelta(days=day)


def day_text(day: int, language: Language) -> str:
    """A day in words: ``2 Mar 2026``."""
    when = date_of(day)
    return phrase("date", language, d=when.day, m=when.month, y=when.year, month=MONTHS[when.month - 1])


def clock_text(minute: int) -> str:
    """The time of day of a minute counted from 1970-01-01."""
    return f"{minute % MINUTES_A_DAY // 60:02d}:{minute % 60:02d}"
