"""Setting an application up: names, folders, settings, tables, and the end of it."""

import datetime as dt
import os
import sys
import types

import click
import flask
import flask.testing
import pytest
from jinja2 import BaseLoader, Environment
from werkzeug.exceptions import Aborter, NotFound
from werkzeug.routing import Map, Rule

import demijohn
import demijohn.testing
from demijohn.app_setup import App


@pytest.fixture
def app(lib):
    """Return an application."""
    return lib.Flask("made")


def test_the_name_is_the_import_name(app):
    """An application is named after the module that it is made in."""
    assert ("made", "made") == (app.name, app.import_name)


@pytest.mark.parametrize(("file", "expected"), [("/some/folder/site.py", "site"), (None, "__main__")])
def test_a_script_is_named_after_its_file(lib, monkeypatch, file, expected):
    """A module that is run has no name of its own; a session has no file either."""
    module = types.ModuleType("__main__")
    module.__spec__ = None
    if file is not None:
        module.__file__ = file
    monkeypatch.setitem(sys.modules, "__main__", module)
    assert expected == lib.Flask("__main__", root_path="/", instance_path="/instance").name


def test_the_instance_folder_is_found(lib, app, tmp_path, monkeypatch):
    """Beside a package that is not installed, below the prefix of one that is."""
    assert os.path.join(os.getcwd(), "instance") == app.instance_path == app.auto_find_instance_path()
    monkeypatch.setattr(sys, "prefix", os.path.dirname(os.path.dirname(pytest.__file__)))
    expected = os.path.join(sys.prefix, "var", "pytest-instance")
    assert expected == lib.Flask("pytest").instance_path


def test_the_instance_folder_is_absolute(lib):
    """A relative one would mean another folder with each working directory."""
    assert "/some/folder" == lib.Flask("made", instance_path="/some/folder").instance_path
    with pytest.raises(ValueError, match="absolute"):
        lib.Flask("made", instance_path="some/folder")


@pytest.mark.parametrize("relative", [True, False])
def test_settings_are_loaded_from_the_root_or_the_instance(lib, relative):
    """Files of settings are relative to one of the two folders."""
    app = lib.Flask("made", root_path="/root", instance_path="/instance", instance_relative_config=relative)
    assert ("/instance" if relative else "/root") == app.config.root_path


def test_settings_start_with_the_defaults(lib):
    """They are those of Flask, and an application's own class may have others."""
    assert flask.Flask("made").config == demijohn.Flask("made").config

    own = type("Own", (lib.Flask,), {"default_config": {**lib.Flask.default_config, "OWN": 1}})
    assert 1 == own("made").config["OWN"]


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("0", False), (None, False)])
def test_debug_mode_starts_as_the_environment_says(lib, monkeypatch, value, expected):
    """`FLASK_DEBUG` is read when the application is made."""
    if value is not None:
        monkeypatch.setenv("FLASK_DEBUG", value)
    app = lib.Flask("made")
    assert (expected, expected) == (app.debug, app.config["DEBUG"])


def test_attributes_are_settings(app):
    """Some settings can be read and set as attributes."""
    app.testing, app.secret_key, app.debug = True, "k", True
    app.permanent_session_lifetime = 60
    assert (True, "k", True) == (app.config["TESTING"], app.config["SECRET_KEY"], app.config["DEBUG"])
    assert dt.timedelta(seconds=60) == app.permanent_session_lifetime
    app.config["PERMANENT_SESSION_LIFETIME"] = dt.timedelta(days=1)
    assert dt.timedelta(days=1) == app.permanent_session_lifetime


@pytest.mark.parametrize(
    ("setting", "expected"), [(None, [False, True]), (False, [False, False]), (True, [True, True])]
)
def test_debug_mode_reloads_templates(app, setting, expected):
    """Unless the setting says otherwise, also when the environment exists already."""
    app.config["TEMPLATES_AUTO_RELOAD"] = setting
    found = [app.jinja_env.auto_reload]
    app.debug = True
    assert expected == [*found, app.jinja_env.auto_reload]


