"""What a calculator is asked and what it answers: one JSON object a line, the same for any calculator.

Numbers travel as text in the notation people read ("6.8", "20"), so that no parser turns them into something else; an answer
may also give plain JSON numbers. Times are local, ``YYYY-MM-DD HH:MM``.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from titration.units import decimal_of

PlanWord = Literal["adjust_up", "adjust_down", "stop", "hold", "need_data", "refer"]
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


class StateReading(_Strict):
    """A finger-stick reading: ``glucose`` as the meter shows it, LO and HI included."""

    time: str
    timing: Timing
    glucose: str


class StateEvent(_Strict):
    """Something that happened, such as ``hypo_symptoms``."""

    time: str
    kind: str


class StateLine(_Strict):
    """A therapy line in use: ``dose`` each day in ``slot``, unchanged since the day ``since``; ``previous`` before it."""

    line: str
    drug: str
    kind: Literal["basal", "prandial", "premix"]
    slot: Literal["breakfast", "lunch", "dinner", "bedtime"]
    dose: str
    unit: Literal["units"] = "units"
    increment: str = "1"
    since: str
    previous: str | None = None


class State(_Strict):
    """One patient at the end of the day ``as_of``: the question is the dose of each line from then on."""

    id: str
    as_of: str
    glucose_unit: Literal["mmol/L", "mg/dL"]
    age: int = 60
    diabetes_type: Literal["T2D"] = "T2D"
    weight_kg: str | None = "80"
    egfr: str | None = "90"
    c_peptide_nmol_l: str | None = "0.9"
    lines: tuple[StateLine, ...]
    readings: tuple[StateReading, ...] = ()
    events: tuple[StateEvent, ...] = ()


class LineAnswer(BaseModel):
    """The plan of one line; ``dose`` is the dose to give from now on, and 0 is a stop."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    line: str
    plan: PlanWord
    dose: Annotated[str | int | float, Field(union_mode="left_to_right")]

    @property
    def units(self) -> Decimal:
        """The dose as a number; raises ValueError when it is not a plain decimal."""
        return decimal_of(str(self.dose))


class Answer(BaseModel):
    """A calculator's answer. ``review`` asks for a clinician today; ``total`` is the day's total insulin where it gives one."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    lines: tuple[LineAnswer, ...]
    review: bool = False
    total: str | int | float | None = None
