"""Which reading judges which line: the pack's attribution map over a block's lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from titration.clinical import LINE_KINDS, LineKind, Slot
from titration.features.lines import Lines
from titration.features.spec import ALL_TIMINGS

I16 = npt.NDArray[np.int16]
INSULIN_KINDS: Final = (LineKind.BASAL, LineKind.PRANDIAL, LineKind.PREMIX)


@dataclass(frozen=True, slots=True)
class Judges:
    """Bit sets of timings that judge a line, before and after a meal."""

    pre: int = 0
    post: int = 0


@dataclass(frozen=True, slots=True)
class Attribution:
    """(action, slot) to its judging readings. ``premix_tid`` replaces ``premix`` where three doses a day are given."""

    judges: Mapping[tuple[str, Slot], Judges]

    def of(self, action: str, slot: Slot) -> Judges:
        """The readings that judge a line; none where the pack names none."""
        return self.judges.get((action, slot), Judges())


@dataclass(frozen=True)
class Judged:
    """Per line row: which timings judge it, and which it answers for when low."""

    lines: Lines
    attribution: Attribution

    def _table(self, part: str, *, tid: bool) -> I16:
        out = np.zeros((max(1, len(self.lines.drugs)), len(Slot)), np.int16)
        for i in np.unique(self.lines.drug):
            product = self.lines.drugs[int(i)].product
            if product is None:
                continue
            action = "premix_tid" if tid and product.action == "premix" else product.action
            for slot in Slot:
                found = self.attribution.of(action, slot)
                out[i, slot] = found.pre if part == "pre" else found.post
        return out

    def _bits(self, part: str) -> I16:
        lines = self.lines
        usual = lines.spread(self._table(part, tid=False)[lines.drug, lines.slot])
        if LINE_KINDS.index(LineKind.PREMIX) not in lines.kinds:
            return usual
        tid = lines.spread(self._table(part, tid=True)[lines.drug, lines.slot])
        if (usual == tid).all():
            return usual
        return np.where(self._premix_doses[lines.day_row] >= 3, tid, usual).astype(np.int16)

    @cached_property
    def _inside(self) -> npt.NDArray[np.bool_]:
        rows = np.arange(self.lines.size)
        return rows >= self.lines.start

    @cached_property
    def _premix_doses(self) -> npt.NDArray[np.int64]:
        kind = self.lines.spread(self.lines.kind)
        rows = self.lines.day_row[self._inside & (kind == LINE_KINDS.index(LineKind.PREMIX))]
        return np.bincount(rows, minlength=self.lines.days.size)

    @cached_property
    def pre(self) -> I16:
        return self._bits("pre")

    @cached_property
    def post(self) -> I16:
        return self._bits("post")

    @cached_property
    def both(self) -> I16:
        return self.pre | self.post

    @cached_property
    def responsible(self) -> I16:
        """Own timings, and for an insulin also those that no insulin of the patient claims that day."""
        lines = self.lines
        kind = lines.spread(lines.kind)
        insulin = np.array([k in INSULIN_KINDS for k in LINE_KINDS])[kind] & self._inside
        claimed = np.zeros(lines.days.size, np.int16)
        rows = np.flatnonzero(insulin)
        np.bitwise_or.at(claimed, lines.day_row[rows], self.both[rows])
        orphaned = (~claimed[lines.day_row] & ALL_TIMINGS).astype(np.int16)
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
