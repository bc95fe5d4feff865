"""The other side of `slow`: slow clients keep a server busy while good ones ask it for a page.

`python -m bench.slow_client <port> <process> <kind> <slow> <seconds>` prints
one object of JSON.  The kinds are in `KINDS`.  Every good request has a
connection of its own, so that none waits behind another.
"""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import perf_counter
from typing import Any

from .cases import HELLO
from .servers import HOST, read_rss

PATIENCE = 2.0
"""Seconds after which a good client gives up."""

_EVERY = 0.02  # seconds between two good requests
_DRIP = 0.5  # seconds between two bytes of a slow client
_SETTLE_SECONDS = {"bodies": 0.5, "heads": 0.5, "readers": 2.0}  # a stream fills the system's buffers first
_SMALL_BUFFER = 4096
_GOOD = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
_HEAD = f"POST /upload HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n".encode()
_HALF_HEAD = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n".encode()
_LARGE = f"GET /large HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


async def send_bodies_slowly(port: int) -> None:
    """Announce a body and send it byte by byte."""
    await _drip(port, _HEAD, b"x")


async def send_heads_slowly(port: int) -> None:
    """Send the head of a request line by line, without end."""
    await _drip(port, _HALF_HEAD, b"X-More: x\r\n")


async def read_slowly(port: int) -> None:
    """Ask for a large answer and take a little of it at a time."""
    loop = asyncio.get_running_loop()
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
        one.setblocking(False)
        await loop.sock_connect(one, (HOST, port))
        await loop.sock_sendall(one, _LARGE)
        while True:
            await asyncio.sleep(_DRIP)
            await loop.sock_recv(one, 64)


KINDS: dict[str, Callable[[int], Awaitable[None]]] = {
    "bodies": send_bodies_slowly,
    "heads": send_heads_slowly,
    "readers": read_slowly,
}


async def run(port: int, process: int, kind: str, slow: int, seconds: float) -> dict[str, Any]:
    """Keep a server busy with slow clients, and ask it for a page meanwhile.

    Args:
        port: Where the server is.
        process: The server's first process.
        kind: What the slow clients do slowly.
        slow: How many of them.
        seconds: For how long good clients ask.

    Returns:
        `asked`, `share` (of good requests, how many were answered in time
        and rightly), `p50_ms` and `p99_ms` of those, and `rss`, the bytes
        of memory that slow clients cost the server; or `fault`.
    """
    if await ask(port) is None:
        return {"fault": "the server does not answer, even before slow clients come"}
    before = read_rss(process)
    clients = [asyncio.create_task(_stay(KINDS[kind], port)) for _ in range(slow)]
    await asyncio.sleep(_SETTLE_SECONDS[kind])
    requests: list[asyncio.Task[float | None]] = []
    end = perf_counter() + seconds
    while perf_counter() < end:
        requests.append(asyncio.create_task(ask(port)))
        await asyncio.sleep(_EVERY)
    answers = [time for time in await asyncio.gather(*requests) if time is not None]
    size = read_rss(process) - before
    for client in clients:
        client.cancel()
    await asyncio.gather(*clients, return_exceptions=True)
    figures: dict[str, Any] = {"asked": len(requests), "share": round(len(answers) / len(requests), 4), "rss": size}
    if answers:
        answers.sort()
        for name, part in (("p50_ms", 0.5), ("p99_ms", 0.99)):
            figures[name] = round(answers[int(len(answers) * part)] * 1000, 2)
    return figures


async def ask(port: int) -> float | None:
    """Ask for the page, and give the seconds until it was there, or None if it did not come."""
    begin = perf_counter()
    writer = None
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(_GOOD)
            answer = await reader.read()
    except (OSError, TimeoutError):
        return None
    finally:
        if writer is not None:
            writer.close()
    is_right = answer.startswith(b"HTTP/1.1 200 ") and HELLO.encode() in answer
    return perf_counter() - begin if is_right else None


async def _stay(client: Callable[[int], Awaitable[None]], port: int) -> None:
    """Come again whenever the server ends the connection."""
    while True:
        with suppress(OSError):
            await client(port)
        await asyncio.sleep(_DRIP)


async def _drip(port: int, first: bytes, drop: bytes) -> None:
    _reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(first)
        while True:
            await writer.drain()
            await asyncio.sleep(_DRIP)
            writer.write(drop)
    finally:
        writer.close()


def main() -> None:
    """Run what the command line asks for, and print the figures."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    port, process, kind, slow, seconds = sys.argv[1:]
    print(json.dumps(asyncio.run(run(int(port), int(process), kind, int(slow), float(seconds)))))


if __name__ == "__main__":
    main()
