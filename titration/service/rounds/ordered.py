"""What was ordered on an earlier day and has not been given since: the plan is made from doses given and knows nothing of it."""

from collections.abc import Sequence
from dataclasses import replace

from titration.clinical import Route, Slot
from titration.log.model import MINUTES_A_DAY
from titration.service.rounds.planning import Planned
from titration.service.rounds.told import OrderRow
from titration.service.rounds.ward_rows import Line


def with_orders(lines: Sequence[Line], orders: Sequence[OrderRow], planned: Planned, number: int) -> list[Line]:
    """The lines of patient ``number``, each with the dose ordered before today where none was given since."""
    standing = {
        order.line: order.dose
        for order in orders
        if order.minute // MINUTES_A_DAY < planned.day and not _given_since(order, planned, number)
    }
    return [
        replace(line, proposal=replace(line.proposal, ordered=standing.get(line.proposal.line))) if standing else line
        for line in lines
    ]


def _given_since(order: OrderRow, planned: Planned, number: int) -> bool:
    """Whether a dose of the order's line was written down after it, whatever its size."""
    doses, drugs = planned.log.doses, planned.log.drugs
    drug, slot, route = order.line
    at = planned.spans.doses[number]
    later = (doses.minute[at] > order.minute) & (doses.amount[at] > 0)
    return any(
        (drugs[d], Slot(s).text, Route(r).text) == (drug, slot, route)
        for d, s, r in zip(
            doses.drug[at][later].tolist(), doses.slot[at][later].tolist(), doses.route[at][later].tolist(), strict=True
        )
    )
