"""What ``titration ledger recall`` and ``titration ledger report`` print."""

import json
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from titration.clinical import PlanKind
from titration.explain.phrases import KINDS, LIMITS, SLOTS, Language
from titration.explain.voice import Voice, date_text
from titration.log.notation import day_written
from titration.service.ledger_console import OK, refusing
from titration.service.recall_words import SAID
from titration.service.rounds.desk import Desk
from titration.service.rounds.entry.words import amount_text, product_text
from titration.service.rounds.handover.codes import ACTIONS, DECISION_REASONS
from titration.service.rounds.opening import open_desk
from titration.service.rounds.recall import LineThen, Touched, recall_pack, recall_reading, recall_rule
from titration.service.rounds.tally import Tally, tally
from titration.service.rounds.told import Choice, LineKey, Refused
from titration.units import MILLI, UnitSystem, grid_text


@refusing
def recall(arguments: Namespace) -> int:
    """Past recommendations and decisions that a reading, rule or pack touched."""
    desk = open_desk(arguments.ledger, read_only=True)
    teller = Teller(desk, arguments.lang)
    try:
        if arguments.reading is not None:
            found = recall_reading(desk.ledger, arguments.reading)
        elif arguments.rule is not None:
            found = recall_rule(desk.ledger, arguments.rule)
        else:
            found = recall_pack(desk.ledger, arguments.pack)
    finally:
        desk.close()
    if arguments.json:
        print(json.dumps([_data(touched) for touched in found], ensure_ascii=False, indent=2))
    else:
        print("\n".join(teller.recalled(found)))
    return OK


def _data(touched: Touched) -> dict[str, Any]:
    return {
        "entry": touched.seq,
        "patient": touched.patient,
        "day": date_text(touched.day),
        "plan_changed": touched.changed,
        "lines": [
            {
                "line": [*line.line],
                "plan": line.kind,
                "before": None if line.before is None else grid_text(line.before, MILLI),
                "after": grid_text(line.after, MILLI),
                "unit": line.unit,
                "instead": None if line.instead is None else [line.instead[0], grid_text(line.instead[1], MILLI)],
            }
            for line in touched.lines
        ],
        "decisions": [
            {"entry": decided.seq, "author": decided.author, "choices": [_choice(c) for c in decided.choices]}
            for decided in touched.decisions
        ],
    }


def _choice(choice: Choice) -> dict[str, Any]:
    return {
        "line": [*choice.line],
        "action": choice.action.value,
        "dose": None if choice.dose is None else grid_text(choice.dose, MILLI),
        "reason": None if choice.reason is None else choice.reason.value,
    }


