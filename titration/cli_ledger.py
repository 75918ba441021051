"""Arguments of ``titration ledger``; as in ``cli``, nothing heavy is imported until a command runs."""

import argparse
from pathlib import Path
from typing import Any

Commands = Any
"""argparse keeps the class of its sub-parsers to itself."""

_EXAMPLES = """examples:
  titration ledger create ward.ledger --from logs/ --user "Dr Lin"    asks for a passphrase
  titration ledger verify ward.ledger                        chain, state, and every plan made again
  titration ledger recall ward.ledger --reading 4711         what a wrong reading led to
  titration ledger report ward.ledger --since 2026-03-01     overrides, limits, what was missing
  titration ledger backup ward.ledger /backups/2026-03-23.ledger
"""

_DATABASE = "file of the ledger, or the URL of a database (postgresql://...)"


def add_ledger(commands: Commands) -> None:
    """Add ``ledger`` and its actions."""
    ledger = commands.add_parser("ledger", help="make, check, carry and question a ward's ledger")
    ledger.description = (
        "A ward's ledger: what was read, given, planned and decided, each entry chained to the one before."
    )
    ledger.epilog, ledger.formatter_class = _EXAMPLES, argparse.RawDescriptionHelpFormatter
    actions = ledger.add_subparsers(title="actions", metavar="ACTION", required=True)
    _add_create(actions)
    _add_people(actions)
    _add_pack(actions)
    _add_checks(actions)
    _add_questions(actions)
    _add_carrying(actions)


def _action(actions: Commands, name: str, what: str, example: str, *, run: str) -> argparse.ArgumentParser:
    one: argparse.ArgumentParser = actions.add_parser(name, help=what[0].lower() + what[1:].rstrip("."))
    one.description, one.epilog = what, f"example:\n  {example}"
    one.formatter_class = argparse.RawDescriptionHelpFormatter
    one.set_defaults(run=_later(run))
    return one


def _later(name: str) -> Any:  # noqa: ANN401 - a command
    """The command of that name, whose module is imported when it runs."""

    def run(arguments: argparse.Namespace) -> int:
        from titration.service import ledger_console, recall_console

        where = recall_console if name in ("recall", "report") else ledger_console
        return getattr(where, name)(arguments)

    return run


def _database(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ledger", metavar="LEDGER", help=_DATABASE)


def _asks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-stdin",
        action="store_true",
        help="read passphrases from standard input, one a line, instead of asking on the terminal",
    )


def _add_create(actions: Commands) -> None:
    example = 'titration ledger create ward.ledger --from logs/ --user "Dr Lin"'
    one = _action(actions, "create", "Make a ledger, with the rows of a log if one is given.", example, run="create")
    _database(one)
    one.add_argument("--user", required=True, metavar="NAME", help="the first prescriber")
    one.add_argument("--from", dest="log", type=Path, metavar="PATH", help="file or folder of a log to read in")
    one.add_argument("--format", default="auto", metavar="F", help="format of the log (default auto)")
    one.add_argument("--single-user", action="store_true", help="no passphrase: for one person on their own machine")
    one.add_argument("--pack", default="huc-msc-t2dm", metavar="P", help="pack by name or folder (default %(default)s)")
    one.add_argument("--rules", type=Path, metavar="DIR", help="use this rules folder instead of the shipped one")
    _asks(one)


def _add_people(actions: Commands) -> None:
    user = actions.add_parser("user", help="add people, set passphrases, disable people")
    user.description = "People who may sign. A prescriber decides and enters, a nurse enters, a viewer looks."
    more = user.add_subparsers(title="actions", metavar="ACTION", required=True)
    example = 'titration ledger user add ward.ledger "Nurse Hao" --role nurse --by "Dr Lin"'
    one = _action(more, "add", "Add a person, or give one another role.", example, run="user_add")
    _person(one)
    one.add_argument("--role", required=True, choices=("prescriber", "nurse", "viewer"))
    example = 'titration ledger user passphrase ward.ledger "Nurse Hao" --by "Nurse Hao"'
    _person(_action(more, "passphrase", "Set a new passphrase.", example, run="user_passphrase"))
    example = 'titration ledger user disable ward.ledger "Nurse Hao" --by "Dr Lin"'
    _person(_action(more, "disable", "Let a person sign in no longer.", example, run="user_disable"))


