"""The printed summary and the page of a replay: well-formed, self-contained, escaped, and the same in both languages."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from titration.clinical import EventKind, LineKind, PlanKind, Source, Timing
from titration.engine.plans import LIMIT_NAMES
from titration.log.report import Reason
from titration.packs.model import Tier
from titration.report.figures import Share, amount_text, dose_text, percent_text, share_text
from titration.report.page import write_page
from titration.report.page_chart import SYMBOLS, draw, panels, shape_of
from titration.report.page_words import PHRASES
from titration.report.picture import DoseLine, PatientPicture, PlanMark
from titration.report.summary_text import render_summary
from titration.report.vocabulary import EVENTS, LIMITS, LINES, PLANS, REASONS, SOURCES, TIERS, TIMINGS, Language, Words
from titration.report.wrapping import display_width, wrapped
from titration.units import HI_VALUE, LO_VALUE, UnitSystem

LANGUAGES: tuple[Language, ...] = ("en", "zh")
DAY = 20514
VOID = {"meta", "input", "br", "hr", "link", "img"}

SUMMARY: dict[str, Any] = {
    "pack": {"id": "demo<pack>", "version": "1.0.0", "status": "draft", "sha256": "ab" * 32},
    "input": {
        "format": "canonical",
        "patients": 1204,
        "readings": 9421,
        "patient_days": 1365,
        "first_day": "2026-03-02",
        "last_day": "2026-03-22",
        "units": {"mmol/L": 1200, "mg/dL": 4},
    },
    "load": {"rows_read": 9478, "kept": 9421, "quarantined": 38, "rejected": 19, "reasons": {"mixed_units": 38}},
    "plans": {
        "rows": 4310,
        "patient_days": 1365,
        "by_kind": {"adjust_up": 412, "adjust_down": 388, "stop": 9, "hold": 2611, "need_data": 770, "refer": 120},
        "by_line_kind": {"basal": {"adjust_up": 412, "hold": 2611}, "oral": {"adjust_down": 388, "refer": 120}},
        "by_rule": [
            {"rule": "basal.raise", "tier": "raise", "kind": "adjust_up", "n": 412},
            {"rule": "insulin.low", "tier": "safety", "kind": "adjust_down", "n": 388},
            {"rule": "", "tier": "", "kind": "need_data", "n": 770},
        ],
    },
    "limits": {"proposals": 1104, "bound": {"hypo_lockout": 160, "rounding": 402}},
    "missing": {"of": 770, "by_feature": {"fasting_mean_3d": 402}},
    "notices": {"treat-low": 60},
    "lows": {
        "days_low_1": 151,
        "days_low_2": 41,
        "line_days": 402,
        "plan": {"adjust_down": 321, "hold": 81},
        "log_next": {"lower": 210, "same": 150, "higher": 21, "ended": 6, "unknown": 15},
        "again_within_3_days": 58,
        "of_days": 151,
    },
    "agreement": {
        "basal": {
            "compared": 1000,
            "same_direction": 702,
            "same_dose": 641,
            "table": {
                "down": {"down": 90, "same": 60, "up": 8},
                "same": {"down": 60, "same": 541, "up": 89},
                "up": {"down": 6, "same": 75, "up": 71},
            },
            "not_compared": {"no_next_dose": 120, "dose_unknown": 30},
        }
    },
    "assumptions": ["taper_step", "taper_gap"],
    "taper": "as recorded",
}

PICTURE = PatientPicture(
    patient_id="<b>&\"'",
    system=UnitSystem.MMOL,
    first_day=DAY,
    last_day=DAY + 4,
    readings=(
        (DAY * 1440 + 390, 62, Timing.FASTING, Source.CBG),
        (DAY * 1440 + 600, 284, Timing.POST_BREAKFAST, Source.CBG),
        (DAY * 1440 + 700, LO_VALUE, Timing.PRE_LUNCH, Source.CBG),
        (DAY * 1440 + 1560, HI_VALUE, Timing.BEDTIME, Source.LAB),
        (DAY * 1440 + 3000, 34, Timing.OVERNIGHT, Source.CBG),
        (DAY * 1440 + 3300, 90, Timing.RANDOM, Source.CGM),
        (DAY * 1440 + 3315, 92, Timing.RANDOM, Source.CGM),
        (DAY * 1440 + 3400, 93, Timing.RANDOM, Source.CGM),
    ),
    dose_lines=(
        DoseLine("Glargine <slow>", "basal", "IU", ((DAY, 18000), (DAY + 1, 18000), (DAY + 3, 500))),
        DoseLine("Metformin", "oral", "mg", ((DAY, 1000000),)),
    ),
    plans=(
        PlanMark(DAY, "Glargine <slow>", "adjust_down", 18000, 16500, "IU", "insulin.low", ("rounding",), ""),
        PlanMark(DAY + 1, "Glargine <slow>", "need_data", None, 0, "IU", "", (), "fasting_mean_3d"),
        PlanMark(DAY + 3, "Metformin", "stop", 1000000, 0, "mg", "basal.raise", (), ""),
    ),
    events=((DAY * 1440 + 720, "hypo_severe"), (DAY * 1440 + 800, "meal")),
)


def texts(key: str) -> str:
    return f"sentence <{key}>"


class Checker(HTMLParser):
    """Collects tags and visible text; fails on a tag that closes what is not open."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text: list[str] = []
        self.references: list[str] = []
        self.ids: list[str] = []
        self.rows: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.references += [str(found[name]) for name in ("href", "src", "xlink:href", "action") if name in found]
        self.ids += [str(found["id"])] if "id" in found else []
        assert "style" not in found, "the page's policy forbids style attributes"
        assert not [name for name in found if name.startswith("on")], "nor does it allow inline handlers"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("style", "script"):
            self.text.append(data)


