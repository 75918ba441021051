"""Evaluate once, arbitrate, guard: from a frame and a pack to a plan per patient-day. No clock and no files."""
