"""Breaking text into lines by the columns it needs, Latin and Chinese alike."""

import re
from typing import Final

from wcwidth import wcswidth

_CHINESE: Final = r"\u2e80-\u2fff\u3040-\u9fff\uf900-\ufaff"
_OPENING: Final = "（“《"
_CLOSING: Final = "，。：；、）”》～"
_PIECES: Final = re.compile(
    rf"[{_OPENING}]*(?:[{_CHINESE}]|[^\s{_CHINESE}{_OPENING}{_CLOSING}]+)[{_CLOSING}]*|[{_OPENING}{_CLOSING}]|\s+"
)
"""Where a line may break: at spaces and between Chinese characters, never before a closing mark."""


def display_width(text: str) -> int:
    """Columns a terminal needs for ``text``."""
    return max(wcswidth(text), 0)


def wrapped(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` columns; a single word longer than that is cut."""
    lines: list[str] = []
    line = ""
    for piece in (part for whole in _PIECES.findall(text) for part in _cut(whole, width)):
        if display_width(line + piece.rstrip()) <= width:
            line += piece if line or not piece.isspace() else ""
            continue
        lines.append(line.rstrip())
        line = "" if piece.isspace() else piece
    return [*lines, line.rstrip()]


def widest_piece(text: str) -> int:
    """Columns of the widest part of ``text`` that holds no break."""
    return max((display_width(piece) for piece in _PIECES.findall(text)), default=0)


def _cut(piece: str, width: int) -> list[str]:
    return [piece] if display_width(piece) <= width else [piece[i : i + width] for i in range(0, len(piece), width)]
