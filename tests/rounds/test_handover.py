"""Handover sheets: the same facts in every format and language, nothing a reader's program would obey, files of one's own."""

import csv
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from titration.explain.layout import cells
from titration.explain.phrases import LANGUAGES, STATUS, Language
from titration.explain.sentences import SENTENCES
from titration.formulary import shipped
from titration.service.rounds.demo import DEMO_MINUTE
from titration.service.rounds.desk import Desk
from titration.service.rounds.handover import Format, codes, patient_sheet, ward_sheet, write_sheet
from titration.service.rounds.handover.table import PATIENT_COLUMNS, WARD_COLUMNS
from titration.service.rounds.told import Action, PatientSheet, Reason, Stage, Urgency, WardSheet

HOSTILE = '=cmd|"/c calc" <script>alert(1)</script> [x](http://a.b) | # \x1b[2J \u202e *b*'


@pytest.fixture(scope="module")
def sheets(demo_file: Path) -> tuple[WardSheet, PatientSheet, Desk]:
    from titration.service.rounds.opening import open_ledger

    desk = open_ledger(str(demo_file), read_only=True)
    assert isinstance(desk, Desk)
    ward = desk.ward(minute=DEMO_MINUTE)
    return ward, desk.patient(ward.rows[0].person.patient_id, minute=DEMO_MINUTE), desk


