"""One app through every server and door: what a server gets wrong never reaches a view as if it were right.

The quick servers run with all other tests; `scripts/servers` runs them all, and writes the table of `docs/servers.md`.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.servers.asking import ask, frame, open_socket, read_answer, send_chunks, send_raw
from tests.servers.running import find_program, make_bytes
from tests.servers.table import Server

HERE = __file__.rpartition("/")[0]
MEBIBYTE = 1024 * 1024
UPLOAD = make_bytes(5 * MEBIBYTE)
REFUSALS = {None, 400, 411}
"""What a server may say to a body that it does not understand; None is a closed connection."""
NUMBERS = make_bytes(256 * 1024)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def only(is_meant: Callable[[Server], bool]) -> Callable[[Any], Any]:
    """Run a test for some servers alone."""

    def mark(test: Any) -> Any:
        test.is_meant = is_meant
        return test

    return mark


def has_sockets(server: Server) -> bool:
    """Tell whether the door knows WebSockets."""
    return server.door != "wsgi"


def describe(data: bytes) -> dict[str, Any]:
    """Say of bytes what the views say of them."""
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def wait_for(condition: Callable[[], bool]) -> bool:
    """Wait until something is so, for ten seconds at most."""
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def test_hello(served):
    """A view answers twice on one connection, each time with the length of its body."""
    with served.connect() as connection:
        answers = []
        for _ in range(2):
            connection.request("GET", "/")
            answers.append(read_answer(connection.getresponse()))
    assert [(200, b"Hello", "5")] * 2 == [(each.status, each.body, each.headers["Content-Length"]) for each in answers]


def test_head(served):
    """HEAD gives the headers of GET and no body."""
    headers = [ask(served, path, "HEAD").headers for path in ("/", "/static/numbers.bin")]
    assert ["5", str(len(NUMBERS))] == [each["Content-Length"] for each in headers]


def test_not_found(served):
    """A path without a view is a 404."""
    assert 404 == ask(served, "/nowhere").status


def test_form(served):
    """The fields of a form arrive, those with two values and letters beyond ASCII too."""
    answer = ask(served, "/form", "POST", body=b"a=1&b=%C3%BC&a=2", headers=FORM)
    assert [["a", "1"], ["a", "2"], ["b", "\N{LATIN SMALL LETTER U WITH DIAERESIS}"]] == answer.json


def test_header_values(served):
    """A header's value arrives whole, with bytes beyond ASCII as Latin-1."""
    answer = ask(served, "/headers", headers={"X-Plain": "1", "X-Word": b"caf\xe9"})
    assert {"X-Plain": "1", "X-Word": "caf\xe9"} == {name: answer.json.get(name) for name in ("X-Plain", "X-Word")}


def test_header_names(served):
    """A header cannot pose as another one by an underscore."""
    assert "X-Remote-User" not in ask(served, "/headers", headers={"X_Remote_User": "evil"}).json


def test_upload(served):
    """5 MiB with a length arrive as they were sent."""
    assert describe(UPLOAD) == ask(served, "/upload/whole", "POST", body=UPLOAD).json


def test_chunked_upload(served):
    """5 MiB in chunks arrive as they were sent."""
    chunks = (UPLOAD[start : start + 50_000] for start in range(0, len(UPLOAD), 50_000))
    assert describe(UPLOAD) == ask(served, "/upload/chunked", "POST", body=chunks, encode_chunked=True).json


def test_file_upload(served):
    """A file of 5 MiB in a form arrives as it was sent."""
    head = b'--line\r\nContent-Disposition: form-data; name="file"; filename="numbers.bin"\r\n\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=line"}
    answer = ask(served, "/file/form", "POST", body=head + UPLOAD + b"\r\n--line--\r\n", headers=kind)
    assert {"name": "numbers.bin", **describe(UPLOAD)} == answer.json


def test_upload_too_long(served):
    """A body that says that it is longer than MAX_CONTENT_LENGTH is a 413."""
    head = f"POST /upload/long HTTP/1.1\r\nHost: localhost\r\nContent-Length: {9 * MEBIBYTE}\r\n\r\n"
    status = send_raw(served, head.encode() + bytes(9 * MEBIBYTE))
    assert (413, False) == (status, (served.folder / "long.complete").exists())


def test_chunked_upload_too_long(served):
    """A chunked body that grows longer than MAX_CONTENT_LENGTH is a 413 (411 where chunks are not known at all)."""
    status = send_chunks(served, "/upload/grown", [bytes(MEBIBYTE)] * 9)
    assert (True, False) == (status in {411, 413}, (served.folder / "grown.complete").exists()), status


@pytest.mark.parametrize("path", ["/upload", "/file"])
def test_cut_upload(served, path):
    """A body that ends after 10 of 1000 bytes never reaches a view as if it were complete."""
    name = f"cut{path[1:]}"
    kind = "Content-Type: multipart/form-data; boundary=line\r\n" if path == "/file" else ""
    head = f"POST {path}/{name} HTTP/1.1\r\nHost: localhost\r\n{kind}Content-Length: 1000\r\n\r\n"
    status = send_raw(served, head.encode() + b"0123456789")
    assert (True, False) == (status in REFUSALS, (served.folder / f"{name}.complete").exists()), status


