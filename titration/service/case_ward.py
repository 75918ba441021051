"""All worked cases of a pack as one ward: one patient a case, so that a changed pack is tried on all of them at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np

from titration.engine.decide import Decision, Engine
from titration.features.frame import Frame, Grid
from titration.formulary import Formulary
from titration.log.model import Doses, Doubts, Events, Labs, Log, Pump, Readings
from titration.packs.model import Pack
from titration.service.case_file import AS_OF, Case
from titration.units import UnitSystem

_Table = TypeVar("_Table", Readings, Doses, Events, Labs, Doubts, Pump)


@dataclass(frozen=True)
class KeptGrid(Grid):
    """A grid that gives the same frames again, so that features are computed once for many packs that share them."""

    def frames(self, *, day: int | None = None) -> Iterator[Frame]:
        kept: dict[int | None, list[Frame]] = self.__dict__.setdefault("_kept", {})
        if day not in kept:
            kept[day] = list(super().frames(day=day))
        return iter(kept[day])


@dataclass(frozen=True)
class CaseWard:
    """The cases of one unit system and taper mode; patient ``i`` is case ``i``."""

    cases: tuple[Case, ...]
    log: Log
    taper: bool | None

    @property
    def system(self) -> UnitSystem:
        return self.log.system

    def grid(self, pack: Pack, formulary: Formulary) -> KeptGrid:
        """The pack's features over the ward, to be used again by packs with the same features."""
        found = Engine(pack, self.system, formulary).grid(self.log, taper_always=self.taper, through=AS_OF)
        return KeptGrid(**{f.name: getattr(found, f.name) for f in fields(found) if f.init})

    def decide(self, pack: Pack, formulary: Formulary, grid: Grid) -> Decision:
        """The plans of day 0 of every case."""
        return Engine(pack, self.system, formulary).decide(grid, day=AS_OF)


def case_wards(cases: Sequence[Case]) -> tuple[CaseWard, ...]:
    """The cases in as few wards as unit system and taper mode allow."""
    groups: dict[tuple[UnitSystem, bool | None], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.log.system, case.taper), []).append(case)
    return tuple(CaseWard(tuple(some), _joined(some), taper) for (_, taper), some in groups.items())


def _joined(cases: Sequence[Case]) -> Log:
    names = tuple(sorted({drug for case in cases for drug in case.log.drugs}))
    logs = [_renamed(case.log, names) for case in cases]
    people = tuple(replace(log.people[0], patient_id=case.name) for log, case in zip(logs, cases, strict=True))
    return Log(
        system=logs[0].system,
        people=people,
        drugs=names,
        readings=_stacked([log.readings for log in logs]),
        doses=_stacked([log.doses for log in logs]),
        events=_stacked([log.events for log in logs]),
        labs=_stacked([log.labs for log in logs]),
        doubts=_stacked([log.doubts for log in logs]),
        pump=_stacked([log.pump for log in logs]),
    )


def _renamed(log: Log, names: tuple[str, ...]) -> Log:
    """The log with its drugs numbered as in ``names``."""
    place = np.array([names.index(drug) for drug in log.drugs] or [0], np.int32)
    return replace(log, drugs=names, doses=replace(log.doses, drug=place[log.doses.drug]))


def _stacked(tables: Sequence[_Table]) -> _Table:
    """Tables of one patient each, one after the other, patients numbered."""
    numbered = [replace(table, patient=np.full(len(table.patient), i, np.int32)) for i, table in enumerate(tables)]
    kind = type(tables[0])
    return kind(*(np.concatenate([getattr(table, name) for table in numbered]) for name in kind.__slots__))
