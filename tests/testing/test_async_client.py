"""The async test client: requests, streams, sockets and lifespans over ASGI, and what it refuses."""

import asyncio
import io
import json

import pytest
from werkzeug.test import ClientRedirectError

from demijohn import Flask
from demijohn.testing import EnvironBuilder
from demijohn.testing.async_client import (
    AsyncClient,
    ClientGoneError,
    ProtocolViolation,
    UnansweredError,
    WebSocketClosedError,
    WebSocketRefusedError,
)

START = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}
END = {"type": "http.response.body", "body": b"done"}


class RawApp(Flask):
    """Hand every ASGI call to a function of the test's."""

    def __init__(self, function):
        super().__init__("made")
        self.secret_key = "k"
        self.function = function

    async def __call__(self, scope, receive, send):
        return await self.function(scope, receive, send)


def make_client(function, **options):
    """Return a client of an application that is one function."""
    return AsyncClient(RawApp(function), **options)


def send_all(*messages):
    """Return an application that sends messages, whatever it is asked."""

    async def send_messages(scope, receive, send):
        for message in messages:
            await send(message)

    return send_messages


async def answer(send, body=b"", status=200, headers=()):
    """Send a complete answer."""
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})


async def read(receive):
    """Read a body to its end."""
    pieces, is_more = [], True
    while is_more:
        message = await receive()
        pieces.append(message["body"])
        is_more = message["more_body"]
    return pieces


async def echo(scope, receive, send):
    """Answer with the scope and the body, as JSON."""
    pieces = await read(receive)
    told = {name: value for name, value in scope.items() if name != "headers"}
    told["headers"] = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
    told["pieces"] = [len(piece) for piece in pieces]
    told["body"] = b"".join(pieces[:1])[:99].decode("latin-1")
    await answer(send, json.dumps(told, default=repr).encode(), headers=[(b"content-type", b"application/json")])


async def visit(scope, receive, send):
    """Count visits in a cookie, and redirect where the path says."""
    cookies = dict(scope["headers"]).get(b"cookie", b"n=0").decode()
    count = int(cookies.partition("=")[2]) + 1
    headers = [(b"set-cookie", b"n=%d; Path=/" % count)]
    path = scope["path"]
    if path.startswith("/to"):
        status, _, target = path.removeprefix("/to").partition("/")
        await answer(send, status=int(status), headers=[*headers, (b"location", b"/" + target.encode())])
    else:
        told = f"{scope['method']} {path} {count} {b''.join(await read(receive)).decode()}"
        await answer(send, told.encode(), headers=headers)


async def listen(scope, receive, send):
    """Accept a socket and send back what comes, until it is closed."""
    assert await receive() == {"type": "websocket.connect"}
    wanted = scope["subprotocols"]
    await send(
        {
            "type": "websocket.accept",
            "subprotocol": wanted[-1] if wanted else None,
            "headers": [(b"set-cookie", b"n=7; Path=/")],
        }
    )
    while (message := await receive())["type"] == "websocket.receive":
        if message.get("text") == "close":
            await send({"type": "websocket.close", "code": 4000, "reason": "asked"})
        elif message.get("text") == "scope":
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            await send({"type": "websocket.send", "text": json.dumps({**scope, "headers": headers}, default=repr)})
        else:
            await send({**message, "type": "websocket.send"})


def get(function, *args, **kwargs):
    """Return the response to one GET."""
    return asyncio.run(make_client(function).get(*args, **kwargs))


def test_scope_of_a_request():
    """The application is told what a server would tell it."""
    told = get(echo, "/a%20b/é%2F?x=é", base_url="https://h.test:8443/root", headers={"X-One": "é"}).json
    assert {name: told[name] for name in ("type", "method", "scheme", "http_version", "path", "root_path")} == {
        "type": "http",
        "method": "GET",
        "scheme": "https",
        "http_version": "1.1",
        "path": "/root/a b/é/",
        "root_path": "/root",
    }
    assert told["raw_path"] == repr(b"/root/a%20b/%C3%A9%2F")
    assert told["query_string"] == repr("x=é".encode())
    assert (told["server"], told["client"][0]) == (["h.test", 8443], "127.0.0.1")
    assert (told["headers"]["host"], told["headers"]["x-one"]) == ("h.test:8443", "é")


