"""Reports on a terminal: nothing wider than asked, nothing lost in wrapping, words for every code in both languages."""

from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.command import CHINESE
from titration.study import words
from titration.study.attribution import Driver
from titration.study.drawing import Axis, rounded_scale
from titration.study.indices import Reason
from titration.study.measures import PLACES, UNITS
from titration.study.phrases import HEADS, PHRASES
from titration.study.rows import OUTCOMES, RELATIONS
from titration.study.safety import Flag
from titration.study.schedule import VisitState
from titration.study.sections import Report, Section, Table, amount_text
from titration.study.text import cells, render_report, wrap

WORDS = st.text(alphabet="ab 中文，。-7", max_size=60)


@given(WORDS, st.integers(6, 40))
def test_wrapping_loses_nothing_and_keeps_to_its_room(text: str, room: int) -> None:
    lines = wrap(text, room)
    assert all(cells(line) <= room for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=5), st.integers(60, 120))
def test_a_table_keeps_to_the_width(rows: list[tuple[str, str, str]], width: int) -> None:
    report = Report("t", (), (Section("s", "s", tables=(Table("", ("a", "b", "c"), tuple(rows)),)),))
    assert all(cells(line) <= width for line in render_report(report, width).splitlines())


@pytest.mark.parametrize(
    ("codes", "table"),
    [(Reason, words.REASONS), (VisitState, words.STATES), (Flag, words.FLAGS), (Driver, words.DRIVERS)],
)
def test_every_code_has_words_in_both_languages(codes: type[StrEnum], table: words.Words) -> None:
    for code in codes:
        english, chinese = table[code.value]
        assert english
        assert CHINESE.search(chinese)


def test_doses_are_printed_as_ismp_wants_them() -> None:
    assert [amount_text(n) for n in (0, 500, 1000, 26_000, 1_500_000, 12_345)] == [
        "0", "0.5", "1", "26", "1,500", "12.345",
    ]  # fmt: skip


def test_every_endpoint_relation_and_outcome_has_words() -> None:
    assert set(UNITS) <= set(words.ENDPOINTS)
    assert set(UNITS) == set(PLACES)
    assert set(RELATIONS) == set(words.RELATIONS)
    assert set(OUTCOMES) == set(words.OUTCOMES)


def test_both_languages_of_a_sentence_have_the_same_blanks() -> None:
    import re

    for key, (english, chinese) in {**PHRASES, **HEADS}.items():
        assert set(re.findall(r"{(\w+)", english)) == set(re.findall(r"{(\w+)", chinese)), key


@given(st.lists(st.floats(0.01, 500), min_size=1, max_size=20), st.booleans())
def test_a_scale_holds_its_values_and_few_ticks(values: list[float], zero: bool) -> None:  # noqa: FBT001 - drawn
    low, high, step = rounded_scale(values, zero=zero)
    assert low <= min(values)
    assert high >= max(values)
    assert 1 <= round((high - low) / step) <= 12
    axis = Axis(low, high, 0, 100)
    assert all(0 <= axis.y(value) <= 100 for value in values)
