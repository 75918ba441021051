"""A PostgreSQL server of the tests' own: in a temporary folder, on a socket only, gone when the tests are."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALL = "TITRATION_TESTS_INSTALL_POSTGRES"
"""Set to 1 (or CI set at all) to let the tests install PostgreSQL with apt-get where it is missing and they run as root."""


class NoServer(Exception):
    """PostgreSQL is not here and could not be installed; the message says what to do."""


def programs() -> Path:
    """The folder of initdb and pg_ctl, installed if it is missing and that is allowed."""
    found = _found()
    if found is None and os.geteuid() == 0 and (os.environ.get(INSTALL) == "1" or os.environ.get("CI")):
        subprocess.run(["apt-get", "install", "-y", "-q", "postgresql"], check=False, capture_output=True)
        found = _found()
    if found is None:
        raise NoServer(f"PostgreSQL is not installed: apt-get install postgresql, or set {INSTALL}=1 as root")
    return found


def _found() -> Path | None:
    beside = shutil.which("initdb")
    places = [Path(beside).resolve().parent] if beside else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists() and (place / "pg_ctl").exists()), None)


@contextmanager
def server() -> Iterator[str]:
    """The URL of a running server's database without its name; raises NoServer."""
    where = programs()
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    # The server refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)

    def run(program: str, *arguments: object) -> None:
        command = [where / program, *map(str, arguments)]
        subprocess.run(command, user=user, cwd=folder, check=True, capture_output=True)

    data = folder / "data"
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    try:
        run("initdb", "-D", data, "-A", "trust", "-U", "ward", "-E", "UTF8", "--locale=C")
        run("pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql://ward@/{{name}}?host={folder}"
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
