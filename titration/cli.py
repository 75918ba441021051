"""The ``titration`` command: arguments, exit codes, streams. Output goes to stdout, diagnostics to stderr.

Exit codes: 0 done; 1 done, but something needs attention (a pack has problems, a file could not be read); 2 the request
could not be carried out (unknown patient, unreadable log, wrong arguments); 130 interrupted.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from titration.cli_calculators import add_calculators
from titration.cli_ledger import add_ledger
from titration.cli_packs import add_compare, add_pack_actions
from titration.cli_proofs import add_proofs
from titration.cli_study import add_study

OK, ATTENTION, REFUSED, INTERRUPTED = 0, 1, 2, 130

NOTICE = (
    "Decision support for trained clinicians. Not a cleared medical device: "
    "every plan needs the judgement and signature of the responsible clinician."
)

_EXAMPLES = """examples:
  titration ingest logs/                               what a log holds, and what was refused
  titration assess logs/ --patient W01                 one patient's plan, read out
  titration assess logs/ --patient W01 --as-of 2026-03-10 --lang zh
  titration replay logs/ --out out/ --html out/report.html
  titration demo                                       a ward round on made-up patients
  titration rounds --db ward.ledger                    a ward round on a ledger
  titration packs check huc-msc-t2dm                   everything wrong with a pack, with file and line
  titration ledger verify ward.ledger                  whether a ward's ledger is what it was
  titration study schedule logs/ --cohort              who is due, under the study's protocol
