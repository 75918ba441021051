"""The report of a group: words, figures and values together."""

from typing import Any, Literal

from titration.study.case import Case
from titration.study.cohort import build_cohort, cohort_json
from titration.study.cohort_sections import cohort_report
from titration.study.figures import GROUPS, endpoint_figure
from titration.study.sections import Report


def cohort_parts(
    found: list[Case],
    language: Literal["en", "zh"],
    *,
    against: list[Case],
    left_out: tuple[str, ...],
    spread: str,
    lead: tuple[str, ...],
) -> tuple[Report, dict[str, str], dict[str, Any]]:
    """Report, figures by name, and values of a group; ``against`` is set beside it when not empty."""
    cohort = build_cohort(found)
    other = build_cohort(against) if against else None
    made = cohort_report(cohort, language, lead=lead, left_out=left_out, against=other)
    figures = {name: endpoint_figure(found, name, language, spread=spread) for name in GROUPS}
    values = cohort_json(cohort)
    if other is not None:
        values["against"] = cohort_json(other)
    return made, figures, values
