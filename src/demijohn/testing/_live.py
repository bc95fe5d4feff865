"""Hold what is going on between an async test and the application.

Here live the response whose body is on its way, the client's side of a
WebSocket, and the errors of sockets.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, NoReturn

from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from ._asgi import HttpExchange, SocketExchange


class StreamedResponse:
    """Hold a response whose body is still on its way.

    Args:
        head: The response without its body.
        exchange: Where the body comes from.
    """

    def __init__(self, head: TestResponse, exchange: HttpExchange) -> None:
        #: The response without its body: its request, cookies, dates.
        self.head = head
        self._exchange = exchange

    @property
    def status_code(self) -> int:
        """The status, as a number."""
        return self.head.status_code

    @property
    def headers(self) -> Headers:
        """The headers."""
        return self.head.headers

    async def chunks(self) -> AsyncIterator[bytes]:
        """Give the pieces of the body as the application sends them.

        Until a piece is taken, the application waits to send the next but one.

        Raises:
            ProtocolViolation: The application broke the rules of ASGI.
            BaseException: Whatever the application raises.
        """
        while True:
            piece = await self._exchange.take()
            if piece is None:
                return
            yield piece

    async def read(self) -> bytes:
        """Return the rest of the body.

        Raises:
            ProtocolViolation: The application broke the rules of ASGI.
            BaseException: Whatever the application raises.
        """
        return b"".join([chunk async for chunk in self.chunks()])


class WebSocketSession:
    """Use a WebSocket as its client.

    Args:
        handshake: What the application answered to the handshake.
        exchange: The server's side.
    """

    def __init__(self, handshake: TestResponse, exchange: SocketExchange) -> None:
        #: What the application answered to the handshake.
        self.handshake = handshake
        #: The subprotocol that it chose, or None.
        self.subprotocol = exchange.subprotocol
        self._exchange = exchange

    @property
    def headers(self) -> Headers:
        """The headers of the handshake's answer."""
        return self.handshake.headers

    async def send(self, data: str | bytes) -> None:
        """Send a message; a `str` as text, `bytes` as binary.

        Args:
            data: The message.

        Raises:
            TypeError: The message is neither.
            WebSocketClosedError: The socket is closed.
        """
        if not isinstance(data, (str, bytes)):
            raise TypeError(f"A message is a str or bytes, and not {data!r}. Call send_json() for anything else.")
        # Gives the application the time to close the socket first.
        await asyncio.sleep(0)
        if self._exchange.is_complete or self._exchange.is_gone:
            self._raise_closed()
        self._exchange.deliver(data)

    async def receive(self) -> str | bytes:
        """Return the next message.

        Raises:
            WebSocketClosedError: The socket is closed.
            ProtocolViolation: The application broke the rules of ASGI.
            BaseException: Whatever the application raises.
        """
        data: str | bytes | None = None if self._exchange.is_gone else await self._exchange.take()
        if data is None:
            self._raise_closed()
        return data

    async def send_json(self, value: Any) -> None:
        """Send a value as JSON text.

        Args:
            value: The value; the application's provider writes it.

        Raises:
            WebSocketClosedError: The socket is closed.
        """
        await self.send(self._json.dumps(value))

    async def receive_json(self) -> Any:
        """Return the value that the next message holds as JSON.

        Raises:
            WebSocketClosedError: The socket is closed.
        """
        return self._json.loads(await self.receive())

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the socket, and wait until the application has seen it.

        Args:
            code: The code of the close frame.
            reason: Why.

        Raises:
            ProtocolViolation: The application broke the rules of ASGI.
            BaseException: Whatever else the application raises.
        """
        await self._exchange.close(code, reason)

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        """Give the messages until the application closes the socket."""
        while True:
            data = None if self._exchange.is_gone else await self._exchange.take()
            if data is None:
                return
            yield data

    @property
    def close_code(self) -> int:
        """The code of the close frame; 1006 while there is none."""
        return self._exchange.close_code

    @property
    def close_reason(self) -> str:
        """Why the socket was closed."""
        return self._exchange.close_reason

    @property
    def _json(self) -> Any:
        return self.handshake.json_module

    def _raise_closed(self) -> NoReturn:
        raise WebSocketClosedError(self._exchange.close_code, self._exchange.close_reason)


class WebSocketRefusedError(Exception):
    """Say that the application refused a handshake.

    Args:
        response: What it answered.
    """

    def __init__(self, response: TestResponse) -> None:
        super().__init__(f"The application refused the WebSocket with the status {response.status!r}.")
        #: What the application answered.
        self.response = response


class WebSocketClosedError(Exception):
    """Say that a socket is closed.

    Args:
        code: The code of its close frame.
        reason: Why it was closed.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"The WebSocket is closed with the code {code} and the reason {reason!r}.")
        #: The code of the close frame.
        self.code = code
        #: Why the socket was closed.
        self.reason = reason
