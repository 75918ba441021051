"""A ledger: entries appended one transaction at a time, read back, and the files of the packs they name."""

import hashlib
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, text

from titration.store import migrations
from titration.store.bodies import Body
from titration.store.database import LedgerError, connect, make_file, path_of, reading, writing
from titration.store.entries import GENESIS, Entry, Kind, chained
from titration.store.state import changes_of, write
from titration.store.tables import CREDENTIALS, ENTRIES, FILES, HEADS

_FIELDS = ("seq", "kind", "patient", "minute", "author", "body", "prev", "hash")


class Pen:
    """Entries in the writing: chained to the last one and kept only if the whole block ends well."""

    def __init__(self, connection: Connection, *, minute: int, author: str) -> None:
        self.connection = connection
        self._after = last_of(connection)
        self._minute = minute
        self._author = author
        self.written: list[Entry] = []

    @property
    def head(self) -> int:
        """Number of the last entry, those being written included."""
        return self._after[0]

    def add(self, kind: Kind, body: Body, *, patient: str | None = None, minute: int | None = None) -> int:
        """Append one entry; its number. ``minute`` is when it is recorded, if not when the block is."""
        when = self._minute if minute is None else minute
        data = body.model_dump(mode="json")
        entry = chained(after=self._after, kind=kind, patient=patient, minute=when, author=self._author, body=data)
        self._after = (entry.seq, entry.hash)
        self.written.append(entry)
        return entry.seq

    def keep(self, files: Mapping[str, bytes]) -> dict[str, str]:
        """Store files by their content; the hash of each by name."""
        hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        known = set(
            self.connection.execute(select(FILES.c.sha256).where(FILES.c.sha256.in_(hashes.values()))).scalars()
        )
        new = {hashes[name]: data for name, data in files.items() if hashes[name] not in known}
        if new:
            self.connection.execute(insert(FILES), [{"sha256": name, "data": data} for name, data in new.items()])
        return hashes

    def flush(self) -> None:
        """Hand what was added to the database, with the state it comes to."""
        if not self.written:
            return
        rows = [{name: getattr(entry, name) for name in _FIELDS} for entry in self.written]
        self.connection.execute(insert(ENTRIES), rows)
        write(self.connection, changes_of(self.written))


