"""Carry the messages of a WebSocket to servers that call by ASGI or RSGI.

Here live the two transports: ASGI 3.0 with its extension for refusing a
handshake by a response, and RSGI 1.6.
"""

from __future__ import annotations

import asyncio
from typing import Any

from ..websocket import WebSocketDisconnected

#: The kind of an RSGI message that tells of the end.
_CLOSED = 0


class Inbox:
    """Receive from Granian, and keep what comes when nobody waits any more.

    A handler gives up waiting by `asyncio.timeout`, say.  Where the server's
    future is cancelled then, Granian 2.8.7 loses the message that would have
    come by ASGI, and its process dies of the next receive by RSGI.

    Args:
        receive: Gives the next event, by a future as a rule.
    """

    __slots__ = ("_is_closed", "_pending", "_receive", "_waiter")

    def __init__(self, receive: Any) -> None:
        self._receive = receive
        self._pending: Any = None
        self._waiter: asyncio.Future[None] | None = None
        self._is_closed = False

    async def take(self) -> Any:
        """Return the next event."""
        pending = self._pending
        if pending is None:
            self._pending = pending = asyncio.ensure_future(self._receive())
            pending.add_done_callback(self._wake)
        if not pending.done():
            # PERF: an idle socket takes 0.5 kB less than by `asyncio.shield`.
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
                if self._is_closed and not pending.done():
                    self.close()
        self._pending = None
        try:
            return pending.result()
        finally:
            # An error's traceback names this frame: no circle may stay.
            del pending

    def close(self) -> None:
        """Let go of what is awaited, once nobody waits for it."""
        self._is_closed = True
        if self._waiter is None and self._pending is not None:
            self._pending.cancel()
            self._pending = None

    def _wake(self, _: Any) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class AsgiTransport:
    """Carry messages to a server that calls by ASGI.

    Args:
        scope: What the server tells of the handshake.
        receive: Gives the next event.
        send: Takes an event.
    """

    __slots__ = ("_extensions", "_inbox", "_receive", "_send", "_was_asked", "takes_headers")

    def __init__(self, scope: Any, receive: Any, send: Any) -> None:
        self._extensions = scope.get("extensions") or {}
        is_granian = type(getattr(send, "__self__", None)).__module__.startswith("granian")
        self._inbox = Inbox(receive) if is_granian else None
        self._receive = receive if self._inbox is None else self._inbox.take
        self._send = send
        self._was_asked = False
        # Granian 2.8.7 drops the headers of `websocket.accept`.
        self.takes_headers = not is_granian

    async def accept(self, subprotocol: str | None, headers: list[tuple[str, str]]) -> None:
        """Answer the handshake with yes.

        Raises:
            WebSocketDisconnected: The client has gone.
        """
        await self._take_question()
        event = {"type": "websocket.accept", "subprotocol": subprotocol, "headers": _encode(headers)}
        await self._deliver(event)

    async def refuse(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Answer the handshake with a response, or with 403 and no more.

        Raises:
            WebSocketDisconnected: The client has gone.
        """
        await self._take_question()
        if "websocket.http.response" in self._extensions:
            start = {"type": "websocket.http.response.start", "status": status, "headers": _encode(headers)}
            await self._deliver(start)
            await self._deliver({"type": "websocket.http.response.body", "body": body})
        else:
            await self._deliver({"type": "websocket.close", "code": 1000, "reason": ""})

    async def receive(self) -> str | bytes:
        """Return the next message.

        Raises:
            WebSocketDisconnected: There will be none.
        """
        try:
            event = await self._receive()
        except Exception as error:
            raise WebSocketDisconnected from error
        if event["type"] == "websocket.disconnect":
            raise _read_end(event)
        text: str | None = event.get("text")
        return event.get("bytes") or b"" if text is None else text

    async def send(self, data: str | bytes) -> None:
        """Send a message, once the server can take it.

        Raises:
            WebSocketDisconnected: Nobody is there to get it.
        """
        if isinstance(data, str):
            await self._deliver({"type": "websocket.send", "text": data})
        else:
            await self._deliver({"type": "websocket.send", "bytes": data})

    async def close(self, code: int, reason: str) -> None:
        """End an accepted WebSocket.

        Raises:
            WebSocketDisconnected: The client has gone.
        """
        if self._inbox is not None:
            self._inbox.close()
        await self._deliver({"type": "websocket.close", "code": code, "reason": reason})

    async def _take_question(self) -> None:
        if not self._was_asked:
            self._was_asked = True
            event = await self._receive()
            if event["type"] == "websocket.disconnect":
                raise _read_end(event)

    async def _deliver(self, event: dict[str, Any]) -> None:
        try:
            await self._send(event)
        except UnicodeError:
            raise
        except Exception as error:
            # Servers differ in what they raise when the client has gone, or when they closed by themselves.
            raise WebSocketDisconnected from error


class RsgiTransport:
    """Carry messages to a server that calls by RSGI.

    Granian 2.8.7 sends neither a subprotocol, nor headers, nor a close
    code, and refuses a handshake without headers and body.

    Args:
        scope: What the server tells of the handshake.
        protocol: What the server gives to answer it.
    """

    __slots__ = ("_inbox", "_lock", "_protocol", "_transport")

    takes_headers = False

    def __init__(self, scope: Any, protocol: Any) -> None:
        self._protocol = protocol
        self._transport: Any = None
        self._inbox: Any = None
        self._lock: asyncio.Lock | None = None

    async def accept(self, subprotocol: str | None, headers: list[tuple[str, str]]) -> None:
        """Answer the handshake with yes.

        Raises:
            RuntimeError: A subprotocol was to be named.
            WebSocketDisconnected: The client has gone.
        """
        if subprotocol is not None:
            raise RuntimeError(
                f"RSGI has no way to answer a WebSocket with a subprotocol, and {subprotocol!r} was to be named:"
                " a browser that asked for one gives up without. Serve the application with `--interface asgi`."
            )
        try:
            self._transport = await self._protocol.accept()
        except Exception as error:
            raise WebSocketDisconnected from error
        self._inbox = Inbox(self._transport.receive)

    async def refuse(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Answer the handshake with a status; nothing else can be sent."""
        # Granian's worker dies of a status that is none.
        self._protocol.close(status if 200 <= status <= 599 else 500)

    async def receive(self) -> str | bytes:
        """Return the next message.

        Raises:
            WebSocketDisconnected: There will be none.
        """
        try:
            message = await self._inbox.take()
        except Exception as error:
            raise WebSocketDisconnected from error
        if message.kind == _CLOSED:
            raise WebSocketDisconnected(1005)
        data: str | bytes = message.data
        return data

    async def send(self, data: str | bytes) -> None:
        """Send a message, once the server can take it.

        Raises:
            WebSocketDisconnected: Nobody is there to get it.
        """
        # RSGI refuses a message while another one is on its way.
        if self._lock is None:
            self._lock = asyncio.Lock()
        async with self._lock:
            try:
                await (self._transport.send_str(data) if isinstance(data, str) else self._transport.send_bytes(data))
            except UnicodeError:
                raise
            except Exception as error:
                raise WebSocketDisconnected from error

    async def close(self, code: int, reason: str) -> None:
        """End an accepted WebSocket."""
        # Granian keeps a socket open for as long as this object is there.
        self._transport = None
        inbox, self._inbox = self._inbox, None
        if inbox is not None:
            inbox.close()
        self._protocol.close(code)


def _read_end(event: dict[str, Any]) -> WebSocketDisconnected:
    """Return what an ASGI server tells of the end."""
    code = event.get("code")
    return WebSocketDisconnected(1005 if code is None else int(code), event.get("reason") or "")


def _encode(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Return headers as ASGI wants them."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
