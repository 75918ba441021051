"""The virtual patient obeys its equations, and the made-up ward is a well-formed log that tells its stories."""

import csv
import io
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from titration.clinical import EventKind, LabKind, LineKind, Route, Slot, Source, Timing

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
sys.path.insert(0, str(EXAMPLES))

import make_ward as ward  # noqa: E402 - the examples are scripts beside the package, found through the path above
import patient_model as model  # noqa: E402
import ward_stories as stories  # noqa: E402
from ward_doctor import Seen, review  # noqa: E402
from ward_history import creatinine_umol, on_day  # noqa: E402

PATIENTS = 24
units = st.floats(0.0, 200.0)
sensitivities = st.floats(0.05, 5.0)
responses = st.floats(0.0, 20.0)


def one(value: float) -> model.Floats:
    return np.array([value])


def steady(u: float, s: float, b: float) -> float:
    return float(model.fasting_glucose(one(u), one(s), one(b))[0])


@given(units, sensitivities, responses)
def test_closed_form_satisfies_the_quadratic(u: float, s: float, b: float) -> None:
    glucose = steady(u, s, b)
    residual = (model.CLEARANCE + s * (u + b * glucose)) * glucose - model.PRODUCTION
    assert abs(residual) < 1e-9
    assert glucose > 0


@given(units, sensitivities, responses, st.floats(0.01, 50.0))
def test_more_dose_sensitivity_or_response_means_less_glucose(u: float, s: float, b: float, more: float) -> None:
    glucose = steady(u, s, b)
    assert steady(u + more, s, b) < glucose
    assert steady(u, s, b + more) < glucose
    # With neither insulin nor response there is nothing to be sensitive to.
    assert steady(u, s + more, b) < glucose or u + b < 1e-6


@given(st.floats(0.0, 60.0), st.floats(0.2, 2.0), st.floats(0.1, 8.0))
def test_response_is_found_again(u: float, s: float, b: float) -> None:
    found = model.solve_responsiveness(one(steady(u, s, b)), one(u), one(s))
    assert found[0] == pytest.approx(b, rel=1e-9, abs=1e-9)


def test_contradicting_dose_and_glucose_are_refused() -> None:
    with pytest.raises(ValueError, match="contradict"):
        model.solve_responsiveness(one(15.0), one(100.0), one(1.0))


def group(n: int) -> tuple[model.Body, model.State, model.Therapy]:
    """``n`` different patients on glargine, aspart and two tablets, settled."""
    spread = np.linspace(0.0, 1.0, n)
    therapy = model.no_therapy(n)
    therapy.slow[:, model.LONG_NAMES.index("glargine")] = 10.0 + 10.0 * spread
    therapy.rapid[:] = (4.0 + 4.0 * spread)[:, None]
    therapy.tablets[:, 0] = spread
    therapy.tablets[:, 1] = 1.0 - spread
    body, state = model.settle(
        therapy,
        7.0 + 3.0 * spread,
        0.3 + 0.2 * spread,
        production=350.0 + 30.0 * spread,
        meal_rise=0.3 + 0.4 * spread,
        carbs=np.tile(model.CARBS_G, (n, 1)),
    )
    return body, state, therapy


def alone(body: model.Body, state: model.State, therapy: model.Therapy, row: int) -> tuple[
    model.Body, model.State, model.Therapy
]:  # fmt: skip
    at = slice(row, row + 1)
    return (
        model.Body(*(getattr(body, name)[at] for name in model.Body.__slots__)),
        model.State(*(getattr(state, name)[at] for name in model.State.__slots__)),
        model.Therapy(*(getattr(therapy, name)[at] for name in model.Therapy.__slots__)),
    )


