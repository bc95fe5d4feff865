"""Event streams and JSON lines: what stands on the wire, and who closes the source."""

import asyncio
import json
import re
from contextvars import ContextVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demijohn import Flask
from demijohn._keep_alive import KEEP_ALIVE, keep_alive_around
from demijohn.events import Event, EventStream, JSONLines, build_response


def parse_events(stream):
    """Read an event stream as a browser does (WHATWG HTML, section 9.2.6)."""
    events, last_id, retry = [], "", None
    data, kind = [], ""
    for line in re.split(r"\r\n|\r|\n", stream.decode())[:-1]:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                events.append(("\n".join(data), kind or "message", last_id))
            data, kind = [], ""
        elif name == "data":
            data.append(value)
        elif name == "event":
            kind = value
        elif name == "id":
            last_id = value
        elif name == "retry":
            retry = int(value)
    return events, retry


async def collect(chunks):
    """Read an async iterator to its end."""
    return [chunk async for chunk in chunks]


async def count(numbers, closed):
    """Give numbers, and note when that ends."""
    try:
        for number in numbers:
            await asyncio.sleep(0)
            yield number
    finally:
        closed.append(True)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("text", b"data: text\n\n"),
        ("", b"data: \n\n"),
        (" a", b"data:  a\n\n"),
        ("1\n2\r3\r\n4", b"data: 1\ndata: 2\ndata: 3\ndata: 4\n\n"),
        ("1\x0b2\u2028", "data: 1\x0b2\u2028\n\n".encode()),
        ("é", "data: é\n\n".encode()),
        ({"a": 1}, b'data: {"a": 1}\n\n'),
        ([1], b"data: [1]\n\n"),
        (None, b"data: null\n\n"),
        (Event("x", event="tick", id="7", retry=3), b"event: tick\nid: 7\nretry: 3\ndata: x\n\n"),
        (Event(id=""), b"id: \n\n"),
        (Event(["x"]), b'data: ["x"]\n\n'),
    ],
)
def test_event_on_the_wire(item, expected):
    """An event has a line for each field, and one for each line of its data."""
    assert EventStream.encode(item) == expected


@given(st.text(), st.none() | st.text(st.characters(exclude_characters="\r\n\0")), st.text())
def test_browser_reads_what_was_sent(data, kind, following):
    """Whatever the text is, a browser gets one event for one that was sent."""
    expected = [(re.sub(r"\r\n?", "\n", text), name or "message", "") for text, name in [(data, kind), (following, "")]]
    stream = EventStream.encode(Event(data, event=kind)) + EventStream.encode(following)
    assert parse_events(stream) == (expected, None)


@pytest.mark.parametrize("field", ["event", "id"])
@pytest.mark.parametrize("character", ["\r", "\n", "\0"])
def test_field_cannot_begin_another(field, character):
    """A line end or NUL in a field is refused, so a client's text forges no event."""
    with pytest.raises(ValueError, match=f"^The {field} 'a.*data: forged' of an event holds a line end or NUL"):
        EventStream.encode(Event("x", **{field: f"a{character}data: forged"}))


def test_field_is_text():
    """A number as an id is refused with its name."""
    with pytest.raises(TypeError, match="The id of an event was 7, a int"):
        EventStream.encode(Event("x", id=7))


@pytest.mark.parametrize("retry", [-1, 1.5, "3", True])
def test_retry_is_a_number_of_milliseconds(retry):
    """A retry that browsers would ignore is refused, in an event and for the stream."""
    with pytest.raises(ValueError, match="The retry of an event was"):
        EventStream.encode(Event("x", retry=retry))
    with pytest.raises(ValueError, match="The retry of an event was"):
        EventStream([], retry=retry)


def test_bytes_are_refused():
    """Who yields lines of the format by hand is told what to yield."""
    with pytest.raises(TypeError, match=r"was bytes: b'data: x'. Pass the text"):
        EventStream.encode(b"data: x")


