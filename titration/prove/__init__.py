"""Proofs about rule packs: obligations, a solver's world of one therapy line, witnesses replayed through the engine."""
