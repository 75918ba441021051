from pathlib import Path

import pytest

from tests.unit.log_files import differences, write_text
from titration.clinical import Timing
from titration.formulary import shipped
from titration.log.load import Loaded, load
from titration.log.report import Fate, Reason
from titration.log.summary import ingest_json
from titration.units import HI_VALUE, LO_VALUE, UnitSystem


def line(time: str, code: str, value: str, day: str = "04-21-1991") -> str:
    return f"{day}\t{time}\t{code}\t{value}\n"


def loaded(folder: Path, *lines: str, name: str = "data-01") -> Loaded:
    return load(write_text(folder / name, "".join(lines)).parent, formulary=shipped())


def test_codes_values_and_leading_zeros(tmp_path: Path) -> None:
    lines = [
        *(
            line("9:09", "58", "100"),
            line("09:09", "033", "009"),
            line("9:09", "34", "13.5"),
            line("17:08", "62", "069"),
        ),
        *(line("22:51", "48", "123"), line("03:00", "57", "64"), line("12:00", "65", "0"), line("12:01", "70", "0")),
    ]
    (log,) = loaded(tmp_path, *lines).logs
    assert log.system is UnitSystem.MGDL
    assert log.readings.value.tolist() == [64, 100, 69, 123]
    assert [Timing(code) for code in log.readings.timing.tolist()] == [
        *(Timing.OVERNIGHT, Timing.FASTING, Timing.PRE_DINNER, Timing.BEDTIME)
    ]
    assert log.doses.amount.tolist() == [9000, 13500]
    assert log.drugs == ("insulin-human-regular", "insulin-nph")
    assert len(log.events) == 2


def test_only_the_earliest_58_of_a_date_is_fasting(tmp_path: Path) -> None:
    (log,) = loaded(tmp_path, line("09:00", "58", "120"), line("07:00", "58", "110")).logs
    assert log.readings.timing.tolist() == [Timing.FASTING, Timing.RANDOM]
    assert log.readings.value.tolist() == [110, 120]


@pytest.mark.parametrize(
    ("record", "reason", "doubt"),
    [
        (line("56:35", "58", "100"), Reason.BAD_TIME, True),
        (line("08:00", "58", "100", day="06-31-1991"), Reason.BAD_TIME, False),
        (line("08:00", "58", "100", day=""), Reason.MALFORMED_LINE, False),
        ("\t138\t33\t3A\n", Reason.MALFORMED_LINE, False),
        ("04-21-1991\t08:00\t58\n", Reason.MALFORMED_LINE, False),
        (line("08:00", "56", "298"), Reason.UNDOCUMENTED_CODE, True),
        (line("08:00", "0", ""), Reason.UNDOCUMENTED_CODE, True),
        (line("08:00", "58.5", "100"), Reason.UNDOCUMENTED_CODE, True),
        (line("08:00", "58", "3A"), Reason.NON_NUMERIC_GLUCOSE, True),
        (line("08:00", "58", ""), Reason.BLANK_GLUCOSE, True),
        (line("08:00", "58", "9"), Reason.IMPLAUSIBLE_GLUCOSE, True),
        (line("08:00", "58", "601"), Reason.IMPLAUSIBLE_GLUCOSE, True),
        (line("08:00", "34", "163"), Reason.IMPLAUSIBLE_DOSE, False),
        (line("08:00", "34", "-1"), Reason.IMPLAUSIBLE_DOSE, False),
        (line("08:00", "34", "x"), Reason.NON_NUMERIC_DOSE, False),
    ],
)
def test_what_is_refused_is_shown_with_its_line(tmp_path: Path, record: str, reason: Reason, doubt: bool) -> None:  # noqa: FBT001
    result = loaded(tmp_path, line("07:00", "60", "111"), record)
    (finding,) = result.report.findings
    assert (finding.file, finding.row, finding.reason) == ("data-01", 2, reason)
    assert finding.raw == record.rstrip("\n")
    assert result.report.values.as_dict()["kept"] == 1
    assert result.report.values.adds_up
    assert len(result.logs[0].doubts) == int(doubt)


def test_hi_and_lo_stay_as_bounds(tmp_path: Path) -> None:
    result = loaded(tmp_path, line("08:00", "58", "0Hi"), line("12:00", "60", "0Lo"), line("18:00", "62", "100"))
    (log,) = result.logs
    assert log.readings.value.tolist() == [HI_VALUE, LO_VALUE, 100]
    figures = ingest_json(result)["totals"]
    assert (figures["glucose_readings"], figures["non_numeric_glucose"], figures["mean_mmol"]) == (1, 2, 5.56)
    assert (figures["censored_high"], figures["censored_low"], figures["below_3_9"]) == (1, 1, 0)


def test_a_zero_dose_is_kept_and_is_no_dose(tmp_path: Path) -> None:
    result = loaded(tmp_path, line("08:00", "33", "000"), line("08:00", "34", "10"))
    figures = ingest_json(result)["totals"]
    assert (figures["zero_doses"], figures["insulin_dose_records"], figures["total_insulin_units"]) == (1, 1, 10)


def test_an_exact_repeat_is_kept_and_marked(tmp_path: Path) -> None:
    twice = [line("08:00", "60", "100"), line("08:00", "33", "5"), line("12:00", "65", "0")] * 2
    result = loaded(tmp_path, *twice)
    (log,) = result.logs
    assert log.readings.repeat.tolist() == [False, True]
    assert log.doses.doubtful.tolist() == [False, True]
    assert result.report.findings.by_reason(Fate.FLAGGED) == {"repeat": 3}
    assert result.report.values.as_dict()["kept"] == 6


def test_pieces_stay_patients_of_their_own_in_any_order(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    lines = [line("08:00", "58", "100"), line("12:00", "60", "120"), line("22:00", "34", "12")]
    for folder, order in ((first, lines), (second, lines[::-1])):
        write_text(folder / "data-02", "".join(order))
        write_text(folder / "data-10", lines[0])
        write_text(folder / "Data-Codes", "33 = Regular insulin dose\n")
    one, other = load(first, formulary=shipped()), load(second, formulary=shipped())
    assert [person.patient_id for person in one.logs[0].people] == ["data-02", "data-10"]
    assert one.report.skipped == ("Data-Codes",)
    assert differences(one.logs[0], other.logs[0]) == []


def test_a_file_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    write_text(tmp_path / "data-02", "")
    (tmp_path / "data-03").write_bytes(bytes(range(256)))
    result = loaded(tmp_path, line("08:00", "58", "100"))
    assert [name for name, _ in result.report.errors] == ["data-02", "data-03"]
    assert len(result.logs[0].readings) == 1
