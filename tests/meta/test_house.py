"""House rules that a reader would otherwise have to remember: sizes, names, docstrings, no traces of one machine."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = {".git", ".venv", "build", "dist", "__pycache__"}
LONGEST_FUNCTION = 60
LONGEST_MODULE = 400
EMPTY_NAMES = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"}

WAIVERS: dict[str, str] = {}
"""`path` or `path::function` that may be longer, and why. One that is no longer needed fails."""

# Spelt in halves so that this file does not find itself.
TRACES = re.compile(
    r"(?<![\w.~-])/(?:" + "work|root|home|farm|tmp|opt|mnt|Users" + r")/"
    r"|[A-Z]:\\\\?Users|" + r"py" + r"pi\.org|registry\.np" + r"mjs|this ses" + r"sion\b|sub" + r"agent"
)


def project_files() -> Iterator[Path]:
    """Every file that is part of the project, by walking: the answer is the same before the first commit."""
    stack = [ROOT]
    while stack:
        for entry in sorted(stack.pop().iterdir()):
            if entry.name in OUTSIDE or entry.name.endswith((".egg-info", "_cache")) or entry.name == ".hypothesis":
                continue
            if entry.is_dir():
                stack.append(entry)
            else:
                yield entry


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def too_long(name: str, source: str) -> dict[str, int]:
    """What in one module exceeds its bound, by the name a waiver would use."""
    found: dict[str, int] = {}
    count = len(source.splitlines())
    if count > LONGEST_MODULE:
        found[name] = count
    for node in functions(ast.parse(source)):
        if lines_of(node) > LONGEST_FUNCTION:
            found[f"{name}::{node.name}"] = lines_of(node)
    return found


def undocumented(name: str, source: str) -> list[str]:
    """Public functions and classes of a module without a docstring, as `path:line name`."""
    return [
        f"{name}:{node.lineno} {node.name}"
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]


PYTHON = {named(path): path.read_text(encoding="utf-8") for path in project_files() if path.suffix == ".py"}


def test_the_walk_sees_the_project() -> None:
    assert {"titration/units.py", "tests/meta/test_house.py"} <= PYTHON.keys()


def test_functions_and_modules_are_short_enough() -> None:
    found: dict[str, int] = {}
    for name, source in PYTHON.items():
        found |= too_long(name, source)
    assert {where: size for where, size in found.items() if where not in WAIVERS} == {}
    assert sorted(set(WAIVERS) - set(found)) == [], "waivers no longer needed"


def test_every_waiver_gives_a_reason() -> None:
    assert [where for where, reason in WAIVERS.items() if len(reason.split()) < 4] == []


def test_no_module_is_named_for_nothing() -> None:
    parts = {part.removesuffix(".py") for name in PYTHON for part in name.split("/")}
    assert parts & EMPTY_NAMES == set()


def test_public_functions_and_classes_are_documented() -> None:
    package = {name: source for name, source in PYTHON.items() if name.startswith("titration/")}
    assert [where for name, source in package.items() for where in undocumented(name, source)] == []


def test_no_file_tells_of_the_machine_it_was_written_on() -> None:
    found: list[str] = []
    for path in project_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{named(path)}:{n}" for n, line in enumerate(text.splitlines(), 1) if TRACES.search(line)]
    assert found == []


@pytest.mark.parametrize(
    "line", ["cd /wo" + "rk/main", '"/ho' + 'me/ann/log.csv"', "file:///tm" + "p/x", "py" + "pi.org"]
)
def test_traces_are_recognised(line: str) -> None:
    assert TRACES.search(line)


@pytest.mark.parametrize(
    "line", ["https://www.example.org/home/guide", "and/or/work/life", "#!/usr/bin/env bash", "~/work/x"]
)
def test_ordinary_paths_are_not_traces(line: str) -> None:
    assert not TRACES.search(line)


def test_sizes_and_docstrings_are_measured() -> None:
    body = "def long() -> None:\n" + "    pass\n" * LONGEST_FUNCTION + "\n" * LONGEST_MODULE
    assert set(too_long("m.py", body)) == {"m.py", "m.py::long"}
    assert undocumented("m.py", body) == ["m.py:1 long"]
    assert undocumented("m.py", "def _own() -> None: ...\ndef told() -> None:\n    'Said.'\n") == []
