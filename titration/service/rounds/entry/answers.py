"""What came of a line or cell as typed: what would be recorded, a question to the person, or what is wrong.

An answer holds codes and fields, no sentences: ``words`` puts them into a language. Nothing doubtful becomes ``Ready`` without
the person's own choice, and a choice is bound to the exact text it was made on, so that an edit asks again.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from titration.formulary import Formulary, Product
from titration.service.rounds.asked import NewDose, NewEvent, NewLab, NewNote, NewReading
from titration.service.rounds.told import DoseRow, LabRow, PatientSheet, ReadingRow
from titration.units import UnitSystem

Fields: TypeAlias = tuple[tuple[str, str], ...]
Recordable: TypeAlias = NewReading | NewDose | NewEvent | NewLab | NewNote
Confirmed: TypeAlias = AbstractSet[str]
"""What a person has confirmed: the ``Option.confirms`` they chose."""

NOTHING_CONFIRMED: Final[frozenset[str]] = frozenset()
UNFINISHED: Final = frozenset(("blank", "unfinished", "no_amount", "no_value"))
"""Problems of a text that is still being typed: shown as pending, not as wrong."""


@dataclass(frozen=True, slots=True)
class Said:
    """A remark: a code of ``words`` and its fields."""

    code: str
    fields: Fields = ()


@dataclass(frozen=True, slots=True)
class Option:
    """One way to answer a question: ``text`` replaces what was typed, ``confirms`` lets it stand; neither: type again."""

    code: str
    fields: Fields = ()
    text: str | None = None
    confirms: str | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """What would be recorded. ``corrects`` is the entry it stands in for; why is still to be asked."""

    new: tuple[Recordable, ...]
    remarks: tuple[Said, ...] = ()
    corrects: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Nothing is recorded until the person chooses; the first option is always to type again."""

    code: str
    fields: Fields
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Nothing is recorded; the words of ``code`` say what to type instead."""

    code: str
    fields: Fields = ()

    @property
    def unfinished(self) -> bool:
        """Whether the text is merely not complete yet."""
        return self.code in UNFINISHED


Answer: TypeAlias = Ready | Question | Problem

AGAIN: Final = Option("again")


@dataclass(frozen=True, slots=True)
class OwnLine:
    """A therapy line of the patient; ``usual`` is the dose in force, thousandths of ``unit``, or None if not known."""

    drug: str
    product: Product | None
    slot: str
    route: str
    unit: str
    usual: int | None


@dataclass(frozen=True, slots=True)
class Bedside:
    """What entries for one patient are checked against. ``minute`` is now."""

    patient_id: str
    system: UnitSystem
    minute: int
    formulary: Formulary
    lines: tuple[OwnLine, ...] = ()
    readings: tuple[ReadingRow, ...] = ()
    doses: tuple[DoseRow, ...] = ()
    labs: tuple[LabRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Typed:
    """One text at one bedside, with what was confirmed about it."""

    text: str
    at: Bedside
    confirmed: Confirmed = field(default=NOTHING_CONFIRMED)

    def token(self, code: str) -> str:
        """What confirming ``code`` for exactly this text and patient is called."""
        return f"{code}|{self.at.patient_id}|{self.text}"

    def agreed(self, code: str) -> bool:
        """Whether the person confirmed ``code`` for exactly this text."""
        return self.token(code) in self.confirmed

    def confirm(self, code: str, label: str = "confirm", fields: Fields = ()) -> Option:
        """An option that lets the text stand as far as ``code`` goes."""
        return Option(label, fields, confirms=self.token(code))


def own_lines(sheet: PatientSheet) -> tuple[OwnLine, ...]:
    """The therapy lines of a patient's sheet. The usual dose is the one ordered, else the one in force."""
    ordered = {order.line: order.dose for order in sheet.orders}
    lines: list[OwnLine] = []
    for line in sheet.assessment.lines:
        slot, route = line.slot.text, line.route.text
        usual = ordered.get((line.drug, slot, route), line.before)
        lines.append(OwnLine(line.drug, line.product, slot, route, line.unit, usual))
    return tuple(lines)


def bedside_of(sheet: PatientSheet, *, minute: int, formulary: Formulary) -> Bedside:
    """The bedside of a patient's sheet at ``minute``."""
    return Bedside(
        sheet.person.patient_id,
        sheet.person.system,
        minute,
        formulary,
        own_lines(sheet),
        sheet.readings,
        sheet.doses,
        sheet.labs,
    )
