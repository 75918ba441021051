"""The result: one row per patient-day and line, as columns."""

from dataclasses import dataclass
from enum import IntFlag
from typing import Final

import numpy as np
import numpy.typing as npt

from titration.clinical import PLAN_KINDS, PlanKind

I32 = npt.NDArray[np.int32]
I16 = npt.NDArray[np.int16]
I8 = npt.NDArray[np.int8]


class Limit(IntFlag):
    """What bound a proposal; shown wherever the plan is."""

    HYPO_LOCKOUT = 1 << 0
    GLUCOSE_UNKNOWN = 1 << 1
    STALE_READING = 1 << 2
    MISSED_DOSE = 1 << 3
    DOUBTFUL_DATA = 1 << 4
    INTERVAL = 1 << 5
    NO_NEW_READING = 1 << 6
    STEP_CAP = 1 << 7
    WEIGHT_UNKNOWN = 1 << 8
    DOSE_CAP = 1 << 9
    DRUG_MAXIMUM = 1 << 10
    DAY_CAP = 1 << 11
    FORTNIGHT_CAP = 1 << 12
    C_PEPTIDE = 1 << 13
    ONE_CHANGE = 1 << 14
    ROUNDING = 1 << 15
    LAST_STEP = 1 << 16
    LOWER_FIRST = 1 << 17


LIMIT_NAMES: Final = {limit: limit.name.lower() for limit in Limit if limit.name}

NO_RULE: Final = -1
KIND_CODE: Final = {kind: code for code, kind in enumerate(PLAN_KINDS)}

UP, DOWN, STOP, HOLD, NEED, REFER = (
    KIND_CODE[k]
    for k in (
        PlanKind.ADJUST_UP,
        PlanKind.ADJUST_DOWN,
        PlanKind.STOP,
        PlanKind.HOLD,
        PlanKind.NEED_DATA,
        PlanKind.REFER,
    )
)


@dataclass(frozen=True, slots=True)
class Plans:
    """Columns of equal length. Doses are thousandths of the drug's unit; days count from 1970-01-01.

    ``rule`` indexes the program's rules (-1: none), ``missing`` the names in ``engine.decide.missing_names`` (-1:
    nothing), ``limits`` and ``notices`` are bit sets, ``next_day`` is the first day the line may change again.
    """

    patient: I32
    day: I32
    segment: I32
    drug: I32
    slot: I8
    route: I8
    kind: I8
    dose_before: I32
    dose_known: npt.NDArray[np.bool_]
    dose_after: I32
    rule: I16
    limits: I32
    missing: I16
    notices: I32
    next_day: I32

    def __len__(self) -> int:
        return len(self.patient)

    def take(self, rows: npt.NDArray[np.intp]) -> "Plans":
        """The plans at ``rows``, in their order."""
        return Plans(*(getattr(self, name)[rows] for name in self.__slots__))
