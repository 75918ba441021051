"""The made-up ward of the tutorial, written once for all tests that read a log from files."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SCRIPT = EXAMPLES / "make_ward.py"
COURSE_SCRIPT = EXAMPLES / "make_course.py"


@pytest.fixture(scope="session")
def made_ward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "ward"
    subprocess.run(
        [sys.executable, SCRIPT, folder, "--patients", "12", "--days", "14"], check=True, capture_output=True
    )
    return folder


@pytest.fixture(scope="session")
def made_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up study course: H01 treated, H01-none without the effect, H01-fixed with doses left alone."""
    folder = tmp_path_factory.mktemp("made") / "course"
    subprocess.run([sys.executable, COURSE_SCRIPT, folder], check=True, capture_output=True)
    return folder
