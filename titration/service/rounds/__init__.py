"""The ward round's door: what a front end may ask of a ledger and an engine, and what it is told."""
