"""Files that are broken, mis-encoded, locked or not what they seem: a clear error, never a guess."""

import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.log_files import ERROR, write_text, write_xls, write_xlsx
from titration.formulary import shipped
from titration.log import sheet_scan
from titration.log.load import load
from titration.log.report import LoadError
from titration.log.tables import cell_text, read_sheet, read_text, records

HEADER = "patient_id,time,glucose,unit\n"
LINE = "P1,2024-05-01 06:30,6.8,mmol/L\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_text_is_read_in_a_declared_encoding(tmp_path: Path, encoding: str) -> None:
    text = HEADER + LINE.replace("P1", "病人一")
    path = tmp_path / "log.csv"
    path.write_bytes((b"\xfe\xff" if encoding == "utf-16-be" else b"") + text.encode(encoding))
    found, notes = read_text(path)
    assert found == text
    assert notes == (() if encoding.startswith("utf-8") else ("read as UTF-16",))


def test_gb18030_is_read_and_said(tmp_path: Path) -> None:
    text = HEADER + LINE.replace("P1", "病人一")
    assert read_text(write_text(tmp_path / "log.csv", text, "gb18030")) == (text, ("read as GB18030",))


def test_a_file_without_a_last_line_end_may_be_cut_short(tmp_path: Path) -> None:
    _, notes = read_text(write_text(tmp_path / "log.csv", HEADER + LINE.rstrip()))
    assert notes == ("the last line has no line end: check that the file is complete",)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "empty"),
        (bytes(range(256)) * 4, "binary"),
        ((HEADER + LINE).encode("utf-16-le"), "UTF-16 without a byte order mark"),
        ((HEADER + LINE).encode("utf-16")[:-1], "damaged utf-16"),
        ((HEADER + LINE).encode("utf-32"), "UTF-32"),
        (b"\xef\xbb\xbfa,\xff\n", "damaged utf-8-sig"),
        (b"a,b\n\xff\xfe\xfd\n", "neither UTF-8 nor GB18030"),
        (b"a,b\n1,\x01\n", "binary data"),
        (b"PK\x03\x04rest", "give it the ending .xlsx"),
        (b"\xd0\xcf\x11\xe0rest", "give it the ending .xls"),
        (b"PAR1rest", "give it the ending .parquet"),
        (b"\x1f\x8brest", "gzip"),
    ],
)
def test_text_that_is_none_is_refused_with_a_remedy(tmp_path: Path, data: bytes, complaint: str) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(data)
    with pytest.raises(LoadError, match=complaint) as caught:
        read_text(path)
    assert str(caught.value).startswith("log.csv: ")


def test_a_text_file_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    with path.open("wb") as file:
        file.truncate(2_000_000_000)
    with pytest.raises(LoadError, match="2000 MB is more than 500 MB; convert it to Parquet"):
        read_text(path)
    with pytest.raises(LoadError, match="more than 500 MB"):
        read_sheet(path.rename(tmp_path / "log.xlsx"))


def test_records_know_their_line_and_refuse_broken_quotes() -> None:
    assert list(records("log.csv", 'a,b\n\n"x\ny",2\n')) == [(1, ["a", "b"]), (4, ["x\ny", "2"])]
    assert list(records("log.csv", "a;b\n1,5;2\n")) == [(1, ["a", "b"]), (2, ["1,5", "2"])]
    with pytest.raises(LoadError, match=r"log.csv: line \d+: .*check the quotes"):
        list(records("log.csv", 'a,b\n"x,2\n'))


def test_a_sheet_keeps_row_numbers_and_error_cells(tmp_path: Path) -> None:
    sheet = read_sheet(write_xlsx(tmp_path / "a.xlsx", [[None, "x"], [], ["y", 1.5, ERROR], [ERROR]]))
    assert [[cell_text(cell) for cell in row] for row in sheet.rows] == [
        ["", "x", ""],
        ["", "", ""],
        ["y", "1.5", ""],
        ["", "", ""],
    ]
    assert sheet.errors == {(2, 2), (3, 0)}


