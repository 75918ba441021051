"""A log block to plans: evaluate once, guard, arbitrate. One patient and a hundred million patient-days alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from titration.clinical import LineKind
from titration.columns import Mask
from titration.engine.arbitrate import Candidates, waiting
from titration.engine.guard import Guard, guard_features
from titration.engine.plans import DOWN, HOLD, NEED, REFER, STOP, UP, Limit, Plans
from titration.engine.propose import Proposals, first_missing, propose
from titration.features.days import I32, Index
from titration.features.frame import BoundFeatures, Frame, Grid, build_grid
from titration.formulary import Formulary
from titration.log.model import Log
from titration.once import once
from titration.packs.bind import Program, bind
from titration.packs.model import Pack, Tier
from titration.units import UnitSystem

_LIMIT_MISSING = (
    (Limit.GLUCOSE_UNKNOWN, "guard.lows"),
    (Limit.STALE_READING, "guard.reading_age"),
    (Limit.WEIGHT_UNKNOWN, "guard.total_per_kg"),
)
"""Limits that mean a datum is missing, and which."""


@dataclass(frozen=True, eq=False)
class Engine:
    """A pack ready to run in one unit system."""

    pack: Pack
    system: UnitSystem
    formulary: Formulary

    @once
    def program(self) -> Program:
        """The pack on the unit system's grid."""
        return bind(self.pack, self.system)

    @once
    def features(self) -> BoundFeatures:
        """The features of the pack, and the guard's where it is on."""
        guard = {} if self.pack.guard_off else guard_features(self.system)
        return BoundFeatures({**self.program.features, **guard})

    @once
    def notices(self) -> tuple[str, ...]:
        """Names of the bits of ``Plans.notices``."""
        return tuple(sorted({n for r in self.pack.rules for n in r.notices}))

    @once
    def notice_bits(self) -> dict[str, int]:
        """Bit of each notice."""
        return {name: 1 << i for i, name in enumerate(self.notices)}

    @once
    def missing_names(self) -> tuple[str, ...]:
        """Names that ``Plans.missing`` indexes: the pack's features, the guard's, and ``dose``."""
        return (*self.program.features, *guard_features(self.system), "dose")

    @once
    def missing_codes(self) -> dict[str, int]:
        """Place of each of ``missing_names``."""
        return {name: i for i, name in enumerate(self.missing_names)}

    def grid(self, log: Log, *, taper_always: bool | None = None, through: int | None = None) -> Grid:
        """The feature grid of a log block, every patient's days reaching at least ``through``.

        Raises ValueError when the log is not in the engine's unit system.
        """
        if log.system is not self.system:
            raise ValueError(f"the log is in {log.system.text}, the engine in {self.system.text}")
        return build_grid(
            log,
            self.features,
            self.pack.attribution,
            self.formulary,
            options=self.pack.line_options,
            taper_always=taper_always,
            through=through,
        )

    def decide(self, grid: Grid, *, day: int | None = None) -> "Decision":
        """Plans for every line of every day, or of one day."""
        bits = self.notice_bits
        drafts = [_Draft.of(self, propose(self.program, frame, bits)) for frame in grid.frames(day=day) if len(frame)]
        if not self.pack.guard_off:
            _arbitrate(drafts)
        return Decision(self, grid, tuple(drafts))


