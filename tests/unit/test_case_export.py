"""A patient-day of a log as a worked case: the same plan, and nobody's name or date."""

import re
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.laws.answers import moved_by
from tests.laws.plans import few
from titration.cli import main
from titration.formulary import shipped
from titration.log.blocks import only
from titration.log.model import Log
from titration.packs.load import find_packs, load_pack
from titration.resources import rules_folder
from titration.service.assessment import Patient
from titration.service.case_export import NoCase, case_text
from titration.service.case_file import read_cases
from titration.service.cases import CaseRunner
from titration.testing.strategies import histories
from titration.testing.wards import FIRST_DAY, ward
from titration.units import UnitSystem

PACK = load_pack(find_packs(rules_folder())["huc-msc-t2dm"])


def back_again(text: str, folder: Path) -> str:
    """Failures of the exported text as a pack's only case."""
    folder.mkdir()
    (folder / "cases.toml").write_text(text, encoding="utf-8")
    (case,) = read_cases(folder, PACK, shipped())
    outcome = CaseRunner(PACK, shipped()).run(case)
    assert outcome.planned
    return "; ".join(failure.text for failure in outcome.failures)


@pytest.mark.parametrize("system", UnitSystem)
def test_a_ward_day_by_day_becomes_cases_with_the_same_plans(system: UnitSystem, tmp_path: Path) -> None:
    log, written = ward(11, system=system), 0
    for patient in range(len(log.people)):
        one = Patient(only(log, patient, patient + 1))
        for day in (6, 17):
            try:
                text = case_text(PACK, shipped(), one, FIRST_DAY + day, taper=None)
            except NoCase:
                continue
            written += 1
            assert back_again(text, tmp_path / f"{patient}-{day}") == ""
            assert log.people[patient].patient_id not in text
            assert not re.search(r"\d{4}-\d\d-\d\d", text)
            assert str(FIRST_DAY) not in text
    assert written >= 40


def test_the_command_prints_a_case_without_name_or_date(
    made_ward: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["assess", str(made_ward), "--patient", "W03", "--as-case"]) == 0
    text = capsys.readouterr().out
    assert "W03" not in text
    assert not re.search(r"20\d\d-", text)
    assert back_again(text, tmp_path / "case") == ""


NAME, MIXTURE = "MRN 83920174 Zhang", "Dr Wang's mixture of 2024-05-06"


def exported(log: Log, day: int) -> str | None:
    try:
        return case_text(PACK, shipped(), Patient(log), day, taper=None)
    except NoCase:
        return None


@few
@given(log=histories(longest=12, steady=True), back=st.integers(0, 3), days=st.integers(-9_000, 9_000).filter(bool))
def test_a_case_passes_and_tells_neither_person_nor_drug_maker_nor_date(log: Log, back: int, days: int) -> None:
    """The text is the same whoever the patient is and whenever it happened: so it says neither."""
    last = Patient(log).last_day
    assume(last is not None)
    assert last is not None
    text = exported(log, last - back)
    assume(text is not None)
    assert text is not None
    person = replace(log.people[0], patient_id=NAME)
    drugs = tuple(MIXTURE if drug == "herbal mixture" else drug for drug in log.drugs)
    assert exported(moved_by(replace(log, people=(person,), drugs=drugs), days), last - back + days) == text
    assert not re.search(r"\d{4}-\d\d-\d\d|\b\d{5,}\b|herbal|P0", text)
    with TemporaryDirectory() as folder:
        assert back_again(text, Path(folder) / "case") == ""


def test_a_day_without_a_drug_is_refused() -> None:
    with pytest.raises(NoCase, match="no drug is in use"):
        case_text(PACK, shipped(), Patient(only(ward(11), 0, 1)), FIRST_DAY - 3, taper=None)


def test_an_age_that_could_name_a_person_is_told_as_90() -> None:
    log = only(ward(11), 0, 1)
    aged = replace(log, people=(replace(log.people[0], age_years=97),))
    text = exported(aged, FIRST_DAY + 6)
    assert text is not None
    assert "age = 90," in text


def test_a_line_the_notation_cannot_say_is_refused() -> None:
    """A drug of once a week that is given every day."""
    log = only(ward(11), 0, 1)
    daily = replace(log, drugs=("dulaglutide",) * len(log.drugs))
    with pytest.raises(NoCase, match="dulaglutide is not given every 7 days"):
        case_text(PACK, shipped(), Patient(daily), FIRST_DAY + 17, taper=None)
