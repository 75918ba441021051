"""What the rules make of one line on one day: proposals, their meet, and whether it must wait for data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from tests.reference.lines import Life
from tests.reference.logic import Look, truth
from titration.packs.model import (
    Hold,
    Ladder,
    LimitTo,
    Pack,
    Percent,
    Refer,
    Restore,
    Review,
    Rule,
    ShareOfTotal,
    Step,
    Stop,
    Tier,
    Units,
)

HOLDS_UP = (Tier.SAFETY, Tier.FREEZE, Tier.REDUCE, Tier.TAPER, Tier.HOLD)
"""An unknown rule of these tiers keeps a dose from going up."""

DEMANDING = (Tier.SAFETY, Tier.FREEZE, Tier.REDUCE)


@dataclass(frozen=True)
class Verdict:
    """The meet of a line's proposals; `rule` is None where nothing fired."""

    now: int | None
    proposed: int
    rule: Rule | None
    undecided: bool
    unknown: tuple[Rule, ...]
    """Rules that propose a dose and whose condition is unknown."""
    demand: tuple[int, Rule] | None = None
    """The meet of the safety, freeze and reduce proposals alone."""


def judged(pack: Pack, thresholds: Mapping[str, int], life: Life, day: int, insulin: int, look: Look) -> Verdict:
    """All rules of the line's kind, met."""
    mine = [rule for rule in pack.rules if life.kind in rule.kinds]
    answers = [(rule, truth(rule.when, look, thresholds)) for rule in mine]
    reviews = [rule for rule, answer in answers if answer is True and isinstance(rule.step, Review)]
    fired = [rule for rule, answer in answers if answer is True and not isinstance(rule.step, Review)]
    unknown = tuple(rule for rule, answer in answers if answer is None and not isinstance(rule.step, Review))
    if any(rule.tier is Tier.FREEZE for rule in fired):
        fired = [rule for rule in fired if rule.tier in (Tier.SAFETY, Tier.FREEZE)]
    now = life.dose(day)
    dose = 0 if now is None else now
    if not fired:
        review = min(reviews, key=lambda rule: (rule.tier, rule.id), default=None)
        return Verdict(now, dose, review, now is None or bool(unknown), unknown)
    least = None if pack.guard_off else min(dose, 1)
    proposals = [(proposal(rule.step, dose, insulin, life, thresholds, look, least), rule) for rule in fired]
    lowest, credited = meet(proposals)
    demands = [p for p in proposals if p[1].tier in DEMANDING]
    waits = now is None
    if lowest > dose:
        waits = waits or any(rule.tier in HOLDS_UP for rule in unknown)
    if lowest == dose:
        waits = waits or any(rule.tier is Tier.SAFETY for rule in unknown)
    return Verdict(now, lowest, credited, waits, unknown, meet(demands) if demands else None)


def meet(proposals: list[tuple[int, Rule]]) -> tuple[int, Rule]:
    """The lowest dose, and of the rules that propose it the first by tier, then id."""
    lowest = min(amount for amount, _ in proposals)
    return lowest, min((rule for amount, rule in proposals if amount == lowest), key=lambda r: (r.tier, r.id))


def proposal(
    step: Step,
    dose: int,
    insulin: int,
    life: Life,
    thresholds: Mapping[str, int],
    look: Look,
    least: int | None,
) -> int:
    """The dose a step proposes; `insulin` is the patient's total of known insulin doses, `least` what a subtraction leaves."""
    match step:
        case Hold() | Refer() | Review():
            return dose
        case Stop():
            return 0
        case Units(parameter, up):
            return dose + thresholds[parameter] if up else _less(least, dose - thresholds[parameter])
        case Percent(parameter, up, at_least):
            tenths = thresholds[parameter]
            if up:
                return dose * (1000 + tenths) // 1000
            share = dose * (1000 - tenths) // 1000
            fixed = dose - (thresholds[at_least] if at_least is not None else 0)
            return _less(least, min(share, fixed))
        case ShareOfTotal(parameter):
            return _less(least, (1000 * dose - insulin * thresholds[parameter]) // 1000)
        case Ladder(move):
            return _ladder(move, dose, life)
        case Restore():
            before = look("line.previous_dose")
            return dose if before is None else max(dose, before.value)
        case LimitTo(feature):
            return _limit_to(feature, dose, life, look)
        case _:
            assert_never(step)


def _less(least: int | None, lower: int) -> int:
    """A subtraction leaves a trace: stopping is a step of its own."""
    return lower if least is None else max(lower, least)


def _strengths(life: Life) -> tuple[int, ...]:
    return life.product.ladder if life.product else ()


def _ladder(move: str, dose: int, life: Life) -> int:
    strengths = _strengths(life)
    if life.product is None:
        return dose
    if move == "up":
        return min((s for s in strengths if s > dose), default=dose)
    if move == "halve" and not strengths:
        return dose // 2 // life.product.increment * life.product.increment
    if life.product.down == "stop":
        return 0
    if move == "halve":
        return max((s for s in strengths if s <= dose // 2), default=0)
    return max((s for s in strengths if s < dose), default=0)


def _limit_to(feature: str, dose: int, life: Life, look: Look) -> int:
    limit, total = look(feature), look("line.daily")
    if limit is None or total is None or total.value <= limit.value:
        return dose
    allowed = dose * limit.value // total.value
    strengths = _strengths(life)
    return max((s for s in strengths if s <= allowed), default=0) if strengths else allowed
