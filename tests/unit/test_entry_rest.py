"""Events, measurements and notes as typed, and the words of every answer."""

import re
from string import Formatter

import pytest

from tests.unit.bedsides import NOW, after, at, bedside
from titration.clinical import EventKind, LabKind
from titration.formulary import shipped
from titration.service.rounds.asked import NewEvent, NewLab, NewNote
from titration.service.rounds.entry import Problem, Question, Ready, enter_line, sentences, words
from titration.service.rounds.entry.words import Speech
from titration.service.rounds.told import LabRow
from titration.units import UnitSystem


@pytest.mark.parametrize(
    ("typed", "kind", "note"),
    [
        ("fever", "infection", "fever"),
        ("infection", "infection", ""),
        ("fever 38.9", "infection", "fever 38.9"),
        ("发热 38.9", "infection", "发热 38.9"),
        ("hypo symptoms @03:00", "hypo_symptoms", ""),
        ("低血糖症状 @03:00", "hypo_symptoms", "低血糖症状"),
        ("严重低血糖 @03:00", "hypo_severe", "严重低血糖"),
        ("meal skipped @昨 12:00", "meal_skipped", ""),
        ("nbm for gastroscopy", "nil_by_mouth", "nbm for gastroscopy"),
        ("未进食", "meal_skipped", "未进食"),
        ("steroid prednisolone 30 mg", "steroid", "steroid prednisolone 30 mg"),
        ("resumed", "resumed", ""),
        ("taper on", "taper_on", ""),
        ("reason weight loss", "reason_recorded", "weight loss"),
        ("event fell out of bed", "other", "fell out of bed"),
    ],
)
def test_an_event_keeps_the_persons_words(typed: str, kind: str, note: str) -> None:
    answer = enter_line(typed, bedside())
    assert isinstance(answer, Ready), answer
    (new,) = answer.new
    assert isinstance(new, NewEvent)
    assert (new.kind, new.note) == (kind, note)


@pytest.mark.parametrize(
    "typed", ["hypo no symptoms", "fever no", "infection denies", "手术 未做", "steroid not given", "low sugar no"]
)
def test_what_did_not_happen_is_no_event(typed: str) -> None:
    answer = enter_line(typed, bedside())
    assert isinstance(answer, Problem), answer


def test_a_bare_hypo_asks_whether_there_were_symptoms() -> None:
    answer = enter_line("hypo @03:00", bedside())
    assert isinstance(answer, Question)
    assert answer.code == "hypo_how"
    severe = after("hypo @03:00", bedside(), "hypo_severe")
    assert isinstance(severe, Ready)
    assert severe.new == (NewEvent("W01", at("2026-03-22 03:00"), "hypo_severe"),)


@pytest.mark.parametrize(
    ("typed", "kind", "value"),
    [
        ("weight 71.5", "weight", 71_500),
        ("体重71.5公斤", "weight", 71_500),
        ("hba1c 7.8%", "hba1c", 7_800),
        ("糖化 7.8 %", "hba1c", 7_800),
        ("hba1c 62 mmol/mol", "hba1c", 7_800),
        ("cr 88 umol/L", "creatinine", 88_000),
        ("creatinine 1.0 mg/dL", "creatinine", 88_400),
        ("egfr 62", "egfr", 62_000),
        ("cp 1.5 ng/mL", "c_peptide", 497),
        ("c肽 400 pmol/L", "c_peptide", 400),
        ("cp 0.6 nmol/L", "c_peptide", 600),
        ("ketone 0", "ketone", 0),
        ("血酮 0.4", "ketone", 400),
    ],
)
def test_a_measurement_with_its_unit(typed: str, kind: str, value: int) -> None:
    answer = enter_line(typed, bedside())
    assert isinstance(answer, Ready), answer
    assert answer.new == (NewLab("W01", NOW, kind, value),)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("hba1c 7.8", "which_lab_unit"),
        ("cr 88", "which_lab_unit"),
        ("cp 0.6", "which_lab_unit"),
        ("体重 143 斤", "weight_unit"),
        ("weight 157 lb", "weight_unit"),
        ("weight 715", "odd_lab"),
        ("weight 80", "weight_jump"),
        ("hba1c 78 %", "odd_lab"),
        ("cr 8800 umol/L", "odd_lab"),
    ],
)
def test_a_doubtful_measurement_asks(typed: str, code: str) -> None:
    last = LabRow(3, at("2026-03-15 07:00"), "weight", 71_500, "Nurse Hao")
    answer = enter_line(typed, bedside(labs=(last,)))
    assert isinstance(answer, Question), answer
    assert answer.code == code


def test_jin_are_recorded_as_kilograms_by_choice() -> None:
    answer = after("体重 143 斤", bedside(), "record_as")
    assert isinstance(answer, Ready)
    assert answer.new == (NewLab("W01", NOW, "weight", 71_500),)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("weight", "no_value"),
        ("weight .5", "leading_point"),
        ("weight 71,5", "comma"),
        ("weight heavy", "not_a_number"),
        ("weight 0", "lab_not_possible"),
        ("hba1c 7.8 furlongs", "lab_unit"),
        ("note", "no_value"),
        ("reason", "no_value"),
        ("fever yesterday", "day_without_time"),
        ("x" * 201, "too_long"),
        ("   ", "blank"),
    ],
)
def test_what_is_not_complete_or_possible_says_so(typed: str, code: str) -> None:
    answer = enter_line(typed, bedside())
    assert isinstance(answer, Problem), answer
    assert answer.code == code


def test_a_note_keeps_its_words_and_its_time_is_now() -> None:
    answer = enter_line("note slept badly, fever 22:00", bedside())
    assert isinstance(answer, Ready)
    assert answer.new == (NewNote("W01", NOW, "slept badly, fever 22:00"),)


# -- words -------------------------------------------------------------------------------------------------------------------


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("table", ["PROBLEMS", "QUESTIONS", "LABELS", "REMARKS"])
def test_both_languages_say_the_same_with_the_same_fields(table: str) -> None:
    found = getattr(sentences, table)
    for code, texts in found.items():
        assert set(texts) == {"en", "zh"}, code
        assert places(texts["en"]) == places(texts["zh"]), code
        digits = [re.findall(r"\d+", re.sub(r"\{.*?\}", "", text)) for text in texts.values()]
        assert sorted(digits[0]) == sorted(digits[1]), code


def test_every_kind_has_its_word_in_both_languages() -> None:
    for language in ("en", "zh"):
        assert set(words.EVENTS[language]) == {kind.value for kind in EventKind}
        assert set(words.LABS[language]) == {kind.value for kind in LabKind}
        assert len(set(words.EVENTS[language].values())) == len(EventKind)


def test_what_would_be_recorded_is_read_back_in_full() -> None:
    en, zh = (Speech(lang, shipped(), now=NOW, system=UnitSystem.MMOL) for lang in ("en", "zh"))  # type: ignore[arg-type]
    answer = enter_line("甘精 12 昨 22:00", bedside())
    assert en.answer(answer) == "insulin glargine 100 units/mL, 12 units, bedtime, yesterday 22:00"
    assert zh.answer(answer) == "甘精胰岛素, 100 单位/mL，12 单位，睡前，昨天 22:00"
    missed = enter_line("glargine refused y 22:00", bedside())
    assert "NOT given (refused)" in en.answer(missed)
    assert "未给药 (拒绝)" in zh.answer(missed)
    assert en.answer(enter_line("LO f", bedside())).startswith("LO, fasting, today 06:50; below what the meter reads")
