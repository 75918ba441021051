"""The vectorised engine says, row by row, what the scalar oracle says."""

from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.reference.oracle import Row, decide
from tests.reference.pack_strategies import packs
from tests.reference.strategies import logs
from titration.clinical import PLAN_KINDS, LineKind, PlanKind, Route, Slot
from titration.engine.decide import Engine
from titration.formulary import shipped
from titration.log.model import Log
from titration.packs.model import Pack
from titration.resources import rules_folder

def engine_rows(pack: Pack, log: Log, taper_always: bool | None) -> list[dict]:
    engine = Engine(pack, log.system, shipped())
    decision = engine.decide(engine.grid(log, taper_always=taper_always))
    plans = decision.plans
    out = []
    for i in range(len(plans)):
        kind = decision.kind_of(i) if hasattr(decision, "kind_of") else None
        out.append(dict(patient=int(plans.patient[i]), day=int(plans.day[i]), drug=int(plans.drug[i]), slot=Slot(plans.slot[i]),
            route=Route(plans.route[i]), kind=PLAN_KINDS[plans.kind[i]], dose_known=bool(plans.dose_known[i]),
            dose_before=int(plans.dose_before[i]), dose_after=int(plans.dose_after[i]),
            rule_id=None if plans.rule[i] < 0 else pack.rules[plans.rule[i]].id, limits=int(plans.limits[i]),
            missing=None if plans.missing[i] < 0 else engine.missing_names[plans.missing[i]]))
    return out
