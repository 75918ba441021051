"""Reading ``cases.toml``: worked cases in a notation a clinician can edit, as logs of one patient and expected plans.

Days are offsets from the day of the plan: 0 is that day, -1 the day before. Every problem of the file comes at once,
with file and line.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from titration.clinical import EventKind, LabKind, LineKind, PlanKind, Route, Slot, Timing
from titration.engine.decide import Engine
from titration.engine.plans import LIMIT_NAMES
from titration.formulary import Formulary, Product
from titration.log.model import Log
from titration.packs.model import Pack
from titration.packs.problems import LineIndex, PackError, Problem, shown
from titration.service.case_log import AS_OF, LogRows, minute_of
from titration.service.case_schema import CaseFile, CaseTable, ExpectTable, TherapyTable
from titration.units import HI_VALUE, LO_VALUE, MILLI, UnitSystem, decimal_of, on_grid

CASES_FILE: Final = "cases.toml"

_READ_AT: Final = ("06:30", "09:00", "11:30", "14:00", "17:30", "20:00", "22:00", "03:00", "15:30")
"""Clock time of a reading by timing, where a cell gives none."""
_TAKEN_AT: Final = ("07:30", "12:00", "18:00", "22:15")
"""Clock time of a dose by slot, where a line gives none."""
_EVENTS: Final = tuple(k.value for k in EventKind)
_LABS: Final = tuple(k.value for k in LabKind)
_LAB_DAY: Final = -10
"""Day of a measurement given without one."""
_SECOND_MINUTES: Final = 10
"""Minutes between two values of one cell."""
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Expected:
    """The plan a case expects of one line. ``dose`` in thousandths; None: the dose in force stays. ``next_in`` is the
    number of days until the line may change again; None: not asserted."""

    line: str
    kind: PlanKind
    dose: int | None
    rule: str
    limits: tuple[str, ...]
    missing: str
    notices: tuple[str, ...]
    next_in: int | None
    at: int
    """Line of the file."""


@dataclass(frozen=True, slots=True)
class Case:
    """A worked case: a log of one patient, planned at the end of day ``AS_OF``, and the plans expected."""

    name: str
    why: str
    file: str
    at: int
    log: Log
    taper: bool | None
    expected: tuple[Expected, ...]
    names: tuple[tuple[tuple[int, int, int], str], ...]
    """(drug, slot, route) of each line, and what the file calls it."""


def read_cases(folder: Path, pack: Pack, formulary: Formulary) -> tuple[Case, ...]:
    """The worked cases of the pack in ``folder``; none where it has no ``cases.toml``.

    Raises PackError with every problem of the file.
    """
    path = folder / CASES_FILE
    if not path.exists():
        return ()
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"not UTF-8 text (byte {error.start}): save the file as UTF-8"
        raise PackError([Problem(shown(path), 1, message)]) from None
    lines, source = LineIndex(text), text.splitlines()
    tables = _tables(path, text, lines)
    problems: list[Problem] = []
    known = _Names.of(pack, formulary)
    readers = [_Reader(t, i, shown(path), lines, source, problems, known, formulary) for i, t in enumerate(tables)]
    cases = tuple(reader.case() for reader in readers)
    names = [table.id for table in tables]
    for i, name in enumerate(names):
        if name in names[:i]:
            problems.append(Problem(shown(path), lines.of("case", i), f"case {name} is written twice"))
    if problems:
        raise PackError(problems)
    return cases


def _tables(path: Path, text: str, lines: LineIndex) -> list[CaseTable]:
    try:
        return CaseFile.model_validate(tomllib.loads(text)).case
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        raise PackError([Problem(shown(path), int(at.group(1)) if at else 1, f"not TOML: {error}")]) from None
    except ValidationError as error:
        raise PackError([_schema_problem(path, lines, item) for item in error.errors()]) from None


def _schema_problem(path: Path, lines: LineIndex, item: ErrorDetails) -> Problem:
    place: list[str | int] = list(item["loc"])
    message = str(item["msg"])
    if item["type"] == "extra_forbidden":
        fields = [*CaseTable.model_fields, *TherapyTable.model_fields, *ExpectTable.model_fields]
        message = f"unknown key {place[-1]!r}{_hint(str(place[-1]), fields)}"
    return Problem(shown(path), lines.of(*place), f"{'.'.join(str(p) for p in place)}: {message}")


def _hint(name: str, candidates: Sequence[str]) -> str:
    close = get_close_matches(name, candidates, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


@dataclass(frozen=True, slots=True)
class _Names:
    """What an expectation may name."""

    rules: tuple[str, ...]
    limits: tuple[str, ...]
    notices: tuple[str, ...]
    missing: tuple[str, ...]

    @classmethod
    def of(cls, pack: Pack, formulary: Formulary) -> "_Names":
        engine = Engine(pack, UnitSystem.MMOL, formulary)
        rules = tuple(r.id for r in pack.rules)
        return cls(rules, tuple(LIMIT_NAMES.values()), engine.notices, engine.missing_names)


@dataclass(slots=True)
class _Reader:
    """One ``[[case]]`` being read."""

    table: CaseTable
    index: int
    file: str
    lines: LineIndex
    source: list[str]
    problems: list[Problem]
    known: _Names
    formulary: Formulary

    def case(self) -> Case:
        """The case; what is wrong with it goes to ``problems``."""
        table = self.table
        system = UnitSystem.MMOL if table.unit == "mmol/L" else UnitSystem.MGDL
        rows = LogRows(system)
        self._read_table(rows)
        named = [(self._therapy(entry, i, rows), _line_name(entry)) for i, entry in enumerate(table.lines)]
        self._read_labs(rows)
        for event in table.events:
            if event.kind in _EVENTS:
                rows.events.append((minute_of(event.day, event.time), event.kind))
            else:
                self._add("events", f"unknown event {event.kind!r}{_hint(event.kind, _EVENTS)}")
        if table.taper is not None and any(e.kind in ("taper_on", "taper_off") for e in table.events):
            self._add("taper", "taper is given, and taper events too: leave one out")
        rows.doubts, rows.pump = sorted(table.doubts), sorted(table.pump)
        age = None if table.person.age == "unknown" else table.person.age
        kind = None if table.person.type == "unknown" else table.person.type
        log, drugs = rows.log(table.id, age, kind)
        keys = tuple(((drugs[drug], slot, route), name) for (drug, slot, route), name in named)
        for name in sorted({n for _, n in keys if [m for _, m in keys].count(n) > 1}):
            self._add("lines", f"line {name!r} is given twice")
        return Case(table.id, table.why, self.file, self._at(), log, table.taper, self._expected(), keys)

    def _at(self, *place: str) -> int:
        return self.lines.of("case", self.index, *place)

    def _add(self, key: str, message: str, at: int | None = None) -> None:
        self.problems.append(Problem(self.file, at or self._at(key), f"case {self.table.id}: {message}"))

    def _entry_at(self, key: str, first: str, number: int) -> int:
        """Line of an entry of a list of inline tables, each begun by the key ``first``."""
        start, begun = self._at(key), re.compile(r"\{\s*" + first + r"\s*=")
        seen = -1
        for at, text in enumerate(self.source[start - 1 :], start):
            seen += len(begun.findall(text))
            if seen >= number:
                return at
        return start

    # -- readings ------------------------------------------------------------------------------------------------

    def _read_table(self, rows: LogRows) -> None:
        start = self._at("readings")
        offset = int(self.source[start - 1].rstrip().endswith(('"""', "'''")))
        header: list[Timing | None] = []
        for at, text in enumerate(self.table.readings.splitlines(), start + offset):
            cells = text.split()
            if not cells:
                continue
            if not header:
                header = [self._timing(name, at) for name in cells[1:]]
                continue
            self._read_day(rows, header, cells, at)

    def _timing(self, name: str, at: int) -> Timing | None:
        timings = [t.text for t in Timing]
        if name in timings:
            return Timing(timings.index(name))
        self._add("readings", f"unknown timing {name!r}{_hint(name, timings)}", at)
        return None

    def _read_day(self, rows: LogRows, header: list[Timing | None], cells: list[str], at: int) -> None:
        if not re.fullmatch(r"0|-[1-9]\d*", cells[0]):
            self._add("readings", f"{cells[0]!r} is not a day: write 0, -1, -2 and so on", at)
            return
        if len(cells) != len(header) + 1:
            self._add(
                "readings", f"day {cells[0]} has {len(cells) - 1} cells for {len(header)} timings: fill with .", at
            )
            return
        for timing, cell in zip(header, cells[1:], strict=True):
            if timing is None or cell == ".":
                continue
            for number, text in enumerate(cell.split("/")):
                try:
                    minute, value = _reading(text, timing, rows.system)
                except ValueError as error:
                    self._add("readings", f"day {cells[0]}, {timing.text}: {error}", at)
                    continue
                later = 0 if "@" in text else number * _SECOND_MINUTES
                rows.readings.append((minute_of(int(cells[0]), minute) + later, value, int(timing)))

    # -- doses and measurements ----------------------------------------------------------------------------------

    def _therapy(self, entry: TherapyTable, number: int, rows: LogRows) -> tuple[str, int, int]:
        product = self.formulary.find(entry.drug)
        at = self._entry_at("lines", "drug", number)
        slot = [s.text for s in Slot].index(entry.slot)
        route = _route(entry.route, product)
        drug = entry.drug if product is None else product.id
        step = 1 if product is None else product.interval_days
        days = list(range(entry.since, entry.until + 1, step))
        if not days:
            self._add("lines", f"{entry.drug}: since comes after until", at)
        changes = {self._day(day, at): dose for day, dose in entry.changes.items()}
        for day in sorted({*changes, *entry.missed, *entry.unrecorded, *entry.doubtful} - set(days)):
            self._add("lines", f"{entry.drug}: no dose is given on day {day} (given every {step} days)", at)
        amount = self._amount(entry.dose, "lines", at)
        for day in days:
            if day in changes:
                amount = self._amount(changes[day], "lines", at)
            if day in entry.unrecorded:
                continue
            given = 0 if day in entry.missed else amount
            minute = minute_of(day, entry.time or _TAKEN_AT[slot])
            rows.doses.append((minute, drug, given, slot, route, day in entry.doubtful))
        return drug, slot, route

    def _day(self, text: str, at: int) -> int:
        if re.fullmatch(r"0|-[1-9]\d*", text):
            return int(text)
        self._add("lines", f"{text!r} is not a day: write 0, -1, -2 and so on", at)
        return 0

    def _amount(self, text: str, key: str, at: int) -> int:
        try:
            amount = on_grid(decimal_of(text), MILLI)
            if amount < 0:
                raise ValueError(f"{text} is below 0")
        except ValueError as error:
            self._add(key, f"dose {error}", at)
            return 0
        return amount

    def _read_labs(self, rows: LogRows) -> None:
        for kind, given in self.table.labs.items():
            if kind not in _LABS:
                self._add("labs", f"unknown measurement {kind!r}{_hint(kind, _LABS)}")
                continue
            points = [(_LAB_DAY, given)] if isinstance(given, str) else [(p.day, p.value) for p in given]
            for day, value in points:
                rows.labs.append((minute_of(day, "06:30"), kind, self._amount(value, "labs", self._at("labs"))))

    # -- what is expected ----------------------------------------------------------------------------------------

    def _expected(self) -> tuple[Expected, ...]:
        out: list[Expected] = []
        names = [_line_name(entry) for entry in self.table.lines]
        for i, entry in enumerate(self.table.expect):
            at = self._entry_at("expect", "line", i)
            if entry.line not in names:
                self._add("expect", f"no line {entry.line!r}{_hint(entry.line, names)}", at)
            self._check_names(entry, at)
            if entry.kind.startswith("adjust") and entry.dose is None:
                self._add("expect", f"{entry.line}: {entry.kind} needs the new dose", at)
            dose = None if entry.dose is None else self._amount(entry.dose, "expect", at)
            out.append(
                Expected(
                    line=entry.line,
                    kind=PlanKind(entry.kind),
                    dose=0 if entry.kind == "stop" else dose,
                    rule=entry.rule,
                    limits=tuple(sorted(entry.limits)),
                    missing=entry.missing,
                    notices=tuple(sorted(entry.notices)),
                    next_in=entry.next,
                    at=at,
                )
            )
        return tuple(out)

    def _check_names(self, entry: ExpectTable, at: int) -> None:
        for what, names, allowed in (
            ("rule", [entry.rule] if entry.rule else [], self.known.rules),
            ("limit", entry.limits, self.known.limits),
            ("notice", entry.notices, self.known.notices),
            ("missing datum", [entry.missing] if entry.missing else [], self.known.missing),
        ):
            for name in names:
                if name not in allowed:
                    self._add("expect", f"{entry.line}: unknown {what} {name!r}{_hint(name, allowed)}", at)


