import os

import click
import pytest

from demijohn import Flask, current_app
from demijohn.cli import AppGroup, FlaskGroup, ScriptInfo, cli


@pytest.fixture
def app():
    """Return an application with the command `show`."""
    app = Flask("made")

    @app.cli.command()
    def show():
        """Show the application."""
        click.echo(current_app.name)

    return app


@pytest.fixture
def plugin(write, tmp_path, monkeypatch):
    """Return a function that installs a plugin's command under an entry point."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(group, text):
        name = group.replace(".", "_")
        write(f"{name}.py", f"import click\n@click.command()\ndef plug(): click.echo('{text}')\n")
        write(f"{name}-1.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        write(f"{name}-1.dist-info/entry_points.txt", f"[{group}]\nplug = {name}:plug\n")

    return install


def test_commands_run_in_the_context(runner):
    """Commands of the group, and of groups in it, have the application."""
    group = AppGroup("group")

    @group.command()
    def outer():
        click.echo(current_app.name)

    @group.group()
    def inner():
        click.echo("group")

    inner.command("leaf")(outer.callback)
    info = ScriptInfo(create_app=lambda: Flask("made"))
    assert isinstance(inner, AppGroup)
    assert runner.invoke(group, ["outer"], obj=info).output == "made\n"
    assert runner.invoke(group, ["inner", "leaf"], obj=info).output == "group\nmade\n"


def test_commands_without_the_context(runner):
    """A command can be kept out of the application's context."""
    group = AppGroup("group")

    @group.command(with_appcontext=False)
    def show():
        click.echo(bool(current_app))

    result = runner.invoke(group, ["show"], obj=ScriptInfo(create_app=lambda: Flask("made")))
    assert result.output == "False\n"


def test_decorators_without_parentheses(runner):
    """Both decorators work without parentheses, as click's do."""
    group = AppGroup("group")

    @group.group
    def inner():
        pass

    @inner.command
    def show():
        click.echo(current_app.name)

    result = runner.invoke(group, ["inner", "show"], obj=ScriptInfo(create_app=lambda: Flask("made")))
    assert result.output == "made\n"


def test_commands_of_the_application(runner, app):
    """The application's commands are listed and run beside the built-in ones."""
    group = FlaskGroup(create_app=lambda: app)
    commands = runner.invoke(group, ["--help"]).output.partition("Commands:")[2].split("\n")
    assert [line.split()[0] for line in commands if line] == ["openapi", "routes", "run", "serve", "shell", "show"]
    assert runner.invoke(group, ["show"]).output == "made\n"


def test_no_default_commands(app):
    """A group can be made without the built-in commands."""
    group = FlaskGroup(create_app=lambda: app, add_default_commands=False)
    assert group.commands == {}


def test_parameter_callbacks_have_the_application(runner, app):
    """Callbacks of a command's parameters run inside the same application's context."""
    seen = []

    @app.cli.command()
    @click.argument("value", callback=lambda ctx, param, value: seen.append(current_app.name))
    def check(value):
        seen.append(click.get_current_context().obj.load_app() is app)

    runner.invoke(FlaskGroup(create_app=lambda: app), ["check", "x"])
    assert seen == ["made", True]


def test_current_application_is_not_entered_again(runner, app):
    """A command that is started inside its application's context uses that context."""
    torn_down = []
    app.teardown_appcontext(torn_down.append)
    with app.app_context():
        assert runner.invoke(FlaskGroup(create_app=lambda: app), ["show"]).output == "made\n"
        assert torn_down == []


def test_own_parameters_and_settings(runner, app):
    """Parameters and context settings given to the group are kept."""
    group = FlaskGroup(
        create_app=lambda: app,
        params=[click.Option(["--extra"])],
        context_settings={"auto_envvar_prefix": "SITE", "obj": "mine"},
    )
    assert [param.name for param in group.params] == ["extra", "env_file", "app", "debug", "version"]
    context = group.make_context("group", ["run"])
    assert (context.auto_envvar_prefix, context.obj) == ("SITE", "mine")


def test_unknown_command_without_an_application(runner):
    """An unknown command tells first that no application was found."""
    result = runner.invoke(FlaskGroup(), ["missing"])
    assert result.exit_code == 2
    assert "FLASK_APP" in result.stderr
    assert "No such command 'missing'" in result.stderr


@pytest.mark.parametrize(("error", "expected"), [(ValueError("no luck"), "ValueError: no luck"), (None, "Error: ")])
def test_help_without_an_application(runner, error, expected):
    """The help is shown although the application cannot be loaded, with the reason."""

    def create_app():
        if error is not None:
            raise error

    result = runner.invoke(FlaskGroup(create_app=create_app), ["--help"])
    assert result.exit_code == 0
    assert expected in result.stderr
    assert "Usage:" in result.stdout


@pytest.mark.parametrize("group", ["flask.commands", "demijohn.commands"])
def test_plugins(runner, plugin, group):
    """Commands of installed packages are found by either entry point group."""
    plugin(group, "plugged")
    program = FlaskGroup()
    assert runner.invoke(program, ["plug"]).output == "plugged\n"
    assert "plug" in program.list_commands(click.Context(program))


def test_own_plugins_win(runner, plugin):
    """A command of the group demijohn.commands replaces one of flask.commands."""
    plugin("flask.commands", "theirs")
    plugin("demijohn.commands", "ours")
    assert runner.invoke(FlaskGroup(), ["plug"]).output == "ours\n"


def test_nested_group(runner, app):
    """A group works inside another click group."""
    outer = click.Group("outer")
    outer.add_command(FlaskGroup(create_app=lambda: app, name="inner"))
    assert runner.invoke(outer, ["inner", "show"]).output == "made\n"


def test_app_run_is_told(runner, app, monkeypatch):
    """While a command runs, FLASK_RUN_FROM_CLI tells app.run() to do nothing."""
    monkeypatch.delenv("FLASK_RUN_FROM_CLI", raising=False)

    @app.cli.command()
    def read():
        click.echo(os.environ["FLASK_RUN_FROM_CLI"])

    assert runner.invoke(FlaskGroup(create_app=lambda: app), ["read"]).output == "true\n"


def test_group_names():
    """The groups of the application and of the program have the names users know."""
    assert Flask("made").cli.name == "made"
    assert cli.name == "flask"
