"""Laws of the canonical loaders over made-up rows: all accounted for, order of no account, all paths alike."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.log_files import READINGS, csv_log, differences, parquet_table
from titration.formulary import shipped
from titration.log.canonical_parquet import iter_parquet_logs
from titration.log.canonical_writer import write_canonical
from titration.log.load import Loaded, load
from titration.log.model import Log

Row = tuple[str, ...]

PATIENTS = st.sampled_from(["P1", "P2", "P10", "病人"])
TIMES = st.builds(
    lambda day, hour, minute: f"2024-05-{day:02d} {hour:02d}:{minute:02d}",
    *(st.integers(1, 6), st.integers(0, 23), st.sampled_from([0, 30])),
)
GLUCOSE = st.one_of(
    st.integers(6, 333).map(lambda tenths: (f"{tenths / 10:.1f}", "mmol/L")),
    st.integers(10, 600).map(lambda whole: (str(whole), "mg/dL")),
    st.sampled_from([("HI", "mmol/L"), ("LO", ""), ("6.45", "mmol/L"), ("20", ""), ("0", "mmol/L"), ("5.1", "mmol")]),
)
TIMINGS = st.sampled_from(["", "fasting", "post_lunch", "bedtime"])
ROWS = st.lists(st.tuples(PATIENTS, TIMES, GLUCOSE, TIMINGS).map(lambda r: (r[0], r[1], *r[2], r[3])), max_size=30)
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def as_csv(folder: Path, rows: Sequence[Row]) -> Loaded:
    return csv_log(folder, "".join(",".join(row) + "\n" for row in rows))


@SHARED
@given(rows=ROWS.filter(bool), data=st.data())
def test_every_row_is_accounted_for_in_any_order(tmp_path: Path, rows: list[Row], data: st.DataObject) -> None:
    result = as_csv(tmp_path, rows)
    shuffled = as_csv(tmp_path, data.draw(st.permutations(rows)))
    assert result.report.values.read == len(rows)
    assert result.report.values.adds_up
    assert result.report.rows.adds_up
    kept = sum(len(log.readings) for log in result.logs)
    assert result.report.values.kept == kept
    assert len(result.logs) == len(shuffled.logs)
    for one, other in zip(result.logs, shuffled.logs, strict=True):
        assert differences(one, other) == []


@SHARED
@given(rows=ROWS.filter(bool))
def test_quoted_text_gives_the_same_log(tmp_path: Path, rows: list[Row]) -> None:
    plain = as_csv(tmp_path / "plain", rows)
    quoted = as_csv(tmp_path / "quoted", [tuple(f'"{cell}"' for cell in row) for row in rows])
    assert [differences(*pair) for pair in zip(plain.logs, quoted.logs, strict=True)] == [[] for _ in plain.logs]
    assert [(f.row, f.reason) for f in plain.report.findings] == [(f.row, f.reason) for f in quoted.report.findings]


def as_parquet(folder: Path, rows: Sequence[Row], group: int) -> Path:
    ordered = sorted(rows, key=lambda row: row[0])
    columns = dict(zip(READINGS.strip().split(","), zip(*ordered, strict=True), strict=True))
    folder.mkdir(exist_ok=True)
    return parquet_table(folder / "readings.parquet", columns, row_group_size=group)


@SHARED
@given(rows=ROWS.filter(bool), group=st.integers(1, 9), block=st.integers(1, 3))
def test_csv_and_parquet_and_blocks_give_the_same_log(tmp_path: Path, rows: list[Row], group: int, block: int) -> None:
    result = as_csv(tmp_path / "csv", rows)
    path = as_parquet(tmp_path / "parquet", rows, group)
    same = load(path, formulary=shipped())
    assert [differences(*pair) for pair in zip(result.logs, same.logs, strict=True)] == [[] for _ in result.logs]
    parts = list(iter_parquet_logs(path, formulary=shipped(), patients_per_block=block))
    assert all(report.values.adds_up for _, report in parts)
    assert sum(report.values.read for _, report in parts) == len(rows)
    for log in result.logs:
        inside = [per_person(part) for part, _ in parts if part.system is log.system]
        assert per_person(log) == {name: rows for part in inside for name, rows in part.items()}


def per_person(log: Log) -> dict[str, list[list[int]]]:
    """The readings of each person that has some."""
    columns = np.array([log.readings.minute, log.readings.value, log.readings.timing, log.readings.repeat]).T
    return {
        person.patient_id: columns[log.readings.patient == number].tolist()
        for number, person in enumerate(log.people)
        if (log.readings.patient == number).any()
    }


@SHARED
@given(rows=ROWS.filter(bool))
def test_what_is_written_reads_back_the_same(tmp_path_factory: pytest.TempPathFactory, rows: list[Row]) -> None:
    folder = tmp_path_factory.mktemp("trip")
    result = as_csv(folder / "in", rows)
    for kind in ("csv", "parquet"):
        write_canonical(result.logs, folder / kind, kind, drug_units=result.drug_units, report=result.report)
        again = load(folder / kind, formulary=shipped())
        assert [differences(*pair) for pair in zip(result.logs, again.logs, strict=True)] == [[] for _ in result.logs]
        assert again.report.skipped == ((f"rejects.{kind}",) if len(result.report.findings) else ())
