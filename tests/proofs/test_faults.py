"""Every obligation can fail: a toy pack with a planted fault is refuted, by a patient in whom the engine shows it."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.proofs.toys import BASAL, SOUND, prover, toy
from titration.clinical import LineKind
from titration.engine.decide import Engine
from titration.expr.smt import Symbol, constant, number
from titration.formulary import shipped
from titration.packs.model import Tier
from titration.prove import guarding
from titration.prove.guarding import Device, Proposal, Verdict
from titration.prove.obligations import (
    CapsHold,
    Caution,
    Guarded,
    GuardHolds,
    LowNeverRaises,
    MissingNeverRaises,
    Monotone,
    NoGap,
    NoOverlap,
    Obligation,
    Proved,
    Reachable,
    Refuted,
    Settles,
    UnitsAgree,
    obligations,
)
from titration.prove.replay import replay
from titration.prove.unconstrained import Limiter, broken_promises
from titration.units import UnitSystem

VALUES = {"c_peptide": 900}
"""What a blind guard takes a fact for; 0 where nothing else is said."""
Rules = tuple[tuple[str, str, str, str], ...]
ALWAYS = ("b.always", "raise", "dose >= 0", 'up_units = "large"')
STOP = ("b.stop", "taper", "taper_on and over == 0", "stop = true")
IN_BAND = ("b.taper", "taper", "taper_on and over == 0 and under == 0", 'down_units = "step"')
UNTIL_MEASURED = ("b.until", "raise", "mean > high and lows == 0 and not known(egfr)", 'up_units = "step"')

FAULTS: dict[str, tuple[Obligation, Rules, bool, tuple[str, ...]]] = {
    "a mean in target that nobody speaks for": (NoGap(BASAL), (SOUND[3],), False, ()),
    "two raises at once": (NoOverlap(BASAL, Tier.RAISE), (*SOUND, ("b.raise.more", *SOUND[3][1:])), False, ("raise",)),
    "an insulin stopped without C-peptide": (Guarded(BASAL), (*SOUND, STOP), True, ()),
    "a raise after a low, with no guard": (Caution(BASAL), (ALWAYS,), True, ()),
    "a step of 20 units, with no guard": (CapsHold(BASAL), (ALWAYS,), True, ()),
    "a raise until eGFR is measured": (MissingNeverRaises(BASAL), (*SOUND[:3], UNTIL_MEASURED), False, ()),
    "a taper that a low ends": (LowNeverRaises(BASAL), (IN_BAND,), False, ()),
    "a taper bounded from below": (Monotone(BASAL), (IN_BAND,), False, ()),
    "a raise whatever glucose is": (Settles(), (ALWAYS,), False, ()),
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_planted_fault_is_refuted_by_a_patient(fault: str, tmp_path: Path) -> None:
    obligation, rules, off, unique = FAULTS[fault]
    outcome = prover(toy(tmp_path, *rules, off=off, unique=unique)).discharge(obligation)
    assert isinstance(outcome, Refuted), outcome
    if not isinstance(obligation, Settles):
        assert outcome.witnesses, "a fault of one step is shown by a patient"


def test_a_rule_that_never_fires_is_refuted(tmp_path: Path) -> None:
    pack = toy(tmp_path, *SOUND, ("b.dead", "raise", "mean > high and mean < low", 'up_units = "step"'))
    assert isinstance(prover(pack).discharge(Reachable("b.dead")), Refuted)
    assert isinstance(prover(pack).discharge(Reachable("b.raise")), Proved)


def test_a_pair_that_is_no_pair_is_refuted_by_a_patient_in_both_units(tmp_path: Path) -> None:
    pack = toy(tmp_path, *SOUND, high=("7.0", 160))
    outcome = prover(pack).discharge(UnitsAgree())
    assert isinstance(outcome, Refuted), outcome
    one, two = outcome.witnesses
    assert (one.log.system, two.log.system) == (UnitSystem.MMOL, UnitSystem.MGDL)
    doses = [replay(Engine(pack, w.log.system, shipped()), w) for w in (one, two)]
    assert all(doses)


def test_a_sound_toy_keeps_every_obligation(tmp_path: Path) -> None:
    pack = toy(tmp_path, *SOUND, unique=("raise", "hold"))
    wanted = [o for o in obligations(pack) if o not in (Reachable("z.review"), NoOverlap(BASAL, Tier.HOLD))]
    assert [(o, f.outcome) for o in wanted for f in prover(pack).findings([o]) if not f.holds] == []


def test_a_pack_without_its_guard_is_refuted(tmp_path: Path) -> None:
    assert isinstance(prover(toy(tmp_path, *SOUND, off=True)).discharge(GuardHolds()), Refuted)


# ----------------------------------------------------------------------- a guard with one limit taken out


def without(fact: str) -> Limiter:
    """The guard, blind for one fact."""

    def limiter(proposal: Proposal, look: guarding.Look, kind: LineKind, gives: Device) -> Verdict:
        def blind(name: str) -> Symbol:
            found = look(name)
            return (
                replace(found, value=number(VALUES.get(fact, 0)), known=constant(value=True)) if name == fact else found
            )

        return guarding.guarded(proposal, blind, kind, gives)

    return limiter


@pytest.mark.parametrize(
    "fact",
    ["lows", "symptoms", "severe", "reading_age", "missed", "doubts", "doubtful_dose", "record_age", "c_peptide"],
)
def test_a_guard_blind_for_a_fact_breaks_a_promise(fact: str) -> None:
    assert broken_promises(BASAL) == []
    assert broken_promises(BASAL, without(fact)) != []
