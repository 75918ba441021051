"""What several packs say about the same lines on the same days: counts with their denominators, block by block."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from titration.clinical import LINE_KINDS, PLAN_KINDS, LineKind, Route, Slot, Timing
from titration.engine.decide import Decision
from titration.engine.plans import LIMIT_NAMES, NEED, NO_RULE, REFER, Plans
from titration.log.model import MINUTES_A_DAY, Log
from titration.packs.model import Hold, Pack, Refer, Review
from titration.units import Pair, glucose_text

MOVES: Final = ("down", "keep", "up")
"""What an answer does to a dose; a stop is a move down."""
FASTING_EDGES: Final = (
    Pair(39, 70), Pair(44, 80), Pair(56, 100), Pair(70, 126), Pair(78, 140), Pair(100, 180), Pair(139, 250),
)  # fmt: skip
"""Lower ends of the bands of today's fasting glucose, published pairs; the first band lies below the first."""
MOST_EXAMPLES: Final = 200
"""Opposite answers written out; the count goes on."""

Ints: TypeAlias = npt.NDArray[Any]

_NONE: Final = -1
_DAY_ROOM: Final = 1 << 24


@dataclass(frozen=True, slots=True)
class Answer:
    """One pack's plan for a line on a day; doses in thousandths."""

    kind: str
    after: int
    rule: str


@dataclass(frozen=True, slots=True)
class Opposite:
    """A line on a day that one pack raises and another lowers. ``fasting`` is as the meter shows it; "" where none."""

    patient: str
    day: int
    drug: str
    slot: str
    fasting: str
    unit: str
    before: int
    answers: tuple[Answer | None, ...]


