"""Glucose as typed: units, ranges, timings, symptoms, times, and what is recorded already."""

import pytest

from tests.unit.bedsides import DAY, NOW, after, at, bedside, option, reading, taken
from titration.service.rounds.asked import NewEvent, NewNote, NewReading
from titration.service.rounds.entry import Problem, Question, Ready, enter_cell, enter_line
from titration.service.rounds.entry.glucose import converted
from titration.units import HI_VALUE, LO_VALUE, UnitSystem

MMOL, MGDL = UnitSystem.MMOL, UnitSystem.MGDL


@pytest.mark.parametrize(
    ("typed", "value", "written", "timing"),
    [
        ("6.8", 68, "6.8", "random"),
        ("7", 70, "7", "random"),
        ("f 6.8", 68, "6.8", "fasting"),
        ("6.8 fasting", 68, "6.8", "fasting"),
        ("空腹6.8", 68, "6.8", "fasting"),
        ("睡前 8.4 毫摩尔 昨 22:00", 84, "8.4", "bedtime"),
        ("６．８　ｍｍｏｌ／Ｌ", 68, "6.8", "random"),
        ("6。8", 68, "6.8", "random"),
        ("22.4 mmol/L", 224, "22.4", "random"),
        ("LO", LO_VALUE, "LO", "random"),
        ("hi f", HI_VALUE, "HI", "fasting"),
        ("早餐后2h 10.2 @昨 09:30", 102, "10.2", "post_breakfast"),
    ],
)
def test_a_reading_in_the_patients_unit_is_taken_as_it_is_written(
    typed: str, value: int, written: str, timing: str
) -> None:
    answer = enter_line(typed, bedside())
    assert isinstance(answer, Ready)
    (new,) = answer.new
    assert isinstance(new, NewReading)
    assert (new.value, new.written, new.timing, new.unit) == (value, written, timing, "mmol/L")


@pytest.mark.parametrize(
    ("system", "typed", "code"),
    [
        (MMOL, ".5", "leading_point"),
        (MMOL, "0,5", "comma"),
        (MMOL, "6,8", "comma"),
        (MMOL, "6.", "unfinished"),
        (MMOL, ".", "unfinished"),
        (MMOL, "-6.8", "sign"),
        (MMOL, "6.8.1", "not_a_number"),
        (MMOL, "6.85", "off_grid"),
        (MMOL, "0.3", "not_on_meter"),
        (MMOL, "0.3 mmol/L", "not_on_meter"),
        (MMOL, "700", "not_on_meter"),
        (MMOL, "601 mg/dL", "not_on_meter"),
        (MMOL, "6² mmol/L", "unknown"),
        (MMOL, "6.8\x1b[2J", "control"),
        (MMOL, "6.8 \u202e", "control"),
        (MGDL, "700", "not_on_meter"),
        (MGDL, "126.5", "off_grid"),
        (MMOL, "6.8 pm", "unknown"),
        (MMOL, "下午 3:00 6.8", "clock_24"),
        (MMOL, "6.8 @25:00", "bad_time"),
        (MMOL, "6.8 @06:40 @06:45", "two_times"),
        (MMOL, "6.8 yesterday", "day_without_time"),
        (MMOL, "6.8 today 22:00", "future"),
        (MMOL, "6.8 7.2", "unknown"),
    ],
)
def test_what_cannot_be_read_says_what_to_write(system: UnitSystem, typed: str, code: str) -> None:
    answer = enter_line(typed, bedside(system))
    assert isinstance(answer, Problem), answer
    assert answer.code == code


