"""A made-up ward to try everything on: 24 invented patients on two wards, three weeks of history, some decisions signed.

The log beside this module is what ``examples/make_ward.py`` writes (with ``--morning 07:00``), kept so that the demo is the same
on every machine. It is recorded as a ward would have: row by row by a nurse, with a round on each of the last mornings.
"""

from collections.abc import Iterator, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final

from titration.clinical import PlanKind
from titration.explain.trace import LinePlan
from titration.formulary import shipped
from titration.log.load import load
from titration.log.model import MINUTES_A_DAY
from titration.log.notation import moment_written
from titration.service.rounds import people
from titration.service.rounds.asked import NewNote
from titration.service.rounds.desk import Desk
from titration.service.rounds.door import Door
from titration.service.rounds.opening import create_ledger, open_ledger
from titration.service.rounds.signing import key_of
from titration.service.rounds.told import Action, Choice, PatientSheet, Reason, Refused, Role, User
from titration.store.bodies import StudyBody
from titration.store.entries import Kind
from titration.store.imports import Draft, people_of, rows_of
from titration.study.tables import WrittenRow, written_rows

DEMO_MINUTE: Final = 20_535 * MINUTES_A_DAY + 7 * 60
"""2026-03-23 07:00, the morning after three weeks: the moment the demo is shown at."""
DEMO_FILE: Final = "demo.ledger"

PRESCRIBER: Final = User("Dr Lin", Role.PRESCRIBER)
NURSE: Final = User("Nurse Hao", Role.NURSE)
VIEWER: Final = User("Visitor", Role.VIEWER)

_FIRST_MINUTE: Final = 20_514 * MINUTES_A_DAY
_ENTERED_AFTER: Final = 4
"""Minutes between what happened and its entry."""
_ROUNDS: Final = (3, 2, 1)
"""Days before the demo's on which a round was signed."""
_SIGNED_EACH: Final = 6
"""The most pressing of a round; patients whose doses change are signed too."""

_NAMES: Final = (
    "云从山 Yun Congshan",
    "穆听雨 Mu Tingyu",
    "柏知秋 Bai Zhiqiu",
    "海望舒 Hai Wangshu",
    "石敢当 Shi Gandang",
    "花弄影 Hua Nongying",
    "江流石 Jiang Liushi",
    "雷初晴 Lei Chuqing",
    "苗细雨 Miao Xiyu",
    "山行远 Shan Xingyuan",
    "水如天 Shui Rutian",
    "风满楼 Feng Manlou",
    "月在水 Yue Zaishui",
    "星垂野 Xing Chuiye",
    "柳含烟 Liu Hanyan",
    "松间照 Song Jianzhao",
    "梅映雪 Mei Yingxue",
    "竹有节 Zhu Youjie",
    "兰若水 Lan Ruoshui",
    "金不换 Jin Buhuan",
    "白露生 Bai Lusheng",
    "谷满仓 Gu Mancang",
    "桑榆晚 Sang Yuwan",
    "霜降夜 Shuang Jiangye",
)
"""Turns of phrase rather than names, so that nobody is meant."""


def demo_ledger(folder: Path) -> Door:
    """The demo's ledger in ``folder``, made there when it is not there yet; without a passphrase.

    Raises Refused when the folder cannot be written to.
    """
    path = folder / DEMO_FILE
    if path.exists():
        return open_ledger(str(path))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused("lost", f"{folder}: {error.strerror}: name a folder that can be written to") from None
    # A demo that was interrupted while it was being made must not be taken for one.
    part = path.with_name(f".{DEMO_FILE}.part")
    for end in ("", "-wal", "-shm"):
        part.with_name(part.name + end).unlink(missing_ok=True)
    door = create_ledger(str(part), minute=_FIRST_MINUTE, single_user=True, user=PRESCRIBER.name)
    assert isinstance(door, Desk)
    try:
        _fill(door)
    except BaseException:
        door.ledger.discard()
        raise
    door.close()
    part.rename(path)
    return open_ledger(str(path))


def ward_and_bed(number: int) -> tuple[str, str]:
    """Ward and bed of patient ``number``, counted from 0: twelve on each of two wards."""
    ward, bed = divmod(number, 12)
    return f"{'AB'[ward % 2]}区", f"{'AB'[ward % 2]}{bed + 1:02d}"


