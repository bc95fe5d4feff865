"""Answer servers that call by RSGI (Granian, version 1.6).

Here lives what of that protocol a request needs.  Two of its habits are
dangerous and kept away from users: iterating a body ends as if it were
complete when the client goes away, so only a body whose length is known
is read in pieces; and a stream that fails ends as if it were complete,
so it is left open instead.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from .bodies import NAMED_BODIES
from .environ import build_environ
from .exchange import serve_http
from .handshake import open_socket
from .outgoing import read_code
from .peer import Incoming
from .transports import RsgiTransport
from .wrapped import warn_of_wrapper

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

#: Bytes of a body that are read at once; what is longer comes in pieces.
_MOST_AT_ONCE = 1 << 20


def serve(app: Any, scope: Any, protocol: Any) -> Awaitable[None]:
    """Answer one RSGI call: a request or a WebSocket.

    Args:
        app: The application.
        scope: What is asked for.
        protocol: The server's side of it.

    Returns:
        What is to be awaited.
    """
    if not app._knows_interface:
        warn_of_wrapper(app, "rsgi")
    if scope.proto == "http":
        return serve_http(app, RsgiPeer(scope, protocol))
    return open_socket(app, read_scope(scope), RsgiTransport(scope, protocol))


def _read_headers(scope: Any) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = scope.headers.items()
    # HTTP/2 has the host in a field of its own.
    if scope.authority and "host" not in scope.headers:
        return [*headers, ("host", scope.authority)]
    return headers


def read_scope(scope: Any) -> Incoming:
    """Return the request that a scope tells of."""
    return Incoming(
        scope.method,
        scope.path,
        None,
        "",
        _read_query(scope),
        scope.scheme,
        scope.http_version,
        _read_headers(scope),
        _split_address(scope.server),
        _split_address(scope.client),
    )


def _read_query(scope: Any) -> str:
    query: str = scope.query_string
    return query if query.isascii() else query.encode().decode("latin-1")


def _split_address(address: str | None) -> Any:
    if not address:
        return None
    host, _, port = address.rpartition(":")
    if not port.isdecimal():
        return address, None
    return host.strip("[]"), int(port)


class RsgiPeer:
    """Read and write one HTTP exchange by RSGI's protocol object.

    Args:
        scope: What is asked for.
        protocol: The server's side of the exchange.
    """

    __slots__ = (
        *("_first", "_has_length", "_headers", "_protocol", "_scope", "_transport"),
        *("announced", "body", "cookies", "expects_body", "host", "is_plain", "method", "path", "was_cut"),
    )

    def __init__(self, scope: Any, protocol: Any) -> None:
        self._scope = scope
        self._protocol = protocol
        self._transport: Any
        self.was_cut = False
        self.body = b""
        self._first: bytes | None = None
        self.method: str = scope.method
        self.path: str = scope.path
        # PERF: to look for five names takes 0.2 µs; a dict of three headers 0.4, and of ten 1.0.
        self._headers = headers = scope.headers
        hosts = headers.get_all("host")
        self.host: str | None = hosts[0] if hosts else scope.authority or scope.server.rpartition(":")[0]
        self.is_plain = len(hosts) < 2 and "upgrade" not in headers
        self.cookies = self._read_single("cookie") if "cookie" in headers else None
        if "content-length" in headers:
            self.announced = self._read_single("content-length")
            self.expects_body = self.announced != "0"
        else:
            self.announced = None
            self.expects_body = "transfer-encoding" in headers or scope.http_version not in NAMED_BODIES

    def _read_single(self, name: str) -> str | None:
        """Return the value of a header, of which there should be one."""
        values: list[str] = self._headers.get_all(name)
        if len(values) != 1:
            # There are several, or what there is is not ASCII, and the server keeps it back.
            self.is_plain = False
            return values[0] if values else None
        return values[0]

    def read_incoming(self) -> Incoming:
        """Return all that the server says of the request."""
        return read_scope(self._scope)

    def read_query(self) -> str:
        """Return the query, its bytes as latin-1."""
        return _read_query(self._scope)

    def read_content_type(self) -> str | None:
        """Return the header `Content-Type`; None where there is not just one."""
        values: list[str] = self._headers.get_all("content-type")
        return values[0] if len(values) == 1 else None

    def build_environ(self) -> dict[str, Any]:
        """Return the WSGI environ of the request, with `body` in it."""
        return build_environ(read_scope(self._scope), io.BytesIO(self.body))

    async def read_at_once(self, most: int) -> bool:
        """Read the body into `body` where it is not too long.

        Args:
            most: The most bytes that it may have.

        Returns:
            Whether it did; what was read is the begin of `read_chunks` if not.
        """
        if self._find_length() > _MOST_AT_ONCE:
            return False
        try:
            data: bytes = await self._protocol()
        except RuntimeError:
            self.was_cut = True
            return False
        if len(data) > most:
            self._first = data
            return False
        self.body = data
        return True

    def _find_length(self) -> int:
        """Return the length that was announced, 0 where none was."""
        announced = self.announced
        return int(announced) if announced is not None and announced.isdecimal() else 0

    async def read_chunks(self) -> AsyncIterator[bytes]:
        """Yield the pieces of the body.

        Yields:
            Bytes.

        Raises:
            EOFError: The client went away before the end.
        """
        if self.was_cut:
            raise EOFError
        if self._first is not None:
            yield self._first
            return
        length = self._find_length()
        if length <= _MOST_AT_ONCE:
            try:
                yield await self._protocol()
            except RuntimeError as error:
                self.was_cut = True
                raise EOFError from error
            return
        seen = 0
        async for chunk in self._protocol:
            seen += len(chunk)
            yield chunk
        if seen < length:
            self.was_cut = True
            raise EOFError

    async def wait_until_gone(self) -> None:
        """Return when the client went away."""
        await self._protocol.client_disconnect()

    def send_whole(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        """Send a whole answer, which needs no waiting."""
        if body:
            self._protocol.response_bytes(read_code(status), headers, body)
        else:
            self._protocol.response_empty(read_code(status), headers)

    async def start(self, status: str, headers: list[tuple[str, str]]) -> None:
        """Send the head of an answer."""
        self._has_length = any(name.lower() == "content-length" for name, _ in headers)
        self._transport = self._protocol.response_stream(read_code(status), headers)

    def send_piece(self, piece: bytes) -> Awaitable[None]:
        """Send a piece of the body; the wait ends when the next may come."""
        sending: Awaitable[None] = self._transport.send_bytes(piece)
        return sending

    async def finish(self) -> None:
        """Say that the body is complete, which freeing the transport does."""
        self._transport = None

    async def abort(self) -> None:
        """Keep an answer that failed half-way from looking complete.

        RSGI has no word for it (Granian 2.8.7).  A body whose length was told
        is seen to be short; any other is left open until the client gives up.
        """
        if not self._has_length:
            await self._protocol.client_disconnect()
        self._transport = None

    async def send_file(self, status: str, headers: list[tuple[str, str]], path: str) -> bool:
        """Have the server send a file.

        Returns:
            Whether it does: nothing was sent where not.
        """
        self._protocol.response_file(read_code(status), headers, path)
        return True
