"""The study's own tables: every row kept, quarantined or rejected; an adverse event is never lost for a bad cell."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from titration.log.report import Fate, Reason
from titration.study.rows import StudyTables
from titration.study.tables import COLUMNS, load_study_tables

DAY_2024_05_01 = 19_844


def loaded(folder: Path, **files: str) -> StudyTables:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return load_study_tables(folder)


def reasons(tables: StudyTables) -> list[tuple[str, int, str]]:
    return [(f.file, f.row, f.reason.value) for f in tables.report.findings]


def test_a_folder_without_study_tables_has_none(tmp_path: Path) -> None:
    tables = load_study_tables(tmp_path)
    assert (dict(tables.patients), tables.ranges, tables.report.rows.read) == ({}, (), 0)
    assert tables.of("P").events == []


def test_an_infusion_with_its_checks(tmp_path: Path) -> None:
    tables = loaded(
        tmp_path,
        infusions="patient_id,number,time,cells,weight_kg,thawed,ended,observed_until,given_by\n"
        "P,1,2024-05-01 10:00,72000000,72.0,2024-05-01 06:30,2024-05-01 10:40,2024-05-02 10:40,N\n",
        product_checks="patient_id,infusion,check,value,result,signed_by,signed_at\nP,1,passage,3,passed,R,2024-04-29 09:00\n",
    )
    (infusion,), (check,) = tables.of("P").infusions, tables.of("P").checks
    assert (infusion.day, infusion.cells, infusion.weight) == (DAY_2024_05_01, 72_000_000, 72)
    assert infusion.thawed is not None
    assert infusion.minute - infusion.thawed == 210
    assert (check.value, check.passed, check.signed_by) == (3, True, "R")
    assert reasons(tables) == []


@pytest.mark.parametrize(
    ("table", "row", "reason"),
    [
        ("infusions", ",1,2024-05-01 10:00,1", "no_patient_id"),
        ("infusions", "P,1,2024-05-41 10:00,1", "bad_time"),
        ("infusions", "P,1,2024-05-01 10:00,many", "non_numeric_value"),
        ("infusions", "P,1,2024-05-01 10:00,0", "implausible_value"),
        ("infusions", "P,first,2024-05-01 10:00,1", "implausible_value"),
        ("infusions", "P,1,2024-05-01 10:00", "malformed_line"),
        ("vitals", "P,2024-05-01 10:00,warmth,37,C", "unknown_kind"),
        ("vitals", "P,2024-05-01 10:00,temperature,99,F", "unknown_unit"),
        ("vitals", "P,2024-05-01 10:00,temperature,37,", "unit_missing"),
        ("visits", "P,W1,", "bad_time"),
        ("visits", "P,,2024-05-01", "unknown_kind"),
        ("product_checks", "P,x,passage,R", "implausible_value"),
        ("adverse_events", "P,2024-05-01,", "unknown_kind"),
        ("adverse_events", "P,soon,rash", "bad_time"),
        ("reference_ranges", "alt,9,50,mg/L", "unknown_unit"),
        ("reference_ranges", "alt,,,U/L", "implausible_value"),
        ("reference_ranges", "alt,50,9,U/L", "implausible_value"),
        ("reference_ranges", "moonlight,1,2,U/L", "unknown_kind"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_reason(
    tmp_path: Path, table: str, row: str, reason: str
) -> None:
    heads = {
        "infusions": "patient_id,number,time,cells",
        "vitals": "patient_id,time,kind,value,unit",
        "visits": "patient_id,visit,date",
        "product_checks": "patient_id,infusion,check,signed_by",
        "adverse_events": "patient_id,time,term",
        "reference_ranges": "kind,low,high,unit",
    }
    tables = loaded(tmp_path, **{table: f"{heads[table]}\n{row}\n"})
    ((file, number, found),) = reasons(tables)
    assert (file, number, found) == (f"{table}.csv", 2, reason)
    rows = tables.report.rows
    assert (rows.read, rows.kept) == (1, 0)
    assert rows.quarantined + rows.rejected == 1


def test_an_adverse_event_stays_whatever_its_cells_say(tmp_path: Path) -> None:
    head = "patient_id,time,ended,term,grade,ada_level,relation_infusion,relation_drug,serious,outcome\n"
    tables = loaded(tmp_path, adverse_events=head + "P,2024-05-01 10:00,later,rash,bad,9,perhaps,definite,maybe,gone\n")
    (event,) = tables.of("P").events
    assert event.term == "rash"
    assert (event.grade, event.ada_level, event.serious, event.outcome, event.ended) == (None,) * 5
    assert (event.relation_infusion, event.relation_drug) == (None, "definite")
    assert len(reasons(tables)) == 6
    assert all(f.fate is Fate.FLAGGED for f in tables.report.findings)
    assert tables.report.rows.kept == 1


def test_a_table_without_its_columns_is_an_error_and_the_others_load(tmp_path: Path) -> None:
    tables = loaded(tmp_path, vitals="patient_id,time\n", visits="patient_id,visit,date,colour\nP,W0,2024-05-01,red\n")
    ((file, error),) = tables.report.errors
    assert file == "vitals.csv"
    assert "no column kind, value, unit" in error
    assert tables.of("P").visits[0].day == DAY_2024_05_01
    note = next(f for f in tables.report.files if f.name == "visits.csv").notes
    assert note == ("columns not used: colour",)


CELLS = st.sampled_from(
    ["", "P", "Q", "1", "2", "0", "-3", "3.5", ".5", "yes", "no", "passed", "2024-05-01", "2024-05-01 10:00", "2024-13-01",
     "W0", "alt", "temperature", "C", "U/L", "1,5", "fatal", "NaN", "男"]
)  # fmt: skip


@given(st.sampled_from(sorted(COLUMNS)), st.data())
def test_every_row_is_accounted_for(tmp_path_factory: pytest.TempPathFactory, table: str, data: st.DataObject) -> None:
    names = COLUMNS[table]
    rows = data.draw(st.lists(st.lists(CELLS, min_size=len(names), max_size=len(names)), max_size=6))
    quoted = [",".join(f'"{cell}"' for cell in row) for row in rows]
    tables = loaded(tmp_path_factory.mktemp("rows"), **{table: "\n".join([",".join(names), *quoted]) + "\n"})
    found = tables.report.rows
    assert found.read == len(rows)
    assert found.kept + found.quarantined + found.rejected == found.read
    refused = {f.row for f in tables.report.findings if f.fate is not Fate.FLAGGED}
    assert len(refused) == found.quarantined + found.rejected
    held = len(tables.ranges) + sum(
        len(p.visits) + len(p.infusions) + len(p.checks) + len(p.vitals) + len(p.events)
        for p in tables.patients.values()
    )
    assert held == found.kept
    assert Reason.BAD_TIME.fate is Fate.REJECTED
