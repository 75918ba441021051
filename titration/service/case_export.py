"""A real patient-day as a worked case: dates become days before the plan, ids and drug spellings of the log are left out.

The case is read back and run before it is handed over: it says what the plan of the log said, or there is no case.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from titration.clinical import EVENT_KINDS, LAB_KINDS, LineKind, Route, Slot, Timing
from titration.formulary import Formulary
from titration.log.blocks import until
from titration.log.model import MINUTES_A_DAY, Log
from titration.packs.model import Pack
from titration.packs.problems import PackError
from titration.service.assessment import Patient
from titration.service.case_file import CASES_FILE, read_cases
from titration.service.cases import CaseRunner, Planned
from titration.units import MILLI, glucose_text, grid_text

_OLDEST: Final = -400
_OLDEST_TOLD: Final = 90
"""Years: an age beyond it could name a person."""
_UNLISTED: Final = "unlisted-drug-"
_NIGHT: Final = 240
"""A bedtime dose given before this minute belongs to the day before."""


class NoCase(ValueError):
    """A day that the notation of worked cases cannot say; the message tells what."""


def case_text(pack: Pack, formulary: Formulary, patient: Patient, day: int, *, taper: bool | None) -> str:
    """The day as a ``[[case]]`` with the plan it got as its expectation.

    Raises NoCase where there is no plan, or the case, read back, would get another.
    """
    log = until(patient.log, day)
    writer = _Writer(log, formulary, day, taper)
    planned = writer.planned(pack)
    if not planned:
        raise NoCase("this day cannot be written as a case: no drug is in use on it, so there is no plan to expect")
    text = writer.text(planned)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / pack.id
        folder.mkdir()
        (folder / CASES_FILE).write_text(text, encoding="utf-8")
        try:
            cases = read_cases(folder, pack, formulary)
        except PackError as error:
            raise NoCase(f"this day cannot be written as a case: {error.problems[0].message}") from None
        failures = CaseRunner(pack, formulary).run(cases[0]).failures
    if failures:
        raise NoCase(
            "this day cannot be written as a case: read back, it would get another plan "
            f"({failures[0].message.partition(': ')[2]})"
        )
    return text


@dataclass(frozen=True)
class _Writer:
    log: Log
    formulary: Formulary
    day: int
    taper: bool | None

    def planned(self, pack: Pack) -> tuple[Planned, ...]:
        """The plans of the day, each under the line's name in the case."""
        from titration.engine.decide import Engine
        from titration.service.assessment import decide_day
        from titration.service.cases import planned_of

        engine = Engine(pack, self.log.system, self.formulary)
        decision = decide_day(engine, Patient(self.log), self.day, taper_always=self.taper)
        names = {key: _name(drug, key[1], key[2]) for key, drug in self._drugs().items()}
        return planned_of(names, decision, self.day)

    def text(self, planned: tuple[Planned, ...]) -> str:
        person = self.log.people[0]
        age = '"unknown"' if person.age_years is None else str(min(person.age_years, _OLDEST_TOLD))
        kind = person.diabetes_type or "unknown"
        parts = [
            "[[case]]",
            'id = "from-a-log"',
            'why = "Say what this day shows."',
            f'unit = "{self.log.system.text}"',
            *self._readings(),
            "lines = [",
            *(f"    {line}," for line in self._lines()),
            "]",
            *self._labs(),
            *self._events(),
            f'person = {{ age = {age}, type = "{kind}" }}',
            *([] if self.taper is None else [f"taper = {str(self.taper).lower()}"]),
            *self._days_of("doubts", [int(d) for d in self.log.doubts.day]),
            *self._days_of("pump", [int(m) // MINUTES_A_DAY for m in self.log.pump.minute]),
            "expect = [",
            *(f"    {_expected(plan)}," for plan in planned),
            "]",
        ]
        return "\n".join(parts) + "\n"

    def _drugs(self) -> dict[tuple[int, int, int], str]:
        """(drug, slot, route) of every line that was ever given, and the drug as the case writes it."""
        doses = self.log.doses
        keys = zip(doses.drug.tolist(), doses.slot.tolist(), doses.route.tolist(), strict=True)
        return {key: self._drug(key[0]) for key in keys}

    def _drug(self, drug: int) -> str:
        product = self.formulary.find(self.log.drugs[drug])
        return f"{_UNLISTED}{self._unlisted().index(drug) + 1}" if product is None else product.id

    def _unlisted(self) -> list[int]:
        """Drugs the formulary does not know, in the order they were first given: their names could say anything."""
        given: list[int] = self.log.doses.drug.tolist()
        return [drug for drug in dict.fromkeys(given) if self.formulary.find(self.log.drugs[drug]) is None]

    def _readings(self) -> Iterator[str]:
        cells: dict[tuple[int, int], list[str]] = defaultdict(list)
        readings = self.log.readings
        for i in range(len(readings)):
            at, clock = divmod(int(readings.minute[i]), MINUTES_A_DAY)
            if readings.repeat[i] or at - self.day < _OLDEST:
                continue
            value = glucose_text(int(readings.value[i]), self.log.system)
            cells[at - self.day, int(readings.timing[i])].append(f"{value}@{clock // 60:02d}:{clock % 60:02d}")
        if not cells:
            return
        timings = sorted({timing for _, timing in cells})
        yield 'readings = """'
        yield "  ".join(("day", *(Timing(t).text for t in timings)))
        for at in sorted({at for at, _ in cells}):
            yield "  ".join((str(at), *("/".join(cells.get((at, t), ["."])) for t in timings)))
        yield '"""'

    def _lines(self) -> Iterator[str]:
        given: dict[tuple[int, int, int], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        doubtful: dict[tuple[int, int, int], set[int]] = defaultdict(set)
        times: dict[tuple[int, int, int], int] = {}
        doses = self.log.doses
        for i in range(len(doses)):
            key = int(doses.drug[i]), int(doses.slot[i]), int(doses.route[i])
            at, clock = divmod(int(doses.minute[i]), MINUTES_A_DAY)
            if key[1] == Slot.BEDTIME and clock < _NIGHT:
                at, clock = at - 1, MINUTES_A_DAY - 1
            given[key][at - self.day].append(int(doses.amount[i]))
            times.setdefault(key, clock)
            if doses.doubtful[i]:
                doubtful[key].add(at - self.day)
        for key, days in given.items():
            yield self._line(key, {at: sum(amounts) for at, amounts in days.items()}, times[key], doubtful[key])

    def _line(self, key: tuple[int, int, int], days: dict[int, int], clock: int, doubtful: set[int]) -> str:
        product = self.formulary.find(self.log.drugs[key[0]])
        step = 1 if product is None else product.interval_days
        first, last = min(days), max(days)
        wanted = range(first, last + 1, step)
        off = sorted(set(days) - set(wanted))
        if off:
            raise NoCase(f"this day cannot be written as a case: {self._drug(key[0])} is not given every {step} days")
        inside = [at for at in wanted if days.get(at)]
        dose = current = days[inside[0]] if inside else 0
        changes: dict[int, int] = {}
        for at in inside:
            if days[at] != current:
                changes[at] = current = days[at]
        parts = [
            f'drug = "{self._drug(key[0])}"',
            f'slot = "{Slot(key[1]).text}"',
            f'dose = "{grid_text(dose, MILLI)}"',
        ]
        parts += [f"since = {first}", f"until = {last}", f'time = "{clock // 60:02d}:{clock % 60:02d}"']
        if changes:
            parts.append(
                "changes = { " + ", ".join(f'"{a}" = "{grid_text(d, MILLI)}"' for a, d in changes.items()) + " }"
            )
        for name, some in (
            ("missed", [at for at in wanted if at in days and not days[at]]),
            ("unrecorded", [at for at in wanted if at not in days]),
            ("doubtful", sorted(doubtful & set(wanted))),
        ):
            if some:
                parts.append(f"{name} = [{', '.join(map(str, some))}]")
        usual = Route.ORAL if product is not None and product.kind is LineKind.ORAL else Route.SC
        if key[2] != usual:
            parts.append(f'route = "{Route(key[2]).text}"')
        return "{ " + ", ".join(parts) + " }"

    def _labs(self) -> Iterator[str]:
        found: dict[str, list[str]] = defaultdict(list)
        labs = self.log.labs
        for i in range(len(labs)):
            at = max(_OLDEST, int(labs.minute[i]) // MINUTES_A_DAY - self.day)
            value = grid_text(int(labs.value[i]), MILLI)
            found[LAB_KINDS[int(labs.kind[i])].value].append(f'{{ day = {at}, value = "{value}" }}')
        if found:
            yield "labs = { " + ", ".join(f"{kind} = [{', '.join(some)}]" for kind, some in found.items()) + " }"

    def _events(self) -> Iterator[str]:
        events, out = self.log.events, list[str]()
        for i in range(len(events)):
            at, clock = divmod(int(events.minute[i]), MINUTES_A_DAY)
            if at - self.day < _OLDEST:
                continue
            kind = EVENT_KINDS[int(events.kind[i])].value
            out.append(f'{{ kind = "{kind}", day = {at - self.day}, time = "{clock // 60:02d}:{clock % 60:02d}" }}')
        if out:
            yield f"events = [{', '.join(out)}]"

    def _days_of(self, name: str, days: list[int]) -> list[str]:
        some = [at - self.day for at in days if at - self.day >= _OLDEST]
        return [f"{name} = [{', '.join(map(str, some))}]"] if some else []


def _name(drug: str, slot: int, route: int) -> str:
    shown = "" if Route(route) in (Route.SC, Route.ORAL) else f" {Route(route).text}"
    return f"{drug} {Slot(slot).text}{shown}"


def _expected(plan: Planned) -> str:
    parts = [f'line = "{plan.line}"', f'kind = "{plan.kind.value}"']
    if plan.after is not None and plan.after != plan.before and plan.after:
        parts.append(f'dose = "{grid_text(plan.after, MILLI)}"')
    parts += [f'rule = "{plan.rule}"'] if plan.rule else []
    for name, some in (("limits", plan.limits), ("notices", plan.notices)):
        if some:
            parts.append(f"{name} = [{', '.join(f'{chr(34)}{text}{chr(34)}' for text in some)}]")
    parts += [f'missing = "{plan.missing}"'] if plan.missing else []
    return "{ " + ", ".join(parts) + " }"