class Ledger:
    """An open ledger. Every method is one transaction; LedgerError says why one could not be done."""

    def __init__(self, engine: Engine, *, read_only: bool, path: Path | None = None) -> None:
        self._engine = engine
        self.read_only = read_only
        self.path = path

    @classmethod
    def create(cls, url: str) -> "Ledger":
        """A new, empty ledger; LedgerError when there is one already."""
        path = path_of(url)
        if path is not None:
            make_file(path)
        engine = connect(url, read_only=False)
        try:
            with writing(engine) as connection:
                if migrations.version(connection):
                    raise LedgerError("invalid", "the database holds a ledger already: name another one")
                migrations.make(connection)
        except BaseException:
            engine.dispose()
            _remove(path)
            raise
        return cls(engine, read_only=False, path=path)

    @classmethod
    def open(cls, url: str, *, read_only: bool = False) -> "Ledger":
        """An existing ledger, brought up to date unless it may only be read. A file that cannot be written to is only read."""
        path = path_of(url)
        if path is not None and path.is_file() and not os.access(path, os.W_OK):
            read_only = True
        # Looked at before anything is set up for writing: another program's file is left as it is.
        have = _version(url)
        if have < len(migrations.MIGRATIONS) and read_only:
            raise LedgerError("read_only", "the ledger is of an older program: open it once for writing")
        engine = connect(url, read_only=read_only)
        try:
            if have < len(migrations.MIGRATIONS):
                with writing(engine) as connection:
                    migrations.migrate(connection)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, read_only=read_only, path=path)

    def discard(self) -> None:
        """Take away a ledger that came to nothing while it was being made."""
        if self.path is None:
            with writing(self._engine) as connection:
                migrations.unmake(connection)
        self.close()
        _remove(self.path)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @property
    def dialect(self) -> str:
        """Name of the database, such as ``sqlite``."""
        return self._engine.dialect.name

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """A connection that sees one moment."""
        with reading(self._engine) as connection:
            yield connection

    @contextmanager
    def recording(self, *, minute: int, author: str) -> Generator[Pen]:
        """All that is added in the block is recorded, or none of it."""
        if self.read_only:
            raise LedgerError("read_only", "the ledger is open for reading only; nothing was recorded")
        with writing(self._engine) as connection:
            pen = Pen(connection, minute=minute, author=author)
            yield pen
            pen.flush()

    @contextmanager
    def bulk(self) -> Generator[Connection]:
        """The writer's connection as it is, for an import or a rebuild; what the block does is kept whole or not at all."""
        if self.read_only:
            raise LedgerError("read_only", "the ledger is open for reading only; nothing was changed")
        with writing(self._engine) as connection:
            yield connection

    def head(self) -> int:
        """Number of the last entry."""
        with self.reading() as connection:
            return last_of(connection)[0]

    def head_of(self, patient: str) -> int:
        """The last entry that a patient's plan is made from, a change of pack included; 0 for none."""
        with self.reading() as connection:
            return patient_head(connection, patient)

    def credential(self, name: str) -> str | None:
        """The argon2 text of a person, if they have one."""
        with self.reading() as connection:
            return connection.execute(select(CREDENTIALS.c.argon2).where(CREDENTIALS.c.name == name)).scalar()

    def entry(self, seq: int) -> Entry | None:
        """An entry by number."""
        with self.reading() as connection:
            row = connection.execute(ENTRIES.select().where(ENTRIES.c.seq == seq)).one_or_none()
        return None if row is None else Entry(*row)

    def entries(
        self,
        *,
        patient: str | None = None,
        kinds: Sequence[str] = (),
        author: str | None = None,
        before: int | None = None,
        most: int = 200,
    ) -> tuple[Entry, ...]:
        """Entries, newest first."""
        query = ENTRIES.select().order_by(ENTRIES.c.seq.desc()).limit(most)
        if patient is not None:
            query = query.where(ENTRIES.c.patient == patient)
        if kinds:
            query = query.where(ENTRIES.c.kind.in_(list(kinds)))
        if author is not None:
            query = query.where(ENTRIES.c.author == author)
        if before is not None:
            query = query.where(ENTRIES.c.seq < before)
        with self.reading() as connection:
            return tuple(Entry(*row) for row in connection.execute(query))

    def latest_before(self, seqs: Sequence[int]) -> dict[int, int]:
        """When the entry before each of some entries was recorded, by the number of the later one."""
        query = select(ENTRIES.c.seq, ENTRIES.c.minute).where(ENTRIES.c.seq.in_([seq - 1 for seq in seqs]))
        with self.reading() as connection:
            return {row.seq + 1: row.minute for row in connection.execute(query)}

    def walk(self, connection: Connection, *, after: int = 0, kinds: Sequence[str] = ()) -> Iterator[Entry]:
        """Entries in order, a few thousand at a time."""
        while True:
            query = ENTRIES.select().where(ENTRIES.c.seq > after).order_by(ENTRIES.c.seq).limit(5000)
            if kinds:
                query = query.where(ENTRIES.c.kind.in_(list(kinds)))
            rows = connection.execute(query).all()
            if not rows:
                return
            for row in rows:
                yield Entry(*row)
            after = rows[-1].seq

    def file(self, connection: Connection, sha256: str) -> bytes:
        """A stored file; LedgerError when it is missing or not what its hash says."""
        data: Any = connection.execute(select(FILES.c.data).where(FILES.c.sha256 == sha256)).scalar()
        if data is None or hashlib.sha256(bytes(data)).hexdigest() != sha256:
            raise LedgerError(
                "lost", f"the stored file {sha256[:12]} of a pack is missing or damaged: restore a backup"
            )
        return bytes(data)


def _version(url: str) -> int:
    """Version of the tables of an existing ledger; LedgerError for none, and for one of a newer program."""
    engine = connect(url, read_only=True)
    try:
        with reading(engine) as connection:
            have = migrations.version(connection)
    finally:
        engine.dispose()
    if have == 0:
        raise LedgerError("lost", "the database holds no ledger: make one with `titration ledger create`")
    migrations.check_not_newer(have)
    return have


def _remove(path: Path | None) -> None:
    if path is None:
        return
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def last_of(connection: Connection) -> tuple[int, str]:
    """Number and hash of the last entry."""
    query = select(ENTRIES.c.seq, ENTRIES.c.hash).order_by(ENTRIES.c.seq.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return (0, GENESIS) if row is None else (row.seq, row.hash)


def patient_head(connection: Connection, patient: str) -> int:
    """As ``Ledger.head_of``."""
    row = connection.execute(HEADS.select().where(HEADS.c.patient == patient)).one_or_none()
    pack = connection.execute(text("SELECT MAX(seq) FROM entries WHERE kind = 'pack'")).scalar() or 0
    return max(0 if row is None else max(row.record, row.signed), pack)


def set_credential(connection: Connection, name: str, argon2: str) -> None:
    """Keep the argon2 text of a person in place of an earlier one."""
    drop_credential(connection, name)
    connection.execute(insert(CREDENTIALS), {"name": name, "argon2": argon2})


def drop_credential(connection: Connection, name: str) -> None:
    """Forget the argon2 text of a person."""
    connection.execute(delete(CREDENTIALS).where(CREDENTIALS.c.name == name))
