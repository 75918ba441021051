"""A witness before the ordinary engine: what it makes of the line on the day of the plan."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from titration.columns import Column
from titration.engine.decide import Decision, Engine
from titration.engine.guard import LOW, guard_features
from titration.engine.plans import NO_RULE
from titration.engine.propose import Proposals
from titration.expr.reason import outcome
from titration.features.frame import Frame
from titration.log.model import MINUTES_A_DAY, event_code
from titration.packs.model import Review, Tier
from titration.prove.witness import Witness


@dataclass(frozen=True)
class Seen:
    """One line on one day, as the engine decided it."""

    witness: Witness
    decision: Decision
    row: int

    @cached_property
    def _located(self) -> tuple[Proposals, int]:
        return self.decision.locate(self.row)

    @property
    def frame(self) -> Frame:
        return self._located[0].frame

    @property
    def now(self) -> int:
        return int(self.decision.plans.dose_before[self.row])

    @property
    def dose(self) -> int:
        """After guard and arbitration."""
        return int(self.decision.plans.dose_after[self.row])

    @property
    def proposed(self) -> int:
        """What the rules came to; a line that waits for data does not go up."""
        proposals, at = self._located
        found = int(proposals.dose[at])
        return min(found, self.now) if bool(proposals.undecided[at]) or not self.known else found

    @property
    def demand(self) -> int:
        proposals, at = self._located
        return int(proposals.demand[at])

    @property
    def undecided(self) -> bool:
        proposals, at = self._located
        return bool(proposals.undecided[at])

    @property
    def known(self) -> bool:
        return bool(self.decision.plans.dose_known[self.row])

    @property
    def rule(self) -> str:
        """The rule credited with the plan; empty where there is none."""
        index = int(self.decision.plans.rule[self.row])
        return "" if index == NO_RULE else self.decision.engine.program.rules[index].rule.id

    @property
    def kind(self) -> str:
        return self.frame.kind.value

    def outcome(self, rule: str) -> bool | None:
        """Whether a rule's condition holds; None when unknown."""
        proposals, at = self._located
        bound = next(r for r in self.decision.engine.program.rules if r.rule.id == rule)
        return outcome(proposals.memo, bound.when, at)

    def fired(self, tier: Tier | None = None) -> list[str]:
        """Rules that propose a dose and fire, of one tier or of all; what a freeze silences does not."""
        proposals, at = self._located
        frozen = bool(proposals.frozen[at])
        return [
            r.rule.id
            for r in self.decision.engine.program.by_kind[self.frame.kind]
            if not isinstance(r.rule.step, Review)
            and (tier is None or r.rule.tier is tier)
            and (not frozen or r.rule.tier <= Tier.FREEZE)
            and self.outcome(r.rule.id) is True
        ]

    def unknown_rules(self) -> list[str]:
        """Rules that propose a dose and whose condition is unknown."""
        return [
            r.rule.id
            for r in self.decision.engine.program.by_kind[self.frame.kind]
            if not isinstance(r.rule.step, Review) and self.outcome(r.rule.id) is None
        ]

    def _column(self, name: str) -> Column:
        """A feature of the pack, or of the guard: of the guard's also where the pack has it off."""
        engine = self.decision.engine
        return self.frame.compute({**engine.program.features, **guard_features(engine.system)}[name])

    def fact(self, name: str) -> int | None:
        """A feature's value; None where it is unknown."""
        column = self._column(name)
        _, at = self._located
        return int(column.values[at]) if column.is_known(at) else None

    def per(self, name: str) -> int:
        """What a ratio is by."""
        per = self._column(name).per
        assert per is not None
        return int(per[self._located[1]])

    def low_within(self, days: int) -> bool:
        """Whether the log itself holds a low or a hypoglycaemia event in so many days, today included."""
        log = self.witness.log
        since = (self.witness.day - days + 1) * MINUTES_A_DAY
        readings = log.readings
        low = (readings.value < LOW.on(log.system)) & (readings.minute >= since) & (readings.source <= 1)
        kinds = [event_code(k) for k in ("hypo_symptoms", "hypo_severe")]
        events = np.isin(log.events.kind, kinds) & (log.events.minute >= since)
        return bool(low.any()) or bool(events.any())


def replay(engine: Engine, witness: Witness) -> Seen | None:
    """The engine's plan for the witness's line; None when the log has no such line on the day."""
    log = witness.log
    if witness.given.drug not in log.drugs:
        return None
    grid = engine.grid(log, through=witness.day)
    decision = engine.decide(grid, day=witness.day)
    plans, drug = decision.plans, log.drugs.index(witness.given.drug)
    mine = np.flatnonzero(
        (plans.drug == drug) & (plans.slot == int(witness.given.slot)) & (plans.route == int(witness.given.route))
    )
    if not len(mine):
        return None
    return Seen(witness, decision, int(mine[0]))
