"""Rows of real frames, held against the solver's world: what the engine computed must be possible there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from titration.engine.decide import Decision, Engine
from titration.expr.smt import Bool, Solver, constant, equal, every, negation, same
from titration.features.attribution import Judges
from titration.features.frame import Frame
from titration.features.spec import Feature
from titration.log.model import Log
from titration.prove.candidates import Candidate
from titration.prove.copies import Copy
from titration.prove.deciding import Plan, plan_of
from titration.prove.loose import loose_ground, loose_world
from titration.prove.world import Ground, World, build_world, grounds
from titration.units import Dimension


@dataclass(frozen=True)
class Row:
    """One line of one day: its frame, its place in it, the ground it stands on, and which candidate it is."""

    frame: Frame
    at: int
    ground: Ground
    candidate: int

    @property
    def told(self) -> str:
        product = self.ground.pattern.candidates[self.candidate]
        return f"{self.ground.name} as {product.written}, patient {self.frame.patient[self.at]}, day {self.frame.day[self.at]}"


def rows(engine: Engine, log: Log, *, chosen: int, seed: int, taper: bool | None = None) -> Iterator[Row]:
    """So many rows of each kind of line in a log, drawn at random."""
    grid = engine.grid(log, taper_always=taper)
    rng = np.random.default_rng(seed)
    for frame in grid.frames():
        standing = grounds(engine.program, frame.kind, engine.formulary)
        pre, post = grid.judged.pre[frame.rows], grid.judged.post[frame.rows]
        doses = grid.judged._premix_doses[frame.day_row]
        for at in rng.permutation(len(frame))[:chosen].tolist():
            found = _place(frame, at, standing, Judges(int(pre[at]), int(post[at])), int(doses[at]))
            if found is not None:
                yield Row(frame, at, *found)


def _place(
    frame: Frame, at: int, standing: tuple[Ground, ...], judges: Judges, premixes: int
) -> tuple[Ground, int] | None:
    lines = frame.grid.lines
    segment = int(frame.segment[at])
    drug = lines.drugs[int(lines.drug[segment])]
    for ground in standing:
        pattern = ground.pattern
        if pattern.judges != judges or (pattern.thrice is not None and pattern.thrice != (premixes >= 3)):
            continue
        for i, candidate in enumerate(pattern.candidates):
            if _alike(candidate, drug.product, int(lines.route[segment])):
                return ground, i
    return None


def loosely(engine: Engine, row: Row) -> Row:
    """The same row on the ground of all lines of its kind, whose readings are free."""
    ground = loose_ground(engine.program, row.frame.kind, engine.formulary)
    own = row.ground.pattern.candidates[row.candidate]
    found = next(
        i for i, candidate in enumerate(ground.pattern.candidates) if _alike(candidate, own.product, int(own.route))
    )
    return Row(row.frame, row.at, ground, found)


def pairs(rows_: Iterator[Row], other: Decision) -> Iterator[tuple[Row, Row]]:
    """Each row and the same line and day in another decision, where some feature of the line differs."""
    frames = {draft.frame.kind: draft.frame for draft in other.drafts}
    for row in rows_:
        two = Row(frames[row.frame.kind], row.at, row.ground, row.candidate)
        names = [n for n in row.ground.features if n in row.frame.grid.features]
        if any(_fact(row, n) != _fact(two, n) for n in names):
            yield row, two


def _fact(row: Row, name: str) -> tuple[int, int] | None:
    column = row.frame.column(name)
    per = 1 if column.per is None else int(column.per[row.at])
    return (int(column.values[row.at]), per) if column.is_known(row.at) else None


def _alike(candidate: Candidate, product: object, route: int) -> bool:
    mine = candidate.product
    if mine is None or product is None:
        return mine is product
    names = ("settle_days", "interval_days", "increment", "ladder", "down", "max_daily", "kind", "classes")
    limits = [[(r.below, r.max_daily) for r in p.renal] for p in (mine, product)]  # type: ignore[attr-defined]
    return (
        all(getattr(mine, n) == getattr(product, n) for n in names)
        and limits[0] == limits[1]
        and bool(mine.components) == bool(product.components)  # type: ignore[attr-defined]
        and (mine.kind.value != "other" and (route in (0, 1)) == (int(candidate.route) in (0, 1)))
    )


def facts(world: World, row: Row) -> dict[str, Bool]:
    """What the frame says of every feature, as formulas of the world."""
    out: dict[str, Bool] = {}
    for name in world.ground.features:
        if name not in row.frame.grid.features:
            # The grid leaves no room for the guard's windows where the guard is off.
            continue
        symbol, column = world.look(name), row.frame.column(name)
        if not column.is_known(row.at):
            out[name] = negation(symbol.known)
            continue
        parts = [symbol.known, equal(symbol.value, int(column.values[row.at]))]
        if symbol.per is not None:
            assert column.per is not None
            parts.append(equal(symbol.per, int(column.per[row.at])))
        out[name] = every(*parts)
    known = row.frame.dose.is_known(row.at)
    out["the dose"] = every(
        same(world.bedside.known, constant(value=known)), equal(world.bedside.dose, int(row.frame.dose.values[row.at]))
    )
    out["the drug"] = equal(world.bedside.pick, row.candidate)
    out |= _behind(world, row)
    return out


def _behind(world: World, row: Row) -> dict[str, Bool]:
    """What steps read beside the features: the dose before, the day's insulin, the drug's other doses."""
    bedside, frame, at = world.bedside, row.frame, row.at
    before = frame.compute(Feature("line.previous_dose", "line.previous_dose", "now", Dimension.DOSE))
    total = frame.compute(Feature("insulin.total", "insulin.total", "now", Dimension.DOSE))
    daily = frame.compute(Feature("line.daily", "line.daily", "now", Dimension.DOSE))
    out = {"the day's insulin": equal(bedside.total, int(total.values[at]))}
    if before.is_known(at):
        out["the dose before"] = every(bedside.changed, equal(bedside.previous, int(before.values[at])))
    else:
        out["the dose before"] = negation(bedside.changed)
    if daily.is_known(at):
        extra = int(daily.values[at]) - int(frame.dose.values[at])
        out["other doses"] = every(bedside.flag("daily.known"), equal(bedside.whole("extra"), extra))
    return out


def pinned(row: Row) -> tuple[Solver, World, Plan, dict[str, Bool]]:
    """A solver that holds the world's axioms, and the facts of a row to hold beside them."""
    cells = bool(row.ground.layout.cells)
    world = build_world(row.ground) if cells else loose_world(row.ground)
    plan = plan_of(world)
    _ = plan.dose
    held = facts(world, row)
    solver = Solver()
    solver.add(*world.axioms, *plan.extra)
    return solver, world, plan, held


def copied(make: Callable[[World], Copy], one: Row, two: Row) -> bool:
    """Whether two rows can be a patient and the copy that ``make`` makes of it, as far as the solver gets."""
    solver, world, _, held = pinned(one)
    copy = make(world)
    other = facts(copy.world, two)
    solver.add(*world.axioms, *copy.axioms(world), *copy.ties, *held.values())
    return solver.check(*other.values()) != "unsat"
