"""The command that writes the document of an application."""

from __future__ import annotations

import json

import click
import pytest

from demijohn import Flask
from demijohn.cli import FlaskGroup


@pytest.fixture
def app():
    """Return an application with one view."""
    app = Flask("made", static_folder=None)
    app.add_url_rule("/", "root", lambda: "")
    return app


@pytest.fixture
def invoke(runner, app):
    """Return a function that runs the command."""
    return lambda *arguments: runner.invoke(FlaskGroup(create_app=lambda: app), ["openapi", *arguments])


def test_output(invoke, app):
    """The document goes to the output, indented and with a line end."""
    result = invoke()
    assert result.exit_code == 0
    assert result.output == json.dumps(app.openapi(), indent=2) + "\n"


def test_file(invoke, app, tmp_path):
    """The document goes to a file, in the version and shape that is asked for."""
    result = invoke("--output", "made.json", "--version", "3.2", "--indent", "0")
    assert (result.exit_code, result.output) == (0, "")
    data = (tmp_path / "made.json").read_bytes()
    assert json.loads(data) == app.openapi("3.2")
    assert data.count(b"\n") == 1


def test_check(invoke, app, tmp_path):
    """A file that holds another document, or none, fails the check; nothing is written."""
    path = tmp_path / "made.json"
    assert "made.json does not exist" in invoke("--check", "-o", "made.json").output
    invoke("-o", "made.json")
    assert invoke("--check", "-o", "made.json").exit_code == 0
    app.add_url_rule("/more", "more", lambda: "")
    before = path.read_bytes()
    result = invoke("--check", "-o", "made.json")
    assert (result.exit_code, path.read_bytes()) == (1, before)
    assert "made.json is not the document of the application" in result.output


def test_check_of_the_output(invoke):
    """There is nothing to compare with without a file."""
    result = invoke("--check")
    assert result.exit_code == 2
    assert "--check needs --output FILE" in result.output


def test_mistakes(invoke, app):
    """A mistake in the setting or the version is told without a traceback."""
    assert invoke("--version", "3.0").output.startswith("Error: There is no document in OpenAPI '3.0'")
    app.config["OPENAPI"] = {"titel": "x"}
    assert invoke().output.startswith("Error: OPENAPI has the key 'titel'")


def test_own_document(invoke, app):
    """An application that makes its document otherwise has that one written."""
    app.openapi = lambda version=None: {"openapi": version}
    assert invoke("--indent", "0", "--version", "3.2").output == '{"openapi":"3.2"}\n'


def test_commands_of_extensions_come_first(invoke, app):
    """A command of the application's own by that name, such as Flask-Smorest's, is the one that runs."""

    @app.cli.command("openapi")
    def other():
        """Do something else."""
        click.echo("other")

    assert invoke().output == "other\n"


def test_help(runner, app):
    """The command is listed with the others."""
    assert "Write the OpenAPI document." in runner.invoke(FlaskGroup(create_app=lambda: app), ["--help"]).output
