"""Bodies through every door: complete or refused, over a limit refused unread, or read as they come."""

from __future__ import annotations

import asyncio
import hashlib
import json

import pytest
from werkzeug.exceptions import ClientDisconnected

from demijohn import Flask, request
from demijohn.doors.bodies import LiveBody
from demijohn.testing.doors import door
from tests.differential.driver import Call
from tests.doors.cases_driver import Sent, Served, open_exchange, prepare, served

__all__ = ["door", "served"]

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=edge"
MEBIBYTE = 1 << 20
LIMIT = 10_000

both_doors = pytest.mark.parametrize("name", ["asgi", "rsgi"])
both_views = pytest.mark.parametrize("is_async", [False, True], ids=["sync view", "async view"])


async def digest_stream():
    """Read the body piece by piece, as an async view does."""
    found, size = hashlib.sha256(), 0
    async for chunk in request.stream:
        assert chunk
        found.update(chunk)
        size += len(chunk)
    return {"size": size, "digest": found.hexdigest()}


def make_app(**config):
    """Return an app whose views read the body in one way each, sync and async."""
    app = Flask("made")
    app.config.update(PROPAGATE_EXCEPTIONS=True, **config)
    reads = {
        "data": lambda: request.get_data(),
        "form": lambda: "".join(request.form.values()).encode(),
        "file": lambda: request.files["file"].read(),
        "json": lambda: request.get_json().encode(),
        "stream": lambda: request.stream.read(),
        "pieces": lambda: b"".join(iter(lambda: request.stream.read(1000), b"")),
        "lines": lambda: b"".join(request.stream),
        "nothing": lambda: b"",
    }
    for name, read in reads.items():
        add_view(app, name, read)
    app.add_url_rule("/live/async-for", "async-for", digest_stream, methods=["POST"], stream=True)
    return app


def add_view(app, name, read):
    """Add a sync view, an async view and a view with `stream=True`."""

    def view():
        data = read()
        return {"size": len(data), "digest": hashlib.sha256(data).hexdigest()}

    async def async_view():
        return view()

    app.add_url_rule(f"/sync/{name}", f"sync {name}", view, methods=["POST"])
    app.add_url_rule(f"/async/{name}", f"async {name}", async_view, methods=["POST"])
    app.add_url_rule(f"/live/{name}", f"live {name}", view, methods=["POST"], stream=True)


