"""The screens served to one browser on this machine: a secret to come in by, and nothing fetched from anywhere else."""

import asyncio
import secrets
import signal
import sys
from hmac import compare_digest
from pathlib import Path
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from textual_serve.server import Server

HOST: Final = "127.0.0.1"
COOKIE: Final = "titration-rounds"
_PATIENCE: Final = 3.0
"""Seconds a request may go on after the end."""
_POLICY: Final = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:;"
    " script-src 'self' 'unsafe-inline'; connect-src 'self' ws://{host}; frame-ancestors 'none'"
)


class LoopbackServer(Server):
    """Serves ``command`` to whoever has the address that is printed at the start.

    Another user of the machine, or a page of another site open in the same browser, can reach the port as well. Both are kept
    out: every request needs the secret of this run, and names this host and, where it names one, this page.
    """

    def __init__(self, command: str, *, port: int, title: str) -> None:
        # The library's own page fetches a font from another host.
        own_page = Path(__file__).parent
        super().__init__(command, host=HOST, port=port, title=title, templates_path=own_page)  # pyright: ignore[reportUnknownMemberType] - PathLike without its kind
        self.secret = secrets.token_urlsafe(24)

    @property
    def address(self) -> str:
        """What is opened in the browser."""
        return f"{self.public_url}/?key={self.secret}"

    def initialize_logging(self) -> None:
        """No log: the library's would tell values of the program in its traces."""

    async def on_startup(self, app: web.Application) -> None:
        """Nothing yet: the port is not open before the application has started."""

    def serve(self, debug: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's signature
        """Serve until interrupted. Raises ValueError when the port cannot be had."""
        del debug
        asyncio.run(self._until_interrupted())

    async def _until_interrupted(self) -> None:
        ended = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        runner = web.AppRunner(await self._make_app(), handle_signals=False, shutdown_timeout=_PATIENCE)
        await runner.setup()
        try:
            try:
                await web.TCPSite(runner, HOST, self.port).start()
            except OSError as error:
                raise ValueError(
                    f"port {self.port} cannot be had ({error.strerror}): choose another with --port"
                ) from None
            sys.stderr.write(f"titration: open {self.address} in a browser on this machine; Ctrl-C ends\n")
            sys.stderr.flush()
            await ended.wait()
        finally:
            await runner.cleanup()

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._only_ours())
        return app

    def _only_ours(self) -> Middleware:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not self._from_here(request):
                raise web.HTTPForbidden(text="titration: only from this machine's own page\n")
            if request.path == "/" and compare_digest(request.query.get("key", ""), self.secret):
                entered = web.HTTPFound("/")
                entered.set_cookie(COOKIE, self.secret, httponly=True, samesite="Strict")
                raise entered
            if not compare_digest(request.cookies.get(COOKIE, ""), self.secret):
                raise web.HTTPForbidden(text="titration: open the whole address that was printed at the start\n")
            response = await handler(request)
            if not response.prepared:
                response.headers["Content-Security-Policy"] = _POLICY.format(host=request.host)
                response.headers["Cache-Control"] = "no-store"
            return response

        return guard

    def _from_here(self, request: web.Request) -> bool:
        """Whether the request names this host, and comes from no other page: a name that leads here is not enough."""
        origin = request.headers.get("Origin")
        return request.host == f"{HOST}:{self.port}" and origin in (None, f"http://{HOST}:{self.port}")
