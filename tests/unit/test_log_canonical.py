"""Canonical CSV and Parquet: one meaning, every row accounted for, order of no account."""

from pathlib import Path

import pytest

from tests.unit.log_files import READINGS, csv_log, differences, parquet_table, write_text
from titration.clinical import Route, Slot, Source, Timing
from titration.formulary import shipped
from titration.log import canonical_csv
from titration.log.load import Loaded, load
from titration.log.report import Fate, LoadError, LoadReport, Reason
from titration.log.summary import ingest_json
from titration.units import HI_VALUE, LO_VALUE, UnitSystem

DOSES = "patient_id,time,drug,amount,unit,slot\n"
Row = tuple[str, ...]


def refused(report: LoadReport) -> dict[str, int]:
    return report.findings.by_reason(Fate.REJECTED) | report.findings.by_reason(Fate.QUARANTINED)


def test_columns_in_any_order_and_any_delimiter(tmp_path: Path) -> None:
    plain = csv_log(tmp_path / "a", "P1,2024-05-01 06:30,6.8,mmol/L,fasting\nP2,2024-05-01 12:00,HI,mmol/L,pre_lunch\n")
    turned = csv_log(
        tmp_path / "b",
        "fasting;mmol/L;6.8;P1;2024/5/1 6:30\npre_lunch;mmol/L;HI;P2;2024-05-01T12:00\n",
        header="Timing;Unit;Glucose;Patient_ID;Time\n",
    )
    assert differences(plain.logs[0], turned.logs[0]) == []
    assert plain.logs[0].readings.value.tolist() == [68, HI_VALUE]
    assert plain.logs[0].readings.timing.tolist() == [Timing.FASTING, Timing.PRE_LUNCH]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_other_encodings_give_the_same_log(tmp_path: Path, encoding: str) -> None:
    text = READINGS + "病人,2024-05-01 06:30,6.8,mmol/L,fasting\n"
    plain = load(write_text(tmp_path / "plain.csv", text), formulary=shipped())
    other = load(write_text(tmp_path / "other.csv", text, encoding), formulary=shipped())
    assert differences(plain.logs[0], other.logs[0]) == []


@pytest.mark.parametrize(
    ("row", "reason", "doubt"),
    [
        (",2024-05-01 06:30,6.8,mmol/L,fasting", Reason.NO_PATIENT_ID, False),
        ("P1,2024-05-01,6.8,mmol/L,fasting", Reason.BAD_TIME, True),
        ("P1,,6.8,mmol/L,fasting", Reason.BAD_TIME, False),
        ("P1,2024-05-01 06:30,,mmol/L,fasting", Reason.BLANK_GLUCOSE, True),
        ('P1,2024-05-01 06:30,"6,8",mmol/L,fasting', Reason.NON_NUMERIC_GLUCOSE, True),
        ("P1,2024-05-01 06:30,.5,mmol/L,fasting", Reason.NON_NUMERIC_GLUCOSE, True),
        ("P1,2024-05-01 06:30,６.８,mmol/L,fasting", Reason.NON_NUMERIC_GLUCOSE, True),
        ("P1,2024-05-01 06:30,6.45,mmol/L,fasting", Reason.OFF_GRID, True),
        ("P1,2024-05-01 06:30,110,mmol/L,fasting", Reason.IMPLAUSIBLE_GLUCOSE, True),
        ("P1,2024-05-01 06:30,6.8,mmol,fasting", Reason.UNKNOWN_UNIT, True),
        ("P1,2024-05-01 06:30,110,mg/dL,fasting", Reason.MIXED_UNITS, True),
        ("P1,2024-05-01 06:30,6,8,mmol/L,fasting", Reason.MALFORMED_LINE, True),
        ("P1,2024-05-01 06:30,2", Reason.MALFORMED_LINE, True),
    ],
)
def test_a_refused_row_names_file_line_and_day(tmp_path: Path, row: str, reason: Reason, doubt: bool) -> None:  # noqa: FBT001
    fine = "P1,2024-04-30 06:30,6.8,mmol/L,fasting\nP1,2024-04-30 12:00,7.0,mmol/L,\n"
    result = csv_log(tmp_path, fine + row + "\n")
    (finding,) = result.report.findings
    assert (finding.file, finding.row, finding.reason) == ("readings.csv", 4, reason)
    assert finding.reason.remedy
    assert result.report.rows.as_dict()["kept"] == 2
    assert result.report.rows.adds_up
    assert result.report.values.adds_up
    assert result.logs[0].doubts.day.tolist() == ([19844] if doubt else [])
    assert result.logs[0].readings.value.tolist() == [68, 70]


