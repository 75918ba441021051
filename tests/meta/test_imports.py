"""What importing the package loads, asked of a fresh interpreter: import contracts cannot see what others import."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEVER = {"textual", "z3", "polars", "duckdb", "scipy", "matplotlib", "tui"}

EVERYTHING = """
import importlib, pkgutil, titration
for module in pkgutil.walk_packages(titration.__path__, "titration."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


def loaded_after(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after running `code`, beyond those it starts with."""
    script = (
        "import json, sys\nbefore = set(sys.modules)\n"
        + code
        + "\nprint(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_importing_titration_stays_light() -> None:
    loaded = loaded_after("import titration")
    assert "titration" in loaded
    assert loaded & (NEVER | {"pyarrow", "python_calamine"}) == set()


def test_help_comes_without_anything_heavy() -> None:
    code = (
        "import io, contextlib\nfrom titration.cli import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()) as told: main(['--help'])\n"
        "assert 'usage: titration' in told.getvalue()"
    )
    loaded = loaded_after(code)
    assert "titration" in loaded
    assert loaded & (NEVER | {"numpy", "pyarrow", "pydantic", "rich", "python_calamine"}) == set()


@pytest.mark.slow
def test_no_module_loads_a_screen_a_solver_or_another_engine() -> None:
    loaded = loaded_after(EVERYTHING)
    assert "numpy" in loaded, "the walk has imported nothing that computes"
    assert loaded & NEVER == set()
