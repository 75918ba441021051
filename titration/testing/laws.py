"""The laws a calculator is held to, as trials: states to ask, and a check of the answers that names the fault.

They are the laws our own packs keep (docs/decisions, DESIGN of the guard), read from outside: only from questions and answers.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from titration.testing.patients import (
    REGIMENS,
    USUAL,
    Doses,
    Regimen,
    event,
    patient,
    profile,
    reading,
    replaced,
)
from titration.testing.protocol import Answer, State
from titration.units import decimal_of

Check = Callable[[Sequence[State], Sequence[Answer]], str | None]
MOST_UP: Final = Decimal(8)
"""Largest single increase, units: the largest step of Treat-to-Target (Riddle 2003)."""
MOST_UP_SHARE: Final = Decimal("0.2")
SMALL_STEP: Final = Decimal(2)
"""The published fixed step is always allowed."""


@dataclass(frozen=True, slots=True)
class Trial:
    """States that belong together, and what must hold of their answers."""

    states: tuple[State, ...]
    check: Check


@dataclass(frozen=True, slots=True)
class Law:
    """A promise every calculator must keep. ``anchor`` is where it comes from."""

    id: str
    says: str
    anchor: str
    trials: Callable[[Regimen], Iterator[Trial]]


def changes(state: State, answer: Answer) -> dict[str, Decimal]:
    """By how many units each line's dose changes."""
    now = {line.line: decimal_of(line.dose) for line in state.lines}
    return {line.line: line.units - now[line.line] for line in answer.lines if line.line in now}


def _no_increase(states: Sequence[State], answers: Sequence[Answer]) -> str | None:
    for state, answer in zip(states, answers, strict=True):
        for line, change in changes(state, answer).items():
            if change > 0:
                return f"raises {line} by {change} units"
    return None


def _missing(regimen: Regimen) -> Iterator[Trial]:
    yield Trial((patient(regimen, ()),), _asks_for_data)
    if regimen == "basal":
        yield Trial((patient(regimen, profile("13.0", timings=("post_lunch",))),), _no_increase)


def _asks_for_data(states: Sequence[State], answers: Sequence[Answer]) -> str | None:
    del states
    for line in answers[0].lines:
        if line.plan not in ("need_data", "refer"):
            return f"answers {line.plan!r} for {line.line} without a single reading"
    return None


def _stale(regimen: Regimen) -> Iterator[Trial]:
    for last in (-3, -6, -10):
        yield Trial((patient(regimen, profile("12.0", last=last)),), _no_increase)


def _lockout(regimen: Regimen) -> Iterator[Trial]:
    for unit, high, lows in (("mmol/L", "12.0", ("3.8", "2.9", "LO")), ("mg/dL", "216", ("69", "53", "LO"))):
        for low in lows:
            for back in (0, -1, -3, -6):
                shown = replaced(profile(high), back, "overnight", low)
                yield Trial((patient(regimen, shown, unit="mmol/L" if unit == "mmol/L" else "mg/dL"),), _no_increase)


def _symptoms(regimen: Regimen) -> Iterator[Trial]:
    for kind in ("hypo_symptoms", "hypo_severe"):
        for back in (0, -2, -6):
            yield Trial((patient(regimen, profile("12.0"), events=[event(back, kind)]),), _no_increase)


def _depth(regimen: Regimen) -> Iterator[Trial]:
    for deep, mild in (("2.0", "4.3"), ("1.4", "4.0")):
        shown = tuple(patient(regimen, replaced(profile("6.0"), 0, "fasting", v)) for v in (deep, mild))
        yield Trial(shown, _deeper_is_more)


def _deeper_is_more(states: Sequence[State], answers: Sequence[Answer]) -> str | None:
    deep, mild = (sum(changes(s, a).values(), Decimal(0)) for s, a in zip(states, answers, strict=True))
    called = answers[0].review and not answers[1].review
    if deep < mild or called:
        return None
    return (
        f"changes the day's insulin by {deep} units after a reading below 3.0 mmol/L and by {mild} after one of 4.0-4.3"
    )


