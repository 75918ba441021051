"""Where the shipped ``rules/`` folder is: inside the installed package, or beside it in a checkout."""

from importlib.resources import files
from pathlib import Path


def rules_folder() -> Path:
    """The shipped rules folder.

    Raises FileNotFoundError when neither an installed nor a checked-out folder exists.
    """
    package = Path(str(files("titration")))
    for candidate in (package / "rules", package.parent / "rules"):
        if (candidate / "formulary").is_dir():
            return candidate
    raise FileNotFoundError("the rules folder is missing: reinstall the package, or pass --rules DIR")
