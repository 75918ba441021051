"""From the rules to a line's plan, as formulas: proposals meet, unknowns hold back, the guard limits.

Arbitration between lines is left out: all it does to a line is to leave its dose as it is for a day.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import assert_never

from titration.engine.plans import Limit
from titration.expr.smt import (
    Answer,
    Bool,
    Int,
    Symbol,
    choose,
    constant,
    equal,
    every,
    floor_of,
    greater,
    implies,
    lesser,
    negation,
    number,
    some,
)
from titration.formulary import Product
from titration.packs.bind import BoundRule
from titration.packs.model import (
    Hold,
    Ladder,
    LimitTo,
    Percent,
    Refer,
    Restore,
    Review,
    ShareOfTotal,
    Step,
    Stop,
    Tier,
    Units,
)
from titration.prove.guarding import Proposal, device, guarded
from titration.prove.world import World

_ABOVE_ALL = 2_147_483_647
_HOLDS_UP = (Tier.SAFETY, Tier.FREEZE, Tier.REDUCE, Tier.TAPER, Tier.HOLD)
_WHOLE = 1000


@dataclass(frozen=True)
class Plan:
    """A line's plan in one world. ``extra`` are facts about the terms made on the way, to be held as axioms."""

    world: World
    answers: Mapping[str, Answer]
    fires: Mapping[str, Bool]
    """What is heard: a rule silenced by a freeze does not fire."""
    offers: Mapping[str, Int]
    """The dose each rule proposes."""
    fired: Bool
    met: Int
    met_safety: Bool
    met_demanded: Bool
    demand: Int
    demand_safety: Bool
    undecided: Bool
    extra: tuple[Bool, ...]

    @property
    def now(self) -> Int:
        return self.world.bedside.dose

    @property
    def known(self) -> Bool:
        return self.world.bedside.known

    @cached_property
    def open(self) -> Bool:
        """The answer waits for data."""
        return some(self.undecided, negation(self.known))

    @cached_property
    def proposed(self) -> Int:
        """The dose the rules come to; one that waits for data does not go up."""
        held = some(every(self.open, self.met >= self.now), negation(self.known))
        return choose(held, self.now, self.met)

    @cached_property
    def limits(self) -> dict[Limit, Bool]:
        """What the guard limited of the proposal."""
        return self._verdicts[1]

    @cached_property
    def dose(self) -> Int:
        """The dose after the guard."""
        return self._verdicts[0]

    @cached_property
    def _verdicts(self) -> tuple[Int, dict[Limit, Bool]]:
        if self.world.ground.program.pack.guard_off:
            return self.proposed, {}

        def look(name: str) -> Symbol:
            return self.world.look(f"guard.{name}")

        bedside = self.world.bedside
        gives = device(bedside.increments)
        proposal = Proposal(self.now, self.proposed, self.met_safety, self.met_demanded)
        first = guarded(proposal, look, bedside.kind, gives)
        wanted = Proposal(self.now, self.demand, self.demand_safety, constant(value=True))
        second = guarded(wanted, look, bedside.kind, gives)
        beside = every(self.demand < self.now, negation(self.met_demanded), self.known)
        return choose(every(beside, second.dose < first.dose), second.dose, first.dose), first.limits


def plan_of(world: World) -> Plan:
    """The plan of a world's line."""
    rules = world.ground.rules
    answers = {r.rule.id: world.reader.truth(r.when) for r in rules}
    frozen = some(*(answers[r.rule.id].yes for r in rules if r.rule.tier is Tier.FREEZE))
    steps = _Steps(world)
    fires: dict[str, Bool] = {}
    offers: dict[str, Int] = {}
    for bound in rules:
        rule = bound.rule
        silenced = rule.tier not in (Tier.SAFETY, Tier.FREEZE) and not isinstance(rule.step, Review)
        yes = answers[rule.id].yes
        fires[rule.id] = every(yes, negation(frozen)) if silenced else yes
        if not isinstance(rule.step, Review):
            offers[rule.id] = steps.dose(rule.step)
    speaking = [r for r in rules if r.rule.id in offers]
    now = world.bedside.dose
    met, safety, demanded = _meet(speaking, fires, offers, number(_ABOVE_ALL))
    demands = [r for r in speaking if r.rule.tier <= Tier.REDUCE]
    demand, demand_safety, _ = _meet(demands, fires, offers, now)
    fired = some(*(fires[r.rule.id] for r in speaking))
    best = choose(fired, met, now)
    undecided = _undecided(speaking, answers, fired, best, now)
    return Plan(
        world, answers, fires, offers, fired, best, safety, demanded, demand, demand_safety, undecided,
        tuple(steps.facts),
    )  # fmt: skip


