"""Columns as a file holds them, before anything is judged: words by code, numbers, or times."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from titration.log.model import I32, MINUTES_A_DAY, Bools
from titration.log.notation import YEARS, minute_text
from titration.units import plain

Codes: TypeAlias = npt.NDArray[np.signedinteger]

_EARLIEST: Final = int((np.datetime64(f"{YEARS[0]}-01-01") - np.datetime64("1970-01-01")).astype(int)) * MINUTES_A_DAY
_LATEST: Final = int((np.datetime64(f"{YEARS[1] + 1}-01-01") - np.datetime64("1970-01-01")).astype(int)) * MINUTES_A_DAY
_NO_TIME: Final = -(2**63)


@dataclass(frozen=True, slots=True)
class Text:
    """Words by code, shape (n,). A null is the blank word, so every code is valid.

    ``each`` says that every word is known to occur.
    """

    codes: Codes
    words: Sequence[str]
    each: bool = False

    def __len__(self) -> int:
        return len(self.codes)

    def table(self, meaning: Callable[[str], int], kind: type[np.int8] | type[np.int32]) -> npt.NDArray[Any]:
        """What each word means, shape (words,)."""
        return np.array([meaning(word) for word in self.words], kind)

    def used(self) -> npt.NDArray[np.bool_]:
        """Which words occur, shape (words,)."""
        if self.each:
            return np.ones(len(self.words), np.bool_)
        return np.bincount(self.codes, minlength=len(self.words)) > 0

    @property
    def only(self) -> str | None:
        """The word, when there is just one for all rows."""
        return self.words[0] if len(self.words) == 1 else None


@dataclass(frozen=True, slots=True)
class Numbers:
    """Floating-point numbers, shape (n,); NaN is blank. ``tolerance`` is their relative precision."""

    values: npt.NDArray[np.floating]
    tolerance: float

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Times:
    """Local times as 64-bit counts since 1970, ``per_minute`` of them a minute; the least integer is blank."""

    values: npt.NDArray[np.int64]
    per_minute: int

    def __len__(self) -> int:
        return len(self.values)


Column: TypeAlias = Text | Numbers | Times


def minutes(times: Times) -> tuple[I32, Bools | None]:
    """Whole minutes (seconds dropped), and which times are blank or outside ``notation.YEARS`` (None: none)."""
    if not len(times):
        return np.zeros(0, np.int32), None
    low, high = _EARLIEST * times.per_minute, _LATEST * times.per_minute
    if low <= times.values.min() and times.values.max() < high:
        whole = np.empty(len(times), np.int32)
        # Divided as 64 bits and narrowed by the way.
        return np.floor_divide(times.values, times.per_minute, out=whole, casting="unsafe"), None
    bad = (times.values < low) | (times.values >= high)
    return (np.where(bad, 0, times.values) // times.per_minute).astype(np.int32), bad


def rows_of(column: Column, at: npt.NDArray[np.bool_] | npt.NDArray[np.intp] | slice) -> Column:
    """The rows at a mask, at positions or in a slice."""
    if isinstance(column, Text):
        return Text(column.codes[at], column.words)
    if isinstance(column, Numbers):
        return Numbers(column.values[at], column.tolerance)
    return Times(column.values[at], column.per_minute)


def texts_of(column: Column, at: Sequence[int]) -> list[str]:
    """The cells at some positions, as text."""
    if isinstance(column, Text):
        return [column.words[int(column.codes[i])] for i in at]
    if isinstance(column, Times):
        return [_time_text(int(column.values[i]), column.per_minute) for i in at]
    return [_number_text(column.values[i]) for i in at]


def _time_text(value: int, per_minute: int) -> str:
    minute = value // per_minute
    return minute_text(minute) if _EARLIEST <= minute < _LATEST else "" if value == _NO_TIME else str(value)


def _number_text(value: np.floating) -> str:
    from decimal import Decimal

    return plain(Decimal(str(value))) if np.isfinite(value) else "" if np.isnan(value) else str(value)
