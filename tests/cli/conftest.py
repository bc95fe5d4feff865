import importlib
import os
import sys
import textwrap

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_ssl_devcert

from tests.cli.serving import Running


@pytest.fixture(autouse=True)
def _process_state(monkeypatch, tmp_path):
    """Start in an empty folder, and undo what commands leave in the process."""
    environ, path, modules = dict(os.environ), sys.path[:], set(sys.modules)
    monkeypatch.chdir(tmp_path)
    yield
    os.environ.clear()
    os.environ.update(environ)
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file into the test's folder."""

    def write_file(name, source=""):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        importlib.invalidate_caches()
        return path

    return write_file


@pytest.fixture
def runner():
    """Return what invokes click commands in this process."""
    return CliRunner()


@pytest.fixture
def start(request, write):
    """Return a function that runs `COMMAND` of a test's file for its `APP`, until the test ends."""
    running = []

    def start_server(*arguments, app=None, env=None):
        write("hello.py", app or request.module.APP)
        server = Running(["--app", "hello", request.module.COMMAND, "--port", "0", *arguments], env)
        running.append(server)
        return server.wait_ready()

    yield start_server
    for server in running:
        server.clean_up()


@pytest.fixture
def pair(tmp_path):
    """Return the files of a certificate and its key."""
    return make_ssl_devcert(str(tmp_path / "first"), cn="localhost")
