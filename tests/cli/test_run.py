import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sys
import types

import click
import pytest

import demijohn.cli
from demijohn import Flask
from demijohn.cli import FlaskGroup, run_command, show_server_banner
from demijohn.cli.development import Options, make_watched, make_worker_settings
from demijohn.cli.worker import WorkerSettings
from tests.cli.serving import wait_until

COMMAND = "run"
APP = """
from flask import Flask
app = Flask(__name__)
@app.get("/")
def index():
    return "version 1"
@app.get("/broken")
def broken():
    raise ValueError("broken view")
"""


@pytest.fixture
def served(monkeypatch):
    """Record what Werkzeug's server is asked to serve, in place of serving."""
    calls = []
    monkeypatch.setattr(demijohn.cli, "run_simple", lambda *args, **options: calls.append((args, options)))
    return calls


def parse(*arguments):
    """Return what `run` makes of its arguments."""
    return run_command.make_context("run", list(arguments)).params


def test_banner_and_address(start):
    """What is served, in which mode and where is told, and Ctrl+C ends it."""
    server = start("--interface", "wsgi")
    assert server.get() == (200, "version 1")
    assert server.stop(signal.SIGINT) == 0
    assert server.output[:2] == [" * Serving Flask app 'hello'\n", " * Debug mode: off\n"]
    assert server.lines == [f" * Running on http://127.0.0.1:{server.port} (WSGI)\n", " * Press CTRL+C to quit\n"]


def test_errors_outside_debug_mode(start):
    """Without debug mode an error shows nothing of the application."""
    status, body = start("--interface", "wsgi").get("/broken")
    assert (status, "broken view" in body) == (500, False)


def test_interactive_debugger(start):
    """Under WSGI, debug mode shows errors in Werkzeug's debugger, whose PIN is told."""
    server = start("--debug", "--no-reload", "--interface", "wsgi")
    status, body = server.get("/broken")
    assert (status, "Werkzeug Debugger" in body) == (500, True)
    assert " * Debugger PIN: " in "".join(server.lines)


def test_debugger_can_be_left_out(start):
    """Debug mode without the debugger leaves errors to the server."""
    status, body = start("--debug", "--no-reload", "--no-debugger", "--interface", "wsgi").get("/broken")
    assert (status, "Werkzeug Debugger" in body) == (500, False)


def test_reload(start, write):
    """In debug mode changed code is served, and processes can tell that they are restarted."""
    source = APP.replace('"version 1"', '"version 1 " + __import__("os").environ["WERKZEUG_RUN_MAIN"]')
    server = start("--debug", app=source)
    assert server.get()[1] == "version 1 true"
    write("hello.py", APP.replace("version 1", "version 2"))
    wait_until(lambda: server.get()[1] == "version 2")


def test_broken_after_a_reload(start, write):
    """A change that breaks the application is shown in the browser, and the next change repairs it."""
    server = start("--debug", "--interface", "wsgi")
    write("hello.py", "this is no Python")
    wait_until(lambda: server.get()[0] == 500)
    status, body = server.get()
    assert (status, "SyntaxError" in body) == (500, True)
    write("hello.py", APP)
    wait_until(lambda: server.get() == (200, "version 1"))


def test_broken_application(start):
    """An application that fails to load ends the command before anything is served."""
    server = start("--debug", app="raise ValueError('broken')")
    assert server.wait() == 1
    assert server.lines[-1] == "Error: ValueError: broken\n"


def test_port_taken(start):
    """A port on which another program listens is named."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        server = start("--port", str(other.getsockname()[1]))
    assert server.wait() == 1
    assert "is taken" in server.lines[-1]


def test_certificate_is_served(start):
    """With a certificate made on the spot the application is served by HTTPS."""
    server = start("--cert", "adhoc")
    assert (server.scheme, server.get()) == ("https", (200, "version 1"))


def test_ssl_context_is_served_by_werkzeug(runner, served, monkeypatch):
    """An SSL context, which cannot be handed on, is given to Werkzeug's server with all options."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    monkeypatch.setitem(sys.modules, "dj_context", context)
    app = Flask("made")
    arguments = ["run", "--cert", "dj_context", "--debug", "--no-reload", "-p", "80", "--without-threads"]
    result = runner.invoke(FlaskGroup(create_app=lambda: app), [*arguments, "--extra-files", "a"])
    assert result.output == " * Debug mode: on\n"
    assert served == [
        (
            ("127.0.0.1", 80, app),
            {
                "use_reloader": False,
                "use_debugger": True,
                "threaded": False,
                "ssl_context": context,
                "extra_files": ("a",),
                "exclude_patterns": (),
            },
        )
    ]


