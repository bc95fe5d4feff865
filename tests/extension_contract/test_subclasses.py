"""Classes that extensions subclass, with overriding methods that are really called."""

from __future__ import annotations

import click
import pytest
from werkzeug.datastructures import CallbackDict

from demijohn import Blueprint, Config, Flask, Request, Response, request, session
from demijohn.blueprints import BlueprintSetupState
from demijohn.config import ConfigAttribute
from demijohn.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionInterface, SessionMixin
from demijohn.testing import EnvironBuilder, FlaskClient, FlaskCliRunner
from tests.extension_contract.application import build_app, fetch


def test_an_application_may_be_subclassed_in_several_ways(prepare):
    """Class attributes, a constructor with arguments of its own and further bases all take part."""

    class Mixin:
        """Count calls from another branch of the tree."""

        calls = 0

        def dispatch_request(self):
            """Count."""
            self.calls += 1
            return super().dispatch_request()

    class Own(Mixin, Flask):
        """Have everything of its own."""

        request_class = type("OwnRequest", (Request,), {"own": "request"})
        response_class = type("OwnResponse", (Response,), {"own": "response"})
        config_class = type("OwnConfig", (Config,), {"own": "config"})
        session_interface = SecureCookieSessionInterface()

        def __init__(self, *args, title, **kwargs):
            self.title = title
            super().__init__(*args, **kwargs)

    app = prepare(build_app(Own, title="titled"))
    before = app.calls
    app.view_functions["view_index"] = lambda: request.own
    with app.test_request_context():
        response = app.full_dispatch_request()
    assert (b"request", "response", "config", "titled") == (response.data, response.own, app.config.own, app.title)
    assert before + 1 == app.calls


def test_a_blueprint_may_be_subclassed(prepare):
    """Overridden `register`, `add_url_rule` and `make_setup_state` are called, and change what is registered."""
    calls = []

    class State(BlueprintSetupState):
        """Put a version before every rule."""

        def add_url_rule(self, rule, endpoint=None, view_func=None, **options):
            """Prefix the rule."""
            calls.append("state")
            super().add_url_rule(f"/v1{rule}", endpoint, view_func, **options)

    class Versioned(Blueprint):
        """Take part in each step."""

        def register(self, app, options):
            """Change the options."""
            calls.append("register")
            super().register(app, {**options, "url_prefix": "/changed"})

        def add_url_rule(self, rule, endpoint=None, view_func=None, provide_automatic_options=None, **options):
            """Keep the rule."""
            calls.append(rule)
            super().add_url_rule(rule, endpoint, view_func, provide_automatic_options, **options)

        def make_setup_state(self, app, options, first_registration=False):
            """Give a state of its own kind."""
            return State(self, app, options, first_registration)

    wing = Versioned("versioned", __name__)
    wing.get("/a")(lambda: "routed")
    app = build_app()
    app.register_blueprint(wing, url_prefix="/ignored")
    assert b"routed" == fetch(prepare(app), "/changed/v1/a").data
    assert ["/a", "register", "state"] == calls


def test_a_request_may_be_subclassed(app):
    """Overridden methods and properties of the request class are used by views and by the application."""

    class Own(Request):
        """Override a method, a property and an attribute."""

        max_form_parts = 7
        parameter_storage_class = dict
        closed = 0

        def __init__(self, environ, populate_request=True, shallow=False):
            super().__init__(environ, populate_request, shallow)
            self.extra = environ["PATH_INFO"]

        def on_json_loading_failed(self, e):
            """Give a value."""
            return "not JSON"

        @property
        def referrer(self):
            """Hide the client."""
            return "hidden"

        def close(self):
            """Count."""
            type(self).closed += 1
            super().close()

    app.request_class = Own
    app.view_functions["view_index"] = lambda: [
        request.extra,
        request.get_json(),
        request.referrer,
        request.max_form_parts,
        type(request.args).__name__,
    ]
    assert ["/", "not JSON", "hidden", 7, "dict"] == fetch(app, "/", data="{", content_type="application/json").json
    assert 1 == Own.closed


