"""Therapy lines: one life after another of a drug in a slot by a route, and what was given on each day."""

from dataclasses import dataclass, field

from tests.reference.chart import Chart, Course
from titration.clinical import LineKind, Route, Slot
from titration.formulary import Formulary, Product

INSULIN_KINDS = (LineKind.BASAL, LineKind.PRANDIAL, LineKind.PREMIX)


@dataclass(frozen=True)
class Given:
    """The sum of one day's records of a line."""

    amount: int
    doubtful: bool


@dataclass(frozen=True)
class Change:
    day: int
    before: int
    after: int


@dataclass(frozen=True)
class Life:
    """A line from its first recorded day until it is carried no further."""

    drug: int
    product: Product | None
    slot: Slot
    route: Route
    kind: LineKind
    course: Course
    first: int
    last_record: int
    zero_is_dose: bool
    carry: int
    given: dict[int, Given] = field(default_factory=lambda: {})

    @property
    def runs_out(self) -> int:
        """Last day the line would live if its course went on."""
        return self.last_record + self.carry

    @property
    def end(self) -> int:
        return min(self.runs_out, self.course.last)

    def alive(self, day: int) -> bool:
        return self.first <= day <= self.end

    def missed(self, day: int) -> bool:
        return day in self.given and self.given[day].amount == 0 and not self.zero_is_dose

    def taken(self, day: int) -> list[int]:
        """Days up to `day` on which a dose was given."""
        return [d for d in sorted(self.given) if d <= day and not self.missed(d)]

    def record_day(self, day: int) -> int | None:
        """The day of the dose in force; None when there is no dose yet."""
        days = self.taken(day)
        return days[-1] if days else None

    def dose(self, day: int) -> int | None:
        """The dose in force."""
        record = self.record_day(day)
        return None if record is None else self.given[record].amount

    def daily(self, day: int) -> int | None:
        """The dose in force over the days it is meant for."""
        dose = self.dose(day)
        return None if dose is None else dose // (self.product.interval_days if self.product else 1)

    def changes(self, day: int) -> list[Change]:
        """Changes up to `day`, oldest first."""
        found: list[Change] = []
        before: int | None = None
        for taken in self.taken(day):
            after = self.given[taken].amount
            if before is not None and before != after:
                found.append(Change(taken, before, after))
            before = after
        return found

    def unchanged(self, day: int) -> int:
        """Days since the last change, or since the first day of this life."""
        changes = self.changes(day)
        return day - (changes[-1].day if changes else self.first)


def lives(
    chart: Chart, drugs: tuple[str, ...], formulary: Formulary, carry_days: int, *, zero_is_dose: bool
) -> list[Life]:
    """Every life of every line of a patient."""
    found: list[Life] = []
    for drug, slot, route in sorted({(d.drug, d.slot, d.route) for d in chart.doses}):
        product = formulary.find(drugs[drug])
        carry = carry_days * (product.interval_days if product else 1)
        records = [d for d in chart.doses if (d.drug, d.slot, d.route) == (drug, slot, route)]
        for course in chart.courses:
            days = sorted({d.day for d in records if course.first <= d.day <= course.last})
            for run in _runs(days, carry):
                given = {
                    day: Given(
                        sum(d.amount for d in records if d.day == day), any(d.doubtful for d in records if d.day == day)
                    )
                    for day in run
                }
                kind = kind_of(product, route)
                found.append(
                    Life(drug, product, slot, route, kind, course, run[0], run[-1], zero_is_dose, carry, given)
                )
    return found


def kind_of(product: Product | None, route: Route) -> LineKind:
    """The formulary's kind, or `other`."""
    if product is None or route not in (Route.SC, Route.ORAL):
        return LineKind.OTHER
    return product.kind


def _runs(days: list[int], carry: int) -> list[list[int]]:
    runs: list[list[int]] = []
    for day in days:
        if runs and day - runs[-1][-1] <= carry + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs
