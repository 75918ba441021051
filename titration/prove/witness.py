"""From numbers of the solver to a patient: a log in which the ordinary engine must find what the solver found.

What no feature of the pack can see is filled in plainly. Where the numbers ask for a patient this cannot write (five other
lines, a combination of claims that no regimen makes) the log comes out differently, and does not replay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from titration.clinical import EventKind, LineKind, Route, Slot, Timing
from titration.expr.smt import Bool, Int, Solver, boolean, choose, equal, every, implies, integer, negation, total
from titration.features.attribution import INSULIN_KINDS
from titration.features.spec import DRUG_CLASSES
from titration.formulary import Formulary
from titration.log.model import Log
from titration.prove.candidates import Candidate
from titration.prove.contents import Contents
from titration.prove.neighbours import Claims, Neighbour, insulin_neighbours, tablets
from titration.prove.patient_log import AS_OF, Given, Page
from titration.prove.readings import write_records
from titration.prove.world import World

_FILLERS: Final = (EventKind.MEAL, EventKind.OTHER, EventKind.EXERCISE)
_TABLET_CLASSES: Final = tuple(c for c in DRUG_CLASSES if c not in ("insulin", "non_insulin"))
_ORDINARY: Final = {True: 100_000, False: 3_000_000}
"""Doses in ordinary use: 100 units of insulin, 3,000 mg of a tablet."""
_HELPER_SLOT: Final = Slot.LUNCH


@dataclass(frozen=True, slots=True)
class Witness:
    """A patient's log, the line in question, and the day of the plan."""

    log: Log
    given: Given
    day: int = AS_OF


def plainly(world: World) -> list[Bool]:
    """What makes a patient easy to write and to read, the most useful first; the solver keeps what it can."""
    bedside, contents = world.bedside, world.contents
    return [
        every(equal(bedside.whole("twins"), 0), equal(bedside.whole("record.age"), 0)),
        equal(bedside.insulin_lines, 1 if bedside.is_insulin else 0),
        _none(contents, unlabelled=True),
        _none(contents, unlabelled=False),
        equal(bedside.whole("any.change.age"), bedside.unchanged),
        equal(bedside.whole("any.reduction.age"), bedside.whole("any.change.age")),
        _plain_history(world),
        every(*(t <= _ORDINARY[bedside.is_insulin] for t in (bedside.dose, bedside.previous, bedside.total))),
        every(*(equal(bedside.whole(f"route.{n}"), 0) for n in ("pump", "iv"))),
        equal(bedside.whole("unknown.drug"), 0),
        *_no_other_classes(world),
        *(equal(t, 0) for n, t in bedside.terms() if n.startswith(("missed.in", "doubtful"))),
        *(c <= 3 for c in contents.counts.values()),
        *_whole_amounts(world),
        *_plain_person(world),
    ]


def _none(contents: Contents, *, unlabelled: bool) -> Bool:
    """No records without a label (or none that another line would have to claim)."""
    cells = [
        c
        for c in contents.counts
        if (c.stream.timing is Timing.RANDOM if unlabelled else not c.stream.judged and not c.stream.responsible)
    ]
    return equal(total([contents.counts[c] for c in cells]), 0)


def _plain_history(world: World) -> Bool:
    """The total was never higher than the line's own last change explains, and the baseline is the total now."""
    bedside = world.bedside
    parts = [negation(every(bedside.flag("reduced"), bedside.flag("raised")))]
    for name, term in bedside.terms():
        if name.startswith("highest."):
            days = int(name.removeprefix("highest."))
            lost = bedside.previous - bedside.dose
            fell = every(bedside.changed, lost > 0, bedside.unchanged + 1 < days)
            before = choose(fell, bedside.total + lost, bedside.total) if bedside.is_insulin else bedside.total
            parts.append(equal(term, before))
    if any(name == "baseline" for name, _ in bedside.terms()):
        parts += [equal(bedside.whole("baseline"), bedside.total), bedside.flag("baseline.known")]
    return every(*parts)


def _no_other_classes(world: World) -> list[Bool]:
    bedside = world.bedside
    return [equal(bedside.whole(f"class.{n}"), world.bedside.by_candidate(_flags(world, n))) for n in _TABLET_CLASSES]


def _flags(world: World, name: str) -> list[int]:
    return [int(name in c.classes) for c in world.ground.pattern.candidates]


