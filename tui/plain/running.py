"""Which of the two plain mode is: sheets printed, or a dialogue, on a terminal or from a pipe."""

import getpass
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from titration.service.rounds.door import Door
from titration.service.rounds.handover import Format, patient_sheet, ward_sheet, write_sheet
from titration.service.rounds.told import Refused, User
from tui.plain.dialogue import command
from tui.plain.talk import Talk
from tui.session.state import Settings
from tui.words import say

OK, ATTENTION = 0, 1


def run_plain(
    door: Door,
    settings: Settings,
    clock: Callable[[], int],
    *,
    patient: str | None,
    stdin: TextIO,
    stdout: TextIO,
    talks: bool = True,
) -> int:
    """Print the ward (and one patient), or talk line by line; returns the exit code.

    On a terminal it is a dialogue. Where nobody reads the answers (output into a pipe) the sheets are printed and that is all.
    ``talks`` is False for the same. Where commands come in by a pipe they are carried out one after the other; 1 when any of them was refused. Raises ValueError
    where a passphrase is asked for and there is no terminal to type it at.
    """
    try:
        here = stdin.isatty() and stdout.isatty()
        user = _signed_in(door, settings, clock, stdout, here=here)
        if patient is not None or not talks or (stdin.isatty() and not here):
            stdout.write(_sheets(door, settings, clock(), patient))
            return OK
        talk = Talk.on(door, settings, clock=clock, write=stdout.write, user=user)
        if here:
            return _talk(talk, door, settings, stdin, stdout)
        stdout.write(_sheets(door, settings, clock(), None))
        return _read(talk, stdin)
    finally:
        door.close()


def write_to(
    path: Path,
    door: Door,
    settings: Settings,
    clock: Callable[[], int],
    *,
    patient: str | None,
    stdin: TextIO,
    stdout: TextIO,
) -> None:
    """Write a sheet to a file that only its owner can read; the end of its name says the format.

    Raises ValueError for another end, or where a passphrase is asked for and there is no terminal; OSError for the file.
    """
    try:
        form = next((form for form in Format if path.suffix == f".{form.value}"), None)
        if form is None:
            ends = ", ".join(f".{form.value}" for form in Format)
            raise ValueError(f"--sheet {path.name}: end the name in one of {ends}")
        _signed_in(door, settings, clock, stdout, here=stdin.isatty() and stdout.isatty())
        write_sheet(path, _sheets(door, settings, clock(), patient, form))
    finally:
        door.close()


def _sheets(door: Door, settings: Settings, minute: int, patient: str | None, form: Format = Format.TEXT) -> str:
    """The ward's sheet, or one patient's."""
    language, pack, drugs = settings.language, door.pack, door.formulary
    if patient is None:
        sheet = door.ward(minute=minute)
        rows = tuple(row for row in sheet.rows if settings.ward in (None, row.person.ward))
        return ward_sheet(replace(sheet, rows=rows), pack, drugs, language, form)
    return patient_sheet(door.patient(patient, minute=minute), pack, drugs, language, form)


def _signed_in(door: Door, settings: Settings, clock: Callable[[], int], stdout: TextIO, *, here: bool) -> User | None:
    """Who is at the terminal; ValueError without one where a passphrase is asked for."""
    users = door.users
    if not door.needs_passphrase:
        return users[0] if users else None
    if not here:
        raise ValueError(say(settings.language, "plain.gate"))
    names = ", ".join(user.name for user in users)
    stdout.write(say(settings.language, "plain.who", names=names))
    stdout.flush()
    name = input().strip()
    secret = getpass.getpass(say(settings.language, "plain.passphrase", name=name))
    return door.sign_in(name, secret, minute=clock())


def _read(talk: Talk, stdin: TextIO) -> int:
    """Commands from a pipe, until it ends or one of them quits."""
    for text in stdin:
        command(talk, text)
        if talk.ended:
            break
    return ATTENTION if talk.refused else OK


def _talk(talk: Talk, door: Door, settings: Settings, stdin: TextIO, stdout: TextIO) -> int:
    """A dialogue on a terminal. After idling, nothing is shown or done before the passphrase is typed again."""
    command(talk, "list")
    stdout.write(say(settings.language, "plain.welcome") + "\n")
    while not talk.ended:
        stdout.write(say(talk.session.settings.language, "plain.prompt"))
        stdout.flush()
        text = stdin.readline()
        if not text:
            break
        if talk.idle() and door.needs_passphrase and not _unlocked(talk, door, stdout):
            continue
        command(talk, text)
    return OK


def _unlocked(talk: Talk, door: Door, stdout: TextIO) -> bool:
    language, user = talk.session.settings.language, talk.session.user
    assert user is not None
    stdout.write(say(language, "plain.locked") + "\n")
    try:
        door.sign_in(user.name, getpass.getpass(say(language, "plain.passphrase", name=user.name)), minute=talk.clock())
    except Refused as refused:
        sys.stderr.write(f"titration: {refused}\n")
        return False
    talk.awake()
    return True
