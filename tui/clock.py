"""The application's one clock: local minutes since 1970-01-01."""

from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1)


def local_minute() -> int:
    """The minute on the wall, without a zone: a ward's times are local."""
    return int((datetime.now() - _EPOCH).total_seconds() // 60)  # noqa: DTZ005 - local time is what a ward writes


def running_from(minute: int) -> Callable[[], int]:
    """A clock that starts at ``minute`` now and goes on from there."""
    start = monotonic()
    return lambda: minute + int((monotonic() - start) // 60)
