"""What the worked cases of a pack reach: every rule, and both sides of every threshold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from titration.engine.decide import Decision
from titration.expr.nodes import Compare, ParameterRef
from titration.expr.render import render
from titration.expr.walk import leaves
from titration.formulary import Formulary
from titration.packs.model import Pack
from titration.service.case_ward import CaseWard, case_wards
from titration.service.cases import read_cases
from titration.units import HI_VALUE, LO_VALUE, Pair


@dataclass(frozen=True, slots=True)
class Side:
    """A comparison with a threshold, and on how many lines of the cases it held and did not."""

    rule: str
    comparison: str
    held: int
    failed: int

    @property
    def both(self) -> bool:
        return bool(self.held and self.failed)


@dataclass(frozen=True, slots=True)
class Edge:
    """A glucose limit a feature filters by, in one unit: whether the cases hold a reading on it and one beside it."""

    feature: str
    parameter: str
    unit: str
    on: bool
    beside: bool

    @property
    def both(self) -> bool:
        return self.on and self.beside


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the cases reach. ``rules`` maps a rule to the number of lines it fired on."""

    pack: Pack
    cases: int
    rules: dict[str, int]
    sides: tuple[Side, ...]
    edges: tuple[Edge, ...]

    @property
    def gaps(self) -> tuple[str, ...]:
        """What no case reaches, in words."""
        silent = [f"rule {name} fires in no case" for name, n in self.rules.items() if not n]
        sides = [
            f"{s.rule}: {s.comparison} {'never holds' if not s.held else 'always holds'} in the cases"
            for s in self.sides
            if not s.both
        ]
        edges = [
            f"{e.feature}: no reading {'on' if not e.on else 'one step beside'} {e.parameter} in {e.unit}"
            for e in self.edges
            if not e.both
        ]
        return (*silent, *sides, *edges)

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain data, for ``--json``."""
        return {
            "pack": self.pack.id,
            "version": self.pack.version,
            "cases": self.cases,
            "rules": {"all": len(self.rules), "fired": sum(bool(n) for n in self.rules.values()), "lines": self.rules},
            "comparisons": {"all": len(self.sides), "both_sides": sum(s.both for s in self.sides)},
            "edges": {"all": len(self.edges), "both_sides": sum(e.both for e in self.edges)},
            "gaps": list(self.gaps),
        }


def cover(folder: Path, pack: Pack, formulary: Formulary) -> Coverage:
    """What the worked cases of the pack in ``folder`` reach; raises PackError when they cannot be read."""
    cases = read_cases(folder, pack, formulary)
    wards = case_wards(cases)
    fired: dict[str, int] = {rule.id: 0 for rule in pack.rules}
    held: dict[tuple[str, Compare], list[int]] = {}
    for ward in wards:
        grid = ward.grid(pack, formulary)
        _count(ward.decide(pack, formulary, grid), fired, held)
    sides = tuple(Side(rule, render(leaf), *counts) for (rule, leaf), counts in held.items())
    return Coverage(pack, len(cases), fired, sides, tuple(_edges(pack, wards)))


def _count(decision: Decision, fired: dict[str, int], held: dict[tuple[str, Compare], list[int]]) -> None:
    program = decision.engine.program
    for draft in decision.drafts:
        proposals = draft.proposals
        for bound in program.by_kind[proposals.frame.kind]:
            fired[bound.rule.id] += int(proposals.memo.of(bound.when).yes.sum())
            for leaf in dict.fromkeys(leaves(bound.when)):
                if not isinstance(leaf, Compare) or not isinstance(leaf.right, ParameterRef):
                    continue
                result = proposals.memo.of(leaf)
                counts = held.setdefault((bound.rule.id, leaf), [0, 0])
                counts[0] += int(result.yes.sum())
                counts[1] += int(result.false.sum())


def _edges(pack: Pack, wards: Sequence[CaseWard]) -> Iterator[Edge]:
    """Limits of feature filters: the reading that just counts, and the one that just does not."""
    units = {ward.system for ward in wards}
    seen = {
        system: set(np.concatenate([w.log.readings.value for w in wards if w.system is system]).tolist())
        for system in units
    }
    for feature in pack.features.values():
        for name, step in ((feature.below, -1), (feature.at_most, 1), (feature.above, 1), (feature.at_least, -1)):
            if name is None:
                continue
            value = pack.parameters[name].value
            assert isinstance(value, Pair)
            for system in sorted(units):
                limit = value.on(system)
                beside = limit + step
                # Below what a meter can show there is LO, and above it HI.
                lowest, highest = system.accepted
                beside = LO_VALUE if beside < lowest else HI_VALUE if beside > highest else beside
                yield Edge(feature.name, name, system.text, limit in seen[system], beside in seen[system])
