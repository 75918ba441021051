"""Doses as typed: which drug, how much, which dose of the day, and what is asked about first."""

import pytest

from tests.unit.bedsides import DAY, LINES, NOW, after, at, bedside, own_line
from titration.service.rounds.asked import NewDose
from titration.service.rounds.entry import Bedside, Problem, Question, Ready, enter_line
from titration.service.rounds.told import DoseRow
from titration.units import UnitSystem


def dose(answer: object) -> NewDose:
    assert isinstance(answer, Ready), answer
    (new,) = answer.new
    assert isinstance(new, NewDose)
    return new


@pytest.mark.parametrize(
    ("typed", "drug", "amount", "unit", "slot"),
    [
        ("glargine 12 y 22:00", "insulin-glargine-u100", 12_000, "units", "bedtime"),
        ("甘精 12 单位 昨 22:00", "insulin-glargine-u100", 12_000, "units", "bedtime"),
        ("甘精12单位 昨22:00", "insulin-glargine-u100", 12_000, "units", "bedtime"),
        ("Lantus 12u yesterday", "insulin-glargine-u100", 12_000, "units", "bedtime"),
        ("诺和锐30 10 早", "insulin-aspart-30", 10_000, "units", "breakfast"),
        ("novomix 30 10 units breakfast", "insulin-aspart-30", 10_000, "units", "breakfast"),
        ("metformin 0.5 g", "metformin-er", 500_000, "mg", "breakfast"),
        ("metformin 500", "metformin-er", 500_000, "mg", "breakfast"),
        ("二甲双胍 500 毫克", "metformin-er", 500_000, "mg", "breakfast"),
    ],
)
def test_a_usual_dose_of_an_own_line_is_taken(typed: str, drug: str, amount: int, unit: str, slot: str) -> None:
    new = dose(enter_line(typed, bedside()))
    assert (new.drug, new.amount, new.unit, new.slot, new.note) == (drug, amount, unit, slot, "")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("glargine .5", "leading_point"),
        ("glargine 0,5", "comma"),
        ("metformin 1,000 mg", "comma_group"),
        ("glargine", "no_amount"),
        ("glargine 12 ml", "volume"),
        ("glargine 12 mg", "unit_not_of_drug"),
        ("metformin 2 tablets", "unit_not_of_drug"),
        ("glargine 1200", "absurd_insulin"),
        ("glargine 12 refused y 22:00", "given_or_not"),
        ("glargine 12 perhaps y 22:00", "unknown_words"),
        ("12 units", "unknown"),
    ],
)
def test_what_is_no_dose_says_what_to_write(typed: str, code: str) -> None:
    answer = enter_line(typed, bedside())
    assert isinstance(answer, Problem), answer
    assert answer.code == code


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("glargine 120 y 22:00", "above_single"),
        ("glargine 24 y 22:00", "far_from_usual"),
        ("glargine 1.2 y 22:00", "off_step"),
        ("glargine 2 y 22:00", "far_from_usual"),
        ("glargine 12", "away_from_slot"),
        ("glargine 0 y 22:00", "why_not_given"),
        ("toujeo 12", "new_drug"),
        ("诺和锐 12", "look_alike"),
        ("aspart 12", "look_alike"),
        ("门冬 12", "look_alike"),
        ("诺和锐 30", "ratio_or_amount"),
        ("aspart 30", "ratio_or_amount"),
        ("优泌 10", "which_drug"),
        ("greebleine 12 mg", "unknown_drug"),
        ("glargin u300x 12", "did_you_mean"),
        ("lantuss 12", "did_you_mean"),
        ("metformin 5", "which_dose_unit"),
        ("metformin 5 g", "outside_single"),
        ("metformin 2.5 g", "over_daily"),
        ("aspart-30 10 yesterday", "which_slot"),
        ("诺和锐30 10 午 @昨 12:00", "other_slot"),
    ],
)
def test_what_is_doubtful_asks(typed: str, code: str) -> None:
    lines = LINES if code != "outside_single" else (own_line("metformin-ir", "breakfast", 500_000, unit="mg"),)
    answer = enter_line(typed, bedside(lines=lines))
    assert isinstance(answer, Question | Problem), answer
    assert (answer.code, type(answer)) == (code, Question)
    assert answer.options[0].code == "again"


