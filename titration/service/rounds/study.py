"""The study behind the door: who of a ward is in it and due today, and one patient's course for the study screen."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Final

from sqlalchemy import Connection

from titration.formulary import Formulary
from titration.log.load import Loaded
from titration.log.model import MINUTES_A_DAY, Log
from titration.log.report import Fate, LoadReport
from titration.packs.model import Pack
from titration.service.rounds.records import person
from titration.service.rounds.told import Refused
from titration.service.rounds.told_study import (
    Both,
    StudyAlarm,
    StudyChange,
    StudyDrug,
    StudyDue,
    StudyMark,
    StudySheet,
    StudyVerdict,
    StudyVisit,
)
from titration.service.study import DEFAULT_PROTOCOL, Study, case_of, protocols_folder
from titration.service.study_ledger import insulins_of, tables_of
from titration.store.logs import Member
from titration.study.case import Case, anchors_of, kept_visits, phases_recorded
from titration.study.case_safety import about_text
from titration.study.case_sections import change_text
from titration.study.doses import LineKey
from titration.study.protocol import Protocol, open_protocol
from titration.study.rows import PatientTables, StudyTables
from titration.study.safety import Alarm
from titration.study.schedule import Appointment, VisitState, infusion_schedule, visit_schedule
from titration.study.sections import drug_name, line_name, unit_of
from titration.study.words import Language
from titration.units import MILLI

_WAITS: Final = (VisitState.DUE, VisitState.LATE)
_BOTH: Final[tuple[Language, Language]] = ("en", "zh")


@cache
def protocol_in_use() -> Protocol:
    """The protocol that screens follow: the founding one."""
    return open_protocol(DEFAULT_PROTOCOL, protocols_folder(None))


def marks(connection: Connection, logs: Sequence[Log], day: int, patient_id: str | None = None) -> dict[str, StudyMark]:
    """Who of the patients of ``logs`` is in the study, by id, with what is due on ``day``; ``patient_id`` where there is only one."""
    tables, protocol = tables_of(connection, patient_id), protocol_in_use()
    out: dict[str, StudyMark] = {}
    for log in logs:
        for number, one in enumerate(log.people):
            own = tables.patients.get(one.patient_id)
            if own is None and not phases_recorded(log, number):
                continue
            kept = (own or PatientTables()).until(day)
            anchors = anchors_of(log, number, kept)
            found = (
                *infusion_schedule(protocol, anchors, as_of=day),
                *visit_schedule(protocol, anchors, kept_visits(kept), as_of=day),
            )
            out[one.patient_id] = _mark(found)
    return out


def _mark(found: Sequence[Appointment]) -> StudyMark:
    due = [
        StudyDue(each.name, each.state.value, each.window.last)
        for each in found
        if each.state in _WAITS and each.window is not None
    ]
    return StudyMark(tuple(due), tuple(each.name for each in found if each.state is VisitState.MISSED))


def sheet(
    connection: Connection, member: Member, log: Log, *, minute: int, head: int, pack: Pack, formulary: Formulary
) -> StudySheet:
    """One patient's study on the day of ``minute``; Refused (``invalid``) for a patient of whom nothing is recorded."""
    tables, day = tables_of(connection, member.patient_id), minute // MINUTES_A_DAY
    study = _study(connection, log, tables, pack=pack, formulary=formulary, day=day)
    try:
        case = case_of(study, member.patient_id)
    except ValueError:
        raise Refused("invalid", "nothing is recorded of this patient yet") from None
    enrolled = member.patient_id in tables.patients or case.phases_recorded
    findings = tables.report.findings
    aside = sum(1 for f in findings if f.patient == member.patient_id and f.fate is not Fate.FLAGGED)
    file = case.protocol.file.protocol
    return StudySheet(
        person=person(member),
        minute=minute,
        day=day,
        head=head,
        protocol=case.protocol.id,
        version=case.protocol.version,
        status=file.status,
        title=_texts(case, "title"),
        enrolled=enrolled,
        first_day=case.first_day,
        baseline=case.treated_from,
        visits=_visits(case) if enrolled else (),
        endpoints=case.endpoints,
        insulin=tuple(case.insulin_by_day()),
        points=case.points,
        drugs=_drugs(case),
        changes=_changes(case),
        phases=tuple((each.phase.id, each.day) for each in case.phases),
        stable=None if case.stability is None else case.stability.stable,
        verdicts=_verdicts(case) if enrolled else (),
        alarms=tuple(_alarm(case, alarm) for alarm in case.alarms),
        events=tuple(case.tables.events),
        lows=case.episodes,
        set_aside=aside,
    )


