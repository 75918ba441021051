"""`--web` end to end: the installed command, a headless Chromium, keys typed in the page, and what the ledger then holds."""

import asyncio
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from titration.service.rounds.opening import create_ledger, open_ledger
from tui.clock import local_minute

browser = pytest.importorskip("playwright.async_api", reason="THE BROWSER IS NOT TESTED: pip install playwright")
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="THE BROWSER IS NOT TESTED: install chromium"),
]
PROGRAM = str(Path(sys.executable).with_name("titration"))
ESCAPES = re.compile(r"\x1b(\[[0-9;?<>=]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()].|.)")
LONGEST = 30.0
"""Seconds the page is waited for before the test fails."""


@dataclass
class Shown:
    """What the program wrote to the page, and every address the page asked for."""

    text: str = ""
    asked: list[str] = field(default_factory=list[str])
    more: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, frame: bytes | str) -> None:
        self.text += ESCAPES.sub("", frame.decode("utf-8", "replace") if isinstance(frame, bytes) else frame)
        self.more.set()

    async def until(self, text: str) -> None:
        """Wait until the program has written ``text`` since the last call."""
        async with asyncio.timeout(LONGEST):
            while text not in self.text:
                self.more.clear()
                await self.more.wait()
        self.text = ""


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    """An empty ledger: what is recorded in it came through the browser."""
    path = tmp_path / "ward.ledger"
    log = tmp_path / "log"
    log.mkdir()
    header = "patient_id,time,glucose,unit,timing,source\nP1,2026-03-02 06:40,7.1,mmol/L,fasting,cbg\n"
    (log / "readings.csv").write_text(header, encoding="utf-8")
    from titration.service.rounds.opening import Source

    create_ledger(str(path), minute=local_minute(), single_user=True, user="Dr Lin", log=Source(log)).close()
    return path


@pytest.fixture
def address(ward: Path) -> Iterator[str]:
    """Where a running server says it is; it ends when it is interrupted."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [PROGRAM, "rounds", "--db", str(ward), "--web", "--port", str(port), "--lang", "en"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as server:
        assert server.stderr is not None
        first = server.stderr.readline()
        found = re.search(r"http://\S+", first)
        assert found is not None, first + server.stderr.read()
        yield found.group()
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 0
        rest = server.stderr.read()
        assert "Traceback" not in rest
        assert "P1" not in rest


@asynccontextmanager
async def opened(address: str) -> AsyncIterator[tuple[object, Shown]]:
    shown = Shown()
    async with browser.async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await chromium.new_page(viewport={"width": 1280, "height": 800})
        page.on("request", lambda request: shown.asked.append(request.url))
        page.on("websocket", lambda channel: channel.on("framereceived", shown.take))
        await page.goto(address)
        yield page, shown
        await chromium.close()


async def test_a_reading_typed_in_a_browser_stands_in_the_ledger(address: str, ward: Path) -> None:
    async with opened(address) as (page, shown):
        await shown.until("1 patient")
        await page.keyboard.press("i")
        await shown.until("One line")
        await page.keyboard.type("r 6.8")
        await shown.until("random")
        await page.keyboard.press("Enter")
        await shown.until("saved")
    door = open_ledger(str(ward), read_only=True)
    sheet = door.patient("P1", minute=local_minute())
    assert door.verify() == (door.head(), None)
    door.close()
    assert [(row.value, row.timing, row.author) for row in sheet.readings][-1] == (68, "random", "Dr Lin")
    hosts = {urlsplit(url).netloc for url in shown.asked if not url.startswith("data:")}
    assert hosts == {urlsplit(address).netloc}


def status(address: str, path: str, **headers: str) -> int:
    where = urlsplit(address)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=LONGEST)
    try:
        connection.putrequest("GET", path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def test_nobody_else_gets_in(address: str) -> None:
    where = urlsplit(address)
    own, key = f"http://{where.netloc}", where.query.removeprefix("key=")
    cookie = {"Cookie": f"titration-rounds={key}"}
    assert status(address, "/", **cookie) == 200
    assert status(address, "/ws", **UPGRADE, **cookie, Origin=own) == 101
    assert status(address, "/") == 403
    assert status(address, "/?key=guess") == 403
    assert status(address, "/static/js/textual.js") == 403
    assert status(address, "/ws", **UPGRADE, Origin=own) == 403
    assert status(address, "/ws", **UPGRADE, **cookie, Origin="http://elsewhere.example") == 403
    assert status(address, "/", **cookie, Host="elsewhere.example") == 403
