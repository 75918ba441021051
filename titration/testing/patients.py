"""Made-up patients to ask calculators about: plain states that a law then changes in one respect."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from titration.testing.protocol import State, StateEvent, StateLine, StateReading

Regimen = Literal["basal", "premix", "basal-bolus"]
REGIMENS: Final[tuple[Regimen, ...]] = ("basal", "premix", "basal-bolus")
AS_OF: Final = date(2026, 3, 10)

CLOCK: Final = {
    "overnight": "03:00",
    "fasting": "06:30",
    "post_breakfast": "09:30",
    "pre_lunch": "11:30",
    "post_lunch": "14:00",
    "pre_dinner": "17:30",
    "post_dinner": "20:00",
    "bedtime": "21:30",
}
USUAL: Final = ("fasting", "post_breakfast", "pre_lunch", "post_lunch", "pre_dinner", "post_dinner", "bedtime")


def day(offset: int) -> str:
    """A date, so many days from the day of the plan."""
    return (AS_OF + timedelta(days=offset)).isoformat()


def reading(offset: int, timing: str, glucose: str) -> StateReading:
    """A reading at the usual hour of its timing."""
    return StateReading.model_validate({"time": f"{day(offset)} {CLOCK[timing]}", "timing": timing, "glucose": glucose})


def event(offset: int, kind: str) -> StateEvent:
    """An event at noon."""
    return StateEvent(time=f"{day(offset)} 12:00", kind=kind)


@dataclass(frozen=True, slots=True)
class Doses:
    """Units of each line, and for how many days they have been unchanged."""

    basal: str = "20"
    meal: str = "8"
    since: int = -21
    previous: str | None = None


USUAL_DOSES: Final = Doses()


def lines(regimen: Regimen, doses: Doses = USUAL_DOSES) -> tuple[StateLine, ...]:
    """The therapy lines of a regimen."""
    places: dict[Regimen, tuple[tuple[str, str, str, str], ...]] = {
        "basal": (("insulin glargine", "basal", "bedtime", doses.basal),),
        "premix": (
            ("insulin aspart 70/30", "premix", "breakfast", doses.basal),
            ("insulin aspart 70/30", "premix", "dinner", doses.basal),
        ),
        "basal-bolus": (
            ("insulin glargine", "basal", "bedtime", doses.basal),
            ("insulin aspart", "prandial", "breakfast", doses.meal),
            ("insulin aspart", "prandial", "lunch", doses.meal),
            ("insulin aspart", "prandial", "dinner", doses.meal),
        ),
    }
    return tuple(
        StateLine.model_validate(
            {
                "line": f"L{number}", "drug": drug, "kind": kind, "slot": slot, "dose": dose,
                "since": day(doses.since), "previous": doses.previous,
            }
        )
        for number, (drug, kind, slot, dose) in enumerate(places[regimen], 1)
    )  # fmt: skip


def patient(
    regimen: Regimen,
    readings: Iterable[StateReading],
    *,
    doses: Doses = USUAL_DOSES,
    unit: Literal["mmol/L", "mg/dL"] = "mmol/L",
    events: Iterable[StateEvent] = (),
    weight_kg: str | None = "80",
) -> State:
    """A patient without a name; whoever asks gives the state its id."""
    return State(
        id="", as_of=day(0), glucose_unit=unit, lines=lines(regimen, doses), readings=tuple(readings),
        events=tuple(events), weight_kg=weight_kg,
    )  # fmt: skip


def profile(glucose: str, *, days: int = 7, last: int = 0, timings: Iterable[str] = USUAL) -> list[StateReading]:
    """The same value at every timing of the last days, oldest first."""
    chosen = tuple(timings)
    return [reading(offset, timing, glucose) for offset in range(last - days + 1, last + 1) for timing in chosen]


def replaced(readings: list[StateReading], offset: int, timing: str, glucose: str) -> list[StateReading]:
    """The readings with the one of that day and timing shown as another value; added where there was none."""
    new = reading(offset, timing, glucose)
    kept = [r for r in readings if r.time != new.time]
    return sorted([*kept, new], key=lambda r: r.time)
