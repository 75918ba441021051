"""Summaries and tests over a group. Every number comes with its n; what cannot be computed has a reason.

Floats, relative tolerance 1e-9: medians, means and tests are descriptions, no dose rests on them. Quartiles interpolate
linearly (type 7). scipy is needed for the tests only: ``pip install 'titration[study]'``.
"""

import importlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, median, stdev
from typing import Any, Final


class NoScipy(RuntimeError):
    """scipy is not installed."""

    def __init__(self) -> None:
        super().__init__("paired tests need scipy: pip install 'titration[study]'")


@dataclass(frozen=True, slots=True)
class Summary:
    """n values described; spread is None where n is too small for it."""

    n: int
    median: float
    quartiles: tuple[float, float]
    mean: float
    sd: float | None


@dataclass(frozen=True, slots=True)
class PairedChange:
    """Follow-up minus baseline over the n patients with both values.

    ``interval`` is the 95 % confidence interval of the mean change (Student's t); ``p_t`` and ``p_wilcoxon`` are two-sided.
    ``why`` names what made a field None.
    """

    n: int
    mean: float
    median: float
    interval: tuple[float, float] | None
    p_t: float | None
    p_wilcoxon: float | None
    why: str = ""


LEAST_FOR_INTERVAL: Final = 2
_EXACT_UP_TO: Final = 50


def summarise(values: Sequence[float]) -> Summary | None:
    """The description of a group; None for an empty one."""
    if not values:
        return None
    return Summary(
        len(values),
        median(values),
        (quantile(values, 0.25), quantile(values, 0.75)),
        fmean(values),
        stdev(values) if len(values) > 1 else None,
    )


def quantile(values: Sequence[float], share: float) -> float:
    """The quantile of a non-empty group, linear between neighbours (type 7)."""
    ordered = sorted(values)
    at = (len(ordered) - 1) * share
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def paired_change(pairs: Sequence[tuple[float, float]]) -> PairedChange | None:
    """Change from the first to the second of each pair; None without a pair. Raises NoScipy."""
    if not pairs:
        return None
    changes = [after - before for before, after in pairs]
    n, mean = len(changes), fmean(changes)
    if n < LEAST_FOR_INTERVAL:
        return PairedChange(n, mean, median(changes), None, None, None, "one_pair")
    tests = _scipy_stats()
    spread = stdev(changes)
    if spread == 0:
        return PairedChange(n, mean, median(changes), (mean, mean), None, None, "all_alike")
    error = spread / math.sqrt(n)
    half = float(tests.t.ppf(0.975, n - 1)) * error
    p_t = 2 * float(tests.t.sf(abs(mean / error), n - 1))
    return PairedChange(n, mean, median(changes), (mean - half, mean + half), p_t, _wilcoxon(tests, changes))


def _wilcoxon(tests: Any, changes: Sequence[float]) -> float | None:  # noqa: ANN401 - scipy ships no types
    """Two-sided signed-rank test, zeros left out; exact where there are no ties."""
    moved = [round(change, 12) for change in changes if round(change, 12) != 0]
    if not moved:
        return None
    tied = len({abs(change) for change in moved}) < len(moved)
    method = "exact" if len(moved) <= _EXACT_UP_TO and not tied else "asymptotic"
    return float(tests.wilcoxon(moved, method=method).pvalue)


def _scipy_stats() -> Any:  # noqa: ANN401 - as above
    try:
        return importlib.import_module("scipy.stats")
    except ImportError:
        raise NoScipy from None


@dataclass(frozen=True, slots=True)
class Proportion:
    """n of N; printed with both, always."""

    n: int
    of: int

    @property
    def percent(self) -> float | None:
        return None if self.of == 0 else 100 * self.n / self.of


def wald_difference(first: Proportion, second: Proportion, *, confidence: float = 0.95) -> tuple[float, float, float]:
    """Difference of two shares in percent points with its Wald interval; raises ValueError for an empty group."""
    if first.of == 0 or second.of == 0:
        raise ValueError("a share of nobody has no interval")
    p, q = first.n / first.of, second.n / second.of
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    half = z * math.sqrt(p * (1 - p) / first.of + q * (1 - q) / second.of)
    return 100 * (p - q), 100 * (p - q - half), 100 * (p - q + half)
