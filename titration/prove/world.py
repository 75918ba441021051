"""One therapy line of one day, as a solver sees it: the features of a pack and of the guard over unknown records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from titration.clinical import LineKind
from titration.engine.guard import guard_features
from titration.expr.nodes import Compare, ParameterRef
from titration.expr.smt import Bool, Reader, Symbol
from titration.expr.walk import features_of, leaves
from titration.features.spec import Feature
from titration.formulary import Formulary
from titration.packs.bind import BoundRule, Program
from titration.packs.model import LimitTo
from titration.prove.bedside import Bedside
from titration.prove.candidates import Pattern, patterns
from titration.prove.contents import Contents, fresh
from titration.prove.streams import Layout, is_counted, lay_out
from titration.prove.surroundings import Surroundings


@dataclass(frozen=True)
class Ground:
    """What all worlds of a pattern share: the rules of its kind, the features they and the guard read, the cells."""

    program: Program
    pattern: Pattern
    rules: tuple[BoundRule, ...]
    features: Mapping[str, Feature]
    layout: Layout

    @cached_property
    def name(self) -> str:
        """The pattern in a few words."""
        first = self.pattern.candidates[0]
        thrice = {None: "", True: ", three premix doses or more", False: ", fewer than three premix doses"}
        return f"{self.pattern.kind.value} ({first.written} {first.slot.text}{thrice[self.pattern.thrice]})"


def grounds(program: Program, kind: LineKind, formulary: Formulary) -> tuple[Ground, ...]:
    """One ground for each way lines of the kind are judged; none where the pack has no rule for the kind."""
    rules = program.by_kind[kind]
    if not rules:
        return ()
    features = read_features(program, rules)
    cuts = cuts_of(program, rules)
    return tuple(
        Ground(
            program,
            pattern,
            rules,
            features,
            lay_out(features.values(), kind, pattern.judges, program.system, cuts),
        )
        for pattern in patterns(kind, program.pack.attribution, formulary)
    )


def read_features(program: Program, rules: Sequence[BoundRule]) -> dict[str, Feature]:
    """The features some rules read, and the guard's."""
    names = {name for rule in rules for name in features_of(rule.when)}
    names |= {r.rule.step.feature for r in rules if isinstance(r.rule.step, LimitTo)}
    return {n: program.features[n] for n in sorted(names)} | guard_features(program.system)


def cuts_of(program: Program, rules: Sequence[BoundRule]) -> dict[str, list[int]]:
    """Thresholds each feature is compared with."""
    out: dict[str, list[int]] = {}
    for rule in rules:
        for leaf in leaves(rule.when):
            if isinstance(leaf, Compare) and isinstance(leaf.right, ParameterRef):
                out.setdefault(leaf.feature, []).append(program.thresholds[leaf.right.name])
    return out


class Records(Protocol):
    """What stands for a patient's readings and events."""

    @property
    def axioms(self) -> list[Bool]:
        """What holds of them."""
        ...

    def symbol(self, feature: Feature) -> Symbol:
        """A counted feature."""
        ...


@dataclass
class World:
    """A line whose readings and events are ``records`` and whose surroundings are ``bedside``."""

    ground: Ground
    bedside: Bedside
    records: Records
    symbols: dict[str, Symbol] = field(default_factory=lambda: {})

    def look(self, name: str) -> Symbol:
        """A feature of the pack, or the guard's, by name."""
        found = self.symbols.get(name)
        if found is None:
            feature = self.ground.features[name]
            source = self.records if is_counted(feature) else Surroundings(self.bedside)
            found = self.symbols[name] = source.symbol(feature)
        return found

    @cached_property
    def reader(self) -> Reader:
        """Conditions of the pack over this world."""
        return Reader(self.look, self.ground.program.thresholds)

    @property
    def axioms(self) -> list[Bool]:
        """What holds of every patient, for the features asked for so far."""
        return [*self.bedside.axioms, *self.records.axioms]

    @property
    def contents(self) -> Contents:
        """The records, cell by cell."""
        assert isinstance(self.records, Contents)
        return self.records


def build_world(ground: Ground, tag: str = "") -> World:
    """A world of which nothing is known."""
    bedside = Bedside(ground.pattern, ground.program.pack.line_options.zero_is_dose, tag)
    return World(ground, bedside, fresh(ground.layout, tag, bedside.unchanged, bedside.changed))


def beside(world: World, records: Records) -> World:
    """The same line and surroundings with other records."""
    kept = {n: s for n, s in world.symbols.items() if not is_counted(world.ground.features[n])}
    return World(world.ground, world.bedside, records, kept)
