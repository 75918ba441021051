"""Settings every test shares: the Hypothesis profile, and the option that writes snapshots anew.

`quick` is the default and draws the same examples every time, so that a red gate is red for everyone. `long` (`make
laws`) draws new ones; a failure prints the blob that repeats it.
"""

import os

import pytest
from hypothesis import settings

settings.register_profile("quick", max_examples=50, deadline=None, derandomize=True, print_blob=True)
settings.register_profile("long", max_examples=2000, deadline=None, derandomize=False, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="write the screens in tests/tui/snapshots anew")
