"""A pack and a log together, written out so that a failing example can be read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.reference.pack_strategies import catalogues, direct_packs, packs
from tests.reference.strategies import logs
from titration.clinical import EVENT_KINDS, LAB_KINDS, Route, Slot, Source, Timing
from titration.log.model import Log
from titration.packs.model import FeatureDefinition, Pack
from titration.units import Pair

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
    log = draw(logs(longest=16, most_patients=2))
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
    """A feature in one line; what is at its default is left out."""
    extras = [f"{name}={value}" for name in feature.__slots__[4:] if (value := getattr(feature, name)) is not None]
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
    for i in range(len(e)):
        rows.append((int(e.patient[i]), int(e.minute[i]), f"event {EVENT_KINDS[e.kind[i]].value}"))
    for i in range(len(b)):
        rows.append((int(b.patient[i]), int(b.minute[i]), f"lab {LAB_KINDS[b.kind[i]].value} {b.value[i]}"))
    for patient, day in zip(log.doubts.patient.tolist(), log.doubts.day.tolist(), strict=True):
        rows.append((patient, day * 1440, "doubt"))
    for patient, minute, text in sorted(rows, key=lambda row: row[:2]):
        yield f"{patient} day {minute // 1440} {minute % 1440 // 60:02d}:{minute % 60:02d} {text}"