@pytest.mark.parametrize("row", [0, 1, 500, 999])
def test_one_row_of_a_thousand_is_one_patient(row: int) -> None:
    body, state, therapy = group(1000)
    body1, state1, therapy1 = alone(body, state, therapy, row)
    for _ in range(10):
        state, glucose = model.step(body, state, therapy, model.quiet(1000), sensitivity_gain=1.1)
        state1, glucose1 = model.step(body1, state1, therapy1, model.quiet(1), sensitivity_gain=1.1)
        np.testing.assert_allclose(glucose[row], glucose1[0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(state.hba1c[row], state1.hba1c[0], rtol=0, atol=1e-12)


def test_a_settled_patient_stays_settled() -> None:
    body, state, therapy = group(50)
    after, glucose = model.step(body, state, therapy, model.quiet(50))
    np.testing.assert_allclose(glucose[:, 0], 7.0 + 3.0 * np.linspace(0.0, 1.0, 50), atol=1e-9)
    np.testing.assert_allclose(after.hba1c, state.hba1c, atol=1e-9)


def test_more_insulin_never_means_more_glucose_at_any_point() -> None:
    body, state, therapy = group(50)
    for number in range(len(model.LONG)):
        slow = therapy.slow.copy()
        slow[:, number] += 5.0
        more = model.Therapy(slow, therapy.rapid + 1.0, therapy.tablets)
        _, before = model.step(body, state, therapy, model.quiet(50))
        _, after = model.step(body, state, more, model.quiet(50))
        assert (after <= before).all()


# Published mean change of fasting glucose (mmol/L): metformin alone, SGLT-2 inhibitor with metformin, DPP-4 inhibitor
# on insulin, acarbose (recalled). `miss` is how far this coarse a model is known to fall short, as a share.
@pytest.mark.parametrize(
    ("name", "slow", "published", "miss"),
    [
        ("biguanide", 0.0, -1.79, 0.2),
        ("sglt2", 0.0, -1.49, 0.3),
        ("dpp4", 30.0, -0.47, 0.4),
        ("alpha_glucosidase", 0.0, -1.1, 0.55),
    ],
)
def test_tablets_fall_short_of_published_effects_by_no_more_than_is_said(
    name: str, slow: float, published: float, miss: float
) -> None:
    therapy = model.no_therapy(1)
    therapy.slow[0, model.LONG_NAMES.index("degludec")] = slow
    body, state = model.settle(
        therapy,
        one(8.5 if slow else 9.5),
        one(0.7),
        production=one(365.0),
        meal_rise=one(model.MEAL_RISE),
        carbs=np.array([model.CARBS_G]),
    )
    _, before = model.step(body, state, therapy, model.quiet(1))
    therapy.tablets[0, model.TABLET_NAMES.index(name)] = 1.0
    after = before
    for _ in range(60):
        state, after = model.step(body, state, therapy, model.quiet(1))
    assert published <= (after - before)[0, 0] <= published * (1.0 - miss)


def test_hba1c_shows_86_percent_of_a_step_by_day_84() -> None:
    body, state, therapy = group(1)
    start = state.hba1c[0]
    less = model.Therapy(therapy.slow * 0.0, therapy.rapid * 0.0, therapy.tablets)
    settled = state
    for _ in range(200):
        settled, _ = model.step(body, settled, less, model.quiet(1))
    primed = model.State(settled.pools, settled.exposure, settled.day_noise, state.hba1c)
    _, glucose = model.step(body, primed, less, model.quiet(1))
    end = float((glucose[0] * model.DAY_WEIGHTS).sum() + 2.59) / 1.59
    for _ in range(84):
        primed, _ = model.step(body, primed, less, model.quiet(1))
    assert (primed.hba1c[0] - start) / (end - start) == pytest.approx(0.856, abs=0.002)


def test_recovery_begins_with_the_therapy_and_reaches_its_size() -> None:
    assert model.recovery_gain(-1.0, 1.4, early=0.8, tau=6.0) == 1.0
    gains = [model.recovery_gain(day, 1.4, early=0.8, tau=6.0) for day in range(200)]
    assert gains == sorted(gains)
    assert gains[-1] == pytest.approx(2.4, abs=0.001)


@given(st.integers(0, 2**31 - 1))
def test_the_meter_shows_tenths_near_the_truth(seed: int) -> None:
    truth = np.linspace(2.0, 20.0, 200)
    shown = model.meter(truth, np.random.default_rng(seed).standard_normal(200))
    assert (np.abs(shown * 10 - np.round(shown * 10)) < 1e-9).all()
    assert (np.abs(shown - truth) <= np.maximum(0.3, 0.055 * truth) * 6 + 0.05).all()


Rows = list[dict[str, str]]


def tables(files: dict[str, str]) -> dict[str, Rows]:
    return {name: list(csv.DictReader(io.StringIO(text))) for name, text in files.items() if name.endswith(".csv")}


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return ward.make_ward(patients=PATIENTS, days=21, seed=7)


@pytest.fixture(scope="module")
def log(files: dict[str, str]) -> dict[str, Rows]:
    return tables(files)


def by_patient(rows: Rows) -> dict[str, Rows]:
    found: dict[str, Rows] = defaultdict(list)
    for row in rows:
        found[row["patient_id"]].append(row)
    return found


def values(rows: Rows, *timings: str) -> list[float]:
    return [float(r["glucose"]) for r in rows if r["timing"] in timings and r["glucose"] not in ("LO", "HI")]


def test_the_same_arguments_write_the_same_bytes(files: dict[str, str], tmp_path: Path) -> None:
    run = [sys.executable, str(EXAMPLES / "make_ward.py"), str(tmp_path / "ward")]
    subprocess.run(run, check=True, capture_output=True, cwd=tmp_path)
    assert {p.name: p.read_bytes() for p in (tmp_path / "ward").iterdir()} == {
        name: text.encode() for name, text in files.items()
    }


def test_another_seed_writes_another_ward(files: dict[str, str]) -> None:
    assert ward.make_ward(patients=PATIENTS, days=21, seed=8)["readings.csv"] != files["readings.csv"]


def test_a_patient_does_not_depend_on_how_many_there_are(log: dict[str, Rows]) -> None:
    few = tables(ward.make_ward(patients=3, days=21, seed=7))
    assert few["readings.csv"] == [r for r in log["readings.csv"] if r["patient_id"] in ("W01", "W02", "W03")]


def check_form(log: dict[str, Rows], last: str) -> None:
    for row in log["readings.csv"]:
        assert row["unit"] == "mmol/L"
        assert row["timing"] in {t.text for t in Timing}
        assert row["source"] in {s.text for s in Source}
        assert row["glucose"] in ("LO", "HI") or re.fullmatch(r"\d{1,2}\.\d", row["glucose"])
    for row in log["doses.csv"]:
        assert row["drug"] in stories.PRODUCTS
        assert row["unit"] == ("units/h" if row["route"] == "csii_basal" else stories.PRODUCTS[row["drug"]].unit)
        assert row["slot"] in {s.text for s in Slot}
        assert row["route"] in {r.text for r in Route}
        assert re.fullmatch(r"0|[1-9]\d*(\.\d*[1-9])?|0\.\d*[1-9]", row["amount"])
    assert {r["kind"] for r in log["events.csv"]} <= {k.value for k in EventKind}
    assert {r["kind"] for r in log["labs.csv"]} <= {k.value for k in LabKind}
    for name in ("readings.csv", "doses.csv", "events.csv", "labs.csv"):
        for patient, rows in by_patient(log[name]).items():
            times = [r["time"] for r in rows]
            assert times == sorted(times), f"{name}: {patient} is out of order"
            assert all(re.fullmatch(r"2026-\d\d-\d\d \d\d:\d\d", t) and "2026-03-02" <= t[:10] <= last for t in times)


def test_every_row_is_well_formed(log: dict[str, Rows]) -> None:
    check_form(log, "2026-03-22")
    assert [r["patient_id"] for r in log["patients.csv"]] == [f"W{n:02d}" for n in range(1, PATIENTS + 1)]


@pytest.mark.parametrize(("days", "seed", "last"), [(7, 0, "2026-03-08"), (90, 3, "2026-05-30")])
def test_other_lengths_and_seeds_are_well_formed_too(days: int, seed: int, last: str) -> None:
    check_form(tables(ward.make_ward(patients=30, days=days, seed=seed)), last)


def test_vocabularies_are_the_domain_s() -> None:
    assert set(get_args(stories.Kind)) <= {k.value for k in LineKind}
    assert set(model.CLOCK) <= {t.text for t in Timing}
    assert tuple(s.text for s in Slot) == stories.SLOTS


def test_patients_are_read_five_to_seven_times_a_day_with_gaps(log: dict[str, Rows]) -> None:
    for patient, rows in by_patient(log["readings.csv"]).items():
        days = {r["time"][:10] for r in rows}
        assert 4.5 <= len(rows) / len(days) <= 7.5, patient
    assert len({(r["patient_id"], r["time"][:10]) for r in log["readings.csv"] if r["timing"] == "fasting"}) < 24 * 21


def test_the_first_patient_needs_far_less_after_the_therapy(log: dict[str, Rows]) -> None:
    readings, doses = by_patient(log["readings.csv"])["W01"], by_patient(log["doses.csv"])["W01"]
    hba1c = next(r["value"] for r in log["labs.csv"] if r["patient_id"] == "W01" and r["kind"] == "hba1c")
    assert hba1c == "8.5"
    by_day: dict[str, float] = defaultdict(float)
    for row in doses:
        if row["unit"] == "units":
            by_day[row["time"][:10]] += float(row["amount"])
    assert by_day["2026-03-22"] <= 0.7 * by_day["2026-03-02"]
    last = [r for r in readings if r["time"] >= "2026-03-19"]
    assert np.mean(values(last, "fasting")) <= 7.0
    kinds = [r["kind"] for r in log["events.csv"] if r["patient_id"] == "W01"]
    assert kinds.index("baseline") < kinds.index("phase_treatment") < kinds.index("taper_on")


def test_stories_are_told(log: dict[str, Rows]) -> None:
    readings, doses = by_patient(log["readings.csv"]), by_patient(log["doses.csv"])
    events = {p: {r["kind"] for r in rows} for p, rows in by_patient(log["events.csv"]).items()}
    labs = {(r["patient_id"], r["kind"]): r["value"] for r in log["labs.csv"]}
    assert "3.3" in [r["glucose"] for r in readings["W02"] if r["timing"] == "overnight"]
    assert "2.8" in [r["glucose"] for r in readings["W03"]]
    assert "hypo_symptoms" not in events.get("W03", set())
    assert "LO" in [r["glucose"] for r in readings["W04"]]
    assert "hypo_severe" in events["W04"]
    assert "HI" in [r["glucose"] for r in readings["W05"]]
    assert (labs["W06", "egfr"], labs["W07", "egfr"]) == ("38", "40")
    assert min(values(readings["W06"], *model.CLOCK)) < 3.9
    zeros = [r["time"] for r in doses["W08"] if r["amount"] == "0"]
    assert len(zeros) >= 5
    assert max(zeros) >= "2026-03-20"
    assert "missed_dose" in events["W08"]
    assert "steroid" in events["W09"]
    assert max(r["time"][:10] for r in readings["W10"]) == "2026-03-17"
    assert ("W11", "weight") not in labs
    assert next(r for r in log["patients.csv"] if r["patient_id"] == "W11")["weight_kg"] == ""
    assert np.mean(values(readings["W12"], "fasting")) > 10.0
    assert 4.4 <= np.mean(values(readings["W13"], "fasting")) <= 7.0
    assert all(3.9 <= v <= 10.0 for v in values(readings["W13"], *model.CLOCK))
    assert np.mean(values(readings["W14"], "fasting")) <= 7.0
    assert np.mean(values(readings["W14"], "post_breakfast", "post_lunch", "post_dinner")) > 10.0
    assert len({tuple(r.values()) for r in readings["W15"]}) < len(readings["W15"])
    assert {"Xiaoke pill", "gliclazide MR"} == {r["drug"] for r in doses["W16"]}
    assert {"csii_basal", "csii_bolus"} == {r["route"] for r in doses["W17"]}
    for patient in ("W06", "W07", "W16", "W22", "W23"):
        assert {r["route"] for r in doses[patient]} == {"oral"}
    assert [len({r["slot"] for r in doses[p] if "aspart" in r["drug"]}) for p in ("W19", "W15", "W20")] == [1, 2, 3]


def test_a_low_makes_the_doctor_cut_the_line_it_is_laid_to() -> None:
    lines = stories.regimen("insulin glargine -/-/-/20; insulin aspart 8/8/8/-")
    seen = [Seen(1, "fasting", 12.0), Seen(1, "fasting", 12.0), Seen(2, "bedtime", 3.5)]
    for tapering in (False, True):
        assert [line.amount for line in review(lines, seen, started_on=lines, tapering=tapering)] == [20, 8, 8, 6]


def test_the_doctor_raises_for_high_and_tapers_for_good_mornings() -> None:
    lines = stories.regimen("insulin glargine -/-/-/20; insulin aspart 8/8/8/-")
    high, good = [Seen(d, "fasting", 8.0) for d in (1, 2)], [Seen(d, "fasting", 5.0) for d in (1, 2)]
    assert [line.amount for line in review(lines, high, started_on=lines, tapering=False)] == [22, 8, 8, 8]
    assert [line.amount for line in review(lines, good, started_on=lines, tapering=True)] == [17, 8, 8, 8]
    assert review(lines, high[:1], started_on=lines, tapering=False) == lines


@given(st.floats(20.0, 89.0), st.integers(18, 95), st.sampled_from(["male", "female"]))
def test_creatinine_gives_the_egfr_back(egfr: float, age: int, sex: str) -> None:
    female = sex == "female"
    ratio = creatinine_umol(egfr, age, sex) / 88.4 / (0.7 if female else 0.9)
    low, high = min(ratio, 1.0) ** (-0.241 if female else -0.302), max(ratio, 1.0) ** -1.2
    assert 142.0 * low * high * 0.9938**age * (1.012 if female else 1.0) == pytest.approx(egfr)


def test_days_count_from_either_end() -> None:
    assert (on_day(0, 21), on_day(4, 21), on_day(-1, 21), on_day(-21, 21)) == (0, 4, 20, 0)


def test_a_ward_is_replaced_and_a_strange_folder_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ours, strange, file = tmp_path / "ours", tmp_path / "strange", tmp_path / "file"
    small = ["--patients", "1", "--days", "7"]
    assert ward.main([str(ours), *small]) == 0
    assert ward.main([str(ours), *small, "--seed", "9"]) == 0
    strange.mkdir()
    (strange / "readings.csv").write_text("real\n")
    file.write_text("")
    (ours / "notes.txt").write_text("mine\n")
    capsys.readouterr()
    for refused in (strange, file, ours):
        assert ward.main([str(refused), *small]) == 2
    said = capsys.readouterr()
    assert said.err.count("name a") == 3
    assert "notes.txt" in said.err
    assert said.out == ""
    assert (strange / "readings.csv").read_text() == "real\n"


def test_every_story_is_listed_in_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert ward.main([str(tmp_path / "none"), "--stories"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) == len(set(listed)) == PATIENTS == len(stories.STORIES)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("wrong", [["--days", "6"], ["--days", "x"], ["--patients", "0"], ["--seed", "-1"]])
def test_wrong_arguments_are_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        ward.main(wrong)
    assert stop.value.code == 2
    assert wrong[0] in capsys.readouterr().err
