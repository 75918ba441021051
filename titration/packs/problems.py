"""Problems of a pack: collected, each with file, line and a suggestion, shown all at once."""

import re
from dataclasses import dataclass
from pathlib import Path

_TABLE = re.compile(r"^\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\"'.-]+)\s*=")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong, where, and what to do about it."""

    file: str
    line: int
    message: str

    @property
    def text(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class PackError(ValueError):
    """A pack that cannot be used, with everything wrong about it."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(p.text for p in self.problems))


class LineIndex:
    """Which line of a TOML file a table or key stands on."""

    def __init__(self, text: str) -> None:
        self._lines: dict[tuple[str, ...], int] = {}
        seen: dict[str, int] = {}
        here: tuple[str, ...] = ()
        for number, line in enumerate(text.splitlines(), 1):
            table = _TABLE.match(line)
            if table:
                name = table.group(1).replace('"', "")
                here = tuple(name.split("."))
                if line.lstrip().startswith("[["):
                    seen[name] = seen.get(name, -1) + 1
                    here = (*here, str(seen[name]))
                self._lines.setdefault(here, number)
                continue
            key = _KEY.match(line)
            if key:
                self._lines.setdefault((*here, *key.group(1).strip("\"'").split(".")), number)

    def of(self, *path: str | int) -> int:
        """Line of the longest known beginning of ``path``; 1 when nothing of it is known."""
        parts = tuple(str(p) for p in path)
        for end in range(len(parts), 0, -1):
            found = self._lines.get(parts[:end])
            if found is not None:
                return found
        return 1


def shown(path: Path) -> str:
    """A pack's file as problems name it: its folder and name."""
    return f"{path.parent.name}/{path.name}"
