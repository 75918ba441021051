"""What the ``titration study`` commands print. Results on stdout, everything else on stderr."""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any, Literal

from titration.service.console import day_asked, output_width, say, words_of
from titration.service.study import Study, case_of, cases, open_study, protocols_folder
from titration.study.as_json import case_json, schedule_json
from titration.study.case import Case
from titration.study.case_safety import alarm_lines
from titration.study.case_sections import case_report
from titration.study.phrases import head, phrase
from titration.study.protocol import ProtocolError, find_protocols, load_protocol, open_protocol
from titration.study.schedule import Appointment, VisitState
from titration.study.sections import Report, Section, Table, day_text
from titration.study.text import render_report
from titration.study.words import STATES, STATUSES, assumed, named

Language = Literal["en", "zh"]
_SHOWN = frozenset((VisitState.DUE, VisitState.LATE, VisitState.IN_WINDOW, VisitState.MISSED, VisitState.OUT_OF_WINDOW))


def list_protocols(arguments: Namespace) -> int:
    """Print the protocols there are; 1 when one of them has problems."""
    rules: Path | None = arguments.rules
    code = 0
    for name, path in find_protocols(protocols_folder(rules)).items():
        try:
            protocol = load_protocol(path)
        except ProtocolError as error:
            code = 1
            print(f"{name}: {len(str(error).splitlines())} problems; see: titration study check {name}")
            continue
        print(f"{name} {protocol.version} ({protocol.file.protocol.status}): {protocol.text('title', 'en')}")
    return code


def check_protocol(arguments: Namespace) -> int:
    """Print everything wrong with a protocol, or that nothing is; 1 when something is."""
    try:
        protocol = open_protocol(arguments.protocol, protocols_folder(arguments.rules))
    except ProtocolError as error:
        say(str(error))
        say(f"titration: {len(str(error).splitlines())} problems")
        return 1
    file = protocol.file
    print(
        f"{protocol.id} {protocol.version}: no problems ({len(file.visit)} visits, "
        f"{0 if file.infusion is None else file.infusion.count} infusions, {len(file.check)} product checks, "
        f"{len(file.success)} definitions of success)"
    )
    if protocol.assumptions:
        print(f"local assumptions to be signed off: {', '.join(protocol.assumptions)}")
    return 0


def schedule(arguments: Namespace) -> int:
    """Print who is due; serious adverse events come first. 1 when something is missed or serious."""
    study = _open(arguments, pack="none")
    found, refused = _asked(study, arguments)
    if arguments.json:
        print(json.dumps([schedule_json(case) for case in found], ensure_ascii=False, indent=2))
    else:
        print(render_report(_schedule_report(study, found, refused, arguments), output_width()), end="")
    _diagnose(study)
    late = any(a.state is VisitState.MISSED for case in found for a in (*case.visits, *case.infusions))
    return 1 if late or refused else _attention(study, found)


def _schedule_report(study: Study, found: list[Case], refused: list[tuple[str, str]], arguments: Namespace) -> Report:
    language: Language = arguments.lang
    everything = arguments.patient is not None
    rows: list[tuple[str, ...]] = []
    for case in found:
        listed = sorted((*case.infusions, *case.visits), key=lambda a: a.appointed or 0)
        rows += [
            (case.person.patient_id, *_appointment_row(each, language))
            for each in listed
            if everything or each.state in _SHOWN
        ]
    heads = tuple(head(h, language) for h in ("patient", "visit", "target", "window", "appointed", "held", "state"))
    urgent = tuple(f"{c.person.patient_id} {line}" for c in found for line in alarm_lines(c, language))
    when = ", ".join(sorted({day_text(case.as_of) for case in found}))
    paragraphs = [phrase("as_of", language, day=when)] if len(when) < 40 else []
    if refused:
        paragraphs.append(phrase("left_out", language, who=phrase("comma", language).join(name for name, _ in refused)))
    tables = (Table("", heads, tuple(rows)),) if rows else ()
    section = Section("schedule", phrase("s.schedule", language), tuple(paragraphs), urgent, tables)
    return Report(_protocol_text(study, language), (), (section,))


def _appointment_row(each: Appointment, language: Language) -> tuple[str, ...]:
    window = each.window
    days = "–" if window is None else f"{day_text(window.first)} … {day_text(window.last)[5:]}"
    target = day_text(None if window is None else window.target)
    state = named(STATES, each.state.value, language)
    return each.name, target, days, day_text(each.appointed), day_text(each.held), state


def _protocol_text(study: Study, language: Language) -> str:
    protocol = study.protocol
    title = protocol.text("title", language)
    status = named(STATUSES, protocol.file.protocol.status, language)
    return phrase("protocol", language, id=protocol.id, version=protocol.version, status=status, title=title)


