"""A comparison counts what the packs say, names who raises what another lowers, and claims no outcome."""

import csv
import json
import re
from itertools import product
from pathlib import Path

import pytest

from tests.laws.plans import decide, engine
from tests.unit.command import PACK
from titration.cli import main
from titration.engine.plans import NEED, REFER
from titration.report.figures import Share
from titration.report.versus import MOVES, Versus
from titration.report.versus_page import versus_html
from titration.report.versus_summary import versus_summary
from titration.report.versus_tables import versus_sections
from titration.service.case_file import Case, read_cases
from titration.service.packs import open_formulary, open_pack, pack_folder
from titration.testing.wards import ward
from titration.units import UnitSystem

PACKS = ("predictive-303-2007", "cds-basal", "treat-to-target-2003")


def versus(*packs: str, seed: int = 5) -> Versus:
    found = Versus(tuple(engine(pack, UnitSystem.MMOL).pack for pack in packs))
    log = ward(seed)
    found.add([decide(pack, log) for pack in packs])
    return found


def summary_of(found: Versus) -> dict[str, object]:
    return versus_summary(found, format="made up", taper="as recorded")


def test_every_count_is_a_part_of_its_denominator() -> None:
    summary = versus_summary(versus(*PACKS), format="made up", taper="off")
    assert len(summary["pairs"]) == 3
    for pair in summary["pairs"]:
        cells = sum(pair["moves"][a][b] for a, b in product(MOVES, MOVES))
        assert 0 < cells == pair["answered_by_both"] <= pair["judged_by_both"]
        assert pair["same_move"] + pair["moves"]["keep"]["keep"] == pair["same_direction"]
        assert pair["same_dose"] <= pair["same_direction"]
        assert pair["opposite"] <= pair["either_moves"]


def test_plans_are_counted_as_the_engine_gives_them() -> None:
    found = versus(*PACKS)
    plans = decide("cds-basal", ward(5)).plans
    assert sum(n for (place, _, _), n in found.kinds.items() if place == 1) == len(plans)
    waits = sum(n for (place, _, kind), n in found.kinds.items() if place == 1 and kind == "need_data")
    assert waits == int((plans.kind == NEED).sum()) > 0
    referred = sum(n for (place, _, kind), n in found.kinds.items() if place == 1 and kind == "refer")
    assert referred == int((plans.kind == REFER).sum()) > 0


def test_what_was_missing_is_counted_on_the_lines_a_pack_judges() -> None:
    """A basal pack waits for nothing on tablets: beside their days its own gaps would look small."""
    summary = versus_summary(versus(*PACKS), format="made up", taper="off")
    for pack in summary["packs"]:
        judged = sum(sum(pack["plans"][kind].values()) for kind in pack["judges"])
        assert 0 < sum(pack["missing"].values()) <= judged < summary["input"]["line_days"]
        (section,) = (s for s in versus_sections(summary, "en") if s.key == "missing")
        (table,) = section.tables
        shares = [row[-1] for row in table.rows]
        assert judged in {share.of for share in shares if isinstance(share, Share)}


def test_a_pack_against_itself_agrees_always() -> None:
    found = Versus((engine(PACK, UnitSystem.MMOL).pack,) * 2)
    found.add([decide(PACK, ward(3))] * 2)
    (pair,) = versus_summary(found, format="", taper="off")["pairs"]
    assert pair["same_direction"] == pair["same_dose"] == pair["answered_by_both"] > 0
    assert pair["opposite"] == 0


def test_blocks_add_up() -> None:
    packs = tuple(engine(pack, UnitSystem.MMOL).pack for pack in PACKS)
    apart, other = Versus(packs), versus(*PACKS, seed=6)
    for seed in (5, 6):
        apart.add([decide(pack, ward(seed)) for pack in PACKS])
    assert apart.rows == versus(*PACKS).rows + other.rows
    assert apart.pairs == versus(*PACKS).pairs + other.pairs


def one_case(pack: str, name: str) -> Case:
    folder = pack_folder(pack, None)
    return next(c for c in read_cases(folder, open_pack(pack, None), open_formulary(None)) if c.name == name)


def test_a_mean_raises_what_a_lowest_value_lowers() -> None:
    """9.0, 4.3 and 9.0: on average far above target, and one morning below it."""
    log = one_case("cds-basal", "lowest-down").log
    found = Versus(tuple(engine(pack, UnitSystem.MMOL).pack for pack in PACKS))
    found.add([decide(pack, log) for pack in PACKS])
    assert found.opposite >= 1
    last = found.examples[-1]
    assert (last.fasting, last.before) == ("9.0", 40_000)
    answers = dict(zip(PACKS, last.answers, strict=True))
    assert answers["predictive-303-2007"] is not None
    assert (answers["predictive-303-2007"].kind, answers["predictive-303-2007"].after) == ("adjust_up", 43_000)
    assert answers["cds-basal"] is not None
    assert (answers["cds-basal"].kind, answers["cds-basal"].rule) == ("adjust_down", "basal.reduce.under-target")
    (pair,) = [p for p in summary_of(found)["pairs"] if (p["a"], p["b"]) == PACKS[:2]]  # type: ignore[attr-defined]
    assert pair["moves"]["up"]["down"] == pair["opposite"] == 1 <= found.opposite


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_stands_alone_and_says_what_a_replay_cannot_show(language: str) -> None:
    page = "\n".join(versus_html(summary_of(versus(*PACKS)), language))  # type: ignore[arg-type]
    assert ("never outcomes" if language == "en" else "从不显示疗效") in page
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert page.count("<svg") >= 1 + len(PACKS)
    assert "{" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)


def test_the_command_prints_writes_and_draws(
    made_ward: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, page = tmp_path / "out", tmp_path / "page.html"
    asked = ["compare", str(made_ward), "--packs", ",".join(PACKS), "--out", str(out), "--html", str(page)]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert "never outcomes" in " ".join(said.split())
    assert re.search(r"\d+ of \d+ \(", said)
    summary = json.loads((out / "compare.json").read_text(encoding="utf-8"))
    assert [pack["id"] for pack in summary["packs"]] == list(PACKS)
    with (out / "opposites.csv").open(encoding="utf-8", newline="") as file:
        assert len(next(csv.reader(file))) == 7 + 3 * len(PACKS)
    before = page.read_bytes()
    assert main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == summary
    assert page.read_bytes() == before


@pytest.mark.parametrize(
    ("packs", "says"),
    [("cds-basal", "takes 2 to"), ("cds-basal,cds-basal", "given twice"), ("cds-basal,no-such", "no pack 'no-such'")],
)
def test_too_few_the_same_or_unknown_packs_are_refused(
    packs: str, says: str, made_ward: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(made_ward), "--packs", packs]) == 2
    assert says in capsys.readouterr().err
