"""Answers that come in pieces: generators of both kinds, events, JSON lines and files, through every door."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest

from demijohn import Event, EventStream, Flask, JSONLines, Response, request, send_file
from demijohn.testing.doors import call_through_every_door, door
from tests.differential.driver import Call
from tests.doors.cases_driver import Served, open_exchange, prepare, served

__all__ = ["door", "served"]

DOORS = ("asgi", "rsgi")


def make_app():
    """Return an application whose errors reach the server."""
    app = Flask("made")
    app.config["PROPAGATE_EXCEPTIONS"] = True
    return app


def both(pieces):
    """Return a sync and an async generator of the same pieces."""

    def plain():
        yield from pieces

    async def coroutine():
        for piece in pieces:
            await asyncio.sleep(0)
            yield piece

    return plain, coroutine


RESULTS = {
    "text": lambda make: make(["one", "zwei é", ""])(),
    "bytes": lambda make: make([b"one", b"", b"two"])(),
    "nothing": lambda make: make([])(),
    "response": lambda make: Response(make(["a", "b"])(), 201, {"X-Own": "1"}),
    "tuple": lambda make: (make(["a", "b"])(), 202, {"X-Own": "1"}),
    "no content": lambda make: Response(make(["a"])(), 204),
    "length": lambda make: Response(make([b"ab", b"cd"])(), headers={"Content-Length": "4"}),
    "events": lambda make: EventStream(make([1, "two", {"n": 3}, Event(4, "kind", "9", 5)])()),
    "no events": lambda make: EventStream(make([])()),
    "lines": lambda make: JSONLines(make([{"id": 1, "text": "a\nb"}, None, [2]])(), headers={"X-Own": "1"}),
}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("view", [0, 1], ids=["sync view", "async view"])
@pytest.mark.parametrize("kind", [0, 1], ids=["sync generator", "async generator"])
@pytest.mark.parametrize("result", RESULTS)
def test_a_stream_is_the_same_through_every_door(result, kind, view, method):
    """Status, headers and body do not depend on the door, nor on what is sync and what is async."""
    app = make_app()

    def make(pieces):
        return both(pieces)[kind]

    async def async_view():
        return RESULTS[result](make)

    app.add_url_rule("/", "page", async_view if view else lambda: RESULTS[result](make))
    answers = call_through_every_door(app, {"path": "/", "method": method})
    found = {(a.status_code, tuple(sorted(a.headers)), a.data, a.error) for a in answers.values()}
    assert 1 == len(found), answers
    assert answers["wsgi"].error is None


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_events_go_on_where_the_client_was(door, is_async):
    """A client that comes back tells the last event that it saw, and gets the ones behind it."""
    app = make_app()

    def view():
        seen = int(request.headers.get("Last-Event-ID", 0))
        return EventStream(both([Event(n, id=str(n)) for n in range(seen + 1, 4)])[is_async]())

    app.add_url_rule("/", "page", view)
    response = door.client(app).get("/", headers={"Last-Event-ID": "2"})
    assert ("text/event-stream", "id: 3\ndata: 3\n\n") == (response.mimetype, response.text)
    assert "no-cache" == response.headers["Cache-Control"]


def fail_half_way(kind, *, has_length=False):
    """Return an app with a stream that fails behind its first piece, and what was closed."""
    app, closed = make_app(), []

    def plain():
        try:
            yield b"one"
            raise ArithmeticError("half-way")
        finally:
            closed.append("generator")

    async def coroutine():
        try:
            yield b"one"
            raise ArithmeticError("half-way")
        finally:
            closed.append("generator")

    @app.get("/")
    async def view():
        headers = {"Content-Length": "6"} if has_length else {}
        response = Response([plain, coroutine][kind](), headers=headers)
        response.call_on_close(lambda: closed.append("response"))
        return response

    return app, closed


@pytest.mark.parametrize("kind", [0, 1], ids=["sync generator", "async generator"])
@pytest.mark.parametrize("has_length", [False, True], ids=["no length", "length"])
@pytest.mark.parametrize("name", DOORS)
def test_a_stream_that_fails_never_ends_cleanly(served: Served, name, has_length, kind):
    """The client can see that something is missing, the error reaches the server, and all is closed once."""
    app, closed = fail_half_way(kind, has_length=has_length)
    exchange = open_exchange(name, app if name == "asgi" else app.__rsgi__, prepare(Call()), None)

    async def talk():
        await exchange.open()
        first = await exchange.take()
        with pytest.raises(ArithmeticError, match="half-way"):
            await exchange.take()
        return first

    assert b"one" == served.runner.run(talk())
    # RSGI cannot cut an answer: without a length it is left open until the client gives up.
    is_left_open = name == "rsgi" and not has_length
    assert (False, is_left_open) == (exchange.is_complete, exchange.is_gone)
    assert ["generator", "response"] == sorted(closed)


def test_a_stream_that_fails_raises_under_wsgi():
    """A WSGI server is given the error, and may cut the connection."""
    for kind in (0, 1):
        app, closed = fail_half_way(kind)
        with pytest.raises(ArithmeticError, match="half-way"):
            app.test_client().get("/", buffered=True)
        assert ["generator", "response"] == sorted(closed)


@pytest.mark.parametrize("kind", [0, 1], ids=["sync generator", "async generator"])
def test_a_generator_is_closed_once(door, kind):
    """The end of a stream closes the generator, then the response, in that order and once each."""
    app, closed = make_app(), []

    def plain():
        try:
            yield "a"
        finally:
            closed.append(threading.current_thread().name)

    async def coroutine():
        try:
            yield "a"
        finally:
            closed.append(threading.current_thread().name)

    @app.get("/")
    def view():
        response = Response([plain, coroutine][kind]())
        response.call_on_close(lambda: closed.append("response"))
        return response

    with door.client(app).get("/", buffered=True) as response:
        assert "a" == response.text
    loop = "demijohn-async" if door.name == "wsgi" else "demijohn-test-server"
    assert (2, "response") == (len(closed), closed[1])
    assert (closed[0] == loop) == bool(kind)


def serve_file(tmp_path):
    """Return an app that sends a file, whole and in part, and the file's path."""
    path = tmp_path / "numbers.txt"
    path.write_bytes(b"0123456789" * 20_000)
    app = make_app()
    app.add_url_rule("/file", "file", lambda: send_file(path))

    @app.get("/async")
    async def view():
        return send_file(path)

    return app, str(path)