def test_a_response_may_be_subclassed(app):
    """An overridden `__call__` sends the response, for every kind of result and for error pages."""
    calls = []

    class Own(Response):
        """Send by itself."""

        def __call__(self, environ, start_response):
            calls.append(environ["PATH_INFO"])
            self.headers["X-Own"] = "sent"
            return super().__call__(environ, start_response)

    app.response_class = Own
    paths = ("/", "/json", "/away", "/page")
    assert ["sent"] * 4 == [fetch(app, path).headers["X-Own"] for path in paths]
    assert list(paths) == calls


@pytest.mark.parametrize("method", ["get_wsgi_headers", "get_app_iter", "get_wsgi_response", "close", "__init__"])
def test_the_steps_of_sending_may_be_overridden(app, method):
    """Each method by which Werkzeug's response is made and sent is called where a subclass overrides it."""
    calls = []

    def override(self, *args, **kwargs):
        calls.append(method)
        return getattr(Response, method)(self, *args, **kwargs)

    app.response_class = type("Own", (Response,), {method: override})
    assert (b"index", True) == (fetch(app).data, method in calls)


def test_an_error_handler_may_return_a_response_of_another_class(app):
    """A response of a class that the application does not know is sent, or turned into one of its own."""
    foreign = type("Foreign", (Response.__mro__[1],), {})
    app.error_handler_spec[None][None][LookupError] = lambda error: foreign("foreign", 418)
    response = fetch(app, "/fails")
    assert (418, b"foreign") == (response.status_code, response.data)


def test_a_client_may_be_subclassed(app):
    """An overridden `open` is called by `get`, `post` and their like, for every request."""

    class Authorized(FlaskClient):
        """Add a header."""

        def open(self, *args, **kwargs):
            """Send it with the request."""
            kwargs.setdefault("headers", {})["Authorization"] = "Bearer own"
            return super().open(*args, **kwargs)

    app.test_client_class = Authorized
    app.view_functions["view_index"] = lambda: str(request.authorization.token)
    client = app.test_client()
    assert ["own"] * 3 == [client.get("/").text, client.post("/").text, client.open("/", method="GET").text]
    assert FlaskClient in type(client).__mro__


def test_a_client_takes_a_builder(app):
    """`EnvironBuilder(app, ...)`, and a subclass of it, makes the environ of a request to the application."""

    class Own(EnvironBuilder):
        """Write JSON in another way."""

        def json_dumps(self, obj, **kwargs):
            """Wrap it."""
            return super().json_dumps({"wrapped": obj}, **kwargs)

    app.view_functions["view_index"] = lambda: request.json
    builder = Own(app, "/", method="POST", json=[1])
    assert {"wrapped": [1]} == app.test_client().open(builder).json


def test_a_runner_may_be_subclassed(app):
    """An overridden `invoke` runs the application's commands."""

    class Own(FlaskCliRunner):
        """Add an argument."""

        def invoke(self, cli=None, args=None, **kwargs):
            """Pass it on."""
            return super().invoke(cli, [*args, "added"], **kwargs)

    app.test_cli_runner_class = Own
    app.cli.add_command(click.Command("echo", callback=click.echo, params=[click.Argument(["message"])]))
    assert "added\n" == app.test_cli_runner().invoke(args=["echo"]).output


def test_a_configuration_may_be_subclassed():
    """Overridden methods of the configuration's class are called, and it keeps its place and defaults."""

    class Own(Config):
        """Fall back to a service."""

        def __missing__(self, key):
            return f"from the service: {key}"

        def from_mapping(self, mapping=None, **kwargs):
            """Count the settings."""
            self["LOADED"] = len(mapping or kwargs)
            return super().from_mapping(mapping, **kwargs)

    app = build_app(type("Subclass", (Flask,), {"config_class": Own}))
    app.config.from_mapping(A=1, B=2)
    assert (2, "from the service: C", False) == (app.config["LOADED"], app.config["C"], app.config["DEBUG"])
    assert (app.root_path, b"index") == (app.config.root_path, fetch(app).data)


def test_an_attribute_of_the_configuration_may_be_declared():
    """`ConfigAttribute` on a subclass reads and writes a setting, converted when it is read."""

    class Own(Flask):
        """Have two settings as attributes."""

        region = ConfigAttribute("REGION")
        size = ConfigAttribute("SIZE", get_converter=int)

    app = Own("attributes")
    app.region, app.config["SIZE"] = "north", "3"
    assert ("north", 3) == (app.config["REGION"], app.size)
    assert isinstance(Own.region, ConfigAttribute)


