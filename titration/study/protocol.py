"""Reading a protocol: every problem at once, with file and line, and a suggestion for a misspelt name.

A protocol is its checked file: ``ProtocolFile`` is frozen and holds everything, with its source beside every number.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ValidationError

from titration.packs.check import Problems
from titration.packs.load import parse_toml
from titration.packs.problems import PackError, shown
from titration.study.protocol_schema import (
    MEASURES,
    CheckTable,
    InfusionLimits,
    InfusionTable,
    ObservationTable,
    PhaseTable,
    ProtocolFile,
    ProtocolHead,
    ScreeningTable,
    Sourced,
    SuccessTable,
    ThawTable,
    VisitTable,
    VitalsTable,
)

LANGUAGES: Final = ("en", "zh")
_TABLES: Final[dict[str, type[BaseModel]]] = {
    "protocol": ProtocolHead,
    "screening": ScreeningTable,
    "infusion": InfusionTable,
    "infusion_limits": InfusionLimits,
    "thaw": ThawTable,
    "observation": ObservationTable,
    "vitals": VitalsTable,
    "visit": VisitTable,
    "check": CheckTable,
    "phase": PhaseTable,
    "success": SuccessTable,
}


class ProtocolError(ValueError):
    """A protocol that cannot be used, with everything wrong about it."""


class UnknownProtocol(LookupError):
    """No protocol of that name; the message lists those there are."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """A checked protocol, and the hash of the bytes it was read from."""

    file: ProtocolFile
    sha256: str

    @property
    def id(self) -> str:
        return self.file.protocol.id

    @property
    def version(self) -> str:
        return self.file.protocol.version

    @property
    def visits(self) -> tuple[VisitTable, ...]:
        return self.file.visit

    def visit(self, name: str) -> VisitTable:
        """The visit of this name; raises KeyError."""
        for visit in self.file.visit:
            if visit.id == name:
                return visit
        raise KeyError(name)

    def note(self, definition: str, language: Literal["en", "zh"]) -> str:
        """What is to be known of a definition of success; empty for most."""
        return self.file.text[language].get(f"note-{definition}", "")

    def text(self, key: str, language: Literal["en", "zh"]) -> str:
        """A text of the protocol; raises KeyError for one it lacks."""
        return self.file.text[language][key]

    @property
    def assumptions(self) -> tuple[str, ...]:
        """Tables whose numbers are local assumptions, by name."""
        return tuple(name for name, table in _sourced(self.file) if table.basis is not None)


def number(text: str) -> Fraction:
    """A plain number of a protocol, exactly."""
    return Fraction(text)


def find_protocols(folder: Path) -> dict[str, Path]:
    """Protocol files under ``folder`` by name, sorted."""
    return {path.stem: path for path in sorted(folder.glob("*.toml"))} if folder.is_dir() else {}


def open_protocol(name: str, folder: Path) -> Protocol:
    """A protocol by name or path; raises UnknownProtocol or ProtocolError."""
    direct = Path(name)
    if direct.suffix == ".toml" and direct.is_file():
        return load_protocol(direct)
    found = find_protocols(folder)
    if name not in found:
        listed = ", ".join(found) or "none"
        raise UnknownProtocol(f"no protocol {name!r} (there: {listed}); name one of these or give a .toml file")
    return load_protocol(found[name])


def load_protocol(path: Path) -> Protocol:
    """The checked protocol in the file ``path``; raises ProtocolError with every problem, OSError when unreadable."""
    raw = path.read_bytes()
    try:
        lines, data = parse_toml(path, raw)
    except PackError as error:
        raise ProtocolError(str(error)) from None
    problems = Problems(shown(path), lines)
    try:
        file = ProtocolFile.model_validate(data)
    except ValidationError as error:
        for item in error.errors():
            place: list[str | int] = list(item["loc"])
            message = str(item["msg"]).removeprefix("Value error, ")
            if item["type"] == "extra_forbidden":
                message = f"unknown key {place[-1]!r}{_hint(str(place[-1]), _keys_of(place))}"
            problems.add(place, f"{_named(tuple(place)) or 'file'}: {message}")
        raise _refused(problems) from None
    if path.stem != file.protocol.id:
        problems.add(("protocol", "id"), f"the file is named {path.stem}.toml, the protocol {file.protocol.id!r}")
    _check(file, problems)
    if problems.found:
        raise _refused(problems)
    return Protocol(file, hashlib.sha256(raw).hexdigest())


def _refused(problems: Problems) -> ProtocolError:
    return ProtocolError("\n".join(problem.text for problem in sorted(problems.found)))


def _keys_of(place: list[str | int]) -> list[str]:
    model = _TABLES.get(str(place[0]), ProtocolFile) if len(place) > 1 else ProtocolFile
    return list(model.model_fields)


def _hint(name: str, candidates: list[str]) -> str:
    close = get_close_matches(name, candidates, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _sourced(file: ProtocolFile) -> Iterator[tuple[str, Sourced]]:
    for name in ("screening", "infusion", "infusion_limits", "thaw", "observation", "vitals"):
        table = getattr(file, name)
        if table is not None:
            yield name, table
    for name in ("check", "visit", "phase", "success"):
        for table in getattr(file, name):
            yield f"{name} {table.id}", table


def _check(file: ProtocolFile, problems: Problems) -> None:
    for place, table in _placed(file):
        if table.source is not None and table.source not in file.source:
            hint = _hint(table.source, list(file.source))
            problems.add((*place, "source"), f"{_named(place)}: unknown source {table.source!r}{hint}")
    for name in ("visit", "check", "phase", "success"):
        ids = [table.id for table in getattr(file, name)]
        for at, given in enumerate(ids):
            if given in ids[:at]:
                problems.add((name, at), f"{name} {given} is defined twice")
    _check_visits(file, problems)
    _check_phases(file, problems)
    _check_checks(file, problems)
    _check_texts(file, problems)


def _placed(file: ProtocolFile) -> Iterator[tuple[tuple[Any, ...], Sourced]]:
    counts: dict[str, int] = {}
    for name, table in _sourced(file):
        kind, _, one = name.partition(" ")
        if one:
            counts[kind] = counts.get(kind, -1) + 1
            yield (kind, counts[kind]), table
        else:
            yield (kind,), table


def _named(place: tuple[Any, ...]) -> str:
    return ".".join(str(part) for part in place)


def _check_visits(file: ProtocolFile, problems: Problems) -> None:
    names = [visit.id for visit in file.visit]
    for at, visit in enumerate(file.visit):
        for measure in visit.measures:
            if measure not in MEASURES:
                problems.add(
                    ("visit", at, "measures"),
                    f"visit {visit.id}: unknown measure {measure!r}{_hint(measure, list(MEASURES))}",
                )
        anchor = visit.after or file.protocol.anchor
        if anchor.endswith("infusion") and file.infusion is None:
            problems.add(("visit", at), f"visit {visit.id}: counts from {anchor}, but there is no [infusion]")
    for at, success in enumerate(file.success):
        if success.visit not in names:
            problems.add(
                ("success", at, "visit"),
                f"success {success.id}: unknown visit {success.visit!r}{_hint(success.visit, names)}",
            )


def _check_phases(file: ProtocolFile, problems: Problems) -> None:
    for at, phase in enumerate(file.phase):
        if phase.begins.endswith("infusion") and file.infusion is None:
            problems.add(("phase", at), f"phase {phase.id}: begins with {phase.begins}, but there is no [infusion]")
        if phase.begins == "screening" and file.screening is None:
            problems.add(("phase", at), f"phase {phase.id}: begins with screening, but there is no [screening]")
    if file.infusion is not None and file.infusion_limits is None:
        problems.add(
            ("infusion",), "[infusion] needs [infusion_limits]: what counts as early, late or the wrong number"
        )


def _check_checks(file: ProtocolFile, problems: Problems) -> None:
    for at, check in enumerate(file.check):
        if check.least is not None and check.most is not None and number(check.least) > number(check.most):
            problems.add(("check", at), f"check {check.id}: least {check.least} is above most {check.most}")


def _check_texts(file: ProtocolFile, problems: Problems) -> None:
    wanted = ["title", *(f"visit-{v.id}" for v in file.visit)]
    wanted += [f"check-{c.id}" for c in file.check] + [f"success-{s.id}" for s in file.success]
    # A definition's note is printed beside it: what one language says of it, the other must.
    notes = [f"note-{s.id}" for s in file.success]
    wanted += [key for key in notes if any(key in file.text.get(language, {}) for language in LANGUAGES)]
    complain: Callable[[str, str], None] = lambda language, what: problems.add(("text", language), what)  # noqa: E731
    for language in LANGUAGES:
        texts = file.text.get(language, {})
        for key in wanted:
            if not texts.get(key, "").strip():
                complain(language, f"text.{language}: no text {key!r}")
        for key in texts:
            if key not in wanted:
                complain(language, f"text.{language}: nothing is called {key!r}{_hint(key, wanted)}")
