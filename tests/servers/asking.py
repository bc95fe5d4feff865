"""What the tests ask with: whole answers, and bytes on a socket where a request is broken on purpose."""

from __future__ import annotations

import json
import select
import socket
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

from tests.servers.running import Running

PATIENCE = 8.0


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, as JSON."""
        return json.loads(self.body)


def ask(served: Running, path: str, method: str = "GET", **options: Any) -> Answer:
    """Ask on a connection of its own."""
    with served.connect() as connection:
        connection.request(method, path, **options)
        return read_answer(connection.getresponse())


def read_answer(response: HTTPResponse) -> Answer:
    """Read an answer to its end."""
    headers = {name.title(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, response.read())


def send_raw(served: Running, request: bytes) -> int | None:
    """Send bytes as they are and say no more.

    Returns:
        The status of the answer; None when the server closed the connection without one.
    """
    with open_socket(served) as peer:
        with suppress(OSError):
            push(peer, request)
            peer.shutdown(socket.SHUT_WR)
        return read_status(peer)


def send_chunks(served: Running, path: str, chunks: list[bytes]) -> int | None:
    """Send a chunked body, and its end only when there is no answer before.

    Returns:
        As `send_raw`.
    """
    with open_socket(served) as peer:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        with suppress(ConnectionError):
            push(peer, head.encode() + b"".join(frame(chunk) for chunk in chunks))
            if not select.select([peer], [], [], 1.0)[0]:
                peer.sendall(frame(b""))
        return read_status(peer)


def push(peer: socket.socket, data: bytes) -> None:
    """Send until all is sent or the server answers: some then read no more, and do not close either."""
    rest = memoryview(data)
    while rest:
        readable, writable, _ = select.select([peer], [peer], [], PATIENCE)
        if readable or not writable:
            return
        rest = rest[peer.send(rest[:65536]) :]


def frame(chunk: bytes) -> bytes:
    """Write a chunk as RFC 9112 section 7.1 has it."""
    return b"%x\r\n%b\r\n" % (len(chunk), chunk)


def open_socket(served: Running) -> socket.socket:
    """Connect to the server."""
    return socket.create_connection(("127.0.0.1", served.port), timeout=PATIENCE)


def read_status(peer: socket.socket) -> int | None:
    """Read the status of the answer, and the rest until the server has no more to say."""
    received = b""
    with suppress(ConnectionError, TimeoutError):
        while chunk := peer.recv(65536):
            received += chunk
            if b"\r\n\r\n" in received:
                peer.settimeout(0.2)
    return int(received.split(b" ", 2)[1]) if received.startswith(b"HTTP/1.") else None
