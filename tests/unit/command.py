"""Running the ``titration`` command: in this process, or as a user's shell would."""

import os
import re
import sys
from pathlib import Path

import pytest

from titration.cli import main

ROOT = Path(__file__).resolve().parents[2]
PACK = "huc-msc-t2dm"
COMMAND = (sys.executable, "-m", "titration.cli")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
_OURS = re.compile(r"^titration: ", re.MULTILINE)


def run(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    code = main([str(a) for a in argv])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def refused(capsys: pytest.CaptureFixture[str], *argv: object) -> str:
    """What a refused request says: on stderr, nothing on stdout, exit code 2, no traceback."""
    code, out, err = run(capsys, *argv)
    assert (code, out) == (2, ""), err
    assert "Traceback" not in err
    assert _OURS.search(err), err
    return err


def environment() -> dict[str, str]:
    """A shell's: output to a pipe is buffered."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
