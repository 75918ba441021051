"""Which rules nearly acted: what a clinician would ask "and why not" about."""

from collections.abc import Iterator

from titration.engine.decide import Decision
from titration.engine.propose import Proposals
from titration.expr.reason import Finding, blockers
from titration.packs.bind import BoundRule
from titration.packs.model import Review, Tier

_ASKED: dict[Tier, int] = {Tier.REDUCE: 1, Tier.TAPER: 2, Tier.RESCUE: 1, Tier.RAISE: 2}
"""Tiers worth asking about, and how many features may stand in the way before a rule is no longer near."""
_DRUG_CLASS = "line.class."
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
        kinds = (decision.grid.features[f.leaf.feature].of for f in missing)
        if _ways(missing) > _ASKED[tier] or any(of.startswith(_DRUG_CLASS) for of in kinds):
            continue
        if tier in (Tier.REDUCE, Tier.RESCUE) and not _came_close(proposals, at, missing):
            continue
        if tier not in best or _ways(missing) < _ways(best[tier][1]):
            best[tier] = (bound, missing)
    yield from (best[tier] for tier in sorted(best))


def _came_close(proposals: Proposals, at: int, missing: tuple[Finding, ...]) -> bool:
    """Whether a rule that counts unwanted readings has seen at least one: a count of nothing is not near."""
    for finding in missing:
        column = proposals.frame.column(finding.leaf.feature)
        if column.per is None and column.is_known(at) and not column.values[at]:
            return False
    return True


def _ways(missing: tuple[Finding, ...]) -> int:
    """How many features stand in the way: an unknown value between two thresholds is one."""
    return len({finding.leaf.feature for finding in missing})
