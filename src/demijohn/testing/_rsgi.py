"""Serve one HTTP request to an application by RSGI 1.6.

Here lives a stand-in for Granian that needs no network.  It does what
Granian 2.8 does, with what RSGI leaves open too, and refuses whatever
Granian would drop silently or die of.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from ._exchange import Exchange
from ._incoming import Body, BodyCutError, get_client, get_http_version, get_path, list_headers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Headers = list[tuple[str, str]]
RsgiApp = Callable[..., Awaitable[Any]]

_is_token = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
_find_control = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]").search
_EMPTY = frozenset({204, 304})


class RsgiProtocolError(RuntimeError):
    """Tell the application that it may not do this now."""


class RsgiProtocolClosed(RuntimeError):  # noqa: N818 - the name in RSGI
    """Tell the application that its client is gone."""


class RsgiHeaders:
    """Hold the headers of a request.

    As in Granian, values beyond ASCII are missing but for their names.

    Args:
        headers: Names in lower case, and latin-1 values.
    """

    def __init__(self, headers: Headers) -> None:
        self._names = [name for name, _ in headers]
        self._items = [(name, value) for name, value in headers if value.isascii()]

    def __contains__(self, key: str) -> bool:
        return key.lower() in self._names

    def keys(self) -> list[str]:
        """Return each name once."""
        return list(dict.fromkeys(self._names))

    def values(self) -> list[str]:
        """Return the values."""
        return [value for _, value in self._items]

    def items(self) -> Headers:
        """Return pairs of name and value; a name may occur several times."""
        return self._items[:]

    def get(self, key: str, default: Any = None) -> Any:
        """Return the first value of a header.

        Args:
            key: The name, in any case.
            default: What is returned when there is none.
        """
        return next(iter(self.get_all(key)), default)

    def get_all(self, key: str) -> list[str]:
        """Return all values of a header.

        Args:
            key: The name, in any case.
        """
        return [value for name, value in self._items if name == key.lower()]


class RsgiScope:
    """Hold what is known of a request before its body.

    Args:
        environ: The request.
        proto: "http" or "ws".
    """

    rsgi_version = "1.6"

    def __init__(self, environ: WSGIEnvironment, proto: str = "http") -> None:
        host, port = get_client(environ) or ("", 0)
        self.proto = proto
        self.http_version = get_http_version(environ)
        self.server = f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
        self.client = f"{host}:{port}"
        self.scheme: str = environ["wsgi.url_scheme"]
        self.method: str = environ["REQUEST_METHOD"]
        self.path = get_path(environ)
        self.query_string: str = environ.get("QUERY_STRING", "").encode("latin-1").decode(errors="replace")
        self.headers = RsgiHeaders(list_headers(environ))
        #: The host of an HTTP/2 request, which has no `Host` header.
        self.authority: str | None = None


class HttpExchange(Exchange):
    """Serve one HTTP request; the application knows it as its protocol.

    Args:
        app: The application, or its `__rsgi__`.
        scope: What it is called with.
        body: The request's body.
        grace: How many seconds it has to return after its answer.
    """

    gone_error = RsgiProtocolClosed

    def __init__(self, app: RsgiApp, scope: RsgiScope, body: Body, grace: float) -> None:
        super().__init__(grace)
        self.scope = scope
        #: The status of the answer.
        self.status = 0
        #: The headers of the answer.
        self.headers: Headers = []
        self._app = app
        self._body = body
        self._is_body_taken = False

    async def open(self) -> None:
        """Call the application and wait until its answer begins.

        Raises:
            BaseException: Whatever the application raises before.
        """
        self.start(self._call())
        await self.until(lambda: self.status or self.has_ended)
        if not self.status:
            await self.finish()

    async def _call(self) -> None:
        await self._app(self.scope, HttpProtocol(self))
        self.is_complete = self.status != 0

    async def read_body(self) -> bytes:
        """Return the whole body to the application.

        Raises:
            RsgiProtocolClosed: The client went away in the middle.
        """
        self._take_body()
        pieces = []
        while not self._body.is_read:
            try:
                pieces.append(self._body.read())
            except BodyCutError as error:
                self.is_cut = True
                raise RsgiProtocolClosed("RSGI transport is closed") from error
        return b"".join(pieces)

    async def take(self) -> Any:
        """Return the next piece, or None at the end.

        An answer that failed half-way is left open, as RSGI has no word for
        it; the client gives up after `grace` seconds without a piece.

        Raises:
            ProtocolViolation: It gave up, and the application raised nothing.
            BaseException: Whatever the application raises.
        """
        try:
            async with asyncio.timeout(self._grace):
                return await super().take()
        except TimeoutError:
            await self.leave()
            self.violate(f"The client gave up: nothing came for {self._grace} s, and the answer was not complete.")

    async def iterate_body(self) -> AsyncIterator[bytes]:
        """Give the pieces of the body.

        They end without a word when the client goes away, as in Granian.
        """
        self._take_body()
        while not self._body.is_read:
            try:
                piece = self._body.read()
            except BodyCutError:
                self.is_cut = True
                break
            yield piece
        yield b""

    async def wait_gone(self) -> None:
        """Wait until the client goes away."""
        await self.until(lambda: self.is_gone)

    def begin(self, status: Any, headers: Any) -> None:
        """Begin the answer.

        Args:
            status: Its status.
            headers: Its headers.

        Raises:
            ProtocolViolation: One of them is wrong, or it has begun before.
        """
        if self.status:
            self.violate(f"The application answered a second time, with status {status!r}.")
        if type(status) is not int or not 200 <= status < 1000:
            self.violate(f"The application sent the status {status!r}. It must be a whole number from 200 to 999.")
        for pair in headers:
            if type(pair) is not tuple or len(pair) != 2 or not all(type(text) is str for text in pair):
                self.violate(f"The application sent the header {pair!r}. It must be a tuple of two str.")
            if not _is_token(pair[0]) or _find_control(pair[1]):
                self.violate(f"The application sent the header {pair!r}, which holds a character that is not allowed.")
        # Granian writes UTF-8, and clients read latin-1.
        self.headers = [(name.lower(), value.encode().decode("latin-1")) for name, value in headers]
        self.status = status
        self.tell()

    def answer(self, status: Any, headers: Any, body: bytes) -> None:
        """Take a complete answer.

        Args:
            status: Its status.
            headers: Its headers.
            body: Its body.

        Raises:
            ProtocolViolation: One of them is wrong, or it is not the first.
        """
        self.begin(status, headers)
        self._check_length(body)
        if self.scope.method != "HEAD":
            self._piece = body or None

    async def send_piece(self, piece: bytes) -> None:
        """Take a piece of a streamed answer, when there is room for it.

        Args:
            piece: What to send.

        Raises:
            ProtocolViolation: There may be no body.
            RsgiProtocolClosed: The client has gone away.
        """
        if piece and self.status in _EMPTY:
            self.violate(f"The application sent a body with status {self.status}, which has none.")
        if piece and self.scope.method != "HEAD":
            await self.put(piece)
        else:
            self.check_client()

    def _take_body(self) -> None:
        if self._is_body_taken:
            self.violate("The application read the body a second time.")
        self._is_body_taken = True

    def _check_length(self, body: bytes) -> None:
        if body and self.status in _EMPTY:
            self.violate(f"The application sent a body with status {self.status}, which has none.")
        lengths = [value for name, value in self.headers if name == "content-length"]
        is_about_body = self.scope.method != "HEAD" and self.status != 304
        if is_about_body and lengths and lengths != [str(len(body))]:
            self.violate(f"The application announced {', '.join(lengths)} bytes and sent {len(body)}.")


class HttpProtocol:
    """Be what an application answers an HTTP request by.

    Args:
        exchange: The server's side.
    """

    def __init__(self, exchange: HttpExchange) -> None:
        self._exchange = exchange

    async def __call__(self) -> bytes:
        return await self._exchange.read_body()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._exchange.iterate_body()

    async def client_disconnect(self) -> None:
        """Wait until the client goes away."""
        await self._exchange.wait_gone()

    def response_empty(self, status: int, headers: Headers) -> None:
        """Answer without a body.

        Args:
            status: The status.
            headers: The headers.
        """
        self._exchange.answer(status, headers, b"")

    def response_str(self, status: int, headers: Headers, body: str) -> None:
        """Answer with text.

        Args:
            status: The status.
            headers: The headers.
            body: The text.

        Raises:
            TypeError: The body is no str.
        """
        if type(body) is not str:
            raise TypeError(f"response_str() takes a str, and not {body!r}.")
        self._exchange.answer(status, headers, body.encode())

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        """Answer with bytes.

        Args:
            status: The status.
            headers: The headers.
            body: The bytes.

        Raises:
            TypeError: The body is not bytes.
        """
        if type(body) is not bytes:
            raise TypeError(f"response_bytes() takes bytes, and not {body!r}.")
        self._exchange.answer(status, headers, body)

    def response_file(self, status: int, headers: Headers, file: str) -> None:
        """Answer with a file.

        Args:
            status: The status.
            headers: The headers.
            file: Its path.
        """
        self._exchange.answer(status, headers, self._read_file(file))

    def response_file_range(self, status: int, headers: Headers, file: str, start: int, end: int) -> None:
        """Answer with a part of a file.

        Args:
            status: The status.
            headers: The headers.
            file: Its path.
            start: The first byte.
            end: The byte behind the last.
        """
        self._exchange.answer(status, headers, self._read_file(file)[start:end])

    def response_stream(self, status: int, headers: Headers) -> StreamTransport:
        """Begin an answer that is sent in pieces.

        Args:
            status: The status.
            headers: The headers.
        """
        self._exchange.begin(status, headers)
        return StreamTransport(self._exchange)

    def _read_file(self, path: str) -> bytes:
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError as error:
            # Granian answers 404 then, whatever the application meant.
            self._exchange.violate(f"The application sent the file {path!r}, which cannot be read: {error}")


class StreamTransport:
    """Be what an application sends a streamed answer by.

    Args:
        exchange: The server's side.
    """

    def __init__(self, exchange: HttpExchange) -> None:
        self._exchange = exchange

    async def send_bytes(self, data: bytes) -> None:
        """Send a piece.

        Args:
            data: The piece.

        Raises:
            TypeError: It is not bytes.
        """
        if type(data) is not bytes:
            raise TypeError(f"send_bytes() takes bytes, and not {data!r}.")
        await self._exchange.send_piece(data)

    async def send_str(self, data: str) -> None:
        """Send a piece of text.

        Args:
            data: The piece.

        Raises:
            TypeError: It is no str.
        """
        if type(data) is not str:
            raise TypeError(f"send_str() takes a str, and not {data!r}.")
        await self._exchange.send_piece(data.encode())
