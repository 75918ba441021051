"""The state of a ledger made anew from its entries, in memory: to be looked at as of any entry, or compared with what is kept."""

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Table, create_engine, select
from sqlalchemy.pool import StaticPool

from titration.store.entries import Entry
from titration.store.state import changes_of, write
from titration.store.tables import META, STATE

_BATCH = 5000


class Replica:
    """Tables of state that entries are fed into. Use as a context; ``connection`` may be read at any time."""

    def __init__(self) -> None:
        self._engine = create_engine("sqlite://", poolclass=StaticPool, hide_parameters=True)
        self.connection: Connection = self._engine.connect()
        META.create_all(self.connection)
        self._waiting: list[Entry] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()
        self._engine.dispose()

    def feed(self, entry: Entry) -> None:
        """Take one entry in; it shows once ``settle`` is called."""
        self._waiting.append(entry)
        if len(self._waiting) >= _BATCH:
            self.settle()

    def settle(self) -> None:
        """Let everything fed so far show."""
        if self._waiting:
            write(self.connection, changes_of(self._waiting))
            self._waiting.clear()


def rebuild(connection: Connection, entries: Iterable[Entry]) -> int:
    """Empty the state of a ledger and fill it again from its entries; how many there were."""
    for table in STATE:
        connection.execute(table.delete())
    count, waiting = 0, list[Entry]()
    for entry in entries:
        waiting.append(entry)
        count += 1
        if len(waiting) >= _BATCH:
            write(connection, changes_of(waiting))
            waiting.clear()
    if waiting:
        write(connection, changes_of(waiting))
    return count


def differences(kept: Connection, anew: Connection) -> Iterator[tuple[int, str]]:
    """Rows of the state that are not the same in both: the entry they belong to, and the table. None: the state is whole."""
    for table in STATE:
        here, there = _rows(kept, table), _rows(anew, table)
        if here == there:
            continue
        for row in sorted(set(here) ^ set(there), key=repr):
            yield _entry_of(table, row), table.name


def _rows(connection: Connection, table: Table) -> list[tuple[Any, ...]]:
    found = [tuple(row) for row in connection.execute(select(table))]
    return sorted(found, key=repr)


def _entry_of(table: Table, row: tuple[Any, ...]) -> int:
    names = [column.name for column in table.columns]
    return int(row[names.index("seq" if "seq" in names else "record")])
