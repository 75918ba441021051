"""Closed loops: every plan is given the next day, while readings do not respond, so that only the rules move the doses."""

from dataclasses import dataclass, field
from itertools import product

import numpy as np

from titration.clinical import EventKind, LabKind, Slot, Timing
from titration.engine.decide import Engine
from titration.engine.plans import NO_RULE
from titration.features.attribution import INSULIN_KINDS
from titration.formulary import Product, shipped
from titration.log.model import Doses, Events, Labs, Log, Person, Readings, event_code, lab_code
from titration.packs.model import LimitTo, Tier
from titration.testing.wards import DOSE_HOUR, DRUGS, FIRST_DAY, HOURS, REGIMENS
from titration.units import UnitSystem

WOBBLE = (0, 2, -1, 1, -2)
"""Tenths of mmol/L added from day to day, so that no two days are quite alike."""
POST = (Timing.POST_BREAKFAST, Timing.POST_LUNCH, Timing.POST_DINNER)
MEASURED = tuple(t for t in HOURS if t not in (Timing.OVERNIGHT, Timing.RANDOM))


@dataclass(frozen=True)
class Story:
    """One patient: a regimen, a glucose level in tenths of mmol/L, taper mode, and a low (day, value) if any."""

    regimen: int
    level: int
    taper: bool
    low: tuple[int, int] | None = None

    def value(self, timing: Timing, day: int) -> int:
        """The reading of a timing on a day."""
        return self.level + (15 if timing in POST else 0) + WOBBLE[day % len(WOBBLE)]

    @property
    def readings(self) -> tuple[Timing, ...]:
        return MEASURED


@dataclass(frozen=True)
class Change:
    """A change of a line's dose, in force from ``day`` (counted from the story's first) on; 0 is a stop."""

    day: int
    before: int
    after: int
    tier: Tier
    rule: str
    limit: bool
    """Whether the rule holds the dose within a renal limit."""

    @property
    def up(self) -> bool:
        return self.after > self.before


@dataclass
class Course:
    """A line's doses day by day (thousandths) and its changes; ``ghosts`` are changes planned after it was stopped."""

    drug: str
    slot: Slot
    doses: list[int]
    changes: list[Change] = field(default_factory=list[Change])
    ghosts: list[Change] = field(default_factory=list[Change])

    @property
    def product(self) -> Product | None:
        return shipped().find(self.drug)

    @property
    def settle_days(self) -> int:
        return self.product.settle_days if self.product else 0

    @property
    def is_insulin(self) -> bool:
        return self.product is not None and self.product.kind in INSULIN_KINDS

    @property
    def stopped(self) -> bool:
        return self.doses[-1] == 0


@dataclass
class Trajectory:
    """What became of one story."""

    story: Story
    lines: list[Course]

    def insulin(self, day: int) -> int:
        """Total daily insulin, thousandths of units."""
        return sum(line.doses[day] for line in self.lines if line.is_insulin)

    def changes(self) -> list[Change]:
        """Changes of any line, by day."""
        return sorted((c for line in self.lines for c in line.changes), key=lambda c: c.day)


def stories(
    levels: tuple[int, ...], *, with_lows: tuple[int, ...] = (), tapers: tuple[bool, ...] = (False, True)
) -> list[Story]:
    """Every regimen at every level; at the levels ``with_lows`` also with a low on the tenth day."""
    plain = [Story(r, level, taper) for r, level, taper in product(range(len(REGIMENS)), levels, tapers)]
    lows = product(range(len(REGIMENS)), with_lows, tapers, (20, 35))
    return plain + [Story(r, level, taper, (9, value)) for r, level, taper, value in lows]


