"""A sheet as a file that only its owner can read: written beside its name and moved, so that none is ever half there."""

import os
from pathlib import Path


def write_sheet(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` (mode 0600), in place of an earlier file of that name.

    Raises OSError when the folder cannot be written to; an earlier file is then left as it was.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        # O_EXCL: a link that somebody put there is not followed.
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
