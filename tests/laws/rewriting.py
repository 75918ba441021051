"""Packs rewritten as text: rules in another order, a rule or condition changed, loaded from a folder of their own."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from titration.engine.decide import Engine
from titration.formulary import shipped
from titration.packs.load import find_packs, load_pack
from titration.resources import rules_folder
from titration.units import UnitSystem

_TABLE = re.compile(r"^(?=\[)", re.MULTILINE)


def rewritten(pack: str, folder: Path, change: Callable[[str], str], system: UnitSystem = UnitSystem.MMOL) -> Engine:
    """The engine of a shipped pack whose ``pack.toml`` was changed, loaded from ``folder``."""
    here = folder / pack
    shutil.copytree(find_packs(rules_folder())[pack], here, dirs_exist_ok=True)
    text = (here / "pack.toml").read_text(encoding="utf-8")
    (here / "pack.toml").write_text(change(text), encoding="utf-8")
    return Engine(load_pack(here), system, shipped())


def shuffled_rules(text: str, seed: int) -> str:
    """The pack's text with its ``[[rule]]`` tables in another order."""
    head, *tables = _TABLE.split(text)
    rules: list[str] = []
    rest = [head]
    for table in tables:
        if table.startswith("[[rule]]"):
            rules.append(table)
        elif table.startswith("[rule."):
            rules[-1] += table
        else:
            rest.append(table)
    order = np.random.default_rng(seed).permutation(len(rules)).tolist()
    return "\n".join((*rest, *(rules[i] for i in order)))


def replaced(text: str, old: str, new: str) -> str:
    """The text with its one occurrence of ``old`` replaced."""
    assert text.count(old) == 1, f"{text.count(old)} of {old!r}"
    return text.replace(old, new)


def unchecked_texts(text: str) -> str:
    """The pack as a draft for a bench: no texts asked for, the guard still on."""
    return re.sub(r'^status = "\w+"$', 'status = "bench"', text, count=1, flags=re.MULTILINE)
