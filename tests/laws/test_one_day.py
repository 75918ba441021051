"""A day asked for alone has the columns it has among all the others, whichever way they are computed."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws.answers import answers, differences, taken
from tests.laws.plans import PACKS, engine, few, over_packs
from tests.laws.test_monotone import seeds
from tests.laws.wards import FIRST_DAY, ward
from titration.clinical import Source, Timing
from titration.columns import Column
from titration.engine.decide import Engine
from titration.engine.guard import guard_features
from titration.features.chosen import ChosenReadings
from titration.features.frame import BoundFeatures
from titration.features.spec import FINGER_STICK_AND_LAB, Feature, Filter
from titration.log.blocks import until
from titration.log.model import Log
from titration.units import HI_VALUE, LO_VALUE, Dimension, UnitSystem

DAYS = 32
LINE_SERIES_MET = ("judged", "judged_pre", "judged_post", "responsible", "any", "fasting", "post_meal")


def untidy(log: Log, seed: int) -> Log:
    """The log with repeats, sensor and laboratory values, censored values, unlabelled ones, and a fortnight of silence."""
    rng = np.random.default_rng(seed)
    r = log.readings
    size = len(r)

    def some(share: float) -> np.ndarray:
        return rng.random(size) < share

    value = np.where(some(0.03), LO_VALUE, np.where(some(0.03), HI_VALUE, r.value)).astype(np.int32)
    source = np.where(some(0.1), int(Source.LAB), np.where(some(0.1), int(Source.CGM), 0)).astype(np.int8)
    timing = np.where(some(0.2), int(Timing.RANDOM), r.timing).astype(np.int8)
    readings = replace(r, value=value, source=source, timing=timing, repeat=some(0.05))

    def spoken(minute: np.ndarray, patient: np.ndarray) -> np.ndarray:
        day = minute // 1440 - FIRST_DAY
        return np.flatnonzero((patient % 3 > 0) | (day < 8) | (day > 24))

    return replace(
        log,
        readings=taken(readings, spoken(readings.minute, readings.patient)),
        doses=taken(log.doses, spoken(log.doses.minute, log.doses.patient)),
    )


def every_window(system: UnitSystem) -> BoundFeatures:
    """The guard's features, and every glucose reducer over every line series, with and without filter."""
    made = dict(guard_features(system))
    low = Filter(LO_VALUE, 45 if system is UnitSystem.MMOL else 81)
    for of in LINE_SERIES_MET:
        for reduce in ("count", "days", "mean", "min", "max", "last", "age_days"):
            for keep in (Filter(), low):
                for since in (False, True) if reduce not in ("last", "age_days") else (False,):
                    name = f"{of}.{reduce}.{keep.highest}.{since}"
                    sources = FINGER_STICK_AND_LAB if len(made) % 5 else 1 << Source.CGM
                    window, least = 1 + len(made) % 9, len(made) % 3
                    made[name] = Feature(name, of, reduce, Dimension.GLUCOSE, window, least, since, keep, None, sources)
    return BoundFeatures(made)


def assert_equal(name: str, one: Column, other: Column) -> None:
    size = len(one)
    known = np.ones(size, np.bool_) if one.known is None else one.known
    assert known.tolist() == ([True] * size if other.known is None else other.known.tolist()), name
    assert one.values[known].tolist() == other.values[known].tolist(), name
    assert (one.per is None) == (other.per is None), name
    if one.per is not None and other.per is not None:
        assert one.per[known].tolist() == other.per[known].tolist(), name


def assert_columns_agree(ready: Engine, log: Log, day: int) -> int:
    grid = ready.grid(log)
    whole = {frame.kind: frame for frame in grid.frames()}
    compared = 0
    for frame in grid.frames(day=day):
        assert frame.asked is not None
        assert isinstance(frame.asked.chosen, ChosenReadings)
        full = whole[frame.kind]
        rows = np.searchsorted(full.rows, frame.rows)
        assert full.rows[rows].tolist() == frame.rows.tolist()
        for name in grid.features:
            assert_equal(name, frame.column(name), full.column(name).take(rows))
            compared += len(frame)
    return compared


@over_packs(seed=seeds, system=st.sampled_from(UnitSystem), day=st.integers(0, DAYS - 1))
def test_every_feature_of_a_day_alone_is_the_one_of_the_whole_log(
    pack: str, seed: int, system: UnitSystem, day: int
) -> None:
    log = untidy(ward(seed, patients=8, days=DAYS, system=system), seed)
    assert_columns_agree(engine(pack, system), log, FIRST_DAY + day)


@few
@given(seed=seeds, system=st.sampled_from(UnitSystem), day=st.integers(0, DAYS - 1), most=st.sampled_from((1, 2_000)))
def test_every_reducer_over_every_series_is_the_one_of_the_whole_log(
    seed: int, system: UnitSystem, day: int, most: int
) -> None:
    log = untidy(ward(seed, patients=5, days=DAYS, system=system), seed)
    ready = Engine(engine(PACKS[0], system).pack, system, engine(PACKS[0], system).formulary)
    ready.__dict__["features"] = every_window(system)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("titration.features.chosen._MOST_CELLS", most)
        assert_columns_agree(ready, log, FIRST_DAY + day)


@over_packs(seed=seeds, system=st.sampled_from(UnitSystem), day=st.integers(2, DAYS - 1))
def test_a_day_alone_gets_the_plans_it_gets_among_all_days(pack: str, seed: int, system: UnitSystem, day: int) -> None:
    log = until(untidy(ward(seed, patients=8, days=DAYS, system=system), seed), FIRST_DAY + day)
    ready = engine(pack, system)
    grid = ready.grid(log)
    alone = answers(ready.decide(grid, day=FIRST_DAY + day))
    among = answers(ready.decide(ready.grid(log)))
    assert alone
    expected = {key: answer for key, answer in among.items() if key[1] == FIRST_DAY + day}
    assert differences(expected, alone) == []
