"""One test through every door: equal answers, strict servers, and applications that are started and stopped."""

import asyncio
import io
import threading
from contextvars import ContextVar

import pytest
from werkzeug.test import create_environ

from demijohn import Flask
from demijohn.testing._exchange import UnansweredError
from demijohn.testing._incoming import Body, build_asgi_scope
from demijohn.testing._rsgi import HttpExchange, RsgiHeaders, RsgiProtocolClosed, RsgiProtocolError, RsgiScope
from demijohn.testing._rsgi_socket import SocketExchange
from demijohn.testing.async_client import ProtocolViolation
from demijohn.testing.doors import DOORS, Answer, Door, call_through_every_door, door

__all__ = ["door"]

variable = ContextVar("variable", default="unset")


class ThreeDoors(Flask):
    """Answer each protocol by a few lines, so that all answers are equal."""

    def __init__(self):
        super().__init__("made")
        self.events = []

    def view(self, method, path, body):
        """Return status, headers and the pieces of a body."""
        if path == "/fail":
            raise ZeroDivisionError("failed")
        if path == "/visit":
            return 200, [("Set-Cookie", "n=1; Path=/")], [b"one", b"", b"two"]
        if path == "/move":
            return 302, [("Location", "/end")], []
        if path == "/thread":
            return 200, [], [threading.current_thread().name.encode()]
        if path == "/variable":
            return 200, [], [variable.get().encode()]
        return 404, [("X-Kind", "é")], [f"{method} {path} {body.decode()}".encode()]

    def __call__(self, *args):
        return self.answer_wsgi(*args) if len(args) == 2 else self.answer_asgi(*args)

    def answer_wsgi(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        status, headers, pieces = self.view(environ["REQUEST_METHOD"], environ["PATH_INFO"], body)
        start_response(f"{status} Text", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else pieces

    async def answer_asgi(self, scope, receive, send):
        if scope["type"] == "lifespan":
            for step in ("startup", "shutdown"):
                self.events.append((await receive())["type"])
                await send({"type": f"lifespan.{step}.complete"})
            return
        body = (await receive())["body"]
        status, headers, pieces = self.view(scope["method"], scope["path"], body)
        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})

    async def __rsgi__(self, scope, protocol):
        status, headers, pieces = self.view(scope.method, scope.path, await protocol())
        if not pieces:
            protocol.response_empty(status, headers)
            return
        transport = protocol.response_stream(status, headers)
        for piece in pieces:
            await transport.send_bytes(piece)

    def __rsgi_init__(self, loop):
        self.events.append("init")

    def __rsgi_del__(self, loop):
        self.events.append("del")


def run_rsgi(function, environ=None, grace=5.0):
    """Return status, headers and body of what one RSGI function answers."""

    async def run():
        given = environ or create_environ()
        exchange = HttpExchange(function, RsgiScope(given), Body(given), grace)
        await exchange.open()
        pieces = []
        while (piece := await exchange.take()) is not None:
            pieces.append(piece)
        return exchange.status, exchange.headers, pieces

    return asyncio.run(run())


def run_socket(function, talk=None, grace=5.0):
    """Open a WebSocket to an RSGI function and talk to it as the client."""

    async def run():
        exchange = SocketExchange(function, RsgiScope(create_environ(), "ws"), grace)
        if await exchange.open() and talk is not None:
            await talk(exchange)
        await exchange.leave()
        return exchange.status

    return asyncio.run(run())


def test_fixture_gives_each_door(door, request):
    """A test that asks for the door runs through each of them."""
    assert request.node.callspec.params["door"] == door.name
    assert door.name in DOORS


def test_client_of_each_door(door):
    """Every client has the interface of the sync one: bodies, cookies, redirects."""
    client = door.client(ThreeDoors())
    assert client.get("/visit").data == b"onetwo"
    assert client.get_cookie("n").value == "1"
    assert client.post("/x", data=b"body").text == "POST /x body"
    assert client.head("/visit").data == b""
    followed = client.get("/move", follow_redirects=True)
    assert (followed.status_code, [step.status_code for step in followed.history]) == (404, [302])


def test_stream_of_each_door(door):
    """An answer that nobody reads to its end is closed."""
    response = door.client(ThreeDoors()).get("/visit", buffered=False)
    pieces = iter(response.response)
    assert next(pieces) == b"one"
    response.close()


def test_error_of_each_door(door):
    """What the application raises reaches the test."""
    with pytest.raises(ZeroDivisionError, match="failed"):
        door.client(ThreeDoors()).get("/fail")


