"""Which changes of dose the rules had asked for, and which were the clinician's: the record beside the pack's replay.

From files one can see that a change was what the plan of the evening before had said, not that it was made for that reason;
words and counts say no more than that.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from titration.clinical import PLAN_KINDS, PlanKind, Route, Slot
from titration.engine.decide import Decision
from titration.engine.plans import LIMIT_NAMES, NO_RULE
from titration.study.doses import Change, DoseCourse, LineKey

LOW_BEFORE_DAYS: Final = 3


class Driver(StrEnum):
    """How a change stands to the plan of the evening before."""

    RULE = "rule"
    """Exactly what the plan said."""
    RULE_MODIFIED = "rule_modified"
    """The plan's direction, another size."""
    CLINICIAN = "clinician"
    """The plan said something else, or nothing about this line."""
    AGAINST = "against"
    """The plan said the opposite."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a plan said about a line for the next day; doses in thousandths."""

    day: int
    line: LineKey
    kind: PlanKind
    before: int
    after: int
    rule: str
    limits: tuple[str, ...]

    @property
    def changes(self) -> bool:
        """Whether it asked for another dose."""
        return self.kind in (PlanKind.ADJUST_UP, PlanKind.ADJUST_DOWN, PlanKind.STOP)


@dataclass(frozen=True, slots=True)
class Explained:
    """A change with the plan that stood before it; ``told`` is None where no plan spoke of the line."""

    change: Change
    driver: Driver
    told: Told | None


@dataclass(frozen=True, slots=True)
class Unfollowed:
    """Days in a row on which the same change was asked for and not made."""

    first: int
    last: int
    told: Told


def plans_told(decision: Decision, patient: int) -> dict[tuple[int, LineKey], Told]:
    """The plans of one patient by day and line."""
    plans, out = decision.plans, dict[tuple[int, LineKey], Told]()
    names = decision.grid.log.drugs
    rules = decision.engine.program.rules
    for row in range(len(plans)):
        if int(plans.patient[row]) != patient:
            continue
        line = LineKey(names[int(plans.drug[row])], Slot(int(plans.slot[row])), Route(int(plans.route[row])))
        rule = int(plans.rule[row])
        day = int(plans.day[row])
        out[day, line] = Told(
            day,
            line,
            PLAN_KINDS[int(plans.kind[row])],
            int(plans.dose_before[row]),
            int(plans.dose_after[row]),
            "" if rule == NO_RULE else rules[rule].rule.id,
            tuple(name for limit, name in LIMIT_NAMES.items() if plans.limits[row] & limit),
        )
    return out


def explained(course: DoseCourse, told: dict[tuple[int, LineKey], Told], days: Iterable[int]) -> tuple[Explained, ...]:
    """Every change on one of ``days``, with how it stands to the plan of the day before."""
    wanted = frozenset(days)
    out: list[Explained] = []
    for change in course.changes:
        if change.day in wanted:
            plan = told.get((change.day - 1, change.line))
            out.append(Explained(change, _driver(change, plan), plan))
    return tuple(out)


def _driver(change: Change, plan: Told | None) -> Driver:
    if plan is None or not plan.changes:
        return Driver.CLINICIAN
    if (plan.before, plan.after) == (change.before, change.after):
        return Driver.RULE
    same = (plan.after > plan.before) == (change.after > change.before)
    return Driver.RULE_MODIFIED if same else Driver.AGAINST


def unfollowed(
    course: DoseCourse, told: dict[tuple[int, LineKey], Told], days: Iterable[int]
) -> tuple[Unfollowed, ...]:
    """Changes the plans asked for that the next day's dose does not show, days in a row taken together.

    A line that the dose record has already ended, or whose next day lies beyond it, is no refusal.
    """
    wanted = frozenset(days)
    out: list[Unfollowed] = []
    for (day, line), plan in sorted(told.items(), key=lambda item: (item[0][1].drug, item[0][1].slot, item[0][0])):
        if day not in wanted or not plan.changes or not course.covers(day + 1):
            continue
        now, after = course.dose(line, day), course.dose(line, day + 1)
        if now != plan.before or after != now:
            continue
        last = out[-1] if out else None
        if last is not None and last.told.line == line and last.last == day - 1 and last.told.kind is plan.kind:
            out[-1] = Unfollowed(last.first, day, plan)
        else:
            out.append(Unfollowed(day, day, plan))
    return tuple(sorted(out, key=lambda u: (u.first, u.told.line.drug)))
