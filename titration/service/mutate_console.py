"""What ``packs coverage`` and ``packs mutate`` print."""

import json
import sys
from argparse import Namespace

from titration.packs.load import load_pack
from titration.report.figures import Share, share_text
from titration.service.coverage import Coverage, cover
from titration.service.mutate import LEAST_KILLED_PERCENT, Mutation, mutate
from titration.service.packs import chosen_packs, open_formulary


def cover_packs(arguments: Namespace) -> int:
    """Print what the cases of each pack reach, and what they do not; 1 when a rule fires in no case."""
    formulary = open_formulary(arguments.rules)
    folders = chosen_packs(arguments.packs, arguments.rules, every=arguments.all)
    found = [cover(folder, load_pack(folder), formulary) for folder in folders]
    if arguments.json:
        print(json.dumps([each.as_dict() for each in found], ensure_ascii=False, indent=2))
    else:
        for each in found:
            _print_coverage(each)
    return 1 if any(not n for each in found for n in each.rules.values()) else 0


def _print_coverage(found: Coverage) -> None:
    fired = Share(sum(bool(n) for n in found.rules.values()), len(found.rules))
    sides = Share(sum(s.both for s in found.sides), len(found.sides))
    edges = Share(sum(e.both for e in found.edges), len(found.edges))
    print(f"{found.pack.id} {found.pack.version}, {found.cases} worked cases")
    print(f"  rules that fire: {share_text(fired, 'en')}")
    print(f"  thresholds of rules met from both sides: {share_text(sides, 'en')}")
    print(f"  limits of readings met from both sides: {share_text(edges, 'en')}")
    for gap in found.gaps:
        print(f"    {gap}")


def mutate_packs(arguments: Namespace) -> int:
    """Print what became of each pack's mutants; 1 when too many live, or the list of survivors is wrong."""
    formulary = open_formulary(arguments.rules)
    folders = chosen_packs(arguments.packs, arguments.rules, every=arguments.all)
    found: list[Mutation] = []
    for folder in folders:
        found.append(mutate(folder, load_pack(folder), formulary))
        if not arguments.json:
            _print_mutation(found[-1])
            sys.stdout.flush()
    if arguments.json:
        print(json.dumps([each.as_dict() for each in found], ensure_ascii=False, indent=2))
    poor = [each.pack.id for each in found if not each.good]
    if poor:
        sys.stderr.write(
            f"titration: {', '.join(poor)}: less than {LEAST_KILLED_PERCENT} % of the mutants a case could notice are "
            "noticed, or survivors.toml names what is no survivor\n"
        )
    return 1 if poor else 0


def _print_mutation(found: Mutation) -> None:
    total = len(found.fates)
    print(f"{found.pack.id} {found.pack.version}, {found.cases} worked cases")
    print(f"  mutants killed: {share_text(Share(found.killed, total), 'en')}")
    print(f"  survivors no case could notice: {found.equivalent}")
    print(f"  of the others killed: {share_text(Share(found.killed, total - found.equivalent), 'en')}")
    for reason in dict.fromkeys(fate.reason for fate in found.fates if fate.reason):
        print(f"    {reason}")
        for fate in found.fates:
            if fate.reason == reason:
                print(f"      {fate.name}")
    for fate in found.unexplained:
        print(f"    survives: {fate.name}")
    for like in found.stale:
        print(f"    survivors.toml: {like!r} names no survivor, or one that a case kills")
