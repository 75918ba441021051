"""One invented patient through a whole study, in a closed loop: the rule pack's plan of each evening is given the next day.

The glucose of a day comes from ``patient_model``, the next day's doses from the ordinary engine: the log so far is
loaded as any log is, the day is decided as ``titration assess`` decides it, and every change of the plan is followed from
the first infusion on. Before it the doses stay as they are, as the protocol asks. Nobody draws a value by hand.

Numbers of the story are choices made for an example (ASSUMED throughout). Calibrated to group means only: never evidence
of efficacy or safety.
"""

import csv
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
import patient_model as model
from ward_history import GIVEN_AT, READ_AT, READ_SHARE, acts_tomorrow, settled, slow_name, therapy_of
from ward_stories import SLOTS, Line, Story, regimen

from titration.clinical import PLAN_KINDS, PlanKind, Slot
from titration.engine.decide import Engine
from titration.formulary import Formulary, shipped
from titration.log.load import load
from titration.log.model import Log
from titration.packs.load import load_pack
from titration.resources import rules_folder
from titration.service.assessment import Patient, decide_day
from titration.units import MILLI, UnitSystem

Rows = list[tuple[str, ...]]

FIRST_DAY: Final = np.datetime64("2026-01-05T00:00", "m")
SCREENING_DAYS: Final = 56
INFUSION_DAYS: Final = (56, 63, 70)
VISITS: Final = {"B": 56, "W0": 70, "W1": 77, "W2": 84, "W3": 91, "W4": 98, "W12": 154}
"""Day of each visit from the start of screening; W0 is the end of treatment, the day of the last infusion."""
LAST_DAY: Final = 156
_DAY: Final = 1440
_FIRST: Final = int(FIRST_DAY.astype("datetime64[D]").astype(int))
_LAB_CV: Final = 0.02
_FELT_SHARE: Final = 0.5
_LOW: Final = 3.9
_FULL: Final = ("B", "W0", "W4", "W12")
"""Visits with blood beyond glucose."""

