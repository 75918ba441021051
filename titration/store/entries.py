"""Ledger entries: what kinds there are, how one is written as bytes, and how each is chained to the one before.

The hash of an entry is SHA-256 over the canonical JSON of all its fields and the hash of the entry before, so that changing
any byte of any entry breaks the chain from there on. Order is by number: clocks may be set back, numbers may not.
"""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

FORMAT: Final = 1
"""Version of what is hashed. It is hashed too."""

GENESIS: Final = "0" * 64
"""What the first entry names as the hash before it."""


class Kind(StrEnum):
    """What an entry records."""

    LEDGER = "ledger"
    PACK = "pack"
    USER = "user"
    IMPORT = "import"
    PERSON = "person"
    READING = "reading"
    DOSE = "dose"
    EVENT = "event"
    LAB = "lab"
    PUMP = "pump"
    DOUBT = "doubt"
    NOTE = "note"
    STUDY = "study"
    CORRECTION = "correction"
    RECOMMENDATION = "recommendation"
    DECISION = "decision"
    REGIMEN = "regimen"


CORRECTABLE: Final = frozenset((Kind.READING, Kind.DOSE, Kind.EVENT, Kind.LAB, Kind.NOTE, Kind.STUDY))
"""Kinds that a correction may be about."""

RECORD: Final = frozenset(
    (Kind.PERSON, Kind.READING, Kind.DOSE, Kind.EVENT, Kind.LAB, Kind.PUMP, Kind.DOUBT, Kind.CORRECTION)
)
"""Kinds that a patient's plan is made from."""

SIGNED: Final = frozenset((Kind.RECOMMENDATION, Kind.DECISION, Kind.REGIMEN))
"""Kinds that a signature writes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it is stored. ``minute`` is when it was recorded (local, since 1970-01-01); ``body`` is canonical JSON."""

    seq: int
    kind: str
    patient: str | None
    minute: int
    author: str
    body: str
    prev: str
    hash: str

    @property
    def data(self) -> dict[str, Any]:
        """The body as data."""
        return json.loads(self.body)


def canonical(value: object) -> str:
    """``value`` as the one JSON text it has here: keys sorted, no blanks, no fractions.

    Raises ValueError for a float: a number that is not whole is written as text.
    """
    _refuse_fractions(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _refuse_fractions(value: object) -> None:
    if isinstance(value, float):
        raise ValueError("a fraction has no one JSON text: write it as text")
    if isinstance(value, dict):
        for part in value.values():  # pyright: ignore[reportUnknownVariableType] - the keys are text, the parts are looked at
            _refuse_fractions(part)  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, list | tuple):
        for part in value:  # pyright: ignore[reportUnknownVariableType]
            _refuse_fractions(part)  # pyright: ignore[reportUnknownArgumentType]


def digest(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def hash_of(*, seq: int, kind: str, patient: str | None, minute: int, author: str, body: str, prev: str) -> str:
    """The hash of an entry, that of the entry before included."""
    return digest(_ENCODE([f"titration-ledger-{FORMAT}", seq, kind, patient, minute, author, body, prev]))


_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def chained(
    *, after: tuple[int, str], kind: Kind, patient: str | None, minute: int, author: str, body: dict[str, Any]
) -> Entry:
    """The entry that follows the one of number and hash ``after``."""
    seq, prev = after[0] + 1, after[1]
    text = canonical(body)
    made = hash_of(seq=seq, kind=kind, patient=patient, minute=minute, author=author, body=text, prev=prev)
    return Entry(seq, kind.value, patient, minute, author, text, prev, made)


def fault_of(entry: Entry, after: tuple[int, str]) -> str | None:
    """What is wrong with an entry that should follow number and hash ``after``; None when nothing is."""
    if entry.seq != after[0] + 1:
        return f"entry {after[0] + 1} is missing: entry {entry.seq} follows entry {after[0]}"
    if entry.prev != after[1]:
        return f"entry {entry.seq} is not chained to the entry before it"
    own = hash_of(
        seq=entry.seq,
        kind=entry.kind,
        patient=entry.patient,
        minute=entry.minute,
        author=entry.author,
        body=entry.body,
        prev=entry.prev,
    )
    return None if own == entry.hash else f"entry {entry.seq} ({entry.kind}) does not have the hash written beside it"
