"""Readings of which nothing is known but that counts are not negative: every feature is an unknown of its own.

Far more patients than there can be, and far fewer formulas. What holds of all these holds of every patient, however their
lines are judged, and is shown once for a kind of line. What does not is asked again of real cells.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from titration.clinical import LineKind
from titration.engine.guard import LOW
from titration.expr.smt import Bool, Symbol, boolean, constant, equal, every, implies, integer, same, some
from titration.features.attribution import Judges
from titration.features.spec import Feature
from titration.formulary import Formulary
from titration.packs.bind import Program
from titration.prove.bedside import Bedside
from titration.prove.candidates import Pattern, distinct, patterns
from titration.prove.copies import Copy
from titration.prove.streams import Layout, is_counted
from titration.prove.world import Ground, World, beside, read_features
from titration.units import HI_VALUE, LO_VALUE, UnitSystem


@dataclass
class Loose:
    """Counted features as free symbols. What is known of a count is that enough was measured, or one was seen."""

    tag: str
    axioms: list[Bool] = field(default_factory=lambda: [])
    symbols: dict[str, Symbol] = field(default_factory=lambda: {})

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
        return Symbol(value, some(boolean(f"{name}.enough"), value > 0))


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

_Relation = Callable[[Feature, Symbol, Symbol], list[Bool]]


def _related(world: World, tag: str, relation: _Relation) -> Copy:
    """Another patient whose every counted feature stands in a relation to the first's."""
    records = Loose(tag)
    other = beside(world, records)
    ties: list[Bool] = []
    for name, feature in world.ground.features.items():
        if is_counted(feature):
            ties += relation(feature, world.look(name), other.look(name))
    return Copy(other, tuple(ties))


def _alike(one: Symbol, two: Symbol) -> list[Bool]:
    ties = [equal(one.value, two.value), same(one.known, two.known)]
    if one.per is not None and two.per is not None:
        ties.append(equal(one.per, two.per))
    return ties


def lower_somewhere(world: World, *, censored: bool, tag: str = "lower.") -> Copy:
    """One reading lower, whichever: how each feature can move, taken by itself."""

    def relation(feature: Feature, one: Symbol, two: Symbol) -> list[Bool]:
        if not feature.is_glucose:
            return _alike(one, two)
        match feature.reduce:
            case "count" | "days":
                return _moved_count(feature, one, two)
            case "mean" if feature.keep.everything:
                assert one.per is not None and two.per is not None
                lower = every(two.value <= one.value, equal(two.per, one.per))
                gone = every(two.value <= one.value, equal(two.per, one.per - 1))
                return [some(every(*_alike(one, two)), gone) if censored else lower]
            case "min" | "max" | "last" if feature.keep.everything:
                return [same(one.known, two.known), two.value <= one.value]
            case "age_days" if feature.keep.everything:
                return _alike(one, two)
            case _:
                return []

    return _related(world, tag, relation)


def _moved_count(feature: Feature, one: Symbol, two: Symbol) -> list[Bool]:
    """A count of low values may gain one, a count of high values lose one; what was measured stays measured."""
    if feature.keep.everything:
        return _alike(one, two)
    gains = feature.keep.lowest <= LO_VALUE
    loses = feature.keep.highest >= HI_VALUE
    ties = [two.value <= one.value + (0 if loses else 1), two.value >= one.value - (0 if gains else 1)]
    # Known by enough, which both share; or by one seen, which one of them may lack.
    ties.append(implies(every(one.known, equal(one.value, 0)), two.known))
    ties.append(implies(every(two.known, equal(two.value, 0), equal(one.value, 0)), one.known))
    return ties


def one_low_somewhere(world: World, tag: str = "low.") -> Copy:
    """One low more, whenever: how each feature can move, taken by itself."""
    system = world.ground.program.system

    def relation(feature: Feature, one: Symbol, two: Symbol) -> list[Bool]:
        if not feature.is_glucose:
            return _alike(one, two)
        match feature.reduce:
            case "count" | "days":
                return _one_more(feature, one, two, system)
            case "mean" if feature.keep.everything:
                assert one.per is not None and two.per is not None
                low = two.value - one.value
                more = every(low > 0, low < LOW.on(system), equal(two.per, one.per + 1))
                return [some(every(*_alike(one, two)), more)]
            case "age_days" if feature.keep.everything:
                return [implies(one.known, every(two.known, two.value <= one.value))]
            case "min" if feature.keep.everything:
                return [implies(every(one.known, two.known), two.value <= one.value), implies(one.known, two.known)]
            case "max" if feature.keep.everything:
                return [implies(one.known, two.known)]
            case _:
                return []

    return _related(world, tag, relation)


def _one_more(feature: Feature, one: Symbol, two: Symbol, system: UnitSystem) -> list[Bool]:
    """Values above every low are not added to; what was known stays known, what was not may become so."""
    high = feature.keep.lowest >= LOW.on(system)
    most = one.value if high else one.value + 1
    return [two.value >= one.value, two.value <= most, implies(one.known, two.known)]
