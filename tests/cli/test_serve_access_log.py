"""What a line of the access log says."""

import json
import os
import sys
import time

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from demijohn import Flask
from demijohn.cli.access_log import (
    VALID_ID,
    AccessLog,
    Entry,
    StandardOutput,
    escape,
    find_request_id,
    format_json,
    format_text,
)
from tests.cli.serving import RawClient

COMMAND = "serve"
APP = """
from demijohn import Flask, abort, websocket
app = Flask(__name__)
@app.websocket("/echo/<name>")
async def echo(name):
    async for message in websocket:
        await websocket.send(message)
@app.websocket("/refused")
async def refused():
    abort(401)
"""
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture
def app():
    """Return an application with one route."""
    app = Flask("made")
    app.add_url_rule("/users/<int:number>", view_func=lambda number: "", endpoint="user")
    return app


def log(app, kind, path, **options):
    """Return the line that a request gets."""
    lines = []
    with app.test_request_context(path, **options) as context:
        AccessLog(kind, lines.append).on_answer(context, 200, time.perf_counter_ns())
    assert len(lines) == 1
    return lines[0].decode("ascii")


def test_json(app):
    """A line of JSON holds time, id, client, method, path, route, status and microseconds, and no query."""
    headers = {"X-Request-ID": "abc-1"}
    line = log(app, "json", "/users/5?token=secret", headers=headers, environ_base={"REMOTE_ADDR": "1.2.3.4"})
    values = json.loads(line)
    assert line.endswith("}\n")
    assert values.pop("time").endswith("Z")
    assert 0 <= values.pop("microseconds") < 60_000_000
    assert values == {
        "request_id": "abc-1",
        "remote": "1.2.3.4",
        "method": "GET",
        "path": "/users/5",
        "route": "/users/<int:number>",
        "status": 200,
    }


def test_text(app):
    """A line of text holds the same."""
    headers = {"X-Request-ID": "abc-1"}
    line = log(app, "text", "/users/5", headers=headers, environ_base={"REMOTE_ADDR": "1.2.3.4"})
    words = line.split(" ")
    assert words[1:5] == ["1.2.3.4", '"GET', '/users/5"', "200"]
    assert words[6:] == ['route="/users/<int:number>"', "id=abc-1\n"]


def test_no_route(app):
    """A path that no rule matches has no route."""
    assert " route=- id=" in log(app, "text", "/nothing")
    assert json.loads(log(app, "json", "/nothing"))["route"] is None


@pytest.mark.parametrize("path", ["/a\r\nGET /forged", "/\x1b[31m", '/"quoted"', "/é", "/\x7f", "/\\", "/\u202e"])
def test_hostile_paths(path):
    """No path can end the line, its field, or speak to a terminal."""
    entry = Entry("now", "id", None, "GET", path, None, 200, 5)
    for line in (format_text(entry), format_json(entry)):
        assert line.isascii()
        assert line.isprintable()
    assert format_text(entry).count('"') == 2
    assert json.loads(format_json(entry))["path"] == path


def test_hostile_method_and_client():
    """Method and client are escaped as well."""
    entry = Entry("now", "id", '1"\n', 'G"\n', "/", None, 200, 5)
    assert format_text(entry) == 'now 1\\x22\\x0a "G\\x22\\x0a /" 200 5us route=- id=id'


def test_long_values_are_cut():
    """A line stays short enough to be written at once, whatever the path."""
    entry = Entry("now", "id", None, "GET", "/" + "a" * 100_000, None, 200, 5)
    assert [len(line) < 2000 for line in (format_text(entry), format_json(entry))] == [True, True]


@pytest.mark.parametrize("given", ["abc", "0af7651916cd43dd8448eb211c80319c", "a.b_c-d:e/f+g=@~"])
def test_ids_that_are_taken(given):
    """A plain id that came with the request is used."""
    assert find_request_id(given) == given


@pytest.mark.parametrize("given", [None, "", "a b", "a\n", 'a"', "é", "a" * 129, "a;b", "<b>"])
def test_ids_that_are_made(given):
    """Where there is no plain id, a new one is made."""
    made = find_request_id(given)
    assert made != given
    assert len(made) == 32
    assert VALID_ID.fullmatch(made)


