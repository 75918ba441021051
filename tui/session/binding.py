"""How an action's name becomes a transition: a call of session and argument."""

from collections.abc import Callable
from typing import Final, TypeAlias

from tui.session.state import Session, Step

Act: TypeAlias = Callable[[Session, str], Step]
FAR: Final = 1 << 20
"""Further than any list is long."""


def plain(call: Callable[[Session], Step]) -> Act:
    """An act without an argument."""
    return lambda session, _argument: call(session)


def by(call: Callable[[Session, int], Step], steps: int) -> Act:
    """An act that goes so many steps."""
    return lambda session, _argument: call(session, steps)