def page(folder: Path, language: Language, *pictures: PatientPicture, most: int = 300) -> str:
    path = folder / f"{language}.html"
    write_page(path, summary=SUMMARY, patients=pictures, texts=texts, language=language, most_patients=most)
    return path.read_text(encoding="utf-8")


def checked(html: str) -> Checker:
    checker = Checker()
    checker.feed(html)
    checker.close()
    assert checker.open == []
    return checker


def numbers(text: str) -> list[str]:
    """Every number of the text; dates read alike in both languages."""
    return sorted(re.findall(r"\d[\d,]*(?:\.\d+)?", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_is_well_formed_and_stands_alone(tmp_path: Path, language: Language) -> None:
    html = page(tmp_path, language, PICTURE, replace(PICTURE, patient_id="W02", system=UnitSystem.MGDL))
    found = checked(html)
    assert not re.search(r"(https?:)?//[a-z]", html), "an address in the page"
    assert "@import" not in html
    assert "url(" not in html
    assert all(reference.startswith("#") for reference in found.references)
    assert {reference[1:] for reference in found.references} <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))
    assert [p.name for p in tmp_path.iterdir()] == [f"{language}.html"]


def test_page_escapes_what_the_log_and_the_pack_wrote(tmp_path: Path) -> None:
    html = page(tmp_path, "en", PICTURE)
    assert "<b>&" not in html
    assert "<slow>" not in html
    assert "<insulin.low>" not in html
    assert "demo<pack>" not in html
    said = "".join(checked(html).text)
    assert PICTURE.patient_id in said
    assert "sentence <insulin.low>" in said


def test_same_input_writes_the_same_bytes(tmp_path: Path) -> None:
    assert page(tmp_path, "zh", PICTURE) == page(tmp_path, "zh", PICTURE)


