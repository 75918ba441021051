"""The canonical doses table, judged by columns: the one meaning that CSV and Parquet share.

An amount is converted only within its dimension (g to mg as written); a unit the drug is not dosed in is
quarantined. A blank slot is taken from the clock, a blank route from the drug. An unknown drug is kept under the
name written. Tablets outside the single dose the formulary expects are kept and doubtful; so is insulin above 80
units in one dose, more than most pens deliver, unless it is weekly. ``units/h`` is the rate of a pump, not a dose.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from titration.clinical import LineKind, Route, Slot
from titration.formulary import Formulary, Product
from titration.log.columns import Column, Numbers, Text
from titration.log.model import I8, I32, MINUTES_A_DAY, Bools
from titration.log.notation import dose_unit, squeezed, thousandths
from titration.log.report import REASON_CODE, REASONS, Reason
from titration.log.verdicts import (
    FINE,
    Columns,
    Positions,
    Refused,
    Verdicts,
    judged_minutes,
    judged_patients,
    meanings,
)
from titration.units import MILLI

I64 = npt.NDArray[np.int64]

COLUMNS: Final = ("patient_id", "time", "drug", "amount", "unit", "slot", "route", "flag")
REQUIRED: Final = ("patient_id", "time", "drug", "amount", "unit")

MAX_SINGLE_INSULIN: Final = 80 * MILLI
_LIMIT: Final = 2**31 - 1
_RATE: Final = "units/h"
_SCALES: Final = {("g", "mg"): (1000, 1), ("mg", "mcg"): (1000, 1), ("mcg", "mg"): (1, 1000), ("g", "mcg"): (10**6, 1)}
_SLOTS: Final = {slot.text: slot for slot in Slot}
_ROUTES: Final = {route.text: route for route in Route}
_BY_CLOCK, _BY_DRUG, _NO_WORD = -1, -1, -2
_DOUBT_WORDS: Final = ("repeat", "implausible_dose", "dose_outside_range", "doubtful")


@dataclass(frozen=True, slots=True)
class DecodedDoses:
    """A block of doses; ``drug`` indexes ``names``, whose amounts are in ``units``; some are ``insulins``.

    Rows of ``rate`` (None: none) are pump rates, not doses.
    Only the rows at ``kept`` (None: all) may be read, the findings are ``refused``.
    """

    patient: Text
    minute: I32
    drug: I32
    names: tuple[str, ...]
    units: tuple[str, ...]
    insulins: frozenset[str]
    amount: I32
    slot: I8
    route: I8
    doubtful: Bools
    rate: Bools | None
    kept: Positions | None
    refused: Refused | None


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a drug in a written unit means: factor to thousandths of its own unit, limits, and where it goes."""

    reason: int
    times: int
    over: int
    low: int
    high: int
    route: int
    rate: bool
    insulin: bool
    unit: str


@dataclass(frozen=True, slots=True)
class JudgedDose:
    """One dose as a row of the table is kept: thousandths of the drug's own ``unit``, its usual route, and whether it lies
    outside the range of a single dose."""

    amount: int
    unit: str
    route: Route
    doubtful: bool
    low: int
    high: int


def judge_dose(amount: str, unit: str, *, drug: str, product: Product | None) -> JudgedDose | Reason:
    """A single amount as written in ``unit``, judged exactly as ``decode_doses`` judges a row, or why it is refused."""
    meaning = _meaning(product.id if product else squeezed(drug), product, unit)
    if meaning.reason != FINE:
        return REASONS[meaning.reason]
    if meaning.rate:
        return Reason.UNIT_NOT_OF_DRUG
    value, reason = _judged_word(amount)
    if reason != FINE:
        return REASONS[reason]
    scaled, rest = divmod(value * meaning.times, meaning.over)
    if rest:
        return Reason.OFF_GRID
    if not 0 <= scaled <= _LIMIT:
        return Reason.IMPLAUSIBLE_DOSE
    doubtful = scaled != 0 and not meaning.low <= scaled <= meaning.high
    return JudgedDose(scaled, meaning.unit, Route(meaning.route), doubtful, meaning.low, meaning.high)


