"""Put comments into a stream of events while its source is quiet.

Here lives what a door or an `EventStream` wraps around an async iterator.
It needs asyncio, so it is a file of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Self

KEEP_ALIVE = b": keep-alive\n\n"
"""A comment of an event stream, which browsers ignore (WHATWG HTML, section 9.2.6)."""


def keep_alive_around(chunks: AsyncIterator[bytes], seconds: float, comment: bytes = KEEP_ALIVE) -> KeepAlive:
    """Put comments between chunks when none came for a while.

    Args:
        chunks: What to read.
        seconds: How long to wait for a chunk before a comment is given.
        comment: What is given instead.

    Returns:
        An async iterator.  Await its `aclose`, which leaves no task behind.
    """
    return KeepAlive(chunks, seconds, comment)


class KeepAlive:
    """Read chunks, and give a comment whenever one is long in coming.

    All chunks are asked for by one task, one at a time and only when the
    reader wants one, so that what the iterator enters (a timeout, a task
    group, a context variable) stays entered.  A comment does not disturb it.

    Args:
        chunks: What to read.
        seconds: How long to wait for a chunk before a comment is given.
        comment: What is given instead.
    """

    def __init__(self, chunks: AsyncIterator[bytes], seconds: float, comment: bytes) -> None:
        self._chunks: AsyncIterator[bytes] | None = chunks
        self._seconds = seconds
        self._comment = comment
        self._wanted = asyncio.Event()
        self._next: asyncio.Future[bytes] | None = None
        self._reader: asyncio.Task[None] | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._chunks is None:
            raise StopAsyncIteration
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
            self._wanted.set()
        if self._reader is None:
            self._reader = asyncio.create_task(self._read(self._chunks))
        awaited: set[asyncio.Future[Any]] = {self._next, self._reader}
        done, _ = await asyncio.wait(awaited, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED)
        if self._next.done():
            chunk, self._next = self._next.result(), None
            return chunk
        if not done:
            return self._comment
        reader, self._reader, self._chunks = self._reader, None, None
        reader.result()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Cancel what the iterator waits for, and close it.

        Raises:
            BaseException: Whatever the iterator raises at its end.
        """
        chunks, self._chunks = self._chunks, None
        reader, self._reader = self._reader, None
        if reader is None:
            await _close(chunks)
            return
        reader.cancel()
        await asyncio.wait({reader})
        with suppress(asyncio.CancelledError):
            reader.result()

    async def _read(self, chunks: AsyncIterator[bytes]) -> None:
        """Give a chunk whenever one is wanted; close the iterator at the end."""
        try:
            async for chunk in chunks:
                self._wanted.clear()
                # The iterator may have caught the cancellation and given another chunk.
                if self._chunks is None or self._next is None:
                    return
                self._next.set_result(chunk)
                await self._wanted.wait()
        finally:
            await _close(chunks)


async def _close(chunks: Any) -> None:
    close = getattr(chunks, "aclose", None)
    if close is not None:
        await close()
