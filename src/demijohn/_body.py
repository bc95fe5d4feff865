"""Open a request's body so that what is read is complete or an error.

Here lives the one layer that every door's body goes through.  A body that
ends before its announced length, or that goes on past its limit, raises
and is never handed over as if it were whole.  Parsing is Werkzeug's.

RFC 9112, section 8: a message that ends early is incomplete and must not
be treated as if it were complete.
"""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, Any

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wsgi import get_content_length, get_input_stream

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def open_body(environ: WSGIEnvironment, limit: int | None) -> IO[bytes]:
    """Return the body as a stream that only ends where the body ends.

    Args:
        environ: The WSGI environ of the request.
        limit: The most bytes that may be read, or None.

    Returns:
        A binary stream.  It is empty where neither a length is given nor
        the server says that it marks the end itself.

    Raises:
        RequestEntityTooLarge: The announced length is over the limit.
    """
    if not environ.get("wsgi.input_terminated"):
        return get_input_stream(environ, max_content_length=limit)
    length = get_content_length(environ)
    if length is not None and limit is not None and length > limit:
        raise RequestEntityTooLarge
    return io.BufferedReader(_CheckedBody(environ["wsgi.input"], length, limit))


class _CheckedBody(io.RawIOBase):
    """Count what comes from a server that ends its stream by itself.

    Such servers end it just the same when the client goes away.  Reading
    one byte more than the limit tells a body at the limit from one over it.
    """

    def __init__(self, source: IO[bytes], length: int | None, limit: int | None) -> None:
        self._source = source
        self._length = length
        self._limit = limit
        self._seen = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        wanted = len(buffer)
        if self._limit is not None:
            wanted = min(wanted, self._limit - self._seen + 1)
        data = self._source.read(wanted)
        self._seen += len(data)
        if self._limit is not None and self._seen > self._limit:
            raise RequestEntityTooLarge
        if not data and self._length is not None and self._seen < self._length:
            raise ClientDisconnected
        buffer[: len(data)] = data
        return len(data)
