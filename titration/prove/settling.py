"""Whether a pack comes to rest: what the solver shows of one step, and an exhaustive walk of what steps lead to.

Shown of one step: while no reading lies above a level (found here, per pack), nothing is raised. So within that range doses
only fall; each fall is a step of the device at least, and tapering ends; nothing is restarted and nothing swings. The walk
adds what single steps cannot say: weeks in which plans are followed, with one excursion out of range at any time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from titration.engine.decide import Engine
from titration.engine.guard import LOW
from titration.expr.nodes import Compare, ParameterRef
from titration.expr.smt import Bool, constant, equal, implies
from titration.expr.walk import leaves
from titration.features.spec import Feature
from titration.packs.bind import Program
from titration.packs.model import Tier
from titration.prove.obligations import Outcome, Proved, Refuted
from titration.prove.questions import raised
from titration.prove.stage import Stage
from titration.prove.streams import is_counted
from titration.prove.walk import DAYS, MOST_STATES, Letters, Restart, Walked, starts, walk
from titration.prove.witness import Witness
from titration.units import Pair, glucose_text


@dataclass(frozen=True, slots=True)
class Range:
    """No reading above ``level`` (on the grid): then no line of the pack is raised."""

    level: int


def quiet_range(program: Program, stages: list[Stage]) -> Range | None:
    """The widest range, by the pack's own thresholds, in which nothing is raised; None when there is none above level 1."""
    for level in sorted(levels(program), reverse=True):
        if all(_never_raises(stage, level) for stage in stages):
            return Range(level)
    return None


def levels(program: Program) -> set[int]:
    """The pack's glucose thresholds from level 1 on."""
    found = {program.thresholds[name] for name, p in program.pack.parameters.items() if isinstance(p.value, Pair)}
    return {level for level in found if level >= LOW.on(program.system)}


def _never_raises(stage: Stage, level: int) -> bool:
    world = stage.plan.world
    solver = stage.solver
    solver.push()
    quiet = [
        part for name, f in world.ground.features.items() if is_counted(f) for part in _at_most(stage, name, f, level)
    ]
    solver.add(*stage.more(), *quiet, raised(stage.plan))
    found = solver.check()
    solver.pop()
    return found == "unsat"


def _at_most(stage: Stage, name: str, feature: Feature, level: int) -> Iterator[Bool]:
    """What a feature can be when no reading lies above a level."""
    if not feature.is_glucose:
        return
    symbol = stage.plan.world.look(name)
    match feature.reduce:
        case "mean":
            assert symbol.per is not None
            yield symbol.value <= symbol.per * level
        case "count" | "days" if feature.keep.lowest > level:
            yield equal(symbol.value, 0)
        case "min" | "max" | "last":
            yield implies(symbol.known, symbol.value <= level)
        case _:
            yield constant(value=True)


def settles(engine: Engine, stages: Sequence[Stage]) -> Outcome:
    """The range in which nothing is raised, and what a walk of 56 days within it, and out of it once, comes to."""
    program = engine.program
    quiet = quiet_range(program, list(stages))
    if quiet is None:
        return Refuted(
            "no range above level 1 in which nothing is raised: a taper at target may be taken back next day"
        )
    text = f"nothing is raised while no reading lies above {glucose_text(quiet.level, program.system)} {program.system.text}"
    if not any(r.tier is Tier.TAPER for r in engine.pack.rules):
        return Proved(f"by the solver: {text}; the pack has no taper")
    walked = [walk(engine, start, letters) for start in starts(engine.formulary) for letters in _letters(engine, quiet)]
    broken = [told for w in walked for told in _broken(w)]
    if broken:
        return Refuted(f"in {DAYS} days of readings in range: {'; '.join(broken)}")
    return Proved(f"by the solver: {text}; by a walk of {DAYS} days: {_walked(walked)}", *_restarts(walked))


def _broken(walked: Walked) -> Iterator[str]:
    """What went wrong in a walk, in range."""
    if not walked.complete:
        yield f"{walked.start} has more than {MOST_STATES:,} states a day"
    if walked.swings:
        yield f"{walked.start} goes up, down and up within a week"
    if walked.deep:
        yield f"{walked.start} falls below half of a fortnight's highest"


def _letters(engine: Engine, quiet: Range) -> Iterator[Letters]:
    """Days free within range; then one excursion: everything high, after meals high, everything low."""
    system = engine.system
    low, top = LOW.on(system), system.accepted[1] * 9 // 10
    middle = (low + quiet.level) // 2
    upper = quiet.level - (quiet.level - low) // 8
    lower = low + (middle - low) // 2
    under = low - system.accepted[0] * 2 // 3
    yield Letters(((upper, upper), (lower, lower)), (), _memory(engine, lower, upper))
    yield Letters(((upper, upper),), ((top, top), (upper, top), (under, under)), 0)


def _memory(engine: Engine, lower: int, upper: int) -> int:
    """Days for which some feature can tell the two values apart: a mean or extreme compared between them, a filter there."""
    program = engine.program
    between = {n for n, v in program.thresholds.items() if lower <= v <= upper and isinstance(_value(engine, n), Pair)}
    days = 0
    for rule in program.rules:
        for leaf in leaves(rule.when):
            feature = program.features.get(leaf.feature)
            if feature is None or not feature.is_glucose or not isinstance(leaf, Compare):
                continue
            compared = isinstance(leaf.right, ParameterRef) and leaf.right.name in between
            filtered = lower <= feature.keep.lowest <= upper or lower <= feature.keep.highest < upper
            if compared or filtered:
                days = max(days, feature.window_days)
    return days


def _value(engine: Engine, name: str) -> Pair | int:
    return engine.pack.parameters[name].value


def _walked(walked: Sequence[Walked]) -> str:
    days: dict[int, list[str]] = {}
    for name in dict.fromkeys(w.start for w in walked):
        halved = [w.halved for w in walked if w.start == name and w.halved is not None]
        if halved:
            days.setdefault(min(halved), []).append(name)
    first = "; ".join(f"day {day}: {', '.join(names)}" for day, names in sorted(days.items()))
    last = max((w.last for w in walked if w.last is not None), default=0)
    return (
        f"insulin can be half of what it was on {first or 'no day'}; nobody in range goes up, down and up within a week, or"
        f" below half of a fortnight's highest; last change in range on day {last}"
        f" ({sum(w.states for w in walked):,} states of {len(walked)} walks)"
    )


def _restarts(walked: Sequence[Walked]) -> tuple[tuple[str, ...], tuple[Witness, ...]]:
    found: list[Restart] = [r for w in walked for r in w.restarts][:1]
    notes = tuple(
        f"out of range: {r.witness.given.drug} {r.witness.given.slot.text}, stopped for day {r.stopped}, is proposed again and"
        f" higher on day {r.raised}, since a stop that leaves no record looks like a dose not yet written down"
        for r in found
    )
    return notes, tuple(r.witness for r in found)
