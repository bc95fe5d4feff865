"""What stands between the server and the application."""

import asyncio
import types

import pytest
from granian.wsgi import Response

from demijohn.cli.health import DRAINING, LEAVING, SERVING, STARTING, STOPPING, Front


class Recorder:
    """Be an application with three doors that notes how it was called."""

    def __init__(self):
        self.calls = []

    def __call__(self, *arguments):
        self.calls.append(arguments)
        return self.answer(*arguments) if len(arguments) == 3 else self.answer_wsgi(*arguments)

    def answer_wsgi(self, environ, start_response):
        start_response("200 OK", [("X-App", "1")])
        return [b"app"]

    async def answer(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"x-app", b"1")]})
            await send({"type": "http.response.body", "body": b"app"})

    async def __rsgi__(self, scope, protocol):
        self.calls.append((scope, protocol))
        protocol.response_bytes(200, [("x-app", "1")], b"app")

    def __rsgi_init__(self, loop):
        self.calls.append(loop)

    def __rsgi_del__(self, loop):
        self.calls.append(loop)


class Body:
    """Be a body in chunks that notes when it is closed."""

    def __init__(self, chunks, closed):
        self.chunks = chunks
        self.closed = closed

    def __iter__(self):
        return iter(self.chunks)

    def close(self):
        self.closed.append(True)


class Protocol:
    """Take an answer by RSGI."""

    def __init__(self):
        self.answer = None

    def response_bytes(self, status, headers, body):
        self.answer = status, dict(headers), body

    async def client_disconnect(self):
        return "gone"

    async def __call__(self):
        return b"body"

    async def __aiter__(self):
        yield b"chunk"


def make_front(value=SERVING, *, answers_probes=True):
    """Return what stands in front of a new application."""
    return Front(Recorder(), types.SimpleNamespace(value=value), answers_probes=answers_probes)


def ask_wsgi(front, path, method, version):
    """Return status, headers and body of an answer by WSGI."""
    answer = []
    environ = {"PATH_INFO": path, "REQUEST_METHOD": method, "SERVER_PROTOCOL": f"HTTP/{version}"}
    body = front.answer_wsgi(environ, lambda status, headers: answer.extend((int(status.split()[0]), dict(headers))))
    return (*answer, b"".join(body))


def ask_asgi(front, path, method, version):
    """Return status, headers and body of an answer by ASGI."""
    messages = []

    async def send(message):
        messages.append(message)

    scope = {"type": "http", "path": path, "method": method, "http_version": version}
    asyncio.run(_wait_for(front.answer_asgi(scope, None, send)))
    headers = {name.decode().title(): value.decode() for name, value in messages[0]["headers"]}
    return messages[0]["status"], headers, messages[1]["body"]


def ask_rsgi(front, path, method, version):
    """Return status, headers and body of an answer by RSGI."""
    protocol = Protocol()
    scope = types.SimpleNamespace(proto="http", path=path, method=method, http_version=version)
    asyncio.run(_wait_for(front.__rsgi__(scope, protocol)))
    status, headers, body = protocol.answer
    return status, {name.title(): value for name, value in headers.items()}, body


async def _wait_for(answer):
    await answer


@pytest.fixture(params=[ask_wsgi, ask_asgi, ask_rsgi], ids=["wsgi", "asgi", "rsgi"])
def ask(request):
    """Return a function that asks by one of the three interfaces."""

    def ask_front(front, path="/", method="GET", version="1.1"):
        return request.param(front, path, method, version)

    return ask_front


def test_application_answers(ask):
    """Every other path reaches the application, whose answer goes out as it is."""
    front = make_front()
    assert ask(front) == (200, {"X-App": "1"}, b"app")


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("/-/health", STARTING, 200),
        ("/-/health", SERVING, 200),
        ("/-/health", DRAINING, 200),
        ("/-/ready", STARTING, 503),
        ("/-/ready", SERVING, 200),
        ("/-/ready", DRAINING, 503),
    ],
)
def test_probes(ask, path, value, expected):
    """The process is healthy as long as it answers, and ready while it serves."""
    front = make_front(value)
    status, headers, _ = ask(front, path)
    assert (status, headers["Cache-Control"]) == (expected, "no-store")
    assert front._app.calls == []


def test_probes_take_no_other_method(ask):
    """A probe can be asked, and nothing else."""
    status, headers, _ = ask(make_front(), "/-/ready", "POST")
    assert (status, headers["Allow"]) == (405, "GET, HEAD")


def test_probes_are_asked_for(ask):
    """Without probes their paths are the application's."""
    assert ask(make_front(answers_probes=False), "/-/health")[2] == b"app"


