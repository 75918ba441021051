"""``--plain``: the ward as text for pipes and screen readers, and the same decisions line by line on the same session."""
