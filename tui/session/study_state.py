"""Where the study screen stands."""

from dataclasses import dataclass, field
from typing import Final

from titration.service.rounds.told_study import StudySheet

STUDY: Final = "study"
TABS: Final = ("schedule", "endpoints", "course", "safety")


@dataclass(frozen=True, slots=True)
class StudyState:
    """The study screen: whose it is, what was read of it, the tab, and how far the text was scrolled."""

    patient: str = ""
    sheet: StudySheet | None = field(default=None, repr=False)
    tab: str = "schedule"
    scroll: int = 0
