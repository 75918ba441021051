"""Weeks in the life of one invented patient: the model's glucose, the ward's readings and doses, as log rows."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import patient_model as model
from ward_doctor import REVIEW_EVERY, Seen, review
from ward_stories import PRODUCTS, SLOTS, Line, Planned, Story

Row = tuple[int, tuple[str, ...]]
"""Minute since the start of the first day, and the cells after ``patient_id`` and ``time``."""

_DAY: Final = 1440
READ_AT: Final = (380, 560, 690, 830, 1040, 1190, 1300, 1610)
"""Earliest minute of each clock point; the last is 02:50 of the next date."""
GIVEN_AT: Final = (430, 715, 1070, 1335)
READ_SHARE: Final = (0.97, 0.85, 0.70, 0.80, 0.75, 0.80, 0.85, 0.12)
_OFF_WARD_SHARE: Final = 0.05
_FELT_SHARE: Final = 0.5
_HYPO: Final = 3.9
_METER_ENDS: Final = {"LO": 0.5, "HI": 34.0}
_LEAST_RESPONSIVENESS: Final = 0.8
_PUMP_HOURS: Final = {"breakfast": 5.0, "lunch": 6.0, "dinner": 4.5, "bedtime": 8.5}


@dataclass
class History:
    """Rows of one patient, in no order yet."""

    readings: list[Row] = field(default_factory=list[Row])
    doses: list[Row] = field(default_factory=list[Row])
    events: list[Row] = field(default_factory=list[Row])
    labs: list[Row] = field(default_factory=list[Row])


@dataclass
class _Ward:
    """What changes from day to day while a history is written."""

    story: Story
    days: int
    rng: np.random.Generator
    history: History
    lines: tuple[Line, ...]
    end: int
    """First minute that is no longer written down."""
    evening: dict[str, float]
    """Units of each slow insulin given on the evening before: they act today."""
    seen: list[Seen] = field(default_factory=list[Seen])


def write_history(story: Story, number: int, *, days: int, seed: int, morning: int = 0) -> History:
    """The history of patient ``number`` over ``days`` days; the same arguments give the same rows.

    ``morning`` is the minute of the day after at which it ends: what was read by then, before any dose of that day.
    """
    rng = np.random.default_rng([seed, number])
    evening = {slow_name(line): line.amount for line in story.lines if acts_tomorrow(line)}
    ward = _Ward(story, days, rng, History(), story.lines, days * _DAY + morning, dict(evening))
    body, state = settled(story, therapy_of(story.lines, [line.amount for line in story.lines], evening), rng)
    _note_happenings(ward)
    for day in range(days + (morning > 0)):
        _note_labs(ward, day, float(state.hba1c[0]))
        if day < days:
            _visit(ward, day)
        given = _give(ward, day)
        therapy = therapy_of(ward.lines, given, ward.evening)
        ward.evening = {
            slow_name(line): amount for line, amount in zip(ward.lines, given, strict=True) if acts_tomorrow(line)
        }
        share = 0.0 if story.swing < 0.7 else 0.03
        chance = model.draw(rng, 1, scale=story.swing, sensitive_share=share)
        sensitivity, responsiveness = _gains(story, day, days)
        state, glucose = model.step(
            body, state, therapy, chance, sensitivity_gain=sensitivity, responsiveness_gain=responsiveness
        )
        _read(ward, day, glucose)
    return _ended(ward)


def _ended(ward: _Ward) -> History:
    """The history without what comes later than its end; a low that was felt is told with its reading."""
    history = ward.history
    tables = (history.readings, history.doses, history.events, history.labs)
    return History(*([row for row in table if row[0] < ward.end] for table in tables))


def on_day(day: int, days: int) -> int:
    """A story's day as a day of the log: negative days count from the last, -1 being the last."""
    return day if day >= 0 else days + day


