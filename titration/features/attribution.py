"""Which reading judges which line: the pack's attribution map over a block's lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from titration.clinical import LINE_KINDS, LineKind, Slot
from titration.features.days import Index
from titration.features.lines import Lines
from titration.features.spec import ALL_TIMINGS
from titration.once import once

I16 = npt.NDArray[np.int16]
INSULIN_KINDS: Final = (LineKind.BASAL, LineKind.PRANDIAL, LineKind.PREMIX)
_INSULIN: Final = np.array([kind in INSULIN_KINDS for kind in LINE_KINDS])


@dataclass(frozen=True, slots=True)
class Judges:
    """Bit sets of timings that judge a line, before and after a meal."""

    pre: int = 0
    post: int = 0


@dataclass(frozen=True)
class Attribution:
    """(action, slot) to its judging readings. ``premix_tid`` replaces ``premix`` where three doses a day are given."""

    judges: Mapping[tuple[str, Slot], Judges]

    def of(self, action: str, slot: Slot) -> Judges:
        """The readings that judge a line; none where the pack names none."""
        return self.judges.get((action, slot), Judges())

    @once
    def _by_action(self) -> dict[str, tuple[list[int], list[int]]]:
        actions = {action for action, _ in self.judges}
        return {
            action: ([self.of(action, slot).pre for slot in Slot], [self.of(action, slot).post for slot in Slot])
            for action in actions
        }

    def by_slot(self, action: str, *, post: bool) -> list[int]:
        """Timing bits of an action's lines before (or after) the meal, one entry per slot."""
        found = self._by_action.get(action)
        return [0] * len(Slot) if found is None else found[post]


@dataclass(frozen=True)
class Judged:
    """Per line row: which timings judge it, and which it answers for when low.

    ``rows`` (None: all line rows) are every row of some patient-days: what one line answers for depends on the others.
    """

    lines: Lines
    attribution: Attribution
    rows: Index | None = None

    def _table(self, *, post: bool, tid: bool) -> I16:
        out: list[list[int]] = []
        for drug in self.lines.drugs:
            action = "" if drug.product is None else drug.product.action
            out.append(self.attribution.by_slot("premix_tid" if tid and action == "premix" else action, post=post))
        return np.array(out or [[0] * len(Slot)], np.int16)

    def _bits(self, *, post: bool) -> I16:
        lines = self.lines
        usual = self._spread(self._table(post=post, tid=False)[lines.drug, lines.slot])
        if LINE_KINDS.index(LineKind.PREMIX) not in lines.kinds:
            return usual
        tid = self._spread(self._table(post=post, tid=True)[lines.drug, lines.slot])
        if (usual == tid).all():
            return usual
        return np.where(self._premix_doses[self._day_row] >= 3, tid, usual).astype(np.int16)

    @property
    def _here(self) -> Index | slice:
        return slice(None) if self.rows is None else self.rows

    def _spread(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A value of each segment on its rows."""
        return self.lines.spread(values) if self.rows is None else values.take(self.lines.segment.take(self.rows))

    @once
    def _day_row(self) -> Index:
        return self.lines.day_row[self._here]

    @once
    def _inside(self) -> npt.NDArray[np.bool_]:
        return np.arange(self.lines.size)[self._here] >= self.lines.start[self._here]

    @once
    def _premix_doses(self) -> npt.NDArray[np.int64]:
        premix = self._spread(self.lines.kind == LINE_KINDS.index(LineKind.PREMIX))
        return np.bincount(self._day_row[self._inside & premix], minlength=self.lines.days.size)

    @once
    def pre(self) -> I16:
        return self._bits(post=False)

    @once
    def post(self) -> I16:
        return self._bits(post=True)

    @once
    def both(self) -> I16:
        return self.pre | self.post

    @once
    def responsible(self) -> I16:
        """Own timings, and for an insulin also those that no insulin of the patient claims that day."""
        insulin = self._spread(_INSULIN[self.lines.kind]) & self._inside
        claimed = np.zeros(self.lines.days.size, np.int16)
        at = insulin.nonzero()[0]
        np.bitwise_or.at(claimed, self._day_row[at], self.both[at])
        orphaned = (~claimed[self._day_row] & ALL_TIMINGS).astype(np.int16)
        return np.where(insulin, self.both | orphaned, self.both).astype(np.int16)

    def bits(self, series: str) -> I16:
        """Timing bits of one of the line-relative series."""
        match series:
            case "judged":
                return self.both
            case "judged_pre":
                return self.pre
            case "judged_post":
                return self.post
            case _:
                return self.responsible
