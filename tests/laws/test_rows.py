"""A patient's plans depend on that patient alone, and on what the rules say, not on where they stand."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st

from tests.laws.answers import RULE, answers, decided, differences, moved_by, reordered
from tests.laws.plans import decide, engine, over_packs
from tests.laws.rewriting import rewritten, shuffled_rules
from tests.laws.test_monotone import seeds
from tests.laws.wards import ward
from titration.log.blocks import blocks, only
from titration.log.model import Log
from titration.units import UnitSystem

PATIENTS = 10


def in_blocks(pack: str, log: Log, patients: int) -> dict[object, object]:
    return {key: answer for block in blocks(log, patients) for key, answer in answers(decide(pack, block)).items()}


@over_packs(seed=seeds, system=st.sampled_from(UnitSystem), size=st.integers(2, PATIENTS - 1))
def test_blocks_of_any_size_give_the_same_plans(pack: str, seed: int, system: UnitSystem, size: int) -> None:
    log = ward(seed, patients=PATIENTS, system=system)
    together = answers(decide(pack, log))
    assert len({key[0] for key in together}) == PATIENTS
    assert differences(together, in_blocks(pack, log, size)) == []


@over_packs(seed=seeds, system=st.sampled_from(UnitSystem))
def test_each_patient_alone_gets_the_same_plans(pack: str, seed: int, system: UnitSystem) -> None:
    log = ward(seed, patients=PATIENTS, days=12, system=system)
    alone = {
        key: answer
        for patient in range(PATIENTS)
        for key, answer in answers(decide(pack, only(log, patient, patient + 1))).items()
    }
    assert differences(answers(decide(pack, log)), alone) == []


@over_packs(seed=seeds, system=st.sampled_from(UnitSystem))
def test_patients_in_another_order_get_the_same_plans(pack: str, seed: int, system: UnitSystem) -> None:
    log = ward(seed, system=system)
    order = np.random.default_rng(seed).permutation(len(log.people))
    assert differences(answers(decide(pack, log)), answers(decide(pack, reordered(log, order)))) == []


@over_packs(seed=seeds, system=st.sampled_from(UnitSystem))
def test_rules_in_another_order_give_the_same_plans(
    pack: str, seed: int, system: UnitSystem, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder: Path = tmp_path_factory.mktemp("shuffled")
    other = rewritten(pack, folder, lambda text: shuffled_rules(text, seed), system)
    assert other.pack.sha256 != engine(pack, system).pack.sha256
    log = ward(seed, system=system)
    expected = answers(decide(pack, log))
    assert {answer[RULE] for answer in expected.values()} != {None}
    assert differences(expected, answers(decided(other, log))) == []


@over_packs(seed=seeds, days=st.integers(-30_000, 60_000).filter(bool))
def test_moving_every_date_changes_nothing_but_dates(pack: str, seed: int, days: int) -> None:
    log = ward(seed)
    moved = answers(decide(pack, moved_by(log, days)))
    back = {(patient, day - days, *line): answer for (patient, day, *line), answer in moved.items()}
    assert differences(answers(decide(pack, log)), back) == []
