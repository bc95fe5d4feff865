"""Answer servers that call by ASGI (version 3.0, HTTP 2.4).

Here lives what of that protocol a request needs: the scope, the events
that bring its body and the messages that make its answer.
"""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any

from .bodies import NAMED_BODIES
from .environ import build_environ
from .exchange import serve_http
from .handshake import open_socket
from .lifespan import serve_lifespan
from .outgoing import read_code
from .peer import Incoming
from .transports import AsgiTransport
from .wrapped import warn_of_wrapper

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: Encoded headers by what they are encoded from.
#: SECURITY: bounded in number and length, since a view may make a header of anything.
_encoded: dict[tuple[str, str], tuple[bytes, bytes]] = {}
_MOST_ENCODED = 2_000
_LONGEST_KEPT = 100


def serve(app: Any, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
    """Answer one ASGI call: a request, a WebSocket, or the lifespan.

    Args:
        app: The application.
        scope: What is asked for.
        receive: Gives the next event.
        send: Takes a message.

    Returns:
        What is to be awaited.

    Raises:
        ValueError: The scope is of a type that ASGI 3.0 does not know.
    """
    if not app._knows_interface:
        warn_of_wrapper(app, "asgi")
    kind = scope["type"]
    if kind == "http":
        return serve_http(app, AsgiPeer(scope, receive, send))
    if kind == "websocket":
        return open_socket(app, read_scope(scope), AsgiTransport(scope, receive, send))
    if kind == "lifespan":
        return serve_lifespan(app.lifespan, scope, receive, send)
    raise ValueError(f"The server asks for {kind!r} by ASGI, which is neither 'http' nor 'websocket' nor 'lifespan'.")


def read_scope(scope: Scope) -> Incoming:
    """Return the request that a scope tells of."""
    return Incoming(
        scope.get("method", "GET"),
        scope["path"],
        scope.get("raw_path"),
        scope.get("root_path", ""),
        scope["query_string"].decode("latin-1"),
        scope.get("scheme", "http"),
        scope.get("http_version", "1.1"),
        [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
        scope.get("server"),
        scope.get("client"),
    )


class AsgiPeer:
    """Read and write one HTTP exchange by ASGI's events.

    Args:
        scope: What is asked for.
        receive: Gives the next event.
        send: Takes a message.
    """

    __slots__ = (
        *("_body_end", "_first", "_has_body_events", "_heads", "_receive", "_scope", "_send"),
        *("announced", "body", "cookies", "expects_body", "host", "is_plain", "method", "path", "was_cut"),
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self.was_cut = False
        self.body = b""
        self._first: MutableMapping[str, Any] | None = None
        self._has_body_events = True
        self._body_end: asyncio.Future[None] | None = None
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        headers = scope["headers"]
        self._heads = heads = dict[bytes, bytes](headers)
        # Where one is repeated or it is no list, the environ has to be made of all of them.
        self.is_plain = (
            type(headers) is list
            and len(heads) == len(headers)
            and b"upgrade" not in heads
            and not scope.get("root_path")
        )
        host = heads.get(b"host")
        self.host: str | None = host.decode("latin-1") if host else _read_server(scope)
        self.cookies = heads[b"cookie"].decode("latin-1") if b"cookie" in heads else None
        if b"content-length" in heads:
            self.announced: str | None = heads[b"content-length"].decode("latin-1")
            self.expects_body = self.announced != "0"
        else:
            self.announced = None
            self.expects_body = b"transfer-encoding" in heads or scope.get("http_version", "1.1") not in NAMED_BODIES

    def read_incoming(self) -> Incoming:
        """Return all that the server says of the request."""
        return read_scope(self._scope)

    def read_query(self) -> str:
        """Return the query, its bytes as latin-1."""
        query: str = self._scope["query_string"].decode("latin-1")
        return query

    def read_content_type(self) -> str | None:
        """Return the header `Content-Type`, or None."""
        value = self._heads.get(b"content-type")
        return None if value is None else value.decode("latin-1")

    def build_environ(self) -> dict[str, Any]:
        """Return the WSGI environ of the request, with `body` in it."""
        return build_environ(read_scope(self._scope), io.BytesIO(self.body))

    async def read_at_once(self, most: int) -> bool:
        """Read the body into `body` where it comes in one event.

        Args:
            most: The most bytes that it may have.

        Returns:
            Whether it did; what was read is the begin of `read_chunks` if not.
        """
        event = await self._receive()
        body = event.get("body", b"")
        if event["type"] == "http.disconnect" or event.get("more_body") or type(body) is not bytes or len(body) > most:
            self._first = event
            return False
        self._note_end()
        self.body = body
        return True

    async def read_chunks(self) -> AsyncIterator[bytes]:
        """Yield the pieces of the body.

        Yields:
            Bytes.

        Raises:
            EOFError: The client went away before the end.
        """
        has_more = True
        while has_more:
            event, self._first = self._first or await self._receive(), None
            if event["type"] == "http.disconnect":
                self.was_cut = True
                raise EOFError
            has_more = event.get("more_body", False)
            if not has_more:
                self._note_end()
            if event.get("body"):
                yield event["body"]

    def _note_end(self) -> None:
        """Leave the events from now on to who waits for the client to go."""
        self._has_body_events = False
        if self._body_end is not None and not self._body_end.done():
            self._body_end.set_result(None)

    async def wait_until_gone(self) -> None:
        """Return when the client went away."""
        if self.expects_body and self._has_body_events:
            # The body comes by the same events, which are for who reads it.
            self._body_end = asyncio.get_running_loop().create_future()
            await self._body_end
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def send_whole(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        """Send a whole answer."""
        pairs = [_encoded.get(pair) or _encode(pair) for pair in headers]
        await self._send({"type": "http.response.start", "status": read_code(status), "headers": pairs})
        await self._send({"type": "http.response.body", "body": body})

    async def start(self, status: str, headers: list[tuple[str, str]]) -> None:
        """Send the head of an answer."""
        pairs = [_encoded.get(pair) or _encode(pair) for pair in headers]
        await self._send({"type": "http.response.start", "status": read_code(status), "headers": pairs})

    def send_piece(self, piece: bytes) -> Awaitable[None]:
        """Send a piece of the body; the wait ends when the next may come."""
        return self._send({"type": "http.response.body", "body": piece, "more_body": True})

    async def finish(self) -> None:
        """Say that the body is complete."""
        await self._send({"type": "http.response.body"})

    async def abort(self) -> None:
        """Do nothing: the server cuts the connection when the call raises."""

    async def send_file(self, status: str, headers: list[tuple[str, str]], path: str) -> bool:
        """Have the server send a file, where it offers `pathsend`.

        Returns:
            Whether it does; nothing was sent where not.
        """
        if "http.response.pathsend" not in (self._scope.get("extensions") or ()):
            return False
        await self.start(status, headers)
        await self._send({"type": "http.response.pathsend", "path": path})
        return True


def _read_server(scope: Scope) -> str | None:
    """Return the name of the server, which stands in for a missing `Host`."""
    server = scope.get("server")
    return server[0] if server else None


def _encode(pair: tuple[str, str]) -> tuple[bytes, bytes]:
    """Return a header as ASGI wants it: bytes, the name in lower case."""
    encoded = pair[0].lower().encode("latin-1"), pair[1].encode("latin-1")
    if len(_encoded) < _MOST_ENCODED and len(pair[1]) <= _LONGEST_KEPT:
        _encoded[pair] = encoded
    return encoded
