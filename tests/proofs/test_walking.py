"""Weeks in which every plan is followed: what a walk sees of packs that taper well, too fast, and not at all."""

from pathlib import Path

from tests.proofs.toys import SOUND, prover, toy
from titration.engine.decide import Engine
from titration.formulary import shipped
from titration.packs.model import Pack
from titration.prove.obligations import Proved, Refuted, Settles
from titration.prove.walk import Letters, Walked, starts, walk
from titration.units import UnitSystem

TAPER = ("b.taper", "taper", "taper_on and over == 0", 'down_units = "step"')
CLIFF = ("b.taper", "taper", "taper_on and over == 0", 'down_units = "large"')
IN_RANGE = Letters(((60, 60),), (), 0)


def walked(pack: Pack, days: int = 30) -> Walked:
    """The walk of a patient on basal insulin whose readings are all 6.0."""
    engine = Engine(pack, UnitSystem.MMOL, shipped())
    return walk(engine, starts(shipped())[0], IN_RANGE, days)


def test_a_taper_ends_within_range_and_says_when_half_is_reached(tmp_path: Path) -> None:
    found = walked(toy(tmp_path, *SOUND, TAPER))
    # 20 units, 2 a step, a step every 3 days: 10 after the fifth step.
    assert found.halved is not None
    assert found.last is not None
    assert (found.swings, found.deep, found.complete) == (0, 0, True)


def test_a_taper_that_falls_off_a_cliff_is_seen(tmp_path: Path) -> None:
    pack = toy(tmp_path, *SOUND, CLIFF, off=True)
    assert walked(pack).deep > 0
    outcome = prover(pack).discharge(Settles())
    assert isinstance(outcome, Refuted)
    assert "below half of a fortnight's highest" in outcome.told


def test_the_guard_holds_the_same_taper_to_its_caps(tmp_path: Path) -> None:
    assert walked(toy(tmp_path, *SOUND, CLIFF)).deep == 0


def test_without_a_taper_there_is_nothing_to_walk(tmp_path: Path) -> None:
    outcome = prover(toy(tmp_path, *SOUND)).discharge(Settles())
    assert isinstance(outcome, Proved)
    assert "no taper" in outcome.how
