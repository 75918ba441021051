"""Laws and published tables for rule packs and calculators that are not ours."""
