"""`demijohn serve` speaks HTTP/2, over TLS by ALPN and without TLS to who knows it."""

import json
import os
import signal
import socket
import sys

import pytest

from tests.cli.http2 import Http2Client
from tests.cli.serving import trust_everybody, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

COMMAND = "serve"
APP = """
import itertools, os, time
from flask import Flask, Response, request
app = Flask(__name__)
@app.route("/", methods=["GET", "POST"])
def index():
    return {
        "protocol": request.environ["SERVER_PROTOCOL"],
        "scheme": request.scheme,
        "host": request.host,
        "cookies": dict(request.cookies),
        "size": len(request.get_data()),
    }
@app.get("/slow/<int:number>")
def slow(number):
    open(f"begun{number}", "w").close()
    while not os.path.exists("go"):
        time.sleep(0.01)
    return str(number)
@app.get("/endless")
def endless():
    def count():
        try:
            for number in itertools.count():
                yield f"{number}\\n"
                time.sleep(0.01)
        finally:
            open("closed", "w").close()
    return Response(count())
"""
each_interface = pytest.mark.parametrize("interface", ["wsgi", "asgi", "rsgi"])
BODY = bytes(60_000)


@pytest.fixture
def serve(start, pair):
    """Return a function that serves by HTTPS, or without TLS."""

    def start_server(*arguments, tls=True):
        return start(*arguments, *(("--certfile", pair[0], "--keyfile", pair[1]) if tls else ()))

    return start_server


def ask_slowly(server, client, number):
    """Send requests that wait for the file "go", and return their streams when they have begun."""
    streams = [client.send(f"/slow/{each}") for each in range(number)]
    wait_until(lambda: all(os.path.exists(f"begun{each}") for each in range(number)))
    return streams


@each_interface
@pytest.mark.parametrize("tls", [True, False], ids=["alpn", "prior-knowledge"])
def test_requests(serve, interface, tls):
    """Requests on one connection tell the application of HTTP/2, the host, and each cookie."""
    server = serve("--interface", interface, tls=tls)
    with Http2Client(server.port, tls=tls) as client:
        cookies = ("cookie", "a=1"), ("cookie", "b=2")
        answers = [client.receive(client.send("/", *cookies, body=body)) for body in (b"", BODY)]
    expected = {"host": f"127.0.0.1:{server.port}", "cookies": {"a": "1", "b": "2"}}
    expected |= {"protocol": "HTTP/2", "scheme": "https" if tls else "http"}
    assert [200, 200] == [status for status, _ in answers]
    assert [{**expected, "size": 0}, {**expected, "size": len(BODY)}] == [json.loads(body) for _, body in answers]


@pytest.mark.parametrize("tls", [True, False])
def test_older_clients(serve, tls):
    """Who does not know HTTP/2 gets HTTP/1.1."""
    assert "HTTP/1.1" == json.loads(serve(tls=tls).get()[1])["protocol"]


@pytest.mark.parametrize(("version", "expected"), [("auto", "h2"), ("1", "http/1.1"), ("2", "h2")])
def test_versions(serve, version, expected):
    """The version of HTTP can be chosen, and clients are offered that one."""
    server = serve("--http", version)
    context = trust_everybody()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection(("127.0.0.1", server.port)) as raw, context.wrap_socket(raw) as client:
        assert expected == client.selected_alpn_protocol()


@each_interface
def test_many_at_once(serve, interface):
    """Requests of one connection are answered beside each other, in any order."""
    server = serve("--interface", interface)
    with Http2Client(server.port, tls=True) as client:
        held = ask_slowly(server, client, 8)
        assert 200 == client.receive(client.send("/"))[0]
        assert not client.ended & set(held)
        open("go", "w").close()
        assert [(200, str(number)) for number in range(8)] == [client.receive(stream) for stream in held]


@each_interface
def test_abandoned_stream(serve, interface):
    """A client that gives up one stream ends its generator, and keeps its connection."""
    server = serve("--interface", interface)
    with Http2Client(server.port, tls=True) as client:
        endless = client.send("/endless")
        client.read_until(lambda: client.bodies[endless].startswith(b"0\n"))
        client.cancel(endless)
        wait_until(lambda: os.path.exists("closed"))
        assert 200 == client.receive(client.send("/"))[0]


@each_interface
def test_termination(serve, interface):
    """At SIGTERM a client is told to leave, and requests in flight are answered."""
    server = serve("--interface", interface, "--drain", "0")
    with Http2Client(server.port, tls=True) as client:
        held = ask_slowly(server, client, 3)
        server.process.send_signal(signal.SIGTERM)
        client.read_until(lambda: client.is_leaving)
        open("go", "w").close()
        assert [(200, str(number)) for number in range(3)] == [client.receive(stream) for stream in held]
    assert 0 == server.wait()


@each_interface
def test_exchange(serve, interface):
    """A client asks on its connection until it is told to leave, and no request is lost."""
    server = serve("--interface", interface, "--drain", "0")
    with Http2Client(server.port, tls=True) as client:
        server.process.send_signal(signal.SIGHUP)
        while not client.is_leaving:
            assert 200 == client.receive(client.send("/"))[0]
    assert 200 == server.get()[0]
