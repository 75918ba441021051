"""Plans as answers a person could compare: by patient, day and line, whatever numbers the block gave them."""

from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np

from titration.clinical import PLAN_KINDS, Route, Slot
from titration.engine.decide import Decision, Engine
from titration.engine.plans import NO_RULE
from titration.log.model import Doses, Doubts, Events, Labs, Log, Pump, Readings

Key = tuple[str, int, str, str, str]
"""Patient id, day, drug, slot, route."""
Answer = tuple[Any, ...]
"""Plan kind, dose before (None: unknown), dose after, credited rule, limits, what is missing, notices, days to wait."""
RULE = 3

Table = TypeVar("Table", Readings, Doses, Events, Labs, Doubts, Pump)
TABLES = ("readings", "doses", "events", "labs", "doubts", "pump")


def decided(engine: Engine, log: Log) -> Decision:
    """The engine's decision on the whole log."""
    return engine.decide(engine.grid(log))


def answers(decision: Decision) -> dict[Key, Answer]:
    """Every plan of a decision."""
    plans, engine, log = decision.plans, decision.engine, decision.grid.log
    columns = {f.name: getattr(plans, f.name).tolist() for f in fields(plans)}
    found: dict[Key, Answer] = {}
    for values in zip(*columns.values(), strict=True):
        row = dict(zip(columns, values, strict=True))
        drug, slot, route = log.drugs[row["drug"]], Slot(row["slot"]).text, Route(row["route"]).text
        key = (log.people[row["patient"]].patient_id, row["day"], drug, slot, route)
        assert key not in found, f"two plans for {key}"
        found[key] = (
            PLAN_KINDS[row["kind"]],
            row["dose_before"] if row["dose_known"] else None,
            row["dose_after"],
            None if row["rule"] == NO_RULE else engine.pack.rules[row["rule"]].id,
            row["limits"],
            None if row["missing"] < 0 else engine.missing_names[row["missing"]],
            tuple(n for i, n in enumerate(engine.notices) if row["notices"] >> i & 1),
            row["next_day"] - row["day"],
        )
    return found


def differences(one: dict[Key, Answer], other: dict[Key, Answer]) -> list[str]:
    """Where two sets of answers differ, a line each."""
    keys = sorted(one.keys() | other.keys())
    return [f"{key}: {one.get(key)} or {other.get(key)}" for key in keys if one.get(key) != other.get(key)]


def taken(table: Table, rows: np.ndarray) -> Table:
    """The rows of a table, by number or mask."""
    return type(table)(*(getattr(table, f.name)[rows] for f in fields(table)))


def in_order(table: Table) -> Table:
    """The table by patient, then time (stable)."""
    when = table.day if isinstance(table, Doubts) else table.minute
    return taken(table, np.lexsort((when, table.patient)))


def reordered(log: Log, order: np.ndarray) -> Log:
    """The same people with patient ``order[i]`` as number ``i``."""
    place = np.argsort(order).astype(np.int32)
    moved = {name: getattr(log, name) for name in TABLES}
    moved = {name: in_order(replace(table, patient=place[table.patient])) for name, table in moved.items()}
    return replace(log, people=tuple(log.people[i] for i in order.tolist()), **moved)


def moved_by(log: Log, days: int) -> Log:
    """The log with every date ``days`` later."""
    later = {
        name: replace(table, minute=(table.minute + days * 1440).astype(np.int32))
        for name in TABLES
        if name != "doubts"
        for table in (getattr(log, name),)
    }
    return replace(log, doubts=replace(log.doubts, day=(log.doubts.day + days).astype(np.int32)), **later)
