"""The records behind a feature's value: which readings, measurements and events it was made of."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from titration.clinical import EVENT_KINDS, Slot, Timing
from titration.clinical import Source as ReadingSource
from titration.engine.decide import Decision
from titration.engine.propose import Proposals
from titration.explain.trace import Reading
from titration.features.spec import LINE_SERIES, SERIES, Feature
from titration.log.model import MINUTES_A_DAY
from titration.units import HI_VALUE, LO_VALUE

Index = npt.NDArray[np.intp]
_SYMPTOMS = ("hypo_symptoms", "hypo_severe")


def readings_of(decision: Decision, patient: int) -> Index:
    """Positions of a patient's readings in the log, repeats left out."""
    readings = decision.grid.log.readings
    first, end = np.searchsorted(readings.patient, (patient, patient + 1))
    return np.arange(int(first), int(end))[~readings.repeat[first:end]]


def reading_at(decision: Decision, position: int) -> Reading:
    """One reading of the log as a token."""
    r = decision.grid.log.readings
    return Reading(
        minute=int(r.minute[position]),
        value=int(r.value[position]),
        timing=Timing(int(r.timing[position])).text,
        source=ReadingSource(int(r.source[position])).text,
    )


def timing_bits(proposals: Proposals, at: int, feature: Feature) -> int:
    """The timings a glucose feature looks at for a line; 0 for any other feature."""
    if feature.of in SERIES:
        return SERIES[feature.of]
    if feature.of in LINE_SERIES:
        return proposals.frame.judged_by(feature.of, at)
    return 0


def readings_behind(
    decision: Decision, proposals: Proposals, at: int, feature: Feature, *, last: int | None = None, every: bool = False
) -> Iterator[Reading]:
    """The readings a glucose feature was made of, in time order.

    ``every`` leaves its filter out: what counts towards its minimum. ``last`` looks at a later day than the row's.
    """
    days, log = decision.grid.days, decision.grid.log
    bits = timing_bits(proposals, at, feature)
    first, after_minute = _window(decision, proposals, at, feature)
    end = int(proposals.frame.day[at])
    if last is not None:
        first, end = max(first, last - feature.window_days + 1), last
    own = readings_of(decision, int(proposals.frame.patient[at]))
    readings, day = log.readings, days.reading_day[own]
    timing = (days.clock_timing if feature.of == "responsible" else readings.timing)[own]
    value, keep = readings.value[own], feature.keep
    chosen = (day >= first) & (day <= end)
    chosen &= (bits >> timing.astype(np.int64) & feature.sources >> readings.source[own].astype(np.int64) & 1) == 1
    if feature.reduce == "mean":
        chosen &= (value > LO_VALUE) & (value < HI_VALUE)
    if not every:
        chosen &= (value >= keep.lowest) & (value <= keep.highest)
    if after_minute is not None:
        chosen &= (day > first) | (readings.minute[own] > after_minute)
    yield from (reading_at(decision, i) for i in own[chosen].tolist())


def _window(decision: Decision, proposals: Proposals, at: int, feature: Feature) -> tuple[int, int | None]:
    """First day of a feature's window, and the minute on it after which readings count (None: all of that day)."""
    frame, days = proposals.frame, decision.grid.days
    row = int(frame.day_row[at])
    course = int(np.searchsorted(days.course_base, row, side="right")) - 1
    first = max(int(frame.day[at]) - feature.window_days + 1, int(days.course_first[course]))
    if not feature.since_change:
        return first, None
    lines, line_row = decision.grid.lines, int(frame.rows[at])
    change = int(lines.last_change[line_row])
    changed_row = int(lines.day_row[change])
    if not lines.changed[change] or int(days.day[changed_row]) < first:
        return first, None
    slot = Slot(int(lines.slot[lines.segment[line_row]]))
    return int(days.day[changed_row]), int(days.dose_minute(slot)[changed_row])


def day_behind(decision: Decision, proposals: Proposals, at: int, feature: Feature) -> int | None:
    """The day of the measurement behind a laboratory feature, or of the latest event behind an event feature."""
    day = int(proposals.frame.day[at])
    family, _, name = feature.of.partition(".")
    if family == "lab":
        _, age, present = decision.grid.state.lab_at(name)
        row = int(proposals.frame.day_row[at])
        return day - int(age[row]) if present[row] else None
    kinds = _SYMPTOMS if feature.of == "symptoms" else (name,) if family == "event" else ()
    if not kinds:
        return None
    events = decision.grid.log.events
    codes = [i for i, kind in enumerate(EVENT_KINDS) if kind.value in kinds]
    mine = (events.patient == proposals.frame.patient[at]) & np.isin(events.kind, codes)
    found = events.minute[mine] // MINUTES_A_DAY
    found = found[(found <= day) & (found > day - feature.window_days)]
    return int(found[-1]) if len(found) else None