class ServerSession(CallbackDict, SessionMixin):
    """A session that is kept by the server, as Flask-Session's are."""

    def __init__(self, initial=None, sid=None):
        super().__init__(initial, on_update=lambda self: setattr(self, "modified", True))
        self.sid = sid
        self.modified = False


class ServerInterface(SessionInterface):
    """Keep sessions in a dictionary, by the identity in the cookie."""

    session_class = ServerSession

    def __init__(self):
        self.store = {}

    def open_session(self, app, request):
        """Find the session or begin one."""
        sid = request.cookies.get(app.config["SESSION_COOKIE_NAME"]) or f"sid-{len(self.store)}"
        return self.session_class(self.store.get(sid), sid=sid)

    def save_session(self, app, session, response):
        """Keep it, and set the cookie where it changed."""
        if self.should_set_cookie(app, session):
            self.store[session.sid] = dict(session)
            name, domain, path = self.get_cookie_name(app), self.get_cookie_domain(app), self.get_cookie_path(app)
            response.set_cookie(name, session.sid, domain=domain, path=path, httponly=self.get_cookie_httponly(app))


def test_a_session_interface_may_be_subclassed(app):
    """A server-side session is opened before the view and saved after it, and `session` is of its class."""
    app.session_interface = interface = ServerInterface()
    client = app.test_client()
    assert ["1", "2", "3"] == [client.get("/session").text for _ in range(3)]
    assert {"sid-0": {"visits": 3}} == interface.store
    with app.test_request_context():
        assert (ServerSession, "sid-1") == (type(session._get_current_object()), session.sid)


def test_sessions_may_have_any_base(app):
    """`SessionMixin` gives what a dictionary of another kind needs: `new`, `modified`, `accessed`, `permanent`."""
    made = ServerSession({"a": 1})
    made.permanent = True
    assert (True, True, True) == (made["_permanent"], made.permanent, made.modified)
    assert (False, False, True) == (made.new, made.accessed, isinstance(made, SessionMixin))


def test_the_secure_interface_may_be_subclassed(app):
    """Overridden `salt`, `session_class`, `get_signing_serializer` and `save_session` decide about the cookie."""
    calls = []

    class Own(SecureCookieSessionInterface):
        """Change each part."""

        salt = "own salt"
        session_class = type("OwnSession", (SecureCookieSession,), {"own": True})

        def get_signing_serializer(self, app):
            """Count."""
            calls.append("serializer")
            return super().get_signing_serializer(app)

        def save_session(self, app, session, response):
            """Mark."""
            calls.append(session.own)
            super().save_session(app, session, response)

        def get_cookie_samesite(self, app):
            """Decide."""
            return "Strict"

    app.session_interface = interface = Own()
    response = fetch(app, "/session")
    assert (True, "serializer", True) == ("SameSite=Strict" in response.headers["Set-Cookie"], calls[0], True in calls)
    value = response.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    assert {"visits": 1} == interface.get_signing_serializer(app).loads(value)


def test_one_overridden_method_of_the_secure_interface_is_enough(app):
    """A subclass that only opens sessions in its own way is asked for every request, before any function runs."""
    order = []

    class Own(SecureCookieSessionInterface):
        """Note when it is asked."""

        def open_session(self, app, request):
            """Note it."""
            order.append("open")
            return super().open_session(app, request)

    app.session_interface = Own()
    app.before_request_funcs.setdefault(None, []).append(lambda: order.append("before"))
    fetch(app)
    assert ["open", "before"] == order


def test_a_session_may_be_refused(app):
    """An interface that opens nothing gives a null session, which `make_null_session` of a subclass may make."""

    class Own(SecureCookieSessionInterface):
        """Open nothing."""

        null_session_class = type("Nothing", (SecureCookieSessionInterface.null_session_class,), {"own": True})

        def open_session(self, app, request):
            """Return nothing."""

    app.session_interface = Own()
    with app.test_request_context():
        assert (True, True) == (session.own, app.session_interface.is_null_session(session._get_current_object()))
    assert 500 == fetch(app, "/session").status_code
