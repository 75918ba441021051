"""The unknowns of a patient that are no readings: one therapy line, the regimen around it, measurements, the person.

What is asserted of them are the axioms of ``docs/proofs.md``: facts every frame the engine builds keeps to, no more. They
allow patients that cannot be; a proof covers those too, and a witness among them does not replay.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from titration.clinical import LineKind
from titration.expr.smt import (
    Bool,
    Int,
    boolean,
    choose,
    equal,
    every,
    floor_of,
    implies,
    integer,
    negation,
    same,
    some,
    total,
)
from titration.features.attribution import INSULIN_KINDS
from titration.features.spec import DRUG_CLASSES
from titration.prove.candidates import Pattern, class_flags

LARGEST_DOSE: Final = 10_000_000
"""Thousandths: a dose lies at or below 10,000 units or mg."""
LONGEST: Final = 400
"""Days back that matter to any feature."""
UNLIMITED: Final = 2_147_483_647
_INSULIN_CLASSES: Final = ("basal", "prandial", "premix")


@dataclass
class Bedside:
    """One line's surroundings as terms; ``axioms`` grows as features are asked for."""

    pattern: Pattern
    zero_is_dose: bool
    tag: str = ""
    axioms: list[Bool] = field(default_factory=lambda: [])
    numbers: dict[str, Int] = field(default_factory=lambda: {})
    _flags: dict[str, Bool] = field(default_factory=lambda: {})

    def __post_init__(self) -> None:
        self._line()
        self._moves()
        self._regimen()

    # -- unknowns ------------------------------------------------------------------------------------------------

    def whole(self, name: str, most: int | None = None) -> Int:
        """An unknown of this patient that is 0 or more."""
        found = self.numbers.get(name)
        if found is None:
            found = self.numbers[name] = integer(f"{self.tag}{name}")
            self.axioms.append(found >= 0)
            if most is not None:
                self.axioms.append(found <= most)
        return found

    def flag(self, name: str) -> Bool:
        """Something that is so of this patient, or not."""
        found = self._flags.get(name)
        if found is None:
            found = self._flags[name] = boolean(f"{self.tag}{name}")
        return found

    def terms(self) -> list[tuple[str, Int]]:
        """The numbers asked for so far, by name."""
        return list(self.numbers.items())

    def flags(self) -> list[str]:
        """Names of what was asked for so far that is so, or not."""
        return list(self._flags)

    @property
    def kind(self) -> LineKind:
        return self.pattern.kind

    @property
    def pick(self) -> Int:
        return self.whole("pick", len(self.pattern.candidates) - 1)

    @property
    def dose(self) -> Int:
        return self.whole("dose", LARGEST_DOSE)

    @property
    def known(self) -> Bool:
        return self.flag("dose.known")

    @property
    def unchanged(self) -> Int:
        return self.whole("unchanged", LONGEST)

    @property
    def changed(self) -> Bool:
        return self.flag("changed")

    @property
    def previous(self) -> Int:
        return self.whole("previous", LARGEST_DOSE)

    @property
    def total(self) -> Int:
        return self.whole("total", LARGEST_DOSE)

    @property
    def total_known(self) -> Bool:
        return self.flag("total.known")

    @property
    def is_insulin(self) -> bool:
        return self.kind in INSULIN_KINDS

    @property
    def increments(self) -> list[tuple[Bool, int]]:
        """The least steps devices have, and where each is the line's."""
        sizes = sorted({c.increment for c in self.pattern.candidates})
        own = [(size, [i for i, c in enumerate(self.pattern.candidates) if c.increment == size]) for size in sizes]
        return [(some(*(equal(self.pick, i) for i in members)), size) for size, members in own]

    def by_candidate(self, values: Sequence[int]) -> Int:
        """A number of the line's drug."""
        return self.pattern.by_candidate(self.pick, values)

    def lines_of(self, kind: LineKind) -> Int:
        """Lines of a kind, this one included."""
        return self.whole(f"kind.{kind.value}", 12)

    @property
    def insulin_lines(self) -> Int:
        return total([self.lines_of(k) for k in INSULIN_KINDS])

    # -- axioms --------------------------------------------------------------------------------------------------

    def _line(self) -> None:
        add = self.axioms.append
        if not self.zero_is_dose:
            add(implies(self.known, self.dose > 0))
        # A dose not known reads as 0, and no change was seen.
        add(implies(negation(self.known), every(equal(self.dose, 0), negation(self.changed))))
        add(self.whole("record.age", LONGEST) <= self.unchanged)
        add(implies(equal(self.whole("doubtful", 1), 1), self.known))
        extra = self.whole("extra", LARGEST_DOSE)
        twins = self.whole("twins", 8)
        alone = equal(twins, 0)
        add(implies(alone, every(equal(extra, 0), same(self.flag("daily.known"), self.known))))
        add(implies(self.flag("daily.known"), self.known))

    def _moves(self) -> None:
        """Changes of the line: days since its last reduction and increase, and the dose before the last of them."""
        add = self.axioms.append
        unchanged, changed = self.unchanged, self.changed
        down, up = self.flag("reduced"), self.flag("raised")
        down_age, up_age = self.whole("reduction.age", LONGEST), self.whole("increase.age", LONGEST)
        add(same(changed, some(down, up)))
        add(implies(down, down_age >= unchanged))
        add(implies(up, up_age >= unchanged))
        last_down = every(changed, self.previous > self.dose)
        last_up = every(changed, self.previous < self.dose)
        add(implies(changed, negation(equal(self.previous, self.dose))))
        add(implies(last_down, every(down, equal(down_age, unchanged), implies(up, up_age > unchanged))))
        add(implies(last_up, every(up, equal(up_age, unchanged), implies(down, down_age > unchanged))))
        if not self.zero_is_dose:
            add(implies(changed, self.previous > 0))
        # A change of this line is a change of the regimen, and a new line is one unless the course began with it.
        any_age, any_down = self.whole("any.change.age", LONGEST), self.whole("any.reduction.age", LONGEST)
        add(any_age <= unchanged)
        add(any_age <= any_down)
        add(implies(down, any_down <= down_age))

    def _regimen(self) -> None:
        add = self.axioms.append
        kinds = {k: self.lines_of(k) for k in LineKind}
        add(kinds[self.kind] >= 1)
        if self.pattern.thrice is not None:
            add(kinds[LineKind.PREMIX] >= 3 if self.pattern.thrice else kinds[LineKind.PREMIX] <= 2)
        for kind in LineKind:
            drugs = self.whole(f"drugs.{kind.value}", 12)
            add(drugs <= kinds[kind])
            add(implies(kinds[kind] >= 1, drugs >= 1))
        self._insulin(self.insulin_lines, kinds[LineKind.BASAL])
        self._routes(kinds[LineKind.OTHER])
        self._classes()

    def _insulin(self, lines: Int, basals: Int) -> None:
        add = self.axioms.append
        basal, basal_known = self.whole("basal", LARGEST_DOSE), self.flag("basal.known")
        add(basal <= self.total)
        add(implies(self.total_known, basal_known))
        add(implies(equal(lines, 0), every(equal(self.total, 0), self.total_known)))
        add(implies(equal(basals, 0), every(equal(basal, 0), basal_known)))
        add(implies(equal(lines - basals, 0), every(equal(basal, self.total), same(basal_known, self.total_known))))
        if not self.is_insulin:
            return
        add(implies(self.total_known, self.known))
        add(implies(equal(lines, 1), every(equal(self.total, self.share), same(self.total_known, self.known))))
        if self.kind is LineKind.BASAL:
            add(basal >= self.share)
            add(implies(basal_known, self.known))
            add(implies(equal(basals, 1), every(equal(basal, self.share), same(basal_known, self.known))))
        else:
            add(basal <= self.total - self.share)

    @property
    def share(self) -> Int:
        """The line's dose a day: an insulin given less often counts in part."""
        intervals = sorted({c.interval for c in self.pattern.candidates})
        out = self.dose
        for interval in intervals:
            if interval > 1:
                here = equal(self.by_candidate([c.interval for c in self.pattern.candidates]), interval)
                out = choose(here, floor_of(self.dose, interval), out)
        return out

    def _routes(self, others: Int) -> None:
        add = self.axioms.append
        pump, drip, unknown = (self.whole(name, 12) for name in ("route.pump", "route.iv", "unknown.drug"))
        add(others >= unknown)
        add(others >= drip)
        add(others <= pump + drip + unknown)
        if self.kind is LineKind.OTHER:
            for term, flags in (
                (unknown, [int(c.product is None) for c in self.pattern.candidates]),
                (pump, [int(c.route.text.startswith("csii")) for c in self.pattern.candidates]),
                (drip, [int(c.route.text == "iv") for c in self.pattern.candidates]),
            ):
                add(term >= self.by_candidate(flags))

    def _classes(self) -> None:
        add = self.axioms.append
        counts = {name: self.whole(f"class.{name}", 24) for name in DRUG_CLASSES}
        for name, count in counts.items():
            add(count >= self.by_candidate(class_flags(self.pattern, name)))
        seen = {k: self.whole(f"drugs.{k}", 12) for k in _INSULIN_CLASSES}
        own = total(list(seen.values()))
        others = self.lines_of(LineKind.OTHER)
        add(counts["insulin"] >= own)
        add(counts["insulin"] <= own + others)
        orals = total([self.lines_of(k) for k in (LineKind.BASAL, LineKind.ORAL, LineKind.GLP1RA)]) + others
        add(counts["non_insulin"] <= orals)
        secretagogue, parts = counts["secretagogue"], (counts["sulfonylurea"], counts["glinide"])
        add(secretagogue <= parts[0] + parts[1])
        for name, count in counts.items():
            if name in ("sulfonylurea", "glinide"):
                add(count <= secretagogue)
            if name not in ("insulin", "non_insulin"):
                add(count <= counts["non_insulin"])
        plain = [c for n, c in counts.items() if n not in ("insulin", "secretagogue", "non_insulin")]
        # A combination counts in each of its classes, and no drug is of none.
        add(counts["non_insulin"] <= total(plain))
