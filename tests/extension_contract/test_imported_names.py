"""Names that extensions import from Flask's modules, used as the extensions use them."""

from __future__ import annotations

import importlib

import pytest

from tests.extension_contract.process import in_alias

NAMES = {
    "flask.app": "Rule Flask Request Response SessionInterface click",
    "flask.blueprints": "Blueprint BlueprintSetupState",
    "flask.cli": "AppGroup FlaskGroup ScriptInfo click pass_script_info run_command shell_command with_appcontext",
    "flask.config": "Config ConfigAttribute",
    "flask.ctx": "AppContext RequestContext _AppCtxGlobals after_this_request has_app_context has_request_context",
    "flask.globals": "_cv_app _cv_request app_ctx current_app g request request_ctx session",
    "flask.helpers": "_endpoint_from_view_func get_debug_flag get_root_path locked_cached_property werkzeug",
    "flask.json": "dump dumps jsonify load loads provider",
    "flask.json.provider": "DefaultJSONProvider JSONProvider _default",
    "flask.json.tag": "JSONTag TagDict TaggedJSONSerializer",
    "flask.logging": "create_logger default_handler has_level_handler wsgi_errors_stream",
    "flask.sansio.app": "App",
    "flask.sansio.blueprints": "Blueprint BlueprintSetupState",
    "flask.sansio.scaffold": "Scaffold _endpoint_from_view_func setupmethod",
    "flask.sessions": "NullSession SecureCookieSession SecureCookieSessionInterface SessionInterface SessionMixin "
    "TaggedJSONSerializer session_json_serializer",
    "flask.signals": "Namespace appcontext_tearing_down got_request_exception request_started template_rendered",
    "flask.templating": "DispatchingJinjaLoader Environment _default_template_ctx_processor _render render_template",
    "flask.testing": "EnvironBuilder FlaskClient FlaskCliRunner",
    "flask.typing": "HeadersValue ResponseReturnValue ResponseValue RouteCallable",
    "flask.views": "MethodView View http_method_funcs",
    "flask.wrappers": "Request Response",
}
"""Module -> names that extensions import from it."""

GONE = {("flask.helpers", "locked_cached_property"), ("flask.helpers", "_endpoint_from_view_func")}
"""Names that extensions try first for older releases, and that Flask 3.1.3 has no more."""


@in_alias
def test_every_name_can_be_imported():
    """`from module import name` gives each name, and the same object as reading it from the module."""
    for module, names in NAMES.items():
        for name in names.split():
            if (module, name) in GONE:
                continue
            space = {}
            exec(f"from {module} import {name}", space)
            assert space[name] is getattr(importlib.import_module(module), name), (module, name)


@in_alias
def test_names_of_older_releases_are_not_there():
    """An extension that tries a name of an older release gets the ImportError that it catches."""
    import flask

    for name in ("_app_ctx_stack", "_request_ctx_stack", "Markup", "escape", "json_available", "globals_"):
        assert not hasattr(flask, name), name
    for module, name in (("flask", "Markup"), ("flask.globals", "_app_ctx_stack"), ("flask.json", "JSONEncoder")):
        with pytest.raises(ImportError):
            exec(f"from {module} import {name}", {})


@in_alias
def test_proxies_of_contexts_work():
    """`flask.globals.app_ctx` and `request_ctx` stand for the current contexts, with the classes of `flask.ctx`."""
    from flask import Flask
    from flask.ctx import AppContext, RequestContext
    from flask.globals import app_ctx, request_ctx

    app = Flask("names")
    with app.test_request_context() as context:
        assert context is request_ctx._get_current_object()
        assert (AppContext, RequestContext) == (type(app_ctx._get_current_object()), type(context))


@in_alias
def test_the_base_class_of_applications_is_there():
    """`flask.sansio.app.App` is a base of `Flask`, for annotations and isinstance."""
    import flask
    from flask.sansio.app import App
    from flask.sansio.scaffold import Scaffold

    assert isinstance(flask.Flask("names"), App)
    assert issubclass(flask.Blueprint, Scaffold)
    assert issubclass(App, Scaffold)


@in_alias
def test_a_method_may_be_made_a_setup_method():
    """`setupmethod` on a method of a subclass has it refuse after the first request."""
    from flask import Flask
    from flask.sansio.scaffold import setupmethod

    class Own(Flask):
        @setupmethod
        def register_feature(self, name):
            return name

    app = Own("names")
    assert "a" == app.register_feature("a")
    app.test_client().get("/")
    with pytest.raises(AssertionError, match="register_feature"):
        app.register_feature("b")


@in_alias
def test_the_endpoint_of_a_view_is_its_name():
    """`_endpoint_from_view_func` names a view, wherever an extension finds it."""
    from flask.sansio import scaffold

    assert "view" == scaffold._endpoint_from_view_func(type("Named", (), {"__name__": "view"})())
    try:
        from flask.helpers import _endpoint_from_view_func as older
    except ImportError:
        older = scaffold._endpoint_from_view_func
    assert "view" == older(type("Named", (), {"__name__": "view"})())


