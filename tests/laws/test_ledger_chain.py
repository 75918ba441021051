"""Whoever changes, takes away or adds anything in the entries is found at the first entry it shows at."""

import json
import sqlite3

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.laws.ledgers import AUTHOR, NOW, Fold, fresh, next_asked, raw
from tests.laws.plans import few
from titration.service.rounds.desk import Desk
from titration.service.rounds.verification import verify
from titration.store.entries import canonical

COLUMNS = ("kind", "patient", "minute", "author", "body", "prev", "hash")


def fill(desk: Desk, data: st.DataObject) -> int:
    fold = Fold()
    for _ in range(4):
        new = data.draw(next_asked(fold))
        fold.take(desk.record(AUTHOR, [new], minute=NOW).seqs[0], new)
    return desk.head()


@few
@given(data=st.data(), column=st.sampled_from(COLUMNS))
def test_a_change_of_any_byte_is_named(data: st.DataObject, column: str) -> None:
    with fresh() as (desk, path):
        head = fill(desk, data)
        victim = data.draw(st.integers(1, head))
        with raw(path) as connection:
            (old,) = connection.execute(f"SELECT {column} FROM entries WHERE seq = ?", (victim,)).fetchone()
            new = _changed(data, old)
            connection.execute(f"UPDATE entries SET {column} = ? WHERE seq = ?", (new, victim))
        verdict = verify(desk.ledger, program="any")
        assert not verdict.whole
        assert verdict.faults[0].seq == victim
        assert verdict.entries == victim - 1


def _changed(data: st.DataObject, old: object) -> object:
    if old is None:
        return "P1"
    if isinstance(old, int):
        return old + data.draw(st.sampled_from((-1440, -1, 1, 60)))
    text = str(old)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(min_codepoint=32, max_codepoint=126))
    assume(other != text[place])
    return text[:place] + other + text[place + 1 :]


@few
@given(data=st.data())
def test_an_entry_taken_away_is_missed(data: st.DataObject) -> None:
    with fresh() as (desk, path):
        head = fill(desk, data)
        victim = data.draw(st.integers(1, head - 1))
        with raw(path) as connection:
            connection.execute("DELETE FROM entries WHERE seq = ?", (victim,))
        verdict = verify(desk.ledger, program="any")
        assert verdict.faults[0].seq == victim
        assert "missing" in verdict.faults[0].text


@few
@given(data=st.data())
def test_two_entries_that_changed_places_are_found(data: st.DataObject) -> None:
    with fresh() as (desk, path):
        head = fill(desk, data)
        one = data.draw(st.integers(1, head - 1))
        with raw(path) as connection:
            for old, new in ((one, -1), (one + 1, one), (-1, one + 1)):
                connection.execute("UPDATE entries SET seq = ? WHERE seq = ?", (new, old))
        assert verify(desk.ledger, program="any").faults[0].seq == one


@few
@given(data=st.data())
def test_an_entry_put_between_is_found(data: st.DataObject) -> None:
    with fresh() as (desk, path):
        head = fill(desk, data)
        after = data.draw(st.integers(1, head - 1))
        with raw(path) as connection:
            connection.execute("UPDATE entries SET seq = -seq WHERE seq > ?", (after,))
            connection.execute("UPDATE entries SET seq = 1 - seq WHERE seq < 0")
            connection.execute(
                "INSERT INTO entries SELECT ?, kind, patient, minute, author, body, prev, hash FROM entries WHERE seq = ?",
                (after + 1, after),
            )
        assert verify(desk.ledger, program="any").faults[0].seq == after + 1


@few
@given(data=st.data())
def test_the_database_itself_refuses_to_change_or_take_away_an_entry(data: st.DataObject) -> None:
    with fresh() as (desk, path):
        head = fill(desk, data)
        connection = sqlite3.connect(path)
        for statement in ("UPDATE entries SET author = 'x'", "DELETE FROM entries", "DELETE FROM files"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)
        connection.close()
        assert desk.verify() == (head, None)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=("Cs",))),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=5), part, max_size=3),
    max_leaves=8,
)


@given(value=json_values)
def test_equal_values_have_one_text_which_reads_back(value: object) -> None:
    text = canonical(value)
    assert canonical(json.loads(text)) == text
    assert json.loads(text) == value


def test_a_fraction_has_no_canonical_text() -> None:
    for value in (0.5, {"a": [1.0]}, float("nan")):
        with pytest.raises(ValueError, match="write it as text"):
            canonical(value)
