"""Talk with a client over a WebSocket (RFC 6455).

Here live `WebSocket`, which the proxy `demijohn.websocket` stands for, and
the errors that go with it.  How messages travel is the server's affair and
that of `doors.websocket`; nothing here knows a server's protocol.

    Exception
    ├── WebSocketDisconnected    the client has gone
    └── HTTPException
        └── UpgradeRequired      the server cannot carry a WebSocket
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, NoReturn, Protocol, Self

from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadRequest, HTTPException

#: The largest message that is taken unless `MAX_WEBSOCKET_MESSAGE_SIZE` says otherwise, in bytes.
DEFAULT_MESSAGE_SIZE = 1024 * 1024

#: Where a WebSocket is in its life.
CONNECTING, OPEN, CLOSED = range(3)

_TOKEN = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
#: Headers of the handshake that are the server's (RFC 6455, section 4.2.2).
_RESERVED = frozenset({"connection", "upgrade"})
#: Close codes that an endpoint may send (RFC 6455, section 7.4, and IANA's registry).
_CODES = frozenset({*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)})
#: What is left of a control frame for the reason (RFC 6455, section 5.5).
_REASON_BYTES = 123
#: The most bytes that a character has in UTF-8.
_CHARACTER_BYTES = 4
#: Addresses of the handshake, which begin with "http" and are shown with "ws".
_ADDRESSES = frozenset({"base_url", "host_url", "root_url", "scheme", "url", "url_root"})


class WebSocketDisconnected(Exception):  # noqa: N818 - it ends a conversation, which is no error
    """Tell a handler that its client has gone.

    A handler need not catch it: one that ends by it has ended well.

    Args:
        code: The close code; 1005 where the client gave none, 1006 where
            the connection was lost.
        reason: The client's words, often none.
    """

    def __init__(self, code: int = 1006, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        return f"The WebSocket is closed, code {self.code}" + (f": {self.reason!r}" if self.reason else "")


class UpgradeRequired(HTTPException):
    """Answer a WebSocket's handshake where the server calls by WSGI.

    RFC 9110, section 15.5.22, wants a field `Upgrade` with this status;
    PEP 3333 forbids an application to set it, and servers refuse it.
    """

    code = 426
    description = (
        "This address speaks WebSocket, and the server calls the application by WSGI, which cannot carry one."
        " Start the application with `demijohn serve --interface asgi`, or with another server for ASGI or RSGI."
    )


class Transport(Protocol):
    """Carry messages between a `WebSocket` and a server."""

    #: Whether the server sends the headers that `accept` is given.
    takes_headers: bool

    async def accept(self, subprotocol: str | None, headers: list[tuple[str, str]]) -> None:
        """Answer the handshake with yes."""

    async def refuse(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Answer the handshake with a response."""

    async def receive(self) -> str | bytes:
        """Return the next message.

        Raises:
            WebSocketDisconnected: There will be none.
        """
        ...

    async def send(self, data: str | bytes) -> None:
        """Send a message, once the server can take it.

        Raises:
            WebSocketDisconnected: Nobody is there to get it.
        """

    async def close(self, code: int, reason: str) -> None:
        """End an accepted WebSocket."""


async def _collect_nothing() -> list[tuple[str, str]]:
    return []


