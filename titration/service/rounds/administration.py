"""What is done to a ledger besides rounds: people, the pack in use, rebuilding, exports and backups."""

from collections.abc import Callable
from pathlib import Path

from titration.service.packs import open_formulary, open_pack, pack_folder
from titration.service.rounds import people
from titration.service.rounds.desk import Desk
from titration.service.rounds.opening import formulary_folder
from titration.service.rounds.told import Refused, Role, User
from titration.service.study_ledger import import_study
from titration.store import transfer
from titration.store.bodies import ImportBody
from titration.store.database import LedgerError
from titration.store.ledger import Ledger
from titration.store.packs import use_pack
from titration.store.replica import rebuild as rebuilt

Progress = Callable[[str, int, int | None], None]


def _silent(what: str, done: int, total: int | None) -> None:
    del what, done, total


def add_user(desk: Desk, by: User, user: User, *, passphrase: str | None, minute: int) -> int:
    """A new person, or a new role (and passphrase) for one there is; the entry's number. Only a prescriber adds people."""
    _prescriber(by, "adds people")
    if user.role is not Role.PRESCRIBER:
        _not_the_last(desk, user.name)
    _check_need(desk, passphrase)
    return _set(desk, by, user, passphrase=passphrase, enabled=True, minute=minute)


def set_passphrase(desk: Desk, by: User, name: str, passphrase: str, *, minute: int) -> int:
    """A new passphrase, set by the person or by a prescriber; the entry's number."""
    user = _known(desk, name)
    if by.name != name:
        _prescriber(by, "sets another person's passphrase")
    _check_need(desk, passphrase)
    return _set(desk, by, user, passphrase=passphrase, enabled=True, minute=minute)


def disable_user(desk: Desk, by: User, name: str, *, minute: int) -> int:
    """A person who may no longer sign in; the entry's number. The last prescriber cannot be disabled."""
    _prescriber(by, "disables people")
    user = _known(desk, name)
    _not_the_last(desk, name)
    return _set(desk, by, user, passphrase=None, enabled=False, minute=minute)


def import_study_tables(desk: Desk, by: User, folder: Path, *, minute: int) -> ImportBody | None:
    """Record the study tables of a folder; None when nothing there was new. Whoever may enter may do it.

    Raises LoadError for a broken file, and Refused (``invalid``) for what is no folder.
    """
    if by.role is Role.VIEWER:
        raise Refused("role", "a viewer may not do this; nothing was recorded: ask a nurse or a prescriber")
    if not folder.is_dir():
        raise Refused("invalid", f"{folder} is no folder: name the one that holds visits.csv and the like")
    try:
        with desk.ledger.recording(minute=minute, author=by.name) as pen:
            if by not in people.users_of(pen.connection):
                raise Refused("role", "this user may no longer record here: sign in again")
            return import_study(pen, folder)
    except LedgerError as error:
        raise Refused(error.code, str(error)) from None


def _prescriber(by: User, does: str) -> None:
    if by.role is not Role.PRESCRIBER:
        raise Refused("role", f"only a prescriber {does}; nothing was changed")


def _not_the_last(desk: Desk, name: str) -> None:
    prescribers = {user.name for user in desk.users if user.role is Role.PRESCRIBER}
    if prescribers == {name}:
        raise Refused("invalid", "this is the last prescriber: add another one first")


def _check_need(desk: Desk, passphrase: str | None) -> None:
    if desk.needs_passphrase and passphrase is None:
        raise Refused("invalid", "give a passphrase: this ledger needs one")
    if not desk.needs_passphrase and passphrase is not None:
        raise Refused("invalid", "this ledger was created without passphrases")


def _known(desk: Desk, name: str) -> User:
    found = next((user for user in desk.users if user.name == name), None)
    if found is None:
        raise Refused("invalid", "no such user in this ledger")
    return found


def _set(desk: Desk, by: User, user: User, *, passphrase: str | None, enabled: bool, minute: int) -> int:
    try:
        with desk.ledger.recording(minute=minute, author=by.name) as pen:
            if by not in people.users_of(pen.connection):
                raise Refused("role", "this user may no longer record here: sign in again")
            return people.set_user(pen, user, passphrase=passphrase, enabled=enabled)
    except LedgerError as error:
        raise Refused(error.code, str(error)) from None


def change_pack(desk: Desk, by: User, pack: str, *, rules: Path | None, minute: int) -> int:
    """Bring another pack, or another version, into use from here on; the entry's number."""
    _prescriber(by, "changes the pack")
    checked, formulary = open_pack(pack, rules), open_formulary(rules)
    folders = {"folder": pack_folder(pack, rules), "formulary_folder": formulary_folder(rules)}
    if checked.guard_off:
        raise Refused("invalid", f"pack {checked.id} has no guard: it is not for patients")
    try:
        with desk.ledger.recording(minute=minute, author=by.name) as pen:
            return use_pack(pen, checked, formulary, **folders)
    except LedgerError as error:
        raise Refused(error.code, str(error)) from None


def rebuild(url: str) -> int:
    """Make the state of a ledger anew from its entries; how many there were."""
    ledger = _open(url, read_only=False)
    try:
        with ledger.bulk() as connection:
            return rebuilt(connection, ledger.walk(connection))
    except LedgerError as error:
        raise Refused(error.code, str(error)) from None
    finally:
        ledger.close()


def export(url: str, target: Path, progress: Progress = _silent) -> int:
    """Write a ledger as JSON Lines; how many entries."""
    return _done(url, lambda ledger: transfer.export(ledger, target, progress))


def backup(url: str, target: Path) -> int:
    """Copy a SQLite ledger while it is in use, and check the copy; how many entries."""
    return _done(url, lambda ledger: transfer.backup(ledger, target))


def _done(url: str, what: Callable[[Ledger], int]) -> int:
    ledger = _open(url, read_only=True)
    try:
        return what(ledger)
    except LedgerError as error:
        raise Refused(error.code, str(error)) from None
    finally:
        ledger.close()


def _open(url: str, *, read_only: bool) -> Ledger:
    try:
        return Ledger.open(url, read_only=read_only)
    except LedgerError as error:
        raise Refused(error.code, str(error)) from None


def read_in(
    source: Path, url: str, *, user: str | None, passphrase: str | None, minute: int, progress: Progress = _silent
) -> int:
    """A new ledger from an export; how many entries that had.

    An export holds no passphrases. ``user``, who must be a prescriber of the ledger, gets a new one, and that is recorded
    behind what was imported.
    """
    try:
        ledger = Ledger.create(url)
    except LedgerError as error:
        raise Refused(error.code, str(error)) from None
    try:
        count = transfer.read_in(ledger, source, progress)
        desk = Desk(ledger)
        if desk.needs_passphrase:
            _first_user(desk, user, passphrase, minute)
    except LedgerError as error:
        ledger.discard()
        raise Refused(error.code, str(error)) from None
    except BaseException:
        ledger.discard()
        raise
    ledger.close()
    return count


def _first_user(desk: Desk, name: str | None, passphrase: str | None, minute: int) -> None:
    names = [user.name for user in desk.users if user.role is Role.PRESCRIBER]
    if name not in names or passphrase is None:
        raise Refused("invalid", f"name a prescriber of this ledger and give a passphrase: {', '.join(names)}")
    with desk.ledger.recording(minute=minute, author=name) as pen:
        people.set_user(pen, User(name, Role.PRESCRIBER), passphrase=passphrase)
