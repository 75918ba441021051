"""Conditions as formulas of a solver: the same three values, with the features of a row as unknown integers.

The solver (z3) is an optional extra. It is loaded on first use and spoken to through the few words below, so that what
is built with them can be read and typed without it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal, Protocol, TypeAlias, assert_never, cast

from titration.expr.nodes import AllOf, AnyOf, Compare, Condition, FeatureRef, Known, Not, Op, ParameterRef, Zero


class Bool(Protocol):
    """A formula of the solver."""

    def sexpr(self) -> str:
        """The formula as the solver writes it."""
        ...


class Int(Protocol):
    """An integer term of the solver. Equality is ``equal``: ``==`` would compare the terms themselves."""

    def __add__(self, other: "Int | int", /) -> "Int": ...
    def __radd__(self, other: int, /) -> "Int": ...
    def __sub__(self, other: "Int | int", /) -> "Int": ...
    def __rsub__(self, other: int, /) -> "Int": ...
    def __mul__(self, other: int, /) -> "Int": ...
    def __rmul__(self, other: int, /) -> "Int": ...
    def __lt__(self, other: "Int | int", /) -> Bool: ...
    def __le__(self, other: "Int | int", /) -> Bool: ...
    def __gt__(self, other: "Int | int", /) -> Bool: ...
    def __ge__(self, other: "Int | int", /) -> Bool: ...


class SolverMissing(LookupError):
    """The optional solver is not installed."""


@cache
def _z3() -> Any:  # noqa: ANN401 - the solver ships no types; every word below states its own
    try:
        import z3  # pyright: ignore[reportMissingTypeStubs] - it has none
    except ImportError:
        raise SolverMissing(
            "proofs need the solver z3: install titration[prove] (pip install 'titration[prove]')"
        ) from None
    return cast("Any", z3)


def solver_version() -> str:
    """Name and version of the solver; raises SolverMissing."""
    return f"z3 {_z3().get_version_string()}"


def integer(name: str) -> Int:
    """An unknown integer."""
    return _z3().Int(name)


def boolean(name: str) -> Bool:
    """An unknown truth value."""
    return _z3().Bool(name)


def number(value: int) -> Int:
    """A known integer as a term."""
    return _z3().IntVal(value)


def constant(*, value: bool) -> Bool:
    """True or false as a formula."""
    return _z3().BoolVal(value)


def every(*parts: Bool) -> Bool:
    """All of the parts; true where there is none."""
    return parts[0] if len(parts) == 1 else _z3().And(*parts)


def some(*parts: Bool) -> Bool:
    """At least one of the parts; false where there is none."""
    return parts[0] if len(parts) == 1 else _z3().Or(*parts)


def negation(part: Bool) -> Bool:
    """The opposite."""
    return _z3().Not(part)


def implies(cause: Bool, effect: Bool) -> Bool:
    """The effect wherever the cause."""
    return _z3().Implies(cause, effect)


def equal(left: Int, right: Int | int) -> Bool:
    """Both are the same number."""
    return cast("Bool", left == right)


def same(left: Bool, right: Bool) -> Bool:
    """Both are true, or both false."""
    return cast("Bool", left == right)


def choose(where: Bool, then: Int | int, otherwise: Int | int) -> Int:
    """One number or the other."""
    return _z3().If(where, _term(then), _term(otherwise))


def total(parts: Sequence[Int]) -> Int:
    """The sum; 0 of nothing."""
    if not parts:
        return number(0)
    return parts[0] if len(parts) == 1 else _z3().Sum(*parts)


def floor_of(term: Int, divisor: int) -> Int:
    """The quotient by a positive number, rounded towards minus infinity."""
    return cast("Any", term) / _z3().IntVal(divisor)


def lesser(a: Int, b: Int | int) -> Int:
    """The smaller of two."""
    return choose(a <= b, a, b)


def greater(a: Int, b: Int | int) -> Int:
    """The larger of two."""
    return choose(a >= b, a, b)


def _term(value: Int | int) -> Int:
    return number(value) if isinstance(value, int) else value


@dataclass(frozen=True, slots=True)
class Symbol:
    """A row's value of a column, unknown to the solver: a value, whether it is known, and the count of a ratio."""

    value: Int
    known: Bool
    per: Int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A condition's truth: ``yes`` definitely, ``no`` definitely not; neither is unknown, never both."""

    yes: Bool
    no: Bool

    @property
    def unknown(self) -> Bool:
        return negation(some(self.yes, self.no))


