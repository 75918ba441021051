"""Hold the hazards against what controls them, and write the traceability table: ``python docs/safety/trace.py [--check]``."""

import ast
import json
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from titration.engine.plans import LIMIT_NAMES
from titration.formulary import shipped
from titration.log.report import Reason
from titration.packs.load import find_packs, load_pack
from titration.packs.model import Pack
from titration.service.cases import read_cases

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TABLE = HERE / "traceability.md"


@dataclass(frozen=True)
class Shelf:
    """What controls may name, as it is in a checkout now."""

    root: Path

    @cached_property
    def packs(self) -> Mapping[str, Pack]:
        return {name: load_pack(folder) for name, folder in find_packs(self.root / "rules").items()}

    @cached_property
    def cases(self) -> Mapping[str, frozenset[str]]:
        folders = find_packs(self.root / "rules")
        return {
            name: frozenset(case.name for case in read_cases(folder, self.packs[name], shipped()))
            for name, folder in folders.items()
        }

    def fault(self, control: str) -> str | None:
        """Why a control holds nothing, or None."""
        kind, _, name = control.partition(":")
        owner, _, item = name.partition("/")
        match kind:
            case "guard":
                good = name in LIMIT_NAMES.values()
            case "loader":
                good = name in {reason.value for reason in Reason}
            case "rule":
                rules = {rule.id: rule for rule in self.packs[owner].rules} if owner in self.packs else {}
                good = item in rules and bool(rules[item].sources)
            case "case":
                good = item in self.cases.get(owner, ())
            case "test":
                good = self._is_test(name)
            case "proof":
                good = self._is_proved(owner, item)
            case _:
                return f"{control}: unknown kind {kind!r}"
        return None if good else f"{control}: there is none, or it holds nothing"

    def _is_test(self, name: str) -> bool:
        file, _, function = name.partition("::")
        path = self.root / file
        if not path.is_file():
            return False
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
        return function.startswith(("test_", "Test")) and function in names

    def _is_proved(self, pack: str, obligation: str) -> bool:
        path = self.root / "rules" / pack / "certificate.json"
        if not path.is_file():
            return False
        obligations: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["obligations"]
        mine = [item for item in obligations if str(item.get("id", item.get("kind"))).startswith(obligation)]
        return bool(mine) and all(item["outcome"] == "proved" for item in mine)


def faults(hazards: list[dict[str, Any]], shelf: Shelf) -> Iterator[str]:
    """Everything wrong with the hazards and with the sources of rules."""
    ids = [hazard["id"] for hazard in hazards]
    yield from (f"{name} is used twice" for name in sorted({i for i in ids if ids.count(i) > 1}))
    for hazard in hazards:
        for key in ("en", "zh", "harm", "anchor"):
            if not str(hazard.get(key, "")).strip():
                yield f"{hazard['id']}: {key} is empty"
        found = [shelf.fault(control) for control in hazard["controls"]]
        yield from (f"{hazard['id']}: {fault}" for fault in found if fault)
        if not hazard["controls"]:
            yield f"{hazard['id']}: nothing controls it"
    for name, pack in shelf.packs.items():
        yield from (f"rule {name}/{rule.id} has no source" for rule in pack.rules if not rule.sources)
    told = {control for hazard in hazards for control in hazard["controls"]}
    yield from (
        f"guard:{limit} stands against no hazard" for limit in LIMIT_NAMES.values() if f"guard:{limit}" not in told
    )


def table(hazards: list[dict[str, Any]]) -> str:
    """The traceability table as Markdown, and from each control back to its hazards."""
    lines = [
        "# Hazards and what holds them",
        "",
        "*Written from [hazards.toml](hazards.toml) by `python docs/safety/trace.py`; change that file, not this page.*",
        "",
        "| | hazard | 危害 | harm | anchor | held by |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    back: dict[str, list[str]] = defaultdict(list)
    for hazard in hazards:
        held = "<br>".join(f"`{control}`" for control in hazard["controls"])
        cells = (hazard["id"], hazard["en"], hazard["zh"], hazard["harm"], hazard["anchor"], held)
        lines.append(f"| {' | '.join(cells)} |")
        for control in hazard["controls"]:
            back[control].append(hazard["id"])
    lines += ["", "## From control to hazard", "", "| control | hazards |", "| --- | --- |"]
    lines += [f"| `{control}` | {', '.join(ids)} |" for control, ids in sorted(back.items())]
    return "\n".join(lines) + "\n"


def read_hazards(path: Path) -> list[dict[str, Any]]:
    """The hazards as written."""
    return tomllib.loads(path.read_text(encoding="utf-8"))["hazard"]


def main() -> int:
    """Report faults; write the table, or with ``--check`` say whether it is stale."""
    hazards = read_hazards(HERE / "hazards.toml")
    wrong = list(faults(hazards, Shelf(ROOT)))
    for fault in wrong:
        print(fault)
    text = table(hazards)
    if "--check" in sys.argv[1:]:
        if not TABLE.is_file() or TABLE.read_text(encoding="utf-8") != text:
            wrong.append("stale")
            print("docs/safety/traceability.md is stale: python docs/safety/trace.py")
    else:
        TABLE.write_text(text, encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
