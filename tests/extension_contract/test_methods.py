"""Methods of the application that extensions replace: on an instance, in a subclass, or on the class."""

from __future__ import annotations

import pytest

from demijohn import Flask, request
from tests.extension_contract.application import build_app, fetch

METHODS = {
    "__call__": "/",
    "_find_error_handler": "/fails",
    "app_context": "/",
    "create_global_jinja_loader": "/page",
    "create_jinja_environment": "/page",
    "create_url_adapter": "/",
    "dispatch_request": "/",
    "do_teardown_appcontext": "/",
    "do_teardown_request": "/",
    "ensure_sync": "/",
    "finalize_request": "/",
    "full_dispatch_request": "/",
    "get_send_file_max_age": "/static/site.css",
    "handle_exception": "/fails",
    "handle_http_exception": "/nowhere",
    "handle_url_build_error": "/unbuilt",
    "handle_user_exception": "/fails",
    "inject_url_defaults": "/url",
    "log_exception": "/fails",
    "make_response": "/",
    "preprocess_request": "/",
    "process_response": "/",
    "raise_routing_exception": "/nowhere",
    "redirect": "/away",
    "request_context": "/",
    "send_static_file": "/static/site.css",
    "should_ignore_error": "/",
    "trap_http_exception": "/nowhere",
    "update_template_context": "/page",
    "url_for": "/url",
    "wsgi_app": "/",
}
"""A method that requests call -> the path of a request that calls it."""

MADE_ONCE = {"create_global_jinja_loader", "create_jinja_environment"}
"""Methods that are called when the first template is loaded, and not again."""

SEALED = {"ensure_sync"}
"""Methods that are asked once for each function, for all its requests."""

LOOKED_UP_ON_THE_CLASS = {"__call__"}
"""Python itself passes over what an instance has under these names."""

ON_INSTANCES = sorted(set(METHODS) - LOOKED_UP_ON_THE_CLASS)
WITH_ERROR = {"should_ignore_error"}
"""Methods that are called where a request ended with an error."""


def find_path(name):
    """Return the path of a request that calls the method."""
    return "/fails" if name in WITH_ERROR else METHODS[name]


def wrap(function, calls):
    """Return a function that does the same and keeps count."""

    def wrapper(*args, **kwargs):
        calls.append(function.__name__)
        return function(*args, **kwargs)

    return wrapper


@pytest.mark.parametrize("name", ON_INSTANCES)
def test_a_method_replaced_on_the_instance_is_called(prepare, name):
    """What is set on an instance, even after requests, is called by the next one; once removed, no more."""
    app = build_app() if name in MADE_ONCE else prepare(build_app())
    calls = []
    setattr(app, name, wrap(getattr(app, name), calls))
    answer = fetch(app, find_path(name))
    count = len(calls)
    delattr(app, name)
    assert fetch(build_app(), find_path(name)).data == answer.data
    assert fetch(app, find_path(name)).status == answer.status
    assert [name] * max(count, 1) == calls


@pytest.mark.parametrize("name", METHODS)
def test_a_method_of_a_subclass_is_called(name):
    """A subclass that overrides a method and calls the original takes part in each request."""
    calls = []
    subclass = type("Subclass", (Flask,), {name: wrap(getattr(Flask, name), calls)})
    app = build_app(subclass)
    first, second = fetch(app, find_path(name)), fetch(app, find_path(name))
    assert fetch(build_app(), find_path(name)).data == first.data == second.data
    assert name in calls
    assert len(calls) > 1 or name in MADE_ONCE | SEALED


def test_a_call_replaced_on_the_class_reaches_applications_that_exist(app, monkeypatch):
    """`Flask.__call__` may be replaced at any time: every application is called by the new one."""
    original = Flask.__call__

    def call(self, environ, start_response):
        environ["wrapped.by"] = self.name
        return original(self, environ, lambda status, headers, *rest: start_response("299 Wrapped", headers, *rest))

    monkeypatch.setattr(Flask, "__call__", call)
    assert "299 Wrapped" == fetch(app).status
    monkeypatch.undo()
    assert "200 OK" == fetch(app).status


