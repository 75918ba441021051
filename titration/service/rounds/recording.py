"""What was typed, checked as a loader checks a file's row, as the entries it becomes."""

import unicodedata
from collections.abc import Sequence
from typing import Any, Final, TypeVar

import numpy as np
from pydantic import ValidationError
from sqlalchemy import Connection, select

from titration.clinical import LabKind
from titration.formulary import Formulary
from titration.log.canonical_doses import decode_doses
from titration.log.canonical_readings import decode_readings
from titration.log.columns import Text
from titration.log.notation import minute_text
from titration.log.report import REASONS, Reason
from titration.log.verdicts import Refused as RefusedRows
from titration.service.rounds.asked import (
    Correction,
    New,
    NewDose,
    NewEvent,
    NewLab,
    NewNote,
    NewPerson,
    NewReading,
    NewStudyRow,
)
from titration.service.rounds.study_rows import checked_row, times_of
from titration.service.rounds.told import Person, Refused
from titration.store.bodies import (
    Body,
    CorrectionBody,
    DoseBody,
    EventBody,
    Instead,
    LabBody,
    NoteBody,
    PersonBody,
    ReadingBody,
)
from titration.store.entries import CORRECTABLE, Kind
from titration.store.ledger import Pen
from titration.store.logs import Member, members
from titration.store.state import SYSTEMS, TABLE_OF
from titration.store.tables import ENTRIES, READINGS
from titration.units import MILLI, UnitSystem, grid_text

CLOCK_SLACK: Final = 15
"""Minutes by which what is recorded may lie ahead of the terminal's clock: clocks on a ward differ."""
LONGEST_TEXT: Final = 4000
PLAUSIBLE: Final[dict[str, tuple[int, int]]] = {
    LabKind.WEIGHT: (20_000, 400_000),
    LabKind.HBA1C: (2_500, 25_000),
    LabKind.EGFR: (1_000, 250_000),
    LabKind.CREATININE: (5_000, 3_000_000),
    LabKind.C_PEPTIDE: (1, 30_000),
    LabKind.KETONE: (0, 15_000),
}
"""Thousandths of each measurement's unit: a slip of the keyboard lies outside, hardly an adult does. A log is read as it is."""
MOST_YEARS: Final = 130
TALLEST_CM: Final = 260

_Made = TypeVar("_Made", bound=Body)


