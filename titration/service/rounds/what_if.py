"""A plan from a record or a pack that is not the one there is: nothing of it is recorded."""

from collections.abc import Mapping, Sequence

import numpy as np

from titration.clinical import Source, Timing
from titration.log.model import Log
from titration.packs.load import with_parameters
from titration.packs.problems import PackError
from titration.service.rounds.planning import Engines, Planned, plan
from titration.service.rounds.told import ReadingRow, Refused
from titration.store.logs import with_reading
from titration.units import HI_VALUE, LO_VALUE


def varied(
    engines: Engines,
    log: Log,
    rows: Sequence[ReadingRow],
    *,
    minute: int,
    readings: Mapping[int, int],
    parameters: Mapping[str, str],
) -> Planned:
    """The plan with some readings (by entry number, on the grid) and parameters (as written in a pack) changed."""
    by_seq = {row.seq: row for row in rows}
    for seq, value in readings.items():
        row = by_seq.get(seq)
        if row is None:
            raise Refused("invalid", f"entry {seq} is no reading of this patient that stands")
        low, high = log.system.accepted
        if not low <= value <= high and value not in (LO_VALUE, HI_VALUE):
            raise Refused("invalid", f"entry {seq}: a meter cannot show this value in {log.system.text}")
        log = with_reading(log, _place(log, row), value)
    if parameters:
        try:
            pack = with_parameters(engines.pack, parameters, log.system)
        except PackError as error:
            raise Refused("invalid", "\n".join(problem.message for problem in error.problems)) from None
        engines = Engines(pack, engines.formulary)
    return plan(engines, log, minute)


def _place(log: Log, row: ReadingRow) -> int:
    """Where a row stands in the one-patient log; of exact repeats the one that counts."""
    r = log.readings
    timings, sources = r.timing, r.source
    same = (r.minute == row.minute) & (r.value == row.value)
    found = [
        i for i in np.flatnonzero(same).tolist() if _text(int(timings[i]), int(sources[i])) == (row.timing, row.source)
    ]
    found.sort(key=lambda i: bool(r.repeat[i]))
    return found[0]


def _text(timing: int, source: int) -> tuple[str, str]:
    return Timing(timing).text, Source(source).text
