"""A small virtual patient for made-up logs: one step is one day, arrays hold one row per patient.

The fasting core is the steady state of MVP-T2D (Krishnamoorthy 2021, after Aradottir 2019 and Kanderian
2009): ``(clearance + sensitivity * (units + responsiveness * G)) * G = production``, a quadratic in the
glucose G with a closed form. Meals, tablets, insulin shapes, noise and the meter are an empirical layer
on top. Numbers marked ASSUMED are choices, not findings.

Calibrated to group means only: never evidence of efficacy or safety. Absent on purpose: weight change,
kidney function, GLP-1 receptor agonists, hypoglycaemia nadirs between the eight clock points.

Glucose is mmol/L, insulin is units, time is days. ``production`` (mmol/L/day), ``sensitivity`` (1/unit) and
``clearance`` (1/day) are lumped: only their ratios mean anything, so none may be read as physiology.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]

CLOCK: Final = (
    "fasting",
    "post_breakfast",
    "pre_lunch",
    "post_lunch",
    "pre_dinner",
    "post_dinner",
    "bedtime",
    "overnight",
)
"""The eight points: 07:00, 09:30, 12:00, 14:00, 18:00, 20:00, 22:30 and 03:00 of the night that follows."""

DAY_WEIGHTS: Final = np.array([0.135, 0.104, 0.094, 0.125, 0.125, 0.094, 0.146, 0.177])
"""Trapezoid weights of the clock points in the mean of a day."""

PRODUCTION: Final = 365.0
CLEARANCE: Final = 3.31
CARBS_G: Final = (50.0, 70.0, 70.0)
MEAL_RISE: Final = 0.40
"""Population mean rise, mmol/L for each 10 g of carbohydrate."""

DAWN: Final = np.array([1.0, 1.05, 1.22, 1.22, 1.22, 1.15, 1.12, 1.10])
"""Sensitivity through the day relative to fasting. ASSUMED."""


@dataclass(frozen=True, slots=True)
class LongInsulin:
    """An insulin that acts beyond its meal: what is left after a day, its absorption spread, its clock shape."""

    carry: float
    spread: float
    shape: tuple[float, ...]


LONG: Final = {
    "glargine": LongInsulin(0.25, 0.18, (1.16, 1.16, 0.92, 0.92, 0.68, 0.68, 0.68, 1.24)),
    "glargine_u300": LongInsulin(0.42, 0.15, (1.05, 1.03, 1.0, 1.0, 0.97, 0.96, 0.95, 1.05)),
    "degludec": LongInsulin(0.51, 0.12, (1.0,) * 8),
    "detemir": LongInsulin(0.10, 0.15, (1.35, 1.3, 1.1, 0.9, 0.6, 0.5, 0.5, 1.25)),
    "nph": LongInsulin(0.06, 0.28, (1.5, 1.1, 0.7, 0.5, 0.3, 0.25, 0.3, 2.0)),
    "premix_breakfast": LongInsulin(0.06, 0.28, (0.35, 1.3, 2.0, 1.9, 1.2, 0.9, 0.6, 0.3)),
    "premix_lunch": LongInsulin(0.06, 0.28, (0.35, 0.3, 0.3, 1.0, 2.0, 1.8, 1.3, 0.8)),
    "premix_dinner": LongInsulin(0.06, 0.28, (1.1, 0.7, 0.4, 0.35, 0.3, 1.0, 1.8, 1.9)),
    "pump": LongInsulin(0.0, 0.10, (1.0,) * 8),
}
"""Bedtime doses unless named otherwise. Shapes are relative and are scaled to a daily mean of 1; all but
glargine's are ASSUMED. A premix counts here with its slow part only."""


@dataclass(frozen=True, slots=True)
class Tablet:
    """What a full dose of a class does; factors act as ``factor ** exposure``, additions as ``x * exposure``."""

    production: float = 1.0
    responsiveness: float = 1.0
    sensitivity: float = 1.0
    meal: float = 1.0
    units: float = 0.0
    clearance: float = 0.0
    onset_days: float = 3.0


