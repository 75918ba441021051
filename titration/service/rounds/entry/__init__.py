"""Entry at the bedside: text as a nurse or doctor types it, to what would be recorded, a question, or what is wrong.

Pure: the moment is an argument, nothing is recorded here. The same grammar serves the one-line entry, the cells of the grid and
plain mode; docs/rounds.md teaches it. What is accepted is what the loaders would keep of the same row in a file.
"""

from titration.service.rounds.entry.answers import (
    NOTHING_CONFIRMED,
    Answer,
    Bedside,
    Option,
    OwnLine,
    Problem,
    Question,
    Ready,
    Said,
    bedside_of,
)
from titration.service.rounds.entry.expected import Expected, expected_doses, given_as_prescribed, not_given
from titration.service.rounds.entry.line import NOMINAL, enter_cell, enter_line

__all__ = [
    "NOMINAL",
    "NOTHING_CONFIRMED",
    "Answer",
    "Bedside",
    "Expected",
    "Option",
    "OwnLine",
    "Problem",
    "Question",
    "Ready",
    "Said",
    "bedside_of",
    "enter_cell",
    "enter_line",
    "expected_doses",
    "given_as_prescribed",
    "not_given",
]
