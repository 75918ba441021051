"""Rules to proposals: every rule is evaluated for every line, and a line's proposals meet in the most cautious one.

Rule order cannot matter: the lowest proposed dose wins, and equal doses are credited to the rule that comes first by
tier and id. A freeze silences every tier but safety.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

import numpy as np
import numpy.typing as npt

from titration.columns import Mask, Tri
from titration.engine.plans import NO_RULE
from titration.engine.steps import Steps
from titration.expr.evaluate import Memo
from titration.expr.nodes import AllOf, AnyOf, Compare, Condition, FeatureRef, Known, Not
from titration.features.days import I32, Index
from titration.features.frame import Frame
from titration.packs.bind import Program
from titration.packs.model import Hold, Refer, Review, Tier

_NONE = np.iinfo(np.int32).max
_SAFETY, _FREEZE, _REDUCE = Tier.SAFETY, Tier.FREEZE, Tier.REDUCE
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
    meet = _Meet(frame)
    steps = Steps(frame, program)
    memo = Memo(frame, program.comparands)
    unknown: list[tuple[Tier, Tri]] = []
    for bound in program.by_kind[frame.kind]:
        result = memo.of(bound.when)
        tier, step = bound.rule.tier, bound.rule.step
        review = isinstance(step, Review)
        if not review and not result.total:
            unknown.append((tier, result))
        if not result.some_true:
            continue
        fires = result.yes
        if tier is not _SAFETY and tier is not _FREEZE and not review and meet.any_frozen:
            # A freeze silences doses, never a call for review.
            fires = fires & ~meet.frozen
            if not bool(fires.any()):
                continue
        if tier is _FREEZE:
            meet.freeze(fires)
        for notice in bound.rule.notices:
            meet.notices[fires] |= notice_bits[notice]
        if review:
            meet.note(fires, bound.index)
        elif isinstance(step, Hold | Refer):
            meet.keep(fires, bound.index)
        else:
            rows = fires.nonzero()[0]
            meet.offer(rows, steps.dose(step, rows), bound.index, demanded=tier <= _REDUCE)
    return meet.proposals(unknown, memo)


class _Meet:
    """Proposals of a frame's lines meeting in the lowest dose, rule by rule in order of tier and id."""

    def __init__(self, frame: Frame) -> None:
        size = len(frame)
        self.frame = frame
        self.now = frame.dose.values
        self.best = np.full(size, _NONE, np.int32)
        self.rule = np.full(size, NO_RULE, np.int16)
        self.noted = self.rule.copy()
        self.kept = np.zeros(size, np.bool_)
        self.kept_rule = np.zeros(size, np.int16)
        self.demand = self.now.copy()
        self.demand_rule = self.rule.copy()
        self.frozen = np.zeros(size, np.bool_)
        self.any_frozen = False
        self.any_noted = False
        self.notices = np.zeros(size, np.int32)

    def freeze(self, fires: Mask) -> None:
        """Silence the tiers after this one."""
        self.frozen |= fires
        self.any_frozen = True

    def note(self, fires: Mask, index: int) -> None:
        """A call for review, credited where nothing else is."""
        np.copyto(self.noted, index, where=fires & (self.noted == NO_RULE))
        self.any_noted = True

    def keep(self, fires: Mask, index: int) -> None:
        """The dose as it is, on the rows where a rule fires."""
        first = fires & ~self.kept
        self.kept |= fires
        # First come, first credited; adding a product is many times faster here than a masked copy.
        self.kept_rule += first.view(np.int8) * np.int16(index)

    def offer(self, rows: Index, dose: I32, index: int, *, demanded: bool) -> None:
        """A proposed dose for some rows."""
        better = dose < self.best.take(rows)
        taken, lowest = (rows, dose) if better.all() else (rows[better], dose[better])
        self.best[taken] = lowest
        self.rule[taken] = index
        if demanded:
            lower = dose < self.demand.take(rows)
            self.demand[rows[lower]] = dose[lower]
            self.demand_rule[rows[lower]] = index

    def proposals(self, unknown: list[tuple[Tier, Tri]], memo: Memo) -> Proposals:
        """What the rules came to."""
        keeps = self.kept & (self.now < self.best)
        tied = self.kept & (self.now == self.best)
        if bool(tied.any()):
            keeps |= tied & (self.kept_rule < self.rule)
        rule = np.where(keeps, self.kept_rule, self.rule)
        fired = rule != NO_RULE
        best = np.where(keeps | ~fired, self.now, self.best)
        if self.any_noted:
            rule = np.where(fired, rule, self.noted)
        undecided = _undecided(unknown, fired, best, self.now)
        return Proposals(
            frame=self.frame,
            dose=best,
            rule=rule,
            demand=self.demand,
            demand_rule=self.demand_rule,
            frozen=self.frozen,
            undecided=undecided,
            notices=self.notices,
            memo=memo,
        )


def _undecided(unknown: list[tuple[Tier, Tri]], fired: Mask, best: I32, now: I32) -> Mask:
    """Rows where a fact that is missing could make the answer more cautious, or where nothing fired but something might."""
    out = np.zeros(len(now), np.bool_)
    masks: dict[Tier, Mask] = {}
    for tier, result in unknown:
        unsure = result.unknown
        masks[tier] = unsure if tier not in masks else masks[tier] | unsure
    for tier, mask in masks.items():
        if tier in _BLOCKS_INCREASE:
            out |= mask & fired & (best > now)
        if tier is Tier.SAFETY:
            out |= mask & fired & (best == now)
        out |= mask & ~fired
    return out


def first_missing(program: Program, proposals: Proposals, rows: Index, names: dict[str, int]) -> npt.NDArray[np.int16]:
    """The feature that keeps each undecided row from an answer: the first unknown comparison of the first unknown rule."""
    out = np.full(len(rows), -1, np.int16)
    open_ = np.arange(len(rows))
    for bound in program.by_kind[proposals.frame.kind]:
        if proposals.memo.of(bound.when).total:
            continue
        for name, at in _unknown_leaves(bound.when, proposals, rows[open_]):
            pick = open_[at]
            pick = pick[out[pick] < 0]
            out[pick] = names[name]
        open_ = (out < 0).nonzero()[0]
        if not len(open_):
            break
    return out


def _unknown_leaves(condition: Condition, proposals: Proposals, rows: Index) -> Iterator[tuple[str, Index]]:
    """Unknown features that keep a condition unknown, left to right, with the places among ``rows`` where each does.

    Only unknown parts are entered: what a part that is false leaves unseen cannot matter, and must not depend on
    whether it is false on every row of the block.
    """
    at = proposals.memo.of(condition).unknown[rows].nonzero()[0]
    if not len(at):
        return
    match condition:
        case Compare() | Known():
            known = proposals.frame.column(condition.feature).known
            lacking = at[:0] if known is None else at[~known[rows[at]]]
            yield condition.feature, lacking
            if isinstance(condition, Compare) and isinstance(condition.right, FeatureRef):
                yield condition.right.name, at
        case Not(part):
            yield from _unknown_leaves(part, proposals, rows)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from ((name, at[inner]) for name, inner in _unknown_leaves(part, proposals, rows[at]))
        case _:
            assert_never(condition)