TABLETS: Final = {
    "biguanide": Tablet(production=0.71, onset_days=5.0),
    "sulfonylurea": Tablet(responsiveness=1.35, units=3.0, onset_days=2.0),
    "alpha_glucosidase": Tablet(production=0.90, meal=0.68, onset_days=2.0),
    "dpp4": Tablet(responsiveness=1.13, meal=0.72, onset_days=3.0),
    "sglt2": Tablet(clearance=9.0, meal=0.90, onset_days=3.0),
    "thiazolidinedione": Tablet(sensitivity=1.22, onset_days=28.0),
}
"""Chosen (ASSUMED) to come near the mean effects of trials. Fasting effects fall short of them by up to half
(alpha-glucosidase inhibitors), post-meal effects of three classes too; that effects multiply is ASSUMED."""

LONG_NAMES: Final = tuple(LONG)
TABLET_NAMES: Final = tuple(TABLETS)
_CARRY: Final = np.array([i.carry for i in LONG.values()])
_SPREAD: Final = np.array([i.spread for i in LONG.values()])
_RAW: Final = np.array([i.shape for i in LONG.values()])
_SHAPES: Final = _RAW / (_RAW * DAY_WEIGHTS).sum(axis=1, keepdims=True)
_ONSET: Final = 1.0 - np.exp(-1.0 / np.array([t.onset_days for t in TABLETS.values()]))

# Share of a meal's rise and of its rapid insulin that is still there at each later point.
_POST: Final = (1, 3, 5)
_LATER: Final = ((0, 2, 0.25, 0.35), (1, 4, 0.125, 0.175), (2, 6, 0.55, 0.75), (2, 7, 0.10, 0.10))


def fasting_glucose(
    units: Floats,
    sensitivity: Floats,
    responsiveness: Floats,
    *,
    production: Floats | float = PRODUCTION,
    clearance: Floats | float = CLEARANCE,
) -> Floats:
    """Steady glucose in mmol/L under ``units`` of long-acting insulin a day; arrays broadcast."""
    drain = clearance + sensitivity * units
    return 2.0 * production / (drain + np.sqrt(drain * drain + 4.0 * sensitivity * responsiveness * production))


def solve_responsiveness(
    glucose: Floats,
    units: Floats,
    sensitivity: Floats,
    *,
    production: Floats | float = PRODUCTION,
    clearance: Floats | float = CLEARANCE,
) -> Floats:
    """The responsiveness that makes ``glucose`` the steady value under ``units``.

    Raises ValueError where it would be negative: dose and glucose then contradict each other.
    """
    found = ((production / glucose - clearance) / sensitivity - units) / glucose
    if bool((found < 0).any()):
        raise ValueError("dose and fasting glucose contradict each other: lower the sensitivity or the dose")
    return found


def recovery_gain(days: float, size: float, *, early: float, tau: float) -> float:
    """Factor on sensitivity or responsiveness ``days`` after a therapy; 1 before it.

    ``size`` is the full gain, ``early`` the share gained with time constant ``tau`` days. The curve is an
    input: published data do not identify it.
    """
    if days < 0:
        return 1.0
    late = 1.0 / (1.0 + np.exp(-(days - 45.0) / 10.0))
    return float(1.0 + size * (early * (1.0 - np.exp(-days / tau)) + (1.0 - early) * late))


@dataclass(frozen=True, slots=True)
class Body:
    """What a patient is: arrays (n,), ``carbs`` (n, 3) grams. The reference is the settled first day."""

    sensitivity: Floats
    responsiveness: Floats
    production: Floats
    meal_rise: Floats
    carbs: Floats
    reference_index: Floats
    reference_fasting: Floats


@dataclass(frozen=True, slots=True)
class Therapy:
    """One day's treatment: slow units (n, insulins), rapid units a meal (n, 3), tablet exposure (n, classes)."""

    slow: Floats
    rapid: Floats
    tablets: Floats


