"""The door of a ward round over a ledger and the engine: what is recorded, planned and signed goes through here."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from sqlalchemy import Connection

from titration.explain import assess, recorded
from titration.explain.trace import Assessment
from titration.formulary import Formulary
from titration.log.model import MINUTES_A_DAY, Log
from titration.packs.model import Pack
from titration.service.rounds import people, records, signing, study, verification
from titration.service.rounds.asked import New
from titration.service.rounds.facts import told
from titration.service.rounds.ordered import with_orders
from titration.service.rounds.planning import Engines, Planned, plan
from titration.service.rounds.recording import Clerk
from titration.service.rounds.told import (
    Choice,
    Entry,
    LineKey,
    PatientSheet,
    Receipt,
    RecordedPlan,
    Refused,
    Role,
    Stage,
    User,
    WardRow,
    WardSheet,
)
from titration.service.rounds.told_study import StudySheet
from titration.service.rounds.ward_rows import lines_of, ward_row
from titration.service.rounds.what_if import checked_readings, with_changed
from titration.store.bodies import ChoiceBody, DecisionBody, LedgerBody, PackRef, RecommendationBody, RegimenBody
from titration.store.database import LedgerError
from titration.store.entries import Kind
from titration.store.ledger import Ledger, Pen, last_of, patient_head
from titration.store.logs import Member, digest_of, logs_of, members
from titration.store.packs import Rulebook, Shelf


def program_version() -> str:
    """The version that recommendations name."""
    try:
        return version("titration")
    except PackageNotFoundError:
        return "(not installed)"


_WRITERS: Final = (Role.PRESCRIBER, Role.NURSE)


class Desk:
    """One open ledger; see ``door.Door`` for what each call promises."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.shelf = Shelf(ledger)
        with _refusing():
            first = ledger.entry(1)
            if first is None and not ledger.head():
                raise Refused("lost", "this ledger was never finished being made: remove it and create it again")
            if first is None or first.kind != Kind.LEDGER:
                raise Refused("lost", "the ledger's first entry is missing: restore a backup")
            with ledger.reading() as connection:
                self._rules = self.shelf.in_use(connection)
        self._single = LedgerBody.model_validate_json(first.body).single_user
        self._engines = Engines(self._rules.pack, self._rules.formulary)

    # -- who and what ----------------------------------------------------------------------------------------------

    @property
    def pack(self) -> Pack:
        """The pack in use."""
        return self._rules.pack

    @property
    def formulary(self) -> Formulary:
        """The drugs of the pack in use."""
        return self._rules.formulary

    @property
    def read_only(self) -> bool:
        """Whether nothing can be recorded here."""
        return self.ledger.read_only

    @property
    def needs_passphrase(self) -> bool:
        """False only for a ledger created for a single user without one."""
        return not self._single

    @property
    def users(self) -> tuple[User, ...]:
        """People who may sign in."""
        with _refusing(), self.ledger.reading() as connection:
            return people.users_of(connection)

    def sign_in(self, name: str, passphrase: str, *, minute: int) -> User:
        """The user; refused in the same words and time for a wrong name and a wrong passphrase."""
        del minute
        with _refusing():
            return people.signed_in(self.ledger, name, passphrase, free=self._single)

    def head(self, patient_id: str | None = None) -> int:
        """Number of the last entry, or the last that concerns a patient's plan."""
        with _refusing():
            return self.ledger.head() if patient_id is None else self.ledger.head_of(patient_id)

    # -- looking ---------------------------------------------------------------------------------------------------

    def ward(self, *, minute: int) -> WardSheet:
        """The ward in one run of the engine a unit system."""
        with _refusing(), self.ledger.reading() as connection:
            engines = self._current(connection)
            whose = members(connection, discharged=False)
            head = last_of(connection)[0]
            logs = logs_of(connection, whose, until=minute)
            stages = records.stages(connection, minute // MINUTES_A_DAY, {m.patient_id: m.system for m in whose})
            orders = records.orders_of_all(connection)
            marks = study.marks(connection, logs, minute // MINUTES_A_DAY)
        by_id = {member.patient_id: member for member in whose}
        rows: list[WardRow] = []
        for log in logs:
            planned = plan(engines, log, minute)
            lines = lines_of(planned)
            for number, one in enumerate(log.people):
                member = by_id[one.patient_id]
                stage = stages.get(one.patient_id, Stage.OPEN)
                own = with_orders(lines.get(number, []), orders.get(one.patient_id, ()), planned, number)
                row = ward_row(planned, number, own, person=records.person(member), stage=stage)
                rows.append(replace(row, study=marks.get(one.patient_id)))
        rows.sort(key=lambda row: (row.urgency, row.person.bed, row.person.patient_id))
        pack = engines.pack
        return WardSheet(minute, minute // MINUTES_A_DAY, head, pack.id, pack.version, pack.status, tuple(rows))

    def patient(self, patient_id: str, *, minute: int) -> PatientSheet:
        """One patient with today's plan."""
        with _refusing(), self.ledger.reading() as connection:
            return self._sheet(connection, patient_id, minute)[0]

    def study(self, patient_id: str, *, minute: int) -> StudySheet:
        """One patient's study."""
        with _refusing(), self.ledger.reading() as connection:
            engines, head = self._current(connection), last_of(connection)[0]
            member, log = self._log(connection, patient_id, minute)
            pack, formulary = engines.pack, self._rules.formulary
            return study.sheet(connection, member, log, minute=minute, head=head, pack=pack, formulary=formulary)

    def _sheet(self, connection: Connection, patient_id: str, minute: int) -> tuple[PatientSheet, Planned]:
        engines = self._current(connection)
        member, log = self._log(connection, patient_id, minute)
        planned = plan(engines, log, minute)
        stage = records.stages(connection, planned.day, {patient_id: member.system}).get(patient_id, Stage.OPEN)
        who, orders = records.person(member), records.orders(connection, patient_id)
        lines = with_orders(lines_of(planned).get(0, []), orders, planned, 0)
        row = ward_row(planned, 0, lines, person=who, stage=stage)
        mark = study.marks(connection, [log], planned.day, patient_id).get(patient_id)
        sheet = PatientSheet(
            person=who,
            minute=minute,
            day=planned.day,
            head=patient_head(connection, patient_id),
            assessment=assess(planned.decision, 0, planned.day),
            row=replace(row, study=mark),
            readings=records.readings(connection, patient_id, minute),
            doses=records.doses(connection, patient_id, minute),
            events=records.events(connection, patient_id, minute),
            labs=records.labs(connection, patient_id, minute),
            notes=records.notes(connection, patient_id, minute),
            signed=records.signed(connection, patient_id),
            baseline_total=planned.baselines.get(0),
            orders=orders,
        )
        return sheet, planned

    def _member(self, connection: Connection, patient_id: str) -> Member:
        found = members(connection, patient=patient_id)
        if not found:
            raise Refused("invalid", "the ledger has no such patient")
        return found[0]

    def _log(self, connection: Connection, patient_id: str, minute: int) -> tuple[Member, Log]:
        member = self._member(connection, patient_id)
        return member, logs_of(connection, [member], until=minute)[0]

    def _current(self, connection: Connection) -> Engines:
        """The engines of the pack in use, which another terminal may have changed."""
        rules: Rulebook = self.shelf.in_use(connection)
        if rules.seq != self._rules.seq:
            self._rules, self._engines = rules, Engines(rules.pack, rules.formulary)
        return self._engines

    def beyond(self, sheet: PatientSheet, line: LineKey, dose: int) -> tuple[str, ...]:
        """Limits of the guard that a dose would go beyond."""
        with _refusing(), self.ledger.reading() as connection:
            engines = self._current(connection)
            _, log = self._log(connection, sheet.person.patient_id, sheet.minute)
        return signing.limits_beyond(plan(engines, log, sheet.minute), line, dose)

    def what_if(
        self,
        patient_id: str,
        *,
        minute: int,
        readings: Mapping[int, int] | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> Assessment:
        """The plan if readings or parameters were others; records nothing."""
        with _refusing(), self.ledger.reading() as connection:
            engines = self._current(connection)
            member = self._member(connection, patient_id)
            known = [row.seq for row in records.readings(connection, patient_id, minute)]
            instead = checked_readings(readings or {}, known, member.system)
            log = logs_of(connection, [member], until=minute, instead=instead)[0]
        planned = plan(with_changed(engines, parameters or {}, member.system), log, minute)
        return assess(planned.decision, 0, planned.day)

    def entries(
        self,
        *,
        patient_id: str | None = None,
        kinds: Sequence[str] = (),
        author: str | None = None,
        before: int | None = None,
        most: int = 200,
    ) -> tuple[Entry, ...]:
        """Ledger entries, newest first."""
        with _refusing():
            found = self.ledger.entries(patient=patient_id, kinds=kinds, author=author, before=before, most=most)
            earlier = self.ledger.latest_before([entry.seq for entry in found])
        return tuple(told(entry, set_back=entry.minute < earlier.get(entry.seq, entry.minute)) for entry in found)

    def recorded_plan(self, seq: int) -> RecordedPlan:
        """A past recommendation, or the one a decision is about, as it was."""
        with _refusing(), self.ledger.reading() as connection:
            entry = self.ledger.entry(seq)
            if entry is not None and entry.kind == Kind.DECISION:
                entry = self.ledger.entry(DecisionBody.model_validate_json(entry.body).recommendation)
            if entry is None or entry.kind != Kind.RECOMMENDATION or entry.patient is None:
                raise Refused("invalid", f"entry {seq} is not a recommendation or decision")
            body = RecommendationBody.model_validate_json(entry.body)
            rules = self.shelf.of(connection, body.pack.sha256, body.formulary)
            plan_then = recorded.read(body.plan, rules.pack, rules.formulary)
            signed = [row for row in records.signed(connection, entry.patient) if row.recommendation == entry.seq]
        return RecordedPlan(told(entry), plan_then, tuple(signed))

    # -- recording -------------------------------------------------------------------------------------------------

    def record(self, user: User, asked: Sequence[New], *, minute: int) -> Receipt:
        """Record all of it or nothing."""
        self._may(user, _WRITERS)
        with _refusing(), self.ledger.recording(minute=minute, author=user.name) as pen:
            self._is_user(pen.connection, user)
            rules = self.shelf.in_use(pen.connection)
            seqs = Clerk(pen, rules.formulary, minute=minute).take(asked)
            head = pen.head
        return Receipt(seqs, head)

    def sign(self, user: User, sheet: PatientSheet, choices: Sequence[Choice], *, minute: int) -> Receipt:
        """Record the plan of ``sheet`` as a recommendation and the decision on it, in one step."""
        self._may(user, (Role.PRESCRIBER,))
        patient = sheet.person.patient_id
        with _refusing(), self.ledger.recording(minute=minute, author=user.name) as pen:
            self._is_user(pen.connection, user)
            if minute // MINUTES_A_DAY != sheet.day:
                raise Refused("stale", "the plan is of another day: look at the patient again, then sign")
            if patient_head(pen.connection, patient) != sheet.head:
                raise Refused("stale", "the record has changed since this plan was made: look at it again, then sign")
            now, planned = self._sheet(pen.connection, patient, sheet.minute)
            if now.assessment != sheet.assessment:
                raise Refused("stale", "the plan is no longer the one that was shown: look at it again, then sign")
            made = signing.checked(now.assessment, choices, planned)
            seqs = self._write(pen, now, planned.log, made)
            head = pen.head
        return Receipt(seqs, head)

    def _write(self, pen: Pen, sheet: PatientSheet, log: Log, choices: Sequence[ChoiceBody]) -> tuple[int, ...]:
        """The recommendation, the decision, and the change of regimen if there is one."""
        patient, shown = sheet.person.patient_id, sheet.assessment
        rules = self._rules
        recommendation = RecommendationBody(
            day=sheet.day,
            minute=sheet.minute,
            pack=PackRef(id=rules.pack.id, version=rules.pack.version, sha256=rules.pack.sha256),
            formulary=rules.formulary.sha256,
            program=program_version(),
            taper="as recorded",
            head=sheet.head,
            log=digest_of(log),
            plan=recorded.write(shown),
        )
        about = pen.add(Kind.RECOMMENDATION, recommendation, patient=patient)
        decision = DecisionBody(recommendation=about, day=sheet.day, choices=tuple(choices))
        seqs = [about, pen.add(Kind.DECISION, decision, patient=patient)]
        changed = signing.changes(shown, choices)
        if changed:
            body = RegimenBody(decision=seqs[1], day=sheet.day, lines=changed)
            seqs.append(pen.add(Kind.REGIMEN, body, patient=patient))
        return tuple(seqs)

    def _may(self, user: User, roles: Sequence[Role]) -> None:
        if self.read_only:
            raise Refused("read_only", "the ledger is open for reading only; nothing was recorded")
        if user.role not in roles:
            raise Refused("role", f"a {user.role.value} may not do this; nothing was recorded: ask a prescriber")

    def _is_user(self, connection: Connection, user: User) -> None:
        """A role that was taken away or changed counts at once, not when the terminal is closed."""
        if user not in people.users_of(connection):
            raise Refused("role", "this user may no longer record here; nothing was recorded: sign in again")

    # -- the ledger ------------------------------------------------------------------------------------------------

    def verify(self) -> tuple[int, str | None]:
        """Entries checked, and the first fault in words."""
        with _refusing():
            found = verification.verify(self.ledger, program=program_version())
        return found.entries, found.faults[0].text if found.faults else None

    def close(self) -> None:
        """Let go of the ledger."""
        self.ledger.close()


@contextmanager
def _refusing() -> Generator[None]:
    try:
        yield
    except LedgerError as error:
        raise Refused(error.code, str(error)) from None
