"""The whole decision, one line of one day at a time, after `docs/pack-format.md`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.reference.chart import charts
from tests.reference.features import Bedside, is_of_class, value
from tests.reference.guard import LOW, guard_asks, guarded
from tests.reference.lines import Life, lives
from tests.reference.logic import Fact, Look
from tests.reference.readings import Ask, asked
from tests.reference.rules import Verdict, judged
from titration.clinical import LINE_KINDS, LineKind, PlanKind, Route, Slot
from titration.engine.plans import Limit
from titration.expr.walk import features_of
from titration.formulary import Formulary
from titration.log.model import Log
from titration.packs.model import Pack, Refer, Review, Rule, Tier
from titration.units import Pair, UnitSystem

MISSING = {
    Limit.GLUCOSE_UNKNOWN: "guard.lows",
    Limit.STALE_READING: "guard.reading_age",
    Limit.WEIGHT_UNKNOWN: "guard.total_per_kg",
}
"""Limits that mean a missing datum, and the fact that is missing."""
FORCING = (Tier.SAFETY, Tier.FREEZE, Tier.REDUCE)


@dataclass(frozen=True)
class Row:
    """The plan of one line on one day. `missing` holds every name that may be given as what is missing."""

    patient: int
    day: int
    line_kind: LineKind
    slot: Slot
    drug: int
    route: Route
    kind: PlanKind
    dose_before: int
    dose_known: bool
    dose_after: int
    rule_id: str | None
    limits: int
    missing: frozenset[str]


@dataclass(frozen=True)
class Draft:
    """A line's plan before the day's changes are weighed against each other."""

    life: Life
    verdict: Verdict
    after: int
    limits: Limit
    missing: frozenset[str]
    rule: Rule | None
    forced: bool = False

    @property
    def now(self) -> int:
        return 0 if self.verdict.now is None else self.verdict.now


Key = tuple[int, int, int, Slot, Route]
"""Patient, day, drug, slot, route."""


def decide(pack: Pack, log: Log, formulary: Formulary, *, taper_always: bool | None = None) -> list[Row]:
    """Every line of every day, sorted by patient, day, line kind, slot and drug."""
    thresholds, asks = _bound(pack, log.system)
    rows: list[Row] = []
    for bed in _bedsides(pack, log, formulary, taper_always=taper_always):
        for day in _days(bed):
            drafts = [_draft(pack, thresholds, asks, bed, life, day) for life in bed.beside(day)]
            weighed = drafts if pack.guard_off else _arbitrated(pack, drafts)
            rows += [_row(bed.chart.number, day, draft) for draft in weighed]
    return sorted(rows, key=lambda r: (r.patient, r.day, LINE_KINDS.index(r.line_kind), r.slot, r.drug, r.route))


def facts(
    pack: Pack, log: Log, formulary: Formulary, *, taper_always: bool | None = None
) -> dict[Key, dict[str, Fact | None]]:
    """The value of every feature of the pack for every line of every day."""
    _, asks = _bound(pack, log.system)
    return {
        (bed.chart.number, day, life.drug, life.slot, life.route): {
            name: value(asks[name], bed, life, day) for name in pack.features
        }
        for bed in _bedsides(pack, log, formulary, taper_always=taper_always)
        for day in _days(bed)
        for life in bed.beside(day)
    }


def _bound(pack: Pack, system: UnitSystem) -> tuple[dict[str, int], dict[str, Ask]]:
    thresholds = {n: _on_grid(p.value, system) for n, p in pack.parameters.items()}
    asks = {name: asked(feature, thresholds) for name, feature in pack.features.items()}
    asks |= guard_asks(LOW[0] if system is UnitSystem.MMOL else LOW[1])
    asks |= {name: Ask(name) for name in ("line.previous_dose", "line.daily")}
    return thresholds, asks


def _bedsides(pack: Pack, log: Log, formulary: Formulary, *, taper_always: bool | None) -> Iterator[Bedside]:
    options = pack.line_options
    for chart in charts(log):
        found = lives(chart, log.drugs, formulary, options.carry_days, zero_is_dose=options.zero_is_dose)
        yield Bedside(chart, found, pack.attribution, taper_always)


def _days(bed: Bedside) -> Iterator[int]:
    for course in bed.chart.courses:
        yield from range(course.first, course.last + 1)


def _on_grid(number: Pair | int, system: UnitSystem) -> int:
    if isinstance(number, int):
        return number
    return number.mmol_tenths if system is UnitSystem.MMOL else number.mgdl


def _draft(pack: Pack, thresholds: dict[str, int], asks: dict[str, Ask], bed: Bedside, life: Life, day: int) -> Draft:
    seen: dict[str, Fact | None] = {}

    def look(name: str) -> Fact | None:
        if name not in seen:
            seen[name] = value(asks[name], bed, life, day)
        return seen[name]

    insulin = sum(x.daily(day) or 0 for x in bed.insulins(day))
    verdict = judged(pack, thresholds, life, day, insulin, look)
    missing = frozenset(_missing(verdict, look))
    now = 0 if verdict.now is None else verdict.now
    proposed = verdict.proposed
    if verdict.now is None or (verdict.undecided and proposed > now):
        proposed = now
    if pack.guard_off or verdict.rule is None:
        return Draft(life, verdict, proposed, Limit(0), missing, verdict.rule)
    return _limited(Draft(life, verdict, proposed, Limit(0), missing, verdict.rule), look)


def _limited(draft: Draft, look: Look) -> Draft:
    """The draft within the guard's limits; what a low demands is not lost to a rule that asks for less."""
    assert draft.rule is not None
    life, now, tier, demand = draft.life, draft.now, draft.rule.tier, draft.verdict.demand
    increment = life.product.increment if life.product else 1
    outcome = guarded(now, draft.after, tier, life.kind, increment, look)
    limited = replace(draft, after=outcome.dose, limits=outcome.limits)
    if tier not in FORCING and demand is not None and draft.after < demand[0] < now:
        demanded = guarded(now, demand[0], demand[1].tier, life.kind, increment, look)
        if demanded.dose < outcome.dose:
            limited = replace(draft, after=demanded.dose, limits=demanded.limits, rule=demand[1])
        return replace(limited, forced=demanded.dose < now)
    return replace(limited, forced=tier in FORCING and outcome.dose < now)


