"""What a made-up ward doctor does to a dose: a few coarse habits that make a believable history.

Not a rule pack and not advice: the habits exist so that logs hold dose changes.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

from ward_stories import Line

REVIEW_EVERY: Final = 3

_CAUSES: Final = {
    "overnight": (("basal", None), ("premix", "dinner")),
    "fasting": (("basal", None), ("premix", "dinner")),
    "post_breakfast": (("prandial", "breakfast"), ("premix", "breakfast")),
    "pre_lunch": (("prandial", "breakfast"), ("premix", "breakfast")),
    "post_lunch": (("prandial", "lunch"), ("premix", "lunch"), ("premix", "breakfast")),
    "pre_dinner": (("prandial", "lunch"), ("premix", "lunch"), ("premix", "breakfast")),
    "post_dinner": (("prandial", "dinner"), ("premix", "dinner")),
    "bedtime": (("prandial", "dinner"), ("premix", "dinner")),
}
"""Which line a reading is laid to, first match first."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A reading the doctor has seen; ``glucose`` in mmol/L."""

    day: int
    timing: str
    glucose: float


def review(
    lines: tuple[Line, ...], seen: list[Seen], *, started_on: tuple[Line, ...], tapering: bool
) -> tuple[Line, ...]:
    """The lines after a review of the readings of the last three days; at most a step per line."""
    low = next((s for s in reversed(seen) if s.glucose < 3.9), None)
    if low is not None:
        return _changed(lines, _cause(low.timing, lines), factor=0.8)
    return _tapered(lines, seen, started_on) if tapering else _raised(lines, seen)


def _tapered(lines: tuple[Line, ...], seen: list[Seen], started_on: tuple[Line, ...]) -> tuple[Line, ...]:
    fasting, meals = _mean(seen, "fasting"), _mean(seen, "post_breakfast", "post_lunch", "post_dinner")
    if fasting is not None and fasting <= 7.0:
        lines = _changed(lines, _cause("fasting", lines), factor=0.85)
    if meals is not None and meals <= 10.0:
        bolus = [i for i, line in enumerate(lines) if line.kind == "prandial"]
        lines = _changed(lines, max(bolus, key=lambda i: lines[i].amount, default=None), factor=0.85)
    if _insulin(lines) <= 0.7 * _insulin(started_on):
        lines = _without_last(lines, "acarbose")
    return lines


def _insulin(lines: tuple[Line, ...]) -> float:
    return sum(line.amount for line in lines if line.unit == "units")


def _without_last(lines: tuple[Line, ...], drug: str) -> tuple[Line, ...]:
    """The lines without the last slot of ``drug``: one dose a day less."""
    last = max((i for i, line in enumerate(lines) if line.drug == drug), default=None)
    return lines if last is None else (*lines[:last], *lines[last + 1 :])


def _raised(lines: tuple[Line, ...], seen: list[Seen]) -> tuple[Line, ...]:
    fasting = _mean(seen, "fasting")
    if fasting is not None and fasting > 7.0:
        return _changed(lines, _cause("fasting", lines), units=4 if fasting > 10.0 else 2)
    for timing in ("post_breakfast", "post_lunch", "post_dinner"):
        mean = _mean(seen, timing)
        if mean is not None and mean > 10.0:
            return _changed(lines, _cause(timing, lines), units=2)
    return lines


def _cause(timing: str, lines: tuple[Line, ...]) -> int | None:
    for kind, slot in _CAUSES.get(timing, ()):
        for number, line in enumerate(lines):
            if line.kind == kind and slot in (None, line.slot):
                return number
    return None


def _changed(
    lines: tuple[Line, ...], number: int | None, *, factor: float = 1.0, units: float = 0.0
) -> tuple[Line, ...]:
    """The lines with one insulin changed, in whole units; a cut is at least one unit and never to nothing."""
    if number is None:
        return lines
    old = lines[number].amount
    new = old + units if factor == 1.0 else max(2.0, min(float(math.floor(old * factor)), old - 1.0))
    return (*lines[:number], replace(lines[number], amount=new), *lines[number + 1 :])


def _mean(seen: list[Seen], *timings: str) -> float | None:
    values = [s.glucose for s in seen if s.timing in timings]
    return sum(values) / len(values) if len(values) >= 2 else None
