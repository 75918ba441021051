"""One patient, one day: the batch path with a log of one patient."""

import re
from dataclasses import dataclass
from difflib import get_close_matches

from titration.engine.decide import Decision, Engine
from titration.explain import assess
from titration.explain.trace import Assessment
from titration.log.blocks import only, until
from titration.log.model import MINUTES_A_DAY, Log


class UnknownPatient(LookupError):
    """No patient of that id in the log."""


@dataclass(frozen=True, slots=True)
class Patient:
    """A log of one patient."""

    log: Log

    @property
    def last_day(self) -> int | None:
        """Last day with a reading or dose; None when there is neither."""
        ends = [int(t.minute[-1]) // MINUTES_A_DAY for t in (self.log.readings, self.log.doses) if len(t)]
        return max(ends, default=None)


def find_patient(logs: tuple[Log, ...], patient_id: str) -> Patient:
    """The patient's own log.

    Raises UnknownPatient with near names when no log has that id.
    """
    for log in logs:
        for i, person in enumerate(log.people):
            if person.patient_id == patient_id:
                return Patient(only(log, i, i + 1))
    ids = [p.patient_id for log in logs for p in log.people]
    close = _alike(patient_id, ids)
    hint = f"; did you mean {', '.join(close)}?" if close else f"; the log has {len(ids)} patients"
    raise UnknownPatient(f"no patient {patient_id!r} in the log{hint}")


def _alike(wanted: str, ids: list[str]) -> list[str]:
    """Ids that are the same but for case and leading zeros, else the nearest spellings."""

    def bare(name: str) -> str:
        return re.sub(r"0+(?=\d)", "", name.casefold())

    same = [name for name in ids if bare(name) == bare(wanted)]
    return same or get_close_matches(wanted, ids, n=3)


def decide_day(engine: Engine, patient: Patient, day: int, *, taper_always: bool | None = None) -> Decision:
    """The decision on what was recorded up to the end of ``day``."""
    grid = engine.grid(until(patient.log, day), taper_always=taper_always, through=day)
    return engine.decide(grid, day=day)


def assess_day(engine: Engine, patient: Patient, day: int, *, taper_always: bool | None = None) -> Assessment:
    """The plan of a day with its whole trace."""
    return assess(decide_day(engine, patient, day, taper_always=taper_always), 0, day)
