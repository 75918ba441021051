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

_TEXT: Final = pa.dictionary(pa.int32(), pa.string())
SCHEMA: Final[Any] = pa.schema(
    metadata={"notice": NOTICE},
    fields=[
        ("patient_id", _TEXT),
        ("day", pa.date32()),
        ("line", _TEXT),
        ("drug", _TEXT),
        ("slot", _TEXT),
        ("kind", _TEXT),
        ("dose_before", pa.float64()),
        ("dose_after", pa.float64()),
        ("unit", _TEXT),
        ("rule", _TEXT),
        ("limited_by", _TEXT),
        ("pack", _TEXT),
        ("pack_version", _TEXT),
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
    unit_of = np.array([units.index(name) for name in unit_names] or [0], np.int32)
    line = plans.drug * len(Slot) + plans.slot
    known = plans.dose_known
    # A dose that is not known must not read as a number in the file.
    absent = None if bool(known.all()) else ~known
    limits, limit_code = (
        np.unique(plans.limits, return_inverse=True) if plans.limits.any() else (np.zeros(1, np.int32), None)
    )
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
            _constant("", len(plans)) if limit_code is None else _coded(limit_code, [_limits(int(v)) for v in limits]),
            _constant(engine.pack.id, len(plans)),
            _constant(engine.pack.version, len(plans)),
        ],
        schema=SCHEMA,
    )


def _limits(bits: int) -> str:
    return " ".join(name for limit, name in LIMIT_NAMES.items() if bits & limit)


def _coded(codes: np.ndarray, names: list[str], *, absent: np.ndarray | None = None) -> Any:
    some = absent is not None and bool(absent.any())
    indices = pa.array(codes.astype(np.int32, copy=False), pa.int32(), mask=absent if some else None)
    return pa.DictionaryArray.from_arrays(indices, pa.array(names or [""], pa.string()))


def _constant(name: str, size: int) -> Any:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(size, np.int32)), pa.array([name], pa.string()))
