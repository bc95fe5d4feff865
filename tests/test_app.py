"""The application object: its contexts, its templates, its test tools, and itself as a server's callable."""

import copy
import io
import pickle
import subprocess
import sys

import flask
import flask.testing
import pytest
from werkzeug.exceptions import NotFound
from werkzeug.routing import MapAdapter
from werkzeug.test import create_environ, run_wsgi_app

import demijohn
import demijohn.testing


@pytest.fixture
def app(lib):
    """Return an application with a page."""
    app = lib.Flask("made")
    app.secret_key = "k"
    app.add_url_rule("/page", "page", lambda: f"{lib.request.method} {lib.request.full_path}")
    return app


def test_an_application_is_a_wsgi_callable(app):
    """A server calls it with environ and `start_response`."""
    body, status, headers = run_wsgi_app(app, create_environ("/page", query_string="a=1"))
    assert (b"GET /page?a=1", "200 OK") == (b"".join(body), status)
    assert "text/html; charset=utf-8" == headers["Content-Type"]


def test_calling_goes_through_wsgi_app(app):
    """What is put around `wsgi_app` is called, and `__call__` of a subclass too."""
    app.wsgi_app = lambda environ, start_response: [b"middleware"]
    assert [b"middleware"] == list(app(create_environ(), None))


def test_call_may_be_replaced_on_the_class(lib, monkeypatch, app):
    """Tools that watch every request replace it when applications exist already."""
    original = lib.Flask.__call__
    seen = []

    def watch(self, environ, start_response):
        seen.append(environ["PATH_INFO"])
        return original(self, environ, start_response)

    monkeypatch.setattr(lib.Flask, "__call__", watch)
    assert (200, ["/page"]) == (app.test_client().get("/page").status_code, seen)


def test_contexts_of_an_application(lib, app):
    """The three methods give contexts that are not entered yet."""
    environ = create_environ("/page")
    kinds = [app.app_context(), app.request_context(environ), app.test_request_context("/page")]
    assert [lib.ctx.AppContext, lib.ctx.RequestContext, lib.ctx.RequestContext] == [type(context) for context in kinds]
    assert (environ, "/page") == (kinds[1].request.environ, kinds[2].request.path)
    assert not lib.has_app_context()


@pytest.mark.parametrize(
    ("arguments", "options", "expected"),
    [
        ((), {}, ("http://localhost/", "GET")),
        (("/page",), {"method": "POST", "query_string": {"a": "1"}}, ("http://localhost/page?a=1", "POST")),
        (("/page", "https://h.test/root"), {}, ("https://h.test/root/page", "GET")),
        (("/page",), {"subdomain": "sub", "url_scheme": "https"}, ("https://sub.localhost/page", "GET")),
    ],
)
def test_a_request_may_be_made_up(app, arguments, options, expected):
    """`test_request_context` takes what the builder of environs takes."""
    request = app.test_request_context(*arguments, **options).request
    assert expected == (request.url, request.method)


def test_the_data_of_a_made_up_request_can_be_read(lib, app):
    """Its body and files are there, and the builder's copies are closed."""
    data = {"a": "1", "f": (io.BytesIO(b"file"), "name.txt")}
    with app.test_request_context(method="POST", data=data):
        assert ("1", b"file") == (lib.request.form["a"], lib.request.files["f"].read())


def test_test_tools_are_of_the_usual_classes(lib, app):
    """Options go to the client and the runner."""
    client, runner = app.test_client(use_cookies=False), app.test_cli_runner(charset="latin-1")
    assert (lib.testing.FlaskClient, None, app) == (type(client), client._cookies, client.application)
    assert (lib.testing.FlaskCliRunner, "latin-1", app) == (type(runner), runner.charset, runner.app)


def test_test_tools_may_be_of_other_classes(lib, app):
    """Their classes are called with the application and the options."""
    app.test_client_class = app.test_cli_runner_class = lambda *args, **options: (args, options)
    client_args, client_options = app.test_client(mark=1)
    assert ((app, app.response_class), {"use_cookies": True, "mark": 1}) == (client_args, client_options)
    assert ((app,), {"mark": 1}) == app.test_cli_runner(mark=1)


