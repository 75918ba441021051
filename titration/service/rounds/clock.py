"""The wall clock, read at the edge: the ledger and the engine are told the moment and never look."""

from datetime import UTC, datetime
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1)


def local_minute() -> int:
    """Local minutes since 1970-01-01, as a ward's clock shows them."""
    local = datetime.now(tz=UTC).astimezone().replace(tzinfo=None)
    return int((local - _EPOCH).total_seconds() // 60)