def test_lines_keep_their_numbers_past_blank_ones(tmp_path: Path) -> None:
    result = csv_log(tmp_path, "\n\nP1,2024-05-01 06:30,x,mmol/L,fasting\n")
    assert [finding.row for finding in result.report.findings] == [4]


def test_hi_and_lo_need_no_unit_and_follow_the_patient(tmp_path: Path) -> None:
    rows = "P1,2024-05-01 06:30,110,mg/dL,\nP1,2024-05-01 07:30,LO,,\nP1,2024-05-01 08:30,HI,mmol/L,\n"
    result = csv_log(tmp_path, rows)
    (log,) = result.logs
    assert log.system is UnitSystem.MGDL
    assert log.readings.value.tolist() == [110, LO_VALUE, HI_VALUE]
    assert result.report.findings.by_reason(Fate.FLAGGED) == {"censored": 2}


@pytest.mark.parametrize(
    ("values", "system", "kept", "found"),
    [
        (("6.8", "17.9", "18.0"), UnitSystem.MMOL, [68, 179], {"ambiguous_unit": 1}),
        (("110", "34", "33.3"), UnitSystem.MGDL, [34, 110], {"ambiguous_unit": 1}),
        (("6.8", "110", "20"), None, [], {"ambiguous_unit": 1, "unit_missing": 2}),
        (("20", "25"), None, [], {"ambiguous_unit": 2}),
        (("110", "0", "1024"), UnitSystem.MGDL, [110], {"implausible_glucose": 2}),
        (("6.8", "x", "LO"), UnitSystem.MMOL, [68, 0], {"non_numeric_glucose": 1}),
    ],
)
def test_a_log_without_units_is_read_only_when_its_values_agree(
    tmp_path: Path, values: Row, system: UnitSystem | None, kept: list[int], found: dict[str, int]
) -> None:
    rows = "".join(f"P1,2024-05-0{day} 06:30,{value},,\n" for day, value in enumerate(values, 1))
    result = csv_log(tmp_path, rows)
    assert refused(result.report) == found
    assert sorted(v for log in result.logs for v in log.readings.value.tolist()) == sorted(kept)
    if system is not None:
        assert [log.system for log in result.logs] == [system]
    assert result.report.values.adds_up


def test_a_unit_in_the_header_settles_it(tmp_path: Path) -> None:
    header = READINGS.replace("glucose,unit", "glucose (mmol/L)")
    result = csv_log(tmp_path, "P1,2024-05-01 06:30,20.1,fasting\n", header=header)
    assert result.logs[0].readings.value.tolist() == [201]
    header = READINGS.replace("glucose,unit", "glucose_mg_dL")
    result = csv_log(tmp_path, "P1,2024-05-01 06:30,20,fasting\n", header=header)
    assert (result.logs[0].system, result.logs[0].readings.value.tolist()) == (UnitSystem.MGDL, [20])