@pytest.mark.parametrize("second", ["/page", "/fail", "/none"])
def test_a_block_of_the_client_keeps_the_last_request(second):
    """Its contexts are current in the block; the next request, or the end, tears them down as often as Flask does."""
    traces = []
    for lib in (flask, demijohn):
        app, events = lib.Flask("quiet"), []
        app.logger.disabled = True
        app.add_url_rule("/page", "page", lambda lib=lib: setattr(lib.g, "word", "kept") or "page")
        app.add_url_rule("/fail", "fail", lambda: 1 / 0)
        app.teardown_request(lambda error, events=events: events.append(f"request {type(error).__name__}"))
        app.teardown_appcontext(lambda error, events=events: events.append(f"context {type(error).__name__}"))
        with app.test_client() as client:
            for path in ("/page", second):
                client.get(path)
                events.append((lib.request.path, lib.g.get("word"), lib.current_app.name))
        events.append((lib.has_app_context(), lib.has_request_context()))
        traces.append(events)
    assert traces[0] == traces[1]
    assert (False, False) == traces[1][-1]


def test_an_error_ends_a_block_of_the_client(lib, app):
    """What is raised inside the block goes on, and the contexts are left."""
    client = app.test_client()
    try:
        with client:
            client.get("/page")
            raise LookupError
    except LookupError:
        assert not lib.has_app_context()


def test_names_of_the_shell(lib, app):
    """The application, `g`, and what the processors add."""
    app.shell_context_processor(lambda: {"extra": 1, "app": "replaced"})
    names = app.make_shell_context()
    assert ({"app", "g", "extra"}, "replaced", 1) == (set(names), names["app"], names["extra"])
    with app.app_context():
        assert lib.g == names["g"]


def test_the_environment_of_templates_knows_the_application(lib, app):
    """Globals, JSON and loading are the application's."""
    names = app.jinja_env.globals
    with app.test_request_context("/page"):
        assert "/page" == names["url_for"]("page")
        assert ("/page", lib.g, lib.session) == (names["request"].path, names["g"], names["session"])
        assert lib.render_template_string("{{ {'b': 1, 'a': 2}|tojson }}") == '{"a": 2, "b": 1}'
    assert (app.config, lib.get_flashed_messages) == (names["config"], names["get_flashed_messages"])


def test_options_of_the_environment_are_the_applications(lib):
    """`jinja_options` wins over what is chosen otherwise, and is not changed."""
    options = {"autoescape": False, "auto_reload": True, "trim_blocks": True}
    app = type("Own", (lib.Flask,), {"jinja_options": options})("made")
    assert (False, True, True) == (app.jinja_env.autoescape, app.jinja_env.auto_reload, app.jinja_env.trim_blocks)
    assert ["autoescape", "auto_reload", "trim_blocks"] == list(options)


def test_variables_of_templates_come_from_outside_in(lib, app):
    """Processors of the application, then of each blueprint; what the view gives wins."""
    outer, inner = lib.Blueprint("outer", "made"), lib.Blueprint("inner", "made")
    for name, scaffold in (("app", app), ("outer", outer), ("inner", inner)):
        scaffold.context_processor(lambda name=name: {"by": name, name: True, "given": name})
    for blueprint in (outer, inner):
        blueprint.add_url_rule(
            f"/{blueprint.name}",
            "page",
            lambda: lib.render_template_string("{{ by }} {{ app }} {{ outer }} {{ inner }} {{ given }}", given="view"),
        )
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    client = app.test_client()
    assert "outer True True  view" == client.get("/outer").text
    assert "inner True True True view" == client.get("/inner").text


def test_a_blueprint_may_have_no_variables(lib, app):
    """Templates of its views have those of the application."""
    blueprint = lib.Blueprint("part", "made")
    blueprint.add_url_rule("/part", "page", lambda: lib.render_template_string("{{ by }}"))
    app.register_blueprint(blueprint)
    app.context_processor(lambda: {"by": "app"})
    assert "app" == app.test_client().get("/part").text


