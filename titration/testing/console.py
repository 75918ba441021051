"""What ``titration conformance`` and ``titration calculator`` print. Results on stdout, everything else on stderr."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterator

from pydantic import ValidationError

from titration.service.packs import open_formulary, open_pack
from titration.testing.calculator import PackCalculator, Program
from titration.testing.conformance import Conformance, Fault, Verdict, examine
from titration.testing.laws import LAWS, REGIMENS
from titration.testing.protocol import Answer, State
from titration.testing.tables import TableVerdict, all_cells

_SHOWN = 3
_READINGS = 8


def conformance(arguments: Namespace) -> int:
    """Hold a calculator to the laws and report; 1 where it falls short."""
    command = tuple(arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command)
    if not command and arguments.pack is None:
        raise ValueError("name a calculator: titration conformance -- PROGRAM [ARGUMENTS], or --pack P for a rule pack")
    if arguments.pack is not None:
        calculator = PackCalculator(open_pack(arguments.pack, arguments.rules), open_formulary(arguments.rules))
    else:
        calculator = Program(command)
    regimens = tuple(arguments.regimen or REGIMENS)
    claimed = tuple(arguments.table or ())
    cells = all_cells(open_formulary(arguments.rules), arguments.rules)
    unknown = sorted(set(claimed) - {cell.table for cell in cells})
    if unknown:
        there = ", ".join(dict.fromkeys(cell.table for cell in cells))
        raise ValueError(f"no published table {', '.join(unknown)}; there are {there}")
    sys.stderr.write(
        f"asking about {', '.join(regimens)} patients under {len(LAWS)} laws, and {len(cells)} cells of tables ...\n"
    )
    found = examine(calculator, regimens, cells=cells, claimed=claimed)
    if arguments.json:
        print(json.dumps(as_json(found), ensure_ascii=False, indent=2))
    else:
        print("\n".join(report(found)))
    return 0 if found.holds else 1


def answer(arguments: Namespace) -> int:
    """Answer states from stdin by a rule pack, one line each."""
    calculator = PackCalculator(open_pack(arguments.pack, arguments.rules), open_formulary(arguments.rules))
    for number, line in enumerate(sys.stdin, 1):
        if not line.strip():
            continue
        try:
            state = State.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "the line"
            raise ValueError(
                f"stdin line {number}: {place}: {first['msg']} (docs/conformance.md has the form)"
            ) from None
        said = calculator([state])[state.id]
        assert isinstance(said, Answer)
        print(said.model_dump_json(exclude_none=True), flush=True)
    return 0


def report(found: Conformance) -> Iterator[str]:
    """The report as lines of text."""
    yield f"{found.states} patients asked, {found.answered} answered"
    for fault in (*found.form[:_SHOWN], *found.order):
        yield f"FAULT   {fault.law}: {fault.what}"
        yield from _patient(fault)
    if len(found.form) > _SHOWN:
        yield f"        and {len(found.form) - _SHOWN} more answers that break the protocol"
    for verdict in found.verdicts:
        yield from _verdict(verdict)
    if found.tables:
        yield ""
        yield "Published tables, each cell a patient; a calculator answers for those it claims (--table):"
    for table in found.tables:
        yield from _table(table)
    broken = sum(bool(v.faults) for v in found.verdicts)
    yield ""
    yield f"{len(found.verdicts) - broken} laws kept, {broken} broken. Keeping them is no proof of safety: they are what can be seen from outside."


def _verdict(verdict: Verdict) -> Iterator[str]:
    law = verdict.law
    if not verdict.faults:
        judged = f"{verdict.trials} trials" if verdict.trials else "not judged: no usable answer"
        aside = f", {verdict.unanswered} not judged" if verdict.trials and verdict.unanswered else ""
        yield f"{'kept' if verdict.trials else 'unknown':7} {law.id}: {law.says} ({judged}{aside})"
        return
    yield f"BROKEN  {law.id}: {law.says} ({len(verdict.faults)} of {verdict.trials} trials; {law.anchor})"
    yield f"        smallest: it {verdict.faults[0].what}"
    yield from _patient(verdict.faults[0])


def _table(table: TableVerdict) -> Iterator[str]:
    good = table.as_published == table.cells
    word = ("claimed" if good else "DIFFERS") if table.claimed else "table"
    aside = f", {table.unanswered} without a usable answer" if table.unanswered else ""
    yield f"{word:7} {table.table}: {table.as_published} of {table.cells} cells as published{aside}"
    if table.claimed:
        for what, state in table.differences[:_SHOWN]:
            yield f"        it {what}"
            yield from _patient(Fault(table.table, what, (state,)))
        if len(table.differences) > _SHOWN:
            yield f"        and {len(table.differences) - _SHOWN} more cells"


def _patient(fault: Fault) -> Iterator[str]:
    state = fault.states[0]
    lines = "; ".join(f"{line.line} {line.drug} {line.slot} {line.dose} units" for line in state.lines)
    shown = [f"{r.time[5:]} {r.timing} {r.glucose or '(blank)'}" for r in state.readings]
    more = f" and {len(shown) - _READINGS} before" if len(shown) > _READINGS else ""
    yield f"        patient {state.id}: {lines}"
    yield f"        readings in {state.glucose_unit}: {', '.join(shown[-_READINGS:]) or 'none'}{more}"


def as_json(found: Conformance) -> dict[str, object]:
    """The report as plain data, with the whole smallest patient of every fault."""
    return {
        "format": 1,
        "holds": found.holds,
        "states": found.states,
        "answered": found.answered,
        "form": [_fault(f) for f in found.form],
        "order": [_fault(f) for f in found.order],
        "laws": [
            {
                "id": v.law.id,
                "says": v.law.says,
                "anchor": v.law.anchor,
                "trials": v.trials,
                "not_judged": v.unanswered,
                "faults": len(v.faults),
                "smallest": _fault(v.faults[0]) if v.faults else None,
            }
            for v in found.verdicts
        ],
        "tables": [
            {
                "table": t.table,
                "claimed": t.claimed,
                "cells": t.cells,
                "as_published": t.as_published,
                "not_judged": t.unanswered,
                "differences": [_fault(Fault(t.table, what, (state,))) for what, state in t.differences],
            }
            for t in found.tables
        ],
    }


def _fault(fault: Fault) -> dict[str, object]:
    return {"law": fault.law, "what": fault.what, "states": [s.model_dump(mode="json") for s in fault.states]}