def test_both_languages_carry_the_same_numbers(tmp_path: Path) -> None:
    summaries = [numbers(render_summary(SUMMARY, language)) for language in LANGUAGES]
    assert summaries[0] == summaries[1]
    picture = replace(PICTURE, first_day=DAY, last_day=DAY + 2, events=())
    shares = [
        re.findall(r"([\d,]+)(?: of |/)([\d,]+)(?: \(|（)([<>\d.]+)", page(tmp_path, lang, picture))
        for lang in LANGUAGES
    ]
    assert shares[0] == shares[1]
    assert ("151", "1,365", "11.1") in shares[0]
    doses = [re.findall(r">([\d.,]+) → ([\d.,]+) ", page(tmp_path, lang, picture)) for lang in LANGUAGES]
    assert doses[0] == doses[1] == [("18", "16.5")]


def test_a_page_stops_at_its_number_of_patients_and_says_so(tmp_path: Path) -> None:
    pictures = [replace(PICTURE, patient_id=f"W{n}") for n in range(5)]
    html = page(tmp_path, "en", *pictures, most=3)
    assert html.count("<article ") == 3
    assert "Pictures of 3 of 1,204 patients" in html
    assert "This page stops at 3 patients" in html
    assert "This page stops" not in page(tmp_path, "en", *pictures)


def test_a_failed_page_leaves_the_earlier_one(tmp_path: Path) -> None:
    before = page(tmp_path, "en", PICTURE)
    broken = replace(PICTURE, readings=((DAY * 1440, 60, 99, 0),))
    with pytest.raises(ValueError, match="99"):
        page(tmp_path, "en", broken)
    assert [p.name for p in tmp_path.iterdir()] == ["en.html"]
    assert (tmp_path / "en.html").read_text(encoding="utf-8") == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_picture_shows_edges_as_words_and_doses_in_full(language: Language) -> None:
    (panel,) = panels(PICTURE)
    svg = draw(PICTURE, panel, language)
    words = re.findall(r'<text class="[^"]*value[^"]*"[^>]*>([^<]*)<', svg)
    assert sorted(words) == ["28.4", "3.4", "HI", "LO"]
    given = re.findall(r'<text class="given"[^>]*>([^<]*)<', svg)
    assert given == ["18", "0.5", "1,000"]
    assert re.findall(r'<text class="to"[^>]*>([^<]*)<', svg) == ["16.5"]
    assert not re.search(r"\b[IU]U?\b", "".join(re.findall(r">([^<]+)<", svg)))


def test_a_day_without_a_record_is_a_gap_and_a_silent_sensor_breaks_its_line() -> None:
    (panel,) = panels(PICTURE)
    svg = draw(PICTURE, panel, "en")
    (glargine, _) = re.findall(r'<path class="step" d="([^"]*)"', svg)
    assert glargine.count("M") == 2
    assert len(re.findall(r'<path class="sensor"', svg)) == 2


def test_every_timing_has_a_mark_and_every_mark_is_drawn() -> None:
    drawn = set(re.findall(r'<g id="([^"]+)"', SYMBOLS))
    assert {f"m-{shape_of(timing)}" for timing in Timing} <= drawn
    assert {f"p-{kind.value}" for kind in PlanKind} <= drawn


@pytest.mark.parametrize(("days", "count"), [(1, 1), (31, 1), (32, 2), (60, 3)])
def test_a_long_stay_is_cut_into_panels_that_cover_it(days: int, count: int) -> None:
    cut = list(panels(replace(PICTURE, last_day=DAY + days - 1)))
    assert len(cut) == count
    covered = [day for panel in cut for day in range(panel.first, panel.last + 1)]
    assert covered == list(range(DAY, DAY + days))


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (PLANS, [k.value for k in PlanKind]),
        (LINES, [k.value for k in LineKind]),
        (LIMITS, list(LIMIT_NAMES.values())),
        (TIERS, [*(t.text for t in Tier), ""]),
        (TIMINGS, [t.text for t in Timing]),
        (SOURCES, [s.text for s in Source]),
        (EVENTS, [k.value for k in EventKind]),
        (REASONS, [r.value for r in Reason]),
    ],
)
def test_closed_vocabularies_have_words_for_every_value_and_no_other(words: Words, values: list[str]) -> None:
    assert sorted(words) == sorted(values)
    assert all(english and re.search(r"[\u4e00-\u9fff]", chinese) for english, chinese in words.values())


