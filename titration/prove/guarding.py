"""The guard once more, as formulas: what it promises, written from its record and not from its code.

A law of the test suite holds this to the engine's guard, entry by entry, on generated facts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from titration.clinical import LineKind
from titration.engine.plans import Limit
from titration.expr.smt import (
    Bool,
    Int,
    Symbol,
    choose,
    equal,
    every,
    floor_of,
    greater,
    lesser,
    negation,
    number,
    some,
)
from titration.features.attribution import INSULIN_KINDS

FRESH_DAYS: Final = 1
LARGEST_STEP: Final = 8_000
LARGEST_PERCENT: Final = 20
ALWAYS_ALLOWED: Final = 2_000
TOTAL_PER_KG: Final = 2_000
BASAL_PER_KG: Final = 1_000
DAY_PERCENT: Final = 20
FLOOR_PERCENT: Final = 50
LAST_DOSE: Final = 10_000
C_PEPTIDE: Final = 600
LOCKOUT_DAYS: Final = 7
"""The guard's numbers, written out again: the law fails when one of them is changed in one place only."""

Look = Callable[[str], Symbol]
Device = Callable[[Int], tuple[Int, Int, Int]]
"""The nearest doses a device can give at or below a dose, and at or above it, and its least step."""


def device(increments: Sequence[tuple[Bool, int]]) -> Device:
    """The device of a line whose least step is one of few: nothing is ever divided by an unknown."""

    def multiples(dose: Int) -> tuple[Int, Int, Int]:
        below, above, step = dose, dose, number(1)
        for here, size in increments:
            down = floor_of(dose, size) * size
            below = choose(here, down, below)
            above = choose(here, choose(equal(down, dose), dose, down + size), above)
            step = choose(here, size, step)
        return below, above, step

    return multiples


@dataclass(frozen=True, slots=True)
class Proposal:
    """A dose proposed for a line: ``safety`` when a rule of that tier asks, ``demanded`` when safety, freeze or reduce."""

    now: Int
    dose: Int
    safety: Bool
    demanded: Bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """The dose the guard leaves, and where each limit bound it."""

    dose: Int
    limits: dict[Limit, Bool]


@dataclass
class _Working:
    now: Int
    dose: Int
    limits: dict[Limit, Bool]

    def refuse(self, where: Bool, why: Limit) -> None:
        """Back to the dose in force. A refusal that comes after another still says why."""
        self.dose = choose(where, self.now, self.dose)
        self.note(where, why)

    def note(self, where: Bool, why: Limit) -> None:
        """Remember a limit."""
        self.limits[why] = some(self.limits[why], where) if why in self.limits else where


def guarded(proposal: Proposal, look: Look, kind: LineKind, given_by: Device) -> Verdict:
    """The proposal within the limits; ``look`` finds the guard's facts by their names without ``guard.``."""
    work = _Working(proposal.now, proposal.dose, {})
    up, down = proposal.dose > proposal.now, proposal.dose < proposal.now
    _earn(work, look, up)
    if kind in INSULIN_KINDS:
        _cap_increase(work, look, kind, up)
    maximum = look("maximum")
    over = look("daily").value - work.now + work.dose > maximum.value
    work.refuse(every(up, work.dose > work.now, maximum.known, over), Limit.DRUG_MAXIMUM)
    _justify(work, look, proposal, down)
    floor = number(0)
    if kind in INSULIN_KINDS:
        c_peptide = look("c_peptide")
        gate = every(c_peptide.known, c_peptide.value > C_PEPTIDE)
        work.refuse(every(down, equal(work.dose, 0), work.now > 0, negation(gate)), Limit.C_PEPTIDE)
        floor = _cap_taper(work, look, proposal, down)
    _round(work, given_by, floor)
    return Verdict(work.dose, work.limits)


def _positive(look: Look, *names: str) -> Bool:
    return some(*(look(name).value > 0 for name in names))


