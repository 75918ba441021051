"""From a decision to the pictures a page draws: one per patient."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from titration.clinical import EVENT_KINDS, PLAN_KINDS, Slot, Source
from titration.engine.decide import Decision
from titration.engine.plans import LIMIT_NAMES, NO_RULE, Plans
from titration.features.drugs import Drug
from titration.report.picture import DoseLine, PatientPicture, PlanMark


def pictures(decision: Decision, plans: Plans, language: str) -> Iterator[PatientPicture]:
    """A picture of every patient of the block, in order; CGM readings are left out."""
    log = decision.grid.log
    bounds = np.searchsorted(plans.patient, np.arange(len(log.people) + 1))
    doses = _dose_lines(decision, language)
    for i, person in enumerate(log.people):
        readings = log.readings
        start, end = np.searchsorted(readings.patient, (i, i + 1))
        mine = [r for r in range(int(start), int(end)) if readings.source[r] != Source.CGM and not readings.repeat[r]]
        marks = tuple(_mark(decision, plans, row, language) for row in range(int(bounds[i]), int(bounds[i + 1])))
        days = [m.day for m in marks] + [int(readings.minute[r]) // 1440 for r in mine]
        if not days:
            continue
        events = np.flatnonzero(log.events.patient == i)
        yield PatientPicture(
            patient_id=person.patient_id,
            system=log.system,
            first_day=min(days),
            last_day=max(days),
            readings=tuple(
                (int(readings.minute[r]), int(readings.value[r]), int(readings.timing[r]), int(readings.source[r]))
                for r in mine
            ),
            dose_lines=tuple(doses.get(i, [])),
            plans=marks,
            events=tuple((int(log.events.minute[e]), EVENT_KINDS[int(log.events.kind[e])].value) for e in events),
        )


_SLOTS_ZH = {Slot.BREAKFAST: "早餐", Slot.LUNCH: "午餐", Slot.DINNER: "晚餐", Slot.BEDTIME: "睡前"}


def label(drug: Drug, slot: Slot, language: str) -> str:
    """A line as pictures and tables name it: the slot first, because a long name is cut at its end."""
    product = drug.product
    if language == "zh":
        return f"{_SLOTS_ZH[slot]}：{product.name_zh if product else drug.written}"
    return f"{slot.text}: {product.name_en if product else drug.written}"


def _dose_lines(decision: Decision, language: str) -> dict[int, list[DoseLine]]:
    lines, days = decision.grid.lines, decision.grid.days
    points: dict[tuple[int, int, int, int], list[tuple[int, int]]] = defaultdict(list)
    for segment, row, amount in zip(lines.record_segment, lines.record_row, lines.record_amount, strict=True):
        s = int(segment)
        key = (int(lines.patient[s]), int(lines.drug[s]), int(lines.slot[s]), int(lines.route[s]))
        points[key].append((int(days.day[lines.day_row[row]]), int(amount)))
    out: dict[int, list[DoseLine]] = defaultdict(list)
    for (patient, drug_code, slot, _), amounts in sorted(points.items()):
        drug = lines.drugs[drug_code]
        product = drug.product
        out[patient].append(
            DoseLine(
                label=label(drug, Slot(slot), language),
                kind=product.kind.value if product else "other",
                unit=product.unit if product else "",
                points=tuple(sorted(amounts)),
            )
        )
    return out


def _mark(decision: Decision, plans: Plans, row: int, language: str) -> PlanMark:
    drug = decision.grid.lines.drugs[int(plans.drug[row])]
    rule = int(plans.rule[row])
    missing = int(plans.missing[row])
    return PlanMark(
        day=int(plans.day[row]),
        label=label(drug, Slot(int(plans.slot[row])), language),
        kind=PLAN_KINDS[int(plans.kind[row])].value,
        before=int(plans.dose_before[row]) if plans.dose_known[row] else None,
        after=int(plans.dose_after[row]),
        unit=drug.product.unit if drug.product else "",
        rule="" if rule == NO_RULE else decision.engine.program.rules[rule].rule.id,
        limits=tuple(name for limit, name in LIMIT_NAMES.items() if plans.limits[row] & limit),
        missing="" if missing < 0 else decision.engine.missing_names[missing],
    )
