"""What ``titration study import``, ``record`` and ``withdraw`` do: rows of a study's own tables into a ledger."""

from argparse import Namespace

from titration.service.ledger_console import ATTENTION, OK, refusing, signed_in
from titration.service.rounds.administration import import_study_tables
from titration.service.rounds.asked import Correction, New, NewStudyRow
from titration.service.rounds.clock import local_minute
from titration.service.rounds.opening import open_desk
from titration.service.rounds.told import Refused


@refusing
def read_in(arguments: Namespace) -> int:
    """The study tables of a folder; 1 when a row was set aside."""
    desk = open_desk(arguments.ledger, read_only=False)
    try:
        made = import_study_tables(desk, signed_in(desk, arguments), arguments.folder, minute=local_minute())
    finally:
        desk.close()
    if made is None:
        print("nothing to record: every row of the study tables there is recorded already, or there is none")
        return OK
    print(f"study tables: rows kept {made.kept}, quarantined {made.quarantined}, rejected {made.rejected}")
    return OK if made.quarantined == made.rejected == 0 else ATTENTION


@refusing
def record(arguments: Namespace) -> int:
    """One row, new or in place of a wrong one."""
    if (arguments.instead_of is None) is not (arguments.why is None):
        raise ValueError("--instead-of and --why go together")
    cells = tuple(_cell(text) for text in arguments.cells)
    new = NewStudyRow(arguments.patient or "", arguments.table, cells)
    return _record(
        arguments, new if arguments.instead_of is None else Correction(arguments.instead_of, arguments.why, new)
    )


@refusing
def withdraw(arguments: Namespace) -> int:
    """An entry that was wrong."""
    return _record(arguments, Correction(arguments.entry, arguments.why))


def _record(arguments: Namespace, new: New) -> int:
    desk = open_desk(arguments.ledger, read_only=False)
    try:
        receipt = desk.record(signed_in(desk, arguments), [new], minute=local_minute())
    finally:
        desk.close()
    print(f"recorded as entry {receipt.seqs[0]}")
    return OK


def _cell(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise Refused("invalid", f"{text!r} is no cell: write COLUMN=TEXT")
    return name.strip().casefold(), value
