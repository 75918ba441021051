"""The ledger: append-only entries in a hash chain, the state derived from them, and the database both live in."""
