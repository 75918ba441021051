"""The tables of a ledger: entries and files, which only grow, and the state derived from them, which can be made anew."""

from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

META: Final = MetaData()

ENTRIES: Final = Table(
    "entries",
    META,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(20), nullable=False),
    Column("patient", Text),
    Column("minute", Integer, nullable=False),
    Column("author", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("prev", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("entries_patient", "patient", "seq"),
    Index("entries_kind", "kind", "seq"),
)

FILES: Final = Table(
    "files",
    META,
    Column("sha256", String(64), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)
"""Files of packs and formularies, by the hash of their content."""

CREDENTIALS: Final = Table(
    "credentials",
    META,
    Column("name", Text, primary_key=True),
    Column("argon2", Text, nullable=False),
)
"""Kept apart from the chain, which holds only the hash of each: an export carries no passphrase to guess at."""


def _state(name: str, *columns: Column[object]) -> Table:
    """A table of rows that stand, each under the number of the entry that brought it."""
    own = (
        Column("seq", Integer, primary_key=True, autoincrement=False),
        Column("patient", Text, nullable=False),
        Column("author", Text, nullable=False),
        Column("replaces", Integer),
    )
    return Table(name, META, *own, *columns, Index(f"{name}_patient", "patient"))


READINGS: Final = _state(
    "readings",
    Column("minute", Integer, nullable=False),
    Column("value", Integer, nullable=False),
    Column("timing", Integer, nullable=False),
    Column("source", Integer, nullable=False),
    Column("repeat", Boolean, nullable=False),
)
DOSES: Final = _state(
    "doses",
    Column("minute", Integer, nullable=False),
    Column("drug", Text, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("unit", Text, nullable=False),
    Column("slot", Integer, nullable=False),
    Column("route", Integer, nullable=False),
    Column("doubtful", Boolean, nullable=False),
    Column("note", Text, nullable=False),
)
EVENTS: Final = _state(
    "events",
    Column("minute", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("note", Text, nullable=False),
)
LABS: Final = _state(
    "labs",
    Column("minute", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("value", Integer, nullable=False),
)
PUMP: Final = _state("pump", Column("minute", Integer, nullable=False), Column("rate", Integer, nullable=False))
DOUBTS: Final = _state("doubts", Column("day", Integer, nullable=False))
NOTES: Final = _state("notes", Column("minute", Integer, nullable=False), Column("text", Text, nullable=False))
STUDY: Final = Table(
    "study",
    META,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("patient", Text),
    Column("author", Text, nullable=False),
    Column("replaces", Integer),
    Column("sheet", Text, nullable=False),
    Column("cells", Text, nullable=False),
    Column("line", Text),
    Index("study_patient", "patient"),
)
"""Rows of a study's own tables; a reference range belongs to nobody."""
DECISIONS: Final = _state(
    "decisions",
    Column("minute", Integer, nullable=False),
    Column("day", Integer, nullable=False),
    Column("recommendation", Integer, nullable=False),
)

PEOPLE: Final = Table(
    "people",
    META,
    Column("patient", Text, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("system", Integer, nullable=False),
    Column("discharged", Boolean, nullable=False),
    Column("body", Text, nullable=False),
)

HEADS: Final = Table(
    "heads",
    META,
    Column("patient", Text, primary_key=True),
    Column("record", Integer, nullable=False),
    Column("signed", Integer, nullable=False),
)
"""The last entry that a patient's plan is made from, and the last that a signature wrote; 0 for none."""

ORDERS: Final = Table(
    "orders",
    META,
    Column("patient", Text, primary_key=True),
    Column("drug", Text, primary_key=True),
    Column("slot", Integer, primary_key=True),
    Column("route", Integer, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("minute", Integer, nullable=False),
    Column("author", Text, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("unit", Text, nullable=False),
)

USERS: Final = Table(
    "users",
    META,
    Column("name", Text, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("role", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("passphrase", String(64)),
)

STATE: Final = (
    READINGS,
    DOSES,
    EVENTS,
    LABS,
    PUMP,
    DOUBTS,
    NOTES,
    STUDY,
    DECISIONS,
    PEOPLE,
    HEADS,
    ORDERS,
    USERS,
)
"""Tables that ``rebuild`` empties and fills again from the entries."""
