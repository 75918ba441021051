"""The command in a pipe: plain text, and no complaint when the reader goes away."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.command import COMMAND, PACK, environment


def test_output_is_plain_without_a_terminal(made_ward: Path, tmp_path: Path) -> None:
    for command in (
        ("ingest", str(made_ward)),
        ("assess", str(made_ward), "--patient", "W01"),
        ("replay", str(made_ward), "--out", str(tmp_path)),
    ):
        done = subprocess.run([*COMMAND, *command], capture_output=True, env=environment(), check=True)
        assert done.stdout
        assert b"\x1b" not in done.stdout + done.stderr
        assert b"\r" not in done.stdout + done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a shell with head")
def test_a_reader_that_goes_away_is_no_error() -> None:
    line = f"set -o pipefail; {' '.join(COMMAND)} packs show {PACK} | head -1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment(), check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(PACK)
    assert done.stdout.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of another kind")
@pytest.mark.parametrize("action", [("show", PACK), ("list",)], ids=lambda a: a[0])
def test_a_reader_gone_from_the_start_is_no_error(action: tuple[str, ...]) -> None:
    """Long output meets the closed pipe while it is written, short output when Python closes it."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        done = subprocess.run(
            [*COMMAND, "packs", *action], stdout=pipe, stderr=subprocess.PIPE, env=environment(), check=False
        )
    assert (done.returncode, done.stderr) == (0, b"")
