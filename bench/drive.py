"""Call an application as a server would, once to look at the answer or often to take the time.

Each driver has `ask` (one request, the answer kept) and `time` (many, the
answers thrown away).  A request gets what a server makes anew for it: a
copy of the environ with a stream of its own, or a scope with its own list
of headers.  What the driver itself costs is in every figure, and is what
the bare functions show.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from io import BytesIO
from time import perf_counter
from typing import Any, Protocol
from wsgiref.util import FileWrapper

from .cases import Answer, Headers, Request

HOST = "127.0.0.1"
PORT = 8000
_PIECE = 64 * 1024
_COMMON = (
    ("Host", f"{HOST}:{PORT}"),
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ("Accept", "text/html, application/json;q=0.9, */*;q=0.7"),
    ("Accept-Language", "en-US,en;q=0.5"),
    ("Connection", "keep-alive"),
)


class Driver(Protocol):
    """What the worker needs to know about a way of calling applications."""

    def ask(self, request: Request) -> Answer:
        """Send one request and give its answer."""

    def time(self, request: Request, count: int) -> float:
        """Send a request many times and give the seconds that it took."""

    def close(self) -> None:
        """Let go of whatever the application holds."""


class WsgiDriver:
    """Call a WSGI application in this thread."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def ask(self, request: Request) -> Answer:
        """Send one request and give its answer."""
        started: list[tuple[str, Headers]] = []
        written: list[bytes] = []

        def start_response(status: str, headers: Headers, _exc_info: Any = None) -> Callable[[bytes], None]:
            started.append((status, list(headers)))
            return written.append

        chunks = self.app(build_environ(request), start_response)
        try:
            written.extend(chunks)
        finally:
            _close(chunks)
        status, headers = started[-1]
        return Answer(int(status[:3]), headers, b"".join(written))

    def time(self, request: Request, count: int) -> float:
        """Send a request many times and give the seconds that it took."""
        template, body, app = build_environ(request), request.body, self.app

        def start_response(_status: str, _headers: Headers, _exc_info: Any = None) -> Callable[[bytes], None]:
            return _ignore

        begin = perf_counter()
        for _ in range(count):
            environ = template.copy()
            environ["wsgi.input"] = BytesIO(body)
            chunks = app(environ, start_response)
            for _chunk in chunks:
                pass
            if hasattr(chunks, "close"):
                chunks.close()
        return perf_counter() - begin

    def close(self) -> None:
        """Let go of whatever the application holds."""


class AsgiDriver:
    """Call an ASGI application on one loop, which runs while requests are sent."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.loop = asyncio.new_event_loop()
        self.state: dict[str, Any] = {}
        self.stop: asyncio.Future[None] = self.loop.create_future()
        self.lifespan: asyncio.Task[None] | None = None
        self.loop.run_until_complete(self._start())

    def ask(self, request: Request) -> Answer:
        """Send one request and give its answer."""
        return self.loop.run_until_complete(self._ask(request))

    def time(self, request: Request, count: int) -> float:
        """Send a request many times and give the seconds that it took."""
        return self.loop.run_until_complete(self._time(request, count))

    def close(self) -> None:
        """Let the application end its lifespan, and close the loop."""
        self.loop.run_until_complete(self._finish())
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    async def _ask(self, request: Request) -> Answer:
        exchange = _Exchange(_cut(request.body))
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)
            await exchange.send(message)

        await self.app(build_scope(request, self.state), exchange.receive, send)
        start = next(message for message in sent if message["type"] == "http.response.start")
        headers = [(bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in start["headers"]]
        body = b"".join(bytes(message.get("body", b"")) for message in sent)
        return Answer(start["status"], headers, body)

    async def _time(self, request: Request, count: int) -> float:
        template, pieces, app = build_scope(request, self.state), _cut(request.body), self.app
        headers, state = template["headers"], self.state
        begin = perf_counter()
        for _ in range(count):
            scope = template.copy()
            scope["headers"] = headers.copy()
            scope["state"] = state.copy()
            exchange = _Exchange(pieces)
            await app(scope, exchange.receive, exchange.send)
        return perf_counter() - begin

    async def _start(self) -> None:
        """Run the lifespan up to its start; an app without one says so by raising or by returning."""
        ready: asyncio.Future[str] = self.loop.create_future()
        messages = iter(("lifespan.startup", "lifespan.shutdown"))

        async def receive() -> dict[str, Any]:
            kind = next(messages)
            if kind == "lifespan.shutdown":
                await self.stop
            return {"type": kind}

        async def send(message: dict[str, Any]) -> None:
            if not ready.done():
                ready.set_result(message["type"])

        async def live() -> None:
            try:
                await self.app(
                    {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state},
                    receive,
                    send,
                )
            except Exception as error:
                if not ready.done():
                    ready.set_result(f"without a lifespan: {error!r}")
            else:
                if not ready.done():
                    ready.set_result("without a lifespan")

        self.lifespan = self.loop.create_task(live())
        outcome = await ready
        if outcome == "lifespan.startup.failed":
            raise RuntimeError("the application did not start: it answered lifespan.startup.failed")

    async def _finish(self) -> None:
        self.stop.set_result(None)
        if self.lifespan is not None:
            await asyncio.wait([self.lifespan], timeout=5)


class FunctionDriver:
    """Call a plain function that gives a body, for a part of a framework that is measured alone."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def ask(self, request: Request) -> Answer:
        """Call once; the function answers nothing but a body."""
        return Answer(0, [], self.app(request))

    def time(self, request: Request, count: int) -> float:
        """Call many times and give the seconds that it took."""
        app = self.app
        begin = perf_counter()
        for _ in range(count):
            app(request)
        return perf_counter() - begin

    def close(self) -> None:
        """Let go of whatever the function holds."""


