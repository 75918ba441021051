"""What pytest runs of a pack: ``PACK::load``, ``PACK::law::NAME``, ``PACK::case::NAME``, ``PACK::proof::NAME``."""

import json
import zlib
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pytest
from _pytest._code.code import TerminalRepr

from titration.formulary import Formulary
from titration.packs.load import load_pack
from titration.packs.model import Pack
from titration.packs.problems import PackError
from titration.service.case_file import CASES_FILE
from titration.service.cases import run_cases
from titration.service.packs import open_formulary
from titration.testing.pack_laws import PACK_LAWS, PackLaw, Subject
from titration.units import UnitSystem

CERTIFICATE: Final = "certificate.json"
SHOWN: Final = 5
"""Faults of a law that a failure lists."""

Check = Callable[[], None]


class Broken(Exception):
    """A law, a case or a proof that does not hold; the message is the whole failure."""


class PackFile(pytest.File):
    """A pack: everything it is held to."""

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        """Its loading, and once it loads its laws, cases and proofs."""
        yield held(self, "load", self._load)
        try:
            self.pack  # noqa: B018 - a pack that does not load has no other tests: `load` says what is wrong
        except (PackError, OSError):
            return
        for name, checks in (("law", self._laws()), ("case", self._cases()), ("proof", self._proofs())):
            group: Group = Group.from_parent(self, name=name)  # pyright: ignore[reportUnknownMemberType] - pytest types it loosely
            group.checks = tuple(checks)
            yield group

    @cached_property
    def folder(self) -> Path:
        """The pack's folder."""
        return self.path.parent

    @cached_property
    def formulary(self) -> Formulary:
        """The formulary beside the packs, or the shipped one."""
        return open_formulary(self.folder.parent)

    @cached_property
    def pack(self) -> Pack:
        """The pack, loaded once."""
        return load_pack(self.folder)

    @cached_property
    def subject(self) -> Subject:
        """The pack with its engines."""
        return Subject(self.pack, self.formulary)

    def _load(self) -> None:
        try:
            assert self.pack.id
        except PackError as error:
            raise Broken(str(error)) from None

    def _laws(self) -> Iterator[tuple[str, Check]]:
        wards = self.config.getoption("--titration-wards")
        assert isinstance(wards, int)
        for law in PACK_LAWS:
            yield law.id, partial(hold, self, law, wards)

    def _cases(self) -> Iterator[tuple[str, Check]]:
        if not (self.folder / CASES_FILE).is_file():
            return
        try:
            outcomes = run_cases(self.folder, self.pack, self.formulary)
        except PackError as error:
            yield "read", partial(fail, str(error))
            return
        for outcome in outcomes:
            yield outcome.case.name, partial(fail, "\n".join(failure.text for failure in outcome.failures))

    def _proofs(self) -> Iterator[tuple[str, Check]]:
        path = self.folder / CERTIFICATE
        if not path.is_file():
            return
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        yield "certificate-is-current", partial(fail, self._stale(content))
        for entry in content.get("obligations", []):
            outcome = str(entry.get("outcome", "missing"))
            why = f"{outcome}: {entry.get('why', 'no reason given')}"
            # A pack may say which obligation its source breaks: then it must be refuted.
            wanted = "refuted" if entry.get("departs") else "proved"
            yield str(entry.get("id")), partial(fail, "" if outcome == wanted else why)

    def _stale(self, content: dict[str, Any]) -> str:
        """Why the certificate is of something else: by the prover where it is installed, else by the pack alone."""
        if find_spec("titration.prove") is not None:
            told: str = import_module("titration.prove.certificate").stale(self.folder, self.pack, self.formulary)
            return told
        return "" if content.get("pack_sha256") == self.pack.sha256 else "the pack changed since it was proved"


class Group(pytest.Collector):
    """Laws, cases or proofs of a pack."""

    checks: tuple[tuple[str, Check], ...] = ()

    def collect(self) -> Iterator[pytest.Item]:
        """One test each."""
        for name, check in self.checks:
            yield held(self, name, check)


class Held(pytest.Item):
    """One thing that a pack must keep."""

    check: Check

    def runtest(self) -> None:
        """Raises Broken with all there is to say."""
        self.check()

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: str | None = None
    ) -> str | TerminalRepr:
        """The faults themselves: where in this file they were found helps nobody."""
        del style
        if isinstance(excinfo.value, Broken):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The pack's file, and the readable name."""
        return self.path, None, ", ".join(self.nodeid.split("::"))


def held(parent: pytest.Collector, name: str, check: Check) -> Held:
    """A test of one check."""
    item: Held = Held.from_parent(parent, name=name)  # pyright: ignore[reportUnknownMemberType] - pytest types it loosely
    item.check = check
    return item


def hold(file: PackFile, law: PackLaw, wards: int) -> None:
    """Try a law on so many wards in each unit; the same ones every time. Raises Broken at the first that breaks it."""
    start = zlib.crc32(law.id.encode())
    for number in range(1 if law.once else wards):
        for system in list(UnitSystem)[: 1 if law.once else None]:
            found = list(law.faults(file.subject, start + number, system))
            if found:
                shown = "\n".join(f"  {fault}" for fault in found[:SHOWN])
                more = f"\n  and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
                where = "" if law.once else f" Ward of seed {start + number} in {system.text}:"
                raise Broken(f"{law.says}: broken.{where}\n{shown}{more}")


def fail(why: str) -> None:
    """Raises Broken when there is a reason."""
    if why:
        raise Broken(why)
