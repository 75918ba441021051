"""Making and opening ledgers: the only places that turn a file name or URL into a door."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from titration.log.load import load
from titration.log.report import Fate
from titration.resources import rules_folder
from titration.service.packs import open_formulary, open_pack, pack_folder
from titration.service.rounds import people
from titration.service.rounds.desk import Desk, program_version
from titration.service.rounds.door import Door
from titration.service.rounds.told import Refused, Role, User
from titration.service.study_ledger import import_study
from titration.store.bodies import ImportBody, LedgerBody
from titration.store.database import LedgerError
from titration.store.entries import FORMAT, Kind
from titration.store.imports import Draft, people_of, rows_of
from titration.store.ledger import Ledger, Pen
from titration.store.packs import use_pack

PACK: Final = "huc-msc-t2dm"
_SHOWN_EVERY: Final = 1000
Progress = Callable[[str, int, int | None], None]


def _silent(what: str, done: int, total: int | None) -> None:
    del what, done, total


@dataclass(frozen=True)
class Source:
    """A log to read into a new ledger. ``more`` gives name, ward and bed of a patient, which a log does not know."""

    path: Path
    format: str = "auto"
    more: Callable[[str], Mapping[str, Any]] = lambda _: {}


def create_ledger(
    url: str,
    *,
    minute: int,
    single_user: bool,
    user: str,
    passphrase: str | None = None,
    log: Source | None = None,
    pack: str = PACK,
    rules: Path | None = None,
    progress: Progress = _silent,
) -> Door:
    """A new ledger with a pack in use and its first prescriber; with the rows of a log, if one is given.

    ``url`` is a file or the URL of an empty database. Without ``single_user`` a passphrase is needed. Raises Refused
    (``invalid``) when there is a ledger already, LoadError or PackError for what it should hold.
    """
    if single_user is (passphrase is not None):
        raise Refused("invalid", "a single-user ledger has no passphrase, any other needs one")
    checked, formulary = open_pack(pack, rules), open_formulary(rules)
    folders = {"folder": pack_folder(pack, rules), "formulary_folder": formulary_folder(rules)}
    ledger = _made(url)
    try:
        with ledger.recording(minute=minute, author=user) as pen:
            pen.add(Kind.LEDGER, LedgerBody(format=FORMAT, program=program_version(), single_user=single_user))
            people.set_user(pen, User(user, Role.PRESCRIBER), passphrase=passphrase)
            use_pack(pen, checked, formulary, **folders)
            if log is not None:
                import_log(pen, log, rules, progress)
        return Desk(ledger)
    except BaseException:
        ledger.discard()
        raise


def _made(url: str) -> Ledger:
    try:
        return Ledger.create(url)
    except LedgerError as error:
        raise Refused(error.code, str(error)) from None


def formulary_folder(rules: Path | None) -> Path:
    """The folder of the formulary beside the packs, or of the shipped one."""
    own = None if rules is None else rules / "formulary"
    return own if own is not None and own.is_dir() else rules_folder() / "formulary"


def import_log(pen: Pen, source: Source, rules: Path | None, progress: Progress = _silent) -> None:
    """Add the rows of a log, patient by patient and table by table, behind an entry that says what became of its rows.

    The study's tables beside it follow in the same way.
    """
    loaded = load(source.path, format=source.format, formulary=open_formulary(rules), progress=progress)
    rows = loaded.report.rows
    reasons = loaded.report.findings
    body = ImportBody(
        source=source.path.name,
        format=loaded.format,
        kept=rows.kept,
        quarantined=rows.quarantined,
        rejected=rows.rejected,
        reasons={r: n for fate in Fate for r, n in sorted(reasons.by_reason(fate).items())},
        unread=loaded.report.skipped,
    )
    pen.add(Kind.IMPORT, body)
    for log in loaded.logs:
        for draft in people_of(log, source.more):
            _add(pen, draft)
    for log in loaded.logs:
        for number, draft in enumerate(rows_of(log, loaded.drug_units)):
            _add(pen, draft)
            if number % _SHOWN_EVERY == 0:
                progress("entries", pen.head, rows.kept)
    import_study(pen, source.path)


def _add(pen: Pen, draft: Draft) -> None:
    pen.add(draft.kind, draft.body, patient=draft.patient)


def open_ledger(url: str, *, read_only: bool = False, rules: Path | None = None) -> Door:
    """An existing ledger with the pack it has in use.

    Where ``rules`` is given, the pack of that name in the folder must be the one in use. Raises Refused (``lost``,
    ``read_only``, ``invalid``).
    """
    desk = open_desk(url, read_only=read_only)
    if rules is not None and open_pack(desk.pack.id, rules).sha256 != desk.pack.sha256:
        desk.close()
        raise Refused(
            "invalid", f"pack {desk.pack.id} in {rules} is not the one in use: `titration ledger pack` changes it"
        )
    return desk


def open_desk(url: str, *, read_only: bool) -> Desk:
    """As ``open_ledger``, with the ledger behind the door within reach."""
    try:
        ledger = Ledger.open(url, read_only=read_only)
    except LedgerError as error:
        raise Refused(error.code, str(error)) from None
    try:
        return Desk(ledger)
    except BaseException:
        ledger.close()
        raise
