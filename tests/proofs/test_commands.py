"""``titration packs prove``: certificates, witnesses anybody can open, and what is said when something is missing."""

import json
import sys
from pathlib import Path

import pytest

from tests.proofs.toys import BASAL, SOUND, toy
from tests.unit.command import refused, run
from titration.expr import smt
from titration.formulary import shipped
from titration.prove.obligations import Caution, Monotone, Proved, Refuted, told
from titration.prove.prover import Prover

ALWAYS = ("b.always", "raise", "dose >= 0", 'up_units = "large"')


def test_a_refuted_obligation_leaves_a_patient_that_assess_opens(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    toy(tmp_path / "toy", ALWAYS, off=True)
    code, out, err = run(capsys, "packs", "prove", tmp_path / "toy", "--out", tmp_path / "witnesses", "--write")
    assert code == 1
    assert "not proved: toy" in err
    assert "REFUTED  Caution basal: a patient with an increase in the week of a" in out
    content = json.loads((tmp_path / "toy" / "certificate.json").read_text(encoding="utf-8"))
    assert content["holds"] is False
    assert {o["outcome"] for o in content["obligations"] if o["id"] == "Caution basal"} == {"refuted"}
    place = next(line.split("titration assess ")[1] for line in out.splitlines() if "caution-basal" in line)
    path, _, patient = place.split(" ")
    code, plan, _ = run(capsys, "assess", path, "--patient", patient, "--pack", tmp_path / "toy", "--json")
    assert code == 0
    assert "adjust_up" in plan


def test_one_names_the_packs_or_asks_for_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert "name the packs to prove, or give --all" in refused(capsys, "packs", "prove")
    assert "name the packs to prove, or give --all" in refused(capsys, "packs", "prove", "ada-basal", "--all")


def test_without_the_solver_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    smt._z3.cache_clear()
    monkeypatch.setitem(sys.modules, "z3", None)
    assert "pip install 'titration[prove]'" in refused(capsys, "packs", "prove", "ada-basal")
    smt._z3.cache_clear()


def departing(folder: Path, name: str) -> Prover:
    """A pack that is not monotone, and says which obligation it breaks."""
    in_band = ("b.taper", "taper", "taper_on and over == 0 and under == 0", 'down_units = "step"')
    toy(folder, *SOUND, in_band)
    path = folder / "pack.toml"
    text = path.read_text(encoding="utf-8")
    said = text.replace("[prove]\n", f'[prove]\ndeparts = {{ "{name}" = "as published" }}\n')
    path.write_text(said, encoding="utf-8")
    from titration.packs.load import load_pack

    return Prover(load_pack(folder), shipped())


def test_a_departure_that_is_told_must_be_there(tmp_path: Path) -> None:
    prover = departing(tmp_path, told(Monotone(BASAL)))
    broken, kept = prover.findings([Monotone(BASAL), Caution(BASAL)])
    assert (type(broken.outcome), broken.holds, broken.departs) == (Refuted, True, "as published")
    assert (type(kept.outcome), kept.holds) == (Proved, True)


def test_a_departure_that_is_none_fails(tmp_path: Path) -> None:
    (found,) = departing(tmp_path / "a", told(Caution(BASAL))).findings([Caution(BASAL)])
    assert (type(found.outcome), found.holds) == (Proved, False)
    with pytest.raises(ValueError, match="no obligation of this pack"):
        list(departing(tmp_path / "b", "Monotone prandial").findings([]))