@dataclass(frozen=True, slots=True)
class State:
    """What yesterday left: insulin pools (n, insulins), exposures (n, classes), day noise (n,), HbA1c % (n,)."""

    pools: Floats
    exposure: Floats
    day_noise: Floats
    hba1c: Floats


@dataclass(frozen=True, slots=True)
class Chance:
    """Standard normal draws of one day; ``sensitive`` marks the rare days on which insulin acts twice as hard."""

    absorption: Floats
    day: Floats
    point: Floats
    sensitive: Flags


@dataclass(frozen=True, slots=True)
class _Effect:
    production: Floats
    responsiveness: Floats
    sensitivity: Floats
    meal: Floats
    units: Floats
    clearance: Floats


def no_therapy(n: int) -> Therapy:
    """Nothing given to ``n`` patients."""
    return Therapy(np.zeros((n, len(LONG))), np.zeros((n, 3)), np.zeros((n, len(TABLETS))))


def quiet(n: int) -> Chance:
    """A day without noise."""
    return Chance(np.zeros((n, len(LONG))), np.zeros(n), np.zeros((n, len(CLOCK))), np.zeros(n, np.bool_))


def draw(rng: np.random.Generator, n: int, *, scale: float = 1.0, sensitive_share: float = 0.05) -> Chance:
    """A day of noise for ``n`` patients; ``scale`` widens or narrows all of it."""
    return Chance(
        scale * rng.standard_normal((n, len(LONG))),
        scale * rng.standard_normal(n),
        scale * rng.standard_normal((n, len(CLOCK))),
        rng.random(n) < sensitive_share,
    )


def settle(
    therapy: Therapy,
    fasting: Floats,
    sensitivity: Floats,
    *,
    production: Floats,
    meal_rise: Floats,
    carbs: Floats,
) -> tuple[Body, State]:
    """The body and state of patients who have long been on ``therapy`` with the given fasting glucose.

    All arrays are (n,), ``carbs`` (n, 3). Raises ValueError where dose and glucose contradict each other.
    HbA1c starts at the value of the settled day.
    """
    effect = _tablet_effect(therapy.tablets)
    sensed = sensitivity * effect.sensitivity
    units = _slow_units(therapy.slow, quiet(len(fasting)))[:, 0] + effect.units
    solved = solve_responsiveness(
        fasting, units, sensed, production=production * effect.production, clearance=CLEARANCE + effect.clearance
    )
    body = Body(
        sensitivity, solved / effect.responsiveness, production, meal_rise, carbs, sensed * solved, np.array(fasting)
    )
    n = len(fasting)
    state = State(np.array(therapy.slow), np.array(therapy.tablets), np.zeros(n), np.zeros(n))
    _, day = step(body, state, therapy, quiet(n))
    return body, State(state.pools, state.exposure, state.day_noise, _hba1c_of(_mean(day)))


def step(
    body: Body,
    state: State,
    therapy: Therapy,
    chance: Chance,
    *,
    sensitivity_gain: float = 1.0,
    responsiveness_gain: float = 1.0,
) -> tuple[State, Floats]:
    """One day: the state it leaves and the true glucose at the clock points, mmol/L, shape (n, 8)."""
    pools = _CARRY * state.pools + (1.0 - _CARRY) * therapy.slow
    exposure = state.exposure + (therapy.tablets - state.exposure) * _ONSET
    effect = _tablet_effect(exposure)
    sensed = body.sensitivity * sensitivity_gain * effect.sensitivity
    responding = body.responsiveness * responsiveness_gain * effect.responsiveness
    today = np.where(chance.sensitive, 2.0, 1.0) * sensed
    glucose = fasting_glucose(
        _slow_units(pools, chance) + effect.units[:, None],
        today[:, None] * DAWN,
        responding[:, None],
        production=(body.production * effect.production)[:, None],
        clearance=(CLEARANCE + effect.clearance)[:, None],
    )
    glucose = glucose + _meals(
        body, therapy, meal=effect.meal, index=sensed * responding, sensed=today, fasting=glucose[:, 0]
    )
    day_noise = 0.3 * state.day_noise + 0.08 * np.sqrt(1.0 - 0.09) * chance.day
    glucose = np.maximum(glucose, 0.5) * np.exp(day_noise[:, None] + 0.07 * chance.point)
    glucose = _damp(glucose)
    hba1c = state.hba1c + (_hba1c_of(_mean(glucose)) - state.hba1c) * (1.0 - 2.0 ** (-1.0 / 30.0))
    return State(pools, exposure, day_noise, hba1c), glucose