def test_a_patient_in_two_units_keeps_the_more_frequent_one(tmp_path: Path) -> None:
    rows = (
        "P1,2024-05-01 06:30,6.8,mmol/L,\nP1,2024-05-02 06:30,3.1,mmol/L,\nP1,2024-05-03 06:30,60,mg/dL,\n"
        "P2,2024-05-01 06:30,110,mg/dL,\nP3,2024-05-01 06:30,110,mg/dL,\nP3,2024-05-02 06:30,5.0,mmol/L,\n"
    )
    result = csv_log(tmp_path, rows)
    mmol, mgdl = result.logs
    assert (mmol.system, mgdl.system) == (UnitSystem.MMOL, UnitSystem.MGDL)
    assert [p.patient_id for p in mmol.people] == ["P1", "P3"]
    assert mmol.readings.value.tolist() == [68, 31]
    assert [p.patient_id for p in mgdl.people] == ["P2"]
    assert mmol.doubts.patient.tolist() == [0, 1, 1]
    assert refused(result.report) == {"mixed_units": 3}
    assert [f.raw for f in result.report.findings] == ["60 mg/dL", "110 mg/dL", "5.0 mmol/L"]
    assert result.report.values.adds_up


def test_timing_source_and_flag(tmp_path: Path) -> None:
    header = "patient_id,time,glucose,unit,timing,source,flag,meal\n"
    rows = (
        "P1,2024-05-01 06:30,6.8,mmol/L,Post Breakfast,lab,,x\n"
        "P1,2024-05-01 07:30,2.2,mmol/L,,cgm,repeat,x\n"
        "P1,2024-05-01 08:30,6.8,mmol/L,elevenses,,,x\n"
        "P1,2024-05-01 09:30,6.8,mmol/L,,libre,,x\n"
    )
    result = csv_log(tmp_path, rows, header=header)
    (log,) = result.logs
    assert log.readings.timing.tolist() == [Timing.POST_BREAKFAST, Timing.RANDOM, Timing.RANDOM]
    assert log.readings.source.tolist() == [Source.LAB, Source.CGM, Source.CBG]
    assert log.readings.repeat.tolist() == [False, True, False]
    assert [f.reason for f in result.report.findings] == [Reason.UNKNOWN_WORD, Reason.UNKNOWN_KIND]
    assert result.report.files[0].notes == ("columns not used: meal",)


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        ("patient_id,time,value\n", "no column glucose"),
        ("patient_id,time,glucose,Glucose\n", "column glucose occurs twice"),
        ("x\n", "no column patient_id, time, glucose"),
    ],
)
def test_a_table_without_its_columns_is_refused(tmp_path: Path, header: str, complaint: str) -> None:
    path = write_text(tmp_path / "readings.csv", header + "P1,2024-05-01 06:30,6.8\n")
    with pytest.raises(LoadError, match=f"readings.csv: {complaint}"):
        load(path, format="canonical-csv", formulary=shipped())


DOSE_ROWS = [
    ("insulin glargine", "12.5", "IU", "insulin-glargine", 12_500, Slot.BEDTIME, Route.SC, False),
    ("Humulin 70/30", "8", "U", "insulin-human-30r", 8_000, Slot.BEDTIME, Route.SC, False),
    ("metformin", "0.5", "g", "metformin", 500_000, Slot.BEDTIME, Route.ORAL, False),
    ("metformin", "50", "mg", "metformin", 50_000, Slot.BEDTIME, Route.ORAL, True),
    ("metformin", "0", "mg", "metformin", 0, Slot.BEDTIME, Route.ORAL, False),
    ("liraglutide", "1.2", "mg", "liraglutide", 1_200, Slot.BEDTIME, Route.SC, False),
    ("novel thing", "3", "mg", "novel thing", 3_000, Slot.BEDTIME, Route.ORAL, False),
    ("insulin glargine", "81", "units", "insulin-glargine", 81_000, Slot.BEDTIME, Route.SC, True),
    ("insulin icodec", "140", "units", None, 140_000, Slot.BEDTIME, Route.SC, False),
]


