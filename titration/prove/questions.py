"""Faults to look for, each twice: as a formula for the solver, and as a question to the engine's own answer.

An obligation holds when the solver finds no patient with any of its faults. A patient it does find must show the same
fault when the engine plans the log.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from titration.clinical import LineKind
from titration.engine.plans import Limit
from titration.expr.smt import (
    Bool,
    Int,
    choose,
    constant,
    equal,
    every,
    floor_of,
    greater,
    lesser,
    negation,
    some,
    total,
)
from titration.features.attribution import INSULIN_KINDS
from titration.packs.model import Ladder, LimitTo, Review, Stop, Tier
from titration.prove import guarding
from titration.prove.deciding import Plan
from titration.prove.replay import Seen

C_PEPTIDE, FRESH_DAYS, LOCKOUT_DAYS = guarding.C_PEPTIDE, guarding.FRESH_DAYS, guarding.LOCKOUT_DAYS


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that must not be: of one plan. ``told`` completes "there is a patient with ..."."""

    told: str
    formula: Callable[[Plan], Bool]
    shows: Callable[[Seen], bool]


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that must not be between two plans, the second of the patient with one thing changed."""

    told: str
    formula: Callable[[Plan, Plan], Bool]
    shows: Callable[[Seen, Seen], bool]


def raised(plan: Plan) -> Bool:
    """The plan is an increase."""
    return plan.dose > plan.now


def _guard(plan: Plan, name: str) -> Int:
    return plan.world.look(f"guard.{name}").value


def _guard_known(plan: Plan, name: str) -> Bool:
    return plan.world.look(f"guard.{name}").known


# ------------------------------------------------------------------------------------------ rules and gaps


def fires(rule: str) -> Fault:
    """The rule fires: what ``Reachable`` wants to see."""
    return Fault(f"rule {rule} firing", lambda p: p.fires[rule], lambda s: _heard(s, rule))


def _heard(seen: Seen, rule: str) -> bool:
    own = next(r.rule for r in seen.decision.engine.program.rules if r.rule.id == rule)
    return seen.outcome(rule) is True and (isinstance(own.step, Review) or rule in seen.fired())


def gap() -> Fault:
    """Every rule is definitely false: a dose that stays because nobody thought of this patient."""

    def formula(plan: Plan) -> Bool:
        return every(plan.known, negation(plan.fired), negation(plan.undecided))

    def shows(seen: Seen) -> bool:
        return seen.known and not seen.fired() and not seen.unknown_rules()

    return Fault("no rule speaking and nothing missing", formula, shows)


def overlap(kind: LineKind, tier: Tier) -> Fault:
    """Two rules of a tier fire at once."""

    def formula(plan: Plan) -> Bool:
        mine = [r.rule.id for r in plan.world.ground.rules if r.rule.tier is tier and r.rule.id in plan.offers]
        return total([choose(plan.fires[name], 1, 0) for name in mine]) >= 2

    return Fault(f"two {tier.text} rules firing at once for {kind.value}", formula, lambda s: len(s.fired(tier)) > 1)


# ------------------------------------------------------------------------------------------------ caution


def caution() -> Iterator[Fault]:
    """An increase within a week of a low."""

    def low(plan: Plan) -> Bool:
        return every(raised(plan), _guard(plan, "lows") > 0)

    def event(plan: Plan) -> Bool:
        return every(raised(plan), _guard(plan, "symptoms") + _guard(plan, "severe") > 0)

    def shows(seen: Seen) -> bool:
        return seen.dose > seen.now and seen.low_within(LOCKOUT_DAYS)

    yield Fault("an increase in the week of a low", low, shows)
    yield Fault("an increase in the week of a hypoglycaemia event", event, shows)


def guarded(kind: LineKind) -> Iterator[Fault]:
    """What the guard allows nobody."""
    insulin = kind in INSULIN_KINDS
    if insulin:
        yield Fault("an insulin stopped without a C-peptide above the limit", _ungated, _shows_ungated)
    yield Fault(
        "a reduction that ends at 0 though no rule stops the line",
        lambda p: every(p.known, p.now > 0, p.dose <= 0, negation(some(*_stops(p)))),
        lambda s: s.now > 0 >= s.dose and not any(_may_stop(s, r) for r in s.fired()),
    )
    yield Fault(
        "a change of a dose that is not known",
        lambda p: every(negation(p.known), negation(equal(p.dose, p.now))),
        lambda s: not s.known and s.dose != s.now,
    )
    yield Fault(
        "an increase of a dose that was missed, or is doubtful, or among doubtful readings",
        lambda p: every(raised(p), some(*(_guard(p, n) > 0 for n in ("missed", "doubtful_dose", "doubts")))),
        lambda s: (
            s.dose > s.now and any((s.fact(f"guard.{n}") or 0) > 0 for n in ("missed", "doubtful_dose", "doubts"))
        ),
    )
    yield Fault(
        "an increase before the product has settled",
        lambda p: every(raised(p), _guard(p, "unchanged") < _guard(p, "settle")),
        lambda s: s.dose > s.now and (s.fact("guard.unchanged") or 0) < (s.fact("guard.settle") or 0),
    )


def _ungated(plan: Plan) -> Bool:
    gate = every(_guard_known(plan, "c_peptide"), _guard(plan, "c_peptide") > C_PEPTIDE)
    return every(plan.now > 0, plan.dose <= 0, negation(gate))


def _shows_ungated(seen: Seen) -> bool:
    return seen.now > 0 >= seen.dose and (seen.fact("guard.c_peptide") or 0) <= C_PEPTIDE


def _stops(plan: Plan) -> list[Bool]:
    steps = {r.rule.id: r.rule.step for r in plan.world.ground.rules}
    return [plan.fires[n] for n in plan.offers if isinstance(steps[n], Stop | Ladder | LimitTo)]


def _may_stop(seen: Seen, rule: str) -> bool:
    own = next(r.rule for r in seen.decision.engine.program.rules if r.rule.id == rule)
    return isinstance(own.step, Stop | Ladder | LimitTo)


# --------------------------------------------------------------------------------------------------- caps


def caps(kind: LineKind) -> Iterator[Fault]:
    """Steps and doses beyond what is allowed."""
    if kind in INSULIN_KINDS:
        yield Fault("an increase beyond the largest step", _long_step, _shows_long_step)
        yield Fault("an increase beyond 2 units a kg and day", _heavy, lambda s: _shows_heavy(s, "total_per_kg", 2_000))
        yield Fault("a taper beyond its share of the day's insulin", _steep, _shows_steep)
        yield Fault("a taper below half of the fortnight's highest total", _deep, _shows_deep)
    if kind is LineKind.BASAL:
        yield Fault("a basal raised beyond 1 unit a kg", _heavy_basal, lambda s: _shows_heavy(s, "basal_per_kg", 1_000))
    yield Fault("an increase beyond the drug's daily maximum", _beyond, _shows_beyond)
    yield Fault("a dose below 0", lambda p: p.dose < 0, lambda s: s.dose < 0)


def _long_step(plan: Plan) -> Bool:
    share = greater(floor_of(plan.now * guarding.LARGEST_PERCENT, 100), guarding.ALWAYS_ALLOWED)
    return plan.dose - plan.now > lesser(share, guarding.LARGEST_STEP)


def _shows_long_step(seen: Seen) -> bool:
    share = max(seen.now * guarding.LARGEST_PERCENT // 100, guarding.ALWAYS_ALLOWED)
    return seen.dose - seen.now > min(share, guarding.LARGEST_STEP)


def _over(plan: Plan, name: str, most: int) -> Bool:
    ratio = plan.world.look(f"guard.{name}")
    assert ratio.per is not None
    return every(raised(plan), ratio.known, ratio.value + (plan.dose - plan.now) * 1000 > ratio.per * most)


def _heavy(plan: Plan) -> Bool:
    return _over(plan, "total_per_kg", guarding.TOTAL_PER_KG)


def _heavy_basal(plan: Plan) -> Bool:
    return _over(plan, "basal_per_kg", guarding.BASAL_PER_KG)


def _shows_heavy(seen: Seen, name: str, most: int) -> bool:
    value = seen.fact(f"guard.{name}")
    more = (seen.dose - seen.now) * 1000
    return more > 0 and value is not None and value + more > most * seen.per(f"guard.{name}")


def _tapered(plan: Plan) -> Bool:
    """A reduction nobody's glucose demands, of a line that is more than the patient's last small dose."""
    last = every(equal(plan.dose, 0), plan.now <= guarding.LAST_DOSE, equal(_guard(plan, "insulins"), 1))
    return every(plan.known, plan.dose < plan.now, plan.demand >= plan.now, negation(last))


def _shows_tapered(seen: Seen) -> bool:
    last = seen.dose == 0 and seen.now <= guarding.LAST_DOSE and seen.fact("guard.insulins") == 1
    return seen.known and seen.dose < seen.now <= seen.demand and not last


def _steep(plan: Plan) -> Bool:
    return every(_tapered(plan), (plan.now - plan.dose) * 100 > _guard(plan, "total") * guarding.DAY_PERCENT)


def _shows_steep(seen: Seen) -> bool:
    total_ = seen.fact("guard.total") or 0
    return _shows_tapered(seen) and (seen.now - seen.dose) * 100 > total_ * guarding.DAY_PERCENT


def _deep(plan: Plan) -> Bool:
    highest = plan.world.look("guard.highest")
    assert highest.per is not None
    left = _guard(plan, "total") - (plan.now - plan.dose)
    return every(_tapered(plan), (left + 1) * 100 <= highest.per * guarding.FLOOR_PERCENT)


def _shows_deep(seen: Seen) -> bool:
    left = (seen.fact("guard.total") or 0) - (seen.now - seen.dose)
    return _shows_tapered(seen) and (left + 1) * 100 <= seen.per("guard.highest") * guarding.FLOOR_PERCENT


def _beyond(plan: Plan) -> Bool:
    maximum = plan.world.look("guard.maximum")
    return every(raised(plan), maximum.known, _guard(plan, "daily") - plan.now + plan.dose > maximum.value)


def _shows_beyond(seen: Seen) -> bool:
    maximum, daily = seen.fact("guard.maximum"), seen.fact("guard.daily")
    return maximum is not None and seen.dose > seen.now and (daily or 0) - seen.now + seen.dose > maximum


# ------------------------------------------------------------------------------------------------ missing


def missing(kind: LineKind) -> Iterator[Fault]:
    """Increases that rest on nothing."""
    yield Fault(
        "an increase without a reading in the lock-out week",
        lambda p: every(raised(p), negation(_guard_known(p, "lows"))),
        lambda s: s.dose > s.now and s.fact("guard.lows") is None,
    )
    yield Fault(
        "an increase without a reading of today or yesterday",
        lambda p: every(
            raised(p),
            some(negation(_guard_known(p, "reading_age")), _guard(p, "reading_age") > FRESH_DAYS),
        ),
        lambda s: s.dose > s.now and (s.fact("guard.reading_age") is None or (s.fact("guard.reading_age") or 0) > 1),
    )
    yield Fault(
        "an increase while a rule that could hold it back is unknown",
        lambda p: every(raised(p), some(*_unknown_holds(p))),
        lambda s: s.dose > s.now and any(_tier_of(s, n) <= Tier.HOLD for n in s.unknown_rules()),
    )
    if kind in INSULIN_KINDS:
        yield Fault(
            "an increase of insulin without a weight",
            lambda p: every(raised(p), negation(_guard_known(p, "total_per_kg"))),
            lambda s: s.dose > s.now and s.fact("guard.total_per_kg") is None,
        )


def _unknown_holds(plan: Plan) -> list[Bool]:
    return [
        plan.answers[r.rule.id].unknown
        for r in plan.world.ground.rules
        if r.rule.tier <= Tier.HOLD and r.rule.id in plan.offers
    ]


def _tier_of(seen: Seen, rule: str) -> Tier:
    return next(r.rule.tier for r in seen.decision.engine.program.rules if r.rule.id == rule)


def less_known(datum: str) -> Difference:
    """An increase that knowing a datum would have held back."""
    return Difference(
        f"an increase only because {datum.removeprefix('lab.').removeprefix('person.')} is missing",
        lambda known, lacking: every(lacking.dose > lacking.now, known.dose <= known.now),
        lambda known, lacking: lacking.dose > lacking.now and known.dose <= known.now,
    )


# ----------------------------------------------------------------------------------------- lower readings


def one_low_more() -> Difference:
    """More insulin because of a low."""
    return Difference(
        "a higher dose because of one low more",
        lambda one, low: low.dose > one.dose,
        lambda one, low: low.dose > one.dose,
    )


def one_lower() -> Iterator[Difference]:
    """More drug because a reading is lower."""
    yield Difference(
        "a higher dose proposed because one reading is lower",
        lambda one, low: low.proposed > one.proposed,
        lambda one, low: low.proposed > one.proposed,
    )
    yield Difference(
        "a reduction that safety demands lost because one reading is lower",
        lambda one, low: every(one.known, low.demand > one.demand),
        lambda one, low: low.demand > one.demand,
    )


def one_censored() -> Difference:
    """LO in the place of a number: nothing that safety demands is lost."""
    return Difference(
        "a reduction that safety demands lost because a reading is LO",
        lambda one, low: every(one.known, low.demand > one.demand),
        lambda one, low: low.demand > one.demand,
    )


def limit_bound(plan: Plan, limit: Limit) -> Bool:
    """Whether a limit of the guard bound the proposal."""
    return plan.limits.get(limit, constant(value=False))
