"""The file format of a protocol, checked field by field. Meaning is checked in ``protocol``."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from titration.clinical import LabKind

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
VisitName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]*$")]
Plain = Annotated[str, Field(pattern=r"^\d+(\.\d+)?$")]
Mark = Literal["FOUND", "FOUND-2", "REC-H", "REC-M", "INFERRED", "PROPOSED"]
Anchor = Literal["first_infusion", "last_infusion", "baseline"]
Phase = Literal["screening", "treatment", "follow_up"]
Days = Annotated[int, Field(ge=0, le=3650)]
GLUCOSES = ("fbg", "pbg")
MEASURES = (*GLUCOSES, "doses", "adverse_events", *(kind.value for kind in LabKind))
"""What a visit may ask for: glucose of the meter or laboratory, the dose record, events, and every dated measurement."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceTable(_Strict):
    """``[source.NAME]``"""

    cite: str
    mark: Mark


class Sourced(_Strict):
    """A table whose numbers come from one source, or are a local assumption that somebody must sign off."""

    source: str | None = None
    basis: Literal["local assumption"] | None = None
    sign_off: str | None = None
    note: str = ""

    @model_validator(mode="after")
    def _says_where_from(self) -> "Sourced":
        if (self.source is None) == (self.basis is None):
            raise ValueError('needs either source = "..." or basis = "local assumption"')
        if self.basis is not None and not self.sign_off:
            raise ValueError("a local assumption says who must sign it off: sign_off")
        return self


class ProtocolHead(_Strict):
    """``[protocol]``"""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    status: Literal["draft", "reviewed", "approved"]
    anchor: Anchor
    """Day 0 of the visits."""
    pack: str | None = None
    """The rule pack the doses are to follow."""


class ScreeningTable(Sourced):
    """``[screening]``: how long medication must have been stable before the baseline."""

    stable_days: Days


class InfusionTable(Sourced):
    """``[infusion]``: how many, how far apart, how many cells."""

    count: Annotated[int, Field(ge=1, le=50)]
    every_days: Annotated[int, Field(ge=1, le=365)]
    cells_per_kg: Plain


class InfusionLimits(Sourced):
    """``[infusion_limits]``: what counts as a deviation."""

    early: Days
    late: Days
    cells_percent: Plain
    """Deviation of the cells given from the cells due that is still in order, percent."""
    weight_age_days: Days
    """How old the weight of the day may be."""


class ThawTable(Sourced):
    """``[thaw]``"""

    within_hours: Plain


class ObservationTable(Sourced):
    """``[observation]``: how long a patient is watched after an infusion."""

    hours: Plain


class VitalsTable(Sourced):
    """``[vitals]``: when vital signs are taken, minutes from the start of the infusion (before it: negative)."""

    minutes: tuple[int, ...] = Field(min_length=1)
    tolerance: Annotated[int, Field(ge=1, le=720)]


class CheckTable(Sourced):
    """``[[check]]``: one check of the cell product, signed by a person before release."""

    id: Name
    least: Plain | None = None
    most: Plain | None = None
    """Bounds of a value that is a number; without bounds the result is passed or failed."""


class VisitTable(Sourced):
    """``[[visit]]``: a day counted from an anchor, with the days it may be early or late."""

    id: VisitName
    day: Annotated[int, Field(ge=-365, le=3650)]
    after: Anchor | None = None
    early: Days
    late: Days
    measures: tuple[str, ...] = Field(min_length=1)


class PhaseTable(Sourced):
    """``[[phase]]``: from which day on, and whether taper mode is on."""

    id: Phase
    begins: Anchor | Literal["screening"]
    offset_days: Annotated[int, Field(ge=-365, le=3650)] = 0
    taper: bool


class SuccessTable(Sourced):
    """``[[success]]``: a definition of success; every condition given must hold at the visit."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    visit: VisitName
    among: Literal["all", "insulin"] = "all"
    """The denominator: everybody, or those on insulin at the baseline."""
    insulin_down_at_least: Plain | None = None
    insulin_down_more_than: Plain | None = None
    hba1c_below: Plain | None = None
    insulin_stopped: Literal[True] | None = None
    tablets_reduced: Literal[True] | None = None
    off_all_drugs_days: Days | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> "SuccessTable":
        asked = (
            self.insulin_down_at_least, self.insulin_down_more_than, self.hba1c_below,
            self.insulin_stopped, self.tablets_reduced, self.off_all_drugs_days,
        )  # fmt: skip
        if all(value is None for value in asked):
            raise ValueError("a definition of success has at least one condition")
        if self.insulin_down_at_least is not None and self.insulin_down_more_than is not None:
            raise ValueError("insulin_down_at_least and insulin_down_more_than exclude each other")
        return self


class ProtocolFile(_Strict):
    """``NAME.toml`` under ``rules/protocols``"""

    protocol: ProtocolHead
    source: dict[str, SourceTable] = {}
    screening: ScreeningTable | None = None
    infusion: InfusionTable | None = None
    infusion_limits: InfusionLimits | None = None
    thaw: ThawTable | None = None
    observation: ObservationTable | None = None
    vitals: VitalsTable | None = None
    check: tuple[CheckTable, ...] = ()
    visit: tuple[VisitTable, ...] = Field(min_length=1)
    phase: tuple[PhaseTable, ...] = ()
    success: tuple[SuccessTable, ...] = ()
    text: dict[Literal["en", "zh"], dict[str, str]]
    """Wording: ``title``, and ``visit-ID``, ``check-ID``, ``success-ID`` for each of them, in both languages."""
