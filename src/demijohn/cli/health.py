"""Stand between the server and the application in a worker process.

`Front` answers `/-/health` and `/-/ready` itself, so that they work
whatever the application's routes and hooks do, and asks clients to leave
once the worker is to stop.  Everything else goes through untouched.
"""

from __future__ import annotations

import typing as t
from itertools import chain, islice

#: What a worker does, in the order in which it happens: one that drains still
#: accepts connections, one that leaves answers on those that it has.
STARTING, SERVING, DRAINING, LEAVING, STOPPING = range(5)

HEALTH_PATH = "/-/health"
READY_PATH = "/-/ready"
PROBES = frozenset({HEALTH_PATH, READY_PATH})

_CLOSE = ("Connection", "close")

#: What goes on until somebody ends it: events, and pictures of a camera.
_ENDLESS_TYPES = ("text/event-stream", "multipart/x-mixed-replace")


class State(t.Protocol):
    """Hold what a worker does, shared with the process that watches it."""

    value: int


class Front:
    """Be an application that a server can call by each interface.

    Args:
        app: The application.
        state: What this worker does.
        answers_probes: Whether the two paths are answered here.
        on_start: Called when the application has started.
    """

    def __init__(
        self, app: t.Any, state: State, *, answers_probes: bool, on_start: t.Callable[[], object] | None = None
    ) -> None:
        self._app = app
        self._rsgi = getattr(app, "__rsgi__", None)
        self._state = state
        self._probes = PROBES if answers_probes else frozenset()
        self._on_start = on_start

    def begin(self) -> None:
        """Say that the application has started."""
        if self._state.value == STARTING:
            self._state.value = SERVING
            if self._on_start is not None:
                self._on_start()

    def answer_wsgi(self, environ: dict[str, t.Any], start_response: t.Any) -> t.Any:
        """Answer a call by WSGI.

        Args:
            environ: The request.
            start_response: Takes status line and headers, and holds them
                in its attribute `headers`.
        """
        if environ["PATH_INFO"] in self._probes:
            status, headers, answer = self._probe(environ["PATH_INFO"], environ["REQUEST_METHOD"])
            start_response(_STATUS_LINES[status], headers)
            return [answer]
        if self._state.value >= DRAINING and environ["SERVER_PROTOCOL"].startswith("HTTP/1"):
            start_response = _ClosingStart(start_response)
        body: t.Iterable[bytes] = self._app(environ, start_response)
        if isinstance(body, list):
            return body
        # Granian 2.8.7 looks for status and headers now.  Middleware that is
        # a generator tells them with its first chunk, as PEP 3333 allows.
        if not start_response.headers:
            body = _Begun(body)
        return _Endless(body, self._state) if _is_endless(start_response.headers) else body

    def answer_asgi(self, scope: dict[str, t.Any], receive: t.Any, send: t.Any) -> t.Awaitable[None]:
        """Answer a call by ASGI.

        Args:
            scope: The connection.
            receive: Gives the messages of the client.
            send: Takes the messages for the client.
        """
        if scope["type"] == "http":
            if scope["path"] in self._probes:
                return _send_asgi(send, *self._probe(scope["path"], scope["method"]))
            if self._state.value >= DRAINING and scope["http_version"].startswith("1"):
                send = _close_after_asgi(send)
        elif scope["type"] == "lifespan":
            return self._live(scope, receive, send)
        answer: t.Awaitable[None] = self._app(scope, receive, send)
        return answer

    def __rsgi__(self, scope: t.Any, protocol: t.Any) -> t.Awaitable[None]:
        """Answer a call by RSGI.

        Args:
            scope: The connection.
            protocol: What takes the answer.
        """
        if scope.proto == "http":
            if self._probes and scope.path in self._probes:
                return _send_rsgi(protocol, *self._probe(scope.path, scope.method))
            if self._state.value >= DRAINING and scope.http_version.startswith("1"):
                protocol = _ClosingProtocol(protocol)
        answer: t.Awaitable[None] = t.cast("t.Any", self._rsgi)(scope, protocol)
        return answer

    def __rsgi_init__(self, loop: t.Any) -> None:
        """Start the application under RSGI.

        Args:
            loop: The loop on which requests will be answered.
        """
        start = getattr(self._app, "__rsgi_init__", None)
        if start is not None:
            start(loop)
        self.begin()

    def __rsgi_del__(self, loop: t.Any) -> None:
        """Stop the application under RSGI.

        Args:
            loop: The loop on which requests were answered.
        """
        stop = getattr(self._app, "__rsgi_del__", None)
        if stop is not None:
            stop(loop)

    async def _live(self, scope: dict[str, t.Any], receive: t.Any, send: t.Any) -> None:
        async def watch(message: dict[str, t.Any]) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                self.begin()

        try:
            await self._app(scope, receive, watch)
        finally:
            # An application that knows no lifespan is served all the same.
            self.begin()

    def _probe(self, path: str, method: str) -> tuple[int, list[tuple[str, str]], bytes]:
        if method not in {"GET", "HEAD"}:
            return _make_answer(405, b"method not allowed\n", ("Allow", "GET, HEAD"))
        if path == READY_PATH and self._state.value != SERVING:
            return _make_answer(503, b"not ready\n")
        return _make_answer(200, b"ok\n")