@pytest.mark.parametrize("url", ["/file", "/async"])
@pytest.mark.parametrize("options", [{}, {"headers": {"Range": "bytes=5-9"}}, {"method": "HEAD"},
                                     {"headers": {"Range": "bytes=9999999-"}}], ids=str)  # fmt: skip
def test_a_file_is_the_same_through_every_door(tmp_path, url, options):
    """Whole, in part, and its headers alone."""
    app, _ = serve_file(tmp_path)
    answers = call_through_every_door(app, {"path": url, **options})
    kept = {(a.status_code, tuple(sorted(p for p in a.headers if p[0] != "date")), a.data) for a in answers.values()}
    assert 1 == len(kept)


@pytest.mark.parametrize("url", ["/file", "/async"])
@pytest.mark.parametrize("part", [False, True], ids=["whole", "part"])
def test_a_server_that_offers_pathsend_sends_the_file(served: Served, tmp_path, url, part):
    """The app names a whole file instead of reading it; a part is sent in pieces."""
    app, path = serve_file(tmp_path)
    messages = []
    headers = (("Range", "bytes=5-9"),) if part else ()
    exchange = open_exchange("asgi", None, prepare(Call(path=url, headers=headers)), None)
    exchange.scope["extensions"] = {"http.response.pathsend": {}}

    async def note(message):
        messages.append(message)

    served.runner.run(app(exchange.scope, exchange.receive, note))
    kinds = [message["type"] for message in messages]
    if part:
        assert b"56789" == b"".join(message.get("body", b"") for message in messages)
        assert "http.response.pathsend" not in kinds
    else:
        assert ["http.response.start", "http.response.pathsend"] == kinds
        assert path == messages[1]["path"]
        assert (b"content-length", b"200000") in messages[0]["headers"]


@pytest.mark.parametrize("url", ["/file", "/async"])
def test_granian_sends_the_file(served: Served, tmp_path, url):
    """RSGI's own file sending is given an absolute path, and no file stays open."""
    app, path = serve_file(tmp_path)
    sent = []

    class Granian:
        def response_file(self, status, headers, file):
            sent.append((status, file, dict(headers)["Content-Length"]))

        async def client_disconnect(self):
            await asyncio.Event().wait()

    scope = open_exchange("rsgi", None, prepare(Call(path=url)), None).scope
    before = len(os.listdir("/proc/self/fd"))
    served.runner.run(app.__rsgi__(scope, Granian()))
    assert [(200, path, "200000")] == sent
    assert before == len(os.listdir("/proc/self/fd"))
