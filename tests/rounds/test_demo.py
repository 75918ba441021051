import subprocess
import sys
from pathlib import Path

from titration.service.rounds.demo import DEMO_MINUTE, demo_ledger
from titration.service.rounds.desk import Desk
from titration.service.rounds.told import Action, SignedRow, Stage

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "titration" / "service" / "rounds" / "made_up"


def test_the_kept_ward_is_what_the_script_writes(tmp_path: Path) -> None:
    script = ROOT / "examples" / "make_ward.py"
    subprocess.run([sys.executable, script, tmp_path / "w", "--morning", "07:00"], check=True, capture_output=True)
    written = {path.name: path.read_bytes() for path in (tmp_path / "w").iterdir()}
    assert written == {path.name: path.read_bytes() for path in KEPT.iterdir()}


def test_the_ward_of_the_demo(desk: Desk) -> None:
    sheet = desk.ward(minute=DEMO_MINUTE)
    assert len(sheet.rows) == 24
    assert {row.person.ward for row in sheet.rows} == {"A区", "B区"}
    assert all(row.person.name and row.person.bed for row in sheet.rows)
    assert all(row.stage is Stage.OPEN for row in sheet.rows)
    assert [row.urgency for row in sheet.rows] == sorted(row.urgency for row in sheet.rows)
    assert sum(row.fasting is not None for row in sheet.rows) >= 20
    assert desk.verify() == (desk.head(), None)


def test_the_demo_has_decisions_of_every_kind(desk: Desk) -> None:
    assert {kind for kind in ("recommendation", "decision", "regimen") if desk.entries(kinds=(kind,))} == {
        "recommendation",
        "decision",
        "regimen",
    }
    assert {entry.minute for entry in desk.entries(most=9999) if ("clock", "set back") in entry.facts} == set()
    signed = [row for w in desk.ward(minute=DEMO_MINUTE).rows for row in _signed(desk, w.person.patient_id)]
    assert len(signed) >= 20
    assert {choice.action for row in signed for choice in row.choices} == set(Action)


def _signed(desk: Desk, patient: str) -> list[SignedRow]:
    return list(desk.patient(patient, minute=DEMO_MINUTE).signed)


def test_the_demo_is_opened_again_as_it_was_left(tmp_path: Path) -> None:
    first = demo_ledger(tmp_path)
    head = first.head()
    first.close()
    again = demo_ledger(tmp_path)
    assert again.head() == head
    assert not again.needs_passphrase
    again.close()
    assert [path.name for path in tmp_path.iterdir()] == ["demo.ledger"]
