"""A saved log, such as the witness of a proof, as a ledger to look at."""

from pathlib import Path

from titration.log.load import load
from titration.log.model import MINUTES_A_DAY
from titration.service.packs import open_formulary
from titration.service.rounds.door import Door
from titration.service.rounds.opening import Source, create_ledger, open_ledger


def witness_ledger(log: Path, scratch: Path, *, pack: str, rules: Path | None) -> tuple[Door, int]:
    """A read-only ledger in ``scratch`` made of a log, and the last minute of the last day with a reading or dose.

    Raises LoadError or PackError for a log or pack that cannot be read.
    """
    path = str(scratch / "witness.ledger")
    last = max(
        (
            minute
            for part in load(log, formulary=open_formulary(rules)).logs
            for table in (part.readings, part.doses)
            for minute in table.minute.tolist()
        ),
        default=0,
    )
    end = last // MINUTES_A_DAY * MINUTES_A_DAY + MINUTES_A_DAY - 1
    create_ledger(path, minute=end, single_user=True, user="-", log=Source(log), pack=pack, rules=rules).close()
    return open_ledger(path, read_only=True), end
