"""One way a line is judged, held by a solver: questions are put to it, and patients written from what it answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from titration.engine.decide import Engine
from titration.expr.smt import EFFORT, Bool, Solver, integer, some
from titration.prove.copies import TAG, Copy, tie
from titration.prove.deciding import Plan, plan_of
from titration.prove.loose import loose_world
from titration.prove.questions import Difference, Fault
from titration.prove.replay import Seen, replay
from titration.prove.witness import Witness, Writer, plainly, simplify
from titration.prove.world import Ground, build_world

TRIES = 3
"""Patients written for one answer of the solver before another answer is looked for."""
SEEDS = 3
"""Answers of the solver, each from a start of its own, before a question is given up as not replaying."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """The solver has shown that there is no such patient."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """A patient in whom the engine shows it: one log, or two that differ in one thing."""

    witnesses: tuple[Witness, ...]
    seen: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Unsure:
    """Neither, and why; ``where`` is the reading (days back, timing) that makes the difference, where that is known."""

    why: str
    where: tuple[int, int] | None = None


Reply = Nobody | Somebody | Unsure


@dataclass
class Stage:
    """A ground with its world, its plan and a solver that holds what is true of every patient."""

    engine: Engine
    ground: Ground
    effort: int = EFFORT
    seed: int = 0
    """Where the solver starts to look: another one finds another patient, and proves the same."""
    _held: tuple[int, int] = field(default=(0, 0), init=False)

    @property
    def loose(self) -> bool:
        """Whether its readings are free: what it finds is no patient then."""
        return not self.ground.layout.cells

    @cached_property
    def plan(self) -> Plan:
        """The plan of a patient of whom nothing is known."""
        plan = plan_of(loose_world(self.ground) if self.loose else build_world(self.ground))
        _ = plan.dose
        return plan

    @cached_property
    def solver(self) -> Solver:
        """Holds the axioms; ask between ``push`` and ``pop``."""
        solver = Solver(effort=self.effort, seed=self.seed)
        plan = self.plan
        solver.add(*plan.world.axioms, *plan.extra)
        self._held = len(plan.world.bedside.axioms), len(plan.world.records.axioms)
        return solver

    def more(self) -> list[Bool]:
        """Axioms of what was asked for since the solver was made."""
        world = self.plan.world
        return [*world.bedside.axioms[self._held[0] :], *world.records.axioms[self._held[1] :]]

    def none_of(self, faults: Sequence[Fault]) -> bool:
        """Whether the solver shows in one go that nobody has any of the faults."""
        formulas = [fault.formula(self.plan) for fault in faults]
        solver = self.solver
        solver.push()
        solver.add(*self.more(), some(*formulas))
        found = solver.check()
        solver.pop()
        return found == "unsat"

    def ask(self, fault: Fault, *, name: str) -> Reply:
        """Whether there is a patient with the fault."""
        reply = self._asked(fault, name)
        if isinstance(reply, Unsure) and not self.loose and self.seed + 1 < SEEDS:
            return replace(self, seed=self.seed + 1).ask(fault, name=name)
        return reply

    def _asked(self, fault: Fault, name: str) -> Reply:
        formula = fault.formula(self.plan)
        solver = self.solver
        solver.push()
        try:
            # Asking may have named features the plan did not read.
            solver.add(*self.more(), formula)

            def write(writer: Writer) -> tuple[Witness, ...]:
                return (writer.witness(name),)

            return self._settle(write, lambda seen: fault.shows(seen[0]), self.plan)
        finally:
            solver.pop()

    def compare(self, make: Callable[[], Copy], difference: Difference, *, name: str, but: str = "") -> Reply:
        """Whether there are two patients, one made from the other, with a difference that must not be."""
        copy = make()
        other = plan_of(copy.world)
        formula = difference.formula(self.plan, other)
        solver = self.solver
        solver.push()
        try:
            solver.add(*self.more(), *copy.axioms(self.plan.world), *other.extra, *copy.ties, formula)
            if but:
                solver.add(*tie(self.plan.world, copy.world, but=but))
            first = self.plan

            def write(writer: Writer) -> tuple[Witness, ...]:
                one = writer.witness(f"{name}-a")
                again = Writer(self.solver, copy.world, self.engine.formulary)
                return one, again.witness(f"{name}-b")

            return self._settle(write, lambda seen: difference.shows(seen[0], seen[1]), first)
        finally:
            solver.pop()

    def _settle(
        self,
        write: Callable[[Writer], tuple[Witness, ...]],
        shows: Callable[[Sequence[Seen]], bool],
        plan: Plan,
    ) -> Reply:
        found = self.solver.check()
        if found == "unsat":
            return Nobody()
        if self.loose:
            where = [self.solver.value(integer(f"{TAG}{name}")) for name in ("back", "timing")]
            return Unsure("readings were left free", (where[0], where[1]))
        if found == "unknown":
            return Unsure(f"the solver gave up ({self.solver.reason()}) on {self.ground.name}")
        for wishes in self._wishes(plan):
            self.solver.push()
            simplify(self.solver, wishes)
            witnesses = write(Writer(self.solver, plan.world, self.engine.formulary))
            seen = [s for w in witnesses if (s := replay(self.engine, w)) is not None]
            self.solver.pop()
            if len(seen) == len(witnesses) and shows(seen):
                return Somebody(witnesses, tuple(seen))
        return Unsure(
            f"a witness does not replay: the solver's patient of {self.ground.name} is not one the engine sees"
        )

    def _wishes(self, plan: Plan) -> list[list[Bool]]:
        """Ways to make the patient plain: all wishes, the first half, then none."""
        wishes = plainly(plan.world)
        return [wishes, list(reversed(wishes)), wishes[: len(wishes) // 2]][:TRIES]
