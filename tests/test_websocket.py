"""What a handler's `websocket` does, whatever the server."""

import pytest
from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.test import create_environ

from demijohn import Request
from demijohn.websocket import UpgradeRequired, WebSocket, WebSocketDisconnected
from tests.doors.sockets import GONE, AsgiServer, make_app, run


def meet(scenario, *messages, headers=None, path="/chat/one?x=1", **config):
    """Run a scenario with a socket and the server that it is connected to."""

    async def main():
        server = AsgiServer(messages)
        request = Request(create_environ(path, "http://chat.test/", headers=headers))
        websocket = WebSocket(make_app(**config), request, server.transport)
        return await scenario(websocket, server)

    return run(main())


def test_accept_answers_the_handshake_with_headers_and_subprotocol():
    """What `accept` is given reaches the server, header names in lower case."""

    async def scenario(websocket, server):
        await websocket.accept(headers={"X-Room": "one"}, subprotocol="v2.chat")
        assert websocket.is_accepted
        return server.sent

    expected = {"type": "websocket.accept", "subprotocol": "v2.chat", "headers": [(b"x-room", b"one")]}
    assert meet(scenario, headers={"Sec-WebSocket-Protocol": "v1.chat, v2.chat"}) == [expected]


@pytest.mark.parametrize(
    "headers", [{"X-A": "1"}, [("X-A", "1")], Headers({"X-A": "1"}), None], ids=["dict", "list", "Headers", "none"]
)
def test_accept_takes_headers_of_every_kind(headers):
    """Headers may be a mapping, a list of pairs, or Werkzeug's."""

    async def scenario(websocket, server):
        await websocket.accept(headers)
        return server.sent[0]["headers"]

    assert meet(scenario) == ([] if headers is None else [(b"x-a", b"1")])


@pytest.mark.parametrize(
    "headers",
    [{"X-A": "1\r\nX-B: 2"}, {"X-A": "\x0b"}, {"X A": "1"}, {"Upgrade": "h2c"}, {"Sec-WebSocket-Protocol": "x"}],
)
def test_accept_refuses_headers_that_would_break_the_handshake(headers):
    """A header that is not valid, or the server's own, is an error before anything is sent."""

    async def scenario(websocket, server):
        with pytest.raises(ValueError):
            await websocket.accept(headers=headers)
        return server.sent

    assert meet(scenario) == []


def test_accept_refuses_a_subprotocol_that_nobody_asked_for():
    """The subprotocol has to be one of those that the client can speak."""

    async def scenario(websocket, server):
        assert websocket.requested_subprotocols == ["v1", "v2"]
        with pytest.raises(ValueError, match="'v3' is not among those"):
            await websocket.accept(subprotocol="v3")

    meet(scenario, headers={"Sec-WebSocket-Protocol": "v1 ,, v2, no good"})


def test_a_second_accept_does_nothing_unless_it_has_something_to_say():
    """Headers that come too late are an error; a mere second `accept` is none."""

    async def scenario(websocket, server):
        await websocket.accept()
        await websocket.accept()
        with pytest.raises(RuntimeError, match="accepted already"):
            await websocket.accept(headers={"X-A": "1"})
        return len(server.sent)

    assert meet(scenario) == 1


@pytest.mark.parametrize("message", ["text", "é", "", b"\x00\xff", b""])
def test_messages_keep_their_kind(message):
    """Text comes and goes as `str`, binary data as `bytes`, empty ones too."""

    async def scenario(websocket, server):
        received = await websocket.receive()
        await websocket.send(received)
        return received, server.messages

    assert meet(scenario, message) == (message, [message])


def test_receive_and_send_accept_by_themselves():
    """The first message accepts the handshake."""

    async def scenario(websocket, server):
        assert not websocket.is_accepted
        await websocket.send("hello")
        return [event["type"] for event in server.sent]

    assert meet(scenario) == ["websocket.accept", "websocket.send"]