"""

Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    try:
        return _run(argv)
    except KeyboardInterrupt:
        sys.stderr.write("\ntitration: interrupted; nothing half-written was left behind\n")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of the pipe went away (head, less); Python would complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except (LookupError, ValueError, OSError) as error:
        if type(error) in (KeyError, IndexError):
            raise
        sys.stderr.write(f"titration: {error}\n")
        return REFUSED


def _run(argv: Sequence[str] | None) -> int:
    parser = build_parser()
    try:
        arguments = parser.parse_args(argv)
        command: Command | None = getattr(arguments, "run", None)
        if command is None:
            parser.print_help()
            return OK
        return command(arguments)
    finally:
        # A reader that went away is noticed here, not when Python closes stdout behind our back.
        sys.stdout.flush()


def build_parser() -> argparse.ArgumentParser:
    """The command line, without importing anything heavy: ``--help`` is quick."""
    parser = _raw("titration", "Glucose dose titration for adults with type 2 diabetes: plans from a log, explained.")
    parser.epilog = _EXAMPLES
    parser.add_argument("--version", action="version", version=f"titration {_version()}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    one = commands.add_parser("ingest", help="load a log and say what it holds and what was refused")
    _describe(one, "Load a log and say what it holds and what was refused.", "titration ingest logs/ --json")
    _add_log(one)
    one.add_argument("--json", action="store_true", help="print the figures as JSON")
    one.add_argument("--out", type=Path, metavar="DIR", help="also write the canonical log and the rejects there")
    one.add_argument("--as", dest="table", choices=("csv", "parquet"), default="csv", help="format of --out")
    one.set_defaults(run=_ingest)

    one = commands.add_parser("assess", help="the plan for one patient, with its reasons")
    _describe(one, "The plan for one patient, with its reasons.", "titration assess logs/ --patient W01 --lang zh")
    _add_log(one)
    one.add_argument("--patient", required=True, metavar="ID")
    one.add_argument("--as-of", metavar="DATE", help="YYYY-MM-DD; plan at the end of that day (default: last record)")
    _add_pack(one)
    one.add_argument("--json", action="store_true", help="print the plan and its trace as JSON")
    one.add_argument(
        "--as-case",
        action="store_true",
        help="print the day as a worked case: dates shifted, the patient's id left out",
    )
    one.add_argument(
        "--fragility", action="store_true", help="also what reading, were it another, would change the plan"
    )
    one.set_defaults(run=_assess)

    one = commands.add_parser("replay", help="plans for every patient-day of a log")
    _describe(one, "Plans for every patient-day of a log.", "titration replay logs/ --out out/ --html out/report.html")
    _add_log(one)
    _add_pack(one)
    one.add_argument("--out", type=Path, metavar="DIR", help="write plans.parquet and summary.json there")
    one.add_argument(
        "--html", type=Path, metavar="FILE", help="write one self-contained page with a picture per patient"
    )
    one.add_argument("--json", action="store_true", help="print the summary as JSON")
    one.add_argument(
        "--jobs", type=_positive, default=min(2, os.cpu_count() or 1), metavar="N", help="threads (default %(default)s)"
    )
    one.set_defaults(run=_replay)

    add_compare(commands.add_parser, _add_log)
    _add_rounds(commands)

    packs = commands.add_parser("packs", help="list, show or check rule packs")
    _describe(packs, "List, show or check rule packs.", "titration packs check huc-msc-t2dm")
    add_proofs(add_pack_actions(packs))
    add_calculators(commands.add_parser)
    add_ledger(commands)
    add_study(commands)
    return parser


def _raw(prog: str, what: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=prog, description=f"{what}\n\n{NOTICE}", formatter_class=argparse.RawDescriptionHelpFormatter
    )


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("titration")
    except PackageNotFoundError:
        return "(not installed)"


def _describe(parser: argparse.ArgumentParser, what: str, example: str) -> None:
    parser.description, parser.epilog = what, f"example:\n  {example}"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter


def _add_log(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, metavar="PATH", help="file or folder of a log")
    parser.add_argument(
        "--format",
        default="auto",
        metavar="F",
        help="auto, canonical-csv, canonical-parquet, seven-point, shanghai-t2dm, uci-diabetes (default auto)",
    )
    parser.add_argument("--rules", type=Path, metavar="DIR", help="use this rules folder instead of the shipped one")


def _add_pack(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--pack", default="huc-msc-t2dm", metavar="P", help="pack by name or folder (default %(default)s)"
    )
    parser.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the output (default en)")
    parser.add_argument(
        "--taper",
        choices=("log", "on", "off"),
        default="log",
        help="taper mode: as the log records it, or always on or off",
    )


def _add_rounds(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:  # pyright: ignore[reportPrivateUsage]
    one = commands.add_parser("rounds", help="the ward round in the terminal")
    _describe(one, "The ward round in the terminal.", "titration rounds --db ward.ledger --ward A --lang zh")
    one.add_argument("--db", metavar="URL", help="ledger: a file or a database URL (default: $TITRATION_DB)")
    one.add_argument("--ward", metavar="W", help="only the patients of this ward")
    one.add_argument(
        "--witness",
        type=Path,
        metavar="DIR",
        help="look at a saved witness, or any log, on its last day; records nothing",
    )
    one.add_argument("--pack", default="huc-msc-t2dm", metavar="P", help="pack of --witness (default %(default)s)")
    one.add_argument("--rules", type=Path, metavar="DIR", help="folder of packs for --witness")
    one.add_argument("--read-only", action="store_true", help="look, record nothing")
    one.add_argument("--web", action="store_true", help="serve the screens to a browser on this machine")
    one.add_argument("--port", type=int, default=8000, metavar="N", help="port of --web (default %(default)s)")
    _add_screen(one)
    one.set_defaults(run=_front_end)
    one = commands.add_parser("demo", help="a made-up ward to try everything on")
    _describe(
        one,
        "24 made-up patients with three weeks of history in a temporary ledger, opened as a ward round. Without a terminal\n"
        "the ward is printed. Nothing is kept.",
        "titration demo --lang zh",
    )
    _add_screen(one)
    one.set_defaults(run=_front_end, demo=True)


def _add_screen(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lang", choices=("en", "zh"), help="language (default: of $LANG; L switches)")
    parser.add_argument("--plain", action="store_true", help="line by line, for a screen reader or a slow link")
    parser.add_argument("--patient", metavar="ID", help="print the sheet of one patient, and nothing else")
    parser.add_argument(
        "--sheet",
        type=Path,
        metavar="FILE",
        help="write the ward's sheet, or that of --patient: .txt .md .html or .csv",
    )
    parser.add_argument("--keymap", type=Path, metavar="FILE", help="keys of your own (TOML, table [keys])")
    parser.add_argument(
        "--idle", type=_minutes, default=5, metavar="MIN", help="lock after so many minutes without a key; 0 never"
    )
    parser.add_argument(
        "--glyphs", choices=("unicode", "ascii"), default="unicode", help="ascii where signs are drawn too wide"
    )


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of threads: give 1 or more")
    return int(text)


def _minutes(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of minutes: give 0 or more")
    return int(text)


def _front_end(arguments: argparse.Namespace) -> int:
    """Front ends register themselves; this package does not know them."""
    from importlib.metadata import entry_points

    found = [point for point in entry_points(group="titration.front_ends") if point.name == "rounds"]
    if not found:
        raise ValueError("no ward round is installed: reinstall the package `titration`")
    run: Command = found[0].load()
    return run(arguments)


def _ingest(arguments: argparse.Namespace) -> int:
    from titration.service.console import ingest

    return ingest(arguments)


def _assess(arguments: argparse.Namespace) -> int:
    from titration.service.console import assess

    return assess(arguments)


def _replay(arguments: argparse.Namespace) -> int:
    from titration.service.console import replay

    return replay(arguments)


if __name__ == "__main__":
    sys.exit(main())
