"""Rule packs: schema, loading with every problem at once, binding to a unit system, lint. Never sees a log."""
