import click
import pytest

from demijohn import Flask, current_app
from demijohn.cli import NoAppException, ScriptInfo, pass_script_info, with_appcontext

APP = "from demijohn import Flask\napp = Flask({!r})\nother = Flask('other')\n"


@pytest.mark.parametrize(
    ("path", "expected"),
    [("hello", "hello"), ("hello.py", "hello"), ("hello:other", "other"), ("hello.py:other", "other")],
)
def test_named_app(write, path, expected):
    """A name is a module or a file, with an attribute after a colon or without."""
    write("hello.py", APP.format("hello"))
    assert ScriptInfo(path).load_app().name == expected


@pytest.mark.parametrize("file", ["wsgi.py", "app.py", "wsgi/__init__.py", "app/__init__.py"])
def test_unnamed_app(write, file):
    """Without a name, modules and packages called wsgi and app are tried."""
    write(file, APP.format(file))
    assert ScriptInfo().load_app().name == file


def test_wsgi_comes_before_app(write):
    """When both default files exist, wsgi.py is taken."""
    write("app.py", APP.format("app"))
    write("wsgi.py", APP.format("wsgi"))
    assert ScriptInfo().load_app().name == "wsgi"


def test_drive_letters_are_no_separator(write):
    """A colon before a slash belongs to the path."""
    write("c:/hello.py", APP.format("drive"))
    assert ScriptInfo("c:/hello.py:app").load_app().name == "drive"


def test_factory_is_called_once():
    """A factory makes the application at the first call, which is then kept."""
    info = ScriptInfo(create_app=lambda: Flask("made"))
    app = info.load_app()
    assert app.name == "made"
    assert info.load_app() is app


@pytest.mark.parametrize(
    ("info", "expected"), [({}, "FLASK_APP"), ({"create_app": lambda: None}, "returned no Flask application")]
)
def test_no_app(info, expected):
    """Without an application the message says what is missing and what to do."""
    with pytest.raises(NoAppException, match=expected):
        ScriptInfo(**info).load_app()


@pytest.mark.parametrize(("set_debug_flag", "expected"), [(True, True), (False, False)])
def test_debug_follows_the_environment(monkeypatch, set_debug_flag, expected):
    """The application's debug mode follows FLASK_DEBUG unless that is declined."""
    monkeypatch.setenv("FLASK_DEBUG", "1")
    app = Flask("made")
    app.debug = False
    assert ScriptInfo(create_app=lambda: app, set_debug_flag=set_debug_flag).load_app().debug is expected


@pytest.mark.parametrize(("value", "expected"), [("1", False), ("0", True), ("", True)])
def test_skip_dotenv(monkeypatch, value, expected):
    """FLASK_SKIP_DOTENV decides whether env files are read by default."""
    monkeypatch.setenv("FLASK_SKIP_DOTENV", value)
    assert ScriptInfo().load_dotenv_defaults is expected


def test_with_appcontext_loads_the_app(runner):
    """A decorated command runs inside the context of the application it was given."""

    @click.command()
    @with_appcontext
    def show():
        click.echo(current_app.name)

    result = runner.invoke(show, obj=ScriptInfo(create_app=lambda: Flask("made")))
    assert result.output == "made\n"


def test_with_appcontext_keeps_the_current_app(runner):
    """A decorated command uses the application that is current already."""

    @click.command()
    @with_appcontext
    def show():
        click.echo(current_app.name)

    with Flask("outer").app_context():
        result = runner.invoke(show, obj=ScriptInfo(create_app=lambda: Flask("made")))
    assert result.output == "outer\n"


def test_with_appcontext_tears_down(runner):
    """The context that a command was given is torn down when the command ends."""
    app = Flask("made")
    seen = []
    app.teardown_appcontext(seen.append)

    @click.command()
    @with_appcontext
    def show():
        seen.append("command")

    runner.invoke(show, obj=ScriptInfo(create_app=lambda: app))
    assert seen == ["command", None]


def test_pass_script_info(runner):
    """The decorator hands the command line's ScriptInfo to the callback."""

    @click.command()
    @pass_script_info
    def show(info):
        click.echo(info.app_import_path)

    assert runner.invoke(show, obj=ScriptInfo("hello")).output == "hello\n"
