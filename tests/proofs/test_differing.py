"""Two packs beside each other: verdicts over every patient, regions with a patient each, and the plans of a log that change."""

import json
from pathlib import Path

import pytest

from tests.laws.wards import ward
from tests.proofs.toys import SOUND, toy
from tests.unit.command import run
from titration.formulary import shipped
from titration.log.canonical_writer import write_canonical
from titration.packs.model import Pack
from titration.prove.differing import Pair

NO_RAISE = SOUND[:3]


def verdicts(old: Pack, new: Pack) -> dict[str, bool | None]:
    return {v.statement: v.holds for v in Pair(old, new, shipped()).verdicts()}


def test_a_pack_beside_itself_decides_the_same(tmp_path: Path) -> None:
    pack = toy(tmp_path, *SOUND)
    assert verdicts(pack, pack) == {
        "same decisions": True,
        "only ever less drug": True,
        "only ever more cautious": True,
    }
    assert list(Pair(pack, pack, shipped()).regions()) == []


def test_a_pack_that_raises_no_more_is_less_drug_and_more_cautious_and_not_the_other_way_about(tmp_path: Path) -> None:
    raises, not_any_more = toy(tmp_path / "raises", *SOUND), toy(tmp_path / "not", *NO_RAISE)
    less = {"same decisions": False, "only ever less drug": True, "only ever more cautious": True}
    assert verdicts(raises, not_any_more) == less
    assert verdicts(not_any_more, raises) == dict.fromkeys(less, False)
    (region, *_) = Pair(raises, not_any_more, shipped()).regions()
    assert (region.direction, region.old_rule, region.largest) == ("lower", "b.raise", 2_000)
    assert 0 < region.old_dose - region.new_dose <= region.largest


def test_a_lost_reduction_is_less_cautious(tmp_path: Path) -> None:
    with_it, without = toy(tmp_path / "with", *SOUND), toy(tmp_path / "without", SOUND[0], SOUND[1], SOUND[3])
    found = verdicts(with_it, without)
    assert found["only ever more cautious"] is False
    assert found["only ever less drug"] is False


def test_packs_that_judge_by_other_readings_are_only_compared_on_a_log(tmp_path: Path) -> None:
    one = toy(tmp_path / "one", *SOUND)
    path = tmp_path / "one" / "pack.toml"
    (tmp_path / "two").mkdir()
    text = path.read_text(encoding="utf-8").replace('pre = ["fasting"]', 'pre = ["pre_dinner"]')
    (tmp_path / "two" / "pack.toml").write_text(text, encoding="utf-8")
    from titration.packs.load import load_pack

    assert (
        Pair(one, load_pack(tmp_path / "two"), shipped()).incomparable == "the packs judge lines by different readings"
    )


def test_diff_prints_verdicts_regions_witnesses_and_the_plans_of_a_log(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    toy(tmp_path / "old", *SOUND)
    toy(tmp_path / "new", *NO_RAISE)
    log = ward(5, patients=6, days=14)
    units = dict.fromkeys(log.drugs, "units")
    write_canonical((log,), tmp_path / "log", "csv", drug_units=units)
    paths = (tmp_path / "old", tmp_path / "new", "--log", tmp_path / "log", "--out", tmp_path / "witnesses")
    code, out, _ = run(capsys, "packs", "diff", *paths)
    assert code == 1
    assert "proved   only ever more cautious" in out
    assert "log:" in out
    assert (tmp_path / "witnesses" / "region-0" / "readings.csv").is_file()
    code, out, _ = run(capsys, "packs", "diff", tmp_path / "new", tmp_path / "new", "--json")
    assert code == 0
    assert set(json.loads(out)["verdicts"].values()) == {"proved"}
