"""The dose course of one patient, day by day, from the dose records: what was in force, what changed and when.

A line is one drug in one slot by one route. It is in force from its first record; days without a record, up to ``CARRY_DAYS``
(times the dosing interval) before the next one or the end of a run, keep the dose before them; a longer gap ends the line on the
day after its last record. A written 0 is a dose not given: the dose in force stays. Amounts are thousandths of the drug's unit.

The record is cut into *runs* where more than ``CARRY_DAYS`` days hold no dose of any drug. Between runs nothing is known: no
dose of 0, no change. Somebody off every drug therefore has no record, not a record of nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Final, TypeAlias

import numpy as np

from titration.clinical import LineKind, Route, Slot
from titration.features.drugs import Drug, classes_of
from titration.formulary import Formulary
from titration.log.model import MINUTES_A_DAY, Log
from titration.study.indices import Reason

CARRY_DAYS: Final = 2
"""Days without a record after which a line is taken to have ended; the founding pack reads dose records the same way."""
INSULINS: Final = frozenset((LineKind.BASAL, LineKind.PRANDIAL, LineKind.PREMIX))
_PUMPED: Final = frozenset((Route.CSII_BOLUS, Route.CSII_BASAL, Route.IV))


@dataclass(frozen=True, slots=True)
class LineKey:
    """A therapy line: the drug (product id, or the name as written), slot and route."""

    drug: str
    slot: Slot
    route: Route


@dataclass(frozen=True, slots=True)
class Change:
    """A dose that differs from the day before: ``before`` 0 begins a line, ``after`` 0 ends it."""

    day: int
    line: LineKey
    before: int
    after: int


Span: TypeAlias = tuple[int, int, int]
"""(first day, last day, amount) of an unbroken time on one dose."""
Run: TypeAlias = tuple[int, int]
"""(first day, last day) of an unbroken stretch of the dose record."""


@dataclass(frozen=True)
class DoseCourse:
    """Doses in force, per line and day, of one patient."""

    lines: Mapping[LineKey, tuple[Span, ...]]
    drugs: Mapping[str, Drug]
    runs: tuple[Run, ...]
    pump_days: frozenset[int]
    """Days with a pump or a drip: what they gave is not a daily dose."""
    insulin_names: frozenset[str]
    """Names the formulary does not know that were dosed in units."""

    @property
    def first_day(self) -> int | None:
        """First day with a dose record."""
        return self.runs[0][0] if self.runs else None

    @property
    def last_day(self) -> int | None:
        """Last day with a dose record."""
        return self.runs[-1][1] if self.runs else None

    def dose(self, line: LineKey, day: int) -> int:
        """Thousandths in force on ``day``; 0 where the line is not in force."""
        return next((amount for first, last, amount in self.lines.get(line, ()) if first <= day <= last), 0)

    def covers(self, day: int) -> bool:
        """Whether a run of the dose record holds this day."""
        return any(first <= day <= last for first, last in self.runs)

    def kind(self, line: LineKey) -> LineKind:
        """What a line is to the rules."""
        return self.drugs[line.drug].kind(line.route)

    def is_insulin(self, line: LineKey) -> bool:
        """Whether a line gives insulin, known to the formulary or not."""
        product = self.drugs[line.drug].product
        if product is not None:
            return product.kind in INSULINS
        return line.drug in self.insulin_names

    def insulin(self, day: int) -> Fraction | Reason:
        """Insulin in force on a day, units a day (a weekly insulin by its share of a day), or why it is not known."""
        if not self.covers(day):
            return Reason.NO_RECORD
        if day in self.pump_days:
            return Reason.PUMP
        total = Fraction(0)
        for line in self.lines:
            amount = self.dose(line, day)
            if not amount or not self.is_insulin(line):
                continue
            product = self.drugs[line.drug].product
            if product is None:
                return Reason.UNKNOWN_INSULIN
            total += Fraction(amount, 1000 * product.interval_days)
        return total

    def tablets(self, day: int) -> dict[str, Fraction]:
        """Daily amount of every drug that is not insulin, by drug, in its unit; empty when none is in force."""
        out: dict[str, Fraction] = defaultdict(Fraction)
        for line in self.lines:
            amount = self.dose(line, day)
            if amount and not self.is_insulin(line):
                product = self.drugs[line.drug].product
                out[line.drug] += Fraction(amount, 1000 * (product.interval_days if product else 1))
        return dict(out)

    def drug_classes(self, drug: str) -> frozenset[str]:
        """Classes of a drug's components; empty where the formulary does not know it."""
        return classes_of(self.drugs[drug])

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """Every change within a run, by day; where a run begins or ends nothing is known to have changed."""
        begins, ends = {first for first, _ in self.runs}, {last for _, last in self.runs}
        out: list[Change] = []
        for line, spans in self.lines.items():
            before_last, before = None, 0
            for first, last, amount in spans:
                if before_last is not None and first > before_last + 1:
                    if before_last not in ends:
                        out.append(Change(before_last + 1, line, before, 0))
                    before = 0
                if first not in begins and amount != before:
                    out.append(Change(first, line, before, amount))
                before_last, before = last, amount
            if before_last is not None and before_last not in ends:
                out.append(Change(before_last + 1, line, before, 0))
        return tuple(sorted(out, key=lambda c: (c.day, c.line.drug, c.line.slot, c.line.route)))


