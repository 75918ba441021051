"""Settings every test shares: the Hypothesis profile.

`quick` is the default and draws the same examples every time, so that a red gate is red for everyone. `long` (`make
laws`) draws new ones; a failure prints the blob that repeats it.
"""

import os

from hypothesis import settings

settings.register_profile("quick", max_examples=50, deadline=None, derandomize=True, print_blob=True)
settings.register_profile("long", max_examples=2000, deadline=None, derandomize=False, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