def creatinine_umol(egfr: float, age: int, sex: str) -> float:
    """The creatinine in umol/L whose CKD-EPI 2021 eGFR is ``egfr``."""
    female = sex == "female"
    kappa, alpha = (0.7, -0.241) if female else (0.9, -0.302)
    ratio = egfr / (142.0 * 0.9938**age * (1.012 if female else 1.0))
    return 88.4 * kappa * ratio ** (1.0 / (alpha if ratio > 1.0 else -1.2))


def settled(story: Story, therapy: model.Therapy, rng: np.random.Generator) -> tuple[model.Body, model.State]:
    """The body and state of a story on its first day, settled on its doses."""
    drawn = 0.70 * 95.0 / story.weight_kg * float(np.exp(0.47 * rng.standard_normal()))
    sensitivity = story.sensitivity or drawn
    production = rng.normal(365.0, 10.0, 1)
    carbs = np.array([model.CARBS_G]) * np.clip(rng.normal(1.0, 0.10, (1, 3)), 0.7, 1.3)
    for _ in range(60):
        try:
            body, state = model.settle(
                therapy,
                np.array([story.fasting]),
                np.array([sensitivity]),
                production=production,
                meal_rise=np.array([story.rise]),
                carbs=carbs,
            )
        except ValueError:
            sensitivity *= 0.9
            continue
        if float(body.responsiveness[0]) >= _LEAST_RESPONSIVENESS:
            return body, state
        sensitivity *= 0.9
    raise ValueError(f"no patient fits the story: {story.title}")


def therapy_of(lines: tuple[Line, ...], given: Iterable[float], evening: dict[str, float]) -> model.Therapy:
    """What the model is given for a day's lines; ``evening`` holds the bedtime insulins of the day before."""
    therapy = model.no_therapy(1)
    for name, units in evening.items():
        therapy.slow[0, model.LONG_NAMES.index(name)] += units
    for line, amount in zip(lines, given, strict=True):
        product = PRODUCTS[line.drug]
        if product.tablet is not None:
            column = model.TABLET_NAMES.index(product.tablet)
            therapy.tablets[0, column] = min(1.0, therapy.tablets[0, column] + amount / product.full_dose)
        elif line.route == "csii_basal":
            therapy.slow[0, model.LONG_NAMES.index("pump")] += amount * _PUMP_HOURS[line.slot]
        elif product.kind != "other":
            if product.slow is not None and not acts_tomorrow(line):
                therapy.slow[0, model.LONG_NAMES.index(slow_name(line))] += amount * (1.0 - product.rapid_share)
            if line.slot != "bedtime":
                therapy.rapid[0, SLOTS.index(line.slot)] += amount * product.rapid_share
    return therapy


def acts_tomorrow(line: Line) -> bool:
    """Whether a line is given at bedtime and so acts on the next day."""
    return line.kind == "basal" and line.slot == "bedtime"


def slow_name(line: Line) -> str:
    """The slow insulin a line acts as in the model."""
    slow = PRODUCTS[line.drug].slow
    return f"premix_{line.slot}" if slow == "premix" else str(slow)


def _gains(story: Story, day: int, days: int) -> tuple[float, float]:
    """Factors on sensitivity and responsiveness: a therapy's recovery and an illness's strain."""
    sensitivity, responsiveness = 1.0, 1.0
    if story.recovers_on is not None:
        since = float(day - story.recovers_on)
        sensitivity = model.recovery_gain(since, 1.4, early=0.8, tau=6.0)
        responsiveness = model.recovery_gain(since, 0.9, early=0.4, tau=14.0)
    for happening in story.happenings:
        if day >= on_day(happening.day, days):
            sensitivity *= happening.strain
    return sensitivity, responsiveness


def _note_happenings(ward: _Ward) -> None:
    for happening in ward.story.happenings:
        day = on_day(happening.day, ward.days)
        if 0 <= day < ward.days:
            ward.history.events.append((day * _DAY + happening.hour * 60, (happening.kind,)))


