"""Read the bodies of requests from an event loop.

A body is read before the view runs, so that `request.form` and its like
are plain calls: in memory up to a mebibyte, beyond that in a temporary
file, which only worker threads touch.  A route with `stream=True` reads
it piece by piece instead.
"""

from __future__ import annotations

import io
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from werkzeug.exceptions import ClientDisconnected

from ..pipeline.bridge import async_to_sync

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ..pipeline.workers import Workers

#: Bytes of a body that are kept in memory.
MOST_IN_MEMORY = 1 << 20
#: Versions of HTTP in which a header tells whether a body follows (RFC 9112,
#: section 6); from HTTP/2 on none does.
NAMED_BODIES = frozenset({"1", "1.0", "1.1"})


async def read_body(
    chunks: AsyncIterator[bytes], announced: str | None, limit: int | None, find_threads: Callable[[], Workers]
) -> Any:
    """Read a whole body.

    Args:
        chunks: Its pieces; EOFError says that the rest will not come.
        announced: The value of Content-Length, or None.
        limit: The most bytes that are wanted, or None.
        find_threads: Returns the threads that write what does not fit into
            memory.

    Returns:
        A binary stream.  It raises where the body was cut off.  Of one over
        the limit, which `_body.open_body` answers with 413, the rest is read
        only if a view raises its limit.
    """
    if is_over(announced, limit):
        return LiveBody(chunks)
    kept: list[bytes] = []
    size = total = 0
    file: IO[bytes] | None = None
    is_cut = False
    try:
        async for chunk in chunks:
            kept.append(chunk)
            size += len(chunk)
            total += len(chunk)
            if limit is not None and total > limit:
                if file is None:
                    return LiveBody(chunks, b"".join(kept))
                # What is left unread may not look like the end.
                is_cut = True
                break
            if size > MOST_IN_MEMORY:
                # SECURITY: disks are slow at times, and the loop serves everybody.
                file = await find_threads().call(None, _write, file, kept)
                kept, size = [], 0
    except EOFError:
        is_cut = True
    if file is None:
        body: Any = io.BytesIO(b"".join(kept))
    else:
        await find_threads().call(None, _write, file, kept)
        file.seek(0)
        body = file
    return CutBody(body) if is_cut else body


def is_over(announced: str | None, limit: int | None) -> bool:
    """Say whether a body is longer than wanted by what its client tells.

    Args:
        announced: The value of Content-Length, or None.
        limit: The most bytes that are wanted, or None.
    """
    return limit is not None and announced is not None and announced.isdecimal() and int(announced) > limit


def _write(file: IO[bytes] | None, chunks: list[bytes]) -> IO[bytes]:
    if file is None:
        file = TemporaryFile()  # noqa: SIM115 - it is closed with the request
    file.writelines(chunks)
    return file


def is_spooled(body: Any) -> bool:
    """Say whether a body is in a temporary file, which has to be closed.

    Args:
        body: What `read_body` returned, or None.
    """
    if isinstance(body, CutBody):
        body = body.source
    return not (body is None or isinstance(body, (io.BytesIO, LiveBody)))


class CutBody(io.RawIOBase):
    """Give what came of a body, and raise where the rest should come.

    Args:
        source: What came.
    """

    def __init__(self, source: IO[bytes]) -> None:
        #: What came.
        self.source = source

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def close(self) -> None:
        """Close what came, too."""
        super().close()
        self.source.close()

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer.

        Returns:
            How many bytes were read.

        Raises:
            ClientDisconnected: Nothing is left, and more should have come.
        """
        data = self.source.read(len(buffer))
        if not data and len(buffer):
            raise ClientDisconnected
        buffer[: len(data)] = data
        return len(data)


class LiveBody(io.RawIOBase):
    """Read a body while it arrives, from sync code or by `async for`.

    Args:
        chunks: Its pieces; EOFError says that the rest will not come.
        first: What was read of it already.
    """

    def __init__(self, chunks: AsyncIterator[bytes], first: bytes = b"") -> None:
        self._chunks = chunks
        self._rest = first
        self._is_cut = False

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer, in a worker thread.

        Returns:
            How many bytes were read; 0 at the end.

        Raises:
            ClientDisconnected: The client went away half-way.
        """
        while not self._rest:
            chunk = async_to_sync(self._next)()
            if chunk is None:
                return 0
            self._rest = chunk
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    async def _next(self) -> bytes | None:
        if self._is_cut:
            raise ClientDisconnected
        try:
            return await anext(self._chunks, None)
        except BaseException as error:
            # The chunks have ended by it, also where only the wait was cancelled: this may not look like the end.
            self._is_cut = True
            if isinstance(error, EOFError):
                raise ClientDisconnected from error
            raise

    async def read_chunk(self) -> bytes:
        """Return the next piece, or nothing at the end.

        Raises:
            ClientDisconnected: The client went away half-way.
        """
        if self._rest:
            chunk, self._rest = self._rest, b""
            return chunk
        return await self._next() or b""