@in_alias
def test_signals_come_with_their_namespace():
    """`flask.signals.Namespace` makes an extension's own signals, which applications send."""
    from flask import Flask
    from flask.signals import Namespace, request_started

    own = Namespace().signal("own")
    app = Flask("names")
    seen = []
    with own.connected_to(lambda sender, **values: seen.append((sender, values))):
        own.send(app, user="ann")
    with request_started.connected_to(lambda sender: seen.append(sender), app):
        app.test_client().get("/")
    assert [(app, {"user": "ann"}), app] == seen


@in_alias
def test_the_types_may_be_used_in_annotations():
    """The aliases of `flask.typing` can be combined, and taken apart at run time."""
    import typing

    from flask.typing import HeadersValue, ResponseReturnValue, ResponseValue, RouteCallable

    def decorate(view: RouteCallable, headers: HeadersValue | None) -> ResponseReturnValue:
        return view()

    assert "ResponseReturnValue" == decorate.__annotations__["return"]
    for alias in (HeadersValue, ResponseReturnValue, ResponseValue, RouteCallable):
        assert type(None) in typing.get_args(alias | None)
        assert len(typing.get_args(alias)) > 1


@in_alias
def test_commands_are_made_of_the_names_in_cli():
    """`AppGroup`, `with_appcontext`, `ScriptInfo` and `flask.cli.click` make commands that run with the application."""
    import flask
    from flask import cli

    group = cli.AppGroup("own")

    @group.command("name")
    def show_name():
        cli.click.echo(flask.current_app.name)

    @cli.click.command("plain")
    @cli.with_appcontext
    def plain():
        cli.click.echo(f"plain {flask.current_app.name}")

    app = flask.Flask("names")
    app.cli.add_command(group)
    runner = app.test_cli_runner()
    assert "names\n" == runner.invoke(args=["own", "name"]).output
    assert "plain names\n" == runner.invoke(plain, obj=cli.ScriptInfo(create_app=lambda: app)).output


@in_alias
def test_rendering_may_be_replaced():
    """Flask-Testing sets `flask.templating._render`, and `render_template_string` goes through what is set."""
    import flask
    from flask import templating

    app = flask.Flask("names")
    original = templating._render
    with app.app_context():
        templating._render = lambda app, template, context: f"no rendering of {sorted(context)}"
        assert "no rendering of ['word']" == flask.render_template_string("{{ word }}", word="a")
        templating._render = original
        assert "a" == flask.render_template_string("{{ word }}", word="a")


@in_alias
def test_third_party_names_are_those_of_their_packages():
    """What Flask's modules hold of other packages is the packages' own."""
    import click
    import flask.app
    import flask.cli
    import flask.helpers
    import flask.wrappers
    import werkzeug
    import werkzeug.routing

    assert werkzeug is flask.helpers.werkzeug
    assert click is flask.cli.click
    assert issubclass(flask.app.Rule, werkzeug.routing.Rule)
    assert flask.app.Flask.url_rule_class is flask.app.Rule or issubclass(
        flask.app.Flask.url_rule_class, flask.app.Rule
    )
    assert flask.wrappers.RequestBase is werkzeug.Request


@in_alias
def test_a_handler_for_the_level_is_found():
    """`has_level_handler` looks up the tree of loggers, as extensions do before they add a handler."""
    import logging

    from flask.logging import default_handler, has_level_handler

    logger = logging.getLogger("names.inner")
    logger.propagate = False
    assert not has_level_handler(logger)
    logger.addHandler(default_handler)
    assert has_level_handler(logger)


@in_alias
def test_the_class_may_be_rebound():
    """OpenTelemetry binds `flask.Flask` to a subclass: new applications are of it, and it is undone as easily."""
    import flask

    original = flask.Flask
    existing = flask.Flask("existing")

    class Instrumented(flask.Flask):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.instrumented = True

    flask.Flask = Instrumented
    from flask import Flask

    app = Flask("instrumented")
    app.add_url_rule("/", view_func=lambda: "index", endpoint="index")
    assert (True, b"index", Instrumented) == (app.instrumented, app.test_client().get("/").data, Flask)
    assert isinstance(existing, original)
    assert flask.app.Flask is original
    flask.Flask = original
    assert original is flask.Flask
    assert not hasattr(flask.Flask("again"), "instrumented")


@in_alias
def test_the_class_is_rebound_for_the_package_too():
    """What `flask.Flask` is bound to is `demijohn.Flask`, and after undoing both are as before."""
    import flask

    import demijohn
    import demijohn.app

    original = flask.Flask
    flask.Flask = type("Instrumented", (original,), {})
    assert demijohn.Flask is flask.Flask
    flask.Flask = original
    assert demijohn.Flask is demijohn.app.Flask is original
