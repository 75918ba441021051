"""Nothing acknowledged is lost and nothing half-written is read: killed writers, power cuts, full disks, two writers, odd clocks."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws.ledgers import AUTHOR, fresh
from tests.laws.ledgers import NOW as LAW_NOW
from tests.laws.plans import few
from titration.service.rounds.asked import NewNote, NewReading
from titration.service.rounds.demo import DEMO_MINUTE as NOW
from titration.service.rounds.demo import NURSE
from titration.service.rounds.desk import Desk
from titration.service.rounds.opening import open_desk
from titration.service.rounds.told import Refused
from titration.service.rounds.verification import verify
from titration.store import database

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def writers(*command: object) -> dict[str, Any]:
    program = [sys.executable, str(Path(__file__).with_name("writers.py")), *map(str, command)]
    done = subprocess.run(
        program, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def whole(path: Path, heard: list[int], before: int) -> int:
    """The ledger is whole, and every pair of entries that was acknowledged is there; the head."""
    desk = open_desk(str(path), read_only=False)
    try:
        head, fault = desk.verify()
        assert fault is None
        assert set(heard) <= set(range(before + 1, head + 1))
        assert (head - before) % 2 == 0, "half of a pair was kept"
        return head
    finally:
        desk.close()


def head_of(path: Path) -> int:
    desk = open_desk(str(path), read_only=True)
    try:
        return desk.head()
    finally:
        desk.close()


def test_writers_killed_at_any_moment_lose_nothing_that_was_acknowledged(ledger_file: Path) -> None:
    before = head_of(ledger_file)
    heard = [n for round_ in writers("kill", ledger_file, 25, 1)["heard"] for n in round_]
    assert len(heard) > 50
    assert len(heard) == len(set(heard))
    # A pair that was written but not yet said may be there too: never half of it.
    head = whole(ledger_file, heard, before)
    assert head - before - len(heard) <= 2 * 25


def test_two_writers_take_turns_on_one_chain(ledger_file: Path) -> None:
    before = head_of(ledger_file)
    one, other = writers("two", ledger_file, 40)["heard"]
    assert len(one) == len(other) == 80
    assert sorted(one + other) == list(range(before + 1, before + 161))
    assert whole(ledger_file, one + other, before) == before + 160


@few
@given(turns=st.lists(st.integers(0, 2), min_size=2, max_size=12))
def test_terminals_that_take_turns_in_any_order_see_what_the_others_wrote(turns: list[int]) -> None:
    with fresh() as (first, path):
        desks = [first, *(open_desk(str(path), read_only=False) for _ in range(2))]
        try:
            start = first.head()
            for number, turn in enumerate(turns, 1):
                note = NewNote("P1", LAW_NOW, f"{turn}")
                assert desks[turn].record(AUTHOR, [note], minute=LAW_NOW).seqs == (start + number,)
                assert {desk.head() for desk in desks} == {start + number}
            told = {tuple(note.text for note in desk.patient("P1", minute=LAW_NOW).notes) for desk in desks}
            assert told == {tuple(str(turn) for turn in turns)}
            assert first.verify() == (start + len(turns), None)
        finally:
            for desk in desks[1:]:
                desk.close()


# -- power cuts --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cut_up(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[int, int]]]:
    """A ledger as it lies on the disk while it is written to, and after each acknowledged entry: its head, the log's size."""
    folder = tmp_path_factory.mktemp("power")
    with fresh() as (desk, path):
        log = path.with_name(path.name + "-wal")
        sizes = [(desk.head(), log.stat().st_size if log.exists() else 0)]
        for number in range(12):
            notes = [NewNote("P1", LAW_NOW, f"note {number} 记录"), NewNote("P2", LAW_NOW, "x" * 300 * number + "!")]
            desk.record(AUTHOR, notes, minute=LAW_NOW)
            sizes.append((desk.head(), log.stat().st_size))
        shutil.copy(path, folder / "cut.ledger")
        shutil.copy(log, folder / "cut.ledger-wal")
    return folder / "cut.ledger", sizes