def test_unknown_kind():
    """A kind of log that does not exist is refused."""
    with pytest.raises(ValueError, match="of kind 'xml' is unknown"):
        AccessLog("xml")


def test_nobody_reads(app):
    """A log that cannot be written costs no answer."""

    def write(line):
        raise BrokenPipeError

    with app.test_request_context("/") as context:
        assert AccessLog("text", write).on_answer(context, 200, 0) is None


def test_escape_keeps_what_is_plain():
    """Plain text stays as it is, other characters are named by their numbers."""
    assert [escape(text) for text in ("/a b%20", "é€😀")] == ["/a b%20", "\\xe9\\u20ac\\U0001f600"]


@pytest.mark.parametrize("character", ["a", "\x01", "\u00e9", "\u4e2d", "\U0001f600"])
@pytest.mark.parametrize("write", [format_text, format_json])
def test_a_line_fits_into_one_write(write, character):
    """Long values are cut as they are written, so that a pipe takes a line as a whole."""
    long = character * 5000
    entry = Entry("2026-11-20T08:00:00.123Z", "i" * 128, "127.0.0.1", long, f"/{long}", f"/{long}", 200, 1)
    assert len(write(entry)) < 4096


@needs_linux
@pytest.mark.parametrize("interface", ["asgi", "rsgi"])
def test_sockets(start, interface):
    """A WebSocket has its line when it ends: 101, or the status that refused it."""
    server = start("--interface", interface, "--access-log", "json")
    address = f"ws://127.0.0.1:{server.port}"
    with connect(f"{address}/echo/a?token=secret", additional_headers={"X-Request-ID": "mine"}, proxy=None) as client:
        client.send("text")
        assert client.recv() == "text"
    for path in ("/refused", "/nothing"):
        with pytest.raises(InvalidStatus):
            connect(f"{address}{path}", proxy=None).__enter__()
    server.stop()
    lines = [json.loads(line) for line in server.output]
    assert sorted((line["path"], line["route"], line["status"]) for line in lines) == [
        ("/echo/a", "/echo/<name>", 101),
        ("/nothing", None, 404),
        ("/refused", "/refused", 401),
    ]
    assert "mine" in {line["request_id"] for line in lines}
    assert all(0 < line["microseconds"] < 60_000_000 for line in lines)


@needs_linux
def test_a_socket_that_the_server_closes(start):
    """A WebSocket that is open when the server stops has its line too."""
    server = start("--access-log", "text")
    with connect(f"ws://127.0.0.1:{server.port}/echo/a", proxy=None) as client:
        client.send("text")
        client.recv()
        server.stop()
    assert '"GET /echo/a" 101 ' in "".join(server.output)


@needs_linux
@pytest.mark.parametrize("upgrade", ["", "Connection: Upgrade\r\nUpgrade: websocket\r\n"])
@pytest.mark.parametrize("interface", ["asgi", "rsgi"])
def test_refused_requests(start, interface, upgrade):
    """A request that is refused before the application sees it has its line."""
    server = start("--interface", interface, "--access-log", "json")
    client = RawClient(server.port)
    client.socket.sendall(
        f"GET /echo/a HTTP/1.1\r\nHost: a\r\nHost: b\r\nX-Request-ID: mine\r\n{upgrade}"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    assert client.receive()[0] == 400
    client.close()
    server.stop()
    (line,) = [json.loads(line) for line in server.output]
    assert (line["path"], line["route"], line["status"], line["request_id"]) == ("/echo/a", None, 400, "mine")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes cannot be asked there")
def test_a_pipe_that_nobody_reads(caplog):
    """A line that does not fit into a full pipe is lost, which is told when somebody reads again."""
    reader, writer = os.pipe()
    write = StandardOutput(writer, patience=0)
    written = 0
    while not write._lost:
        write(b"a" * 4096)
        written += 1
    write(b"b" * 4096)
    assert (written - 1) * 4096 == len(os.read(reader, 4096 * written))
    write(b"c")
    assert b"c" == os.read(reader, 100)
    assert [record.getMessage()[:28] for record in caplog.records] == ["2 lines of the access log ar"]
    os.close(reader)
    os.close(writer)
