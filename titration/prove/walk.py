"""An exhaustive walk of what following the plans leads to: every day's readings free within range, one excursion at any time.

Each state is a patient; each day branches by what that day's readings are, and patients no rule can tell apart are merged:
the same doses on every day that a rule looks back to, the same readings on every day that a mean separates. The engine plans
all of a day's patients at once; a plan is given the next day, and a stopped line is given no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from titration.clinical import EventKind, LabKind, LineKind, Route, Slot, Source, Timing
from titration.engine.decide import Engine
from titration.engine.plans import Plans
from titration.features.attribution import INSULIN_KINDS
from titration.formulary import Formulary, Product
from titration.log.model import MINUTES_A_DAY, Doses, Events, Labs, Log, Person, Readings, event_code, lab_code
from titration.prove.guarding import FLOOR_PERCENT, LAST_DOSE
from titration.prove.patient_log import AS_OF, Given
from titration.prove.witness import Witness

DAYS: Final = 84
_LOOKS_BACK: Final = 16
"""Days of doses by which two patients may differ to a rule or the guard: a fortnight, its ends included."""
_FORTNIGHT: Final = 14
_FIRST_EXCURSION: Final = 4
MOST_STATES: Final = 6_000
I32 = npt.NDArray[np.int32]
_TIMINGS: Final = (
    (Timing.FASTING, 390),
    (Timing.POST_BREAKFAST, 570),
    (Timing.PRE_LUNCH, 690),
    (Timing.POST_LUNCH, 840),
    (Timing.PRE_DINNER, 1050),
    (Timing.POST_DINNER, 1200),
    (Timing.BEDTIME, 1320),
)
_AFTER_MEAL: Final = np.array([int(t.text.startswith("post")) for t, _ in _TIMINGS])
_DOSED_AT: Final = {Slot.BREAKFAST: 450, Slot.LUNCH: 720, Slot.DINNER: 1080, Slot.BEDTIME: 1335}


@dataclass(frozen=True, slots=True)
class Start:
    """A regimen to begin with: lines with their products and doses in thousandths."""

    name: str
    lines: tuple[tuple[Given, int], ...]
    insulin: tuple[bool, ...]
    settle: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Letters:
    """What a day's readings may be, before meals and after: ``calm`` within range, and excursions out of it."""

    calm: tuple[tuple[int, int], ...]
    excursions: tuple[tuple[int, int], ...]
    memory: int
    """Days for which calm values are told apart."""


@dataclass(frozen=True, slots=True)
class Restart:
    """A line raised again within its settling days after it was stopped: the days, and the patient."""

    stopped: int
    raised: int
    witness: Witness


@dataclass(frozen=True, slots=True)
class Walked:
    """What the walk of one regimen saw. ``halved`` is the first day the insulin can be half of what it was, ``last`` the
    last day anything changed in a patient never out of range; None where it never was, or did. ``swings`` and ``deep``
    count patients never out of range who went up, down and up within a week, or below the floor of a fortnight."""

    start: str
    states: int
    halved: int | None
    last: int | None
    swings: int
    deep: int
    restarts: tuple[Restart, ...]
    complete: bool


