"""Packs and formularies in the ledger: kept file by file, so that a plan can be made again years later with its own pack."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from titration.formulary import Formulary
from titration.packs.load import load_pack
from titration.packs.model import Pack
from titration.store.bodies import PackBody
from titration.store.database import LedgerError
from titration.store.entries import Kind
from titration.store.ledger import Ledger, Pen
from titration.store.tables import ENTRIES


@dataclass(frozen=True, slots=True, eq=False)
class Rulebook:
    """A pack and the formulary it is used with. ``seq`` is the entry that brought them into use."""

    pack: Pack
    formulary: Formulary
    seq: int = 0


def use_pack(pen: Pen, pack: Pack, formulary: Formulary, *, folder: Path, formulary_folder: Path) -> int:
    """Keep the files that a pack and its formulary were read from, and record that they are in use; the entry's number."""
    # Worked cases decide nothing and are no part of a pack's hash.
    files = pen.keep({p.name: p.read_bytes() for p in sorted(folder.glob("*.toml")) if p.name != "cases.toml"})
    drugs = pen.keep({p.name: p.read_bytes() for p in sorted(formulary_folder.glob("*.toml"))})
    body = PackBody(
        id=pack.id,
        version=pack.version,
        status=pack.status,
        sha256=pack.sha256,
        files=files,
        formulary_sha256=formulary.sha256,
        formulary_files=drugs,
    )
    return pen.add(Kind.PACK, body)


_PACKS: Final[dict[str, Pack]] = {}
_FORMULARIES: Final[dict[str, Formulary]] = {}
"""By the hash of their files, so that what one ledger's files came to serves another's: the hash is checked when they are made."""


class Shelf:
    """The rulebooks of a ledger, each made once from its stored files."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def in_use(self, connection: Connection) -> Rulebook:
        """The rulebook of the last pack entry."""
        query = ENTRIES.select().where(ENTRIES.c.kind == Kind.PACK.value).order_by(ENTRIES.c.seq.desc()).limit(1)
        row = connection.execute(query).one_or_none()
        if row is None:
            raise LedgerError("lost", "the ledger names no pack: restore a backup")
        return self._made(connection, PackBody.model_validate_json(row.body), row.seq)

    def of(self, connection: Connection, pack: str, formulary: str) -> Rulebook:
        """The rulebook with the hashes named; LedgerError when no pack entry has them."""
        query = ENTRIES.select().where(ENTRIES.c.kind == Kind.PACK.value).order_by(ENTRIES.c.seq.desc())
        for row in connection.execute(query).all():
            body = PackBody.model_validate_json(row.body)
            if (body.sha256, body.formulary_sha256) == (pack, formulary):
                return self._made(connection, body, row.seq)
        raise LedgerError("lost", f"the ledger never had pack {pack[:12]} in use: restore a backup")

    def _made(self, connection: Connection, body: PackBody, seq: int) -> Rulebook:
        pack = _PACKS.get(body.sha256)
        if pack is None:
            with self._written(connection, body.files) as folder:
                pack = load_pack(Path(folder))
            _check(pack.sha256, body.sha256, f"pack {body.id} {body.version}")
            _PACKS[body.sha256] = pack
        formulary = _FORMULARIES.get(body.formulary_sha256)
        if formulary is None:
            with self._written(connection, body.formulary_files) as folder:
                formulary = Formulary.load(Path(folder))
            _check(formulary.sha256, body.formulary_sha256, "formulary")
            _FORMULARIES[body.formulary_sha256] = formulary
        return Rulebook(pack, formulary, seq)

    def _written(self, connection: Connection, files: Mapping[str, str]) -> "tempfile.TemporaryDirectory[str]":
        folder = tempfile.TemporaryDirectory(prefix="titration-pack-")
        for name, sha256 in files.items():
            # A name is one path component: an entry must not write outside its folder.
            (Path(folder.name) / Path(name).name).write_bytes(self._ledger.file(connection, sha256))
        return folder


def _check(have: str, want: str, what: str) -> None:
    if have != want:
        raise LedgerError("lost", f"the stored files of the {what} are not those that were in use: restore a backup")
