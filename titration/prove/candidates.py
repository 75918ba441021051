"""Which drugs a line of one kind may be, told apart by nothing but what rules and guard can see of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from titration.clinical import LineKind, Route, Slot
from titration.expr.smt import Bool, Int, choose, equal, number, some
from titration.features.attribution import INSULIN_KINDS, Attribution, Judges
from titration.features.drugs import Drug, classes_of
from titration.formulary import Formulary, Product

UNHEARD_OF = "a drug the formulary does not know"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A drug in a slot by a route; ``product`` is None for one the formulary does not know."""

    product: Product | None
    slot: Slot
    route: Route

    @property
    def drug(self) -> Drug:
        return Drug(self.written, self.product)

    @property
    def written(self) -> str:
        return UNHEARD_OF if self.product is None else self.product.id

    @property
    def classes(self) -> frozenset[str]:
        return classes_of(self.drug)

    @property
    def increment(self) -> int:
        return max(self.product.increment if self.product else 1, 1)

    @property
    def interval(self) -> int:
        return self.product.interval_days if self.product else 1


@dataclass(frozen=True, slots=True)
class Pattern:
    """Lines of one kind that the same timings judge. ``thrice`` is whether the patient has three or more premix doses a
    day (None: it makes no difference)."""

    kind: LineKind
    judges: Judges
    thrice: bool | None
    candidates: tuple[Candidate, ...]

    def by_candidate(self, pick: Int, values: Sequence[int]) -> Int:
        """A number each candidate has, for the one picked."""
        groups: dict[int, list[Bool]] = {}
        for i, value in enumerate(values):
            groups.setdefault(value, []).append(equal(pick, i))
        *others, last = groups
        out = number(last)
        for value in others:
            out = choose(some(*groups[value]), value, out)
        return out


def patterns(kind: LineKind, attribution: Attribution, formulary: Formulary) -> tuple[Pattern, ...]:
    """Every way lines of a kind are judged, with the drugs judged so."""
    groups: dict[tuple[Judges, bool | None], list[Candidate]] = {}
    for candidate in _candidates(kind, formulary):
        for judges, thrice in _judged(candidate, kind, attribution):
            groups.setdefault((judges, thrice), []).append(candidate)
    return tuple(Pattern(kind, judges, thrice, tuple(distinct(found))) for (judges, thrice), found in groups.items())


def _candidates(kind: LineKind, formulary: Formulary) -> Iterator[Candidate]:
    if kind is LineKind.OTHER:
        yield Candidate(None, Slot.BREAKFAST, Route.ORAL)
        rapid = next((p for p in formulary.products.values() if p.kind is LineKind.PRANDIAL), None)
        if rapid is not None:
            yield Candidate(rapid, Slot.LUNCH, Route.CSII_BOLUS)
            yield Candidate(rapid, Slot.LUNCH, Route.IV)
    for product in formulary.products.values():
        if product.kind is kind:
            for slot in Slot:
                yield Candidate(product, slot, Route.ORAL if kind is LineKind.ORAL else Route.SC)


def _judged(candidate: Candidate, kind: LineKind, attribution: Attribution) -> Iterator[tuple[Judges, bool | None]]:
    product = candidate.product
    if product is None:
        yield Judges(), None
        return
    usual = attribution.of(product.action, candidate.slot)
    thrice = attribution.of("premix_tid", candidate.slot) if product.action == "premix" else usual
    if usual == thrice or kind not in INSULIN_KINDS:
        yield usual, None
    else:
        yield usual, False
        yield thrice, True


def distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    """One of each that differ in a fact; slots and names are none."""
    seen: dict[tuple[object, ...], Candidate] = {}
    for candidate in candidates:
        seen.setdefault(_facts(candidate), candidate)
    return list(seen.values())


def _facts(candidate: Candidate) -> tuple[object, ...]:
    product = candidate.product
    if product is None:
        return (None,)
    return (
        candidate.classes,
        candidate.route,
        product.settle_days,
        product.interval_days,
        product.increment,
        product.ladder,
        product.down,
        product.max_daily,
        tuple((r.below, r.max_daily) for r in product.renal),
        bool(product.components),
    )


def class_flags(pattern: Pattern, name: str) -> list[int]:
    """1 for each candidate of a class."""
    return [int(name in c.classes) for c in pattern.candidates]
