"""The page of the library is what the packs say, and every pack of it keeps the library's promises."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from titration.formulary import shipped
from titration.packs.load import find_packs, load_pack
from titration.resources import rules_folder
from titration.service.cases import read_cases
from titration.units import Pair, UnitSystem

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = find_packs(rules_folder())
PUBLISHED = tuple(name for name in FOLDERS if name != "huc-msc-t2dm")


@pytest.fixture(scope="module")
def table() -> ModuleType:
    spec = importlib.util.spec_from_file_location("packs_table", ROOT / "docs" / "packs_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current(table: ModuleType) -> None:
    assert (ROOT / "docs" / "packs-library.md").read_text(encoding="utf-8") == table.page(), (
        "python docs/packs_table.py"
    )


@pytest.mark.parametrize("name", FOLDERS)
def test_a_pack_says_its_target_statistic_and_pace_in_both_languages(name: str) -> None:
    pack = load_pack(FOLDERS[name])
    for language in ("en", "zh"):
        for key in ("name", "purpose", "target", "statistic", "cadence"):
            assert pack.texts[language][f"pack.{key}"], (language, key)
        assert pack.texts[language].keys() == pack.texts["en"].keys()


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_pack_is_a_draft_with_notes_and_no_unsigned_number(name: str) -> None:
    pack = load_pack(FOLDERS[name])
    assert pack.status == "draft"
    assert not pack.guard_off
    notes = (FOLDERS[name] / "NOTES.md").read_text(encoding="utf-8")
    for heading in ("leaves open", "The guard stays on", "Where paper and laws meet"):
        assert heading in notes, heading
    for parameter in pack.parameters.values():
        assert parameter.source is not None or (parameter.sign_off and parameter.note), parameter.name
        assert pack.texts["zh"].get(f"parameter.{parameter.name}"), parameter.name
        assert not parameter.note or pack.texts["zh"].get(f"parameter_note.{parameter.name}"), parameter.name


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_threshold_is_met_on_it_and_one_step_to_each_side(name: str) -> None:
    """In both units, by some reading of some case; LO stands for what lies below the meter."""
    pack = load_pack(FOLDERS[name])
    seen: dict[UnitSystem, set[int]] = {system: set() for system in UnitSystem}
    for case in read_cases(FOLDERS[name], pack, shipped()):
        seen[case.log.system] |= set(case.log.readings.value.tolist())
    for parameter in pack.parameters.values():
        if not isinstance(parameter.value, Pair) or parameter.name in ("meter_floor", "low_2"):
            continue
        for system in UnitSystem:
            at = parameter.value.on(system)
            assert {at - 1, at, at + 1} <= seen[system], (parameter.name, system.text)
