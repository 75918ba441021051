"""What ``packs list``, ``packs show`` and ``packs check`` print."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from titration.expr.render import render
from titration.packs.load import find_packs, load_pack
from titration.packs.model import (
    Hold,
    Ladder,
    LimitTo,
    Pack,
    Parameter,
    Percent,
    Refer,
    Restore,
    Review,
    Rule,
    ShareOfTotal,
    Step,
    Stop,
    Units,
)
from titration.packs.problems import PackError
from titration.resources import rules_folder
from titration.service.cases import Outcome, run_cases
from titration.service.packs import chosen_packs, open_formulary, open_pack
from titration.units import Pair, grid_text

ABOUT = ("target", "statistic", "cadence")
"""Texts of a pack that say in one line what it aims at, by what it decides, and how often."""


def list_packs(rules: Path | None, language: str) -> int:
    """A line a pack: its name, target, statistic and pace; one that does not load with the number of its problems."""
    code = 0
    for name, folder in find_packs(rules or rules_folder()).items():
        try:
            pack = load_pack(folder)
        except PackError as error:
            print(f"{name}: {len(error.problems)} problems (titration packs check {name})")
            code = 1
            continue
        about = [pack.text(language, f"pack.{key}") for key in ("name", *ABOUT)]
        print(
            f"{name} {pack.version} {pack.status}: {'; '.join(text for text in about if not text.startswith('pack.'))}"
        )
    return code


def check_packs(arguments: Namespace) -> int:
    """Every problem of the packs asked for, one a line; 0 when there is none."""
    folders = chosen_packs(arguments.packs, arguments.rules, every=arguments.all)
    return max([_check_pack(folder, arguments.rules) for folder in folders], default=0)


def _check_pack(folder: Path, rules: Path | None) -> int:
    """Every problem, and every worked case that comes out otherwise; 0 when there is none."""
    try:
        pack = load_pack(folder)
        outcomes = run_cases(folder, pack, open_formulary(rules))
    except PackError as error:
        for problem in error.problems:
            print(problem.text)
        sys.stderr.write(f"titration: {len(error.problems)} problems in {folder.name}\n")
        return 1
    counts = f"{len(pack.rules)} rules, {len(pack.features)} features, {len(pack.parameters)} parameters"
    print(f"{pack.id} {pack.version}: no problems ({counts})")
    return _report_cases(outcomes)


def _report_cases(outcomes: Sequence[Outcome]) -> int:
    if not outcomes:
        print("no worked cases (cases.toml)")
        return 0
    for outcome in outcomes:
        for failure in outcome.failures:
            print(failure.text)
    failed = sum(bool(outcome.failures) for outcome in outcomes)
    print(f"{len(outcomes)} worked cases run: {f'{failed} not as expected' if failed else 'all as expected'}")
    if failed:
        sys.stderr.write(f"titration: {failed} of {len(outcomes)} worked cases are not as expected\n")
    return 1 if failed else 0


def show_pack(name: str, rules: Path | None, language: str) -> int:
    """The pack as a rule author reads it: rules by tier, then parameters with where they come from."""
    pack = open_pack(name, rules)
    print(f"{pack.id} {pack.version} ({pack.status}): {pack.text(language, 'pack.name')}")
    print(pack.text(language, "pack.purpose"))
    tier = ""
    for rule in pack.rules:
        if rule.tier.text != tier:
            tier = rule.tier.text
            print(f"\n== {tier}")
        print(_rule_text(rule, pack, language))
    print("\n== parameters")
    for parameter in pack.parameters.values():
        print(f"{parameter.name} = {value_text(parameter)}  [{_origin(parameter, pack)}]")
    return 0


def _rule_text(rule: Rule, pack: Pack, language: str) -> str:
    sources = "; ".join(f"{s} [{pack.sources[s].mark}]" for s in rule.sources if s in pack.sources)
    return (
        f"{rule.id}  ({', '.join(k.value for k in rule.kinds)})\n    {pack.text(language, f'rule.{rule.id}')}\n"
        f"    when {render(rule.when)}\n    propose {step_text(rule.step)}\n    source {sources}"
    )


def step_text(step: Step) -> str:
    """A step as the pack writes it."""
    match step:
        case Hold():
            return "hold"
        case Stop():
            return "stop"
        case Restore():
            return "back to the dose before"
        case Refer(who):
            return f"refer to {who}"
        case Review(who):
            return f"review by {who}"
        case Units(name, up):
            return f"{'up' if up else 'down'} by {name}"
        case Percent(name, up, floor):
            return f"{'up' if up else 'down'} by {name}" + (f", at least {floor}" if floor else "")
        case ShareOfTotal(name):
            return f"down by {name} of the total daily insulin"
        case Ladder(move):
            return f"ladder {move}"
        case LimitTo(feature):
            return f"down to within {feature}"


def value_text(parameter: Parameter) -> str:
    """A parameter with its unit; a glucose pair with both members."""
    if isinstance(parameter.value, Pair):
        return f"{parameter.mmol_text} mmol/L, {parameter.value.mgdl} mg/dL"
    return f"{grid_text(parameter.value, parameter.dimension.scale)} {parameter.unit}"


def _origin(parameter: Parameter, pack: Pack) -> str:
    if parameter.basis is not None:
        return f"{parameter.basis}; to be signed off by: {parameter.sign_off}"
    source = pack.sources.get(parameter.source or "")
    return f"{source.name}, {source.mark}" if source else "?"
