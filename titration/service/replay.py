"""Every patient-day of a log, streamed in blocks of patients over a few threads.

Blocks are cut by patients, not by jobs, and written in order, so the same input gives the same bytes whatever the order of
files and rows and the number of jobs. Files appear under their names only when they are complete.
"""

import json
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from titration.engine.decide import Decision, Engine
from titration.formulary import Formulary
from titration.log.blocks import blocks
from titration.log.load import load
from titration.log.model import Log
from titration.log.report import Fate, LoadReport
from titration.packs.model import Pack
from titration.report.picture import PatientPicture
from titration.report.pictures import pictures
from titration.report.tally import Tally, summary, tally
from titration.units import UnitSystem

BLOCK_PATIENTS: Final = 1000
PAGE_PATIENTS: Final = 300
"""A page shows at most this many patients and says so."""

Progress = Callable[[str, int, int | None], None]
"""Told what is being done, how much is done, and how much there is (None: not known)."""


def silent(what: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""
    del what, done, total


@dataclass(frozen=True)
class Replay:
    """What to replay and how. ``taper_always`` overrides the taper mode the log records."""

    path: Path
    pack: Pack
    formulary: Formulary
    format: str = "auto"
    taper_always: bool | None = None
    jobs: int = 2
    out: Path | None = None
    with_pictures: bool = False
    language: str = "en"
    """Of the names on the pictures."""
    progress: Progress = silent


@dataclass
class Result:
    """A finished replay: the summary, pictures of the first patients when asked for, and files that failed."""

    summary: dict[str, Any]
    pictures: list[PatientPicture] = field(default_factory=lambda: [])
    errors: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Block:
    tally: Tally
    table: Any
    pictures: list[PatientPicture]


@dataclass
class _Loading:
    """What loading came to, added up over blocks."""

    format: str = ""
    rows: Counter[str] = field(default_factory=Counter[str])
    reasons: Counter[str] = field(default_factory=Counter[str])
    errors: dict[str, str] = field(default_factory=lambda: {})

    def add(self, report: LoadReport) -> None:
        rows = report.rows
        self.rows.update(rows_read=rows.read, kept=rows.kept, quarantined=rows.quarantined, rejected=rows.rejected)
        for fate in Fate:
            self.reasons.update(report.findings.by_reason(fate))
        self.errors.update(report.errors)

    def as_dict(self) -> dict[str, Any]:
        counts = {k: self.rows[k] for k in ("rows_read", "kept", "quarantined", "rejected")}
        return {**counts, "reasons": dict(sorted(self.reasons.items()))}


def run(job: Replay) -> Result:
    """Replay; writes ``plans.parquet`` and ``summary.json`` into ``job.out`` when it is given.

    Raises LoadError when the log cannot be read at all.
    """
    engines = {system: Engine(job.pack, system, job.formulary) for system in UnitSystem}
    loading, total = _Loading(), Tally()
    shown: list[PatientPicture] = []
    sink = _Sink(job.out)
    try:
        for block in _decided(job, engines, loading):
            total.add(block.tally)
            shown += block.pictures[: PAGE_PATIENTS - len(shown)]
            sink.write(block.table)
            job.progress("patients", total.patients, None)
        taper = {None: "as recorded", True: "on", False: "off"}[job.taper_always]
        extra = {"format": loading.format, "load": loading.as_dict(), "taper": taper}
        result = Result(summary(total, engines, extra), shown, tuple(sorted(loading.errors.items())))
        sink.finish(result.summary)
    except BaseException:
        sink.abandon()
        raise
    return result


def _decided(job: Replay, engines: dict[UnitSystem, Engine], loading: _Loading) -> Iterator[_Block]:
    """Blocks in order, decided by up to ``jobs`` threads."""

    def decide(log: Log) -> _Block:
        engine = engines[log.system]
        decision = engine.decide(engine.grid(log, taper_always=job.taper_always))
        return _Block(tally(decision, decision.plans), _table(job, decision), _pictured(job, decision))

    waiting: deque[Future[_Block]] = deque()
    with ThreadPoolExecutor(max_workers=max(1, job.jobs)) as pool:
        try:
            for log in _logs(job, loading):
                waiting.append(pool.submit(decide, log))
                if len(waiting) > job.jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _table(job: Replay, decision: Decision) -> Any:
    if job.out is None:
        return None
    from titration.report.plans_table import plans_table

    return plans_table(decision, decision.plans)


def _pictured(job: Replay, decision: Decision) -> list[PatientPicture]:
    return list(pictures(decision, decision.plans, job.language)) if job.with_pictures else []


def _logs(job: Replay, loading: _Loading) -> Iterator[Log]:
    from titration.log.recognise import recognise

    if recognise(job.path, format=job.format).format == "canonical-parquet":
        from titration.log.canonical_parquet import iter_parquet_logs

        loading.format = "canonical-parquet"
        for log, report in iter_parquet_logs(job.path, formulary=job.formulary, patients_per_block=BLOCK_PATIENTS):
            loading.add(report)
            yield log
        return
    loaded = load(job.path, format=job.format, formulary=job.formulary, progress=job.progress)
    loading.format = loaded.format
    loading.add(loaded.report)
    for log in loaded.logs:
        yield from blocks(log, BLOCK_PATIENTS)


class _Sink:
    """``plans.parquet`` and ``summary.json``, written beside their names and moved there when complete."""

    def __init__(self, out: Path | None) -> None:
        self._out = out
        self._writer: Any = None
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._pending: Future[None] | None = None
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)

    def _part(self, name: str) -> Path:
        assert self._out is not None
        return self._out / f".{name}.part"

    def write(self, table: Any) -> None:
        """Append a block's plans."""
        if self._out is None:
            return
        if self._writer is None:
            self._writer = self._open()
        # One table at a time is compressed beside the work on the next blocks.
        self._settle()
        self._pending = self._pool.submit(self._writer.write_table, table)

    def _settle(self) -> None:
        """Wait for the last table; a full disk is reported here."""
        if self._pending is not None:
            self._pending.result()
            self._pending = None

    def _open(self) -> Any:
        import pyarrow.parquet as pq  # pyright: ignore[reportMissingTypeStubs]

        from titration.report.plans_table import SCHEMA

        # Statistics of text columns cost as much as the columns; patient and day are what a reader filters by.
        filtered: Any = ["patient_id", "day"]
        path = str(self._part("plans.parquet"))
        return pq.ParquetWriter(path, SCHEMA, compression="zstd", write_statistics=filtered, write_batch_size=1 << 16)

    def finish(self, result: dict[str, Any]) -> None:
        """Close and move into place."""
        if self._out is None:
            return
        if self._writer is None:
            self._writer = self._open()
        self._settle()
        self._pool.shutdown()
        self._writer.close()
        text = json.dumps(result, ensure_ascii=False, indent=2) + "\n"
        self._part("summary.json").write_text(text, encoding="utf-8")
        for name in ("plans.parquet", "summary.json"):
            self._part(name).replace(self._out / name)

    def abandon(self) -> None:
        """Leave nothing half-written behind."""
        if self._out is None:
            return
        self._pool.shutdown(cancel_futures=True)
        if self._writer is not None:
            self._writer.close()
        for name in ("plans.parquet", "summary.json"):
            self._part(name).unlink(missing_ok=True)
