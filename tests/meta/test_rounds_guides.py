"""The guides of the ward round say what the program does: their tables are made by it, and are not stale."""

import re
import runpy
from pathlib import Path

import pytest

from tui.keys import ACTIONS

ROOT = Path(__file__).resolve().parents[2]
TABLES = runpy.run_path(str(ROOT / "docs" / "rounds_tables.py"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_tables_of_the_guides_are_those_the_program_makes(language: str) -> None:
    text = TABLES["GUIDES"][language].read_text(encoding="utf-8")
    assert TABLES["filled"](text, language) == text, "run: python docs/rounds_tables.py"
    for name in TABLES["TABLES"]:
        assert text.count(f"BEGIN {name}:") == text.count(f"END {name} ") == 1


def test_every_action_with_a_key_is_in_the_guide() -> None:
    text = TABLES["GUIDES"]["en"].read_text(encoding="utf-8")
    told = set(re.findall(r"^\| .* \| (.+) \|$", text, flags=re.MULTILINE))
    places = set(TABLES["PLACES"]["en"])
    missing = [action.id for action in ACTIONS if action.en not in told and set(action.modes) & places]
    assert missing == []


def test_both_guides_name_the_same_screens() -> None:
    assert set(TABLES["PLACES"]["en"]) == set(TABLES["PLACES"]["zh"])
