"""The published tables, cell by cell, as questions for calculators of any make: the worked cases named ``cell-...`` of packs.

A calculator that claims an algorithm is held to its table. Any other is told which cells it answers as published, and no more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from titration.clinical import EVENT_KINDS, LAB_KINDS, LabKind, LineKind, Route, Slot, Timing
from titration.formulary import Formulary
from titration.log.model import MINUTES_A_DAY, Log
from titration.packs.load import find_packs, load_pack
from titration.packs.problems import PackError
from titration.resources import rules_folder
from titration.service.case_log import AS_OF
from titration.service.cases import Case, run_cases
from titration.testing.patients import Regimen
from titration.testing.protocol import Answer, State
from titration.units import MILLI, glucose_text, grid_text

CELL: Final = "cell-"
"""What the ids of cases begin with that are cells of a published table."""
_EPOCH: Final = date(1970, 1, 1)
_KINDS: Final = (LineKind.BASAL, LineKind.PRANDIAL, LineKind.PREMIX)
_LABS: Final = {LabKind.WEIGHT: "weight_kg", LabKind.EGFR: "egfr", LabKind.C_PEPTIDE: "c_peptide_nmol_l"}

Key = tuple[int, int, int]
"""Drug, slot, route."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: the patient who falls into it, and the units of each line as published."""

    table: str
    case: str
    why: str
    state: State
    doses: Mapping[str, Decimal]

    @property
    def regimen(self) -> Regimen:
        """The regimen its patient is on."""
        kinds = {line.kind for line in self.state.lines}
        return "basal" if kinds == {"basal"} else "premix" if kinds == {"premix"} else "basal-bolus"

    def difference(self, answer: Answer) -> str | None:
        """What an answer says otherwise; None when it is as published."""
        said = {line.line: line.units for line in answer.lines}
        for line, dose in self.doses.items():
            if said.get(line) != dose:
                return f"gives {said.get(line, 'no dose')} units of {line}; published: {dose} ({self.case}: {self.why})"
        return None


def cells_of(folder: Path, formulary: Formulary) -> tuple[Cell, ...]:
    """The cells of a pack's table that the protocol can ask about.

    Raises PackError when the pack or its cases are broken, or a case is not as expected.
    """
    pack = load_pack(folder)
    outcomes = run_cases(folder, pack, formulary)
    failures = [failure for outcome in outcomes for failure in outcome.failures]
    if failures:
        raise PackError(failures)
    found: list[Cell] = []
    for outcome in outcomes:
        case = outcome.case
        state = _state(case, formulary) if case.name.startswith(CELL) else None
        if state is None:
            continue
        lines = {name: f"L{i}" for i, name in enumerate(_names(case).values(), 1)}
        doses = {lines[p.line]: Decimal(p.after or 0) / MILLI for p in outcome.planned}
        found.append(Cell(pack.id, case.name, case.why, state, doses))
    return tuple(found)


def all_cells(formulary: Formulary, rules: Path | None = None) -> tuple[Cell, ...]:
    """The cells of every pack of a rules folder, shipped or another."""
    folders = find_packs(rules or rules_folder())
    return tuple(cell for folder in folders.values() for cell in cells_of(folder, formulary))


def _names(case: Case) -> dict[Key, str]:
    """What a case calls each line, in one order."""
    return dict(sorted(case.names))


def _state(case: Case, formulary: Formulary) -> State | None:
    """The case as a question; None where the protocol has no words for it."""
    log = case.log
    person = log.people[0]
    unusual = (
        len(log.doubts) or len(log.pump) or case.taper or person.diabetes_type != "T2D" or person.age_years is None
    )
    labs = _labs(log)
    if unusual or labs is None:
        return None
    lines = [_line(case, key, number, formulary) for number, key in enumerate(_names(case), 1)]
    if any(line is None for line in lines):
        return None
    return State.model_validate(
        {
            "id": "",
            "as_of": _date(AS_OF),
            "glucose_unit": log.system.text,
            "age": person.age_years,
            "lines": lines,
            "readings": list(_readings(log)),
            "events": [
                {"time": _time(int(m)), "kind": EVENT_KINDS[int(k)].value}
                for m, k in zip(log.events.minute, log.events.kind, strict=True)
            ],
            **labs,
        }
    )


