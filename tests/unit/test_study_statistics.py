"""Summaries and tests of a group against published arithmetic and against the libraries' own functions."""

import builtins
import importlib
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # pyright: ignore[reportMissingTypeStubs]

from titration.study.statistics import NoScipy, Proportion, paired_change, quantile, summarise, wald_difference

VALUES = st.lists(st.floats(-50, 50, allow_nan=False), min_size=1, max_size=30)


def test_the_interval_of_zang_2022_is_reproduced() -> None:
    """Printed: 20 % (9/45) against 4.55 % (2/44), interval of the difference 2.25 to 28.66 %."""
    treated, placebo = Proportion(9, 45), Proportion(2, 44)
    assert treated.percent == pytest.approx(20)
    assert placebo.percent == pytest.approx(4.55, abs=0.005)
    _, low, high = wald_difference(treated, placebo)
    assert (round(low, 2), round(high, 2)) == (2.25, 28.66)
    _, low, high = wald_difference(treated, Proportion(2, 46))
    assert (round(low, 2), round(high, 2)) != (2.25, 28.66), "the placebo group has 44, not 46"


def test_the_denominators_of_lian_2022_are_three_and_not_one() -> None:
    """Printed side by side: 6 (50 %), 1 (6.25 %), 2.08 %; they are shares of 12, of 16 and of 48 infusions."""
    assert Proportion(6, 12).percent == 50
    assert Proportion(6, 16).percent == 37.5
    assert Proportion(1, 16).percent == 6.25
    assert round(Proportion(1, 48).percent or 0, 2) == 2.08
    assert round(Proportion(6, 7).percent or 0, 1) == 85.7, "printed as 90 % elsewhere"
    assert Proportion(0, 0).percent is None


def test_a_share_of_nobody_has_no_interval() -> None:
    with pytest.raises(ValueError, match="nobody"):
        wald_difference(Proportion(0, 0), Proportion(1, 2))


@given(VALUES)
def test_summaries_agree_with_numpy(values: list[float]) -> None:
    found = summarise(values)
    assert found is not None
    assert found.n == len(values)
    assert found.median == pytest.approx(float(np.median(values)), abs=1e-9)
    assert found.quartiles == pytest.approx(tuple(np.quantile(values, [0.25, 0.75])), abs=1e-9)
    assert found.mean == pytest.approx(float(np.mean(values)), abs=1e-9)
    assert (found.sd is None) == (len(values) == 1)
    assert quantile(values, 0) == min(values)


def test_nobody_has_no_summary_and_no_change() -> None:
    assert summarise([]) is None
    assert paired_change([]) is None


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=3, max_size=40))
def test_paired_changes_agree_with_scipy(tenths: list[tuple[int, int]]) -> None:
    pairs = [(before / 10, after / 10) for before, after in tenths]
    found = paired_change(pairs)
    assert found is not None
    if found.why:
        assert len({round(after - before, 9) for before, after in pairs}) == 1
        return
    before, after = np.array(pairs).T
    reference = stats.ttest_rel(after, before)
    assert found.p_t == pytest.approx(float(reference.pvalue), rel=1e-9)
    assert found.interval == pytest.approx(tuple(reference.confidence_interval()), rel=1e-9)
    assert found.n == len(pairs)


def test_the_signed_rank_test_is_exact_without_ties() -> None:
    changes = [1.1, 2.2, 3.3, 4.4, 5.5, -0.6]
    found = paired_change([(0.0, change) for change in changes])
    assert found is not None
    assert found.p_wilcoxon == pytest.approx(float(stats.wilcoxon(changes, method="exact").pvalue))
    assert found.p_wilcoxon == pytest.approx(2 * 2 / 2**6)


def test_one_pair_and_equal_changes_say_why_there_is_no_test() -> None:
    one, alike = paired_change([(8.0, 7.0)]), paired_change([(8.0, 7.0), (9.0, 8.0)])
    assert one is not None
    assert (one.n, one.mean, one.interval, one.why) == (1, -1.0, None, "one_pair")
    assert alike is not None
    assert (alike.p_t, alike.interval, alike.why) == (None, (-1.0, -1.0), "all_alike")


def test_without_scipy_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.import_module

    def refuse(name: str, package: str | None = None) -> ModuleType:
        if name.startswith("scipy"):
            raise builtins.ImportError(name)
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(NoScipy, match=r"titration\[study\]"):
        paired_change([(1.0, 2.0), (1.0, 3.0)])