@settings(max_examples=max(25, settings().max_examples // 2))
@given(data=st.data())
def test_a_power_cut_leaves_all_that_was_flushed_and_no_half_entry(
    data: st.DataObject, cut_up: tuple[Path, list[tuple[int, int]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path, sizes = cut_up
    log = path.with_name(path.name + "-wal").read_bytes()
    end = data.draw(st.sampled_from([size for _, size in sizes]) | st.integers(sizes[0][1], sizes[-1][1]))
    tail = data.draw(st.sampled_from((b"", b"\0" * 5000, b"\xff" * 5000, log[:5000])))
    copy = Path(shutil.copy(path, tmp_path_factory.mktemp("cut") / "ward.ledger"))
    # Whatever of the log was not yet flushed may be missing, or garbage.
    copy.with_name(copy.name + "-wal").write_bytes(log[:end] + tail)
    flushed = max(head for head, size in sizes if size <= end)
    desk = open_desk(str(copy), read_only=False)
    try:
        assert desk.head() == flushed
        assert desk.verify() == (flushed, None)
        desk.record(AUTHOR, [NewNote("P1", LAW_NOW, "the power is back")], minute=LAW_NOW)
        assert desk.verify() == (flushed + 1, None)
    finally:
        desk.close()


def test_every_commit_is_flushed_to_the_disk(desk: Desk) -> None:
    with desk.ledger.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


# -- full and read-only disks ------------------------------------------------------------------------------------------------


def test_a_file_that_may_grow_no_more_refuses_and_keeps_what_it_had(ledger_file: Path) -> None:
    before = head_of(ledger_file)
    size = ledger_file.stat().st_size + 200_000
    told = writers("limit", ledger_file, size)
    assert told["code"] == "lost"
    assert "nothing was recorded" in told["message"]
    assert whole(ledger_file, told["heard"], before) == before + len(told["heard"])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("a small disk can only be mounted by root: the limit of a file's size is tested instead")
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=False).returncode:
        pytest.skip("mounting is not allowed here: the limit of a file's size is tested instead")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_refuses_and_goes_on_when_there_is_room(small_disk: Path, demo_file: Path) -> None:
    path = Path(shutil.copy(demo_file, small_disk / "ward.ledger"))
    before = head_of(path)
    desk = open_desk(str(path), read_only=False)
    heard: list[int] = []
    filler = small_disk / "filler"
    try:
        filler.write_bytes(b"\0" * (_free(small_disk) - 60_000))
        with pytest.raises(Refused) as refused:  # noqa: PT012 - which of them is refused depends on the disk
            for number in range(1000):
                heard += desk.record(NURSE, [NewNote("W01", NOW, f"{number} " + "x" * 900)] * 2, minute=NOW).seqs
        assert refused.value.code == "full"
        assert heard
        assert desk.head() == before + len(heard)
        filler.unlink()
        heard += desk.record(NURSE, [NewNote("W01", NOW, "room again")] * 2, minute=NOW).seqs
    finally:
        desk.close()
    assert whole(path, heard, before) == before + len(heard)


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def test_a_disk_that_turned_read_only_is_looked_at_and_not_written_to(small_disk: Path, demo_file: Path) -> None:
    path = Path(shutil.copy(demo_file, small_disk / "ward.ledger"))
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    try:
        desk = open_desk(str(path), read_only=False)
        assert desk.read_only
        assert len(desk.ward(minute=NOW).rows) == 24
        assert desk.verify()[1] is None
        with pytest.raises(Refused) as refused:
            desk.record(NURSE, [NewNote("W01", NOW, "x")], minute=NOW)
        assert refused.value.code == "read_only"
        desk.close()
    finally:
        subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)


def test_a_ledger_opened_for_reading_writes_nothing(ledger_file: Path) -> None:
    before = ledger_file.read_bytes()
    desk = open_desk(str(ledger_file), read_only=True)
    try:
        assert desk.read_only
        desk.ward(minute=NOW)
        with pytest.raises(Refused) as refused:
            desk.record(NURSE, [NewNote("W01", NOW, "x")], minute=NOW)
        assert refused.value.code == "read_only"
    finally:
        desk.close()
    assert ledger_file.read_bytes() == before


# -- clocks, damage, and who is writing -----------------------------------------------------------------------------------------


def test_a_clock_set_back_is_recorded_as_it_is_and_pointed_out(desk: Desk) -> None:
    early = NOW - 5 * 1440
    (seq,) = desk.record(NURSE, [NewNote("W01", early, "the clock was wrong")], minute=early).seqs
    (entry,) = desk.entries(most=1)
    assert (entry.seq, entry.minute) == (seq, early)
    assert ("clock", "set back") in entry.facts
    verdict = verify(desk.ledger, program="any")
    assert [remark.seq for remark in verdict.remarks] == [seq]
    assert desk.verify() == (seq, None)


def test_a_writer_that_cannot_get_the_lock_is_told_to_try_again(
    ledger_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    desk = open_desk(str(ledger_file), read_only=False)
    other = sqlite3.connect(ledger_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(Refused) as refused:
            desk.record(NURSE, [NewNote("W01", NOW, "x")], minute=NOW)
        assert refused.value.code == "busy"
        assert len(desk.ward(minute=NOW).rows) == 24, "readers do not wait"
    finally:
        other.execute("ROLLBACK")
        other.close()
    desk.record(NURSE, [NewReading("W01", NOW, 62, "6.2", "mmol/L", "fasting")], minute=NOW)
    desk.close()


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("content", [b"", b"not a ledger at all " * 300, b"SQLite format 3\0" + b"\0" * 4000])
def test_a_file_that_is_no_ledger_is_refused_in_words_and_left_as_it_is(
    tmp_path: Path, content: bytes, *, read_only: bool
) -> None:
    path = tmp_path / "x.ledger"
    path.write_bytes(content)
    with pytest.raises(Refused) as refused:
        open_desk(str(path), read_only=read_only)
    assert refused.value.code == "lost"
    assert path.read_bytes() == content


def test_another_programs_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE entries (x INTEGER)")
    connection.close()
    content = path.read_bytes()
    with pytest.raises(Refused, match="no ledger"):
        open_desk(str(path), read_only=False)
    assert path.read_bytes() == content
