"""The conformance kit: a careful calculator passes, every usual mistake is found, our own packs keep their laws."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from titration.cli import main
from titration.service.packs import open_formulary, open_pack
from titration.testing.calculator import CalculatorFailed, PackCalculator, Program
from titration.testing.conformance import Conformance, examine
from titration.testing.console import as_json, report
from titration.testing.laws import LAWS, REGIMENS
from titration.testing.patients import patient, profile
from titration.testing.protocol import Answer, State
from titration.testing.tables import all_cells

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "calculators" / "sliding_doses.py"
FOUND_BY = {
    "same-cut": "depth",
    "missing-is-fine": "missing-data",
    "parts-round-up": "parts",
    "no-cap": "step-cap",
    "mean-hides-low": "lockout",
    "stale": "stale",
    "unit-blind": "published-pairs",
    "reads-anything": "slips",
    "low-is-number": "censored",
    "repeats": "once",
    "zero": "device",
    "band": "monotone",
    "deaf": "symptoms",
}


def example(*arguments: str) -> Conformance:
    return examine(Program((sys.executable, str(EXAMPLE), *arguments)), REGIMENS)


def broken(found: Conformance) -> set[str]:
    return {v.law.id for v in found.verdicts if v.faults}


def test_a_careful_calculator_keeps_every_law() -> None:
    found = example()
    assert broken(found) == set()
    assert found.holds
    assert {v.law.id for v in found.verdicts if v.trials} == {law.id for law in LAWS}


@pytest.mark.parametrize("mistake", FOUND_BY)
def test_every_usual_mistake_is_found(mistake: str) -> None:
    found = example("--mistake", mistake)
    assert FOUND_BY[mistake] in broken(found)
    assert not found.holds


def test_the_example_lists_its_mistakes_and_each_has_its_law() -> None:
    listed = subprocess.run([sys.executable, EXAMPLE, "--help"], capture_output=True, text=True, check=True).stdout
    assert all(mistake in listed for mistake in FOUND_BY)
    assert listed.split("{")[1].split("}")[0].replace("\n", "").replace(" ", "").split(",") == sorted(FOUND_BY)


@pytest.mark.slow
def test_the_founding_pack_keeps_every_law_from_outside() -> None:
    found = examine(PackCalculator(open_pack("huc-msc-t2dm", None), open_formulary(None)), REGIMENS)
    assert [(f.what, f.states[0].id) for v in found.verdicts for f in v.faults] == []
    assert found.holds


def test_the_founding_pack_raises_a_dose_where_it_may() -> None:
    """Laws that forbid increases mean nothing of a calculator that never makes one."""
    state = patient("basal", profile("12.0")).model_copy(update={"id": "high"})
    said = PackCalculator(open_pack("huc-msc-t2dm", None), open_formulary(None))([state])["high"]
    assert isinstance(said, Answer)
    assert said.lines[0].plan == "adjust_up"


class Silent:
    """Answers some patients, and those in a form of its own."""

    def __init__(self, **said: object) -> None:
        self.said = said

    def __call__(self, states: Sequence[State]) -> Mapping[str, Answer | str]:
        return {s.id: Answer.model_validate({"id": s.id, **self.said}) for s in states}


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ([], "answers for lines none"),
        ([{"line": "L1", "plan": "hold", "dose": "22"}], "says 'hold'"),
        ([{"line": "L1", "plan": "adjust_up", "dose": "20"}], "says 'adjust_up'"),
        ([{"line": "L1", "plan": "hold", "dose": "twenty"}], "not a plain decimal"),
    ],
)
def test_answers_that_contradict_themselves_are_faults(lines: list[object], what: str) -> None:
    found = examine(Silent(lines=lines), ("basal",))
    assert not found.holds
    assert what in found.form[0].what
    assert all(not v.trials or not v.faults for v in found.verdicts) or found.form


def test_a_calculator_that_depends_on_order_is_found() -> None:
    class Forgetful:
        def __call__(self, states: Sequence[State]) -> Mapping[str, Answer | str]:
            line = {"line": "L1", "dose": "20"}
            return {
                s.id: Answer.model_validate({"id": s.id, "lines": [line | {"plan": "hold" if i else "need_data"}]})
                for i, s in enumerate(states)
            }

    assert examine(Forgetful(), ("basal",)).order


def test_programs_that_fail_are_said_to_fail(tmp_path: Path) -> None:
    with pytest.raises(CalculatorFailed, match="no program"):
        examine(Program((str(tmp_path / "absent"),)), ("basal",))
    with pytest.raises(CalculatorFailed, match="exit code 3: no licence"):
        examine(Program((sys.executable, "-c", "import sys; sys.stderr.write('no licence'); sys.exit(3)")), ("basal",))


def test_the_command_reports_and_exits_by_what_it_found() -> None:
    base = [sys.executable, "-m", "titration.cli", "conformance", "--regimen", "basal"]
    kept = subprocess.run([*base, "--", sys.executable, EXAMPLE], capture_output=True, text=True, check=False)
    assert kept.returncode == 0, kept.stderr
    command = [*base, "--json", "--", sys.executable, EXAMPLE, "--all-mistakes"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    laws = {law["id"]: law for law in json.loads(found.stdout)["laws"]}
    assert laws["depth"]["smallest"]["states"][0]["readings"]
    none = subprocess.run(base, capture_output=True, text=True, check=False)
    assert none.returncode == 2
    assert "name a calculator" in none.stderr


def test_a_pack_answers_in_the_same_form() -> None:
    state = patient("premix", profile("12.0")).model_copy(update={"id": "p"})
    command = [sys.executable, "-m", "titration.cli", "calculator"]
    said = subprocess.run(command, input=state.model_dump_json(), capture_output=True, text=True, check=True).stdout
    answer = Answer.model_validate_json(said)
    assert {line.line for line in answer.lines} == {"L1", "L2"}
    bad = subprocess.run(command, input='{"id": "p"}', capture_output=True, text=True, check=False)
    assert bad.returncode == 2
    assert "stdin line 1" in bad.stderr


CELLS = all_cells(open_formulary(None))
TABLES = {table: [c for c in CELLS if c.table == table] for table in dict.fromkeys(c.table for c in CELLS)}


def test_every_cell_that_is_written_can_be_asked_about() -> None:
    assert len(TABLES) >= 16
    assert len(CELLS) >= 290
    assert {cell.regimen for cell in CELLS} == {"basal", "premix"}


@pytest.mark.parametrize("table", TABLES)
def test_a_pack_answers_its_own_table_as_published(table: str) -> None:
    calculator = PackCalculator(open_pack(table, None), open_formulary(None))
    found = examine(calculator, REGIMENS, laws=(), cells=TABLES[table], claimed=(table,))
    assert [what for verdict in found.tables for what, _ in verdict.differences] == []
    assert [(t.claimed, t.as_published) for t in found.tables] == [(True, len(TABLES[table]))]
    assert found.holds


def test_another_algorithm_than_the_one_claimed_is_told_cell_by_cell() -> None:
    table = "treat-to-target-2003"
    calculator = PackCalculator(open_pack("predictive-303-2007", None), open_formulary(None))
    found = examine(calculator, REGIMENS, laws=(), cells=TABLES[table], claimed=(table,))
    assert not found.holds
    told = "\n".join(report(found))
    assert f"DIFFERS {table}" in told
    assert "published: 42 (cell-5.7: 5.7 mmol/L: plus 2 units.)" in told
    unclaimed = examine(calculator, REGIMENS, laws=(), cells=TABLES[table])
    assert unclaimed.holds
    assert as_json(unclaimed)["tables"]
    assert f"table   {table}: {unclaimed.tables[0].as_published} of " in "\n".join(report(unclaimed))


def test_a_table_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conformance", "--pack", "ada-basal", "--table", "riddle"]) == 2
    assert "no published table riddle; there are ada-basal, " in capsys.readouterr().err
