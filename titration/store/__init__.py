"""The ledger: an append-only, hash-chained record, and the state derived from it."""
