"""Indices and units of the study: published test vectors, the unit trap, and why a value is not computed."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from titration.study.indices import (
    EGFR_UNKNOWN,
    Index,
    Reason,
    c_peptide_index,
    homa_beta,
    homa_ir,
    homa_ir_cp,
    homa_islet_cp,
    resistance_cp,
)
from titration.study.quantities import CPeptide, Glucose, HbA1c, Insulin, Quantity, WrongUnit, rounded

FINE = Fraction(90)
AMOUNTS = st.fractions(min_value=Fraction(1, 100), max_value=100, max_denominator=1000)


def value(found: Index | Reason) -> Fraction:
    assert isinstance(found, Index)
    return found.value


@pytest.mark.parametrize(
    ("glucose", "insulin", "ir", "beta"),
    [("5.0", "10.0", "2.2222", "133.3333"), ("9.34", "10.0", "4.1511", "34.2466"), ("7.0", "8.0", "2.4889", "45.7143")],
)
def test_homa_from_insulin_gives_the_published_vectors(glucose: str, insulin: str, ir: str, beta: str) -> None:
    fpg, fpi = Glucose.of(Decimal(glucose), "mmol/L"), Insulin.of(Decimal(insulin), "mU/L")
    assert rounded(value(homa_ir(fpg, fpi, on_insulin=False)), 4) == ir
    assert rounded(value(homa_beta(fpg, fpi, on_insulin=False)), 4) == beta


@pytest.mark.parametrize(
    ("glucose", "ng", "pmol", "ir", "islet"),
    [
        ("9.34", "1.5", "496.5", "3.1562", "22.9546"),
        ("6.52", "2.0", "662.0", "3.0415", "59.1854"),
        ("7.0", "1.0", "331.0", "2.3275", "25.5343"),
    ],
)
def test_the_c_peptide_forms_give_the_published_vectors(glucose: str, ng: str, pmol: str, ir: str, islet: str) -> None:
    fpg, fcp = Glucose.of(Decimal(glucose), "mmol/L"), CPeptide.of(Decimal(ng), "ng/mL")
    assert rounded(fcp.in_unit("pmol/L"), 1) == pmol
    assert rounded(value(homa_ir_cp(fpg, fcp, egfr=FINE)), 4) == ir
    assert rounded(value(homa_islet_cp(fpg, fcp, egfr=FINE)), 4) == islet


def test_c_peptide_in_nmol_falls_into_no_trap() -> None:
    """Two calculators feed nmol/L into the 2800 and always print 1.5; here a unit is part of the number."""
    fpg = Glucose.of(7, "mmol/L")
    for number, unit in ((Decimal("0.331"), "nmol/L"), (331, "pmol/L"), (1, "ng/mL")):
        assert value(homa_ir_cp(fpg, CPeptide.of(number, unit), egfr=FINE)) == Fraction("2.3275")


def test_the_mgdl_forms_agree_with_the_mmol_forms() -> None:
    """Published beside them: glucose in mg/dL x insulin / 405, and 360 x insulin / (glucose - 63), to half a percent."""
    for mgdl in (90, 126, 180, 250):
        glucose, insulin = Glucose.of(mgdl, "mg/dL"), Insulin.of(10, "mU/L")
        assert float(value(homa_ir(glucose, insulin, on_insulin=False))) == pytest.approx(mgdl * 10 / 405, rel=5e-3)
        assert float(value(homa_beta(glucose, insulin, on_insulin=False))) == pytest.approx(
            3600 / (mgdl - 63), rel=2e-2
        )


def test_the_other_c_peptide_indices() -> None:
    glucose, peptide = Glucose.of(Decimal("7.0"), "mmol/L"), CPeptide.of(Decimal("1.4"), "ng/mL")
    assert value(resistance_cp(glucose, peptide, egfr=FINE)) == 20 / (Fraction("1.4") * 7)
    assert value(c_peptide_index(glucose, peptide, egfr=FINE)) == Fraction("1.4") / (7 * Fraction("18.0156")) * 100


def test_undefined_is_a_reason_and_never_a_number() -> None:
    glucose, low = Glucose.of(7, "mmol/L"), Glucose.of(Decimal("3.5"), "mmol/L")
    insulin, peptide = Insulin.of(8, "mU/L"), CPeptide.of(300, "pmol/L")
    assert homa_beta(low, insulin, on_insulin=False) is Reason.GLUCOSE_TOO_LOW
    assert homa_islet_cp(low, peptide, egfr=FINE) is Reason.GLUCOSE_TOO_LOW
    assert homa_ir(glucose, insulin, on_insulin=True) is Reason.EXOGENOUS_INSULIN
    assert homa_beta(glucose, insulin, on_insulin=True) is Reason.EXOGENOUS_INSULIN
    assert homa_ir(glucose, insulin, on_insulin=None) is Reason.INSULIN_USE_UNKNOWN
    assert homa_ir(None, insulin, on_insulin=False) is Reason.NO_GLUCOSE
    assert homa_ir(glucose, None, on_insulin=False) is Reason.NO_INSULIN_VALUE
    assert homa_ir_cp(glucose, None, egfr=FINE) is Reason.NO_C_PEPTIDE
    assert homa_ir_cp(glucose, peptide, egfr=Fraction(44)) is Reason.RENAL
    assert value(homa_ir_cp(glucose, peptide, egfr=Fraction(45))) > 0
    unchecked = homa_ir_cp(glucose, peptide, egfr=None)
    assert isinstance(unchecked, Index)
    assert unchecked.remark == EGFR_UNKNOWN


@pytest.mark.parametrize(
    ("percent", "ifcc", "average"),
    [
        ("7.0", "53.0", "8.54"),
        ("7.8", "61.7", "9.81"),
        ("7.15", "54.6", "8.78"),
        ("6.5", "47.5", "7.75"),
        ("8.0", "63.9", "10.13"),
    ],
)
def test_hba1c_in_both_units_and_as_average_glucose(percent: str, ifcc: str, average: str) -> None:
    """10.929 x (% - 2.15) to one decimal; a reference table that prints 61.8 and 54.7 for 7.8 and 7.15 is 0.1 too high."""
    hba1c = HbA1c.of(Decimal(percent), "%")
    assert rounded(hba1c.in_unit("mmol/mol"), 1) == ifcc
    assert rounded(hba1c.estimated_glucose.value, 2) == average


@given(AMOUNTS, st.sampled_from((Glucose, CPeptide, Insulin)), st.data())
def test_a_change_of_unit_changes_the_label_only(number: Fraction, kind: type[Quantity], data: st.DataObject) -> None:
    first, second = (data.draw(st.sampled_from(sorted(kind.units))) for _ in range(2))
    there = kind.of(number, first).in_unit(second)
    assert kind.of(there, second) == kind.of(number, first)
    assert kind.of(there, second).in_unit(first) == number


@given(AMOUNTS, AMOUNTS, st.sampled_from(("mmol/L", "mg/dL")), st.sampled_from(("pmol/L", "nmol/L", "ng/mL")))
def test_an_index_does_not_depend_on_the_units_of_its_parts(
    mmol: Fraction, ng: Fraction, glucose_unit: str, peptide_unit: str
) -> None:
    glucose, peptide = Glucose.of(mmol, "mmol/L"), CPeptide.of(ng, "ng/mL")
    other = (
        Glucose.of(glucose.in_unit(glucose_unit), glucose_unit),
        CPeptide.of(peptide.in_unit(peptide_unit), peptide_unit),
    )
    for index in (homa_ir_cp, homa_islet_cp, resistance_cp, c_peptide_index):
        assert index(*other, egfr=FINE) == index(glucose, peptide, egfr=FINE)


@given(AMOUNTS)
def test_hba1c_goes_there_and_back(percent: Fraction) -> None:
    assert HbA1c.of(HbA1c.of(percent, "%").in_unit("mmol/mol"), "mmol/mol").percent == percent


def test_a_foreign_unit_is_refused() -> None:
    for make in (lambda: Glucose.of(1, "mmol/mol"), lambda: CPeptide.of(1, "mmol/L"), lambda: HbA1c.of(1, "mmol/L")):
        with pytest.raises(WrongUnit, match="not measured in"):
            make()
    with pytest.raises(WrongUnit):
        Insulin.of_pmol(60, factor=Fraction(7))
    assert Insulin.of_pmol(60, factor=Fraction(6)) == Insulin.of(10, "mU/L")
    assert Insulin.of_pmol(Decimal("69.45"), factor=Fraction("6.945")) == Insulin.of(10, "mU/L")


def test_rounding_is_half_up_once_and_has_no_negative_zero() -> None:
    assert [rounded(Fraction(n), 1) for n in ("0.25", "0.35", "-0.04", "12")] == ["0.3", "0.4", "0.0", "12.0"]
