"""A signature: the plan as it was shown and the decision on it, in one step, or not at all."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from titration.clinical import Route, Slot
from titration.engine.guard import Guard
from titration.engine.plans import LIMIT_NAMES, NO_RULE
from titration.explain.trace import Assessment, LinePlan
from titration.packs.model import Tier
from titration.service.rounds.planning import Planned
from titration.service.rounds.told import Action, Choice, LineKey, PatientSheet, Reason, Refused
from titration.store.bodies import ChangeBody, ChoiceBody, DecisionBody

LONGEST_NOTE: Final = 1000


def key_of(line: LinePlan) -> LineKey:
    """The line a plan is about."""
    return (line.drug, line.slot.text, line.route.text)


def limits_beyond(planned: Planned, line: LineKey, dose: int) -> tuple[str, ...]:
    """Limits of the guard that a dose would go beyond for one line of a one-patient plan.

    The guard is asked what it would make of the dose as a proposal: with the tier of the plan's own rule where it goes the
    same way, for that is what was demanded, else as an ordinary increase or taper. Raises Refused for a line not in the plan.
    """
    plans, decision = planned.plans, planned.decision
    for row in range(len(plans)):
        drug = decision.grid.lines.drugs[int(plans.drug[row])].written
        if (drug, Slot(int(plans.slot[row])).text, Route(int(plans.route[row])).text) != line:
            continue
        before, after = int(plans.dose_before[row]), int(plans.dose_after[row])
        known = bool(plans.dose_known[row])
        if (known and dose == before) or dose == after:
            return ()
        proposals, at = decision.locate(row)
        rule, same_way = int(plans.rule[row]), (dose > before) == (after > before) and after != before
        tier = Tier.RAISE if dose > before else Tier.TAPER
        if same_way and rule != NO_RULE:
            tier = decision.engine.program.rules[rule].rule.tier
        ask = Guard(proposals.frame, np.array([at], np.int64))
        verdict = ask.limit(np.array([before], np.int32), np.array([dose], np.int32), np.array([int(tier)], np.int32))
        bound = int(verdict.limits[0])
        return tuple(name for limit, name in LIMIT_NAMES.items() if bound & limit.value)
    raise Refused("invalid", "the plan has no such line: open the patient again")


def checked(assessment: Assessment, choices: Sequence[Choice], planned: Planned) -> tuple[ChoiceBody, ...]:
    """The choices as they are recorded, in the order of the plan; Refused (``invalid``) says what is wrong with which line."""
    by_line: dict[LineKey, Choice] = {}
    for choice in choices:
        if choice.line in by_line:
            raise Refused("invalid", f"{_named(choice.line)}: two choices for one line")
        by_line[choice.line] = choice
    made: list[ChoiceBody] = []
    for line in assessment.lines:
        choice = by_line.pop(key_of(line), None)
        if choice is None:
            raise Refused("invalid", f"{_named(key_of(line))}: accept, change or reject this line too")
        made.append(_choice(line, choice, planned))
    if by_line:
        raise Refused("invalid", f"{_named(next(iter(by_line)))}: the plan has no such line")
    return tuple(made)


def _named(line: LineKey) -> str:
    return f"{line[0]} ({line[1]})"


def _choice(line: LinePlan, choice: Choice, planned: Planned) -> ChoiceBody:
    name = _named(choice.line)
    if choice.action is Action.ACCEPT:
        wanted = line.after if line.before is not None or line.after else None
        if choice.dose != wanted and not (line.before is None and choice.dose is None):
            raise Refused("invalid", f"{name}: accepting a plan takes its dose; change the line for another")
    elif choice.reason is None:
        raise Refused("invalid", f"{name}: give the reason")
    elif choice.reason is Reason.OTHER and not choice.note.strip():
        raise Refused("invalid", f"{name}: another reason needs a note")
    if choice.action is Action.REJECT and choice.dose != line.before:
        raise Refused("invalid", f"{name}: a rejected plan leaves the dose as it is")
    if choice.action is Action.MODIFY:
        if choice.dose is None or not 0 <= choice.dose < 2**31:
            raise Refused("invalid", f"{name}: give the dose")
        unconfirmed = set(limits_beyond(planned, choice.line, choice.dose)) - set(choice.beyond)
        if unconfirmed:
            raise Refused("invalid", f"{name}: confirm that the dose goes beyond: {', '.join(sorted(unconfirmed))}")
    unknown = set(choice.beyond) - set(LIMIT_NAMES.values())
    if unknown:
        raise Refused("invalid", f"{name}: no such limit")
    if len(choice.note) > LONGEST_NOTE or not all(c.isprintable() or c in "\n\t" for c in choice.note):
        raise Refused("invalid", f"{name}: the note is too long, or holds signs that cannot be shown")
    drug, slot, route = choice.line
    return ChoiceBody(
        drug=drug,
        slot=slot,
        route=route,
        action=choice.action.value,
        dose=choice.dose,
        reason=None if choice.reason is None else choice.reason.value,
        note=choice.note,
        beyond=choice.beyond,
    )


def changes(assessment: Assessment, choices: Sequence[ChoiceBody]) -> tuple[ChangeBody, ...]:
    """Lines whose dose the choices change."""
    return tuple(
        ChangeBody(
            drug=choice.drug,
            slot=choice.slot,
            route=choice.route,
            unit=line.unit,
            before=line.before,
            after=choice.dose,
        )
        for line, choice in zip(assessment.lines, choices, strict=True)
        if choice.dose is not None and choice.dose != line.before
    )


def same_plan(sheet: PatientSheet, assessment: Assessment) -> bool:
    """Whether the plan made now is the one on the sheet that was shown."""
    return sheet.assessment == assessment


def choices_of(body: DecisionBody) -> tuple[Choice, ...]:
    """The choices of a decision entry."""
    return tuple(
        Choice(
            line=(c.drug, c.slot, c.route),
            action=Action(c.action),
            dose=c.dose,
            reason=None if c.reason is None else Reason(c.reason),
            note=c.note,
            beyond=c.beyond,
        )
        for c in body.choices
    )
