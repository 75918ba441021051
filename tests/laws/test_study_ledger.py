"""A study read into a ledger gives the reports of the files it was read from, whatever stands in them."""

import csv
import io
from argparse import Namespace
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.laws.plans import few
from tests.laws.test_ledger_logs import into_ledger
from tests.laws.test_study import DOSES, LABS, READINGS, START, log_of
from titration.clinical import EventKind, Source, Timing
from titration.log.builder import LogBuilder
from titration.log.canonical_writer import write_canonical
from titration.service.rounds import administration
from titration.service.study_console import report, schedule
from titration.service.study_ledger import read_ledger
from titration.study.tables import COLUMNS, load_study_tables

NOW = (START + 60) * 1440
NAMES = ("P", "病人 2", "nobody", "")
days = st.integers(0, 45).map(lambda day: START + day)


def stamp(day: int, minute: int = 600) -> str:
    from titration.log.notation import minute_text

    return minute_text(day * 1440 + minute)


dates = days.map(lambda day: stamp(day)[:10])
times = days.map(stamp)
wrong = st.sampled_from(("", "2019-02-31", "soon", "７", "-1", "a,b", 'he said "no"', " 2 "))
CELLS: dict[str, st.SearchStrategy[str]] = {
    "patient_id": st.sampled_from(NAMES),
    "visit": st.sampled_from(("B", "W0", "W1", "W2", "W4", "W9")),
    "date": dates,
    "moved_to": dates | st.just(""),
    "diet": st.sampled_from(("as_usual", "changed", "feast")),
    "exercise": st.sampled_from(("as_usual", "changed", "")),
    "number": st.sampled_from(("1", "2", "3")),
    "infusion": st.sampled_from(("1", "2", "9")),
    "time": times,
    "thawed": times,
    "ended": times,
    "observed_until": times,
    "signed_at": times,
    "cells": st.sampled_from(("72000000", "7.2e7", "0", "60000000.5")),
    "weight_kg": st.sampled_from(("72", "", "720")),
    "check": st.sampled_from(("passage", "karyotype", "sterility", "guess")),
    "value": st.sampled_from(("3", "38.4", "")),
    "result": st.sampled_from(("passed", "failed", "")),
    "signed_by": st.sampled_from(("releaser B", "")),
    "kind": st.sampled_from(("temperature", "pulse", "alt", "crp")),
    "unit": st.sampled_from(("C", "°C", "/min", "U/L")),
    "term": st.sampled_from(("fever", "低血糖", "nausea")),
    "grade": st.sampled_from(("1", "3", "6", "")),
    "ada_level": st.sampled_from(("", "2", "3")),
    "serious": st.sampled_from(("yes", "no", "")),
    "low": st.sampled_from(("", "9")),
    "high": st.sampled_from(("50", "5")),
}
OTHER = st.sampled_from(("", "recovered", "possible", "female", "text 文字"))


@st.composite
def study_tables(draw: st.DrawFn) -> dict[str, list[list[str]]]:
    """Rows of every table, most cells as they should be, some not, some rows a cell short, some written twice."""
    out: dict[str, list[list[str]]] = {}
    for table, columns in COLUMNS.items():
        rows = []
        for _ in range(draw(st.integers(0, 5))):
            row = [draw(wrong if draw(st.integers(0, 11)) == 0 else CELLS.get(name, OTHER)) for name in columns]
            rows += [row[:-1] if draw(st.integers(0, 14)) == 0 else row] * draw(st.sampled_from((1, 1, 1, 2)))
        if rows:
            out[table] = rows
    return out


def written(folder: Path, parts: tuple[list, list, list], tables: dict[str, list[list[str]]]) -> Path:
    log = log_of(START, *parts)
    builder = LogBuilder()
    other = builder.patient("病人 2")
    builder.event(patient=other, minute=START * 1440 + 500, kind=EventKind.BASELINE, file=builder.file("made-up"))
    write_canonical(
        [log, *builder.build().logs], folder, "csv", drug_units={"insulin-glargine": "units", "metformin": "mg"}
    )
    (folder / "MADE_UP.txt").write_text("made up", encoding="utf-8")
    write_tables(folder, tables)
    return folder


def write_tables(folder: Path, tables: dict[str, list[list[str]]]) -> None:
    for table, rows in tables.items():
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([list(COLUMNS[table]), *rows])


def printed(path: Path, command: Any, **options: object) -> tuple[int | str, str]:
    """Exit code (or the error) and what a study command prints."""
    given_: dict[str, object] = {
        "path": str(path), "format": "auto", "rules": None, "patient": None, "cohort": None, "protocol": "huc-msc-2022",
        "as_of": None, "baseline": None, "lang": "en", "json": False, "pack": "none", "beside": None, "against": None,
        "spread": "iqr", "html": None, "out": None, "png": None, **options,
    }  # fmt: skip
    out, said = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(said):
        try:
            code: int | str = command(Namespace(**given_))
        except ValueError as error:
            code = str(error)
    return code, out.getvalue()


PLAIN = {"visits": [["P", "W0", "2019-05-01", "", "as_usual", "as_usual", ""]]}


@few
@given(LABS, READINGS, DOSES, study_tables(), st.none() | dates, st.sampled_from((None, "first")))
@example([], [(3, Timing.FASTING, 70, Source.CBG)], [(3, "metformin", 20)], PLAIN, None, "first")
def test_reports_from_the_ledger_and_from_the_files_are_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    labs: list,
    readings: list,
    doses: list,
    tables: dict[str, list[list[str]]],
    as_of: str | None,
    baseline: str | None,
) -> None:
    folder = tmp_path_factory.mktemp("study")
    files = written(folder / "log", (labs, readings, doses), tables)
    into_ledger(folder, files, NOW).close()
    ledger = folder / "ward.ledger"
    when = {"as_of": as_of, "baseline": baseline}
    for command, options in (
        (report, {"patient": "P", "lang": "zh"}),
        (report, {"patient": "P", "json": True}),
        (report, {"cohort": "*", "lang": "en"}),
        (report, {"cohort": "*", "lang": "zh", "json": True}),
        (schedule, {"cohort": "*", "lang": "zh"}),
        (schedule, {"patient": "病人 2"}),
    ):
        assert printed(ledger, command, **options, **when) == printed(files, command, **options, **when)
    kept = read_ledger(str(ledger))[1]
    read = load_study_tables(files)
    assert (kept.patients, kept.ranges, kept.report.rows) == (read.patients, read.ranges, read.report.rows)


@few
@given(study_tables(), study_tables())
def test_a_folder_that_grew_is_read_in_again_row_by_row(
    tmp_path_factory: pytest.TempPathFactory, tables: dict[str, list[list[str]]], more: dict[str, list[list[str]]]
) -> None:
    folder = tmp_path_factory.mktemp("study")
    files = written(folder / "log", ([], [(3, Timing.FASTING, 70, Source.CBG)], []), tables)
    desk = into_ledger(folder, files, NOW)
    (user,) = desk.users
    try:
        before = desk.head()
        assert administration.import_study_tables(desk, user, files, minute=NOW) is None
        assert desk.head() == before
        write_tables(files, {name: tables.get(name, []) + more.get(name, []) for name in {*tables, *more}})
        administration.import_study_tables(desk, user, files, minute=NOW)
        assert desk.verify() == (desk.head(), None)
    finally:
        desk.close()
    kept, read = read_ledger(str(folder / "ward.ledger"))[1], load_study_tables(files)
    assert (kept.patients, kept.ranges, kept.report.rows) == (read.patients, read.ranges, read.report.rows)
