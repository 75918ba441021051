"""The file format of a pack, checked field by field. Meaning is checked in ``load``."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
RuleId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)*$")]
Tier = Literal["safety", "freeze", "reduce", "taper", "rescue", "hold", "raise"]
Mark = Literal["FOUND", "FOUND-2", "REC-H", "REC-M", "INFERRED", "PROPOSED"]
Kind = Literal["basal", "prandial", "premix", "oral", "glp1ra", "other"]
Timing = Literal[
    "fasting",
    "post_breakfast",
    "pre_lunch",
    "post_lunch",
    "pre_dinner",
    "post_dinner",
    "bedtime",
    "overnight",
    "random",
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PackHead(_Strict):
    """``[pack]``"""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    status: Literal["draft", "reviewed", "approved", "bench"]


class LinesTable(_Strict):
    """``[lines]``: how dose records become therapy lines."""

    carry_days: Annotated[int, Field(ge=0, le=14)] = 2
    zero: Literal["missed", "dose"] = "missed"


class SourceTable(_Strict):
    """``[source.NAME]``: where a number or rule comes from."""

    cite: str
    mark: Mark
    note: str = ""


class ParameterTable(_Strict):
    """``[parameter.NAME]``: a glucose pair (mmol and mgdl), or a value with its unit."""

    mmol: str | None = None
    mgdl: int | None = None
    value: str | None = None
    unit: str | None = None
    source: str | None = None
    basis: Literal["local assumption"] | None = None
    sign_off: str | None = None
    note: str = ""

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> "ParameterTable":
        pair = self.mmol is not None or self.mgdl is not None
        if pair and (self.mmol is None or self.mgdl is None):
            raise ValueError("a glucose threshold is a published pair: give both mmol and mgdl")
        if pair == (self.value is not None):
            raise ValueError("give either mmol and mgdl, or value and unit")
        if self.value is not None and self.unit is None:
            raise ValueError("a value needs its unit")
        if (self.source is None) == (self.basis is None):
            raise ValueError('name the source, or say basis = "local assumption"')
        if self.basis is not None and not self.sign_off:
            raise ValueError("a local assumption names who must sign it off (sign_off)")
        return self


class FeatureTable(_Strict):
    """``[feature.NAME]``"""

    of: str
    reduce: str = "now"
    window_days: Annotated[int, Field(ge=1, le=400)] = 1
    min_count: Annotated[int, Field(ge=0, le=100)] = 1
    since_change: bool = False
    below: str | None = None
    at_most: str | None = None
    above: str | None = None
    at_least: str | None = None
    max_age: str | None = None
    sources: tuple[Literal["cbg", "lab", "cgm"], ...] = ("cbg", "lab")

    @model_validator(mode="after")
    def _has_one_bound_a_side(self) -> "FeatureTable":
        if self.below is not None and self.at_most is not None:
            raise ValueError("below and at_most exclude each other")
        if self.above is not None and self.at_least is not None:
            raise ValueError("above and at_least exclude each other")
        return self


class ConditionTable(_Strict):
    """``[condition.NAME]``: a condition several rules share."""

    when: str


class JudgesTable(_Strict):
    """One slot of ``[attribution.ACTION]``."""

    pre: tuple[Timing, ...] = ()
    post: tuple[Timing, ...] = ()


class ArbitrationTable(_Strict):
    """``[arbitration]``: drug classes and line kinds, first to change first."""

    withdraw: tuple[str, ...] = ()
    raise_: tuple[str, ...] = Field(default=(), alias="raise")


class GuardTable(_Strict):
    """``[guard]``"""

    off: bool = False


class ProveTable(_Strict):
    """``[prove]``: what the pack asks to have proved beyond what every pack must keep."""

    unique: tuple[Tier, ...] = ()
    """Tiers of which at most one rule may fire for a line, as in a published table whose rows exclude each other."""
    departs: dict[str, str] = {}
    """Obligations (as ``titration packs prove`` names them) that the pack's source breaks, and why the pack keeps to it."""


class StepTable(_Strict):
    """``propose = { ... }``: exactly one step; numbers are names of parameters."""

    hold: Literal[True] | None = None
    stop: Literal[True] | None = None
    restore: Literal[True] | None = None
    ladder: Literal["down", "up", "halve"] | None = None
    refer: str | None = None
    review: str | None = None
    up_units: str | None = None
    up_percent: str | None = None
    down_units: str | None = None
    down_percent: str | None = None
    down_percent_of_total: str | None = None
    limit_to: str | None = None
    at_least: str | None = None

    @model_validator(mode="after")
    def _is_one_step(self) -> "StepTable":
        given = [k for k, v in self.model_dump().items() if v is not None and k != "at_least"]
        if len(given) != 1:
            raise ValueError(f"a rule proposes exactly one step, found {', '.join(given) or 'none'}")
        if self.at_least is not None and self.down_percent is None:
            raise ValueError("at_least goes with down_percent")
        return self


class RuleTable(_Strict):
    """``[[rule]]``"""

    id: RuleId
    for_: tuple[Kind, ...] = Field(alias="for")
    tier: Tier
    when: str
    propose: StepTable
    notice: tuple[str, ...] = ()
    source: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _one_kind_is_a_list(cls, data: object) -> object:
        if isinstance(data, dict) and isinstance(data.get("for"), str):  # pyright: ignore[reportUnknownMemberType]
            return {**data, "for": [data["for"]]}  # pyright: ignore[reportUnknownVariableType]
        return data  # pyright: ignore[reportUnknownVariableType]


class PackFile(_Strict):
    """``pack.toml``"""

    pack: PackHead
    lines: LinesTable = LinesTable()
    source: dict[str, SourceTable] = {}
    parameter: dict[Name, ParameterTable] = {}
    feature: dict[Name, FeatureTable] = {}
    condition: dict[Name, ConditionTable] = {}
    attribution: dict[str, dict[Literal["breakfast", "lunch", "dinner", "bedtime"], JudgesTable]] = {}
    arbitration: ArbitrationTable = ArbitrationTable()
    guard: GuardTable = GuardTable()
    prove: ProveTable = ProveTable()
    rule: list[RuleTable] = []
