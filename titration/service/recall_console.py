"""What ``titration ledger recall`` and ``titration ledger report`` print."""

import json
from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import Any

from titration.explain.phrases import LIMITS
from titration.explain.voice import date_text
from titration.log.notation import day_written
from titration.service.ledger_console import OK, refusing
from titration.service.rounds.opening import open_desk
from titration.service.rounds.recall import LineThen, Touched, recall_pack, recall_reading, recall_rule
from titration.service.rounds.tally import Tally, tally
from titration.service.rounds.told import Choice, Refused
from titration.units import MILLI, grid_text


@refusing
def recall(arguments: Namespace) -> int:
    """Past recommendations and decisions that a reading, rule or pack touched."""
    desk = open_desk(arguments.ledger, read_only=True)
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
        _print(found)
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


def _print(found: Sequence[Touched]) -> None:
    for touched in found:
        weight = "" if touched.changed else " (in the record, the plan would have been the same)"
        print(f"entry {touched.seq}  {date_text(touched.day)}  patient {touched.patient}{weight}")
        for line in touched.lines:
            if line.instead is not None or touched.changed:
                print(f"    {_line_text(line)}")
        for decided in touched.decisions:
            taken = ", ".join(_taken(choice) for choice in decided.choices)
            print(f"    decided in entry {decided.seq} by {decided.author}: {taken}")
    changed = sum(touched.changed for touched in found)
    decisions = sum(len(touched.decisions) for touched in found)
    print(f"{len(found)} recommendations touched ({changed} rest on it), {decisions} decisions on them")


def _line_text(line: LineThen) -> str:
    before = "not known" if line.before is None else grid_text(line.before, MILLI)
    text = f"{line.line[0]} {line.line[1]}: {line.kind} {before} > {grid_text(line.after, MILLI)} {line.unit}".rstrip()
    if line.instead is None:
        return text
    return f"{text}; instead {line.instead[0]} > {grid_text(line.instead[1], MILLI)} {line.unit}".rstrip()


def _taken(choice: Choice) -> str:
    dose = "" if choice.dose is None else f" {grid_text(choice.dose, MILLI)}"
    return f"{choice.line[0]} {choice.line[1]} {choice.action.value}{dose}"


@refusing
def report(arguments: Namespace) -> int:
    """Counts of what was decided."""
    first, last = _day(arguments.since), _day(arguments.until)
    desk = open_desk(arguments.ledger, read_only=True)
    try:
        counts = tally(desk.ledger, first_day=first, last_day=last)
    finally:
        desk.close()
    if arguments.json:
        print(json.dumps(counts.as_dict(), ensure_ascii=False, indent=2))
    else:
        print("\n".join(_report_lines(counts)))
    return OK


def _day(text: str | None) -> int | None:
    if text is None:
        return None
    day = day_written(text)
    if day is None:
        raise Refused("invalid", f"{text!r} is not a date: write YYYY-MM-DD")
    return day


def _report_lines(counts: Tally) -> Iterator[str]:
    yield f"{counts.decisions} decisions on {counts.lines} lines"
    if not counts.decisions:
        return
    data = counts.as_dict()
    yield from _table("taken, changed or rejected", data["actions"], counts.lines)
    for plan, actions in data["actions_by_plan"].items():
        yield from _table(f"  of {_words(plan)}", actions, sum(actions.values()))
    overrides = counts.lines - counts.actions["accept"]
    names = {"direction": "against the plan", "size": "by", "reason": "because", "beyond_the_guard": "beyond"}
    for name, title in names.items():
        yield from _table(f"overrides, {title}", data["overrides"][name], overrides)
    for group, seen in data["next_24_hours"].items():
        yield from _table(f"24 hours after ({_words(group)})", seen, sum(seen.values()))
    yield from _table("limits that bound a plan", data["limits_that_bound"], counts.lines, LIMITS["en"])
    yield from _table("lines that waited for", data["waiting_for"], counts.lines)
    yield "What was measured after a decision is no proof of what it did."


def _table(title: str, counts: dict[str, int], of: int, names: Any = None) -> Iterator[str]:  # noqa: ANN401 - words by code
    if not counts:
        return
    yield title
    for name, count in counts.items():
        word = _words(name) if names is None else names.get(name, _words(name))
        yield f"    {count:>6} of {of}  {word}"


def _words(code: str) -> str:
    return code.replace("_", " ")