def starts(formulary: Formulary) -> list[Start]:
    """Regimens as wards have them, from whatever products the formulary holds."""

    def first(kind: LineKind, action: str) -> Product | None:
        return next(
            (p for p in formulary.products.values() if p.kind is kind and p.action == action and not p.components), None
        )

    basal, nph = first(LineKind.BASAL, "long"), first(LineKind.BASAL, "intermediate")
    rapid, premix = first(LineKind.PRANDIAL, "rapid"), first(LineKind.PREMIX, "premix")
    metformin = first(LineKind.ORAL, "biguanide")
    sulfonylurea = next(
        (p for p in formulary.products.values() if p.drug_class == "sulfonylurea" and p.ladder and not p.components),
        None,
    )
    meals = (Slot.BREAKFAST, Slot.LUNCH, Slot.DINNER)
    plans = [
        ("basal and metformin", [(basal, Slot.BEDTIME, 20), (metformin, Slot.BREAKFAST, 0)]),
        ("a last small basal and metformin", [(basal, Slot.BEDTIME, 6), (metformin, Slot.BREAKFAST, 0)]),
        ("NPH twice", [(nph, Slot.BREAKFAST, 12), (nph, Slot.BEDTIME, 10)]),
        ("basal and three meals", [(basal, Slot.BEDTIME, 16), *((rapid, slot, 8) for slot in meals)]),
        (
            "premix twice and metformin",
            [(premix, Slot.BREAKFAST, 18), (premix, Slot.DINNER, 14), (metformin, Slot.BREAKFAST, 0)],
        ),
        ("sulfonylurea and basal", [(basal, Slot.BEDTIME, 14), (sulfonylurea, Slot.BREAKFAST, 0)]),
    ]
    return [made for name, lines in plans if (made := _start(name, lines)) is not None]


def _start(name: str, lines: Sequence[tuple[Product | None, Slot, int]]) -> Start | None:
    found: list[tuple[Given, int]] = []
    products: list[Product] = []
    for product, slot, units in lines:
        if product is None:
            return None
        route = Route.ORAL if product.kind is LineKind.ORAL else Route.SC
        dose = units * 1000 if units else (product.ladder[-1] if product.ladder else product.increment)
        found.append((Given(product.id, slot, route), dose))
        products.append(product)
    insulin = tuple(p.kind in INSULIN_KINDS for p in products)
    return Start(name, tuple(found), insulin, tuple(p.settle_days for p in products))


@dataclass
class _Ward:
    """The day's patients: letters of their days and doses given, shapes (patients, days) and (patients, days, lines)."""

    letters: I32
    doses: I32
    excursion: I32
    """Day of each patient's excursion; -1 before it."""

    @property
    def size(self) -> int:
        return len(self.letters)

    def take(self, rows: npt.NDArray[np.int64]) -> "_Ward":
        """Some of the patients."""
        return _Ward(self.letters[rows], self.doses[rows], self.excursion[rows])


def walk(engine: Engine, start: Start, letters: Letters, days: int = DAYS) -> Walked:
    """Follow every plan from a regimen at target with taper mode on, for so many days."""
    values = np.array([*letters.calm, *letters.excursions], np.int32)
    calm = len(letters.calm)
    begun = np.array([dose for _, dose in start.lines], np.int32)
    ward = _Ward(np.zeros((1, 1), np.int32), begun.reshape(1, 1, -1).copy(), np.full(1, -1, np.int32))
    seen, halved, last, swings, deep, complete = 0, None, None, 0, 0, True
    restarts: list[Restart] = []
    for day in range(days):
        ward = _branched(ward, day, calm, len(values)) if day else ward
        if ward.size > MOST_STATES:
            complete = False
            ward = ward.take(np.arange(MOST_STATES))
        seen += ward.size
        log = _log(engine, start, ward, values, day)
        plans = engine.decide(engine.grid(log, through=AS_OF + day, taper_always=True), day=AS_OF + day).plans
        ward, found = _followed(engine, start, ward, plans=plans, day=day, values=values)
        restarts += found[: 1 - len(restarts)]
        quiet = ward.excursion < 0
        changed = (ward.doses[:, -1] != ward.doses[:, -2]).any(axis=1)
        if (changed & quiet).any():
            last = day + 1
        total = ward.doses[:, :, np.array(start.insulin)].sum(axis=2)
        swings += int((_swinging(ward) & quiet).sum())
        deep += int((_below_floor(total) & quiet).sum())
        if halved is None and bool((quiet & (total[:, -1] * 2 <= total[:, 0]) & (total[:, 0] > 0)).any()):
            halved = day + 1
        ward = _merge(ward, letters.memory, day)
    return Walked(start.name, seen, halved, last, swings, deep, tuple(restarts), complete)


