"""Why and why not: tokens read from the evaluation's own memo, rendered in English and in Chinese."""

from titration.explain.as_json import as_json
from titration.explain.collect import assess
from titration.explain.render import render, render_lines

__all__ = ["as_json", "assess", "render", "render_lines"]
