"""A real terminal: tmux on a server of its own, keys in, and the screen read whenever the program has written to it."""

import os
import select
import shlex
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

TMUX = shutil.which("tmux")
LONGEST = 20.0
"""Seconds a screen is waited for before the test fails with what stands there instead."""


class Terminal:
    """One window of a size, running a command in a shell that tells the exit code and stays."""

    def __init__(self, folder: Path, command: list[str], *, size: tuple[int, int] = (80, 24), **more: str) -> None:
        assert TMUX is not None
        self._socket, self._pipe = folder / "tmux", folder / "pipe"
        os.mkfifo(self._pipe)
        self._written = os.open(self._pipe, os.O_RDWR | os.O_NONBLOCK)
        words = f'{shlex.join(command)}; echo "ended with $?"; stty -a; exec cat'
        width, height = map(str, size)
        # The first window only waits, so that no output of the second is missed before it is piped.
        start = f"cat {shlex.quote(str(folder / 'go'))} >/dev/null; {words}"
        os.mkfifo(folder / "go")
        environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **more}
        environment.pop("TMUX", None)
        environment.pop("NO_COLOR", None)
        subprocess.run(
            [TMUX, "-S", self._socket, "-f", "/dev/null", "-u", "new-session", "-d"]  # noqa: RUF005 - one list a thought
            + ["-x", width, "-y", height, "sh", "-c", start],
            check=True,
            env=environment,
        )
        self.tmux("pipe-pane", "-O", f"cat > {shlex.quote(str(self._pipe))}")
        (folder / "go").write_text("", encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert TMUX is not None
        subprocess.run([TMUX, "-S", self._socket, "kill-server"], check=False, capture_output=True)
        os.close(self._written)

    def tmux(self, *words: str) -> str:
        """What a command of tmux prints."""
        assert TMUX is not None
        done = subprocess.run([TMUX, "-S", self._socket, *words], check=True, capture_output=True, text=True)
        return done.stdout

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return self.tmux("capture-pane", "-p")

    def told(self, name: str) -> str:
        """A fact that tmux knows of the window."""
        return self.tmux("display-message", "-p", f"#{{{name}}}").strip()

    def press(self, *keys: str) -> Self:
        """Press keys, by tmux's names."""
        for key in keys:
            self.tmux("send-keys", key)
        return self

    def type(self, text: str) -> Self:
        """Type text as it is."""
        self.tmux("send-keys", "-l", text)
        return self

    def until(self, *texts: str) -> str:
        """The screen once all of ``texts`` stand on it: looked at again each time the program writes, never by the clock."""
        end = time.monotonic() + LONGEST
        while not all(text in (now := self.text) for text in texts):
            ready, _, _ = select.select([self._written], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                missing = [text for text in texts if text not in now]
                raise AssertionError(f"{missing} did not come within {LONGEST:.0f} s; on the screen:\n{now}")
            os.read(self._written, 1 << 20)
        return now