def test_context_variables_go_along(door):
    """What the test has set in a context variable, the application sees."""
    client = door.client(ThreeDoors())
    token = variable.set("set")
    assert client.get("/variable").text == "set"
    variable.reset(token)
    assert client.get("/variable").text == "unset"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("wsgi", []), ("asgi", ["lifespan.startup", "lifespan.shutdown"]), ("rsgi", ["init", "del"])],
)
def test_application_is_started_and_stopped(name, expected):
    """Two clients share one start, and closing the door is the shutdown."""
    app = ThreeDoors()
    with Door(name) as opened:
        names = {opened.client(app).get("/thread").text for _ in range(2)}
        assert app.events == expected[:1]
    assert app.events == expected
    assert names == {threading.current_thread().name if name == "wsgi" else "demijohn-test-server"}
    assert "demijohn-test-server" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize(("name", "method"), [("asgi", "answer_asgi"), ("rsgi", "__rsgi_init__")])
def test_start_that_fails(name, method, monkeypatch):
    """What the start-up raises is raised where the client is made."""

    def fail(self, *args):
        raise ZeroDivisionError

    monkeypatch.setattr(ThreeDoors, method, fail)
    with Door(name) as opened, pytest.raises(ZeroDivisionError):
        opened.client(ThreeDoors())


def test_stop_that_fails(monkeypatch):
    """What the shutdown raises is raised where the door is closed."""

    def fail(self, *args):
        raise ZeroDivisionError

    monkeypatch.setattr(ThreeDoors, "__rsgi_del__", fail)
    opened = Door("rsgi")
    opened.client(ThreeDoors())
    with pytest.raises(ZeroDivisionError):
        opened.close()


def test_door_that_is_not_there():
    """A wrong name is answered with the right ones."""
    with pytest.raises(ValueError, match=r"no door 'cgi'\. The doors are wsgi, asgi, rsgi"):
        Door("cgi")


def test_answers_of_every_door():
    """The same request is answered by each door, once."""
    answers = call_through_every_door(ThreeDoors(), {"path": "/visit"})
    assert list(answers) == ["wsgi", "asgi", "rsgi"]
    assert set(answers.values()) == {Answer(200, (("set-cookie", "n=1; Path=/"),), b"onetwo")}


def test_answers_to_a_stream():
    """A body that can be read once is made for each door."""
    answers = call_through_every_door(
        ThreeDoors(), lambda: {"path": "/x", "method": "PUT", "input_stream": io.BytesIO(b"once")}
    )
    assert {answer.data for answer in answers.values()} == {b"PUT /x once"}


def test_errors_of_every_door():
    """An error is an answer that can be compared."""
    answers = call_through_every_door(ThreeDoors(), {"path": "/fail"})
    assert set(answers.values()) == {Answer(error="ZeroDivisionError: failed")}


def test_violation_is_no_answer(monkeypatch):
    """Who breaks a protocol does not get a difference to look at, but the error itself."""

    async def say_nothing(self, scope, protocol):
        pass

    monkeypatch.setattr(ThreeDoors, "__rsgi__", say_nothing)
    with pytest.raises(ProtocolViolation, match="returned before its answer was complete"):
        call_through_every_door(ThreeDoors(), {})


def test_headers_beyond_ascii_differ_under_rsgi():
    """RSGI writes a header's text as UTF-8, where the others write latin-1."""
    answers = call_through_every_door(ThreeDoors(), {"path": "/x"})
    found = {name: dict(answer.headers)["x-kind"] for name, answer in answers.items()}
    assert found == {"wsgi": "é", "asgi": "é", "rsgi": "Ã©"}


def test_rsgi_scope():
    """The scope is Granian's: one path, addresses as text, and headers in lower case."""
    environ = create_environ("/a%20b?x=1", "https://h.test:8443/root", headers={"X-One": "1"})
    scope = RsgiScope(environ | {"REMOTE_ADDR": "10.0.0.9", "REMOTE_PORT": "99"})
    assert (scope.proto, scope.rsgi_version, scope.http_version, scope.scheme) == ("http", "1.6", "1.1", "https")
    assert (scope.path, scope.query_string, scope.method) == ("/root/a b", "x=1", "GET")
    assert (scope.client, scope.server, scope.authority) == ("10.0.0.9:99", "h.test:8443", None)
    assert dict(scope.headers.items()) == {"host": "h.test:8443", "x-one": "1"}


