"""Columns with knowledge, and three-valued results.

``~(nan < 3.9)`` is True in numpy: a patient with no data would be "hypo-free". So a column is values
plus a mask of what is known, and a condition is definitely true, definitely false, or unknown.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.signedinteger]
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Column:
    """Integer values, one per row.

    ``known`` is None when every row is known. ``per`` makes the column a ratio ``values / per`` that is
    never divided: a mean is its sum per count, units per kg are thousandths per weight. Comparisons
    multiply the other side instead, so they stay exact. ``values`` of unknown rows are meaningless.
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


@dataclass(frozen=True, slots=True)
class Tri:
    """A three-valued column: ``yes`` where definitely true, ``no`` where definitely false.

    A row is never both; neither means unknown. ``no`` is None when nothing is unknown, and is then
    the complement of ``yes`` (never stored, so that total columns cost one mask).
    """

    yes: Mask
    no: Mask | None = None

    @property
    def false(self) -> Mask:
        """Where the condition is definitely false."""
        return ~self.yes if self.no is None else self.no

    @property
    def unknown(self) -> Mask:
        """Where the condition is neither."""
        return np.zeros_like(self.yes) if self.no is None else ~(self.yes | self.no)

    @property
    def all_false(self) -> bool:
        """Whether it is definitely false on every row."""
        return not bool(self.yes.any()) and (self.no is None or bool(self.no.all()))

    @property
    def all_true(self) -> bool:
        """Whether it is definitely true on every row."""
        return bool(self.yes.all())

    def negate(self) -> "Tri":
        """Kleene NOT."""
        return Tri(~self.yes) if self.no is None else Tri(self.no, self.yes)

    def both(self, other: "Tri") -> "Tri":
        """Kleene AND."""
        yes = self.yes & other.yes
        if self.no is None and other.no is None:
            return Tri(yes)
        return Tri(yes, self.false | other.false)

    def either(self, other: "Tri") -> "Tri":
        """Kleene OR."""
        yes = self.yes | other.yes
        if self.no is None and other.no is None:
            return Tri(yes)
        return Tri(yes, self.false & other.false)
