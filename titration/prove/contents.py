"""How many records each cell holds: the unknowns of a patient's readings and events, and the features they come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from titration.expr.smt import (
    Bool,
    Int,
    Symbol,
    choose,
    constant,
    equal,
    every,
    implies,
    integer,
    negation,
    some,
    total,
)
from titration.features.spec import Feature
from titration.prove.streams import Cell, Layout, kept


@dataclass
class Contents:
    """One patient's records. ``counts`` and ``sums`` have one term a cell, ``resumed`` is the age of the last ``resumed``
    event (negative where there is none); ``axioms`` grows as features are asked for."""

    layout: Layout
    tag: str
    counts: Mapping[Cell, Int]
    sums: Mapping[Cell, Int]
    resumed: Int
    axioms: list[Bool] = field(default_factory=lambda: [])
    _symbols: dict[str, Symbol] = field(default_factory=lambda: {})
    _ages: dict[str, Int] = field(default_factory=lambda: {})

    def symbol(self, feature: Feature) -> Symbol:
        """A counted feature as a symbol."""
        found = self._symbols.get(feature.name)
        if found is None:
            found = self._symbols[feature.name] = self._symbol(feature)
        return found

    def otherwise(self, tag: str, counts: Mapping[Cell, Int], sums: Mapping[Cell, Int]) -> "Contents":
        """The same events with other readings."""
        other = Contents(self.layout, tag, counts, sums, self.resumed)
        for name, feature in self.layout.features.items():
            if not feature.is_glucose:
                other._symbols[name] = self.symbol(feature)
        other._ages.update(self._ages)
        return other

    def last_age(self, feature: Feature) -> Int:
        """Days since the last record of a feature that asks for it; the feature must have been asked for."""
        return self._ages[feature.name]

    def _symbol(self, feature: Feature) -> Symbol:
        everything = self.layout.of(feature)
        chosen = [c for c in everything if kept(feature, c)]
        match feature.reduce:
            case "count":
                return self._number(feature, self._count(everything), self._count(chosen))
            case "days":
                return self._number(feature, self._days(everything), self._days(chosen))
            case "mean":
                numbers = [c for c in chosen if c.is_number]
                count = self._count(numbers)
                return Symbol(total([self.sums[c] for c in numbers]), count >= max(feature.min_count, 1), count)
            case "min" | "max":
                return self._extreme(feature, everything, chosen)
            case "active":
                return self._active(feature, chosen)
            case _:
                return self._latest(feature, chosen)

    def _count(self, cells: Sequence[Cell]) -> Int:
        return total([self.counts[c] for c in cells])

    def _days(self, cells: Sequence[Cell]) -> Int:
        """Days with a record: cells of a feature that counts days are of single days."""
        by_day: dict[int, list[Cell]] = {}
        for cell in cells:
            by_day.setdefault(cell.first, []).append(cell)
        return total([choose(self._count(group) > 0, 1, 0) for group in by_day.values()])

    def _number(self, feature: Feature, every_one: Int, value: Int) -> Symbol:
        if feature.keep.everything or not feature.is_glucose or (feature.since_change and not feature.min_count):
            return Symbol(value, constant(value=True))
        return Symbol(value, some(every_one >= feature.min_count, value > 0))

    def _extreme(self, feature: Feature, everything: Sequence[Cell], chosen: Sequence[Cell]) -> Symbol:
        least = feature.reduce == "min"
        value = integer(f"{self.tag}{feature.name}")
        needed = feature.min_count if feature.since_change else max(feature.min_count, 1)
        known = every(self._count(everything) >= needed, self._count(chosen) > 0)
        for cell in chosen:
            bound = value <= cell.highest if least else value >= cell.lowest
            self.axioms.append(implies(self.counts[cell] > 0, bound))
        inside = [every(self.counts[c] > 0, value >= c.lowest, value <= c.highest) for c in chosen]
        self.axioms.append(implies(known, some(*inside)))
        return Symbol(value, known)

    def age(self, name: str, cells: Sequence[Cell]) -> tuple[Int, Bool, list[tuple[tuple[int, int], Bool]]]:
        """Days since the last record of some cells, whether there is one, and in which stretch of days it lies."""
        by_span: dict[tuple[int, int], list[Cell]] = {}
        for cell in cells:
            by_span.setdefault((cell.first, cell.last), []).append(cell)
        age = self._ages[name] = integer(f"{self.tag}{name}.age")
        newer: list[Bool] = []
        latest: list[tuple[tuple[int, int], Bool]] = []
        for span in sorted(by_span):
            some_here = self._count(by_span[span]) > 0
            here = every(some_here, *newer)
            self.axioms.append(implies(here, every(age >= span[0], age <= span[1])))
            latest.append((span, here))
            newer.append(equal(self._count(by_span[span]), 0))
        return age, self._count(cells) > 0, latest

    def _latest(self, feature: Feature, chosen: Sequence[Cell]) -> Symbol:
        age, present, latest = self.age(feature.name, chosen)
        if feature.reduce == "age_days":
            return Symbol(age, present)
        value = integer(f"{self.tag}{feature.name}")
        for span, here in latest:
            options = [
                every(self.counts[c] > 0, value >= c.lowest, value <= c.highest)
                for c in chosen
                if (c.first, c.last) == span
            ]
            self.axioms.append(implies(here, some(*options)))
        return Symbol(value, present)

    def _active(self, feature: Feature, chosen: Sequence[Cell]) -> Symbol:
        """In force: the last event lies in the window and no ``resumed`` came on a later day."""
        age, present, _ = self.age(feature.name, chosen)
        over = every(self.resumed >= 0, self.resumed < age)
        return Symbol(choose(every(present, negation(over)), 1, 0), constant(value=True))


def fresh(layout: Layout, tag: str, unchanged: Int, changed: Bool) -> Contents:
    """Contents of which nothing is known but what every log keeps to.

    ``unchanged`` is the days since the line's last change (or since its first day), ``changed`` whether a change was seen.
    """
    counts = {cell: integer(f"{tag}n.{_name(cell)}") for cell in layout.cells}
    sums: dict[Cell, Int] = {}
    axioms: list[Bool] = []
    for cell, count in counts.items():
        axioms.append(count >= 0)
        if cell.is_number and any(layout.features[name].reduce == "mean" for name in cell.stream.features):
            sums[cell] = integer(f"{tag}s.{_name(cell)}")
            axioms += within(cell, count, sums[cell])
        if cell.sided:
            there = count > 0
            if cell.after:
                # Nothing recorded before the change counts as after it.
                axioms.append(implies(every(there, changed), unchanged >= cell.first))
            else:
                axioms.append(implies(there, every(changed, unchanged <= cell.last)))
    return Contents(layout, tag, counts, sums, integer(f"{tag}resumed"), axioms)


def within(cell: Cell, count: Int, summed: Int) -> list[Bool]:
    """A sum of so many values of a cell lies between so many times its ends."""
    return [summed >= count * cell.lowest, summed <= count * cell.highest]


def _name(cell: Cell) -> str:
    side = "" if cell.after else "-"
    return f"{cell.stream.name}.{cell.first}{side}.{cell.lowest}"
