"""`demijohn serve` exchanges its workers, at a signal and when files change."""

import os
import signal
import sys

import pytest

from tests.cli.serving import Clients, RawClient, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

COMMAND = "serve"
APP = """
import os, time
from flask import Flask
app = Flask(__name__)
@app.get("/")
def index():
    return "version 1"
@app.get("/process")
def process():
    return str(os.getpid())
@app.get("/endless")
def endless():
    open("begun", "a").close()
    time.sleep(60)
    return "never"
"""
#: Holds up the first process that loads it.
SLOW_TO_LOAD = (
    APP.replace("version 1", "version 2")
    + """
try:
    os.mkdir("loading")
except FileExistsError:
    pass
else:
    while not os.path.exists("go"):
        time.sleep(0.01)
"""
)


def count_exchanges(server):
    """Return how often all workers were exchanged."""
    return sum("Exchanged" in line for line in server.lines)


def test_exchange_of_workers(start, write):
    """SIGHUP brings the new code, and keeps the old if the new one cannot be loaded."""
    server = start("--interface", "wsgi", "--drain", "0")
    write("hello.py", APP.replace("version 1", "version 2"))
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: server.get()[1] == "version 2")
    write("hello.py", "raise ValueError('broken')")
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: any("old ones go on" in line for line in server.lines))
    assert server.get() == (200, "version 2")


def test_reload(start, write):
    """With --reload, changed code and changed templates are served."""
    source = "from flask import Flask, render_template\napp = Flask(__name__)\n@app.get('/')\ndef index():\n"
    write("templates/page.html", "template 1")
    server = start("--reload", app=source + "    return '1 ' + render_template('page.html')\n")
    assert server.get()[1] == "1 template 1"
    write("templates/page.html", "template 2")
    wait_until(lambda: server.get()[1] == "1 template 2")
    write("hello.py", source + "    return '2 ' + render_template('page.html')\n")
    wait_until(lambda: server.get()[1] == "2 template 2")


def test_reload_survives_a_mistake(start, write):
    """A change that breaks the application is told, and the next one repairs it."""
    server = start("--reload", "--interface", "wsgi")
    write("hello.py", "raise ValueError('broken')")
    wait_until(lambda: any("cannot be loaded: ValueError: broken" in line for line in server.lines))
    write("hello.py", APP.replace("version 1", "version 2"))
    assert server.get() == (200, "version 2")


@pytest.mark.parametrize("interface", ["wsgi", "asgi", "rsgi"])
def test_exchange_under_load(start, interface):
    """SIGHUP loses no request, neither on connections that are kept nor on new ones."""
    server = start("--interface", interface, "--workers", "2", "--drain", "0")
    with Clients(server.port) as clients:
        for number in range(1, 4):
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda number=number: count_exchanges(server) == number)
            clients.wait_for(100)
    assert set(clients.results) == {"answered"}


@pytest.mark.parametrize("interface", ["wsgi", "asgi", "rsgi"])
def test_reload_under_load(start, write, interface):
    """A reload loses no request: who asks meanwhile gets the answer of the new code."""
    server = start("--interface", interface, "--reload")
    with Clients(server.port) as clients:
        for number in range(2, 5):
            write("hello.py", APP.replace("version 1", f"version {number}"))
            wait_until(lambda number=number: server.get()[1] == f"version {number}")
    assert set(clients.results) == {"answered"}


def test_death_during_an_exchange(start, write):
    """A worker that dies while a new one takes its time to load is replaced."""
    server = start("--interface", "wsgi")
    (old,) = server.find_workers()
    write("hello.py", SLOW_TO_LOAD)
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: os.path.exists("loading"))
    os.kill(old, signal.SIGKILL)
    assert server.get() == (200, "version 2")
    write("go")
    wait_until(lambda: count_exchanges(server) == 1)
    assert server.get() == (200, "version 2")


def test_death_after_an_exchange(start):
    """A new worker that dies is replaced while the old one still finishes its requests."""
    server = start("--interface", "wsgi", "--drain", "0")
    (old,) = server.find_workers()
    client = RawClient(server.port)
    client.send("/endless")
    wait_until(lambda: os.path.exists("begun"))
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: count_exchanges(server) == 1)
    (new,) = set(server.find_workers()) - {old}
    os.kill(new, signal.SIGKILL)
    third = int(server.get("/process")[1])
    client.close()
    assert third not in {old, new}
    assert old in server.find_workers()


def test_time_limit_of_an_exchange(start):
    """An old worker that does not finish in time is killed."""
    server = start("--interface", "wsgi", "--graceful-timeout", "0.3", "--drain", "0")
    (old,) = server.find_workers()
    client = RawClient(server.port)
    client.send("/endless")
    wait_until(lambda: os.path.exists("begun"))
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: old not in server.find_workers())
    client.close()
    wait_until(lambda: "did not finish in time" in "".join(server.lines))