@pytest.mark.parametrize(
    ("system", "typed", "code"),
    [
        (MMOL, "126", "other_unit_likely"),
        (MMOL, "68", "other_unit_likely"),
        (MMOL, "126 mg", "other_unit"),
        (MMOL, "126 毫克", "other_unit"),
        (MMOL, "126 mmol/L", "dropped_point"),
        (MMOL, "18", "which_unit"),
        (MMOL, "18.0", "which_unit"),
        (MMOL, "33.3", "name_unit"),
        (MMOL, "33", "which_unit"),
        (MGDL, "33", "which_unit"),
        (MGDL, "12", "which_unit"),
        (MGDL, "6.8", "other_unit_likely"),
        (MGDL, "6", "other_unit_likely"),
        (MGDL, "6.8 mmol/L", "other_unit"),
        (MMOL, "2.1", "very_low"),
        (MMOL, "25.1 mmol/L", "very_high"),
        (MGDL, "39", "very_low"),
        (MGDL, "451", "very_high"),
        (MMOL, "low", "means_mark"),
        (MMOL, "6.8 22:00", "later_today"),
        (MMOL, "6.8 2026-03-10 06:40", "long_ago"),
        (MMOL, "f 6.8 @昨 14:00", "odd_hour"),
        (MMOL, "6.8 symptoms", "not_low"),
    ],
)
def test_what_is_doubtful_asks(system: UnitSystem, typed: str, code: str) -> None:
    answer = enter_line(typed, bedside(system))
    assert isinstance(answer, Question), answer
    assert answer.code == code
    assert answer.options[0].code == "again"


@pytest.mark.parametrize("typed", ["2.2", "25.0 mmol/L", "17.9", "0.6 mmol/L"])
def test_the_limits_of_doubt_are_closed(typed: str) -> None:
    answer = enter_line(typed, bedside())
    expected = Question if typed.startswith("0.6") else Ready
    assert isinstance(answer, expected)


def test_a_value_of_the_other_unit_is_recorded_only_by_choice_with_what_the_meter_showed() -> None:
    answer = after("126 mg f", bedside(), "record_as")
    assert isinstance(answer, Ready)
    reading_, note = answer.new
    assert isinstance(reading_, NewReading)
    assert (reading_.value, reading_.written, reading_.unit) == (70, "7.0", "mmol/L")
    assert note == NewNote("W01", NOW, "meter: 126 mg/dL")


def test_a_low_in_the_other_unit_is_asked_about_twice() -> None:
    text, confirmed = "36 mg", frozenset[str]()
    first = enter_line(text, bedside(), confirmed)
    assert isinstance(first, Question)
    assert first.code == "other_unit"
    text, confirmed = taken(text, confirmed, option(first, "record_as"))
    second = enter_line(text, bedside(), confirmed)
    assert isinstance(second, Question)
    assert second.code == "very_low"


def test_converting_never_hides_a_low_nor_makes_one() -> None:
    for mgdl in range(10, 601):
        mmol = converted(mgdl, MMOL)
        assert (mgdl < 70) == (mmol < 39), mgdl
        assert (mgdl < 54) == (mmol < 30), mgdl
        assert 6 <= mmol <= 333
    for mmol in range(6, 334):
        mgdl = converted(mmol, MGDL)
        assert (mmol < 39) == (mgdl < 70), mmol
        assert (mmol < 30) == (mgdl < 54), mmol
        assert 10 <= mgdl <= 600


def test_sixty_eight_offers_the_point_and_the_other_unit() -> None:
    answer = enter_line("68", bedside())
    assert isinstance(answer, Question)
    assert [o.text for o in answer.options] == [None, "6.8 mmol/L", "68 mg/dL"]
    meant = after("68", bedside(), "meant") if len(answer.options) == 2 else enter_line("6.8 mmol/L", bedside())
    assert isinstance(meant, Ready)


def test_a_confirmation_holds_for_the_exact_text_and_patient_only() -> None:
    answer = enter_line("1.8", bedside())
    assert isinstance(answer, Question)
    _, confirmed = taken("1.8", frozenset(), option(answer, "confirm"))
    assert isinstance(enter_line("1.8", bedside(), confirmed), Ready)
    assert isinstance(enter_line("1.9", bedside(), confirmed), Question)
    assert isinstance(enter_line("1.8 f", bedside(), confirmed), Question)


def test_a_night_low_with_symptoms_is_two_records_of_one_minute() -> None:
    answer = enter_line("2.8 @03:00 n symptoms", bedside())
    assert isinstance(answer, Ready)
    low, event = answer.new
    minute = at("2026-03-22 03:00")
    assert low == NewReading("W01", minute, 28, "2.8", "mmol/L", "overnight")
    assert event == NewEvent("W01", minute, "hypo_symptoms")


