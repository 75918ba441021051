"""Arguments of ``titration packs`` and ``titration compare``; as in ``cli``, nothing heavy is imported early."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any


def add_compare(
    add: Callable[..., argparse.ArgumentParser], add_log: Callable[[argparse.ArgumentParser], None]
) -> None:
    """Add ``compare``."""
    one = add("compare", help="one log under several packs, side by side")
    one.description = (
        "One log under several packs, side by side: how often they agree, and who raises what another lowers."
    )
    one.epilog = (
        "example:\n  titration compare logs/ --packs ada-basal,cds-basal,ebm-guidelines --html out/compare.html"
    )
    one.formatter_class = argparse.RawDescriptionHelpFormatter
    add_log(one)
    one.add_argument("--packs", required=True, metavar="A,B,...", help="packs by name or folder, with commas")
    one.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the output (default en)")
    one.add_argument(
        "--taper",
        choices=("log", "on", "off"),
        default="log",
        help="taper mode: as the log records it, or always on or off",
    )
    one.add_argument("--out", type=Path, metavar="DIR", help="write compare.json and opposites.csv there")
    one.add_argument("--html", type=Path, metavar="FILE", help="write one self-contained page with pictures")
    one.add_argument("--json", action="store_true", help="print the figures as JSON")
    one.set_defaults(run=_compare)


def add_pack_actions(parser: argparse.ArgumentParser) -> Callable[..., argparse.ArgumentParser]:
    """Add what ``packs`` can do; answers how to add more."""
    parser.add_argument("--rules", type=Path, metavar="DIR", help="use this rules folder instead of the shipped one")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    rules: dict[str, Any] = {
        "type": Path,
        "metavar": "DIR",
        "default": argparse.SUPPRESS,
        "help": "as before the action",
    }
    one = actions.add_parser("list", help="packs there are, with target, statistic and pace")
    one.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the output (default en)")
    one.add_argument("--rules", **rules)
    one.set_defaults(run=_packs_list)
    one = actions.add_parser("show", help="a pack's rules, parameters and sources")
    one.add_argument("pack", metavar="P")
    one.add_argument("--lang", choices=("en", "zh"), default="en")
    one.add_argument("--rules", **rules)
    one.set_defaults(run=_packs_show)
    one = actions.add_parser("check", help="everything wrong with a pack, with file and line")
    _example(one, "titration packs check huc-msc-t2dm\n  titration packs check --all --rules ours")
    _add_chosen(one, rules)
    one.set_defaults(run=_packs_check)
    one = actions.add_parser("coverage", help="what the worked cases of a pack reach")
    _example(one, "titration packs coverage ours/basal-2026")
    _add_chosen(one, rules)
    one.add_argument("--json", action="store_true", help="print the figures as JSON")
    one.set_defaults(run=_packs_coverage)
    one = actions.add_parser("mutate", help="whether the worked cases of a pack notice a slip")
    one.description = (
        "Put one slip at a time into a pack (a threshold one step off, a comparator swapped, a rule left out) and "
        "say which of them no worked case notices (docs/testing-packs.md)."
    )
    _example(one, "titration packs mutate treat-to-target-2003\n  titration packs mutate --all --json")
    _add_chosen(one, rules)
    one.add_argument("--json", action="store_true", help="print the figures as JSON")
    one.set_defaults(run=_packs_mutate)
    one = actions.add_parser("docs", help="write packs as pages in both languages")
    _example(one, "titration packs docs ours/basal-2026 --out pages")
    one.add_argument("packs", nargs="*", metavar="P", help="packs (default: all)")
    one.add_argument("--out", type=Path, default=Path("docs/packs"), metavar="DIR", help="folder (default %(default)s)")
    one.add_argument("--check", action="store_true", help="write nothing; 1 when a page is not what its pack says")
    one.add_argument("--rules", **rules)
    one.set_defaults(run=_packs_docs)
    return actions.add_parser


def _example(parser: argparse.ArgumentParser, lines: str) -> None:
    parser.epilog = f"example:\n  {lines}"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter


def _add_chosen(parser: argparse.ArgumentParser, rules: dict[str, Any]) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("packs", nargs="*", default=[], metavar="P", help="packs by name or folder")
    which.add_argument("--all", action="store_true", help="every pack of the rules folder")
    parser.add_argument("--rules", **rules)


def _compare(arguments: argparse.Namespace) -> int:
    from titration.service.compare_console import compare_packs

    return compare_packs(arguments)


def _packs_list(arguments: argparse.Namespace) -> int:
    from titration.service.pack_console import list_packs

    return list_packs(arguments.rules, arguments.lang)


def _packs_show(arguments: argparse.Namespace) -> int:
    from titration.service.pack_console import show_pack

    return show_pack(arguments.pack, arguments.rules, arguments.lang)


def _packs_check(arguments: argparse.Namespace) -> int:
    from titration.service.pack_console import check_packs

    return check_packs(arguments)


def _packs_coverage(arguments: argparse.Namespace) -> int:
    from titration.service.mutate_console import cover_packs

    return cover_packs(arguments)


def _packs_mutate(arguments: argparse.Namespace) -> int:
    from titration.service.mutate_console import mutate_packs

    return mutate_packs(arguments)


def _packs_docs(arguments: argparse.Namespace) -> int:
    from titration.service.pack_pages import write_pages

    return write_pages(arguments.packs, arguments.rules, arguments.out, check=arguments.check)