def _person(one: argparse.ArgumentParser) -> None:
    _database(one)
    one.add_argument("name", metavar="NAME", help="the person it is about")
    _signs(one)


def _signs(one: argparse.ArgumentParser) -> None:
    one.add_argument("--by", required=True, metavar="NAME", help="who does it, and signs in for it")
    _asks(one)


def _add_pack(actions: Commands) -> None:
    example = 'titration ledger pack ward.ledger --pack huc-msc-t2dm --by "Dr Lin"'
    one = _action(actions, "pack", "Bring a pack, or a new version of one, into use.", example, run="change_pack")
    _database(one)
    one.add_argument("--pack", required=True, metavar="P", help="pack by name or folder")
    one.add_argument("--rules", type=Path, metavar="DIR", help="use this rules folder instead of the shipped one")
    _signs(one)


def _add_checks(actions: Commands) -> None:
    what = "Check the chain and the state, and make every recommendation again with its own pack."
    one = _action(actions, "verify", what, "titration ledger verify ward.ledger", run="verify_ledger")
    _database(one)
    one.add_argument("--json", action="store_true", help="print the findings as JSON")
    what = "Make the derived state anew from the entries."
    _database(_action(actions, "rebuild", what, "titration ledger rebuild ward.ledger", run="rebuild"))


def _add_questions(actions: Commands) -> None:
    what = "List every past recommendation and decision that a bad reading, rule or pack touched."
    one = _action(actions, "recall", what, "titration ledger recall ward.ledger --reading 4711", run="recall")
    _database(one)
    which = one.add_mutually_exclusive_group(required=True)
    which.add_argument("--reading", type=_entry, metavar="N", help="entry that brought the reading")
    which.add_argument("--rule", metavar="ID", help="rule of a pack, such as basal.raise")
    which.add_argument("--pack", metavar="ID", help="pack by id, by id@version, or by the start of its hash")
    one.add_argument("--json", action="store_true", help="print what was found as JSON")
    one.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the output (default en)")
    what = "Count what was decided: overrides by direction, size, reason and the day after; limits; what was missing."
    one = _action(actions, "report", what, "titration ledger report ward.ledger --since 2026-03-01", run="report")
    _database(one)
    one.add_argument("--since", metavar="DATE", help="first day, YYYY-MM-DD")
    one.add_argument("--until", metavar="DATE", help="last day, YYYY-MM-DD")
    one.add_argument("--json", action="store_true", help="print the counts as JSON")
    one.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the output (default en)")


def _add_carrying(actions: Commands) -> None:
    example = "titration ledger export ward.ledger ward.jsonl"
    one = _action(actions, "export", "Write every entry as JSON Lines, the chain as it is.", example, run="export")
    _database(one)
    one.add_argument("file", type=Path, metavar="FILE", help="a file that is not there yet")
    example = 'titration ledger import ward.jsonl new.ledger --user "Dr Lin"'
    one = _action(actions, "import", "Make a new ledger from an export.", example, run="read_in")
    one.add_argument("file", type=Path, metavar="FILE", help="an export")
    _database(one)
    one.add_argument("--user", metavar="NAME", help="prescriber of the ledger who gets a new passphrase")
    _asks(one)
    example = "titration ledger backup ward.ledger /backups/2026-03-23.ledger"
    one = _action(actions, "backup", "Copy a ledger while it is in use, and check the copy.", example, run="backup")
    _database(one)
    one.add_argument("file", type=Path, metavar="FILE", help="a file that is not there yet")


def _entry(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not the number of an entry: give 1 or more")
    return int(text)
