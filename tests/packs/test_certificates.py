"""Every shipped pack has a certificate, of what it is now, and nothing in it failed."""

import json
import shutil
from pathlib import Path

import pytest

from titration.formulary import shipped
from titration.packs.load import find_packs, load_pack
from titration.prove.certificate import CERTIFICATE, code_of, stale
from titration.resources import rules_folder

FOLDERS = find_packs(rules_folder())
REMEDY = "run `titration packs prove --all --write`, then `titration packs docs`"


@pytest.mark.parametrize("name", FOLDERS)
def test_the_certificate_is_of_the_pack_and_the_engine_as_they_are(name: str) -> None:
    assert stale(FOLDERS[name], load_pack(FOLDERS[name]), shipped()) == "", REMEDY


@pytest.mark.parametrize("name", FOLDERS)
def test_everything_is_proved_or_a_departure_the_pack_tells_of(name: str) -> None:
    content = json.loads((FOLDERS[name] / CERTIFICATE).read_text(encoding="utf-8"))
    pack = load_pack(FOLDERS[name])
    assert (content["pack"], content["version"], content["holds"]) == (pack.id, pack.version, True)
    broken = {o["id"] for o in content["obligations"] if o["outcome"] != "proved"}
    assert broken == set(pack.departs)
    assert {f"Reachable {rule.id}" for rule in pack.rules} <= {o["id"] for o in content["obligations"]}


def test_a_changed_rule_makes_it_stale_and_a_worked_case_does_not(tmp_path: Path) -> None:
    here = Path(shutil.copytree(FOLDERS["ada-basal"], tmp_path / "ada-basal"))
    with (here / "cases.toml").open("a", encoding="utf-8") as cases:
        cases.write("\n# another remark\n")
    assert stale(here, load_pack(here), shipped()) == ""
    with (here / "pack.toml").open("a", encoding="utf-8") as rules:
        rules.write("\n# another remark\n")
    assert "pack changed" in stale(here, load_pack(here), shipped())
    (here / CERTIFICATE).unlink()
    assert "no certificate" in stale(here, load_pack(here), shipped())


def test_the_engine_is_another_by_its_code_and_not_by_its_prose() -> None:
    source = (
        '"""A module."""\n\nLOW = 39  # level 1\n\n\ndef f() -> str:\n    """Say so."""\n    return "# no comment"\n'
    )
    prose = '"""Another word."""\nLOW = 39\n# a remark\ndef f() -> str:\n    """Said."""\n\n    return "# no comment"\n'
    assert code_of(source) == code_of(prose)
    assert code_of(source) != code_of(source.replace("39", "40"))
    assert code_of(source) != code_of(source.replace("# no comment", "# a comment"))
