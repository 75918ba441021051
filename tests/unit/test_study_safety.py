"""Safety: two scales of low glucose side by side, fever, infusion deviations, serious events before all others."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from titration.clinical import EventKind, LabKind, Source, Timing
from titration.log.builder import LogBuilder
from titration.log.model import Log, Person
from titration.study.protocol import load_protocol
from titration.study.rows import AdverseEvent, CheckRow, InfusionRow, PatientTables, ReferenceRange, VitalRow
from titration.study.safety import (
    URGENT,
    Flag,
    ada_level,
    ctcae_grade,
    event_alarms,
    fever_grade,
    infusion_alarms,
    lab_alarms,
    low_episodes,
)
from titration.units import LO_VALUE, UnitSystem

FOUNDING = load_protocol(Path(__file__).resolve().parents[2] / "rules" / "protocols" / "huc-msc-2022.toml")
START = 20_000
FEVER = AdverseEvent(
    START * 1440, None, "fever", 1, None, "possible", "unrelated", serious=False, outcome="recovered", note=""
)


def log_of(
    *lows: tuple[int, int], system: UnitSystem = UnitSystem.MMOL, events: tuple[tuple[int, EventKind], ...] = ()
) -> Log:
    """Readings as (minute after START, value on the grid)."""
    builder = LogBuilder()
    file, patient = builder.file("made-up"), builder.patient("P")
    for row, (minute, value) in enumerate(((0, system.accepted[1]), *lows)):
        builder.read(
            patient=patient, minute=START * 1440 + minute, value=value, system=system, timing=Timing.FASTING,
            source=Source.CBG, file=file, row=row,
        )  # fmt: skip
    for minute, kind in events:
        builder.event(patient=patient, minute=START * 1440 + minute, kind=kind, file=file)
    return builder.build().logs[0]


@pytest.mark.parametrize(
    ("mmol", "ada", "ctcae"),
    [
        (39, None, None),
        (38, 1, 1),
        (30, 1, 1),
        (29, 2, 2),
        (22, 2, 2),
        (21, 2, 3),
        (17, 2, 3),
        (16, 2, 4),
        (LO_VALUE, 2, 4),
    ],
)
def test_ada_levels_and_ctcae_grades_differ_and_both_are_kept(mmol: int, ada: int | None, ctcae: int | None) -> None:
    log = log_of()
    assert (ada_level(mmol, log), ctcae_grade(mmol, log)) == (ada, ctcae)


@pytest.mark.parametrize(
    ("mgdl", "ada", "ctcae"),
    [(70, None, None), (69, 1, 1), (55, 1, 1), (54, 1, 2), (53, 2, 2), (40, 2, 2), (39, 2, 3), (29, 2, 4)],
)
def test_in_mgdl_the_printed_pairs_are_used(mgdl: int, ada: int | None, ctcae: int | None) -> None:
    log = log_of(system=UnitSystem.MGDL)
    assert (ada_level(mgdl, log), ctcae_grade(mgdl, log)) == (ada, ctcae)


@pytest.mark.parametrize(
    ("celsius", "grade"), [("37.9", None), ("38.0", 1), ("39.0", 1), ("39.1", 2), ("40.0", 2), ("40.1", 3)]
)
def test_fever_grades(celsius: str, grade: int | None) -> None:
    assert fever_grade(Fraction(celsius)) == grade


def test_low_readings_close_together_are_one_episode() -> None:
    log = log_of((600, 35), (630, 31), (900, 38), events=((605, EventKind.HYPO_SYMPTOMS),))
    first, second = low_episodes(log, 0, START, START)
    assert (first.readings, first.lowest, first.ada_level, first.ctcae_grade, first.felt) == (2, 31, 1, 1, True)
    assert (second.readings, second.lowest, second.felt) == (1, 38, False)
    assert low_episodes(log, 0, START + 1, START + 2) == ()


def test_a_severe_low_is_level_3_with_or_without_a_reading() -> None:
    log = log_of((600, 35), events=((610, EventKind.HYPO_SEVERE), (1300, EventKind.HYPO_SEVERE)))
    first, second = low_episodes(log, 0, START, START)
    assert (first.ada_level, first.severe, first.readings) == (3, True, 1)
    assert (second.ada_level, second.severe, second.readings) == (3, True, 0)
    flags = [alarm.flag for alarm in event_alarms([], (first, second))]
    assert flags.count(Flag.SEVERE_LOW) == 2
    assert flags.count(Flag.LOW_NOT_REPORTED) == 2


def test_a_level_2_low_entered_as_an_event_is_not_asked_for_again() -> None:
    log = log_of((600, 28))
    episodes = low_episodes(log, 0, START, START)
    entered = replace(FEVER, term="hypoglycaemia", ada_level=2, grade=2)
    assert [a.flag for a in event_alarms([entered], episodes)] == []
    assert [a.flag for a in event_alarms([FEVER], episodes)] == [Flag.LOW_NOT_REPORTED]


@pytest.mark.parametrize(
    ("event", "flags"),
    [
        (FEVER, []),
        (replace(FEVER, serious=True), [Flag.SERIOUS]),
        (replace(FEVER, outcome="fatal"), [Flag.SERIOUS]),
        (replace(FEVER, grade=5), [Flag.SERIOUS, Flag.GRADE_HIGH]),
        (replace(FEVER, grade=3), [Flag.GRADE_HIGH]),
        (replace(FEVER, serious=None), [Flag.SERIOUS_UNKNOWN]),
        (replace(FEVER, grade=None), [Flag.GRADE_UNKNOWN]),
    ],
)
def test_serious_events_are_flagged_and_unknown_is_not_harmless(event: AdverseEvent, flags: list[Flag]) -> None:
    assert [alarm.flag for alarm in event_alarms([event], ())] == flags
    assert {Flag.SERIOUS, Flag.SERIOUS_UNKNOWN, Flag.GRADE_HIGH, Flag.SEVERE_LOW, Flag.CHECK_FAILED} == URGENT


def infused() -> PatientTables:
    begins = START * 1440 + 600
    assert FOUNDING.file.vitals is not None
    return PatientTables(
        infusions=[
            InfusionRow(
                1, begins, Fraction(72_000_000), Fraction(72), begins - 200, begins + 40, "B", "N", begins + 40 + 1440
            )
        ],
        checks=[
            CheckRow(1, c.id, Fraction(3) if c.least else None, passed=True, signed_by="R", signed_at=None)
            for c in FOUNDING.file.check
        ],
        vitals=[VitalRow(begins + m, "temperature", Fraction("36.8")) for m in FOUNDING.file.vitals.minutes],
    )


def flags_of(tables: PatientTables) -> list[Flag]:
    return [alarm.flag for alarm in infusion_alarms(FOUNDING, tables, {})]


def test_an_infusion_as_the_protocol_wants_it_raises_nothing() -> None:
    assert flags_of(infused()) == []


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"cells": Fraction(60_000_000)}, Flag.CELLS),
        ({"weight": None}, Flag.NO_WEIGHT),
        ({"thawed": None}, Flag.NO_THAW_TIME),
        ({"thawed": START * 1440 + 600 - 721}, Flag.THAW),
        ({"thawed": START * 1440 + 601}, Flag.THAW),
        ({"observed_until": None}, Flag.OBSERVED_SHORT),
        ({"observed_until": START * 1440 + 640 + 1439}, Flag.OBSERVED_SHORT),
        ({"number": 2}, Flag.NUMBERING),
    ],
)
def test_a_deviation_of_the_infusion_is_flagged(change: dict[str, object], flag: Flag) -> None:
    tables = infused()
    tables.infusions = [replace(tables.infusions[0], **change)]  # type: ignore[arg-type]
    assert flag in flags_of(tables)


def test_the_cells_are_counted_by_the_weight_of_the_day() -> None:
    tables = infused()

    def flags(weights: dict[int, Fraction]) -> list[Flag]:
        return [alarm.flag for alarm in infusion_alarms(FOUNDING, tables, weights)]

    assert flags({START: Fraction(72)}) == []
    assert flags({START: Fraction(70)}) == [Flag.WEIGHT_OLD]
    assert flags({START - 1: Fraction(72)}) == [Flag.WEIGHT_OLD], "yesterday's"
    tables.infusions = [replace(tables.infusions[0], weight=None)]
    assert flags({START: Fraction(72)}) == []
    assert flags({START: Fraction(90)}) == [Flag.CELLS]
    assert flags({START - 1: Fraction(72)}) == [Flag.NO_WEIGHT]


def test_a_thaw_of_exactly_twelve_hours_is_in_order() -> None:
    tables = infused()
    tables.infusions = [replace(tables.infusions[0], thawed=START * 1440 + 600 - 720)]
    assert flags_of(tables) == []


def test_product_checks_missing_failed_unsigned_or_out_of_bounds() -> None:
    tables = infused()
    whole = tables.checks
    tables.checks = whole[1:]
    assert flags_of(tables) == [Flag.CHECK_MISSING]
    tables.checks = [replace(whole[0], value=Fraction(5)), *whole[1:]]
    assert flags_of(tables) == [Flag.CHECK_FAILED]
    tables.checks = [*whole[:-1], replace(whole[-1], passed=False)]
    assert flags_of(tables) == [Flag.CHECK_FAILED]
    tables.checks = [*whole[:-1], replace(whole[-1], signed_by="")]
    assert flags_of(tables) == [Flag.CHECK_UNSIGNED]
    tables.checks = [*whole[:-1], replace(whole[-1], passed=None)]
    assert flags_of(tables) == [Flag.CHECK_MISSING], "no result is no pass"


def test_vital_signs_that_are_missing_and_a_fever() -> None:
    tables = infused()
    tables.vitals = tables.vitals[:-1]
    assert flags_of(tables) == [Flag.VITALS_MISSING]
    tables = infused()
    tables.vitals.append(VitalRow(START * 1440 + 900, "temperature", Fraction("39.4")))
    (alarm,) = infusion_alarms(FOUNDING, tables, {})
    assert (alarm.flag, alarm.about) == (Flag.FEVER, "I1 39.4 C, CTCAE 2")


def test_a_value_is_judged_by_the_laboratorys_own_range_only() -> None:
    builder = LogBuilder()
    file, patient = builder.file("made-up"), builder.patient("P")
    builder.people["P"] = Person("P", sex="male")
    builder.lab(patient=patient, minute=START * 1440, kind=LabKind.ALT, value=61_000, file=file)
    builder.lab(patient=patient, minute=START * 1440, kind=LabKind.CRP, value=90_000, file=file)
    log = builder.build().logs[0]
    men = ReferenceRange(LabKind.ALT, Fraction(9), Fraction(50), "male")
    women = ReferenceRange(LabKind.ALT, Fraction(7), Fraction(40), "female")
    found = lab_alarms(log, 0, (men, women), START, START)
    assert [(a.flag, a.about) for a in found] == [(Flag.OUTSIDE_RANGE, "alt 61")]
    assert lab_alarms(log, 0, (replace(men, high=Fraction(61)),), START, START) == []