def _note_labs(ward: _Ward, day: int, hba1c: float) -> None:
    story, minute = ward.story, day * _DAY + 6 * 60
    labs: list[tuple[str, str, str]] = []
    if day % 7 == 0 and "no_weight" not in story.quirks:
        weight = story.weight_kg + (0.0 if day == 0 else round(0.2 * float(ward.rng.standard_normal()), 1))
        labs.append(("weight", f"{weight:.1f}", "kg"))
    if day == 0 or day % 84 == 83:
        labs.append(("hba1c", f"{hba1c:.1f}", "%"))
    if day == 0:
        creatinine = creatinine_umol(story.egfr, story.age, story.sex)
        labs.append(("egfr", str(story.egfr), "mL/min/1.73 m2"))
        labs.append(("creatinine", f"{creatinine:.0f}", "umol/L"))
        labs.append(("c_peptide", f"{story.c_peptide:.2f}", "nmol/L"))
    ward.history.labs.extend((minute, lab) for lab in labs)


def _visit(ward: _Ward, day: int) -> None:
    """The doctor's round before breakfast."""
    story = ward.story
    if story.doctor == "leaves" or day == 0 or day % REVIEW_EVERY:
        return
    begins = next((on_day(h.day, ward.days) for h in story.happenings if h.kind == "taper_on"), 0)
    if story.doctor == "tapers" and day < begins:
        return
    recent = [s for s in ward.seen if s.day >= day - REVIEW_EVERY]
    ward.lines = review(ward.lines, recent, started_on=story.lines, tapering=story.doctor == "tapers")


def _give(ward: _Ward, day: int) -> list[float]:
    """Write the day's doses; a dose not taken is written as 0 with an event beside it."""
    given: list[float] = []
    for line in ward.lines:
        minute = day * _DAY + GIVEN_AT[SLOTS.index(line.slot)] + int(ward.rng.integers(0, 15))
        amount = line.amount if ward.rng.random() < ward.story.taken else 0.0
        if amount == 0.0:
            ward.history.events.append((minute, ("missed_dose",)))
        ward.history.doses.append((minute, (line.drug, f"{amount:g}", line.unit, line.slot, line.route)))
        given.append(amount)
    return given


def _read(ward: _Ward, day: int, glucose: model.Floats) -> None:
    """Write the day's readings: the ward's schedule, its gaps, lows that were felt, and the planned ones."""
    rng, story = ward.rng, ward.story
    shown = model.meter(glucose, rng.standard_normal(glucose.shape))[0]
    wanted = rng.random(len(model.CLOCK)) < np.array(READ_SHARE)
    if rng.random() < _OFF_WARD_SHARE:
        wanted[2:] = False
    felt = (rng.random(len(model.CLOCK)) < _FELT_SHARE) & (shown < _HYPO)
    later = rng.integers(0, 30, len(model.CLOCK))
    for point, timing in enumerate(model.CLOCK):
        planned = next((p for p in story.planned if on_day(p.day, ward.days) == day and p.timing == timing), None)
        if planned is None and not (wanted[point] or felt[point]):
            continue
        made = planned or Planned(day, timing, f"{shown[point]:.1f}", bool(felt[point]))
        _write_reading(ward, day, int(day * _DAY + READ_AT[point] + later[point]), replace(made, day=day))


def _write_reading(ward: _Ward, day: int, minute: int, reading: Planned) -> None:
    story, rng = ward.story, ward.rng
    rises = float(rng.uniform(1.4, 2.6))
    twice = "repeats" in story.quirks and rng.random() < 0.12
    stale = "stale" in story.quirks and day > ward.days - 6
    if stale or minute >= ward.end:
        return
    value = _METER_ENDS.get(reading.shown) or float(reading.shown)
    row = (minute, (reading.shown, "mmol/L", reading.timing, "cbg"))
    ward.history.readings.extend([row, row] if twice else [row])
    ward.seen.append(Seen(day, reading.timing, value))
    if value < _HYPO:
        after = f"{max(value, 1.1) + rises:.1f}"
        if minute + 16 < ward.end:
            ward.history.readings.append((minute + 16, (after, "mmol/L", "random", "cbg")))
        if reading.felt:
            ward.history.events.append((minute, ("hypo_symptoms",)))
