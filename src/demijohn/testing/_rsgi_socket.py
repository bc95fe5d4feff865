"""Serve one WebSocket to an application by RSGI 1.6.

Here lives the other half of the stand-in for Granian.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from ._exchange import Exchange
from ._rsgi import RsgiApp, RsgiProtocolClosed, RsgiProtocolError, RsgiScope


class SocketMessage:
    """Hold what a client sent.

    Args:
        data: The message; None when the socket was closed.
    """

    def __init__(self, data: str | bytes | None) -> None:
        self.kind = 0 if data is None else 1 if isinstance(data, bytes) else 2
        if data is not None:
            self.data = data


class SocketExchange(Exchange):
    """Serve one WebSocket; the application knows it as its protocol.

    Args:
        app: The application, or its `__rsgi__`.
        scope: What it is called with.
        grace: How many seconds it has to return after the end.
    """

    gone_error = RsgiProtocolClosed

    def __init__(self, app: RsgiApp, scope: RsgiScope, grace: float) -> None:
        super().__init__(grace)
        #: The status of the handshake's answer.
        self.status = 0
        #: Whether the application closed the socket.
        self.is_closed = False
        self._app = app
        self._scope = scope
        self._inbox: deque[str | bytes] = deque()
        self._is_end_told = False

    async def open(self) -> bool:
        """Call the application and return whether it accepts.

        Raises:
            BaseException: Whatever the application raises before.
        """
        self.start(self._call())
        await self.until(lambda: self.status or self.has_ended)
        if self.status == 101:
            return True
        await self.finish()
        return False

    async def take(self) -> Any:
        """Return the next message, or None when the socket was closed.

        The code of its close frame is 1005, whatever the application says.

        Raises:
            BaseException: Whatever the application raises.
        """
        await self.until(lambda: self._piece is not None or self.is_closed or self.has_ended)
        self.is_complete = self.is_complete or self.is_closed
        return await super().take()

    def deliver(self, data: str | bytes) -> None:
        """Put a message of the client's where the application receives it.

        Args:
            data: The message.
        """
        self._inbox.append(data)
        self.tell()

    async def _call(self) -> None:
        await self._app(self._scope, SocketProtocol(self))
        self.status = self.status or 403
        self.is_complete = True

    def accept(self) -> SocketTransport:
        """Complete the handshake.

        Raises:
            ProtocolViolation: It was accepted before, of which Granian dies.
            RsgiProtocolError: It was refused before.
        """
        if self.status == 101:
            self.violate("The application accepted the socket a second time.")
        if self.status:
            raise RsgiProtocolError("RSGI protocol error")
        self.status = 101
        self.tell()
        return SocketTransport(self)

    def close(self, status: int | None) -> None:
        """Refuse the handshake, or close the socket.

        Args:
            status: The status of the answer, 403 by default; without effect
                on a socket that was accepted.

        Raises:
            ProtocolViolation: It is no status of HTTP, of which Granian dies.
        """
        if self.status == 101:
            self.is_closed = True
        else:
            code = 403 if status is None else status
            if type(code) is not int or not 200 <= code < 1000:
                self.violate(f"The application refused the handshake with {code!r}, which is no status of HTTP.")
            self.status = code
        self.tell()

    async def receive(self) -> SocketMessage:
        """Return the next message to the application.

        Raises:
            RsgiProtocolClosed: The end of the socket was told before.
        """
        await self.until(lambda: self._inbox or self.is_gone or self.is_closed)
        if self._inbox:
            return SocketMessage(self._inbox.popleft())
        if self._is_end_told:
            raise RsgiProtocolClosed("RSGI transport is closed")
        self._is_end_told = True
        return SocketMessage(None)

    async def send(self, data: str | bytes) -> None:
        """Take a message of the application's, when there is room for it.

        Args:
            data: The message.

        Raises:
            RsgiProtocolError: The application closed the socket before.
            RsgiProtocolClosed: The client has gone away.
        """
        if self.is_closed:
            raise RsgiProtocolError("RSGI protocol error")
        await self.put(data)


class SocketProtocol:
    """Be what an application accepts or refuses a WebSocket by.

    Args:
        exchange: The server's side.
    """

    def __init__(self, exchange: SocketExchange) -> None:
        self._exchange = exchange

    async def accept(self) -> SocketTransport:
        """Complete the handshake and return what the socket is used by."""
        return self._exchange.accept()

    def close(self, status: int | None = None) -> None:
        """Refuse the handshake, or close the socket.

        Args:
            status: The status of the answer to the handshake.
        """
        self._exchange.close(status)


class SocketTransport:
    """Be what an application uses a WebSocket by.

    Args:
        exchange: The server's side.
    """

    def __init__(self, exchange: SocketExchange) -> None:
        self._exchange = exchange

    async def receive(self) -> SocketMessage:
        """Return the next message."""
        return await self._exchange.receive()

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message.

        Args:
            data: The message.

        Raises:
            TypeError: It is not bytes.
        """
        if type(data) is not bytes:
            raise TypeError(f"send_bytes() takes bytes, and not {data!r}.")
        await self._exchange.send(data)

    async def send_str(self, data: str) -> None:
        """Send a text message.

        Args:
            data: The message.

        Raises:
            TypeError: It is no str.
        """
        if type(data) is not str:
            raise TypeError(f"send_str() takes a str, and not {data!r}.")
        await self._exchange.send(data)
