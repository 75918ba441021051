"""Safety: adverse events with both scales, low glucose, vital signs around infusions, laboratory values beside their ranges.

CTCAE v5.0 grades and ADA levels of low glucose differ and are kept beside each other. Nothing here lowers a grade somebody
wrote; where a grade can be computed from a value, a disagreement is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

import numpy as np

from titration.clinical import LAB_KINDS, EventKind, LabKind, Source
from titration.log.model import MINUTES_A_DAY, Log, event_code
from titration.study.protocol import Protocol, number
from titration.study.rows import AdverseEvent, InfusionRow, PatientTables, ReferenceRange, VitalRow
from titration.units import MILLI, Pair

ADA: Final = ((Pair(30, 54), 2), (Pair(39, 70), 1))
"""Published pairs below which a reading is of level 2 and level 1; level 3 needs a person's help, whatever the value."""
CTCAE_LOW: Final = ((Pair(17, 30), 4), (Pair(22, 40), 3), (Pair(30, 55), 2))
"""CTCAE v5.0 hypoglycaemia, pairs as printed there: below them the grade is 4, 3, 2; grade 1 begins below the normal range."""
FEVER: Final = ((Fraction(40), 3), (Fraction(39), 2))
"""CTCAE v5.0 fever in degrees Celsius: above 40.0 grade 3 (4 beyond 24 hours), above 39.0 grade 2, from 38.0 grade 1."""
FEVER_FROM: Final = Fraction(38)
EPISODE_MINUTES: Final = 120
"""Low readings closer than this are one episode. Local assumption."""


@dataclass(frozen=True, slots=True)
class LowEpisode:
    """Low readings that belong together; ``lowest`` on the log's grid, ``severe`` when help was needed."""

    minute: int
    readings: int
    lowest: int
    ada_level: int
    ctcae_grade: int
    felt: bool
    severe: bool


class Flag(StrEnum):
    """Something a study physician must see."""

    SERIOUS = "serious"
    SERIOUS_UNKNOWN = "serious_unknown"
    GRADE_UNKNOWN = "grade_unknown"
    GRADE_HIGH = "grade_high"
    SEVERE_LOW = "severe_low"
    LOW_NOT_REPORTED = "low_not_reported"
    FEVER = "fever"
    CELLS = "cells"
    WEIGHT_OLD = "weight_old"
    NO_WEIGHT = "no_weight"
    THAW = "thaw"
    NO_THAW_TIME = "no_thaw_time"
    CHECK_MISSING = "check_missing"
    CHECK_FAILED = "check_failed"
    CHECK_UNSIGNED = "check_unsigned"
    VITALS_MISSING = "vitals_missing"
    OBSERVED_SHORT = "observed_short"
    NUMBERING = "numbering"
    OUTSIDE_RANGE = "outside_range"
    UNKNOWN_VISIT = "unknown_visit"
    UNKNOWN_CHECK = "unknown_check"
    CHECK_WITHOUT_INFUSION = "check_without_infusion"


URGENT: Final = frozenset((Flag.SERIOUS, Flag.SERIOUS_UNKNOWN, Flag.GRADE_HIGH, Flag.SEVERE_LOW, Flag.CHECK_FAILED))
"""Shown first, everywhere."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A flag with its day and what it is about, in the words of the record."""

    flag: Flag
    day: int
    about: str


def ada_level(value: int, log: Log) -> int | None:
    """ADA level of a reading on the log's grid: 2, 1 or None."""
    return next((level for pair, level in ADA if value < pair.on(log.system)), None)


def ctcae_grade(value: int, log: Log) -> int | None:
    """CTCAE grade of a low glucose on the log's grid, with 3.9 mmol/L (70 mg/dL) as the lower limit of normal."""
    for pair, grade in CTCAE_LOW:
        if value < pair.on(log.system):
            return grade
    return 1 if value < ADA[1][0].on(log.system) else None


def fever_grade(temperature: Fraction) -> int | None:
    """CTCAE grade of a temperature in degrees Celsius; above 40.0 it is at least 3."""
    for above, grade in FEVER:
        if temperature > above:
            return grade
    return 1 if temperature >= FEVER_FROM else None


def low_episodes(log: Log, patient: int, first: int, last: int) -> tuple[LowEpisode, ...]:
    """Episodes of low glucose (finger-stick and laboratory) and of severe lows, from ``first`` to ``last`` day."""
    readings, out = log.readings, list[LowEpisode]()
    start, end = np.searchsorted(readings.patient, (patient, patient + 1))
    lows = [
        (int(readings.minute[i]), int(readings.value[i]))
        for i in range(int(start), int(end))
        if not readings.repeat[i]
        and readings.source[i] != Source.CGM
        and first <= int(readings.minute[i]) // MINUTES_A_DAY <= last
        and ada_level(int(readings.value[i]), log) is not None
    ]
    felt, severe = (
        _event_minutes(log, patient, EventKind.HYPO_SYMPTOMS),
        _event_minutes(log, patient, EventKind.HYPO_SEVERE),
    )
    groups: list[list[tuple[int, int]]] = []
    for minute, value in lows:
        if groups and minute - groups[-1][-1][0] <= EPISODE_MINUTES:
            groups[-1].append((minute, value))
        else:
            groups.append([(minute, value)])
    unseen = set(severe)
    for group in groups:
        span = range(group[0][0] - EPISODE_MINUTES, group[-1][0] + EPISODE_MINUTES + 1)
        helped = [minute for minute in severe if minute in span]
        unseen -= set(helped)
        lowest = min(value for _, value in group)
        level = 3 if helped else ada_level(lowest, log) or 1
        out.append(
            LowEpisode(
                minute=group[0][0],
                readings=len(group),
                lowest=lowest,
                ada_level=level,
                ctcae_grade=ctcae_grade(lowest, log) or 1,
                felt=any(minute in span for minute in felt),
                severe=bool(helped),
            )
        )
    return tuple(sorted([*out, *_without_reading(unseen, first, last)], key=lambda episode: episode.minute))


