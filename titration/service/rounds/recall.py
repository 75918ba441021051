"""What a bad reading, rule or pack has touched: every past recommendation, and what was decided on it.

For a reading, each later recommendation of its patient is made again without it (or with the value it was corrected to), so that
the answer is not "it was in the record" but what the plan would have been.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from sqlalchemy import Connection

from titration.explain import recorded
from titration.explain.trace import Assessment, LinePlan
from titration.service.rounds.records import reading_row
from titration.service.rounds.signing import choices_of, key_of
from titration.service.rounds.told import Choice, LineKey, Refused
from titration.service.rounds.verification import Remaker
from titration.store.bodies import CorrectionBody, DecisionBody, RecommendationBody
from titration.store.entries import Entry, Kind
from titration.store.ledger import Ledger
from titration.store.packs import Shelf
from titration.store.replica import Replica


@dataclass(frozen=True, slots=True)
class LineThen:
    """A line of a recommendation as it was planned; ``instead`` is kind and dose without the bad reading, where they differ."""

    line: LineKey
    unit: str
    before: int | None
    kind: str
    after: int
    instead: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision on a recommendation that was touched."""

    seq: int
    author: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Touched:
    """A recommendation that was touched. ``changed`` is False where a reading was in the record and made no difference."""

    seq: int
    patient: str
    day: int
    changed: bool
    lines: tuple[LineThen, ...]
    decisions: tuple[Decided, ...] = ()


_Touches: TypeAlias = Callable[[RecommendationBody, LinePlan], bool]


def recall_rule(ledger: Ledger, rule: str) -> tuple[Touched, ...]:
    """Recommendations in which a rule decided a line or fired beside the one that did."""
    return _lines_that(
        ledger, lambda _, line: any(t is not None and t.rule_id == rule for t in (line.rule, *line.also))
    )


def recall_pack(ledger: Ledger, pack: str) -> tuple[Touched, ...]:
    """Recommendations made with a pack: named by id, by id and version (``id@1.0.0``), or by the start of its hash."""

    def used(body: RecommendationBody, _: LinePlan) -> bool:
        named = pack in (body.pack.id, f"{body.pack.id}@{body.pack.version}")
        return named or (len(pack) >= 8 and body.pack.sha256.startswith(pack))

    return _lines_that(ledger, used)


def _lines_that(ledger: Ledger, touches: _Touches) -> tuple[Touched, ...]:
    with ledger.reading() as connection:
        remaker, found = Remaker(Shelf(ledger), connection), list[Touched]()
        for entry in ledger.walk(connection, kinds=(Kind.RECOMMENDATION,)):
            body = RecommendationBody.model_validate_json(entry.body)
            rules = remaker.rules(body)[0]
            plan = recorded.read(body.plan, rules.pack, rules.formulary)
            lines = tuple(_then(line) for line in plan.lines if touches(body, line))
            if lines:
                found.append(Touched(entry.seq, str(entry.patient), body.day, True, lines))
        return _with_decisions(ledger, connection, found)


def _then(line: LinePlan) -> LineThen:
    return LineThen(key_of(line), line.unit, line.before, line.kind.value, line.after)


def recall_reading(ledger: Ledger, seq: int) -> tuple[Touched, ...]:
    """Recommendations made while the reading of entry ``seq`` stood in the record, and whether each would have been another.

    Raises Refused when the entry brought no reading.
    """
    with ledger.reading() as connection, Replica() as replica:
        bad = ledger.entry(seq)
        if bad is None or bad.patient is None or _brought(bad) != Kind.READING:
            raise Refused("invalid", f"entry {seq} brought no reading")
        remaker, found = Remaker(Shelf(ledger), connection), list[Touched]()
        instead = _corrected_to(ledger, connection, bad)
        for entry in ledger.walk(connection):
            if entry.kind == Kind.RECOMMENDATION and entry.patient == bad.patient and entry.seq > seq:
                replica.settle()
                touched = _touched(remaker, replica.connection, entry, seq, instead)
                found += [] if touched is None else [touched]
            if entry.patient in (None, bad.patient):
                replica.feed(entry)
        return _with_decisions(ledger, connection, found)


def _brought(entry: Entry) -> str:
    if entry.kind != Kind.CORRECTION:
        return entry.kind
    instead = CorrectionBody.model_validate_json(entry.body).instead
    return "" if instead is None else instead.kind


def _corrected_to(ledger: Ledger, connection: Connection, bad: Entry) -> int | None:
    """The value a reading was corrected to in the end; None where it was withdrawn, or stands uncorrected."""
    value, current = None, bad.seq
    for entry in ledger.walk(connection, after=bad.seq, kinds=(Kind.CORRECTION,)):
        body = CorrectionBody.model_validate_json(entry.body)
        if body.of == current:
            value, current = None if body.instead is None else int(body.instead.body["value"]), entry.seq
    return value


def _touched(remaker: Remaker, state: Connection, entry: Entry, bad: int, instead: int | None) -> Touched | None:
    """A recommendation made again without the bad reading; None where that was not in its record."""
    body = RecommendationBody.model_validate_json(entry.body)
    patient = str(entry.patient)
    row = reading_row(state, bad)
    log = None if row is None else remaker.log_of(state, patient, body, {bad: instead})
    if log is None or row is None or row.minute > body.minute:
        return None
    rules = remaker.rules(body)[0]
    lines = tuple(_compared(recorded.read(body.plan, rules.pack, rules.formulary), remaker.plan(body, log)))
    return Touched(entry.seq, patient, body.day, any(line.instead for line in lines), lines)


def _compared(then: Assessment, now: Assessment) -> Iterator[LineThen]:
    """Lines of the recorded plan; lines do not come from readings, so both plans have the same."""
    anew = {key_of(line): line for line in now.lines}
    for line in then.lines:
        other = anew[key_of(line)]
        same = (other.kind, other.after) == (line.kind, line.after)
        yield replace(_then(line), instead=None if same else (other.kind.value, other.after))


def _with_decisions(ledger: Ledger, connection: Connection, found: list[Touched]) -> tuple[Touched, ...]:
    about: dict[int, list[Decided]] = {touched.seq: [] for touched in found}
    for entry in ledger.walk(connection, kinds=(Kind.DECISION,)):
        body = DecisionBody.model_validate_json(entry.body)
        if body.recommendation in about:
            about[body.recommendation].append(Decided(entry.seq, entry.author, choices_of(body)))
    return tuple(replace(touched, decisions=tuple(about[touched.seq])) for touched in found)
