"""Methods that extensions call from outside, or override to change what they decide."""

from __future__ import annotations

import logging
import sys

import pytest
from jinja2 import DictLoader
from werkzeug.exceptions import HTTPException, ImATeapot, MethodNotAllowed, NotFound
from werkzeug.routing import BuildError, RequestRedirect

from demijohn import Blueprint, Flask, Response, g, request
from demijohn.templating import Environment, _render
from tests.extension_contract.application import build_app, fetch


def test_a_url_adapter_may_be_asked_for(app):
    """`create_url_adapter` gives a Werkzeug adapter for a request, and one for SERVER_NAME without."""
    with app.test_request_context("/json", method="POST"):
        adapter = app.create_url_adapter(request)
        assert ("view_json", {}) == adapter.match()
        assert ({"GET", "HEAD", "OPTIONS", "POST"}, "/") == (
            set(adapter.allowed_methods()),
            adapter.build("view_index"),
        )
    assert app.create_url_adapter(None) is None
    app.config["SERVER_NAME"] = "example.org"
    assert "http://example.org/json" == app.create_url_adapter(None).build("view_json", force_external=True)


def test_the_adapter_of_a_context_may_be_asked(app):
    """`request_ctx.url_adapter` matches other paths, as redirect checks do."""
    with app.test_request_context("/") as context:
        assert ("view_json", {}) == context.url_adapter.match("/json")
        with pytest.raises(NotFound):
            context.url_adapter.match("/nowhere")


def test_a_url_adapter_may_be_decided(prepare):
    """An overridden `create_url_adapter` decides how each request is matched."""

    class Elsewhere(Flask):
        """Match under another script name and in another path."""

        def create_url_adapter(self, request):
            """Bind the path without its language."""
            if request is None:
                return super().create_url_adapter(request)
            path = request.path.removeprefix("/nl")
            return self.url_map.bind("localhost", path_info=path, default_method=request.method)

    app = prepare(build_app(Elsewhere))
    assert [b"index", b'{"answer":42}\n'] == [fetch(app, path).data for path in ("/nl/", "/nl/json")]


def test_a_routing_error_may_be_raised_from_outside(app):
    """`raise_routing_exception` raises what matching found, whatever it is."""
    for path, method, error in (
        ("/nowhere", "GET", NotFound),
        ("/", "PUT", MethodNotAllowed),
        ("/wing", "GET", RequestRedirect),
    ):
        with app.test_request_context(path, method=method), pytest.raises(error):
            app.raise_routing_exception(request)


def test_a_routing_error_may_be_decided(app):
    """An overridden `raise_routing_exception` raises what it likes, and that is answered."""

    def raise_routing_exception(request):
        raise ImATeapot(f"no {request.path}")

    app.raise_routing_exception = raise_routing_exception
    assert 418 == fetch(app, "/nowhere").status_code


def test_an_options_response_may_be_asked_for(app):
    """`make_default_options_response` lists the methods of the current URL, as Flask-CORS uses it."""
    with app.test_request_context("/json", method="OPTIONS"):
        response = app.make_default_options_response()
        assert {"GET", "HEAD", "OPTIONS", "POST"} == set(response.allow)


def test_an_options_response_may_be_decided(app):
    """An overridden `make_default_options_response` answers OPTIONS."""
    app.make_default_options_response = lambda: app.response_class("own", headers={"Allow": "GET"})
    response = fetch(app, method="OPTIONS")
    assert ("GET", b"own") == (response.headers["Allow"], response.data)


def test_an_exception_may_be_logged_from_outside(app, caplog):
    """`log_exception` writes path, method and traceback to the application's logger."""
    with app.test_request_context("/there", method="POST"):
        try:
            raise LookupError("found nothing")
        except LookupError:
            app.log_exception(sys.exc_info())
    record = caplog.records[-1]
    assert ("Exception on /there [POST]", logging.ERROR, LookupError) == (
        record.getMessage(),
        record.levelno,
        record.exc_info[0],
    )