@dataclass
class Versus:
    """Running counts of a comparison of packs, all by place of the pack in ``packs``.

    ``kinds``: (pack, line kind, plan kind). ``pairs``: (pack, pack, move, move) where both judge that kind of line and both
    have an answer; ``both``: (pack, pack) where both judge it. ``curve``: (pack, band, move) and ``change`` (pack, band), the
    sum of changes in thousandths, of basal lines by today's fasting value. ``missing``: (pack, datum), of lines it judges.
    """

    packs: tuple[Pack, ...]
    patients: int = 0
    patient_days: int = 0
    rows: int = 0
    units: Counter[str] = field(default_factory=Counter[str])
    days: tuple[int, int] | None = None
    kinds: Counter[tuple[int, str, str]] = field(default_factory=Counter[tuple[int, str, str]])
    limits: Counter[tuple[int, str]] = field(default_factory=Counter[tuple[int, str]])
    proposals: Counter[int] = field(default_factory=Counter[int])
    missing: Counter[tuple[int, str]] = field(default_factory=Counter[tuple[int, str]])
    both: Counter[tuple[int, int]] = field(default_factory=Counter[tuple[int, int]])
    pairs: Counter[tuple[int, int, str, str]] = field(default_factory=Counter[tuple[int, int, str, str]])
    same_dose: Counter[tuple[int, int]] = field(default_factory=Counter[tuple[int, int]])
    curve: Counter[tuple[int, int, str]] = field(default_factory=Counter[tuple[int, int, str]])
    change: Counter[tuple[int, int]] = field(default_factory=Counter[tuple[int, int]])
    answered: int = 0
    """Line-days on which two packs or more have an answer."""
    opposite: int = 0
    """Of these, line-days that one raises and another lowers."""
    opposite_patients: set[str] = field(default_factory=set[str])
    examples: list[Opposite] = field(default_factory=list[Opposite])

    def add(self, decisions: Sequence[Decision]) -> None:
        """Count one block, decided by every pack in order."""
        block = _Block.of(self.packs, decisions)
        self._count_block(block, decisions)
        for place, decision in enumerate(decisions):
            self._count_pack(place, block, decision)
        for a, b in combinations(range(len(self.packs)), 2):
            self._count_pair(a, b, block)
        self._count_opposites(block)

    def _count_block(self, block: "_Block", decisions: Sequence[Decision]) -> None:
        log = block.log
        self.patients += len(log.people)
        self.units[log.system.text] += len(log.people)
        self.rows += len(block.key)
        plans = decisions[0].plans
        if len(plans):
            days = plans.patient.astype(np.int64) * _DAY_ROOM + plans.day
            self.patient_days += len(np.unique(days))
            first, last = int(plans.day.min()), int(plans.day.max())
            self.days = (first, last) if self.days is None else (min(first, self.days[0]), max(last, self.days[1]))

    def _count_pack(self, place: int, block: "_Block", decision: Decision) -> None:
        plans = decision.plans
        kind = decision.grid.lines.kind[plans.segment].astype(np.int64)
        wide = len(PLAN_KINDS)
        counts = np.bincount(kind * wide + plans.kind, minlength=len(LINE_KINDS) * wide)
        for code in map(int, np.flatnonzero(counts)):
            key = (place, LINE_KINDS[code // wide].value, PLAN_KINDS[code % wide].value)
            self.kinds[key] += int(counts[code])
        self.proposals[place] += int(((plans.dose_after != plans.dose_before) | (plans.limits != 0)).sum())
        for limit, name in LIMIT_NAMES.items():
            self.limits[(place, name)] += int(((plans.limits & limit) != 0).sum())
        judged = np.isin(kind, [LINE_KINDS.index(k) for k in kinds_judged(self.packs[place])])
        for code in plans.missing[judged & (plans.missing >= 0)].tolist():
            self.missing[(place, decision.engine.missing_names[code])] += 1
        move, change = block.moves[place], block.after[place] - block.before
        basal = (block.line_kind == LINE_KINDS.index(LineKind.BASAL)) & (move != _NONE) & (block.band != _NONE)
        for at in np.flatnonzero(basal).tolist():
            band = int(block.band[at])
            self.curve[(place, band, MOVES[move[at]])] += 1
            self.change[(place, band)] += int(change[at])

    def _count_pair(self, a: int, b: int, block: "_Block") -> None:
        judged = block.judged[a] & block.judged[b]
        self.both[(a, b)] += int(judged.sum())
        one, other = block.moves[a], block.moves[b]
        rows = np.flatnonzero((one != _NONE) & (other != _NONE))
        counts = np.bincount(one[rows] * len(MOVES) + other[rows], minlength=len(MOVES) ** 2)
        for code in map(int, np.flatnonzero(counts)):
            self.pairs[(a, b, MOVES[code // len(MOVES)], MOVES[code % len(MOVES)])] += int(counts[code])
        self.same_dose[(a, b)] += int((block.after[a][rows] == block.after[b][rows]).sum())

    def _count_opposites(self, block: "_Block") -> None:
        moves = np.stack(block.moves)
        self.answered += int(((moves != _NONE).sum(axis=0) >= 2).sum())
        rows = np.flatnonzero((moves == MOVES.index("up")).any(axis=0) & (moves == MOVES.index("down")).any(axis=0))
        self.opposite += len(rows)
        self.opposite_patients |= {block.log.people[int(p)].patient_id for p in block.patient[rows]}
        self.examples += [block.opposite(int(row)) for row in rows[: MOST_EXAMPLES - len(self.examples)]]


def kinds_judged(pack: Pack) -> frozenset[LineKind]:
    """Kinds of line whose dose some rule of the pack may change."""
    moving = (rule for rule in pack.rules if not isinstance(rule.step, Hold | Refer | Review))
    return frozenset(kind for rule in moving for kind in rule.kinds)


@dataclass(frozen=True, eq=False)
class _Block:
    """One block's lines and days, and what each pack says of them; arrays are aligned, one entry per line-day."""

    log: Log
    key: npt.NDArray[np.int64]
    patient: npt.NDArray[np.int32]
    day: npt.NDArray[np.int32]
    drug: npt.NDArray[np.int32]
    slot: npt.NDArray[np.int8]
    line_kind: npt.NDArray[np.int8]
    before: npt.NDArray[np.int32]
    band: npt.NDArray[np.int64]
    fasting: npt.NDArray[np.int64]
    judged: tuple[npt.NDArray[np.bool_], ...]
    """Where the pack plans the line and judges its kind."""
    moves: tuple[npt.NDArray[np.int64], ...]
    """Index into MOVES; -1 where it does not judge the line or has no answer."""
    kinds: tuple[npt.NDArray[np.int64], ...]
    after: tuple[npt.NDArray[np.int32], ...]
    rules: tuple[tuple[str, ...], ...]
    rule: tuple[npt.NDArray[np.int64], ...]

    @classmethod
    def of(cls, packs: Sequence[Pack], decisions: Sequence[Decision]) -> "_Block":
        """The decisions of every pack on one log, aligned on patient, day and line."""
        log = decisions[0].grid.log
        keys = [_keys(d.plans, len(log.drugs)) for d in decisions]
        key, first = np.unique(np.concatenate(keys), return_index=True)

        def gathered(name: str) -> Ints:
            return np.concatenate([getattr(d.plans, name) for d in decisions])[first]

        line_kind = np.concatenate([d.grid.lines.kind[d.plans.segment] for d in decisions])[first]
        fasting = _fasting(log, gathered("patient"), gathered("day"))
        edges = np.array([pair.on(log.system) for pair in FASTING_EDGES])
        columns = [_column(key, keys[i], d, line_kind, kinds_judged(packs[i])) for i, d in enumerate(decisions)]
        return cls(
            log=log,
            key=key,
            patient=gathered("patient"),
            day=gathered("day"),
            drug=gathered("drug"),
            slot=gathered("slot"),
            line_kind=line_kind,
            before=gathered("dose_before"),
            band=np.where(fasting == _NONE, _NONE, np.searchsorted(edges, fasting, side="right")),
            fasting=fasting,
            judged=tuple(c.judged for c in columns),
            moves=tuple(c.moves for c in columns),
            kinds=tuple(c.kinds for c in columns),
            after=tuple(c.after for c in columns),
            rules=tuple(tuple(r.id for r in pack.rules) for pack in packs),
            rule=tuple(c.rule for c in columns),
        )

    def opposite(self, row: int) -> Opposite:
        """A row written out."""
        value, system = int(self.fasting[row]), self.log.system
        return Opposite(
            patient=self.log.people[int(self.patient[row])].patient_id,
            day=int(self.day[row]),
            drug=self.log.drugs[int(self.drug[row])],
            slot=Slot(int(self.slot[row])).text,
            fasting="" if value == _NONE else glucose_text(value, system),
            unit=system.text,
            before=int(self.before[row]),
            answers=tuple(self._answer(place, row) for place in range(len(self.moves))),
        )

    def _answer(self, place: int, row: int) -> Answer | None:
        if self.kinds[place][row] == _NONE:
            return None
        rule = int(self.rule[place][row])
        name = "" if rule == NO_RULE else self.rules[place][rule]
        return Answer(PLAN_KINDS[int(self.kinds[place][row])].value, int(self.after[place][row]), name)


@dataclass(frozen=True, slots=True)
class _Column:
    judged: npt.NDArray[np.bool_]
    moves: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.int64]
    after: npt.NDArray[np.int32]
    rule: npt.NDArray[np.int64]


def _keys(plans: Plans, drugs: int) -> npt.NDArray[np.int64]:
    key = plans.patient.astype(np.int64) * _DAY_ROOM + plans.day + (_DAY_ROOM >> 1)
    return ((key * max(1, drugs) + plans.drug) * len(Slot) + plans.slot) * len(Route) + plans.route


def _column(
    key: npt.NDArray[np.int64],
    mine: npt.NDArray[np.int64],
    decision: Decision,
    line_kind: Ints,
    judges: frozenset[LineKind],
) -> _Column:
    plans, size = decision.plans, len(key)
    at = np.searchsorted(key, mine)
    kinds, rule = np.full(size, _NONE, np.int64), np.full(size, NO_RULE, np.int64)
    after, moves = np.zeros(size, np.int32), np.full(size, _NONE, np.int64)
    kinds[at], rule[at], after[at] = plans.kind, plans.rule, plans.dose_after
    judged = (kinds != _NONE) & np.isin(line_kind, [LINE_KINDS.index(k) for k in judges])
    moves[at] = 1 + np.sign(plans.dose_after.astype(np.int64) - plans.dose_before)
    answered = judged & (kinds != NEED) & (kinds != REFER)
    return _Column(judged, np.where(answered, moves, _NONE), kinds, after, rule)


def _fasting(log: Log, patient: Ints, day: Ints) -> npt.NDArray[np.int64]:
    """Today's last fasting value of each row, on the log's grid; -1 where there is none."""
    readings = log.readings
    rows = np.flatnonzero((readings.timing == int(Timing.FASTING)) & ~readings.repeat)
    have: Ints = readings.patient[rows].astype(np.int64) * _DAY_ROOM + readings.minute[rows] // MINUTES_A_DAY
    wanted: Ints = patient.astype(np.int64) * _DAY_ROOM + day
    if not len(rows):
        return np.full(len(wanted), _NONE, np.int64)
    order = np.argsort(have, kind="stable")
    at: Ints = np.searchsorted(have[order], wanted, side="right") - 1
    found: Ints = (at >= 0) & (have[order][np.maximum(at, 0)] == wanted)
    return np.where(found, readings.value[rows][order][np.maximum(at, 0)], _NONE).astype(np.int64)