def _meet(
    rules: list[BoundRule], fires: Mapping[str, Bool], offers: Mapping[str, Int], start: Int
) -> tuple[Int, Bool, Bool]:
    """The lowest dose offered, and whether the rule credited with it is of tier safety, or of safety, freeze or reduce."""
    best, safety, demanded = start, constant(value=False), constant(value=False)
    for bound in rules:
        rule = bound.rule
        lower = every(fires[rule.id], offers[rule.id] < best)
        best = choose(lower, offers[rule.id], best)
        safety = some(lower, safety) if rule.tier is Tier.SAFETY else every(negation(lower), safety)
        demanded = some(lower, demanded) if rule.tier <= Tier.REDUCE else every(negation(lower), demanded)
    return best, safety, demanded


def _undecided(rules: list[BoundRule], answers: Mapping[str, Answer], fired: Bool, best: Int, now: Int) -> Bool:
    unknown = {r.rule.id: answers[r.rule.id].unknown for r in rules}
    blocks = some(*(unknown[r.rule.id] for r in rules if r.rule.tier in _HOLDS_UP))
    safety = some(*(unknown[r.rule.id] for r in rules if r.rule.tier is Tier.SAFETY))
    anything = some(*unknown.values())
    return some(
        every(blocks, fired, best > now),
        every(safety, fired, equal(best, now)),
        every(anything, negation(fired)),
    )


@dataclass
class _Steps:
    """Doses proposed, and facts about terms the solver would otherwise have to divide by an unknown for."""

    world: World

    def __post_init__(self) -> None:
        self.facts: list[Bool] = []

    def dose(self, step: Step) -> Int:
        """The dose a step proposes for the line."""
        bedside, thresholds = self.world.bedside, self.world.ground.program.thresholds
        now = bedside.dose
        match step:
            case Hold() | Refer() | Review():
                return now
            case Stop():
                return number(0)
            case Units(name, up):
                return now + thresholds[name] if up else self._reduced(now, now - thresholds[name])
            case Percent(name, up, floor):
                if up:
                    return floor_of(now * (_WHOLE + thresholds[name]), _WHOLE)
                lower = floor_of(now * (_WHOLE - thresholds[name]), _WHOLE)
                if floor is not None:
                    lower = lesser(lower, now - thresholds[floor])
                return self._reduced(now, lower)
            case ShareOfTotal(name):
                taken = now * _WHOLE - bedside.total * thresholds[name]
                return self._reduced(now, floor_of(taken, _WHOLE))
            case Restore():
                higher = every(bedside.changed, bedside.previous > now)
                return choose(higher, bedside.previous, now)
            case Ladder(move):
                return self._by_drug(now, lambda product, dose: _ladder(product, dose, move))
            case LimitTo(feature):
                return self._limited(now, feature)
            case _:
                assert_never(step)

    def _reduced(self, now: Int, lower: Int) -> Int:
        if self.world.ground.program.pack.guard_off:
            return lower
        return greater(lower, lesser(now, 1))

    def _by_drug(self, dose: Int, change: Callable[[Product, Int], Int]) -> Int:
        out = dose
        candidates = self.world.ground.pattern.candidates
        groups: dict[tuple[object, ...], list[int]] = {}
        for i, candidate in enumerate(candidates):
            if candidate.product is not None:
                product = candidate.product
                groups.setdefault((product.ladder, product.down, product.increment), []).append(i)
        for members in groups.values():
            product = candidates[members[0]].product
            assert product is not None
            mine = some(*(equal(self.world.bedside.pick, i) for i in members))
            out = choose(mine, change(product, dose), out)
        return out

    def _limited(self, now: Int, feature: str) -> Int:
        """``now x limit / daily`` without a product of unknowns: a share that is at most both, and the limit itself
        where the line is the drug's only one."""
        bedside, limit = self.world.bedside, self.world.look(feature)
        daily = now + bedside.whole("extra")
        sure = every(limit.known, bedside.flag("daily.known"))
        cut = bedside.whole(f"share.of.{feature}")
        alone = equal(bedside.whole("extra"), 0)
        self.facts += [
            cut <= now,
            implies(every(alone, limit.value <= now), equal(cut, limit.value)),
            cut <= greater(limit.value, 0),
        ]
        share = choose(every(sure, daily > limit.value), cut, now)
        return choose(share < now, self._by_drug(share, _onto_ladder), now)


def _onto_ladder(product: Product, dose: Int) -> Int:
    return _highest_within(product.ladder, dose) if product.ladder else dose


def _highest_within(ladder: tuple[int, ...], dose: Int, *, below: bool = False) -> Int:
    """The highest strength at or under (or strictly under) a dose; 0 where there is none."""
    out = number(0)
    for strength in ladder:
        out = choose(dose > strength if below else dose >= strength, strength, out)
    return out


def _ladder(product: Product, dose: Int, move: str) -> Int:
    ladder = product.ladder
    if move == "up":
        out = dose
        for strength in reversed(ladder):
            out = choose(dose < strength, strength, out)
        return out
    if move == "halve" and not ladder:
        return floor_of(floor_of(dose, 2), product.increment) * product.increment
    if product.down == "stop" or not ladder:
        return number(0)
    if move == "halve":
        return _highest_within(ladder, floor_of(dose, 2))
    return _highest_within(ladder, dose, below=True)
