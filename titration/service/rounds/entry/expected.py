"""Doses that are due: what a patient's lines and orders say should be given, and whether it has been written down.

Nothing here is assumed given. A dose counts as given only when a person says so, with one key, for one dose.
"""

from dataclasses import dataclass
from typing import Final

from titration.clinical import Route
from titration.formulary import Product
from titration.log.model import MINUTES_A_DAY
from titration.service.rounds.asked import NewDose
from titration.service.rounds.entry.answers import Problem, own_lines
from titration.service.rounds.entry.dosing import AWAY_FROM_SLOT, SLOT_TIMES, dose_day
from titration.service.rounds.told import DoseRow, LineKey, PatientSheet

EARLY: Final = 60
"""Minutes before its nominal time from which a dose may be written down as given."""
_ROUTES: Final = frozenset((Route.SC.text, Route.ORAL.text, Route.IV.text))
"""A pump's doses are not given by hand."""
_DAY: Final = 1


@dataclass(frozen=True, slots=True)
class Expected:
    """A dose of one line on one day. ``amount`` None is a line whose dose in force is not known: it has to be typed."""

    patient_id: str
    day: int
    drug: str
    product: Product | None
    slot: str
    route: str
    unit: str
    amount: int | None
    given: DoseRow | None
    """The entry that says what became of it; the last one where there are several."""

    @property
    def line(self) -> LineKey:
        """The therapy line it is of."""
        return (self.drug, self.slot, self.route)

    @property
    def nominal(self) -> int:
        """The minute it is due at."""
        return self.day * MINUTES_A_DAY + SLOT_TIMES[self.slot]


def expected_doses(sheet: PatientSheet, *, day: int) -> tuple[Expected, ...]:
    """Doses due on ``day``, in the order of the day; lines that were stopped, and pumps, have none."""
    found: list[Expected] = []
    for line in own_lines(sheet):
        given = [d for d in sheet.doses if (d.drug, d.slot) == (line.drug, line.slot)]
        on_day = [d for d in given if dose_day(d.minute, d.slot) == day]
        if line.route not in _ROUTES or (line.usual == 0 and not on_day):
            continue
        earlier = [dose_day(d.minute, d.slot) for d in given if d.amount and dose_day(d.minute, d.slot) < day]
        interval = _DAY if line.product is None else line.product.interval_days
        if not on_day and interval > _DAY and earlier and day - max(earlier) < interval:
            continue
        row = max(on_day, key=lambda d: d.seq, default=None)
        unit = line.unit or next((d.unit for d in reversed(given)), "")
        who = sheet.person.patient_id
        found.append(Expected(who, day, line.drug, line.product, line.slot, line.route, unit, line.usual, row))
    return tuple(sorted(found, key=lambda dose: dose.nominal))


def given_as_prescribed(dose: Expected, *, minute: int) -> NewDose | Problem:
    """The entry for a dose given as it was due, at ``minute`` if that is near its time, else at its nominal time."""
    if dose.given is not None:
        return Problem("dose_recorded")
    if dose.amount is None or not dose.unit:
        return Problem("dose_unknown")
    if dose.nominal > minute + EARLY:
        return Problem("dose_to_come")
    when = minute if abs(minute - dose.nominal) <= AWAY_FROM_SLOT else dose.nominal
    return NewDose(dose.patient_id, when, dose.drug, dose.amount, dose.unit, dose.slot, dose.route)


def not_given(dose: Expected, reason: str, *, minute: int) -> NewDose | Problem:
    """The entry for a dose that was not given, with the code of why."""
    if dose.given is not None:
        return Problem("dose_recorded")
    if dose.nominal > minute + EARLY:
        return Problem("dose_to_come")
    if not dose.unit:
        return Problem("dose_unknown")
    when = min(dose.nominal, minute)
    return NewDose(dose.patient_id, when, dose.drug, 0, dose.unit, dose.slot, dose.route, reason)