def test_phrases_have_the_same_blanks_in_both_languages() -> None:
    blanks = {key: [set(re.findall(r"{(\w+)}", text)) for text in pair] for key, pair in PHRASES.items()}
    assert {key for key, (english, chinese) in blanks.items() if english != chinese} == {"date"}


def cells_of(text: str) -> str:
    """The text as a terminal lays it out: a wide character fills two cells."""
    return "".join(character * display_width(character) for character in text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [80, 100])
def test_summary_fits_the_terminal_and_its_columns_line_up(language: Language, width: int) -> None:
    lines = render_summary(SUMMARY, language, width).splitlines()
    assert max(map(display_width, lines)) <= width
    rules = [n for n, line in enumerate(lines) if re.fullmatch(r"  -+(  -+)+", line)]
    assert len(rules) >= 12
    for n in rules:
        gaps = [m.start() for m in re.finditer(" ", lines[n])]
        for row in lines[n + 1 : lines.index("", n)]:
            cells = cells_of(row)
            assert {cells[at] for at in gaps if at < len(cells)} == {" "}, row


@pytest.mark.parametrize(
    ("share", "english"),
    [
        (Share(0, 0), "0 of 0"),
        (Share(1, 3), "1 of 3 (33 %)"),
        (Share(0, 1365), "0 of 1,365 (0.0 %)"),
        (Share(1, 100000), "1 of 100,000 (<0.1 %)"),
        (Share(99999, 100000), "99,999 of 100,000 (>99.9 %)"),
        (Share(7, 5), "7 of 5"),
    ],
)
def test_shares_show_their_denominator(share: Share, english: str) -> None:
    assert share_text(share, "en") == english


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_log_without_plans_has_a_report_too(tmp_path: Path, language: Language) -> None:
    empty = {
        **SUMMARY,
        "input": {**SUMMARY["input"], "patients": 0, "patient_days": 0, "first_day": None, "last_day": None},
        "plans": {"rows": 0, "patient_days": 0, "by_kind": {}, "by_line_kind": {}, "by_rule": []},
        "limits": {"proposals": 0, "bound": {}},
        "missing": {"of": 0, "by_feature": {}},
        "notices": {},
        "agreement": {},
        "assumptions": [],
    }
    assert "None" not in render_summary(empty, language)
    path = tmp_path / "empty.html"
    assert write_page(path, summary=empty, patients=(), texts=texts, language=language) == 0
    assert "None" not in "".join(checked(path.read_text(encoding="utf-8")).text)


def test_percentages_are_exact_at_the_half() -> None:
    assert percent_text(Share(1, 2000)) == "0.1"
    assert percent_text(Share(1, 40)) == "3"


@pytest.mark.parametrize(
    ("thousandths", "text"), [(500, "0.5"), (6000, "6"), (1000000, "1,000"), (12345678, "12,345.678")]
)
def test_amounts_have_no_trailing_zero(thousandths: int, text: str) -> None:
    assert amount_text(thousandths) == text


def test_insulin_is_in_units_never_in_letters() -> None:
    assert dose_text(1000, "IU", "en") == "1 unit"
    assert dose_text(6500, "U", "en") == "6.5 units"
    assert dose_text(6500, "units", "zh") == "6.5 单位"


def test_chinese_lines_do_not_begin_with_a_closing_mark() -> None:
    text = "血糖达标、无低血糖，且递减模式开启（见第3条）：减一步。" * 3
    for width in range(8, 40):
        lines = wrapped(text, width)
        assert "".join(lines) == text
        assert max(map(display_width, lines)) <= width
        assert not [line for line in lines if line[0] in "，。：；、）" or line[-1] == "（"]
