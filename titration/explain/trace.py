"""The trace of a plan as data: what was seen, what it was compared with, what bound it, what came close.

Everything here is read from the engine's own memo and frame; nothing is evaluated a second time. Words come later: the
English and the Chinese text are two renderings of these tokens.
"""

from dataclasses import dataclass

from titration.clinical import LineKind, PlanKind, Route, Slot
from titration.expr.nodes import Op
from titration.formulary import Product
from titration.packs.model import Parameter, Source
from titration.units import Dimension, UnitSystem


@dataclass(frozen=True, slots=True)
class Reading:
    """A glucose value behind a feature, with its time (minutes since 1970-01-01, local)."""

    minute: int
    value: int
    timing: str
    source: str


@dataclass(frozen=True, slots=True)
class Observed:
    """A feature as seen at the row. ``value`` is on the grid of ``dimension``, divided by ``per`` for a mean or
    ratio; None when unknown. ``readings`` are the values behind it, newest last."""

    feature: str
    dimension: Dimension
    value: int | None
    per: int | None
    window_days: int
    min_count: int
    readings: tuple[Reading, ...] = ()
    at_day: int | None = None
    """Day of the measurement, for laboratory values; of the latest event, for events."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a feature was compared with: a parameter (with its provenance), zero, or another feature."""

    parameter: Parameter | None = None
    value: int = 0
    other: Observed | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of a rule, as it came out. ``outcome`` None is unknown; ``wanted`` is what would help the rule.

    ``op`` None stands for ``known(feature)``.
    """

    observed: Observed
    op: Op | None
    threshold: Threshold
    outcome: bool | None
    wanted: bool


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """A rule and every comparison of its condition, each once."""

    rule_id: str
    tier: str
    comparisons: tuple[Comparison, ...]
    sources: tuple[Source, ...]
    assumptions: tuple[Parameter, ...]
    """Parameters of the rule (its step included) that are nobody's publication."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A rule that did not act and the comparisons that stood in its way.

    Without blockers it did fire, and a more cautious rule stands instead.
    """

    rule_id: str
    tier: str
    blockers: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """The datum that would unlock an answer. ``timings`` are the readings to take; ``earliest_day`` is the first day
    they can be complete."""

    feature: str
    observed: Observed | None
    timings: tuple[str, ...]
    have: int
    need: int
    earliest_day: int


@dataclass(frozen=True, slots=True)
class LinePlan:
    """The plan of one line with its whole reason. Doses in thousandths of ``unit``."""

    drug: str
    product: Product | None
    slot: Slot
    route: Route
    line_kind: LineKind
    kind: PlanKind
    before: int | None
    after: int
    unit: str
    rule: RuleTrace | None
    proposed: int
    """What the rule asked for, before guard and arbitration."""
    limits: tuple[str, ...]
    notices: tuple[str, ...]
    missing: Missing | None
    next_day: int
    judged_by: tuple[str, ...]
    near: tuple[NearMiss, ...]
    refer_to: str | None
    also: tuple[RuleTrace, ...] = ()
    """Other rules that fired and carry a notice: why the notice is there."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """A patient's plan for a day."""

    patient_id: str
    day: int
    system: UnitSystem
    pack_id: str
    pack_version: str
    pack_status: str
    pack_sha256: str
    lines: tuple[LinePlan, ...]
    notices: tuple[str, ...]
    assumptions: tuple[Parameter, ...]
    last_reading: Reading | None
    total_insulin: int | None
    total_after: int | None
    taper_on: bool
    readings: tuple[Reading, ...]
    """All readings of the last seven days, newest last."""
