"""Pages of packs in Markdown, one a language, written into a folder or held against what stands there."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from titration.explain.pack_page import Standing, pack_page
from titration.explain.phrases import LANGUAGES
from titration.formulary import Formulary
from titration.packs.load import find_packs, load_pack
from titration.resources import rules_folder
from titration.service.case_file import read_cases
from titration.service.packs import open_formulary, pack_folder

CERTIFICATE: Final = "certificate.json"


def pages_of(folder: Path, formulary: Formulary) -> dict[str, str]:
    """File name to text of every page of the pack in ``folder``; raises PackError when it or its cases cannot be read."""
    pack = load_pack(folder)
    standing = _standing(folder, len(read_cases(folder, pack, formulary)))
    return {f"{pack.id}.{language}.md": pack_page(pack, language, standing) for language in LANGUAGES}


def _standing(folder: Path, cases: int) -> Standing:
    path = folder / CERTIFICATE
    if not path.is_file():
        return Standing(cases)
    obligations: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["obligations"]
    proved = sum(item["outcome"] == "proved" for item in obligations)
    return Standing(cases, (proved, len(obligations)), f"../../rules/{folder.name}/{CERTIFICATE}")


def write_pages(names: Sequence[str], rules: Path | None, out: Path, *, check: bool) -> int:
    """Write the pages of packs (all of them when none is named); with ``check`` write nothing and name those that are stale."""
    folders = [pack_folder(name, rules) for name in names] or list(find_packs(rules or rules_folder()).values())
    formulary = open_formulary(rules)
    pages = {name: text for folder in folders for name, text in pages_of(folder, formulary).items()}
    stale = [name for name, text in pages.items() if not _holds(out / name, text)]
    if check:
        for name in stale:
            sys.stdout.write(f"{out / name} is not what its pack says now: titration packs docs\n")
        return 1 if stale else 0
    out.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (out / name).write_text(pages[name], encoding="utf-8")
    sys.stderr.write(f"{len(pages)} pages in {out}, {len(stale)} of them written anew\n")
    return 0


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
