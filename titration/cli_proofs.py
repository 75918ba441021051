"""Arguments of ``titration packs prove`` and ``packs diff``; as in ``cli``, nothing heavy is imported early."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

_PROVE = """examples:
  titration packs prove huc-msc-t2dm                  every obligation: proved, refuted or unknown
  titration packs prove --all --write                 all shipped packs; certificate.json into each folder
  titration packs prove my-pack --rules rules --out witnesses
  titration assess witnesses/my-pack/caution-basal --patient witness --pack my-pack

A refuted obligation comes with a patient in whom the ordinary engine shows the fault. Needs titration[prove].
Exit code 0: everything proved; 1: something refuted, or neither could be shown.
"""

_DIFF = """examples:
  titration packs diff huc-msc-t2dm rules-new/huc-msc-t2dm
  titration packs diff huc-msc-t2dm rules-new/huc-msc-t2dm --log logs/ --out witnesses

Exit code 0: proved that both decide alike; 1: they differ, or it could not be shown.
"""


def add_proofs(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add ``prove`` and ``diff`` to the actions on packs."""
    _add_prove(add("prove", help="prove what every pack must keep, or show a patient for whom it fails"))
    _add_diff(add("diff", help="where two packs decide differently, and which is the more cautious"))


def _add_prove(one: argparse.ArgumentParser) -> None:
    _describe(one, "Prove what every pack must keep, or show a patient for whom it fails (docs/proofs.md).", _PROVE)
    one.add_argument("packs", nargs="*", metavar="P", help="packs by name or folder")
    one.add_argument("--all", action="store_true", help="every pack of the rules folder")
    one.add_argument("--json", action="store_true", help="print the certificates as JSON")
    one.add_argument("--write", action="store_true", help="write each pack's certificate.json into its folder")
    one.add_argument("--out", type=Path, metavar="DIR", help="write the witnesses there, as logs")
    one.add_argument("--jobs", type=_positive, default=min(2, os.cpu_count() or 1), metavar="N", help="processes")
    # The option before the action has the default; one here would take its place.
    one.add_argument("--rules", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="as before the action")
    one.set_defaults(run=_prove)


def _add_diff(one: argparse.ArgumentParser) -> None:
    _describe(one, "Where two packs decide differently, and which is the more cautious (docs/proofs.md).", _DIFF)
    one.add_argument("old", metavar="OLD", help="pack by name or folder")
    one.add_argument("new", metavar="NEW", help="pack by name or folder")
    one.add_argument("--log", type=Path, metavar="PATH", help="also count the plans of a log that change")
    one.add_argument("--json", action="store_true", help="print the regions and verdicts as JSON")
    one.add_argument("--out", type=Path, metavar="DIR", help="write the witnesses there, as logs")
    one.add_argument("--rules", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="as before the action")
    one.set_defaults(run=_diff)


def _describe(parser: argparse.ArgumentParser, what: str, examples: str) -> None:
    parser.description, parser.epilog = what, examples
    parser.formatter_class = argparse.RawDescriptionHelpFormatter


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes: give 1 or more")
    return int(text)


def _prove(arguments: argparse.Namespace) -> int:
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


def _diff(arguments: argparse.Namespace) -> int:
    from titration.service.diff_console import diff

    return diff(
        arguments.old,
        arguments.new,
        rules=arguments.rules,
        log=arguments.log,
        as_json=arguments.json,
        out=arguments.out,
    )
