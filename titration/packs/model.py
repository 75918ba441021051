"""A pack as the program holds it: checked, immutable, not yet bound to a unit system."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias

from titration.clinical import LineKind
from titration.expr.nodes import Condition
from titration.features.attribution import Attribution
from titration.features.lines import LineOptions
from titration.units import Dimension, Pair


class Tier(IntEnum):
    """What a rule is for; lower is heard first when two rules propose the same dose."""

    SAFETY = 0
    """A low has happened: acts on every line at once, is not held up by a freeze."""
    FREEZE = 1
    """Automation stops for this patient or line; may not read glucose."""
    REDUCE = 2
    """Glucose runs low: less drug, at once."""
    TAPER = 3
    """Glucose is at target and taper mode is on: one line a day, capped."""
    HOLD = 4
    """Nothing goes up."""
    RESCUE = 5
    """Glucose rose after a reduction: back to the dose before."""
    RAISE = 6
    """Titration upwards: one line a day."""

    @property
    def text(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Source:
    """A citation and how sure we are of it."""

    name: str
    cite: str
    mark: str
    note: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named number. ``value`` is a glucose pair, or an integer on the grid of ``dimension``."""

    name: str
    dimension: Dimension
    value: Pair | int
    source: str | None
    basis: str | None
    sign_off: str | None
    note: str
    unit: str
    """As the pack writes it; "mmol/L" for a glucose pair."""
    mmol_text: str | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep the dose."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop the line."""


@dataclass(frozen=True, slots=True)
class Restore:
    """Back to the dose before the last change, when that was higher."""


@dataclass(frozen=True, slots=True)
class Refer:
    """No change by the program; ``who`` decides."""

    who: str


@dataclass(frozen=True, slots=True)
class Review:
    """Proposes no dose: ``who`` should look today. Stands as a referral only where no other rule speaks."""

    who: str


@dataclass(frozen=True, slots=True)
class ShareOfTotal:
    """Down by a share (``parameter``) of the patient's total daily insulin."""

    parameter: str


@dataclass(frozen=True, slots=True)
class Units:
    """Up or down by units (``parameter`` is a dose)."""

    parameter: str
    up: bool


@dataclass(frozen=True, slots=True)
class Percent:
    """Up or down by a share of the dose, at least by ``at_least`` (a dose)."""

    parameter: str
    up: bool
    at_least: str | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
    """One step of the drug's own strengths: ``down`` (off the last step is a stop), ``halve`` or ``up``."""

    move: str


@dataclass(frozen=True, slots=True)
class LimitTo:
    """Down so far that the drug's daily total keeps within a feature (a dose a day)."""

    feature: str


Step: TypeAlias = Hold | Stop | Restore | Refer | Review | Units | Percent | ShareOfTotal | Ladder | LimitTo


@dataclass(frozen=True, slots=True)
class Rule:
    """When a condition holds for a line, propose a step."""

    id: str
    kinds: tuple[LineKind, ...]
    tier: Tier
    when: Condition
    when_text: str
    step: Step
    notices: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FeatureDefinition:
    """A feature as written; thresholds are parameter names until bound to a unit system."""

    name: str
    of: str
    reduce: str
    dimension: Dimension
    window_days: int
    min_count: int
    since_change: bool
    below: str | None
    at_most: str | None
    above: str | None
    at_least: str | None
    max_age: str | None
    sources: int


@dataclass(frozen=True, slots=True)
class Pack:
    """A whole pack. ``texts`` maps language to key to text; ``sha256`` is of the folder's files."""

    id: str
    version: str
    status: str
    sources: Mapping[str, Source]
    parameters: Mapping[str, Parameter]
    features: Mapping[str, FeatureDefinition]
    attribution: Attribution
    line_options: LineOptions
    withdraw: tuple[str, ...]
    raise_: tuple[str, ...]
    guard_off: bool
    rules: tuple[Rule, ...]
    sha256: str
    unique: tuple[Tier, ...] = ()
    """Tiers of which at most one rule may fire for a line: the pack asks to have that proved."""
    departs: Mapping[str, str] = field(default_factory=lambda: {})
    """Obligations the pack is known to break, by name, with the reason: they must be refuted, and are shown as such."""
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: {})

    def text(self, language: str, key: str) -> str:
        """A text of the pack; the key itself where a language lacks it (``check`` reports that)."""
        return self.texts.get(language, {}).get(key, key)
