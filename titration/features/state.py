"""What is true of a patient on a day beyond glucose and doses: measurements, events, phases, persons."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from titration.columns import Column
from titration.features.days import I32, KEY_DAYS, Days, Index, day_key
from titration.features.spec import Feature
from titration.features.windows import last_index, window_sum
from titration.log.model import MINUTES_A_DAY, event_code, lab_code
from titration.once import once

_STATES: Final = {
    "state.taper": (("taper_on",), ("taper_off",)),
    "state.screening": (("phase_screening",), ("phase_treatment", "phase_follow_up")),
    "state.treatment": (("phase_treatment",), ("phase_screening", "phase_follow_up")),
    "state.follow_up": (("phase_follow_up",), ("phase_screening", "phase_treatment")),
}
"""A state begins with one kind of event and ends with another."""


@dataclass(frozen=True)
class PatientState:
    """Columns with one value per day row, of all days or, but for events, only of ``rows``.

    ``taper_always`` answers ``state.taper`` for a whole replay.
    """

    days: Days
    taper_always: bool | None = None
    rows: Index | None = None
    _labs: dict[str, "_Measured"] = field(default_factory=lambda: {})

    def on(self, rows: Index) -> "PatientState":
        """The same on some days only: right when one day is asked for, and the others would be thrown away."""
        return PatientState(self.days, self.taper_always, rows)

    @once
    def _patient(self) -> I32:
        return self.days.patient if self.rows is None else self.days.patient.take(self.rows)

    @once
    def _day(self) -> I32:
        return self.days.day if self.rows is None else self.days.day.take(self.rows)

    @once
    def _keys(self) -> Index:
        return self.days.keys if self.rows is None else day_key(self._patient, self._day)

    @once
    def _size(self) -> int:
        return self.days.size if self.rows is None else len(self.rows)

    @once
    def _nothing(self) -> I32:
        return np.zeros(self._size, np.int32)

    def column(self, feature: Feature) -> Column:
        """A measurement, a state or a fact about the person."""
        match feature.of.partition("."):
            case "lab", _, _:
                return self.lab(feature)
            case "state", _, _:
                return self.flag(feature.of)
            case _, _, "age":
                return self.age()
            case _:
                return self.type1()

    @once
    def _never(self) -> Column:
        return Column(np.zeros(self.days.size, np.int32), np.zeros(self.days.size, np.bool_))

    @once
    def _none(self) -> Column:
        return Column(np.zeros(self.days.size, np.int32))

    def event(self, feature: Feature) -> Column:
        """Events of one kind: how many in the window, days since the last, or whether one is still in force."""
        name = feature.of.removeprefix("event.")
        if event_code(name) not in self.days.event_kinds:
            return self._never if feature.reduce == "age_days" else self._none
        daily = self.days.daily_events(name)
        if feature.reduce == "count":
            return Column(window_sum(daily, feature.window_days))
        last = last_index(daily > 0)
        age = np.arange(self.days.size) - last
        recent = (last >= self.days.course_start) & (age < feature.window_days)
        if feature.reduce == "age_days":
            return Column(age.astype(np.int32), recent)
        over = last_index(self.days.daily_events("resumed") > 0)
        return Column((recent & (over <= last)).astype(np.int32))

    def flag(self, name: str) -> Column:
        """A state in force (1) or not (0): the last event that begins or ends it decides."""
        if name == "state.taper" and self.taper_always is not None:
            return Column(np.full(self._size, int(self.taper_always), np.int32))
        begin, end = _STATES[name]
        return Column((self._last_key(begin) > self._last_key(end)).astype(np.int32))

    def _last_key(self, kinds: tuple[str, ...]) -> Index:
        """Position of the last such event up to each day; -1 where the patient has none yet."""
        events = self.days.log.events
        codes = [event_code(k) for k in kinds]
        if not self.days.event_kinds.intersection(codes):
            return np.full(self._size, -1, np.int64)
        chosen = np.flatnonzero(np.isin(events.kind, codes))
        keys = day_key(events.patient[chosen], events.minute[chosen] // MINUTES_A_DAY)
        at = keys.searchsorted(self._keys, side="right") - 1
        own = (at >= 0) & (events.patient[chosen][np.maximum(at, 0)] == self._patient) if len(chosen) else at >= 0
        return np.where(own, chosen[np.maximum(at, 0)] if len(chosen) else -1, -1)

    def _lab(self, kind: str) -> "_Measured":
        found = self._labs.get(kind)
        if found is None:
            labs = self.days.log.labs
            chosen = (labs.kind == lab_code(kind)).nonzero()[0]
            day = labs.minute[chosen] // MINUTES_A_DAY
            keys = day_key(labs.patient[chosen], day)
            at = keys.searchsorted(self._keys, side="right") - 1
            found = self._labs[kind] = _Measured(keys, day.astype(np.int32), labs.value[chosen], at)
        return found

    def lab_at(self, kind: str) -> tuple[I32, I32, npt.NDArray[np.bool_]]:
        """Value, age in days and presence of the last measurement up to each day."""
        lab = self._lab(kind)
        if not len(lab.keys):
            return self._nothing, self._nothing, np.zeros(self._size, np.bool_)
        safe = np.maximum(lab.at, 0)
        own = (lab.at >= 0) & (lab.keys[safe] // KEY_DAYS == self._patient)
        return lab.value[safe], self._day - lab.day[safe], own

    def lab(self, feature: Feature) -> Column:
        """A measurement, its age, or how far it fell or rose within the window, in tenths of a percent."""
        kind = feature.of.removeprefix("lab.")
        value, age, present = self.lab_at(kind)
        if feature.reduce == "age_days":
            return Column(age, present)
        if feature.reduce == "last":
            fresh = present if feature.max_age_days is None else present & (age <= feature.max_age_days)
            return Column(value, fresh)
        falling = feature.reduce == "fall_percent"
        base = self._extreme(kind, feature.window_days, falling=falling)
        change = np.where(present, value.astype(np.int64) - base, 0)
        return Column((-change if falling else change) * 1000, None, np.maximum(base, 1).astype(np.int64))

    def _extreme(self, kind: str, window: int, *, falling: bool) -> Index:
        """Highest (lowest, for a rise) value measured in the window or in force at its start; the value now if none."""
        lab = self._lab(kind)
        if not len(lab.keys):
            return np.zeros(self._size, np.int64)
        last = np.maximum(lab.at, 0)
        own = lab.keys.searchsorted(self._patient.astype(np.int64) * KEY_DAYS)
        # The last one from before the window was in force at its start; nothing earlier matters.
        in_force = lab.keys.searchsorted(self._keys - window, side="right") - 1
        first = np.minimum(np.maximum(in_force, own), last)
        values = np.append(lab.value.astype(np.int64), 0)
        bounds = np.stack((first, last + 1), axis=1).ravel()
        return (np.maximum if falling else np.minimum).reduceat(values, bounds)[::2]

    def age(self) -> Column:
        """Age in whole years; unknown where the log gives none."""
        return self._person([p.age_years for p in self.days.log.people])

    def type1(self) -> Column:
        """1 where the log says type 1 (or another type that is not type 2)."""
        return self._person(
            [None if p.diabetes_type is None else int(p.diabetes_type != "T2D") for p in self.days.log.people]
        )

    def _person(self, values: list[int | None]) -> Column:
        number = np.array([0 if v is None else v for v in values] or [0], np.int32)
        known = np.array([v is not None for v in values] or [False])
        return Column(number[self._patient], None if known.all() else known[self._patient])


@dataclass(frozen=True, slots=True)
class _Measured:
    """One kind of measurement in time order; ``at`` is the last one up to each day row (-1: none, of any patient)."""

    keys: Index
    day: I32
    value: I32
    at: Index
