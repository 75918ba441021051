"""The guard against a pack without constraints: any step, of any tier, on any line, whatever the facts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from titration.clinical import LineKind
from titration.expr.smt import (
    EFFORT,
    Bool,
    Int,
    Solver,
    Symbol,
    boolean,
    constant,
    equal,
    every,
    floor_of,
    greater,
    implies,
    integer,
    lesser,
    negation,
    some,
)
from titration.features.attribution import INSULIN_KINDS
from titration.prove import guarding
from titration.prove.guarding import Device, Proposal, Verdict

_RATIOS: Final = ("total_per_kg", "highest", "basal_per_kg")
_SURE: Final = (
    "symptoms",
    "severe",
    "doubts",
    "missed",
    "doubtful_dose",
    "record_age",
    "unchanged",
    "settle",
    "new_readings",
    "new_symptoms",
    "daily",
    "insulins",
)
"""Facts the guard reads as they stand, 0 where they are not known."""

Limiter = Callable[[Proposal, Callable[[str], Symbol], LineKind, Device], Verdict]


@dataclass
class Anyone:
    """A line of which nothing is known: the guard's facts, the dose in force, the proposal."""

    kind: LineKind
    axioms: list[Bool] = field(default_factory=lambda: [])
    facts: dict[str, Symbol] = field(default_factory=lambda: {})

    def __post_init__(self) -> None:
        self.now, self.proposed, self.step = integer("now"), integer("proposed"), integer("step")
        self.safety, self.demanded = boolean("safety"), boolean("demanded")
        self.axioms += [self.now >= 0, self.proposed >= 0, implies(self.safety, self.demanded)]
        self.axioms.append(self.step >= 1)

    @property
    def proposal(self) -> Proposal:
        return Proposal(self.now, self.proposed, self.safety, self.demanded)

    def device(self, dose: Int) -> tuple[Int, Int, Int]:
        """Any device: the doses it can give lie less than its least step from what is asked for."""
        below, above = integer("below"), integer("above")
        self.axioms += [below >= 0, below <= dose, dose - below < self.step]
        self.axioms += [above >= dose, above - dose < self.step, implies(equal(below, dose), equal(above, dose))]
        return below, above, self.step

    def look(self, name: str) -> Symbol:
        """A fact of the guard's."""
        found = self.facts.get(name)
        if found is None:
            value = integer(name)
            self.axioms.append(value >= 0)
            per = None
            if name in _RATIOS:
                per = integer(f"{name}.per")
                self.axioms.append(per >= 1)
            known = constant(value=True) if name in _SURE else boolean(f"{name}.known")
            if name == "lows":
                self.axioms.append(implies(value > 0, known))
            found = self.facts[name] = Symbol(value, known, per)
        return found

    def number(self, name: str) -> Int:
        """A fact's value."""
        return self.look(name).value


@dataclass(frozen=True, slots=True)
class Clause:
    """Something the guard promises; ``broken`` is what would break it."""

    promise: str
    broken: Callable[[Anyone, Int], Bool]


def clauses(kind: LineKind) -> Iterator[Clause]:
    """Everything the guard promises for a kind of line."""
    yield Clause("no increase in the week of a low or a hypoglycaemia event", _after_low)
    yield Clause("no increase on what is not known, stale, missed or doubtful", _unearned)
    yield Clause("no increase and no unforced reduction before the product has settled", _early)
    yield Clause("nothing but a safety rule changes a line without a new reading or symptom", _nothing_new)
    yield Clause("rounding never raises above the proposal, nor turns one direction into the other", _rounded_up)
    yield Clause("a dose ends at 0 only where 0 was proposed", _emptied)
    yield Clause("no increase beyond the drug's daily maximum", _over_maximum)
    if kind in INSULIN_KINDS:
        yield Clause("an insulin is stopped only with C-peptide above the limit", _ungated)
        yield Clause("an increase of insulin keeps within the largest step", _long)
        yield Clause("an increase of insulin needs a weight and keeps within its caps per kg", _heavy)
        yield Clause("a taper keeps within its share of the day and above half of the fortnight's highest", _steep)


def _up(line: Anyone, dose: Int) -> Bool:
    return dose > line.now


def _after_low(line: Anyone, dose: Int) -> Bool:
    return every(_up(line, dose), line.number("lows") + line.number("symptoms") + line.number("severe") > 0)


