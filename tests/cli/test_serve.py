"""`demijohn serve` with real processes and sockets."""

import contextlib
import json
import os
import signal
import socket
import sys
import time
import urllib.request

import pytest

from demijohn.cli import cli
from tests.cli.serving import PATIENCE, Clients, RawClient, Running, is_running, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

COMMAND = "serve"
APP = """
import os, threading, time
import demijohn
from flask import Flask
app = Flask(__name__)
@app.get("/")
def index():
    return "version 1"
@app.get("/process")
def process():
    return str(os.getpid())
@app.get("/slow")
def slow():
    open("begun", "a").close()
    time.sleep(0.6)
    return "slow"
@app.get("/events")
def events():
    def count():
        for number in range(1, 1000):
            yield str(number)
            time.sleep(0.05)
    return demijohn.EventStream(count())
@app.get("/endless")
def endless():
    open("begun", "a").close()
    time.sleep(60)
    return "never"
"""
#: Holds up every process that loads it but the first.
LATE = (
    APP
    + """
try:
    os.mkdir("first")
except FileExistsError:
    while not os.path.exists("go"):
        time.sleep(0.01)
"""
)


def test_answers_and_ends(start):
    """The application is served at the address that is told, and SIGTERM ends it with status 0."""
    server = start("--interface", "wsgi")
    assert server.get() == (200, "version 1")
    assert server.stop() == 0
    assert server.lines[0] == f"Serving 'hello' at http://127.0.0.1:{server.port} (WSGI, 1 worker).\n"


def test_default_interface(start):
    """An interface is chosen if none is given."""
    assert start().get() == (200, "version 1")


def test_middleware_decides_the_interface(start):
    """An application whose wsgi_app alone is wrapped is served by WSGI."""
    source = APP + "from werkzeug.middleware.proxy_fix import ProxyFix\napp.wsgi_app = ProxyFix(app.wsgi_app)\n"
    server = start(app=source)
    assert server.get() == (200, "version 1")
    assert "(WSGI, 1 worker)" in "".join(server.lines)


def test_factory_with_arguments(start, write):
    """A factory is called with the arguments that the application's name holds."""
    write("made.py", "from flask import Flask\ndef make(name):\n    return Flask(name)\n")
    server = Running(["-A", "made:make('bottle')", "serve", "-p", "0"]).wait_ready()
    server.clean_up()
    assert "Serving 'bottle'" in "".join(server.lines)


def test_every_worker_loads_the_application(start):
    """As many processes answer as were asked for, and none of them is the one that watches."""
    server = start("--workers", "2")
    wait_until(lambda: len(server.find_workers()) == 2)
    numbers = {int(server.get("/process")[1]) for _ in range(20)}
    assert numbers <= set(server.find_workers())


def test_dead_worker_is_replaced(start):
    """Clients wait a moment when the only worker was killed, and then get their answer, again and again."""
    server = start("--interface", "wsgi")
    for _ in range(3):
        (before,) = server.find_workers()
        os.kill(before, signal.SIGKILL)
        assert server.get("/process")[1] != str(before)
    assert "takes its place" in "".join(server.lines)


@pytest.mark.parametrize("interface", ["wsgi", "asgi", "rsgi"])
def test_termination_under_load(start, interface):
    """SIGTERM loses no request, neither on connections that are kept nor on new ones."""
    server = start("--interface", interface, "--workers", "2")
    with Clients(server.port, 16) as clients:
        clients.wait_for(200)
        assert server.stop() == 0
    assert set(clients.results) <= {"answered", "refused"}


@pytest.mark.parametrize("interface", ["wsgi", "asgi", "rsgi"])
def test_termination_ends_event_streams(start, interface):
    """A stream of events, which never ends, ends in good order at SIGTERM."""
    server = start("--interface", interface, "--drain", "0")
    address = f"http://127.0.0.1:{server.port}/events"
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
        assert answer.readline() == b"data: 1\n"
        assert server.stop() == 0
        assert answer.read().endswith(b"\n\n")
    assert "did not finish" not in "".join(server.lines)


def test_termination_waits_for_requests(start):
    """A request in flight is answered after SIGTERM, as is one queued behind it on a single thread."""
    server = start("--interface", "wsgi", "--threads", "1", "--drain", "0")
    clients = [RawClient(server.port) for _ in range(3)]
    for client in clients:
        client.send("/slow")
    wait_until(lambda: os.path.exists("begun"))
    assert server.stop() == 0
    assert [client.receive()[0] for client in clients] == [200, 200, 200]
    for client in clients:
        client.close()