class Clerk:
    """Turns what one person asks for into entries of one transaction; Refused (``invalid``) says what is wrong with which."""

    def __init__(self, pen: Pen, formulary: Formulary, *, minute: int) -> None:
        self._pen = pen
        self._formulary = formulary
        self._minute = minute
        self._known: dict[str, Member | None] = {}
        self._corrected: set[int] = set()

    def take(self, asked: Sequence[New]) -> tuple[int, ...]:
        """Add an entry for each; their numbers."""
        return tuple(self._add(new) for new in asked)

    def _add(self, new: New) -> int:
        match new:
            case NewPerson(person):
                kind, patient, body = Kind.PERSON, _word(person.patient_id, "patient id"), self._person(person)
                number = self._pen.add(kind, body, patient=patient)
                self._known[patient] = Member(patient, number, person.system, person.discharged, body)
                return number
            case Correction():
                patient, body = self._correction(new)
                return self._pen.add(Kind.CORRECTION, body, patient=patient)
            case NewNote():
                self._member(new.patient_id)
                self._not_ahead(new.minute)
                text = _text(new.text, "note")
                if not text.strip():
                    raise Refused("invalid", "the note is empty: write something or leave it out")
                return self._pen.add(Kind.NOTE, NoteBody(minute=new.minute, text=text), patient=new.patient_id)
            case _:
                kind, body = self._row(new)
                return self._pen.add(kind, body, patient=new.patient_id or None)

    def _row(self, new: NewReading | NewDose | NewEvent | NewLab | NewStudyRow) -> tuple[Kind, Body]:
        if isinstance(new, NewStudyRow):
            return Kind.STUDY, self._study(new)
        member = self._member(new.patient_id)
        self._not_ahead(new.minute)
        match new:
            case NewReading():
                return Kind.READING, _reading(new, member.system)
            case NewDose():
                return Kind.DOSE, _dose(new, self._formulary)
            case NewEvent():
                return Kind.EVENT, _made(
                    EventBody, {"minute": new.minute, "kind": new.kind, "note": _text(new.note, "note")}
                )
            case NewLab():
                low, high = PLAUSIBLE.get(new.kind, (0, 0))
                if new.kind in PLAUSIBLE and not low <= new.value <= high:
                    raise Refused("invalid", Reason.IMPLAUSIBLE_VALUE.remedy)
                return Kind.LAB, _made(LabBody, {"minute": new.minute, "kind": new.kind, "value": new.value})

    def _study(self, new: NewStudyRow) -> Body:
        if new.table != "reference_ranges":
            self._member(new.patient_id)
        body = checked_row(new)
        for minute in times_of(new):
            self._not_ahead(minute)
        return body

    def _member(self, patient: str) -> Member:
        if patient not in self._known:
            self._known[patient] = next(iter(members(self._pen.connection, patient=patient)), None)
        found = self._known[patient]
        if found is None:
            raise Refused("invalid", "the ledger has no such patient: admit them first")
        return found

    def _not_ahead(self, minute: int) -> None:
        if minute > self._minute + CLOCK_SLACK:
            raise Refused("invalid", f"{minute_text(minute)} has not come yet: check date and time")

    def _person(self, person: Person) -> PersonBody:
        patient = person.patient_id
        if patient not in self._known:
            self._known[patient] = next(iter(members(self._pen.connection, patient=patient)), None)
        before = self._known[patient]
        if before is not None and before.system is not person.system and _has_readings(self._pen.connection, patient):
            raise Refused("invalid", f"the patient's readings are in {before.system.text}: the unit cannot change now")
        if person.age_years is not None and person.age_years > MOST_YEARS:
            raise Refused("invalid", "check the age, in years")
        if person.height_cm is not None and not 50 <= person.height_cm <= TALLEST_CM:
            raise Refused("invalid", "check the height, in cm")
        # What only a log tells (comorbidities and the like) stays as it was.
        kept = {} if before is None else before.body.model_dump()
        told = {
            "name": _word(person.name, "name", blank=True),
            "ward": _word(person.ward, "ward", blank=True),
            "bed": _word(person.bed, "bed", blank=True),
            "sex": person.sex,
            "age_years": person.age_years,
            "height_cm": None if person.height_cm is None else repr(float(person.height_cm)),
            "diabetes_type": person.diabetes_type,
            "system": person.system.text,
            "admitted_day": person.admitted_day,
            "discharged": person.discharged,
        }
        return _made(PersonBody, {**kept, **told})

    def _correction(self, new: Correction) -> tuple[str | None, CorrectionBody]:
        why = _text(new.why, "reason")
        if not why.strip():
            raise Refused("invalid", f"entry {new.of}: say why it is corrected")
        kind, patient = self._standing(new.of)
        instead: Instead | None = None
        if new.instead is not None:
            if (new.instead.patient_id or None) != patient:
                raise Refused("invalid", f"entry {new.of} is another patient's: withdraw it and enter it anew")
            now, body = self._row(new.instead)
            if now is not kind:
                raise Refused(
                    "invalid", f"entry {new.of} is a {kind.value}: withdraw it and enter the {now.value} anew"
                )
            instead = Instead(kind=now.value, body=body.model_dump(mode="json"))  # pyright: ignore[reportArgumentType] - one of the five
        self._corrected.add(new.of)
        return patient, CorrectionBody(of=new.of, why=why, instead=instead)

    def _standing(self, of: int) -> tuple[Kind, str | None]:
        """Kind and patient of an entry whose row stands."""
        connection = self._pen.connection
        row = connection.execute(ENTRIES.select().where(ENTRIES.c.seq == of)).one_or_none()
        if row is None:
            raise Refused("invalid", f"there is no entry {of}")
        for kind in CORRECTABLE:
            table = TABLE_OF[kind]
            found = connection.execute(select(table.c.patient).where(table.c.seq == of)).one_or_none()
            if found is not None and of not in self._corrected:
                return kind, found[0]
        if row.kind in CORRECTABLE or row.kind == Kind.CORRECTION:
            raise Refused("invalid", f"entry {of} was corrected or withdrawn already: correct what stands now")
        raise Refused("invalid", f"entry {of} is a {row.kind}: it cannot be corrected, only followed by another")