STORY: Final = Story(
    "shaped like the founding case: basal insulin and three tablets, much less needed after the therapy",
    "male", 60, 171, 72.0, 12, 88, 0.72,
    regimen(
        "insulin glargine -/-/-/26; glimepiride 2/-/-/-; metformin 500/-/500/-; acarbose 50/50/50/-"
    ),
    fasting=8.2, rise=0.75, sensitivity=0.5, swing=0.6, comorbidities="hypertension",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Effect:
    """What the therapy does in the model: full gains of sensitivity and responsiveness; an input, not a finding."""

    sensitivity: float = 1.4
    responsiveness: float = 0.9


EFFECT: Final = Effect()
NO_EFFECT: Final = Effect(0.0, 0.0)


@dataclass
class _Course:
    patient_id: str
    story: Story
    effect: Effect
    rng: np.random.Generator
    lines: tuple[Line, ...]
    evening: dict[str, float]
    tables: dict[str, Rows] = field(
        default_factory=lambda: {name: [] for name in ("readings", "doses", "events", "labs", "patients")}
    )
    engine: Engine | None = None

    def gains(self, day: int) -> tuple[float, float]:
        since = float(day - INFUSION_DAYS[0])
        return (
            model.recovery_gain(since, self.effect.sensitivity, early=0.8, tau=6.0),
            model.recovery_gain(since, self.effect.responsiveness, early=0.4, tau=14.0),
        )

    def add(self, table: str, minute: int, *cells: str) -> None:
        self.tables[table].append((self.patient_id, stamp(minute), *cells))


def stamp(minute: int) -> str:
    """A minute since the first day as a log writes it."""
    return str(FIRST_DAY + np.timedelta64(minute, "m")).replace("T", " ")


def write_course(
    patient_id: str, effect: Effect, *, seed: int, follow: bool = True, story: Story = STORY
) -> Mapping[str, Rows]:
    """The rows of one patient's tables, in order of time; the same arguments give the same rows.

    With ``follow`` false no dose is ever changed. ``seed`` fixes body, noise and readings: the same seed with another ``effect`` is the same patient on the same days.
    """
    formulary = shipped()
    engine = Engine(load_pack(rules_folder() / "huc-msc-t2dm"), UnitSystem.MMOL, formulary)
    evening = {slow_name(line): line.amount for line in story.lines if acts_tomorrow(line)}
    course = _Course(patient_id, story, effect, np.random.default_rng(seed), story.lines, dict(evening), engine=engine)
    body, state = settled(story, therapy_of(story.lines, [line.amount for line in story.lines], evening), course.rng)
    agents = "; ".join(dict.fromkeys(line.drug for line in story.lines))
    course.tables["patients"].append(
        (
            patient_id,
            story.sex,
            str(story.age),
            f"{story.height_cm / 100:g}",
            "T2D",
            str(story.years),
            story.comorbidities,
            agents,
        )
    )
    _note_events(course)
    baseline = float(model.secretion(body, state, np.array([story.fasting]))[0])
    for day in range(LAST_DAY + 1):
        given = _give(course, day)
        therapy = therapy_of(course.lines, given, course.evening)
        course.evening = {slow_name(ln): ln.amount for ln in course.lines if acts_tomorrow(ln)}
        chance = model.draw(course.rng, 1, scale=story.swing, sensitive_share=0.0)
        sensitivity, responsiveness = course.gains(day)
        state, glucose = model.step(
            body, state, therapy, chance, sensitivity_gain=sensitivity, responsiveness_gain=responsiveness
        )
        own = model.secretion(body, state, glucose[0], responsiveness_gain=responsiveness) / baseline
        _read(course, day, glucose)
        _measure(course, day, glucose[0], hba1c=float(state.hba1c[0]), own=own)
        if follow and day >= INFUSION_DAYS[0]:
            course.lines = _follow(course, day, formulary)
    return course.tables


def _note_events(course: _Course) -> None:
    first, last = INFUSION_DAYS[0], INFUSION_DAYS[-1]
    for day, hour, kind in (
        (0, 8, "phase_screening"), (first, 8, "baseline"), (first, 8, "phase_treatment"),
        (first, 8, "taper_on"), (last + 1, 8, "phase_follow_up"),
    ):  # fmt: skip
        course.add("events", day * _DAY + hour * 60, kind)


def _give(course: _Course, day: int) -> list[float]:
    for line in course.lines:
        minute = day * _DAY + GIVEN_AT[SLOTS.index(line.slot)] + int(course.rng.integers(0, 15))
        course.add("doses", minute, line.drug, f"{line.amount:g}", line.unit, line.slot, line.route)
    # The draws of a day do not depend on how many lines are left, so that both arms see the same days.
    for _ in range(len(course.story.lines) - len(course.lines)):
        course.rng.integers(0, 15)
    return [line.amount for line in course.lines]


def _read(course: _Course, day: int, glucose: model.Floats) -> None:
    shown = model.meter(glucose, course.rng.standard_normal(glucose.shape))[0]
    wanted = course.rng.random(len(model.CLOCK)) < np.array(READ_SHARE)
    felt = (course.rng.random(len(model.CLOCK)) < _FELT_SHARE) & (shown < _LOW)
    later = course.rng.integers(0, 30, len(model.CLOCK))
    for point, timing in enumerate(model.CLOCK):
        minute = int(day * _DAY + READ_AT[point] + later[point])
        if not (wanted[point] or felt[point]) or minute >= (LAST_DAY + 1) * _DAY:
            continue
        course.add("readings", minute, f"{shown[point]:.1f}", "mmol/L", timing, "cbg")
        if felt[point]:
            course.add("events", minute, "hypo_symptoms")


def _measure(course: _Course, day: int, glucose: model.Floats, *, hba1c: float, own: model.Floats) -> None:
    """What the laboratory finds on a visit's morning, two hours after breakfast too."""
    visit = next((name for name, at in VISITS.items() if at == day), None)
    noise = 1.0 + _LAB_CV * course.rng.standard_normal(8)
    if day in (0, *VISITS.values(), *INFUSION_DAYS):
        course.add("labs", day * _DAY + 360, "weight", f"{course.story.weight_kg + 10 * (noise[5] - 1):.1f}", "kg")
    if day == 0:
        course.add("labs", 360, "egfr", str(course.story.egfr), "mL/min/1.73 m2")
    if visit is not None:
        course.add("readings", day * _DAY + 370, f"{glucose[0] * noise[6]:.1f}", "mmol/L", "fasting", "lab")
        course.add("readings", day * _DAY + 560, f"{glucose[1] * noise[7]:.1f}", "mmol/L", "post_breakfast", "lab")
    if visit not in _FULL:
        return
    minute = day * _DAY + 370
    fasting = course.story.c_peptide * float(own[0])
    after = 2.2 * course.story.c_peptide * float(own[1])
    course.add("labs", minute, "hba1c", f"{hba1c:.1f}", "%")
    course.add("labs", minute, "c_peptide", f"{fasting * noise[1]:.2f}", "nmol/L")
    course.add("labs", minute, "egfr", f"{course.story.egfr * noise[4]:.0f}", "mL/min/1.73 m2")
    course.add("labs", minute, "alt", f"{26 * (1 + 5 * (noise[3] - 1)):.0f}", "U/L")
    course.add("labs", minute, "crp", f"{1.4 * (1 + 8 * (noise[0] - 1)):.1f}", "mg/L")
    course.add("labs", minute + 190, "c_peptide_2h", f"{after * noise[2]:.2f}", "nmol/L")


def _follow(course: _Course, day: int, formulary: Formulary) -> tuple[Line, ...]:
    """Tomorrow's lines: what the plan of this evening says, line by line."""
    assert course.engine is not None
    decision = decide_day(course.engine, Patient(_log_so_far(course, formulary)), _FIRST + day)
    plans = decision.plans
    drugs = decision.grid.lines.drugs
    told: dict[tuple[str, str], tuple[PlanKind, int]] = {}
    for row in range(len(plans)):
        product = drugs[int(plans.drug[row])].product
        if product is not None:
            told[product.id, Slot(int(plans.slot[row])).text] = (
                PLAN_KINDS[int(plans.kind[row])], int(plans.dose_after[row])
            )  # fmt: skip
    lines: list[Line] = []
    for line in course.lines:
        product = formulary.find(line.drug)
        assert product is not None
        kind, dose = told.get((product.id, line.slot), (PlanKind.HOLD, round(line.amount * MILLI)))
        if kind is PlanKind.STOP:
            continue
        lines.append(replace(line, amount=dose / MILLI) if kind in (PlanKind.ADJUST_DOWN, PlanKind.ADJUST_UP) else line)
    return tuple(lines)


HEADERS: Final = {
    "readings": ("patient_id", "time", "glucose", "unit", "timing", "source"),
    "doses": ("patient_id", "time", "drug", "amount", "unit", "slot", "route"),
    "events": ("patient_id", "time", "kind"),
    "labs": ("patient_id", "time", "kind", "value", "unit"),
    "patients": ("patient_id", "sex", "age", "height_m", "diabetes_type", "duration_years", "comorbidities", "agents"),
}


def _log_so_far(course: _Course, formulary: Formulary) -> Log:
    with tempfile.TemporaryDirectory() as name:
        for table, header in HEADERS.items():
            with (Path(name) / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows([header, *course.tables[table]])
        return load(Path(name), formulary=formulary).logs[0]