def _study(
    connection: Connection, log: Log, tables: StudyTables, *, pack: Pack, formulary: Formulary, day: int
) -> Study:
    units: Mapping[str, str] = {}
    loaded = Loaded("ledger", "a ledger", (log,), LoadReport(), insulins_of(connection), units)
    return Study(loaded, tables, protocol_in_use(), formulary, pack, day)


def _texts(case: Case, key: str) -> Both:
    return case.protocol.text(key, "en"), case.protocol.text(key, "zh")


def _visits(case: Case) -> tuple[StudyVisit, ...]:
    out: list[StudyVisit] = []
    for number, each in enumerate(case.infusions, 1):
        out.append(StudyVisit(each, (f"infusion {number}", f"第{number}次输注"), infusion=True))
    for each in case.visits:
        held = next((row for row in case.tables.visits if row.visit == each.name and row.day is not None), None)
        changed = () if held is None else tuple(n for n in ("diet", "exercise") if getattr(held, n) == "changed")
        out.append(StudyVisit(each, _texts(case, f"visit-{each.name}"), infusion=False, changed=changed))
    return tuple(sorted(out, key=_when))


def _when(visit: StudyVisit) -> tuple[int, bool]:
    window = visit.appointment.window
    return (1 << 30 if window is None else window.target, not visit.infusion)


def _drugs(case: Case) -> tuple[StudyDrug, ...]:
    course = case.course
    by_drug: dict[str, list[LineKey]] = {}
    for line in course.lines:
        by_drug.setdefault(line.drug, []).append(line)
    found = [
        StudyDrug(
            (drug_name(course, drug, "en"), drug_name(course, drug, "zh")),
            (unit_of(course, drug, "en"), unit_of(course, drug, "zh")),
            any(course.is_insulin(line) for line in lines),
            tuple(_spans(case, drug, lines)),
        )
        for drug, lines in by_drug.items()
    ]
    return tuple(sorted(found, key=lambda drug: not drug.insulin))


def _spans(case: Case, drug: str, lines: list[LineKey]) -> Iterator[tuple[int, int, Fraction]]:
    """Times on one daily amount, up to the day of the sheet; where the record has a gap there is none."""
    course = case.course
    product = course.drugs[drug].product
    a_day = MILLI * (1 if product is None else product.interval_days)
    for first, last in course.runs:
        start, amount = first, None
        for day in range(first, min(last, case.as_of) + 1):
            now = Fraction(sum(course.dose(line, day) for line in lines), a_day)
            if now != amount:
                if amount is not None:
                    yield start, day - 1, amount
                start, amount = day, now
        if amount is not None:
            yield start, min(last, case.as_of), amount


def _changes(case: Case) -> tuple[StudyChange, ...]:
    out: list[StudyChange] = []
    for each in case.changes:
        change = each.change
        en, zh = (
            f"{line_name(case.course, change.line, language)} {change_text(case, change, language)}"
            for language in _BOTH
        )
        rule = "" if each.told is None else each.told.rule
        out.append(StudyChange(change.day, (en, zh), change.after > change.before, each.driver.value, rule))
    return tuple(out)


def _alarm(case: Case, alarm: Alarm) -> StudyAlarm:
    return StudyAlarm(alarm.flag, alarm.day, (about_text(case, alarm, "en"), about_text(case, alarm, "zh")))


def _verdicts(case: Case) -> tuple[StudyVerdict, ...]:
    out: list[StudyVerdict] = []
    for table in case.protocol.file.success:
        verdict = case.verdicts[table.id]
        met = verdict.met if verdict.counted else None
        why = "" if verdict.why is None else verdict.why.value
        out.append(StudyVerdict(_texts(case, f"success-{table.id}"), table.visit, met, why))
    return tuple(out)
