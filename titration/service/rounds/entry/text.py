"""Typed text made plain without changing what it says, and the ways a number goes wrong."""

import re
import unicodedata
from typing import Final

from titration.service.rounds.entry.answers import Problem

LONGEST: Final = 200
"""Characters of one entry."""

_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xB5: 0x3BC}
_STOP_BETWEEN_DIGITS: Final = re.compile(r"(?<=\d)。(?=\d)", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?[\d.,]*\d[\d.,]*", re.ASCII)
_DECIMAL_COMMA: Final = re.compile(r"\d+,\d{1,2}", re.ASCII)
_PLAIN: Final = re.compile(r"\d+(?:\.\d+)?", re.ASCII)


def tidy(text: str) -> str | Problem:
    """``text`` with full-width letters and digits as plain ones and blanks squeezed, or why it cannot be read.

    A Chinese keyboard writes 6。8 for 6.8: between digits that can mean nothing else. No other compatibility form is folded: a
    superscript (6²) folded to a digit would read 62. Control and invisible characters are refused, for a terminal obeys them.
    """
    if len(text) > LONGEST:
        return Problem("too_long", (("most", str(LONGEST)),))
    plain = " ".join(_STOP_BETWEEN_DIGITS.sub(".", text.translate(_FULL_WIDTH)).split())
    if any(unicodedata.category(c).startswith("C") for c in plain):
        return Problem("control")
    return plain or Problem("blank")


def is_number(word: str) -> bool:
    """Whether a word is meant as a number, well written or not."""
    return _NUMBER.fullmatch(word) is not None or word in (".", ",")


def number_problem(word: str) -> Problem | None:
    """What is wrong with a number as typed; None for a plain decimal.

    A dropped leading point has turned 0.2 units into 2: ".5" and "0,5" are refused and never repaired.
    """
    if _PLAIN.fullmatch(word):
        return None
    bare = word.lstrip("+-")
    if bare[:1] == ".":
        return Problem("unfinished" if bare == "." else "leading_point", (("typed", word), ("write", f"0{bare}")))
    if "," in word:
        # 1,000 may be a thousand or one: only a comma that can be nothing but a decimal one gets a proposal.
        decimal = _DECIMAL_COMMA.fullmatch(bare)
        write = (("typed", word), ("write", word.replace(",", ".")))
        return Problem("comma", write) if decimal else Problem("comma_group", (("typed", word),))
    if bare != word:
        return Problem("sign", (("typed", word),))
    if bare.endswith(".") and _PLAIN.fullmatch(bare[:-1]):
        return Problem("unfinished", (("typed", word),))
    return Problem("not_a_number", (("typed", word),))
