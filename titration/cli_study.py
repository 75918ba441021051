"""Arguments of ``titration study``; as in ``cli``, nothing heavy is imported until a command runs."""

import argparse
from pathlib import Path
from typing import Any

Commands = Any
"""argparse keeps the class of its sub-parsers to itself."""

_EXAMPLES = """examples:
  titration study schedule logs/ --cohort                    who is due, late, missed
  titration study report ward.ledger --patient H01 --lang zh  the case report, from files or from a ledger
  titration study import ward.ledger logs/ --by "Dr Lin"     the study's tables of a folder into a ledger
  titration study record ward.ledger visits --patient H01 visit=W2 date=2026-04-10 --by "Nurse Hao"
"""
_TABLES = ("visits", "infusions", "product_checks", "vitals", "adverse_events", "reference_ranges")


def add_study(commands: Commands) -> None:
    """Add ``study`` and its actions."""
    study = commands.add_parser("study", help="a study: its protocol, who is due, and its reports")
    study.description = "A study: its protocol, who is due, and its reports."
    study.epilog, study.formatter_class = _EXAMPLES, argparse.RawDescriptionHelpFormatter
    actions = study.add_subparsers(title="actions", metavar="ACTION", required=True)
    _add_protocols(actions)
    _add_looking(actions)
    _add_recording(actions)


def _action(actions: Commands, name: str, what: str, example: str, *, run: str) -> argparse.ArgumentParser:
    one: argparse.ArgumentParser = actions.add_parser(name, help=what[0].lower() + what[1:].rstrip("."))
    one.description, one.epilog = what, f"example:\n  {example}"
    one.formatter_class = argparse.RawDescriptionHelpFormatter
    one.set_defaults(run=_later(run))
    return one


def _later(name: str) -> Any:  # noqa: ANN401 - a command
    """The command of that name, whose module is imported when it runs."""

    def run(arguments: argparse.Namespace) -> int:
        from titration.service import study_console, study_ledger_console

        where = study_ledger_console if name in ("read_in", "record", "withdraw") else study_console
        return getattr(where, name)(arguments)

    return run


def _rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rules", type=Path, metavar="DIR", help="use this rules folder instead of the shipped one")


def _add_protocols(actions: Commands) -> None:
    _rules(_action(actions, "list", "Protocols there are.", "titration study list", run="list_protocols"))
    what = "Everything wrong with a protocol, with file and line."
    one = _action(actions, "check", what, "titration study check huc-msc-2022", run="check_protocol")
    one.add_argument("protocol", metavar="P", help="protocol by name or file")
    _rules(one)


def _add_looking(actions: Commands) -> None:
    what = "Visits and infusions: due, late, missed."
    example = "titration study schedule logs/ --cohort --as-of 2026-04-01"
    _add_source(_action(actions, "schedule", what, example, run="schedule"))
    what = "The case report of a patient, or the report of all."
    one = _action(actions, "report", what, "titration study report logs/ --patient H01 --html h01.html", run="report")
    _add_source(one)
    one.add_argument("--pack", metavar="P", help="pack to replay beside the doses (default: the protocol's; or none)")
    one.add_argument("--beside", metavar="ID", help="draw this patient's insulin beside (with --patient)")
    one.add_argument("--against", metavar="IDS", help="set the success of these patients beside (with --cohort)")
    one.add_argument(
        "--spread", choices=("iqr", "sd"), default="iqr", help="figures of a cohort: median and IQR, or mean and SD"
    )
    one.add_argument("--html", type=Path, metavar="FILE", help="write one self-contained page")
    one.add_argument("--out", type=Path, metavar="DIR", help="write report.json and the figures as SVG there")
    what = "with --out: the figures as PNG as well, at DPI dots an inch (default %(const)s)"
    one.add_argument("--png", nargs="?", type=_dpi, const=600, metavar="DPI", help=what)


def _dpi(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 72 <= int(text) <= 1200):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 72 to 1200")
    return int(text)


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", metavar="PATH", help="file or folder of a log, or a ledger (a file, or a database's URL)"
    )
    parser.add_argument("--format", default="auto", metavar="F", help="format of a log's files (default auto)")
    _rules(parser)
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--patient", metavar="ID")
    what = "every patient of the log, or those whose id matches: 'H??'"
    who.add_argument("--cohort", nargs="?", const="*", metavar="IDS", help=what)
    what = "protocol by name or file (default %(default)s)"
    parser.add_argument("--protocol", default="huc-msc-2022", metavar="P", help=what)
    what = "YYYY-MM-DD; on what was recorded by then (default: last record)"
    parser.add_argument("--as-of", metavar="DATE", help=what)
    what = "YYYY-MM-DD, or first (of each record); day 0 instead of the recorded baseline"
    parser.add_argument("--baseline", metavar="DATE", help=what)
    parser.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the output (default en)")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def _add_recording(actions: Commands) -> None:
    what = "Record the study tables of a folder in a ledger; rows recorded before are not recorded again."
    one = _action(actions, "import", what, 'titration study import ward.ledger logs/ --by "Dr Lin"', run="read_in")
    one.add_argument("ledger", metavar="LEDGER", help="a ledger")
    one.add_argument("folder", type=Path, metavar="DIR", help="folder with visits.csv, adverse_events.csv and the like")
    _signs(one)
    what = "Record one row of a study table in a ledger, or what should have stood in place of one."
    example = 'titration study record ward.ledger visits --patient H01 visit=W2 date=2026-04-10 --by "Nurse Hao"'
    one = _action(actions, "record", what, example, run="record")
    one.add_argument("ledger", metavar="LEDGER", help="a ledger")
    one.add_argument("table", choices=_TABLES, metavar="TABLE", help=", ".join(_TABLES))
    one.add_argument("cells", nargs="+", metavar="COLUMN=TEXT", help="cells of the row, as in the table's file")
    one.add_argument("--patient", metavar="ID", help="whose row it is (a reference range is nobody's)")
    one.add_argument(
        "--instead-of", type=int, metavar="N", help="entry that was wrong; it stays in the ledger as it was"
    )
    one.add_argument("--why", metavar="TEXT", help="why the entry is corrected (with --instead-of)")
    _signs(one)
    what = "Say that an entry of a study table was wrong; it stays in the ledger and counts no longer."
    example = 'titration study withdraw ward.ledger 4711 --why "another patient" --by "Dr Lin"'
    one = _action(actions, "withdraw", what, example, run="withdraw")
    one.add_argument("ledger", metavar="LEDGER", help="a ledger")
    one.add_argument("entry", type=int, metavar="N", help="number of the entry")
    one.add_argument("--why", required=True, metavar="TEXT", help="why")
    _signs(one)


def _signs(one: argparse.ArgumentParser) -> None:
    one.add_argument("--by", required=True, metavar="NAME", help="who does it, and signs in for it")
    one.add_argument(
        "--passphrase-stdin", action="store_true", help="read the passphrase from standard input instead of asking"
    )
