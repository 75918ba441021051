"""The file format of ``cases.toml``, checked field by field. Names and numbers are checked in ``case_file``."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
_Day = Annotated[int, Field(ge=-400, le=0)]
_Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class TherapyTable(_Strict):
    """One entry of ``lines``: a dose every dosing interval from day ``since`` to day ``until``, but for ``changes``.

    A ``missed`` day has a record of no dose; an ``unrecorded`` one has no record.
    """

    drug: _Text
    slot: Literal["breakfast", "lunch", "dinner", "bedtime"]
    dose: str
    since: _Day = -14
    until: _Day = 0
    changes: dict[str, str] = {}
    missed: list[_Day] = []
    unrecorded: list[_Day] = []
    doubtful: list[_Day] = []
    route: Literal["sc", "oral", "csii_bolus", "csii_basal", "iv"] | None = None
    time: Clock | None = None


class EventTable(_Strict):
    """One entry of ``events``."""

    kind: str
    day: _Day = 0
    time: Clock = "12:00"


class LabPoint(_Strict):
    """One dated measurement, where ``labs`` gives more than one."""

    day: _Day
    value: str


class PersonTable(_Strict):
    """``person``"""

    age: Annotated[int, Field(ge=0, le=120)] | Literal["unknown"] = 60
    type: Literal["T1D", "T2D", "other", "unknown"] = "T2D"


class ExpectTable(_Strict):
    """One entry of ``expect``: the whole plan of one line. Without ``dose`` the dose in force stays."""

    line: _Text
    kind: Literal["adjust_up", "adjust_down", "stop", "hold", "need_data", "refer"]
    dose: str | None = None
    rule: str = ""
    limits: list[str] = []
    missing: str = ""
    notices: list[str] = []
    next: Annotated[int, Field(ge=1)] | None = None


class CaseTable(_Strict):
    """``[[case]]``"""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
    why: _Text
    unit: Literal["mmol/L", "mg/dL"] = "mmol/L"
    readings: str = ""
    lines: list[TherapyTable]
    labs: dict[str, str | list[LabPoint]] = {}
    events: list[EventTable] = []
    person: PersonTable = PersonTable()
    taper: bool | None = None
    doubts: list[_Day] = []
    pump: list[_Day] = []
    expect: list[ExpectTable]


class CaseFile(_Strict):
    """``cases.toml``"""

    case: list[CaseTable] = []