def run(engine: Engine, chosen: list[Story], days: int, *, hba1c: int | None = None) -> list[Trajectory]:
    """Give every plan the next day, for so many days; ``hba1c`` in thousandths of a percent, known on the first."""
    ward = _Ward(chosen, days, hba1c)
    ids = [rule.id for rule in engine.pack.rules]
    out = [
        Trajectory(s, [Course(DRUGS[d], slot, [amount * 1000]) for d, slot, amount in REGIMENS[s.regimen]])
        for s in chosen
    ]
    for day in range(days - 1):
        log = ward.log(out, day)
        plans = engine.decide(engine.grid(log, through=FIRST_DAY + day), day=FIRST_DAY + day).plans
        for trajectory in out:
            for line in trajectory.lines:
                line.doses.append(line.doses[-1])
        for i in range(len(plans)):
            trajectory = out[int(plans.patient[i])]
            line = _line(trajectory, DRUGS[int(plans.drug[i])], Slot(int(plans.slot[i])))
            before, after, index = int(plans.dose_before[i]), int(plans.dose_after[i]), int(plans.rule[i])
            if before == after:
                continue
            assert index != NO_RULE, f"{line.drug} changed by no rule"
            rule = engine.pack.rules[index]
            change = Change(day + 1, before, after, rule.tier, ids[index], isinstance(rule.step, LimitTo))
            if line.doses[-1] == 0:
                line.ghosts.append(change)
                continue
            line.changes.append(change)
            line.doses[-1] = after
    return out


def _line(trajectory: Trajectory, drug: str, slot: Slot) -> Course:
    return next(line for line in trajectory.lines if line.drug == drug and line.slot is slot)


class _Ward:
    """The log of many stories as it stands after each day."""

    def __init__(self, chosen: list[Story], days: int, hba1c: int | None) -> None:
        rows = sorted(
            (patient, (FIRST_DAY + day) * 1440 + int(HOURS[timing] * 60), story.value(timing, day), int(timing))
            for patient, story in enumerate(chosen)
            for day in range(days)
            for timing in story.readings
        )
        rows += [
            (patient, (FIRST_DAY + story.low[0]) * 1440 + 180, story.low[1], int(Timing.OVERNIGHT))
            for patient, story in enumerate(chosen)
            if story.low is not None
        ]
        self._readings = np.array(sorted(rows), np.int32).T
        self._people = tuple(Person(f"P{i:04d}", age_years=60, diabetes_type="T2D") for i in range(len(chosen)))
        start = FIRST_DAY * 1440
        kinds = [(LabKind.WEIGHT, 80_000), (LabKind.EGFR, 90_000), (LabKind.C_PEPTIDE, 900)]
        if hba1c is not None:
            kinds.append((LabKind.HBA1C, hba1c))
        labs = [(p, start, lab_code(kind), value) for p in range(len(chosen)) for kind, value in kinds]
        patient, minute, kind, value = np.array(labs, np.int32).T
        self._labs = Labs(patient, minute, kind.astype(np.int8), value)
        told = [(p, start, event_code(EventKind.REASON_RECORDED)) for p in range(len(chosen))]
        told += [(p, start, event_code(EventKind.TAPER_ON)) for p, story in enumerate(chosen) if story.taper]
        patient, minute, kind = np.array(sorted(told), np.int32).T
        self._events = Events(patient, minute, kind.astype(np.int8))

    def log(self, trajectories: list[Trajectory], day: int) -> Log:
        """Everything recorded up to the end of a day."""
        patient, minute, value, timing = self._readings[:, self._readings[1] < (FIRST_DAY + day + 1) * 1440]
        nothing = np.zeros(len(patient), np.int8)
        return Log(
            system=UnitSystem.MMOL,
            people=self._people,
            drugs=DRUGS,
            readings=Readings(patient, minute, value, timing.astype(np.int8), nothing, nothing.astype(np.bool_)),
            doses=_given(trajectories),
            events=self._events,
            labs=self._labs,
        )


def _given(trajectories: list[Trajectory]) -> Doses:
    """Every dose up to now; a stopped line has no record."""
    rows = sorted(
        (
            patient,
            (FIRST_DAY + day) * 1440 + int(DOSE_HOUR[line.slot] * 60),
            DRUGS.index(line.drug),
            amount,
            int(line.slot),
        )
        for patient, trajectory in enumerate(trajectories)
        for line in trajectory.lines
        for day, amount in enumerate(line.doses)
        if amount > 0
    )
    patient, minute, drug, amount, slot = np.array(rows, np.int32).T
    nothing = np.zeros(len(rows), np.int8)
    return Doses(patient, minute, drug, amount, slot.astype(np.int8), nothing, nothing.astype(np.bool_))
