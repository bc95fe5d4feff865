"""The other side of `sockets`: one process that holds many WebSockets, or sends through some as much as it can.

`python -m bench.socket_client idle <port> <process> <count>` and
`python -m bench.socket_client echo <port> <connections> <seconds>` print one
object of JSON.  The client speaks RFC 6455 itself, so that its own cost is
small and the same for all: no compression, texts of 32 bytes, one in flight
on each connection.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import resource
import sys
from collections.abc import Callable, Coroutine
from time import perf_counter
from typing import Any

from .servers import HOST, read_rss

TEXT = b"0123456789abcdef0123456789abcdef"
_AT_ONCE = 64  # handshakes that are under way at the same time
_WARM = 50
_ASKED = 200  # idle sockets that have to answer in the end
_SETTLE_SECONDS = 2.0
_ANSWER_SECONDS = 10.0
_WARM_SECONDS = 0.5
_MASK = b"\x01\x02\x03\x04"
_CLOSE, _PING, _PONG, _IS_TEXT = 8, 9, 10, 1


def build_frame(opcode: int, payload: bytes) -> bytes:
    """Build a short masked frame (RFC 6455, section 5.2)."""
    masked = bytes(byte ^ _MASK[place % 4] for place, byte in enumerate(payload))
    return bytes((0x80 | opcode, 0x80 | len(payload))) + _MASK + masked


def parse_frame(data: bytes) -> tuple[int, bytes, bytes] | None:
    """Take the first frame, of at most 64 KiB and without a mask.

    Args:
        data: What came.

    Returns:
        The opcode, the payload, and the rest; or None while it is not whole.
    """
    if len(data) < 2:
        return None
    start, length = 2, data[1] & 0x7F
    if length >= 126:
        start, length = 4, int.from_bytes(data[2:4], "big")
    if len(data) < start + length:
        return None
    return data[0] & 0x0F, data[start : start + length], data[start + length :]


_MESSAGE = build_frame(_IS_TEXT, TEXT)
_HANDSHAKE = (
    f"GET /echo HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
).encode()


class Socket(asyncio.Protocol):
    """One client.

    `opened` is done once the server has accepted; `on_text` is called when a
    text has come back, and is None where none is expected.
    """

    def __init__(self) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.on_text: Callable[[], None] | None = None
        self.is_closed = False
        self.data = b""

    def connection_made(self, transport: Any) -> None:
        """Send the handshake."""
        self.transport: asyncio.Transport = transport
        transport.write(_HANDSHAKE)

    def data_received(self, data: bytes) -> None:
        """Take what came: the answer to the handshake first, then frames."""
        self.data += data
        if not self.opened.done():
            head, found, rest = self.data.partition(b"\r\n\r\n")
            if not found:
                return
            self.data = rest
            if not head.startswith(b"HTTP/1.1 101 "):
                self.opened.set_exception(ConnectionError(f"the handshake is answered with {head[:60]!r}"))
                return
            self.opened.set_result(None)
        while (frame := parse_frame(self.data)) is not None:
            opcode, payload, self.data = frame
            if opcode == _PING:
                self.transport.write(build_frame(_PONG, payload))
            elif opcode == _CLOSE:
                self.transport.close()
            elif payload != TEXT:
                raise ValueError(f"the server sends {payload[:60]!r} back, which is not what it was sent")
            elif self.on_text is not None:
                self.on_text()

    def connection_lost(self, error: Exception | None) -> None:
        """Take note that the server has gone."""
        self.is_closed = True
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionError("the server ends the connection at the handshake"))

    def send(self) -> None:
        """Send the text."""
        self.transport.write(_MESSAGE)


async def open_sockets(port: int, count: int) -> list[Socket]:
    """Open sockets; those that the server refuses are left out."""
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(_AT_ONCE)
    opened: list[Socket] = []

    async def open_one() -> None:
        async with gate:
            try:
                _transport, one = await asyncio.wait_for(loop.create_connection(Socket, HOST, port), _ANSWER_SECONDS)
                await asyncio.wait_for(one.opened, _ANSWER_SECONDS)
            except (OSError, TimeoutError):
                return
            opened.append(one)

    await asyncio.gather(*(open_one() for _ in range(count)))
    return opened


async def ask(sockets: list[Socket]) -> int:
    """Send a text through each socket, and count those that send it back."""
    loop = asyncio.get_running_loop()
    answers: list[asyncio.Future[None]] = []
    for one in sockets:
        answer: asyncio.Future[None] = loop.create_future()
        answers.append(answer)
        one.on_text = lambda answer=answer: answer.set_result(None)  # type: ignore[misc]  # a default binds the name now
        one.send()
    done, _ = await asyncio.wait(answers, timeout=_ANSWER_SECONDS)
    for one in sockets:
        one.on_text = None
    return len(done)


def drop(sockets: list[Socket]) -> None:
    """End connections at once."""
    for one in sockets:
        one.transport.abort()


async def hold_idle(port: int, process: int, count: int) -> dict[str, Any]:
    """Hold idle sockets, and look at the server's memory before and meanwhile.

    Args:
        port: Where the server is.
        process: The server's first process.
        count: How many sockets.

    Returns:
        `opened`, `seconds` (of opening), `bytes` of memory each, and `asked`
        and `answered`: of some of them, how many still send a text back.
    """
    warm = await open_sockets(port, _WARM)
    await ask(warm)
    drop(warm)
    await asyncio.sleep(_SETTLE_SECONDS / 2)
    before = read_rss(process)
    begin = perf_counter()
    sockets = await open_sockets(port, count)
    seconds = perf_counter() - begin
    await asyncio.sleep(_SETTLE_SECONDS)
    size = read_rss(process) - before
    some = sockets[:: max(1, len(sockets) // _ASKED)]
    answered = await ask(some) if some else 0
    alive = sum(not one.is_closed for one in sockets)
    drop(sockets)
    return {
        "opened": alive,
        "seconds": round(seconds, 2),
        "bytes": round(size / max(1, len(sockets))),
        "asked": len(some),
        "answered": answered,
    }


async def send_much(port: int, connections: int, seconds: float) -> dict[str, Any]:
    """Send texts back and forth, one in flight on each connection.

    Args:
        port: Where the server is.
        connections: How many.
        seconds: For how long, after a warm-up.

    Returns:
        `rps` (texts a second that came back), `p50_ms` and `p99_ms`; or `fault`.
    """
    sockets = await open_sockets(port, connections)
    if len(sockets) < connections:
        return {"fault": f"{len(sockets)} of {connections} sockets were opened"}
    times: list[float] = []
    for one in sockets:
        _keep_sending(one, times)
        one.send()
    await asyncio.sleep(_WARM_SECONDS)
    times.clear()
    begin = perf_counter()
    await asyncio.sleep(seconds)
    taken, count = perf_counter() - begin, len(times)
    found = sorted(times[:count])
    gone = sum(one.is_closed for one in sockets)
    drop(sockets)
    if gone or not found:
        return {"fault": f"{gone} of {connections} sockets were closed by the server, {count} texts came back"}
    p50, p99 = (round(found[int(count * part)] * 1000, 3) for part in (0.5, 0.99))
    return {"rps": round(count / taken), "p50_ms": p50, "p99_ms": p99}


def _keep_sending(one: Socket, times: list[float]) -> None:
    """Have a socket send again whatever comes back, and note how long each took."""
    sent = perf_counter()

    def send_again() -> None:
        nonlocal sent
        now = perf_counter()
        times.append(now - sent)
        sent = now
        one.send()

    one.on_text = send_again


def main() -> None:
    """Run what the command line asks for, and print the figures."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    kind, port, first, second = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    run: Coroutine[Any, Any, dict[str, Any]]
    run = hold_idle(port, first, int(second)) if kind == "idle" else send_much(port, first, float(second))
    # The loop of libuv where it is there, since the client must not be what limits the servers.
    is_quick = importlib.util.find_spec("uvloop") is not None
    with asyncio.Runner(loop_factory=importlib.import_module("uvloop").new_event_loop if is_quick else None) as runner:
        print(json.dumps(runner.run(run)))


if __name__ == "__main__":
    main()
