"""Two packs over one patient: where they decide differently, by how much, and what may be said of the difference as a whole."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from titration.clinical import LineKind
from titration.engine.decide import Engine
from titration.expr.smt import Bool, Solver, equal, every, negation, some
from titration.features.spec import Feature
from titration.formulary import Formulary
from titration.packs.model import Pack
from titration.prove.bedside import Bedside
from titration.prove.candidates import Pattern
from titration.prove.contents import fresh
from titration.prove.deciding import Plan, plan_of
from titration.prove.loose import Loose, loose_ground
from titration.prove.replay import Seen, replay
from titration.prove.streams import Layout, lay_out
from titration.prove.witness import Witness, Writer, plainly, simplify
from titration.prove.world import Ground, Records, World, cuts_of, grounds, read_features
from titration.units import UnitSystem

MOST_REGIONS: Final = 12
LARGEST: Final = {True: 100_000, False: 3_000_000}
"""Doses up to which the largest change is looked for: 100 units of insulin, 3,000 mg of a tablet."""


@dataclass(frozen=True, slots=True)
class Region:
    """Patients of a kind of line whom the two packs treat differently: the rules credited, the direction (the new dose
    beside the old), one patient, and the largest difference found."""

    kind: LineKind
    old_rule: str
    new_rule: str
    direction: str
    largest: int
    before: int
    old_dose: int
    new_dose: int
    witness: Witness


@dataclass(frozen=True, slots=True)
class Verdict:
    """A statement about all patients: proved, refuted by one of them, or unknown (None)."""

    statement: str
    holds: bool | None
    witness: Witness | None = None


STATEMENTS: Final[Mapping[str, Callable[[Plan, Plan], Bool]]] = {
    "same decisions": lambda old, new: negation(equal(old.dose, new.dose)),
    "only ever less drug": lambda old, new: new.dose > old.dose,
    "only ever more cautious": lambda old, new: every(
        new.known,
        some(every(new.dose > new.now, new.dose > old.dose), every(old.demand < old.now, new.demand > old.demand)),
    ),
}
"""What may be said of a change, and the patient who would refute it. More cautious: no increase that was not made before, or
not so far; and nothing that safety demands is lost."""

_SHOWN: Final[Mapping[str, Callable[[Seen, Seen], bool]]] = {
    "same decisions": lambda old, new: old.dose != new.dose,
    "only ever less drug": lambda old, new: new.dose > old.dose,
    "only ever more cautious": lambda old, new: (
        new.now < new.dose > old.dose or (old.demand < old.now and new.demand > old.demand)
    ),
}


@dataclass
class Pair:
    """Two packs in one unit system."""

    old: Pack
    new: Pack
    formulary: Formulary
    system: UnitSystem = UnitSystem.MMOL
    _both: dict[str, "_Both"] = field(default_factory=lambda: {})

    def __post_init__(self) -> None:
        self.engines = tuple(Engine(p, self.system, self.formulary) for p in (self.old, self.new))

    @property
    def incomparable(self) -> str:
        """Why no patient can be put before both at once; empty when one can."""
        if self.old.attribution != self.new.attribution:
            return "the packs judge lines by different readings"
        if self.old.line_options != self.new.line_options:
            return "the packs read dose records differently"
        return ""

    def kinds(self) -> list[LineKind]:
        """Kinds of line either pack has rules for."""
        return [k for k in LineKind if any(e.program.by_kind[k] for e in self.engines)]

    def verdicts(self) -> Iterator[Verdict]:
        """Every statement, over all kinds of line."""
        for statement in STATEMENTS:
            yield self._verdict(statement)

    def _verdict(self, statement: str) -> Verdict:
        unknown = False
        for kind in self.kinds():
            if self._loosely(kind).nobody(STATEMENTS[statement]):
                continue
            for both in self._cells(kind):
                if both.nobody(STATEMENTS[statement]):
                    continue
                found = both.somebody(STATEMENTS[statement], _SHOWN[statement], statement.replace(" ", "-"))
                if found is not None:
                    return Verdict(statement, holds=False, witness=found[0].witness)
                unknown = True
        return Verdict(statement, holds=None if unknown else True)

    def regions(self) -> Iterator[Region]:
        """Where the packs differ, kind by kind; at most ``MOST_REGIONS`` of each way of being judged."""
        for kind in self.kinds():
            if self._loosely(kind).nobody(STATEMENTS["same decisions"]):
                continue
            found: set[tuple[str, str, str]] = set()
            for both in self._cells(kind):
                yield from both.regions(found)

    def _loosely(self, kind: LineKind) -> "_Both":
        name = f"{kind.value}.loose"
        if name not in self._both:
            self._both[name] = _Both.loosely(self, kind)
        return self._both[name]

    def _cells(self, kind: LineKind) -> Iterator["_Both"]:
        first = next(e for e in self.engines if e.program.by_kind[kind])
        for ground in grounds(first.program, kind, self.formulary):
            if ground.name not in self._both:
                self._both[ground.name] = _Both.of(self, ground.pattern)
            yield self._both[ground.name]


@dataclass
class _Both:
    """Both plans of one patient, and a solver that holds what is true of everybody."""

    pair: Pair
    old: Plan
    new: Plan
    solver: Solver

    @classmethod
    def loosely(cls, pair: Pair, kind: LineKind) -> "_Both":
        """All lines of a kind, readings free."""
        patterns = [loose_ground(e.program, kind, pair.formulary).pattern for e in pair.engines]
        features = _features(pair, kind)
        records = Loose("")
        bedside = Bedside(patterns[0], pair.old.line_options.zero_is_dose)
        return cls._made(pair, features, bedside, records=records, layout=Layout({}, (), (), {}))

    @classmethod
    def of(cls, pair: Pair, pattern: Pattern) -> "_Both":
        """Lines judged one way, cell by cell."""
        old, new = features = _features(pair, pattern.kind)
        cuts: dict[str, list[int]] = {}
        for engine, mine in zip(pair.engines, features, strict=True):
            for name, values in cuts_of(engine.program, engine.program.by_kind[pattern.kind]).items():
                cuts.setdefault(mine[name].name, []).extend(values)
        union = {f.name: f for f in (*old.values(), *new.values())}
        layout = lay_out(union.values(), pattern.kind, pattern.judges, pair.system, cuts)
        bedside = Bedside(pattern, pair.old.line_options.zero_is_dose)
        contents = fresh(layout, "", bedside.unchanged, bedside.changed)
        return cls._made(pair, features, bedside, records=contents, layout=layout)

    @classmethod
    def _made(
        cls,
        pair: Pair,
        features: tuple[dict[str, Feature], dict[str, Feature]],
        bedside: Bedside,
        *,
        records: Records,
        layout: Layout,
    ) -> "_Both":
        plans: list[Plan] = []
        pattern = bedside.pattern
        for engine, mine in zip(pair.engines, features, strict=True):
            ground = Ground(engine.program, pattern, engine.program.by_kind[pattern.kind], mine, layout)
            plan = plan_of(World(ground, bedside, records))
            _ = plan.dose
            plans.append(plan)
        solver = Solver()
        solver.add(*plans[0].world.axioms, *plans[0].extra, *plans[1].extra)
        return cls(pair, plans[0], plans[1], solver)

    def nobody(self, formula: Callable[[Plan, Plan], Bool]) -> bool:
        """Whether the solver shows that there is no such patient."""
        self.solver.push()
        self.solver.add(formula(self.old, self.new))
        found = self.solver.check()
        self.solver.pop()
        return found == "unsat"

    def somebody(
        self,
        formula: Callable[[Plan, Plan], Bool],
        shows: Callable[[Seen, Seen], bool],
        name: str,
        *more: Bool,
    ) -> tuple[Seen, Seen] | None:
        """A patient in whom both engines show it; None when none was found or written."""
        self.solver.push()
        self.solver.add(formula(self.old, self.new), *more)
        try:
            if self.solver.check() != "sat":
                return None
            for wishes in (plainly(self.old.world), []):
                self.solver.push()
                simplify(self.solver, wishes)
                witness = Writer(self.solver, self.new.world, self.pair.formulary).witness(name)
                self.solver.pop()
                seen = [replay(engine, witness) for engine in self.pair.engines]
                if seen[0] is not None and seen[1] is not None and shows(seen[0], seen[1]):
                    return seen[0], seen[1]
            return None
        finally:
            self.solver.pop()

    def regions(self, found: set[tuple[str, str, str]]) -> Iterator[Region]:
        """Regions not in ``found``, which grows; each a pair of credited rules and a direction."""
        blocked: list[Bool] = []
        for _ in range(MOST_REGIONS):
            seen = self.somebody(STATEMENTS["same decisions"], _SHOWN["same decisions"], "differs", *blocked)
            if seen is None:
                return
            old, new = seen
            direction = "lower" if new.dose < old.dose else "higher"
            here = every(*self._credited(old, new), self._directed(direction))
            blocked.append(negation(here))
            key = (old.rule, new.rule, direction)
            if key in found:
                continue
            found.add(key)
            yield Region(
                self.old.world.bedside.kind, *key, self._largest(here, direction, abs(new.dose - old.dose)),
                old.now, old.dose, new.dose, old.witness,
            )  # fmt: skip

    def _credited(self, old: Seen, new: Seen) -> list[Bool]:
        pairs = ((self.old, old.rule), (self.new, new.rule))
        return [plan.fires[rule] for plan, rule in pairs if rule in plan.fires]

    def _directed(self, direction: str) -> Bool:
        return self.new.dose < self.old.dose if direction == "lower" else self.new.dose > self.old.dose

    def _largest(self, here: Bool, direction: str, least: int) -> int:
        """The largest difference of the two doses in a region, for doses in ordinary use: by halving."""
        most = LARGEST[self.old.world.bedside.is_insulin]
        change = self.old.dose - self.new.dose if direction == "lower" else self.new.dose - self.old.dose
        low, high = least, most
        self.solver.push()
        self.solver.add(here, self.old.now <= most)
        while low < high:
            middle = (low + high + 1) // 2
            if self.solver.check(change >= middle) == "sat":
                low = self.solver.value(change)
            else:
                high = middle - 1
        self.solver.pop()
        return low


def _features(pair: Pair, kind: LineKind) -> tuple[dict[str, Feature], dict[str, Feature]]:
    """What each pack's rules read, by the pack's own names; a name both use differently is told apart."""
    old, new = (read_features(e.program, e.program.by_kind[kind]) for e in pair.engines)
    told = {n: f if old.get(n, f) == f else replace(f, name=f"new {n}") for n, f in new.items()}
    return old, told
