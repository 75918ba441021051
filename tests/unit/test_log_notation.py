from datetime import datetime
from decimal import Decimal

import pytest

from titration.clinical import Slot
from titration.log.notation import (
    censored,
    day_written,
    dose_unit,
    glucose_on,
    glucose_unit,
    glucose_written,
    minute_text,
    minute_written,
    moment_written,
    rounded_minute,
    slot_at,
    thousandths,
    unit_in,
)
from titration.log.report import Reason
from titration.units import HI_VALUE, LO_VALUE, UnitSystem

MMOL, MGDL = UnitSystem.MMOL, UnitSystem.MGDL


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("2024-05-01 06:30", "2024-05-01 06:30"),
        ("2024-05-01T6:30", "2024-05-01 06:30"),
        ("2024/5/1 06:30:59", "2024-05-01 06:30"),
        ("  2024-02-29   23:59 ", "2024-02-29 23:59"),
        ("1969-12-31 23:59", "1969-12-31 23:59"),
    ],
)
def test_times_are_read_to_the_minute(text: str, meaning: str) -> None:
    minute = minute_written(text)
    assert minute is not None
    assert minute_text(minute) == meaning


@pytest.mark.parametrize(
    "text",
    [
        *("", "2024-05-01", "06:30", "2023-02-29 06:30", "2024-06-31 06:30", "2024-05-01 56:35", "2024-05-01 188:00"),
        *("2024-05-01 06:60", "01-05-2024 06:30", "2024-05-01 06:30Z", "2024-05-01 06:30+08:00", "2024-05/01 06:30"),
        *("0024-05-01 06:30", "9999-12-31 23:59", "\u0662\u0660\u0662\u0664-05-01 06:30", "2024-05-01 6:3", "noon"),
    ],
)
def test_anything_else_is_no_time(text: str) -> None:
    assert minute_written(text) is None


def test_a_bare_date_is_a_moment_but_never_a_glucose_time() -> None:
    assert moment_written("2024-05-01") == minute_written("2024-05-01 00:00")
    assert moment_written("2024-05-01 99:00") is None
    assert day_written("2024-05-01 99:00") == 19844
    assert day_written("2024-05-32") is None


def test_a_spreadsheet_time_is_rounded_to_the_nearest_minute() -> None:
    assert rounded_minute(datetime(2024, 5, 1, 6, 29, 59, 999000)) == minute_written("2024-05-01 06:30")
    assert rounded_minute(datetime(2024, 5, 1, 6, 30, 29)) == minute_written("2024-05-01 06:30")
    assert rounded_minute(datetime(1899, 12, 31)) is None


@pytest.mark.parametrize(
    ("text", "system", "meaning"),
    [
        ("6.8", MMOL, 68),
        ("6", MMOL, 60),
        ("6.80", MMOL, 68),
        (" 6.8 ", MMOL, 68),
        ("0.6", MMOL, 6),
        ("33.3", MMOL, 333),
        ("110", MGDL, 110),
        ("007", MGDL, Reason.IMPLAUSIBLE_GLUCOSE),
        ("010", MGDL, 10),
        ("600", MGDL, 600),
        ("6.45", MMOL, Reason.OFF_GRID),
        ("110.5", MGDL, Reason.OFF_GRID),
        ("0", MMOL, Reason.IMPLAUSIBLE_GLUCOSE),
        ("33.4", MMOL, Reason.IMPLAUSIBLE_GLUCOSE),
        ("68", MMOL, Reason.IMPLAUSIBLE_GLUCOSE),
        ("0.55", MMOL, Reason.IMPLAUSIBLE_GLUCOSE),
        ("-6.8", MMOL, Reason.IMPLAUSIBLE_GLUCOSE),
        ("1024", MGDL, Reason.IMPLAUSIBLE_GLUCOSE),
        ("6,8", MMOL, Reason.NON_NUMERIC_GLUCOSE),
        (".5", MMOL, Reason.NON_NUMERIC_GLUCOSE),
        ("5.", MMOL, Reason.NON_NUMERIC_GLUCOSE),
        ("1e1", MMOL, Reason.NON_NUMERIC_GLUCOSE),
        ("nan", MMOL, Reason.NON_NUMERIC_GLUCOSE),
        ("inf", MMOL, Reason.NON_NUMERIC_GLUCOSE),
        ("６.８", MMOL, Reason.NON_NUMERIC_GLUCOSE),
        ("1_0", MMOL, Reason.NON_NUMERIC_GLUCOSE),
        ("6.8 mmol/L", MMOL, Reason.NON_NUMERIC_GLUCOSE),
        ("", MMOL, Reason.BLANK_GLUCOSE),
        ("HI", MMOL, HI_VALUE),
        ("0Lo", MGDL, LO_VALUE),
    ],
)
def test_glucose_as_written(text: str, system: UnitSystem, meaning: int | Reason) -> None:
    assert glucose_written(text, system) == meaning


def test_censored_words_are_only_what_meters_show() -> None:
    assert [censored(word) for word in ("hi", "High", "0Hi", "LO", "low", ">HI")] == [
        *(HI_VALUE, HI_VALUE, HI_VALUE, LO_VALUE, LO_VALUE, HI_VALUE)
    ]
    assert [censored(word) for word in ("", "0", "hit", "h", "lost", "1Hi")] == [None] * 6


def test_a_glucose_out_of_range_is_implausible_however_fine_it_is_written() -> None:
    assert glucose_on(Decimal("33.35"), MMOL) is Reason.IMPLAUSIBLE_GLUCOSE
    assert glucose_on(Decimal("33.25"), MMOL) is Reason.OFF_GRID


def test_units_are_named_exactly_or_not_at_all() -> None:
    assert glucose_unit("mmol/L") is MMOL
    assert glucose_unit("mg / dl") is MGDL
    assert [glucose_unit(word) for word in ("", "mmol", "mg", "g/L", "mmol/mol")] == [None] * 5
    assert unit_in("Fasting (mmol/L)") is MMOL
    assert unit_in("CBG (mg / dl)") is MGDL
    assert unit_in("mmol/L or mg/dL") is None
    assert [dose_unit(word) for word in ("U", "IU", "units", "单位", "IU/h", "MG", "片", "ml", "")] == [
        *("units", "units", "units", "units", "units/h", "mg", "tablet", None, None)
    ]


def test_thousandths() -> None:
    assert thousandths("6.5") == 6500
    assert thousandths("0.0001") is Reason.OFF_GRID
    assert thousandths("0,5") is Reason.NON_NUMERIC_VALUE
    assert thousandths("3000000") is Reason.IMPLAUSIBLE_VALUE


@pytest.mark.parametrize(
    ("clock", "slot"),
    [
        ((3, 59), Slot.BEDTIME),
        ((4, 0), Slot.BREAKFAST),
        ((9, 59), Slot.BREAKFAST),
        ((10, 0), Slot.LUNCH),
        ((14, 59), Slot.LUNCH),
        ((15, 0), Slot.DINNER),
        ((20, 29), Slot.DINNER),
        ((20, 30), Slot.BEDTIME),
        ((0, 0), Slot.BEDTIME),
    ],
)
def test_slots_by_the_clock(clock: tuple[int, int], slot: Slot) -> None:
    assert slot_at(clock[0] * 60 + clock[1]) is slot