Look: TypeAlias = Callable[[str], Symbol]
"""Finds a feature of the row by name."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Conditions of one row. Parts that conditions share (by identity) are translated once."""

    look: Look
    thresholds: Mapping[str, int]
    memo: dict[int, tuple[Condition, Answer]] = field(default_factory=lambda: {})

    def truth(self, condition: Condition) -> Answer:
        """The condition as a formula in three values."""
        found = self.memo.get(id(condition))
        if found is not None:
            return found[1]
        match condition:
            case Compare():
                answer = self._compare(condition)
            case Known(feature):
                known = self.look(feature).known
                answer = Answer(known, negation(known))
            case Not(part):
                inner = self.truth(part)
                answer = Answer(inner.no, inner.yes)
            case AllOf(parts):
                all_ = [self.truth(part) for part in parts]
                answer = Answer(every(*(a.yes for a in all_)), some(*(a.no for a in all_)))
            case AnyOf(parts):
                any_ = [self.truth(part) for part in parts]
                answer = Answer(some(*(a.yes for a in any_)), every(*(a.no for a in any_)))
            case _:
                assert_never(condition)
        # The condition is kept beside its answer: an identity is only unique while its object lives.
        self.memo[id(condition)] = (condition, answer)
        return answer

    def _compare(self, node: Compare) -> Answer:
        left = self.look(node.feature)
        known = left.known
        match node.right:
            case ParameterRef(name):
                threshold = self.thresholds[name]
                other: Int | int = threshold if left.per is None else left.per * threshold
            case Zero():
                other = 0
            case FeatureRef(name):
                right = self.look(name)
                other, known = right.value, every(known, right.known)
            case _:
                assert_never(node.right)
        holds = _compared(left.value, node.op, other)
        return Answer(every(known, holds), every(known, negation(holds)))


def _compared(left: Int, op: Op, right: Int | int) -> Bool:
    match op:
        case Op.LT:
            return left < right
        case Op.LE:
            return left <= right
        case Op.GT:
            return left > right
        case Op.GE:
            return left >= right
        case Op.EQ:
            return equal(left, right)
        case Op.NE:
            return negation(equal(left, right))
        case _:
            assert_never(op)


Found: TypeAlias = Literal["sat", "unsat", "unknown"]


EFFORT: Final = 100_000_000
"""Units of the solver's own work after which it gives up: some tens of seconds of an idle machine."""


class Solver:
    """Formulas held together; asked whether they can all be true, and for numbers that make them so."""

    def __init__(self, *, effort: int = EFFORT, seed: int = 0) -> None:
        self._solver = _z3().Solver()
        self._solver.set("random_seed", seed)
        # Counted work and no clock: whether a proof is found must not depend on what else the machine does.
        self._solver.set("rlimit", effort)
        self._model: Any = None

    def add(self, *formulas: Bool) -> None:
        """Hold these as well."""
        self._solver.add(*formulas)

    def push(self) -> None:
        """Remember what is held now."""
        self._solver.push()

    def pop(self) -> None:
        """Let go of what was added since the last ``push``."""
        self._solver.pop()

    def check(self, *assumed: Bool) -> Found:
        """Whether everything held, and what is assumed this once, can be true together."""
        found = str(self._solver.check(*assumed))
        self._model = self._solver.model() if found == "sat" else None
        return cast("Found", found)

    def core(self) -> list[str]:
        """Of what was assumed by name in the last ``check``: names that cannot be true together."""
        return [str(part) for part in self._solver.unsat_core()]

    def reason(self) -> str:
        """Why the last ``check`` came to no answer."""
        return str(self._solver.reason_unknown())

    def value(self, term: Int) -> int:
        """The number a term has in the answer of the last ``check``."""
        return int(self._model.eval(_term(term), model_completion=True).as_long())

    def holds(self, formula: Bool) -> bool:
        """Whether a formula is true in the answer of the last ``check``."""
        return bool(_z3().is_true(self._model.eval(formula, model_completion=True)))
