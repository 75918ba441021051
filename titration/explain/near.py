"""Which rules nearly acted: what a clinician would ask "and why not" about."""

from collections.abc import Iterator

from titration.engine.decide import Decision
from titration.engine.propose import Proposals
from titration.expr.reason import Finding, blockers, outcome
from titration.expr.walk import features_of
from titration.packs.bind import BoundRule
from titration.packs.model import Review, Tier

_ASKED: dict[Tier, int] = {Tier.REDUCE: 1, Tier.TAPER: 2, Tier.RESCUE: 1, Tier.RAISE: 3}
"""Tiers worth asking about, and how many comparisons may stand in the way before a rule is no longer near."""
_SAME_CLASS = "is_"
"""Features that say what a drug is: a rule for another kind of drug is not near."""


def near_misses(
    decision: Decision, proposals: Proposals, at: int, credited: int
) -> Iterator[tuple[BoundRule, tuple[Finding, ...]]]:
    """The nearest rule of each tier that would have changed the dose, with its blockers; none where a more cautious
    rule stands instead."""
    if proposals.frozen[at]:
        return
    best: dict[Tier, tuple[BoundRule, tuple[Finding, ...]]] = {}
    for bound in decision.engine.program.by_kind[proposals.frame.kind]:
        tier = bound.rule.tier
        if tier not in _ASKED or bound.index == credited or isinstance(bound.rule.step, Review):
            continue
        missing = blockers(proposals.memo, bound.when, at)
        if len(missing) > _ASKED[tier] or any(f.leaf.feature.startswith(_SAME_CLASS) for f in missing):
            continue
        if tier in (Tier.REDUCE, Tier.RESCUE) and not _came_close(decision, proposals, at, bound, missing):
            continue
        if tier not in best or len(missing) < len(best[tier][1]):
            best[tier] = (bound, missing)
    yield from (best[tier] for tier in sorted(best))


def _came_close(
    decision: Decision, proposals: Proposals, at: int, bound: BoundRule, missing: tuple[Finding, ...]
) -> bool:
    """Whether a rule that counts unwanted readings has seen at least one: a count of nothing is not near."""
    if not missing:
        return outcome(proposals.memo, bound.when, at) is True
    for finding in missing:
        column = proposals.frame.column(finding.leaf.feature)
        if column.per is None and column.is_known(at) and not column.values[at]:
            return False
    return bool(features_of(bound.when)) and decision.engine.pack.guard_off is False
