"""Shared ground of the ward laws: packs found under ``rules/``, engines, and plans as comparable columns."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.strategies import SearchStrategy

from titration.engine.decide import Decision, Engine
from titration.engine.plans import Plans
from titration.formulary import shipped
from titration.log.model import Log, Readings
from titration.packs.load import find_packs, load_pack
from titration.resources import rules_folder
from titration.testing.guarded import REDUCE, SAFETY, change
from titration.testing.pack_glucose import with_values
from titration.units import UnitSystem

__all__ = ["PACKS", "REDUCE", "SAFETY", "change", "decide", "engine", "few", "over_packs", "tiers", "with_values"]

few = settings(max_examples=max(10, settings().max_examples // 4))
"""An example is a whole ward, so fewer of them do."""

PACKS = tuple(find_packs(rules_folder()))
FOUNDING = "huc-msc-t2dm"
FILES_READ_BY = (FOUNDING, "munshi-2016", "wit2-2023")
"""Packs for laws of the engine and of files, which whole replays make dear: the longest windows, the most dates, the most
lines a rule. What these laws say is not in the hands of a pack."""
PUBLISHED_EXAMPLES = 2
"""Wards a law draws for a pack of the library in the quick profile. The packs share most of their rules, so a law that one
of them breaks is met in many; `make laws` draws as many for each as for the founding pack."""


def over_packs(**drawn: SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A law of every pack: one test a pack, each drawing its own examples. What the law asks for besides are fixtures."""

    def decorate(law: Callable[..., None]) -> Callable[..., None]:
        fixtures = [p for name, p in inspect.signature(law).parameters.items() if name not in drawn]

        def test(pack: str, **asked: Any) -> None:
            def example(**values: Any) -> None:
                law(pack, **asked, **values)

            # The name and text of the law seed its examples: each law draws its own, the same every time.
            example.__name__ = example.__qualname__ = law.__name__
            examples_of(pack)(given(**drawn)(example))()

        test.__name__ = test.__qualname__ = law.__name__
        test.__module__ = law.__module__
        test.__doc__ = law.__doc__
        test.__signature__ = inspect.Signature(fixtures)  # type: ignore[attr-defined]
        return pytest.mark.parametrize("pack", PACKS)(test)

    return decorate


def examples_of(pack: str) -> settings:
    """How many wards a law draws for a pack."""
    quick = settings().max_examples <= 50
    return settings(max_examples=PUBLISHED_EXAMPLES) if quick and pack != FOUNDING else few


@functools.cache
def engine(pack: str, system: UnitSystem) -> Engine:
    """The engine of a shipped pack."""
    return Engine(load_pack(find_packs(rules_folder())[pack]), system, shipped())


def decide(pack: str, log: Log) -> Decision:
    """The decision on a log."""
    ready = engine(pack, log.system)
    return ready.decide(ready.grid(log))


def with_readings(log: Log, readings: Readings) -> Log:
    """The log with other readings."""
    return replace(log, readings=readings)


def tiers(pack: str, plans: Plans) -> np.ndarray:
    """Tier of each plan's credited rule; 99 where there is none."""
    rules = engine(pack, UnitSystem.MMOL).pack.rules
    table = np.array([int(r.tier) for r in rules] + [99])
    return table[plans.rule]
