"""Take a response apart into what every server protocol can send.

A body is one of four kinds: bytes, a file, an iterator or an async
iterator.  Here lives what finds out which one a response has, while its
request is still current.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from io import BufferedReader, FileIO
from typing import Any, NamedTuple

from werkzeug.wrappers import Response as WerkzeugResponse
from werkzeug.wsgi import FileWrapper

#: Types of bodies that go on until the server stops: events, and the pictures of a camera.
_ENDLESS = ("text/event-stream", "multipart/x-mixed-replace")
#: Bytes of a file that are read at once.
_PIECE = 65_536


class FileBody(FileWrapper):
    """Be the `wsgi.file_wrapper` of the doors that have one of their own."""

    def __init__(self, file: Any, buffer_size: int = _PIECE) -> None:
        super().__init__(file, max(buffer_size, _PIECE))

    @property
    def path(self) -> str | None:
        """The path of the file, if all of it is to be sent and it is there.

        SECURITY: what has a `name` need not lie there: a member of an archive
        that somebody uploaded may be called `/etc/passwd`.
        """
        file = self.file
        if type(file) is not BufferedReader or type(file.raw) is not FileIO or file.closed or file.tell() != 0:
            return None
        if not isinstance(file.name, str):
            return None
        path = os.path.abspath(file.name)
        try:
            is_there = os.path.samestat(os.stat(path), os.fstat(file.fileno()))
        except OSError:
            # Opened and deleted, as is done with files that are to be sent once.
            return None
        return path if is_there else None


class Streamed(NamedTuple):
    """Hold an answer whose body comes in pieces."""

    #: The status line.
    status: str
    headers: list[tuple[str, str]]
    #: An iterable or an async iterator of bytes.
    chunks: Any
    #: Is called when nothing more is sent; closes a sync iterable.
    close: Any
    #: Seconds without a chunk after which a comment is sent, or None.
    keep_alive: float | None = None

    @property
    def closes_nothing(self) -> bool:
        """Whether `close` is that of a response which has nothing to close."""
        response = getattr(self.close, "__self__", None)
        return (
            isinstance(response, WerkzeugResponse)
            and self.close == WerkzeugResponse.close.__get__(response)
            and not response._on_close
            and not hasattr(response.response, "close")
        )

    @property
    def is_endless(self) -> bool:
        """Whether it may go on until the server stops."""
        return any(name.lower() == "content-type" and value.startswith(_ENDLESS) for name, value in self.headers)


@lru_cache(maxsize=256)
def read_code(status: str) -> int:
    """Return the code of a status line.

    Raises:
        ValueError: It is none that HTTP knows (RFC 9110, section 15).
    """
    code = int(status.partition(" ")[0])
    if not 100 <= code <= 999:
        raise ValueError(f"The status {status!r} has no code from 100 to 999, so it cannot be sent.")
    return code


def pack(context: Any, response: Any) -> Any:
    """Take a response apart, as `dispatch.answer` asks a door to.

    Args:
        context: The request context, still current.
        response: The parts of the answer, or a response: any WSGI
            application.

    Returns:
        Status line, headers and one bytes object; or `Streamed`.
    """
    if type(response) is tuple:
        made = context.made_request
        if (context if made is None else made).method == "HEAD":
            return response[0], response[1], b""
        return response
    environ = context.environ
    chunks = getattr(response, "response", None)
    if hasattr(chunks, "__aiter__"):
        headers = response.get_wsgi_headers(environ).to_wsgi_list()
        is_empty = context.route.method == "HEAD" or response.status_code in {204, 304}
        return Streamed(response.status, headers, () if is_empty else chunks, response.close)
    start = _Start()
    iterable = response(environ, start)
    if not start.status:
        # An application of another kind may start when it is first iterated.
        iterator = iter(iterable)
        iterable = _Resumed([next(iterator, b"")], iterator, getattr(iterable, "close", None))
    if start.written:
        iterable = _Resumed(start.written, iter(iterable), getattr(iterable, "close", None))
    close = getattr(iterable, "close", None)
    if type(iterable) is tuple and not iterable:
        return start.status, start.headers, b""
    if any(name.lower() == "x-sendfile" for name, _ in start.headers):
        # The proxy sends the file and its length; the server would miss the bytes.
        start.headers = [pair for pair in start.headers if pair[0].lower() != "content-length"]
    return Streamed(start.status, start.headers, iterable, close, getattr(response, "keep_alive", None))


def pack_in_thread(context: Any, response: Any) -> Any:
    """Take a response apart in a thread, where small files may be read.

    PERF: one hop to a thread for a small file instead of three: 60 µs.

    Args:
        context: The request context, still current.
        response: As for `pack`.

    Returns:
        As `pack` does.
    """
    answer = pack(context, response)
    if type(answer) is Streamed and isinstance(answer.chunks, FileBody) and answer.keep_alive is None:
        lengths = [value for name, value in answer.headers if name.lower() == "content-length"]
        size = int(lengths[0]) if len(lengths) == 1 and lengths[0].isdecimal() else _PIECE + 1
        if size <= _PIECE:
            body = next(answer.chunks, b"")
            if len(body) == size:
                answer.close()
                return answer.status, answer.headers, body
            # It was changed meanwhile, or it gives less at once.
            return answer._replace(chunks=_Resumed([body], answer.chunks, answer.close))
    return answer


class _Start:
    """Be the `start_response` of a WSGI application."""

    def __init__(self) -> None:
        self.status = ""
        self.headers: list[tuple[str, str]] = []
        self.written: list[bytes] = []

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        self.status, self.headers = status, headers
        return self.written.append


class _Resumed:
    """Give the chunks that are there already, then the rest."""

    def __init__(self, first: list[bytes], rest: Iterable[bytes], close: Any) -> None:
        self._first = first
        self._rest = rest
        self._close = close

    def __iter__(self) -> Any:
        yield from self._first
        yield from self._rest

    def close(self) -> None:
        """Close what gives the rest."""
        if self._close is not None:
            self._close()