def test_cut_chunked_upload(served):
    """A chunked body without its last chunk never reaches a view as if it were complete."""
    head = b"POST /upload/cut-chunks HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    status = send_raw(served, head + frame(b"0123456789") + b"20\r\n0123")
    assert (True, False) == (status in REFUSALS, (served.folder / "cut-chunks.complete").exists()), status


def test_malformed_chunk(served):
    """A chunk whose size is no number never reaches a view as the end of the body."""
    head = b"POST /upload/malformed HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    status = send_raw(served, head + frame(b"0123456789") + b"zz\r\n0123\r\n0\r\n\r\n")
    assert (True, False) == (status in REFUSALS, (served.folder / "malformed.complete").exists()), status


def test_abandoned_upload(served):
    """A client that goes away in mid-upload leaves the server able to answer, and no view saw its body."""
    with open_socket(served) as peer:
        peer.sendall(b"POST /upload/abandoned HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n0123456789")
    assert (200, False) == (ask(served, "/").status, (served.folder / "abandoned.complete").exists())


@pytest.mark.parametrize("path", ["/stream", "/async-stream"])
def test_stream(served, path):
    """The first chunk of a generator, sync or async, is there while the second one is not yet made."""
    name = f"release{path.replace('/', '-')}"
    with served.connect() as connection:
        connection.request("GET", f"{path}/{name}")
        response = connection.getresponse()
        first = response.readline()
        (served.folder / name).touch()
        assert (b"first\n", b"released\n") == (first, response.read())


def test_events(served):
    """A server-sent event is there while the next one has not happened yet."""
    with served.connect() as connection:
        connection.request("GET", "/events/event")
        response = connection.getresponse()
        first = response.readline() + response.readline()
        (served.folder / "event").touch()
        second = response.read()
        assert b"data: first\n\n" == first
        assert {"word": "released"} == json.loads(second.removeprefix(b"data: "))
        assert "text/event-stream" == response.getheader("Content-Type", "").partition(";")[0]


def test_client_leaves_stream(served):
    """A generator without an end is closed when its client has gone."""
    with served.connect() as connection:
        connection.request("GET", "/endless/gone")
        first = connection.getresponse().read(1000)
    assert (bytes(1000), True) == (first, wait_for((served.folder / "gone.closed").exists))


def test_broken_stream(served):
    """A stream that breaks does not look complete to the client."""
    with served.connect() as connection:
        connection.request("GET", "/broken/break")
        response = connection.getresponse()
        first = response.readline()
        (served.folder / "break").touch()
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            response.read()
    assert b"first\n" == first


def test_static_file(served):
    """A static file arrives as it is, and anew only when it has changed."""
    whole = ask(served, "/static/numbers.bin")
    again = ask(served, "/static/numbers.bin", headers={"If-None-Match": whole.headers["Etag"]})
    assert (200, NUMBERS, 304, b"") == (whole.status, whole.body, again.status, again.body)


def test_static_range(served):
    """A range of a static file arrives alone."""
    part = ask(served, "/static/numbers.bin", headers={"Range": "bytes=1000-1999"})
    assert (206, NUMBERS[1000:2000]) == (part.status, part.body)
    assert ("bytes 1000-1999/262144", "1000") == (part.headers["Content-Range"], part.headers["Content-Length"])


def test_async_view(served):
    """An async view awaits."""
    assert {"answers": ["first", "second"], "path": "/async"} == ask(served, "/async").json


def talk(served):
    """Run the client of `websockets`, which lives in the environment of the servers."""
    command = [find_program("python"), f"{HERE}/echo.py", str(served.port)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert not finished.returncode, finished.stderr
    return json.loads(finished.stdout)


@only(has_sockets)
def test_websocket(served):
    """Text and bytes come back through a WebSocket, and it closes in order."""
    kinds = ["str 4", "str 6", "bytes 6", "str 100000"]
    assert {"kinds": kinds, "words": ["text", "snow \N{SNOWMAN}"], "close": 1000, "left": "None"} == talk(served)


@only(lambda server: server.door == "wsgi")
def test_websocket_refused(served):
    """Through WSGI, a WebSocket is refused with a 426 that names the command to use."""
    refusal = talk(served)
    assert (426, True) == (refusal["status"], "demijohn serve" in refusal["body"])


@only(lambda server: server.front is not None)
def test_proxy(served):
    """Behind a proxy, the client's address and the outer URL are those that the proxy says."""
    expected = {"address": "127.0.0.1", "url": "https://shop.example/shop/where?a=1", "root": "/shop"}
    assert expected == ask(served, "/shop/where?a=1").json


def test_stop(served):
    """A server that is asked to stop does so, and leaves no process behind."""
    assert True is all(status in {0, 143, -15} for status in served.stop()), served.stop()
