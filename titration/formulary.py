"""The formulary: every drug a log may name, with its steps, limits and evidence marks, from TOML files.

A product is one substance in one concentration and ratio; ATC codes are shared between products and are
no key. Doses are thousandths of the product's unit. A written name finds a product exactly or not at all.
"""

import functools
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from titration.clinical import LineKind
from titration.formulary_schema import Draft, Entry, did_you_mean, read_drafts
from titration.resources import rules_folder
from titration.units import MILLI

__all__ = ["Component", "Formulary", "FormularyError", "Product", "RenalLimit", "normalise", "shipped"]


class FormularyError(ValueError):
    """All problems of all formulary files, one line each with file, entry and remedy."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems: tuple[str, ...] = tuple(problems)


@dataclass(frozen=True, slots=True)
class RenalLimit:
    """What an eGFR below ``below`` (thousandths of mL/min/1.73 m2) still allows.

    ``max_daily`` is thousandths of the product's unit a day; None means not to be used for glucose.
    """

    below: int
    max_daily: int | None
    mark: str


@dataclass(frozen=True, slots=True)
class Component:
    """One active part of a combination: product id, and thousandths of its unit in one tablet, pill or dose step."""

    drug: str
    amount: int


@dataclass(frozen=True, slots=True)
class Product:
    """One drug in one concentration and ratio; doses are thousandths of ``unit``, ``concentration`` is units/mL.

    ``ladder`` holds ascending single doses. It is empty where no step is known: insulins step by the rules in whole
    ``increment``; an oral drug without a ladder can only be stopped. ``down`` is "ladder", or "stop" for no taper.
    ``interval_days`` is the dosing interval (7 is weekly), ``settle_days`` the least days between two changes.
    ``max_daily`` is None where none is known or the interval is not one day. ``hypo_risk`` runs from 0 to 3.
    ``renal`` ascends by ``below``. ``marks`` maps a field to its evidence mark.
    """

    id: str
    name_en: str
    name_zh: str
    aliases: tuple[str, ...]
    kind: LineKind
    action: str
    drug_class: str
    classes: tuple[str, ...]
    atc: str | None
    unit: str
    concentration: int | None
    rapid_percent: int | None
    increment: int
    interval_days: int
    settle_days: int
    ladder: tuple[int, ...]
    max_daily: int | None
    expected_single: tuple[int, int] | None
    hypo_risk: int
    renal: tuple[RenalLimit, ...]
    components: tuple[Component, ...]
    down: str
    note_en: str
    note_zh: str
    marks: Mapping[str, str] = field(hash=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Every text this product is found by."""
        return (self.id, self.name_en, self.name_zh, *self.aliases)

    def renal_limit(self, egfr: int) -> RenalLimit | None:
        """The strictest limit that applies at ``egfr`` (thousandths of mL/min/1.73 m2); None when none does."""
        return next((limit for limit in self.renal if egfr < limit.below), None)


@dataclass(frozen=True, slots=True, eq=False)
class Formulary:
    """All products by id, and the hash of the files they came from."""

    products: Mapping[str, Product]
    sha256: str
    _ids_by_name: Mapping[str, str]

    @classmethod
    def load(cls, folder: Path) -> "Formulary":
        """Read every ``*.toml`` file of ``folder``.

        Raises FormularyError with all problems of all files at once.
        """
        paths = sorted(folder.glob("*.toml"))
        if not paths:
            raise FormularyError([f"{folder}: no formulary file (*.toml): reinstall the package, or pass --rules DIR"])
        contents = {path.name: path.read_bytes() for path in paths}
        problems: list[str] = []
        drafts = list(read_drafts(contents, problems))
        products = _assemble(drafts, problems)
        ids_by_name = _index(products, {draft.id: draft.where for draft in drafts}, problems)
        if problems:
            raise FormularyError(problems)
        return cls(products, _digest(contents), ids_by_name)

    def find(self, written: str) -> Product | None:
        """The product with exactly this id, name or alias after ``normalise``; None otherwise, never a guess."""
        product_id = self._ids_by_name.get(normalise(written))
        return None if product_id is None else self.products[product_id]


@functools.cache
def shipped() -> Formulary:
    """The formulary of the shipped rules folder, read once; raises FormularyError or FileNotFoundError."""
    return Formulary.load(rules_folder() / "formulary")


def normalise(written: str) -> str:
    """A name as names are compared: white space squeezed, outer commas and semicolons stripped, case folded."""
    return " ".join(written.split()).strip(",; ").casefold()


