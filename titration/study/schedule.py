"""Who is due: a pure function of the protocol's days, the days that happened, and the date asked about.

A visit's window never moves: a new appointment changes the day a visit is due, and one outside the window is named so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from titration.clinical import EventKind
from titration.study.protocol import Protocol
from titration.study.protocol_schema import PhaseTable, VisitTable


class VisitState(StrEnum):
    """Where a visit or an infusion stands on a day."""

    WAITING = "waiting"
    """Its anchor has no day yet."""
    NOT_YET = "not_yet"
    IN_WINDOW = "in_window"
    """The window is open, the appointed day still to come."""
    DUE = "due"
    """Appointed for today."""
    LATE = "late"
    """The appointed day has passed, the window is still open."""
    MISSED = "missed"
    """The window has closed and no visit was recorded."""
    DONE = "done"
    OUT_OF_WINDOW = "out_of_window"
    """It took place, outside its window."""


OPEN = frozenset((VisitState.IN_WINDOW, VisitState.DUE, VisitState.LATE))
"""States in which the visit can still take place as the protocol wants it."""


@dataclass(frozen=True, slots=True)
class Window:
    """Target day with the first and last day allowed."""

    target: int
    first: int
    last: int

    def holds(self, day: int) -> bool:
        """Whether a day lies inside."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Appointment:
    """One visit or infusion of one patient. ``held`` is the day it took place; days count from 1970-01-01."""

    name: str
    window: Window | None
    appointed: int | None
    held: int | None
    state: VisitState
    rescheduled_outside: bool = False
    provisional: bool = False
    """The anchor has not happened yet: its planned day stands in for it."""
    measures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """What is recorded of one visit: the day it was held, the day it was moved to."""

    held: int | None = None
    moved_to: int | None = None


@dataclass(frozen=True, slots=True)
class Anchors:
    """Days that visits count from; None where not known. ``infusions`` are the days given, in order."""

    baseline: int | None = None
    infusions: tuple[int, ...] = ()

    def day(self, anchor: str, protocol: Protocol) -> tuple[int | None, bool]:
        """The day of an anchor, and whether it is only planned."""
        plan = protocol.file.infusion
        if anchor == "baseline" or plan is None:
            return self.baseline, False
        if anchor == "first_infusion":
            if self.infusions:
                return self.infusions[0], False
            return self.baseline, self.baseline is not None
        if len(self.infusions) >= plan.count:
            return self.infusions[plan.count - 1], False
        if self.infusions:
            left = plan.count - len(self.infusions)
            return self.infusions[-1] + left * plan.every_days, True
        if self.baseline is not None:
            return self.baseline + (plan.count - 1) * plan.every_days, True
        return None, False


def state_of(window: Window | None, kept: Kept, as_of: int) -> VisitState:
    """The state on ``as_of``; what happened later is not known yet."""
    held = kept.held if kept.held is not None and kept.held <= as_of else None
    if window is None:
        return VisitState.WAITING if held is None else VisitState.OUT_OF_WINDOW
    if held is not None:
        return VisitState.DONE if window.holds(held) else VisitState.OUT_OF_WINDOW
    if as_of > window.last:
        return VisitState.MISSED
    appointed = window.target if kept.moved_to is None else kept.moved_to
    if as_of == appointed:
        return VisitState.DUE
    if as_of < window.first:
        return VisitState.NOT_YET
    return VisitState.LATE if as_of > appointed else VisitState.IN_WINDOW


def visit_window(visit: VisitTable, protocol: Protocol, anchors: Anchors) -> tuple[Window | None, bool]:
    """The days of a visit, and whether they rest on a day that is only planned."""
    day, provisional = anchors.day(visit.after or protocol.file.protocol.anchor, protocol)
    if day is None:
        return None, False
    target = day + visit.day
    return Window(target, target - visit.early, target + visit.late), provisional


