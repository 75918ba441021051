"""What is to be proved of a pack, as data, and what came of it. Obligations are made before any solver is loaded."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from titration.clinical import LineKind
from titration.packs.model import Pack, Review, Tier
from titration.prove.witness import Witness


@dataclass(frozen=True, slots=True)
class Reachable:
    """Some patient makes the rule fire."""

    rule: str


@dataclass(frozen=True, slots=True)
class NoGap:
    """Whoever the patient is, a rule speaks for the line, or the line waits for a datum that is named."""

    kind: LineKind


@dataclass(frozen=True, slots=True)
class NoOverlap:
    """At most one rule of the tier fires for a line: the pack asks for it (``[prove] unique``)."""

    kind: LineKind
    tier: Tier


@dataclass(frozen=True, slots=True)
class Guarded:
    """Nothing leaves the guard that it does not allow: an insulin stopped without C-peptide, an increase without a weight,
    a fresh reading or a dose that was taken, a subtraction that ends in a stop."""

    kind: LineKind


@dataclass(frozen=True, slots=True)
class Caution:
    """A low, or a hypoglycaemia event, in the lock-out week: no increase."""

    kind: LineKind


@dataclass(frozen=True, slots=True)
class CapsHold:
    """Steps, daily doses and the fortnight's total keep within their caps."""

    kind: LineKind


@dataclass(frozen=True, slots=True)
class MissingNeverRaises:
    """What is missing never raises a dose: neither readings, nor measurements, nor what is known of the person."""

    kind: LineKind


@dataclass(frozen=True, slots=True)
class LowNeverRaises:
    """One low more in the lock-out week never leads to a higher dose than without it."""

    kind: LineKind


@dataclass(frozen=True, slots=True)
class Monotone:
    """One reading lower: the proposed dose is not higher, and what safety demands is not lost."""

    kind: LineKind


@dataclass(frozen=True, slots=True)
class GuardHolds:
    """The guard keeps its promises whatever a pack proposes, and the pack has it on."""


@dataclass(frozen=True, slots=True)
class UnitsAgree:
    """In mmol/L and in mg/dL the pack's thresholds cut the same readings apart."""


@dataclass(frozen=True, slots=True)
class Settles:
    """Tapers end, what was stopped does not start again at once, and no line swings while readings are in range."""


Obligation: TypeAlias = (
    Reachable
    | NoGap
    | NoOverlap
    | Guarded
    | Caution
    | CapsHold
    | MissingNeverRaises
    | LowNeverRaises
    | Monotone
    | GuardHolds
    | UnitsAgree
    | Settles
)

_PER_KIND = (NoGap, Guarded, Caution, CapsHold, MissingNeverRaises, LowNeverRaises, Monotone)


@dataclass(frozen=True, slots=True)
class Proved:
    """It holds. ``how`` says by what: the solver, an exhaustive walk, or a patient who shows it. ``notes`` are what was seen
    beside it, with the patients in whom."""

    how: str
    notes: tuple[str, ...] = ()
    witnesses: tuple[Witness, ...] = ()


@dataclass(frozen=True, slots=True)
class Refuted:
    """It does not hold. ``told`` says of whom; ``witnesses`` are patients in whom the engine itself shows it."""

    told: str
    witnesses: tuple[Witness, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither could be shown: that fails as well."""

    why: str


Outcome: TypeAlias = Proved | Refuted | Unknown


@dataclass(frozen=True, slots=True)
class Finding:
    """One obligation and what came of it. ``departs`` is why the pack says it breaks it; empty when it does not say so."""

    obligation: Obligation
    outcome: Outcome
    departs: str = ""

    @property
    def holds(self) -> bool:
        """Whether it came out as the pack says: a departure that does not exist is as wrong as one that is not told."""
        return isinstance(self.outcome, Refuted if self.departs else Proved)


def obligations(pack: Pack) -> Iterator[Obligation]:
    """Everything to be proved of a pack, in the order it is reported."""
    yield from (Reachable(rule.id) for rule in pack.rules)
    kinds = [k for k in LineKind if any(k in r.kinds for r in pack.rules)]
    for made in _PER_KIND:
        yield from (made(kind) for kind in kinds if made is not NoGap or _decides(pack, kind))
    yield from (NoOverlap(kind, tier) for tier in pack.unique for kind in kinds if _tier(pack, kind, tier) > 1)
    yield GuardHolds()
    yield UnitsAgree()
    yield Settles()


def _decides(pack: Pack, kind: LineKind) -> bool:
    """Whether the pack has a rule for the kind that is more than a call for review."""
    return any(kind in r.kinds and not isinstance(r.step, Review) for r in pack.rules)


def _tier(pack: Pack, kind: LineKind, tier: Tier) -> int:
    return sum(kind in r.kinds and r.tier is tier and not isinstance(r.step, Review) for r in pack.rules)


def told(obligation: Obligation) -> str:
    """The obligation in one word and what it is about, as it is printed and filed."""
    name = type(obligation).__name__
    match obligation:
        case Reachable(rule):
            return f"{name} {rule}"
        case NoOverlap(kind, tier):
            return f"{name} {kind.value} {tier.text}"
        case GuardHolds() | UnitsAgree() | Settles():
            return name
        case _:
            return f"{name} {obligation.kind.value}"
