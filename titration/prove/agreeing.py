"""Whether a pack's published pairs cut the same readings apart in both unit systems: every reading, every pair, by counting.

A reading of 7.3 mmol/L and one of 131 mg/dL are the same glucose. Away from a pair both must lie on the same side of it,
or one patient gets two plans for the unit a meter shows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from titration.engine.decide import Engine
from titration.expr.walk import features_of, parameters_of
from titration.log.model import Log
from titration.packs.model import Pack, Rule
from titration.prove.questions import fires
from titration.prove.replay import replay
from titration.prove.stage import Somebody, Stage
from titration.prove.witness import Witness
from titration.units import HI_VALUE, LO_VALUE, Pair, UnitSystem

_MGDL_IN_10_MMOL: Final = 180_182
"""mg/dL in 10,000 mmol/L: glucose is 180.182 g/mol."""
AWAY: Final = 2
"""Tenths of mmol/L from a pair within which the two grids may differ by rounding alone."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A reading that lies on one side of a pair in mmol/L and on the other in mg/dL; both as held."""

    parameter: str
    mmol: int
    mgdl: int


def same_reading(mmol: int) -> int:
    """The whole mg/dL nearest to a reading in tenths of mmol/L."""
    return (mmol * _MGDL_IN_10_MMOL // 1000 + 50) // 100


def disagreements(pack: Pack) -> Iterator[Disagreement]:
    """Every reading a meter can show that a pair of the pack puts on different sides."""
    low, high = UnitSystem.MMOL.accepted
    for name, parameter in sorted(pack.parameters.items()):
        if not isinstance(parameter.value, Pair):
            continue
        pair = parameter.value
        for mmol in range(low, high + 1):
            mgdl = same_reading(mmol)
            if abs(mmol - pair.mmol_tenths) >= AWAY and (mmol > pair.mmol_tenths) is not (mgdl > pair.mgdl):
                yield Disagreement(name, mmol, mgdl)


def rules_reading(pack: Pack, parameter: str) -> list[Rule]:
    """Rules whose condition, or one of whose features, uses a parameter."""
    through = {name for name, f in pack.features.items() if parameter in (f.below, f.at_most, f.above, f.at_least)}
    return [r for r in pack.rules if parameter in parameters_of(r.when) or features_of(r.when) & through]


def shown(
    disagreement: Disagreement, stages: list[Stage], engines: dict[UnitSystem, Engine]
) -> tuple[Witness, Witness] | None:
    """Two logs of one patient, one in each unit, in which a rule comes out differently; None when none could be written."""
    pack = engines[UnitSystem.MMOL].pack
    pair = pack.parameters[disagreement.parameter].value
    assert isinstance(pair, Pair)
    for rule in rules_reading(pack, disagreement.parameter):
        for stage in (s for s in stages if s.ground.pattern.kind in rule.kinds):
            found = stage.ask(fires(rule.id), name="units-agree")
            if not isinstance(found, Somebody):
                continue
            for everything in (True, False):
                one = _moved(found.witnesses[0], pair, disagreement.mmol, everything=everything)
                two = replace(one, log=_in_mgdl(one.log))
                first, second = replay(engines[UnitSystem.MMOL], one), replay(engines[UnitSystem.MGDL], two)
                if first is not None and second is not None and first.outcome(rule.id) != second.outcome(rule.id):
                    return one, two
    return None


def _moved(witness: Witness, pair: Pair, reading: int, *, everything: bool) -> Witness:
    """The witness with every reading (or those on the disagreeing side of the pair) put onto the reading in dispute."""
    readings = witness.log.readings
    above = reading > pair.mmol_tenths
    mine = readings.value > pair.mmol_tenths if above else readings.value <= pair.mmol_tenths
    values = np.where(mine | everything, np.int32(reading), readings.value).astype(np.int32)
    return replace(witness, log=replace(witness.log, readings=replace(readings, value=values)))


def _in_mgdl(log: Log) -> Log:
    values = [v if v in (LO_VALUE, HI_VALUE) else same_reading(v) for v in log.readings.value.tolist()]
    readings = replace(log.readings, value=np.array(values, np.int32))
    return replace(log, system=UnitSystem.MGDL, readings=readings)