def _branched(ward: _Ward, day: int, calm: int, letters: int) -> _Ward:
    """Every patient with every kind of day that may come next; one excursion each."""
    parts: list[_Ward] = []
    for letter in range(letters):
        out = letter >= calm
        rows = np.flatnonzero(ward.excursion < 0) if out else np.arange(ward.size)
        if out and day < _FIRST_EXCURSION:
            continue
        some = ward.take(rows)
        column = np.full((len(rows), 1), letter, np.int32)
        left = np.where(out, day, some.excursion).astype(np.int32)
        parts.append(_Ward(np.concatenate([some.letters, column], axis=1), some.doses, left))
    return _Ward(
        np.concatenate([p.letters for p in parts]),
        np.concatenate([p.doses for p in parts]),
        np.concatenate([p.excursion for p in parts]),
    )


def _merge(ward: _Ward, memory: int, day: int) -> _Ward:
    """One of each that no rule can tell apart."""
    recent = ward.letters[:, -memory:] if memory else ward.letters[:, :0]
    age = np.where(ward.excursion < 0, -1, np.minimum(day - ward.excursion, 31)).astype(np.int32)
    which = np.where(ward.excursion < 0, -1, ward.letters[np.arange(ward.size), np.maximum(ward.excursion, 0)])
    past = ward.doses[:, -_LOOKS_BACK:].reshape(ward.size, -1)
    key = np.concatenate([recent, age[:, None], np.where(age >= 31, -1, which)[:, None], past], axis=1)
    _, rows = np.unique(key, axis=0, return_index=True)
    return ward.take(np.sort(rows))


def _swinging(ward: _Ward) -> npt.NDArray[np.bool_]:
    """Patients in whom a line went up, down and up again (or the other way about) within a week."""
    week = ward.doses[:, -8:]
    move = np.sign(np.diff(week, axis=1))
    turns = np.zeros(ward.size, np.int32)
    for line in range(move.shape[2]):
        last = np.zeros(ward.size, np.int32)
        count = np.zeros(ward.size, np.int32)
        for step in range(move.shape[1]):
            here = move[:, step, line]
            count += (here != 0) & (last != 0) & (here != last)
            last = np.where(here != 0, here, last)
        turns = np.maximum(turns, count)
    return turns >= 2


def _below_floor(total: I32) -> npt.NDArray[np.bool_]:
    """Patients whose insulin of a day is less than half of the highest of the fortnight before; a last small dose may stop."""
    highest = total[:, -_FORTNIGHT - 1 : -1].max(axis=1)
    stopped = (total[:, -1] == 0) & (total[:, -2] <= LAST_DOSE)
    # A dose in thousandths may lie below the exact half by its rounding.
    return (total[:, -1] < total[:, -2]) & ((total[:, -1] + 1) * 100 <= highest * FLOOR_PERCENT) & ~stopped


def _followed(
    engine: Engine, start: Start, ward: _Ward, *, plans: Plans, day: int, values: I32
) -> tuple[_Ward, list[Restart]]:
    """The patients with each plan given the next day; and lines raised again too soon after they were stopped."""
    next_doses = ward.doses[:, -1].copy()
    restarts: list[Restart] = []
    names = {(g.drug, int(g.slot)): i for i, (g, _) in enumerate(start.lines)}
    drugs = sorted({g.drug for g, _ in start.lines})
    for row in np.flatnonzero(plans.dose_after != plans.dose_before).tolist():
        patient = int(plans.patient[row])
        line = names[drugs[int(plans.drug[row])], int(plans.slot[row])]
        if ward.doses[patient, -1, line] == 0:
            stopped = int(np.flatnonzero(ward.doses[patient, :, line] > 0)[-1]) + 1
            if plans.dose_after[row] > plans.dose_before[row] and day + 1 - stopped < start.settle[line]:
                one = ward.take(np.array([patient]))
                witness = Witness(_log(engine, start, one, values, day), start.lines[line][0], AS_OF + day)
                restarts.append(Restart(stopped, day, witness))
            continue
        next_doses[patient, line] = plans.dose_after[row]
    doses = np.concatenate([ward.doses, next_doses[:, None, :]], axis=1)
    return _Ward(ward.letters, doses, ward.excursion), restarts