@pytest.mark.parametrize(("drug", "amount", "unit", "name", "held", "slot", "route", "doubtful"), DOSE_ROWS)
@pytest.mark.parametrize("format_name", ["csv", "parquet"])
def test_doses(
    tmp_path: Path,
    drug: str,
    amount: str,
    unit: str,
    name: str | None,
    held: int,
    slot: Slot,
    route: Route,
    doubtful: bool,  # noqa: FBT001
    format_name: str,
) -> None:
    result = dose_log(tmp_path, format_name, [(drug, amount, unit)])
    (log,) = result.logs
    assert name is None or log.drugs == (name,)
    assert log.doses.amount.tolist() == [held]
    assert log.doses.slot.tolist() == [slot]
    assert log.doses.route.tolist() == [route]
    assert log.doses.doubtful.tolist() == [doubtful]


def dose_log(folder: Path, format_name: str, doses: list[tuple[str, str, str]]) -> Loaded:
    rows = [("P1", "2024-05-01 06:30", "6.8", "mmol/L")]
    if format_name == "csv":
        write_text(folder / "readings.csv", "patient_id,time,glucose,unit\n" + ",".join(rows[0]) + "\n")
        lines = "".join(f"P1,2024-05-01 22:0{n},{','.join(dose)}\n" for n, dose in enumerate(doses))
        write_text(folder / "doses.csv", "patient_id,time,drug,amount,unit\n" + lines)
    else:
        parquet_table(
            folder / "readings.parquet",
            {"patient_id": ["P1"], "time": ["2024-05-01 06:30"], "glucose": [6.8], "unit": ["mmol/L"]},
        )
        parquet_table(
            folder / "doses.parquet",
            {
                "patient_id": ["P1"] * len(doses),
                "time": [f"2024-05-01 22:0{n}" for n in range(len(doses))],
                "drug": [dose[0] for dose in doses],
                "amount": [float(dose[1]) for dose in doses],
                "unit": [dose[2] for dose in doses],
            },
        )
    return load(folder, formulary=shipped())


@pytest.mark.parametrize(
    ("drug", "amount", "unit", "reason"),
    [
        ("", "8", "units", Reason.NO_DRUG),
        ("insulin glargine", "8", "", Reason.UNIT_MISSING),
        ("insulin glargine", "8", "mL", Reason.UNKNOWN_UNIT),
        ("insulin glargine", "8", "mg", Reason.UNIT_NOT_OF_DRUG),
        ("metformin", "1", "tablet", Reason.UNIT_NOT_OF_DRUG),
        ("insulin glargine", "-8", "units", Reason.IMPLAUSIBLE_DOSE),
        ("insulin glargine", "1e12", "units", Reason.IMPLAUSIBLE_DOSE),
        ("insulin glargine", "0.0001", "units", Reason.OFF_GRID),
        ("insulin glargine", "nan", "units", Reason.NON_NUMERIC_DOSE),
    ],
)
def test_refused_doses(tmp_path: Path, drug: str, amount: str, unit: str, reason: Reason) -> None:
    for format_name in ("csv", "parquet"):
        folder = tmp_path / format_name
        folder.mkdir()
        result = dose_log(folder, format_name, [(drug, amount, unit), ("metformin", "500", "mg")])
        (finding,) = result.report.findings
        expected = Reason.NON_NUMERIC_DOSE if (format_name, amount) == ("csv", "1e12") else reason
        assert (finding.reason, finding.row) == (expected, 2 if format_name == "csv" else 1)
        assert len(result.logs[0].doses) == 1
        assert len(result.logs[0].doubts) == 0
        assert result.report.values.adds_up


@pytest.mark.parametrize("amount", [".5", "0,5", "5 units", ""])
def test_a_dose_that_is_no_plain_number_is_refused(tmp_path: Path, amount: str) -> None:
    result = dose_log(tmp_path, "csv", [("insulin glargine", f'"{amount}"', "units")])
    assert refused(result.report) == {"non_numeric_dose": 1}


