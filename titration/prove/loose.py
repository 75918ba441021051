"""Readings of which nothing is known but that counts are not negative: every feature is an unknown of its own.

Far more patients than there can be, and far fewer formulas. What holds of all these holds of every patient, however their
lines are judged, and is shown once for a kind of line. What does not is asked again of real cells.
"""

from dataclasses import dataclass, field

from titration.clinical import LineKind
from titration.expr.smt import Bool, Symbol, boolean, constant, implies, integer
from titration.features.attribution import Judges
from titration.features.spec import Feature
from titration.formulary import Formulary
from titration.packs.bind import Program
from titration.prove.bedside import Bedside
from titration.prove.candidates import Pattern, distinct, patterns
from titration.prove.streams import Layout
from titration.prove.world import Ground, World, read_features


@dataclass
class Loose:
    """Counted features as free symbols."""

    tag: str
    axioms: list[Bool] = field(default_factory=lambda: [])

    def symbol(self, feature: Feature) -> Symbol:
        """A counted feature as an unknown of its own."""
        name = f"{self.tag}{feature.name}"
        value = integer(name)
        self.axioms.append(value >= 0)
        if feature.reduce == "mean":
            count = integer(f"{name}.count")
            self.axioms.append(count >= 0)
            return Symbol(value, count >= max(feature.min_count, 1), count)
        if feature.reduce == "active":
            self.axioms.append(value <= 1)
        counts = feature.reduce in ("count", "days", "active")
        whole = feature.keep.everything or not feature.is_glucose or (feature.since_change and not feature.min_count)
        if counts and whole:
            return Symbol(value, constant(value=True))
        known = boolean(f"{name}.known")
        if counts:
            # One seen is certain, whatever else was not measured.
            self.axioms.append(implies(value > 0, known))
        return Symbol(value, known)


def loose_ground(program: Program, kind: LineKind, formulary: Formulary) -> Ground:
    """All lines of a kind at once, however they are judged."""
    rules = program.by_kind[kind]
    found = [c for pattern in patterns(kind, program.pack.attribution, formulary) for c in pattern.candidates]
    pattern = Pattern(kind, Judges(), None, tuple(distinct(found)))
    return Ground(program, pattern, rules, read_features(program, rules), Layout({}, (), (), {}))


def loose_world(ground: Ground) -> World:
    """A line of whose readings nothing is known."""
    return World(ground, Bedside(ground.pattern, ground.program.pack.line_options.zero_is_dose), Loose(""))