@dataclass(eq=False)
class _Draft:
    """A frame's plan in the making."""

    engine: Engine
    proposals: Proposals
    dose: I32
    limits: I32
    rule: npt.NDArray[np.int16]
    open_: Mask
    """Rows whose answer waits for data."""
    forced: Mask
    """Rows that must come down today: a reduction of tier safety or reduce stands."""

    @property
    def frame(self) -> Frame:
        return self.proposals.frame

    @once
    def now(self) -> I32:
        return self.frame.dose.values

    @classmethod
    def of(cls, engine: Engine, proposals: Proposals) -> "_Draft":
        """A draft with the guard's limits on each line by itself."""
        now = proposals.frame.dose.values
        open_ = proposals.undecided.copy()
        known = proposals.frame.dose.known
        if known is not None:
            open_ |= ~known
        dose = np.where(open_ & (proposals.dose >= now), now, proposals.dose).astype(np.int32)
        if known is not None:
            dose = np.where(known, dose, now).astype(np.int32)
        nothing = np.zeros(len(now), np.int32)
        draft = cls(engine, proposals, dose, nothing, proposals.rule.copy(), open_, np.zeros(len(now), np.bool_))
        if not engine.pack.guard_off:
            draft._guard()
        return draft

    def _guard(self) -> None:
        """The guard's limits, on the proposal and on what safety demands of the same line.

        A taper that asks for less than a low demands may be capped or held back; the demand may not. A line that
        must come down takes the lower of the two.
        """
        tiers = self.engine.program.tiers
        rows = (self.dose != self.now).nonzero()[0]
        if len(rows):
            verdict = Guard(self.frame, rows).limit(self.now[rows], self.dose[rows], tiers[self.rule[rows]])
            self.dose[rows], self.limits[rows] = verdict.dose, verdict.limits
        self.forced = (self.dose < self.now) & (tiers[self.rule] <= Tier.REDUCE)
        beside = (self.proposals.demand < self.now) & (tiers[self.rule] > Tier.REDUCE)
        if self.frame.dose.known is not None:
            beside &= self.frame.dose.known
        rows = beside.nonzero()[0]
        if not len(rows):
            return
        rule = self.proposals.demand_rule[rows]
        verdict = Guard(self.frame, rows).limit(self.now[rows], self.proposals.demand[rows], tiers[rule])
        self.forced[rows] = verdict.dose < self.now[rows]
        lower = verdict.dose < self.dose[rows]
        taken = rows[lower]
        self.dose[taken], self.limits[taken], self.rule[taken] = verdict.dose[lower], verdict.limits[lower], rule[lower]

    def candidates(self) -> tuple[Index, Candidates]:
        """The rows that would change, described for arbitration."""
        rows = (self.dose != self.now).nonzero()[0]
        pack, lines = self.engine.pack, self.frame.grid.lines
        drug, downward = self.frame.drug[rows], self.dose[rows] < self.now[rows]
        down = lines.table.ranks(self.frame.kind, pack.withdraw)[drug]
        up = lines.table.ranks(self.frame.kind, pack.raise_)[drug]
        return rows, Candidates(
            day_row=self.frame.day_row[rows],
            downward=downward,
            forced=self.forced[rows],
            rank=np.where(downward, down, up).astype(np.int32),
            slot=lines.slot[self.frame.segment[rows]],
            drug=drug,
        )

    def plans(self) -> Plans:
        """The finished plans of the frame."""
        frame, lines = self.frame, self.frame.grid.lines
        kind, missing = self._kinds()
        known = frame.dose.known
        segment = frame.segment
        return Plans(
            patient=frame.patient,
            day=frame.day,
            segment=segment,
            drug=frame.drug,
            slot=frame.spread(lines.slot),
            route=frame.spread(lines.route),
            kind=kind,
            dose_before=self.now,
            dose_known=np.ones(len(frame), np.bool_) if known is None else known,
            dose_after=self.dose,
            rule=self.rule,
            limits=self.limits,
            missing=missing,
            notices=self.proposals.notices,
            next_day=self._next_day(),
        )

    def _kinds(self) -> tuple[np.ndarray, np.ndarray]:
        program, names = self.engine.program, self.engine.missing_codes
        rule, stays = self.rule, self.dose == self.now
        kind = np.full(len(rule), HOLD, np.int8)
        # No rule (-1) wraps to the last entry, which refers to nobody.
        if program.refers.any():
            kind[program.refers.take(rule, mode="wrap")] = REFER
        if program.reviews.any():
            ready = ~self.open_ | program.urgent.take(rule, mode="wrap")
            kind[program.reviews.take(rule, mode="wrap") & ready] = REFER
        limited = bool(self.limits.any())
        if limited:
            kind[(self.limits & Limit.LAST_STEP) != 0] = REFER
        missing = np.full(len(rule), -1, np.int16)
        waits = (self.open_ & stays & (kind != REFER)).nonzero()[0]
        if len(waits):
            kind[waits] = NEED
            missing[waits] = first_missing(program, self.proposals, waits, names)
            if self.frame.dose.known is not None:
                missing[waits[~self.frame.dose.known[waits]]] = names["dose"]
        for limit, name in _LIMIT_MISSING if limited else ():
            lacking = ((self.limits & limit.value) != 0) & stays & (kind == HOLD)
            kind[lacking] = NEED
            missing[lacking] = names[name]
        if not stays.all():
            kind[self.dose > self.now] = UP
            kind[self.dose < self.now] = DOWN
            kind[(self.dose == 0) & (self.now > 0)] = STOP
        return kind, missing

    def _next_day(self) -> I32:
        """First day the line may change again, were it only for the interval of its product."""
        lines = self.frame.grid.lines
        wait = self.frame.spread(lines.table.settle[lines.drug])
        if self.engine.pack.guard_off:
            return self.frame.day + wait
        unchanged = self.frame.column("guard.unchanged").values
        left = np.where(self.dose != self.now, wait + 1, np.maximum(wait - unchanged, 1))
        return (self.frame.day + left).astype(np.int32)