def decode_doses(columns: Columns, *, formulary: Formulary) -> DecodedDoses:
    """Judge a block of the doses table."""
    rows = len(columns["amount"])
    verdicts = Verdicts(rows)
    patient = judged_patients(columns["patient_id"], verdicts)
    minute = judged_minutes(columns["time"], verdicts)
    drug, unit = _words(columns["drug"], rows), _words(columns["unit"], rows)
    products = [formulary.find(word) for word in drug.words]
    names = tuple(p.id if p else squeezed(word) for p, word in zip(products, drug.words, strict=True))
    pairs, which = _pairs(drug, unit)
    all_means = [_meaning(names[d], products[d], unit.words[u]) for d, u in pairs]
    units = [""] * len(names)
    for (d, _), meaning in zip(pairs, all_means, strict=True):
        units[d] = min(meaning.unit, units[d] or meaning.unit)
    verdicts.refuse_by(_each([m.reason for m in all_means], which, rows).astype(np.int8))
    amount = _judged_amount(columns["amount"], all_means, which, verdicts)
    doubtful = _judged_range(amount, all_means, which, verdicts, columns.get("flag"))
    rate = _each([m.rate for m in all_means], which, rows).astype(np.bool_) if any(m.rate for m in all_means) else None
    route = _routes(columns.get("route"), all_means, which, verdicts)
    slot = _slots(columns.get("slot"), minute, verdicts)
    kept, refused = verdicts.settled(minute, columns["time"])
    return DecodedDoses(
        patient,
        minute,
        drug.codes.astype(np.int32),
        names,
        tuple(units),
        frozenset(names[d] for (d, _), m in zip(pairs, all_means, strict=True) if m.insulin),
        amount.astype(np.int32),
        slot,
        route,
        doubtful,
        rate,
        kept,
        refused,
    )


def _words(column: Column, rows: int) -> Text:
    return column if isinstance(column, Text) else Text(np.zeros(rows, np.int8), ("",))


def _pairs(drug: Text, unit: Text) -> tuple[list[tuple[int, int]], npt.NDArray[np.intp] | None]:
    """The pairs of drug and unit that occur, and which one each row has (None: there is just one)."""
    if len(drug.words) == 1 and len(unit.words) == 1:
        return [(0, 0)], None
    units = len(unit.words)
    both = drug.codes.astype(np.int64) * units + unit.codes
    found, which = np.unique(both, return_inverse=True)
    return [divmod(int(pair), units) for pair in found], which


def _each(values: Sequence[int], which: npt.NDArray[np.intp] | None, rows: int) -> I64:
    """The value of each row's pair, shape (rows,)."""
    table = np.array(values or [FINE], np.int64)
    return np.broadcast_to(table[0], rows) if which is None else table[which]


@lru_cache(maxsize=4096)
def _meaning_of(name: str, unit: str, own: str | None) -> tuple[int, int, int, str]:
    """Reason code, factor from the written unit to the drug's own (None: an unknown drug), and that unit."""
    written = dose_unit(unit)
    if not name:
        return REASON_CODE[Reason.NO_DRUG], 1, 1, ""
    if not squeezed(unit):
        return REASON_CODE[Reason.UNIT_MISSING], 1, 1, ""
    if written is None:
        return REASON_CODE[Reason.UNKNOWN_UNIT], 1, 1, ""
    plain = {"g": "mg", _RATE: "units"}.get(written, written)
    target = plain if own is None else own
    if written == target or (written == _RATE and target == "units"):
        return FINE, 1, 1, target
    times, over = _SCALES.get((written, target), (0, 1))
    return (FINE, times, over, target) if times else (REASON_CODE[Reason.UNIT_NOT_OF_DRUG], 1, 1, target)


def _meaning(name: str, product: Product | None, unit: str) -> _Meaning:
    reason, times, over, target = _meaning_of(name, unit, product.unit if product else None)
    low, high, written = 0, _LIMIT, dose_unit(unit)
    insulin = target == "units" if product is None else product.drug_class == "insulin"
    if product is not None and product.expected_single is not None:
        low, high = product.expected_single
    elif insulin and (product is None or product.interval_days == 1):
        high = MAX_SINGLE_INSULIN
    injected = insulin or (product is not None and product.kind is LineKind.GLP1RA)
    return _Meaning(
        reason, times, over, low, high, Route.SC if injected else Route.ORAL, written == _RATE, insulin, target
    )