def dose_course(log: Log, formulary: Formulary, *, patient: int, insulin_names: Iterable[str] = ()) -> DoseCourse:
    """The course of patient number ``patient`` of a log; ``insulin_names`` are unknown drugs dosed in units."""
    doses = log.doses
    drugs = {name: Drug(name, formulary.products.get(name)) for name in log.drugs}
    start, end = np.searchsorted(doses.patient, (patient, patient + 1))
    records: dict[LineKey, dict[int, int]] = defaultdict(dict)
    days: set[int] = set()
    pumped: set[int] = set()
    for i in range(int(start), int(end)):
        day = int(doses.minute[i]) // MINUTES_A_DAY
        name, route = log.drugs[int(doses.drug[i])], Route(int(doses.route[i]))
        days.update(range(day, day + _interval(drugs[name])))
        if route in _PUMPED:
            pumped.add(day)
            continue
        key = LineKey(name, Slot(int(doses.slot[i])), route)
        records[key][day] = records[key].get(day, 0) + int(doses.amount[i])
    pump = log.pump
    first, last = np.searchsorted(pump.patient, (patient, patient + 1))
    pumped |= {int(minute) // MINUTES_A_DAY for minute in pump.minute[first:last]}
    runs = _runs(days | pumped)
    lines = {key: _spans(by_day, runs, _interval(drugs[key.drug])) for key, by_day in records.items()}
    ordered = sorted(lines, key=lambda k: (k.drug, k.slot, k.route))
    return DoseCourse(
        {key: lines[key] for key in ordered if lines[key]}, drugs, runs, frozenset(pumped), frozenset(insulin_names)
    )


def _interval(drug: Drug) -> int:
    return 1 if drug.product is None else drug.product.interval_days


def _runs(days: set[int]) -> tuple[Run, ...]:
    runs: list[Run] = []
    for day in sorted(days):
        if runs and day <= runs[-1][1] + CARRY_DAYS + 1:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return tuple(runs)


def _spans(by_day: Mapping[int, int], runs: tuple[Run, ...], interval: int) -> tuple[Span, ...]:
    """Unbroken times on one dose. A 0 keeps the dose before it, and begins nothing."""
    carry = CARRY_DAYS * interval
    spans: list[Span] = []
    for day in sorted(by_day):
        amount = by_day[day]
        if spans and day <= spans[-1][1] + carry + 1 and _same_run(spans[-1][1], day, runs):
            first, _, held = spans[-1]
            if amount in (0, held):
                spans[-1] = (first, day, held)
                continue
            spans[-1] = (first, day - 1, held)
            spans.append((day, day, amount))
        elif amount:
            spans.append((day, day, amount))
    return tuple(
        _carried(span, spans[i + 1][0] if i + 1 < len(spans) else None, runs, carry) for i, span in enumerate(spans)
    )


def _same_run(day: int, other: int, runs: tuple[Run, ...]) -> bool:
    return any(first <= day and other <= last for first, last in runs)


def _carried(span: Span, following: int | None, runs: tuple[Run, ...], carry: int) -> Span:
    """A line whose last record lies shortly before the end of its run is in force to that end."""
    first, last, amount = span
    end = next((e for b, e in runs if b <= last <= e), last)
    if last < end <= last + carry and (following is None or following > end):
        return (first, end, amount)
    return span


@dataclass(frozen=True, slots=True)
class Milestones:
    """Days counted from 1970-01-01 on which something first happened at or after the baseline; None: it did not."""

    half: int | None
    """Insulin at half of the baseline or less."""
    half_kept: bool | None
    """Whether it stayed so to the end of the record."""
    withdrawal: int | None
    """The last insulin stopped, and none was given again."""
    first_tablet: int | None
    """First day on which a drug that is not insulin is no longer in force in any slot."""
    first_tablet_drug: str | None
    first_tablet_lower: int | None
    """First day on which the daily amount of such a drug is lower, its stop included."""


def milestones(course: DoseCourse, baseline: int, through: int) -> Milestones:
    """What happened to the doses from ``baseline`` to ``through``, both included."""
    base = course.insulin(baseline)
    days = [day for day in range(baseline, through + 1) if course.covers(day)]
    totals = {day: total for day in days if isinstance(total := course.insulin(day), Fraction)}
    half: int | None = None
    withdrawal: int | None = None
    kept: bool | None = None
    if isinstance(base, Fraction) and base > 0:
        half = next((day for day, total in totals.items() if 2 * total <= base), None)
        if half is not None:
            kept = all(2 * total <= base for day, total in totals.items() if day >= half)
        used = [day for day, total in totals.items() if total > 0]
        zero = [day for day, total in totals.items() if total == 0 and day > max(used, default=baseline)]
        withdrawal = min(zero, default=None)
    before = course.tablets(baseline)
    stopped = [(day, drug) for drug in before if (day := _first(course, drug, days, Fraction(0))) is not None]
    lower = [day for drug, amount in before.items() if (day := _first(course, drug, days, amount)) is not None]
    first = min(stopped, default=(None, None))
    return Milestones(half, kept, withdrawal, first[0], first[1], min(lower, default=None))


def _first(course: DoseCourse, drug: str, days: list[int], amount: Fraction) -> int | None:
    """First day on which ``drug`` is below ``amount``, or gone when ``amount`` is 0."""
    for day in days:
        now = course.tablets(day).get(drug, Fraction(0))
        if now < amount or (amount == 0 and now == 0):
            return day
    return None


def unstable_changes(course: DoseCourse, first: int, last: int) -> tuple[Change, ...]:
    """The changes that break stable medication from ``first`` to ``last``, both included."""
    return tuple(change for change in course.changes if first <= change.day <= last)