def test_no_symptoms_is_kept_in_the_persons_words() -> None:
    answer = enter_line("2.8 无症状", bedside())
    assert isinstance(answer, Ready)
    assert answer.new[1] == NewNote("W01", NOW, "无症状")


def test_a_low_without_a_word_on_symptoms_is_reminded_of_them() -> None:
    answer = enter_line("3.8 f", bedside())
    assert isinstance(answer, Ready)
    assert [said.code for said in answer.remarks] == ["say_symptoms"]
    assert [said.code for said in enter_line("3.9 f", bedside()).remarks] == []  # type: ignore[union-attr]


def test_a_time_still_to_come_may_have_been_yesterday() -> None:
    answer = after("f 6.8 06:55", bedside(), "yesterday")
    assert isinstance(answer, Ready)
    assert answer.new[0].minute == at("2026-03-21 06:55")
    now = after("f 6.8 06:55", bedside(), "now")
    assert isinstance(now, Ready)
    assert now.new[0].minute == NOW


def test_a_reading_recorded_already_is_not_recorded_twice() -> None:
    here = bedside(readings=(reading(7, "2026-03-22 06:30", 68),))
    same = enter_line("f 6.8 @06:30", here)
    assert same == Problem("already", (("value", "6.8"), ("time", "06:30")))
    other = enter_line("f 8.6 @06:40", here)
    assert isinstance(other, Question)
    assert other.code == "second"
    corrected = after("f 8.6 @06:40", here, "correct")
    assert isinstance(corrected, Ready)
    assert corrected.corrects == 7
    another = after("f 8.6 @06:40", here, "another")
    assert isinstance(another, Ready)
    assert another.corrects is None


# -- cells -------------------------------------------------------------------------------------------------------------------


def cell(text: str, timing: str = "fasting", *, day: int = DAY, **more: object) -> object:
    return enter_cell(text, bedside(), day=day, timing=timing, **more)  # type: ignore[arg-type]


def test_a_cell_gives_timing_and_the_time_of_its_point() -> None:
    answer = cell("6.8")
    assert isinstance(answer, Ready)
    assert answer.new == (NewReading("W01", at("2026-03-22 06:30"), 68, "6.8", "mmol/L", "fasting"),)
    assert answer.remarks == ()


def test_a_cell_takes_a_time_of_its_own_day() -> None:
    answer = cell("8.4 @21:40", "bedtime", day=DAY - 1)
    assert isinstance(answer, Ready)
    assert answer.new[0].minute == at("2026-03-21 21:40")


def test_a_point_soon_to_come_carries_the_time_it_is_entered_at() -> None:
    answer = cell("9.9", "post_breakfast")
    assert answer == Problem("point_to_come", (("timing", "post_breakfast"),))
    here = bedside(minute=NOW + 60)
    soon = enter_cell("9.9", here, day=DAY, timing="post_breakfast")
    assert isinstance(soon, Ready)
    assert soon.new[0].minute == here.minute


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("glargine 12", "cell_only_glucose"),
        ("fever", "cell_only_glucose"),
        ("bed 6.8", "other_column"),
        ("6.8 @昨 06:30", "other_day"),
        ("", "blank"),
        ("68", "other_unit_likely"),
        ("126 mg", "other_unit"),
    ],
)
def test_a_cell_refuses_and_asks_as_the_line_does(typed: str, code: str) -> None:
    answer = cell(typed)
    assert isinstance(answer, Problem | Question)
    assert answer.code == code


def test_another_value_in_a_saved_cell_is_a_correction_of_the_same_minute() -> None:
    saved = reading(7, "2026-03-22 06:41", 68)
    assert cell("6.8", saved=saved) == Problem("unchanged")
    answer = cell("8.6", saved=saved)
    assert isinstance(answer, Ready)
    assert answer.corrects == 7
    assert answer.new[0].minute == saved.minute
