"""A ledger entry as fields in text, in the notation of the ward: what the ledger screen and an export for reading show."""

import json
from collections.abc import Iterator
from typing import Any

from titration.explain.voice import date_text
from titration.log.notation import minute_text
from titration.service.rounds.told import Entry
from titration.store.entries import Entry as Stored
from titration.store.entries import Kind
from titration.store.state import SYSTEMS
from titration.study.tables import COLUMNS
from titration.units import MILLI, glucose_text, grid_text


def told(entry: Stored, *, set_back: bool = False) -> Entry:
    """An entry as a front end lists it; ``set_back`` says that the one before it was recorded at a later time."""
    facts = tuple(_facts(Kind(entry.kind), entry.data))
    if set_back:
        facts = (*facts, ("clock", "set back"))
    return Entry(entry.seq, entry.minute, entry.author, entry.kind, entry.patient, facts, entry.hash)


def _facts(kind: Kind, data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    match kind:
        case Kind.READING | Kind.DOSE | Kind.EVENT | Kind.LAB | Kind.PUMP:
            yield from _row(kind, data)
        case Kind.STUDY:
            yield from _study(data)
        case Kind.CORRECTION:
            yield "of", str(data["of"])
            yield "why", data["why"]
            instead = data["instead"]
            yield "instead", "withdrawn" if instead is None else instead["kind"]
            if instead is not None:
                now = Kind(instead["kind"])
                yield from _study(instead["body"]) if now is Kind.STUDY else _row(now, instead["body"])
        case Kind.RECOMMENDATION:
            yield from _recommendation(data)
        case Kind.DECISION:
            yield "recommendation", str(data["recommendation"])
            for choice in data["choices"]:
                yield from _choice(choice)
        case Kind.REGIMEN:
            for line in data["lines"]:
                before = "?" if line["before"] is None else grid_text(line["before"], MILLI)
                dose = f"{before} > {grid_text(line['after'], MILLI)} {line['unit']}".rstrip()
                yield _line(line), dose
        case _:
            yield from _plain(data)


def _row(kind: Kind, data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "time", minute_text(data["minute"])
    match kind:
        case Kind.READING:
            yield "value", f"{glucose_text(data['value'], SYSTEMS[data['unit']])} {data['unit']}"
            yield "timing", data["timing"]
            yield "source", data["source"]
        case Kind.DOSE:
            yield "drug", data["drug"]
            yield "dose", f"{grid_text(data['amount'], MILLI)} {data['unit']}".rstrip()
            yield "slot", data["slot"]
            yield "route", data["route"]
        case Kind.LAB:
            yield "kind", data["kind"]
            yield "value", grid_text(data["value"], MILLI)
        case Kind.PUMP:
            yield "rate", f"{grid_text(data['rate'], MILLI)} units/h"
        case _:
            yield "kind", data["kind"]
    if data.get("note"):
        yield "note", data["note"]


def _study(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "table", data["table"]
    cells = data["cells"]
    for name in sorted(cells, key=[*COLUMNS[data["table"]], *sorted(cells)].index):
        if cells[name]:
            yield name, cells[name]
    if data["line"] is not None:
        yield "line", data["line"]


def _recommendation(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "day", date_text(data["day"])
    yield "pack", f"{data['pack']['id']} {data['pack']['version']}"
    yield "program", data["program"]
    yield "head", str(data["head"])
    for line in data["plan"]["lines"]:
        before = "?" if line["before"] is None else grid_text(line["before"], MILLI)
        yield line["drug"], f"{line['kind']} {before} > {grid_text(line['after'], MILLI)} {line['unit']}".rstrip()


def _choice(choice: dict[str, Any]) -> Iterator[tuple[str, str]]:
    dose = "" if choice["dose"] is None else f" {grid_text(choice['dose'], MILLI)}"
    why = f" ({choice['reason']})" if choice["reason"] else ""
    yield _line(choice), f"{choice['action']}{dose}{why}"
    if choice["note"]:
        yield "note", choice["note"]
    if choice["beyond"]:
        yield "beyond", ", ".join(choice["beyond"])


def _line(data: dict[str, Any]) -> str:
    return f"{data['drug']} {data['slot']}"


def _plain(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in data.items():
        if value is None or value in ("", {}, []):
            continue
        if name == "minute":
            yield "time", minute_text(value)
        elif name in ("day", "admitted_day"):
            yield name, date_text(value)
        elif isinstance(value, dict | list):
            yield name, json.dumps(value, ensure_ascii=False)
        else:
            yield name, str(value)