def build(path, size, **options):
    """Return a request with a body whose content has a size, as the view of a path reads it."""
    content = ((b"0123456789" * 99 + b"abcdefghi\n") * (size // 1000 + 1))[:size]
    kind, body = "text/plain", content
    if path.endswith("/form"):
        kind, body = FORM, b"a=" + content.replace(b"\n", b"%0A")
    elif path.endswith("/json"):
        kind, body = "application/json", json.dumps(content.decode()).encode()
    elif path.endswith("/file"):
        head = b'Content-Disposition: form-data; name="file"; filename="name.txt"'
        kind, body = PARTS, b"--edge\r\n" + head + b"\r\n\r\n" + content + b"\r\n--edge--\r\n"
    return Call(method="POST", path=path, headers=(("Content-Type", kind),), body=body, **options)


PATHS = [f"/{lane}/{kind}" for lane in ("sync", "async", "live")
         for kind in ("data", "form", "file", "json", "stream", "pieces", "lines")]  # fmt: skip
PATHS += ["/live/async-for"]


@pytest.mark.parametrize("size", [0, 1, 100_000, MEBIBYTE + 100_001])
@pytest.mark.parametrize("path", PATHS)
def test_a_body_arrives_whole(served: Served, path, size):
    """In memory, in a file or as it comes: the bytes are the same through every door."""
    app = make_app(MAX_FORM_MEMORY_SIZE=None)
    answers = [served.ask(door, app, build(path, size)) for door in ("wsgi", "asgi", "rsgi")]
    assert 1 == len({(a.code, a.body, a.error) for a in answers}), answers
    assert f'"size":{size}}}'.encode() in answers[0].body


@pytest.mark.parametrize("path", ["/sync/data", "/async/data", "/live/data", "/live/async-for", "/sync/stream"])
@pytest.mark.parametrize("size", [3, 2 * MEBIBYTE])
def test_a_body_without_a_length_arrives_whole(served: Served, path, size):
    """Chunked bodies are read to their end."""
    app = make_app()
    call = Call(method="POST", path=path, body=b"x" * size, length=None, environ=(("wsgi.input_terminated", True),))
    for name in ("wsgi", "asgi", "rsgi"):
        answer = served.ask(name, app, call)
        assert (200, f'"size":{size}}}'.encode()) == (answer.code, answer.body.strip()[-len(f'"size":{size}}}') :])


def count(served, name, app, call):
    """Return the status of an answer, and how many bytes of the body the app has taken."""
    exchange = open_exchange(name, app if name == "asgi" else app.__rsgi__, prepare(call), None)

    async def talk():
        await exchange.open()
        while await exchange.take() is not None:
            pass

    served.runner.run(talk())
    sent: Sent = exchange._body
    return exchange.status, sent.seen


LANES = ["/sync/data", "/async/data", "/live/data", "/live/async-for", "/sync/form", "/sync/stream", "/async/json"]


@both_doors
@pytest.mark.parametrize("path", LANES)
def test_an_announced_body_over_the_limit_is_not_read(served, name, path):
    """413 comes before a byte is taken from the server."""
    app = make_app(MAX_CONTENT_LENGTH=LIMIT)
    kinds = {"form": FORM, "json": "application/json"}
    headers = (("Content-Type", kinds.get(path.rpartition("/")[2], "text/plain")),)
    call = Call(method="POST", path=path, headers=headers, body=b"x" * (LIMIT + 1))
    assert (413, 0) == count(served, name, app, call)


@pytest.mark.parametrize("path", LANES[:5])
def test_a_chunked_body_over_the_limit_is_left_there(served, path):
    """413 comes when the limit is passed; of what follows nothing is taken."""
    app = make_app(MAX_CONTENT_LENGTH=LIMIT)
    size = 40 * LIMIT
    call = Call(method="POST", path=path, headers=(("Content-Type", FORM),), body=b"x" * size, length=None,
                environ=(("wsgi.input_terminated", True),))  # fmt: skip
    status, seen = count(served, "asgi", app, call)
    assert 413 == status
    assert seen <= LIMIT + size // 20


@pytest.mark.parametrize("path", LANES[:5])
def test_a_chunked_body_over_the_limit_is_refused_under_rsgi(served, path):
    """RSGI tells a cut body from a whole one only when all of it is taken at once, so that all of it is."""
    app = make_app(MAX_CONTENT_LENGTH=LIMIT)
    call = Call(method="POST", path=path, headers=(("Content-Type", FORM),), body=b"x" * 40 * LIMIT, length=None,
                environ=(("wsgi.input_terminated", True),))  # fmt: skip
    assert 413 == count(served, "rsgi", app, call)[0]


@both_doors
@both_views
def test_a_view_may_raise_its_own_limit(served, name, is_async):
    """`request.max_content_length` counts where it is set before the body is read, in a view that reads in a thread."""
    app = make_app(MAX_CONTENT_LENGTH=LIMIT)

    def view():
        request.max_content_length = 10 * LIMIT
        return str(len(request.get_data()))

    async def async_view():
        return await app.ensure_async(view)()

    app.add_url_rule("/own", "own", async_view if is_async else view, methods=["POST"])
    body = b"x" * 5 * LIMIT
    assert b"50000" == served.ask(name, app, Call(method="POST", path="/own", body=body)).body
    assert 413 == served.ask(name, app, Call(method="POST", path="/own", body=body * 4)).code


@pytest.mark.parametrize("path", [p for p in PATHS if not p.endswith("/file")])
@pytest.mark.parametrize("name", ["wsgi", "asgi", "rsgi"])
@pytest.mark.parametrize("sent", [0, 1000, MEBIBYTE + 100_000])
def test_a_cut_body_is_refused(served, name, path, sent):
    """However much has come, and however it is read, no view takes a part for the whole."""
    app = make_app(MAX_FORM_MEMORY_SIZE=None)
    kinds = {"form": FORM, "json": "application/json"}
    headers = (("Content-Type", kinds.get(path.rpartition("/")[2], "text/plain")),)
    body = (b'"' if path.endswith("json") else b"") + (b"x" * 999 + b"\n") * (sent // 1000)
    answer = served.ask(name, app, Call(method="POST", path=path, headers=headers, body=body, length="9000000"))
    assert 400 == answer.code, (answer.status, answer.error)


@both_doors
@pytest.mark.parametrize("path", ["/live/data", "/live/nothing", "/live/async-for"])
def test_a_stream_is_read_while_it_comes(served, name, path):
    """A route with `stream=True` takes nothing that its view does not ask for."""
    app = make_app()
    status, seen = count(served, name, app, Call(method="POST", path=path, body=b"x" * 2 * MEBIBYTE))
    assert (200, 0 if path.endswith("nothing") else 2 * MEBIBYTE) == (status, seen)


def test_a_form_that_is_posted_twice_is_two(door):
    """Nothing of one body is left to the next request."""
    client = door.client(make_app())
    sizes = [client.post("/sync/form", data={"a": "x" * size}).json["size"] for size in (5, 70_000, 3)]
    assert [5, 70_000, 3] == sizes


def test_a_live_body_whose_reader_gave_up_does_not_look_complete():
    """Where a wait for a piece was cancelled, the rest is lost, and reading on says so."""

    async def come():
        yield b"first"
        await asyncio.sleep(60)

    async def main():
        body = LiveBody(come())
        assert await body.read_chunk() == b"first"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await body.read_chunk()
        with pytest.raises(ClientDisconnected):
            await body.read_chunk()

    asyncio.run(main())