def _acts(regimen: Regimen) -> Iterator[Trial]:
    for low in ("2.0", "LO"):
        yield Trial((patient(regimen, replaced(profile("7.0"), 0, "fasting", low)),), _acts_on_low)


def _acts_on_low(states: Sequence[State], answers: Sequence[Answer]) -> str | None:
    total = sum(changes(states[0], answers[0]).values(), Decimal(0))
    if total < 0 or answers[0].review:
        return None
    return "neither lowers a dose nor calls for a review after a reading below 3.0 mmol/L"


SCALE: Final = (
    "1.0", "2.0", "2.9", "3.0", "3.8", "3.9", "4.3", "4.4", "5.0", "6.1", "7.0", "7.1", "8.5", "10.0", "10.1", "14.0", "20.0",
)  # fmt: skip
"""One reading's values in mmol/L, lowest first: on both sides of what packs compare with."""


def _monotone(regimen: Regimen) -> Iterator[Trial]:
    if regimen != "basal":
        return
    for level in ("5.0", "6.5", "8.0", "11.0"):
        for back, timing in ((0, "fasting"), (-2, "fasting"), (0, "overnight")):
            shown = tuple(patient(regimen, replaced(profile(level), back, timing, v)) for v in SCALE)
            yield Trial(shown, _rising)


def _rising(states: Sequence[State], answers: Sequence[Answer]) -> str | None:
    doses = [answer.lines[0].units for answer in answers]
    for value, dose, above, more in zip(SCALE, doses, SCALE[1:], doses[1:], strict=False):
        if dose > more:
            return f"with one reading at {value} gives {dose} units, at {above} gives {more}"
    del states
    return None


def _direction(regimen: Regimen) -> Iterator[Trial]:
    for timing in ("fasting", "pre_lunch", "post_dinner"):
        shown = tuple(patient(regimen, replaced(profile("9.0"), 0, timing, v)) for v in SCALE)
        yield Trial(shown, _never_turns)


def _never_turns(states: Sequence[State], answers: Sequence[Answer]) -> str | None:
    seen = [changes(s, a) for s, a in zip(states, answers, strict=True)]
    for i, lower in enumerate(seen):
        for line, change in lower.items():
            if change > 0 and any(higher.get(line, Decimal(0)) < 0 for higher in seen[i + 1 :]):
                return f"raises {line} with one reading at {SCALE[i]} and lowers it with a higher one"
    return None


def _steps(regimen: Regimen) -> Iterator[Trial]:
    for dose in ("4", "10", "20", "40", "60"):
        for high in ("15.0", "25.0", "HI"):
            yield Trial((patient(regimen, profile(high), doses=Doses(dose, dose), weight_kg="120"),), _within_step)


def _within_step(states: Sequence[State], answers: Sequence[Answer]) -> str | None:
    now = {line.line: decimal_of(line.dose) for line in states[0].lines}
    for line, change in changes(states[0], answers[0]).items():
        most = min(MOST_UP, max(now[line] * MOST_UP_SHARE, SMALL_STEP))
        if change > most:
            return f"raises {line} from {now[line]} units by {change} at once; {most} at most"
    return None


def _ceiling(regimen: Regimen) -> Iterator[Trial]:
    if regimen == "basal":
        for dose, weight in (("80", "80"), ("95", "90"), ("61", "60")):
            state = patient(regimen, profile("12.0"), doses=Doses(dose), weight_kg=weight)
            yield Trial((state,), _no_increase)


def _device(regimen: Regimen) -> Iterator[Trial]:
    for level in ("4.1", "5.5", "8.0", "12.0", "3.5"):
        for dose in ("7", "13", "21"):
            yield Trial((patient(regimen, profile(level), doses=Doses(dose, dose)),), _on_device)