def test_variables_without_a_request_are_the_applications(lib, app):
    """Outside of requests only processors for all are asked, async ones too."""

    @app.context_processor
    async def add():
        return {"by": "app"}

    variables = {"own": 1, "by": "given"}
    with app.app_context():
        app.update_template_context(variables)
    assert (1, "given") == (variables["own"], variables["by"])
    with app.app_context():
        assert "app" == lib.render_template_string("{{ by }}")


def test_sync_functions_stay_as_they_are(app):
    """Only coroutine functions are converted, by the application's method."""

    async def work(first):
        return first

    assert print is app.ensure_sync(print)
    assert (1, 2) == (app.ensure_sync(work)(1), app.async_to_sync(work)(2))


def test_a_response_can_be_made_in_an_application_context(app):
    """Without a request too, except for what depends on one."""
    with app.app_context():
        assert (b"text", 201) == (app.make_response(("text", 201)).data, app.make_response(("text", 201)).status_code)


def test_the_adapter_of_a_request(app):
    """The method gives one for a request and, with a server name, one without."""
    request = app.test_request_context("/page").request
    assert isinstance(app.create_url_adapter(request), MapAdapter)
    assert None is app.create_url_adapter(None)


def test_options_are_answered_by_the_rules(lib, app):
    """The methods that the URL takes are listed."""
    app.add_url_rule("/page", "post", lambda: "", methods=["POST"])
    with app.test_request_context("/page", method="OPTIONS"):
        assert {"GET", "HEAD", "POST", "OPTIONS"} == set(app.make_default_options_response().allow)


def test_an_exception_is_logged_with_its_request(app, caplog):
    """`log_exception` writes path, method and traceback."""
    with app.test_request_context("/page", method="POST"):
        try:
            raise LookupError("lost")
        except LookupError:
            app.log_exception(sys.exc_info())
    (record,) = caplog.records
    assert ("Exception on /page [POST]", LookupError) == (record.getMessage(), record.exc_info[0])


@pytest.mark.parametrize(
    "method",
    ["handle_exception", "handle_user_exception", "handle_http_exception", "log_exception", "process_response"],
)
def test_what_works_on_a_request_needs_one(app, method):
    """The methods that take steps of a request need one to be current."""
    with pytest.raises(RuntimeError, match=r"Working outside of (request|application) context"):
        getattr(app, method)(NotFound())


@pytest.mark.parametrize(
    "method", ["full_dispatch_request", "preprocess_request", "dispatch_request", "do_teardown_request"]
)
def test_steps_of_a_request_need_one(app, method):
    """So do those without arguments."""
    with pytest.raises(RuntimeError, match="request context"):
        getattr(app, method)()


def test_run_serves_by_the_development_server(lib, app, monkeypatch):
    """The options reach Werkzeug's server."""
    calls = []
    monkeypatch.setattr("werkzeug.serving.run_simple", lambda *args, **options: calls.append((args, options)))
    app.run("0.0.0.0", 8000, threaded=False)
    assert [(("0.0.0.0", 8000, app), {"use_reloader": False, "use_debugger": False, "threaded": False})] == calls


def test_an_application_cannot_be_pickled(lib, app):
    """It holds functions and locks, in Flask as here."""
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        pickle.dumps(app)


def test_a_copied_application_serves(lib, app):
    """A shallow copy shares the tables and answers requests."""
    copied = copy.copy(app)
    assert "GET /page?" == copied.test_client().get("/page").text


def test_a_server_process_loads_no_tools():
    """Test client, commands and development server are not loaded by an application that serves."""
    program = """if True:
        import sys
        from demijohn import Flask
        app = Flask("made")
        app.add_url_rule("/", "page", lambda: {"a": 1})
        list(app({"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_NAME": "h", "wsgi.url_scheme": "http"}, print))
        tools = ("demijohn.cli", "demijohn.testing", "demijohn.dev", "click")
        print(sorted(name for name in tools if name in sys.modules))
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.splitlines()[-1]