@pytest.mark.parametrize(
    ("kwargs", "body", "kind"),
    [
        ({"data": {"a": "1 2"}}, "a=1+2", "application/x-www-form-urlencoded"),
        ({"json": {"a": 1}}, '{"a": 1}', "application/json"),
        ({"data": b"raw", "content_type": "x/y"}, "raw", "x/y"),
    ],
)
def test_body_as_with_the_sync_client(kwargs, body, kind):
    """Forms, JSON and bytes are sent by the same arguments."""
    told = asyncio.run(make_client(echo).post("/", **kwargs)).json
    assert (told["body"], told["headers"]["content-type"]) == (body, kind)
    assert told["headers"]["content-length"] == str(len(body))


def test_body_comes_in_pieces():
    """A large body is handed over piece by piece."""
    told = asyncio.run(make_client(echo).put("/", data=b"x" * 150_000)).json
    assert told["pieces"] == [65_536, 65_536, 150_000 - 2 * 65_536]


def test_body_without_a_length():
    """A chunked body ends with an empty piece."""
    overrides = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    stream = io.BytesIO(b"chunked")
    told = asyncio.run(make_client(echo).post("/", input_stream=stream, environ_overrides=overrides)).json
    assert (told["pieces"], told["headers"]["transfer-encoding"]) == ([7, 0], "chunked")
    assert "content-length" not in told["headers"]


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "head", "options", "trace"])
def test_methods(method):
    """Each method has a function; a HEAD gets no body."""
    response = asyncio.run(getattr(make_client(visit), method)("/x"))
    assert response.text == ("" if method == "head" else f"{method.upper()} /x 1 ")


def test_response_is_the_sync_clients():
    """The response has its status line, its JSON and the request that it answers."""
    response = get(echo, "/x")
    assert (response.status, response.mimetype) == ("200 OK", "application/json")
    assert response.request.path == "/x"
    assert response.history == ()
    assert isinstance(response, Flask.response_class)


def test_builder_and_environ_are_taken():
    """What the sync client opens, this one opens too."""

    async def send_both():
        client = make_client(visit)
        builders = [EnvironBuilder(client.application, "/built", method="POST", data=b"x") for _ in range(3)]
        opened = [builders[0], builders[1].get_environ(), builders[2].get_request()]
        return [(await client.open(what)).text for what in opened]

    assert asyncio.run(send_both()) == ["POST /built 1 x", "POST /built 2 x", "POST /built 3 x"]


def test_cookies_are_kept():
    """A cookie that was set is sent again, and can be read, set and deleted."""

    async def visit_often():
        client = make_client(visit)
        texts = [(await client.get("/")).text, (await client.get("/")).text, client.get_cookie("n").value]
        client.set_cookie("n", "41")
        texts.append((await client.get("/")).text)
        client.delete_cookie("n")
        return [*texts, (await client.get("/")).text]

    assert asyncio.run(visit_often()) == ["GET / 1 ", "GET / 2 ", "2", "GET / 42 ", "GET / 1 "]


def test_client_without_cookies():
    """Nothing is remembered when it was not wanted."""

    async def visit_twice():
        client = make_client(visit, use_cookies=False)
        await client.get("/")
        return (await client.get("/")).text

    assert asyncio.run(visit_twice()) == "GET / 1 "


def test_environ_base():
    """What every request begins with can be changed."""
    client = make_client(echo)
    client.environ_base["REMOTE_ADDR"] = "10.0.0.9"
    assert asyncio.run(client.get("/")).json["client"][0] == "10.0.0.9"


def test_session_transaction():
    """A session that a test changes goes out as a cookie."""
    client = make_client(echo)
    with client.session_transaction() as session:
        session["a"] = 1
    assert asyncio.run(client.get("/")).json["headers"]["cookie"].startswith("session=")


@pytest.mark.parametrize(
    ("status", "expected"),
    [(302, "GET /end 2 "), (303, "GET /end 2 "), (307, "POST /end 2 x"), (308, "POST /end 2 x")],
)
def test_redirects(status, expected):
    """A redirect is followed as browsers do, with its cookies, and the way is kept."""
    path = f"/to{status}/end"
    response = asyncio.run(make_client(visit).post(path, data=b"x", follow_redirects=True))
    assert response.text == expected
    assert [(step.status_code, step.request.path) for step in response.history] == [(status, path)]


