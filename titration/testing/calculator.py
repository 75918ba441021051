"""Calculators: a program that speaks the protocol on stdin and stdout, or our own engine behind the same protocol."""

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from pydantic import ValidationError

from titration.clinical import PLAN_KINDS, Route, Slot, Timing
from titration.engine.decide import Engine
from titration.formulary import Formulary
from titration.log.model import MINUTES_A_DAY, Log
from titration.log.notation import glucose_written
from titration.log.report import Reason
from titration.packs.model import Pack
from titration.service.assessment import Patient, decide_day
from titration.service.case_log import AS_OF, LogRows
from titration.testing.protocol import Answer, LineAnswer, State
from titration.units import MILLI, UnitSystem, decimal_of, grid_text, on_grid

TIMEOUT = 300
"""Seconds a calculator may take for all states of a run."""


class CalculatorFailed(OSError):
    """A calculator could not be run, or stopped in the middle."""


class Calculator(Protocol):
    """Answers states; a state it does not answer, or not in the form of the protocol, is missing from the result or a text."""

    def __call__(self, states: Sequence[State]) -> Mapping[str, Answer | str]: ...


@dataclass(frozen=True, slots=True)
class Program:
    """A command that reads a state a line and writes an answer a line."""

    command: tuple[str, ...]

    def __call__(self, states: Sequence[State]) -> Mapping[str, Answer | str]:
        """Ask every state in one run; raises CalculatorFailed when the program cannot be started, fails or hangs."""
        asked = "".join(state.model_dump_json() + "\n" for state in states)
        try:
            run = subprocess.run(  # noqa: S603 - the command is the one the user gave
                self.command, input=asked, capture_output=True, text=True, timeout=TIMEOUT, check=False
            )
        except FileNotFoundError:
            raise CalculatorFailed(f"no program {self.command[0]!r}: give the command after --") from None
        except subprocess.TimeoutExpired:
            raise CalculatorFailed(f"{self.command[0]} gave no answer within {TIMEOUT} seconds") from None
        if run.returncode:
            last = run.stderr.strip().splitlines()[-1:] or ["it printed no error"]
            raise CalculatorFailed(f"{self.command[0]} ended with exit code {run.returncode}: {last[0]}")
        return dict(_answers(run.stdout.splitlines()))


def _answers(lines: Iterable[str]) -> Iterator[tuple[str, Answer | str]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            answer = Answer.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "the line"
            yield _id_of(line) or f"line {number}", f"{place}: {first['msg']}"
            continue
        yield answer.id, answer


def _id_of(line: str) -> str | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    name: object = found.get("id") if isinstance(found, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return name if isinstance(name, str) else None


@dataclass(frozen=True, slots=True)
class PackCalculator:
    """A rule pack behind the protocol: states become logs of one patient, planned by the ordinary engine."""

    pack: Pack
    formulary: Formulary

    def __call__(self, states: Sequence[State]) -> Mapping[str, Answer | str]:
        """Every state's plan. A reading that cannot be read makes its day doubtful, as in a log."""
        engines = {system: Engine(self.pack, system, self.formulary) for system in UnitSystem}
        return {state.id: _planned(state, engines) for state in states}


def _planned(state: State, engines: Mapping[UnitSystem, Engine]) -> Answer:
    system = UnitSystem.MMOL if state.glucose_unit == "mmol/L" else UnitSystem.MGDL
    engine = engines[system]
    log, keys = _log(state, system, engine.formulary)
    plans = decide_day(engine, Patient(log), AS_OF).plans
    review = {i for i, name in enumerate(engine.notices) if name == "same-day-review"}
    lines: list[LineAnswer] = []
    called = False
    for row in range(len(plans)):
        line = keys[log.drugs[int(plans.drug[row])], int(plans.slot[row])]
        dose = grid_text(int(plans.dose_after[row]), MILLI)
        lines.append(LineAnswer(line=line, plan=PLAN_KINDS[int(plans.kind[row])].value, dose=dose))
        called |= any(int(plans.notices[row]) >> bit & 1 for bit in review)
    return Answer(id=state.id, lines=tuple(lines), review=called)


def _log(state: State, system: UnitSystem, formulary: Formulary) -> tuple[Log, dict[tuple[str, int], str]]:
    shift = AS_OF - _day(state.as_of)
    rows = LogRows(system)
    keys: dict[tuple[str, int], str] = {}
    slots = [slot.text for slot in Slot]
    timings = [timing.text for timing in Timing]
    for reading in state.readings:
        minute = _minute(reading.time) + shift * MINUTES_A_DAY
        value = glucose_written(reading.glucose, system)
        if isinstance(value, Reason):
            rows.doubts.append(minute // MINUTES_A_DAY - AS_OF)
        else:
            rows.readings.append((minute, value, timings.index(reading.timing)))
    for line in state.lines:
        product = formulary.find(line.drug)
        drug = line.drug if product is None else product.id
        slot, since = slots.index(line.slot), _day(line.since) + shift
        keys[drug, slot] = line.line
        first = since if line.previous is None else min(since, AS_OF - _HISTORY)
        for day in range(first, AS_OF + 1):
            text = line.dose if day >= since or line.previous is None else line.previous
            amount = on_grid(decimal_of(text), MILLI)
            rows.doses.append((day * MINUTES_A_DAY + _GIVEN[slot], drug, amount, slot, int(Route.SC), False))
    rows.events.extend((_minute(event.time) + shift * MINUTES_A_DAY, event.kind) for event in state.events)
    measured = (AS_OF - 10) * MINUTES_A_DAY
    for kind, text in (("weight", state.weight_kg), ("egfr", state.egfr), ("c_peptide", state.c_peptide_nmol_l)):
        if text is not None:
            rows.labs.append((measured, kind, on_grid(decimal_of(text), MILLI)))
    log, _ = rows.log(state.id, state.age, state.diabetes_type)
    return log, keys


_GIVEN = (450, 720, 1080, 1335)
"""Minute of the day a dose of each slot is given."""
_HISTORY = 20
"""Days of the dose before a change."""
_EPOCH = datetime(1970, 1, 1)


def _day(text: str) -> int:
    return (date.fromisoformat(text) - _EPOCH.date()).days


def _minute(text: str) -> int:
    moment = datetime.strptime(text, "%Y-%m-%d %H:%M")
    return int((moment - _EPOCH).total_seconds()) // 60
