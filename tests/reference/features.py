"""The value of any feature of a pack or of the guard, for one line on one day."""

from dataclasses import dataclass

from tests.reference.chart import Chart, Lab
from tests.reference.lines import INSULIN_KINDS, Life
from tests.reference.logic import Fact
from tests.reference.readings import FIXED_SERIES, LINE_SERIES, SYMPTOM_SOURCES, Ask, glucose, series, symptoms
from titration.clinical import LineKind, Route
from titration.features.attribution import Attribution

NO_LIMIT = 2147483647
PHASES = {
    "state.screening": "phase_screening",
    "state.treatment": "phase_treatment",
    "state.follow_up": "phase_follow_up",
}


@dataclass(frozen=True)
class Bedside:
    """One patient with all that features are asked of."""

    chart: Chart
    lives: list[Life]
    attribution: Attribution
    taper_always: bool | None

    def beside(self, day: int) -> list[Life]:
        """The patient's lines of a day."""
        return [life for life in self.lives if life.alive(day)]

    def insulins(self, day: int) -> list[Life]:
        return [life for life in self.beside(day) if life.kind in INSULIN_KINDS]

    def last_lab(self, kind: str, day: int) -> Lab | None:
        found = [lab for lab in self.chart.labs if lab.kind == kind and lab.day <= day]
        return found[-1] if found else None


def value(ask: Ask, bed: Bedside, life: Life, day: int) -> Fact | None:
    """The feature's value for a line on a day; None where it is unknown."""
    family, _, name = ask.of.partition(".")
    if ask.of in FIXED_SERIES or ask.of in LINE_SERIES:
        return glucose(ask, series(ask, bed.chart, life, day, bed.attribution, bed.beside(day)), day)
    if ask.of in SYMPTOM_SOURCES:
        return symptoms(ask, bed.chart, life, day, bed.attribution, bed.beside(day))
    if ask.of == "doubts":
        start = _start(ask, life, day)
        return Fact(sum(1 for d in bed.chart.doubts if start <= d <= day))
    if ask.of.startswith("line.class."):
        return Fact(1 if is_of_class(life, ask.of.removeprefix("line.class.")) else 0)
    match family:
        case "event":
            return _event(ask, name, bed, life, day)
        case "line":
            return _line(ask, name, bed, life, day)
        case "any":
            return _any(ask, bed, life, day, reductions_only=name == "reduction")
        case "insulin":
            return _insulin(ask, name, bed, life, day)
        case "lab":
            return _lab(ask, name, bed, day)
        case "person":
            return _person(name, bed)
        case "state":
            return _state(ask.of, bed, day)
        case _:
            return Fact(_regimen(ask.of, bed.beside(day)))


def _start(ask: Ask, life: Life, day: int) -> int:
    return max(day - ask.window_days + 1, life.course.first)


def _event(ask: Ask, kind: str, bed: Bedside, life: Life, day: int) -> Fact | None:
    start = _start(ask, life, day)
    days = [e.day for e in bed.chart.events if e.kind == kind and start <= e.day <= day]
    match ask.reduce:
        case "count":
            return Fact(len(days))
        case "age_days":
            return Fact(day - days[-1]) if days else None
        case _:
            over = [e for e in bed.chart.events if e.kind == "resumed" and days and days[-1] < e.day <= day]
            return Fact(1 if days and not over else 0)


def _line(ask: Ask, name: str, bed: Bedside, life: Life, day: int) -> Fact | None:
    start = _start(ask, life, day)
    dose, record = life.dose(day), life.record_day(day)
    match name:
        case "dose":
            return _per_kg(ask, dose, bed, day)
        case "daily":
            return _sum([x.dose(day) for x in bed.beside(day) if x.drug == life.drug])
        case "record":
            return None if record is None else Fact(day - record)
        case "change":
            if ask.reduce == "age_days":
                return Fact(life.unchanged(day))
            return Fact(sum(1 for c in life.changes(day) if c.day >= start))
        case "reduction" | "increase":
            days = [c.day for c in life.changes(day) if (c.after < c.before) == (name == "reduction")]
            if ask.reduce == "age_days":
                return Fact(day - days[-1]) if days else None
            return Fact(sum(1 for d in days if d >= start))
        case "missed":
            told = {e.day for e in bed.chart.events if e.kind == "missed_dose"}
            days = range(max(start, life.first), day + 1)
            return Fact(sum(1 for d in days if d in told or life.missed(d)))
        case "previous_dose":
            changes = life.changes(day)
            return Fact(changes[-1].before) if changes else None
        case "doubtful":
            return Fact(1 if record is not None and life.given[record].doubtful else 0)
        case "insulins":
            return Fact(len(bed.insulins(day)))
        case _:
            return _of_product(ask, name, bed, life, day)


def _of_product(ask: Ask, name: str, bed: Bedside, life: Life, day: int) -> Fact | None:
    """What the formulary says of the line's drug; 0 days between changes, every day, of one it does not know."""
    product = life.product
    match name:
        case "settle":
            return Fact(product.settle_days if product else 0)
        case "maximum":
            return None if product is None or product.max_daily is None else Fact(product.max_daily)
        case "renal_maximum":
            return _renal_maximum(ask, bed, life, day)
        case "interval":
            return Fact(product.interval_days if product else 1)
        case "combination":
            return Fact(1 if product and product.components else 0)
        case _:
            raise AssertionError(name)


def _renal_maximum(ask: Ask, bed: Bedside, life: Life, day: int) -> Fact | None:
    if life.product is None or not life.product.renal:
        return Fact(NO_LIMIT)
    egfr = bed.last_lab("egfr", day)
    if egfr is None or _is_stale(ask, egfr, day):
        return None
    limit = life.product.renal_limit(egfr.value)
    return Fact(NO_LIMIT if limit is None else (limit.max_daily or 0))


