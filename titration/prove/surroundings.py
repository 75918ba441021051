"""Features that are not made of records, as symbols of a patient's surroundings."""

from dataclasses import dataclass
from typing import Final

from titration.expr.smt import (
    Bool,
    Int,
    Symbol,
    choose,
    constant,
    equal,
    every,
    greater,
    implies,
    negation,
    number,
    same,
    some,
    total,
)
from titration.features.spec import Feature
from titration.prove.bedside import LARGEST_DOSE, LONGEST, Bedside
from titration.prove.candidates import class_flags

UNLIMITED: Final = 2_147_483_647
"""What the engine holds where a drug has no renal limit."""


@dataclass(frozen=True)
class Surroundings:
    """The features of a bedside; asking for one adds the axioms it rests on to the bedside."""

    bedside: Bedside

    def symbol(self, feature: Feature) -> Symbol:
        """A feature that is not made of records; raises KeyError for one there is no encoding of."""
        family, _, rest = feature.of.partition(".")
        match family:
            case "line":
                return self._line_symbol(feature, rest)
            case "any":
                return self._any_symbol(feature, rest)
            case "insulin":
                return self._insulin_symbol(feature, rest)
            case "class" | "kind" | "drugs" | "route" | "unknown":
                return _sure(self.bedside.whole(feature.of, 24))
            case "lab":
                return self._lab_symbol(feature, rest)
            case "person":
                name = f"person.{rest}"
                return Symbol(
                    self.bedside.whole(name, 1 if rest == "type1" else 130), self.bedside.flag(f"{name}.known")
                )
            case "state":
                return _sure(self._state(rest))
            case _:
                raise KeyError(feature.of)

    def _state(self, name: str) -> Int:
        phases = [self.bedside.whole(f"state.{n}", 1) for n in ("screening", "treatment", "follow_up")]
        self.bedside.axioms.append(total(phases) <= 1)
        return self.bedside.whole(f"state.{name}", 1)

    def _line_symbol(self, feature: Feature, what: str) -> Symbol:
        if what.startswith("class."):
            return _sure(self.bedside.by_candidate(class_flags(self.bedside.pattern, what.removeprefix("class."))))
        match what:
            case "dose" if feature.reduce == "per_kg":
                return self._per_kg(self.bedside.dose, self.bedside.known)
            case "dose":
                return Symbol(self.bedside.dose, self.bedside.known)
            case "daily":
                return Symbol(
                    self.bedside.dose + self.bedside.whole("extra", LARGEST_DOSE), self.bedside.flag("daily.known")
                )
            case "record":
                return Symbol(self.bedside.whole("record.age", LONGEST), self.bedside.known)
            case "change" if feature.reduce == "age_days":
                return _sure(self.bedside.unchanged)
            case "change" | "reduction" | "increase":
                return self._moved(feature, what)
            case "missed":
                return _sure(self._in_window("missed", feature.window_days, daily=True))
            case "previous_dose":
                return Symbol(self.bedside.previous, self.bedside.changed)
            case "doubtful":
                return _sure(self.bedside.whole("doubtful", 1))
            case "insulins":
                return _sure(self.bedside.insulin_lines)
            case _:
                return self._of_product(feature, what)

    def _moved(self, feature: Feature, what: str) -> Symbol:
        if feature.reduce == "age_days":
            seen = self.bedside.flag("reduced" if what == "reduction" else "raised")
            return Symbol(self.bedside.whole(f"{what}.age", LONGEST), seen)
        if what == "change":
            parts = [self._moved_in(name, feature.window_days) for name in ("reduction", "increase")]
            return _sure(total(parts))
        return _sure(self._moved_in(what, feature.window_days))

    def _moved_in(self, what: str, days: int) -> Int:
        count = self._in_window(what, days, daily=True)
        seen = every(
            self.bedside.flag("reduced" if what == "reduction" else "raised"), self.bedside.whole(f"{what}.age") < days
        )
        self.bedside.axioms.append(same(count > 0, seen))
        return count

    def _in_window(self, what: str, days: int, *, daily: bool) -> Int:
        """A count in a window of days: narrower windows hold no more, and of a daily mark a day adds one at most."""
        name = f"{what}.in.{days}"
        known = name in self.bedside.numbers
        count = self.bedside.whole(name, days if daily else None)
        if not known:
            prefix = f"{what}.in."
            for other in [n for n in self.bedside.numbers if n.startswith(prefix) and n != name]:
                width = int(other.removeprefix(prefix))
                narrow, wide = sorted(((width, self.bedside.numbers[other]), (days, count)), key=lambda p: p[0])
                self.bedside.axioms.append(narrow[1] <= wide[1])
                if daily:
                    self.bedside.axioms.append(wide[1] <= narrow[1] + (wide[0] - narrow[0]))
        return count

    def _any_symbol(self, feature: Feature, what: str) -> Symbol:
        if feature.reduce == "age_days":
            return _sure(self.bedside.whole(f"any.{what}.age", LONGEST))
        days = feature.window_days
        count = self._in_window(f"any.{what}", days, daily=False)
        self.bedside.axioms.append(implies(count > 0, self.bedside.whole(f"any.{what}.age") < days))
        if what == "reduction":
            self.bedside.axioms.append(count <= self._in_window("any.change", days, daily=False))
            own = every(self.bedside.flag("reduced"), self.bedside.whole("reduction.age") < days)
        else:
            own = every(self.bedside.changed, self.bedside.unchanged < days)
        self.bedside.axioms.append(implies(own, count > 0))
        return _sure(count)

    def _per_kg(self, dose: Int, known: Bool) -> Symbol:
        present = self.bedside.flag("lab.weight.present")
        weight = greater(self.bedside.whole("lab.weight"), 1)
        return Symbol(dose * 1000, every(known, present), weight)

    def _insulin_symbol(self, feature: Feature, what: str) -> Symbol:
        if what == "basal":
            dose, known = self.bedside.whole("basal"), self.bedside.flag("basal.known")
            return self._per_kg(dose, known) if feature.reduce == "per_kg" else Symbol(dose, known)
        match feature.reduce:
            case "now":
                return Symbol(self.bedside.total, self.bedside.total_known)
            case "per_kg":
                return self._per_kg(self.bedside.total, self.bedside.total_known)
            case "baseline" | "percent_of_baseline" as asked:
                base, known = self.bedside.whole("baseline", LARGEST_DOSE), self.bedside.flag("baseline.known")
                if asked == "baseline":
                    return Symbol(base, every(known, base > 0))
            case "percent_of_highest":
                base, known = self.highest(feature.window_days), constant(value=True)
            case unheard_of:
                raise KeyError(unheard_of)
        known = every(known, base > 0, self.bedside.total_known)
        return Symbol(self.bedside.total * 1000, known, greater(base, 1))

    def highest(self, days: int) -> Int:
        """The highest known total of so many days, today included; 0 where there is none."""
        name = f"highest.{days}"
        known = name in self.bedside.numbers
        base = self.bedside.whole(name, LARGEST_DOSE)
        if not known:
            self.bedside.axioms.append(implies(self.bedside.total_known, base >= self.bedside.total))
            for other in [n for n in self.bedside.numbers if n.startswith("highest.") and n != name]:
                width = int(other.removeprefix("highest."))
                narrow, wide = sorted(((width, self.bedside.numbers[other]), (days, base)), key=lambda p: p[0])
                self.bedside.axioms.append(narrow[1] <= wide[1])
        return base

    def _lab_symbol(self, feature: Feature, what: str) -> Symbol:
        value, present = self.bedside.whole(f"lab.{what}"), self.bedside.flag(f"lab.{what}.present")
        age = self.bedside.whole(f"lab.{what}.age", 40_000)
        match feature.reduce:
            case "age_days":
                return Symbol(age, present)
            case "last":
                limit = feature.max_age_days
                return Symbol(value, present if limit is None else every(present, age <= limit))
            case reduce:
                falling = reduce == "fall_percent"
                base = self.bedside.whole(f"lab.{what}.{reduce}.{feature.window_days}")
                self.bedside.axioms.append(implies(present, base >= value if falling else base <= value))
                change = (base - value if falling else value - base) * 1000
                return Symbol(choose(present, change, 0), constant(value=True), greater(base, 1))

    def _of_product(self, feature: Feature, what: str) -> Symbol:
        candidates = self.bedside.pattern.candidates
        products = [c.product for c in candidates]
        match what:
            case "settle":
                return _sure(self.bedside.by_candidate([p.settle_days if p else 0 for p in products]))
            case "interval":
                return _sure(self.bedside.by_candidate([c.interval for c in candidates]))
            case "combination":
                return _sure(self.bedside.by_candidate([int(p is not None and bool(p.components)) for p in products]))
            case "maximum":
                limits = [p.max_daily if p else None for p in products]
                known = equal(self.bedside.by_candidate([int(v is not None) for v in limits]), 1)
                return Symbol(self.bedside.by_candidate([v or 0 for v in limits]), known)
            case "renal_maximum":
                return self._renal(feature.max_age_days)
            case _:
                raise KeyError(feature.of)

    def _renal(self, max_age: int | None) -> Symbol:
        egfr, present = self.bedside.whole("lab.egfr"), self.bedside.flag("lab.egfr.present")
        if max_age is not None:
            present = every(present, self.bedside.whole("lab.egfr.age", 40_000) <= max_age)
        groups: dict[tuple[tuple[int, int], ...], list[int]] = {}
        for i, candidate in enumerate(self.bedside.pattern.candidates):
            limits = candidate.product.renal if candidate.product else ()
            groups.setdefault(tuple((r.below, r.max_daily or 0) for r in limits), []).append(i)
        value, limited = number(UNLIMITED), constant(value=False)
        for limits, members in groups.items():
            if not limits:
                continue
            mine = some(*(equal(self.bedside.pick, i) for i in members))
            limited = some(limited, mine)
            own = number(UNLIMITED)
            for below, most in sorted(limits, reverse=True):
                own = choose(egfr < below, most, own)
            value = choose(mine, own, value)
        return Symbol(value, some(present, negation(limited)))


def _sure(value: Int) -> Symbol:
    return Symbol(value, constant(value=True))
