"""Run one test through every door of an application.

Here live a fixture for pytest and a function, by which the same request
goes through WSGI, ASGI and RSGI.  The servers are in process: a loop in a
thread of its own, as servers have, and strict about their protocols.
pytest has to be installed; nothing is registered as a plugin.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import pytest
from werkzeug.datastructures import Headers

from . import _asgi, _rsgi
from ._exchange import ProtocolViolation
from ._incoming import Body, build_asgi_scope
from .client import FlaskClient

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["DOORS", "Answer", "Door", "call_through_every_door", "door"]

_GRACE = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what came out of a door, so that answers can be compared.

    Args:
        status_code: The status.
        headers: Pairs, with names in lower case, in the order of sending.
        data: The whole body.
        error: The class and text of what was raised instead.
    """

    status_code: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    data: bytes = b""
    error: str | None = None


class Door:
    """Make test clients whose requests go through one door.

    Every client has the interface of `Flask.test_client`.  Contexts are kept
    by a `with` block through WSGI alone, where they belong to the thread of
    the test.

    Args:
        name: A key of `DOORS`.

    Raises:
        ValueError: There is no such door.
    """

    def __init__(self, name: str) -> None:
        if name not in DOORS:
            raise ValueError(f"There is no door {name!r}. The doors are {', '.join(DOORS)}.")
        #: Which door it is.
        self.name = name
        self._servers: dict[int, _Server] = {}

    def client(self, app: Any, use_cookies: bool = True) -> FlaskClient:
        """Return a test client of an application, which is started for it.

        Args:
            app: The application.
            use_cookies: Remember cookies.

        Raises:
            BaseException: Whatever the application's start-up raises.
        """
        kind = DOORS[self.name]
        if kind is None:
            return FlaskClient(app, app.response_class, use_cookies)
        if id(app) not in self._servers:
            self._servers[id(app)] = kind(app)
        client = _ServedClient(app, app.response_class, use_cookies)
        client.server = self._servers[id(app)]
        return client

    def close(self) -> None:
        """Shut down every application that was started.

        Raises:
            BaseException: Whatever the shutdown of one raises.
        """
        while self._servers:
            self._servers.popitem()[1].stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def call_through_every_door(
    app: Any, builder_kwargs: Mapping[str, Any] | Callable[[], Mapping[str, Any]]
) -> dict[str, Answer]:
    """Send one request through every door and return the answers.

    Args:
        app: The application.
        builder_kwargs: What `EnvironBuilder` takes behind the application; or
            a function that returns it, where a stream is in it, which can be
            read only once.

    Returns:
        The answer of each door, by the door's name.

    Raises:
        ProtocolViolation: The application broke the rules of ASGI or RSGI.
    """
    answers = {}
    for name in DOORS:
        with Door(name) as opened:
            kwargs = builder_kwargs() if callable(builder_kwargs) else builder_kwargs
            answers[name] = _answer(opened.client(app), dict(kwargs))
    return answers


@pytest.fixture(params=["wsgi", "asgi", "rsgi"])
def door(request: pytest.FixtureRequest) -> Iterator[Door]:
    """Give each door in turn; `door.client(app)` makes a test client."""
    with Door(request.param) as opened:
        yield opened


class _ServedClient(FlaskClient):
    """Send requests to a server instead of calling by WSGI."""

    server: _Server

    def run_wsgi_app(self, environ: WSGIEnvironment, buffered: bool = False) -> Any:
        """Return the body, status and headers that come back."""
        self._add_cookies_to_wsgi(environ)
        exchange = self.server.open(environ)
        headers = Headers(exchange.headers)
        host: str = environ.get("HTTP_HOST") or environ["SERVER_NAME"]
        self._update_cookies_from_response(
            host.partition(":")[0], environ.get("PATH_INFO", "/"), headers.getlist("Set-Cookie")
        )
        pieces = _Pieces(self.server, exchange)
        body = list(pieces) if buffered or exchange.is_complete else pieces
        return body, exchange.status, headers


class _Pieces:
    """Take the pieces of a body from a server, until it is closed."""

    def __init__(self, server: _Server, exchange: Any) -> None:
        self._server = server
        self._exchange = exchange

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        piece: bytes | None = self._server.call(self._exchange.take())
        if piece is None:
            raise StopIteration
        return piece

    def close(self) -> None:
        self._server.call(self._exchange.leave())


class _Server:
    """Serve an application on a loop in a thread of its own."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self._loop = asyncio.new_event_loop()
        self._is_ready = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="demijohn-test-server", daemon=True)
        self._thread.start()
        self._is_ready.wait()
        self._raise_error()

    def call(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine on the loop and return its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def open(self, environ: WSGIEnvironment) -> Any:
        """Return the exchange of a request whose answer has begun."""
        exchange = self.build_exchange(environ)
        self.call(exchange.open())
        return exchange

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._raise_error()

    def build_exchange(self, environ: WSGIEnvironment) -> Any:
        raise NotImplementedError

    def start_up(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the application, before the loop runs."""
        raise NotImplementedError

    def shut_down(self, loop: asyncio.AbstractEventLoop) -> None:
        """Shut the application down, after the loop ran."""
        raise NotImplementedError

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            loop = runner.get_loop()
            try:
                self.start_up(loop)
            except BaseException as error:
                self._error = error
                self._is_ready.set()
                return
            self._is_ready.set()
            loop.run_forever()
            try:
                self.shut_down(loop)
            except BaseException as error:
                self._error = error

    def _raise_error(self) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            raise error


class _AsgiServer(_Server):
    def start_up(self, loop: asyncio.AbstractEventLoop) -> None:
        self._lifespan = _asgi.LifespanExchange(self.app, _GRACE)
        loop.run_until_complete(self._lifespan.startup())

    def shut_down(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.run_until_complete(self._lifespan.shutdown())

    def build_exchange(self, environ: WSGIEnvironment) -> _asgi.HttpExchange:
        scope = build_asgi_scope(environ, {}, self._lifespan.kept)
        return _asgi.HttpExchange(self.app, scope, Body(environ), _GRACE)


class _RsgiServer(_Server):
    def start_up(self, loop: asyncio.AbstractEventLoop) -> None:
        self.app.__rsgi_init__(loop)

    def shut_down(self, loop: asyncio.AbstractEventLoop) -> None:
        self.app.__rsgi_del__(loop)

    def build_exchange(self, environ: WSGIEnvironment) -> _rsgi.HttpExchange:
        return _rsgi.HttpExchange(self.app.__rsgi__, _rsgi.RsgiScope(environ), Body(environ), _GRACE)


DOORS: dict[str, type[_Server] | None] = {"wsgi": None, "asgi": _AsgiServer, "rsgi": _RsgiServer}
"""Name -> the server; WSGI needs none, its caller's thread does the work."""


def _answer(client: FlaskClient, kwargs: dict[str, Any]) -> Answer:
    try:
        response = client.open(**kwargs, buffered=True)
    except ProtocolViolation:
        raise
    except Exception as error:
        return Answer(error=f"{type(error).__name__}: {error}")
    try:
        headers = tuple((name.lower(), value) for name, value in response.headers)
        return Answer(response.status_code, headers, response.get_data())
    finally:
        response.close()