def _arbitrate(drafts: Sequence[_Draft]) -> None:
    """Hold back what must wait; the guard's one-line rule over all frames of a block."""
    if all(bool((draft.dose == draft.now).all()) for draft in drafts):
        return
    parts = [draft.candidates() for draft in drafts]
    pooled = Candidates(*(np.concatenate([getattr(c, name) for _, c in parts]) for name in Candidates.__slots__))
    wait = waiting(pooled)
    start = 0
    for draft, (rows, _) in zip(drafts, parts, strict=True):
        mine = wait[start : start + len(rows)]
        start += len(rows)
        held = rows[mine]
        up = draft.dose[held] > draft.now[held]
        draft.dose[held] = draft.now[held]
        # What bound the dose it did not get no longer matters.
        draft.limits[held] = np.where(up, Limit.LOWER_FIRST, Limit.ONE_CHANGE)
    # An increase that waited only for its turn (nothing is being reduced) says so.
    _say_one_change(pooled, wait, parts, drafts)


def _say_one_change(
    pooled: Candidates, wait: np.ndarray, parts: Sequence[tuple[Index, Candidates]], drafts: Sequence[_Draft]
) -> None:
    reduced = np.unique(pooled.day_row[pooled.downward])
    start = 0
    for draft, (rows, mine) in zip(drafts, parts, strict=True):
        held = wait[start : start + len(rows)] & ~np.isin(mine.day_row, reduced)
        start += len(rows)
        draft.limits[rows[held]] &= ~int(Limit.LOWER_FIRST)
        draft.limits[rows[held]] |= Limit.ONE_CHANGE


def _nothing() -> npt.NDArray[Any]:
    return np.zeros(0, np.int32)


@dataclass(frozen=True, eq=False)
class Decision:
    """Plans of a block, with what explanations read: the grid, the drafts and their memos."""

    engine: Engine
    grid: Grid
    drafts: tuple[_Draft, ...]

    @once
    def plans(self) -> Plans:
        """All plans, sorted by patient, day, kind, slot, drug."""
        merged, order, _ = self._merged
        return merged if order is None else merged.take(order)

    @once
    def _merged(self) -> tuple[Plans, Index | None, Index]:
        parts = [d.plans() for d in self.drafts]
        sizes = np.array([len(p) for p in parts], np.int64)
        if len(parts) == 1:
            part = parts[0]
            patient, day = part.patient, part.day
            later = (patient[1:] > patient[:-1]) | ((patient[1:] == patient[:-1]) & (day[1:] > day[:-1]))
            if bool(later.all()):
                return part, None, sizes
        merged = Plans(
            *(np.concatenate([getattr(p, name) for p in parts]) if parts else _nothing() for name in Plans.__slots__)
        )
        kind = np.repeat(np.arange(len(parts)), sizes)
        order = np.lexsort((merged.segment, merged.slot, kind, merged.day, merged.patient))
        return merged, order, sizes

    def locate(self, row: int) -> tuple[Proposals, int]:
        """The frame's proposals and the row within it behind row ``row`` of ``plans``."""
        _, order, sizes = self._merged
        at = int(row if order is None else order[row])
        for draft, size in zip(self.drafts, sizes.tolist(), strict=True):
            if at < size:
                return draft.proposals, at
            at -= size
        raise IndexError(row)

    def kind_of(self, row: int) -> LineKind:
        """What kind of line a row of ``plans`` is."""
        return self.locate(row)[0].frame.kind
