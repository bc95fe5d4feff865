import sys

import pytest

from demijohn import Flask
from demijohn.cli import FlaskGroup


@pytest.fixture(autouse=True)
def _prompt(monkeypatch):
    """Leave the history and completion of the user's own prompt alone."""
    monkeypatch.delattr(sys, "__interactivehook__", raising=False)


@pytest.fixture
def type_in(runner):
    """Return a function that runs the shell on some input."""
    app = Flask("made")
    app.shell_context_processor(lambda: {"extra": "added"})
    group = FlaskGroup(create_app=lambda: app)
    return lambda text: runner.invoke(group, ["shell"], input=text)


def test_names(type_in):
    """The shell has the application, g, and what context processors add."""
    result = type_in("print(app.name, g, extra)\n")
    assert "made <flask.g of 'made'> added" in result.output


def test_banner(type_in):
    """The shell starts with Python's version, the application and its instance folder."""
    lines = type_in("").stderr.splitlines()
    assert lines[0] == f"Python {sys.version} on {sys.platform}".splitlines()[0]
    assert "App: made" in lines
    assert any(line.startswith("Instance: ") for line in lines)


def test_startup_file(type_in, write, monkeypatch):
    """The user's start-up file runs first, and the application's names win."""
    monkeypatch.setenv("PYTHONSTARTUP", str(write("startup.py", "mine = 'startup'\nextra = 'startup'\n")))
    assert "startup added" in type_in("print(mine, extra)\n").output


def test_completion(type_in, monkeypatch):
    """Completion knows the shell's names before Python's prompt is set up."""
    readline = pytest.importorskip("readline", reason="this platform has no readline")
    before, seen = readline.get_completer(), []
    monkeypatch.setattr(sys, "__interactivehook__", lambda: seen.append(readline.get_completer()), raising=False)
    type_in("")
    readline.set_completer(before)
    assert seen[0]("extr", 0) == "extra"


def test_no_readline(type_in, monkeypatch):
    """Without readline the prompt is set up all the same."""
    seen = []
    monkeypatch.setitem(sys.modules, "readline", None)
    monkeypatch.setattr(sys, "__interactivehook__", lambda: seen.append("set up"), raising=False)
    type_in("")
    assert seen == ["set up"]
