"""Serve one request, socket or lifespan to an application by ASGI 3.0.

Here lives a server that needs no network and that forgives nothing: each
message that the application sends is checked, and the first one that is
wrong is raised in the application and at the client.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from ._exchange import Exchange
from ._incoming import Body, BodyCutError
from ._messages import find_fault, find_next_state

Message = dict[str, Any]
Headers = list[tuple[str, str]]
AsgiApp = Callable[..., Awaitable[Any]]

#: Status codes whose answers have no body (RFC 9110, section 6.4.1).
_EMPTY = frozenset({204, 304})


class AsgiExchange(Exchange):
    """Call an application by ASGI and check what it sends.

    Args:
        app: The application.
        scope: What it is called with.
        grace: How many seconds it has to return after the end.
    """

    #: Where the exchange is, a key of `_messages.ORDER`.
    state: str

    def __init__(self, app: AsgiApp, scope: Message, grace: float) -> None:
        super().__init__(grace)
        self.scope = scope
        self._app = app

    async def call(self) -> None:
        """Run the application to its end."""
        result = await self._app(self.scope, self.receive, self.send)
        if result is not None:
            self.violate(f"The application returned {result!r}. It must return None.")

    async def receive(self) -> Message:
        """Return what happened next, to the application.

        Raises:
            NotImplementedError: The subclass does not define it.
        """
        raise NotImplementedError

    async def send(self, message: Message) -> None:
        """Take a message of the application's.

        Args:
            message: What it sends.

        Raises:
            ProtocolViolation: It may not send this, or not now.
            ClientGoneError: The client has gone away.
        """
        fault = find_fault(self.state, message, self.scope.get("extensions", ()))
        if fault is not None:
            self.violate(fault)
        self.check_client()
        await self.handle(message)
        self.state = find_next_state(self.state, message)
        self.tell()

    async def handle(self, message: Message) -> None:
        """Do what a message asks for, before the state changes.

        Args:
            message: One that may come now.

        Raises:
            NotImplementedError: The subclass does not define it.
        """
        raise NotImplementedError


class HttpExchange(AsgiExchange):
    """Serve one HTTP request.

    Args:
        app: The application.
        scope: What it is called with.
        body: The request's body.
        grace: How many seconds it has to return after its answer.
    """

    state = "request"

    def __init__(self, app: AsgiApp, scope: Message, body: Body, grace: float) -> None:
        super().__init__(app, scope, grace)
        #: The status of the answer.
        self.status = 0
        #: The headers of the answer.
        self.headers: Headers = []
        self._body = body
        self._length: int | None = None
        self._sent = 0
        self._is_begun = False

    async def open(self) -> None:
        """Call the application and wait until its answer begins.

        Raises:
            BaseException: Whatever the application raises before.
        """
        self.start(self.call())
        await self.until(lambda: self._is_begun or self.has_ended)
        if not self._is_begun:
            await self.finish()

    async def receive(self) -> Message:
        """Return the next piece of the body, or that the client is gone."""
        if not self._body.is_read and not (self.is_cut or self.is_gone or self.is_complete):
            try:
                piece = self._body.read()
            except BodyCutError:
                self.is_cut = True
            else:
                return {"type": "http.request", "body": piece, "more_body": not self._body.is_read}
        await self.until(lambda: self.is_complete or self.is_gone or self.is_cut)
        return {"type": "http.disconnect"}

    async def handle(self, message: Message) -> None:
        """Keep the head of the answer, or hand over a piece of its body.

        Args:
            message: One that may come now.

        Raises:
            ProtocolViolation: The body is not what the head announced.
        """
        if message["type"] == "http.response.start":
            self._keep_head(message)
            return
        is_last = not message.get("more_body", False)
        piece = _read_file(message["path"]) if "path" in message else message.get("body", b"")
        self._check_length(piece, is_last=is_last)
        if piece and self.scope["method"] != "HEAD":
            await self.put(piece)
        self._is_begun = True
        self.is_complete = is_last

    def _keep_head(self, message: Message) -> None:
        self.status = message["status"]
        self.headers = decode_headers(message)
        lengths = [value for name, value in self.headers if name == "content-length"]
        if len(lengths) > 1 or (lengths and not (lengths[0].isascii() and lengths[0].isdigit())):
            self.violate(f"The application sent content-length {lengths!r}. It must be one number.")
        if lengths and self.scope["method"] != "HEAD" and self.status != 304:
            self._length = int(lengths[0])

    def _check_length(self, piece: bytes, *, is_last: bool) -> None:
        self._sent += len(piece)
        if piece and self.status in _EMPTY:
            self.violate(f"The application sent a body with status {self.status}, which has none.")
        if self._length is not None and (self._sent > self._length or (is_last and self._sent < self._length)):
            self.violate(f"The application announced {self._length} bytes and sent {self._sent}.")


class SocketExchange(AsgiExchange):
    """Serve one WebSocket.

    Args:
        app: The application.
        scope: What it is called with.
        grace: How many seconds it has to return after the end.
    """

    state = "handshake"

    def __init__(self, app: AsgiApp, scope: Message, grace: float) -> None:
        super().__init__(app, scope, grace)
        #: The status of the handshake's answer.
        self.status = 101
        #: Its headers.
        self.headers: Headers = []
        #: Its body, when the handshake was refused.
        self.refusal = b""
        #: What the application chose.
        self.subprotocol: str | None = None
        #: How the socket was closed; 1006 when nobody said it.
        self.close_code = 1006
        #: Why it was closed.
        self.close_reason = ""
        self._inbox: deque[str | bytes] = deque()
        self._is_told = False

    async def open(self) -> bool:
        """Call the application and return whether it accepts.

        Raises:
            BaseException: Whatever the application raises before.
        """
        self.start(self.call())
        await self.until(lambda: self.state == "open" or self.is_complete or self.has_ended)
        if self.state in {"handshake", "refusing", "refused"}:
            await self.finish()
            return False
        return True

    async def receive(self) -> Message:
        """Return the next event of the socket."""
        if not self._is_told:
            self._is_told = True
            return {"type": "websocket.connect"}
        await self.until(lambda: (self._inbox and self.state == "open") or self.is_gone or self.is_complete)
        if self._inbox and self.state == "open":
            data = self._inbox.popleft()
            return {"type": "websocket.receive", "text" if isinstance(data, str) else "bytes": data}
        return {"type": "websocket.disconnect", "code": self.close_code, "reason": self.close_reason}

    async def handle(self, message: Message) -> None:
        """Keep the answer to the handshake, or hand over a message.

        Args:
            message: One that may come now.

        Raises:
            ProtocolViolation: The subprotocol is none that was offered.
        """
        kind = message["type"]
        if kind == "websocket.accept":
            self._accept(message)
        elif kind == "websocket.send":
            text = message.get("text")
            await self.put(message["bytes"] if text is None else text)
        elif kind == "websocket.close":
            if self.state == "handshake":
                self.status = 403
            self.close_code = message.get("code", 1000)
            self.close_reason = message.get("reason") or ""
            self.is_complete = True
        elif kind == "websocket.http.response.start":
            self.status = message["status"]
            self.headers = decode_headers(message)
        else:
            self.refusal += message.get("body", b"")
            self.is_complete = not message.get("more_body", False)

    async def take(self) -> Any:
        """Return the next message, or None when the socket was closed.

        Raises:
            BaseException: Whatever the application raises.
        """
        await self.until(lambda: self._piece is not None or self.is_complete or self.has_ended)
        # ASGI lets an application return without closing its socket.
        self.is_complete = self.is_complete or self.has_ended
        return await super().take()

    def deliver(self, data: str | bytes) -> None:
        """Put a message of the client's where the application receives it.

        Args:
            data: The message.
        """
        self._inbox.append(data)
        self.tell()

    async def close(self, code: int, reason: str) -> None:
        """Close the socket as its client.

        Args:
            code: The close code.
            reason: Why.

        Raises:
            BaseException: Whatever the application raises, unless it is
                about the client that has gone.
        """
        if not self.is_complete and not self.is_gone:
            self.close_code, self.close_reason = code, reason
        await self.leave()

    def _accept(self, message: Message) -> None:
        self.subprotocol = message.get("subprotocol")
        self.headers = decode_headers(message)
        offered = self.scope["subprotocols"]
        if self.subprotocol is not None and self.subprotocol not in offered:
            self.violate(f"The application chose the subprotocol {self.subprotocol!r}; the client offered {offered}.")
        if any(name == "sec-websocket-protocol" for name, _ in self.headers):
            self.violate("The application sent sec-websocket-protocol as a header. Send it as 'subprotocol'.")


class LifespanExchange(AsgiExchange):
    """Start an application and shut it down.

    Args:
        app: The application.
        grace: How many seconds it has to return after its shutdown.
    """

    state = "startup"
    unfinished = "The application returned before its lifespan was over."

    def __init__(self, app: AsgiApp, grace: float) -> None:
        #: What the application keeps there is given to every request.
        self.kept: dict[str, Any] = {}
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.kept}
        super().__init__(app, scope, grace)
        self._failure = ""
        self._is_told = False

    async def startup(self) -> None:
        """Start the application.

        Raises:
            RuntimeError: It says that it could not start.
            BaseException: Whatever it raises instead.
        """
        self.start(self.call())
        try:
            await self.until(lambda: self.state != "startup" or self.has_ended)
            if self.state != "serving":
                await self._end("start")
        except BaseException:
            await self.abort()
            raise

    async def shutdown(self) -> None:
        """Shut the application down.

        Raises:
            RuntimeError: It says that it could not shut down.
            BaseException: Whatever it raises instead.
        """
        try:
            if not self.has_ended:
                self.state = "shutdown"
                self.tell()
                await self.until(lambda: self.state == "end" or self.has_ended)
            await self._end("shut down")
        finally:
            await self.abort()

    async def receive(self) -> Message:
        """Return what the server is about to do."""
        if not self._is_told:
            self._is_told = True
            return {"type": "lifespan.startup"}
        await self.until(lambda: self.state == "shutdown")
        return {"type": "lifespan.shutdown"}

    async def handle(self, message: Message) -> None:
        """Keep what the application says about its failure.

        Args:
            message: One that may come now.
        """
        if message["type"].endswith(".failed"):
            self._failure = message.get("message") or "it did not say why"
        self.is_complete = self.state == "shutdown" or bool(self._failure)

    async def _end(self, what: str) -> None:
        await self.finish()
        if self._failure:
            raise RuntimeError(f"The application could not {what}: {self._failure}")


def decode_headers(message: Message) -> Headers:
    """Return the headers of a message as text.

    Args:
        message: One that was checked.
    """
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message.get("headers", ())]


def _read_file(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
