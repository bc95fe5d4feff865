"""Visitors of the application: each has a session of its own, sends requests, and compares what comes back."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from typing import Any

from demijohn._current import context as current
from demijohn.testing import _asgi, _rsgi, _rsgi_socket
from demijohn.testing._incoming import Body, add_handshake, build_asgi_scope, build_socket_scope

from .application import KINDS

GRACE = 60.0
MESSAGES = 3
_ENVIRON = {
    "REQUEST_METHOD": "GET",
    "SCRIPT_NAME": "",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "HTTP_HOST": "localhost",
    "REMOTE_ADDR": "127.0.0.1",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.errors": io.StringIO(),
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


class Visitor:
    """Send requests through one door, and keep the session's cookie.

    Args:
        app: The application.
        owner: The visitor's name.
        requests: How many to send.
    """

    def __init__(self, app: Any, owner: str, requests: int) -> None:
        self.app = app
        self.owner = owner
        self.requests = requests
        #: The kind of each request by its word.
        self.words: dict[str, str] = {}
        self.problems: list[str] = []
        # What the session counts: no cookie comes with a WebSocket that RSGI carries, and none is kept of ASGI's.
        self._answers = 0
        self._cookie = ""
        self._random = random.Random(owner)

    def plan(self, kinds: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """Yield the kind and the word of each request."""
        for _ in range(self.requests):
            kind = self._random.choice(kinds)
            word = f"{self.owner}.{len(self.words)}"
            self.words[word] = kind
            yield kind, word

    def build_environ(self, kind: str, word: str) -> dict[str, Any]:
        """Return a request; what belongs to it is in its path, its query, a header and its body."""
        body = word.encode() if kind == "post" else b""
        environ = _ENVIRON | {
            "PATH_INFO": f"/{kind}/{word}",
            "QUERY_STRING": f"word={word}",
            "HTTP_X_WORD": word,
            "wsgi.input": io.BytesIO(body),
        }
        if body:
            environ |= {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "text/plain"}
        if self._cookie:
            environ["HTTP_COOKIE"] = self._cookie
        return environ

    def compare(self, word: str, status: int, headers: Any, body: bytes) -> None:
        """Take note of an answer that is not one's own, and keep the cookie."""
        found = {name.lower(): value for name, value in headers}
        self._answers += 1
        seen = f"{word} {self.owner} {self._answers}"
        if (status, body.decode(), found.get("x-seen")) != (200, word, seen):
            self.problems.append(f"{word} got {status} {body[:200]!r} {found.get('x-seen')!r}, not {seen!r}")
        self._cookie = found.get("set-cookie", "").partition(";")[0] or self._cookie
        if current.get(None) is not None:
            self.problems.append(f"{word} left its context")

    def visit_by_wsgi(self) -> None:
        """Send requests by WSGI, in this thread."""
        for kind, word in self.plan(KINDS):
            started: list[Any] = []
            body = self.app(self.build_environ(kind, word), lambda *args: started.extend(args))  # noqa: B023
            try:
                data = b"".join(body)
            finally:
                getattr(body, "close", lambda: None)()
            self.compare(word, int(started[0][:3]), started[1], data)

    async def visit_on_loop(self, door: str) -> None:
        """Send requests and open WebSockets by ASGI or RSGI, in this task."""
        for kind, word in self.plan((*KINDS, "socket")):
            environ = self.build_environ(kind, word)
            if kind == "socket":
                await self._talk(door, environ, word)
                continue
            exchange = open_exchange(self.app, door, environ)
            await exchange.open()
            data = b""
            while (piece := await exchange.take()) is not None:
                data += piece
            self.compare(word, exchange.status, exchange.headers, data)

    async def _talk(self, door: str, environ: dict[str, Any], word: str) -> None:
        exchange = open_socket(self.app, door, environ)
        if not await exchange.open():
            self.problems.append(f"{word} was refused with {exchange.status}")
            return
        for number in range(MESSAGES):
            exchange.deliver(f"{number}")
            message = await exchange.take()
            if message != f"{number} {word} {self.owner}":
                self.problems.append(f"{word} got the message {message!r}")
        await exchange.leave()


def open_exchange(app: Any, door: str, environ: dict[str, Any]) -> Any:
    """Return the server's side of one HTTP request."""
    if door == "asgi":
        return _asgi.HttpExchange(app, build_asgi_scope(environ, {}, {}), Body(environ), GRACE)
    return _rsgi.HttpExchange(app.__rsgi__, _rsgi.RsgiScope(environ), Body(environ), GRACE)


def open_socket(app: Any, door: str, environ: dict[str, Any], grace: float = GRACE) -> Any:
    """Return the server's side of one WebSocket."""
    add_handshake(environ, [])
    if door == "asgi":
        scope = build_socket_scope(environ, [], {"websocket.http.response": {}}, {})
        return _asgi.SocketExchange(app, scope, grace)
    return _rsgi_socket.SocketExchange(app.__rsgi__, _rsgi.RsgiScope(environ, "ws"), grace)
