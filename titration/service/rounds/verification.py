"""Is the ledger what it was, and does it still say the same? One pass over all entries, from the first to the last."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import Connection

from titration.explain import assess, recorded
from titration.explain.trace import Assessment
from titration.log.model import Log
from titration.packs.problems import PackError
from titration.service.rounds.planning import Engines, plan
from titration.store.bodies import RecommendationBody
from titration.store.database import LedgerError
from titration.store.entries import Entry, Kind
from titration.store.ledger import Ledger, last_of
from titration.store.logs import digest_of, logs_of, members
from titration.store.packs import Rulebook, Shelf
from titration.store.replica import Replica, differences
from titration.store.verify import Chain, Fault, credential_faults, file_faults

Progress = Callable[[str, int, int | None], None]
_SHOWN_EVERY: Final = 500


def _silent(what: str, done: int, total: int | None) -> None:
    del what, done, total


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verification found. ``entries`` are whole along the chain, whose last hash is ``head``; ``made_again`` is how many
    recommendations were made again. Faults come in order; the first one is where to look."""

    entries: int
    made_again: int
    head: str
    faults: tuple[Fault, ...]
    remarks: tuple[Fault, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


class Remaker:
    """Makes recommendations again from the rows, the pack and the formulary each of them rested on."""

    def __init__(self, shelf: Shelf, connection: Connection) -> None:
        self._shelf = shelf
        self._connection = connection
        self._engines: dict[tuple[str, str], tuple[Rulebook, Engines]] = {}

    def rules(self, body: RecommendationBody) -> tuple[Rulebook, Engines]:
        """The rulebook a recommendation names, ready to run; raises LedgerError or PackError when it cannot be read."""
        key = (body.pack.sha256, body.formulary)
        if key not in self._engines:
            rules = self._shelf.of(self._connection, *key)
            self._engines[key] = (rules, Engines(rules.pack, rules.formulary))
        return self._engines[key]

    def log_of(
        self, state: Connection, patient: str, body: RecommendationBody, instead: Mapping[int, int | None] | None = None
    ) -> Log | None:
        """The patient's rows as they stood in ``state``, up to the moment of the plan; None for nobody."""
        found = members(state, patient=patient)
        return logs_of(state, found, until=body.minute, instead=instead)[0] if found else None

    def plan(self, body: RecommendationBody, log: Log) -> Assessment:
        """The plan of a log by the recommendation's own rules, on its own day."""
        planned = plan(self.rules(body)[1], log, body.minute)
        return assess(planned.decision, 0, planned.day)

    def fault(self, entry: Entry, state: Connection, program: str) -> Fault | None:
        """How a recommendation, made again from ``state``, differs from what was recorded."""
        body = RecommendationBody.model_validate_json(entry.body)
        log = None if entry.patient is None else self.log_of(state, entry.patient, body)
        if log is None:
            return Fault(entry.seq, f"entry {entry.seq}: a recommendation for a patient the ledger does not have")
        if digest_of(log) != body.log:
            return Fault(entry.seq, f"entry {entry.seq}: the record it rested on is not the one it names")
        try:
            again = recorded.write(self.plan(body, log))
        except (LedgerError, PackError) as error:
            return Fault(entry.seq, f"entry {entry.seq}: {error}")
        same_program = body.program == program
        where = next(_unlike(body.plan, _plain(again), more=not same_program), None)
        if where is None:
            return None
        by = "" if same_program else f" (recorded by program {body.program}, this is {program})"
        return Fault(entry.seq, f"entry {entry.seq}: the plan made again differs{by}, first in {where}")


def _plain(tokens: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(tokens))


def _unlike(then: object, now: object, *, more: bool, path: str = "plan") -> Iterator[str]:
    """Places where tokens differ; with ``more``, a newer program may say more than was recorded, but nothing else."""
    if isinstance(then, dict) and isinstance(now, dict):
        old, new = cast("dict[str, object]", then), cast("dict[str, object]", now)
        if not more and old.keys() != new.keys():
            yield path
            return
        for name, value in old.items():
            if name not in new:
                yield f"{path}.{name}"
            else:
                yield from _unlike(value, new[name], more=more, path=f"{path}.{name}")
    elif isinstance(then, list) and isinstance(now, list):
        before, after = cast("list[object]", then), cast("list[object]", now)
        if len(before) != len(after):
            yield path
            return
        for i, (a, b) in enumerate(zip(before, after, strict=True)):
            yield from _unlike(a, b, more=more, path=f"{path}[{i}]")
    elif _scalar(cast("object", then)) != _scalar(now):
        yield path


def _scalar(value: object) -> str:
    """A value as JSON writes it: 1 is not true."""
    return json.dumps(value)


def verify(ledger: Ledger, *, program: str, progress: Progress = _silent) -> Verdict:
    """Check the chain, make every recommendation again, and compare the state with one made anew.

    After a fault in the chain nothing that follows is looked at: it proves nothing.
    """
    chain, faults, made = Chain(), list[Fault](), 0
    with ledger.reading() as connection, Replica() as replica:
        total = last_of(connection)[0]
        remaker = Remaker(Shelf(ledger), connection)
        for entry in ledger.walk(connection):
            broken = chain.check(entry)
            if broken is not None:
                return Verdict(chain.after[0], made, chain.after[1], (*faults, broken), tuple(chain.remarks))
            if entry.kind == Kind.PACK:
                faults += file_faults(ledger, connection, entry)
            if entry.kind == Kind.RECOMMENDATION:
                replica.settle()
                made += 1
                fault = remaker.fault(entry, replica.connection, program)
                faults += [] if fault is None else [fault]
            replica.feed(entry)
            if entry.seq % _SHOWN_EVERY == 0:
                progress("entries", entry.seq, total)
        replica.settle()
        faults += _state_faults(connection, replica.connection)
        faults += credential_faults(connection)
    return Verdict(chain.after[0], made, chain.after[1], tuple(sorted(faults)), tuple(chain.remarks))


def _state_faults(kept: Connection, anew: Connection) -> list[Fault]:
    """One fault for all that differs: the state is derived, and made anew in one step."""
    found = sorted(differences(kept, anew))
    if not found:
        return []
    seq, table = found[0]
    more = f" and {len(found) - 1} more rows" if len(found) > 1 else ""
    text = (
        f"the table {table} is not what the entries come to, first at entry {seq}{more}: run `titration ledger rebuild`"
    )
    return [Fault(seq, text)]
