"""From entries to the state they come to: what each entry puts into, and takes out of, the derived tables.

The same function serves an entry as it is recorded and a rebuild of everything, so the two cannot drift apart.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, delete, insert

from titration.clinical import Route, Slot, Source, Timing
from titration.store.entries import RECORD, SIGNED, Entry, Kind, canonical
from titration.store.tables import (
    DECISIONS,
    DOSES,
    DOUBTS,
    EVENTS,
    HEADS,
    LABS,
    NOTES,
    ORDERS,
    PEOPLE,
    PUMP,
    READINGS,
    STUDY,
    USERS,
)
from titration.units import UnitSystem

Row = dict[str, Any]

TABLE_OF: Final[dict[str, Table]] = {
    Kind.READING: READINGS,
    Kind.DOSE: DOSES,
    Kind.EVENT: EVENTS,
    Kind.LAB: LABS,
    Kind.NOTE: NOTES,
    Kind.STUDY: STUDY,
    Kind.PUMP: PUMP,
    Kind.DOUBT: DOUBTS,
}
SYSTEMS: Final = {system.text: system for system in UnitSystem}
_TIMINGS: Final = {t.text: int(t) for t in Timing}
_SOURCES: Final = {s.text: int(s) for s in Source}
_SLOTS: Final = {s.text: int(s) for s in Slot}
_ROUTES: Final = {r.text: int(r) for r in Route}


@dataclass(slots=True)
class Changes:
    """What some entries change, in the order they change it."""

    steps: list[tuple[str, Table, list[Row]]] = field(default_factory=lambda: [])
    """``put`` (rows), ``drop`` (keys) or ``set`` (rows that replace those of the same key)."""
    heads: dict[str, list[int]] = field(default_factory=lambda: {})
    """Last entry of the record and last signature of each patient touched; 0 where there was none among these entries."""

    def put(self, table: Table, row: Row) -> None:
        """Add a row that was not there."""
        self._step("put", table, row)

    def set(self, table: Table, row: Row) -> None:
        """Add a row in place of one with the same key, if there is one."""
        self._step("set", table, row)

    def drop(self, table: Table, key: Row) -> None:
        """Take a row away."""
        self._step("drop", table, key)

    def _step(self, what: str, table: Table, row: Row) -> None:
        # Bulk work is one kind of row after the other: a step joins the last of its kind if nothing it could meet lies between.
        for kind, other, rows in reversed(self.steps):
            if other is table:
                if kind == what and what == "put":
                    rows.append(row)
                    return
                break
        self.steps.append((what, table, [row]))


def changes_of(entries: Iterable[Entry]) -> Changes:
    """What the entries change."""
    changes = Changes()
    for entry in entries:
        _take(changes, entry)
        if entry.patient is not None:
            at = 0 if entry.kind in RECORD else 1 if entry.kind in SIGNED else None
            if at is not None:
                changes.heads.setdefault(entry.patient, [0, 0])[at] = entry.seq
    return changes


def _take(changes: Changes, entry: Entry) -> None:
    data = entry.data
    kind = Kind(entry.kind)
    match kind:
        case Kind.PERSON:
            row = {"patient": entry.patient, "seq": entry.seq, "system": int(SYSTEMS[data["system"]])}
            changes.set(PEOPLE, {**row, "discharged": data["discharged"], "body": entry.body})
        case Kind.CORRECTION:
            _correct(changes, entry, data)
        case Kind.DECISION:
            row = {"minute": entry.minute, "day": data["day"], "recommendation": data["recommendation"]}
            changes.put(DECISIONS, _owned(entry, row))
        case Kind.REGIMEN:
            for line in data["lines"]:
                changes.set(ORDERS, _order(entry, line))
        case Kind.USER:
            row = {name: data[name] for name in ("name", "role", "enabled", "passphrase")}
            changes.set(USERS, {**row, "seq": entry.seq})
        case Kind.LEDGER | Kind.PACK | Kind.IMPORT | Kind.RECOMMENDATION:
            pass
        case _:
            changes.put(TABLE_OF[kind], _owned(entry, standing(kind, data)))


def _correct(changes: Changes, entry: Entry, data: Row) -> None:
    # Which table the corrected row stands in is not written in the correction: numbers are unique over all of them.
    instead = data["instead"]
    for table in (READINGS, DOSES, EVENTS, LABS, NOTES, STUDY) if instead is None else (TABLE_OF[instead["kind"]],):
        changes.drop(table, {"seq": data["of"]})
    if instead is not None:
        row = standing(Kind(instead["kind"]), instead["body"])
        changes.put(TABLE_OF[instead["kind"]], _owned(entry, row, replaces=data["of"]))


def _owned(entry: Entry, row: Row, replaces: int | None = None) -> Row:
    return {"seq": entry.seq, "patient": entry.patient, "author": entry.author, "replaces": replaces, **row}


def _order(entry: Entry, line: Row) -> Row:
    return {
        "patient": entry.patient,
        "drug": line["drug"],
        "slot": _SLOTS[line["slot"]],
        "route": _ROUTES[line["route"]],
        "seq": entry.seq,
        "minute": entry.minute,
        "author": entry.author,
        "amount": line["after"],
        "unit": line["unit"],
    }


def standing(kind: Kind, data: Row) -> Row:
    """The columns a body comes to in the table of its kind, but for whose row it is."""
    match kind:
        case Kind.READING:
            codes = {"timing": _TIMINGS[data["timing"]], "source": _SOURCES[data["source"]]}
            return {"minute": data["minute"], "value": data["value"], **codes, "repeat": data["repeat"]}
        case Kind.DOSE:
            codes = {"slot": _SLOTS[data["slot"]], "route": _ROUTES[data["route"]]}
            names = ("minute", "drug", "amount", "unit", "doubtful", "note")
            return {name: data[name] for name in names} | codes
        case Kind.STUDY:
            return {"sheet": data["table"], "cells": canonical(data["cells"]), "line": data["line"]}
        case _:
            return dict(data)


def write(connection: Connection, changes: Changes) -> None:
    """Put changes into the derived tables."""
    for what, table, rows in changes.steps:
        if what != "put":
            _drop(connection, table, rows)
        if what != "drop":
            connection.execute(insert(table), rows)
    if changes.heads:
        _write_heads(connection, changes.heads)


def _drop(connection: Connection, table: Table, rows: list[Row]) -> None:
    # Prefixed names: a plain one would be taken for a column to set.
    keys = [column.name for column in table.primary_key]
    where = [table.c[key] == bindparam(f"key_{key}") for key in keys]
    connection.execute(delete(table).where(*where), [{f"key_{key}": row[key] for key in keys} for row in rows])


def _write_heads(connection: Connection, heads: dict[str, list[int]]) -> None:
    known: dict[str, tuple[int, int]] = {}
    names = list(heads)
    for few in _batches(names):
        found = connection.execute(HEADS.select().where(HEADS.c.patient.in_(few)))
        known.update({row.patient: (row.record, row.signed) for row in found})
    rows: list[Row] = []
    for name, (record, signed) in heads.items():
        before = known.get(name, (0, 0))
        rows.append({"patient": name, "record": max(record, before[0]), "signed": max(signed, before[1])})
    if known:
        _drop(connection, HEADS, [{"patient": name} for name in known])
    connection.execute(insert(HEADS), rows)


def _batches(names: list[str], size: int = 500) -> Iterator[list[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]
