from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.log_files import write_text, write_xlsx
from titration.formulary import shipped
from titration.log.load import load
from titration.log.recognise import recognise
from titration.log.report import LoadError, Reason

CANONICAL = "patient_id,time,glucose,unit\nP1,2024-05-01 06:30,6.8,mmol/L\n"
SEVEN = "patient_id,date,fasting,post-lunch,bedtime,unit\nP1,2024-05-01,6.8,9,7,mmol/L\n"
UCI = "04-21-1991\t9:09\t58\t100\n"
TEMPLATES = Path(__file__).resolve().parents[2] / "examples" / "templates"


def test_single_files(tmp_path: Path) -> None:
    pq.write_table(pa.table({"patient_id": ["P1"]}), tmp_path / "x.parquet")
    files = {
        "canonical-csv": write_text(tmp_path / "a.csv", CANONICAL),
        "seven-point": write_text(tmp_path / "b.csv", SEVEN),
        "uci-diabetes": write_text(tmp_path / "data-01", UCI),
        "canonical-parquet": tmp_path / "x.parquet",
    }
    assert {recognise(path).format: path for path in files.values()} == files
    sheet = write_xlsx(tmp_path / "c.xlsx", [cell.split(",") for cell in SEVEN.splitlines()])
    assert recognise(sheet).format == "seven-point"


def test_a_folder_by_its_names_and_the_rest_is_named(tmp_path: Path) -> None:
    write_text(tmp_path / "readings.csv", CANONICAL)
    write_text(tmp_path / "README.md", "notes")
    found = recognise(tmp_path)
    assert (found.format, [p.name for p in found.skipped]) == ("canonical-csv", ["README.md"])
    assert found.why == "the folder has readings.csv"
    result = load(tmp_path, formulary=shipped())
    assert result.report.skipped == ("README.md",)


def test_a_folder_of_sheets_takes_the_format_of_most_and_reports_the_broken(tmp_path: Path) -> None:
    write_text(tmp_path / "a.csv", SEVEN)
    write_xlsx(tmp_path / "b.xlsx", [["nothing", "known"]])
    (tmp_path / "c.xlsx").write_bytes(b"PK\x03\x04cut")
    result = load(tmp_path, formulary=shipped())
    assert (result.format, result.report.skipped) == ("seven-point", ("b.xlsx",))
    ((name, error),) = result.report.errors
    assert name == "c.xlsx"
    assert error.startswith("c.xlsx: damaged or cut short")
    assert len(result.logs[0].readings) == 3


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("a.csv", "x,y\n1,2\n", "no known format"),
        ("a.doc", "x", "no known format"),
        ("a.csv", "", "the file is empty"),
    ],
)
def test_what_is_not_recognised_is_said(tmp_path: Path, name: str, text: str, complaint: str) -> None:
    with pytest.raises(LoadError, match=complaint):
        load(write_text(tmp_path / name, text), formulary=shipped())


def test_paths_and_formats_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="no such file"):
        load(tmp_path / "none", formulary=shipped())
    with pytest.raises(LoadError, match="holds no file"):
        load(tmp_path, formulary=shipped())
    write_text(tmp_path / "a.csv", CANONICAL)
    with pytest.raises(LoadError, match="unknown format excel; choose auto or one of: canonical-csv"):
        load(tmp_path / "a.csv", format="excel", formulary=shipped())
    with pytest.raises(LoadError, match="no file of uci-diabetes here"):
        load(tmp_path, format="uci-diabetes", formulary=shipped())
    with pytest.raises(LoadError, match=r"a.csv: row 1 must name patient_id and date"):
        load(tmp_path / "a.csv", format="seven-point", formulary=shipped())


def test_a_format_may_be_named_for_a_folder_of_several(tmp_path: Path) -> None:
    write_text(tmp_path / "readings.csv", CANONICAL)
    write_text(tmp_path / "data-01", UCI)
    assert recognise(tmp_path).format == "canonical-csv"
    found = recognise(tmp_path, format="uci-diabetes")
    assert [p.name for p in found.files] == ["data-01"]


def test_progress_is_told_file_by_file(tmp_path: Path) -> None:
    write_text(tmp_path / "data-01", UCI)
    write_text(tmp_path / "data-02", UCI)
    told: list[tuple[str, int, int]] = []
    load(tmp_path, formulary=shipped(), progress=lambda *step: told.append(step))
    assert told == [("data-01", 0, 2), ("data-02", 1, 2)]


def test_the_seven_point_template_loads() -> None:
    result = load(TEMPLATES / "seven-point.csv", formulary=shipped())
    assert result.format == "seven-point"
    assert [finding.reason for finding in result.report.findings] == [Reason.CENSORED]
    assert result.report.files[0].notes == ()
    assert len(result.logs[0].readings) > 0