def test_a_tenfold_slip_offers_the_usual_dose() -> None:
    new = dose(after("glargine 120 y 22:00", bedside(), "dose"))
    assert new.amount == 12_000
    dropped = dose(after("glargine 1.2 y 22:00", bedside(), "dose"))
    assert dropped.amount == 12_000


def test_an_overdose_that_was_given_can_be_recorded_after_every_question() -> None:
    new = dose(after("glargine 120 y 22:00", bedside(), "confirm_dose", "confirm_dose"))
    assert new.amount == 120_000


def test_a_dose_not_given_is_a_zero_with_its_reason() -> None:
    for typed in ("glargine 0 refused y 22:00", "glargine refused y 22:00", "甘精 拒绝 昨 22:00"):
        new = dose(enter_line(typed, bedside()))
        assert (new.amount, new.note, new.slot) == (0, "refused", "bedtime")
    asked = dose(after("glargine 0 y 22:00", bedside(), "because_missed"))
    assert asked.note == "missed"


def test_last_nights_dose_entered_in_the_morning_is_last_nights() -> None:
    new = dose(after("glargine 12", bedside(), "given_at"))
    assert new.minute == at("2026-03-21 22:00")
    late = dose(after("glargine 12", bedside(), "given_now"))
    assert late.minute == NOW


def test_the_strength_is_said_where_it_is_not_the_usual_one() -> None:
    u40 = bedside(lines=(own_line("insulin-human-regular-u40", "breakfast", 8_000),))
    answer = enter_line("甘舒霖R U-40 8", u40)
    assert isinstance(answer, Ready)
    assert [said.code for said in answer.remarks] == ["strength_40"]
    bare = bedside(lines=(own_line("insulin-human-regular", "breakfast", 8_000),))
    answer = enter_line("regular 8", bare)
    assert isinstance(answer, Ready)
    assert [said.code for said in answer.remarks] == ["strength_unknown"]


def test_two_strengths_of_one_drug_are_told_apart() -> None:
    both = bedside(
        lines=(
            own_line("insulin-glargine-u100", "bedtime", 12_000),
            own_line("insulin-glargine-u300", "bedtime", 12_000),
        )
    )
    answer = enter_line("glargine 12 y 22:00", both)
    assert isinstance(answer, Question)
    assert answer.code == "which_drug"
    named = {option.fields for option in answer.options if option.fields}
    assert named == {(("drug", "insulin-glargine-u100"),), (("drug", "insulin-glargine-u300"),)}


def test_a_drug_of_no_list_is_kept_under_its_name_with_a_unit() -> None:
    asked = enter_line("greebleine 12", bedside())
    assert isinstance(asked, Question)
    without = after("greebleine 12", bedside(), "record_unknown")
    assert without == Problem("unit_needed", (("drug", "greebleine"),))
    new = dose(after("greebleine 12 mg", bedside(), "record_unknown"))
    assert (new.drug, new.amount, new.unit, new.slot) == ("greebleine", 12_000, "mg", "breakfast")


def given(seq: int, when: str, slot: str = "bedtime", drug: str = "insulin-glargine-u100") -> DoseRow:
    return DoseRow(seq, at(when), drug, 12_000, "units", slot, "sc", "Nurse Hao")


def test_a_dose_recorded_already_asks() -> None:
    here: Bedside = bedside(doses=(given(9, "2026-03-21 22:05"),))
    answer = enter_line("glargine 12 y 21:50", here)
    assert isinstance(answer, Question)
    assert answer.code == "dose_again"
    corrected = after("glargine 12 y 21:50", here, "correct")
    assert isinstance(corrected, Ready)
    assert corrected.corrects == 9
    assert dose(after("glargine 12 y 21:50", here, "another")).minute == at("2026-03-21 21:50")


def test_a_bedtime_dose_after_midnight_belongs_to_the_evening_before() -> None:
    here = bedside(doses=(given(9, "2026-03-22 00:20"),))
    answer = enter_line("glargine 12 y 22:00", here)
    assert isinstance(answer, Question)
    assert answer.code == "dose_again"
    assert at("2026-03-22 00:20") > DAY * 1440


def test_doses_do_not_depend_on_the_unit_of_glucose() -> None:
    for typed in ("glargine 12 y 22:00", "metformin 0.5 g"):
        assert enter_line(typed, bedside()) == enter_line(typed, bedside(UnitSystem.MGDL))
