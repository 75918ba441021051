"""Why and why not: tokens read from the evaluation's own memo, rendered in English and in Chinese."""
