"""Indices of insulin resistance and islet function, each a number or a coded reason why there is none.

Sources: HOMA1, Matthews 1985; C-peptide forms, Li and Zhou 2004 (FCP in pmol/L); C-peptide index in ng/mL over mg/dL.
HOMA2 is not here: the Oxford model may not be reimplemented without a licence. All arithmetic is exact.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from titration.study.quantities import CPeptide, Glucose, Insulin, Quantity

GLUCOSE_POLE: Final = Fraction("3.5")
"""HOMA's islet formulas divide by glucose less 3.5 mmol/L: undefined at or below it."""
LEAST_EGFR: Final = Fraction(45)
"""Below this eGFR C-peptide is retained; published as unreliable below 30 to 45, the more cautious end is taken."""


class Reason(StrEnum):
    """Why a value was not computed."""

    NO_GLUCOSE = "no_glucose"
    NO_INSULIN_VALUE = "no_insulin_value"
    NO_C_PEPTIDE = "no_c_peptide"
    GLUCOSE_TOO_LOW = "glucose_too_low"
    EXOGENOUS_INSULIN = "exogenous_insulin"
    INSULIN_USE_UNKNOWN = "insulin_use_unknown"
    RENAL = "renal"
    NOT_PAIRED = "not_paired"
    CENSORED = "censored"
    NO_VALUE = "no_value"
    NO_BASELINE = "no_baseline"
    NO_ANCHOR = "no_anchor"
    NOT_YET = "not_yet"
    PUMP = "pump"
    UNKNOWN_INSULIN = "unknown_insulin"
    NOT_ON_INSULIN = "not_on_insulin"
    NO_RECORD = "no_record"
    STILL_ON_DRUGS = "still_on_drugs"


@dataclass(frozen=True, slots=True)
class Index:
    """A computed index; ``remark`` says what could not be checked."""

    value: Fraction
    remark: str = ""


EGFR_UNKNOWN: Final = "egfr_unknown"


def homa_ir(glucose: Glucose | None, insulin: Insulin | None, *, on_insulin: bool | None) -> Index | Reason:
    """HOMA1-IR: glucose (mmol/L) x insulin (mU/L) / 22.5. Never under exogenous insulin."""
    refused = _insulin_based(glucose, insulin, on_insulin=on_insulin)
    if refused is not None or glucose is None or insulin is None:
        return refused or Reason.NO_GLUCOSE
    return Index(glucose.value * insulin.value / Fraction("22.5"))


def homa_beta(glucose: Glucose | None, insulin: Insulin | None, *, on_insulin: bool | None) -> Index | Reason:
    """HOMA1-beta in %: 20 x insulin (mU/L) / (glucose (mmol/L) - 3.5). Never under exogenous insulin."""
    refused = _insulin_based(glucose, insulin, on_insulin=on_insulin)
    if refused is not None or glucose is None or insulin is None:
        return refused or Reason.NO_GLUCOSE
    if glucose.value <= GLUCOSE_POLE:
        return Reason.GLUCOSE_TOO_LOW
    return Index(20 * insulin.value / (glucose.value - GLUCOSE_POLE))


def homa_ir_cp(glucose: Glucose | None, c_peptide: CPeptide | None, *, egfr: Fraction | None) -> Index | Reason:
    """HOMA-IR (CP): 1.5 + glucose (mmol/L) x C-peptide (pmol/L) / 2800. With nmol/L it would always print 1.5."""
    refused = _c_peptide_based(glucose, c_peptide, egfr)
    if refused is not None or glucose is None or c_peptide is None:
        return refused or Reason.NO_GLUCOSE
    return Index(Fraction("1.5") + glucose.value * c_peptide.value / 2800, _remark(egfr))


def homa_islet_cp(glucose: Glucose | None, c_peptide: CPeptide | None, *, egfr: Fraction | None) -> Index | Reason:
    """HOMA-islet (CP-DM): 0.27 x C-peptide (pmol/L) / (glucose (mmol/L) - 3.5), for people with diabetes."""
    refused = _c_peptide_based(glucose, c_peptide, egfr)
    if refused is not None or glucose is None or c_peptide is None:
        return refused or Reason.NO_GLUCOSE
    if glucose.value <= GLUCOSE_POLE:
        return Reason.GLUCOSE_TOO_LOW
    return Index(Fraction("0.27") * c_peptide.value / (glucose.value - GLUCOSE_POLE), _remark(egfr))


def resistance_cp(glucose: Glucose | None, c_peptide: CPeptide | None, *, egfr: Fraction | None) -> Index | Reason:
    """20 / (C-peptide (ng/mL) x glucose (mmol/L)): lower is more resistant."""
    refused = _c_peptide_based(glucose, c_peptide, egfr)
    if refused is not None or glucose is None or c_peptide is None:
        return refused or Reason.NO_GLUCOSE
    return Index(20 / (c_peptide.in_unit("ng/mL") * glucose.value), _remark(egfr))


def c_peptide_index(glucose: Glucose | None, c_peptide: CPeptide | None, *, egfr: Fraction | None) -> Index | Reason:
    """C-peptide (ng/mL) / glucose (mg/dL) x 100."""
    refused = _c_peptide_based(glucose, c_peptide, egfr)
    if refused is not None or glucose is None or c_peptide is None:
        return refused or Reason.NO_GLUCOSE
    return Index(c_peptide.in_unit("ng/mL") / glucose.in_unit("mg/dL") * 100, _remark(egfr))


def _insulin_based(glucose: Quantity | None, insulin: Quantity | None, *, on_insulin: bool | None) -> Reason | None:
    if on_insulin is None:
        return Reason.INSULIN_USE_UNKNOWN
    if on_insulin:
        return Reason.EXOGENOUS_INSULIN
    if glucose is None:
        return Reason.NO_GLUCOSE
    return Reason.NO_INSULIN_VALUE if insulin is None else None


def _c_peptide_based(glucose: Quantity | None, c_peptide: Quantity | None, egfr: Fraction | None) -> Reason | None:
    if egfr is not None and egfr < LEAST_EGFR:
        return Reason.RENAL
    if glucose is None:
        return Reason.NO_GLUCOSE
    return Reason.NO_C_PEPTIDE if c_peptide is None or c_peptide.value <= 0 else None


def _remark(egfr: Fraction | None) -> str:
    return EGFR_UNKNOWN if egfr is None else ""