def test_redirect_is_not_followed_unasked():
    """Without being asked the client gives the redirect."""
    assert get(visit, "/to302/end").location == "/end"


def test_redirects_in_a_circle():
    """A circle of redirects ends with an error."""

    async def turn(scope, receive, send):
        await answer(send, status=302, headers=[(b"location", b"/b" if scope["path"] == "/a" else b"/a")])

    with pytest.raises(ClientRedirectError, match="in a circle"):
        get(turn, "/a", follow_redirects=True)


def test_error_of_the_application_is_raised():
    """What the application raises reaches the test."""

    async def fail(scope, receive, send):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        get(fail, "/")


def test_error_within_the_body_is_raised():
    """An error after the head is raised where the body is read."""

    async def fail(scope, receive, send):
        await send(START)
        await send({**END, "more_body": True})
        raise ZeroDivisionError

    async def read_stream():
        async with make_client(fail).stream("GET", "/") as response:
            assert response.status_code == 200
            await response.read()

    with pytest.raises(ZeroDivisionError):
        get(fail, "/")
    with pytest.raises(ZeroDivisionError):
        asyncio.run(read_stream())


@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        ([END], "'http.response.body' in the state 'request', where expected http.response.start"),
        ([START, START], "'http.response.start' in the state 'headers'"),
        ([START, END, END], "'http.response.body' in the state 'end', where nothing may be sent any more"),
        ([START], "returned before its answer was complete"),
        ([], "returned before its answer was complete"),
        (["text"], "which is no dict with a 'type'"),
        ([{"type": "http.response.begin"}], "which ASGI does not know, in the state 'request'"),
        ([{"type": "http.response.start"}], "'http.response.start' without 'status'"),
        ([{**START, "status": "200"}], "'status' '200'. It must be a whole number"),
        ([{**START, "status": True}], "'status' True"),
        ([{**START, "headers": {b"a": b"b"}}], "It must be a list of pairs of bytes"),
        ([{**START, "headers": [("a", "b")]}], r"it holds \('a', 'b'\)"),
        ([{**START, "headers": [b"ab"]}], "it holds b'ab'"),
        ([{**START, "headers": [(b"A", b"b")]}], "names in lower case .* one is b'A'"),
        ([{**START, "headers": [(b"a b", b"")]}], "one is b'a b'"),
        ([{**START, "headers": [(b"a", b"b\r\nc: d")]}], "free of control characters"),
        ([{**START, "headers": [(b"a", b" b")]}], "outer blanks"),
        ([{**START, "reason": "OK"}], "with 'reason', which it does not have"),
        ([START, {**END, "body": "text"}], "'body' 'text'. It must be bytes"),
        ([START, {**END, "more_body": 1}], "'more_body' 1. It must be True or False"),
        ([{**START, "headers": [(b"content-length", b"3")]}, END], "announced 3 bytes and sent 4"),
        ([{**START, "headers": [(b"content-length", b"5")]}, END], "announced 5 bytes and sent 4"),
        ([{**START, "headers": [(b"content-length", b"4x")]}, END], "It must be one number"),
        ([{**START, "headers": [(b"content-length", b"4")] * 2}, END], "It must be one number"),
        ([{**START, "status": 204}, END], "a body with status 204"),
        ([START, {"type": "http.response.pathsend", "path": "/x"}], "'http.response.pathsend' in the state"),
    ],
)
def test_violations(messages, complaint):
    """What ASGI forbids is refused with a sentence that says what it was."""
    with pytest.raises(ProtocolViolation, match=complaint):
        get(send_all(*messages), "/")


def test_violation_that_is_swallowed():
    """An application that goes on after its mistake does not hide it."""

    async def swallow(scope, receive, send):
        with pytest.raises(ProtocolViolation):
            await send(END)
        await answer(send, b"as if nothing were wrong")

    with pytest.raises(ProtocolViolation, match="in the state 'request'"):
        get(swallow, "/")


