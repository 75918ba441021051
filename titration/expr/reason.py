"""Why a condition holds, fails or is unknown for one row: a reading of the evaluation's own memo."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from titration.expr.evaluate import Memo
from titration.expr.nodes import AllOf, AnyOf, Compare, Condition, Known, Leaf, Not


@dataclass(frozen=True, slots=True)
class Finding:
    """One leaf as it came out at a row. ``outcome`` is None when unknown; ``wanted`` is what would help the
    whole condition to hold (False under an odd number of ``not``)."""

    leaf: Leaf
    outcome: bool | None
    wanted: bool

    @property
    def helps(self) -> bool:
        """Whether the leaf stands as the condition would have it."""
        return self.outcome is self.wanted


def outcome(memo: Memo, condition: Condition, row: int) -> bool | None:
    """True, False or None (unknown) at ``row``."""
    return memo.of(condition).at(row)


def findings(memo: Memo, condition: Condition, row: int, *, wanted: bool = True) -> Iterator[Finding]:
    """Every leaf of the condition, once, left to right, with its outcome at ``row``."""
    match condition:
        case Compare() | Known():
            yield Finding(condition, outcome(memo, condition, row), wanted)
        case Not(part):
            yield from findings(memo, part, row, wanted=not wanted)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from findings(memo, part, row, wanted=wanted)
        case _:
            assert_never(condition)


def blockers(memo: Memo, condition: Condition, row: int, *, wanted: bool = True) -> tuple[Finding, ...]:
    """The smallest set of leaves, by count, that keeps the condition from being ``wanted`` at ``row``.

    Empty when it already is. Of a conjunction every failing part blocks; of a disjunction the part with the
    fewest blockers is the nearest way in (first written wins a tie).
    """
    if outcome(memo, condition, row) is wanted:
        return ()
    match condition:
        case Compare() | Known():
            return (Finding(condition, outcome(memo, condition, row), wanted),)
        case Not(part):
            return blockers(memo, part, row, wanted=not wanted)
        case AllOf(parts):
            every = wanted
        case AnyOf(parts):
            every = not wanted
        case _:
            assert_never(condition)
    found = [blockers(memo, part, row, wanted=wanted) for part in parts]
    if every:
        return tuple(finding for group in found for finding in group)
    return min((group for group in found if group), key=len, default=())
