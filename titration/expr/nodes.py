"""The condition AST: tiny, total, frozen. Readers live outside it and end in ``assert_never``.

A condition compares features with parameters, with 0, or with another feature. Arithmetic, dates, windows
and aggregates are not here: those are features, which are data too.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Op(StrEnum):
    """A comparison operator."""

    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    EQ = "=="
    NE = "!="

    @property
    def mirrored(self) -> "Op":
        """The operator with its sides swapped: ``a < b`` is ``b > a``."""
        return _MIRROR[self]


_MIRROR = {Op.LT: Op.GT, Op.LE: Op.GE, Op.GT: Op.LT, Op.GE: Op.LE, Op.EQ: Op.EQ, Op.NE: Op.NE}


@dataclass(frozen=True, slots=True)
class FeatureRef:
    """A named column computed from the log."""

    name: str


@dataclass(frozen=True, slots=True)
class ParameterRef:
    """A named, sourced number of the pack."""

    name: str


@dataclass(frozen=True, slots=True)
class Zero:
    """The one literal a condition may contain."""


Operand: TypeAlias = FeatureRef | ParameterRef | Zero


@dataclass(frozen=True, slots=True)
class Compare:
    """``feature op operand``; unknown when the feature, or a feature on the right, is unknown."""

    feature: str
    op: Op
    right: Operand


@dataclass(frozen=True, slots=True)
class Known:
    """True where the feature is known. Never itself unknown."""

    feature: str


@dataclass(frozen=True, slots=True)
class Not:
    """Kleene negation."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Kleene conjunction of at least two parts."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Kleene disjunction of at least two parts."""

    parts: tuple["Condition", ...]


Leaf: TypeAlias = Compare | Known
Condition: TypeAlias = Compare | Known | Not | AllOf | AnyOf


def all_of(*parts: Condition) -> Condition:
    """The conjunction of ``parts``. Nested ones stay nested: a condition that rules share is evaluated once."""
    return parts[0] if len(parts) == 1 else AllOf(parts)


def any_of(*parts: Condition) -> Condition:
    """The disjunction of ``parts``."""
    return parts[0] if len(parts) == 1 else AnyOf(parts)
