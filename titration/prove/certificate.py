"""What was proved of a pack, as a file beside it; stale when the pack or anything the proofs rest on has changed."""

import ast
import hashlib
import io
import json
import tokenize
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from titration.formulary import Formulary
from titration.packs.model import Pack
from titration.prove.obligations import Finding, Proved, Refuted, Unknown, told

CERTIFICATE: Final = "certificate.json"
_ROOMS: Final = ("expr", "features", "packs", "engine", "prove")
_MODULES: Final = ("once.py", "units.py", "columns.py", "clinical.py", "formulary.py", "log/model.py")
_PROSE: Final = frozenset(
    {
        "expr/reason.py",
        "expr/render.py",
        "packs/check.py",
        "packs/mutants.py",
        "packs/problems.py",
        "prove/certificate.py",
        "prove/differing.py",
    }
)
"""Modules of these rooms that words, warnings and comparisons are made of, and no decision and no proof."""


def engine_sha256() -> str:
    """Hash of the code a proof rests on: what decides, and what proves; comments, docstrings and blank lines left out."""
    root = Path(str(files("titration")))
    paths = [root / name for name in _MODULES] + [p for room in _ROOMS for p in sorted((root / room).glob("*.py"))]
    digest = hashlib.sha256()
    for path in paths:
        name = path.relative_to(root).as_posix()
        if name not in _PROSE:
            digest.update(name.encode() + b"\0" + code_of(path.read_text(encoding="utf-8")).encode() + b"\0")
    return digest.hexdigest()


def code_of(source: str) -> str:
    """A module's lines without comments, docstrings and blank lines: what an edit must touch to change what is done."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            for row in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                lines[row - 1] = ""
    return "\n".join(line.rstrip() for line in lines if line.strip())


def certificate(pack: Pack, formulary: Formulary, findings: Sequence[Finding], solver: str) -> dict[str, Any]:
    """The certificate of a pack: what it is about, by what it was proved, and every obligation with its outcome."""
    return {
        "pack": pack.id,
        "version": pack.version,
        "pack_sha256": pack.sha256,
        "formulary_sha256": formulary.sha256,
        "engine_sha256": engine_sha256(),
        "solver": solver,
        "holds": all(f.holds for f in findings),
        "obligations": [entry(f) for f in findings],
    }


def entry(finding: Finding) -> dict[str, Any]:
    """One obligation of a certificate."""
    out: dict[str, Any] = {"id": told(finding.obligation)}
    match finding.outcome:
        case Proved(how, notes):
            out |= {"outcome": "proved", "how": how}
            if notes:
                out["notes"] = list(notes)
        case Refuted(text):
            out |= {"outcome": "refuted", "why": text}
        case Unknown(why):
            out |= {"outcome": "unknown", "why": why}
    if finding.departs:
        out["departs"] = finding.departs
    return out


def write_certificate(folder: Path, content: dict[str, Any]) -> Path:
    """Write the certificate into the pack's folder."""
    path = folder / CERTIFICATE
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def stale(folder: Path, pack: Pack, formulary: Formulary) -> str:
    """Why the certificate of a pack in ``folder`` says nothing of it; empty when it does."""
    path = folder / CERTIFICATE
    if not path.is_file():
        return f"{folder.name} has no {CERTIFICATE}"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    now = {
        "pack_sha256": pack.sha256,
        "formulary_sha256": formulary.sha256,
        "engine_sha256": engine_sha256(),
    }
    changed = [name.removesuffix("_sha256") for name, value in now.items() if content.get(name) != value]
    return f"{folder.name}: the {' and the '.join(changed)} changed since it was proved" if changed else ""
