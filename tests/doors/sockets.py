"""Servers and clients of WebSockets as the tests play them: strict, and in process."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from werkzeug.test import create_environ

import demijohn
from demijohn.doors.transports import AsgiTransport, RsgiTransport
from demijohn.doors.websocket import serve_socket

EXTENSIONS = {"websocket.http.response": {}}
GONE = object()
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Version": "13",
}

ORDER = {
    "connecting": {
        "websocket.accept": "open",
        "websocket.close": "closed",
        "websocket.http.response.start": "refusing",
    },
    "refusing": {"websocket.http.response.body": "closed"},
    "open": {"websocket.send": "open", "websocket.close": "closed"},
    "closed": {},
}


class AsgiServer:
    """Play a server and its client: give the events, keep what is sent, refuse what is out of order."""

    def __init__(self, messages=(), *, extensions=EXTENSIONS):
        self.scope = {"type": "websocket", "extensions": extensions}
        self.incoming = asyncio.Queue()
        self.sent = []
        self.state = "connecting"
        self.gate = self.failure = None
        self.push({"type": "websocket.connect"}, *messages)

    def push(self, *messages):
        """Let the client send: text, bytes, an event as it is, or GONE for a client that has gone."""
        for message in messages:
            if message is GONE:
                event = {"type": "websocket.disconnect", "code": 1001, "reason": "bye"}
            elif isinstance(message, dict):
                event = message
            else:
                event = {"type": "websocket.receive", "text" if isinstance(message, str) else "bytes": message}
            self.incoming.put_nowait(event)

    async def receive(self):
        """Give the next event."""
        return await self.incoming.get()

    async def send(self, event):
        """Take an event that has its place."""
        following = ORDER[self.state]
        assert event["type"] in following, f"{event['type']} while {self.state}"
        (event.get("text") or "").encode()
        if self.failure is not None:
            raise self.failure
        self.state = following[event["type"]]
        await asyncio.sleep(0)
        if self.gate is not None:
            await self.gate.wait()
        self.sent.append(event)

    @property
    def transport(self):
        """The transport to this server."""
        return AsgiTransport(self.scope, self.receive, self.send)

    @property
    def messages(self):
        """What the client got."""
        sent = [event for event in self.sent if event["type"] == "websocket.send"]
        return [event["text"] if event.get("text") is not None else event["bytes"] for event in sent]

    @property
    def answer(self):
        """The status and the body that refused the handshake."""
        assert [event["type"].rpartition(".")[2] for event in self.sent] == ["start", "body"]
        return self.sent[0]["status"], self.sent[1]["body"]

    @property
    def end(self):
        """The code that closed the socket."""
        assert self.sent[-1]["type"] == "websocket.close"
        return self.sent[-1]["code"]


class RsgiServer:
    """Play Granian: no headers, no subprotocol, one message at a time."""

    def __init__(self, messages=()):
        self.incoming = asyncio.Queue()
        self.sent = []
        self.closed = []
        self.is_busy = False
        for message in messages:
            self.incoming.put_nowait(message)

    async def accept(self):
        """Give the transport."""
        return SimpleNamespace(receive=self.receive, send_str=self.send_str, send_bytes=self.send_bytes)

    def close(self, status=None):
        """Keep the status."""
        self.closed.append(status)

    async def receive(self):
        """Give the next message."""
        message = await self.incoming.get()
        if isinstance(message, Exception):
            raise message
        if message is GONE:
            return SimpleNamespace(kind=0)
        return SimpleNamespace(kind=2 if isinstance(message, str) else 1, data=message)

    async def send_str(self, data):
        """Take text."""
        assert isinstance(data, str)
        await self._take(data)

    async def send_bytes(self, data):
        """Take bytes."""
        assert isinstance(data, bytes)
        await self._take(data)

    async def _take(self, data):
        assert not self.is_busy, "two messages at once"
        self.is_busy = True
        await asyncio.sleep(0)
        self.is_busy = False
        self.sent.append(data)

    @property
    def transport(self):
        """The transport to this server."""
        return RsgiTransport(SimpleNamespace(proto="ws"), self)


def run(coroutine):
    """Run a coroutine, and not for ever."""

    async def limit():
        async with asyncio.timeout(20):
            return await coroutine

    return asyncio.run(limit())


async def wait_until(is_true):
    """Let other tasks run until something is true."""
    while not is_true():  # noqa: ASYNC110 - what is waited for has no event
        await asyncio.sleep(0)


def make_app(**config):
    """Make an application that can sign its sessions."""
    app = demijohn.Flask("sockets")
    app.config.update({"SECRET_KEY": "k", **config})
    return app


def add_socket(app, rule, handler):
    """Register a handler under its name."""
    app.websocket(rule)(handler)


def open_context(app, path="/", headers=None, **options):
    """Make the context of a handshake."""
    environ = create_environ(path, "http://localhost/", headers={**HANDSHAKE, **(headers or {})}, **options)
    return app.request_context(environ)


async def serve(app, server, path="/", headers=None, **options):
    """Serve one socket in a given server."""
    await serve_socket(app, open_context(app, path, headers, **options), server.transport)


def converse(handler, *messages, app=None, headers=None, rule="/", path="/", **options):
    """Run a handler in an ASGI server whose client sends messages, and return the server."""
    app = app or make_app()
    add_socket(app, rule, handler)

    async def main():
        server = AsgiServer(messages, **options)
        await serve(app, server, path, headers)
        return server

    return run(main())
