"""What ``titration ledger ...`` asks and prints. Results on stdout, everything else on stderr; passphrases never as arguments."""

import getpass
import json
import sys
from argparse import Namespace
from collections.abc import Callable
from typing import Any

from titration.service.console import progress_bar, say
from titration.service.rounds import administration as admin
from titration.service.rounds.clock import local_minute
from titration.service.rounds.desk import Desk, program_version
from titration.service.rounds.opening import Source, create_ledger, open_desk
from titration.service.rounds.told import Refused, Role, User
from titration.service.rounds.verification import Verdict, verify
from titration.service.study_ledger import FORMAT as STUDY_FORMAT

OK, ATTENTION, REFUSED = 0, 1, 2


def refusing(command: Callable[[Namespace], int]) -> Callable[[Namespace], int]:
    """The command, with what the ledger refuses said in words and as an exit code."""

    def run(arguments: Namespace) -> int:
        try:
            return command(arguments)
        except Refused as refused:
            say(f"titration: {refused}")
            return REFUSED

    return run


@refusing
def create(arguments: Namespace) -> int:
    """A new ledger, with the rows of a log if one is given."""
    passphrase = None if arguments.single_user else _new_passphrase(arguments)
    source = None if arguments.log is None else Source(arguments.log, arguments.format)
    with progress_bar() as progress:
        door = create_ledger(
            arguments.ledger,
            minute=local_minute(),
            single_user=arguments.single_user,
            user=arguments.user,
            passphrase=passphrase,
            log=source,
            pack=arguments.pack,
            rules=arguments.rules,
            progress=progress,
        )
    print(f"{arguments.ledger}: {door.head():,} entries, pack {door.pack.id} {door.pack.version} ({door.pack.status})")
    code = _say_import(door)
    door.close()
    if arguments.single_user:
        say("Anyone who can read this file can record and sign in it: it has no passphrase.")
    return code


def _say_import(door: Any) -> int:  # noqa: ANN401 - a door
    """What became of the rows of the log; something set aside needs attention."""
    code = OK
    for entry in reversed(door.entries(kinds=("import",))):
        facts = dict(entry.facts)
        what = "study tables: rows" if facts["format"] == STUDY_FORMAT else "rows"
        print(f"{what} kept {facts['kept']}, quarantined {facts['quarantined']}, rejected {facts['rejected']}")
        code = code if facts["quarantined"] == facts["rejected"] == "0" else ATTENTION
    return code


def _new_passphrase(arguments: Namespace) -> str:
    if arguments.passphrase_stdin:
        return _from_stdin()
    _needs_terminal()
    first = getpass.getpass("New passphrase: ")
    if getpass.getpass("Again: ") != first:
        raise Refused("invalid", "the two passphrases differ; nothing was changed")
    return first


def _from_stdin() -> str:
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise Refused("invalid", "no passphrase on standard input; nothing was changed")
    return line


def _needs_terminal() -> None:
    # Without a terminal getpass would show what is typed, or wait for ever.
    if not sys.stdin.isatty():
        raise Refused("invalid", "a passphrase is asked for on a terminal; in a script give --passphrase-stdin")


def signed_in(desk: Desk, arguments: Namespace) -> User:
    """Who asks: with --passphrase-stdin their passphrase is the first line."""
    if not desk.needs_passphrase:
        return desk.sign_in(arguments.by, "", minute=local_minute())
    if arguments.passphrase_stdin:
        return desk.sign_in(arguments.by, _from_stdin(), minute=local_minute())
    _needs_terminal()
    return desk.sign_in(arguments.by, getpass.getpass(f"Passphrase of {arguments.by}: "), minute=local_minute())


def _opened(arguments: Namespace, *, read_only: bool) -> Desk:
    return open_desk(arguments.ledger, read_only=read_only)


@refusing
def user_add(arguments: Namespace) -> int:
    """A new person, or a new role for one there is."""
    desk = _opened(arguments, read_only=False)
    try:
        by = signed_in(desk, arguments)
        passphrase = _new_passphrase(arguments) if desk.needs_passphrase else None
        user = User(arguments.name, Role(arguments.role))
        seq = admin.add_user(desk, by, user, passphrase=passphrase, minute=local_minute())
    finally:
        desk.close()
    print(f"{arguments.name}: {arguments.role} (entry {seq})")
    return OK