@pytest.mark.parametrize("kind", [EventStream, JSONLines])
@pytest.mark.parametrize("source", ["text", b"bytes", {"a": 1}, None, iter])
def test_source_is_a_series(kind, source):
    """A single value or a function is refused at once."""
    with pytest.raises(TypeError, match=f"{kind.__name__} takes an iterator or async iterator"):
        kind(source)


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_keep_alive_is_above_zero(seconds):
    """Comments without a pause between them are refused."""
    with pytest.raises(ValueError, match="keep_alive was"):
        EventStream([], keep_alive=seconds)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, b"null\n"), ("a\nb", b'"a\\nb"\n'), ({"a": [1]}, b'{"a": [1]}\n')],
)
def test_json_line(value, expected):
    """Each value is one line."""
    assert JSONLines.encode(value) == expected


def test_json_line_of_an_indenting_provider():
    """A provider that writes several lines does not break the format."""
    line = JSONLines.encode({"a": [1, 2]}, lambda value: json.dumps(value, indent=2))
    assert line.count(b"\n") == 1
    assert json.loads(line) == {"a": [1, 2]}


def test_stream_of_a_sync_source():
    """A list is sent event by event, behind the time to wait."""
    stream = EventStream([1, Event("b", id="9")], retry=50)
    assert list(stream.chunks()) == [b"retry: 50\n\n", b"data: 1\n\n", b"id: 9\ndata: b\n\n"]
    assert not stream.is_async


@pytest.mark.parametrize("keep_alive", [None, 60.0])
def test_stream_of_an_async_source(keep_alive):
    """An async generator is sent event by event, and closed at its end."""
    closed = []
    stream = EventStream(count([1, 2], closed), retry=50, keep_alive=keep_alive)
    chunks = asyncio.run(collect(stream.chunks()))
    assert chunks == [b"retry: 50\n\n", b"data: 1\n\n", b"data: 2\n\n"]
    assert stream.is_async
    assert closed == [True]


def test_json_is_the_applications():
    """The provider of the application that was current writes, after its context is left too."""
    app = Flask("made")
    app.json.default = lambda value: "mine"
    with app.app_context():
        chunks = [EventStream([object()]).chunks(), JSONLines([object()]).chunks()]
    assert [list(part) for part in chunks] == [[b'data: "mine"\n\n'], [b'"mine"\n']]


def test_closing_closes_a_sync_source():
    """A generator whose body is closed half-way runs its `finally`, once."""
    closed = []

    def give():
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    chunks = EventStream(give()).chunks()
    assert next(chunks) == b"data: 1\n\n"
    chunks.close()
    chunks.close()
    assert list(chunks) == []
    assert closed == [True]


def test_closing_before_the_first_chunk():
    """A source that is no generator is closed too, though nothing was read."""
    closed = []

    class Cursor(list):
        def __iter__(self):
            return self

        def __next__(self):
            raise AssertionError

        def close(self):
            closed.append(True)

    chunks = EventStream(Cursor(), retry=1).chunks()
    chunks.close()
    assert list(chunks) == []
    assert closed == [True]


@pytest.mark.parametrize("keep_alive", [None, 60.0])
def test_closing_closes_an_async_source(keep_alive):
    """An async generator that is closed half-way runs its `finally`, and no task stays behind."""
    closed = []

    async def leave_early():
        chunks = EventStream(count(range(9), closed), keep_alive=keep_alive).chunks()
        assert await anext(chunks) == b"data: 0\n\n"
        await chunks.aclose()
        await chunks.aclose()
        assert await collect(chunks) == []
        return asyncio.all_tasks()

    assert len(asyncio.run(leave_early())) == 1
    assert closed == [True]


def test_async_source_without_aclose():
    """An async iterator that cannot be closed is only read."""

    class Once:
        items = 1

        def __aiter__(self):
            return self

        async def __anext__(self):
            if not self.items:
                raise StopAsyncIteration
            self.items = 0
            return "x"

    assert asyncio.run(collect(EventStream(Once()).chunks())) == [b"data: x\n\n"]


def test_error_of_the_source_arrives():
    """What the source raises reaches who reads, with and without comments."""

    async def fail():
        yield 1
        raise ZeroDivisionError

    async def read(keep_alive):
        chunks = EventStream(fail(), keep_alive=keep_alive).chunks()
        assert await anext(chunks) == b"data: 1\n\n"
        with pytest.raises(ZeroDivisionError):
            await anext(chunks)
        assert await collect(chunks) == []

    asyncio.run(read(60.0))
    asyncio.run(read(None))