@pytest.mark.parametrize("data", [bytearray(b"ab"), memoryview(b"ab"), type("Text", (str,), {})("ab")])
def test_send_takes_what_is_like_bytes_or_text(data):
    """Buffers are sent as bytes, subclasses of `str` as text."""

    async def scenario(websocket, server):
        await websocket.send(data)
        return server.messages

    assert meet(scenario) == ["ab" if isinstance(data, str) else b"ab"]


def test_send_refuses_other_values_before_it_accepts():
    """A value that is neither text nor bytes is an error that names `send_json`."""

    async def scenario(websocket, server):
        with pytest.raises(TypeError, match=r"got dict.*send_json"):
            await websocket.send({"a": 1})
        return server.sent

    assert meet(scenario) == []


@pytest.mark.parametrize(
    ("args", "kwargs", "expected"),
    [(({"a": 1},), {}, '{"a": 1}'), ((), {"a": 1}, '{"a": 1}'), ((1, 2), {}, "[1, 2]"), ((None,), {}, "null")],
)
def test_send_json_takes_what_jsonify_takes(args, kwargs, expected):
    """One value is the document, several are an array, keywords an object."""

    async def scenario(websocket, server):
        await websocket.send_json(*args, **kwargs)
        return server.messages

    assert meet(scenario) == [expected]


def test_send_json_refuses_values_and_items_at_once():
    """Args together with kwargs are an error."""

    async def scenario(websocket, server):
        with pytest.raises(TypeError, match="not both"):
            await websocket.send_json(1, a=2)

    meet(scenario)


@pytest.mark.parametrize("message", ['{"a": [1]}', b'{"a": [1]}'])
def test_receive_json_parses_text_and_bytes(message):
    """A message is parsed by the application's provider."""

    async def scenario(websocket, server):
        return await websocket.receive_json()

    assert meet(scenario, message) == {"a": [1]}


@pytest.mark.parametrize("message", ["{", "", b"\xff", "[" * 200_000])
def test_receive_json_refuses_what_is_no_json(message):
    """What cannot be parsed is the client's fault, and nests no stack to death."""

    async def scenario(websocket, server):
        with pytest.raises(BadRequest):
            await websocket.receive_json()

    meet(scenario, message)


@pytest.mark.parametrize(
    ("message", "passes"),
    [
        ("x" * 10, True),
        ("x" * 11, False),
        (b"x" * 11, False),
        ("é" * 5, True),
        ("é" * 6, False),
        ("\U0001f600" * 3, False),
        ("\ud800é" * 3, False),
    ],
)
def test_a_message_above_the_limit_closes_the_socket(message, passes):
    """The limit counts bytes, and code 1009 tells the client."""

    async def scenario(websocket, server):
        if passes:
            return await websocket.receive() == message
        with pytest.raises(WebSocketDisconnected) as caught:
            await websocket.receive()
        return caught.value.code == server.sent[-1]["code"] == 1009

    assert meet(scenario, message, MAX_WEBSOCKET_MESSAGE_SIZE=10)


def test_the_limit_is_a_mebibyte_unless_set():
    """A message of 1 MiB passes, one byte more does not, and None lifts the limit."""

    async def scenario(websocket, server):
        return [len(message) async for message in websocket]

    sizes = [2**20, 2**20 + 1]
    assert meet(scenario, *["x" * size for size in sizes]) == sizes[:1]
    assert meet(scenario, *["x" * size for size in sizes], GONE, MAX_WEBSOCKET_MESSAGE_SIZE=None) == sizes


def test_iterating_ends_when_the_client_closes():
    """`async for` gives every message and ends quietly; the code is kept."""

    async def scenario(websocket, server):
        messages = [message async for message in websocket]
        return messages, websocket.is_closed, websocket.close_code, websocket.close_reason

    assert meet(scenario, "a", b"b", GONE) == (["a", b"b"], True, 1001, "bye")


