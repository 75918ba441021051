"""A ledger as a file that can be carried: JSON Lines that any program can read, or a copy of the database.

The first line says how many entries follow and the hash of the last, so that a file cut short is seen. Passphrases are not in it.
"""

import base64
import hashlib
import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, insert, select

from titration.store.database import LedgerError, make_file
from titration.store.entries import Entry
from titration.store.ledger import Ledger, last_of
from titration.store.state import changes_of, write
from titration.store.tables import ENTRIES, FILES
from titration.store.verify import Chain

FORMAT: Final = 1
_BATCH: Final = 2000
_FIELDS: Final = ("seq", "kind", "patient", "minute", "author", "body", "prev", "hash")
Progress = Callable[[str, int, int | None], None]


def export(ledger: Ledger, target: Path, progress: Progress) -> int:
    """Write every entry and every file of the ledger to ``target``, which appears under its name when it is complete.

    The file can be read by its owner only. Returns the number of entries.
    """
    part = _part(target)
    try:
        with part.open("w", encoding="utf-8", newline="\n") as out:
            count = _write(ledger, out, progress)
            out.flush()
            os.fsync(out.fileno())
        part.replace(target)
    except OSError as error:
        raise LedgerError("lost", f"{target}: {error.strerror}: nothing was written") from None
    finally:
        part.unlink(missing_ok=True)
    return count


def _part(target: Path) -> Path:
    if target.exists():
        raise LedgerError("invalid", f"{target} exists: name a file that does not")
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    make_file(part)
    return part


def _write(ledger: Ledger, out: IO[str], progress: Progress) -> int:
    with ledger.reading() as connection:
        seq, last = last_of(connection)
        _line(out, {"titration_ledger": FORMAT, "entries": seq, "head": last})
        for row in connection.execute(select(FILES).order_by(FILES.c.sha256)):
            _line(out, {"file": row.sha256, "base64": base64.b64encode(bytes(row.data)).decode("ascii")})
        for entry in ledger.walk(connection):
            _line(out, {name: getattr(entry, name) for name in _FIELDS})
            if entry.seq % _BATCH == 0:
                progress("entries", entry.seq, seq)
    return seq


def _line(out: IO[str], data: dict[str, Any]) -> None:
    out.write(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n")


def read_in(ledger: Ledger, source: Path, progress: Progress) -> int:
    """Fill a new ledger from an export; how many entries it has. LedgerError, and nothing kept, when the chain is broken."""
    if ledger.head():
        raise LedgerError("invalid", "the ledger holds entries already: import into a new one")
    try:
        with source.open(encoding="utf-8") as lines, ledger.bulk() as connection:
            head = _header(next(lines, ""))
            chain, waiting = Chain(), list[Entry]()
            for number, line in enumerate(lines, 2):
                data = _parsed(line, number)
                if "file" in data:
                    connection.execute(insert(FILES), _file(data, number))
                    continue
                entry = _entry(data, number)
                fault = chain.check(entry)
                if fault is not None:
                    raise LedgerError("invalid", f"line {number}: {fault.text}; nothing was imported")
                waiting.append(entry)
                if len(waiting) >= _BATCH:
                    _keep(connection, waiting)
                    progress("entries", entry.seq, head["entries"])
            _keep(connection, waiting)
            if chain.after != (head["entries"], head["head"]):
                raise LedgerError(
                    "invalid", f"the file ends at entry {chain.after[0]} of {head['entries']}; nothing was imported"
                )
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(
            "lost", f"{source.name} cannot be read ({type(error).__name__}); nothing was imported"
        ) from None
    return chain.after[0]


def _keep(connection: Connection, waiting: list[Entry]) -> None:
    if waiting:
        connection.execute(insert(ENTRIES), [{name: getattr(entry, name) for name in _FIELDS} for entry in waiting])
        write(connection, changes_of(waiting))
        waiting.clear()


def _parsed(line: str, number: int) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise LedgerError(
            "invalid", f"line {number} is not JSON: the file is damaged or cut short; nothing was imported"
        )
    return data  # pyright: ignore[reportUnknownVariableType] - its fields are checked where they are read


def _header(line: str) -> dict[str, Any]:
    data = _parsed(line, 1)
    if data.get("titration_ledger") != FORMAT or not isinstance(data.get("entries"), int):
        raise LedgerError("invalid", "line 1: this is no export of a ledger, or of a newer program")
    return data


def _file(data: dict[str, Any], number: int) -> dict[str, Any]:
    try:
        content = base64.b64decode(str(data["base64"]), validate=True)
    except (KeyError, ValueError):
        content = b""
    if hashlib.sha256(content).hexdigest() != data["file"]:
        raise LedgerError("invalid", f"line {number}: a pack's file is damaged; nothing was imported")
    return {"sha256": data["file"], "data": content}


def _entry(data: dict[str, Any], number: int) -> Entry:
    kinds: dict[str, tuple[type, ...]] = dict.fromkeys(_FIELDS, (str,))
    kinds |= {"seq": (int,), "minute": (int,), "patient": (str, type(None))}
    if set(data) != set(_FIELDS) or not all(isinstance(data[name], kinds[name]) for name in _FIELDS):
        raise LedgerError("invalid", f"line {number} is no entry of a ledger; nothing was imported")
    return Entry(**data)


def backup(ledger: Ledger, target: Path) -> int:
    """Copy a SQLite ledger while it is in use; the copy is checked before it gets its name. Returns its entries.

    Raises LedgerError for another database (which has its own way to be backed up), or when the copy is not whole.
    """
    if ledger.path is None:
        raise LedgerError("invalid", "this database is backed up by its own means, or with `titration ledger export`")
    part = _part(target)
    try:
        _copy(ledger.path, part)
        copied = Ledger.open(str(part), read_only=True)
        try:
            count = _whole(copied)
        finally:
            copied.close()
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:
        raise LedgerError("lost", f"{target}: {error.strerror}: no backup was made") from None
    except sqlite3.Error as error:
        raise LedgerError("lost", f"{target}: {error}: no backup was made") from None
    finally:
        for end in ("", "-wal", "-shm"):
            part.with_name(part.name + end).unlink(missing_ok=True)
    return count


def _copy(source: Path, target: Path) -> None:
    reader = sqlite3.connect(f"file:{quote(str(source.absolute()))}?mode=ro", uri=True)
    writer = sqlite3.connect(target)
    try:
        reader.backup(writer)
        # A copy is one file: it must not need a log beside it to be read.
        writer.execute("PRAGMA journal_mode=DELETE")
    finally:
        writer.close()
        reader.close()


def _whole(copied: Ledger) -> int:
    chain = Chain()
    with copied.reading() as connection:
        for entry in copied.walk(connection):
            fault = chain.check(entry)
            if fault is not None:
                raise LedgerError("lost", f"the copy is not whole ({fault.text}): verify the ledger itself")
    return chain.after[0]