def secretion(body: Body, state: State, glucose: Floats, *, responsiveness_gain: float = 1.0) -> Floats:
    """The patient's own insulin at ``glucose`` (mmol/L), units a day; only its ratio to another day means anything."""
    effect = _tablet_effect(state.exposure)
    return body.responsiveness * responsiveness_gain * effect.responsiveness * glucose


def meter(glucose: Floats, noise: Floats) -> Floats:
    """What a finger-stick shows, in tenths of mmol/L: SD 0.30 mmol/L, or 5.5 % from 5.55 up (ASSUMED)."""
    spread = np.where(glucose < 5.55, 0.30, 0.055 * glucose)
    shown: Floats = np.maximum(glucose + spread * noise, 0.6).round(1)
    return shown


def _slow_units(pools: Floats, chance: Chance) -> Floats:
    absorbed = pools * np.exp(_SPREAD * chance.absorption)
    # Not a matrix product: its order of summation, and so the last bit, may depend on the number of rows.
    return (absorbed[:, :, None] * _SHAPES).sum(axis=1)


def _tablet_effect(exposure: Floats) -> _Effect:
    rows = tuple(TABLETS.values())

    def factor(values: list[float]) -> Floats:
        return np.exp((np.log(np.array(values)) * exposure).sum(axis=1))

    def amount(values: list[float]) -> Floats:
        return (np.array(values) * exposure).sum(axis=1)

    return _Effect(
        factor([t.production for t in rows]),
        factor([t.responsiveness for t in rows]),
        factor([t.sensitivity for t in rows]),
        factor([t.meal for t in rows]),
        amount([t.units for t in rows]),
        amount([t.clearance for t in rows]),
    )


def _meals(body: Body, therapy: Therapy, *, meal: Floats, index: Floats, sensed: Floats, fasting: Floats) -> Floats:
    """What meals add and rapid insulin takes away at each point, mmol/L, shape (n, 8)."""
    scale = body.meal_rise * meal * (index / body.reference_index) ** -0.5 * (body.reference_fasting / fasting) ** 0.4
    rise = scale[:, None] * body.carbs / 10.0
    fall = 0.22 * (sensed / 0.8)[:, None] * therapy.rapid
    change = np.zeros((len(fasting), len(CLOCK)))
    for meal_number, point in enumerate(_POST):
        change[:, point] += rise[:, meal_number] - fall[:, meal_number]
    for meal_number, point, of_rise, of_fall in _LATER:
        change[:, point] += of_rise * rise[:, meal_number] - of_fall * fall[:, meal_number]
    return change


def _damp(glucose: Floats) -> Floats:
    """Counter-regulation below 4.0 and renal loss above 12.0: only part of the excess is kept."""
    lifted = np.where(glucose < 4.0, 4.0 - 0.75 * (4.0 - glucose), glucose)
    return np.where(lifted > 12.0, 12.0 + 0.65 * (lifted - 12.0), lifted)


def _mean(glucose: Floats) -> Floats:
    return (glucose * DAY_WEIGHTS).sum(axis=1)


def _hba1c_of(mean: Floats) -> Floats:
    """HbA1c % that belongs to a steady mean glucose (ADAG)."""
    return (mean + 2.59) / 1.59
