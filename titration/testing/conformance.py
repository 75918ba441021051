"""Holding a calculator to the laws: ask everything in one run, again in another order, and report what fell short."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from titration.testing.calculator import Calculator
from titration.testing.laws import LAWS, Law, Regimen, Trial, changes
from titration.testing.protocol import Answer, State
from titration.testing.tables import Cell, TableVerdict, judge

_UP, _DOWN = "adjust_up", "adjust_down"


@dataclass(frozen=True, slots=True)
class Fault:
    """A law broken: what the calculator did, and the patients it did it to."""

    law: str
    what: str
    states: tuple[State, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One law: how many trials were judged, how many could not be for want of an answer, and the faults."""

    law: Law
    trials: int
    unanswered: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Conformance:
    """The whole report. ``form`` are answers that break the protocol itself or contradict themselves."""

    states: int
    answered: int
    form: tuple[Fault, ...]
    order: tuple[Fault, ...]
    verdicts: tuple[Verdict, ...]
    tables: tuple[TableVerdict, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing fell short: no law, and no cell of a table the calculator claims."""
        as_claimed = all(t.as_published == t.cells for t in self.tables if t.claimed)
        return not self.form and not self.order and as_claimed and all(not v.faults and v.trials for v in self.verdicts)


@dataclass(slots=True)
class _Asked:
    law: Law
    trial: Trial
    ids: list[str] = field(default_factory=list[str])


def examine(
    calculator: Calculator,
    regimens: Sequence[Regimen],
    *,
    laws: Sequence[Law] = LAWS,
    cells: Sequence[Cell] = (),
    claimed: Sequence[str] = (),
) -> Conformance:
    """Ask a calculator about every law's patients, and about the cells of published tables.

    ``claimed`` are the tables it says it follows. Raises CalculatorFailed when it cannot be run.
    """
    asked, states = _questions(regimens, laws)
    of_tables = {f"table-{cell.table}-{i:05d}": cell for i, cell in enumerate(cells) if cell.regimen in regimens}
    states += [cell.state.model_copy(update={"id": name}) for name, cell in of_tables.items()]
    answers = calculator(states)
    again = calculator(states[::-1])
    good = {name: a for name, a in answers.items() if isinstance(a, Answer)}
    form = [fault for state in states for fault in _form(state, answers.get(state.id))]
    broken = {fault.states[0].id for fault in form}
    usable = {name: a for name, a in good.items() if name not in broken}
    order = [
        Fault("order", "answers a patient differently when the others come in another order", (state,))
        for state in states
        if answers.get(state.id) != again.get(state.id)
    ]
    by_id = {state.id: state for state in states}
    verdicts = [_verdict(law, [a for a in asked if a.law is law], by_id, usable) for law in laws]
    kept = tuple(v for v in verdicts if v.trials or v.unanswered)
    tables = judge(of_tables, by_id, usable, claimed)
    return Conformance(len(states), len(good), tuple(form), tuple(order[:1]), kept, tables)


def _questions(regimens: Sequence[Regimen], laws: Sequence[Law]) -> tuple[list[_Asked], list[State]]:
    asked: list[_Asked] = []
    states: list[State] = []
    for law in laws:
        for regimen in regimens:
            for trial in law.trials(regimen):
                item = _Asked(law, trial)
                for state in trial.states:
                    name = f"{law.id}-{regimen}-{len(states):05d}"
                    item.ids.append(name)
                    states.append(state.model_copy(update={"id": name}))
                asked.append(item)
    return asked, states


def _form(state: State, answer: Answer | str | None) -> list[Fault]:
    """What is wrong with an answer in itself."""

    def fault(what: str) -> list[Fault]:
        return [Fault("form", what, (state,))]

    if answer is None:
        return fault("no answer")
    if isinstance(answer, str):
        return fault(f"not an answer of the protocol: {answer}")
    wanted, got = sorted(line.line for line in state.lines), sorted(line.line for line in answer.lines)
    if wanted != got:
        return fault(f"answers for lines {', '.join(got) or 'none'}, asked for {', '.join(wanted)}")
    try:
        moved = changes(state, answer)
    except ValueError as error:
        return fault(f"a dose is {error}")
    for line in answer.lines:
        if not _agrees(line.plan, line.units, moved[line.line]):
            return fault(f"says {line.plan!r} for {line.line} and gives {line.units} units")
    return []


def _agrees(plan: str, dose: Decimal, change: Decimal) -> bool:
    match plan:
        case "adjust_up":
            return change > 0
        case "adjust_down":
            return change < 0
        case "stop":
            return dose == 0
        case _:
            return change == 0


def _verdict(law: Law, asked: Sequence[_Asked], states: Mapping[str, State], good: Mapping[str, Answer]) -> Verdict:
    faults: list[Fault] = []
    judged = unanswered = 0
    for item in asked:
        if any(name not in good for name in item.ids):
            unanswered += 1
            continue
        judged += 1
        mine = tuple(states[name] for name in item.ids)
        what = item.trial.check(mine, [good[name] for name in item.ids])
        if what is not None:
            faults.append(Fault(law.id, what, mine))
    faults.sort(key=lambda f: sum(len(s.readings) for s in f.states))
    return Verdict(law, judged, unanswered, tuple(faults))
