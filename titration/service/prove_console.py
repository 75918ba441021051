"""Proving packs from the command line: one or all, with certificates, and with witnesses anybody can open."""

import json
import sys
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from titration.expr.smt import solver_version
from titration.formulary import Formulary
from titration.log.canonical_writer import write_canonical
from titration.packs.load import find_packs, load_pack
from titration.prove.certificate import certificate, write_certificate
from titration.prove.obligations import Finding, Proved, Reachable, Refuted, Unknown, told
from titration.prove.prover import Prover
from titration.prove.witness import Witness
from titration.resources import rules_folder
from titration.service.packs import open_formulary, pack_folder

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Proving:
    """What is asked for: pack names or folders (none: all of the rules folder), where rules and witnesses live."""

    packs: tuple[str, ...]
    rules: Path | None
    out: Path | None = None
    write: bool = False
    as_json: bool = False
    jobs: int = 1


def prove(asked: Proving) -> int:
    """Prove, print, and write what was asked for; 0 when everything holds, 1 when something is refuted or unknown."""
    solver_version()
    folders = [pack_folder(name, asked.rules) for name in asked.packs] or list(_shipped(asked.rules).values())
    for folder in folders:
        # A pack with problems stops before anything is proved, and says all of them.
        load_pack(folder)
    contents: list[dict[str, Any]] = []
    for folder, content, text in _proved(folders, asked):
        contents.append(content)
        if not asked.as_json:
            print(text)
        if asked.write:
            write_certificate(folder, content)
    if asked.as_json:
        print(json.dumps(contents, ensure_ascii=False, indent=2))
    failed = [c["pack"] for c in contents if not c["holds"]]
    if failed:
        sys.stderr.write(f"titration: not proved: {', '.join(failed)}\n")
    return 1 if failed else 0


def _shipped(rules: Path | None) -> dict[str, Path]:
    return find_packs(rules or rules_folder())


def _proved(folders: Sequence[Path], asked: Proving) -> Generator[tuple[Path, dict[str, Any], str]]:
    if asked.jobs > 1 and len(folders) > 1:
        with ProcessPoolExecutor(min(asked.jobs, len(folders))) as pool:
            running = [pool.submit(_one, folder, asked.rules, asked.out) for folder in folders]
            for folder, done in zip(folders, running, strict=True):
                yield (folder, *done.result())
        return
    for folder in folders:
        with _bar() as progress:
            content, text = _one(folder, asked.rules, asked.out, progress)
        yield folder, content, text


def _one(
    folder: Path, rules: Path | None, out: Path | None, progress: Progress | None = None
) -> tuple[dict[str, Any], str]:
    formulary, pack = open_formulary(rules), load_pack(folder)
    prover = Prover(pack, formulary)
    found = list(prover.findings(progress=progress) if progress else prover.findings())
    saved = [] if out is None else list(_save(found, out / pack.id, formulary))
    content = certificate(pack, formulary, found, solver_version())
    return content, _text(f"{pack.id} {pack.version}", found, saved)


def _text(name: str, found: Sequence[Finding], saved: Sequence[str]) -> str:
    failed = [f for f in found if not f.holds]
    departs = sum(bool(f.departs) for f in found)
    known = f", {departs} that the pack says it breaks" if departs else ""
    lines = [f"{name}: {len(found) - len(failed) - departs} of {len(found)} obligations proved{known}"]
    for finding in found:
        match finding.outcome:
            case Proved(how, notes):
                if finding.departs:
                    lines.append(
                        f"  PROVED   {told(finding.obligation)}, which the pack says it breaks: {finding.departs}"
                    )
                elif notes or not isinstance(finding.obligation, Reachable):
                    lines.append(f"  proved   {told(finding.obligation)}: {how}")
                lines += [f"  note     {note}" for note in notes]
            case Refuted(text) if finding.departs:
                lines.append(f"  departs  {told(finding.obligation)}: {text}")
                lines.append(f"           because {finding.departs}")
            case Refuted(text):
                lines.append(f"  REFUTED  {told(finding.obligation)}: {text}")
            case Unknown(why):
                lines.append(f"  UNKNOWN  {told(finding.obligation)}: {why}")
    return "\n".join([*lines, *saved])


def _save(found: Sequence[Finding], folder: Path, formulary: Formulary) -> Generator[str]:
    for finding in found:
        witnesses = () if isinstance(finding.outcome, Unknown) else finding.outcome.witnesses
        for number, witness in enumerate(witnesses):
            name = told(finding.obligation).lower().replace(" ", "-")
            place = folder / (name if len(witnesses) == 1 else f"{name}-{'ab'[number]}")
            write_witness(witness, place, formulary)
            yield f"  witness  {place}: titration assess {place} --patient {witness.log.people[0].patient_id}"


def write_witness(witness: Witness, folder: Path, formulary: Formulary) -> None:
    """The witness as a canonical CSV log that ``titration assess`` opens; an older one in the folder is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.csv"):
        old.unlink()
    products = {name: formulary.find(name) for name in witness.log.drugs}
    units = {name: product.unit if product else "units" for name, product in products.items()}
    write_canonical((witness.log,), folder, "csv", drug_units=units)


@contextmanager
def _bar() -> Generator[Progress | None]:
    """A progress bar on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("proving", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)
