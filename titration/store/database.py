"""The database under a ledger: how it is opened so that nothing acknowledged is lost, and what its failures mean.

SQLite is one file with a write-ahead log. Every commit is flushed to the disk before it is acknowledged, a writer takes its lock
before it reads, and the file and its companions can be read by their owner only.
"""

import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError

BUSY_SECONDS: Final = 10
"""How long a writer waits for another to finish."""
_LOCK: Final = 0x7469_7472
"""Advisory lock of writers on PostgreSQL."""
_WRITES: Final = "ledger_writes"


class LedgerError(Exception):
    """The ledger cannot be used; ``code`` as in ``told.Refused``, the message names the remedy and no patient value."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def path_of(url: str) -> Path | None:
    """The file of a SQLite ledger, given as a path or a ``sqlite:///`` URL; None for any other database."""
    if url.startswith("sqlite:///"):
        return Path(url.removeprefix("sqlite:///"))
    return None if "://" in url else Path(url)


def make_file(path: Path) -> None:
    """An empty file for a new ledger that only its owner can read; LedgerError when there is one already."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise LedgerError("invalid", f"{path} exists: name a file that does not") from None
    except OSError as error:
        raise LedgerError("lost", f"{path}: {error.strerror}: name a folder that can be written to") from None


def connect(url: str, *, read_only: bool) -> Engine:
    """An engine on an existing ledger database."""
    path = path_of(url)
    if path is not None:
        return _sqlite(path, read_only=read_only)
    engine = create_engine(_driver(url), isolation_level="REPEATABLE READ", hide_parameters=True, pool_pre_ping=True)

    def begun(connection: Connection) -> None:
        if connection.get_execution_options().get(_WRITES) and engine.dialect.name == "postgresql":
            # Two writers take turns, so that each reads the head the other wrote.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")

    event.listen(engine, "begin", begun)
    return engine


def _driver(url: str) -> str:
    for short in ("postgresql://", "postgres://"):
        if url.startswith(short):
            return "postgresql+psycopg://" + url.removeprefix(short)
    return url


def _sqlite(path: Path, *, read_only: bool) -> Engine:
    if not path.is_file():
        raise LedgerError("lost", f"no ledger {path}: check the name, or make one with `titration ledger create`")
    mode = "rw"
    if read_only:
        # Where nothing can be written beside the file, its log cannot be shared with a writer; there is none then.
        beside = path.with_name(path.name + "-wal")
        mode = "ro" if os.access(path.parent, os.W_OK) or beside.exists() else "ro&immutable=1"
    address = f"file:{quote(str(path.absolute()))}?mode={mode}"

    def opened() -> sqlite3.Connection:
        made = sqlite3.connect(
            address,
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        made.execute("PRAGMA trusted_schema=OFF")
        if read_only:
            made.execute("PRAGMA query_only=ON")
        else:
            made.execute("PRAGMA journal_mode=WAL")
            # FULL flushes the log at every commit: what was acknowledged survives a power cut.
            made.execute("PRAGMA synchronous=FULL")
        return made

    engine = create_engine("sqlite://", creator=opened, poolclass=QueuePool, hide_parameters=True)

    def begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "begin", begun)
    return engine


@contextmanager
def reading(engine: Engine) -> Generator[Connection]:
    """A connection that sees the ledger as it stood at one moment."""
    with _told(), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Generator[Connection]:
    """A connection with the one writer's lock; what it did stands only when the block ends well."""
    with _told(), engine.connect() as plain:
        options: dict[str, Any] = {_WRITES: True}
        if engine.dialect.name == "postgresql":
            # A snapshot taken while waiting for the lock would not hold what the other writer wrote.
            options["isolation_level"] = "READ COMMITTED"
        connection = plain.execution_options(**options)
        with connection.begin():
            yield connection


@contextmanager
def _told() -> Generator[None]:
    try:
        yield
    except DBAPIError as error:
        raise failure(error) from None


_SAYS: Final = (
    ("locked", "busy", "another terminal is writing to the ledger; nothing was recorded: try again"),
    ("lock timeout", "busy", "another terminal is writing to the ledger; nothing was recorded: try again"),
    (
        "could not serialize",
        "busy",
        "another terminal wrote to the ledger at the same time; nothing was recorded: try again",
    ),
    ("readonly", "read_only", "the ledger's file cannot be written to; nothing was recorded: check who owns it"),
    ("read-only", "read_only", "the ledger cannot be written to; nothing was recorded: check the database's rights"),
    (
        "permission denied",
        "read_only",
        "the ledger cannot be written to; nothing was recorded: check the database's rights",
    ),
    ("attempt to write", "read_only", "the ledger cannot be written to; nothing was recorded: check who owns it"),
    ("is full", "full", "the disk is full; nothing was recorded: make room and try again"),
    (
        "disk i/o",
        "lost",
        "the disk refused to write or read; nothing was recorded: check the disk, then `titration ledger verify`",
    ),
    ("malformed", "lost", "the ledger's file is damaged: restore the last backup, and keep the damaged file"),
    ("not a database", "lost", "this file is not a ledger: check the name"),
    ("append-only", "invalid", "entries of a ledger cannot be changed or taken away"),
)


def failure(error: DBAPIError) -> LedgerError:
    """What a database's failure means to whoever was recording. Its own text may hold values and is not repeated."""
    said = str(error.orig).casefold()
    for mark, code, message in _SAYS:
        if mark in said:
            return LedgerError(code, message)
    if isinstance(error, IntegrityError):
        return LedgerError("busy", "another terminal wrote at the same time; nothing was recorded: try again")
    return LedgerError("lost", f"the ledger's database cannot be used ({type(error.orig).__name__}): is it running?")