def _earn(work: _Working, look: Look, up: Bool) -> None:
    """An increase is earned by what is known and by nothing else."""
    lows, age = look("lows"), look("reading_age")
    low = some(every(lows.known, lows.value > 0), _positive(look, "symptoms", "severe"))
    work.refuse(every(up, low), Limit.HYPO_LOCKOUT)
    work.refuse(every(up, negation(lows.known)), Limit.GLUCOSE_UNKNOWN)
    work.refuse(every(up, negation(every(age.known, age.value <= FRESH_DAYS))), Limit.STALE_READING)
    missed = some(_positive(look, "missed"), look("record_age").value > FRESH_DAYS)
    work.refuse(every(up, missed), Limit.MISSED_DOSE)
    work.refuse(every(up, _positive(look, "doubts", "doubtful_dose")), Limit.DOUBTFUL_DATA)
    work.refuse(every(up, look("unchanged").value < look("settle").value), Limit.INTERVAL)
    work.refuse(every(up, equal(look("new_readings").value, 0)), Limit.NO_NEW_READING)


def _cap_increase(work: _Working, look: Look, kind: LineKind, up: Bool) -> None:
    share = greater(floor_of(work.now * LARGEST_PERCENT, 100), ALWAYS_ALLOWED)
    most = work.now + lesser(share, LARGEST_STEP)
    still = every(up, work.dose > work.now)
    over = every(still, work.dose > most)
    work.dose = choose(over, most, work.dose)
    work.note(over, Limit.STEP_CAP)
    per_kg = look("total_per_kg")
    work.refuse(every(still, negation(per_kg.known)), Limit.WEIGHT_UNKNOWN)
    _keep_within(work, per_kg, TOTAL_PER_KG, up)
    if kind is LineKind.BASAL:
        _keep_within(work, look("basal_per_kg"), BASAL_PER_KG, up)


def _keep_within(work: _Working, ratio: Symbol, most: int, up: Bool) -> None:
    assert ratio.per is not None
    ceiling = work.now + greater(floor_of(ratio.per * most - ratio.value, 1000), 0)
    over = every(up, work.dose > work.now, work.dose > ceiling)
    work.dose = choose(over, ceiling, work.dose)
    work.note(over, Limit.DOSE_CAP)


def _justify(work: _Working, look: Look, proposal: Proposal, down: Bool) -> None:
    nothing_new = equal(look("new_readings").value + look("new_symptoms").value, 0)
    work.refuse(every(down, negation(proposal.safety), nothing_new), Limit.NO_NEW_READING)
    free = every(down, negation(proposal.demanded))
    work.refuse(every(free, look("unchanged").value < look("settle").value), Limit.INTERVAL)
    work.refuse(every(free, _positive(look, "doubtful_dose")), Limit.DOUBTFUL_DATA)


def _cap_taper(work: _Working, look: Look, proposal: Proposal, down: Bool) -> Int:
    taper = every(down, work.dose < work.now, negation(proposal.demanded))
    last = every(equal(work.dose, 0), work.now <= LAST_DOSE, equal(look("insulins").value, 1))
    capped = every(taper, negation(last))
    total, highest = look("total"), look("highest")
    assert highest.per is not None
    work.refuse(every(capped, negation(total.known)), Limit.DOUBTFUL_DATA)
    floor = number(0)
    for most, why in (
        (floor_of(total.value * DAY_PERCENT, 100), Limit.DAY_CAP),
        (total.value - floor_of(highest.per * FLOOR_PERCENT, 100), Limit.FORTNIGHT_CAP),
    ):
        least = lesser(work.now - greater(most, 0), work.now)
        under = every(capped, work.dose < least)
        work.dose = choose(under, least, work.dose)
        work.note(under, why)
        floor = choose(capped, greater(floor, least), floor)
    return floor


def _round(work: _Working, given_by: Device, floor: Int) -> None:
    """Down, onto the device; up where down would take more than a cap allows; a reduction is never rounded away to 0."""
    now, dose = work.now, work.dose
    changed = every(negation(equal(dose, now)), negation(equal(dose, 0)))
    below, above, step = given_by(dose)
    rounded = choose(every(below < floor, dose < now), above, below)
    rounded = choose(dose > now, greater(rounded, now), lesser(rounded, now))
    rounded = choose(changed, rounded, dose)
    work.note(every(changed, negation(equal(rounded, dose))), Limit.ROUNDING)
    emptied = every(changed, equal(rounded, 0))
    left = lesser(step, now)
    work.dose = choose(emptied, left, rounded)
    work.note(every(emptied, equal(left, now)), Limit.LAST_STEP)