def _on_device(states: Sequence[State], answers: Sequence[Answer]) -> str | None:
    step = {line.line: decimal_of(line.increment) for line in states[0].lines}
    for line in answers[0].lines:
        if line.units < 0 or line.units % step.get(line.line, Decimal(1)):
            return f"gives {line.units} units of {line.line}, which the device cannot"
        if line.units == 0 and line.plan != "stop":
            return f"lowers {line.line} to 0 as {line.plan!r}: a stop must be said as one"
    return None


def _parts(regimen: Regimen) -> Iterator[Trial]:
    if regimen != "basal":
        for level in ("3.5", "5.0", "8.5", "12.0"):
            for dose in ("7", "9", "13", "25"):
                yield Trial((patient(regimen, profile(level), doses=Doses(dose, dose)),), _adds_up)


def _adds_up(states: Sequence[State], answers: Sequence[Answer]) -> str | None:
    del states
    if answers[0].total is None:
        return None
    parts = sum((line.units for line in answers[0].lines), Decimal(0))
    total = decimal_of(str(answers[0].total))
    return None if parts <= total else f"gives parts of {parts} units of a total of {total}"


PAIRS: Final = (("5.5", "99"), ("6.6", "119"), ("8.5", "153"), ("11.5", "207"), ("3.4", "61"), ("2.5", "45"))
"""The same glucose in both units, away from every published threshold."""


def _units(regimen: Regimen) -> Iterator[Trial]:
    for mmol, mgdl in PAIRS:
        yield Trial((patient(regimen, profile(mmol)), patient(regimen, profile(mgdl), unit="mg/dL")), _alike)


def _alike(states: Sequence[State], answers: Sequence[Answer]) -> str | None:
    del states
    said = [[(line.line, line.plan, line.units) for line in answer.lines] for answer in answers]
    return None if said[0] == said[1] else "answers the same patient differently in the other unit or on another date"


THRESHOLDS: Final = (("3.9", "70"), ("3.8", "69"), ("3.0", "54"), ("2.9", "53"), ("4.4", "80"), ("7.0", "126"))
"""Published pairs and the grid steps below the lows: the same patient, whatever a conversion makes of it."""


def _published(regimen: Regimen) -> Iterator[Trial]:
    for mmol, mgdl in THRESHOLDS:
        for back, timing in ((-5, "overnight"), (0, "fasting")):
            one = patient(regimen, replaced(profile("9.0"), back, timing, mmol))
            other = patient(regimen, replaced(profile("162"), back, timing, mgdl), unit="mg/dL")
            yield Trial((one, other), _alike)
    for low, not_low, high, unit in (("3.8", "3.9", "9.0", "mmol/L"), ("69", "70", "162", "mg/dL")):
        named = "mmol/L" if unit == "mmol/L" else "mg/dL"
        shown = [replaced(profile(high), -5, "overnight", v) for v in (low, not_low)]
        yield Trial(tuple(patient(regimen, r, unit=named) for r in shown), _low_is_low)


def _low_is_low(states: Sequence[State], answers: Sequence[Answer]) -> str | None:
    low, not_low = (sum(changes(s, a).values(), Decimal(0)) for s, a in zip(states, answers, strict=True))
    return (
        None
        if low <= not_low
        else f"gives {low - not_low} units more after a low than after a reading on the threshold"
    )


def _once(regimen: Regimen) -> Iterator[Trial]:
    before = profile("12.0", last=-1)
    doses = Doses("22", "10", since=0, previous="20")
    yield Trial((patient(regimen, before, doses=doses),), _no_increase)


def _shift(regimen: Regimen) -> Iterator[Trial]:
    for level in ("3.5", "6.0", "9.0"):
        state = patient(regimen, profile(level))
        for days in (1, 30, 366):
            yield Trial((state, moved(state, days)), _alike)


def moved(state: State, days: int) -> State:
    """The same patient with every date so many days later."""

    def later(text: str) -> str:
        return (date.fromisoformat(text[:10]) + timedelta(days=days)).isoformat() + text[10:]

    return state.model_copy(
        update={
            "as_of": later(state.as_of),
            "lines": tuple(line.model_copy(update={"since": later(line.since)}) for line in state.lines),
            "readings": tuple(r.model_copy(update={"time": later(r.time)}) for r in state.readings),
            "events": tuple(e.model_copy(update={"time": later(e.time)}) for e in state.events),
        }
    )