def test_logging_may_be_decided(app):
    """An overridden `log_exception` gets the error information instead of the log."""
    seen = []
    app.log_exception = lambda exc_info: seen.append(exc_info[1].args)
    assert 500 == fetch(app, "/fails").status_code
    assert [("a view that fails",)] == seen


def test_a_function_may_be_made_sync_from_outside(app):
    """`ensure_sync` leaves a function as it is and makes a coroutine function callable."""

    def plain():
        return 1

    async def coroutine():
        return 2

    assert plain is app.ensure_sync(plain)
    assert 2 == app.ensure_sync(coroutine)()
    assert 2 == app.async_to_sync(coroutine)()


def test_every_function_of_a_request_may_be_wrapped(app):
    """An overridden `ensure_sync` is given views, hooks and handlers, and what it returns is called."""
    original = app.ensure_sync
    wrapped = set()

    def ensure_sync(function):
        wrapped.add(function)
        return original(function)

    app.ensure_sync = ensure_sync
    functions = [lambda: None, lambda response: response, lambda error: None, lambda error: ("handled", 500)]
    app.before_request_funcs[None].append(functions[0])
    app.after_request_funcs[None].append(functions[1])
    app.teardown_request_funcs[None].append(functions[2])
    app.teardown_appcontext_funcs.append(functions[2])
    app.error_handler_spec[None][None][LookupError] = functions[3]
    assert (b"index", b"handled") == (fetch(app).data, fetch(app, "/fails").data)
    assert {*functions, app.view_functions["view_index"], app.view_functions["view_fails"]} <= wrapped


def test_a_response_may_be_made_from_outside(app):
    """`make_response` turns each kind of result into a response of the application's class."""
    with app.test_request_context():
        made = [app.make_response(value) for value in ("text", b"bytes", {"a": 1}, [1], ("text", 201, {"X-A": "b"}))]
        assert [Response] * 5 == [type(response) for response in made]
        assert (201, "b") == (made[4].status_code, made[4].headers["X-A"])
        other = HTTPException(response=app.response_class("own")).get_response()
        assert other is app.make_response(other)


def test_results_may_be_decided(app):
    """An overridden `make_response` may accept results that nothing else does."""
    original = app.make_response
    app.make_response = lambda value: original("none" if value is None else value)
    app.view_functions["view_index"] = lambda: None
    assert b"none" == fetch(app).data


def test_an_error_handler_may_be_asked_for(app):
    """`_find_error_handler` gives the handler for an error and a list of blueprints, or None."""
    handler = app.error_handler_spec[None][None].setdefault(LookupError, lambda error: "outer")
    inner = app.error_handler_spec["wing"][None].setdefault(LookupError, lambda error: "inner")
    with app.test_request_context("/wing/"):
        assert inner is app._find_error_handler(KeyError("a"), request.blueprints)
        assert handler is app._find_error_handler(KeyError("a"), [])
        assert app._find_error_handler(TypeError("a"), ["wing"]) is None


def test_the_error_handler_may_be_decided(app):
    """An overridden `_find_error_handler` chooses who answers, also for HTTP errors."""
    app._find_error_handler = lambda error, blueprints: lambda error: (f"own {type(error).__name__}", 500)
    assert [b"own LookupError", b"own NotFound"] == [fetch(app, path).data for path in ("/fails", "/nowhere")]


@pytest.mark.parametrize("base", [Flask, Blueprint])
def test_the_way_of_the_method_decorators_may_be_decided(base):
    """`get`, `post` and their like go through `_method_route`, which a subclass may override."""
    calls = []

    class Documented(base):
        """Keep what is routed."""

        def _method_route(self, method, rule, options):
            calls.append((method, rule, options.pop("summary", None)))
            return super()._method_route(method, rule, options)

    target = Documented("documented", *(["documented"] if base is Blueprint else []))
    for method in ("get", "post", "put", "delete", "patch"):
        getattr(target, method)(f"/{method}", summary=method, endpoint=method)(lambda: "routed")
    names = ("get", "post", "put", "delete", "patch")
    assert [(name.upper(), f"/{name}", name) for name in names] == calls
    app = target if base is Flask else Flask("app")
    if base is Blueprint:
        app.register_blueprint(target)
    assert b"routed" == fetch(app, "/put", "PUT").data


