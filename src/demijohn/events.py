"""Stream events and JSON lines to the client, piece by piece.

Here lives what a view returns to stream server-sent events (WHATWG HTML,
section 9.2) or one JSON value a line.  How a stream is sent, and when a
client that went away closes it, is for the doors.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeVar

from . import json
from ._current import find_app
from .typing import HeadersValue

__all__ = ["Event", "EventStream", "JSONLines", "build_response"]

Encode = Callable[[Any], bytes]
Dumps = Callable[[Any], str]

#: The three ends that a line of an event stream may have; `str.splitlines` knows more.
_split_lines = re.compile(r"\r\n|\r|\n").split
_find_break = re.compile(r"[\r\n\0]").search
#: Iterables that are one value, and not a series of them.
_SINGLE = (str, bytes, bytearray, Mapping)


@dataclass(frozen=True, slots=True)
class Event:
    """Hold one event of a stream.

    Args:
        data: The text; anything but a `str` is sent as JSON.  None leaves the
            field out, and then browsers dispatch no event.
        event: The type, to which `addEventListener` listens; browsers take
            "message" when there is none.
        id: What the browser sends as `Last-Event-ID` when it comes back.
        retry: How many milliseconds the browser is to wait before it does.
    """

    data: Any = None
    event: str | None = None
    id: str | None = None
    retry: int | None = None


#: What a stream is made of, for the annotation of a view.
Item = TypeVar("Item")


class _Stream(Generic[Item]):
    """Hold what streams have in common: where their items come from.

    Args:
        source: An iterable or async iterable.
        status: The status of the response.
        headers: Its headers.

    Raises:
        TypeError: The source is no iterable, or it is a single value.
    """

    #: The complete `Content-Type`.
    content_type: str
    #: Headers that are sent unless the view gives its own.
    default_headers: ClassVar[Mapping[str, str]] = {}
    #: Seconds without an item after which a comment is sent, or None.
    keep_alive: float | None = None
    #: Writes items as JSON, where an annotation says what they are; else the application does.
    dumps: Dumps | None = None

    def __init__(self, source: Any, *, status: int | str = 200, headers: HeadersValue | None = None) -> None:
        is_async = hasattr(source, "__aiter__")
        if not is_async and (not isinstance(source, Iterable) or isinstance(source, _SINGLE)):
            raise TypeError(
                f"{type(self).__name__} takes an iterator or async iterator, but its source was a"
                f" {type(source).__name__}. Call a generator function before you pass it, and put a single"
                " value into a list."
            )
        #: Where the items come from.
        self.source: Any = source
        #: Whether they come from an async iterator.
        self.is_async = is_async
        #: The status of the response.
        self.status = status
        #: Headers that the view gave.
        self.headers = headers

    @staticmethod
    def encode(item: Any, dumps: Dumps = json.dumps) -> bytes:
        """Return the bytes of one item.

        Args:
            item: What the source gave.
            dumps: Writes JSON; by default as the current application does.

        Raises:
            NotImplementedError: The subclass does not define it.
        """
        raise NotImplementedError

    def chunks(self) -> Iterator[bytes] | AsyncIterator[bytes]:
        """Return the body: an iterator, or an async one if the source is.

        It can be closed (`close`, `aclose`), which closes the source.  JSON is
        written by the application that is current now.
        """
        app = find_app()
        dumps: Dumps = self.dumps or (json.dumps if app is None else app.json.dumps)
        encode_item = self.encode

        def encode(item: Any) -> bytes:
            return encode_item(item, dumps)

        if not self.is_async:
            return _Chunks(self._get_preamble(), iter(self.source), encode)
        chunks = _AsyncChunks(self._get_preamble(), self.source.__aiter__(), encode)
        if self.keep_alive is None:
            return chunks
        # Late: it needs asyncio, for which an application without async streams has no use.
        from ._keep_alive import keep_alive_around

        return keep_alive_around(chunks, self.keep_alive)

    def _get_preamble(self) -> bytes:
        """Return what is sent before the first item."""
        return b""


class EventStream(_Stream[Item]):
    r"""Stream server-sent events, which a browser reads by `EventSource`.

    A browser that lost the connection comes back by itself, and sends the
    `id` of the last event that it saw: read
    `request.headers.get("Last-Event-ID")` and go on behind it.

    Args:
        source: An iterable or async iterable of `Event`, of `str`, or of what
            becomes JSON.  It is closed when the client goes away.
        retry: Milliseconds that the browser is to wait before it comes back.
        keep_alive: Seconds without an event after which a comment is sent, so
            that no proxy takes the connection for dead; None for never.
        status: The status of the response.
        headers: Its headers, which win over the default ones.

    Raises:
        TypeError: The source is no iterable, or it is a single value.
        ValueError: `retry` or `keep_alive` is out of range.

    Example:
        >>> EventStream.encode(Event({"n": 1}, event="tick", id="7"))
        b'event: tick\nid: 7\ndata: {"n": 1}\n\n'
        >>> EventStream.encode("two\nlines")
        b'data: two\ndata: lines\n\n'
    """

    content_type = "text/event-stream"
    # The second is nginx's: it passes each piece on at once.
    default_headers: ClassVar[Mapping[str, str]] = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}

    def __init__(
        self,
        source: Any,
        *,
        retry: int | None = None,
        keep_alive: float | None = 15.0,
        status: int | str = 200,
        headers: HeadersValue | None = None,
    ) -> None:
        super().__init__(source, status=status, headers=headers)
        if keep_alive is not None and not keep_alive > 0:
            raise ValueError(f"keep_alive was {keep_alive!r}: pass a number of seconds above zero, or None.")
        self.keep_alive = keep_alive
        self._preamble = b"" if retry is None else self.encode(Event(retry=retry))

    @staticmethod
    def encode(item: Any, dumps: Dumps = json.dumps) -> bytes:
        """Return the bytes of one event.

        Args:
            item: An `Event`, or the data of one.
            dumps: Writes JSON; by default as the current application does.

        Raises:
            TypeError: The item is bytes, or JSON does not know it.
            ValueError: A field has a character that would end it, or `retry`
                is no number of milliseconds.
        """
        event = item if isinstance(item, Event) else Event(item)
        lines = [
            f"{name}: {_check_field(name, value)}"
            for name, value in (("event", event.event), ("id", event.id))
            if value is not None
        ]
        if event.retry is not None:
            lines.append(f"retry: {_check_retry(event.retry)}")
        if event is not item or event.data is not None:
            text = event.data if isinstance(event.data, str) else dumps(_refuse_bytes(event.data))
            lines.extend(f"data: {line}" for line in _split_lines(text))
        return "\n".join([*lines, "", ""]).encode()

    def _get_preamble(self) -> bytes:
        return self._preamble


class JSONLines(_Stream[Item]):
    r"""Stream JSON values, each on a line of its own (NDJSON).

    Args:
        source: An iterable or async iterable of what can be dumped as JSON.
            It is closed when the client goes away.
        status: The status of the response.
        headers: Its headers, which win over the default ones.

    Raises:
        TypeError: The source is no iterable, or it is a single value.

    Example:
        >>> JSONLines.encode({"text": "two\nlines"})
        b'{"text": "two\\nlines"}\n'
    """

    content_type = "application/x-ndjson"

    @staticmethod
    def encode(item: Any, dumps: Dumps = json.dumps) -> bytes:
        """Return the line of one value.

        Args:
            item: The value.
            dumps: Writes JSON; by default as the current application does.

        Raises:
            TypeError: The item, or one in it, cannot be dumped.
        """
        # Within a string JSON escapes line ends, so these stand between values only.
        return (" ".join(_split_lines(dumps(item))) + "\n").encode()


#: The kinds of streams that a view may return.
STREAMS = (EventStream, JSONLines)


def build_response(response_class: Any, stream: EventStream[Any] | JSONLines[Any]) -> Any:
    """Make the response that sends a stream.

    Args:
        response_class: The application's.
        stream: What the view returned.

    Returns:
        A response whose body is `stream.chunks()`.  Its attribute
        `keep_alive` says how many seconds a door waits for a chunk of a sync
        body before it sends a comment; async bodies see to it themselves.
    """
    response = response_class(
        stream.chunks(), status=stream.status, headers=stream.headers, content_type=stream.content_type
    )
    for name, value in stream.default_headers.items():
        response.headers.setdefault(name, value)
    response.keep_alive = None if stream.is_async else stream.keep_alive
    return response


class _Chunks:
    """Encode what a sync iterator gives."""

    def __init__(self, preamble: bytes, source: Iterator[Any], encode: Encode) -> None:
        self._preamble = preamble
        self._source = source
        self._encode = encode

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        if self._preamble:
            preamble, self._preamble = self._preamble, b""
            return preamble
        return self._encode(next(self._source))

    def close(self) -> None:
        self._preamble = b""
        source, self._source = self._source, iter(())
        close = getattr(source, "close", None)
        if close is not None:
            close()


class _AsyncChunks:
    """Encode what an async iterator gives."""

    def __init__(self, preamble: bytes, source: AsyncIterator[Any], encode: Encode) -> None:
        self._preamble = preamble
        self._source: AsyncIterator[Any] | None = source
        self._encode = encode

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._source is None:
            raise StopAsyncIteration
        if self._preamble:
            preamble, self._preamble = self._preamble, b""
            return preamble
        return self._encode(await anext(self._source))

    async def aclose(self) -> None:
        source, self._source = self._source, None
        await _close(source)


async def _close(source: Any) -> None:
    close = getattr(source, "aclose", None)
    if close is not None:
        await close()


def _check_field(name: str, value: Any) -> str:
    # SECURITY: a line end would begin another field, so text of a client's could forge events.
    if not isinstance(value, str):
        raise TypeError(f"The {name} of an event was {value!r}, a {type(value).__name__}. Pass a str.")
    if _find_break(value):
        raise ValueError(
            f"The {name} {value!r} of an event holds a line end or NUL, which would end the field and could"
            " begin another. Remove it, or put the text into the data."
        )
    return value


def _check_retry(retry: Any) -> int:
    if type(retry) is not int or retry < 0:
        raise ValueError(f"The retry of an event was {retry!r}. Pass a whole number of milliseconds.")
    return retry


def _refuse_bytes(data: Any) -> Any:
    if isinstance(data, (bytes, bytearray)):
        raise TypeError(
            f"The data of an event was {type(data).__name__}: {bytes(data)[:40]!r}. Pass the text, a dict or a"
            " list, without `data:` before it; the stream writes the fields itself."
        )
    return data
