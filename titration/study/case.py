"""One patient's study, assembled: schedule, endpoints, doses with what drove them, safety. Input is a log and study tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from titration.clinical import EventKind, Source, Timing
from titration.engine.decide import Decision
from titration.formulary import Formulary
from titration.log.model import MINUTES_A_DAY, Log, Person, event_code
from titration.study.attribution import Explained, Unfollowed, explained, plans_told, unfollowed
from titration.study.doses import Change, DoseCourse, Milestones, dose_course, milestones, unstable_changes
from titration.study.indices import Reason
from titration.study.measures import POST_MEAL, Found, Measured, endpoints_at
from titration.study.protocol import Protocol
from titration.study.rows import PatientTables, StudyTables
from titration.study.safety import (
    URGENT,
    Alarm,
    LowEpisode,
    event_alarms,
    infusion_alarms,
    lab_alarms,
    low_episodes,
    stray_alarms,
    weights_of,
)
from titration.study.schedule import (
    Anchors,
    Appointment,
    Kept,
    PhaseStart,
    VisitState,
    Window,
    infusion_schedule,
    phase_events,
    phases,
    visit_schedule,
)
from titration.study.success import Verdict, judge


@dataclass(frozen=True, slots=True)
class Stability:
    """Medication before the baseline: the days asked about, the changes that break it, whether the record reaches back."""

    first: int
    last: int
    changes: tuple[Change, ...]
    unrecorded: int
    """Days of them without a dose record."""

    @property
    def stable(self) -> bool | None:
        """True, False, or None where the record does not reach back far enough to say so."""
        if self.changes:
            return False
        return None if self.unrecorded else True


@dataclass(frozen=True, slots=True)
class Point:
    """A glucose of the timeline in mmol/L; ``kind`` is "fasting" or "post_meal"."""

    day: int
    value: Fraction
    kind: str


@dataclass(frozen=True)
class Case:
    """Everything a report says of one patient. Days count from 1970-01-01."""

    person: Person
    log: Log
    patient: int
    as_of: int
    protocol: Protocol
    tables: PatientTables
    anchors: Anchors
    course: DoseCourse
    visits: tuple[Appointment, ...]
    infusions: tuple[Appointment, ...]
    phases: tuple[PhaseStart, ...]
    phases_recorded: bool
    """Whether the log itself says when the phases began; else the protocol's days stand in for it."""
    stability: Stability | None
    endpoints: dict[str, dict[str, Found | Reason]]
    """By visit, then endpoint."""
    milestones: Milestones | None
    changes: tuple[Explained, ...]
    unfollowed: tuple[Unfollowed, ...]
    verdicts: dict[str, Verdict]
    episodes: tuple[LowEpisode, ...]
    alarms: tuple[Alarm, ...]
    points: tuple[Point, ...]
    ruled: bool
    """Whether a pack was replayed: without one no change is compared with anything."""

    @property
    def first_day(self) -> int:
        """First day of the record."""
        return record_edges(self.log, self.patient)[0]

    @property
    def treated_from(self) -> int | None:
        """Day from which changes are looked at: the baseline."""
        return baseline_day(self.anchors)

    @property
    def urgent(self) -> tuple[Alarm, ...]:
        """What must be seen at once."""
        return tuple(alarm for alarm in self.alarms if alarm.flag in URGENT)

    def insulin_by_day(self) -> Iterator[tuple[int, Fraction | None]]:
        """(day, units in force or None where not known) over the dose record."""
        first, last = self.course.first_day, self.course.last_day
        if first is None or last is None:
            return
        for day in range(first, min(last, self.as_of) + 1):
            total = self.course.insulin(day)
            yield day, total if isinstance(total, Fraction) else None


def baseline_day(anchors: Anchors) -> int | None:
    """The day changes count from: the recorded baseline, else the first infusion."""
    if anchors.baseline is not None:
        return anchors.baseline
    return anchors.infusions[0] if anchors.infusions else None