def test_application_returns_nothing():
    """A return value is a sign of another protocol, such as WSGI."""

    async def give(scope, receive, send):
        await answer(send)
        return [b"body"]

    with pytest.raises(ProtocolViolation, match=r"returned \[b'body'\]. It must return None"):
        get(give, "/")


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304)])
def test_length_of_a_body_that_is_left_out(method, status):
    """The length of what a GET would get may stand there without a body."""
    start = {**START, "status": status, "headers": [(b"content-length", b"99")]}
    response = asyncio.run(make_client(send_all(start, {"type": "http.response.body"})).open("/", method=method))
    assert (response.data, response.headers["Content-Length"]) == (b"", "99")


def test_application_that_does_not_return():
    """An application that goes on after its answer is stopped, and named."""

    async def hang(scope, receive, send):
        await answer(send)
        await asyncio.Event().wait()

    with pytest.raises(ProtocolViolation, match=r"did not return within 0\.05 s after its answer was complete"):
        asyncio.run(make_client(hang, grace=0.05).get("/"))


def test_application_that_is_cancelled():
    """A cancellation that nobody asked for is a mistake."""

    async def cancel(scope, receive, send):
        raise asyncio.CancelledError

    with pytest.raises(ProtocolViolation, match="was cancelled, though its client is there"):
        get(cancel, "/")


def test_disconnect_follows_the_answer():
    """Whoever listens behind the answer hears that it is over."""
    heard = []

    async def listen_on(scope, receive, send):
        await answer(send)
        heard.extend([await receive(), await receive()])

    get(listen_on, "/")
    assert heard == [{"type": "http.disconnect"}] * 2


@pytest.mark.parametrize("raises", [False, True])
def test_body_that_is_cut_off(raises):
    """A body that ends early is followed by a disconnect, and can still be answered."""
    seen = []

    async def refuse(scope, receive, send):
        seen.extend([await receive(), await receive(), await receive()])
        await answer(send, status=400)

    class Torn(io.BytesIO):
        def read(self, size=-1):
            data = super().read(size)
            if not data and raises:
                raise OSError
            return data

    cut = {"input_stream": Torn(b"abc"), "environ_overrides": {"CONTENT_LENGTH": "10"}}
    assert asyncio.run(make_client(refuse).post("/", **cut)).status_code == 400
    expected = {"type": "http.request", "body": b"abc", "more_body": True}
    assert seen == [expected, {"type": "http.disconnect"}, {"type": "http.disconnect"}]


def test_cut_request_that_is_not_answered():
    """Nothing comes back where nobody is there to hear it."""

    async def ignore(scope, receive, send):
        while (await receive())["type"] != "http.disconnect":
            pass

    cut = {"input_stream": io.BytesIO(b"abc"), "environ_overrides": {"CONTENT_LENGTH": "10"}}
    with pytest.raises(UnansweredError, match="was cut off"):
        asyncio.run(make_client(ignore).post("/", **cut))


def test_pathsend(tmp_path):
    """A file is sent where the server offers to do it."""
    path = tmp_path / "file"
    path.write_bytes(b"content")
    app = send_all(START, {"type": "http.response.pathsend", "path": str(path)})
    response = asyncio.run(make_client(app, extensions=["http.response.pathsend"]).get("/"))
    assert response.data == b"content"


def test_stream_arrives_piece_by_piece():
    """A piece is there before the next one is sent, and the application waits for its reader."""
    sent = []

    async def stream(scope, receive, send):
        await send(START)
        for number in range(5):
            await send({"type": "http.response.body", "body": b"%d" % number, "more_body": True})
            sent.append(number)
        await send({"type": "http.response.body"})

    async def read_slowly():
        async with make_client(stream).stream("GET", "/") as response:
            assert response.headers["Content-Type"] == "text/plain"
            steps = [(chunk, len(sent)) async for chunk in response.chunks()]
            assert [chunk async for chunk in response.chunks()] == []
        return steps

    steps = asyncio.run(read_slowly())
    assert [chunk for chunk, _ in steps] == [b"0", b"1", b"2", b"3", b"4"]
    assert all(count <= number + 1 for number, (_, count) in enumerate(steps))