def test_termination_tells_clients_to_leave(start):
    """While the server drains, answers close their connections and the probe says no."""
    server = start("--interface", "wsgi", "--health", "--drain", "20")
    kept, probe = RawClient(server.port), RawClient(server.port)
    kept.send()
    before = kept.receive()
    server.process.send_signal(signal.SIGTERM)
    wait_until(lambda: any("Stopping" in line for line in server.lines))
    kept.send()
    probe.send("/-/ready")
    answers = [before, kept.receive(), probe.receive()]
    kept.close()
    probe.close()
    assert [(status, headers.get("connection")) for status, headers in answers[:2]] == [(200, None), (200, "close")]
    assert answers[2][0] == 503


def test_impatience(start):
    """A second signal ends the server at once, but not the echo of the first."""
    server = start("--interface", "wsgi", "--drain", "60")
    client = RawClient(server.port)
    client.send("/slow")
    wait_until(lambda: os.path.exists("begun"))
    server.process.send_signal(signal.SIGTERM)
    server.process.send_signal(signal.SIGTERM)
    assert client.receive()[0] == 200
    client.close()
    time.sleep(0.6)
    assert server.stop() == 0


def test_time_limit_of_termination(start):
    """A request that does not end is cut off when its time is over."""
    server = start("--interface", "wsgi", "--graceful-timeout", "0.3", "--drain", "0")
    client = RawClient(server.port)
    client.send("/endless")
    wait_until(lambda: os.path.exists("begun"))
    assert server.stop() == 0
    assert "did not finish in time" in "".join(server.lines)
    with contextlib.suppress(ConnectionResetError):
        assert client.receive() is None
    client.close()


def test_orphans_end(start):
    """Workers end when the process that watches them is gone."""
    server = start()
    (worker,) = server.find_workers()
    server.process.kill()
    wait_until(lambda: not is_running(worker))


def test_time_limit_of_orphans(start):
    """A worker whose watching process was killed ends when its requests' time is over, and the port is free."""
    server = start("--interface", "wsgi", "--graceful-timeout", "0.3")
    (worker,) = server.find_workers()
    client = RawClient(server.port)
    client.send("/endless")
    wait_until(lambda: os.path.exists("begun"))
    server.process.kill()
    wait_until(lambda: not is_running(worker))
    client.close()


def test_worker_that_starts_while_the_server_stops(start):
    """A worker that begins to serve after SIGTERM tells its clients to leave, like the others."""
    server = start("--workers", "2", "--drain", "20", app=LATE)
    server.process.send_signal(signal.SIGTERM)
    wait_until(lambda: any("Stopping" in line for line in server.lines))
    os.mkdir("go")
    answers = {}
    while len(answers) < 2:
        client = RawClient(server.port)
        client.send("/process")
        answers[client.receive()[1].get("connection"), client.body] = True
        client.close()
    assert {connection for connection, _ in answers} == {"close"}


def test_exit_functions_run(start, write):
    """What the application registered with atexit runs when a worker ends."""
    server = start(app=APP + "import atexit\natexit.register(lambda: open('ended', 'w').close())\n")
    server.stop()
    assert os.path.exists("ended")


@pytest.mark.parametrize("interface", ["wsgi", "asgi", "rsgi"])
def test_processes_that_are_spawned(start, write, interface):
    """Where the system spawns processes and forks none, nothing is lost at SIGTERM, and exit functions run."""
    write("sitecustomize.py", "import multiprocessing\nmultiprocessing.set_start_method('spawn')\n")
    source = APP + "import atexit\natexit.register(lambda: open('ended', 'w').close())\n"
    server = start("--interface", interface, "--drain", "0", app=source, env={"PYTHONPATH": os.getcwd()})
    with Clients(server.port) as clients:
        clients.wait_for(100)
        assert server.stop() == 0
    assert set(clients.results) <= {"answered", "refused"}
    assert os.path.exists("ended")
    assert "panicked" not in "".join(server.lines)


def test_unix_socket(start, tmp_path):
    """A unix socket is made with its mode, served, and taken away at the end."""
    path = str(tmp_path / "served.sock")
    server = start("--uds", path, "--uds-permissions", "600")
    assert os.stat(path).st_mode & 0o777 == 0o600
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert client.makefile("rb").read().endswith(b"version 1")
    server.stop()
    assert not os.path.exists(path)