DRIVERS: dict[str, Callable[[Any], Driver]] = {"wsgi": WsgiDriver, "asgi": AsgiDriver, "function": FunctionDriver}


def build_environ(request: Request) -> dict[str, Any]:
    """Build the environ that a WSGI server makes of a request."""
    environ: dict[str, Any] = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "wsgi.file_wrapper": FileWrapper,
        "SERVER_SOFTWARE": "bench/1.0",
        "SERVER_NAME": HOST,
        "SERVER_PORT": str(PORT),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": HOST,
        "REMOTE_PORT": "50000",
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query,
        "RAW_URI": f"{request.path}?{request.query}" if request.query else request.path,
    }
    for name, value in (*_COMMON, *request.headers):
        environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    if request.body:
        environ["CONTENT_TYPE"] = request.content_type
        environ["CONTENT_LENGTH"] = str(len(request.body))
    return environ


def build_scope(request: Request, state: dict[str, Any]) -> dict[str, Any]:
    """Build the scope that an ASGI server makes of a request."""
    pairs = [*_COMMON, *request.headers]
    if request.body:
        pairs += [("Content-Type", request.content_type), ("Content-Length", str(len(request.body)))]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": (HOST, PORT),
        "client": (HOST, 50000),
        "scheme": "http",
        "method": request.method,
        "root_path": "",
        "path": request.path,
        "raw_path": request.path.encode(),
        "query_string": request.query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in pairs],
        "state": state.copy(),
    }


class _Exchange:
    """The server's side of one ASGI request."""

    __slots__ = ("gone", "is_sent", "pieces", "position")

    def __init__(self, pieces: list[dict[str, Any]]) -> None:
        self.pieces = pieces
        self.position = 0
        self.is_sent = False
        self.gone: asyncio.Future[None] | None = None

    async def receive(self) -> dict[str, Any]:
        """Give the next piece of the body, and after the last the end."""
        position = self.position
        if position < len(self.pieces):
            self.position = position + 1
            return self.pieces[position].copy()
        if not self.is_sent:
            self.gone = asyncio.get_running_loop().create_future()
            await self.gone
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        """Take a part of the answer."""
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self.is_sent = True
            if self.gone is not None and not self.gone.done():
                self.gone.set_result(None)


def _cut(body: bytes) -> list[dict[str, Any]]:
    """Cut a body into the messages by which a server hands it over."""
    starts = range(0, max(len(body), 1), _PIECE)
    return [
        {"type": "http.request", "body": body[start : start + _PIECE], "more_body": start + _PIECE < len(body)}
        for start in starts
    ]


def _ignore(_data: bytes) -> None:
    """Take what an application writes, and drop it."""


def _close(chunks: Any) -> None:
    if hasattr(chunks, "close"):
        chunks.close()
