"""The other lines of a witness: enough of them, of the right kinds and classes, claiming the right readings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product as every_combination
from typing import Final

from titration.clinical import LineKind, Route, Slot, Timing
from titration.features.attribution import INSULIN_KINDS, Attribution
from titration.features.drugs import Drug, classes_of
from titration.features.spec import TIMING_BIT
from titration.formulary import Formulary, Product
from titration.prove.patient_log import Given

MOST_OTHERS: Final = 4
_OPTIONS: Final = 24
_FILLERS: Final = ("alpha_glucosidase_inhibitor", "thiazolidinedione", "glucokinase_activator", "dpp4_inhibitor")


@dataclass(frozen=True, slots=True)
class Claims:
    """What the other insulin lines must, and must not, be judged by: each of ``taken`` one of several timings."""

    taken: tuple[frozenset[Timing], ...]
    free: tuple[frozenset[Timing], ...]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another line of the patient."""

    given: Given
    product: Product


def insulin_neighbours(
    formulary: Formulary,
    attribution: Attribution,
    own: Product | None,
    wanted: Mapping[LineKind, tuple[int, int]],
    claims: Claims,
    *,
    thrice: bool,
) -> list[Neighbour] | None:
    """Lines for ``wanted`` (other lines of a kind, and distinct drugs among them and the line itself); None where the
    claims cannot be met by any."""
    kinds = [kind for kind, (count, _) in wanted.items() for _ in range(count)]
    if len(kinds) > MOST_OTHERS:
        return None
    options = {kind: _options(formulary, kind) for kind in set(kinds)}
    for chosen in every_combination(*(options[k] for k in kinds)):
        if _distinct(chosen, own, wanted) and _claimed(chosen, attribution, claims, thrice=thrice):
            return [Neighbour(Given(p.id, slot, Route.SC), p) for p, slot in chosen]
    return None


def _options(formulary: Formulary, kind: LineKind) -> list[tuple[Product, Slot]]:
    """Insulins of a kind in each slot; a second product of the same action where drugs must differ."""
    seen: dict[str, int] = {}
    out: list[tuple[Product, Slot]] = []
    for product in formulary.products.values():
        if product.kind is not kind or product.drug_class != "insulin" or product.interval_days > 1:
            continue
        seen[product.action] = seen.get(product.action, 0) + 1
        if seen[product.action] <= 2:
            out += [(product, slot) for slot in Slot]
    return out[:_OPTIONS]


def _distinct(
    chosen: Sequence[tuple[Product, Slot]],
    own: Product | None,
    wanted: Mapping[LineKind, tuple[int, int]],
) -> bool:
    lines = [(p.id, slot) for p, slot in chosen]
    if len(set(lines)) != len(lines):
        return False
    for kind, (_, drugs) in wanted.items():
        names = {p.id for p, _ in chosen if p.kind is kind}
        if own is not None and own.kind is kind:
            names.add(own.id)
        if len(names) != drugs:
            return False
    return True


def _claimed(chosen: Sequence[tuple[Product, Slot]], attribution: Attribution, claims: Claims, *, thrice: bool) -> bool:
    bits = 0
    for product, slot in chosen:
        action = "premix_tid" if thrice and product.action == "premix" else product.action
        judges = attribution.of(action, slot)
        bits |= judges.pre | judges.post
    taken = all(any(bits & TIMING_BIT[t.text] for t in options) for options in claims.taken)
    return taken and all(any(not bits & TIMING_BIT[t.text] for t in options) for options in claims.free)


def tablets(
    formulary: Formulary, own: Product | None, classes: Mapping[str, int], agents: int | None
) -> list[Neighbour]:
    """Drugs other than insulin so that each class counts what it should; ``agents`` is how many there are in all."""
    out: list[Neighbour] = []
    mine = classes_of(Drug(own.id, own)) if own is not None else frozenset[str]()
    for name, count in classes.items():
        out += _of_class(
            formulary, name, count - (name in mine), {n.product.id for n in out} | ({own.id} if own else set())
        )
    if agents is not None:
        lacking = agents - len(out) - ("non_insulin" in mine)
        free = [c for c in _FILLERS if c not in classes]
        for name in free:
            found = _of_class(formulary, name, lacking, {n.product.id for n in out} | ({own.id} if own else set()))
            out += found
            lacking -= len(found)
    return out


def _of_class(formulary: Formulary, name: str, count: int, taken: set[str]) -> list[Neighbour]:
    found: list[Neighbour] = []
    for product in _plain(formulary):
        if len(found) >= count:
            break
        if product.id not in taken and name in classes_of(Drug(product.id, product)):
            route = Route.ORAL if product.kind is LineKind.ORAL else Route.SC
            found.append(Neighbour(Given(product.id, Slot.BREAKFAST, route), product))
    return found


def _plain(formulary: Formulary) -> Iterator[Product]:
    """Drugs of one substance that are no insulin."""
    return (p for p in formulary.products.values() if not p.components and p.kind not in INSULIN_KINDS)
