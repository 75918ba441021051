"""The closed vocabularies of the domain. Codes are stable: they are what columns and files hold."""

from enum import IntEnum, StrEnum
from typing import Final


class Timing(IntEnum):
    """When in the day's pattern a glucose was read."""

    FASTING = 0
    POST_BREAKFAST = 1
    PRE_LUNCH = 2
    POST_LUNCH = 3
    PRE_DINNER = 4
    POST_DINNER = 5
    BEDTIME = 6
    OVERNIGHT = 7
    RANDOM = 8

    @property
    def text(self) -> str:
        return self.name.lower()


class Source(IntEnum):
    """What measured a glucose."""

    CBG = 0
    LAB = 1
    CGM = 2

    @property
    def text(self) -> str:
        return self.name.lower()


class Slot(IntEnum):
    """When in the day a drug is taken."""

    BREAKFAST = 0
    LUNCH = 1
    DINNER = 2
    BEDTIME = 3

    @property
    def text(self) -> str:
        return self.name.lower()


class Route(IntEnum):
    """How a drug is given. CSII is a pump."""

    SC = 0
    ORAL = 1
    CSII_BOLUS = 2
    CSII_BASAL = 3
    IV = 4

    @property
    def text(self) -> str:
        return self.name.lower()


class LineKind(StrEnum):
    """What a therapy line is to a rule (``for`` in a pack)."""

    BASAL = "basal"
    PRANDIAL = "prandial"
    PREMIX = "premix"
    ORAL = "oral"
    GLP1RA = "glp1ra"
    OTHER = "other"
    """Pump, intravenous, or a drug the formulary does not know: kept, named, referred."""


class EventKind(StrEnum):
    """Things that happened, as the log or the ward tells them."""

    MEAL = "meal"
    MEAL_MORE = "meal_more"
    MEAL_LESS = "meal_less"
    MEAL_SKIPPED = "meal_skipped"
    EXERCISE = "exercise"
    EXERCISE_MORE = "exercise_more"
    EXERCISE_LESS = "exercise_less"
    HYPO_SYMPTOMS = "hypo_symptoms"
    HYPO_SEVERE = "hypo_severe"
    MISSED_DOSE = "missed_dose"
    PUMP_SUSPENDED = "pump_suspended"
    STEROID = "steroid"
    INFECTION = "infection"
    SURGERY = "surgery"
    NIL_BY_MOUTH = "nil_by_mouth"
    CONTRAST = "contrast"
    PREGNANCY = "pregnancy"
    DIALYSIS = "dialysis"
    KETOACIDOSIS = "ketoacidosis"
    TAPER_ON = "taper_on"
    TAPER_OFF = "taper_off"
    PHASE_SCREENING = "phase_screening"
    PHASE_TREATMENT = "phase_treatment"
    PHASE_FOLLOW_UP = "phase_follow_up"
    BASELINE = "baseline"
    RESUMED = "resumed"
    """The clinician says that an illness, procedure or steroid course is over."""
    REASON_RECORDED = "reason_recorded"
    """The clinician has recorded why a tablet that does not cause hypoglycaemia may be tapered."""
    OTHER = "other"


class LabKind(StrEnum):
    """Dated measurements, in thousandths of the unit named."""

    WEIGHT = "weight"
    """kg"""
    HBA1C = "hba1c"
    """% (NGSP)"""
    EGFR = "egfr"
    """mL/min/1.73 m2"""
    CREATININE = "creatinine"
    """umol/L"""
    C_PEPTIDE = "c_peptide"
    """nmol/L, fasting"""
    KETONE = "ketone"
    """mmol/L"""
    # What follows is for a study's tables: no feature reads it, so no rule can.
    C_PEPTIDE_2H = "c_peptide_2h"
    """nmol/L, two hours after a meal or a glucose load"""
    INSULIN_FASTING = "insulin_fasting"
    """mU/L"""
    GLUCOSE_2H = "glucose_2h"
    """mmol/L, venous, two hours after a test meal or a glucose load; an ordinary meal's value is a reading"""
    ALT = "alt"
    """U/L"""
    AST = "ast"
    """U/L"""
    CRP = "crp"
    """mg/L"""


class PlanKind(StrEnum):
    """What a plan says about a line."""

    ADJUST_UP = "adjust_up"
    ADJUST_DOWN = "adjust_down"
    STOP = "stop"
    HOLD = "hold"
    NEED_DATA = "need_data"
    REFER = "refer"


EVENT_KINDS: Final = tuple(EventKind)
LAB_KINDS: Final = tuple(LabKind)
LINE_KINDS: Final = tuple(LineKind)
PLAN_KINDS: Final = tuple(PlanKind)
"""Position in these tuples is the code that columns hold."""
