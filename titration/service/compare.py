"""One log under several packs, side by side: what each would have said of the same lines on the same days."""

import json
from collections.abc import Callable, Iterator
from csv import writer
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from titration.engine.decide import Engine
from titration.formulary import Formulary
from titration.log.blocks import blocks
from titration.log.load import load
from titration.log.model import Log
from titration.packs.model import Pack
from titration.report.figures import amount_text, date_of
from titration.report.versus import Versus
from titration.report.versus_summary import versus_summary
from titration.service.replay import BLOCK_PATIENTS, Progress, silent
from titration.units import UnitSystem

LEAST_PACKS: Final = 2
MOST_PACKS: Final = 24


@dataclass(frozen=True)
class Comparison:
    """What to compare and how. ``taper_always`` overrides the taper mode the log records."""

    path: Path
    packs: tuple[Pack, ...]
    formulary: Formulary
    format: str = "auto"
    taper_always: bool | None = None
    out: Path | None = None
    progress: Progress = silent


@dataclass(frozen=True)
class Compared:
    """A finished comparison and files of the log that could not be read."""

    summary: dict[str, Any]
    errors: tuple[tuple[str, str], ...]


def compare(job: Comparison) -> Compared:
    """Compare; writes ``compare.json`` and ``opposites.csv`` into ``job.out`` when it is given.

    Raises LoadError when the log cannot be read at all, ValueError for too few or too many packs.
    """
    if not LEAST_PACKS <= len(job.packs) <= MOST_PACKS:
        raise ValueError(f"compare takes {LEAST_PACKS} to {MOST_PACKS} packs, {len(job.packs)} given")
    names = [pack.id for pack in job.packs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"pack given twice: {', '.join(twice)}")
    engines = [{system: Engine(pack, system, job.formulary) for system in UnitSystem} for pack in job.packs]
    found, loading = Versus(job.packs), _Loading()
    for log in _logs(job, loading):
        decisions = [
            by_system[log.system].decide(by_system[log.system].grid(log, taper_always=job.taper_always))
            for by_system in engines
        ]
        found.add(decisions)
        job.progress("patients", found.patients, None)
    summary = versus_summary(found, format=loading.format, taper=_taper(job.taper_always))
    if job.out is not None:
        _write(job.out, summary)
    return Compared(summary, loading.errors)


def _taper(always: bool | None) -> str:  # noqa: FBT001
    return {None: "as recorded", True: "on", False: "off"}[always]


@dataclass
class _Loading:
    format: str = ""
    errors: tuple[tuple[str, str], ...] = ()


def _logs(job: Comparison, loading: _Loading) -> Iterator[Log]:
    from titration.log.recognise import recognise

    if recognise(job.path, format=job.format).format == "canonical-parquet":
        from titration.log.canonical_parquet import iter_parquet_logs

        loading.format = "canonical-parquet"
        errors: dict[str, str] = {}
        for log, report in iter_parquet_logs(job.path, formulary=job.formulary, patients_per_block=BLOCK_PATIENTS):
            errors.update(report.errors)
            loading.errors = tuple(sorted(errors.items()))
            yield log
        return
    loaded = load(job.path, format=job.format, formulary=job.formulary, progress=job.progress)
    loading.format, loading.errors = loaded.format, tuple(sorted(dict(loaded.report.errors).items()))
    for log in loaded.logs:
        yield from blocks(log, BLOCK_PATIENTS)


def _write(out: Path, summary: dict[str, Any]) -> None:
    """Both files, each under its name only when it is complete."""
    out.mkdir(parents=True, exist_ok=True)
    _complete(out / "compare.json", lambda part: _write_json(part, summary))
    _complete(out / "opposites.csv", lambda part: _write_opposites(part, summary))


def _complete(path: Path, write: Callable[[Path], None]) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        write(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write_json(path: Path, summary: dict[str, Any]) -> None:
    path.write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _write_opposites(path: Path, summary: dict[str, Any]) -> None:
    names = [pack["id"] for pack in summary["packs"]]
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = writer(file)
        answers = [f"{name}{part}" for name in names for part in (" plan", " dose", " rule")]
        rows.writerow(["patient_id", "day", "drug", "slot", "fasting_today", "unit", "dose_in_force", *answers])
        for found in summary["opposites"]["examples"]:
            cells = [found["patient"], date_of(found["day"]).isoformat(), found["drug"], found["slot"]]
            cells += [found["fasting"], found["unit"], amount_text(found["before"])]
            for answer in found["answers"]:
                cells += (
                    ["", "", ""] if answer is None else [answer["kind"], amount_text(answer["after"]), answer["rule"]]
                )
            rows.writerow(cells)


__all__ = ["Compared", "Comparison", "compare"]
