"""The ``titration`` command: arguments, exit codes, streams. Output goes to stdout, diagnostics to stderr.

Exit codes: 0 done; 1 done, but something needs attention (a pack has problems, a file could not be read); 2 the request
could not be carried out (unknown patient, unreadable log, wrong arguments); 130 interrupted.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

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
  titration packs check huc-msc-t2dm                   everything wrong with a pack, with file and line
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

    packs = commands.add_parser("packs", help="list, show or check rule packs")
    _describe(packs, "List, show or check rule packs.", "titration packs check huc-msc-t2dm")
    _add_packs(packs)
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


def _add_packs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rules", type=Path, metavar="DIR", help="use this rules folder instead of the shipped one")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    rules: dict[str, Any] = {
        "type": Path,
        "metavar": "DIR",
        "default": argparse.SUPPRESS,
        "help": "as before the action",
    }
    one = actions.add_parser("list", help="packs there are")
    one.add_argument("--rules", **rules)
    one.set_defaults(run=_packs_list)
    one = actions.add_parser("show", help="a pack's rules, parameters and sources")
    one.add_argument("pack", metavar="P")
    one.add_argument("--lang", choices=("en", "zh"), default="en")
    one.add_argument("--rules", **rules)
    one.set_defaults(run=_packs_show)
    one = actions.add_parser("check", help="everything wrong with a pack, with file and line")
    one.add_argument("pack", metavar="P")
    one.add_argument("--rules", **rules)
    one.set_defaults(run=_packs_check)
    _add_prove(actions, rules)
    _add_diff(actions, rules)


def _add_prove(actions: Any, rules: dict[str, Any]) -> None:  # noqa: ANN401 - argparse keeps its type to itself
    one = actions.add_parser("prove", help="prove what every pack must keep, or show a patient for whom it fails")
    one.add_argument("packs", nargs="*", metavar="P", help="packs by name or folder")
    one.add_argument("--all", action="store_true", help="every pack of the rules folder")
    one.add_argument("--json", action="store_true", help="print the certificates as JSON")
    one.add_argument("--write", action="store_true", help="write each pack's certificate.json into its folder")
    one.add_argument("--out", type=Path, metavar="DIR", help="write the witnesses there, as logs")
    one.add_argument("--jobs", type=_positive, default=min(2, os.cpu_count() or 1), metavar="N", help="processes")
    one.add_argument("--rules", **rules)
    one.set_defaults(run=_packs_prove)


def _add_diff(actions: Any, rules: dict[str, Any]) -> None:  # noqa: ANN401 - argparse keeps its type to itself
    one = actions.add_parser("diff", help="where two packs decide differently, and which is the more cautious")
    one.add_argument("old", metavar="OLD")
    one.add_argument("new", metavar="NEW")
    one.add_argument("--log", type=Path, metavar="PATH", help="also count the plans of a log that change")
    one.add_argument("--json", action="store_true", help="print the regions and verdicts as JSON")
    one.add_argument("--out", type=Path, metavar="DIR", help="write the witnesses there, as logs")
    one.add_argument("--rules", **rules)
    one.set_defaults(run=_packs_diff)


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of threads: give 1 or more")
    return int(text)


def _ingest(arguments: argparse.Namespace) -> int:
    from titration.service.console import ingest

    return ingest(arguments)


def _assess(arguments: argparse.Namespace) -> int:
    from titration.service.console import assess

    return assess(arguments)


def _replay(arguments: argparse.Namespace) -> int:
    from titration.service.console import replay

    return replay(arguments)


def _packs_list(arguments: argparse.Namespace) -> int:
    from titration.service.pack_console import list_packs

    return list_packs(arguments.rules)


def _packs_show(arguments: argparse.Namespace) -> int:
    from titration.service.pack_console import show_pack

    return show_pack(arguments.pack, arguments.rules, arguments.lang)


def _packs_check(arguments: argparse.Namespace) -> int:
    from titration.service.pack_console import check_pack

    return check_pack(arguments.pack, arguments.rules)


def _packs_prove(arguments: argparse.Namespace) -> int:
    from titration.service.prove_console import Proving, prove

    if bool(arguments.packs) is arguments.all:
        raise ValueError("name the packs to prove, or give --all")
    return prove(
        Proving(
            packs=tuple(arguments.packs),
            rules=arguments.rules,
            out=arguments.out,
            write=arguments.write,
            as_json=arguments.json,
            jobs=arguments.jobs,
        )
    )


def _packs_diff(arguments: argparse.Namespace) -> int:
    from titration.service.diff_console import diff

    return diff(
        arguments.old,
        arguments.new,
        rules=arguments.rules,
        log=arguments.log,
        as_json=arguments.json,
        out=arguments.out,
    )


if __name__ == "__main__":
    sys.exit(main())
