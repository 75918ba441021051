"""What the views make of a session: values in both units, the chart's axis, fitting text into cells, windows of blocks."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from tests.tui.standing import Standing, Stock
from tests.tui.walking import Walk
from titration.service.rounds.told import ReadingRow
from titration.units import HI_VALUE, LO_VALUE, UnitSystem
from tui.session import acts
from tui.session.field import Field, edited
from tui.views import chart
from tui.views.glucose import LOW, arrow, mark_of, pair_text, value_text
from tui.views.page import Row, Span, cells, clean, filled, fit, line
from tui.views.window import window

MMOL, MGDL = UnitSystem.MMOL, UnitSystem.MGDL
TEXTS = st.text(alphabet=st.sampled_from("abc ,-甘精胰岛素（）●▲…é\u0301\x1b\n\t\u200b\u202e"), max_size=30)


# -- glucose --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "system", "shown", "text"),
    [
        (68, MMOL, None, "6.8"),
        (68, MMOL, MMOL, "6.8"),
        (68, MMOL, MGDL, "≈122"),
        (70, MGDL, MMOL, "≈3.9"),
        (126, MGDL, None, "126"),
        (LO_VALUE, MMOL, MGDL, "LO"),
        (HI_VALUE, MGDL, MMOL, "HI"),
    ],
)
def test_a_value_in_another_unit_is_marked_as_converted(
    value: int, system: UnitSystem, shown: UnitSystem | None, text: str
) -> None:
    assert value_text(value, system, shown) == text


def test_thresholds_are_the_published_pair_in_either_unit() -> None:
    assert pair_text(LOW, MMOL, MGDL) == "70"
    assert pair_text(LOW, MGDL, MMOL) == "3.9"


def test_a_mark_says_low_and_very_high() -> None:
    assert [mark_of(v, MMOL) for v in (LO_VALUE, 38, 39, 139, 140, HI_VALUE)] == ["!", "!", " ", " ", "^", "^"]
    assert [mark_of(v, MGDL) for v in (69, 70, 250, 251)] == ["!", " ", " ", "^"]


def test_an_arrow_needs_two_values_and_a_real_difference() -> None:
    assert [arrow(*pair, MMOL) for pair in ((70, 65), (70, 66), (65, 70), (70, None), (None, 70))] == list("↑=↓  ")


# -- cells -----------------------------------------------------------------------------------------------------------------


@given(TEXTS, st.integers(0, 40))
def test_fitted_text_is_exactly_as_wide_as_asked(text: str, width: int) -> None:
    for align in ("left", "right", "centre"):
        assert wcswidth(fit(text, width, align)) == width  # type: ignore[arg-type]


@given(TEXTS)
def test_clean_text_holds_nothing_a_terminal_would_act_on(text: str) -> None:
    assert all(c.isprintable() for c in clean(text))
    assert wcswidth(clean(text)) == cells(clean(text)) >= 0


@given(st.lists(TEXTS, max_size=4), st.integers(1, 30))
def test_a_row_is_cut_or_filled_to_the_cell(texts: list[str], width: int) -> None:
    row = filled(line(*texts), width)
    assert wcswidth(row.text) == width


@given(st.lists(st.integers(1, 4), max_size=12), st.integers(3, 20), st.data())
def test_a_window_shows_whole_blocks_and_the_cursor_where_it_fits(
    heights: list[int], height: int, data: st.DataObject
) -> None:
    blocks = [[Row((Span(f"{i}.{j}"),)) for j in range(high)] for i, high in enumerate(heights)]
    cursor = data.draw(st.integers(0, max(0, len(blocks) - 1)))
    found = window(blocks, cursor, height)
    assert len(found.rows) <= height
    shown = [row.text for row in found.rows if "▲" not in row.text and "▼" not in row.text and row.text]
    assert shown == [row.text for block in blocks[found.first : found.end] for row in block]
    if blocks and height >= max(heights) + 2:
        assert found.first <= cursor < found.end
    if found.first:
        assert f"▲ {found.first}" in found.rows[0].text
    if found.end < len(blocks):
        assert f"▼ {len(blocks) - found.end}" in found.rows[-1].text


# -- typed text --------------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.sampled_from(["a", "甘", "backspace", "delete", "left", "right", "home", "end", "ctrl+u"]), max_size=30)
)
def test_a_field_edits_as_a_list_of_characters_would(keys: list[str]) -> None:
    field, text, caret = Field(), [], 0  # type: ignore[var-annotated]
    for key in keys:
        changed = edited(field, key)
        field = field.insert(key) if changed is None else changed
        match key:
            case "backspace":
                text, caret = text[: max(0, caret - 1)] + text[caret:], max(0, caret - 1)
            case "delete":
                text = text[:caret] + text[caret + 1 :]
            case "left" | "right":
                caret = max(0, min(len(text), caret + (1 if key == "right" else -1)))
            case "home" | "end":
                caret = 0 if key == "home" else len(text)
            case "ctrl+u":
                text, caret = [], 0
            case _:
                text, caret = [*text[:caret], key, *text[caret:]], caret + 1
        assert (field.text, field.caret) == ("".join(text), caret)


# -- the chart ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", list(UnitSystem))
@pytest.mark.parametrize("height", [4, 6, 8, 9, 11, 14, 20, 40])
def test_the_axis_covers_every_value_once_in_rows(stock: Stock, system: UnitSystem, height: int) -> None:
    cuts = chart.needed(chart.edges(stock.pack, system, None), [40, 200], height)
    rows = chart.bins(cuts, height)
    assert len(rows) == height
    assert rows[0].low < 0
    assert rows[-1].high > HI_VALUE
    assert all(low.high == high.low and low.low < low.high for low, high in pairwise(rows))
    assert [row.edge.label for row in rows if row.edge] == [edge.label for edge in cuts]


@pytest.mark.parametrize(
    ("system", "bounds"), [(MMOL, ((44, True), (43, False), (100, True), (101, False))), (MGDL, ((80, True), (79, False), (180, True), (181, False)))]
)  # fmt: skip
def test_values_at_the_bounds_of_the_target_are_drawn_inside_it(
    stock: Stock, system: UnitSystem, bounds: tuple[tuple[int, bool], ...]
) -> None:
    rows = chart.bins(chart.edges(stock.pack, system, None), 14)
    for value, inside in bounds:
        (row,) = (row for row in rows if row.low <= value < row.high)
        assert row.inside is inside


def test_lows_are_drawn_below_the_line_with_their_value(stock: Stock) -> None:
    walk = Walk.on(Standing(stock), size=(120, 40))
    walk.take(acts.act(walk.session, "ward.point", "W02"))
    walk.press("enter")
    (low,) = (row for row in walk.rows if "◆!3.3" in row)
    assert low.startswith("   3.0┤")
    assert "! 1 low" in walk.text


def test_two_readings_in_one_cell_are_counted_and_the_lower_one_is_told(stock: Stock) -> None:
    walk = Walk.on(Standing(stock))
    walk.take(acts.act(walk.session, "ward.point", "W04"))
    assert "2!LO" in walk.press("enter").text


READINGS = st.lists(
    st.tuples(
        st.integers(0, 6), st.integers(0, 1439), st.one_of(st.integers(6, 333), st.sampled_from((LO_VALUE, HI_VALUE)))
    ),
    max_size=30,
)


@given(READINGS, st.integers(40, 200), st.integers(6, 30))
def test_every_reading_leaves_a_sign_where_it_belongs(
    stock: Stock, found: list[tuple[int, int, int]], width: int, height: int
) -> None:
    sheet = stock.sheets["W01"]
    first = sheet.day - 6
    readings = tuple(
        ReadingRow(i, (first + day) * 1440 + minute, value, "fasting", "cbg", "x")
        for i, (day, minute, value) in enumerate(found)
    )
    sheet = replace(sheet, readings=readings)
    canvas = chart.canvas_for(sheet, 7, width, None, "en")
    rows = chart.chart_rows(sheet, stock.pack, canvas, height)
    plot = [row.text[chart.GUTTER :] for row in reversed(rows[:-1])]
    values = [value for _, _, value in found]
    bins = chart.bins(chart.needed(chart.edges(stock.pack, MMOL, None), values, height - 1), height - 1)
    for day, minute, value in found:
        column = day * canvas.columns + minute * canvas.columns // 1440
        (at,) = (i for i, row in enumerate(bins) if row.low <= value < row.high)
        assert plot[at][column] not in " ·╌│"


def test_a_change_of_dose_is_marked_with_its_direction(stock: Stock) -> None:
    walk = Walk.on(Standing(stock), size=(120, 40))
    walk.take(acts.act(walk.session, "ward.point", "W01"))
    lane = next(row for row in walk.press("enter").rows if row.startswith("▸ 1"))
    assert lane.split() == ["▸", "1", "│15", "15", "15", "↓12", "12", "12", "·"]


def test_a_dose_written_as_not_given_is_marked(stock: Stock) -> None:
    walk = Walk.on(Standing(stock), size=(120, 40))
    walk.take(acts.act(walk.session, "ward.point", "W08"))
    assert "×" in walk.press("enter").text


# -- names -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40)])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_drugs_name_is_never_cut(stock: Stock, size: tuple[int, int], language: str) -> None:
    """Names that begin alike are mistaken for each other: a long one goes on below."""
    walk = Walk.on(Standing(stock), size=size)
    walk.choose(language=language)
    for patient in stock.sheets:
        walk.take(acts.act(walk.session, "ward.point", patient))
        walk.press("enter", "d")
        round_ = walk.session.round
        assert round_ is not None
        assert walk.shown is not None
        blocks = [row for row in walk.shown.rows if row.target is not None and row.target.action == "round.point"]
        text = "".join(row.text for row in blocks)
        assert blocks
        assert "…" not in text
        for i, plan in enumerate(round_.lines):
            if i not in round_.unseen and plan.product is not None and language == "en":
                assert set(plan.product.name_en.split()) <= set(text.replace(",", " ").split())
        walk.press("escape", "escape")
