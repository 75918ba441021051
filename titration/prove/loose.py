"""Readings of which nothing is known but that counts are not negative: every feature is an unknown of its own.

Far more patients than there can be, and far fewer formulas. What holds of all these holds of every patient, however their
lines are judged, and is shown once for a kind of line. What does not is asked again of real cells.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from titration.clinical import LineKind, Timing
from titration.engine.guard import LOCKOUT_DAYS, LOW
from titration.expr.smt import (
    Bool,
    Int,
    Symbol,
    boolean,
    choose,
    constant,
    equal,
    every,
    implies,
    integer,
    negation,
    same,
    some,
)
from titration.features.attribution import Judges
from titration.features.spec import LINE_SERIES, SERIES, TIMING_BIT, Feature
from titration.formulary import Formulary
from titration.packs.bind import Program
from titration.prove.bedside import Bedside
from titration.prove.candidates import Pattern, distinct, patterns
from titration.prove.copies import TAG, Copy
from titration.prove.streams import Layout, is_counted
from titration.prove.world import Ground, World, beside, read_features
from titration.units import HI_VALUE, LO_VALUE


@dataclass
class Loose:
    """Counted features as free symbols. ``measured`` is how many readings (or days with one) of a count's series there are
    in its window, whatever their values."""

    tag: str
    axioms: list[Bool] = field(default_factory=lambda: [])
    symbols: dict[str, Symbol] = field(default_factory=lambda: {})
    measured: dict[str, Int] = field(default_factory=lambda: {})

    def symbol(self, feature: Feature) -> Symbol:
        """A counted feature as an unknown of its own."""
        found = self.symbols.get(feature.name)
        if found is None:
            found = self.symbols[feature.name] = self._symbol(feature)
        return found

    def _symbol(self, feature: Feature) -> Symbol:
        name = f"{self.tag}{feature.name}"
        value = integer(name)
        self.axioms.append(value >= 0)
        if feature.reduce == "mean":
            count = integer(f"{name}.count")
            self.axioms.append(count >= 0)
            return Symbol(value, count >= max(feature.min_count, 1), count)
        if feature.reduce == "active":
            self.axioms.append(value <= 1)
        if feature.reduce not in ("count", "days", "active"):
            return Symbol(value, boolean(f"{name}.known"))
        if feature.keep.everything or not feature.is_glucose or (feature.since_change and not feature.min_count):
            return Symbol(value, constant(value=True))
        measured = self.measured[feature.name] = integer(f"{name}.measured")
        self.axioms.append(measured >= value)
        return Symbol(value, some(measured >= feature.min_count, value > 0))


def loose_ground(program: Program, kind: LineKind, formulary: Formulary) -> Ground:
    """All lines of a kind at once, however they are judged."""
    rules = program.by_kind[kind]
    found = [c for pattern in patterns(kind, program.pack.attribution, formulary) for c in pattern.candidates]
    pattern = Pattern(kind, Judges(), None, tuple(distinct(found)))
    return Ground(program, pattern, rules, read_features(program, rules), Layout({}, (), (), {}))


def loose_world(ground: Ground) -> World:
    """A line of whose readings nothing is known."""
    return World(ground, Bedside(ground.pattern, ground.program.pack.line_options.zero_is_dose), Loose(""))


# ------------------------------------------------------------------------------------- two such patients


@dataclass(frozen=True)
class _Reading:
    """One reading, wherever it is: days back, after the line's last change or not, timing, whose it is."""

    tag: str
    series: Mapping[str, Bool]

    @property
    def back(self) -> Int:
        return integer(f"{self.tag}back")

    @property
    def after(self) -> Bool:
        return boolean(f"{self.tag}after")

    def inside(self, feature: Feature) -> Bool:
        """Whether it is of the feature's series and in its window."""
        cut = self.after if feature.since_change else constant(value=True)
        return every(self.series[feature.of], self.back < feature.window_days, cut)


def _reading(tag: str) -> tuple[_Reading, list[Bool]]:
    timing = integer(f"{tag}timing")
    own = {name: boolean(f"{tag}{name}") for name in LINE_SERIES}
    series = {
        name: some(*(equal(timing, int(t)) for t in Timing if bits & TIMING_BIT[t.text]))
        for name, bits in SERIES.items()
    }
    found = _Reading(tag, {**series, **own})
    ties = [
        found.back >= 0,
        timing >= 0,
        timing <= max(Timing),
        same(own["judged"], some(own["judged_pre"], own["judged_post"])),
        # What judges a line, the line answers for when it is low.
        implies(own["judged"], own["responsible"]),
    ]
    return found, ties


def _passes(feature: Feature, value: Int) -> Bool:
    return every(value >= feature.keep.lowest, value <= feature.keep.highest)


def _number(value: Int) -> Bool:
    return every(value > LO_VALUE, value < HI_VALUE)


