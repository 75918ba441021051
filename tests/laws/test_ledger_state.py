"""Whatever is recorded, corrected and withdrawn: the state is what the entries come to, and nothing that was written is lost."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.laws.ledgers import AUTHOR, NOW, PATIENTS, Fold, fresh, next_asked, raw, readings
from tests.laws.plans import few
from titration.service.rounds import administration
from titration.service.rounds.asked import NewDose, NewEvent, NewLab, NewNote, NewReading, NewStudyRow
from titration.service.rounds.desk import Desk
from titration.service.rounds.told import PatientSheet
from titration.store.replica import Replica, differences
from titration.store.tables import STUDY


def told(sheet: PatientSheet) -> dict[int, object]:
    """The record a front end is told, as what was asked."""
    patient = sheet.person.patient_id
    found: dict[int, object] = {}
    for r in sheet.readings:
        found[r.seq] = (NewReading, patient, r.minute, r.value, r.timing, r.source)
    for d in sheet.doses:
        found[d.seq] = (NewDose, patient, d.minute, d.drug, d.amount, d.unit, d.slot, d.route)
    for e in sheet.events:
        found[e.seq] = (NewEvent, patient, e.minute, e.kind)
    for one in sheet.labs:
        found[one.seq] = (NewLab, patient, one.minute, one.kind, one.value)
    for n in sheet.notes:
        found[n.seq] = (NewNote, patient, n.minute, n.text)
    return found


def study_told(desk: Desk) -> dict[int, object]:
    """Rows of the study's tables that stand."""
    with desk.ledger.reading() as connection:
        return {
            row.seq: (NewStudyRow, row.patient, row.sheet, json.loads(row.cells))
            for row in connection.execute(STUDY.select())
        }


def asked(new: object) -> object:
    match new:
        case NewStudyRow():
            return (NewStudyRow, new.patient_id, new.table, dict(new.cells))
        case NewReading():
            return (NewReading, new.patient_id, new.minute, new.value, new.timing, new.source)
        case NewDose():
            return (NewDose, new.patient_id, new.minute, new.drug, new.amount, new.unit, new.slot, new.route)
        case NewEvent():
            return (NewEvent, new.patient_id, new.minute, new.kind)
        case NewLab():
            return (NewLab, new.patient_id, new.minute, new.kind, new.value)
        case NewNote():
            return (NewNote, new.patient_id, new.minute, new.text)
        case _:
            raise AssertionError(new)


@few
@given(data=st.data())
def test_the_state_is_the_fold_of_the_entries_and_can_be_made_anew(data: st.DataObject) -> None:
    with fresh() as (desk, path):
        fold = Fold()
        for _ in range(data.draw(st.integers(1, 12))):
            new = data.draw(next_asked(fold))
            (seq,) = desk.record(AUTHOR, [new], minute=NOW).seqs
            fold.take(seq, new)
        sheets = [desk.patient(patient, minute=NOW) for patient in PATIENTS]
        found = {seq: row for sheet in sheets for seq, row in told(sheet).items()} | study_told(desk)
        assert found == {seq: asked(new) for seq, new in fold.standing.items()}
        replaced = {r.seq: r.replaces for s in sheets for r in (*s.readings, *s.doses) if r.replaces is not None}
        assert {seq: of for seq, of in fold.replaced.items() if seq in replaced} == replaced
        with desk.ledger.reading() as connection, Replica() as replica:
            for entry in desk.ledger.walk(connection):
                replica.feed(entry)
            replica.settle()
            assert list(differences(connection, replica.connection)) == []
        assert desk.verify() == (desk.head(), None)
        assert administration.rebuild(str(path)) == desk.head()
        assert [desk.patient(patient, minute=NOW) for patient in PATIENTS] == sheets


@few
@given(data=st.data())
def test_one_batch_is_recorded_like_its_parts_one_by_one(data: st.DataObject) -> None:
    fold, batch = Fold(), []
    for number in range(data.draw(st.integers(1, 6))):
        new = data.draw(next_asked(Fold()))
        fold.take(number, new)
        batch.append(new)
    with fresh() as (one, _), fresh() as (other, _):
        together = one.record(AUTHOR, batch, minute=NOW)
        apart = [other.record(AUTHOR, [new], minute=NOW).seqs[0] for new in batch]
        assert list(together.seqs) == apart
        assert one.entries() == other.entries()
        assert one.ward(minute=NOW) == other.ward(minute=NOW)


@few
@given(data=st.data())
def test_a_derived_row_that_was_touched_is_found_and_made_whole(data: st.DataObject) -> None:
    with fresh() as (desk, path):
        batch = [data.draw(readings("P1")) for _ in range(3)]
        seqs = desk.record(AUTHOR, batch, minute=NOW).seqs
        victim = data.draw(st.sampled_from(seqs))
        with raw(path) as connection:
            connection.execute("UPDATE readings SET value = value + 1 WHERE seq = ?", (victim,))
        _, fault = desk.verify()
        assert fault is not None
        assert f"entry {victim} " in fault
        administration.rebuild(str(path))
        assert desk.verify() == (desk.head(), None)
