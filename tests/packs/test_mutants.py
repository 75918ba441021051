"""Worked cases notice a slip: mutants are made, tried on all cases at once, and survivors have their reasons.

The suite tries a share of each pack's mutants; `titration packs mutate --all` tries them all.
"""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from titration.cli import main
from titration.formulary import shipped
from titration.packs.load import SURVIVORS_FILE, find_packs, load_pack
from titration.packs.mutants import OPERATORS, mutants
from titration.packs.problems import PackError
from titration.resources import rules_folder
from titration.service.case_file import CASES_FILE
from titration.service.cases import CaseRunner, run_cases
from titration.service.coverage import cover
from titration.service.mutate import mutate

FOLDERS = find_packs(rules_folder())
FOUNDING, SMALL = "huc-msc-t2dm", "fpg-goal-6-1-2019"
PUBLISHED = tuple(name for name in FOLDERS if name != FOUNDING)


def copied(name: str, folder: Path) -> Path:
    return Path(shutil.copytree(FOLDERS[name], folder / name))


@pytest.mark.slow
@pytest.mark.parametrize("name", FOLDERS)
def test_every_slip_in_a_pack_is_noticed_or_makes_no_difference(name: str) -> None:
    found = mutate(FOLDERS[name], load_pack(FOLDERS[name]), shipped(), every=8 if name == FOUNDING else 3)
    assert [fate.name for fate in found.unexplained] == []
    assert found.stale == ()
    assert found.good
    assert found.equivalent * 100 <= 8 * len(list(mutants(found.pack))), "too much of this pack is redundant"


@pytest.mark.parametrize("name", PUBLISHED)
def test_cases_of_a_published_pack_reach_every_rule_and_both_sides_of_every_threshold(name: str) -> None:
    assert cover(FOLDERS[name], load_pack(FOLDERS[name]), shipped()).gaps == ()


def test_mutants_are_of_every_operator_each_with_a_name_of_its_own() -> None:
    found = list(mutants(load_pack(FOLDERS[FOUNDING])))
    assert {mutant.operator for mutant in found} == set(OPERATORS)
    assert [name for name, n in Counter(mutant.name for mutant in found).items() if n > 1] == []
    assert len(found) > 700


def test_a_mutant_differs_from_its_pack_in_one_place() -> None:
    pack = load_pack(FOLDERS[SMALL])
    for mutant in mutants(pack):
        other = mutant.pack
        rules = sum(rule not in pack.rules for rule in other.rules) + len(pack.rules) - len(other.rules)
        moved = sum(value != pack.parameters.get(name) for name, value in other.parameters.items())
        assert (rules, moved) in ((1, 0), (0, 1), (1, 1)), mutant.name


def test_cases_together_get_the_plans_they_get_alone() -> None:
    pack, formulary = load_pack(FOLDERS[FOUNDING]), shipped()
    runner = CaseRunner(pack, formulary)
    together = run_cases(FOLDERS[FOUNDING], pack, formulary)
    assert len(together) > 200
    for outcome in together:
        alone = runner.run(outcome.case)
        assert set(outcome.planned) == set(alone.planned)
        assert outcome.failures == alone.failures


def test_without_its_cases_a_pack_lets_slips_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copied(SMALL, tmp_path)
    text = (folder / CASES_FILE).read_text(encoding="utf-8")
    edges = ('id = "cell-6.1"', 'id = "lowest-not-mean"')
    fewer = "[[case]]".join(part for part in text.split("[[case]]") if not any(edge in part for edge in edges))
    assert fewer != text
    (folder / CASES_FILE).write_text(fewer, encoding="utf-8")
    found = mutate(folder, load_pack(folder), shipped())
    assert "target 6.0 mmol/L" in {fate.name for fate in found.unexplained}
    (folder / CASES_FILE).write_text("", encoding="utf-8")
    assert main(["packs", "mutate", str(folder)]) == 1
    said = capsys.readouterr()
    assert "survives: target 6.0 mmol/L" in said.out
    assert SMALL in said.err


def test_a_survivor_that_a_case_kills_is_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copied(SMALL, tmp_path)
    listed = folder / SURVIVORS_FILE
    entry = '\n[[survivor]]\nlike = "target 6.0 *"\nreason = "It makes no difference at all."\n'
    listed.write_text(listed.read_text(encoding="utf-8") + entry, encoding="utf-8")
    assert main(["packs", "mutate", str(folder)]) == 1
    assert "'target 6.0 *' names no survivor" in capsys.readouterr().out


def test_a_failing_case_comes_before_any_mutant(tmp_path: Path) -> None:
    folder = copied(SMALL, tmp_path)
    text = (folder / CASES_FILE).read_text(encoding="utf-8")
    (folder / CASES_FILE).write_text(text.replace('dose = "42"', 'dose = "43"', 1), encoding="utf-8")
    with pytest.raises(PackError, match="dose expected 43, got 42"):
        mutate(folder, load_pack(folder), shipped())


def test_survivors_decide_nothing(tmp_path: Path) -> None:
    folder = copied(SMALL, tmp_path)
    before = load_pack(folder).sha256
    (folder / SURVIVORS_FILE).unlink()
    assert load_pack(folder).sha256 == before


def test_the_commands_print_figures_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["packs", "mutate", SMALL, "--json"]) == 0
    (figures,) = json.loads(capsys.readouterr().out)
    assert figures["killed"] + len(figures["survivors"]) == figures["mutants"]
    assert sum(part["mutants"] for part in figures["by_operator"].values()) == figures["mutants"]
    assert all(survivor["reason"] for survivor in figures["survivors"])
    assert main(["packs", "coverage", SMALL]) == 0
    assert "rules that fire: 13 of 13" in capsys.readouterr().out
    assert main(["packs", "coverage", "--all", "--json"]) == 0
    assert {each["pack"] for each in json.loads(capsys.readouterr().out)} == set(FOLDERS)


@pytest.mark.parametrize("action", ["check", "coverage", "mutate"])
def test_packs_are_named_or_all(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    for chosen in ([], [SMALL, "--all"]):
        with pytest.raises(SystemExit) as left:
            main(["packs", action, *chosen])
        assert left.value.code == 2
    assert "usage: titration packs" in capsys.readouterr().err


def test_check_all_runs_the_cases_of_every_pack(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["packs", "check", "--all"]) == 0
    assert capsys.readouterr().out.count("all as expected") == len(FOLDERS)


def test_the_list_says_what_each_pack_aims_at_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for language in ("en", "zh"):
        assert main(["packs", "list", "--lang", language]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == len(FOLDERS)
        for line in lines:
            pack = load_pack(FOLDERS[line.split()[0]])
            assert all(pack.text(language, f"pack.{key}") in line for key in ("target", "statistic", "cadence"))