class _Begun:
    """Be the body of an answer whose first chunk was made already."""

    def __init__(self, body: t.Iterable[bytes]) -> None:
        self._body = body
        try:
            self._rest = iter(body)
            self._first = list(islice(self._rest, 1))
        except BaseException:
            # The server, which would do that, will not get it.
            self.close()
            raise

    def __iter__(self) -> t.Iterator[bytes]:
        return chain(self._first, self._rest)

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        if close is not None:
            close()


class _Endless:
    """Be a body that goes on until the worker is to stop.

    A worker cannot stop before its answers have ended.
    """

    def __init__(self, body: t.Iterable[bytes], state: State) -> None:
        self._body = body
        self._chunks = iter(body)
        self._state = state

    def __iter__(self) -> t.Self:
        return self

    def __next__(self) -> bytes:
        if self._state.value == STOPPING:
            raise StopIteration
        return next(self._chunks)

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        if close is not None:
            close()


def _is_endless(headers: list[tuple[str, str]]) -> bool:
    return any(name.lower() == "content-type" and value.startswith(_ENDLESS_TYPES) for name, value in headers)


class _ClosingProtocol:
    """Pass on an RSGI protocol, and add a header to the answer."""

    def __init__(self, protocol: t.Any) -> None:
        self._protocol = protocol

    def __call__(self) -> t.Any:
        return self._protocol()

    def __aiter__(self) -> t.Any:
        return self._protocol.__aiter__()

    def __getattr__(self, name: str) -> t.Any:
        found = getattr(self._protocol, name)
        if not name.startswith("response_"):
            return found

        def respond(status: int, headers: list[tuple[str, str]], *rest: t.Any) -> t.Any:
            return found(status, [*headers, _CLOSE], *rest)

        return respond


class _ClosingStart:
    """Pass on status and headers with one header more."""

    def __init__(self, start_response: t.Callable[..., t.Any]) -> None:
        self._start_response = start_response
        self.headers: list[tuple[str, str]] = []

    def __call__(self, status: str, headers: list[tuple[str, str]], *rest: t.Any) -> t.Any:
        self.headers = [*headers, _CLOSE]
        return self._start_response(status, self.headers, *rest)


def _close_after_asgi(send: t.Any) -> t.Any:
    async def send_on(message: dict[str, t.Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
        await send(message)

    return send_on


async def _send_asgi(send: t.Any, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


async def _send_rsgi(protocol: t.Any, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    protocol.response_bytes(status, headers, body)


def _make_answer(status: int, body: bytes, *more: tuple[str, str]) -> tuple[int, list[tuple[str, str]], bytes]:
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    ]
    return status, [*headers, *more], body


_STATUS_LINES = {200: "200 OK", 405: "405 Method Not Allowed", 503: "503 Service Unavailable"}