class Teller:
    """Findings and counts in one language, with drugs, slots, reasons and limits by name."""

    def __init__(self, desk: Desk, language: Language) -> None:
        self.language: Language = language
        self.say = SAID[language]
        self.formulary = desk.formulary
        self.voice = Voice(desk.pack, language, UnitSystem.MMOL)

    def recalled(self, found: Sequence[Touched]) -> Iterator[str]:
        """What was touched, recommendation by recommendation."""
        for touched in found:
            weight = "" if touched.changed else self.say["same"]
            day = date_text(touched.day)
            yield self.say["entry"].format(entry=touched.seq, day=day, patient=touched.patient, weight=weight)
            for line in touched.lines:
                if line.instead is not None or touched.changed:
                    yield f"    {self._line(line)}"
            units = {line.line: line.unit for line in touched.lines}
            for decided in touched.decisions:
                taken = self.voice.say("semicolon").join(self._taken(choice, units) for choice in decided.choices)
                text = self.say["decided"].format(entry=decided.seq, author=decided.author, taken=taken)
                yield f"    {text}"
        changed = sum(touched.changed for touched in found)
        decisions = sum(len(touched.decisions) for touched in found)
        yield self.say["touched"].format(count=len(found), changed=changed, decisions=decisions)

    def _named(self, line: LineKey) -> dict[str, str]:
        drug, slot, _ = line
        name = product_text(self.formulary.products.get(drug), drug, self.language)
        return {"drug": name, "slot": SLOTS[self.language].get(slot, slot)}

    def _dose(self, dose: int, unit: str) -> str:
        return amount_text(dose, unit, self.language) if unit else grid_text(dose, MILLI)

    def _line(self, line: LineThen) -> str:
        before = self.say["unknown"] if line.before is None else self._dose(line.before, line.unit)
        kind, after = KINDS[self.language][PlanKind(line.kind)], self._dose(line.after, line.unit)
        text = self.say["line"].format(**self._named(line.line), kind=kind, before=before, after=after)
        if line.instead is None:
            return text
        kind, after = KINDS[self.language][PlanKind(line.instead[0])], self._dose(line.instead[1], line.unit)
        return self.say["instead"].format(line=text, kind=kind, after=after)

    def _taken(self, choice: Choice, units: Mapping[LineKey, str]) -> str:
        product = self.formulary.products.get(choice.line[0])
        unit = units.get(choice.line) or ("" if product is None else product.unit)
        dose = "" if choice.dose is None else f" {self._dose(choice.dose, unit)}"
        action = ACTIONS[self.language][choice.action]
        return self.say["taken"].format(**self._named(choice.line), action=action, dose=dose)

    def counted(self, counts: Tally) -> Iterator[str]:
        """Counts of what was decided, as tables."""
        yield self.say["decisions"].format(decisions=counts.decisions, lines=counts.lines)
        if not counts.decisions:
            return
        data, said = counts.as_dict(), self.say
        actions = {action.value: word for action, word in ACTIONS[self.language].items()}
        kinds = {kind.value: word for kind, word in KINDS[self.language].items()}
        reasons = {reason.value: word for reason, word in DECISION_REASONS[self.language].items()}
        limits = LIMITS[self.language]
        yield from self._table(said["actions"], data["actions"], counts.lines, actions)
        for plan, taken in data["actions_by_plan"].items():
            yield from self._table(said["plan"].format(kind=kinds[plan]), taken, sum(taken.values()), actions)
        overrides = counts.lines - counts.actions["accept"]
        other = data["overrides"]
        directions = {**said, "same": said["same_dose"]}
        yield from self._table(said["direction"], other["direction"], overrides, directions)
        yield from self._table(said["size"], other["size"], overrides, said)
        yield from self._table(said["reason"], other["reason"], overrides, reasons)
        yield from self._table(said["beyond"], other["beyond_the_guard"], overrides, limits)
        for group, seen in data["next_24_hours"].items():
            yield from self._table(said["next"].format(group=directions[group]), seen, sum(seen.values()), said)
        yield from self._table(said["limits"], data["limits_that_bound"], counts.lines, limits)
        waiting = {name: self.voice.feature(name) for name in data["waiting_for"]}
        yield from self._table(said["waiting"], data["waiting_for"], counts.lines, waiting)
        yield said["proof"]

    def _table(self, title: str, counts: Mapping[str, int], of: int, names: Mapping[str, str]) -> Iterator[str]:
        if counts:
            yield title
        for name, count in counts.items():
            yield f"    {count:>6} {self.say['of']} {of}  {names.get(name, name)}"


@refusing
def report(arguments: Namespace) -> int:
    """Counts of what was decided."""
    first, last = _day(arguments.since), _day(arguments.until)
    desk = open_desk(arguments.ledger, read_only=True)
    teller = Teller(desk, arguments.lang)
    try:
        counts = tally(desk.ledger, first_day=first, last_day=last)
    finally:
        desk.close()
    if arguments.json:
        print(json.dumps(counts.as_dict(), ensure_ascii=False, indent=2))
    else:
        print("\n".join(teller.counted(counts)))
    return OK


def _day(text: str | None) -> int | None:
    if text is None:
        return None
    day = day_written(text)
    if day is None:
        raise Refused("invalid", f"{text!r} is not a date: write YYYY-MM-DD")
    return day
