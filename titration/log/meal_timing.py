"""When in the day's pattern a finger-stick of a ``shanghai-t2dm`` recording was taken, from the meals around it."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from titration.clinical import Timing
from titration.log.model import MINUTES_A_DAY

_MEALS: Final = (
    (300, 600, Timing.POST_BREAKFAST),
    (600, 870, Timing.POST_LUNCH),
    (960, 1230, Timing.POST_DINNER),
)
"""Windows (from, before) in minutes of the day of breakfast, lunch and dinner; an intake outside is a snack."""

FASTING_FROM, FASTING_TO, FAST_SINCE = 300, 540, 240
POST_MEAL: Final = (90, 150)
BEFORE_MEAL: Final = 90
_LUNCH_READING: Final = (600, 870)
_DINNER_READING: Final = (900, 1230)


@dataclass(frozen=True, slots=True)
class Timed:
    """The timing of one reading; ``after_snack`` when it is random but 90 to 150 minutes after a snack."""

    timing: Timing
    after_snack: bool = False


def timings(readings: Sequence[int], intakes: Sequence[int]) -> list[Timed]:
    """The timing of each reading of one recording; both sequences are minutes in ascending order."""
    fasted: set[int] = set()
    return [_timing(minute, intakes, fasted) for minute in readings]


def _meal(minute: int) -> Timing | None:
    clock = minute % MINUTES_A_DAY
    return next((timing for start, end, timing in _MEALS if start <= clock < end), None)


def _timing(minute: int, intakes: Sequence[int], fasted: set[int]) -> Timed:
    day, clock = divmod(minute, MINUTES_A_DAY)
    at = bisect_left(intakes, minute)
    last = intakes[at - 1] if at else None
    following = intakes[at] if at < len(intakes) else None
    fasts = last is None or last < day * MINUTES_A_DAY + FAST_SINCE
    if FASTING_FROM <= clock <= FASTING_TO and day not in fasted and fasts:
        fasted.add(day)
        return Timed(Timing.FASTING)
    if last is not None and POST_MEAL[0] <= minute - last <= POST_MEAL[1]:
        meal = _meal(last)
        return Timed(Timing.RANDOM, after_snack=True) if meal is None else Timed(meal)
    if last is None or minute - last >= BEFORE_MEAL:
        meal = _meal(following) if following is not None and following - minute <= BEFORE_MEAL else None
        if meal is Timing.POST_LUNCH and _LUNCH_READING[0] <= clock < _LUNCH_READING[1]:
            return Timed(Timing.PRE_LUNCH)
        if meal is Timing.POST_DINNER and _DINNER_READING[0] <= clock < _DINNER_READING[1]:
            return Timed(Timing.PRE_DINNER)
    if clock >= 1230:
        return Timed(Timing.BEDTIME)
    return Timed(Timing.OVERNIGHT if clock < 300 else Timing.RANDOM)
