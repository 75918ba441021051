"""Who may sign in, and what an export, a backup or a swapped passphrase can and cannot do."""

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from titration.service.rounds import administration as admin
from titration.service.rounds import people
from titration.service.rounds.demo import DEMO_MINUTE as NOW
from titration.service.rounds.desk import Desk
from titration.service.rounds.opening import create_ledger, open_desk
from titration.service.rounds.told import Refused, Role, User
from titration.service.rounds.verification import verify

LIN = User("Dr Lin", Role.PRESCRIBER)
PHRASE = "correct horse battery"


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Desk]:
    """A ledger with passphrases: one prescriber, one nurse."""
    path = str(tmp_path / "locked.ledger")
    create_ledger(path, minute=NOW, single_user=False, user=LIN.name, passphrase=PHRASE).close()
    desk = open_desk(path, read_only=False)
    admin.add_user(desk, LIN, User("Hao", Role.NURSE), passphrase="nurses sign too", minute=NOW)
    yield desk
    desk.close()


def test_a_new_ledger_has_nobody_on_the_ward_and_is_whole(locked: Desk) -> None:
    ward = locked.ward(minute=NOW)
    assert (ward.rows, ward.pack_id, ward.head) == ((), locked.pack.id, locked.head())
    assert locked.verify() == (locked.head(), None)
    with pytest.raises(Refused, match="no such patient"):
        locked.patient("W01", minute=NOW)


def test_the_right_passphrase_signs_in_and_nothing_else_does(locked: Desk) -> None:
    assert locked.needs_passphrase
    assert locked.sign_in("Dr Lin", PHRASE, minute=NOW) == LIN
    said = set[str]()
    for name, passphrase in (("Dr Lin", "wrong"), ("Dr Lin", ""), ("Nobody", PHRASE), ("", ""), ("Hao", PHRASE)):
        with pytest.raises(Refused) as refused:
            locked.sign_in(name, passphrase, minute=NOW)
        assert refused.value.code == "locked"
        said.add(str(refused.value))
    assert len(said) == 1