def test_client_goes_away():
    """Leaving a stream half-way is a disconnect; sending fails then, and the application ends."""
    seen = []

    async def stream(scope, receive, send):
        await receive()
        await send(START)
        await send({**END, "more_body": True})
        seen.append(await receive())
        with pytest.raises(ClientGoneError):
            await send(END)
        seen.append("refused")
        await send(END)

    async def leave():
        async with make_client(stream).stream("GET", "/") as response:
            assert await anext(response.chunks()) == b"done"

    asyncio.run(leave())
    assert seen == [{"type": "http.disconnect"}, "refused"]


def test_client_goes_away_while_the_application_waits_for_it():
    """An application that waits to send is told at once that nobody reads."""

    async def flood(scope, receive, send):
        await send(START)
        while True:
            await send({**END, "more_body": True})

    async def leave():
        async with make_client(flood).stream("GET", "/"):
            pass
        return asyncio.all_tasks()

    assert len(asyncio.run(leave())) == 1


def test_client_that_is_gone_is_noticed():
    """An application that goes on without its client is stopped, and named."""

    async def ignore(scope, receive, send):
        await send(START)
        await send({**END, "more_body": True})
        await asyncio.Event().wait()

    async def leave():
        async with make_client(ignore, grace=0.05).stream("GET", "/"):
            pass

    with pytest.raises(ProtocolViolation, match=r"did not return within 0\.05 s after its client was gone"):
        asyncio.run(leave())


def test_error_in_the_block_stops_the_application():
    """A test that fails within a stream leaves no task behind."""

    async def ignore(scope, receive, send):
        await send(START)
        await send({**END, "more_body": True})
        await asyncio.Event().wait()

    async def fail():
        with pytest.raises(ZeroDivisionError):
            async with make_client(ignore).stream("GET", "/"):
                raise ZeroDivisionError
        return asyncio.all_tasks()

    assert len(asyncio.run(fail())) == 1


def test_cancelled_request_is_a_client_that_goes_away():
    """A time limit around a request tells the application that its client left."""
    seen = []

    async def wait(scope, receive, send):
        await receive()
        seen.append(await receive())

    async def give_up():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await make_client(wait).get("/")

    asyncio.run(give_up())
    assert seen == [{"type": "http.disconnect"}]


def test_requests_at_the_same_time():
    """Requests of one client run beside each other."""
    barrier = asyncio.Barrier(3)

    async def meet(scope, receive, send):
        await barrier.wait()
        await answer(send, scope["path"].encode())

    async def send_three():
        client = make_client(meet)
        return [response.text for response in await asyncio.gather(*[client.get(f"/{n}") for n in range(3)])]

    assert asyncio.run(send_three()) == ["/0", "/1", "/2"]


def test_websocket():
    """Text, bytes and JSON go both ways, and the handshake's answer is there."""

    async def talk():
        client = make_client(listen)
        async with client.websocket("/chat/1", subprotocols=["a", "b"]) as socket:
            await socket.send("é")
            await socket.send(b"")
            await socket.send_json({"a": 1})
            received = [await socket.receive(), await socket.receive(), await socket.receive_json()]
            assert (socket.subprotocol, socket.handshake.status_code) == ("b", 101)
            assert socket.headers["Set-Cookie"] == "n=7; Path=/"
        return received, client.get_cookie("n").value

    assert asyncio.run(talk()) == (["é", b"", {"a": 1}], "7")


def test_scope_of_a_websocket():
    """The application is told the handshake, with the client's headers and cookies."""

    async def ask():
        client = make_client(listen)
        kwargs = {"base_url": "https://h.test", "headers": {"Origin": "https://h.test"}}
        client.set_cookie("c", "1", domain="h.test")
        async with client.websocket("/chat?x=1", subprotocols=["a"], **kwargs) as socket:
            await socket.send("scope")
            return await socket.receive_json()

    told = asyncio.run(ask())
    names = ("type", "scheme", "path", "query_string", "subprotocols")
    assert [told[name] for name in names] == ["websocket", "wss", "/chat", "b'x=1'", ["a"]]
    assert "method" not in told
    headers = {name: told["headers"][name] for name in ("origin", "cookie", "upgrade", "sec-websocket-protocol")}
    assert headers == {
        "origin": "https://h.test",
        "cookie": "c=1",
        "upgrade": "websocket",
        "sec-websocket-protocol": "a",
    }


