"""The laws a rule pack is held to, each on made-up wards: faults found come back as sentences, none when the law holds.

They are what a pack can break by what it says. What no pack can break (rows do not know each other, the order of rules does not
matter, dates may be moved) is the engine's own affair and tested there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Final

from titration.engine.decide import Decision, Engine
from titration.formulary import Formulary
from titration.log.model import Log
from titration.packs.model import Pack
from titration.testing import guarded, pack_glucose, pack_texts
from titration.testing.loops import Change, Course, Trajectory, run, stories
from titration.testing.wards import ward
from titration.units import UnitSystem

LOOP_DAYS: Final = 40
SWING_DAYS: Final = 7
LOW, FASTING_HIGH, POST_HIGH = 39, 70, 100


@dataclass(frozen=True)
class Subject:
    """A pack under test, with an engine in each unit system."""

    pack: Pack
    formulary: Formulary

    @cached_property
    def engines(self) -> dict[UnitSystem, Engine]:
        return {system: Engine(self.pack, system, self.formulary) for system in UnitSystem}

    @cached_property
    def watching(self) -> dict[UnitSystem, Engine]:
        """Engines whose frames hold the guard's features, also when the pack switches the guard off."""
        if not self.pack.guard_off:
            return self.engines
        on = replace(self.pack, guard_off=False)
        return {system: Engine(on, system, self.formulary) for system in UnitSystem}

    def decide(self, log: Log) -> Decision:
        """The pack's decision on a log."""
        ready = self.engines[log.system]
        return ready.decide(ready.grid(log))

    def watch(self, log: Log) -> Decision:
        """A decision on the log whose frames hold the guard's features."""
        ready = self.watching[log.system]
        return ready.decide(ready.grid(log))


@dataclass(frozen=True, slots=True)
class PackLaw:
    """A law: ``faults`` of a subject on the ward of a seed. ``once`` laws draw no ward."""

    id: str
    says: str
    faults: Callable[[Subject, int, UnitSystem], Iterator[str]]
    once: bool = False


def _on_a_ward(check: Callable[[Decision], Iterator[str]]) -> Callable[[Subject, int, UnitSystem], Iterator[str]]:
    return lambda subject, seed, system: check(subject.decide(ward(seed, system=system)))


def _watched(
    check: Callable[[Decision, Decision], Iterator[str]],
) -> Callable[[Subject, int, UnitSystem], Iterator[str]]:
    def faults(subject: Subject, seed: int, system: UnitSystem) -> Iterator[str]:
        log = ward(seed, system=system)
        return check(subject.decide(log), subject.watch(log))

    return faults


def _higher_never_lowers(subject: Subject, seed: int, system: UnitSystem) -> Iterator[str]:
    for log, other in pack_glucose.raised(subject.pack, ward(seed, system=system), seed):
        yield from pack_glucose.lowered_proposals(subject.decide(log), subject.decide(other))


def _lower_keeps_direction(subject: Subject, seed: int, system: UnitSystem) -> Iterator[str]:
    for log, other in pack_glucose.raised(subject.pack, ward(seed, system=system), seed):
        yield from pack_glucose.turned_plans(subject.decide(log), subject.decide(other))


def _lo_is_lowest(subject: Subject, seed: int, system: UnitSystem) -> Iterator[str]:
    numeric, censored = pack_glucose.with_lo(ward(seed, system=system), seed)
    yield from pack_glucose.lo_asks_less(subject.decide(numeric), subject.decide(censored))


def _units_agree(subject: Subject, seed: int, system: UnitSystem) -> Iterator[str]:
    del system
    mmol, mgdl = pack_glucose.twins(seed)
    yield from pack_glucose.unlike(subject.decide(mmol), subject.decide(mgdl))


def _languages_agree(subject: Subject, seed: int, system: UnitSystem) -> Iterator[str]:
    yield from pack_texts.unlike(subject.decide(ward(seed, patients=12, system=system)), seed)