def test_rsgi_headers():
    """Names are found in any case; values beyond ASCII are missing, as in Granian."""
    headers = RsgiHeaders([("a", "1"), ("a", "2"), ("b", "é")])
    assert headers.items() == [("a", "1"), ("a", "2")]
    assert (headers.keys(), headers.values()) == (["a", "b"], ["1", "2"])
    assert (headers.get("A"), headers.get_all("A"), headers.get("b", "none")) == ("1", ["1", "2"], "none")
    assert ("B" in headers, "c" in headers) == (True, False)


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("response_empty", (), []),
        ("response_str", ("é",), ["é".encode()]),
        ("response_bytes", (b"x",), [b"x"]),
        ("response_bytes", (b"",), []),
    ],
)
def test_rsgi_answers(name, args, expected):
    """Each kind of answer arrives, with its headers in lower case."""

    async def answer(scope, protocol):
        getattr(protocol, name)(201, [("X-One", "1")], *args)

    assert run_rsgi(answer) == (201, [("x-one", "1")], expected)


def test_rsgi_head():
    """A HEAD gets the headers of the body, and no body."""

    async def answer(scope, protocol):
        protocol.response_str(200, [("content-length", "1")], "x")

    assert run_rsgi(answer, create_environ(method="HEAD")) == (200, [("content-length", "1")], [])


def test_rsgi_files(tmp_path):
    """A file is sent whole or in part; the end of a part does not belong to it."""
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")

    async def send_file(scope, protocol):
        protocol.response_file(200, [], str(path))

    async def send_part(scope, protocol):
        protocol.response_file_range(206, [], str(path), 2, 5)

    assert run_rsgi(send_file) == (200, [], [b"0123456789"])
    assert run_rsgi(send_part) == (206, [], [b"234"])


def test_rsgi_body():
    """A body is read at once or in pieces, of which the last is empty."""
    seen = []

    async def read(scope, protocol):
        seen.append(await protocol())
        protocol.response_empty(200, [])

    async def iterate(scope, protocol):
        seen.extend([piece async for piece in protocol])
        protocol.response_empty(200, [])

    for function in (read, iterate):
        run_rsgi(function, create_environ(method="POST", data=b"body"))
    assert seen == [b"body", b"body", b""]


def test_rsgi_body_that_is_cut_off():
    """A cut body raises when it is read at once, and ends without a word when it is iterated."""
    seen = []

    async def read(scope, protocol):
        with pytest.raises(RsgiProtocolClosed):
            await protocol()
        protocol.response_empty(400, [])

    async def iterate(scope, protocol):
        seen.extend([piece async for piece in protocol])

    cut = {"wsgi.input": io.BytesIO(b"abc"), "CONTENT_LENGTH": "10"}
    assert run_rsgi(read, create_environ(method="POST") | cut)[0] == 400
    with pytest.raises(UnansweredError):
        run_rsgi(iterate, create_environ(method="POST") | {**cut, "wsgi.input": io.BytesIO(b"abc")})
    assert seen == [b"abc", b""]


def test_rsgi_client_goes_away():
    """The application is told, and cannot send any more."""
    seen = []

    async def stream(scope, protocol):
        transport = protocol.response_stream(200, [])
        await transport.send_str("one")
        await protocol.client_disconnect()
        seen.append("told")
        await transport.send_bytes(b"two")

    async def leave():
        environ = create_environ()
        exchange = HttpExchange(stream, RsgiScope(environ), Body(environ), 5.0)
        await exchange.open()
        assert await exchange.take() == b"one"
        await exchange.leave()

    asyncio.run(leave())
    assert seen == ["told"]


VIOLATIONS = {
    "returned before its answer": lambda p: None,
    "answered a second time": lambda p: (p.response_empty(200, []), p.response_str(200, [], "x")),
    "the status '200'": lambda p: p.response_empty("200", []),
    "the status 99": lambda p: p.response_empty(99, []),
    "a tuple of two str": lambda p: p.response_empty(200, [("a", b"b")]),
    "a character that is not allowed": lambda p: p.response_empty(200, [("a", "b\r\nc: d")]),
    "'a b'": lambda p: p.response_empty(200, [("a b", "c")]),
    "announced 10 bytes and sent 1": lambda p: p.response_str(200, [("Content-Length", "10")], "x"),
    "a body with status 204": lambda p: p.response_str(204, [], "x"),
    "which cannot be read": lambda p: p.response_file(200, [], "/no/such/file"),
}


@pytest.mark.parametrize("complaint", VIOLATIONS)
def test_rsgi_violations(complaint):
    """What Granian would drop without a word, or die of, is refused."""

    async def break_rule(scope, protocol):
        VIOLATIONS[complaint](protocol)

    with pytest.raises(ProtocolViolation, match=complaint):
        run_rsgi(break_rule)