def _censored(regimen: Regimen) -> Iterator[Trial]:
    shown = tuple(patient(regimen, replaced(profile("6.0"), 0, "fasting", v)) for v in ("LO", "0.6"))
    yield Trial(shown, _no_less_careful)
    yield Trial((patient(regimen, replaced(profile("6.0"), 0, "fasting", "HI")),), _no_increase_over_cap)


def _no_less_careful(states: Sequence[State], answers: Sequence[Answer]) -> str | None:
    lo, lowest = (sum(changes(s, a).values(), Decimal(0)) for s, a in zip(states, answers, strict=True))
    return None if lo <= lowest else f"gives {lo - lowest} units more after LO than after the lowest number"


def _no_increase_over_cap(states: Sequence[State], answers: Sequence[Answer]) -> str | None:
    return _within_step(states, answers)


SLIPS: Final = (".5", "0,5", "1e1", "-3.0", "", "7,8", "1034", "60.0", "abc")
"""What keyboards, exports and integer wraps have made of a glucose in mmol/L."""


def _slips(regimen: Regimen) -> Iterator[Trial]:
    """The only recent readings are slips: whatever they are read as, no dose goes up on them."""
    for slip in SLIPS:
        shown = [*profile("7.5", last=-8), *(reading(back, t, slip) for back in (-2, -1, 0) for t in USUAL[:2])]
        yield Trial((patient(regimen, shown),), _no_increase)


LAWS: Final = (
    Law("missing-data", "Without a reading the answer is that data are missing, never that all is well", "Huckvale 2015: 59 % calculated with missing values", _missing),
    Law("stale", "No dose goes up on readings days old", "safety invariant I5", _stale),
    Law("lockout", "No dose goes up in the week of a low, however high the rest", "Treat-to-Target; AT.LANTUS; premix table", _lockout),
    Law("symptoms", "Symptoms of a low count as a low, without a reading too", "EBM Guidelines; INITIATE", _symptoms),
    Law("acts-on-lows", "A reading below 3.0 mmol/L lowers a dose or calls a clinician the same day", "AACE; ADA level 2", _acts),
    Law("depth", "A deep low earns more caution than a value just below target", "AACE: below 3.9 and below 2.2 differ", _depth),
    Law("monotone", "Raising one reading never lowers the dose", "safety invariant I3", _monotone),
    Law("direction", "A lower reading never turns a smaller dose into a larger one", "safety invariant I3", _direction),
    Law("step-cap", "One step up is at most 8 units and 20 % (2 units always allowed)", "Riddle 2003; AACE", _steps),
    Law("ceiling", "A basal dose of 1 unit per kg is not raised automatically", "ADA, AACE: overbasalisation", _ceiling),
    Law("device", "Doses are what the device gives, and a stop is said as one", "safety invariant I9", _device),
    Law("parts", "Parts never add up to more than their total", "Huckvale 2015", _parts),
    Law("published-pairs", "A published pair is one threshold: 3.9 mmol/L and 70 mg/dL get the same plan, 3.8 and 69 too", "ADA levels", _published),
    Law("units", "The same patient in the other unit gets the same plan", "LifeScan and Nipro unit recalls", _units),
    Law("time-shift", "Moving every date changes nothing", "law of this project", _shift),
    Law("once", "No further increase before a reading was taken on the last one", "safety invariant I4", _once),
    Law("censored", "LO is as alarming as any number, HI is no number", "E-5 recall; safety invariant I19", _censored),
    Law("slips", "A value no meter shows raises no dose", "Omnipod 5 and InsuLinx recalls", _slips),
)  # fmt: skip
"""Every law, in the order of a report."""

__all__ = ["LAWS", "REGIMENS", "Law", "Regimen", "Trial", "changes", "moved"]
