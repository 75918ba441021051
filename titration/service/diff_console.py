"""Comparing two packs from the command line: regions, verdicts, and the plans of a log that change."""

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from titration.clinical import PLAN_KINDS
from titration.engine.decide import Engine
from titration.formulary import Formulary
from titration.log.blocks import blocks
from titration.log.load import load
from titration.packs.model import Pack
from titration.prove.differing import Pair, Region, Verdict
from titration.service.packs import open_formulary, open_pack
from titration.service.prove_console import write_witness
from titration.units import MILLI, grid_text

_BLOCK = 2_000
_WORD = {True: "proved", False: "refuted", None: "unknown"}


def diff(
    old: str, new: str, *, rules: Path | None, log: Path | None = None, as_json: bool = False, out: Path | None = None
) -> int:
    """Print where two packs differ; 0 when they decide alike, 1 when they do not or it could not be shown."""
    formulary = open_formulary(rules)
    pair = Pair(open_pack(old, rules), open_pack(new, rules), formulary)
    why = pair.incomparable
    verdicts = [] if why else list(pair.verdicts())
    regions = [] if why else list(pair.regions())
    counts = None if log is None else log_changes(pair.old, pair.new, log, formulary)
    if out is not None:
        for number, region in enumerate(regions):
            write_witness(region.witness, out / f"region-{number}", formulary)
    if as_json:
        print(json.dumps(_as_json(pair, why, verdicts, regions, counts), ensure_ascii=False, indent=2))
    else:
        print(_text(pair, why, verdicts, regions, counts))
    if why:
        sys.stderr.write(f"titration: {why}: no region can be shown, only a log compared\n")
    alike = bool(verdicts) and verdicts[0].holds is True
    return 0 if alike else 1


def log_changes(old: Pack, new: Pack, path: Path, formulary: Formulary) -> Mapping[str, int]:
    """How many plans of a log change, by kind ("hold to adjust_up") or dose; "same" counts the others."""
    counts: Counter[str] = Counter()
    for whole in load(path, formulary=formulary).logs:
        engines = [Engine(pack, whole.system, formulary) for pack in (old, new)]
        for log in blocks(whole, _BLOCK):
            one, two = (engine.decide(engine.grid(log)).plans for engine in engines)
            if len(one) != len(two):
                raise ValueError(
                    "the packs see different therapy lines in this log: compare packs with the same [lines]"
                )
            kinds = one.kind.astype(np.int64) * len(PLAN_KINDS) + two.kind
            dose = one.dose_after != two.dose_after
            for code, number in zip(*np.unique(kinds, return_counts=True), strict=True):
                before, after = divmod(int(code), len(PLAN_KINDS))
                if before != after:
                    counts[f"{PLAN_KINDS[before].value} to {PLAN_KINDS[after].value}"] += int(number)
            counts["same kind, another dose"] += int((dose & (one.kind == two.kind)).sum())
            counts["same"] += int((~dose & (one.kind == two.kind)).sum())
    return dict(counts)


def _dose(amount: int) -> str:
    return grid_text(amount, MILLI)


def _told(region: Region) -> str:
    change = f"{_dose(region.before)} to {_dose(region.old_dose)} and to {_dose(region.new_dose)}"
    rules = f"{region.old_rule or 'no rule'} / {region.new_rule or 'no rule'}"
    return (
        f"{region.kind.value}: the new dose is {region.direction}, {rules}: {change};"
        f" by {_dose(region.largest)} at most"
    )


def _text(
    pair: Pair, why: str, verdicts: list[Verdict], regions: list[Region], counts: Mapping[str, int] | None
) -> str:
    lines = [f"{pair.old.id} {pair.old.version} beside {pair.new.id} {pair.new.version}"]
    lines += [f"  not compared: {why}"] if why else []
    lines += [f"  {_WORD[v.holds]:8} {v.statement}" for v in verdicts]
    lines += [f"  {_told(region)}" for region in regions]
    if counts is not None:
        lines += [f"  log: {number:,} plans {what}" for what, number in sorted(counts.items())]
    return "\n".join(lines)


def _as_json(
    pair: Pair, why: str, verdicts: list[Verdict], regions: list[Region], counts: Mapping[str, int] | None
) -> dict[str, Any]:
    return {
        "old": {"pack": pair.old.id, "version": pair.old.version, "sha256": pair.old.sha256},
        "new": {"pack": pair.new.id, "version": pair.new.version, "sha256": pair.new.sha256},
        "not_compared": why,
        "verdicts": {v.statement: _WORD[v.holds] for v in verdicts},
        "regions": [
            {
                "kind": r.kind.value,
                "old_rule": r.old_rule,
                "new_rule": r.new_rule,
                "direction": r.direction,
                "largest_change": _dose(r.largest),
                "dose": _dose(r.before),
                "old_dose": _dose(r.old_dose),
                "new_dose": _dose(r.new_dose),
            }
            for r in regions
        ],
        "log": None if counts is None else dict(counts),
    }
