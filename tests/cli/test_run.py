import os
import ssl
import subprocess
import sys
import types

import click
import pytest

import demijohn.cli
from demijohn import Flask
from demijohn.cli import FlaskGroup, run_command, show_server_banner


@pytest.fixture
def served(monkeypatch):
    """Record what Werkzeug's server is asked to serve, in place of serving."""
    calls = []
    monkeypatch.setattr(demijohn.cli, "run_simple", lambda *args, **options: calls.append((args, options)))
    return calls


def parse(*arguments):
    """Return what `run` makes of its arguments."""
    return run_command.make_context("run", list(arguments)).params


def test_defaults(runner, served):
    """Without options the application is served to this machine alone, without debugging."""
    app = Flask("made")
    result = runner.invoke(FlaskGroup(create_app=lambda: app), ["run"])
    assert result.output == " * Debug mode: off\n"
    assert served[0][0] == ("127.0.0.1", 5000, app)
    assert served[0][1] == {
        "use_reloader": False,
        "use_debugger": False,
        "threaded": True,
        "ssl_context": None,
        "extra_files": None,
        "exclude_patterns": None,
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run"], (False, False)),
        (["run", "--debug"], (True, True)),
        (["--debug", "run"], (True, True)),
        (["run", "--debug", "--no-reload"], (False, True)),
        (["run", "--debug", "--no-debugger"], (True, False)),
        (["run", "--reload"], (True, False)),
        (["run", "--debugger"], (False, True)),
    ],
)
def test_debug_mode(runner, served, arguments, expected):
    """Reloader and debugger follow debug mode unless they are chosen."""
    runner.invoke(FlaskGroup(create_app=lambda: Flask("made")), arguments)
    options = served[0][1]
    assert (options["use_reloader"], options["use_debugger"]) == expected


def test_options(runner, served):
    """Every option reaches the server, lists joined as in PATH taken apart."""
    arguments = ["run", "--host", "0.0.0.0", "-p", "80", "--without-threads", "--extra-files"]
    files = os.pathsep.join(["a", "b/c"])
    runner.invoke(FlaskGroup(create_app=lambda: Flask("made")), [*arguments, files, "--exclude-patterns", "*.txt"])
    args, options = served[0]
    assert args[:2] == ("0.0.0.0", 80)
    assert options["threaded"] is False
    assert options["extra_files"] == ["a", "b/c"]
    assert options["exclude_patterns"] == ["*.txt"]


def test_environment(runner, served):
    """Options can be given as variables named after the command."""
    env = {"FLASK_RUN_PORT": "8123", "FLASK_RUN_EXTRA_FILES": os.pathsep.join("ab"), "FLASK_RUN_DEBUG": "1"}
    runner.invoke(FlaskGroup(create_app=lambda: Flask("made")), ["run"], env=env)
    args, options = served[0]
    assert args[1] == 8123
    assert options["extra_files"] == ["a", "b"]
    assert options["use_debugger"] is True


def test_broken_application(runner, served):
    """An application that fails to load ends the command before anything is served."""

    def create_app():
        raise ValueError("broken")

    result = runner.invoke(FlaskGroup(create_app=create_app), ["run"])
    assert repr(result.exception) == "ValueError('broken')"
    assert served == []


def test_broken_after_a_reload(runner, served, monkeypatch):
    """In the reloader's process the failure is printed, and raised by each request."""
    monkeypatch.setenv("WERKZEUG_RUN_MAIN", "true")

    def create_app():
        raise ValueError("broken")

    result = runner.invoke(FlaskGroup(create_app=create_app), ["run"])
    assert "ValueError: broken" in result.stderr
    with pytest.raises(ValueError, match="broken"):
        served[0][0][2]({}, lambda status, headers: None)


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
    """Importing the command line loads no debugger, prompt, or env file parser."""
    heavy = "{'werkzeug.debug', 'code', 'dotenv', 'demijohn.dev.explain'}"
    program = f"import sys, demijohn.cli; print(sorted({heavy} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert result.stdout == "[]\n"