def texts(sheets: tuple[WardSheet, PatientSheet, Desk], language: Language, form: Format) -> tuple[str, str]:
    ward, patient, desk = sheets
    return (
        ward_sheet(ward, desk.pack, shipped(), language, form),
        patient_sheet(patient, desk.pack, shipped(), language, form),
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", [Format.TEXT, Format.MARKDOWN, Format.HTML])
def test_every_sheet_says_what_it_is_for_and_by_which_rules(
    sheets: tuple[WardSheet, PatientSheet, Desk], language: Language, form: Format
) -> None:
    for text in texts(sheets, language, form):
        flat = re.sub(r"\s|\\|&nbsp;", "", text)
        assert re.sub(r"\s", "", SENTENCES[language]["disclaimer"]) in flat
        assert re.sub(r"\s", "", STATUS[language]["draft"]) in flat
        assert "huc-msc-t2dm" in flat
        assert "2026-03-2307:00" in flat


@pytest.mark.parametrize("language", LANGUAGES)
def test_plain_text_fits_eighty_columns_and_tears_no_dose(
    sheets: tuple[WardSheet, PatientSheet, Desk], language: Language
) -> None:
    ward, _, desk = sheets
    pages = [ward_sheet(ward, desk.pack, shipped(), language, Format.TEXT)]
    pages += [
        patient_sheet(
            desk.patient(row.person.patient_id, minute=DEMO_MINUTE), desk.pack, shipped(), language, Format.TEXT
        )
        for row in ward.rows[:6]
    ]
    for page in pages:
        for line in page.splitlines():
            assert cells(line) <= 80, line
        assert not re.search(r"\d\n +(?:单位|units?|mg)\b", page)
        assert not re.search(r"单\n", page)


def test_the_ward_sheet_lists_every_patient_with_every_line(sheets: tuple[WardSheet, PatientSheet, Desk]) -> None:
    ward = sheets[0]
    text = texts(sheets, "en", Format.TEXT)[0]
    for row in ward.rows:
        assert f"{row.person.bed} {row.person.patient_id} {row.person.name}" in text
    assert text.count("[ ]") == sum(len(row.proposals) for row in ward.rows)


@pytest.mark.parametrize("form", [Format.MARKDOWN, Format.HTML])
def test_both_languages_carry_the_same_numbers(sheets: tuple[WardSheet, PatientSheet, Desk], form: Format) -> None:
    def numbers(text: str) -> list[str]:
        body = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
        return sorted(
            re.findall(
                r"\d+(?:[.,]\d+)*(?= (?:mmol/L|单位|units|unit|mg|丸|pill))",
                body.replace("\\", "").replace("&nbsp;", " "),
            )
        )

    ward_en, ward_zh = (texts(sheets, language, form)[0] for language in LANGUAGES)
    assert numbers(ward_en)
    assert numbers(ward_en) == numbers(ward_zh)


def hostile(sheets: tuple[WardSheet, PatientSheet, Desk]) -> tuple[WardSheet, PatientSheet]:
    ward, patient, _ = sheets
    person = replace(patient.person, name=HOSTILE)
    row = replace(ward.rows[0], person=person)
    return replace(ward, rows=(row,)), replace(patient, person=person, row=replace(patient.row, person=person))


class Tags(HTMLParser):
    """Open tags in order; fails on one that is not closed in order."""

    VOID = frozenset(("meta",))

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_stands_alone_and_obeys_nothing_that_was_typed(
    sheets: tuple[WardSheet, PatientSheet, Desk], language: Language
) -> None:
    ward, patient = hostile(sheets)
    pack = sheets[2].pack
    for page in (
        ward_sheet(ward, pack, shipped(), language, Format.HTML),
        patient_sheet(patient, pack, shipped(), language, Format.HTML),
    ):
        tags = Tags()
        tags.feed(page)
        tags.close()
        assert tags.open == []
        assert not tags.seen & {"script", "link", "img", "a", "iframe", "object"}
        assert not tags.attributes & {"src", "href", "style", "onclick"}
        assert "\x1b" not in page
        assert "default-src 'none'" in page
        assert "@page { size: A4" in page


def test_markdown_and_text_obey_nothing_that_was_typed(sheets: tuple[WardSheet, PatientSheet, Desk]) -> None:
    ward, patient = hostile(sheets)
    pack = sheets[2].pack
    for form in (Format.TEXT, Format.MARKDOWN, Format.CSV):
        for text in (
            ward_sheet(ward, pack, shipped(), "en", form),
            patient_sheet(patient, pack, shipped(), "en", form),
        ):
            assert "\x1b" not in text
            assert "\u202e" not in text
    markdown = ward_sheet(ward, pack, shipped(), "en", Format.MARKDOWN)
    assert "<script>" not in markdown.replace("\\<", "")
    assert "[x](" not in markdown


def test_csv_has_stable_columns_and_codes_whatever_the_language(sheets: tuple[WardSheet, PatientSheet, Desk]) -> None:
    for en, zh, columns in zip(
        texts(sheets, "en", Format.CSV), texts(sheets, "zh", Format.CSV), (WARD_COLUMNS, PATIENT_COLUMNS), strict=True
    ):
        assert en == zh
        rows = list(csv.reader(io.StringIO(en)))
        assert tuple(rows[0]) == columns
        assert {len(row) for row in rows} == {len(columns)}
        assert all(row[-1] and row[-2] == "draft" for row in rows[1:])


def test_csv_shows_a_name_and_never_a_formula(sheets: tuple[WardSheet, PatientSheet, Desk]) -> None:
    ward, _ = hostile(sheets)
    rows = list(csv.DictReader(io.StringIO(ward_sheet(ward, sheets[2].pack, shipped(), "en", Format.CSV))))
    assert rows[0]["name"].startswith("'=cmd")


def test_every_code_has_its_word_in_both_languages() -> None:
    for language in LANGUAGES:
        assert set(codes.URGENCIES[language]) == set(Urgency)
        assert set(codes.STAGES[language]) == set(Stage)
        assert set(codes.ACTIONS[language]) == set(Action)
        assert set(codes.DECISION_REASONS[language]) == set(Reason)
    assert set(codes.WARD_REASONS["en"]) == set(codes.WARD_REASONS["zh"])
    assert set(codes.SAID["en"]) == set(codes.SAID["zh"])
    for key, text in codes.SAID["en"].items():
        places = [sorted(re.findall(r"\{\w+\}", words)) for words in (text, codes.SAID["zh"][key])]
        assert places[0] == places[1], key


def test_a_sheet_is_written_for_its_owner_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "ward.txt"
    path.write_text("earlier", encoding="utf-8")
    path.chmod(0o644)
    write_sheet(path, "查房单\r\n")
    assert path.read_bytes() == "查房单\r\n".encode()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["ward.txt"]


def test_a_sheet_that_cannot_be_written_leaves_the_earlier_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ward.txt"
    path.write_text("earlier", encoding="utf-8")

    def full(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("titration.service.rounds.handover.writing.os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        write_sheet(path, "later")
    assert path.read_text(encoding="utf-8") == "earlier"
    assert [p.name for p in tmp_path.iterdir()] == ["ward.txt"]
