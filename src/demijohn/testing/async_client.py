"""Send requests and open WebSockets to an application from async tests.

Here lives the client of `Flask.async_test_client`.  It calls the ASGI door
in process, as a server would, and checks each message that comes back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractContextManager, asynccontextmanager
from types import TracebackType
from typing import Any, Self

from werkzeug.datastructures import Headers
from werkzeug.test import ClientRedirectError, TestResponse
from werkzeug.wrappers import Request as BaseRequest

from ..pipeline.plan import refresh
from ..sessions import SessionMixin
from ._asgi import HttpExchange, LifespanExchange, SocketExchange
from ._exchange import ClientGoneError, ProtocolViolation, UnansweredError
from ._incoming import Body, add_handshake, build_asgi_scope, build_socket_scope
from ._live import StreamedResponse, WebSocketClosedError, WebSocketRefusedError, WebSocketSession
from .client import FlaskClient

__all__ = [
    "AsyncClient",
    "ClientGoneError",
    "ProtocolViolation",
    "StreamedResponse",
    "UnansweredError",
    "WebSocketClosedError",
    "WebSocketRefusedError",
    "WebSocketSession",
]

#: Status codes that a client follows.
_REDIRECTS = frozenset({301, 302, 303, 305, 307, 308})


class AsyncClient:
    """Send requests and remember cookies, as a browser would.

    Enter it by `async with` to run the application's start-up before, and
    its shutdown after the block; whatever they raise is raised there.

    Args:
        app: The application.
        use_cookies: Remember cookies.
        allow_subdomain_redirects: Follow redirects to subdomains.
        extensions: The extensions of ASGI that the server offers.
        grace: How many seconds the application has to return, once its
            answer is complete or its client is gone.
    """

    def __init__(
        self,
        app: Any,
        use_cookies: bool = True,
        *,
        allow_subdomain_redirects: bool = False,
        extensions: Iterable[str] = ("websocket.http.response",),
        grace: float = 5.0,
    ) -> None:
        #: The application that requests go to.
        self.application = app
        self._jar = _Jar(app, app.response_class, use_cookies, allow_subdomain_redirects)
        self._extensions = tuple(extensions)
        self._grace = grace
        self._lifespan: LifespanExchange | None = None

    @property
    def environ_base(self) -> dict[str, Any]:
        """What every request begins with, such as `REMOTE_ADDR`."""
        return self._jar.environ_base

    async def open(
        self, *args: Any, buffered: bool = True, follow_redirects: bool = False, **kwargs: Any
    ) -> TestResponse:
        """Send a request and return the complete response.

        Args:
            *args: A builder, an environ or a request; or what
                `EnvironBuilder` takes behind the application.
            buffered: Is there to be called as the sync client; `stream`
                gives a response that is not complete.
            follow_redirects: Send further requests while the response is a
                redirect.
            **kwargs: What `EnvironBuilder` takes.

        Returns:
            The response, with the `request` and the `history` of redirects.

        Raises:
            ClientRedirectError: The redirects lead in a circle.
            ProtocolViolation: The application broke the rules of ASGI.
            BaseException: Whatever the application raises.
        """
        response = await self._send(self._jar.build_request(args, kwargs))
        history: list[TestResponse] = []
        seen = {(response.request.url, response.status_code)}
        while follow_redirects and response.status_code in _REDIRECTS:
            following = await self._send(self._jar.build_following(response))
            history.append(response)
            following.history = tuple(history)
            response = following
            step = response.request.url, response.status_code
            if step in seen:
                raise ClientRedirectError(
                    f"The redirects lead in a circle: {step[0]} was answered with {step[1]} before."
                )
            seen.add(step)
        return response

    async def get(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Call `open` with the method GET."""
        return await self.open(*args, **kwargs, method="GET")

    async def post(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Call `open` with the method POST."""
        return await self.open(*args, **kwargs, method="POST")

    async def put(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Call `open` with the method PUT."""
        return await self.open(*args, **kwargs, method="PUT")

    async def patch(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Call `open` with the method PATCH."""
        return await self.open(*args, **kwargs, method="PATCH")

    async def delete(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Call `open` with the method DELETE."""
        return await self.open(*args, **kwargs, method="DELETE")

    async def head(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Call `open` with the method HEAD."""
        return await self.open(*args, **kwargs, method="HEAD")

    async def options(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Call `open` with the method OPTIONS."""
        return await self.open(*args, **kwargs, method="OPTIONS")

    async def trace(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Call `open` with the method TRACE."""
        return await self.open(*args, **kwargs, method="TRACE")

    @asynccontextmanager
    async def stream(self, method: str, *args: Any, **kwargs: Any) -> AsyncIterator[StreamedResponse]:
        """Send a request and give the response while it is still on its way.

        Leaving the block before the end is what a client does that goes away.

        Args:
            method: The method.
            *args: What `open` takes.
            **kwargs: Likewise.

        Yields:
            The response, as soon as its head and some of its body are there.

        Raises:
            ProtocolViolation: The application broke the rules of ASGI.
            BaseException: Whatever the application raises.
        """
        request = self._jar.build_request(args, {**kwargs, "method": method})
        exchange = await self._call(request)
        try:
            yield StreamedResponse(self._jar.build_response(request, exchange.status, exchange.headers, b""), exchange)
        except BaseException:
            await exchange.abort()
            raise
        await exchange.leave()

    @asynccontextmanager
    async def websocket(
        self, *args: Any, subprotocols: Iterable[str] = (), **kwargs: Any
    ) -> AsyncIterator[WebSocketSession]:
        """Open a WebSocket, which is closed at the end of the block.

        Args:
            *args: What `open` takes: the path first.
            subprotocols: What the client asks for.
            **kwargs: What `open` takes, such as `headers`.

        Yields:
            The socket, when the application has accepted it.

        Raises:
            WebSocketRefusedError: The application refused the handshake.
            ProtocolViolation: The application broke the rules of ASGI.
            BaseException: Whatever the application raises.
        """
        wanted = list(subprotocols)
        request = self._jar.build_request(args, kwargs)
        environ = request.environ
        self._jar._add_cookies_to_wsgi(environ)
        add_handshake(environ, wanted)
        scope = build_socket_scope(environ, wanted, self._get_extensions(), self._get_state())
        exchange = SocketExchange(self.application, scope, self._grace)
        is_open = await _leave_when_cancelled(exchange, exchange.open)
        response = self._jar.build_response(request, exchange.status, exchange.headers, exchange.refusal)
        if not is_open:
            raise WebSocketRefusedError(response)
        session = WebSocketSession(response, exchange)
        try:
            yield session
        except BaseException:
            await exchange.abort()
            raise
        await session.close()

    def session_transaction(self, *args: Any, **kwargs: Any) -> AbstractContextManager[SessionMixin]:
        """Give the session that a request would see, and save its changes.

        Args:
            *args: What `Flask.test_request_context` takes.
            **kwargs: Likewise.

        Returns:
            What a `with` statement enters.
        """
        return self._jar.session_transaction(*args, **kwargs)

    def get_cookie(self, *args: Any, **kwargs: Any) -> Any:
        """Return a cookie or None; see `werkzeug.test.Client.get_cookie`."""
        return self._jar.get_cookie(*args, **kwargs)

    def set_cookie(self, *args: Any, **kwargs: Any) -> None:
        """Set a cookie; see `werkzeug.test.Client.set_cookie`."""
        self._jar.set_cookie(*args, **kwargs)

    def delete_cookie(self, *args: Any, **kwargs: Any) -> None:
        """Delete a cookie; see `werkzeug.test.Client.delete_cookie`."""
        self._jar.delete_cookie(*args, **kwargs)

    async def __aenter__(self) -> Self:
        """Start the application.

        Raises:
            RuntimeError: The client is in an `async with` block already, or
                the application says that it could not start.
            BaseException: Whatever else the start raises.
        """
        if self._lifespan is not None:
            raise RuntimeError(
                "Cannot nest client invocations: this client is in an `async with` block already."
                " Make a second client by app.async_test_client()."
            )
        lifespan = LifespanExchange(self.application, self._grace)
        await lifespan.startup()
        self._lifespan = lifespan
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Shut the application down.

        Raises:
            RuntimeError: The application says that it could not shut down.
            BaseException: Whatever else the shutdown raises.
        """
        lifespan, self._lifespan = self._lifespan, None
        if lifespan is not None:
            await lifespan.shutdown()

    async def _send(self, request: BaseRequest) -> TestResponse:
        """Return the complete response to a request."""
        exchange = await self._call(request)
        pieces: list[bytes] = []
        await _leave_when_cancelled(exchange, lambda: _read_all(exchange, pieces))
        return self._jar.build_response(request, exchange.status, exchange.headers, b"".join(pieces))

    async def _call(self, request: BaseRequest) -> HttpExchange:
        """Return the exchange whose answer has begun."""
        environ = request.environ
        self._jar._add_cookies_to_wsgi(environ)
        scope = build_asgi_scope(environ, self._get_extensions(), self._get_state())
        exchange = HttpExchange(self.application, scope, Body(environ), self._grace)
        await _leave_when_cancelled(exchange, exchange.open)
        return exchange

    def _get_extensions(self) -> dict[str, Any]:
        return {name: {} for name in self._extensions}

    def _get_state(self) -> dict[str, Any]:
        return {} if self._lifespan is None else self._lifespan.kept


class _Jar(FlaskClient):
    """Build requests, and keep the cookies of their responses."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Return the request that following a redirect would send."""
        kwargs.pop("buffered", None)
        return self._request_from_builder_args(args, kwargs)

    def build_request(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> BaseRequest:
        refresh(self.application)
        return self._request_from_builder_args(args, kwargs)

    def build_following(self, response: TestResponse) -> BaseRequest:
        request: Any = self.resolve_redirect(response)
        return self.build_request((request,), {})

    def build_response(
        self, request: BaseRequest, status: int, headers: list[tuple[str, str]], body: bytes
    ) -> TestResponse:
        kept = Headers(headers)
        self._update_cookies_from_response(request.host.partition(":")[0], request.path, kept.getlist("Set-Cookie"))
        # The constructor completes a number to a status line, though its type says otherwise.
        line: Any = status
        response = self.response_wrapper([body] if body else [], status=line, headers=kept, request=request)
        response.json_module = self.application.json
        response.call_on_close(request.environ["wsgi.input"].close)
        return response


async def _read_all(exchange: HttpExchange, pieces: list[bytes]) -> None:
    while (piece := await exchange.take()) is not None:
        pieces.append(piece)


async def _leave_when_cancelled(exchange: Any, function: Callable[[], Any]) -> Any:
    """Await a function; when that is cancelled, the client goes away."""
    try:
        return await function()
    except asyncio.CancelledError:
        await exchange.leave()
        raise