def _judged_amount(
    amount: Column, means: Sequence[_Meaning], which: npt.NDArray[np.intp] | None, verdicts: Verdicts
) -> I64:
    """Thousandths of each drug's unit; 0 where the row is refused."""
    rows = verdicts.rows
    times, over = _each([m.times for m in means], which, rows), _each([m.over for m in means], which, rows)
    plain = all(m.times == m.over == 1 for m in means)
    if isinstance(amount, Numbers):
        # float32 holds 64.1 to a few millionths: it is taken to 64 bits first, so that thousandths are exact.
        scaled = amount.values.astype(np.float64) * MILLI
        whole = np.rint(scaled)
        slack = np.maximum(np.abs(scaled) * amount.tolerance, 1e-6)
        verdicts.refuse(~np.isfinite(scaled), Reason.NON_NUMERIC_DOSE)
        verdicts.refuse(np.abs(scaled) > _LIMIT, Reason.IMPLAUSIBLE_DOSE)
        with np.errstate(invalid="ignore"):  # infinity less infinity is no number; it is refused above
            verdicts.refuse(np.abs(scaled - whole) > slack, Reason.OFF_GRID)
        exact = np.where(np.abs(whole) <= _LIMIT, whole, 0).astype(np.int64)
    elif isinstance(amount, Text):
        judged = [_judged_word(word) for word in amount.words]
        verdicts.refuse_by(np.array([reason for _, reason in judged], np.int8)[amount.codes])
        exact = np.array([value for value, _ in judged], np.int64)[amount.codes]
    else:
        verdicts.refuse(np.ones(rows, np.bool_), Reason.NON_NUMERIC_DOSE)
        exact = np.zeros(rows, np.int64)
    if not plain:
        exact = exact * times
        verdicts.refuse(exact % over != 0, Reason.OFF_GRID)
        exact = exact // over
    beyond = (exact < 0) | (exact > _LIMIT)
    verdicts.refuse(beyond, Reason.IMPLAUSIBLE_DOSE)
    return np.where(beyond, 0, exact) if beyond.any() else exact


@lru_cache(maxsize=1 << 14)
def _judged_word(word: str) -> tuple[int, int]:
    value = thousandths(word)
    if value is Reason.NON_NUMERIC_VALUE:
        return 0, REASON_CODE[Reason.NON_NUMERIC_DOSE]
    if value is Reason.IMPLAUSIBLE_VALUE:
        return 0, REASON_CODE[Reason.IMPLAUSIBLE_DOSE]
    return (0, REASON_CODE[value]) if isinstance(value, Reason) else (value, FINE)


def _judged_range(
    amount: I64,
    means: Sequence[_Meaning],
    which: npt.NDArray[np.intp] | None,
    verdicts: Verdicts,
    flag: Column | None,
) -> Bools:
    """Which doses are doubtful: outside the range of a single dose, or marked so. Zero is no dose."""
    low, high = _each([m.low for m in means], which, len(amount)), _each([m.high for m in means], which, len(amount))
    outside = ((amount < low) | (amount > high)) & (amount != 0)
    if any(m.rate for m in means):
        outside &= _each([not m.rate for m in means], which, len(amount)).astype(np.bool_)
    verdicts.flag(outside, Reason.DOSE_OUTSIDE_RANGE)
    if isinstance(flag, Text):
        outside = outside | meanings(flag, len(amount), _says_doubt).astype(np.bool_)
    return outside


def _says_doubt(word: str) -> int:
    return any(doubt in word for doubt in _DOUBT_WORDS)


def _routes(
    column: Column | None, means: Sequence[_Meaning], which: npt.NDArray[np.intp] | None, verdicts: Verdicts
) -> I8:
    by_drug = _each([m.route for m in means], which, verdicts.rows).astype(np.int8)
    if not isinstance(column, Text):
        return by_drug
    route = meanings(column, verdicts.rows, lambda word: _word_code(word, _ROUTES))
    verdicts.refuse(route == _NO_WORD, Reason.UNKNOWN_KIND)
    return np.where(route < 0, by_drug, route)


def _slots(column: Column | None, minute: I32, verdicts: Verdicts) -> I8:
    rows = verdicts.rows
    slot = meanings(column, rows, lambda word: _word_code(word, _SLOTS))
    if rows and slot.min() >= 0:
        return slot
    verdicts.flag(slot == _NO_WORD, Reason.UNKNOWN_WORD)
    return np.where(slot < 0, _slots_at(minute), slot)


def _slots_at(minute: I32) -> I8:
    """As ``notation.slot_at``, for a column."""
    clock = minute % MINUTES_A_DAY
    slots = np.searchsorted(np.array([240, 600, 900, 1230]), clock, side="right")
    return np.array([Slot.BEDTIME, Slot.BREAKFAST, Slot.LUNCH, Slot.DINNER, Slot.BEDTIME], np.int8)[slots]


def _word_code(word: str, known: dict[str, Slot] | dict[str, Route]) -> int:
    if not word:
        return _BY_CLOCK
    return known.get(squeezed(word).casefold(), _NO_WORD)
