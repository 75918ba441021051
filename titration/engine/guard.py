"""The guard: code, not rules; it has the last word whatever a pack proposes.

An increase must be earned by knowledge; a reduction must stay within its caps unless a low demanded it. Everything the
guard changes is recorded as a ``Limit``. Thresholds are published pairs; the rest are stated with their reason here.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from titration.clinical import LineKind
from titration.columns import Column, Mask
from titration.engine.plans import Limit
from titration.features.attribution import INSULIN_KINDS
from titration.features.days import I32, Index
from titration.features.frame import Frame
from titration.features.spec import Feature, Filter
from titration.packs.model import Tier
from titration.units import LO_VALUE, Dimension, Pair, UnitSystem

LOW: Final = Pair(39, 70)
"""Level 1 hypoglycaemia, published pair: a value below it locks increases out for LOCKOUT_DAYS."""
LOCKOUT_DAYS: Final = 7
"""Treat-to-Target, AT.LANTUS and the premix titration table: no increase in the week after a low."""
FRESH_DAYS: Final = 1
"""An increase rests on a reading of today or yesterday."""
MOST_UP_UNITS: Final = 8_000
"""Largest step of Treat-to-Target (Riddle 2003), 8 units."""
MOST_UP_PERCENT: Final = 20
SMALL_STEP_UNITS: Final = 2_000
"""The published fixed step of 2 units is never cut by the percent cap."""
BASAL_PER_KG: Final = 1_000
"""Thousandths of units per kg a day above which a basal dose is not raised automatically."""
TOTAL_PER_KG: Final = 2_000
DAY_CAP_PERCENT: Final = 20
"""A taper step takes at most this share of the total daily insulin."""
FORTNIGHT_FLOOR_PERCENT: Final = 50
"""A taper never takes the total below this share of the highest total of the last 14 days."""
LAST_DOSE_UNITS: Final = 10_000
"""A last insulin dose this small may be stopped outright (with C-peptide): the published stop of a meal-time dose
(Munshi). The share caps are meant for larger doses."""
C_PEPTIDE_STOP: Final = 600
"""Thousandths of nmol/L above which an insulin line may be stopped; 0.2-0.6 is a specialist's decision (Holt 2021)."""
C_PEPTIDE_DAYS: Final = 180


