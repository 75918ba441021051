"""An application that ends without telling: a traceback with its variables would leave patient values in the scroll-back."""

import sys
from pathlib import Path
from traceback import extract_tb
from types import TracebackType

from textual.app import App


class DiscreetApp(App[int], inherit_bindings=False):
    """Says on a fault where it was and of which kind, and nothing else; what was recorded stays recorded."""

    def _fatal_error(self) -> None:
        kind, _, trace = sys.exc_info()
        self.panic(fault_text(kind, trace))


def fault_text(kind: type[BaseException] | None, trace: TracebackType | None) -> str:
    """Kind and places of a fault, without its message and without values."""
    places = [f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in extract_tb(trace)]
    name = "unknown" if kind is None else kind.__name__
    return "\n".join(
        [f"titration: a fault in the program ({name}); nothing recorded is lost, unsigned choices are:", *places]
    )