def anchors_of(log: Log, patient: int, tables: PatientTables, *, baseline: int | None = None) -> Anchors:
    """The days visits count from: the log's last ``baseline`` event (or ``baseline``), and the infusions."""
    marked = _event_days(log, patient, EventKind.BASELINE)
    day = baseline if baseline is not None else max(marked, default=None)
    return Anchors(day, tuple(sorted(row.day for row in tables.infusions)))


def kept_visits(tables: PatientTables) -> dict[str, Kept]:
    """What is recorded of each visit; a visit held twice keeps the first, a visit moved twice the last."""
    out: dict[str, Kept] = {}
    for row in tables.visits:
        before = out.get(row.visit, Kept())
        held = before.held if before.held is not None else row.day
        out[row.visit] = Kept(held, row.moved_to if row.moved_to is not None else before.moved_to)
    return out


def build_case(
    log: Log,
    patient: int,
    *,
    protocol: Protocol,
    study: StudyTables,
    formulary: Formulary,
    decision: Decision | None,
    as_of: int | None = None,
    baseline: int | None = None,
    insulin_names: frozenset[str] = frozenset(),
) -> Case:
    """Assemble the case of patient number ``patient``; ``decision`` is the pack's replay over the same log, or None."""
    person = log.people[patient]
    first, last = record_edges(log, patient)
    day = last if as_of is None else as_of
    tables = study.of(person.patient_id).until(day)
    anchors = anchors_of(log, patient, tables, baseline=baseline)
    base = baseline_day(anchors)
    course = dose_course(log, formulary, patient=patient, insulin_names=insulin_names)
    measured = Measured(log, patient, course)
    visits = visit_schedule(protocol, anchors, kept_visits(tables), as_of=day)
    endpoints = {
        visit.name: endpoints_at(measured, window, baseline=base, as_of=day)
        if (window := measuring_window(visit)) is not None
        else dict[str, Found | Reason]()
        for visit in visits
    }
    since = range((first if base is None else base), day + 1)
    told = {} if decision is None else plans_told(decision, patient)
    episodes = low_episodes(log, patient, first, day)
    return Case(
        person=person,
        log=log,
        patient=patient,
        as_of=day,
        protocol=protocol,
        tables=tables,
        anchors=anchors,
        course=course,
        visits=visits,
        infusions=infusion_schedule(protocol, anchors, as_of=day),
        phases=phases(protocol, anchors),
        phases_recorded=phases_recorded(log, patient),
        stability=_stability(protocol, course, base),
        endpoints=endpoints,
        milestones=None if base is None else milestones(course, base, day),
        changes=explained(course, told, since),
        unfollowed=unfollowed(course, told, since),
        verdicts=_verdicts(protocol, course, visits, endpoints, base),
        episodes=episodes,
        alarms=_alarms(protocol, study, log, patient=patient, tables=tables, episodes=episodes, days=(first, day)),
        points=tuple(_points(log, patient, day)),
        ruled=decision is not None,
    )


def _alarms(
    protocol: Protocol,
    study: StudyTables,
    log: Log,
    *,
    patient: int,
    tables: PatientTables,
    episodes: tuple[LowEpisode, ...],
    days: tuple[int, int],
) -> tuple[Alarm, ...]:
    found = [
        *event_alarms(tables.events, episodes),
        *infusion_alarms(protocol, tables, weights_of(log, patient)),
        *stray_alarms(protocol, tables),
        *lab_alarms(log, patient, study.ranges, *days),
    ]
    return tuple(sorted(found, key=lambda a: (a.day, a.flag, a.about)))


def measuring_window(visit: Appointment) -> Window | None:
    """Where to look for a visit's measurements: its window about the day it was held, or that day alone outside it."""
    if visit.window is None:
        return None
    if visit.held is None:
        return visit.window
    if visit.state is VisitState.OUT_OF_WINDOW:
        return Window(visit.held, visit.held, visit.held)
    return Window(visit.held, visit.window.first, visit.window.last)