def visit_schedule(
    protocol: Protocol, anchors: Anchors, kept: Mapping[str, Kept], *, as_of: int
) -> tuple[Appointment, ...]:
    """Every visit of the protocol, in its order."""
    out: list[Appointment] = []
    known = Anchors(
        anchors.baseline if anchors.baseline is not None and anchors.baseline <= as_of else None,
        tuple(day for day in anchors.infusions if day <= as_of),
    )
    for visit in protocol.visits:
        window, provisional = visit_window(visit, protocol, known)
        out.append(
            _appointment(
                visit.id,
                window,
                kept=kept.get(visit.id, Kept()),
                as_of=as_of,
                provisional=provisional,
                measures=visit.measures,
            )
        )
    return tuple(out)


def infusion_schedule(protocol: Protocol, anchors: Anchors, *, as_of: int) -> tuple[Appointment, ...]:
    """Every infusion of the protocol; each window counts from the infusion before it."""
    plan, limits = protocol.file.infusion, protocol.file.infusion_limits
    if plan is None or limits is None:
        return ()
    given = [day for day in anchors.infusions if day <= as_of]
    out: list[Appointment] = []
    before: int | None = None
    for number in range(plan.count):
        held = given[number] if number < len(given) else None
        if number == 0:
            target = anchors.baseline if anchors.baseline is not None and anchors.baseline <= as_of else held
        else:
            target = None if before is None else before + plan.every_days
        window = None if target is None else Window(target, target - limits.early, target + limits.late)
        out.append(
            _appointment(
                f"I{number + 1}", window, kept=Kept(held), as_of=as_of, provisional=held is None and number > 0
            )
        )
        before = held if held is not None else target
    return tuple(out)


def _appointment(
    name: str,
    window: Window | None,
    *,
    kept: Kept,
    as_of: int,
    provisional: bool,
    measures: tuple[str, ...] = (),
) -> Appointment:
    moved = kept.moved_to
    return Appointment(
        name=name,
        window=window,
        appointed=moved if moved is not None else None if window is None else window.target,
        held=kept.held if kept.held is not None and kept.held <= as_of else None,
        state=state_of(window, kept, as_of),
        rescheduled_outside=moved is not None and window is not None and not window.holds(moved),
        provisional=provisional,
        measures=measures,
    )


@dataclass(frozen=True, slots=True)
class PhaseStart:
    """A phase and the day it begins."""

    phase: PhaseTable
    day: int


def phases(protocol: Protocol, anchors: Anchors) -> tuple[PhaseStart, ...]:
    """The phases whose first day is known, by day; a planned anchor begins nothing."""
    out: list[PhaseStart] = []
    for phase in protocol.file.phase:
        if phase.begins == "screening":
            start = anchors.infusions[0] if anchors.infusions else anchors.baseline
            assert protocol.file.screening is not None
            day = None if start is None else start - protocol.file.screening.stable_days
        else:
            day, provisional = anchors.day(phase.begins, protocol)
            day = None if provisional else day
        if day is not None:
            out.append(PhaseStart(phase, day + phase.offset_days))
    return tuple(sorted(out, key=lambda start: start.day))


_PHASE_EVENTS = {
    "screening": EventKind.PHASE_SCREENING,
    "treatment": EventKind.PHASE_TREATMENT,
    "follow_up": EventKind.PHASE_FOLLOW_UP,
}


def phase_events(protocol: Protocol, anchors: Anchors) -> tuple[tuple[int, EventKind], ...]:
    """(day, event) by which rules learn of the phases and of taper mode."""
    out: list[tuple[int, EventKind]] = []
    taper = False
    for start in phases(protocol, anchors):
        out.append((start.day, _PHASE_EVENTS[start.phase.id]))
        if start.phase.taper != taper:
            taper = start.phase.taper
            out.append((start.day, EventKind.TAPER_ON if taper else EventKind.TAPER_OFF))
    return tuple(out)
