"""Canonical Parquet: streamed in blocks, as exact as text, and refused when damaged."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.log_files import differences
from titration.formulary import shipped
from titration.log.canonical_parquet import NOT_SORTED, iter_parquet_logs
from titration.log.load import load
from titration.log.report import LoadError, Reason
from titration.units import UnitSystem


def bench_like(folder: Path, people: int = 9, days: int = 4, group: int = 7) -> Path:
    """A log of the types a large one has: dictionary words, timestamps, 32-bit floating point."""
    ids = [f"P{n:03d}" for n in range(people) for _ in range(days)]
    times = np.tile(np.datetime64("2025-01-01T06:30") + np.arange(days) * np.timedelta64(1, "D"), people)
    glucose = np.round(np.linspace(0.6, 33.3, people * days), 1).astype(np.float32)
    readings = {
        "patient_id": pa.array(ids).dictionary_encode(),
        "time": pa.array(times.astype("M8[ms]")),
        "glucose": pa.array(glucose),
        "unit": pa.array(["mmol/L"] * len(ids)).dictionary_encode(),
        "timing": pa.array(["fasting"] * len(ids)).dictionary_encode(),
    }
    doses = {
        "patient_id": readings["patient_id"],
        "time": pa.array((times + np.timedelta64(15, "h")).astype("M8[ms]")),
        "drug": pa.array(["insulin glargine"] * len(ids)).dictionary_encode(),
        "amount": pa.array(np.linspace(-0.0, 30, len(ids)).round(1).astype(np.float32)),
        "unit": pa.array(["U"] * len(ids)).dictionary_encode(),
        "slot": pa.array(["bedtime"] * len(ids)).dictionary_encode(),
    }
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.table(readings), folder / "readings.parquet", row_group_size=group)
    pq.write_table(pa.table(doses), folder / "doses.parquet", row_group_size=group + 3)
    return folder


@pytest.mark.parametrize("block", [1, 2, 100])
def test_blocks_add_up_to_the_whole(tmp_path: Path, block: int) -> None:
    path = bench_like(tmp_path)
    whole = load(path, formulary=shipped())
    parts = list(iter_parquet_logs(path, formulary=shipped(), patients_per_block=block))
    (log,) = whole.logs
    assert log.readings.value.tolist() == np.rint(np.linspace(0.6, 33.3, 36).round(1) * 10).astype(int).tolist()
    assert log.doses.amount[:3].tolist() == [0, 900, 1700]
    assert [p.patient_id for part, _ in parts for p in part.people] == [p.patient_id for p in log.people]
    assert all(len(part.people) <= block for part, _ in parts)
    for column in ("minute", "value", "timing"):
        joined = np.concatenate([getattr(part.readings, column) for part, _ in parts])
        assert np.array_equal(joined, getattr(log.readings, column))
    assert np.array_equal(np.concatenate([part.doses.amount for part, _ in parts]), log.doses.amount)
    assert sum(report.values.kept for _, report in parts) == whole.report.values.kept == 72


def test_a_patient_of_one_table_only_is_not_lost(tmp_path: Path) -> None:
    bench_like(tmp_path, people=3)
    pq.write_table(pa.table({"patient_id": ["P001", "P900"], "sex": ["female", "male"]}), tmp_path / "patients.parquet")
    doses = pq.read_table(tmp_path / "doses.parquet").slice(4, 4)
    extra = doses.slice(0, 1).set_column(0, "patient_id", pa.array(["P500"]).dictionary_encode())
    pq.write_table(
        pa.concat_tables([doses, extra], promote_options="default").unify_dictionaries(), tmp_path / "doses.parquet"
    )
    parts = list(iter_parquet_logs(tmp_path, formulary=shipped(), patients_per_block=2))
    people = {p.patient_id: p.sex for part, _ in parts for p in part.people}
    assert people == {"P000": None, "P001": "female", "P002": None, "P500": None, "P900": "male"}
    assert sum(len(part.doses) for part, _ in parts) == 5
    assert all(report.values.adds_up for _, report in parts)


def test_rows_out_of_order_within_a_row_group_are_sorted(tmp_path: Path) -> None:
    path = bench_like(tmp_path)
    table = pq.read_table(path / "readings.parquet")
    pq.write_table(table.take(list(range(table.num_rows))[::-1]), path / "readings.parquet")
    parts = list(iter_parquet_logs(path, formulary=shipped()))
    assert differences(parts[0][0], load(bench_like(tmp_path / "b"), formulary=shipped()).logs[0]) == []
    assert not any(NOT_SORTED in file.notes for _, report in parts for file in report.files)


def test_a_file_out_of_order_is_loaded_whole_and_says_so(tmp_path: Path) -> None:
    path = bench_like(tmp_path)
    table = pq.read_table(path / "readings.parquet")
    pq.write_table(table.take(list(range(table.num_rows))[::-1]), path / "readings.parquet", row_group_size=5)
    ((log, report),) = iter_parquet_logs(path, formulary=shipped(), patients_per_block=2)
    assert differences(log, load(bench_like(tmp_path / "b"), formulary=shipped()).logs[0]) == []
    assert NOT_SORTED in next(file for file in report.files if file.name == "readings.parquet").notes


def test_numbers_off_the_grid_or_out_of_range_are_refused_by_row(tmp_path: Path) -> None:
    values = [6.8, 6.45, 0.0, 33.4, float("nan"), float("inf"), -1.0, 3.9, None]
    for kind in (pa.float32(), pa.float64()):
        table = {
            "patient_id": ["P1"] * 9,
            "time": [f"2024-05-01 0{n}:00" for n in range(9)],
            "glucose": pa.array(values, kind),
            "unit": ["mmol/L"] * 9,
        }
        pq.write_table(pa.table(table), tmp_path / "readings.parquet")
        result = load(tmp_path, formulary=shipped())
        assert result.logs[0].readings.value.tolist() == [68, 39]
        found = {f.row: f.reason for f in result.report.findings}
        assert found == {
            2: Reason.OFF_GRID,
            3: Reason.IMPLAUSIBLE_GLUCOSE,
            4: Reason.IMPLAUSIBLE_GLUCOSE,
            5: Reason.BLANK_GLUCOSE,
            6: Reason.IMPLAUSIBLE_GLUCOSE,
            7: Reason.IMPLAUSIBLE_GLUCOSE,
            9: Reason.BLANK_GLUCOSE,
        }


def test_whole_numbers_and_decimals_are_glucose_too(tmp_path: Path) -> None:
    for column in (pa.array([110, 69], pa.int16()), pa.array([110, 69], pa.float32())):
        table = {"patient_id": ["P1", "P1"], "time": ["2024-05-01 06:00", "2024-05-02 06:00"], "glucose": column}
        pq.write_table(pa.table(table), tmp_path / "readings.parquet")
        (log,) = load(tmp_path, formulary=shipped()).logs
        assert (log.system, log.readings.value.tolist()) == (UnitSystem.MGDL, [110, 69])


def test_every_tenth_survives_32_bits(tmp_path: Path) -> None:
    tenths = np.arange(6, 334)
    table = {
        "patient_id": ["P1"] * len(tenths),
        "time": pa.array(np.datetime64("2024-05-01T00:00", "ms") + np.arange(len(tenths)) * np.timedelta64(1, "h")),
        "glucose": pa.array((tenths / 10).astype(np.float32)),
        "unit": ["mmol/L"] * len(tenths),
    }
    pq.write_table(pa.table(table), tmp_path / "readings.parquet")
    (log,) = load(tmp_path, formulary=shipped()).logs
    assert log.readings.value.tolist() == tenths.tolist()


def test_a_time_zone_is_refused(tmp_path: Path) -> None:
    times = pa.array([0], pa.timestamp("ms", tz="UTC"))
    pq.write_table(pa.table({"patient_id": ["P1"], "time": times, "glucose": [6.8]}), tmp_path / "readings.parquet")
    with pytest.raises(LoadError, match="time zone UTC; write local times"):
        load(tmp_path, formulary=shipped())


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    path = bench_like(tmp_path) / "readings.parquet"
    whole = path.read_bytes()
    for data in (b"", b"PAR1", whole[: len(whole) // 2], whole[:200] + b"\x00" * 50 + whole[250:]):
        path.write_bytes(data)
        with pytest.raises(LoadError, match=r"readings.parquet: "):
            list(iter_parquet_logs(path, formulary=shipped()))
        with pytest.raises(LoadError, match=r"readings.parquet: "):
            load(path, formulary=shipped())