def test_a_wrong_name_costs_as_much_work_as_a_wrong_passphrase(locked: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    hasher = people._hasher()

    class Counting:
        def hash(self, phrase: str) -> str:
            return hasher.hash(phrase)

        def verify(self, kept: str, phrase: str) -> bool:
            checked.append(kept.rpartition("$")[0].rpartition("$")[0])
            return hasher.verify(kept, phrase)

    monkeypatch.setattr(people, "_hasher", Counting)
    for name in ("Dr Lin", "Nobody"):
        with pytest.raises(Refused):
            locked.sign_in(name, "wrong", minute=NOW)
    assert len(checked) == 2
    assert checked[0] == checked[1], "the same parameters of the hash"


def test_no_passphrase_is_in_the_file_or_in_an_export(locked: Desk, tmp_path: Path) -> None:
    path = locked.ledger.path
    assert path is not None
    admin.export(str(path), tmp_path / "out.jsonl")
    for name in (path, tmp_path / "out.jsonl"):
        assert PHRASE.encode() not in name.read_bytes()
    assert b"argon2" not in (tmp_path / "out.jsonl").read_bytes()


def test_a_hash_put_in_place_of_another_does_not_open_the_ledger_and_is_found(locked: Desk) -> None:
    path = locked.ledger.path
    assert path is not None
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE credentials SET argon2 = ?", (people._hasher().hash("mine now"),))
    connection.close()
    with pytest.raises(Refused):
        locked.sign_in("Dr Lin", "mine now", minute=NOW)
    assert "passphrase" in str(locked.verify()[1])


def test_a_new_passphrase_takes_the_place_of_the_old_one(locked: Desk) -> None:
    hao = locked.sign_in("Hao", "nurses sign too", minute=NOW)
    admin.set_passphrase(locked, hao, "Hao", "a better one", minute=NOW)
    assert locked.sign_in("Hao", "a better one", minute=NOW) == hao
    with pytest.raises(Refused):
        locked.sign_in("Hao", "nurses sign too", minute=NOW)
    with pytest.raises(Refused) as refused:
        admin.set_passphrase(locked, hao, "Dr Lin", "stolen goods", minute=NOW)
    assert refused.value.code == "role"
    with pytest.raises(Refused, match="too short"):
        admin.set_passphrase(locked, hao, "Hao", "short", minute=NOW)
    assert locked.verify()[1] is None


def test_only_a_prescriber_adds_and_disables_people(locked: Desk) -> None:
    hao = User("Hao", Role.NURSE)
    for act in (
        lambda: admin.add_user(locked, hao, User("Eve", Role.PRESCRIBER), passphrase="let me in!", minute=NOW),
        lambda: admin.disable_user(locked, hao, "Hao", minute=NOW),
        lambda: admin.change_pack(locked, hao, "huc-msc-t2dm", rules=None, minute=NOW),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "role"
    admin.disable_user(locked, LIN, "Hao", minute=NOW)
    assert locked.users == (LIN,)
    assert locked.verify()[1] is None
    with pytest.raises(Refused):
        locked.sign_in("Hao", "nurses sign too", minute=NOW)


def test_the_last_prescriber_stays(locked: Desk) -> None:
    with pytest.raises(Refused, match="last prescriber"):
        admin.disable_user(locked, LIN, "Dr Lin", minute=NOW)
    with pytest.raises(Refused, match="last prescriber"):
        admin.add_user(locked, LIN, User("Dr Lin", Role.VIEWER), passphrase=PHRASE, minute=NOW)


def test_a_ledger_without_passphrases_was_made_so_and_stays_so(desk: Desk) -> None:
    assert not desk.needs_passphrase
    assert desk.sign_in("Dr Lin", "", minute=NOW) == LIN
    with pytest.raises(Refused):
        desk.sign_in("Nobody", "", minute=NOW)
    with pytest.raises(Refused):
        admin.add_user(desk, LIN, User("Eve", Role.NURSE), passphrase="with a passphrase", minute=NOW)


@pytest.mark.parametrize(("single", "phrase"), [(True, PHRASE), (False, None), (False, "short")])
def test_a_ledger_is_made_with_a_passphrase_or_expressly_without(
    tmp_path: Path, *, single: bool, phrase: str | None
) -> None:
    with pytest.raises(Refused):
        create_ledger(str(tmp_path / "x.ledger"), minute=NOW, single_user=single, user="Dr Lin", passphrase=phrase)
    assert list(tmp_path.iterdir()) == []


def test_every_file_can_be_read_by_its_owner_only(locked: Desk, tmp_path: Path) -> None:
    path = str(locked.ledger.path)
    os.umask(old := os.umask(0))
    try:
        os.umask(0)
        admin.export(path, tmp_path / "out.jsonl")
        admin.backup(path, tmp_path / "copy.ledger")
        admin.read_in(tmp_path / "out.jsonl", str(tmp_path / "in.ledger"), user="Dr Lin", passphrase=PHRASE, minute=NOW)
        locked.record(LIN, [], minute=NOW)
    finally:
        os.umask(old)
    modes = {entry.name: entry.stat().st_mode & 0o777 for entry in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}, modes
    assert {"locked.ledger", "locked.ledger-wal", "out.jsonl", "copy.ledger", "in.ledger"} <= set(modes)


def test_an_import_keeps_the_chain_and_gives_one_prescriber_a_new_passphrase(locked: Desk, tmp_path: Path) -> None:
    source, target = tmp_path / "out.jsonl", tmp_path / "in.ledger"
    count = admin.export(str(locked.ledger.path), source)
    for user, phrase in (("Hao", PHRASE), (None, None), ("Nobody", PHRASE)):
        with pytest.raises(Refused, match="Dr Lin"):
            admin.read_in(source, str(target), user=user, passphrase=phrase, minute=NOW)
        assert not target.exists()
    assert admin.read_in(source, str(target), user="Dr Lin", passphrase="a new one here", minute=NOW) == count
    desk = open_desk(str(target), read_only=False)
    assert desk.sign_in("Dr Lin", "a new one here", minute=NOW) == LIN
    with pytest.raises(Refused):
        desk.sign_in("Hao", "nurses sign too", minute=NOW)
    verdict = verify(desk.ledger, program="any")
    assert (verdict.whole, verdict.entries) == (True, count + 1)
    assert desk.entries(most=count + 1)[1:] == locked.entries(most=count)
    desk.close()


def _damaged(lines: list[str], how: str) -> list[str]:
    last = json.loads(lines[-1])
    match how:
        case "cut short":
            return lines[:-1]
        case "cut in a line":
            return [*lines[:-1], lines[-1][:40]]
        case "a line taken out":
            return [*lines[:-3], *lines[-2:]]
        case "two lines swapped":
            return [*lines[:-2], lines[-1], lines[-2]]
        case "a body changed":
            return [*lines[:-1], json.dumps({**last, "body": last["body"].replace("nurse", "viewer")})]
        case "a field missing":
            return [*lines[:-1], json.dumps({name: value for name, value in last.items() if name != "author"})]
        case "a file changed":
            place = next(i for i, line in enumerate(lines) if '"file"' in line)
            data = json.loads(lines[place])
            return [*lines[:place], json.dumps({**data, "base64": "AAAA"}), *lines[place + 1 :]]
        case "another head":
            return [lines[0].replace('"head":"', '"head":"0'), *lines[1:]]
        case "no header":
            return lines[1:]
        case _:
            return ["{}"]


@pytest.mark.parametrize(
    "how",
    ["cut short", "cut in a line", "a line taken out", "two lines swapped", "a body changed", "a field missing",
     "a file changed", "another head", "no header", "nothing"],
)  # fmt: skip
def test_a_damaged_export_is_refused_and_leaves_nothing(locked: Desk, tmp_path: Path, how: str) -> None:
    source = tmp_path / "out.jsonl"
    admin.export(str(locked.ledger.path), source)
    lines = source.read_text(encoding="utf-8").splitlines()
    source.write_text("\n".join(_damaged(lines, how)) + "\n", encoding="utf-8")
    with pytest.raises(Refused):
        admin.read_in(source, str(tmp_path / "in.ledger"), user="Dr Lin", passphrase=PHRASE, minute=NOW)
    assert not (tmp_path / "in.ledger").exists()


def test_an_existing_file_is_never_written_over(locked: Desk, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("precious", encoding="utf-8")
    path = str(locked.ledger.path)
    for act in (
        lambda: admin.export(path, mine),
        lambda: admin.backup(path, mine),
        lambda: create_ledger(str(mine), minute=NOW, single_user=True, user="x"),
    ):
        with pytest.raises(Refused, match="exists"):
            act()
    assert mine.read_text(encoding="utf-8") == "precious"


def test_a_backup_is_taken_while_the_ledger_is_in_use_and_is_a_ledger(locked: Desk, tmp_path: Path) -> None:
    path = locked.ledger.path
    assert path is not None
    held = sqlite3.connect(path, isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    try:
        assert admin.backup(str(path), tmp_path / "copy.ledger") == locked.head()
    finally:
        held.execute("ROLLBACK")
        held.close()
    copy = open_desk(str(tmp_path / "copy.ledger"), read_only=False)
    assert copy.entries() == locked.entries()
    assert copy.sign_in("Dr Lin", PHRASE, minute=NOW) == LIN
    copy.close()


def test_a_ledger_that_is_not_whole_gets_no_backup(locked: Desk, tmp_path: Path) -> None:
    path = locked.ledger.path
    assert path is not None
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER entries_no_update")
        connection.execute("UPDATE entries SET author = 'x' WHERE seq = 2")
    connection.close()
    with pytest.raises(Refused, match="not whole"):
        admin.backup(str(path), tmp_path / "copy.ledger")
    assert not (tmp_path / "copy.ledger").exists()