class WebSocket:
    """Talk with the client of one WebSocket.

    Whatever a request has, such as `headers`, `args`, `cookies`, `path` or
    `view_args`, is there too and tells of the handshake.  Addresses begin
    with `ws` or `wss`.

    Args:
        app: The application.
        request: The handshake.
        transport: What carries the messages.
        collect_headers: Gives headers to accept with, such as the session's
            cookie.
    """

    __slots__ = (
        *("__weakref__", "_app", "_closed_here", "_collect_headers", "_limit", "_state", "_transport"),
        *("close_code", "close_reason", "is_accepted", "request"),
    )

    def __init__(
        self,
        app: Any,
        request: Any,
        transport: Transport,
        collect_headers: Callable[[], Awaitable[list[tuple[str, str]]]] = _collect_nothing,
    ) -> None:
        #: The request of the handshake.
        self.request = request
        #: The close code, and None as long as nobody closed.
        self.close_code: int | None = None
        #: What whoever closed gave as the reason.
        self.close_reason = ""
        #: Whether the handshake was answered with yes.
        self.is_accepted = False
        self._app = app
        self._transport = transport
        self._collect_headers = collect_headers
        self._limit: int | None = app.config.get("MAX_WEBSOCKET_MESSAGE_SIZE", DEFAULT_MESSAGE_SIZE)
        self._state = CONNECTING
        self._closed_here = False

    @property
    def is_closed(self) -> bool:
        """Whether no message can be sent any more."""
        return self._state == CLOSED

    @property
    def requested_subprotocols(self) -> list[str]:
        """The subprotocols that the client can speak, the preferred first."""
        names = self.request.headers.get("Sec-WebSocket-Protocol", "").split(",")
        return [name.strip() for name in names if _TOKEN.fullmatch(name.strip())]

    async def accept(
        self,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
        subprotocol: str | None = None,
    ) -> None:
        """Answer the handshake with yes.

        The first `receive` or `send` does it where the handler did not, and
        where it is done already nothing happens.  A session that was
        changed before goes out as a cookie.

        Args:
            headers: Headers to answer with.
            subprotocol: One of `requested_subprotocols`.

        Raises:
            ValueError: The client did not ask for the subprotocol, or a
                header is not valid.
            RuntimeError: It was accepted without these headers or this
                subprotocol, or the server cannot send them.
            WebSocketDisconnected: It is closed.
        """
        if self._state == CLOSED:
            self._refuse_to_go_on()
        if self._state == OPEN:
            if headers or subprotocol:
                raise RuntimeError(
                    f"The WebSocket of {self.request.path!r} is accepted already, without these headers"
                    " or this subprotocol. Call accept() before the first receive() or send()."
                )
            return
        if subprotocol is not None and subprotocol not in self.requested_subprotocols:
            raise ValueError(
                f"The subprotocol {subprotocol!r} is not among those that the client asked for:"
                f" {self.requested_subprotocols}. A browser gives up when it gets another one."
            )
        checked = _check_headers(headers)
        if checked and not self._transport.takes_headers:
            raise RuntimeError(
                f"This server sends no headers when a WebSocket is accepted, so {checked[0][0]!r} would be lost."
                " Send them with an HTTP response, or serve the application with uvicorn or hypercorn."
            )
        checked += await self._collect_headers()
        await self._go_along(self._transport.accept(subprotocol, checked))
        self.is_accepted = True
        if self._state == CONNECTING:
            self._state = OPEN

    async def receive(self) -> str | bytes:
        """Return the next message: text as `str`, binary data as `bytes`.

        Raises:
            WebSocketDisconnected: The client has gone, or sent more than
                `MAX_WEBSOCKET_MESSAGE_SIZE`.
            RuntimeError: Another task waits for a message already.
        """
        if self._state != OPEN:
            if self._state == CLOSED:
                raise self._describe_end()
            await self.accept()
        try:
            message = await self._transport.receive()
        except WebSocketDisconnected as error:
            self._note_end(error)
            raise
        limit = self._limit
        if limit is not None and len(message) * _CHARACTER_BYTES > limit and _measure(message) > limit:
            # SECURITY: what a client sends is held in memory, by the handler often more than once.
            await self.close(1009, f"A message may have {limit} bytes")
            raise self._describe_end()
        return message

    async def receive_json(self) -> Any:
        """Return what the next message holds as JSON.

        Raises:
            BadRequest: It is not JSON, or nests too deeply.
            WebSocketDisconnected: The client has gone.
        """
        message = await self.receive()
        try:
            return self._app.json.loads(message)
        except (ValueError, RecursionError) as error:
            raise BadRequest("The message is not JSON.") from error

    async def send(self, data: str | bytes | bytearray | memoryview) -> None:
        """Send a message, once the server can take it.

        Args:
            data: Text is sent as text, bytes as binary data.

        Raises:
            TypeError: It is neither.
            WebSocketDisconnected: The client has gone.
            RuntimeError: It was closed here.
        """
        message = data if type(data) is str or type(data) is bytes else _convert(data)
        if self._state != OPEN:
            if self._state == CLOSED:
                self._refuse_to_go_on()
            await self.accept()
        try:
            await self._transport.send(message)
        except WebSocketDisconnected as error:
            self._note_end(error)
            raise

    async def send_json(self, *args: Any, **kwargs: Any) -> None:
        """Send a JSON document as text.

        Args:
            *args: The document, or the values of an array.
            **kwargs: The items of an object, instead of the values.

        Raises:
            TypeError: Both were given, or a value is of no JSON type.
            WebSocketDisconnected: The client has gone.
            RuntimeError: It was closed here.
        """
        if args and kwargs:
            raise TypeError(
                "send_json() takes either args or kwargs, not both: a JSON document"
                f" is an array or an object. Got {len(args)} args and the keys {sorted(kwargs)}."
            )
        document = args[0] if len(args) == 1 else args or kwargs
        await self.send(self._app.json.dumps(document))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """End the conversation; where it has ended nothing happens.

        A handshake that was not accepted is refused, with status 403.

        Args:
            code: 1000 for a normal end; 3000 to 4999 are free to use.
            reason: Words for the client, at most 123 bytes in UTF-8.

        Raises:
            ValueError: The code may not be sent, or the reason is too long.
        """
        if code not in _CODES:
            raise ValueError(
                f"{code!r} is not a code that may close a WebSocket (RFC 6455, section 7.4)."
                " Use 1000 for a normal end, or one from 3000 to 4999 with a meaning of your own."
            )
        if len(reason.encode()) > _REASON_BYTES:
            raise ValueError(
                f"The reason for closing has {len(reason.encode())} bytes, and there is room for {_REASON_BYTES}"
                " (RFC 6455, section 5.5). Send a longer text as a message first."
            )
        if self._state == CONNECTING:
            await self.refuse(403, [("Content-Length", "0")], b"")
        elif self._state == OPEN:
            self._state = CLOSED
            self._closed_here = True
            self.close_code, self.close_reason = int(code), reason
            await self._go_along(self._transport.close(int(code), reason))

    async def refuse(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Answer the handshake with a response instead of accepting it.

        A handler does this by returning a response or by `abort`.

        Args:
            status: The status code.
            headers: The headers, checked before.
            body: The body.
        """
        if self._state == CONNECTING:
            self._state = CLOSED
            self._closed_here = True
            await self._go_along(self._transport.refuse(status, headers, body))

    def forget_context(self) -> None:
        """Let go of what is of use during the handshake only."""
        self._collect_headers = _collect_nothing

    async def _go_along(self, step: Awaitable[None]) -> None:
        """Await a step of the transport, and note when the client has gone."""
        try:
            await step
        except WebSocketDisconnected as error:
            if not self._closed_here:
                self._note_end(error)
                raise

    def _note_end(self, error: WebSocketDisconnected) -> None:
        self._state = CLOSED
        if self.close_code is None:
            self.close_code, self.close_reason = error.code, error.reason

    def _describe_end(self) -> WebSocketDisconnected:
        return WebSocketDisconnected(1006 if self.close_code is None else self.close_code, self.close_reason)

    def _refuse_to_go_on(self) -> NoReturn:
        if not self._closed_here:
            raise self._describe_end()
        how = "refused" if self.close_code is None else f"closed with code {self.close_code}"
        raise RuntimeError(
            f"The WebSocket of {self.request.path!r} was {how} by this application, so nothing can be sent"
            " on it any more. Return from the handler after close()."
        )

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str | bytes:
        try:
            return await self.receive()
        except WebSocketDisconnected:
            raise StopAsyncIteration from None

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.request, name)
        if name in _ADDRESSES and value.startswith("http"):
            return f"ws{value[4:]}"
        return value

    def __repr__(self) -> str:
        state = ("connecting", "open", "closed")[self._state]
        return f"<{type(self).__name__} {self.request.path!r} {state}>"


def _check_headers(headers: Mapping[str, str] | Iterable[tuple[str, str]] | None) -> list[tuple[str, str]]:
    """Return headers as a list, where a server may be shown them.

    SECURITY: a control character in a header could end its line and begin
    another (RFC 9110, section 5.5).
    """
    items = Headers(headers).to_wsgi_list()
    for name, value in items:
        lower = name.lower()
        if not _TOKEN.fullmatch(name) or lower in _RESERVED or lower.startswith("sec-websocket-"):
            raise ValueError(
                f"The header {name!r} cannot be sent when a WebSocket is accepted: it is the server's,"
                " or its name is not valid. A subprotocol is an argument of its own."
            )
        if not value.isprintable() or value.encode("latin-1", "replace").decode("latin-1") != value:
            raise ValueError(
                f"The value of the header {name!r} is not valid: {value!r} has characters that no header may hold."
                " Quote or encode what may hold anything."
            )
    return items


def _measure(message: str | bytes) -> int:
    """Return the size that a message had on its way, in bytes."""
    if isinstance(message, str) and not message.isascii():
        return len(message.encode(errors="surrogatepass"))
    return len(message)


def _convert(data: Any) -> str | bytes:
    if isinstance(data, str):
        return data
    if isinstance(data, (bytes, bytearray, memoryview)):
        return bytes(data)
    raise TypeError(
        f"send() takes str or bytes, and got {type(data).__name__}: {data!r:.80}."
        " Use send_json() for a value that JSON can hold."
    )
