"""Columns with knowledge, and three-valued results.

``~(nan < 3.9)`` is True in numpy: a patient with no data would be "hypo-free". So a column is values
plus a mask of what is known, and a condition is definitely true, definitely false, or unknown.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.signedinteger]
Mask: TypeAlias = npt.NDArray[np.bool_]
Marks: TypeAlias = Any
"""A mask as an array, or, of few rows, as a whole number with a byte a row, 0 or 1: the same operators combine both."""


@dataclass(slots=True, eq=False)
class Column:
    """Integer values, one per row.

    ``known`` is None when every row is known. ``per`` makes the column a ratio ``values / per`` that is
    never divided: a mean is its sum per count, units per kg are thousandths per weight. Comparisons
    multiply the other side instead, so they stay exact. ``values`` of unknown rows are meaningless.
    Never changed once made; not frozen, for that makes making one three times as slow.
    """

    values: Ints
    known: Mask | None = None
    per: Ints | None = None

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: npt.NDArray[np.intp]) -> "Column":
        """The column at the given rows, in their order."""
        return Column(
            self.values.take(rows),
            None if self.known is None else self.known.take(rows),
            None if self.per is None else self.per.take(rows),
        )

    def is_known(self, row: int) -> bool:
        """Whether the value at ``row`` may be read."""
        return self.known is None or bool(self.known[row])


FEW_ROWS: int = 256
"""Up to so many rows a mask of a ``Tri`` is one whole number: a patient's day is a handful of lines, and combining two
numbers takes a tenth of the time of combining two arrays of any size."""


class Tri:
    """A three-valued column: a row is definitely true (``yes``), definitely false (``no``), or, in neither, unknown.

    A mask is an array; of few rows it is a whole number with a byte a row, 0 or 1, that the same operators combine.
    ``fails`` is None when nothing is unknown, and is then the complement of ``holds`` (never stored, so that total
    columns cost one mask; numbers always store it). Never changed once made.
    """

    __slots__ = ("fails", "few", "holds")

    def __init__(self, holds: Marks, fails: Marks = None, few: int = 0) -> None:
        self.holds = holds
        self.fails = fails
        self.few = few

    @classmethod
    def of(cls, holds: Mask, known: Mask | None) -> "Tri":
        """True where it ``holds``, unknown where not ``known`` (None: all known)."""
        few = len(holds)
        if few > FEW_ROWS or not few:
            if known is None:
                return cls(holds)
            yes = holds & known
            return cls(yes, known & ~yes)
        number = int.from_bytes(holds.tobytes(), "little")
        sure = _ones(few) if known is None else int.from_bytes(known.tobytes(), "little")
        number &= sure
        return cls(number, sure ^ number, few)

    def _mask(self, number: int) -> Mask:
        return np.frombuffer(number.to_bytes(self.few, "little"), np.bool_)

    @property
    def yes(self) -> Mask:
        """Where the condition is definitely true."""
        return self._mask(self.holds) if self.few else self.holds

    @property
    def false(self) -> Mask:
        """Where the condition is definitely false."""
        if self.few:
            return self._mask(self.fails)
        return ~self.holds if self.fails is None else self.fails

    @property
    def unknown(self) -> Mask:
        """Where the condition is neither."""
        if self.few:
            return self._mask(_ones(self.few) ^ (self.holds | self.fails))
        return np.zeros_like(self.holds) if self.fails is None else ~(self.holds | self.fails)

    @property
    def total(self) -> bool:
        """Whether surely nothing is unknown; an array may deny it without looking at its rows."""
        return self.holds | self.fails == _ones(self.few) if self.few else self.fails is None

    @property
    def some_true(self) -> bool:
        """Whether it is definitely true on some row."""
        return bool(self.holds) if self.few else bool(self.holds.any())

    @property
    def all_false(self) -> bool:
        """Whether it is definitely false on every row."""
        if self.few:
            return self.fails == _ones(self.few)
        return not bool(self.holds.any()) and (self.fails is None or bool(self.fails.all()))

    @property
    def all_true(self) -> bool:
        """Whether it is definitely true on every row."""
        return self.holds == _ones(self.few) if self.few else bool(self.holds.all())

    def at(self, row: int) -> bool | None:
        """True, False or None (unknown) at a row."""
        if self.few:
            return True if self.holds >> 8 * row & 1 else False if self.fails >> 8 * row & 1 else None
        if self.holds[row]:
            return True
        return False if self.fails is None or self.fails[row] else None

    def negate(self) -> "Tri":
        """Kleene NOT."""
        return Tri(~self.holds) if self.fails is None else Tri(self.fails, self.holds, self.few)

    def both(self, other: "Tri") -> "Tri":
        """Kleene AND."""
        if self.few:
            return Tri(self.holds & other.holds, self.fails | other.fails, self.few)
        yes = self.holds & other.holds
        if self.fails is None and other.fails is None:
            return Tri(yes)
        return Tri(yes, self.false | other.false)

    def either(self, other: "Tri") -> "Tri":
        """Kleene OR."""
        if self.few:
            return Tri(self.holds | other.holds, self.fails & other.fails, self.few)
        yes = self.holds | other.holds
        if self.fails is None and other.fails is None:
            return Tri(yes)
        return Tri(yes, self.false & other.false)


@cache
def _ones(rows: int) -> int:
    return int.from_bytes(b"\1" * rows, "little")