@refusing
def user_passphrase(arguments: Namespace) -> int:
    """A new passphrase for oneself or, by a prescriber, for another."""
    desk = _opened(arguments, read_only=False)
    try:
        by = signed_in(desk, arguments)
        seq = admin.set_passphrase(desk, by, arguments.name, _new_passphrase(arguments), minute=local_minute())
    finally:
        desk.close()
    print(f"{arguments.name}: new passphrase (entry {seq})")
    return OK


@refusing
def user_disable(arguments: Namespace) -> int:
    """A person who may no longer sign in; what they signed stays."""
    desk = _opened(arguments, read_only=False)
    try:
        seq = admin.disable_user(desk, signed_in(desk, arguments), arguments.name, minute=local_minute())
    finally:
        desk.close()
    print(f"{arguments.name}: may no longer sign in (entry {seq})")
    return OK


@refusing
def change_pack(arguments: Namespace) -> int:
    """Another pack, or another version of it, from here on."""
    desk = _opened(arguments, read_only=False)
    try:
        by = signed_in(desk, arguments)
        seq = admin.change_pack(desk, by, arguments.pack, rules=arguments.rules, minute=local_minute())
    finally:
        desk.close()
    print(f"pack {arguments.pack} is in use from entry {seq} on")
    return OK


@refusing
def verify_ledger(arguments: Namespace) -> int:
    """Chain, files, state, and every recommendation made again."""
    desk = _opened(arguments, read_only=True)
    try:
        with progress_bar() as progress:
            verdict = verify(desk.ledger, program=program_version(), progress=progress)
    finally:
        desk.close()
    if arguments.json:
        print(json.dumps(_verdict_data(verdict), ensure_ascii=False, indent=2))
    else:
        _print_verdict(verdict)
    return OK if verdict.whole else ATTENTION


def _verdict_data(verdict: Verdict) -> dict[str, Any]:
    def listed(faults: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - faults or remarks
        return [{"entry": fault.seq, "text": fault.text} for fault in faults]

    return {
        "whole": verdict.whole,
        "entries": verdict.entries,
        "recommendations_made_again": verdict.made_again,
        "head": verdict.head,
        "faults": listed(verdict.faults),
        "remarks": listed(verdict.remarks),
    }


def _print_verdict(verdict: Verdict) -> None:
    for fault in verdict.faults:
        print(f"FAULT  {fault.text}")
    for remark in verdict.remarks:
        print(f"note   {remark.text}")
    state = "whole" if verdict.whole else f"{len(verdict.faults)} faults, the first at entry {verdict.faults[0].seq}"
    print(f"{verdict.entries:,} entries along the chain, {verdict.made_again:,} recommendations made again: {state}")
    print(f"head {verdict.head}")
    print("Keep the head elsewhere: the chain shows any change but a whole new chain.")


@refusing
def rebuild(arguments: Namespace) -> int:
    """The derived state, made anew from the entries."""
    print(f"state made anew from {admin.rebuild(arguments.ledger):,} entries")
    return OK


@refusing
def export(arguments: Namespace) -> int:
    """Every entry and file of a pack as JSON Lines."""
    with progress_bar() as progress:
        count = admin.export(arguments.ledger, arguments.file, progress)
    print(f"{arguments.file}: {count:,} entries; no passphrases")
    say("It holds patient data: keep it as you keep the ledger.")
    return OK


@refusing
def read_in(arguments: Namespace) -> int:
    """A new ledger from an export."""
    passphrase = None if arguments.user is None else _new_passphrase(arguments)
    with progress_bar() as progress:
        count = admin.read_in(
            arguments.file,
            arguments.ledger,
            user=arguments.user,
            passphrase=passphrase,
            minute=local_minute(),
            progress=progress,
        )
    print(f"{arguments.ledger}: {count:,} entries, the chain whole")
    return OK


@refusing
def backup(arguments: Namespace) -> int:
    """A checked copy of a SQLite ledger, made while it is in use."""
    print(f"{arguments.file}: {admin.backup(arguments.ledger, arguments.file):,} entries, checked")
    return OK
