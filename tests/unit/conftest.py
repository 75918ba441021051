"""The made-up ward of the tutorial, written once for all tests that read a log from files."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "make_ward.py"


@pytest.fixture(scope="session")
def made_ward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "ward"
    subprocess.run(
        [sys.executable, SCRIPT, folder, "--patients", "12", "--days", "14"], check=True, capture_output=True
    )
    return folder
