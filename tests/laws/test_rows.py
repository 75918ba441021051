"""A patient's plans depend on that patient alone, and on what the rules say, not on where they stand."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from tests.laws.answers import RULE, answers, decided, differences, moved_by, reordered
from tests.laws.plans import decide, engine, over_packs
from tests.laws.rewriting import rewritten, shuffled_rules
from tests.laws.test_monotone import seeds
from tests.laws.wards import ward
from titration.clinical import LineKind
from titration.columns import Column
from titration.engine.propose import first_missing
from titration.expr.evaluate import Memo
from titration.expr.parse import Names, parse
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


def missing(first: list[int]) -> list[int]:
    """What is missing on rows that differ in ``first`` alone: 0, 1 or 2."""
    nothing = np.zeros(len(first), np.bool_)
    columns = {
        "first": Column(np.array(first)),
        "second": Column(nothing * 1, nothing),
        "third": Column(nothing * 1, nothing),
    }
    when = parse("(first and second) or third", Names(columns, ()))
    frame: Any = SimpleNamespace(kind=LineKind.BASAL, column=columns.__getitem__)
    program: Any = SimpleNamespace(by_kind={LineKind.BASAL: (SimpleNamespace(when=when),)})
    proposals: Any = SimpleNamespace(frame=frame, memo=Memo(frame, {}))
    proposals.memo.of(when)
    return first_missing(program, proposals, np.arange(len(first)), {n: i for i, n in enumerate(columns)}).tolist()


def test_what_is_missing_on_a_line_does_not_depend_on_the_line_beside_it() -> None:
    assert missing([0]) == [2]
    assert missing([1]) == [1]
    assert missing([0, 1]) == [2, 1]
