"""The same ledger on a real PostgreSQL, started for these tests."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.rounds.postgres import NoServer, server
from titration.service.rounds import administration
from titration.service.rounds.asked import Correction, NewNote, NewReading
from titration.service.rounds.demo import DEMO_MINUTE as NOW
from titration.service.rounds.demo import NURSE, PRESCRIBER
from titration.service.rounds.desk import Desk
from titration.service.rounds.opening import create_ledger, open_desk
from titration.service.rounds.recall import recall_reading
from titration.service.rounds.signing import key_of
from titration.service.rounds.told import Action, Choice, Refused, Stage

pytestmark = pytest.mark.slow
numbers = itertools.count()


@pytest.fixture(scope="module")
def databases() -> Iterator[str]:
    try:
        with server() as url:
            yield url
    except NoServer as missing:
        pytest.skip(f"POSTGRESQL NOT TESTED: {missing}")


@pytest.fixture
def empty(databases: str) -> str:
    """The URL of a new, empty database."""
    name = f"ward{next(numbers)}"
    with psycopg.connect(databases.format(name="postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return databases.format(name=name)


@pytest.fixture
def url(empty: str, demo_file: Path, tmp_path: Path) -> str:
    """The demo's ledger, carried over by an export."""
    administration.export(str(demo_file), tmp_path / "demo.jsonl")
    administration.read_in(tmp_path / "demo.jsonl", empty, user=None, passphrase=None, minute=NOW)
    return empty


@pytest.fixture
def pg(url: str) -> Iterator[Desk]:
    desk = open_desk(url, read_only=False)
    yield desk
    desk.close()


def test_the_ledger_carried_over_is_whole_and_says_the_same(pg: Desk, desk: Desk) -> None:
    assert pg.ledger.dialect == "postgresql"
    assert pg.verify() == (desk.head(), None)
    assert pg.ward(minute=NOW) == desk.ward(minute=NOW)
    assert pg.entries(most=50) == desk.entries(most=50)
    for patient in ("W01", "W05", "W12"):
        assert pg.patient(patient, minute=NOW) == desk.patient(patient, minute=NOW)


def test_recording_correcting_and_signing(pg: Desk) -> None:
    reading = NewReading("W12", NOW, 62, "6.2", "mmol/L", "fasting")
    (seq,) = pg.record(NURSE, [reading], minute=NOW).seqs
    pg.record(
        NURSE, [Correction(seq, "typed wrong", NewReading("W12", NOW, 72, "7.2", "mmol/L", "fasting"))], minute=NOW
    )
    sheet = pg.patient("W12", minute=NOW)
    assert [(r.value, r.replaces) for r in sheet.readings[-1:]] == [(72, seq)]
    choices = [Choice(key_of(line), Action.ACCEPT, line.after) for line in sheet.assessment.lines]
    receipt = pg.sign(PRESCRIBER, sheet, choices, minute=NOW)
    assert pg.recorded_plan(receipt.seqs[0]).assessment == sheet.assessment
    assert pg.ward(minute=NOW).find("W12").stage is Stage.SIGNED
    with pytest.raises(Refused):
        pg.sign(PRESCRIBER, sheet, choices, minute=NOW)
    assert pg.verify() == (pg.head(), None)
    assert recall_reading(pg.ledger, sheet.readings[-1].seq)[0].seq == receipt.seqs[0]


def test_the_database_refuses_to_change_entries(pg: Desk, url: str) -> None:
    for statement in (
        b"UPDATE entries SET author = 'x'",
        b"DELETE FROM entries",
        b"TRUNCATE entries",
        b"DELETE FROM files",
    ):
        with psycopg.connect(url) as connection, pytest.raises(psycopg.Error, match="append-only"):
            connection.execute(statement)
    assert pg.verify()[1] is None


def test_a_touched_state_is_found_and_made_anew(pg: Desk, url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(b"UPDATE readings SET value = value + 1 WHERE seq = (SELECT MAX(seq) FROM readings)")
    assert "rebuild" in str(pg.verify()[1])
    administration.rebuild(url)
    assert pg.verify() == (pg.head(), None)


def test_writers_take_turns_on_one_chain(url: str) -> None:
    def write(author: int) -> list[int]:
        desk = open_desk(url, read_only=False)
        notes = [NewNote("W01", NOW, f"{author}")] * 2
        seqs = [n for _ in range(15) for n in desk.record(NURSE, notes, minute=NOW).seqs]
        desk.close()
        return seqs

    with ThreadPoolExecutor(4) as pool:
        heard = [n for part in pool.map(write, range(4)) for n in part]
    desk = open_desk(url, read_only=True)
    head = desk.head()
    assert sorted(heard) == list(range(head - 119, head + 1))
    assert desk.verify() == (head, None)
    desk.close()


def test_a_database_with_a_ledger_is_not_made_one_again(url: str) -> None:
    with pytest.raises(Refused, match="already"):
        create_ledger(url, minute=NOW, single_user=True, user="Dr Lin")


def test_a_ledger_that_came_to_nothing_leaves_an_empty_database(empty: str, tmp_path: Path) -> None:
    (tmp_path / "broken.jsonl").write_text("{}\n", encoding="utf-8")
    with pytest.raises(Refused):
        administration.read_in(tmp_path / "broken.jsonl", empty, user=None, passphrase=None, minute=NOW)
    create_ledger(empty, minute=NOW, single_user=True, user="Dr Lin").close()


def test_there_is_no_ledger_where_none_was_made(empty: str) -> None:
    with pytest.raises(Refused, match="no ledger"):
        open_desk(empty, read_only=False)


def test_a_server_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        open_desk(f"postgresql://ward@/ward?host={tmp_path}", read_only=False)
    assert refused.value.code == "lost"
    assert "ward" not in str(refused.value)


def test_a_backup_of_postgresql_is_left_to_its_own_means(url: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="export"):
        administration.backup(url, tmp_path / "x.bak")
