"""Measurements for a study: read with their units, written back, and out of every rule's sight."""

from pathlib import Path

import pytest

from tests.unit.log_files import csv_log
from titration.clinical import LAB_KINDS, LabKind
from titration.features.spec import CATALOGUE
from titration.formulary import shipped
from titration.log.canonical_writer import write_canonical
from titration.log.load import load

STUDY_KINDS = LAB_KINDS[6:]
READING = "P1,2024-05-01 06:30,6.8,mmol/L,fasting\n"


@pytest.mark.parametrize(
    ("kind", "written", "thousandths"),
    [
        ("c_peptide_2h", "1.5,ng/mL", 497),
        ("c_peptide_2h", "497,pmol/L", 497),
        ("insulin_fasting", "60,pmol/L", 10_000),
        ("insulin_fasting", "10,uU/mL", 10_000),
        ("insulin_fasting", "10,mIU/L", 10_000),
        ("glucose_2h", "180.156,mg/dL", 10_000),
        ("alt", "31,U/L", 31_000),
        ("ast", "31,IU/L", 31_000),
        ("crp", "0.31,mg/dL", 3100),
    ],
)
def test_a_measurement_is_kept_in_one_unit(tmp_path: Path, kind: str, written: str, thousandths: int) -> None:
    result = csv_log(tmp_path, READING, labs=f"patient_id,time,kind,value,unit\nP1,2024-05-01 06:30,{kind},{written}\n")
    labs = result.logs[0].labs
    assert (LAB_KINDS[int(labs.kind[0])], int(labs.value[0])) == (LabKind(kind), thousandths)


def test_they_survive_writing_and_reading(tmp_path: Path) -> None:
    rows = "".join(f"P1,2024-05-01 06:30,{kind.value},7,{_unit(kind)}\n" for kind in STUDY_KINDS)
    result = csv_log(tmp_path / "in", READING, labs="patient_id,time,kind,value,unit\n" + rows)
    write_canonical(result.logs, tmp_path / "out", "csv", drug_units={}, report=result.report)
    again = load(tmp_path / "out", formulary=shipped()).logs[0].labs
    assert again.kind.tolist() == result.logs[0].labs.kind.tolist()
    assert again.value.tolist() == [7000] * len(STUDY_KINDS)


def _unit(kind: LabKind) -> str:
    from titration.log.side_tables import LAB_UNITS

    return LAB_UNITS[kind]


def test_no_rule_can_ask_for_them() -> None:
    assert [kind.value for kind in LAB_KINDS[:6]] == ["weight", "hba1c", "egfr", "creatinine", "c_peptide", "ketone"]
    assert [kind for kind in STUDY_KINDS if f"lab.{kind.value}" in CATALOGUE] == []