def _missing(verdict: Verdict, look: Look) -> Iterator[str]:
    if verdict.now is None:
        yield "dose"
    for rule in verdict.unknown:
        for name in features_of(rule.when):
            if look(name) is None:
                yield name


def _arbitrated(pack: Pack, drafts: list[Draft]) -> list[Draft]:
    downs = [d for d in drafts if d.after < d.now]
    forced = [d for d in downs if d.forced]
    ups = [d for d in drafts if d.after > d.now]
    others = downs or ups
    acting = forced or sorted(others, key=lambda d: _order(pack, d))[:1]
    out: list[Draft] = []
    for draft in drafts:
        if draft.after == draft.now or any(draft is a for a in acting):
            out.append(draft)
        else:
            raised = draft.after > draft.now
            why = Limit.LOWER_FIRST if raised and downs else Limit.ONE_CHANGE
            out.append(replace(draft, after=draft.now, limits=why))
    return out


def _order(pack: Pack, draft: Draft) -> tuple[int, int, int, int]:
    order = pack.withdraw if draft.after < draft.now else pack.raise_
    life = draft.life
    named = (i for i, name in enumerate(order) if name == life.kind.value or is_of_class(life, name))
    rank = next(named, len(order))
    return rank, life.slot, life.drug, life.route


def _row(patient: int, day: int, draft: Draft) -> Row:
    kind, missing = _answer(draft)
    life = draft.life
    return Row(
        patient=patient,
        day=day,
        line_kind=life.kind,
        slot=life.slot,
        drug=life.drug,
        route=life.route,
        kind=kind,
        dose_before=draft.now,
        dose_known=draft.verdict.now is not None,
        dose_after=draft.after,
        rule_id=None if draft.rule is None else draft.rule.id,
        limits=int(draft.limits),
        missing=missing,
    )


def _refers(rule: Rule, *, undecided: bool) -> bool:
    if isinstance(rule.step, Review):
        return rule.tier is Tier.SAFETY or not undecided
    return isinstance(rule.step, Refer)


def _answer(draft: Draft) -> tuple[PlanKind, frozenset[str]]:
    nothing: frozenset[str] = frozenset()
    if draft.after > draft.now:
        return PlanKind.ADJUST_UP, nothing
    if draft.after < draft.now:
        return (PlanKind.STOP if draft.after == 0 else PlanKind.ADJUST_DOWN), nothing
    if draft.rule is not None and _refers(draft.rule, undecided=draft.verdict.undecided):
        return PlanKind.REFER, nothing
    if draft.verdict.undecided:
        return PlanKind.NEED_DATA, draft.missing
    absent = frozenset(name for limit, name in MISSING.items() if draft.limits & limit)
    if absent:
        return PlanKind.NEED_DATA, absent
    if draft.limits & Limit.LAST_STEP:
        return PlanKind.REFER, nothing
    return PlanKind.HOLD, nothing