def _per_kg(ask: Ask, dose: int | None, bed: Bedside, day: int) -> Fact | None:
    if dose is None:
        return None
    if ask.reduce == "now":
        return Fact(dose)
    weight = bed.last_lab("weight", day)
    return None if weight is None else Fact(1000 * dose, weight.value)


def _sum(doses: list[int | None]) -> Fact | None:
    """The sum, unknown while one of the doses is."""
    known = [d for d in doses if d is not None]
    return Fact(sum(known)) if len(known) == len(doses) else None


def _any(ask: Ask, bed: Bedside, life: Life, day: int, *, reductions_only: bool) -> Fact:
    days: list[int] = []
    for other in bed.lives:
        if other.course != life.course:
            continue
        days += [c.day for c in other.changes(day) if c.after < c.before or not reductions_only]
        if not reductions_only and life.course.first < other.first <= day:
            days.append(other.first)
        if other.runs_out < other.course.last and other.runs_out < day:
            days.append(other.runs_out + 1)
    if ask.reduce == "age_days":
        return Fact(day - max([*days, life.course.first]))
    return Fact(sum(1 for d in days if d >= _start(ask, life, day)))


def _total(bed: Bedside, day: int) -> int | None:
    total = _sum([x.daily(day) for x in bed.insulins(day)])
    return None if total is None else total.value


def _insulin(ask: Ask, name: str, bed: Bedside, life: Life, day: int) -> Fact | None:
    if name == "basal":
        total = _sum([x.daily(day) for x in bed.insulins(day) if x.kind is LineKind.BASAL])
        return _per_kg(ask, None if total is None else total.value, bed, day)
    total_now = _total(bed, day)
    match ask.reduce:
        case "now" | "per_kg":
            return _per_kg(ask, total_now, bed, day)
        case "baseline":
            base_day = _baseline_day(bed, life, day)
            base = None if base_day is None else _total(bed, base_day)
            return None if base is None or base == 0 else Fact(base)
        case "percent_of_baseline":
            base_day = _baseline_day(bed, life, day)
            base = None if base_day is None else _total(bed, base_day)
        case _:
            days = range(_start(ask, life, day), day + 1)
            base = max((t for d in days if (t := _total(bed, d)) is not None), default=None)
    if total_now is None or base is None or base == 0:
        return None
    return Fact(1000 * total_now, base)


def _baseline_day(bed: Bedside, life: Life, day: int) -> int | None:
    told = [e.day for e in bed.chart.events if e.kind == "baseline" and life.course.first <= e.day <= day]
    if told:
        return told[-1]
    return next((d for d in range(life.course.first, day + 1) if _total(bed, d)), None)


def _lab(ask: Ask, kind: str, bed: Bedside, day: int) -> Fact | None:
    if ask.reduce in ("fall_percent", "rise_percent"):
        return _drift(ask, kind, bed, day)
    now = bed.last_lab(kind, day)
    if now is None:
        return None
    if ask.reduce == "age_days":
        return Fact(day - now.day)
    return None if _is_stale(ask, now, day) else Fact(now.value)


def _is_stale(ask: Ask, lab: Lab, day: int) -> bool:
    return ask.max_age_days is not None and day - lab.day > ask.max_age_days


def _drift(ask: Ask, kind: str, bed: Bedside, day: int) -> Fact:
    now, then = bed.last_lab(kind, day), bed.last_lab(kind, day - ask.window_days)
    start = day - ask.window_days + 1
    values = [lab.value for lab in bed.chart.labs if lab.kind == kind and start <= lab.day <= day]
    values += [] if then is None else [then.value]
    if now is None:
        return Fact(0, 1)
    if ask.reduce == "fall_percent":
        return Fact(1000 * (max(values) - now.value), max(values))
    return Fact(1000 * (now.value - min(values)), min(values))


def _person(name: str, bed: Bedside) -> Fact | None:
    person = bed.chart.person
    if name == "age":
        return None if person.age_years is None else Fact(person.age_years)
    return None if person.diabetes_type is None else Fact(0 if person.diabetes_type == "T2D" else 1)


def _state(of: str, bed: Bedside, day: int) -> Fact:
    if of == "state.taper":
        if bed.taper_always is not None:
            return Fact(1 if bed.taper_always else 0)
        return Fact(1 if _last_event(bed, ("taper_on", "taper_off"), day) == "taper_on" else 0)
    return Fact(1 if _last_event(bed, tuple(PHASES.values()), day) == PHASES[of] else 0)


def _last_event(bed: Bedside, kinds: tuple[str, ...], day: int) -> str | None:
    found = [e.kind for e in bed.chart.events if e.kind in kinds and e.day <= day]
    return found[-1] if found else None


def is_of_class(life: Life, name: str) -> bool:
    """Whether the line's drug, or a part of it, is of the class."""
    classes = set(life.product.classes) if life.product else set()
    match name:
        case "secretagogue":
            return bool(classes & {"sulfonylurea", "glinide"})
        case "non_insulin":
            return bool(classes - {"insulin"})
        case _:
            return name in classes


def _regimen(of: str, beside: list[Life]) -> int:
    family, _, name = of.partition(".")
    match family:
        case "class":
            return len({x.drug for x in beside if is_of_class(x, name)})
        case "kind":
            return sum(1 for x in beside if x.kind.value == name)
        case "drugs":
            return len({x.drug for x in beside if x.kind.value == name})
        case "route":
            routes = (Route.CSII_BOLUS, Route.CSII_BASAL) if name == "pump" else (Route.IV,)
            return sum(1 for x in beside if x.route in routes)
        case "unknown":
            return sum(1 for x in beside if x.product is None)
        case _:
            raise AssertionError(of)
