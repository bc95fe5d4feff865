"""Commands in tests."""

import click
import pytest
from click.testing import CliRunner

from demijohn import Flask, current_app
from demijohn.cli import ScriptInfo
from demijohn.testing import FlaskCliRunner


@pytest.fixture
def app():
    """Return an application with one command."""
    app = Flask("made")

    @app.cli.command("hello")
    @click.argument("name", default="World")
    def hello(name):
        click.echo(f"Hello, {name}, from {current_app.name}")

    return app


@pytest.mark.parametrize("args", [["hello", "you"], "hello you"])
def test_a_command_is_invoked_by_name(app, args):
    """Without a command the arguments are the command line of the application."""
    result = FlaskCliRunner(app).invoke(args=args)
    assert (0, "Hello, you, from made\n") == (result.exit_code, result.output)


def test_a_command_is_invoked_itself(app):
    """A command may be given itself, with its own arguments."""
    assert "Hello, World, from made\n" == FlaskCliRunner(app).invoke(app.cli.commands["hello"]).output


def test_the_application_may_come_from_elsewhere(app):
    """An object of the caller's own decides which application is loaded."""
    other = ScriptInfo(create_app=lambda: Flask("other"))
    result = FlaskCliRunner(app).invoke(app.cli.commands["hello"], obj=other)
    assert "Hello, World, from other\n" == result.output


def test_the_runner_of_an_application_may_be_ones_own(app):
    """`test_cli_runner` makes the application's class of runner, with its options."""

    class Runner(FlaskCliRunner):
        pass

    app.test_cli_runner_class = Runner
    runner = app.test_cli_runner(env={"A": "1"})
    assert isinstance(runner, Runner)
    assert isinstance(runner, CliRunner)
    assert (app, {"A": "1"}) == (runner.app, runner.env)