def _fresh(world: World, tag: str) -> tuple[World, Loose, Loose]:
    records = world.records
    assert isinstance(records, Loose)
    other = Loose(tag)
    return beside(world, other), records, other


def _gains(where: Bool) -> Int:
    return choose(where, 1, 0)


def _both_as(one: Symbol, two: Symbol) -> list[Bool]:
    """The same symbol in both."""
    ties = [equal(one.value, two.value), same(one.known, two.known)]
    if one.per is not None and two.per is not None:
        ties.append(equal(one.per, two.per))
    return ties


def lower_somewhere(world: World, *, censored: bool, tag: str = TAG) -> Copy:
    """One reading lower, whichever: a number that stays one, or (``censored``) becomes LO."""
    other, first, second = _fresh(world, tag)
    reading, ties = _reading(tag)
    before, after = integer(f"{tag}from"), integer(f"{tag}to")
    low, high = world.ground.program.system.accepted
    ties += [after <= before, before >= low, before <= high, equal(after, LO_VALUE) if censored else after >= low]
    for name, feature in world.ground.features.items():
        if not is_counted(feature):
            continue
        one, two = world.look(name), other.look(name)
        here = reading.inside(feature) if feature.is_glucose else constant(value=False)
        left, joined = every(here, _passes(feature, before)), every(here, _passes(feature, after))
        match feature.reduce if feature.is_glucose else "":
            case "count" | "days" if not feature.keep.everything:
                ties += _shifted(feature, one, two, left, joined)
                if name in first.measured:
                    ties.append(equal(first.measured[name], second.measured[name]))
                    ties.append(first.measured[name] >= _gains(here))
            case "mean":
                assert one.per is not None
                assert two.per is not None
                counted = every(joined, _number(after))
                ties += [one.per >= _gains(left), one.value >= choose(left, before, 0)]
                ties.append(equal(two.value, one.value - choose(left, before, 0) + choose(counted, after, 0)))
                ties.append(equal(two.per, one.per - _gains(left) + _gains(counted)))
            case "min" | "max" | "last" if feature.keep.everything:
                ties += [
                    same(one.known, two.known),
                    two.value <= one.value,
                    implies(negation(here), equal(one.value, two.value)),
                ]
            case "min" | "max" | "last" | "age_days" if not feature.keep.everything:
                ties += [implies(negation(here), every(*_both_as(one, two)))]
            case _:
                ties += _both_as(one, two)
    return Copy(other, tuple(ties))


def _shifted(feature: Feature, one: Symbol, two: Symbol, left: Bool, joined: Bool) -> list[Bool]:
    """A count loses what leaves and gains what joins; of days, it may."""
    there = one.value >= _gains(left)
    if feature.reduce == "count":
        return [there, equal(two.value, one.value - _gains(left) + _gains(joined))]
    more, fewer = every(joined, negation(left)), every(left, negation(joined))
    return [there, two.value <= one.value + _gains(more), two.value >= one.value - _gains(fewer)]


def one_low_somewhere(world: World, tag: str = TAG) -> Copy:
    """One low more in the lock-out week, whatever its timing."""
    other, first, second = _fresh(world, tag)
    reading, ties = _reading(tag)
    value = integer(f"{tag}value")
    low = LOW.on(world.ground.program.system)
    ties += [value >= LO_VALUE, value < low, reading.back < LOCKOUT_DAYS]
    for name, feature in world.ground.features.items():
        if not is_counted(feature):
            continue
        one, two = world.look(name), other.look(name)
        here = reading.inside(feature) if feature.is_glucose else constant(value=False)
        joined = every(here, _passes(feature, value))
        match feature.reduce if feature.is_glucose else "":
            case "count":
                ties.append(equal(two.value, one.value + _gains(joined)))
                if name in first.measured:
                    ties.append(equal(second.measured[name], first.measured[name] + _gains(here)))
            case "days":
                ties += [two.value >= one.value, two.value <= one.value + _gains(joined)]
                if name in first.measured:
                    more = second.measured[name] - first.measured[name]
                    ties += [more >= 0, more <= _gains(here)]
            case "mean":
                assert one.per is not None
                assert two.per is not None
                counted = every(joined, _number(value))
                ties.append(equal(two.value, one.value + choose(counted, value, 0)))
                ties.append(equal(two.per, one.per + _gains(counted)))
            case "age_days" if feature.keep.everything:
                younger = some(negation(one.known), reading.back < one.value)
                ties.append(same(two.known, some(one.known, here)))
                ties.append(equal(two.value, choose(every(here, younger), reading.back, one.value)))
            case "min" | "max" | "last" | "age_days":
                ties.append(implies(negation(here), every(*_both_as(one, two))))
                if feature.reduce == "min" and feature.keep.everything:
                    ties.append(implies(every(one.known, two.known), two.value <= one.value))
                ties.append(implies(one.known, two.known))
            case _:
                ties += _both_as(one, two)
    return Copy(other, tuple(ties))