def _locked() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512 + "EncryptedPackage".encode("utf-16-le") + b"\x00" * 512


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n", "not a spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "damaged"),
        (_locked(), "protected by a password"),
    ],
)
@pytest.mark.parametrize("ending", [".xlsx", ".xls"])
def test_a_sheet_that_is_none_is_refused_with_a_remedy(
    tmp_path: Path, data: bytes, complaint: str, ending: str
) -> None:
    path = tmp_path / f"log{ending}"
    path.write_bytes(data)
    with pytest.raises(LoadError, match=complaint):
        read_sheet(path)


def test_a_truncated_spreadsheet_is_refused(tmp_path: Path) -> None:
    whole = write_xlsx(tmp_path / "a.xlsx", [["x"] * 9] * 99).read_bytes()
    path = tmp_path / "half.xlsx"
    for size in (1, 30, len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:size])
        with pytest.raises(LoadError, match=r"half.xlsx: "):
            read_sheet(path)


def test_a_container_without_sheets_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as container:
        container.writestr("hello.txt", "hello")
    with pytest.raises(LoadError, match="damaged or not a spreadsheet"):
        read_sheet(path)


def test_a_container_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", [["x" * 100] * 9] * 99)
    monkeypatch.setattr(sheet_scan, "MAX_UNPACKED", 1000)
    with pytest.raises(LoadError, match="unpacks to"):
        read_sheet(path)


def test_a_cell_far_out_is_refused_before_memory_is_asked_for(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", [["x", "y"]])
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b'r="B1"', b'r="XFD1048576"')
    with zipfile.ZipFile(path, "w") as book:
        for name, data in parts.items():
            book.writestr(name, data)
    with pytest.raises(LoadError, match="its cells reach row 1048576, column 16384"):
        read_sheet(path)


def test_an_older_spreadsheet_shows_its_error_cells_too(tmp_path: Path) -> None:
    sheet = read_sheet(write_xls(tmp_path / "a.xls", [["patient_id", "x"], ["病人", 1.5, ERROR], [ERROR]]))
    assert sheet.rows == [["patient_id", "x", ""], ["病人", 1.5, ""], ["", "", ""]]
    assert sheet.errors == {(1, 2), (2, 0)}


def test_an_older_spreadsheet_cut_short_is_refused(tmp_path: Path) -> None:
    whole = write_xls(tmp_path / "a.xls", [["x", 1.0]] * 99).read_bytes()
    path = tmp_path / "half.xls"
    for size in (8, 100, 600, len(whole) // 2):
        path.write_bytes(whole[:size])
        with pytest.raises(LoadError, match=r"half.xls: "):
            read_sheet(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=5), data=st.data())
def test_a_damaged_file_loads_or_says_what_is_wrong(
    tmp_path: Path, damage: list[tuple[int, int]], data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(["csv", "xlsx"]))
    path = tmp_path / f"ward.{kind}"
    header = ["patient_id", "date", "fasting", "pre-lunch", "bedtime", "unit"]
    rows = [header, *([f"P{n}", "2024-05-01", 6.8, 7.5, 9.0, "mmol/L"] for n in range(9))]
    if kind == "xlsx":
        write_xlsx(path, rows)
    else:
        write_text(path, "".join(",".join(str(cell) for cell in row) + "\n" for row in rows))
    bytes_ = bytearray(path.read_bytes())
    for at, byte in damage:
        bytes_[at % len(bytes_)] = byte
    path.write_bytes(bytes(bytes_))
    complaint = ""
    try:
        report = load(path, formulary=shipped()).report
    except LoadError as error:
        complaint = str(error)
    if complaint:
        assert complaint.startswith(path.name)
    else:
        assert report.rows.adds_up
        assert report.values.adds_up
