"""Looking things up: the rules of the pack with a change tried on one patient, and the ledger with plans as they were."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from titration.explain.trace import Assessment
from titration.service.rounds.told import Entry, RecordedPlan

RULES, LEDGER, RECORDED = "rules", "ledger", "recorded"
TABS: Final = ("pack", "rules", "parameters", "features", "sources", "try")
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "all": (),
    "plans": ("recommendation", "decision", "regimen"),
    "corrections": ("correction",),
    "readings": ("reading",),
    "doses": ("dose",),
    "other": ("event", "lab", "note", "person", "study"),
    "keeping": ("ledger", "pack", "user", "import"),
}
"""What the ledger screen can be narrowed to, and which entries that shows."""
PAGE: Final = 200
"""Entries read at once."""


@dataclass(frozen=True, slots=True)
class RulesState:
    """The rules screen. ``readings`` and ``parameters`` are what is tried for ``patient``; nothing of it is recorded."""

    tab: str = "rules"
    cursor: int = 0
    scroll: int = 0
    patient: str = ""
    readings: Mapping[int, int] = field(default_factory=lambda: {})
    parameters: Mapping[str, str] = field(default_factory=lambda: {})
    tried: Assessment | None = field(default=None, repr=False)
    last: str = ""
    """Which of them was changed last: given up when the door refuses it."""


@dataclass(frozen=True, slots=True)
class LedgerState:
    """The ledger screen: entries newest first, and the one that is open."""

    entries: tuple[Entry, ...] = field(default=(), repr=False)
    ended: bool = False
    """Whether the first entry of all is among them."""
    kinds: str = "all"
    author: str | None = None
    patient: str | None = None
    cursor: int = 0
    plan: RecordedPlan | None = field(default=None, repr=False)
    scroll: int = 0
    verified: tuple[int, str | None] | None = None
    """Entries checked along the chain and the first fault, once they have been."""
