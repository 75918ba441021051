"""A study opened from files or from a ledger: the log, its study tables, the protocol and the pack; cases of it, one or all.

A case needs a ``Log`` and ``StudyTables``: both hand those over, and get the same reports.
"""

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from titration.clinical import EVENT_KINDS, EventKind
from titration.engine.decide import Engine
from titration.formulary import Formulary
from titration.log.blocks import until
from titration.log.load import Loaded, load
from titration.log.model import Events, Log
from titration.log.report import LoadError
from titration.packs.model import Pack
from titration.resources import rules_folder
from titration.service.assessment import find_patient
from titration.service.packs import open_formulary, open_pack
from titration.study.case import (
    Case,
    anchors_of,
    build_case,
    phases_recorded,
    protocol_events,
    record_edges,
)
from titration.study.protocol import Protocol, open_protocol
from titration.study.rows import StudyTables
from titration.study.tables import COLUMNS, load_study_tables

DEFAULT_PROTOCOL = "huc-msc-2022"


@dataclass(frozen=True)
class Study:
    """Everything cases are built from. ``as_of`` is a day since 1970-01-01, or None for the last record."""

    loaded: Loaded
    tables: StudyTables
    protocol: Protocol
    formulary: Formulary
    pack: Pack | None
    as_of: int | None = None
    baseline: int | Literal["first"] | None = None
    """Day 0 of everybody, or the first day of each record; None: the baseline the log records."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Every patient of the log, sorted."""
        return tuple(sorted(p.patient_id for log in self.loaded.logs for p in log.people))

    @property
    def unread(self) -> tuple[str, ...]:
        """Files of the folder that neither the log nor the study reads."""
        return tuple(n for n in self.loaded.report.skipped if Path(n).stem.casefold() not in COLUMNS)

    @property
    def strangers(self) -> tuple[str, ...]:
        """Patients of the study tables that the log does not have: their rows reach no report."""
        return tuple(sorted(set(self.tables.patients) - set(self.ids)))

    @property
    def set_aside(self) -> int:
        """Rows of the study tables that were quarantined or rejected."""
        rows = self.tables.report.rows
        return rows.quarantined + rows.rejected


def protocols_folder(rules: Path | None) -> Path:
    """Where protocols are: beside the packs of ``rules``, or the shipped ones."""
    return (rules or rules_folder()) / "protocols"


def open_study(
    path: Path | str,
    *,
    protocol: str,
    pack: str | None,
    rules: Path | None = None,
    format: str = "auto",  # noqa: A002 - the name of the option it serves
    as_of: int | None = None,
    baseline: int | Literal["first"] | None = None,
) -> Study:
    """Open a study from a log's files, or from a ledger by its file or URL.

    ``pack`` "none" replays no rules, None takes the protocol's own. Raises LoadError (for a ledger too), ProtocolError,
    UnknownProtocol, PackError or UnknownPack.
    """
    opened = open_protocol(protocol, protocols_folder(rules))
    wanted = pack or opened.file.protocol.pack
    formulary = open_formulary(rules)
    loaded, tables = _read(str(path), format, formulary)
    chosen = None if wanted in (None, "none") else open_pack(wanted or "", rules)
    return Study(loaded, tables, opened, formulary, chosen, as_of, baseline)


def _read(path: str, format: str, formulary: Formulary) -> tuple[Loaded, StudyTables]:  # noqa: A002 - as in open_study
    # A ledger brings a database along: only who names one pays for it.
    from titration.service.study_ledger import LedgerError, is_ledger, read_ledger

    if not is_ledger(path):
        return load(Path(path), format=format, formulary=formulary), load_study_tables(Path(path))
    if format != "auto":
        raise LoadError(f"{path} is a ledger: leave --format out")
    try:
        return read_ledger(path)
    except LedgerError as error:
        raise LoadError(str(error)) from None


def case_of(study: Study, patient_id: str) -> Case:
    """The case of one patient; raises UnknownPatient with near names, ValueError for an empty record."""
    return _case(study, find_patient(study.loaded.logs, patient_id).log)


def cases(study: Study, pattern: str = "*") -> Iterator[Case | tuple[str, str]]:
    """A case for every patient whose id matches (``*``, ``?``), in order of id; (id, reason) where nothing can be reported."""
    for patient_id in fnmatch.filter(study.ids, pattern):
        try:
            yield case_of(study, patient_id)
        except ValueError as error:
            yield patient_id, str(error)


def _case(study: Study, log: Log) -> Case:
    log = log if study.as_of is None else until(log, study.as_of)
    tables = study.tables.of(log.people[0].patient_id)
    baseline = record_edges(log, 0)[0] if study.baseline == "first" else study.baseline
    decision = None
    if study.pack is not None:
        ruled = log
        if not phases_recorded(log, 0):
            anchors = anchors_of(log, 0, tables, baseline=baseline)
            ruled = with_events(log, protocol_events(study.protocol, anchors))
        engine = Engine(study.pack, log.system, study.formulary)
        decision = engine.decide(engine.grid(ruled))
    return build_case(
        log,
        0,
        protocol=study.protocol,
        study=study.tables,
        formulary=study.formulary,
        decision=decision,
        as_of=study.as_of,
        baseline=baseline,
        insulin_names=study.loaded.insulins - frozenset(study.formulary.products),
    )


def with_events(log: Log, events: tuple[tuple[int, EventKind], ...]) -> Log:
    """The log of one patient with events of the protocol added; the record itself stays as it is."""
    if not events:
        return log
    minute = np.concatenate((log.events.minute, [m for m, _ in events])).astype(np.int32)
    kind = np.concatenate((log.events.kind, [EVENT_KINDS.index(k) for _, k in events])).astype(np.int8)
    order = np.argsort(minute, kind="stable")
    return replace(log, events=Events(np.zeros(len(order), np.int32), minute[order], kind[order]))
