"""Whether a pack's worked cases notice a slip: each mutant is tried on all of them at once."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from titration.engine.decide import Decision
from titration.formulary import Formulary
from titration.packs.load import SURVIVORS_FILE
from titration.packs.model import FeatureDefinition, Pack
from titration.packs.mutants import OPERATORS, Mutant, mutants
from titration.packs.problems import PackError, Problem, shown
from titration.service.case_ward import CaseWard, KeptGrid, case_wards
from titration.service.cases import read_cases, run_cases

LEAST_KILLED_PERCENT: Final = 95
"""Of all mutants of a shipped pack."""


class Survivor(BaseModel):
    """Mutants no case can notice, by a pattern of their names (``*`` and ``?``), and why they are no worse."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    like: str
    reason: str = Field(min_length=10)

    def names(self, fate: "Fate") -> bool:
        """Whether the pattern is of this mutant."""
        return fnmatchcase(fate.name, self.like)


class _Survivors(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    survivor: tuple[Survivor, ...] = ()


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a mutant. ``killed_by`` names a case; ``reason`` says why a survivor is no worse."""

    name: str
    operator: str
    killed_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Mutation:
    """All mutants of a pack. ``stale`` holds patterns written down that name no survivor, or a mutant that a case kills."""

    pack: Pack
    cases: int
    fates: tuple[Fate, ...]
    stale: tuple[str, ...]

    @property
    def equivalent(self) -> int:
        """Survivors whose reason says that no case could tell them from the pack."""
        return sum(bool(fate.reason) for fate in self.fates)

    @property
    def killed(self) -> int:
        return sum(bool(fate.killed_by) for fate in self.fates)

    @property
    def unexplained(self) -> tuple[Fate, ...]:
        """Survivors without a reason: cases are wanting."""
        return tuple(fate for fate in self.fates if not fate.killed_by and not fate.reason)

    @property
    def good(self) -> bool:
        """Enough of the mutants that could be noticed are, and nothing written down is stale."""
        enough = self.killed * 100 >= LEAST_KILLED_PERCENT * (len(self.fates) - self.equivalent)
        return enough and not self.stale

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain data, for ``--json``."""
        by_operator = {
            operator: {
                "mutants": sum(fate.operator == operator for fate in self.fates),
                "killed": sum(fate.operator == operator and bool(fate.killed_by) for fate in self.fates),
            }
            for operator in OPERATORS
        }
        return {
            "pack": self.pack.id,
            "version": self.pack.version,
            "sha256": self.pack.sha256,
            "cases": self.cases,
            "mutants": len(self.fates),
            "killed": self.killed,
            "equivalent": self.equivalent,
            "by_operator": by_operator,
            "survivors": [
                {"mutant": f.name, "operator": f.operator, "reason": f.reason} for f in self.fates if not f.killed_by
            ],
            "stale": list(self.stale),
        }


def mutate(folder: Path, pack: Pack, formulary: Formulary, *, every: int = 1) -> Mutation:
    """Every mutant of the pack in ``folder``, tried on its cases; or each ``every``-th, and all that are written down.

    Raises PackError when the cases cannot be read, when one of them is not as expected to begin with, or when the
    list of survivors is broken.
    """
    outcomes = run_cases(folder, pack, formulary)
    failures = [failure for outcome in outcomes for failure in outcome.failures]
    if failures:
        raise PackError(failures)
    written = read_survivors(folder)
    trials = [_Trial.of(ward, pack, formulary) for ward in case_wards(read_cases(folder, pack, formulary))]
    fates = tuple(_fates(pack, trials, written, every))
    return Mutation(pack, len(outcomes), fates, tuple(s.like for s in written if _is_stale(s, fates)))


def _is_stale(written: Survivor, fates: tuple[Fate, ...]) -> bool:
    named = [fate for fate in fates if written.names(fate)]
    return not named or any(fate.killed_by for fate in named)


def read_survivors(folder: Path) -> tuple[Survivor, ...]:
    """Survivors and why they are no worse, from ``survivors.toml``; none without it. Raises PackError."""
    path = folder / SURVIVORS_FILE
    if not path.exists():
        return ()
    try:
        table = _Survivors.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
        raise PackError([Problem(shown(path), 1, str(error))]) from None
    return table.survivor


def _fates(pack: Pack, trials: list["_Trial"], written: tuple[Survivor, ...], every: int) -> Iterator[Fate]:
    for number, mutant in enumerate(mutants(pack)):
        fate = Fate(mutant.name, mutant.operator, "", "")
        reason = next((s.reason for s in written if s.names(fate)), "")
        if number % every and not reason:
            continue
        killer = next((case for trial in trials if (case := trial.killer(mutant))), "")
        yield replace(fate, killed_by=killer, reason="" if killer else reason)


_Answers = list[tuple[Any, ...]]


@dataclass(frozen=True)
class _Trial:
    """A ward of cases with what the pack itself answers; all cases are as expected, so that is what they expect."""

    ward: CaseWard
    pack: Pack
    formulary: Formulary
    grid: KeptGrid
    right: _Answers

    @classmethod
    def of(cls, ward: CaseWard, pack: Pack, formulary: Formulary) -> "_Trial":
        grid = ward.grid(pack, formulary)
        return cls(ward, pack, formulary, grid, _answers(ward.decide(pack, formulary, grid)))

    def killer(self, mutant: Mutant) -> str:
        """The first case that would no longer be as expected; "" when there is none."""
        grid = self.grid if _same_features(self.pack, mutant.pack) else self.ward.grid(mutant.pack, self.formulary)
        wrong = _answers(self.ward.decide(mutant.pack, self.formulary, grid))
        for good, bad in zip(self.right, wrong, strict=True):
            if good != bad:
                return self.ward.cases[int(good[0])].name
        return ""


def _same_features(pack: Pack, other: Pack) -> bool:
    """Whether both packs compute the same columns."""
    if pack.features != other.features:
        return False
    return all(_bounds(f, pack) == _bounds(f, other) for f in pack.features.values())


def _bounds(feature: FeatureDefinition, pack: Pack) -> tuple[Any, ...]:
    named = (feature.below, feature.at_most, feature.above, feature.at_least, feature.max_age)
    return tuple(None if name is None else pack.parameters[name].value for name in named)


def _answers(decision: Decision) -> _Answers:
    """What a case asserts of each line: plan, dose, rule, limits, missing datum and notices."""
    plans, engine = decision.plans, decision.engine
    rules = [bound.rule.id for bound in engine.program.rules]
    names = (*engine.missing_names, "")
    told = [
        frozenset(name for i, name in enumerate(engine.notices) if value >> i & 1) for value in plans.notices.tolist()
    ]
    ids = [*rules, ""]
    return list(
        zip(
            plans.patient.tolist(), plans.drug.tolist(), plans.slot.tolist(), plans.route.tolist(), plans.kind.tolist(),
            plans.dose_after.tolist(), [ids[rule] for rule in plans.rule.tolist()], plans.limits.tolist(),
            [names[m] for m in plans.missing.tolist()], told,
            strict=True,
        )
    )  # fmt: skip
