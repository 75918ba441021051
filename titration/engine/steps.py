"""From a rule's step to a dose: exact integers, fractions always towards the lower dose."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

import numpy as np
import numpy.typing as npt

from titration.columns import Column, Mask
from titration.features.days import I32, Index
from titration.features.frame import Frame
from titration.features.spec import Feature
from titration.formulary import Product
from titration.packs.bind import Program
from titration.packs.model import (
    Hold,
    Ladder,
    LimitTo,
    Percent,
    Refer,
    Restore,
    Review,
    ShareOfTotal,
    Step,
    Stop,
    Units,
)
from titration.units import Dimension

_DAILY = Feature("line.daily", "line.daily", "now", Dimension.DOSE)
_PREVIOUS = Feature("line.previous_dose", "line.previous_dose", "now", Dimension.DOSE)
_TOTAL = Feature("insulin.total", "insulin.total", "now", Dimension.DOSE)
_WHOLE = 100 * Dimension.PERCENT.scale


@dataclass(frozen=True, slots=True)
class Steps:
    """Doses proposed on one frame."""

    frame: Frame
    program: Program

    def dose(self, step: Step, rows: Index) -> I32:
        """Proposed dose of each of the frame's ``rows``, thousandths; 0 is a stop."""
        now = self.frame.dose.values.take(rows)
        match step:
            case Hold() | Refer() | Review():
                return now
            case Stop():
                return np.zeros_like(now)
            case Units(name, up):
                by = self.program.thresholds[name]
                return now + by if up else self._reduced(now, now - by)
            case Percent(name, up, floor):
                return self._percent(now, self.program.thresholds[name], floor, upwards=up)
            case ShareOfTotal(name):
                total = self.frame.compute(_TOTAL).values[rows].astype(np.int64)
                exact = now * np.int64(_WHOLE) - total * self.program.thresholds[name]
                return self._reduced(now, exact // _WHOLE)
            case Restore():
                return self._restored(now, rows)
            case Ladder(move):
                return self._by_drug(rows, now, lambda product, dose: _ladder(product, dose, move))
            case LimitTo(feature):
                return self._limited(now, rows, feature)
            case _:
                assert_never(step)

    def _percent(self, now: I32, tenths: int, floor: str | None, *, upwards: bool) -> I32:
        if upwards:
            return (now.astype(np.int64) * (_WHOLE + tenths) // _WHOLE).astype(np.int32)
        lower = now.astype(np.int64) * (_WHOLE - tenths) // _WHOLE
        if floor is not None:
            lower = np.minimum(lower, now - self.program.thresholds[floor])
        return self._reduced(now, lower)

    def _reduced(self, now: I32, lower: npt.NDArray[np.signedinteger]) -> I32:
        """A reduction keeps at least a trace of the dose: stopping is a step of its own, never the end of a subtraction.

        The guard rounds the trace to the device's least step, or refers when there is no lower one. Without a guard
        (bench packs) a subtraction is plain arithmetic, as its rivals do it.
        """
        if self.program.pack.guard_off:
            return lower.astype(np.int32, copy=False)
        return np.maximum(lower, np.minimum(now, 1)).astype(np.int32)

    def _restored(self, now: I32, rows: Index) -> I32:
        before = self.frame.compute(_PREVIOUS)
        value = before.values[rows]
        known = _known(before, rows)
        return np.where(known & (value > now), value, now).astype(np.int32)

    def _limited(self, now: I32, rows: Index, feature: str) -> I32:
        allowed, total = self.frame.column(feature), self.frame.compute(_DAILY)
        limit = allowed.values[rows].astype(np.int64)
        daily = np.maximum(total.values[rows].astype(np.int64), 1)
        # A limit or total that is not known is no reason to stop a drug.
        sure = _known(allowed, rows) & _known(total, rows)
        share = np.where(sure & (daily > limit), now.astype(np.int64) * limit // daily, now).astype(np.int32)
        return np.where(share < now, self._by_drug(rows, share, _onto_ladder), now).astype(np.int32)

    def _by_drug(self, rows: Index, doses: I32, change: Callable[[Product, I32], I32]) -> I32:
        out = doses.copy()
        drug = self.frame.drug[rows]
        present: set[int] = set(drug.tolist())
        for i in present:
            product = self.frame.grid.lines.drugs[i].product
            if product is not None:
                out[drug == i] = change(product, doses[drug == i])
        return out


def _known(column: Column, rows: Index) -> Mask:
    return np.ones(len(rows), np.bool_) if column.known is None else column.known[rows]


def _onto_ladder(product: Product, doses: I32) -> I32:
    if not product.ladder:
        return doses
    ladder = np.array((0, *product.ladder), np.int32)
    return ladder[np.searchsorted(ladder, doses, side="right") - 1]


def _ladder(product: Product, doses: I32, move: str) -> I32:
    """One step along the product's strengths; drugs that are stopped without taper go to 0."""
    if move == "up":
        ladder = np.array(product.ladder or (0,), np.int32)
        at = np.searchsorted(ladder, doses, side="right")
        return np.where(at < len(ladder), ladder[np.minimum(at, len(ladder) - 1)], doses).astype(np.int32)
    if move == "halve" and not product.ladder:
        return doses // 2 // product.increment * product.increment
    if product.down == "stop" or not product.ladder:
        return np.zeros_like(doses)
    ladder = np.array((0, *product.ladder), np.int32)
    if move == "halve":
        return ladder[np.searchsorted(ladder, doses // 2, side="right") - 1]
    return ladder[np.maximum(np.searchsorted(ladder, doses, side="left") - 1, 0)]