OVERRIDES = {
    "aborter_class": (lambda lib: type("Own", (Aborter,), {}), lambda app: app.aborter),
    "config_class": (lambda lib: type("Own", (lib.Config,), {}), lambda app: app.config),
    "json_provider_class": (
        lambda lib: type("Own", (lib.json.provider.DefaultJSONProvider,), {}),
        lambda app: app.json,
    ),
    "url_map_class": (lambda lib: type("Own", (Map,), {}), lambda app: app.url_map),
    "url_rule_class": (lambda lib: type("Own", (Rule,), {}), lambda app: next(app.url_map.iter_rules())),
    "jinja_environment": (lambda lib: type("Own", (lib.templating.Environment,), {}), lambda app: app.jinja_env),
    "app_ctx_globals_class": (lambda lib: type("Own", (), {}), lambda app: app.app_context().g),
    "request_class": (lambda lib: type("Own", (lib.Request,), {}), lambda app: app.test_request_context().request),
    "test_client_class": (lambda lib: type("Own", (lib.testing.FlaskClient,), {}), lambda app: app.test_client()),
    "test_cli_runner_class": (
        lambda lib: type("Own", (lib.testing.FlaskCliRunner,), {}),
        lambda app: app.test_cli_runner(),
    ),
}


@pytest.mark.parametrize("name", OVERRIDES)
def test_a_subclass_may_have_classes_of_its_own(lib, name):
    """Each class attribute names what the application makes."""
    build, find = OVERRIDES[name]
    kind = build(lib)
    app = type("App", (lib.Flask,), {name: kind})("made")
    assert kind is type(find(app))


@pytest.mark.parametrize(
    ("name", "find"),
    [("make_config", lambda app: app.config), ("make_aborter", lambda app: app.aborter)],
)
def test_a_subclass_may_make_things_itself(lib, name, find):
    """Methods that make something are called while the application is made."""
    made = dict(lib.Flask.default_config)
    app = type("App", (lib.Flask,), {name: lambda self, *args: made})("made")
    assert made is find(app)


@pytest.mark.parametrize(
    ("options", "is_right"),
    [
        ({"static_host": "h.test", "host_matching": True}, True),
        ({"static_host": "h.test"}, False),
        ({"host_matching": True}, False),
        ({"host_matching": True, "static_folder": None}, True),
        ({"static_host": None, "host_matching": False}, True),
    ],
)
def test_a_host_of_static_files_goes_with_host_matching(lib, options, is_right):
    """One without the other would give static files to no host or to all."""
    if is_right:
        assert lib.Flask("made", **options).url_map.host_matching is options.get("host_matching", False)
    else:
        with pytest.raises(AssertionError, match="static_host"):
            lib.Flask("made", **options)


def test_static_files_have_a_rule(lib):
    """It is at the prefix of static files, and is absent without a folder."""
    rules = [rule.rule for rule in lib.Flask("made", static_url_path="/files").url_map.iter_rules()]
    assert (["/files/<path:filename>"], []) == (rules, list(lib.Flask("made", static_folder=None).url_map.iter_rules()))


def test_the_tables_of_an_application_are_empty(app):
    """A new application has no blueprints, extensions, functions or views of others."""
    assert [{}, {}, [], [], []] == [
        app.blueprints,
        app.extensions,
        app.teardown_appcontext_funcs,
        app.shell_context_processors,
        app.url_build_error_handlers,
    ]
    assert ["static"] == list(app.view_functions)
    assert 1 == len(app.template_context_processors[None])


SETUP = [
    *(
        "register_blueprint",
        "add_url_rule",
        "template_filter",
        "add_template_filter",
        "template_test",
        "endpoint",
        "route",
    ),
    *("add_template_test", "template_global", "add_template_global", "teardown_appcontext", "shell_context_processor"),
    *("before_request", "after_request", "teardown_request", "context_processor", "errorhandler", "url_defaults"),
]


@pytest.mark.parametrize("method", SETUP)
def test_setting_up_ends_with_the_first_request(app, method):
    """A method of set-up that is called later says its name and what to do."""
    app.test_client().get("/none")
    with pytest.raises(AssertionError, match=rf"'{method}'[\s\S]*Make sure|'{method}'[\s\S]*Move the import"):
        getattr(app, method)("argument")


