"""``plans.parquet``: one row per patient-day and line, dictionary-coded, the same bytes for the same input."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyarrow ships no types.

from typing import Any, Final

import numpy as np
import pyarrow as pa

from titration.clinical import PLAN_KINDS, Slot
from titration.engine.decide import Decision
from titration.engine.plans import LIMIT_NAMES, Plans
from titration.report.tally import NOTICE


def _text(name: str, codes: Any, *, nullable: bool = False) -> Any:
    return pa.field(name, pa.dictionary(codes, pa.string()), nullable=nullable)


# Codes are as wide as in the plans, so that none is copied, and what is never null has no levels to write.
SCHEMA: Final[Any] = pa.schema(
    metadata={"notice": NOTICE},
    fields=[
        _text("patient_id", pa.int32()),
        pa.field("day", pa.date32(), nullable=False),
        _text("line", pa.int32()),
        _text("drug", pa.int32()),
        _text("slot", pa.int8()),
        _text("kind", pa.int8()),
        pa.field("dose_before", pa.float64()),
        pa.field("dose_after", pa.float64()),
        _text("unit", pa.int8()),
        _text("rule", pa.int16(), nullable=True),
        _text("limited_by", pa.int32()),
        _text("pack", pa.int8()),
        _text("pack_version", pa.int8()),
    ],
)


def plans_table(decision: Decision, plans: Plans) -> Any:
    """The plans of a block as an Arrow table of ``SCHEMA``; doses in the drug's own unit, null when not known."""
    engine, drugs = decision.engine, decision.grid.lines.drugs
    names = [d.product.id if d.product else d.written for d in drugs]
    slots = [s.text for s in Slot]
    # Each name once: pages of a dictionary that repeats one hold bytes that differ from run to run.
    unit_names = [d.product.unit if d.product else "" for d in drugs]
    units = sorted(set(unit_names))
    unit_of = np.array([units.index(name) for name in unit_names] or [0], np.int8)
    line = plans.drug * len(Slot) + plans.slot
    known = plans.dose_known
    # A dose that is not known must not read as a number in the file.
    absent = None if bool(known.all()) else ~known
    limits, limit_code = np.zeros(1, np.int32), np.zeros(len(plans), np.int32)
    if plans.limits.any():
        limits, limit_code = np.unique(plans.limits, return_inverse=True)
    rules = [r.rule.id for r in engine.program.rules]
    return pa.table(
        [
            _coded(plans.patient, [p.patient_id for p in decision.grid.log.people]),
            pa.array(plans.day, pa.int32()).cast(pa.date32()),
            _coded(line, [f"{name} {slot}" for name in names for slot in slots]),
            _coded(plans.drug, names),
            _coded(plans.slot, slots),
            _coded(plans.kind, [k.value for k in PLAN_KINDS]),
            pa.array(plans.dose_before / 1000, mask=absent),
            pa.array(plans.dose_after / 1000, mask=absent),
            _coded(unit_of.take(plans.drug), units),
            _coded(plans.rule, rules, absent=plans.rule < 0),
            _coded(limit_code.astype(np.int32), [_limits(int(v)) for v in limits]),
            _coded(np.zeros(len(plans), np.int8), [engine.pack.id]),
            _coded(np.zeros(len(plans), np.int8), [engine.pack.version]),
        ],
        schema=SCHEMA,
    )


def _limits(bits: int) -> str:
    return " ".join(name for limit, name in LIMIT_NAMES.items() if bits & limit)


def _coded(codes: np.ndarray, names: list[str], *, absent: np.ndarray | None = None) -> Any:
    some = absent is not None and bool(absent.any())
    indices = pa.array(codes, mask=absent if some else None)
    # The codes are the engine's own: looking whether each is within the names would cost a pass.
    return pa.DictionaryArray.from_arrays(indices, pa.array(names or [""], pa.string()), safe=False)