def _log(engine: Engine, start: Start, ward: _Ward, values: I32, day: int) -> Log:
    """Everything recorded of the patients up to the end of a day."""
    size, days, width = ward.size, day + 1, len(_TIMINGS)
    numbers = np.arange(size, dtype=np.int32)
    first = AS_OF * MINUTES_A_DAY
    minutes = np.array([m for _, m in _TIMINGS], np.int32)
    when = (first + np.arange(days, dtype=np.int32)[:, None] * MINUTES_A_DAY + minutes).reshape(-1)
    readings = Readings(
        patient=np.repeat(numbers, days * width),
        minute=np.tile(when, size),
        value=values[ward.letters[:, :days]][:, :, _AFTER_MEAL].reshape(-1).astype(np.int32),
        timing=np.tile(np.array([int(t) for t, _ in _TIMINGS], np.int8), size * days),
        source=np.full(size * days * width, int(Source.CBG), np.int8),
        repeat=np.zeros(size * days * width, np.bool_),
    )
    return Log(
        system=engine.system,
        people=tuple(Person(f"state-{i}", age_years=60, diabetes_type="T2D") for i in range(size)),
        drugs=tuple(sorted({g.drug for g, _ in start.lines})),
        readings=readings,
        doses=_doses(start, ward, days),
        events=_events(size),
        labs=_labs(size),
    )


def _doses(start: Start, ward: _Ward, days: int) -> Doses:
    drugs = sorted({g.drug for g, _ in start.lines})
    order = sorted(range(len(start.lines)), key=lambda i: _DOSED_AT[start.lines[i][0].slot])
    lines = [start.lines[i][0] for i in order]
    amounts = ward.doses[:, :days][:, :, order]
    minute = AS_OF * MINUTES_A_DAY + np.arange(days, dtype=np.int32)[:, None] * MINUTES_A_DAY
    minutes = np.broadcast_to(minute + np.array([_DOSED_AT[g.slot] for g in lines], np.int32), amounts.shape)
    given = amounts > 0

    def spread(column: list[int], kind: type[np.signedinteger]) -> npt.NDArray[np.signedinteger]:
        return np.broadcast_to(np.array(column, kind), amounts.shape)[given]

    patients = np.broadcast_to(np.arange(ward.size, dtype=np.int32)[:, None, None], amounts.shape)
    return Doses(
        patient=patients[given].astype(np.int32),
        minute=minutes[given].astype(np.int32),
        drug=spread([drugs.index(g.drug) for g in lines], np.int32).astype(np.int32),
        amount=amounts[given].astype(np.int32),
        slot=spread([int(g.slot) for g in lines], np.int8).astype(np.int8),
        route=spread([int(g.route) for g in lines], np.int8).astype(np.int8),
        doubtful=np.zeros(int(given.sum()), np.bool_),
    )


def _events(size: int) -> Events:
    """The reason for tapering tablets is on record from the first day."""
    minute = np.full(size, AS_OF * MINUTES_A_DAY + 5, np.int32)
    kind = np.full(size, event_code(EventKind.REASON_RECORDED.value), np.int8)
    return Events(np.arange(size, dtype=np.int32), minute, kind)


def _labs(size: int) -> Labs:
    given = ((LabKind.WEIGHT, 70_000), (LabKind.EGFR, 90_000), (LabKind.C_PEPTIDE, 900), (LabKind.HBA1C, 6_500))
    minute = np.full(size * len(given), (AS_OF - 3) * MINUTES_A_DAY, np.int32)
    kinds = np.tile(np.array([lab_code(k.value) for k, _ in given], np.int8), size)
    values = np.tile(np.array([v for _, v in given], np.int32), size)
    return Labs(np.repeat(np.arange(size, dtype=np.int32), len(given)), minute, kinds, values)