def test_receive_tells_when_the_client_has_gone_as_often_as_it_is_asked():
    """The error has the code and the reason of the client, each time."""

    async def scenario(websocket, server):
        for _ in range(2):
            with pytest.raises(WebSocketDisconnected, match="code 1001: 'bye'") as caught:
                await websocket.receive()
            assert (caught.value.code, caught.value.reason) == (1001, "bye")
        with pytest.raises(WebSocketDisconnected):
            await websocket.send("too late")

    meet(scenario, GONE)


def test_a_client_that_goes_before_it_is_accepted_is_noticed():
    """`accept` tells when the handshake was given up."""

    async def scenario(websocket, server):
        server.incoming.get_nowait()
        server.push(GONE)
        with pytest.raises(WebSocketDisconnected):
            await websocket.accept()
        assert not websocket.is_accepted
        return server.sent

    assert meet(scenario) == []


def test_close_tells_the_client_once():
    """Code and reason go out; a second `close` does nothing."""

    async def scenario(websocket, server):
        await websocket.accept()
        await websocket.close(4000, "enough")
        await websocket.close()
        assert (websocket.close_code, websocket.close_reason) == (4000, "enough")
        return server.sent[1:]

    assert meet(scenario) == [{"type": "websocket.close", "code": 4000, "reason": "enough"}]


def test_sending_after_close_is_an_error_that_says_so():
    """After its own `close` a handler can neither send nor accept; receiving tells of the end."""

    async def scenario(websocket, server):
        await websocket.accept()
        await websocket.close()
        with pytest.raises(RuntimeError, match="'/chat/one' was closed with code 1000 by this application"):
            await websocket.send("more")
        with pytest.raises(RuntimeError):
            await websocket.accept()
        with pytest.raises(WebSocketDisconnected):
            await websocket.receive()

    meet(scenario)


def test_close_before_accept_refuses():
    """A socket that is closed unaccepted is a 403, and sending says that it was refused."""

    async def scenario(websocket, server):
        await websocket.close()
        with pytest.raises(RuntimeError, match="was refused"):
            await websocket.send("x")
        return server.answer

    assert meet(scenario) == (403, b"")


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 2000, 5000])
def test_close_refuses_codes_that_may_not_be_sent(code):
    """Codes that RFC 6455 reserves are an error."""

    async def scenario(websocket, server):
        with pytest.raises(ValueError, match=r"section 7\.4"):
            await websocket.close(code)

    meet(scenario)


def test_close_refuses_a_reason_that_fits_no_frame():
    """123 bytes are the most."""

    async def scenario(websocket, server):
        await websocket.accept()
        with pytest.raises(ValueError, match="has 124 bytes"):
            await websocket.close(1000, "é" * 62)
        await websocket.close(1000, "é" * 61)

    meet(scenario)


def test_everything_of_the_handshake_is_there():
    """Attributes of the request are the socket's too, and addresses begin with ws."""

    async def scenario(websocket, server):
        assert websocket.args["x"] == "1"
        assert (websocket.path, websocket.host, websocket.method) == ("/chat/one", "chat.test", "GET")
        assert websocket.cookies["a"] == "b"
        assert websocket.headers["X-A"] == websocket.request.headers["X-A"] == "1"
        return websocket.url, websocket.scheme, websocket.request.url

    headers = {"Cookie": "a=b", "X-A": "1"}
    expected = ("ws://chat.test/chat/one?x=1", "ws", "http://chat.test/chat/one?x=1")
    assert meet(scenario, headers=headers) == expected


def test_what_the_handshake_has_not_is_missing():
    """An unknown attribute is an AttributeError."""

    async def scenario(websocket, server):
        with pytest.raises(AttributeError, match="nothing"):
            _ = websocket.nothing
        assert repr(websocket) == "<WebSocket '/chat/one' connecting>"

    meet(scenario)


def test_an_upgrade_that_wsgi_cannot_carry_names_the_command():
    """The 426 says how to start the application."""
    response = UpgradeRequired().get_response()
    assert response.status == "426 UPGRADE REQUIRED"
    assert "demijohn serve --interface asgi" in response.get_data(as_text=True)
    assert "Upgrade" not in response.headers
    assert issubclass(UpgradeRequired, HTTPException)