def _comes_to_rest(subject: Subject, seed: int, system: UnitSystem) -> Iterator[str]:
    del seed, system
    chosen = stories((36, 42, 50, 62, 100), with_lows=(62,), tapers=(False, True))
    for trajectory in run(subject.engines[UnitSystem.MMOL], chosen, LOOP_DAYS):
        for line in trajectory.lines:
            yield from _swings(trajectory, line)
            if any(ghost.up for ghost in line.ghosts):
                yield f"{told(trajectory, line)}: given again after it was stopped"


def _swings(trajectory: Trajectory, line: Course) -> Iterator[str]:
    for one, two, three in zip(line.changes, line.changes[1:], line.changes[2:], strict=False):
        turns = two.up not in (one.up, three.up) and three.day - one.day <= SWING_DAYS
        if turns and not _asked_for(trajectory, one, three):
            yield f"{told(trajectory, line)}: swings within {SWING_DAYS} days, without a low or a high"
    for one, two in pairwise(line.changes):
        if trajectory.story.low is None and one.up and not two.up:
            yield f"{told(trajectory, line)}: takes back its own increase, without a low"


def _asked_for(trajectory: Trajectory, one: Change, three: Change) -> bool:
    """Whether a low or a high was measured between two changes."""
    story = trajectory.story
    if story.low is not None and one.day <= story.low[0] < three.day:
        return True
    values = [(t.name, story.value(t, day)) for day in range(one.day, three.day) for t in story.readings]
    return any(v < LOW or v > (POST_HIGH if name.startswith("POST") else FASTING_HIGH) for name, v in values)


def told(trajectory: Trajectory, line: Course) -> str:
    """A course as a line of a failure's message."""
    steps = "; ".join(f"day {c.day}: {c.before / 1000:g} to {c.after / 1000:g} {c.rule}" for c in line.changes)
    level, taper = trajectory.story.level / 10, "on" if trajectory.story.taper else "off"
    return f"glucose {level:.1f} mmol/L day after day, taper {taper}, {line.drug} {line.slot.text}: {steps}"


PACK_LAWS: Final = (
    PackLaw("low_never_raises", "No dose goes up in the week of a low", _on_a_ward(guarded.low_never_raises)),
    PackLaw("missing_never_raises", "No dose goes up without fresh readings, no insulin without a weight", _on_a_ward(guarded.missing_never_raises)),
    PackLaw("steps_keep_within_caps", "One step up is at most 8 units and 20 % (2 units always allowed); a taper takes at most 20 % of a day", _on_a_ward(guarded.steps_keep_within_caps)),
    PackLaw("insulin_stops_need_c_peptide", "No insulin line stops without C-peptide above 0.6 nmol/L", _on_a_ward(guarded.insulin_stops_need_c_peptide)),
    PackLaw("one_line_changes_a_day", "One line a day changes, unless lows demand more; never one up beside one down", _on_a_ward(guarded.one_line_changes_a_day)),
    PackLaw("changes_wait", "An unforced change waits until the last one has settled", _watched(guarded.changes_wait)),
    PackLaw("new_readings_come_first", "No second change before something was measured on the first", _watched(guarded.new_readings_come_first)),
    PackLaw("higher_never_lowers", "Raising one reading never lowers what is proposed for a line", _higher_never_lowers),
    PackLaw("lower_keeps_direction", "A lower reading never turns less insulin into more, or a safety reduction into none", _lower_keeps_direction),
    PackLaw("lo_is_lowest", "LO asks for at least as much caution as the lowest number", _lo_is_lowest),
    PackLaw("units_agree", "The same glucose in the other unit gets the same plan", _units_agree),
    PackLaw("languages_agree", "English and Chinese say the same numbers", _languages_agree),
    PackLaw("comes_to_rest", "Plans followed every day neither swing nor bring a stopped line back", _comes_to_rest, once=True),
)  # fmt: skip
"""Every law, in the order of a report."""
