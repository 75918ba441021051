"""The figures two public data sets must give. The folder with both is named by TITRATION_DATA or lies beside the project."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from titration.clinical import Route, Source, Timing
from titration.formulary import shipped
from titration.log.load import Loaded, load
from titration.log.report import Fate
from titration.log.summary import ingest_json
from titration.units import HI_VALUE, LO_VALUE

DATA = Path(os.environ.get("TITRATION_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))
SHANGHAI, UCI = "shanghai-t2dm", "uci-diabetes"

pytestmark = pytest.mark.skipif(
    not (DATA / SHANGHAI).is_dir() or not (DATA / UCI).is_dir(),
    reason="the public data sets are not here: set TITRATION_DATA to the folder that holds shanghai-t2dm and uci-diabetes",
)

TOTALS: Mapping[str, Mapping[str, object]] = {
    SHANGHAI: {
        "patients": 65,
        "files": 70,
        "glucose_readings": 2109,
        "days_with_readings": 471,
        "min_mmol": 2.60,
        "mean_mmol": 8.88,
        "max_mmol": 25.20,
        "below_3_9": 10,
        "below_3_0": 2,
        "fasting_readings": 384,
        "fasting_mean_mmol": 7.56,
        "post_meal_2h_readings": 797,
        "post_meal_2h_mean_mmol": 9.94,
        "insulin_dose_records": 911,
        "total_insulin_units": 7603,
        "zero_doses": 15,
        "implausible_doses": 0,
        "implausible_glucose": 0,
        "non_numeric_glucose": 0,
        "rejected": {"bad_time": 92},
        "cgm_readings": 72073,
        "pump_rates": 738,
        "hypo_symptom_events": 0,
    },
    UCI: {
        "patients": 45,
        "files": 45,
        "glucose_readings": 6505,
        "days_with_readings": 1974,
        "min_mmol": 1.06,
        "mean_mmol": 9.46,
        "max_mmol": 27.83,
        "below_3_9": 879,
        "below_3_0": 441,
        "fasting_readings": 1715,
        "fasting_mean_mmol": 10.26,
        "post_meal_2h_readings": 232,
        "post_meal_2h_mean_mmol": 11.08,
        "insulin_dose_records": 8162,
        "total_insulin_units": 74468,
        "zero_doses": 17,
        "implausible_doses": 3,
        "implausible_glucose": 0,
        "non_numeric_glucose": 7,
        "rejected": {"implausible_dose": 3, "non_numeric_glucose": 7, "undocumented_code": 67},
        "cgm_readings": 0,
        "pump_rates": 0,
        "hypo_symptom_events": 290,
    },
}
TIMINGS = {
    SHANGHAI: (384, 272, 245, 260, 257, 245, 251, 91, 104),
    UCI: (1715, 17, 1149, 47, 1424, 168, 1354, 78, 553),
}
"""In the order of ``Timing``."""

ROUTES = {
    SHANGHAI: {Route.SC: 544, Route.CSII_BOLUS: 361, Route.IV: 6},
    UCI: {Route.SC: 8162, Route.CSII_BOLUS: 0, Route.IV: 0},
}


@cache
def loaded(name: str) -> Loaded:
    return load(DATA / name, formulary=shipped())


@cache
def summary(name: str) -> dict[str, Any]:
    return ingest_json(loaded(name))


@pytest.mark.parametrize("name", [SHANGHAI, UCI])
def test_totals(name: str) -> None:
    found = summary(name)
    assert found["format"] == name
    assert {key: found["totals"][key] for key in TOTALS[name]} == TOTALS[name]
    assert len(found["patients"]) == TOTALS[name]["patients"]


@pytest.mark.parametrize("name", [SHANGHAI, UCI])
def test_timings(name: str) -> None:
    counts = np.zeros(len(Timing), np.int64)
    for log in loaded(name).logs:
        value = log.readings.value
        stick = (log.readings.source != Source.CGM) & (value > LO_VALUE) & (value < HI_VALUE)
        counts += np.bincount(log.readings.timing[stick], minlength=len(Timing))
    assert tuple(counts.tolist()) == TIMINGS[name]


@pytest.mark.parametrize("name", [SHANGHAI, UCI])
def test_insulin_doses_by_route(name: str) -> None:
    result = loaded(name)
    found = dict.fromkeys(ROUTES[name], 0)
    for log in result.logs:
        insulin = np.array([drug in result.insulins for drug in log.drugs])[log.doses.drug]
        for route in found:
            found[route] += int((insulin & (log.doses.amount > 0) & (log.doses.route == route)).sum())
    assert found == ROUTES[name]


@pytest.mark.parametrize("name", [SHANGHAI, UCI])
def test_every_row_and_value_is_accounted_for(name: str) -> None:
    report = loaded(name).report
    assert all(file.rows.adds_up and file.values.adds_up for file in report.files)
    assert report.errors == ()
    assert report.values.rejected == sum(report.findings.by_reason(Fate.REJECTED).values())


@pytest.mark.parametrize("name", [SHANGHAI, UCI])
def test_the_figures_of_patients_add_up_to_the_totals(name: str) -> None:
    found = summary(name)
    counted = [key for key, value in TOTALS[name].items() if isinstance(value, int) and key != "patients"]
    for key in counted:
        assert sum(patient[key] for patient in found["patients"].values()) == found["totals"][key]


def test_readings_after_snacks_are_random_and_twenty() -> None:
    recordings = loaded(SHANGHAI).recordings
    assert len(recordings) == 70
    assert sum(len(recording.after_snack) for recording in recordings) == 20


def test_every_drug_is_in_the_formulary() -> None:
    products = shipped().products
    assert [
        name for data in (SHANGHAI, UCI) for log in loaded(data).logs for name in log.drugs if name not in products
    ] == []
