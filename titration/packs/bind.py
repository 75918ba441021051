"""A pack bound to a unit system: thresholds as integers on one grid, conditions with equal parts shared."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from titration.clinical import LineKind
from titration.columns import Mask
from titration.expr.evaluate import comparands
from titration.expr.nodes import Condition
from titration.expr.walk import shared
from titration.features.spec import Feature, Filter
from titration.packs.model import FeatureDefinition, Pack, Refer, Review, Rule, Tier
from titration.units import HI_VALUE, LO_VALUE, Pair, UnitSystem


@dataclass(frozen=True, slots=True)
class BoundRule:
    """A rule with its shared condition; ``index`` is its place in ``Program.rules``."""

    index: int
    rule: Rule
    when: Condition


@dataclass(frozen=True, eq=False)
class Program:
    """What the engine runs. ``thresholds`` holds every parameter as an integer on its grid."""

    pack: Pack
    system: UnitSystem
    thresholds: Mapping[str, int]
    features: Mapping[str, Feature]
    rules: tuple[BoundRule, ...]
    by_kind: Mapping[LineKind, tuple[BoundRule, ...]]

    @cached_property
    def comparands(self) -> Mapping[str, Any]:
        """The thresholds as conditions compare with them."""
        return comparands(self.thresholds)

    @cached_property
    def tiers(self) -> npt.NDArray[np.int32]:
        """Tier of each rule, and beyond every tier for none (index -1)."""
        return np.array([*(int(r.rule.tier) for r in self.rules), max(Tier) + 1], np.int32)

    @cached_property
    def refers(self) -> Mask:
        """Rules that refer; false for none (index -1)."""
        return np.array([*(isinstance(r.rule.step, Refer) for r in self.rules), False])

    @cached_property
    def reviews(self) -> Mask:
        """Rules that call for a review; false for none (index -1)."""
        return np.array([*(isinstance(r.rule.step, Review) for r in self.rules), False])

    @cached_property
    def urgent(self) -> Mask:
        """Rules of tier safety; false for none (index -1)."""
        return np.array([*(r.rule.tier is Tier.SAFETY for r in self.rules), False])


def bind(pack: Pack, system: UnitSystem) -> Program:
    """The program of a pack in a unit system. Pure; callers keep the result."""
    thresholds = {
        name: p.value.on(system) if isinstance(p.value, Pair) else p.value for name, p in pack.parameters.items()
    }
    table: dict[Condition, Condition] = {}
    rules = tuple(BoundRule(i, rule, shared(rule.when, table)) for i, rule in enumerate(pack.rules))
    return Program(
        pack=pack,
        system=system,
        thresholds=thresholds,
        features={name: _feature(f, thresholds) for name, f in pack.features.items()},
        rules=rules,
        by_kind={kind: tuple(r for r in rules if kind in r.rule.kinds) for kind in LineKind},
    )


def _feature(definition: FeatureDefinition, thresholds: Mapping[str, int]) -> Feature:
    lowest, highest = LO_VALUE, HI_VALUE
    if definition.below is not None:
        highest = thresholds[definition.below] - 1
    if definition.at_most is not None:
        highest = thresholds[definition.at_most]
    if definition.above is not None:
        lowest = thresholds[definition.above] + 1
    if definition.at_least is not None:
        lowest = thresholds[definition.at_least]
    return Feature(
        name=definition.name,
        of=definition.of,
        reduce=definition.reduce,
        dimension=definition.dimension,
        window_days=definition.window_days,
        min_count=definition.min_count,
        since_change=definition.since_change,
        keep=Filter(lowest, highest),
        max_age_days=None if definition.max_age is None else thresholds[definition.max_age],
        sources=definition.sources,
    )
