"""The committed pages are what the packs say, and say all of it in both languages."""

import re
from pathlib import Path

import pytest

from titration.explain.pack_words import ACTION_NAMES, LINE_KIND_NAMES, PAGE
from titration.expr.nodes import Compare, ParameterRef
from titration.expr.walk import leaves
from titration.formulary import shipped
from titration.packs.load import find_packs, load_pack
from titration.resources import rules_folder
from titration.service.pack_pages import pages_of, write_pages

PAGES = Path(__file__).resolve().parents[2] / "docs" / "packs"
PACKS = find_packs(rules_folder())


@pytest.mark.parametrize("name", PACKS)
def test_committed_pages_are_current(name: str) -> None:
    for page, text in pages_of(PACKS[name], shipped()).items():
        assert (PAGES / page).read_text(encoding="utf-8") == text, "run `titration packs docs`"


def test_no_page_without_its_pack() -> None:
    assert {path.name.split(".")[0] for path in PAGES.glob("*.md")} == set(PACKS)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", PACKS)
def test_every_rule_number_and_source_is_on_the_page(name: str, language: str) -> None:
    pack = load_pack(PACKS[name])
    text = pages_of(PACKS[name], shipped())[f"{pack.id}.{language}.md"]
    rows = {row.split("`")[1]: row for row in text.splitlines() if row.startswith("| `")}
    for rule in pack.rules:
        assert pack.text(language, f"rule.{rule.id}") in rows[rule.id]
        assert all(f"(#{source})" in rows[rule.id] for source in rule.sources)
        named = {
            leaf.right.name
            for leaf in leaves(rule.when)
            if isinstance(leaf, Compare) and isinstance(leaf.right, ParameterRef)
        }
        assert all(pack.texts[language].get(f"parameter.{p}", "") in rows[rule.id] for p in named)
    assert set(pack.parameters) <= rows.keys()
    assert all(f'<a id="{source}"></a>' in text for source in pack.sources)
    anchors = set(re.findall(r'<a id="([^"]+)"', text))
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors


def test_both_languages_have_the_same_words_and_places() -> None:
    for table in (PAGE, LINE_KIND_NAMES, ACTION_NAMES):
        assert table["en"].keys() == table["zh"].keys()
    places = {
        language: {k: set(re.findall(r"{(\w+)}", v)) for k, v in PAGE[language].items()} for language in ("en", "zh")
    }
    assert places["en"] == places["zh"]


def test_a_stale_page_is_named_and_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert write_pages([], None, tmp_path, check=False) == 0
    assert write_pages([], None, tmp_path, check=True) == 0
    page = min(tmp_path.iterdir())
    page.write_text("an older page\n", encoding="utf-8")
    capsys.readouterr()
    assert write_pages([], None, tmp_path, check=True) == 1
    assert page.name in capsys.readouterr().out
