"""What a ledger must be to be whole, apart from what its plans say: the chain, the files by their hashes, who may sign.

A chain shows that nothing was changed, taken away or put between, given the hash of its last entry. Whoever can write the file can
write a whole new chain: only a last hash kept elsewhere shows that.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import ValidationError
from sqlalchemy import Connection, select

from titration.log.notation import minute_text
from titration.store.bodies import CorrectionBody, DecisionBody, PackBody, RegimenBody, body_of
from titration.store.database import LedgerError
from titration.store.entries import GENESIS, Entry, Kind, digest, fault_of
from titration.store.ledger import Ledger
from titration.store.tables import CREDENTIALS, USERS


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong, and the entry it shows at (0: no entry)."""

    seq: int
    text: str


@dataclass(slots=True)
class Chain:
    """Entries checked one after the other. ``remarks`` are worth a look and no fault."""

    after: tuple[int, str] = (0, GENESIS)
    minute: int | None = None
    remarks: list[Fault] = field(default_factory=lambda: [])
    _kinds: dict[int, str] = field(default_factory=lambda: {})

    def check(self, entry: Entry) -> Fault | None:
        """What is wrong with the next entry; what follows a fault proves nothing."""
        fault = fault_of(entry, self.after) or self._unreadable(entry)
        if fault is not None:
            return Fault(self.after[0] + 1, fault)
        if self.minute is not None and entry.minute < self.minute:
            text = f"entry {entry.seq} says {minute_text(entry.minute)}, after one of {minute_text(self.minute)}"
            self.remarks.append(Fault(entry.seq, f"{text}: a clock was set back"))
        self.minute = entry.minute
        self.after = (entry.seq, entry.hash)
        return None

    def _unreadable(self, entry: Entry) -> str | None:
        try:
            body = body_of(entry)
        except (ValidationError, ValueError, KeyError):
            return f"entry {entry.seq} ({entry.kind}) holds what this program cannot read"
        self._kinds[entry.seq] = entry.kind
        match body:
            case DecisionBody(recommendation=about) if self._kinds.get(about) != Kind.RECOMMENDATION:
                return f"entry {entry.seq} decides on entry {about}, which is no recommendation"
            case RegimenBody(decision=about) if self._kinds.get(about) != Kind.DECISION:
                return f"entry {entry.seq} names entry {about}, which is no decision"
            case CorrectionBody(of=about) if about not in self._kinds or about >= entry.seq:
                return f"entry {entry.seq} corrects entry {about}, which does not come before it"
            case _:
                return None


def file_faults(ledger: Ledger, connection: Connection, entry: Entry) -> Iterator[Fault]:
    """Files of a pack entry that are missing or changed."""
    body = PackBody.model_validate_json(entry.body)
    for sha256 in {*body.files.values(), *body.formulary_files.values()}:
        try:
            ledger.file(connection, sha256)
        except LedgerError as error:
            yield Fault(entry.seq, f"entry {entry.seq}: {error}")


def credential_faults(connection: Connection) -> Iterator[Fault]:
    """People whose stored passphrase is not the one the chain says was set."""
    kept = {row.name: digest(row.argon2) for row in connection.execute(select(CREDENTIALS))}
    for row in connection.execute(USERS.select()):
        have = kept.pop(row.name, None)
        # None kept is no fault: an imported ledger has none until they are set again.
        if have is not None and have != row.passphrase:
            yield Fault(row.seq, f"entry {row.seq}: the stored passphrase is not the one that was set there")
    for name in sorted(kept):
        yield Fault(0, f"a passphrase is stored for someone the ledger does not know ({name})")