def test_application_closes_the_websocket():
    """Who receives from a closed socket is told its code and reason; a loop just ends."""

    async def talk():
        async with make_client(listen).websocket("/") as socket:
            await socket.send("one")
            await socket.send("close")
            assert [message async for message in socket] == ["one"]
            assert (socket.close_code, socket.close_reason) == (4000, "asked")
            with pytest.raises(WebSocketClosedError, match="code 4000 and the reason 'asked'") as caught:
                await socket.receive()
            assert (caught.value.code, caught.value.reason) == (4000, "asked")
            with pytest.raises(WebSocketClosedError):
                await socket.send("too late")

    asyncio.run(talk())


def test_client_closes_the_websocket():
    """The application receives the code and reason, behind the messages that were sent before."""
    seen = []

    async def note(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        seen.extend([await receive(), await receive(), await receive()])
        with pytest.raises(ClientGoneError):
            await send({"type": "websocket.send", "text": "x"})

    async def leave():
        async with make_client(note).websocket("/") as socket:
            await socket.send("last")
            await socket.close(4001, "bye")
            assert [message async for message in socket] == []
            with pytest.raises(WebSocketClosedError):
                await socket.receive()
            with pytest.raises(WebSocketClosedError):
                await socket.send("x")

    asyncio.run(leave())
    gone = {"type": "websocket.disconnect", "code": 4001, "reason": "bye"}
    assert seen == [{"type": "websocket.receive", "text": "last"}, gone, gone]


def test_websocket_that_is_not_read():
    """The application waits to send until its messages are taken."""
    sent = []

    async def flood(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        for number in range(4):
            await send({"type": "websocket.send", "bytes": b"%d" % number})
            sent.append(number)
        await send({"type": "websocket.close"})

    async def read_late():
        async with make_client(flood).websocket("/") as socket:
            await asyncio.sleep(0.01)
            waiting = len(sent)
            return waiting, [message async for message in socket]

    assert asyncio.run(read_late()) == (1, [b"0", b"1", b"2", b"3"])


@pytest.mark.parametrize(
    ("messages", "status", "body"),
    [
        ([{"type": "websocket.close"}], 403, b""),
        (
            [
                {"type": "websocket.http.response.start", "status": 401, "headers": [(b"x-why", b"no")]},
                {"type": "websocket.http.response.body", "body": b"log ", "more_body": True},
                {"type": "websocket.http.response.body", "body": b"in"},
            ],
            401,
            b"log in",
        ),
    ],
)
def test_refused_handshake(messages, status, body):
    """A refused handshake raises an error that carries the answer."""

    async def connect():
        async with make_client(send_all(*messages)).websocket("/"):
            raise AssertionError

    with pytest.raises(WebSocketRefusedError, match=f"with the status '{status}") as caught:
        asyncio.run(connect())
    assert (caught.value.response.status_code, caught.value.response.data) == (status, body)


@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        ([], "returned before its answer was complete"),
        ([{"type": "websocket.send", "text": "x"}], "in the state 'handshake'"),
        ([START], "'http.response.start' in the state 'handshake'"),
        ([{"type": "websocket.accept", "subprotocol": "c"}], r"chose the subprotocol 'c'; the client offered \['a'\]"),
        ([{"type": "websocket.accept", "headers": [(b"sec-websocket-protocol", b"a")]}], "Send it as 'subprotocol'"),
        ([{"type": "websocket.accept"}, {"type": "websocket.accept"}], "in the state 'open'"),
        ([{"type": "websocket.accept"}, {"type": "websocket.send"}], "not exactly one of 'bytes' and 'text'"),
        ([{"type": "websocket.accept"}, {"type": "websocket.send", "text": b"x"}], "It must be a str"),
        ([{"type": "websocket.accept"}, {"type": "websocket.close", "code": 1005}], "must be a close code"),
        ([{"type": "websocket.accept"}, {"type": "websocket.close", "reason": "é" * 62}], "at most 123 bytes"),
        ([{"type": "websocket.accept"}, *[{"type": "websocket.close"}] * 2], "nothing may be sent any more"),
    ],
)
def test_violations_of_a_websocket(messages, complaint):
    """What ASGI forbids on a socket is refused, whenever it happens."""

    async def connect():
        async with make_client(send_all(*messages)).websocket("/", subprotocols=["a"]) as socket:
            await socket.receive()

    with pytest.raises(ProtocolViolation, match=complaint):
        asyncio.run(connect())