@pytest.mark.parametrize("is_reloaded", [False, True])
def test_broken_application_under_werkzeug(runner, served, monkeypatch, is_reloaded):
    """Werkzeug's server gets a broken application in the reloader's process alone, where each request fails."""
    monkeypatch.setitem(sys.modules, "dj_context", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    monkeypatch.setenv("WERKZEUG_RUN_MAIN", "true" if is_reloaded else "")

    def create_app():
        raise ValueError("broken")

    result = runner.invoke(FlaskGroup(create_app=create_app), ["run", "--cert", "dj_context"])
    if not is_reloaded:
        assert (repr(result.exception), served) == ("ValueError('broken')", [])
        return
    assert "ValueError: broken" in result.stderr
    with pytest.raises(ValueError, match="broken"):
        served[0][0][2]({}, lambda status, headers: None)


def test_environment():
    """Options can be given as variables named after the command, lists joined as in PATH."""
    env = {"FLASK_RUN_PORT": "8123", "FLASK_RUN_EXTRA_FILES": os.pathsep.join("ab"), "FLASK_RUN_INTERFACE": "asgi"}
    with patch_environment(env):
        params = run_command.make_context("run", [], auto_envvar_prefix="FLASK_RUN").params
    assert (params["port"], params["extra_files"], params["interface"]) == (8123, ["a", "b"], "asgi")


def test_settings_of_workers():
    """Threads can be left out, and access log and debug mode are what development needs."""
    options = Options("127.0.0.1", 5000, "wsgi", reload=True, debugger=True, with_threads=False)
    assert make_worker_settings(options) == WorkerSettings(
        "wsgi", threads=1, access_log="text", allows_debug=True, debugger=True, reload=True
    )


def test_files_that_are_watched(tmp_path):
    """Extra files are watched, and excluded patterns are not."""
    options = Options("127.0.0.1", 5000, extra_files=(str(tmp_path / "a"),), exclude_patterns=("*.txt",))
    watched = make_watched(options)
    found = [watched.accepts(os.path.realpath(tmp_path / name)) for name in ("a", "b.py", "c.txt", "d")]
    assert found == [True, True, False, False]


@contextlib.contextmanager
def patch_environment(variables):
    """Set environment variables for a while."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield


@pytest.mark.parametrize(
    ("debug", "path", "reloading", "expected"),
    [
        (True, "hello", "", " * Serving Flask app 'hello'\n * Debug mode: on\n"),
        (False, None, "", " * Debug mode: off\n"),
        (None, "hello", "", " * Serving Flask app 'hello'\n"),
        (True, "hello", "true", ""),
    ],
)
def test_banner(capsys, monkeypatch, debug, path, reloading, expected):
    """The banner names the application and the mode, and is printed once."""
    monkeypatch.setenv("WERKZEUG_RUN_MAIN", reloading)
    show_server_banner(debug, path)
    assert capsys.readouterr().out == expected


@pytest.mark.parametrize("order", [1, -1])
def test_certificate_and_key(order):
    """A certificate and its key reach the server as a pair, in either order."""
    pairs = [("--cert", __file__), ("--key", __file__)][::order]
    params = parse(*pairs[0], *pairs[1])
    assert params["cert"] == (__file__, __file__)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--cert", __file__], "required"),
        (["--key", __file__], "together with"),
        (["--cert", "adhoc", "--key", __file__], "'adhoc'"),
        (["--cert", "dj_context", "--key", __file__], "SSLContext"),
        (["--cert", "nothere"], "does not exist"),
        (["--cert", "demijohn"], "does not exist"),
    ],
)
def test_certificate_complaints(monkeypatch, arguments, expected):
    """Certificates and keys that do not go together are refused."""
    monkeypatch.setitem(sys.modules, "cryptography", types.ModuleType("cryptography"))
    monkeypatch.setitem(sys.modules, "dj_context", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    with pytest.raises(click.BadParameter, match=expected):
        parse(*arguments)


def test_certificate_on_the_spot(monkeypatch):
    """A certificate made on the spot needs the cryptography library."""
    monkeypatch.setitem(sys.modules, "cryptography", types.ModuleType("cryptography"))
    assert parse("--cert", "AdHoc")["cert"] == "adhoc"
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(click.BadParameter, match="cryptography"):
        parse("--cert", "adhoc")


def test_ssl_context(write, tmp_path, monkeypatch):
    """A certificate may be the import name of an SSL context, upper case included."""
    monkeypatch.syspath_prepend(tmp_path)
    write("dj_tls.py", "import ssl\nContext = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n")
    assert isinstance(parse("--cert", "dj_tls:Context")["cert"], ssl.SSLContext)


def test_python_without_ssl(monkeypatch):
    """HTTPS on a Python without SSL is a mistake on the command line."""
    monkeypatch.setitem(sys.modules, "ssl", None)
    with pytest.raises(click.BadParameter, match="SSL support"):
        parse("--cert", "adhoc")


def test_import_is_light():
    """Importing the command line loads no server, debugger, prompt, or env file parser."""
    heavy = "{'granian', 'watchfiles', 'werkzeug.debug', 'code', 'dotenv', 'demijohn.dev.explain'}"
    program = f"import sys, demijohn.cli; print(sorted({heavy} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert result.stdout == "[]\n"
