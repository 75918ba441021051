"""Shanghai recordings, their summary, and the seven-point sheet, from made-up spreadsheets."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from tests.unit.log_files import ERROR, XlsxCell, write_text, write_xlsx
from titration.clinical import LabKind, Route, Timing
from titration.formulary import shipped
from titration.log.dose_text import infused_doses, insulin_doses, other_doses
from titration.log.load import Loaded, load
from titration.log.meal_timing import timings
from titration.log.model import lab_code
from titration.log.notation import minute_text
from titration.log.report import Fate, LoadError, Reason
from titration.log.shanghai_summary import ckd_epi_2021, hba1c_percent
from titration.log.summary import ingest_json
from titration.units import HI_VALUE, LO_VALUE, UnitSystem

HEADER = [
    *("Date", "CGM (mg / dl)", " CBG (mg / dl)", "Blood Ketone (mmol / L)", "Dietary intake", "进食量"),
    *("Insulin dose - s.c.", "Non-insulin hypoglycemic agents", "CSII - bolus insulin (Novolin R, IU)"),
    *("胰岛素泵基础量 (Novolin R, IU / H)", "Insulin dose - i.v."),
]
DAY = datetime(2024, 5, 1)


def at(hour: float, **cells: XlsxCell) -> list[XlsxCell]:
    names = ("cgm", "cbg", "ketone", "intake", "zh", "sc", "other", "bolus", "basal", "iv")
    return [DAY + timedelta(hours=hour), *(cells.get(name) for name in names)]


def recording(folder: Path, name: str, rows: list[list[XlsxCell]]) -> Path:
    return write_xlsx(folder / name, [HEADER, *rows])


def loaded(path: Path) -> Loaded:
    return load(path, formulary=shipped())


def doses(cell: str) -> list[tuple[str, int]]:
    return [(dose.drug, dose.amount) for dose in insulin_doses(cell, shipped())[0]]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("Novolin R, 8 IU", [("insulin-human-regular", 8000)]),
        ("Humulin 70/30  8 IU", [("insulin-human-30r", 8000)]),
        ("\xa0insulin glarigine ,10 IU", [("insulin-glargine", 10000)]),
        (
            "insulin aspart 70/30, 10 IU; insulin degludec, 6.5 IU",
            [("insulin-aspart-30", 10000), ("insulin-degludec", 6500)],
        ),
        ("Novolin R, 4 IU, Novolin R, 2 IU", [("insulin-human-regular", 4000), ("insulin-human-regular", 2000)]),
        ("Marvellin 25, 8 IU", []),
        ("Marvellin, 8 IU", [("Marvellin", 8000)]),
        ("Novolin R, 4,5 IU", []),
        ("Novolin R, .5 IU", []),
        ("Novolin R, -5 IU", []),
        ("Novolin R, 0 IU", [("insulin-human-regular", 0)]),
        ("metformin, 8 IU", []),
    ],
)
def test_insulin_cells(cell: str, found: list[tuple[str, int]]) -> None:
    assert doses(cell) == found
    rest = insulin_doses(cell, shipped())[1]
    assert bool(rest) == (not found)


def test_infusions_name_the_dose_before_the_product() -> None:
    cell = "500ml 0.9% sodium chloride, 12 IU Novolin R, 10 ml 10% potassium chloride"
    found, rest = infused_doses(cell, shipped())
    assert [(dose.drug, dose.amount) for dose in found] == [("insulin-human-regular", 12000)]
    assert rest == ""
    assert infused_doses("500 ml saline", shipped()) == ([], "500 ml saline")


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("metformin 0.5 g,  voglibose 0.2 mg", [("metformin", 500_000, False), ("voglibose", 200, False)]),
        ("\xa0voglibose 0.2 g", [("voglibose", 200_000, True)]),
        ("metformin, 50 mg", [("metformin", 50_000, True)]),
        ("liraglutide 1.2 mg", [("liraglutide", 1200, False)]),
        ("wonderpill 3 mg", [("wonderpill", 3000, False)]),
        (
            "sitagliptinphosphate/metforminhydrochloride tablets 50 mg / 500 mg, acarbose 50 mg",
            [("sitagliptin-metformin-50-500", 1000, False), ("acarbose", 50_000, False)],
        ),
    ],
)
def test_tablet_cells(cell: str, found: list[tuple[str, int, bool]]) -> None:
    listed, rest = other_doses(cell, shipped())
    assert [(dose.drug, dose.amount, dose.doubtful) for dose in listed] == found
    assert rest == ""


@pytest.mark.parametrize("cell", ["metformin", "metformin 0,5 g", "metformin .5 g", "insulin-glargine 10 mg"])
def test_a_tablet_cell_that_is_not_understood_is_handed_back(cell: str) -> None:
    found, rest = other_doses(cell, shipped())
    assert rest
    assert [dose for dose in found if dose.drug == "metformin"] == []


def clock(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


@pytest.mark.parametrize(
    ("reading", "intakes", "timing"),
    [
        ("06:30", ["06:30"], Timing.FASTING),
        ("09:00", [], Timing.FASTING),
        ("09:01", [], Timing.RANDOM),
        ("04:59", [], Timing.OVERNIGHT),
        ("07:00", ["03:59"], Timing.FASTING),
        ("06:00", ["04:00"], Timing.RANDOM),
        ("08:00", ["06:30"], Timing.POST_BREAKFAST),
        ("08:59", ["06:30"], Timing.POST_BREAKFAST),
        ("09:01", ["06:30"], Timing.RANDOM),
        ("07:59", ["06:30"], Timing.RANDOM),
        ("11:00", ["12:30"], Timing.PRE_LUNCH),
        ("10:59", ["12:30"], Timing.RANDOM),
        ("11:30", ["10:00", "11:30"], Timing.POST_LUNCH),
        ("11:29", ["10:00", "11:30"], Timing.RANDOM),
        ("15:00", ["16:15"], Timing.PRE_DINNER),
        ("14:45", ["16:15"], Timing.RANDOM),
        ("20:00", ["18:00"], Timing.POST_DINNER),
        ("20:30", [], Timing.BEDTIME),
        ("23:59", ["15:30"], Timing.BEDTIME),
        ("17:00", ["15:30"], Timing.RANDOM),
    ],
)
def test_timing_by_the_meals_around(reading: str, intakes: list[str], timing: Timing) -> None:
    assert timings([clock(reading)], [clock(text) for text in intakes])[0].timing is timing


def test_only_the_first_reading_of_a_morning_is_fasting_and_snacks_are_remembered() -> None:
    found = timings([clock("06:00"), clock("06:30"), clock("17:00")], [clock("15:00")])
    assert [(timed.timing, timed.after_snack) for timed in found] == [
        (Timing.FASTING, False),
        (Timing.RANDOM, False),
        (Timing.RANDOM, True),
    ]


def test_a_recording_cell_by_cell(tmp_path: Path) -> None:
    rows = [
        at(6.5, cgm=39.6, cbg=126.0, intake="Data not available", sc="Novolin R, 8 IU"),
        at(8.5, cbg=180.0, other="voglibose 0.2 g, metformin 0.5 g"),
        at(9, cgm=100.8, bolus=4.5, basal=0.6),
        at(9.25, bolus="temporarily suspend insulin delivery", iv="100 ml saline, 6 IU Novolin R"),
        at(10, cbg=6.1, ketone=12.9),
        at(11, cbg=100.0, sc="Novolin R, 80 IU"),
        at(12, cbg="0Hi", bolus="acarbose 50 mg", ketone=0.3),
        at(13, cbg=ERROR, sc="no idea"),
        [None, None, None, None, None, None, None, None, None, 0.4, None],
    ]
    result = loaded(recording(tmp_path, "9001_0_20240501.xlsx", rows).parent)
    (log,) = result.logs
    assert log.system is UnitSystem.MMOL
    sticks = log.readings.source == 0
    assert log.readings.value[sticks].tolist() == [70, 100, HI_VALUE]
    assert [Timing(code) for code in log.readings.timing[sticks].tolist()][:2] == [
        Timing.FASTING,
        Timing.POST_BREAKFAST,
    ]
    assert log.readings.value[~sticks].tolist() == [22, 56]
    amounts = {
        (log.drugs[drug], Route(route)): amount
        for drug, route, amount in zip(
            log.doses.drug.tolist(), log.doses.route.tolist(), log.doses.amount.tolist(), strict=True
        )
    }
    assert amounts == {
        ("insulin-human-regular", Route.SC): 8000,
        ("insulin-human-regular", Route.CSII_BOLUS): 4500,
        ("insulin-human-regular", Route.IV): 6000,
        ("voglibose", Route.ORAL): 200_000,
        ("metformin", Route.ORAL): 500_000,
    }
    assert log.doses.doubtful.sum() == 1
    assert log.pump.rate.tolist() == [600]
    assert len(log.events) == 2
    assert log.labs.value[log.labs.kind == lab_code("ketone")].tolist() == [300]
    assert result.report.findings.by_reason(Fate.REJECTED) == {
        "bad_time": 1,
        "implausible_dose": 1,
        "implausible_glucose": 1,
    }
    assert result.report.findings.by_reason(Fate.QUARANTINED) == {
        "misplaced_glucose": 1,
        "misplaced_text": 1,
        "off_grid": 1,
        "unparsed_dose": 1,
    }
    assert result.report.findings.by_reason(Fate.FLAGGED) == {"censored": 1, "dose_outside_range": 1}
    assert result.report.values.adds_up
    assert result.report.rows.as_dict() == {"read": 9, "kept": 4, "quarantined": 2, "rejected": 3}
    assert len(log.doubts) == 1


def test_recordings_of_a_patient_are_pooled_by_date(tmp_path: Path) -> None:
    recording(tmp_path, "9001_0_20240501.xlsx", [at(48 + 6.5, cbg=126.0)])
    recording(tmp_path, "9001_1_20240401.xlsx", [at(6.5, cbg=90.0), at(6.25, cbg=108.0)])
    result = loaded(tmp_path)
    (log,) = result.logs
    assert [person.patient_id for person in log.people] == ["9001"]
    assert log.readings.value.tolist() == [60, 50, 70]
    figures = ingest_json(result)["patients"]["9001"]
    assert figures["files"] == 2
    assert figures["days_with_readings"] == 2


SUMMARY = [
    *("Patient Number", "Gender (Female=1, Male=2)", "Age (years)", "Height (m)", "Weight (kg)"),
    *("Type of Diabetes", "Duration of Diabetes (years)", "Comorbidities", "Hypoglycemic Agents"),
    *("Fasting C-peptide (ng/mL)", "HbA1c (mmol/mol)", "Creatinine (umol/L)"),
    *("Estimated Glomerular Filtration Rate  (ml/min/1.73m2) ", "Hypoglycemia (yes/no)"),
]


def test_the_summary_is_dated_by_its_recording(tmp_path: Path) -> None:
    recording(tmp_path, "9001_0_20240501.xlsx", [at(6.5, cbg=126.0)])
    person = ["9001_0_20240501", 1.0, 50.0, 1.57, 63.0, "T2DM", 8.0, "none", "Novolin R"]
    write_xlsx(
        tmp_path / "Summary.xlsx",
        [SUMMARY, [*person, 1.0, 57.382, 31.0, 210.0, "no"], ["9009_0_20240101", *["/"] * 13]],
    )
    result = loaded(tmp_path)
    (log,) = result.logs
    (who,) = log.people
    assert (who.sex, who.age_years, who.height_cm, who.diabetes_type) == ("female", 50, 157.0, "T2D")
    assert (who.comorbidities, who.agents, who.hypoglycaemia_noted) == ("none", "Novolin R", False)
    kinds = [list(LabKind)[code] for code in log.labs.kind.tolist()]
    assert dict(zip(kinds, log.labs.value.tolist(), strict=True)) == {
        LabKind.WEIGHT: 63_000,
        LabKind.HBA1C: 7400,
        LabKind.EGFR: 124_400,
        LabKind.CREATININE: 31_000,
        LabKind.C_PEPTIDE: 331,
    }
    assert {minute_text(minute) for minute in log.labs.minute.tolist()} == {"2024-05-01 06:30"}
    reasons = [finding.reason for finding in result.report.findings]
    assert sorted(reasons) == sorted([Reason.EGFR_DISAGREES, Reason.NO_RECORDING])


def test_without_a_summary_nothing_is_assumed(tmp_path: Path) -> None:
    recording(tmp_path, "9001_0_20240501.xlsx", [at(6.5, cbg=126.0)])
    result = loaded(tmp_path)
    assert len(result.logs[0].labs) == 0
    assert result.logs[0].people[0].sex is None
    assert any("no summary" in note for note in result.report.notes)


@pytest.mark.parametrize(
    ("creatinine", "age", "female", "egfr"),
    [
        (88.4, 50, False, "91.8"),
        (88.4, 50, True, "68.7"),
        (53.04, 60, True, "102.7"),
        (176.8, 70, False, "35.3"),
    ],
)
def test_egfr_by_ckd_epi_2021(creatinine: float, age: int, female: bool, egfr: str) -> None:  # noqa: FBT001
    found = ckd_epi_2021(creatinine, age, female=female)
    assert found is not None
    assert abs(found - Decimal(egfr)) <= Decimal("0.6")


def test_egfr_is_not_computed_for_children_or_without_creatinine() -> None:
    assert ckd_epi_2021(80, 17, female=True) is None
    assert ckd_epi_2021(0, 50, female=True) is None


def test_hba1c_in_percent_to_one_decimal() -> None:
    assert [hba1c_percent(Decimal(x)) for x in ("53", "48", "59.568")] == [
        Decimal("7.0"),
        Decimal("6.5"),
        Decimal("7.6"),
    ]


POINTS = ["fasting", "post-breakfast", "pre-lunch", "post-lunch", "pre-dinner", "post-dinner", "bedtime"]
SHEET = ",".join(["patient_id", "date", *POINTS, "unit"]) + "\n"


def test_a_seven_point_row_is_seven_readings(tmp_path: Path) -> None:
    path = write_text(tmp_path / "ward.csv", SHEET + "P1,2024-05-01,6.1,9.8,,10.2,LO,/,7.0,mmol/L\n")
    result = loaded(path)
    assert result.format == "seven-point"
    (log,) = result.logs
    assert log.readings.value.tolist() == [61, 98, 102, LO_VALUE, 70]
    assert log.readings.timing.tolist() == [0, 1, 3, 4, 6]
    assert np.all(np.diff(log.readings.minute) > 0)
    assert result.report.rows.as_dict() == {"read": 1, "kept": 1, "quarantined": 0, "rejected": 0}
    assert result.report.values.as_dict() == {"read": 5, "kept": 5, "quarantined": 0, "rejected": 0}


def test_the_ward_may_write_chinese_headers_and_a_spreadsheet(tmp_path: Path) -> None:
    header = ["住院号", "日期", "空腹 (mmol/L)", "早餐后2h（mmol/L）", "午餐前(mmol/L)", "备注"]
    rows = [header, ["病人甲", DAY, 6.1, ERROR, 7.0, "x"], ["病人甲", "2024-05-02", "6,1", 9.0, 5.45, None]]
    result = loaded(write_xlsx(tmp_path / "ward.xlsx", rows))
    (log,) = result.logs
    assert log.people[0].patient_id == "病人甲"
    assert log.readings.value.tolist() == [61, 70, 90]
    found = {(f.row, f.reason): f.raw for f in result.report.findings}
    assert found == {
        (2, Reason.ERROR_CELL): "post_breakfast shows an error",
        (3, Reason.NON_NUMERIC_GLUCOSE): "fasting 6,1 mmol/L",
        (3, Reason.OFF_GRID): "pre_lunch 5.45 mmol/L",
    }
    assert log.doubts.day.tolist() == [19844, 19845]
    assert result.report.files[0].notes == ("columns not used: 备注",)


def test_a_seven_point_row_without_patient_or_date_is_refused_whole(tmp_path: Path) -> None:
    text = SHEET + "P1,1/5/2024,6.1,,,,,,,mmol/L\n,2024-05-01,6.1,,,,,,,mmol/L\nP1,2024-05-01 06:30,6.1,,,,,,,mmol/L\n"
    result = loaded(write_text(tmp_path / "ward.csv", text))
    assert result.report.findings.by_reason(Fate.REJECTED) == {"bad_time": 2, "no_patient_id": 1}
    assert result.report.values.adds_up
    assert len(result.logs[0].readings) == 0


@pytest.mark.parametrize(
    ("values", "kept", "refused"),
    [
        ("6.1,17.9,20.0", [61, 179], {"ambiguous_unit": 1}),
        ("110,250,20", [110, 250], {"ambiguous_unit": 1}),
        ("6.1,110,20", [], {"ambiguous_unit": 1, "unit_missing": 2}),
        ("18.0,33.3,20", [], {"ambiguous_unit": 3}),
    ],
)
def test_a_sheet_without_units_is_read_only_when_its_values_agree(
    tmp_path: Path, values: str, kept: list[int], refused: dict[str, int]
) -> None:
    path = write_text(tmp_path / "ward.csv", SHEET.replace(",unit", "") + f"P1,2024-05-01,{values},,,,\n")
    result = loaded(path)
    assert [value for log in result.logs for value in log.readings.value.tolist()] == kept
    findings = result.report.findings
    assert findings.by_reason(Fate.REJECTED) | findings.by_reason(Fate.QUARANTINED) == refused
    assert sum(len(log.doubts) for log in result.logs) == 1


@pytest.mark.parametrize("header", ["patient_id,fasting,bedtime,pre-lunch", "patient_id,date,fasting,空腹,bedtime"])
def test_a_sheet_with_an_unclear_header_is_refused(tmp_path: Path, header: str) -> None:
    path = write_text(tmp_path / "ward.csv", header + "\nP1,2024-05-01,6.1,6.2,7.0\n")
    with pytest.raises(LoadError, match=r"ward.csv: "):
        load(path, format="seven-point", formulary=shipped())