def test_methods_replaced_on_the_class_reach_applications_that_exist(prepare, monkeypatch):
    """A patch of the class, as tracers and tests apply it, is called by the next request of every application."""
    names = sorted(set(METHODS) - MADE_ONCE)
    calls = []
    for name in names:
        app = prepare(build_app())
        monkeypatch.setattr(Flask, name, wrap(getattr(Flask, name), calls))
        fetch(app, find_path(name))
        monkeypatch.undo()
    assert names == sorted(set(calls))


def test_methods_restored_on_the_class_are_no_longer_replaced(prepare, monkeypatch):
    """A patch of the class that was undone is not called by any later request."""
    calls, still_called = [], []
    for name in sorted(set(METHODS) - MADE_ONCE):
        app = prepare(build_app())
        monkeypatch.setattr(Flask, name, wrap(getattr(Flask, name), calls))
        fetch(app, find_path(name))
        monkeypatch.undo()
        calls.clear()
        fetch(app, find_path(name))
        still_called += calls
    assert [] == still_called


def test_an_override_may_change_the_answer(app):
    """An error handler and a dispatcher set on the instance decide what is answered, as Flask-RESTful's do."""
    app.handle_user_exception = lambda error: (f"user {error.args[0]}", 501)
    assert (501, b"user a view that fails") == read(fetch(app, "/fails"))
    del app.handle_user_exception
    app.handle_exception = lambda error: app.response_class(f"any {error.args[0]}", 502)
    assert (502, b"any a view that fails") == read(fetch(app, "/fails"))
    app.dispatch_request = lambda: "dispatched"
    assert (200, b"dispatched") == read(fetch(app, "/nowhere"))
    app.wsgi_app = lambda environ, start_response: app.response_class("outer")(environ, start_response)
    assert (200, b"outer") == read(fetch(app, "/fails"))


def test_overrides_may_be_stacked(app):
    """Each of several extensions replaces a method by one that calls the one before, and all are called."""
    calls = []
    for number in range(3):
        inner = app.dispatch_request

        def outer(inner=inner, number=number):
            calls.append(number)
            return inner()

        app.dispatch_request = outer
    assert (b"index", [2, 1, 0]) == (fetch(app).data, calls)


def test_middleware_gets_the_environ_of_the_server(app):
    """What others put into the environ is in `request.environ`, which is the same object, and the other way round."""
    inner = app.wsgi_app
    seen = []

    def middleware(environ, start_response):
        environ["tracer.span"] = object()
        chunks = inner(environ, start_response)
        seen.append((environ, environ["tracer.span"], environ["added.inside"]))
        return chunks

    def add():
        request.environ["added.inside"] = request.environ["tracer.span"]
        seen.append(request.environ)

    app.wsgi_app = middleware
    app.before_request_funcs.setdefault(None, []).append(add)
    fetch(app)
    assert seen[0] is seen[1][0]
    assert seen[1][1] is seen[1][2]


def test_rules_are_added_through_the_override():
    """`route`, `get` and a blueprint's registration go through an `add_url_rule` set on the instance."""
    app = build_app()
    added = []
    original = app.add_url_rule

    def add_url_rule(rule, endpoint=None, view_func=None, **options):
        added.append(rule)
        return original(rule, endpoint, view_func, **options)

    app.add_url_rule = add_url_rule
    app.route("/a")(lambda: "a")
    app.get("/b", endpoint="b")(lambda: "b")
    wing = type(app.blueprints["wing"])("other", __name__)
    wing.route("/c")(lambda: "c")
    app.register_blueprint(wing)
    assert ["/a", "/b", "/c"] == added
    assert [b"a", b"b", b"c"] == [fetch(app, path).data for path in added]


def test_rules_of_a_blueprint_are_added_through_the_override():
    """`route` of a blueprint goes through an `add_url_rule` set on that blueprint, as Flask-RESTful does."""
    app = build_app()
    wing = type(app.blueprints["wing"])("other", __name__, url_prefix="/other")
    original = wing.add_url_rule
    wing.add_url_rule = lambda rule, *args, **options: original(f"/v2{rule}", *args, **options)
    wing.route("/c")(lambda: "c")
    app.register_blueprint(wing)
    assert b"c" == fetch(app, "/other/v2/c").data


def read(response):
    """Return status code and body."""
    return response.status_code, response.data
