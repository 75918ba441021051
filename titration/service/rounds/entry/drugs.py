"""Which drug a written name means for this patient: their own lines first, then the formulary, never a guess between two.

Look-alikes are the hazard: 诺和锐 is not 诺和锐30, Lantus is not Toujeo. A name that is exactly one product and only resembles a
line of the patient asks; so does a name that is on no line of theirs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from titration.formulary import Formulary, Product, normalise
from titration.service.rounds.entry.answers import AGAIN, Answer, Option, OwnLine, Problem, Question, Typed

MOST_CHOICES: Final = 6
LEAST_LETTERS: Final = 3
LEAST_CHARACTERS: Final = 2
"""Fewest Latin letters, and Chinese characters, that may stand for a longer name."""


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug of an entry: the id or name that is recorded, its product, and the patient's lines of it."""

    name: str
    product: Product | None
    lines: tuple[OwnLine, ...]


def find_drug(typed: Typed, written: str) -> Drug | Answer:
    """The drug meant by ``written``, or what to ask."""
    at = typed.at
    own = _own(written, at.lines)
    exact = _named(written, at.formulary)
    if len(own) == 1:
        line = own[0]
        if exact is None or exact.id == line.drug or _less_exact(exact, line.product):
            return _drug(line.drug, line.product, at.lines)
        if not typed.agreed("look_alike"):
            return _look_alike(typed, written, line, exact)
        return _drug(exact.id, exact, at.lines)
    if len(own) > 1:
        return Question("which_drug", (("typed", written),), _choices(typed, written, [line.drug for line in own]))
    if exact is not None:
        return _not_on_a_line(typed, exact.id, exact)
    similar = [product.id for product in at.formulary.products.values() if _stands_for(written, product.names)]
    if similar:
        fields = (("typed", written),)
        if len(similar) > MOST_CHOICES:
            return Problem("too_many_drugs", (*fields, ("count", str(len(similar)))))
        return Question("which_drug", fields, _choices(typed, written, similar))
    return _unknown(typed, written)


def _named(written: str, formulary: Formulary) -> Product | None:
    """The product of exactly this name, the word insulin put before or behind it where people leave it out."""
    names = (written, f"insulin {written}", f"{written}胰岛素")
    return next((product for product in map(formulary.find, names) if product is not None), None)


def _own(written: str, lines: Iterable[OwnLine]) -> list[OwnLine]:
    """One line for each drug of the patient that ``written`` can stand for; a drug named exactly stands alone."""
    by_drug = {line.drug: line for line in lines}
    named = [line for line in by_drug.values() if normalise(written) in _names(line)]
    return named or [line for line in by_drug.values() if _stands_for(written, _names(line))]


def _names(line: OwnLine) -> list[str]:
    return [normalise(name) for name in (line.drug, *(line.product.names if line.product else ()))]


def _stands_for(written: str, names: Iterable[str]) -> bool:
    """Whether ``written`` begins a name or, in a Latin name, a word of it; in Chinese it may be any part."""
    part = normalise(written)
    if part.isascii():
        bare = part.replace("-", " ")
        return len(part) >= LEAST_LETTERS and any(f" {bare}" in f" {_spaced(name)}" for name in names)
    return len(part) >= LEAST_CHARACTERS and any(part in normalise(name) for name in names)


def _spaced(name: str) -> str:
    return normalise(name).replace("-", " ").replace("/", " ").replace("(", " ")


def _less_exact(exact: Product, own: Product | None) -> bool:
    """Whether the name is that of the same drug without its strength or form: "glargine" for a patient on U-100."""
    if own is None or not own.id.startswith(f"{exact.id}-"):
        return False
    return (exact.kind, exact.drug_class) == (own.kind, own.drug_class)


def _drug(name: str, product: Product | None, lines: Iterable[OwnLine]) -> Drug:
    return Drug(name, product, tuple(line for line in lines if line.drug == name))


def _choices(typed: Typed, written: str, drugs: Iterable[str]) -> tuple[Option, ...]:
    options = (Option("drug", (("drug", drug),), text=_renamed(typed.text, written, drug)) for drug in drugs)
    return (AGAIN, *options)


def _renamed(text: str, written: str, drug: str) -> str:
    """``text`` with the product's id, which names it and nothing else, in place of what was written."""
    before, found, after = text.partition(written)
    return f"{before}{drug} {after.lstrip()}".strip() if found else text


def _look_alike(typed: Typed, written: str, line: OwnLine, exact: Product) -> Question:
    mine = Option("drug_own", (("drug", line.drug),), text=_renamed(typed.text, written, line.drug))
    other = typed.confirm("look_alike", "drug_other", (("drug", exact.id),))
    return Question("look_alike", (("typed", written), ("drug", exact.id), ("mine", line.drug)), (AGAIN, mine, other))


def _not_on_a_line(typed: Typed, name: str, product: Product | None) -> Drug | Question:
    if typed.agreed("new_drug"):
        return Drug(name, product, ())
    return Question("new_drug", (("drug", name),), (AGAIN, typed.confirm("new_drug", "record_new", (("drug", name),))))


def _unknown(typed: Typed, written: str) -> Drug | Answer:
    names = {normalise(name): product.id for product in typed.at.formulary.products.values() for name in product.names}
    close = list(dict.fromkeys(names[name] for name in get_close_matches(normalise(written), names, n=3, cutoff=0.75)))
    if close:
        return Question("did_you_mean", (("typed", written),), _choices(typed, written, close))
    if typed.agreed("new_drug"):
        return Drug(written, None, ())
    fields = (("typed", written),)
    return Question("unknown_drug", fields, (AGAIN, typed.confirm("new_drug", "record_unknown", fields)))
