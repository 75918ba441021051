"""A log as plain lists, patient by patient: calendar days, courses, the clock. No arrays beyond `charts`."""

from dataclasses import dataclass

from titration.clinical import EVENT_KINDS, LAB_KINDS, Route, Slot, Timing
from titration.log.model import Log, Person

DAY = 1440
LONGEST_GAP = 14
NIGHT_ENDS = 4 * 60

CLOCK = (
    (5 * 60, Timing.OVERNIGHT),
    (8 * 60, Timing.FASTING),
    (10 * 60 + 30, Timing.POST_BREAKFAST),
    (12 * 60 + 30, Timing.PRE_LUNCH),
    (15 * 60, Timing.POST_LUNCH),
    (18 * 60 + 30, Timing.PRE_DINNER),
    (20 * 60 + 30, Timing.POST_DINNER),
)


@dataclass(frozen=True)
class Reading:
    minute: int
    value: int
    timing: Timing
    source: int

    @property
    def day(self) -> int:
        return self.minute // DAY


@dataclass(frozen=True)
class Dose:
    minute: int
    day: int
    drug: int
    amount: int
    slot: Slot
    route: Route
    doubtful: bool


@dataclass(frozen=True)
class Event:
    minute: int
    kind: str

    @property
    def day(self) -> int:
        return self.minute // DAY


@dataclass(frozen=True)
class Lab:
    minute: int
    kind: str
    value: int

    @property
    def day(self) -> int:
        return self.minute // DAY


@dataclass(frozen=True)
class Course:
    first: int
    last: int


@dataclass(frozen=True)
class Chart:
    """One patient. Lists are in time order; readings marked `repeat` are not here."""

    number: int
    person: Person
    readings: list[Reading]
    doses: list[Dose]
    events: list[Event]
    labs: list[Lab]
    doubts: list[int]
    courses: list[Course]


def charts(log: Log) -> list[Chart]:
    """Every patient of the log: the only place that sees an array."""
    return [_chart(log, number) for number in range(len(log.people))]


def placed(minute: int) -> Timing:
    """The timing the clock gives to a minute."""
    of_day = minute % DAY
    for before, timing in CLOCK:
        if of_day < before:
            return timing
    return Timing.BEDTIME


def dose_day(minute: int, slot: Slot) -> int:
    """The day a dose belongs to: a bedtime dose given before 04:00 to the day before."""
    early = slot is Slot.BEDTIME and minute % DAY < NIGHT_ENDS
    return minute // DAY - (1 if early else 0)


def _chart(log: Log, number: int) -> Chart:
    r, d, e, b = log.readings, log.doses, log.events, log.labs
    readings = [
        Reading(minute, value, Timing(timing), source)
        for patient, minute, value, timing, source, repeat in zip(
            r.patient.tolist(),
            r.minute.tolist(),
            r.value.tolist(),
            r.timing.tolist(),
            r.source.tolist(),
            r.repeat.tolist(),
            strict=True,
        )
        if patient == number and not repeat
    ]
    doses = [
        Dose(minute, dose_day(minute, Slot(slot)), drug, amount, Slot(slot), Route(route), doubtful)
        for patient, minute, drug, amount, slot, route, doubtful in zip(
            d.patient.tolist(),
            d.minute.tolist(),
            d.drug.tolist(),
            d.amount.tolist(),
            d.slot.tolist(),
            d.route.tolist(),
            d.doubtful.tolist(),
            strict=True,
        )
        if patient == number
    ]
    events = [
        Event(minute, EVENT_KINDS[kind].value)
        for patient, minute, kind in zip(e.patient.tolist(), e.minute.tolist(), e.kind.tolist(), strict=True)
        if patient == number
    ]
    labs = [
        Lab(minute, LAB_KINDS[kind].value, value)
        for patient, minute, kind, value in zip(
            b.patient.tolist(), b.minute.tolist(), b.kind.tolist(), b.value.tolist(), strict=True
        )
        if patient == number
    ]
    doubts = [
        day
        for patient, day in zip(log.doubts.patient.tolist(), log.doubts.day.tolist(), strict=True)
        if patient == number
    ]
    recorded = {x.day for x in readings} | {x.day for x in doses} | {x.day for x in events} | set(doubts)
    return Chart(number, log.people[number], readings, doses, events, labs, doubts, _courses(sorted(recorded)))


def _courses(recorded: list[int]) -> list[Course]:
    courses: list[Course] = []
    for day in recorded:
        if courses and day - courses[-1].last <= LONGEST_GAP:
            courses[-1] = Course(courses[-1].first, day)
        else:
            courses.append(Course(day, day))
    return courses