def test_refusal_with_a_body_needs_the_extension():
    """A server without the extension takes no answer but a close."""
    app = send_all({"type": "websocket.http.response.start", "status": 401, "headers": []})

    async def connect():
        async with make_client(app, extensions=()).websocket("/"):
            raise AssertionError

    with pytest.raises(ProtocolViolation, match=r"the state .handshake., where expected"):
        asyncio.run(connect())


def test_application_leaves_the_websocket_open():
    """A socket whose application returned is closed without a code."""

    async def connect():
        async with make_client(send_all({"type": "websocket.accept"})).websocket("/") as socket:
            with pytest.raises(WebSocketClosedError, match="1006"):
                await socket.receive()

    asyncio.run(connect())


def test_error_of_a_websocket_is_raised():
    """What a handler raises reaches the test, at the next message or at the end of the block."""

    async def fail(scope, receive, send):
        await send({"type": "websocket.accept"})
        raise ZeroDivisionError

    async def connect():
        async with make_client(fail).websocket("/") as socket:
            await asyncio.sleep(0)
            await socket.close()

    with pytest.raises(ZeroDivisionError):
        asyncio.run(connect())


def test_message_is_text_or_bytes():
    """A value of another kind is refused before it is sent."""

    async def connect():
        async with make_client(listen).websocket("/") as socket:
            await socket.send({"a": 1})

    with pytest.raises(TypeError, match="Call send_json"):
        asyncio.run(connect())


def run_lifespan(events, failing=()):
    """Return an application with a lifespan, which may fail, and requests that show its state."""

    async def serve(scope, receive, send):
        if scope["type"] == "http":
            await answer(send, str(scope["state"]).encode())
            return
        for step in ("startup", "shutdown"):
            message = await receive()
            events.append(message["type"])
            scope["state"]["made"] = step
            if step in failing:
                await send({"type": f"lifespan.{step}.failed", "message": "no database"})
                return
            await send({"type": f"lifespan.{step}.complete"})

    return serve


def test_lifespan():
    """The block runs start-up and shutdown, and requests see the state."""
    events = []

    async def serve():
        async with make_client(run_lifespan(events)) as client:
            assert events == ["lifespan.startup"]
            with pytest.raises(RuntimeError, match="Cannot nest client invocations"):
                await client.__aenter__()
            return (await client.get("/")).text

    assert asyncio.run(serve()) == "{'made': 'startup'}"
    assert events == ["lifespan.startup", "lifespan.shutdown"]


@pytest.mark.parametrize(("step", "what"), [("startup", "start"), ("shutdown", "shut down")])
def test_lifespan_that_fails(step, what):
    """A start or end that fails is raised with its message."""

    async def serve():
        async with make_client(run_lifespan([], [step])):
            assert step == "shutdown"

    with pytest.raises(RuntimeError, match=f"The application could not {what}: no database"):
        asyncio.run(serve())


def test_lifespan_that_raises():
    """What the start-up raises is raised as it is."""

    async def fail(scope, receive, send):
        await receive()
        raise ZeroDivisionError

    async def serve():
        async with make_client(fail):
            raise AssertionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(serve())


@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        ([], "returned before its lifespan was over"),
        ([{"type": "lifespan.shutdown.complete"}], "expected lifespan.startup.complete or lifespan.startup.failed"),
        ([{"type": "lifespan.startup.complete"}], "returned before its lifespan was over"),
        ([{"type": "lifespan.startup.complete"}] * 2, "in the state 'serving', where nothing may be sent any more"),
    ],
)
def test_violations_of_a_lifespan(messages, complaint):
    """A lifespan out of order is refused."""

    async def serve():
        async with make_client(send_all(*messages)):
            await asyncio.sleep(0)

    with pytest.raises(ProtocolViolation, match=complaint):
        asyncio.run(serve())
