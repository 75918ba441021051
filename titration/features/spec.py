"""What a feature is: a source, a reducer, a window and a minimum count. Data, never code."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from titration.clinical import EventKind, LabKind, LineKind, Source, Timing
from titration.units import HI_VALUE, LO_VALUE, Dimension

TIMING_BIT: Final = {t.text: 1 << t for t in Timing}
ALL_TIMINGS: Final = (1 << len(Timing)) - 1
POST_MEAL: Final = TIMING_BIT["post_breakfast"] | TIMING_BIT["post_lunch"] | TIMING_BIT["post_dinner"]
PRE_MEAL: Final = TIMING_BIT["fasting"] | TIMING_BIT["pre_lunch"] | TIMING_BIT["pre_dinner"]
SERIES: Final[Mapping[str, int]] = {**TIMING_BIT, "post_meal": POST_MEAL, "pre_meal": PRE_MEAL, "any": ALL_TIMINGS}
"""Reading series that do not depend on the line, as bit sets of timings."""

LINE_SERIES: Final = ("judged", "judged_pre", "judged_post", "responsible")
"""Series that depend on the line: the readings that judge its dose, and those it answers for when low."""

FINGER_STICK_AND_LAB: Final = (1 << Source.CBG) | (1 << Source.LAB)

READING_REDUCERS: Final = ("count", "days", "mean", "min", "max", "last", "age_days")
_WHOLE = {"count": Dimension.COUNT, "days": Dimension.DAYS, "age_days": Dimension.DAYS, "active": Dimension.FLAG}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which values count, both ends included, on the grid of one unit system."""

    lowest: int = LO_VALUE
    highest: int = HI_VALUE

    @property
    def everything(self) -> bool:
        return self.lowest <= LO_VALUE and self.highest >= HI_VALUE


EVERYTHING: Final = Filter()


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature bound to a unit system.

    ``window_days`` counts today; ``min_count`` is the least number of readings (or days, for ``days``) that make
    the value known. ``since_change`` cuts the window at the line's last change of dose. ``max_age_days`` makes an
    older laboratory value unknown.
    """

    name: str
    of: str
    reduce: str
    dimension: Dimension
    window_days: int = 1
    min_count: int = 1
    since_change: bool = False
    keep: Filter = EVERYTHING
    max_age_days: int | None = None
    sources: int = FINGER_STICK_AND_LAB

    @property
    def is_glucose(self) -> bool:
        """Whether it is computed from glucose readings."""
        return self.of in SERIES or self.of in LINE_SERIES


@dataclass(frozen=True, slots=True)
class SourceKind:
    """What may be asked of a source: reducers, and the dimension each gives (None: its own)."""

    reducers: Mapping[str, Dimension]
    windowed: bool = False


def _readings() -> SourceKind:
    return SourceKind({r: _WHOLE.get(r, Dimension.GLUCOSE) for r in READING_REDUCERS}, windowed=True)


_EVENT = SourceKind({r: _WHOLE[r] for r in ("count", "age_days", "active")}, windowed=True)
_LINE_EVENT = SourceKind({"count": Dimension.COUNT, "age_days": Dimension.DAYS}, windowed=True)
_DOSE = SourceKind({"now": Dimension.DOSE, "per_kg": Dimension.DOSE_PER_KG})
_FLAG = SourceKind({"now": Dimension.FLAG})
_COUNT = SourceKind({"now": Dimension.COUNT})
_LAB_DIMENSION = {
    LabKind.WEIGHT: Dimension.WEIGHT,
    LabKind.HBA1C: Dimension.HBA1C,
    LabKind.EGFR: Dimension.EGFR,
    LabKind.C_PEPTIDE: Dimension.C_PEPTIDE,
}


def _lab(dimension: Dimension) -> SourceKind:
    return SourceKind(
        {
            "last": dimension,
            "age_days": Dimension.DAYS,
            "fall_percent": Dimension.PERCENT,
            "rise_percent": Dimension.PERCENT,
        },
        windowed=True,
    )


DRUG_CLASSES: Final = (
    "insulin",
    "sulfonylurea",
    "glinide",
    "secretagogue",
    "biguanide",
    "alpha_glucosidase_inhibitor",
    "thiazolidinedione",
    "dpp4_inhibitor",
    "sglt2_inhibitor",
    "glp1_receptor_agonist",
    "glucokinase_activator",
    "ppar_pan_agonist",
    "non_insulin",
)
"""Classes a feature may count; ``secretagogue`` is sulfonylurea or glinide, ``non_insulin`` is every other class."""

CATALOGUE: Final[Mapping[str, SourceKind]] = {
    **{name: _readings() for name in (*SERIES, *LINE_SERIES)},
    "symptoms": SourceKind({"count": Dimension.COUNT}, windowed=True),
    "severe": SourceKind({"count": Dimension.COUNT}, windowed=True),
    **{f"event.{kind.value}": _EVENT for kind in EventKind},
    "line.dose": _DOSE,
    "line.daily": SourceKind({"now": Dimension.DOSE}),
    "line.record": SourceKind({"age_days": Dimension.DAYS}),
    "line.change": _LINE_EVENT,
    "line.reduction": _LINE_EVENT,
    "line.increase": _LINE_EVENT,
    "line.missed": SourceKind({"count": Dimension.COUNT}, windowed=True),
    "line.previous_dose": SourceKind({"now": Dimension.DOSE}),
    "line.settle": SourceKind({"now": Dimension.DAYS}),
    "line.renal_maximum": SourceKind({"now": Dimension.DOSE}),
    "line.interval": SourceKind({"now": Dimension.DAYS}),
    "line.combination": _FLAG,
    "line.maximum": SourceKind({"now": Dimension.DOSE}),
    "line.doubtful": _FLAG,
    "line.insulins": _COUNT,
    "any.change": _LINE_EVENT,
    "any.reduction": _LINE_EVENT,
    "insulin.total": SourceKind(
        {
            "now": Dimension.DOSE,
            "per_kg": Dimension.DOSE_PER_KG,
            "baseline": Dimension.DOSE,
            "percent_of_baseline": Dimension.PERCENT,
            "percent_of_highest": Dimension.PERCENT,
        },
        windowed=True,
    ),
    "insulin.basal": _DOSE,
    **{f"class.{name}": _COUNT for name in DRUG_CLASSES},
    **{f"line.class.{name}": _FLAG for name in DRUG_CLASSES},
    **{f"kind.{kind.value}": _COUNT for kind in LineKind},
    **{f"drugs.{kind.value}": _COUNT for kind in LineKind},
    "route.pump": _COUNT,
    "route.iv": _COUNT,
    "unknown.drug": _COUNT,
    **{f"lab.{kind.value}": _lab(dimension) for kind, dimension in _LAB_DIMENSION.items()},
    "person.age": SourceKind({"now": Dimension.YEARS}),
    "person.type1": _FLAG,
    "state.taper": _FLAG,
    "state.screening": _FLAG,
    "state.treatment": _FLAG,
    "state.follow_up": _FLAG,
    "doubts": SourceKind({"count": Dimension.COUNT}, windowed=True),
}
"""Every source a feature may name, and what may be asked of it."""
