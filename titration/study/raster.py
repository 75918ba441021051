"""Figures as PNG, by resvg (the extra ``study``). The program's own figure is the SVG; this is a picture of it.

A font that lacks a letter leaves the letter out without a word: both scripts are tried before anything is drawn.
"""

import struct
import zlib
from typing import Final

DPI: Final = 600
"""What journals ask of a drawing with letters in it."""
DPI_RANGE: Final = (72, 1200)
_INCH: Final = 72
_SAMPLES: Final = {"Latin": "A", "Chinese": "图"}


class RasterError(ValueError):
    """A figure could not be made a PNG, and what to do about it."""


def png(svg: str, *, dpi: int = DPI) -> bytes:
    """A picture of a figure of ``drawing.svg`` at ``dpi``, on white, with its resolution written into it.

    Raises RasterError without the renderer, or without a font for the figure's letters.
    """
    try:
        import resvg_py
    except ImportError:
        raise RasterError("PNG needs resvg: pip install 'titration[study]'; the SVG needs nothing") from None
    for script, sample in _SAMPLES.items():
        needed = script == "Latin" or any("\u4e00" <= letter <= "\u9fff" for letter in svg)
        if needed and _drawn(sample) == _drawn(" "):
            raise RasterError(
                f"no font with {script} letters is installed (for Chinese: Noto Sans CJK); the SVG needs none"
            )
    made = resvg_py.svg_to_bytes(svg_string=svg, background="#ffffff", dpi=_INCH, zoom=dpi / _INCH)
    return _with_resolution(bytes(made), dpi)


def _drawn(sample: str) -> bytes:
    import resvg_py

    family = "Arial, 'Noto Sans CJK SC', sans-serif"
    text = f'<text y="18" font-size="18" font-family="{family}">{sample}</text>'
    return bytes(
        resvg_py.svg_to_bytes(svg_string=f'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">{text}</svg>')
    )


def _with_resolution(data: bytes, dpi: int) -> bytes:
    """The PNG with dots per metre behind its header, which a typesetter reads the size from."""
    header = 8 + 4 + 4 + 13 + 4
    per_metre = round(dpi / 0.0254)
    body = b"pHYs" + struct.pack(">IIB", per_metre, per_metre, 1)
    return data[:header] + struct.pack(">I", 9) + body + struct.pack(">I", zlib.crc32(body)) + data[header:]
