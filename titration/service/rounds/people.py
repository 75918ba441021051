"""Who may sign: roles, and passphrases hashed with argon2, checked in the same time whether the name exists or not."""

from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import Connection

from titration.service.rounds.told import Refused, Role, User
from titration.store.bodies import UserBody
from titration.store.entries import Kind, digest
from titration.store.ledger import Ledger, Pen, drop_credential, set_credential
from titration.store.tables import USERS

SHORTEST: Final = 8
"""Signs of the shortest passphrase."""

_WRONG = "name or passphrase is wrong"


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    """What a wrong name is checked against, so that it takes as long as a wrong passphrase."""
    return _hasher().hash("a passphrase that nobody has")


def users_of(connection: Connection) -> tuple[User, ...]:
    """People who may sign in, by name."""
    rows = connection.execute(USERS.select().where(USERS.c.enabled.is_(True)).order_by(USERS.c.name))
    return tuple(sorted((User(row.name, Role(row.role)) for row in rows), key=lambda user: user.name))


def signed_in(ledger: Ledger, name: str, passphrase: str, *, free: bool) -> User:
    """The user of that name and passphrase (of a ledger without any where ``free``); Refused (``locked``) otherwise."""
    with ledger.reading() as connection:
        row = connection.execute(USERS.select().where(USERS.c.name == name)).one_or_none()
    if free:
        if row is None or not row.enabled:
            raise Refused("locked", "no such user in this ledger")
        return User(row.name, Role(row.role))
    nobody = _nobody()
    kept = ledger.credential(name)
    # A hash put in place of another is not what the chain says it is.
    sound = row is not None and row.enabled and kept is not None and digest(kept) == row.passphrase
    try:
        _hasher().verify(kept if sound and kept is not None else nobody, passphrase)
    except (Argon2Error, InvalidHashError):
        raise Refused("locked", _WRONG) from None
    if not sound or row is None:
        raise Refused("locked", _WRONG)
    return User(row.name, Role(row.role))


def set_user(pen: Pen, user: User, *, passphrase: str | None, enabled: bool = True) -> int:
    """Record a person, with a new passphrase or without one; the entry's number."""
    name = user.name.strip()
    if not name or not name.isprintable() or len(name) > 60:
        raise Refused("invalid", "give the user a name of one line")
    kept: str | None = None
    if not enabled:
        drop_credential(pen.connection, name)
    if passphrase is not None:
        if len(passphrase) < SHORTEST:
            raise Refused("invalid", f"the passphrase is too short: give at least {SHORTEST} signs")
        kept = _hasher().hash(passphrase)
        set_credential(pen.connection, name, kept)
    body = UserBody(name=name, role=user.role.value, enabled=enabled, passphrase=None if kept is None else digest(kept))
    return pen.add(Kind.USER, body)
