"""Worked cases of a pack: run through the ordinary engine, compared with the whole plan expected and not only its dose."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from titration.clinical import PLAN_KINDS, PlanKind
from titration.engine.decide import Decision, Engine
from titration.engine.plans import LIMIT_NAMES
from titration.formulary import Formulary
from titration.packs.model import Pack
from titration.packs.problems import Problem
from titration.service.assessment import Patient, decide_day
from titration.service.case_file import AS_OF, Case, Expected, read_cases
from titration.service.case_ward import case_wards
from titration.units import MILLI, UnitSystem, grid_text

__all__ = ["Case", "CaseRunner", "Expected", "Outcome", "Planned", "read_cases", "run_cases"]


@dataclass(frozen=True, slots=True)
class Planned:
    """What the engine said of one line; doses in thousandths, None where the dose in force is not known."""

    line: str
    kind: PlanKind
    before: int | None
    after: int | None
    rule: str
    limits: tuple[str, ...]
    missing: str
    notices: tuple[str, ...]
    next_in: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case that was run; ``failures`` is empty when every line came out as expected."""

    case: Case
    planned: tuple[Planned, ...]
    failures: tuple[Problem, ...]


@dataclass(frozen=True)
class CaseRunner:
    """A pack's engines, one for each unit."""

    pack: Pack
    formulary: Formulary

    @cached_property
    def _engines(self) -> Mapping[UnitSystem, Engine]:
        return {system: Engine(self.pack, system, self.formulary) for system in UnitSystem}

    def run(self, case: Case) -> Outcome:
        """Plan the case's day and compare."""
        decision = decide_day(self._engines[case.log.system], Patient(case.log), AS_OF, taper_always=case.taper)
        planned = planned_of(dict(case.names), decision, AS_OF)
        return Outcome(case, planned, tuple(_failures(case, planned)))


def run_cases(folder: Path, pack: Pack, formulary: Formulary) -> tuple[Outcome, ...]:
    """Every worked case of the pack in ``folder``, all at once; PackError when its ``cases.toml`` cannot be read."""
    cases = read_cases(folder, pack, formulary)
    planned: dict[str, list[Planned]] = {case.name: [] for case in cases}
    for ward in case_wards(cases):
        names = [dict(case.names) for case in ward.cases]
        places = [{name: i for i, name in enumerate(case.log.drugs)} for case in ward.cases]
        for patient, (drug, slot, route), plan in _rows(
            ward.decide(pack, formulary, ward.grid(pack, formulary)), AS_OF
        ):
            line = names[patient][places[patient][ward.log.drugs[drug]], slot, route]
            planned[ward.cases[patient].name].append(replace(plan, line=line))
    return tuple(
        Outcome(case, tuple(planned[case.name]), tuple(_failures(case, tuple(planned[case.name])))) for case in cases
    )


def planned_of(names: Mapping[tuple[int, int, int], str], decision: Decision, day: int) -> tuple[Planned, ...]:
    """What the engine said of each line of one patient's day; ``names`` maps (drug, slot, route) to a case's name for it."""
    return tuple(replace(planned, line=names[key]) for _, key, planned in _rows(decision, day))


def _rows(decision: Decision, day: int) -> Iterator[tuple[int, tuple[int, int, int], Planned]]:
    """Patient, (drug, slot, route) and plan of every row, lines not yet named."""
    plans, engine = decision.plans, decision.engine
    for row in range(len(plans)):
        known = bool(plans.dose_known[row])
        rule, missing = int(plans.rule[row]), int(plans.missing[row])
        limits, notices = int(plans.limits[row]), int(plans.notices[row])
        planned = Planned(
            line="",
            kind=PLAN_KINDS[int(plans.kind[row])],
            before=int(plans.dose_before[row]) if known else None,
            after=int(plans.dose_after[row]) if known else None,
            rule="" if rule < 0 else engine.program.rules[rule].rule.id,
            limits=tuple(sorted(name for limit, name in LIMIT_NAMES.items() if limits & limit)),
            missing="" if missing < 0 else engine.missing_names[missing],
            notices=tuple(name for i, name in enumerate(engine.notices) if notices >> i & 1),
            next_in=int(plans.next_day[row]) - day,
        )
        yield int(plans.patient[row]), (int(plans.drug[row]), int(plans.slot[row]), int(plans.route[row])), planned


def _failures(case: Case, planned: tuple[Planned, ...]) -> list[Problem]:
    found = {p.line: p for p in planned}
    wanted = {e.line for e in case.expected}
    out: list[Problem] = []
    for expected in case.expected:
        got = found.get(expected.line)
        differences = ["no plan, since no such line is in use on day 0"] if got is None else _differences(expected, got)
        if differences:
            message = f"case {case.name}: {expected.line}: {'; '.join(differences)}"
            out.append(Problem(case.file, expected.at, message))
    for line, got in found.items():
        if line not in wanted:
            out.append(Problem(case.file, case.at, f"case {case.name}: {line}: nothing expected, got {_said(got)}"))
    return out


def _said(got: Planned) -> str:
    return f"{got.kind.value} {_dose(got.after)} by {got.rule or 'no rule'}"


def _dose(dose: int | None) -> str:
    return "unknown" if dose is None else grid_text(dose, MILLI)


def _differences(expected: Expected, got: Planned) -> list[str]:
    dose = got.before if expected.dose is None else expected.dose
    pairs = (
        ("kind", expected.kind.value, got.kind.value),
        ("dose", _dose(dose), _dose(got.after)),
        ("rule", expected.rule or "none", got.rule or "none"),
        ("limits", ", ".join(expected.limits) or "none", ", ".join(got.limits) or "none"),
        ("missing", expected.missing or "nothing", got.missing or "nothing"),
        ("notices", ", ".join(expected.notices) or "none", ", ".join(got.notices) or "none"),
        ("next change in days", str(expected.next_in or got.next_in), str(got.next_in)),
    )
    return [f"{what} expected {a}, got {b}" for what, a, b in pairs if a != b]