@pytest.mark.parametrize(("version", "expected"), [("1.1", "close"), ("2", None)])
def test_clients_are_asked_to_leave(ask, version, expected):
    """While a worker drains, connections of HTTP/1 end after the answer; HTTP/2 knows no such header."""
    status, headers, body = ask(make_front(DRAINING), version=version)
    assert (status, headers.get("Connection"), headers["X-App"], body) == (200, expected, "1", b"app")


def test_protocol_is_passed_on():
    """What else an application does with an RSGI protocol works while a worker drains."""
    front = make_front(DRAINING)
    asyncio.run(
        _wait_for(front.__rsgi__(types.SimpleNamespace(proto="http", path="/", http_version="1.1"), Protocol()))
    )
    ((_, protocol),) = front._app.calls

    async def use():
        return await protocol(), [chunk async for chunk in protocol], await protocol.client_disconnect()

    assert asyncio.run(use()) == (b"body", [b"chunk"], "gone")


def test_sockets_pass(ask):
    """A socket is never answered here."""
    front = make_front(DRAINING)
    protocol = Protocol()
    asyncio.run(_wait_for(front.__rsgi__(types.SimpleNamespace(proto="ws", path="/-/health"), protocol)))
    assert front._app.calls[0][1] is protocol


@pytest.mark.parametrize("value", [SERVING, DRAINING])
def test_generators_by_wsgi(value):
    """Status and headers are there when the call returns, also where a generator tells them late."""
    closed = []

    def answer(environ, start_response):
        try:
            start_response("404 NOT FOUND", [("X-App", "1")])
            yield b"one"
            yield b"two"
        finally:
            closed.append(True)

    start = Response()
    front = Front(answer, types.SimpleNamespace(value=value), answers_probes=False)
    body = front.answer_wsgi({"PATH_INFO": "/", "SERVER_PROTOCOL": "HTTP/1.1"}, start)
    assert (start.status, start.headers[0], closed) == (404, ("X-App", "1"), [])
    assert list(body) == [b"one", b"two"]
    body.close()
    assert closed == [True]


def test_bodies_that_fail_at_once_by_wsgi():
    """A body whose first chunk cannot be made is closed, as the server never sees it."""
    closed = []

    def answer(environ, start_response):
        return Body(map(int, ["none"]), closed)

    front = Front(answer, types.SimpleNamespace(value=SERVING), answers_probes=False)
    with pytest.raises(ValueError, match="none"):
        front.answer_wsgi({"PATH_INFO": "/", "SERVER_PROTOCOL": "HTTP/1.1"}, Response())
    assert closed == [True]


@pytest.mark.parametrize("kind", ["text/event-stream; charset=utf-8", "multipart/x-mixed-replace; boundary=a"])
def test_endless_streams_by_wsgi(kind):
    """What has no end of its own ends when the worker stops, and is closed."""
    closed = []

    def answer(environ, start_response):
        start_response("200 OK", [("content-type", kind)])
        return Body([b"one", b"two", b"three"], closed)

    state = types.SimpleNamespace(value=LEAVING)
    front = Front(answer, state, answers_probes=False)
    body = front.answer_wsgi({"PATH_INFO": "/", "SERVER_PROTOCOL": "HTTP/1.1"}, Response())
    chunks = iter(body)
    assert [next(chunks), next(chunks)] == [b"one", b"two"]
    state.value = STOPPING
    assert (list(chunks), closed) == ([], [])
    body.close()
    assert closed == [True]


def test_other_streams_by_wsgi():
    """A stream that may have an end of its own goes on to it, and reaches the server as it is."""
    whole = Body([b"one"], [])

    def answer(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return whole

    front = Front(answer, types.SimpleNamespace(value=STOPPING), answers_probes=False)
    assert front.answer_wsgi({"PATH_INFO": "/", "SERVER_PROTOCOL": "HTTP/1.1"}, Response()) is whole


def test_start_by_rsgi():
    """The application is started and stopped with the loop, and serves in between."""
    front = make_front(STARTING)
    front.__rsgi_init__("loop")
    assert front._state.value == SERVING
    front.__rsgi_del__("loop")
    assert front._app.calls == ["loop", "loop"]


def test_start_by_asgi():
    """The worker serves when the application has said that it has started."""
    front = make_front(STARTING)
    values = []

    async def receive():
        values.append(front._state.value)
        return {"type": "lifespan.startup"}

    async def send(message):
        values.append(message["type"])

    asyncio.run(_wait_for(front.answer_asgi({"type": "lifespan"}, receive, send)))
    assert [*values, front._state.value] == [STARTING, "lifespan.startup.complete", SERVING]


def test_start_is_told_once():
    """Who wants to know of the start is told once."""
    told = []
    state = types.SimpleNamespace(value=STARTING)
    front = Front(Recorder(), state, answers_probes=False, on_start=lambda: told.append(state.value))
    front.begin()
    front.begin()
    assert told == [SERVING]
