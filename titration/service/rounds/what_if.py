"""A plan from a record or a pack that is not the one there is: nothing of it is recorded."""

from collections.abc import Iterable, Mapping

from titration.packs.load import with_parameters
from titration.packs.problems import PackError
from titration.service.rounds.planning import Engines
from titration.service.rounds.told import Refused
from titration.units import HI_VALUE, LO_VALUE, UnitSystem


def checked_readings(readings: Mapping[int, int], known: Iterable[int], system: UnitSystem) -> dict[int, int | None]:
    """Readings of a what-if by entry number; Refused for one that does not stand, or a value no meter shows."""
    standing = frozenset(known)
    low, high = system.accepted
    for seq, value in readings.items():
        if seq not in standing:
            raise Refused("invalid", f"entry {seq} is no reading of this patient that stands")
        if not low <= value <= high and value not in (LO_VALUE, HI_VALUE):
            raise Refused("invalid", f"entry {seq}: a meter cannot show this value in {system.text}")
    return dict(readings)


def with_changed(engines: Engines, parameters: Mapping[str, str], system: UnitSystem) -> Engines:
    """Engines of the pack with some parameters changed, each as a pack writes it; Refused with all that is wrong."""
    if not parameters:
        return engines
    try:
        return Engines(with_parameters(engines.pack, parameters, system), engines.formulary)
    except PackError as error:
        raise Refused("invalid", "\n".join(problem.message for problem in error.problems)) from None