def _labs(log: Log) -> dict[str, str | None] | None:
    """Measurements by their names in the protocol; None where it has no name for one."""
    found: dict[str, str | None] = dict.fromkeys(_LABS.values())
    kinds: list[int] = log.labs.kind.tolist()
    for kind, value in zip(kinds, log.labs.value.tolist(), strict=True):
        name = _LABS.get(LAB_KINDS[kind])
        if name is None:
            return None
        found[name] = grid_text(value, MILLI)
    return found


def _readings(log: Log) -> Iterator[dict[str, str]]:
    table = log.readings
    for minute, value, timing in zip(table.minute.tolist(), table.value.tolist(), table.timing.tolist(), strict=True):
        yield {"time": _time(minute), "timing": Timing(timing).text, "glucose": glucose_text(value, log.system)}


def _line(case: Case, key: Key, number: int, formulary: Formulary) -> dict[str, str | None] | None:
    """A line given every day up to the last, changed once at most; None where it is otherwise."""
    log = case.log
    product = formulary.find(log.drugs[key[0]])
    if product is None or product.kind not in _KINDS or key[2] != Route.SC or product.interval_days != 1:
        return None
    doses = log.doses
    rows = [i for i in range(len(doses)) if (int(doses.drug[i]), int(doses.slot[i]), int(doses.route[i])) == key]
    given = {int(doses.minute[i]) // MINUTES_A_DAY: int(doses.amount[i]) for i in rows}
    first = min(given)
    amounts = [given.get(day, 0) for day in range(first, AS_OF + 1)]
    changes = [i for i in range(1, len(amounts)) if amounts[i] != amounts[i - 1]]
    if len(given) != len(rows) or 0 in amounts or len(changes) > 1 or any(bool(doses.doubtful[i]) for i in rows):
        return None
    return {
        "line": f"L{number}",
        "drug": product.name_en,
        "kind": product.kind.value,
        "slot": Slot(key[1]).text,
        "dose": grid_text(amounts[-1], MILLI),
        "increment": grid_text(product.increment, MILLI),
        "since": _date(first + changes[0] if changes else first),
        "previous": grid_text(amounts[0], MILLI) if changes else None,
    }


def _date(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()


def _time(minute: int) -> str:
    day, clock = divmod(minute, MINUTES_A_DAY)
    return f"{_date(day)} {clock // 60:02d}:{clock % 60:02d}"


@dataclass(frozen=True, slots=True)
class TableVerdict:
    """A table: its cells asked and answered, and what was answered otherwise. ``claimed`` tables are held to be the
    calculator's own."""

    table: str
    claimed: bool
    cells: int
    unanswered: int
    differences: tuple[tuple[str, State], ...]

    @property
    def as_published(self) -> int:
        """Cells answered as published."""
        return self.cells - self.unanswered - len(self.differences)


def judge(
    asked: Mapping[str, Cell], states: Mapping[str, State], good: Mapping[str, Answer], claimed: Sequence[str]
) -> tuple[TableVerdict, ...]:
    """A verdict for each table of the cells ``asked``, by the id their state had."""
    out: list[TableVerdict] = []
    for table in dict.fromkeys(cell.table for cell in asked.values()):
        mine = {name: cell for name, cell in asked.items() if cell.table == table}
        answered = {name: cell for name, cell in mine.items() if name in good}
        found = [(cell.difference(good[name]), states[name]) for name, cell in answered.items()]
        differences = tuple((what, state) for what, state in found if what is not None)
        out.append(TableVerdict(table, table in claimed, len(mine), len(mine) - len(answered), differences))
    return tuple(out)
