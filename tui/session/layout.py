"""How many rows the parts of a screen have; the session pages by it and the views draw by it."""

from typing import Final

WIDE: Final = 110
"""Columns from which a screen has room for a second block beside the first."""
LEAST_WIDTH, LEAST_HEIGHT = 60, 16
"""Below this nothing is drawn but a request for more room."""


def head_rows(width: int) -> int:
    """Rows of the header."""
    return 1 if width >= 150 else 2


def foot_rows() -> int:
    """Rows of the footer: the message line and the keys."""
    return 2


def body_rows(size: tuple[int, int]) -> int:
    """Rows between header and footer."""
    return size[1] - head_rows(size[0]) - foot_rows()


def peek_rows(size: tuple[int, int]) -> int:
    """Rows of the ward screen that tell more about the patient the cursor is on."""
    return 5 if size[1] < 30 else 7


GRID_PANEL: Final = 5
"""Rows below the grid that tell of the cell under the cursor, and below the list of doses."""


def grid_rows(size: tuple[int, int]) -> int:
    """Patients of the entry grid on one page: the body without its two headings and the panel below."""
    return max(1, body_rows(size) - 2 - GRID_PANEL)


def dose_rows(size: tuple[int, int]) -> int:
    """Rows of the list of doses, its headings among them."""
    return max(1, body_rows(size) - 1 - GRID_PANEL)


def rules_rows(size: tuple[int, int]) -> int:
    """Rows of the list on the rules screen: a good third of the body, below its tabs."""
    return max(3, (body_rows(size) - 2) * 2 // 5)


def ledger_rows(size: tuple[int, int]) -> int:
    """Entries on the ledger screen: the body without its headings and the entry in full below."""
    return max(3, body_rows(size) - 2 - LEDGER_PANEL)


LEDGER_PANEL: Final = 7
"""Rows that tell all of the entry under the cursor."""


def ward_rows(size: tuple[int, int]) -> int:
    """Rows of the list of patients: the body without its headings, the rule and the lines below it."""
    return max(1, body_rows(size) - 2 - peek_rows(size))
