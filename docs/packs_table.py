"""The table of the packs in docs/packs-library.md, written from the packs: `python docs/packs_table.py`.

With ``--check`` nothing is written; the exit code is 1 when the page is not what the packs say.
"""

import sys
from collections import Counter
from pathlib import Path
from typing import Final

from titration.clinical import LINE_KINDS
from titration.formulary import shipped
from titration.packs.load import find_packs, load_pack
from titration.packs.model import Pack
from titration.report.versus import kinds_judged
from titration.report.vocabulary import LINES, named
from titration.resources import rules_folder
from titration.service.cases import read_cases

PAGE: Final = Path(__file__).parent / "packs-library.md"
MARKS: Final = ("FOUND", "FOUND-2", "REC-H", "REC-M", "INFERRED", "PROPOSED")

HEAD: Final = """# The library of packs

One folder each under `rules/`, named for its paper or guideline. Every pack has its decision tables on a page of its own
([docs/packs](packs)), what its source leaves open in `NOTES.md`, and its published table cell by cell in `cases.toml`, each
threshold met on it and one step of the meter to each side, in mmol/L and in mg/dL.

The guard stays on for all of them: a published step may be cut to 20 % of the dose, made to wait for the product's interval,
or refused after a low; the cases say where. `titration compare PATH --packs A,B,...` puts several beside each other on one log.

*This page is written by `python docs/packs_table.py` from the packs; a test fails when it is stale.*

"""

FOOT: Final = """
Numbers: parameters by the mark of their source. *local* counts parameters that no source gives: each names who must sign it off.
FOUND: seen in the original. FOUND-2: second-hand. REC-H, REC-M: recalled, to be checked. INFERRED: computed from published
numbers. PROPOSED: this project's own scope. Nothing recalled with low confidence is encoded. Status of every pack: see its page.
"""


def page() -> str:
    """The whole page."""
    formulary = shipped()
    heads = ("pack", "version", "status", "target", "decided by", "pace", "may change", "numbers", "rules", "cases")
    rows = [heads, tuple("---" for _ in heads)]
    for name, folder in find_packs(rules_folder()).items():
        pack = load_pack(folder)
        rows.append(row(name, pack, len(read_cases(folder, pack, formulary))))
    return HEAD + "\n".join(f"| {' | '.join(cells)} |" for cells in rows) + "\n" + FOOT


def row(name: str, pack: Pack, cases: int) -> tuple[str, ...]:
    """One pack's line of the table."""
    judged = kinds_judged(pack)
    return (
        f"[{name}](packs/{pack.id}.en.md): {pack.text('en', 'pack.name')} / {pack.text('zh', 'pack.name')}",
        pack.version,
        pack.status,
        pack.text("en", "pack.target"),
        pack.text("en", "pack.statistic"),
        pack.text("en", "pack.cadence"),
        ", ".join(named(LINES, kind.value, "en") for kind in LINE_KINDS if kind in judged),
        numbers(pack),
        str(len(pack.rules)),
        str(cases),
    )


def numbers(pack: Pack) -> str:
    """How many parameters there are of each mark."""
    found = Counter("local" if p.source is None else pack.sources[p.source].mark for p in pack.parameters.values())
    return ", ".join(f"{found[mark]} {mark}" for mark in (*MARKS, "local") if found[mark])


def main() -> int:
    """Write the page, or say whether it is current."""
    text = page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/packs-library.md is not what the packs say: python docs/packs_table.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