def _has_readings(connection: Connection, patient: str) -> bool:
    query = select(READINGS.c.seq).where(READINGS.c.patient == patient).limit(1)
    return connection.execute(query).scalar() is not None


def _made(kind: type[_Made], values: dict[str, Any]) -> _Made:
    try:
        return kind(**values)
    except ValidationError as error:
        # The message of pydantic would repeat what was typed.
        names = ", ".join(sorted({str(item["loc"][0]) for item in error.errors() if item["loc"]}))
        raise Refused("invalid", f"check {names}: not a value this program knows") from None


def _word(text: str, what: str, *, blank: bool = False) -> str:
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text) or len(text) > 200:
        raise Refused("invalid", f"the {what} holds signs that cannot be shown on one line")
    if not blank and not text.strip():
        raise Refused("invalid", f"the {what} is missing")
    return text.strip()


def _text(text: str, what: str) -> str:
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in text):
        raise Refused("invalid", f"the {what} holds signs that cannot be shown")
    if len(text) > LONGEST_TEXT:
        raise Refused("invalid", f"the {what} is longer than {LONGEST_TEXT} signs: shorten it")
    return text


def _columns(**words: str) -> dict[str, Text]:
    return {name: Text(np.zeros(1, np.int8), (word,)) for name, word in words.items()}


def _objections(refused: RefusedRows | None, *, allowed: frozenset[Reason]) -> None:
    codes: list[int] = [] if refused is None else refused.reason.tolist()
    for code in codes:
        reason = REASONS[code]
        if reason not in allowed:
            raise Refused("invalid", reason.remedy)


def _reading(new: NewReading, system: UnitSystem) -> ReadingBody:
    if SYSTEMS.get(new.unit) is not system:
        raise Refused("invalid", f"the patient's readings are in {system.text}: enter the value in that unit")
    columns = _columns(
        patient_id=new.patient_id,
        time=minute_text(new.minute),
        glucose=new.written,
        unit=new.unit,
        timing=new.timing,
        source=new.source,
    )
    decoded = decode_readings(columns)
    _objections(decoded.refused, allowed=frozenset((Reason.CENSORED,)))
    if int(decoded.value[0]) != new.value:
        raise Refused("invalid", "the reading as written and its value differ: enter it again")
    return _made(
        ReadingBody,
        {
            "minute": new.minute,
            "value": new.value,
            "unit": new.unit,
            "timing": new.timing,
            "source": new.source,
            "written": new.written.strip(),
        },
    )


def _dose(new: NewDose, formulary: Formulary) -> DoseBody:
    columns = _columns(
        patient_id=new.patient_id,
        time=minute_text(new.minute),
        drug=_word(new.drug, "drug"),
        amount=grid_text(new.amount, MILLI),
        unit=new.unit,
        slot=new.slot,
        route=new.route,
    )
    decoded = decode_doses(columns, formulary=formulary)
    _objections(decoded.refused, allowed=frozenset((Reason.DOSE_OUTSIDE_RANGE,)))
    if decoded.rate is not None and bool(decoded.rate[0]):
        raise Refused("invalid", "a pump's rate is not a dose: enter units, not units an hour")
    return _made(
        DoseBody,
        {
            "minute": new.minute,
            "drug": decoded.names[0],
            "amount": int(decoded.amount[0]),
            "unit": decoded.units[0],
            "slot": new.slot,
            "route": new.route,
            "doubtful": bool(decoded.doubtful[0]),
            "note": _text(new.note, "note"),
        },
    )
