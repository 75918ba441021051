"""Loaders, one file a format, and the canonical log they produce."""