def test_rsgi_body_is_read_once():
    """A second reading of the body is refused."""

    async def read_twice(scope, protocol):
        await protocol()
        await protocol()

    with pytest.raises(ProtocolViolation, match="read the body a second time"):
        run_rsgi(read_twice)


@pytest.mark.parametrize(
    "call",
    [
        lambda p: p.response_str(200, [], b"x"),
        lambda p: p.response_bytes(200, [], "x"),
        lambda p: p.response_stream(200, []).send_bytes("x"),
        lambda p: p.response_stream(200, []).send_str(b"x"),
    ],
)
def test_rsgi_types(call):
    """Text and bytes are not mixed up."""

    async def mix(scope, protocol):
        await call(protocol)

    with pytest.raises(TypeError, match="takes"):
        run_rsgi(mix)


def test_rsgi_stream_without_a_body():
    """A stream may be empty, and one with a status that has no body must be."""

    async def stream(scope, protocol):
        await protocol.response_stream(scope_status, []).send_bytes(piece)

    scope_status, piece = 200, b""
    assert run_rsgi(stream) == (200, [], [])
    scope_status, piece = 304, b"x"
    with pytest.raises(ProtocolViolation, match="a body with status 304"):
        run_rsgi(stream)


def test_rsgi_socket():
    """Text and bytes go both ways, and the end is told once."""
    seen = []

    async def talk_back(scope, protocol):
        transport = await protocol.accept()
        while (message := await transport.receive()).kind:
            seen.append(message.data)
            await (transport.send_str if message.kind == 2 else transport.send_bytes)(message.data)
        for call in (transport.receive(), transport.send_str("x")):
            with pytest.raises(RsgiProtocolClosed):
                await call

    async def talk(exchange):
        exchange.deliver("text")
        exchange.deliver(b"bytes")
        assert [await exchange.take(), await exchange.take()] == ["text", b"bytes"]

    assert run_socket(talk_back, talk) == 101
    assert seen == ["text", b"bytes"]


def test_rsgi_socket_that_is_closed():
    """Behind its own close an application cannot send, and receives the end."""

    async def close(scope, protocol):
        transport = await protocol.accept()
        protocol.close(4000)
        with pytest.raises(RsgiProtocolError):
            await transport.send_bytes(b"x")
        assert (await transport.receive()).kind == 0

    async def listen(exchange):
        assert await exchange.take() is None

    assert run_socket(close, listen) == 101


@pytest.mark.parametrize(
    ("function", "status"),
    [(lambda p: p.close(), 403), (lambda p: p.close(401), 401), (lambda p: None, 403)],
)
def test_rsgi_socket_that_is_refused(function, status):
    """A handshake is refused with a status, and by an application that just returns."""

    async def refuse(scope, protocol):
        function(protocol)

    assert run_socket(refuse) == status


def test_rsgi_socket_after_a_refusal():
    """What was refused cannot be accepted."""

    async def accept_late(scope, protocol):
        protocol.close(404)
        with pytest.raises(RsgiProtocolError):
            await protocol.accept()

    assert run_socket(accept_late) == 404


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [(["accept", "accept"], "accepted the socket a second time"), (["close"], "with 4001, which is no status of HTTP")],
)
def test_rsgi_socket_violations(steps, complaint):
    """What Granian's worker dies of is refused."""

    async def break_rule(scope, protocol):
        for step in steps:
            if step == "accept":
                await protocol.accept()
            else:
                protocol.close(4001)

    with pytest.raises(ProtocolViolation, match=complaint):
        run_socket(break_rule)


@pytest.mark.parametrize("call", [lambda t: t.send_str(b"x"), lambda t: t.send_bytes("x")])
def test_rsgi_socket_types(call):
    """Text and bytes of a socket are not mixed up."""

    async def mix(scope, protocol):
        await call(await protocol.accept())

    with pytest.raises(TypeError, match="takes"):
        run_socket(mix)


def test_scope_of_a_bare_environ():
    """An environ that no builder made is enough."""
    environ = {
        "REQUEST_METHOD": "GET",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(b"ignored"),
        "SERVER_NAME": "s",
        "SERVER_PORT": "80",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/\xff é".encode().decode("latin-1"),
    }
    scope = build_asgi_scope(environ, {}, {})
    assert (scope["path"], scope["raw_path"]) == ("/ÿ é", b"/%C3%BF%20%C3%A9")
    assert (scope["client"], scope["headers"]) == (None, [])
    assert (Body(environ).read(), RsgiScope(environ).client) == (b"", ":0")
