"""What the guard promises, asserted of a decision."""

from titration.clinical import LINE_KINDS, LineKind
from titration.engine.decide import Decision
from titration.testing.guarded import change, days_of_lows, faults

__all__ = ["assert_guarded", "days_of_lows", "kinds_changed"]


def assert_guarded(decision: Decision) -> None:
    """Everything the guard promises."""
    assert list(faults(decision)) == []


def kinds_changed(decision: Decision) -> set[LineKind]:
    """Kinds of the lines that change."""
    kind = decision.grid.lines.kind[decision.plans.segment]
    return {LINE_KINDS[k] for k in kind[change(decision.plans) != 0].tolist()}
