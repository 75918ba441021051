"""A pack and a log together, written out so that a failing example can be read."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.reference.pack_strategies import always_up, catalogues, direct_packs, packs
from titration.clinical import EVENT_KINDS, LAB_KINDS, Route, Slot, Source, Timing
from titration.log.model import Doses, Labs, Log, Person, Readings, lab_code
from titration.packs.model import FeatureDefinition, Pack
from titration.testing.strategies import logs
from titration.units import Pair, UnitSystem

Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass(frozen=True)
class Case:
    """One pack run on one log."""

    pack: Pack
    log: Log
    taper_always: bool | None

    def __repr__(self) -> str:
        """Everything, a line each."""
        return "\n".join(("Case", *_pack_text(self.pack), f"taper_always {self.taper_always}", *_log_text(self.log)))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002, FBT001 - Hypothesis calls it so
        printer.text(repr(self))


@st.composite
def plan_cases(draw: Draw) -> Case:
    """A drawn pack with rules on a drawn log."""
    return Case(
        draw(packs()), draw(logs(longest=12, most_patients=3)), draw(st.sampled_from((None, None, True, False)))
    )


@st.composite
def guard_cases(draw: Draw) -> Case:
    """Rules that always fire on a steady log: what they propose is limited, not whether they do."""
    return Case(draw(direct_packs()), draw(logs(longest=16, most_patients=2, steady=True)), None)


@st.composite
def feature_cases(draw: Draw) -> Case:
    """A pack that asks for everything there is, on a drawn log."""
    log = draw(logs(longest=9, most_patients=2))
    return Case(draw(catalogues()), log, draw(st.sampled_from((None, None, True, False))))


def _pack_text(pack: Pack) -> Iterator[str]:
    yield f"{pack.status} {pack.line_options} guard_off={pack.guard_off} withdraw={pack.withdraw} raise={pack.raise_}"
    for rule in pack.rules:
        kinds = ",".join(kind.value for kind in rule.kinds)
        yield f"rule {rule.id} {rule.tier.text} for {kinds}: {rule.when_text} -> {rule.step}"
    if not pack.rules:
        return
    for feature in pack.features.values():
        yield f"feature {feature_text(feature)}"
    for parameter in pack.parameters.values():
        value = parameter.value
        yield f"parameter {parameter.name} {f'{value.mmol_tenths}|{value.mgdl}' if isinstance(value, Pair) else value}"
    for (action, slot), judges in pack.attribution.judges.items():
        yield f"attribution {action} {slot.text} pre {judges.pre:09b} post {judges.post:09b}"


def feature_text(feature: FeatureDefinition) -> str:
    """A feature in one line."""
    shown = {"name", "of", "reduce", "dimension"}
    extras = [
        f"{name}={value}"
        for name in asdict(feature)
        if name not in shown and (value := getattr(feature, name)) is not None
    ]
    return f"{feature.name}: {feature.of} {feature.reduce} {' '.join(extras)}"


def _log_text(log: Log) -> Iterator[str]:
    yield f"log in {log.system.text}"
    for number, person in enumerate(log.people):
        yield f"patient {number} age {person.age_years} type {person.diabetes_type}"
    rows: list[tuple[int, int, str]] = []
    r, d, e, b = log.readings, log.doses, log.events, log.labs
    for i in range(len(r)):
        text = (
            f"reading {r.value[i]} {Timing(r.timing[i]).text} {Source(r.source[i]).text}{' repeat' * bool(r.repeat[i])}"
        )
        rows.append((int(r.patient[i]), int(r.minute[i]), text))
    for i in range(len(d)):
        drug = f"{log.drugs[d.drug[i]]}({d.drug[i]})"
        text = f"dose {drug} {d.amount[i]} {Slot(d.slot[i]).text} {Route(d.route[i]).text}{' doubtful' * bool(d.doubtful[i])}"
        rows.append((int(d.patient[i]), int(d.minute[i]), text))
    rows += [(int(e.patient[i]), int(e.minute[i]), f"event {EVENT_KINDS[e.kind[i]].value}") for i in range(len(e))]
    rows += [
        (int(b.patient[i]), int(b.minute[i]), f"lab {LAB_KINDS[b.kind[i]].value} {b.value[i]}") for i in range(len(b))
    ]
    for patient, day in zip(log.doubts.patient.tolist(), log.doubts.day.tolist(), strict=True):
        rows.append((patient, day * 1440, "doubt"))
    for patient, minute, text in sorted(rows, key=lambda row: row[:2]):
        yield f"{patient} day {minute // 1440} {minute % 1440 // 60:02d}:{minute % 60:02d} {text}"


def at_the_maximum() -> Case:
    """A combination pen close to its daily maximum, raised: a limit that drawn cases seldom reach."""
    days = range(10)
    pen = Doses(
        patient=np.zeros(len(days), np.int32),
        minute=np.array([day * 1440 + 1350 for day in days], np.int32),
        drug=np.zeros(len(days), np.int32),
        amount=np.full(len(days), 46_000, np.int32),
        slot=np.full(len(days), Slot.BEDTIME, np.int8),
        route=np.full(len(days), Route.SC, np.int8),
        doubtful=np.zeros(len(days), np.bool_),
    )
    readings = Readings(
        patient=np.zeros(len(days), np.int32),
        minute=np.array([day * 1440 + 420 for day in days], np.int32),
        value=np.full(len(days), 101, np.int32),
        timing=np.full(len(days), Timing.FASTING, np.int8),
        source=np.full(len(days), Source.CBG, np.int8),
        repeat=np.zeros(len(days), np.bool_),
    )
    weight = Labs(
        np.zeros(1, np.int32),
        np.zeros(1, np.int32),
        np.array([lab_code("weight")], np.int8),
        np.array([90_000], np.int32),
    )
    log = Log(UnitSystem.MMOL, (Person("P0"),), ("insulin-degludec-liraglutide",), readings, pen, labs=weight)
    return Case(always_up(6_000), log, None)
