"""How an old ledger's tables are brought up to date: steps done once, in order, in one transaction with their record.

A new ledger gets the tables as they are now, and every step is recorded as done. A step is never edited once a ledger has
seen it: a later one changes what it made. That both ways come to the same tables is tested with a kept ledger of every version.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, insert, inspect, select

from titration.store.database import LedgerError
from titration.store.tables import ENTRIES, FILES, META, STUDY

Step: TypeAlias = Callable[[Connection], None]

_DONE: Final = Table(
    "migrations",
    MetaData(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", String(80), nullable=False),
)


def _nothing(_: Connection) -> None:
    """The first version's tables are made as a whole."""


def _study(connection: Connection) -> None:
    """A ledger of the first version holds no entry that this table is made from."""
    STUDY.create(connection, checkfirst=False)


MIGRATIONS: Final[tuple[tuple[str, Step], ...]] = (
    ("entries, files, credentials and state", _nothing),
    ("rows of a study's own tables", _study),
)


def version(connection: Connection) -> int:
    """Number of the last step that was done; 0 for a database without a ledger."""
    if not inspect(connection).has_table(_DONE.name):
        return 0
    return int(connection.execute(select(_DONE.c.number).order_by(_DONE.c.number.desc()).limit(1)).scalar() or 0)


def make(connection: Connection) -> None:
    """The tables of a new ledger."""
    META.create_all(connection, checkfirst=False)
    for table in (ENTRIES.name, FILES.name):
        for statement in _guards(connection.dialect.name, table):
            connection.exec_driver_sql(statement)
    _DONE.create(connection, checkfirst=False)
    connection.execute(insert(_DONE), [{"number": n, "name": name} for n, (name, _) in enumerate(MIGRATIONS, 1)])


def unmake(connection: Connection) -> None:
    """Take the tables of a ledger away that came to nothing while it was being made."""
    _DONE.drop(connection, checkfirst=True)
    META.drop_all(connection, checkfirst=True)


def migrate(connection: Connection) -> None:
    """Do the steps an old ledger lacks. Raises LedgerError for a ledger of a newer program."""
    have = version(connection)
    check_not_newer(have)
    for number, (name, step) in enumerate(MIGRATIONS[have:], have + 1):
        step(connection)
        connection.execute(insert(_DONE), {"number": number, "name": name})


def check_not_newer(have: int) -> None:
    """LedgerError when a newer program has been at work."""
    if have > len(MIGRATIONS):
        raise LedgerError("invalid", f"the ledger is of a newer program (tables {have}): update titration")


def _guards(dialect: str, table: str) -> tuple[str, ...]:
    """What makes the database itself refuse to change or take away rows; nothing on one that is not known to."""
    if dialect == "sqlite":
        return tuple(
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'a ledger is append-only'); END"
            for verb in ("update", "delete")
        )
    if dialect == "postgresql":
        refusal = (
            "CREATE OR REPLACE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'a ledger is append-only'; END $$"
        )
        call = "EXECUTE FUNCTION ledger_is_append_only()"
        return (
            refusal,
            f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {call}",
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {call}",
        )
    return ()
