"""The guard once more, row by row: what an increase needs and what a reduction may take."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.reference.logic import Fact, Look
from tests.reference.readings import Ask
from titration.clinical import LineKind
from titration.engine.plans import Limit
from titration.packs.model import Tier

LOW = (39, 70)
"""Tenths of mmol/L, mg/dL."""
FRESH_DAYS = 1
LARGEST_STEP = 8_000
LARGEST_PERCENT = 20
ALWAYS_ALLOWED_STEP = 2_000
TOTAL_PER_KG = 2_000
BASAL_PER_KG = 1_000
DAY_PERCENT = 20
FLOOR_PERCENT = 50
LAST_DOSE = 10_000
C_PEPTIDE = 600
INSULIN = (LineKind.BASAL, LineKind.PRANDIAL, LineKind.PREMIX)


def guard_asks(low: int) -> Mapping[str, Ask]:
    """The facts the guard rests on; `low` is the low threshold on the log's grid."""
    return {
        "guard.lows": Ask("any", "count", 7, highest=low - 1),
        "guard.symptoms": Ask("event.hypo_symptoms", "count", 7),
        "guard.severe": Ask("event.hypo_severe", "count", 7),
        "guard.reading_age": Ask("any", "age_days", 30),
        "guard.doubts": Ask("doubts", "count", 3),
        "guard.missed": Ask("line.missed", "count", 3),
        "guard.doubtful_dose": Ask("line.doubtful"),
        "guard.record_age": Ask("line.record", "age_days"),
        "guard.unchanged": Ask("line.change", "age_days"),
        "guard.settle": Ask("line.settle"),
        "guard.new_readings": Ask("judged", "count", 30, 0, since_change=True),
        "guard.new_symptoms": Ask("symptoms", "count", 30),
        "guard.total": Ask("insulin.total"),
        "guard.total_per_kg": Ask("insulin.total", "per_kg"),
        "guard.highest": Ask("insulin.total", "percent_of_highest", 14),
        "guard.basal_per_kg": Ask("insulin.basal", "per_kg"),
        "guard.daily": Ask("line.daily"),
        "guard.maximum": Ask("line.maximum"),
        "guard.c_peptide": Ask("lab.c_peptide", "last", max_age_days=180),
        "guard.insulins": Ask("line.insulins"),
    }


@dataclass
class Verdict:
    """A dose and what bound it so far."""

    dose: int
    limits: Limit
    least: int = 0
    """What a cap allows at least; rounding never goes below it."""


def guarded(now: int, proposed: int, tier: Tier, kind: LineKind, increment: int, look: Look) -> Verdict:
    """The proposal of one line within the guard's limits."""
    verdict = Verdict(proposed, Limit(0))
    if proposed > now:
        _limit_increase(verdict, now, kind, look)
    elif proposed < now:
        _limit_reduction(verdict, now, tier, kind, look)
    _round(verdict, now, max(increment, 1))
    return verdict


def _number(look: Look, name: str) -> int:
    """The value, 0 where it is unknown."""
    fact = look(f"guard.{name}")
    return 0 if fact is None else fact.value


def _refuse(verdict: Verdict, now: int, why: Limit) -> None:
    verdict.dose = now
    verdict.limits |= why


def _limit_increase(verdict: Verdict, now: int, kind: LineKind, look: Look) -> None:
    lows, age = look("guard.lows"), look("guard.reading_age")
    if _number(look, "lows") + _number(look, "symptoms") + _number(look, "severe") > 0:
        _refuse(verdict, now, Limit.HYPO_LOCKOUT)
    if lows is None:
        _refuse(verdict, now, Limit.GLUCOSE_UNKNOWN)
    if age is None or age.value > FRESH_DAYS:
        _refuse(verdict, now, Limit.STALE_READING)
    if _number(look, "missed") > 0 or _number(look, "record_age") > FRESH_DAYS:
        _refuse(verdict, now, Limit.MISSED_DOSE)
    if _number(look, "doubts") > 0 or _number(look, "doubtful_dose") > 0:
        _refuse(verdict, now, Limit.DOUBTFUL_DATA)
    if _number(look, "unchanged") < _number(look, "settle"):
        _refuse(verdict, now, Limit.INTERVAL)
    if _number(look, "new_readings") == 0:
        _refuse(verdict, now, Limit.NO_NEW_READING)
    if kind in INSULIN:
        _cap_insulin(verdict, now, kind, look)
    maximum = look("guard.maximum")
    if verdict.dose > now and maximum is not None and _number(look, "daily") - now + verdict.dose > maximum.value:
        _refuse(verdict, now, Limit.DRUG_MAXIMUM)