def _without_reading(severe: set[int], first: int, last: int) -> list[LowEpisode]:
    """A severe low that nobody measured is a low all the same; its CTCAE grade has no value to rest on, so 4 is kept."""
    return [
        LowEpisode(minute, 0, -1, 3, 4, felt=True, severe=True)
        for minute in severe
        if first <= minute // MINUTES_A_DAY <= last
    ]


def _event_minutes(log: Log, patient: int, kind: EventKind) -> list[int]:
    events = log.events
    start, end = np.searchsorted(events.patient, (patient, patient + 1))
    code = event_code(kind)
    return [int(events.minute[i]) for i in range(int(start), int(end)) if int(events.kind[i]) == code]


def event_alarms(events: list[AdverseEvent], episodes: tuple[LowEpisode, ...]) -> list[Alarm]:
    """What must be seen among the adverse events, and lows of level 2 or 3 that nobody entered as one."""
    out: list[Alarm] = []
    for event in events:
        day = event.minute // MINUTES_A_DAY
        if event.serious or event.grade == 5 or event.outcome == "fatal":
            out.append(Alarm(Flag.SERIOUS, day, event.term))
        elif event.serious is None:
            out.append(Alarm(Flag.SERIOUS_UNKNOWN, day, event.term))
        if event.grade is None:
            out.append(Alarm(Flag.GRADE_UNKNOWN, day, event.term))
        elif event.grade >= 3:
            out.append(Alarm(Flag.GRADE_HIGH, day, event.term))
    reported = {event.minute // MINUTES_A_DAY for event in events if event.ada_level is not None}
    for episode in episodes:
        day = episode.minute // MINUTES_A_DAY
        if episode.severe:
            out.append(Alarm(Flag.SEVERE_LOW, day, ""))
        if episode.ada_level >= 2 and not reported & {day - 1, day, day + 1}:
            out.append(Alarm(Flag.LOW_NOT_REPORTED, day, ""))
    return out


Weights = Mapping[int, Fraction]
"""The log's weights in kg by day."""


def weights_of(log: Log, patient: int) -> Weights:
    """The weights the log records of a patient."""
    labs = log.labs
    start, end = np.searchsorted(labs.patient, (patient, patient + 1))
    code = LAB_KINDS.index(LabKind.WEIGHT)
    return {
        int(labs.minute[i]) // MINUTES_A_DAY: Fraction(int(labs.value[i]), MILLI)
        for i in range(int(start), int(end))
        if int(labs.kind[i]) == code
    }


def weight_for(protocol: Protocol, row: InfusionRow, weights: Weights) -> Fraction | None:
    """The weight the cells of an infusion are due by: the one written with it, else the log's within the allowed age."""
    if row.weight is not None:
        return row.weight
    limits = protocol.file.infusion_limits
    age = 0 if limits is None else limits.weight_age_days
    return next((weights[day] for day in range(row.day, row.day - age - 1, -1) if day in weights), None)


def infusion_alarms(protocol: Protocol, tables: PatientTables, weights: Weights) -> list[Alarm]:
    """Deviations of the infusions: cells, weight, thaw, product checks, vital signs, observation."""
    out: list[Alarm] = []
    numbers = [row.number for row in tables.infusions]
    if numbers != list(range(1, len(numbers) + 1)):
        out += [Alarm(Flag.NUMBERING, row.day, f"{row.number}") for row in tables.infusions[:1]]
    for row in tables.infusions:
        name = f"I{row.number}"
        out += [Alarm(flag, row.day, name + about) for flag, about in _infusion_flags(protocol, row, weights)]
        out += [Alarm(flag, row.day, f"{name} {about}") for flag, about in _check_flags(protocol, row, tables)]
        out += [Alarm(flag, row.day, name + about) for flag, about in _watch_flags(protocol, row, tables.vitals)]
    return out


def stray_alarms(protocol: Protocol, tables: PatientTables) -> list[Alarm]:
    """Rows that name what the protocol or the record does not have: they count for nothing, so they are shown."""
    visits, checks = {v.id for v in protocol.visits}, {c.id for c in protocol.file.check}
    given = {row.number for row in tables.infusions}
    out = [
        Alarm(Flag.UNKNOWN_VISIT, row.day if row.day is not None else row.moved_to or 0, row.visit)
        for row in tables.visits
        if row.visit not in visits
    ]
    for check in tables.checks:
        day = 0 if check.signed_at is None else check.signed_at // MINUTES_A_DAY
        if check.check not in checks:
            out.append(Alarm(Flag.UNKNOWN_CHECK, day, check.check))
        if check.infusion not in given:
            out.append(Alarm(Flag.CHECK_WITHOUT_INFUSION, day, f"I{check.infusion} {check.check}"))
    return out


def cells_due(protocol: Protocol, weight: Fraction) -> Fraction | None:
    """Cells the protocol wants at a weight in kg; None where it has no infusions."""
    plan = protocol.file.infusion
    return None if plan is None else number(plan.cells_per_kg) * weight


def _infusion_flags(protocol: Protocol, row: InfusionRow, weights: Weights) -> list[tuple[Flag, str]]:
    out: list[tuple[Flag, str]] = []
    limits, thaw = protocol.file.infusion_limits, protocol.file.thaw
    weight = weight_for(protocol, row, weights)
    if limits is not None and row.weight is not None and weights:
        # The log knows this patient's weights: the one the cells were counted by must be among those of the day.
        recent = [weights[day] for day in range(row.day - limits.weight_age_days, row.day + 1) if day in weights]
        if row.weight not in recent:
            out.append((Flag.WEIGHT_OLD, f" {float(row.weight):g} kg"))
    if weight is None:
        out.append((Flag.NO_WEIGHT, ""))
    elif limits is not None:
        due = cells_due(protocol, weight)
        if due is not None and abs(row.cells - due) * 100 > number(limits.cells_percent) * due:
            share = row.cells / due * 100
            out.append((Flag.CELLS, f" {float(share):.0f} %"))
    if thaw is not None:
        if row.thawed is None:
            out.append((Flag.NO_THAW_TIME, ""))
        elif not 0 <= row.minute - row.thawed <= number(thaw.within_hours) * 60:
            out.append((Flag.THAW, f" {(row.minute - row.thawed) / 60:.1f} h"))
    return out


def _check_flags(protocol: Protocol, row: InfusionRow, tables: PatientTables) -> list[tuple[Flag, str]]:
    out: list[tuple[Flag, str]] = []
    made = {check.check: check for check in tables.checks if check.infusion == row.number}
    for wanted in protocol.file.check:
        check = made.get(wanted.id)
        bounded = wanted.least is not None or wanted.most is not None
        if check is None or (check.passed is None and (not bounded or check.value is None)):
            out.append((Flag.CHECK_MISSING, wanted.id))
            continue
        low = wanted.least is not None and check.value is not None and check.value < number(wanted.least)
        high = wanted.most is not None and check.value is not None and check.value > number(wanted.most)
        if check.passed is False or low or high:
            out.append((Flag.CHECK_FAILED, wanted.id))
        if not check.signed_by:
            out.append((Flag.CHECK_UNSIGNED, wanted.id))
    return out


def _watch_flags(protocol: Protocol, row: InfusionRow, vitals: list[VitalRow]) -> list[tuple[Flag, str]]:
    out: list[tuple[Flag, str]] = []
    plan, watch = protocol.file.vitals, protocol.file.observation
    if plan is not None:
        taken = {vital.minute - row.minute for vital in vitals}
        lacking = [m for m in plan.minutes if not any(abs(minute - m) <= plan.tolerance for minute in taken)]
        if lacking:
            out.append((Flag.VITALS_MISSING, " " + ", ".join(f"{minute:+d} min" for minute in lacking)))
    if watch is not None:
        hours = number(watch.hours)
        end = row.ended if row.ended is not None else row.minute
        if row.observed_until is None or row.observed_until - end < hours * 60:
            out.append((Flag.OBSERVED_SHORT, ""))
        hot = [v for v in vitals if v.kind == "temperature" and 0 <= v.minute - row.minute <= hours * 60]
        peak = max((v.value for v in hot), default=Fraction(0))
        grade = fever_grade(peak)
        if grade is not None:
            out.append((Flag.FEVER, f" {float(peak):.1f} C, CTCAE {grade}"))
    return out


def lab_alarms(log: Log, patient: int, ranges: tuple[ReferenceRange, ...], first: int, last: int) -> list[Alarm]:
    """Laboratory values outside the laboratory's own range; a kind without a range is not judged."""
    labs, sex, out = log.labs, log.people[patient].sex, list[Alarm]()
    start, end = np.searchsorted(labs.patient, (patient, patient + 1))
    for i in range(int(start), int(end)):
        day = int(labs.minute[i]) // MINUTES_A_DAY
        kind, value = LAB_KINDS[int(labs.kind[i])], Fraction(int(labs.value[i]), MILLI)
        for each in ranges:
            if each.kind is not kind or (each.sex is not None and each.sex != sex) or not first <= day <= last:
                continue
            if (each.low is not None and value < each.low) or (each.high is not None and value > each.high):
                out.append(Alarm(Flag.OUTSIDE_RANGE, day, f"{kind.value} {float(value):g}"))
    return out