def _whole_amounts(world: World) -> list[Bool]:
    """Doses in whole steps of the device: a witness a clinician can read."""
    bedside = world.bedside
    out: list[Bool] = []
    for name, term in (("dose", bedside.dose), ("previous", bedside.previous), ("total", bedside.total)):
        steps = integer(f"plain.{name}")
        for here, size in bedside.increments:
            unit = size if name == "dose" else max(size, 1000)
            out.append(negation(every(here, negation(equal(term, steps * unit)))))
    return out


def _plain_person(world: World) -> list[Bool]:
    bedside = world.bedside
    out = [equal(bedside.whole("person.age"), 60), bedside.flag("person.age.known")]
    out += [equal(bedside.whole("person.type1"), 0), bedside.flag("person.type1.known")]
    for name, term in bedside.terms():
        parts = name.split(".")
        if parts[0] == "lab" and len(parts) == 4:
            out.append(equal(term, bedside.whole(f"lab.{parts[1]}")))
        if parts[0] == "lab" and len(parts) == 3 and parts[2] == "age":
            out.append(equal(term, 10))
    out.append(every(bedside.flag("lab.weight.present"), equal(bedside.whole("lab.weight"), 70_000)))
    return out


def simplify(solver: Solver, wishes: Sequence[Bool]) -> None:
    """Keep as many wishes as go together, the first ones rather than the last; the solver's answer then keeps them.

    The solver must have said "sat", and keeps the wishes until the next ``pop``.
    """
    names = [f"wish.{i}" for i in range(len(wishes))]
    marks = {name: boolean(name) for name in names}
    solver.add(*(implies(marks[name], wish) for name, wish in zip(names, wishes, strict=True)))
    while (found := solver.check(*marks.values())) != "sat":
        core = sorted(solver.core(), key=names.index) if found == "unsat" else list(marks)
        # The last wish that is in the way goes; where the solver tires, half of what is left does.
        for name in core[-1:] if found == "unsat" else core[len(core) // 2 :]:
            del marks[name]


@dataclass
class Writer:
    """Writes the patient of a solver's answer."""

    solver: Solver
    world: World
    formulary: Formulary

    def witness(self, name: str, contents: Contents | None = None) -> Witness:
        """The log; with other ``contents`` the same patient with those records."""
        page = Page(self.world.ground.program.system)
        candidate = self._candidate()
        given = Given(candidate.written, candidate.slot, candidate.route)
        records = self.world.contents if contents is None else contents
        self._own_line(page, given)
        write_records(page, self.solver, records, unchanged=self._int(self.world.bedside.unchanged))
        others = self._neighbours(candidate, records)
        self._past(page, others)
        self._person(page)
        start = page.oldest + 8
        self._place(page, others, start)
        page.keep_course(self._filler(), since=start)
        return Witness(page.log(name), given)

    # -- reading the answer --------------------------------------------------------------------------------------

    def _int(self, term: Int) -> int:
        return self.solver.value(term)

    def _value(self, name: str) -> int:
        return self._int(self.world.bedside.whole(name))

    def _so(self, name: str) -> bool:
        return self.solver.holds(self.world.bedside.flag(name))

    def _candidate(self) -> Candidate:
        return self.world.ground.pattern.candidates[self._int(self.world.bedside.pick)]

    def _reads(self, *names: str) -> bool:
        """Whether some feature is of one of these sources."""
        return any(f.of in names for f in self.world.ground.features.values())

    def _filler(self) -> EventKind:
        return next(k for k in _FILLERS if not self._reads(f"event.{k.value}"))

    # -- the line ------------------------------------------------------------------------------------------------

    def _own_line(self, page: Page, given: Given) -> None:
        bedside = self.world.bedside
        unchanged, age = self._int(bedside.unchanged), self._value("record.age")
        known = self.solver.holds(bedside.known)
        amounts = self._amounts(unchanged) if known else {}
        first = max(amounts, default=unchanged)
        missed = self._missed()
        interval = self._candidate().interval
        doubtful = bool(self._value("doubtful"))
        for back in range(age % interval, first + 1, interval):
            if known and back >= age:
                amount = amounts[min(a for a in amounts if a >= back)]
                page.doses.append((back, given, amount, doubtful and back <= unchanged))
            elif not known or back in missed:
                page.doses.append((back, given, 0, False))
        for back in missed:
            if back >= age and known:
                page.events.append((back, 720, "missed_dose"))

    def _amounts(self, unchanged: int) -> dict[int, int]:
        """The dose in force, by the oldest day back it was in force."""
        bedside = self.world.bedside
        dose = self._int(bedside.dose)
        if not self.solver.holds(bedside.changed):
            return {unchanged: dose}
        moves = self._moves(unchanged)
        out, amount, later = {unchanged: dose}, self._int(bedside.previous), unchanged
        for back, down in moves:
            out[back] = amount
            amount = amount + 1000 if down else max(amount - 1000, amount // 2, 1)
            later = back
        out[later + 2] = amount
        return out

    def _moves(self, unchanged: int) -> list[tuple[int, bool]]:
        """Changes before the last one, by days back, and whether they were reductions."""
        last_down = self._int(self.world.bedside.previous) > self._int(self.world.bedside.dose)
        seen = {unchanged: last_down}
        for name, down, flag in (("reduction", True, "reduced"), ("increase", False, "raised")):
            if self._so(flag):
                seen.setdefault(self._value(f"{name}.age"), down)
            for days, count in self._windows(name):
                have = sum(1 for back, d in seen.items() if d is down and back < days)
                free = [b for b in range(days - 1, unchanged, -1) if b not in seen]
                for back in free[: max(count - have, 0)]:
                    seen[back] = down
        return sorted((b, d) for b, d in seen.items() if b > unchanged)

    def _windows(self, name: str) -> list[tuple[int, int]]:
        prefix = f"{name}.in."
        found = [
            (int(n.removeprefix(prefix)), self._int(t)) for n, t in self.world.bedside.terms() if n.startswith(prefix)
        ]
        return sorted(found)

    def _missed(self) -> set[int]:
        out: set[int] = set()
        for days, count in self._windows("missed"):
            for back in range(days):
                if len(out) < count:
                    out.add(back)
        return out

    # -- the rest of the patient ---------------------------------------------------------------------------------

    def _neighbours(self, candidate: Candidate, records: Contents) -> list[tuple[Neighbour, int]]:
        """Other lines with their doses (0: not known)."""
        bedside, program = self.world.bedside, self.world.ground.program
        wanted: dict[LineKind, tuple[int, int]] = {}
        for kind in INSULIN_KINDS:
            own = int(candidate.product is not None and kind is bedside.kind)
            count = self._int(bedside.lines_of(kind)) - own
            read = self._reads(f"drugs.{kind.value}")
            wanted[kind] = (count, self._value(f"drugs.{kind.value}") if read else min(count + own, 1))
        found = insulin_neighbours(
            self.formulary,
            program.pack.attribution,
            candidate.product,
            wanted,
            self._claims(records),
            thrice=self._int(bedside.lines_of(LineKind.PREMIX)) >= 3,
        )
        return [*self._dosed(found or []), *((n, _usual(n)) for n in self._tablets(candidate))]

    def _dosed(self, lines: list[Neighbour]) -> list[tuple[Neighbour, int]]:
        """The insulins share what the day's total leaves them."""
        bedside = self.world.bedside
        share = self._int(bedside.share) if bedside.is_insulin else 0
        own_basal = share if bedside.kind is LineKind.BASAL else 0
        basal_left = self._value("basal") - own_basal
        rest = self._int(bedside.total) - share - basal_left
        out: list[tuple[Neighbour, int]] = []
        for kinds, left in (((LineKind.BASAL,), basal_left), ((LineKind.PRANDIAL, LineKind.PREMIX), rest)):
            mine = [n for n in lines if n.product.kind in kinds]
            for i, line in enumerate(mine):
                part = left - (len(mine) - 1) * 1000 if i == 0 else 1000
                out.append((line, max(part, 0)))
        if out and not self.solver.holds(bedside.total_known) and self.solver.holds(bedside.known):
            out[-1] = (out[-1][0], 0)
        return out

    def _claims(self, records: Contents) -> Claims:
        taken: list[frozenset[Timing]] = []
        free: list[frozenset[Timing]] = []
        for cell, count in records.counts.items():
            stream = cell.stream
            if stream.judged or not self.world.bedside.is_insulin or not self._int(count):
                continue
            if stream.event and stream.clock is None:
                continue
            options = frozenset(clock or timing for timing, clock in stream.alike)
            (free if stream.responsible else taken).append(options)
        return Claims(tuple(dict.fromkeys(taken)), tuple(dict.fromkeys(free)))

    def _tablets(self, candidate: Candidate) -> list[Neighbour]:
        classes = {n: self._value(f"class.{n}") for n in _TABLET_CLASSES if self._reads(f"class.{n}")}
        agents = self._value("class.non_insulin") if self._reads("class.non_insulin") else None
        return tablets(self.formulary, candidate.product, classes, agents)

    def _past(self, page: Page, others: list[tuple[Neighbour, int]]) -> None:
        """Lines that ended: the regimen's last change where it is younger than the line's own; a higher total before."""
        bedside, carry = self.world.bedside, self.world.ground.program.pack.line_options.carry_days
        any_age, unchanged = self._value("any.change.age"), self._int(bedside.unchanged)
        if any_age < unchanged:
            ended = next(p for p in self.formulary.products.values() if p.kind is LineKind.ORAL)
            page.doses.append((any_age + carry + 1, Given(ended.id, Slot.BEDTIME, Route.ORAL), ended.increment, False))
        now = self._int(bedside.total)
        base = self._value("baseline") if self._so("baseline.known") else now
        highest = max((self._int(t) for n, t in bedside.terms() if n.startswith("highest.")), default=now)
        rapid = next(p for p in self.formulary.products.values() if p.kind is LineKind.PRANDIAL)
        fell = self._int(bedside.previous) - self._int(bedside.dose) if self.solver.holds(bedside.changed) else 0
        known_fall = max(fell, 0) if bedside.is_insulin else 0
        if highest > now + known_fall:
            page.doses.append((any_age + carry + 1, Given(rapid.id, _HELPER_SLOT, Route.SC), highest - now, False))
        others_now = sum(dose for n, dose in others if n.product.kind in INSULIN_KINDS)
        if any(n == "baseline" for n, _ in bedside.terms()) and base != now and base > others_now:
            back = page.oldest + 6
            page.doses.append((back, Given(rapid.id, _HELPER_SLOT, Route.SC), base - others_now, False))
            page.events.append((back, 600, EventKind.BASELINE.value))

    def _place(self, page: Page, others: list[tuple[Neighbour, int]], start: int) -> None:
        for line, dose in others:
            for back in range(0, start + 1, line.product.interval_days):
                page.doses.append((back, line.given, dose, False))
        bedside = self.world.bedside
        mine = bedside.kind is LineKind.OTHER
        for name, route in (("route.pump", Route.CSII_BOLUS), ("route.iv", Route.IV)):
            own = mine and self._candidate().route is route
            rapid = next(p for p in self.formulary.products.values() if p.kind is LineKind.PRANDIAL)
            for slot in list(Slot)[: max(self._value(name) - own, 0)]:
                page.doses += [(back, Given(rapid.id, slot, route), 1000, False) for back in range(start + 1)]
        own = mine and self._candidate().product is None
        for slot in list(Slot)[: max(self._value("unknown.drug") - own, 0)]:
            page.doses += [(b, Given("another unknown drug", slot, Route.ORAL), 1000, False) for b in range(start + 1)]

    def _person(self, page: Page) -> None:
        page.age = self._value("person.age") if self._so("person.age.known") else None
        page.type1 = self._value("person.type1") if self._so("person.type1.known") else None
        for kind in ("weight", "hba1c", "egfr", "c_peptide"):
            if self._so(f"lab.{kind}.present"):
                self._lab(page, kind)
        if self._value("state.taper"):
            page.events.append((page.oldest, 30, EventKind.TAPER_ON.value))
        for phase in ("screening", "treatment", "follow_up"):
            if self._reads(f"state.{phase}") and self._value(f"state.{phase}"):
                page.events.append((page.oldest, 40, f"phase_{phase}"))

    def _lab(self, page: Page, kind: str) -> None:
        age, value = self._value(f"lab.{kind}.age"), self._value(f"lab.{kind}")
        page.labs.append((age, kind, max(value, 1) if kind == "weight" else value))
        prefix = f"lab.{kind}."
        older = [n for n, _ in self.world.bedside.terms() if n.startswith(prefix) and n.count(".") == 3]
        for more, name in enumerate(older, 1):
            if self._value(name) != value:
                page.labs.append((age + more, kind, self._value(name)))


def _usual(line: Neighbour) -> int:
    product = line.product
    return product.ladder[0] if product.ladder else product.increment