def test_pump_rates_are_no_doses(tmp_path: Path) -> None:
    result = dose_log(tmp_path, "csv", [("Novolin R", "0.6", "IU/h"), ("Novolin R", "4", "IU")])
    (log,) = result.logs
    assert log.pump.rate.tolist() == [600]
    assert log.doses.amount.tolist() == [4000]
    assert ingest_json(result)["totals"]["total_insulin_units"] == 4


def test_small_tables(tmp_path: Path) -> None:
    result = csv_log(
        tmp_path,
        "P1,2024-05-01 06:30,6.8,mmol/L,fasting\n",
        patients="patient_id,sex,age,height_m,weight_kg,hba1c_mmol_mol,egfr,sibling\n"
        "P1,female,57,1.69,67.4,53,55.5,x\nP2,man,,,,,,\n",
        labs="patient_id,time,kind,value,unit\n"
        "P1,2024-05-02,creatinine,1,mg/dL\nP1,2024-05-02 08:00,c_peptide,1,ng/mL\nP1,2024-05-02,weight,67,lb\n"
        'P1,2024-05-02,mood,1,x\nP1,soon,weight,67,kg\nP1,2024-05-02,weight,"67,4",kg\nP1,2024-05-02,hba1c,7.0,%\n',
        events="patient_id,time,kind\nP1,2024-05-01 12:00,meal_skipped\nP1,2024-05-01 12:00,party\n,2024-05-01,meal\n",
    )
    (log,) = result.logs
    assert [(p.patient_id, p.sex, p.age_years, p.height_cm) for p in log.people] == [
        ("P1", "female", 57, 169.0),
        ("P2", None, None, None),
    ]
    assert log.labs.value.tolist() == [67_400, 7000, 55_500, 7000, 88_400, 331]
    assert len(log.events) == 1
    found = sorted((f.file, f.row, f.reason) for f in result.report.findings)
    assert found == [
        ("events.csv", 3, Reason.UNKNOWN_KIND),
        ("events.csv", 4, Reason.NO_PATIENT_ID),
        ("labs.csv", 4, Reason.UNKNOWN_UNIT),
        ("labs.csv", 5, Reason.UNKNOWN_KIND),
        ("labs.csv", 6, Reason.BAD_TIME),
        ("labs.csv", 7, Reason.NON_NUMERIC_VALUE),
        ("patients.csv", 3, Reason.UNKNOWN_WORD),
    ]
    assert result.report.values.adds_up
    assert len(log.doubts) == 0


def test_undated_measurements_of_several_rows_are_set_aside(tmp_path: Path) -> None:
    result = csv_log(
        tmp_path,
        "P1,2024-05-01 06:30,6.8,mmol/L,fasting\n",
        patients="patient_id,weight_kg,date\nP1,67,\nP1,68,2024-05-02\nP2,70,\n",
    )
    assert refused(result.report) == {"undated_value": 2}
    assert result.logs[0].labs.value.tolist() == [68_000]


def test_a_broken_table_does_not_stop_the_others(tmp_path: Path) -> None:
    result = csv_log(tmp_path, "P1,2024-05-01 06:30,6.8,mmol/L,fasting\n", doses="", labs='patient_id,"x\n')
    assert [name for name, _ in result.report.errors] == ["doses.csv", "labs.csv"]
    assert len(result.logs[0].readings) == 1
    assert result.report.values.adds_up


def test_blocks_of_a_csv_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f"P{n % 3},2024-05-0{1 + n % 9} 0{n % 7}:30,{5 + n / 10:.1f},mmol/L,\n" for n in range(60))
    whole = csv_log(tmp_path, rows)
    monkeypatch.setattr(canonical_csv, "ROWS_A_BLOCK", 7)
    parts = csv_log(tmp_path, rows)
    assert differences(whole.logs[0], parts.logs[0]) == []
