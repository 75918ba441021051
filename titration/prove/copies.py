"""Two patients that differ in one thing: a reading lower than the other's, one low more, one datum that is missing."""

from dataclasses import dataclass
from typing import Final

from titration.engine.guard import LOCKOUT_DAYS, LOW
from titration.expr.smt import Bool, Int, boolean, choose, equal, every, implies, integer, negation, same, total
from titration.prove.bedside import Bedside
from titration.prove.contents import Contents, within
from titration.prove.streams import Cell
from titration.prove.world import World, beside


@dataclass(frozen=True)
class Copy:
    """The other patient, and what ties it to the first."""

    world: World
    ties: tuple[Bool, ...]

    def axioms(self, first: World) -> list[Bool]:
        """What holds of the other patient and is not held of the first already."""
        out: list[Bool] = []
        if self.world.bedside is not first.bedside:
            out += self.world.bedside.axioms
        if self.world.records is not first.records:
            out += self.world.records.axioms
        return out


TAG: Final = "other."
"""Begins the names of whatever the other patient has for itself."""
Where = tuple[int, int] | None
"""Days back and timing of the reading that differs; None: it may be any."""


def _near(cell: Cell, where: Where) -> bool:
    if where is None:
        return True
    back, timing = where
    return cell.first <= back <= cell.last and any(int(t) == timing for t, _ in cell.stream.alike)


def with_one_low(world: World, *, where: Where = None, tag: str = TAG) -> Copy:
    """The same records and one reading more that is below level 1: any timing, any day of the lock-out week, LO included."""
    contents, system = world.contents, world.ground.program.system
    marks: dict[Cell, Bool] = {}
    value = integer(f"{tag}value")
    for i, cell in enumerate(contents.layout.cells):
        if not cell.stream.event and cell.highest < LOW.on(system) and cell.last < LOCKOUT_DAYS and _near(cell, where):
            marks[cell] = boolean(f"{tag}at.{i}")
    # Where no cell may hold it there is no such patient: a sum of nothing is never 1.
    ties: list[Bool] = [equal(total([choose(m, 1, 0) for m in marks.values()]), 1)]
    counts, sums = dict(contents.counts), dict(contents.sums)
    for cell, here in marks.items():
        counts[cell] = contents.counts[cell] + choose(here, 1, 0)
        ties.append(implies(here, every(value >= cell.lowest, value <= cell.highest)))
        if cell in sums:
            sums[cell] = contents.sums[cell] + choose(here, value, 0)
        ties += _sided(world, cell, counts[cell])
    other = contents.otherwise(tag, counts, sums)
    return Copy(beside(world, other), tuple(ties))


def _sided(world: World, cell: Cell, count: Int) -> list[Bool]:
    """A record after the change lies after it in the other patient too."""
    if not cell.sided:
        return []
    bedside, there = world.bedside, count > 0
    if cell.after:
        return [implies(every(there, bedside.changed), bedside.unchanged >= cell.first)]
    return [implies(there, every(bedside.changed, bedside.unchanged <= cell.last))]


def with_one_lower(world: World, *, censored: bool, where: Where = None, tag: str = TAG) -> Copy:
    """The same records but for one reading, which is lower: a number that stays one, or (``censored``) becomes LO."""
    contents = world.contents
    groups: dict[tuple[str, int, bool], list[Cell]] = {}
    for cell in contents.layout.cells:
        if not cell.stream.event and _near(cell, where):
            groups.setdefault(cell.where, []).append(cell)
    counts, sums, ties, moved = dict(contents.counts), dict(contents.sums), list[Bool](), list[Int]()
    before, after = integer(f"{tag}before"), integer(f"{tag}after")
    ties.append(after <= before)
    for i, cells in enumerate(groups.values()):
        here = boolean(f"{tag}in.{i}")
        moved.append(choose(here, 1, 0))
        leaves: list[Int] = []
        joins: list[Int] = []
        for j, cell in enumerate(cells):
            out, into = boolean(f"{tag}out.{i}.{j}"), boolean(f"{tag}into.{i}.{j}")
            if not cell.is_number:
                ties.append(negation(out))
            if cell.is_number == censored or cell.lowest > 20_000:
                ties.append(negation(into))
            ties.append(implies(out, every(contents.counts[cell] >= 1, _inside(cell, before))))
            ties.append(implies(into, _inside(cell, after)))
            counts[cell] = contents.counts[cell] + choose(into, 1, 0) - choose(out, 1, 0)
            if cell in sums:
                sums[cell] = contents.sums[cell] + choose(into, after, 0) - choose(out, before, 0)
                ties += within(cell, counts[cell], sums[cell])
            leaves.append(choose(out, 1, 0))
            joins.append(choose(into, 1, 0))
        ties += [equal(total(leaves), moved[-1]), equal(total(joins), moved[-1])]
    ties.append(equal(total(moved), 1))
    other = contents.otherwise(tag, counts, sums)
    return Copy(beside(world, other), (*ties, *_extremes_follow(world, other)))


def _inside(cell: Cell, value: Int) -> Bool:
    return every(value >= cell.lowest, value <= cell.highest)


def _extremes_follow(world: World, other: Contents) -> list[Bool]:
    """Lowering a reading raises no lowest, highest or last value."""
    ties: list[Bool] = []
    for name, feature in world.ground.layout.features.items():
        if feature.is_glucose and feature.reduce in ("min", "max", "last") and feature.keep.everything:
            one, two = world.look(name), other.symbol(feature)
            ties.append(implies(every(one.known, two.known), two.value <= one.value))
    return ties


def without(world: World, datum: str, tag: str = TAG) -> Copy:
    """The same patient but for one datum ("lab.egfr", "person.age"), which the other patient lacks."""
    first = world.bedside
    second = Bedside(first.pattern, first.zero_is_dose, tag)
    other = World(world.ground, second, world.records)
    absent = f"{datum}.present" if datum.startswith("lab.") else f"{datum}.known"
    # A fall or a rise is something that must have been seen: the datum itself is what one patient lacks, not its history.
    history = [
        equal(term, first.whole(datum))
        for name, term in first.terms()
        if name.startswith(f"{datum}.") and name.count(".") == 3
    ]
    return Copy(other, (negation(second.flag(absent)), first.flag(absent), *history))


def tie(first: World, second: World, *, but: str) -> list[Bool]:
    """Everything asked of both surroundings is the same, but for one datum. To be called when both plans are built."""
    ties: list[Bool] = []
    one, two = first.bedside, second.bedside
    for name, _ in [*one.terms(), *two.terms()]:
        if not name.startswith(but):
            ties.append(equal(one.whole(name), two.whole(name)))
    names = dict.fromkeys([*one.flags(), *two.flags()])
    return ties + [same(one.flag(name), two.flag(name)) for name in names if not name.startswith(but)]
