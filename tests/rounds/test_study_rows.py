"""Rows of a study's own tables typed into a ledger: what is refused, what stands after a correction, and the commands."""

import shutil
from pathlib import Path

import pytest

from tests.laws.ledgers import AUTHOR, NOW, fresh
from tests.unit.command import refused, run
from titration.log.notation import minute_text
from titration.service.rounds.asked import Correction, NewStudyRow
from titration.service.rounds.desk import Desk
from titration.service.rounds.told import Refused, Role, User
from titration.service.study_ledger import tables_of
from titration.study.rows import StudyTables

TODAY = minute_text(NOW)[:10]
TOMORROW = minute_text(NOW + 1440)[:10]


def row(table: str, patient: str = "P1", **cells: str) -> NewStudyRow:
    return NewStudyRow(patient, table, tuple(cells.items()))


FEVER = row("adverse_events", time=f"{TODAY} 06:00", term="fever", grade="1", serious="no")
RANGE = row("reference_ranges", "", kind="alt", low="9", high="50", unit="U/L")

REFUSED: dict[str, tuple[NewStudyRow, str]] = {
    "a table there is not": (row("moods", mood="good"), "no such table"),
    "a column there is not": (row("visits", visit="W1", day=TODAY), "no column day"),
    "another's id in the cells": (row("visits", patient_id="P2", visit="W1", date=TODAY), "no column patient_id"),
    "a cell given twice": (NewStudyRow("P1", "visits", (("visit", "W1"), ("visit", "W2"))), "given twice"),
    "a visit without a day": (row("visits", visit="W1"), "needs date"),
    "a visit held tomorrow": (row("visits", visit="W1", date=TOMORROW), "has not come yet"),
    "an event of tomorrow": (row("adverse_events", time=f"{TOMORROW} 06:00", term="x"), "has not come yet"),
    "a day there is not": (row("visits", visit="W1", date="2025-02-31"), "real local date"),
    "a grade there is not": (row("adverse_events", time=f"{TODAY} 06:00", term="fever", grade="6"), "grade"),
    "an unknown outcome": (row("adverse_events", time=f"{TODAY} 06:00", term="x", outcome="fine77"), "outcome"),
    "a sign without its unit": (row("vitals", time=f"{TODAY} 06:00", kind="pulse", value="70"), "needs unit"),
    "a sign in another unit": (row("vitals", time=f"{TODAY} 06:00", kind="temperature", value="99", unit="F"), "unit"),
    "a bell in a note": (row("visits", visit="W1", date=TODAY, note="\a"), "cannot be shown"),
    "a patient who is not there": (row("visits", "Mr77", visit="W1", date=TODAY), "no such patient"),
    "nobody's visit": (row("visits", "", visit="W1", date=TODAY), "no such patient"),
    "a range of nothing": (row("reference_ranges", "", kind="alt", low="", high="", unit="U/L"), "needs low, high"),
}


def tables(desk: Desk) -> StudyTables:
    with desk.ledger.reading() as connection:
        return tables_of(connection)


@pytest.mark.parametrize("what", REFUSED)
def test_what_a_reader_of_files_would_set_aside_is_refused(what: str) -> None:
    new, says = REFUSED[what]
    with fresh() as (desk, _):
        head = desk.head()
        with pytest.raises(Refused, match=says) as caught:
            desk.record(AUTHOR, [FEVER, new], minute=NOW)
        assert caught.value.code == "invalid"
        assert "77" not in str(caught.value) or "Mr77" in new.patient_id
        assert desk.head() == head
        assert tables(desk).patients == {}