@pytest.mark.parametrize(("kind", "table"), [("filter", "filters"), ("test", "tests"), ("global", "globals")])
@pytest.mark.parametrize("name", [None, "named"])
def test_functions_for_templates(app, kind, table, name):
    """A filter, a test or a global is registered by decorator or method, under its own name or another."""

    def decorated(value=None):
        return value

    def added(value=None):
        return value

    assert decorated is getattr(app, f"template_{kind}")(name and f"{name}_1")(decorated)
    getattr(app, f"add_template_{kind}")(added, name and f"{name}_2")
    names = ["decorated", "added"] if name is None else ["named_1", "named_2"]
    assert [decorated, added] == [getattr(app.jinja_env, table)[key] for key in names]


def test_functions_are_registered_by_decorators(app):
    """They are returned as they are, and called in their time."""
    assert (print, dict) == (app.teardown_appcontext(print), app.shell_context_processor(dict))
    assert ([print], [dict]) == (app.teardown_appcontext_funcs, app.shell_context_processors)


def test_the_group_of_commands_is_the_applications(lib, app):
    """It has the application's name, stays the same, and may be replaced."""
    assert (True, "made") == (isinstance(app.cli, click.Group), app.cli.name)
    assert app.cli is app.cli
    group = click.Group("mine")
    app.cli = group
    assert group is app.cli


def test_the_logger_is_named_after_the_application(app):
    """It is made once, and may be replaced."""
    assert ("made", True) == (app.logger.name, app.logger is app.logger)
    app.logger = "mine"
    assert "mine" == app.logger


def test_the_environment_of_templates_is_made_once(app):
    """It is made when it is first asked for."""
    assert app.jinja_env is app.jinja_env
    assert isinstance(app.jinja_env, Environment)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (None, True),
        *((f"page{ending}", True) for ending in (".html", ".htm", ".xml", ".xhtml", ".svg")),
        *((f"page{ending}", False) for ending in (".txt", ".HTML", ".html.txt", "", ".js", ".jinja")),
    ],
)
def test_which_templates_escape(app, name, expected):
    """Markup does, by the ending of its name, and what is made of a string."""
    assert expected is app.select_jinja_autoescape(name)


def test_the_loader_of_templates_may_be_another(lib, app):
    """`create_global_jinja_loader` makes what the environment loads by."""
    assert isinstance(app.create_global_jinja_loader(), BaseLoader)
    loader = BaseLoader()
    app.create_global_jinja_loader = lambda: loader
    assert loader is app.jinja_env.loader


def test_no_error_is_ignored(app):
    """Teardown functions are told of every error."""
    assert False is app.should_ignore_error(LookupError())


def test_a_redirect_is_a_response_of_the_application(lib, app):
    """Location and code are given, the class is the application's."""
    app.response_class = type("Own", (lib.Response,), {})
    response = app.redirect("/elsewhere", 303)
    assert (303, "/elsewhere", app.response_class) == (response.status_code, response.location, type(response))
    assert 302 == app.redirect("/elsewhere").status_code


def test_the_aborter_raises(app):
    """`aborter` raises the error of a code."""
    with pytest.raises(NotFound):
        app.aborter(404)


def test_the_half_that_sets_up_makes_no_environment():
    """What templates need at request time is the other half's."""
    with pytest.raises(NotImplementedError):
        App.create_jinja_environment(demijohn.Flask("made"))


def test_an_attribute_can_be_taken_away(app):
    """What was set on the application can be deleted, and what was not cannot."""
    app.anything = 1
    del app.anything
    with pytest.raises(AttributeError):
        del app.anything


def test_blueprints_are_listed_in_order(lib, app):
    """By name and one after another."""
    parts = [lib.Blueprint(name, "made") for name in ("b", "a")]
    for part in parts:
        app.register_blueprint(part)
    assert (["b", "a"], parts) == (list(app.blueprints), list(app.iter_blueprints()))