def protocol_events(protocol: Protocol, anchors: Anchors) -> tuple[tuple[int, EventKind], ...]:
    """(minute, event) of the phases and of taper mode as the protocol sets them."""
    return tuple((day * MINUTES_A_DAY, kind) for day, kind in phase_events(protocol, anchors))


def phases_recorded(log: Log, patient: int) -> bool:
    """Whether the log records a phase or a taper mode of this patient."""
    kinds = (
        EventKind.PHASE_SCREENING,
        EventKind.PHASE_TREATMENT,
        EventKind.PHASE_FOLLOW_UP,
        EventKind.TAPER_ON,
        EventKind.TAPER_OFF,
    )
    return any(_event_days(log, patient, kind) for kind in kinds)


def _event_days(log: Log, patient: int, kind: EventKind) -> list[int]:
    events = log.events
    start, end = np.searchsorted(events.patient, (patient, patient + 1))
    code = event_code(kind)
    return [int(events.minute[i]) // MINUTES_A_DAY for i in range(int(start), int(end)) if int(events.kind[i]) == code]


def record_edges(log: Log, patient: int) -> tuple[int, int]:
    """First and last day with anything recorded; raises ValueError for an empty record."""
    days: list[int] = []
    for table in (log.readings, log.doses, log.events, log.labs):
        start, end = np.searchsorted(table.patient, (patient, patient + 1))
        if end > start:
            days += [int(table.minute[start]) // MINUTES_A_DAY, int(table.minute[end - 1]) // MINUTES_A_DAY]
    if not days:
        raise ValueError(f"patient {log.people[patient].patient_id} has nothing recorded: nothing to report")
    return min(days), max(days)


def _stability(protocol: Protocol, course: DoseCourse, base: int | None) -> Stability | None:
    screening = protocol.file.screening
    if screening is None or base is None:
        return None
    first, last = base - screening.stable_days, base - 1
    unrecorded = sum(not course.covers(day) for day in range(first, last + 1))
    # A change on the first day would need the day before it to be seen.
    return Stability(first, last, unstable_changes(course, first + 1, last), unrecorded)


def _verdicts(
    protocol: Protocol,
    course: DoseCourse,
    visits: tuple[Appointment, ...],
    endpoints: dict[str, dict[str, Found | Reason]],
    base: int | None,
) -> dict[str, Verdict]:
    by_name = {visit.name: visit for visit in visits}
    out: dict[str, Verdict] = {}
    for table in protocol.file.success:
        visit = by_name[table.visit]
        window = measuring_window(visit)
        if visit.state in (VisitState.NOT_YET, VisitState.WAITING):
            counted = base is not None
            out[table.id] = Verdict(None, counted=counted, why=Reason.NOT_YET if counted else Reason.NO_BASELINE)
            continue
        found = endpoints[visit.name]
        day = None if window is None else window.target
        out[table.id] = judge(table, course, found, baseline=base, visit_day=day)
    return out


def _points(log: Log, patient: int, as_of: int) -> Iterator[Point]:
    readings = log.readings
    start, end = np.searchsorted(readings.patient, (patient, patient + 1))
    scale = Fraction(1, log.system.steps_per_unit) / (1 if log.system == 0 else Fraction("18.0156"))
    for i in range(int(start), int(end)):
        day, timing = int(readings.minute[i]) // MINUTES_A_DAY, int(readings.timing[i])
        if readings.repeat[i] or readings.source[i] == Source.CGM or day > as_of:
            continue
        kind = "fasting" if timing == Timing.FASTING else "post_meal" if timing in POST_MEAL else "other"
        value = int(readings.value[i])
        # LO and HI are drawn at the edge of the scale.
        yield Point(day, Fraction(0) if value == 0 else min(value * scale, Fraction(35)), kind)
