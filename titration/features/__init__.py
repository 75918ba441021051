"""The feature catalogue, windows, therapy lines, and the frame built from a log. Knows nothing of rules."""