def report(arguments: Namespace) -> int:
    """Print the report of a patient or of all; write page and figures as asked. 1 when something needs attention."""
    if arguments.beside and not arguments.patient:
        raise ValueError("--beside goes with --patient: it draws one patient's insulin beside another's")
    if arguments.png and arguments.out is None:
        raise ValueError("--png goes with --out, which says where the figures are written")
    if arguments.against and not arguments.cohort:
        raise ValueError("--against goes with --cohort: it sets another group beside")
    study = _open(arguments, pack=arguments.pack)
    found, refused = _asked(study, arguments)
    language: Language = arguments.lang
    if arguments.cohort is not None:
        from titration.service.study_cohort import cohort_parts

        against, _ = _group(study, arguments.against) if arguments.against else ([], [])
        left_out = tuple(name for name, _ in refused)
        lead = _lead(study, arguments)
        made, figures, values = cohort_parts(
            found, language, against=against, left_out=left_out, spread=arguments.spread, lead=lead
        )
    else:
        from titration.study.figures import GROUPS, course_figure, endpoint_figure

        case = found[0]
        texts = _as_written if study.pack is None else words_of(study.pack, language)
        made = case_report(case, language, texts=texts, lead=_lead(study, arguments, case))
        beside = case_of(study, arguments.beside) if arguments.beside else None
        figures = {"course": course_figure(case, language, beside=beside)}
        figures.update({name: endpoint_figure([case], name, language) for name in GROUPS})
        values = case_json(case)
    _write(arguments, made, figures, values)
    if arguments.json:
        print(json.dumps(values, ensure_ascii=False, indent=2))
    else:
        print(render_report(made, output_width()), end="")
    _diagnose(study)
    return _attention(study, found)


def _attention(study: Study, found: list[Case]) -> int:
    """1 when something must be looked at: a serious event, rows or files that were not used."""
    unused = study.set_aside or study.strangers or study.tables.report.errors or study.loaded.report.errors
    return 1 if unused or any(case.urgent for case in found) else 0


def _as_written(name: str) -> str:
    return name


def _lead(study: Study, arguments: Namespace, case: Case | None = None) -> tuple[str, ...]:
    language: Language = arguments.lang
    pack = study.pack
    lines = [_protocol_text(study, language)]
    if pack is None:
        lines.append(phrase("no_pack", language))
    else:
        lines.append(
            phrase("pack", language, id=pack.id, version=pack.version, status=named(STATUSES, pack.status, language))
        )
    if case is not None:
        lines.append(phrase("as_of", language, day=day_text(case.as_of)))
    if any(Path(name).name == "MADE_UP.txt" for name in study.unread):
        lines.append(phrase("made_up", language))
    if study.set_aside:
        lines.append(phrase("set_aside", language, n=study.set_aside))
    rows = study.loaded.report.rows
    if rows.quarantined + rows.rejected:
        lines.append(phrase("log_set_aside", language, n=rows.quarantined + rows.rejected))
    if study.strangers:
        lines.append(phrase("strangers", language, who=phrase("comma", language).join(study.strangers)))
    if study.protocol.assumptions:
        what = phrase("comma", language).join(assumed(name, language) for name in study.protocol.assumptions)
        lines.append(phrase("assumptions", language, what=what))
    return (*lines, phrase("notice", language))


def _open(arguments: Namespace, *, pack: str | None) -> Study:
    return open_study(
        arguments.path,
        protocol=arguments.protocol,
        pack=pack,
        rules=arguments.rules,
        format=arguments.format,
        as_of=None if arguments.as_of is None else day_asked(arguments.as_of, "--as-of"),
        baseline=_baseline(arguments.baseline),
    )


def _baseline(text: str | None) -> int | Literal["first"] | None:
    if text is None or text == "first":
        return text
    return day_asked(text, "--baseline")


def _asked(study: Study, arguments: Namespace) -> tuple[list[Case], list[tuple[str, str]]]:
    if arguments.patient is not None:
        return [case_of(study, arguments.patient)], []
    found, refused = _group(study, arguments.cohort)
    if not found:
        raise ValueError(f"no patient of the log is called {arguments.cohort!r} and has anything to report")
    return found, refused


def _group(study: Study, pattern: str) -> tuple[list[Case], list[tuple[str, str]]]:
    found: list[Case] = []
    refused: list[tuple[str, str]] = []
    for each in cases(study, pattern):
        if isinstance(each, Case):
            found.append(each)
        else:
            refused.append(each)
    return found, refused


def _write(arguments: Namespace, made: Report, figures: dict[str, str], values: dict[str, Any]) -> None:
    """Write files beside their names and move them there when complete."""
    files: dict[Path, str | bytes] = {}
    if arguments.html is not None:
        from titration.study.page import render_page

        files[arguments.html] = render_page(made, figures, arguments.lang)
    if arguments.out is not None:
        out: Path = arguments.out
        files[out / "report.json"] = json.dumps(values, ensure_ascii=False, indent=2) + "\n"
        files.update({out / f"{name}.svg": text for name, text in figures.items()})
        if arguments.png:
            from titration.study.raster import png

            files.update({out / f"{name}.png": png(text, dpi=arguments.png) for name, text in figures.items()})
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        try:
            part.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    if files:
        say(f"wrote {', '.join(str(path) for path in files)}")


def _diagnose(study: Study) -> None:
    for name in study.strangers:
        say(f"titration: patient {name} of the study tables is not in the log: check the id")
    for _, error in (*study.loaded.report.errors, *study.tables.report.errors):
        say(f"titration: {error}")
    for finding in study.tables.report.findings:
        say(
            f"titration: {finding.file} row {finding.row}: {finding.fate.text}: {finding.reason.value}: "
            f"{finding.raw!r}; {finding.reason.remedy}"
        )
