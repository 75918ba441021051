"""The drugs of a block and what the formulary says of each, as arrays that lines index. Made once per list of drugs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from titration.clinical import LINE_KINDS, LineKind, Route
from titration.formulary import Formulary, Product
from titration.once import once

I32 = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]

_SECRETAGOGUES: Final = frozenset({"sulfonylurea", "glinide"})


@dataclass(frozen=True, slots=True)
class Drug:
    """One entry of ``Log.drugs``: what the log calls it, and the product where the formulary knows it."""

    written: str
    product: Product | None

    def kind(self, route: Route) -> LineKind:
        """What a line of this drug by this route is to the rules; pump, drip and the unknown are ``other``."""
        if self.product is None or route not in (Route.SC, Route.ORAL):
            return LineKind.OTHER
        return self.product.kind


def classes_of(drug: Drug) -> frozenset[str]:
    """Classes of a drug's active components; empty for a drug the formulary does not know."""
    if drug.product is None:
        return frozenset()
    classes = set(drug.product.classes)
    if classes & _SECRETAGOGUES:
        classes.add("secretagogue")
    if classes - {"insulin"}:
        classes.add("non_insulin")
    return frozenset(classes)


@dataclass(frozen=True, eq=False)
class DrugTable:
    """One entry per drug of the block; a block without drugs has one entry that no line points to."""

    drugs: tuple[Drug, ...]
    _members: dict[str, Bools] = field(default_factory=lambda: {})
    _ranks: dict[tuple[LineKind, tuple[str, ...]], I32] = field(default_factory=lambda: {})

    def _numbers(self, number: Callable[[Product], int], *, unknown: int) -> I32:
        found = [unknown if d.product is None else number(d.product) for d in self.drugs]
        return np.array(found or [unknown], np.int32)

    @once
    def kind(self) -> npt.NDArray[np.int8]:
        """Position in ``LINE_KINDS`` of each drug by each route, shape (drugs, routes)."""
        found = [[LINE_KINDS.index(d.kind(r)) for r in Route] for d in self.drugs]
        return np.array(found or [[0] * len(Route)], np.int8)

    @once
    def unheard(self) -> Bools:
        """Drugs the formulary does not know."""
        return np.array([d.product is None for d in self.drugs] or [True])

    @once
    def interval(self) -> I32:
        """Days between doses."""
        return self._numbers(lambda p: p.interval_days, unknown=1)

    @once
    def settle(self) -> I32:
        """Days between changes of dose."""
        return self._numbers(lambda p: p.settle_days, unknown=0)

    @once
    def increment(self) -> I32:
        """The device's smallest step, thousandths of the drug's unit."""
        return np.maximum(self._numbers(lambda p: p.increment, unknown=1), 1)

    @once
    def maximum(self) -> I32:
        """Most a day, thousandths of the unit; -1 where there is no limit."""
        return self._numbers(lambda p: -1 if p.max_daily is None else p.max_daily, unknown=-1)

    @once
    def combination(self) -> I32:
        """1 for a fixed combination."""
        return self._numbers(lambda p: int(bool(p.components)), unknown=0)

    def members(self, name: str) -> Bools:
        """Drugs of a class."""
        found = self._members.get(name)
        if found is None:
            found = self._members[name] = np.array([name in classes_of(d) for d in self.drugs] or [False])
        return found

    def ranks(self, kind: LineKind, order: tuple[str, ...]) -> I32:
        """Place of each drug in an order of classes and kinds; after all that are named otherwise."""
        found = self._ranks.get((kind, order))
        if found is None:
            found = self._ranks[kind, order] = _ranked(self.drugs, kind, order)
        return found


def _ranked(drugs: Sequence[Drug], kind: LineKind, order: Sequence[str]) -> I32:
    places: list[int] = []
    for drug in drugs:
        names = {kind.value, *classes_of(drug)}
        places.append(next((i for i, name in enumerate(order) if name in names), len(order)))
    return np.array(places or [0], np.int32)


@lru_cache(maxsize=64)
def drug_table(names: tuple[str, ...], formulary: Formulary) -> DrugTable:
    """The drugs of a log, looked up in a formulary."""
    return DrugTable(tuple(Drug(name, formulary.find(name)) for name in names))
