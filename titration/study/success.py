"""Definitions of success, each with its own denominator: met, not met, or not to be said with the reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from titration.study.doses import DoseCourse, milestones
from titration.study.indices import Reason
from titration.study.measures import Endpoints, Found
from titration.study.protocol import number
from titration.study.protocol_schema import SuccessTable
from titration.study.statistics import Proportion


@dataclass(frozen=True, slots=True)
class Verdict:
    """One patient under one definition; ``counted`` says whether they are in its denominator."""

    met: bool | None
    counted: bool
    why: Reason | None = None


def judge(
    table: SuccessTable, course: DoseCourse, endpoints: Endpoints, *, baseline: int | None, visit_day: int | None
) -> Verdict:
    """Whether a patient meets a definition at its visit; any condition unknown and none failed is unknown."""
    if baseline is None:
        return Verdict(None, counted=False, why=Reason.NO_BASELINE)
    base = course.insulin(baseline)
    if table.among == "insulin" and base == 0:
        return Verdict(None, counted=False, why=Reason.NOT_ON_INSULIN)
    if visit_day is None:
        return Verdict(None, counted=True, why=Reason.NO_ANCHOR)
    answers = [*_insulin(table, course, base, visit_day), *_others(table, course, endpoints, baseline, visit_day)]
    if any(answer is False for answer in answers):
        return Verdict(met=False, counted=True)
    reasons = [answer for answer in answers if isinstance(answer, Reason)]
    return Verdict(None, counted=True, why=reasons[0]) if reasons else Verdict(met=True, counted=True)


def _insulin(table: SuccessTable, course: DoseCourse, base: Fraction | Reason, day: int) -> Iterable[bool | Reason]:
    now = course.insulin(day)
    wanted = table.insulin_down_at_least or table.insulin_down_more_than
    if wanted is not None:
        if isinstance(base, Reason) or isinstance(now, Reason):
            yield base if isinstance(base, Reason) else now if isinstance(now, Reason) else Reason.NO_RECORD
        elif base == 0:
            yield Reason.NOT_ON_INSULIN
        else:
            fallen = (base - now) / base * 100
            yield fallen >= number(wanted) if table.insulin_down_at_least else fallen > number(wanted)
    if table.insulin_stopped:
        if isinstance(base, Reason) or isinstance(now, Reason):
            yield base if isinstance(base, Reason) else now if isinstance(now, Reason) else Reason.NO_RECORD
        else:
            yield base > 0 and now == 0


def _others(
    table: SuccessTable, course: DoseCourse, endpoints: Endpoints, baseline: int, day: int
) -> Iterable[bool | Reason]:
    if table.hba1c_below is not None:
        hba1c = endpoints["hba1c"]
        yield hba1c.value < number(table.hba1c_below) if isinstance(hba1c, Found) else hba1c
    if table.tablets_reduced:
        if not course.covers(day):
            yield Reason.NO_RECORD
        else:
            lower = milestones(course, baseline, day).first_tablet_lower
            now, before = course.tablets(day), course.tablets(baseline)
            yield lower is not None and any(now.get(drug, Fraction(0)) < amount for drug, amount in before.items())
    if table.off_all_drugs_days is not None:
        first = day - table.off_all_drugs_days
        days = [d for d in range(first, day + 1) if course.covers(d)]
        if any(course.tablets(d) or course.insulin(d) != 0 for d in days):
            yield False
        else:
            # A dose record that ends long before the visit shows no drug; it does not show that there was none.
            yield True if days and course.covers(day) else Reason.NO_RECORD


@dataclass(frozen=True, slots=True)
class Tally:
    """A definition over a group: met of those it can be said of, those it cannot, and those it does not count."""

    met: Proportion
    unknown: int
    not_counted: int
    everybody: int
    reasons: Mapping[str, int]


def tally(verdicts: Iterable[Verdict]) -> Tally:
    """Count one definition over a group."""
    listed = list(verdicts)
    said = [verdict for verdict in listed if verdict.counted and verdict.met is not None]
    unknown = [verdict for verdict in listed if verdict.counted and verdict.met is None]
    reasons: dict[str, int] = {}
    for verdict in listed:
        if verdict.why is not None:
            reasons[verdict.why.value] = reasons.get(verdict.why.value, 0) + 1
    return Tally(
        Proportion(sum(verdict.met is True for verdict in said), len(said)),
        len(unknown),
        sum(not verdict.counted for verdict in listed),
        len(listed),
        dict(sorted(reasons.items())),
    )
