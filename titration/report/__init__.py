"""What a replay found, as figures and pages; a reader of results that decides nothing."""