def guard_features(system: UnitSystem) -> dict[str, Feature]:
    """The facts the guard rests on, as features of the ordinary catalogue, named ``guard.*``."""
    low = Filter(LO_VALUE, LOW.on(system) - 1)
    count, days, dose, flag = Dimension.COUNT, Dimension.DAYS, Dimension.DOSE, Dimension.FLAG
    made = [
        Feature("guard.lows", "any", "count", count, LOCKOUT_DAYS, keep=low),
        Feature("guard.symptoms", "event.hypo_symptoms", "count", count, LOCKOUT_DAYS),
        Feature("guard.severe", "event.hypo_severe", "count", count, LOCKOUT_DAYS),
        Feature("guard.reading_age", "any", "age_days", days, 30),
        Feature("guard.doubts", "doubts", "count", count, 3),
        Feature("guard.missed", "line.missed", "count", count, 3),
        Feature("guard.doubtful_dose", "line.doubtful", "now", flag),
        Feature("guard.record_age", "line.record", "age_days", days),
        Feature("guard.unchanged", "line.change", "age_days", days),
        Feature("guard.settle", "line.settle", "now", days),
        Feature("guard.new_readings", "judged", "count", count, 30, 0, since_change=True),
        Feature("guard.new_symptoms", "symptoms", "count", count, 30),
        Feature("guard.total", "insulin.total", "now", dose),
        Feature("guard.total_per_kg", "insulin.total", "per_kg", Dimension.DOSE_PER_KG),
        Feature("guard.highest", "insulin.total", "percent_of_highest", Dimension.PERCENT, 14),
        Feature("guard.basal_per_kg", "insulin.basal", "per_kg", Dimension.DOSE_PER_KG),
        Feature("guard.daily", "line.daily", "now", dose),
        Feature("guard.maximum", "line.maximum", "now", dose),
        Feature("guard.c_peptide", "lab.c_peptide", "last", Dimension.C_PEPTIDE, max_age_days=C_PEPTIDE_DAYS),
        Feature("guard.insulins", "line.insulins", "now", count),
    ]
    return {f.name: f for f in made}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Doses after the guard and what bound them, one entry per row asked about."""

    dose: I32
    limits: I32


@dataclass(frozen=True, slots=True)
class Guard:
    """The limits of one frame's lines. ``rows`` index the frame; proposals below are aligned with them."""

    frame: Frame
    rows: Index

    def fact(self, name: str) -> tuple[I32, Mask]:
        """Values and knowledge of a guard feature at the rows; unknown values read as 0."""
        column = self.frame.column(f"guard.{name}")
        known = np.ones(len(self.rows), np.bool_) if column.known is None else column.known[self.rows]
        return column.values[self.rows], known

    def ratio(self, name: str) -> tuple[Column, Mask]:
        """A guard feature that is a ratio, at the rows, and where it is known."""
        column = self.frame.column(f"guard.{name}").take(self.rows)
        return column, np.ones(len(self.rows), np.bool_) if column.known is None else column.known

    def limit(self, now: I32, proposed: I32, tier: I32) -> Verdict:
        """Proposals cut back line by line."""
        dose, limits = proposed.copy(), np.zeros(len(self.rows), np.int32)
        self._limit_increases(now, dose, limits)
        least = self._limit_reductions(now, dose, limits, tier)
        self._round(now, dose, limits, least)
        return Verdict(dose, limits)

    def _refuse(self, where: Mask, why: Limit, now: I32, dose: I32, limits: I32) -> None:
        dose[where] = now[where]
        limits[where] |= why

    def _limit_increases(self, now: I32, dose: I32, limits: I32) -> None:
        up = dose > now
        if not up.any():
            return
        lows, lows_known = self.fact("lows")
        events = self.fact("symptoms")[0] + self.fact("severe")[0]
        age, age_known = self.fact("reading_age")
        unchanged, settle = self.fact("unchanged")[0], self.fact("settle")[0]
        new = self.fact("new_readings")[0]
        doubt = (self.fact("doubts")[0] > 0) | (self.fact("doubtful_dose")[0] > 0)
        self._refuse(up & (((lows > 0) & lows_known) | (events > 0)), Limit.HYPO_LOCKOUT, now, dose, limits)
        self._refuse(up & ~lows_known, Limit.GLUCOSE_UNKNOWN, now, dose, limits)
        self._refuse(up & ~(age_known & (age <= FRESH_DAYS)), Limit.STALE_READING, now, dose, limits)
        stale_dose = self.fact("record_age")[0] > FRESH_DAYS
        self._refuse(up & ((self.fact("missed")[0] > 0) | stale_dose), Limit.MISSED_DOSE, now, dose, limits)
        self._refuse(up & doubt, Limit.DOUBTFUL_DATA, now, dose, limits)
        self._refuse(up & (unchanged < settle), Limit.INTERVAL, now, dose, limits)
        self._refuse(up & (new == 0), Limit.NO_NEW_READING, now, dose, limits)
        if self.frame.kind in INSULIN_KINDS:
            self._cap_insulin(now, dose, limits)
        self._cap_drug(now, dose, limits)

    def _cap_insulin(self, now: I32, dose: I32, limits: I32) -> None:
        up = dose > now
        share = np.maximum(now.astype(np.int64) * MOST_UP_PERCENT // 100, SMALL_STEP_UNITS)
        most = now + np.minimum(share, MOST_UP_UNITS)
        over = up & (dose > most)
        dose[over] = most[over]
        limits[over] |= Limit.STEP_CAP
        total, known = self.ratio("total_per_kg")
        self._refuse(up & ~known, Limit.WEIGHT_UNKNOWN, now, dose, limits)
        self._keep_within(total, TOTAL_PER_KG, now, dose, limits)
        if self.frame.kind is LineKind.BASAL:
            self._keep_within(self.ratio("basal_per_kg")[0], BASAL_PER_KG, now, dose, limits)

    def _keep_within(self, ratio: Column, most: int, now: I32, dose: I32, limits: I32) -> None:
        """Cut an increase so that the ratio (thousandths of units times 1000, per weight) stays at ``most`` or less."""
        assert ratio.per is not None
        room = (most * ratio.per.astype(np.int64) - ratio.values) // 1000
        ceiling = now + np.maximum(room, 0)
        over = (dose > now) & (dose > ceiling)
        dose[over] = ceiling[over]
        limits[over] |= Limit.DOSE_CAP

    def _cap_drug(self, now: I32, dose: I32, limits: I32) -> None:
        maximum, known = self.fact("maximum")
        daily = self.fact("daily")[0]
        over = (dose > now) & known & (daily - now + dose > maximum)
        self._refuse(over, Limit.DRUG_MAXIMUM, now, dose, limits)

    def _limit_reductions(self, now: I32, dose: I32, limits: I32, tier: I32) -> I32:
        """Cut reductions back in place; the least dose a cap allows each row (0: no cap)."""
        down = dose < now
        if not down.any():
            return np.zeros_like(now)
        unforced = down & (tier != Tier.SAFETY)
        new = self.fact("new_readings")[0] + self.fact("new_symptoms")[0]
        self._refuse(unforced & (new == 0), Limit.NO_NEW_READING, now, dose, limits)
        early = self.fact("unchanged")[0] < self.fact("settle")[0]
        self._refuse(down & (tier > Tier.REDUCE) & early, Limit.INTERVAL, now, dose, limits)
        doubtful = self.fact("doubtful_dose")[0] > 0
        self._refuse(down & (tier > Tier.REDUCE) & doubtful, Limit.DOUBTFUL_DATA, now, dose, limits)
        if self.frame.kind in INSULIN_KINDS:
            c_peptide, known = self.fact("c_peptide")
            stop = (dose == 0) & (now > 0) & ~(known & (c_peptide > C_PEPTIDE_STOP))
            self._refuse(stop, Limit.C_PEPTIDE, now, dose, limits)
            return self._cap_taper(now, dose, limits, tier)
        return np.zeros_like(now)

    def _cap_taper(self, now: I32, dose: I32, limits: I32, tier: I32) -> I32:
        """A taper step takes at most its share of the day's total, and never below half of the fortnight's highest."""
        taper = (dose < now) & (tier > Tier.REDUCE)
        last = (dose == 0) & (now <= LAST_DOSE_UNITS) & (self.fact("insulins")[0] == 1)
        capped = taper & ~last
        floor = np.zeros_like(now)
        if not capped.any():
            return floor
        total, known = self.fact("total")
        self._refuse(capped & ~known, Limit.DOUBTFUL_DATA, now, dose, limits)
        highest, _ = self.ratio("highest")
        assert highest.per is not None
        for most, why in (
            (total.astype(np.int64) * DAY_CAP_PERCENT // 100, Limit.DAY_CAP),
            (total - highest.per * FORTNIGHT_FLOOR_PERCENT // 100, Limit.FORTNIGHT_CAP),
        ):
            least = np.minimum(now - np.maximum(most, 0), now).astype(np.int32)
            under = capped & (dose < least)
            dose[under] = least[under]
            limits[under] |= why
            floor[capped] = np.maximum(floor, least)[capped]
        return floor

    def _round(self, now: I32, dose: I32, limits: I32, least: I32) -> None:
        """Onto the device: down on an increase; on a reduction down too, strictly lower, never to 0 unless stopped.

        A cap on a reduction rounds up instead, so that rounding never takes more than the cap allows.
        """
        step = self._increments()
        changed = (dose != now) & (dose != 0)
        floor = dose // step * step
        rounded = np.where((floor < least) & (dose < now), -(-dose // step) * step, floor)
        up = changed & (dose > now)
        rounded = np.where(up & (rounded < now), now, rounded)
        rounded = np.where(changed & (dose < now), np.minimum(rounded, now), rounded)
        off = changed & (rounded != dose)
        limits[off] |= Limit.ROUNDING
        dose[off] = rounded[off]
        emptied = changed & (dose == 0)
        dose[emptied] = np.minimum(step, now)[emptied]
        limits[emptied & (dose == now)] |= Limit.LAST_STEP

    def _increments(self) -> I32:
        return self.frame.grid.lines.table.increment[self.frame.drug[self.rows]]
