"""Arguments of ``titration conformance`` and ``titration calculator``; as in ``cli``, nothing heavy is imported early."""

import argparse
from collections.abc import Callable
from pathlib import Path


def add_calculators(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add ``conformance`` and ``calculator``."""
    one = add("conformance", help="hold a calculator of any make to the laws")
    what = (
        "Ask a calculator about made-up patients and report every law it breaks, and how many cells of the published "
        "tables it answers as published (docs/conformance.md)."
    )
    example = (
        "titration conformance -- python examples/calculators/sliding_doses.py --mistake no-cap\n"
        "  titration conformance --regimen basal --table treat-to-target-2003 -- ./our-calculator"
    )
    _describe(one, what, example)
    one.add_argument(
        "--regimen", action="append", choices=("basal", "premix", "basal-bolus"), help="only these patients"
    )
    one.add_argument("--pack", metavar="P", help="a rule pack instead of a program")
    one.add_argument("--rules", type=Path, metavar="DIR", help="use this rules folder instead of the shipped one")
    one.add_argument(
        "--table", action="append", metavar="P", help="a published table it claims to follow, by its pack (repeatable)"
    )
    one.add_argument("--json", action="store_true", help="print the report as JSON")
    one.add_argument("command", nargs=argparse.REMAINDER, metavar="-- PROGRAM ...", help="reads states, writes answers")
    one.set_defaults(run=_conformance)
    one = add("calculator", help="answer the conformance kit's questions by a rule pack")
    _describe(
        one, "Read a patient a line, write doses a line (docs/conformance.md).", "titration calculator < states.jsonl"
    )
    one.add_argument("--pack", default="huc-msc-t2dm", metavar="P", help="pack by name or folder (default %(default)s)")
    one.add_argument("--rules", type=Path, metavar="DIR", help="use this rules folder instead of the shipped one")
    one.set_defaults(run=_calculator)


def _describe(parser: argparse.ArgumentParser, what: str, example: str) -> None:
    parser.description, parser.epilog = what, f"example:\n  {example}"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter


def _conformance(arguments: argparse.Namespace) -> int:
    from titration.testing.console import conformance

    return conformance(arguments)


def _calculator(arguments: argparse.Namespace) -> int:
    from titration.testing.console import answer

    return answer(arguments)
