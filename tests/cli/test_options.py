import importlib.metadata
import os
import platform
import sys

import click
import pytest

from demijohn import Flask, current_app
from demijohn.cli import FlaskGroup, cli


def make_group(**options):
    """Return a group with a command that shows debug mode."""
    group = FlaskGroup(create_app=lambda: Flask("made"), **options)

    @group.command()
    def show():
        click.echo(f"{current_app.debug} {os.environ.get('FLASK_DEBUG')}")

    return group


def test_version(runner):
    """--version prints the versions of all that matters."""
    lines = runner.invoke(cli, ["--version"]).output.splitlines()
    assert lines[0] == f"Python {platform.python_version()}"
    assert lines[1] == f"Demijohn {importlib.metadata.version('demijohn')}"
    assert lines[2].startswith("Flask API 3.1.3")
    assert lines[3] == f"Werkzeug {importlib.metadata.version('werkzeug')}"


def test_no_version_option(runner):
    """A group can be made without --version."""
    assert runner.invoke(make_group(add_version_option=False), ["--version"]).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "variable", "expected"),
    [
        ([], None, "False None"),
        ([], "1", "True 1"),
        (["--debug"], None, "True 1"),
        (["--no-debug"], "1", "False 0"),
    ],
)
def test_debug(runner, arguments, variable, expected):
    """--debug overrules FLASK_DEBUG, which stays as it is without the option."""
    result = runner.invoke(make_group(), [*arguments, "show"], env={"FLASK_DEBUG": variable})
    assert result.output == f"{expected}\n"


@pytest.mark.parametrize(
    ("arguments", "variable", "expected"), [([], "hello", "hello"), (["-A", "other"], "hello", "other")]
)
def test_app(runner, write, arguments, variable, expected):
    """--app names the application and overrules FLASK_APP."""
    for name in ("hello", "other"):
        write(
            f"{name}.py",
            f"from demijohn import Flask\napp = Flask('{name}', static_folder=None)\n"
            f"app.add_url_rule('/', endpoint='{name}')\n",
        )
    result = runner.invoke(cli, [*arguments, "routes"], env={"FLASK_APP": variable})
    assert result.output.splitlines()[2].split()[0] == expected


def test_env_file_names_the_app(runner, write):
    """A variable of an env file is in time for the options that read it."""
    write(
        "hello.py", "from demijohn import Flask\napp = Flask('hello')\n@app.cli.command()\ndef greet(): print('hi')\n"
    )
    write("extra", "FLASK_APP=hello\n")
    assert runner.invoke(cli, ["--env-file", "extra", "greet"]).output == "hi\n"
    write(".flaskenv", "FLASK_APP=hello\n")
    assert "greet" in runner.invoke(cli, ["--help"]).output


@pytest.mark.parametrize(("skip", "expected"), [("1", "None"), ("", "1")])
def test_skip_dotenv(runner, write, skip, expected):
    """FLASK_SKIP_DOTENV keeps the default env files out."""
    write(".env", "FLASK_DEBUG=1\n")
    result = runner.invoke(make_group(), ["show"], env={"FLASK_SKIP_DOTENV": skip})
    assert result.output.split()[1] == expected


def test_group_without_dotenv(runner, write):
    """A group can be made that reads no default env files."""
    write(".env", "FLASK_DEBUG=1\n")
    assert runner.invoke(make_group(load_dotenv=False), ["show"]).output == "False None\n"


def test_env_file_without_the_library(runner, write, monkeypatch):
    """--env-file without python-dotenv is a mistake on the command line."""
    monkeypatch.setitem(sys.modules, "dotenv", None)
    write("extra", "FLASK_DEBUG=1\n")
    result = runner.invoke(make_group(), ["--env-file", "extra", "show"])
    assert result.exit_code == 2
    assert "python-dotenv" in result.output
