"""What may be recorded, by whom, and in what words the rest is refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws.ledgers import AUTHOR, PATIENTS, fresh, log_rows
from tests.laws.ledgers import NOW as LAW_NOW
from tests.laws.plans import few
from tests.laws.test_read_paths import unlike
from titration.formulary import shipped
from titration.log.load import load
from titration.log.notation import minute_text
from titration.service.rounds.asked import Correction, New, NewDose, NewEvent, NewLab, NewNote, NewPerson, NewReading
from titration.service.rounds.demo import DEMO_MINUTE as NOW
from titration.service.rounds.demo import NURSE, PRESCRIBER, VIEWER
from titration.service.rounds.desk import Desk
from titration.service.rounds.told import Person, Refused, Role, User
from titration.store.logs import logs_of, members
from titration.units import UnitSystem, grid_text

READING = NewReading("W01", NOW, 77, "7.7", "mmol/L", "fasting")
DOSE = NewDose("W01", NOW, "insulin-aspart", 6000, "units", "breakfast", "sc")
FOUND = 4000
"""An entry of the demo that brought a reading or dose."""

REFUSED: dict[str, New] = {
    "a reading in the other unit": replace(READING, unit="mg/dL", written="139", value=139),
    "a value unlike what was typed": replace(READING, value=78),
    "a value no meter shows": replace(READING, value=777, written="77.7"),
    "a value finer than the grid": replace(READING, written="7.75"),
    "a value that is no number": replace(READING, written="seven77"),
    "a bare decimal point": replace(READING, written=".77", value=7),
    "an unknown timing": replace(READING, timing="brunch77"),
    "an unknown source": replace(READING, source="guess77"),
    "a reading of tomorrow": replace(READING, minute=NOW + 1440),
    "a reading of another age": replace(READING, minute=-99_999_999),
    "a patient who is not there": replace(READING, patient_id="Mr77"),
    "a negative dose": replace(DOSE, amount=-77_000),
    "a dose without a drug": replace(DOSE, drug=""),
    "a dose in a unit the drug does not have": replace(DOSE, unit="mg"),
    "a dose in an unknown unit": replace(DOSE, unit="U77"),
    "a pump's rate as a dose": replace(DOSE, unit="units/h"),
    "a dose in no slot": replace(DOSE, slot="teatime77"),
    "a dose by no route": replace(DOSE, route="ear77"),
    "a drug over two lines": replace(DOSE, drug="aspart\n77"),
    "an unknown event": NewEvent("W01", NOW, "party77"),
    "an unknown measurement": NewLab("W01", NOW, "mood77", 1000),
    "a weight of nothing": NewLab("W01", NOW, "weight", 0),
    "a weight in grams": NewLab("W01", NOW, "weight", 77_000_000),
    "a weight ten times too small": NewLab("W01", NOW, "weight", 7_700),
    "a height in metres": NewPerson(Person("W77", height_cm=1.77)),
    "an age of a tree": NewPerson(Person("W77", age_years=770)),
    "an empty note": NewNote("W01", NOW, "  "),
    "a note with a bell": NewNote("W01", NOW, "77\a"),
    "a note without end": NewNote("W01", NOW, "77" * 5000),
    "a correction of nothing": Correction(10**9, "wrong"),
    "a correction without a reason": Correction(FOUND, " "),
    "a correction of the ledger itself": Correction(1, "wrong"),
    "a correction with another patient": Correction(FOUND, "wrong", replace(READING, patient_id="W02")),
    "a person without an id": NewPerson(Person(" ")),
    "a person whose unit changes": NewPerson(Person("W01", system=UnitSystem.MGDL)),
    "a person of negative age": NewPerson(Person("W77", age_years=-77)),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_refused_whole_and_without_repeating_it(desk: Desk, what: str) -> None:
    head = desk.head()
    with pytest.raises(Refused) as refused:
        desk.record(NURSE, [NewNote("W01", NOW, "fine by itself"), REFUSED[what]], minute=NOW)
    assert refused.value.code == "invalid"
    assert desk.head() == head
    assert "77" not in str(refused.value)
    assert "W01" not in str(refused.value)


def test_every_other_kind_of_correction_than_the_entrys_own_is_refused(desk: Desk) -> None:
    (seq,) = desk.record(NURSE, [READING], minute=NOW).seqs
    with pytest.raises(Refused, match="is a reading"):
        desk.record(NURSE, [Correction(seq, "wrong", DOSE)], minute=NOW)
    with pytest.raises(Refused, match="already"):
        desk.record(NURSE, [Correction(seq, "wrong"), Correction(seq, "wrong")], minute=NOW)
    desk.record(NURSE, [Correction(seq, "wrong")], minute=NOW)
    with pytest.raises(Refused, match="already"):
        desk.record(NURSE, [Correction(seq, "wrong")], minute=NOW)


def test_an_entry_of_a_signature_is_never_corrected(desk: Desk) -> None:
    (decision,) = desk.entries(kinds=("decision",), most=1)
    with pytest.raises(Refused, match="cannot be corrected"):
        desk.record(PRESCRIBER, [Correction(decision.seq, "wrong")], minute=NOW)


def test_a_viewer_records_nothing_and_a_nurse_everything_but_a_signature(desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        desk.record(VIEWER, [READING], minute=NOW)
    assert refused.value.code == "role"
    person = NewPerson(Person("W90", name="新病人", bed="A13"))
    asked = [person, replace(READING, patient_id="W90"), replace(DOSE, patient_id="W90"), NewNote("W90", NOW, "new")]
    seqs = desk.record(NURSE, asked, minute=NOW).seqs
    assert len(seqs) == 4
    assert [entry.author for entry in desk.entries(most=4)] == [NURSE.name] * 4
    assert desk.ward(minute=NOW).find("W90") is not None


@pytest.mark.parametrize("user", [User("Dr Nobody", Role.PRESCRIBER), User("Nurse Hao", Role.PRESCRIBER)])
def test_a_name_or_role_the_ledger_does_not_have_records_nothing(desk: Desk, user: User) -> None:
    with pytest.raises(Refused) as refused:
        desk.record(user, [READING], minute=NOW)
    assert refused.value.code == "role"


def test_a_discharged_patient_leaves_the_ward_and_stays_in_the_ledger(desk: Desk) -> None:
    person = desk.patient("W13", minute=NOW).person
    desk.record(NURSE, [NewPerson(replace(person, discharged=True))], minute=NOW)
    assert desk.ward(minute=NOW).find("W13") is None
    assert desk.patient("W13", minute=NOW).person.discharged
    desk.record(NURSE, [NewPerson(person)], minute=NOW)
    assert desk.ward(minute=NOW).find("W13") is not None


def test_what_only_a_log_tells_of_a_patient_stays(desk: Desk) -> None:
    person = desk.patient("W01", minute=NOW).person
    desk.record(NURSE, [NewPerson(replace(person, bed="B12"))], minute=NOW)
    with desk.ledger.reading() as connection:
        (member,) = members(connection, patient="W01")
    assert (member.body.bed, member.body.comorbidities) == ("B12", "hypertension")


def test_a_dose_is_kept_in_the_drugs_own_unit_and_name(desk: Desk) -> None:
    gram = NewDose("W01", NOW, "Metformin", 850, "g", "dinner", "oral", "given late")
    desk.record(NURSE, [gram], minute=NOW)
    row = desk.patient("W01", minute=NOW).doses[-1]
    assert (row.drug, row.amount, row.unit) == ("metformin", 850_000, "mg")


@few
@given(data=st.data())
def test_rows_typed_one_by_one_make_the_log_that_a_file_of_them_makes(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    asked = data.draw(st.lists(log_rows("P1"), min_size=1, max_size=8))
    folder = tmp_path_factory.mktemp("typed")
    _write(folder, asked)
    (bulk,) = load(folder, formulary=shipped()).logs
    with fresh() as (desk, _):
        desk.record(AUTHOR, asked, minute=LAW_NOW)
        with desk.ledger.reading() as connection:
            (typed,) = logs_of(connection, members(connection, patient="P1"))
    assert unlike(replace(bulk, people=typed.people), typed) == []


def _write(folder: Path, asked: list[Any]) -> None:
    lines: dict[str, list[str]] = {
        "readings": ["patient_id,time,glucose,unit,timing,source"],
        "doses": ["patient_id,time,drug,amount,unit,slot,route"],
        "events": ["patient_id,time,kind"],
        "labs": ["patient_id,time,kind,value,unit"],
        "patients": ["patient_id", "P1"],
    }
    for new in asked:
        head = f"P1,{minute_text(new.minute)}"
        match new:
            case NewReading():
                lines["readings"].append(f"{head},{new.written},{new.unit},{new.timing},{new.source}")
            case NewDose():
                amount = grid_text(new.amount, 1000)
                lines["doses"].append(f"{head},{new.drug},{amount},{new.unit},{new.slot},{new.route}")
            case NewEvent():
                lines["events"].append(f"{head},{new.kind}")
            case _:
                lines["labs"].append(f"{head},{new.kind},{grid_text(new.value, 1000)},kg")
    for name, text in lines.items():
        (folder / f"{name}.csv").write_text("\n".join(text) + "\n", encoding="utf-8")


def test_both_unit_systems_stand_side_by_side(desk: Desk) -> None:
    person = NewPerson(Person("M1", system=UnitSystem.MGDL, bed="C01"))
    desk.record(NURSE, [person, NewReading("M1", NOW, 50, "50", "mg/dL", "fasting")], minute=NOW)
    row = desk.ward(minute=NOW).find("M1")
    assert row is not None
    assert (row.fasting, row.urgency, row.reasons[0]) == (50, 0, "low_2")
    assert PATIENTS["P2"] is UnitSystem.MGDL