def _assemble(drafts: Sequence[Draft], problems: list[str]) -> dict[str, Product]:
    declared = {draft.id for draft in drafts}
    simple = {
        draft.id: _product(draft.id, draft.entry, {}) for draft in drafts if draft.entry and not draft.entry.components
    }
    products = dict(simple)
    for draft in drafts:
        if draft.entry is None or not draft.entry.components:
            continue
        missing = [part.drug for part in draft.entry.components if part.drug not in simple]
        problems.extend(
            f"{draft.where} components: {drug} is no product{did_you_mean(drug, sorted(simple))}"
            for drug in missing
            if drug not in declared
        )
        nested = [entry.id for entry in drafts if entry.id in missing and entry.entry]
        problems.extend(f"{draft.where} components: {drug} is a combination itself: name its parts" for drug in nested)
        if not missing:
            products[draft.id] = _product(draft.id, draft.entry, simple)
            problems.extend(f"{draft.where} {fault}" for fault in _part_faults(products[draft.id], simple))
    return products


def _product(product_id: str, entry: Entry, simple: Mapping[str, Product]) -> Product:
    parts = tuple(Component(part.drug, part.amount) for part in entry.components)
    classes = tuple(dict.fromkeys(simple[part.drug].drug_class for part in parts)) or (entry.drug_class,)
    renal = tuple(RenalLimit(limit.below, limit.max_daily, limit.mark) for limit in entry.renal)
    return Product(
        id=product_id,
        name_en=entry.name_en,
        name_zh=entry.name_zh,
        aliases=tuple(entry.aliases),
        kind=LineKind(entry.kind),
        action=entry.action or entry.drug_class,
        drug_class=entry.drug_class,
        classes=classes,
        atc=entry.atc,
        unit=entry.unit,
        concentration=entry.concentration,
        rapid_percent=entry.rapid_percent,
        increment=entry.increment,
        interval_days=entry.interval_days,
        settle_days=entry.settle_days,
        ladder=tuple(entry.ladder),
        max_daily=entry.max_daily,
        expected_single=(entry.expected_single[0], entry.expected_single[1]) if entry.expected_single else None,
        hypo_risk=entry.hypo_risk,
        renal=_part_limits(parts, simple) if parts else renal,
        components=parts,
        down=entry.down,
        note_en=entry.note_en,
        note_zh=entry.note_zh,
        marks=dict(entry.marks),
    )


def _part_limits(parts: Sequence[Component], simple: Mapping[str, Product]) -> tuple[RenalLimit, ...]:
    """Renal limits of a combination in whole tablets: in every band the strictest of its components."""
    limits: list[RenalLimit] = []
    for below in sorted({limit.below for part in parts for limit in simple[part.drug].renal}):
        allowed: list[tuple[int, str]] = []
        for part in parts:
            limit = simple[part.drug].renal_limit(below - 1)
            if limit is not None:
                whole = (limit.max_daily or 0) // part.amount * MILLI
                allowed.append((whole, f"INFERRED: from {part.drug} ({limit.mark})"))
        whole, mark = min(allowed)
        if limits and limits[-1].max_daily == (whole or None):
            limits.pop()
        limits.append(RenalLimit(below, whole or None, mark))
    return tuple(limits)


def _part_faults(product: Product, simple: Mapping[str, Product]) -> Iterator[str]:
    for part in product.components:
        component = simple[part.drug]
        most = component.max_daily
        if most and (product.max_daily is None or product.max_daily * part.amount > most * MILLI):
            yield f"max_daily: allows more {part.drug} than its own max_daily"
        if component.hypo_risk > product.hypo_risk:
            yield f"hypo_risk: below that of {part.drug}"


def _index(products: Mapping[str, Product], where: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    """Product id by normalised name; a name that two products share, or one states twice, is a problem."""
    ids_by_name: dict[str, str] = {}
    for product in products.values():
        aliases = [normalise(alias) for alias in product.aliases]
        twice = sorted({alias for alias in aliases if aliases.count(alias) > 1})
        problems.extend(f"{where[product.id]} aliases: {alias!r} is written twice: keep one" for alias in twice)
        for name in dict.fromkeys(normalise(name) for name in product.names):
            owner = ids_by_name.setdefault(name, product.id)
            if not name:
                problems.append(f"{where[product.id]} aliases: a name is empty once white space and commas are off")
            elif owner != product.id:
                problems.append(f"{where[product.id]} aliases: {name!r} also names {owner}: only one may have it")
    return ids_by_name


def _digest(contents: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name in sorted(contents):
        whole.update(f"{name} {hashlib.sha256(contents[name]).hexdigest()}\n".encode())
    return whole.hexdigest()
