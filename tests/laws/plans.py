"""Shared ground of the ward laws: packs found under ``rules/``, engines, and plans as comparable columns."""

import functools
from dataclasses import replace

import numpy as np
from hypothesis import settings

from titration.engine.decide import Decision, Engine
from titration.engine.plans import Plans
from titration.formulary import shipped
from titration.log.model import Log, Readings
from titration.packs.load import find_packs, load_pack
from titration.packs.model import Tier
from titration.resources import rules_folder
from titration.units import UnitSystem

few = settings(max_examples=max(10, settings().max_examples // 4))
"""An example is a whole ward, so fewer of them do."""

PACKS = tuple(find_packs(rules_folder()))


@functools.cache
def engine(pack: str, system: UnitSystem) -> Engine:
    """The engine of a shipped pack."""
    return Engine(load_pack(find_packs(rules_folder())[pack]), system, shipped())


def decide(pack: str, log: Log) -> Decision:
    """The decision on a log."""
    ready = engine(pack, log.system)
    return ready.decide(ready.grid(log))


def with_values(log: Log, values: np.ndarray) -> Log:
    """The log with other glucose values."""
    return replace(log, readings=replace(log.readings, value=values.astype(np.int32)))


def with_readings(log: Log, readings: Readings) -> Log:
    """The log with other readings."""
    return replace(log, readings=readings)


def tiers(pack: str, plans: Plans) -> np.ndarray:
    """Tier of each plan's credited rule; 99 where there is none."""
    rules = engine(pack, UnitSystem.MMOL).pack.rules
    table = np.array([int(r.tier) for r in rules] + [99])
    return table[plans.rule]


def change(plans: Plans) -> np.ndarray:
    """By how much each plan changes its dose."""
    return plans.dose_after.astype(np.int64) - plans.dose_before


SAFETY, REDUCE = int(Tier.SAFETY), int(Tier.REDUCE)
