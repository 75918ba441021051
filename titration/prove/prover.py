"""Obligations discharged one by one: proved by the solver, refuted by a patient, or unknown."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from titration.clinical import LineKind
from titration.engine.decide import Engine
from titration.expr.smt import EFFORT
from titration.formulary import Formulary
from titration.packs.model import Pack
from titration.prove import questions
from titration.prove.agreeing import AWAY, disagreements, shown
from titration.prove.copies import with_one_low, with_one_lower, without
from titration.prove.loose import loose_ground, lower_somewhere, one_low_somewhere
from titration.prove.obligations import (
    CapsHold,
    Caution,
    Finding,
    Guarded,
    GuardHolds,
    LowNeverRaises,
    MissingNeverRaises,
    Monotone,
    NoGap,
    NoOverlap,
    Obligation,
    Outcome,
    Proved,
    Reachable,
    Refuted,
    Settles,
    UnitsAgree,
    Unknown,
    obligations,
    told,
)
from titration.prove.questions import Fault
from titration.prove.settling import settles
from titration.prove.stage import Nobody, Reply, Somebody, Stage, Unsure
from titration.prove.unconstrained import broken_promises
from titration.prove.witness import Witness
from titration.prove.world import grounds
from titration.units import UnitSystem

Progress = Callable[[str, int, int], None]
_Where = tuple[int, int] | None
_Asked = Callable[[Stage, str, _Where], Iterator[tuple[str, Callable[[], Reply]]]]
"""Questions to a stage about two patients; where the reading that differs is looked for, or anywhere."""
BY_SOLVER = "by the solver, for every patient the axioms allow"


def silent(_what: str, _done: int, _total: int) -> None:
    """Progress that nobody sees."""


@dataclass
class Prover:
    """A pack's obligations over all its lines, in the unit system its thresholds are bound to."""

    pack: Pack
    formulary: Formulary
    system: UnitSystem = UnitSystem.MMOL
    effort: int = EFFORT
    _stages: dict[LineKind, tuple[Stage, ...]] = field(default_factory=lambda: {})

    _loose: dict[LineKind, Stage] = field(default_factory=lambda: {})

    def __post_init__(self) -> None:
        self.engine = Engine(self.pack, self.system, self.formulary)

    def stages(self, kind: LineKind) -> tuple[Stage, ...]:
        """Every way lines of the kind are judged."""
        found = self._stages.get(kind)
        if found is None:
            made = grounds(self.engine.program, kind, self.formulary)
            found = self._stages[kind] = tuple(Stage(self.engine, g, self.effort) for g in made)
        return found

    def loosely(self, kind: LineKind) -> Stage:
        """All lines of the kind at once, their readings free."""
        found = self._loose.get(kind)
        if found is None:
            ground = loose_ground(self.engine.program, kind, self.formulary)
            found = self._loose[kind] = Stage(self.engine, ground, self.effort)
        return found

    def findings(self, wanted: Sequence[Obligation] | None = None, progress: Progress = silent) -> Iterator[Finding]:
        """What comes of the pack's obligations, or of some of them."""
        every = list(obligations(self.pack))
        strange = sorted(set(self.pack.departs) - {told(o) for o in every})
        if strange:
            raise ValueError(
                f"{self.pack.id}: [prove] departs names {strange[0]!r}, which is no obligation of this pack"
            )
        todo = every if wanted is None else list(wanted)
        for done, obligation in enumerate(todo):
            progress(told(obligation), done, len(todo))
            yield Finding(obligation, self.discharge(obligation), self.pack.departs.get(told(obligation), ""))
        progress("proved", len(todo), len(todo))

    def discharge(self, obligation: Obligation) -> Outcome:
        """Prove or refute one obligation."""
        name = told(obligation).lower().replace(" ", "-").replace(".", "-")
        match obligation:
            case Reachable(rule):
                return self._reach(rule, name)
            case NoGap(kind):
                return self._none(kind, [questions.gap()], name)
            case NoOverlap(kind, tier):
                return self._none(kind, [questions.overlap(kind, tier)], name)
            case Guarded(kind):
                return self._none(kind, questions.guarded(kind), name)
            case Caution(kind):
                return self._none(kind, questions.caution(), name)
            case CapsHold(kind):
                return self._none(kind, questions.caps(kind), name)
            case MissingNeverRaises(kind):
                return self._missing(kind, name)
            case LowNeverRaises(kind):
                return self._compared(kind, name, self._low)
            case Monotone(kind):
                return self._compared(kind, name, self._lower)
            case GuardHolds():
                return self._guard()
            case UnitsAgree():
                return self._units()
            case Settles():
                kinds = [k for k in LineKind if self.engine.program.by_kind[k]]
                return settles(self.engine, [self.loosely(kind) for kind in kinds])

    def _guard(self) -> Outcome:
        if self.pack.guard_off:
            return Refuted("the guard is switched off")
        broken = [line for kind in LineKind for line in broken_promises(kind, effort=self.effort)]
        return Refuted("; ".join(broken)) if broken else Proved("by the solver, for any proposal on any line")

    def _units(self) -> Outcome:
        found = next(iter(disagreements(self.pack)), None)
        if found is None:
            return Proved(f"by counting every reading {AWAY / 10} mmol/L or more from a pair")
        told_ = f"{found.parameter} puts {found.mmol / 10} mmol/L and {found.mgdl} mg/dL on different sides"
        stages = [s for kind in LineKind for s in self.stages(kind)]
        engines = {system: Engine(self.pack, system, self.formulary) for system in UnitSystem}
        witnesses = shown(found, stages, engines)
        return Unknown(f"{told_}, but no patient could be written") if witnesses is None else Refuted(told_, witnesses)

    # -- one patient ---------------------------------------------------------------------------------------------

    def _reach(self, rule: str, name: str) -> Outcome:
        kinds = next(r.kinds for r in self.pack.rules if r.id == rule)
        unsure: list[str] = []
        for stage in (s for kind in kinds for s in self.stages(kind)):
            match stage.ask(questions.fires(rule), name=name):
                case Somebody(witnesses, _):
                    return Proved(f"a patient shows it ({stage.ground.name}, {_line(witnesses[0])})")
                case Unsure(why):
                    unsure.append(why)
                case Nobody():
                    pass
        return (
            Unknown(unsure[0])
            if unsure
            else Refuted(f"no patient makes rule {rule} fire: its condition can never hold")
        )

    def _none(self, kind: LineKind, faults: Iterator[Fault] | Sequence[Fault], name: str) -> Outcome:
        """No patient has any of the faults."""
        listed = list(faults)
        if self.loosely(kind).none_of(listed):
            return Proved(BY_SOLVER)
        return _first_fault(
            (fault.told, stage, partial(stage.ask, fault, name=name))
            for stage in self.stages(kind)
            if not stage.none_of(listed)
            for fault in listed
        )

    # -- two patients --------------------------------------------------------------------------------------------

    def _missing(self, kind: LineKind, name: str) -> Outcome:
        alone = self._none(kind, questions.missing(kind), name)
        if not isinstance(alone, Proved):
            return alone
        return self._compared(kind, name, self._lacking)

    def _compared(self, kind: LineKind, name: str, asked: _Asked) -> Outcome:
        # What holds although every feature moves by itself holds of patients in whom they move together.
        open_: dict[str, tuple[int, int] | None] = {}
        for what, ask in asked(self.loosely(kind), name, None):
            match ask():
                case Unsure(_, where):
                    open_[what] = where
                case _:
                    pass
        if not open_:
            return Proved(BY_SOLVER)
        # A patient is soonest found where the free readings differed; that there is none is asked of all readings.
        near = _first_fault(self._still_open(kind, name, asked, open_, near=True))
        return (
            near if isinstance(near, Refuted) else _first_fault(self._still_open(kind, name, asked, open_, near=False))
        )

    def _still_open(
        self, kind: LineKind, name: str, asked: _Asked, open_: dict[str, tuple[int, int] | None], *, near: bool
    ) -> Iterator[tuple[str, Stage, Callable[[], Reply]]]:
        for stage in self.stages(kind):
            for what, where in open_.items():
                if near and where is None:
                    continue
                for told_, ask in asked(stage, name, where if near else None):
                    if told_ == what:
                        yield what, stage, ask

    def _lacking(self, stage: Stage, name: str, _where: _Where) -> Iterator[tuple[str, Callable[[], Reply]]]:
        sources = {f.of for f in stage.ground.features.values() if f.of.startswith(("lab.", "person."))}
        for datum in sorted(sources):
            difference = questions.less_known(datum)
            make = partial(without, stage.plan.world, datum)
            yield difference.told, partial(stage.compare, make, difference, name=name, but=datum)

    def _low(self, stage: Stage, name: str, where: _Where) -> Iterator[tuple[str, Callable[[], Reply]]]:
        difference = questions.one_low_more()
        world = stage.plan.world
        make = partial(one_low_somewhere, world) if stage.loose else partial(with_one_low, world, where=where)
        yield difference.told, partial(stage.compare, make, difference, name=name)

    def _lower(self, stage: Stage, name: str, where: _Where) -> Iterator[tuple[str, Callable[[], Reply]]]:
        world = stage.plan.world
        lowered = lower_somewhere if stage.loose else partial(with_one_lower, where=where)
        for difference in questions.one_lower():
            make = partial(lowered, world, censored=False)
            yield difference.told, partial(stage.compare, make, difference, name=name)
        censored = questions.one_censored()
        make = partial(lowered, world, censored=True)
        yield censored.told, partial(stage.compare, make, censored, name=name)


def _first_fault(asked: Iterator[tuple[str, Stage, Callable[[], Reply]]]) -> Outcome:
    """Proved when nobody has any fault; otherwise the first that somebody has."""
    unsure: list[str] = []
    for what, stage, ask in asked:
        match ask():
            case Somebody(witnesses, seen):
                shown = "; ".join(f"{s.now} to {s.dose} by {s.rule or 'no rule'}" for s in seen)
                line = f"{stage.ground.name}, {_line(witnesses[0])}: {shown}"
                return Refuted(f"a patient with {what} ({line})", witnesses)
            case Unsure(why):
                unsure.append(f"{what}: {why}")
            case Nobody():
                pass
    return Unknown(unsure[0]) if unsure else Proved(BY_SOLVER)


def _line(witness: Witness) -> str:
    return f"{witness.given.drug} {witness.given.slot.text}"