def test_port_taken(start):
    """A port on which another program listens is named, with what to do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        server = start("--port", str(port))
    assert server.wait() == 1
    assert "".join(server.lines) == (
        f"Error: Port {port} of '127.0.0.1' is taken: another program listens there. Stop it, or choose another port"
        " with '--port'.\n"
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import nothing_of_this_name", "No module named 'nothing_of_this_name'"),
        ("nothing = 1", "holds no Flask application"),
        ("raise ValueError('broken')", "Error: ValueError: broken"),
        ("import os; os._exit(7)", "ended before it served"),
        ("from flask import Flask; app = Flask('hello'); app.debug = False", None),
    ],
)
def test_application_that_cannot_be_loaded(start, source, expected):
    """An application that cannot be imported ends the command with the reason."""
    server = start(app=source)
    if expected is None:
        assert server.stop() == 0
    else:
        assert server.wait() == 1
        assert expected in "".join(server.lines)


@pytest.mark.parametrize("arguments", [["--debug", "serve"], ["serve"]])
def test_debug_mode_is_refused(write, arguments):
    """Debug mode is refused, be it switched on by an option or by the environment."""
    write("hello.py", APP)
    env = {} if "--debug" in arguments else {"FLASK_DEBUG": "1"}
    server = Running(["--app", "hello", *arguments, "--port", "0"], env).wait_ready()
    server.clean_up()
    assert server.process.returncode == 2
    assert "Debug mode is on" in "".join(server.lines)


def test_health_and_readiness(start):
    """The two probes are answered past the application, and only when asked for."""
    server = start("--health")
    assert server.get("/-/health") == (200, "ok\n")
    assert server.get("/-/ready") == (200, "ok\n")
    assert start().get("/-/health")[0] == 404


def test_static_files_by_the_server(start, write):
    """With --static the server answers for static files, without asking the application."""
    write("static/style.css", "body {}")
    assert start("--static").get("/static/style.css") == (200, "body {}")


def test_static_files_with_hooks(start, write):
    """With --static and a hook the application answers, and the reason is told."""
    write("static/style.css", "body {}")
    source = APP + "@app.before_request\ndef refuse():\n    return 'hooked'\n"
    server = start("--static", app=source)
    assert server.get("/static/style.css") == (200, "hooked")
    assert "'before_request_funcs' functions would not run" in "".join(server.lines)


@pytest.mark.parametrize("interface", ["wsgi", "asgi", "rsgi"])
def test_access_log(start, interface):
    """Each answer has its line on standard output, where nothing else is written."""
    server = start("--interface", interface, "--access-log", "json", "--health")
    server.get("/process?token=secret", **{"X-Request-ID": "mine"})
    server.get("/nothing%0A")
    server.get("/-/health")
    server.stop()
    lines = [json.loads(line) for line in server.output]
    assert [(line["path"], line["route"], line["status"]) for line in lines] == [
        ("/process", "/process", 200),
        ("/nothing\n", None, 404),
    ]
    assert lines[0]["request_id"] == "mine"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--drain", "nan"], "'nan' is no number of seconds"),
        (["--drain", "inf"], "inf is not in the range"),
        (["--graceful-timeout", "-1"], "-1.0 is not in the range"),
        (["--uds", ""], "'--uds' is empty"),
        (["--uds-permissions", "660"], "'--uds-permissions' is of use with a unix socket only"),
    ],
)
def test_options_without_a_meaning(runner, arguments, expected):
    """Options that say nothing of use are refused before anything is loaded."""
    result = runner.invoke(cli, ["serve", *arguments])
    assert result.exit_code == 2
    assert expected in " ".join(result.stderr.split())


@pytest.mark.parametrize("interface", ["asgi", "rsgi", "wsgi"])
def test_a_mistake_in_a_typed_view_stops_the_start(start, interface):
    """A typed view that asks for what cannot be bound is told before anything is served."""
    source = (
        "from demijohn import Flask, Path\napp = Flask(__name__)\n@app.get('/')\ndef index(number: Path[int]): ...\n"
    )
    server = start("--interface", interface, app=source)
    assert server.wait() == 1
    assert "parameter `number`: the URL has no variable <number>" in server.lines[-1]