def test_a_new_appointment_may_lie_ahead() -> None:
    with fresh() as (desk, _):
        desk.record(AUTHOR, [row("visits", visit="W1", moved_to=TOMORROW)], minute=NOW)
        (visit,) = tables(desk).of("P1").visits
        assert (visit.day, visit.moved_to) == (None, NOW // 1440 + 1)


def test_a_correction_stands_in_place_and_a_withdrawal_takes_away() -> None:
    with fresh() as (desk, _):
        fever, alt = desk.record(AUTHOR, [FEVER, RANGE], minute=NOW).seqs
        serious = row("adverse_events", time=f"{TODAY} 06:00", term="fever", grade="3", serious="yes")
        (now,) = desk.record(AUTHOR, [Correction(fever, "looked at again", serious)], minute=NOW).seqs
        (event,) = tables(desk).of("P1").events
        assert (event.grade, event.serious) == (3, True)
        with pytest.raises(Refused, match="corrected or withdrawn already"):
            desk.record(AUTHOR, [Correction(fever, "again")], minute=NOW)
        with pytest.raises(Refused, match="another patient's"):
            desk.record(AUTHOR, [Correction(alt, "mine", FEVER)], minute=NOW)
        wider = row("reference_ranges", "", kind="alt", low="9", high="60", unit="U/L")
        desk.record(AUTHOR, [Correction(alt, "new kit", wider), Correction(now, "other patient")], minute=NOW)
        kept = tables(desk)
        assert [r.high for r in kept.ranges] == [60]
        assert kept.of("P1").events == []
        kinds = [entry.kind for entry in desk.entries(most=5)]
        assert kinds == ["correction", "correction", "correction", "study", "study"]
        assert ("serious", "yes") in desk.entries(most=3)[2].facts
        assert desk.verify() == (desk.head(), None)


def test_a_row_of_the_study_makes_no_plan_stale() -> None:
    with fresh() as (desk, _):
        before = desk.head("P1")
        desk.record(AUTHOR, [FEVER], minute=NOW)
        assert desk.head("P1") == before


def test_a_viewer_records_nothing() -> None:
    with fresh() as (desk, _), pytest.raises(Refused, match="may not"):
        desk.record(User("Eve", Role.VIEWER), [FEVER], minute=NOW)


def test_the_commands(capsys: pytest.CaptureFixture[str], ledger_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "visits.csv").write_text("patient_id,visit,date\nW02,W1,2026-03-20\n,W1,2026-03-20\n", encoding="utf-8")
    by = ("--by", "Nurse Hao")
    code, out, _ = run(capsys, "study", "import", ledger_file, folder, *by)
    assert (code, out) == (1, "study tables: rows kept 1, quarantined 0, rejected 1\n")
    code, out, _ = run(capsys, "study", "import", ledger_file, folder, *by)
    assert code == 0
    assert "recorded already" in out
    event = ("time=2026-03-21 08:00", "term=nausea", "grade=1")
    code, out, _ = run(capsys, "study", "record", ledger_file, "adverse_events", "--patient", "W02", *event, *by)
    assert code == 0
    entry = out.split()[-1]
    later = ("time=2026-03-21 08:00", "term=vomiting", "--instead-of", entry)
    said = refused(capsys, "study", "record", ledger_file, "adverse_events", "--patient", "W02", *later, *by)
    assert "--why go together" in said
    code, _, _ = run(
        capsys, "study", "record", ledger_file, "adverse_events", "--patient", "W02", *later, "--why", "asked", *by
    )
    assert code == 0
    code, out, err = run(capsys, "study", "report", ledger_file, "--patient", "W02", "--pack", "none")
    assert code == 1  # a row stays set aside until somebody corrects it
    assert "vomiting" in out
    assert "nausea" not in out
    assert "visits row" in err
    assert "COLUMN=TEXT" in refused(capsys, "study", "record", ledger_file, "visits", "W1", *by)
    assert run(capsys, "study", "withdraw", ledger_file, entry, "--why", "x", *by)[0] == 2
    assert "leave --format out" in refused(
        capsys, "study", "schedule", ledger_file, "--cohort", "--format", "canonical-csv"
    )


def test_a_broken_file_is_refused_whole(capsys: pytest.CaptureFixture[str], ledger_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "visits.csv").write_text("patient_id,visit,date\nW02,W1,2026-03-20\n", encoding="utf-8")
    (folder / "vitals.csv").write_text("patient_id,when\nW02,now\n", encoding="utf-8")
    said = refused(capsys, "study", "import", ledger_file, folder, "--by", "Nurse Hao")
    assert "vitals.csv: no column time" in said
    shutil.rmtree(folder)
    assert "is no folder" in refused(capsys, "study", "import", ledger_file, folder, "--by", "Nurse Hao")
