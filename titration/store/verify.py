"""Is the ledger what it was? The chain entry by entry, the files by their hashes, and the state against one made anew."""

from titration.store.entries import GENESIS, fault_of
from titration.store.ledger import Ledger


def verified(ledger: Ledger) -> tuple[int, str | None]:
    """Entries that are whole along the chain, and the first fault in words."""
    after = (0, GENESIS)
    with ledger.reading() as connection:
        for entry in ledger.walk(connection):
            fault = fault_of(entry, after)
            if fault is not None:
                return after[0], fault
            after = (entry.seq, entry.hash)
    return after[0], None
