"""Explanations in words: both languages with the same numbers, doses hard to misread, lines that fit."""

import re
from collections import Counter
from fractions import Fraction

import pytest

from tests.unit.explain_stories import LAST_DAY, PACK_FOLDER, STORIES, decided, numbers, told
from titration.clinical import PlanKind, Route, Slot, Timing
from titration.engine.decide import Decision
from titration.engine.plans import LIMIT_NAMES
from titration.explain import assess, render, render_lines
from titration.explain.doses import change_text
from titration.explain.layout import cells, table, wrap
from titration.explain.phrases import (
    COLUMN_ORDER,
    COLUMNS,
    DRUG_UNITS,
    GUARD_FEATURES,
    KINDS,
    LANGUAGES,
    LIMITS,
    MARKS,
    OPS,
    ROUTES,
    SLOTS,
    STATUS,
    TIERS,
    TIMINGS,
    WEEKDAYS,
)
from titration.explain.reasons import blocker_text, comparison_text
from titration.explain.sentences import SENTENCES
from titration.explain.trace import Assessment, Comparison, Observed, Threshold
from titration.explain.values import dose_text, number_text, quantity
from titration.explain.voice import Voice
from titration.expr.nodes import Op
from titration.formulary import shipped
from titration.packs.load import load_pack
from titration.packs.model import Pack, Review
from titration.units import Dimension, UnitSystem


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(PACK_FOLDER)


@pytest.fixture(params=sorted(STORIES))
def story(request: pytest.FixtureRequest, pack: Pack) -> tuple[Decision, Assessment]:
    decision = decided(STORIES[request.param], pack)
    return decision, assess(decision, 0, LAST_DAY)


# ------------------------------------------------------------------------------------------------ both languages


def test_english_and_chinese_carry_the_same_numbers(story: tuple[Decision, Assessment], pack: Pack) -> None:
    _, assessment = story
    english, chinese = (render(assessment, pack, language) for language in LANGUAGES)
    assert numbers(english) == numbers(chinese)
    assert not re.search(r"[\u4e00-\u9fff]", english)


def test_the_texts_of_the_pack_have_the_same_keys_and_numbers(pack: Pack) -> None:
    english, chinese = pack.texts["en"], pack.texts["zh"]
    assert english.keys() == chinese.keys()
    assert {k: (english[k], chinese[k]) for k in english if numbers(english[k]) != numbers(chinese[k])} == {}
    assert {k for k in english if english[k].count("{days}") != chinese[k].count("{days}")} == set()


def test_every_name_of_the_pack_has_its_words(pack: Pack) -> None:
    whos = {r.step.who for r in pack.rules if isinstance(r.step, Review) or hasattr(r.step, "who")}
    signers = {p.sign_off for p in pack.parameters.values() if p.sign_off}
    assumed = {p.name for p in pack.parameters.values() if p.basis}
    for language in LANGUAGES:
        have = pack.texts[language]
        assert {w for w in whos | signers if f"who.{w}" not in have} == set()
        assert {n for n in assumed if f"parameter.{n}" not in have or f"parameter_note.{n}" not in have} == set()
        known = {"rule": {r.id for r in pack.rules}, "feature": pack.features, "parameter": pack.parameters}
        for kind, names in known.items():
            assert {k for k in have if k.startswith(f"{kind}.") and k.removeprefix(f"{kind}.") not in names} == set()


def test_a_windowed_feature_of_glucose_tells_its_window(pack: Pack) -> None:
    from titration.features.spec import LINE_SERIES, SERIES

    windowed = {f.name for f in pack.features.values() if f.of in (*SERIES, *LINE_SERIES) and f.window_days > 2}
    for language in LANGUAGES:
        assert {n for n in windowed if "{days}" not in pack.texts[language][f"feature.{n}"]} == set()


def test_no_text_uses_an_abbreviation_that_is_misread(pack: Pack) -> None:
    banned = re.compile(r"\b(?:\d+\s?U|IU|QD|HS|SC|D/C|ug)\b|[<>+]")
    for language in LANGUAGES:
        texts = {**pack.texts[language], **SENTENCES[language], **LIMITS[language]}
        assert {k: t for k, t in texts.items() if banned.search(t)} == {}


def test_sentences_have_the_same_places_and_numbers() -> None:
    places = re.compile(r"\{(\w+)\}")
    english, chinese = SENTENCES["en"], SENTENCES["zh"]
    assert english.keys() == chinese.keys()
    for key in english:
        assert Counter(places.findall(english[key])) == Counter(places.findall(chinese[key])), key
        assert numbers(english[key]) == numbers(chinese[key]), key


@pytest.mark.parametrize(
    "phrases",
    [KINDS, SLOTS, ROUTES, TIMINGS, COLUMNS, DRUG_UNITS, OPS, LIMITS, GUARD_FEATURES, TIERS, MARKS, STATUS],
)
def test_phrase_tables_have_the_same_keys_and_numbers(phrases: dict[str, dict[object, object]]) -> None:
    english, chinese = phrases["en"], phrases["zh"]
    assert english.keys() == chinese.keys()
    assert {k for k in english if numbers(str(english[k])) != numbers(str(chinese[k]))} == set()


