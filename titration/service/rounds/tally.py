"""What was decided, counted: how often a plan was taken, how overrides went, what bound plans and what they waited for.

Counts of this ledger only. The day after an override shows what was measured then, not what the override did.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, select

from titration.clinical import PlanKind
from titration.engine.guard import LOW
from titration.log.model import MINUTES_A_DAY
from titration.service.rounds.ward_rows import VERY_HIGH
from titration.store.bodies import ChoiceBody, DecisionBody, RecommendationBody
from titration.store.entries import Kind
from titration.store.ledger import Ledger
from titration.store.logs import members
from titration.store.tables import READINGS
from titration.units import UnitSystem

_SIZES: Final = ((100, "to_10_percent"), (200, "to_20_percent"), (500, "to_50_percent"))
"""Upper ends in tenths of a percent of the planned dose."""


@dataclass
class Tally:
    """Counts of lines of decisions. ``overrides`` are by direction against the plan; ``next_day`` by what was seen in the 24 hours
    after, for accepted lines too, so that there is something to compare with."""

    decisions: int = 0
    lines: int = 0
    actions: Counter[str] = field(default_factory=Counter[str])
    proposals: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """Plan kind and action."""
    directions: Counter[str] = field(default_factory=Counter[str])
    sizes: Counter[str] = field(default_factory=Counter[str])
    reasons: Counter[str] = field(default_factory=Counter[str])
    beyond: Counter[str] = field(default_factory=Counter[str])
    next_day: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """Accepted or a direction, and what was seen."""
    limits: Counter[str] = field(default_factory=Counter[str])
    missing: Counter[str] = field(default_factory=Counter[str])

    def as_dict(self) -> dict[str, Any]:
        """The counts for JSON, most frequent first."""
        return {
            "decisions": self.decisions,
            "lines": self.lines,
            "actions": _ordered(self.actions),
            "actions_by_plan": _pairs(self.proposals),
            "overrides": {
                "direction": _ordered(self.directions),
                "size": _ordered(self.sizes),
                "reason": _ordered(self.reasons),
                "beyond_the_guard": _ordered(self.beyond),
            },
            "next_24_hours": _pairs(self.next_day),
            "limits_that_bound": _ordered(self.limits),
            "waiting_for": _ordered(self.missing),
        }


def _ordered(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _pairs(counts: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    out: dict[str, dict[str, int]] = {}
    for (first, second), count in sorted(counts.items(), key=lambda item: (item[0][0], -item[1], item[0][1])):
        out.setdefault(first, {})[second] = count
    return out


def tally(ledger: Ledger, *, first_day: int | None = None, last_day: int | None = None) -> Tally:
    """Counts of the decisions on the days from ``first_day`` to ``last_day``, both included."""
    total = Tally()
    with ledger.reading() as connection:
        systems = {member.patient_id: member.system for member in members(connection)}
        plans: dict[int, RecommendationBody] = {}
        for entry in ledger.walk(connection, kinds=(Kind.RECOMMENDATION, Kind.DECISION)):
            if entry.kind == Kind.RECOMMENDATION:
                plans[entry.seq] = RecommendationBody.model_validate_json(entry.body)
                continue
            body = DecisionBody.model_validate_json(entry.body)
            early = first_day is not None and body.day < first_day
            if early or (last_day is not None and body.day > last_day) or entry.patient is None:
                continue
            seen = _seen(connection, entry.patient, entry.minute, systems[entry.patient])
            _count(total, plans[body.recommendation], body, seen)
    return total


def _seen(connection: Connection, patient: str, minute: int, system: UnitSystem) -> str:
    """What was measured in the 24 hours after a decision, the gravest first."""
    query = select(READINGS.c.value).where(
        READINGS.c.patient == patient, READINGS.c.minute > minute, READINGS.c.minute <= minute + MINUTES_A_DAY
    )
    values = list(connection.execute(query).scalars())
    if not values:
        return "no_reading"
    if min(values) < LOW.on(system):
        return "low"
    return "very_high" if max(values) >= VERY_HIGH.on(system) else "neither"


def _count(total: Tally, plan: RecommendationBody, body: DecisionBody, seen: str) -> None:
    total.decisions += 1
    for line, choice in zip(plan.plan["lines"], body.choices, strict=True):
        total.lines += 1
        total.actions[choice.action] += 1
        total.proposals[line["kind"], choice.action] += 1
        total.limits.update(line["limits"])
        if line["kind"] == PlanKind.NEED_DATA and line["missing"] is not None:
            total.missing[line["missing"]["feature"]] += 1
        _override(total, line, choice, seen)


def _override(total: Tally, line: dict[str, Any], choice: ChoiceBody, seen: str) -> None:
    dose, planned = choice.dose, line["after"]
    if choice.action == "accept" or dose is None:
        total.next_day["accepted", seen] += 1
        return
    direction = "same" if dose == planned else "higher" if dose > planned else "lower"
    total.directions[direction] += 1
    total.sizes[_size(dose, planned)] += 1
    total.next_day[direction, seen] += 1
    if choice.reason is not None:
        total.reasons[choice.reason] += 1
    total.beyond.update(choice.beyond)


def _size(dose: int, planned: int) -> str:
    if planned == 0:
        return "instead_of_a_stop" if dose else "none"
    if dose == 0:
        return "a_stop"
    tenths = abs(dose - planned) * 1000
    return next((name for most, name in _SIZES if tenths <= most * planned), "over_50_percent")