def _cap_insulin(verdict: Verdict, now: int, kind: LineKind, look: Look) -> None:
    if verdict.dose <= now:
        return
    largest = min(max(now * LARGEST_PERCENT // 100, ALWAYS_ALLOWED_STEP), LARGEST_STEP)
    if verdict.dose > now + largest:
        verdict.dose = now + largest
        verdict.limits |= Limit.STEP_CAP
    total = look("guard.total_per_kg")
    if total is None:
        _refuse(verdict, now, Limit.WEIGHT_UNKNOWN)
        return
    _keep_within(verdict, now, total, TOTAL_PER_KG)
    basal = look("guard.basal_per_kg")
    if kind is LineKind.BASAL and basal is not None:
        _keep_within(verdict, now, basal, BASAL_PER_KG)


def _keep_within(verdict: Verdict, now: int, ratio: Fact, most: int) -> None:
    assert ratio.per is not None
    room = max((most * ratio.per - ratio.value) // 1000, 0)
    if verdict.dose > now and verdict.dose > now + room:
        verdict.dose = now + room
        verdict.limits |= Limit.DOSE_CAP


def _limit_reduction(verdict: Verdict, now: int, tier: Tier, kind: LineKind, look: Look) -> None:
    if tier is not Tier.SAFETY and _number(look, "new_readings") + _number(look, "new_symptoms") == 0:
        _refuse(verdict, now, Limit.NO_NEW_READING)
    if tier > Tier.REDUCE and _number(look, "unchanged") < _number(look, "settle"):
        _refuse(verdict, now, Limit.INTERVAL)
    if tier > Tier.REDUCE and _number(look, "doubtful_dose") > 0:
        _refuse(verdict, now, Limit.DOUBTFUL_DATA)
    if kind not in INSULIN:
        return
    c_peptide = look("guard.c_peptide")
    if verdict.dose == 0 and now > 0 and (c_peptide is None or c_peptide.value <= C_PEPTIDE):
        _refuse(verdict, now, Limit.C_PEPTIDE)
    if tier > Tier.REDUCE and verdict.dose < now:
        _cap_reduction(verdict, now, look)


def _cap_reduction(verdict: Verdict, now: int, look: Look) -> None:
    if verdict.dose == 0 and now <= LAST_DOSE and _number(look, "insulins") == 1:
        return
    total, highest = look("guard.total"), look("guard.highest")
    if total is None or highest is None or highest.per is None:
        _refuse(verdict, now, Limit.DOUBTFUL_DATA)
        return
    day_share = total.value * DAY_PERCENT // 100
    above_floor = total.value - highest.per * FLOOR_PERCENT // 100
    for most, why in ((day_share, Limit.DAY_CAP), (above_floor, Limit.FORTNIGHT_CAP)):
        least = min(now - max(most, 0), now)
        verdict.least = max(verdict.least, least)
        if verdict.dose < least:
            verdict.dose = least
            verdict.limits |= why


def _round(verdict: Verdict, now: int, step: int) -> None:
    dose = verdict.dose
    if dose in (now, 0):
        return
    rounded = dose // step * step
    if dose < now and rounded < verdict.least:
        rounded = -(-dose // step) * step
    rounded = max(rounded, now) if dose > now else min(rounded, now)
    if rounded != dose:
        verdict.limits |= Limit.ROUNDING
    if rounded == 0:
        rounded = min(step, now)
        if rounded == now:
            verdict.limits |= Limit.LAST_STEP
    verdict.dose = rounded