def test_every_member_of_a_vocabulary_has_a_phrase() -> None:
    for language in LANGUAGES:
        assert set(LIMITS[language]) == set(LIMIT_NAMES.values())
        assert set(KINDS[language]) == set(PlanKind)
        assert set(SLOTS[language]) == {s.text for s in Slot}
        assert set(ROUTES[language]) == {r.text for r in Route}
        assert set(TIMINGS[language]) == {t.text for t in Timing} == set(COLUMN_ORDER)
        assert set(OPS[language]) == set(Op)
        assert len(WEEKDAYS[language]) == 7
        assert {p.unit for p in shipped().products.values()} <= set(DRUG_UNITS[language])


# ------------------------------------------------------------------------------------------------ notation


def test_doses_are_written_out(story: tuple[Decision, Assessment], pack: Pack) -> None:
    _, assessment = story
    for language in LANGUAGES:
        voice = Voice(pack, language, assessment.system)
        for line in assessment.lines:
            text = change_text(line, voice)
            assert not re.search(r"[<>+/]|\bU\b|IU|\d\.0\b|(?<!\d)\.\d", text), text


def test_old_new_and_difference_stand_in_one_sentence(pack: Pack) -> None:
    line = told("serious low at night", pack).lines[0]
    english, chinese = (change_text(line, Voice(pack, language, UnitSystem.MMOL)) for language in LANGUAGES)
    assert english == "20 units, reduce to 16 units (4 units less)"
    assert chinese == "20 单位，减至 16 单位（减少 4 单位）"


@pytest.mark.parametrize(
    ("thousandths", "unit", "english", "chinese"),
    [
        (1_000, "units", "1 unit", "1 单位"),
        (500, "units", "0.5 units", "0.5 单位"),
        (20_000, "units", "20 units", "20 单位"),
        (1_500_000, "mg", "1,500 mg", "1,500 mg"),
        (1_000, "tablet", "1 tablet", "1 片"),
        (2_000, "tablet", "2 tablets", "2 片"),
    ],
)
def test_dose_notation(pack: Pack, thousandths: int, unit: str, english: str, chinese: str) -> None:
    assert dose_text(thousandths, unit, Voice(pack, "en", UnitSystem.MMOL)) == english
    assert dose_text(thousandths, unit, Voice(pack, "zh", UnitSystem.MMOL)) == chinese


def test_a_mean_shows_one_more_decimal_or_as_many_as_it_takes(pack: Pack) -> None:
    voice = Voice(pack, "en", UnitSystem.MMOL)
    assert quantity(253, 3, Dimension.GLUCOSE, "", voice) == "8.43 mmol/L"
    assert quantity(2101, 30, Dimension.GLUCOSE, "", voice, apart_from=Fraction(70)) == "7.003 mmol/L"
    assert quantity(2100, 30, Dimension.GLUCOSE, "", voice, apart_from=Fraction(70)) == "7.00 mmol/L"
    assert quantity(454, 3, Dimension.GLUCOSE, "", Voice(pack, "en", UnitSystem.MGDL)) == "151.3 mg/dL"
    assert number_text(Fraction(1, 3), 2) == "0.33"


def test_a_value_at_its_threshold_is_told_on_the_right_side(pack: Pack) -> None:
    parameter = pack.parameters["fasting_high"]
    observed = Observed("judged_mean", Dimension.GLUCOSE, 280, 4, 4, 3)
    voice = Voice(pack, "en", UnitSystem.MMOL)
    above = Comparison(observed, Op.GT, Threshold(parameter, 70), outcome=False, wanted=True)
    assert "7.00 mmol/L, at or below 7.0 mmol/L (upper fasting target)" in comparison_text((above,), "units", voice)
    assert blocker_text((above,), "units", voice).endswith("exactly at the limit")


def test_a_count_tells_how_many_more_it_takes(pack: Pack) -> None:
    observed = Observed("under_target_7d", Dimension.COUNT, 1, None, 7, 0)
    more = Comparison(observed, Op.GT, Threshold(pack.parameters["more_than_two"], 2), outcome=False, wanted=True)
    assert blocker_text((more,), "units", Voice(pack, "en", UnitSystem.MMOL)).endswith("needs above 2, 2 away")


# ------------------------------------------------------------------------------------------------ layout


@pytest.mark.parametrize("width", [60, 100])
def test_lines_keep_to_the_width(story: tuple[Decision, Assessment], pack: Pack, width: int) -> None:
    _, assessment = story
    for language in LANGUAGES:
        wide = [line for line in render_lines(assessment, pack, language, width=width) if cells(line) > width]
        assert wide == []


def test_wrapping_loses_nothing_and_keeps_numbers_with_their_units() -> None:
    text = "空腹血糖均值，近 4 天：8.43 mmol/L，高于 7.0 mmol/L（空腹目标上限）；from fasting 8.4 (03-20 06:31), 8.5"
    for width in range(24, 90):
        lines = wrap(text, width=width)
        assert "".join("".join(lines).split()) == "".join(text.split())
        assert not any(re.search(r"\d$", line) for line in lines[:-1])
        assert not any(line[0] in "，；：）" for line in lines)


def test_a_table_too_wide_continues_below_with_its_label() -> None:
    lines = table(["日期", "周一"], [["空腹", "6.1"], ["午餐前", "7.0"], ["晚餐前", "8.0"]], width=14)
    assert lines == ["日期  空腹", "周一  6.1", "日期  午餐前", "周一  7.0", "日期  晚餐前", "周一  8.0"]