def test_comments_while_the_source_is_quiet():
    """A quiet source gets comments around it, and its pending step is not disturbed."""

    async def read():
        steps = asyncio.Queue()
        chunks = EventStream(source(steps), keep_alive=0.001).chunks()
        assert [await anext(chunks), await anext(chunks)] == [KEEP_ALIVE, KEEP_ALIVE]
        steps.put_nowait("late")
        given = [chunk async for chunk in chunks if chunk != KEEP_ALIVE]
        assert given == [b"data: late\n\n"]

    async def source(steps):
        yield await steps.get()

    asyncio.run(read())


def test_source_stays_in_one_task():
    """What a source enters stays entered from chunk to chunk: its task and context are one."""
    variable = ContextVar("variable", default="unset")

    async def source():
        variable.set("set")
        async with asyncio.timeout(60):
            for _ in range(2):
                yield variable.get().encode()
                await asyncio.sleep(0)

    async def read():
        chunks = await collect(keep_alive_around(source(), 60))
        return chunks, variable.get()

    assert asyncio.run(read()) == ([b"set", b"set"], "unset")


def test_source_is_not_read_ahead():
    """The next chunk is asked for when the reader wants it, not before."""
    given = []

    async def source():
        for number in range(3):
            given.append(number)
            yield b"%d" % number

    async def read():
        chunks = keep_alive_around(source(), 60)
        await anext(chunks)
        for _ in range(5):
            await asyncio.sleep(0)
        await chunks.aclose()

    asyncio.run(read())
    assert given == [0]


def test_reader_that_is_cancelled_loses_nothing():
    """A reader that gives up waiting gets the chunk the next time."""

    async def read():
        steps = asyncio.Queue()
        chunks = keep_alive_around(source(steps), 60)
        waiting = asyncio.create_task(anext_of(chunks))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        steps.put_nowait(b"kept")
        assert await anext(chunks) == b"kept"
        await chunks.aclose()

    async def anext_of(chunks):
        return await anext(chunks)

    async def source(steps):
        while True:
            yield await steps.get()

    asyncio.run(read())


def test_source_that_holds_on_is_closed_all_the_same():
    """A source that gives another chunk when it is cancelled is closed, and its last error arrives."""

    async def stubborn():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            yield b"bye"
        finally:
            raise ZeroDivisionError

    async def read():
        chunks = keep_alive_around(stubborn(), 0.001)
        assert await anext(chunks) == KEEP_ALIVE
        with pytest.raises(ZeroDivisionError):
            await chunks.aclose()
        return asyncio.all_tasks()

    assert len(asyncio.run(read())) == 1


def test_response_of_a_stream():
    """The response says what it is, and that nobody is to keep or buffer it."""
    response = build_response(Flask("made").response_class, EventStream(["x"], keep_alive=3, status=201))
    assert dict(response.headers) == {
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-cache",
        "X-Accel-Buffering": "no",
    }
    assert (response.status_code, response.keep_alive) == (201, 3)
    assert response.get_data() == b"data: x\n\n"


def test_headers_of_the_view_win():
    """What the view says about caching is kept."""
    stream = EventStream(["x"], headers=[("Cache-Control", "no-store"), ("X-One", "1")])
    response = build_response(Flask("made").response_class, stream)
    assert response.headers.getlist("Cache-Control") == ["no-store"]
    assert response.headers["X-One"] == "1"


def test_response_of_json_lines():
    """JSON lines have their own type and no headers beside it."""
    response = build_response(Flask("made").response_class, JSONLines([1, "a"]))
    assert dict(response.headers) == {"Content-Type": "application/x-ndjson"}
    assert response.get_data() == b'1\n"a"\n'
    assert response.keep_alive is None


def test_response_of_an_async_source():
    """An async body stays one, and sees to its comments itself."""
    response = build_response(Flask("made").response_class, EventStream(count([1], [])))
    assert asyncio.run(collect(response.response)) == [b"data: 1\n\n"]
    assert response.keep_alive is None


def test_closing_the_response_closes_the_source():
    """A sync source is closed by the response that streams it."""
    source = (number for number in range(3))
    response = build_response(Flask("made").response_class, EventStream(source))
    next(iter(response.response))
    response.close()
    assert list(source) == []