def test_the_steps_of_a_request_may_be_called_one_by_one(app):
    """`preprocess_request`, `dispatch_request`, `make_response` and `process_response` do a request by hand."""
    calls = []
    app.before_request_funcs[None].append(lambda: calls.append("before"))
    app.after_request_funcs[None].append(lambda response: (calls.append("after"), response)[1])
    with app.test_request_context("/session"):
        assert app.preprocess_request() is None
        response = app.process_response(app.make_response(app.dispatch_request()))
    assert (["before", "after"], b"1", True) == (calls, response.data, "Set-Cookie" in response.headers)


def test_a_before_function_may_answer_a_preprocess_from_outside(app):
    """`preprocess_request` returns the first result, for who calls it by hand."""
    app.before_request_funcs[None].append(lambda: "answered")
    with app.test_request_context():
        assert "answered" == app.preprocess_request()


def test_a_whole_request_may_be_dispatched_by_hand(app):
    """`full_dispatch_request` answers the current request, errors included."""
    app.error_handler_spec[None][None][LookupError] = lambda error: ("handled", 500)
    for path, body in (("/", b"index"), ("/fails", b"handled")):
        with app.test_request_context(path):
            assert body == app.full_dispatch_request().data


def test_url_defaults_may_be_asked_for(app):
    """`inject_url_defaults` fills in what the functions for an endpoint add."""
    app.url_default_functions[None].append(lambda endpoint, values: values.update(outer=endpoint))
    app.url_default_functions["wing"].append(lambda endpoint, values: values.update(inner=endpoint))
    values, others = {}, {}
    app.inject_url_defaults("wing.view", values)
    app.inject_url_defaults("view_index", others)
    assert ({"outer": "wing.view", "inner": "wing.view"}, {"outer": "view_index"}) == (values, others)


def test_url_defaults_may_be_decided(app):
    """An overridden `inject_url_defaults` adds values to each URL."""
    app.inject_url_defaults = lambda endpoint, values: values.update(theme="dark")
    assert b"/?page=1&theme=dark" == fetch(app, "/url").data


def test_a_url_that_cannot_be_built_may_be_decided(app):
    """`handle_url_build_error` asks the registered functions, and an override may answer by itself."""
    app.url_build_error_handlers.append(lambda error, endpoint, values: f"/lost/{endpoint}")
    assert b"/lost/no_such_endpoint" == fetch(app, "/unbuilt").data
    app.handle_url_build_error = lambda error, endpoint, values: f"/own/{type(error).__name__}"
    assert b"/own/BuildError" == fetch(app, "/unbuilt").data


def test_a_build_error_may_be_handed_on_from_outside(app):
    """`handle_url_build_error` raises the error where no function has an answer."""
    with app.test_request_context():
        error = BuildError("lost", {}, None, request_adapter(app))
        with pytest.raises(BuildError):
            app.handle_url_build_error(error, "lost", {})


def request_adapter(app):
    """Return the adapter of the current request."""
    return app.create_url_adapter(request)


def test_trapping_may_be_decided(app):
    """An overridden `trap_http_exception` hands HTTP errors to the handlers of ordinary exceptions."""
    assert not app.trap_http_exception(NotFound())
    app.trap_http_exception = lambda error: isinstance(error, NotFound)
    app.error_handler_spec[None][None][Exception] = lambda error: (f"trapped {error.code}", 200)
    assert b"trapped 404" == fetch(app, "/nowhere").data


