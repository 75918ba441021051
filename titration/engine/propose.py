"""Rules to proposals: every rule is evaluated for every line, and a line's proposals meet in the most cautious one.

Rule order cannot matter: the lowest proposed dose wins, and equal doses are credited to the rule that comes first by
tier and id. A freeze silences every tier but safety.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from titration.columns import Mask
from titration.engine.plans import NO_RULE
from titration.engine.steps import Steps
from titration.expr.evaluate import Memo, evaluate
from titration.expr.nodes import Compare, FeatureRef
from titration.expr.walk import leaves
from titration.features.days import I32, Index
from titration.features.frame import Frame
from titration.packs.bind import BoundRule, Program
from titration.packs.model import Review, Tier

_NONE = np.iinfo(np.int32).max
_BLOCKS_INCREASE = frozenset({Tier.SAFETY, Tier.FREEZE, Tier.REDUCE, Tier.TAPER, Tier.HOLD})


@dataclass(frozen=True, slots=True)
class Proposals:
    """One frame's outcome before guard and arbitration; arrays have one entry per row.

    ``rule`` is -1 where nothing fired. ``demand`` is the meet of the safety and reduce proposals alone (the dose itself where
    there is none): what must happen even when a lower dose of a taper is held back. ``undecided`` marks rows whose missing data could still change the answer:
    they may not go up. ``memo`` holds every rule's three-valued result, for explanations.
    """

    frame: Frame
    dose: I32
    rule: npt.NDArray[np.int16]
    demand: I32
    demand_rule: npt.NDArray[np.int16]
    frozen: Mask
    undecided: Mask
    notices: I32
    memo: Memo


def propose(program: Program, frame: Frame, notice_bits: dict[str, int]) -> Proposals:
    """Evaluate every rule of the frame's kind and let the proposals meet."""
    size = len(frame)
    steps = Steps(frame, program)
    memo: Memo = {}
    best = np.full(size, _NONE, np.int32)
    rule = np.full(size, NO_RULE, np.int16)
    demand = frame.dose.values.copy()
    demand_rule = rule.copy()
    frozen = np.zeros(size, np.bool_)
    notices = np.zeros(size, np.int32)
    noted = rule.copy()
    unknown: dict[Tier, Mask] = {}
    for bound in program.by_kind[frame.kind]:
        result = evaluate(bound.when, frame, program.thresholds, memo)
        tier = bound.rule.tier
        if result.no is not None:
            unsure = result.unknown
            unknown[tier] = unsure if tier not in unknown else unknown[tier] | unsure
        rows = np.flatnonzero(result.yes)
        if tier is Tier.FREEZE:
            frozen[rows] = True
        elif tier is not Tier.SAFETY and frozen.any():
            rows = rows[~frozen[rows]]
        if not len(rows):
            continue
        for notice in bound.rule.notices:
            notices[rows] |= notice_bits[notice]
        if isinstance(bound.rule.step, Review):
            first = rows[noted[rows] == NO_RULE]
            noted[first] = bound.index
            continue
        dose = steps.dose(bound.rule.step, rows)
        better = dose < best[rows]
        best[rows[better]] = dose[better]
        rule[rows[better]] = bound.index
        if tier <= Tier.REDUCE:
            lower = dose < demand[rows]
            demand[rows[lower]] = dose[lower]
            demand_rule[rows[lower]] = bound.index
    rule = np.where(rule == NO_RULE, noted, rule)
    fired = rule != NO_RULE
    now = frame.dose.values
    best = np.where(best != _NONE, best, now).astype(np.int32)
    undecided = _undecided(unknown, fired, best, now, size)
    return Proposals(frame, best, rule, demand, demand_rule, frozen, undecided, notices, memo)


def _undecided(unknown: dict[Tier, Mask], fired: Mask, best: I32, now: I32, size: int) -> Mask:
    """Rows where a fact that is missing could make the answer more cautious, or where nothing fired but something might."""
    out = np.zeros(size, np.bool_)
    for tier, mask in unknown.items():
        if tier in _BLOCKS_INCREASE:
            out |= mask & fired & (best > now)
        if tier is Tier.SAFETY:
            out |= mask & fired & (best == now)
        out |= mask & ~fired
    return out


def first_missing(program: Program, proposals: Proposals, rows: Index, names: dict[str, int]) -> npt.NDArray[np.int16]:
    """The feature that keeps each undecided row from an answer: the first unknown comparison of the first unknown rule."""
    out = np.full(len(rows), -1, np.int16)
    for bound in program.by_kind[proposals.frame.kind]:
        open_ = np.flatnonzero(out < 0)
        if not len(open_):
            break
        result = proposals.memo[id(bound.when)]
        if result.no is None:
            continue
        unsure = open_[result.unknown[rows[open_]]]
        for name, at in _unknown_leaves(bound, proposals, rows[unsure]):
            pick = unsure[at]
            pick = pick[out[pick] < 0]
            out[pick] = names[name]
    return out


def _unknown_leaves(bound: BoundRule, proposals: Proposals, rows: Index) -> list[tuple[str, Mask]]:
    found: list[tuple[str, Mask]] = []
    for leaf in leaves(bound.when):
        result = proposals.memo[id(leaf)]
        if result.no is None:
            continue
        unsure = ~(result.yes[rows] | result.no[rows])
        known = proposals.frame.column(leaf.feature).known
        if known is not None:
            found.append((leaf.feature, unsure & ~known[rows]))
        if isinstance(leaf, Compare) and isinstance(leaf.right, FeatureRef):
            found.append((leaf.right.name, unsure))
    return found
