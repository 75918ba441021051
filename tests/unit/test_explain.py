"""The explanation room: tokens complete and true, and the same in JSON."""

import json
import re

import numpy as np
import pytest

from tests.unit.explain_stories import (
    BASAL,
    LAST_DAY,
    PACK_FOLDER,
    STORIES,
    WEIGHT,
    decided,
    log_of,
    told,
)
from titration.clinical import PlanKind, Timing
from titration.engine.decide import Decision
from titration.explain import as_json, assess, render
from titration.explain.phrases import (
    LANGUAGES,
)
from titration.explain.reasons import blocker_text, told_apart
from titration.explain.trace import Assessment
from titration.explain.voice import Voice
from titration.expr.walk import leaves
from titration.packs.load import load_pack
from titration.packs.model import Pack
from titration.units import Dimension, UnitSystem


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(PACK_FOLDER)


@pytest.fixture(params=sorted(STORIES))
def story(request: pytest.FixtureRequest, pack: Pack) -> tuple[Decision, Assessment]:
    decision = decided(STORIES[request.param], pack)
    return decision, assess(decision, 0, LAST_DAY)


# ------------------------------------------------------------------------------------------------ true and complete


def test_every_comparison_of_the_rule_is_told_exactly_once(story: tuple[Decision, Assessment], pack: Pack) -> None:
    decision, assessment = story
    rules = {bound.rule.id: bound for bound in decision.engine.program.rules}
    for line in assessment.lines:
        if line.rule is None:
            continue
        written = set(leaves(rules[line.rule.rule_id].when))
        assert len(line.rule.comparisons) == len(written)
        told_groups = [group for part in told_apart(line.rule, pack) for group in part]
        assert sorted(map(id, line.rule.comparisons)) == sorted(id(c) for group in told_groups for c in group)


def test_values_told_are_the_frame_s(story: tuple[Decision, Assessment]) -> None:
    decision, assessment = story
    plans = decision.plans
    rows = np.flatnonzero((plans.patient == 0) & (plans.day == LAST_DAY))
    for row, line in zip(rows.tolist(), assessment.lines, strict=True):
        proposals, at = decision.locate(row)
        for comparison in () if line.rule is None else line.rule.comparisons:
            column = proposals.frame.column(comparison.observed.feature)
            seen = comparison.observed
            assert seen.value == (int(column.values[at]) if column.is_known(at) else None)
            assert seen.per == (None if column.per is None else int(column.per[at]))


def test_the_readings_behind_a_mean_add_up_to_it(story: tuple[Decision, Assessment], pack: Pack) -> None:
    _, assessment = story
    for line in assessment.lines:
        for comparison in () if line.rule is None else line.rule.comparisons:
            seen = comparison.observed
            if seen.dimension is not Dimension.GLUCOSE or pack.features[seen.feature].reduce != "mean":
                continue
            if seen.value is not None:
                assert seen.value == sum(r.value for r in seen.readings)
                assert seen.per == len(seen.readings)


def test_a_counted_low_is_shown_with_its_time(pack: Pack) -> None:
    assessment = told("serious low at night", pack)
    basal = assessment.lines[0]
    assert basal.kind is PlanKind.ADJUST_DOWN
    assert basal.rule is not None
    shown = [r for c in basal.rule.comparisons for r in c.observed.readings]
    assert [(r.value, r.timing, r.minute) for r in shown] == [(28, "overnight", LAST_DAY * 1440 + 180)]
    english = render(assessment, pack, "en")
    assert "night 2.8 mmol/L (10-13 03:00)" in english
    assert english.index("!! URGENT") < english.index("PLAN")


def test_a_censored_reading_is_told_in_words(pack: Pack) -> None:
    assert "LO, below what the meter reads" in render(told("LO", pack), pack, "en")
    assert "HI，高于血糖仪上限" in render(told("HI", pack), pack, "zh")


def test_missing_data_say_what_how_many_and_when(pack: Pack) -> None:
    line = told("old readings", pack).lines[0]
    assert line.kind is PlanKind.NEED_DATA
    assert line.missing is not None
    assert line.missing.timings == ("fasting",)
    assert (line.missing.have, line.missing.need) == (0, 3)
    assert line.missing.earliest_day == LAST_DAY + 3


def test_old_readings_that_leave_the_window_do_not_hasten_the_answer(pack: Pack) -> None:
    log = log_of([(6, Timing.FASTING, 62), (7, Timing.FASTING, 62)], BASAL, labs=WEIGHT)
    missing = assess(decided(log, pack), 0, LAST_DAY).lines[0].missing
    assert missing is not None
    # Readings of day 6 and 7 of 10: the window of four days holds both today, one tomorrow with one new reading.
    assert (missing.have, missing.need, missing.earliest_day) == (2, 3, LAST_DAY + 3)


def test_without_weight_the_weight_is_what_is_missing(pack: Pack) -> None:
    assessment = told("no weight", pack)
    assert assessment.lines[0].kind is PlanKind.NEED_DATA
    assert "body weight: not on record" in render(assessment, pack, "en")


def test_a_near_miss_tells_by_how_much(pack: Pack) -> None:
    near = {n.rule_id: n for n in told("at target", pack).lines[0].near}
    voice = Voice(pack, "en", UnitSystem.MMOL)
    assert blocker_text(near["basal.raise"].blockers, "units", voice).endswith(
        "6.20 mmol/L, needs above 7.0 mmol/L (upper fasting target), 0.80 mmol/L away"
    )
    assert next(c.observed.feature for c in near["basal.taper"].blockers) == "taper_on"


def test_a_notice_has_the_rule_behind_it(story: tuple[Decision, Assessment], pack: Pack) -> None:
    _, assessment = story
    carried = {rule.id: set(rule.notices) for rule in pack.rules}
    for line in assessment.lines:
        fired = [t.rule_id for t in (line.rule, *line.also) if t is not None]
        assert set(line.notices) <= {n for rule_id in fired for n in carried[rule_id]}


def test_an_unknown_dose_makes_the_total_unknown(pack: Pack) -> None:
    assessment = told("at target", pack)
    assert (assessment.total_insulin, assessment.total_after) == (20_000, 20_000)
    assert told("kidney", pack).total_insulin is None


# ------------------------------------------------------------------------------------------------ json


def test_json_holds_the_same_tokens(story: tuple[Decision, Assessment], pack: Pack) -> None:
    _, assessment = story
    data = json.loads(json.dumps(as_json(assessment, pack)))
    assert data["text"] == {language: render(assessment, pack, language) for language in LANGUAGES}
    assert [line["plan"] for line in data["lines"]] == [line.kind.value for line in assessment.lines]
    for told_line, line in zip(data["lines"], assessment.lines, strict=True):
        assert (told_line["rule"] or {}).get("id") == (line.rule.rule_id if line.rule else None)
        if line.rule is not None:
            assert len(told_line["rule"]["comparisons"]) == len(line.rule.comparisons)
    del data["text"]
    assert not re.search(r"[\u4e00-\u9fff]", json.dumps(data, ensure_ascii=False))
    assert not any(isinstance(value, float) for value in flat(data))


def flat(data: object) -> list[object]:
    if isinstance(data, dict):
        return [leaf for value in data.values() for leaf in flat(value)]
    if isinstance(data, list):
        return [leaf for value in data for leaf in flat(value)]
    return [data]
