"""What ``ingest``, ``assess`` and ``replay`` print. Results on stdout, everything else on stderr."""

import json
import shutil
import sys
from argparse import Namespace
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from titration.log.load import Loaded, load
from titration.packs.model import Pack
from titration.service.packs import open_formulary, open_pack
from titration.service.replay import Progress, Result, silent

_EPOCH = date(1970, 1, 1)
_SHOWN = 10
_WIDEST = 100
_LABELS = {
    "below_3_9": "below 3.9 mmol/L (70 mg/dL)",
    "below_3_0": "below 3.0 mmol/L (54 mg/dL)",
    "min_mmol": "lowest, mmol/L",
    "mean_mmol": "mean, mmol/L",
    "max_mmol": "highest, mmol/L",
    "fasting_mean_mmol": "fasting mean, mmol/L",
    "post_meal_2h_readings": "2 h post-meal readings",
    "post_meal_2h_mean_mmol": "2 h post-meal mean, mmol/L",
}


def say(text: str) -> None:
    """A diagnostic line."""
    sys.stderr.write(text + "\n")


def ingest(arguments: Namespace) -> int:
    """Load a log, print its figures, and optionally write it in the canonical format."""
    from titration.log.summary import ingest_json

    formulary = open_formulary(arguments.rules)
    with progress_bar() as progress:
        loaded = load(arguments.path, format=arguments.format, formulary=formulary, progress=progress)
    say(f"recognised {loaded.format}: {loaded.why}")
    figures = ingest_json(loaded)
    if arguments.json:
        print(json.dumps(figures, ensure_ascii=False, indent=2))
    else:
        print(_ingest_text(loaded, figures["totals"]))
    if arguments.out is not None:
        from titration.log.canonical_writer import write_canonical

        write_canonical(loaded.logs, arguments.out, arguments.table, drug_units=loaded.drug_units, report=loaded.report)
        say(f"wrote the canonical log to {arguments.out}")
    return report_errors(loaded.report.errors)


def _ingest_text(loaded: Loaded, totals: dict[str, object]) -> str:
    rows = loaded.report.rows
    lines = [
        f"format {loaded.format}",
        f"rows read {rows.read:,}: kept {rows.kept:,}, quarantined {rows.quarantined:,}, rejected {rows.rejected:,}",
    ]
    lines += [f"  {_LABELS.get(name, name.replace('_', ' '))}: {_plain(value)}" for name, value in totals.items()]
    findings = list(loaded.report.findings)
    refused = [f for f in findings if f.fate.text != "flagged"]
    for finding in refused[:_SHOWN]:
        lines.append(
            f"  {finding.file} row {finding.row}: {finding.reason.value}: {finding.raw!r}; {finding.reason.remedy}"
        )
    if len(refused) > _SHOWN:
        lines.append(f"  and {len(refused) - _SHOWN:,} more: --json counts them, --out lists every one")
    lines += [f"note: {note}" for note in loaded.report.notes]
    return "\n".join(lines)


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {v}" for k, v in value.items()) or "none"  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"  # pyright: ignore[reportUnknownArgumentType]
    return f"{value:,}" if isinstance(value, int) else str(value)


def output_width() -> int:
    """Cells a line may take: the terminal's, at most 100; 100 where there is no terminal, so that files are alike."""
    return max(60, min(_WIDEST, shutil.get_terminal_size((_WIDEST, 24)).columns)) if sys.stdout.isatty() else _WIDEST


def report_errors(errors: tuple[tuple[str, str], ...]) -> int:
    """Say which files could not be read; 1 when there are any."""
    for _, error in errors:
        say(f"titration: {error}")
    if errors:
        say(f"titration: {len(errors)} of the files could not be read; the others were loaded")
    return 1 if errors else 0