def _line_name(entry: TherapyTable) -> str:
    route = "" if entry.route in (None, "sc", "oral") else f" {entry.route}"
    return f"{entry.drug} {entry.slot}{route}"


def _route(written: str | None, product: Product | None) -> int:
    if written is not None:
        return [r.text for r in Route].index(written)
    return int(Route.ORAL if product is not None and product.kind is LineKind.ORAL else Route.SC)


def _reading(text: str, timing: Timing, system: UnitSystem) -> tuple[str, int]:
    """Clock time and grid value of ``6.1`` or ``6.1@05:10``; raises ValueError."""
    written, _, clock = text.partition("@")
    if clock and not _CLOCK.fullmatch(clock):
        raise ValueError(f"{clock!r} is not a time: write it as 06:30")
    return clock or _READ_AT[timing], _glucose(written, system)


def _glucose(text: str, system: UnitSystem) -> int:
    if text in ("LO", "HI"):
        return LO_VALUE if text == "LO" else HI_VALUE
    value = on_grid(decimal_of(text), system.steps_per_unit)
    low, high = system.accepted
    if not low <= value <= high:
        raise ValueError(f"{text} {system.text} is outside what a meter can mean: write LO, HI, or a day under doubts")
    return value


__all__ = ["AS_OF", "CASES_FILE", "Case", "Expected", "read_cases"]