def _unearned(line: Anyone, dose: Int) -> Bool:
    age = line.look("reading_age")
    return every(
        _up(line, dose),
        some(
            negation(line.look("lows").known),
            negation(age.known),
            age.value > guarding.FRESH_DAYS,
            line.number("record_age") > guarding.FRESH_DAYS,
            *(line.number(name) > 0 for name in ("missed", "doubts", "doubtful_dose")),
        ),
    )


def _early(line: Anyone, dose: Int) -> Bool:
    unforced = every(dose < line.now, negation(line.demanded))
    return every(line.number("unchanged") < line.number("settle"), some(_up(line, dose), unforced))


def _nothing_new(line: Anyone, dose: Int) -> Bool:
    readings, symptoms = line.number("new_readings"), line.number("new_symptoms")
    down = every(dose < line.now, negation(line.safety), equal(readings + symptoms, 0))
    return some(every(_up(line, dose), equal(readings, 0)), down)


def _rounded_up(line: Anyone, dose: Int) -> Bool:
    """Down is down, up is up, and neither goes further up than what was asked for (a cap or the least step aside)."""
    return some(
        every(line.proposed >= line.now, some(dose < line.now, dose > line.proposed)),
        every(line.proposed < line.now, dose > line.now),
    )


def _emptied(line: Anyone, dose: Int) -> Bool:
    return every(equal(dose, 0), line.now > 0, line.proposed > 0)


def _over_maximum(line: Anyone, dose: Int) -> Bool:
    maximum = line.look("maximum")
    return every(_up(line, dose), maximum.known, line.number("daily") - line.now + dose > maximum.value)


def _ungated(line: Anyone, dose: Int) -> Bool:
    c_peptide = line.look("c_peptide")
    gate = every(c_peptide.known, c_peptide.value > guarding.C_PEPTIDE)
    return every(equal(dose, 0), line.now > 0, negation(gate))


def _long(line: Anyone, dose: Int) -> Bool:
    share = greater(floor_of(line.now * guarding.LARGEST_PERCENT, 100), guarding.ALWAYS_ALLOWED)
    return dose - line.now > lesser(share, guarding.LARGEST_STEP)


def _heavy(line: Anyone, dose: Int) -> Bool:
    total, basal = line.look("total_per_kg"), line.look("basal_per_kg")
    assert total.per is not None
    assert basal.per is not None
    more = (dose - line.now) * 1000
    over = total.value + more > total.per * guarding.TOTAL_PER_KG
    if line.kind is LineKind.BASAL:
        over = some(over, basal.value + more > basal.per * guarding.BASAL_PER_KG)
    return every(_up(line, dose), some(negation(total.known), over))


def _steep(line: Anyone, dose: Int) -> Bool:
    last = every(equal(dose, 0), line.now <= guarding.LAST_DOSE, equal(line.number("insulins"), 1))
    highest = line.look("highest")
    assert highest.per is not None
    taken = line.now - dose
    share = taken * 100 > line.number("total") * guarding.DAY_PERCENT
    deep = (line.number("total") - taken + 1) * 100 <= highest.per * guarding.FLOOR_PERCENT
    return every(dose < line.now, negation(line.demanded), negation(last), some(share, deep))


def broken_promises(kind: LineKind, limiter: Limiter = guarding.guarded, *, effort: int = EFFORT) -> list[str]:
    """Promises that some proposal and some facts break, each with the numbers; "gave up" where the solver did."""
    found: list[str] = []
    line = Anyone(kind)
    dose = limiter(line.proposal, line.look, kind, line.device).dose
    listed = [(clause, clause.broken(line, dose)) for clause in clauses(kind)]
    solver = Solver(effort=effort)
    solver.add(*line.axioms)
    if solver.check(some(*(broken for _, broken in listed))) == "unsat":
        return []
    for clause, broken in listed:
        answer = solver.check(broken)
        if answer == "unknown":
            found.append(f"{clause.promise}: the solver gave up ({solver.reason()})")
        if answer == "sat":
            numbers = ", ".join(f"{n} {solver.value(s.value)}" for n, s in sorted(line.facts.items()))
            asked = f"{solver.value(line.now)} to {solver.value(line.proposed)}, left {solver.value(dose)}"
            found.append(f"{clause.promise}: {asked}; {numbers}")
    return found