def assess(arguments: Namespace) -> int:
    """Print the plan of one patient."""
    from titration.engine.decide import Engine
    from titration.explain import as_json, render
    from titration.explain.voice import Voice
    from titration.service.assessment import assess_day, find_patient
    from titration.service.fragility import fragility
    from titration.service.fragility_text import fragility_json, fragility_text

    formulary = open_formulary(arguments.rules)
    pack = open_pack(arguments.pack, arguments.rules)
    loaded = load(arguments.path, format=arguments.format, formulary=formulary)
    patient = find_patient(loaded.logs, arguments.patient)
    day = day_asked(arguments.as_of, "--as-of") if arguments.as_of else patient.last_day
    if day is None:
        raise ValueError(f"patient {arguments.patient} has no readings and no doses: nothing to assess")
    if arguments.as_case:
        from titration.service.case_export import case_text

        sys.stdout.write(case_text(pack, formulary, patient, day, taper=taper_mode(arguments)))
        return report_errors(loaded.report.errors)
    engine = Engine(pack, patient.log.system, formulary)
    found = assess_day(engine, patient, day, taper_always=taper_mode(arguments))
    turning = fragility(engine, patient, day, taper_always=taper_mode(arguments)) if arguments.fragility else None
    if arguments.json:
        more = {} if turning is None else {"fragility": fragility_json(turning, engine.system)}
        print(json.dumps({**as_json(found, pack), **more}, ensure_ascii=False, indent=2))
    else:
        print(render(found, pack, arguments.lang, width=output_width()))
        if turning is not None:
            print("\n" + fragility_text(turning, formulary, Voice(pack, arguments.lang, engine.system)))
    return report_errors(loaded.report.errors)


def day_asked(text: str, option: str) -> int:
    """The day an option names, since 1970-01-01; raises ValueError with an example."""
    try:
        return (date.fromisoformat(text) - _EPOCH).days
    except ValueError:
        raise ValueError(
            f"{option} {text!r} is not a date: write it as {(_EPOCH + timedelta(days=20_000)).isoformat()}"
        ) from None


def taper_mode(arguments: Namespace) -> bool | None:
    """Taper mode as asked: None where the log decides."""
    return {"log": None, "on": True, "off": False}[arguments.taper]


def replay(arguments: Namespace) -> int:
    """Replay a log; print the summary, write tables and page as asked."""
    from titration.report.summary_text import render_summary
    from titration.service.replay import Replay, run

    pack = open_pack(arguments.pack, arguments.rules)
    with progress_bar() as progress:
        result = run(
            Replay(
                path=arguments.path,
                pack=pack,
                formulary=open_formulary(arguments.rules),
                format=arguments.format,
                taper_always=taper_mode(arguments),
                jobs=arguments.jobs,
                out=arguments.out,
                with_pictures=arguments.html is not None,
                language=arguments.lang,
                progress=progress,
            )
        )
    if arguments.html is not None:
        _write_page(arguments.html, result, words_of(pack, arguments.lang), arguments.lang)
        say(f"wrote {arguments.html}")
    if arguments.out is not None:
        say(f"wrote plans.parquet and summary.json to {arguments.out}")
    if arguments.json:
        print(json.dumps(result.summary, ensure_ascii=False, indent=2))
    else:
        print(
            render_summary(result.summary, arguments.lang, texts=words_of(pack, arguments.lang), width=output_width())
        )
    return report_errors(result.errors)


def words_of(pack: Pack, language: Literal["en", "zh"]) -> Callable[[str], str]:
    """The words of a rule, feature or notice, by its bare name: the pack's, or the program's own for the guard's facts."""
    from titration.explain.phrases import GUARD_FEATURES

    own, facts = pack.texts.get(language, {}), GUARD_FEATURES[language]
    windows = {name: str(feature.window_days) for name, feature in pack.features.items()}

    def words(name: str) -> str:
        for key in (f"rule.{name}", f"feature.{name}", f"notice.{name}"):
            if key in own:
                return own[key].replace("{days}", windows.get(name, ""))
        return facts.get(name, name)

    return words


def _write_page(path: Path, result: Result, words: Callable[[str], str], language: Literal["en", "zh"]) -> None:
    from titration.report.page import write_page

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        write_page(
            part,
            summary=result.summary,
            patients=result.pictures,
            texts=words,
            language=language,
        )
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def progress_bar() -> Generator[Progress]:
    """A progress bar on a terminal; silent elsewhere."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("loading", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)