def _fill(desk: Desk) -> None:
    drafts = list(_drafts())
    days = DEMO_MINUTE // MINUTES_A_DAY
    with desk.ledger.recording(minute=_FIRST_MINUTE, author=PRESCRIBER.name) as pen:
        people.set_user(pen, NURSE, passphrase=None)
        people.set_user(pen, VIEWER, passphrase=None)
        for draft in drafts:
            if draft.kind == "person":
                pen.add(draft.kind, draft.body, patient=draft.patient)
    rows = [draft for draft in drafts if draft.kind != "person"]
    start = 0
    for back in (*_ROUNDS, 0):
        end = (days - back) * MINUTES_A_DAY + 7 * 60
        _record(desk, [row for row in rows if start <= row.minute < end])
        if back:
            # Before the first entry of what followed: the ledger's clock only goes forward.
            _sign(desk, end + _ENTERED_AFTER - 1, rows)
        start = end


def _drafts() -> Iterator[Draft]:
    """The made-up log as entries, in the order in which it happened."""

    def more(patient: str) -> dict[str, Any]:
        number = int(patient[1:]) - 1
        ward, bed = ward_and_bed(number)
        return {"name": _NAMES[number % len(_NAMES)], "ward": ward, "bed": bed}

    with as_file(files("titration.service.rounds") / "made_up") as folder:
        loaded = load(folder, formulary=shipped())
        study = [draft for rows in written_rows(folder).values() for draft in map(_study_row, rows)]
    found = [draft for log in loaded.logs for draft in (*people_of(log, more), *rows_of(log, loaded.drug_units))]
    found += study
    yield from sorted(found, key=lambda draft: draft.minute)


def _study_row(row: WrittenRow) -> Draft:
    """A row of the study's tables, written down when what it tells of was over; a visit at the end of its day."""
    cells = dict(row.cells)
    patient = cells.pop("patient_id")
    moments = [moment_written(cells.get(name, "")) for name in ("time", "signed_at", "date", "moved_to")]
    when = next(moment for moment in moments if moment is not None)
    if row.table == "visits":
        # A visit that was put off was put off on the day of the last infusion.
        when += 17 * 60 - (0 if cells["date"] else 3 * MINUTES_A_DAY)
    if row.table == "infusions":
        when += 60
    return Draft(when, Kind.STUDY, patient, StudyBody(table=row.table, cells=cells))  # type: ignore[arg-type] - as written by the example


def _record(desk: Desk, rows: Sequence[Draft]) -> None:
    with desk.ledger.recording(minute=0, author=NURSE.name) as pen:
        for row in rows:
            pen.add(row.kind, row.body, patient=row.patient, minute=row.minute + _ENTERED_AFTER)


def _sign(desk: Desk, minute: int, rows: Sequence[Draft]) -> None:
    """A round: the most pressing patients and those whose doses change are signed, as what was given afterwards shows."""
    ward = desk.ward(minute=minute)
    for place, row in enumerate(ward.rows):
        given = _given_later(rows, row.person.patient_id, minute)
        changes = any(given.get(p.line, p.before) != p.before for p in row.proposals)
        if place >= _SIGNED_EACH and not changes:
            continue
        sheet = desk.patient(row.person.patient_id, minute=minute)
        choices = [_decided(line, given.get(key_of(line)), desk, sheet) for line in sheet.assessment.lines]
        if choices:
            desk.sign(PRESCRIBER, sheet, choices, minute=minute)
        if row is ward.rows[0]:
            text = "Seen with the ward team; family told. 已与病区团队查看，并告知家属。"
            desk.record(PRESCRIBER, [NewNote(row.person.patient_id, minute, text)], minute=minute)


def _given_later(rows: Sequence[Draft], patient: str, minute: int) -> dict[tuple[str, str, str], int]:
    """The first dose of each line given after a round."""
    found: dict[tuple[str, str, str], int] = {}
    for row in rows:
        if row.kind == "dose" and row.patient == patient and row.minute > minute:
            data = row.body.model_dump()
            if data["amount"]:
                found.setdefault((data["drug"], data["slot"], data["route"]), data["amount"])
    return found


def _decided(line: LinePlan, given: int | None, desk: Desk, sheet: PatientSheet) -> Choice:
    key = key_of(line)
    if line.before is None:
        return Choice(key, Action.ACCEPT, None)
    dose = line.before if given is None else given
    if dose == line.after:
        return Choice(key, Action.ACCEPT, dose)
    if dose == line.before:
        reason = Reason.SLOWER if line.kind is PlanKind.ADJUST_UP else Reason.LOCAL_PROTOCOL
        return Choice(key, Action.REJECT, dose, reason)
    reason = Reason.SLOWER if line.before < dose < line.after else Reason.FASTER
    return Choice(key, Action.MODIFY, dose, reason, beyond=desk.beyond(sheet, key, dose))