def test_the_environment_may_be_decided():
    """`create_jinja_environment` of a subclass makes the environment, and may change the one of the base."""

    class Themed(Flask):
        """Have other delimiters and a global."""

        def create_jinja_environment(self):
            """Extend the environment."""
            environment = super().create_jinja_environment()
            environment.globals["theme"] = "dark"
            return environment

    app = build_app(Themed)
    with app.test_request_context():
        assert "dark /" == app.jinja_env.from_string("{{ theme }} {{ request.path }}").render()


def test_the_environment_class_may_be_decided():
    """`jinja_environment` names the class, and `jinja_options` its options."""

    class Strict(Environment):
        """Join paths in another way."""

        def join_path(self, template, parent):
            """Look under the folder of themes."""
            return f"themes/{template}"

    subclass = type("Subclass", (Flask,), {"jinja_environment": Strict, "jinja_options": {"trim_blocks": True}})
    app = build_app(subclass)
    app.jinja_loader = DictLoader(
        {"a.html": "{% include 'b.html' %}", "themes/b.html": "{% if 1 %}\nincluded{% endif %}"}
    )
    with app.app_context():
        assert (Strict, "included") == (type(app.jinja_env), app.jinja_env.get_template("a.html").render())


def test_the_loader_may_be_decided():
    """`create_global_jinja_loader` of a subclass finds the templates of every view."""
    loader = DictLoader({"page.html": "from memory: {{ word }}"})
    app = build_app(type("Subclass", (Flask,), {"create_global_jinja_loader": lambda self: loader}))
    assert b"from memory: &lt;word&gt;" == fetch(app, "/page").data
    assert loader is app.jinja_env.loader


def test_escaping_may_be_decided():
    """`select_jinja_autoescape` of a subclass says which templates are escaped."""
    subclass = type("Subclass", (Flask,), {"select_jinja_autoescape": lambda self, filename: False})
    assert b"<p><word></p>" == fetch(build_app(subclass), "/page").data.strip()
    assert [True, True, False, True] == [
        build_app().select_jinja_autoescape(name) for name in ("a.html", "a.svg", "a.txt", None)
    ]


def test_a_template_may_be_rendered_by_hand(app):
    """`templating._render` takes application, template and variables, as Flask-WeasyPrint's kind do."""
    with app.test_request_context():
        g.name = "ann"
        template = app.jinja_env.from_string("{{ g.name }} {{ word }} {{ request.path }}")
        assert "ann a /" == _render(app, template, {"word": "a"})


def test_handlers_may_be_called_from_outside(app):
    """`handle_user_exception`, `handle_http_exception` and `handle_exception` answer an error that is given."""
    with app.test_request_context():
        error = NotFound()
        assert error is app.handle_http_exception(error)
        assert error is app.handle_user_exception(error)
        app.error_handler_spec[None][None][LookupError] = lambda error: f"handled {error.args[0]}"
        assert "handled a" == app.handle_user_exception(LookupError("a"))


def test_the_last_resort_may_be_called_from_outside(app):
    """`handle_exception` answers the error that is being handled, and `handle_user_exception` lets it through."""
    with app.test_request_context():
        try:
            raise ValueError("nobody handles this")
        except ValueError as error:
            answer = app.handle_exception(error)
            with pytest.raises(ValueError, match="nobody handles this"):
                app.handle_user_exception(error)
    assert 500 == answer.status_code


def test_teardown_may_be_called_from_outside(app):
    """`do_teardown_request` and `do_teardown_appcontext` run the functions with the error that is given."""
    seen = []
    app.teardown_request_funcs[None].append(lambda error: seen.append(("request", str(error))))
    app.teardown_appcontext_funcs.append(lambda error: seen.append(("context", str(error))))
    with app.test_request_context():
        app.do_teardown_request(LookupError("given"))
        app.do_teardown_appcontext(LookupError("given"))
        assert [("request", "given"), ("context", "given")] == seen
