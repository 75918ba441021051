"""A ledger of every version of the tables opens in this one, and is what it was.

``ledgers/version-N.gz`` is a backup of a small made-up ledger (two patients of ``examples/make_ward.py``, a week, one signed plan),
made by the last program that used version N of the tables. It is never made again.
"""

import gzip
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect

from titration.service.rounds.asked import NewNote
from titration.service.rounds.desk import Desk, program_version
from titration.service.rounds.opening import create_ledger, open_desk
from titration.service.rounds.told import Refused, Role, User
from titration.service.rounds.verification import verify
from titration.store import migrations

KEPT = sorted((Path(__file__).parent / "ledgers").glob("version-*.gz"))
NOW = 20_521 * 1440 + 7 * 60
HEAD = {"version-1.gz": (195, "54617731c8ca141c58cc6ca1c125787dfe6edda1f90f8a01cb63b06494a12b45")}
"""Number and hash of the last entry of each."""


@pytest.fixture(params=KEPT, ids=lambda path: path.stem)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    path = tmp_path / "old.ledger"
    path.write_bytes(gzip.decompress(request.param.read_bytes()))
    return request.param.name, path


def test_there_is_one_of_every_version_before_this_one() -> None:
    assert len(KEPT) >= max(1, len(migrations.MIGRATIONS) - 1)
    assert set(HEAD) == {path.name for path in KEPT}


def test_an_old_ledger_opens_with_everything_in_it(kept: tuple[str, Path]) -> None:
    name, path = kept
    desk = open_desk(str(path), read_only=False)
    try:
        verdict = verify(desk.ledger, program=program_version())
        # What a newer engine plans may differ and is said; everything else must be whole.
        assert [fault for fault in verdict.faults if "the plan made again differs" not in fault.text] == []
        assert (verdict.entries, verdict.head) == HEAD[name]
        (decision,) = desk.entries(kinds=("decision",))
        assert desk.recorded_plan(decision.seq).assessment.lines
        assert len(desk.ward(minute=NOW).rows) == 2
        desk.record(User("Dr Old", Role.PRESCRIBER), [NewNote("W01", NOW, "still writable")], minute=NOW)
    finally:
        desk.close()


def shape(connection: Connection) -> dict[str, object]:
    seen = inspect(connection)
    return {
        name: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in seen.get_columns(name)],
            seen.get_pk_constraint(name)["constrained_columns"],
            sorted(str(index["name"]) for index in seen.get_indexes(name)),
        )
        for name in sorted(seen.get_table_names())
    } | {
        "triggers": sorted(
            row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        )
    }


def shape_of(desk: Desk) -> dict[str, object]:
    with desk.ledger.reading() as connection:
        return shape(connection)


def test_an_old_ledger_comes_to_the_tables_of_a_new_one(kept: tuple[str, Path], tmp_path: Path) -> None:
    create_ledger(str(tmp_path / "new.ledger"), minute=NOW, single_user=True, user="x").close()
    old, new = (open_desk(str(path), read_only=False) for path in (kept[1], tmp_path / "new.ledger"))
    assert shape_of(old) == shape_of(new)
    old.close()
    new.close()


def test_a_ledger_of_a_newer_program_is_left_alone(kept: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "MIGRATIONS", ())
    before = kept[1].read_bytes()
    with pytest.raises(Refused, match="newer program"):
        open_desk(str(kept[1]), read_only=False)
    assert kept[1].read_bytes() == before


def test_a_step_that_fails_leaves_the_ledger_as_it_was(kept: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE half_done (x INTEGER)")
        raise RuntimeError("the step failed")

    done = migrations.MIGRATIONS
    monkeypatch.setattr(migrations, "MIGRATIONS", (*done, ("fails", fails)))
    with pytest.raises(RuntimeError):
        open_desk(str(kept[1]), read_only=False)
    with pytest.raises(Refused, match="older program"):
        open_desk(str(kept[1]), read_only=True)
    monkeypatch.setattr(migrations, "MIGRATIONS", done)
    desk = open_desk(str(kept[1]), read_only=False)
    assert "half_done" not in shape_of(desk)
    desk.close()
