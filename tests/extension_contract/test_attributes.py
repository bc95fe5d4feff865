"""Attributes of the application that extensions set, before the first request and after it."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from demijohn import Config, Flask, Response, current_app, g
from demijohn.json.provider import DefaultJSONProvider
from demijohn.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionInterface
from demijohn.testing import FlaskClient, FlaskCliRunner
from tests.extension_contract.application import build_app, fetch


class CountingProvider(DefaultJSONProvider):
    """Say by which provider it was written."""

    def dumps(self, obj, **kwargs):
        """Wrap what is written."""
        return super().dumps({"wrapped": obj}, **kwargs)


class MemoryInterface(SessionInterface):
    """Keep the one session in memory, and say what was called."""

    def __init__(self):
        self.session = SecureCookieSession()
        self.calls = []

    def open_session(self, app, request):
        """Return the session."""
        self.calls.append("open")
        return self.session

    def save_session(self, app, session, response):
        """Note that it was saved."""
        self.calls.append("save")
        response.headers["X-Session"] = str(dict(session))


def test_the_response_class_may_be_set(app):
    """Results of views, of every type, and default answers are of the new class."""

    class Teapot(Response):
        """Look like a teapot."""

        default_mimetype = "text/teapot"

    app.response_class = Teapot
    assert "text/teapot; charset=utf-8" == fetch(app).content_type
    assert {b"GET", b"POST", b"HEAD", b"OPTIONS"} == {method.encode() for method in fetch(app, method="OPTIONS").allow}
    with app.test_request_context():
        made = [app.make_response(result) for result in ("", b"", {}, [], ("", 201), iter(()), Response())]
    assert [Teapot] * 7 == [type(response) for response in made]


def test_the_default_content_type_of_the_class_may_be_set(app):
    """A class that extensions make with `type()` is used like any other, for JSON as well."""
    app.response_class = type("Made", (app.response_class,), {"default_mimetype": "text/x-made"})
    assert ("text/x-made; charset=utf-8", "application/json") == (
        fetch(app).content_type,
        fetch(app, "/json").content_type,
    )


def test_the_json_provider_may_be_set(app):
    """`app.json` writes the next response, and the provider that was there may be put back."""
    original = app.json
    app.json_provider_class = CountingProvider
    app.json = app.json_provider_class(app)
    assert {"wrapped": {"answer": 42}} == fetch(app, "/json").json
    app.json = original
    assert {"answer": 42} == fetch(app, "/json").json


def test_settings_of_the_json_provider_may_be_set(app):
    """What is set on the provider holds for the next response."""
    app.json.mimetype = "application/vnd.answer+json"
    app.json.compact = False
    response = fetch(app, "/json")
    assert ("application/vnd.answer+json", b'{\n  "answer": 42\n}\n') == (response.content_type, response.data)


def test_methods_of_the_json_provider_may_be_set(app):
    """A method replaced on the provider itself writes the next response."""
    app.json.dumps = lambda value, **kwargs: "dumped"
    assert b"dumped\n" == fetch(app, "/json").data


def test_the_response_of_the_json_provider_may_be_set(app):
    """`response` replaced on the provider itself makes the next response."""
    app.json.response = lambda *args, **kwargs: app.response_class("answered")
    assert b"answered" == fetch(app, "/json").data


def test_the_json_provider_class_makes_the_provider():
    """`json_provider_class` of a subclass of `Flask` is used for its instances."""
    subclass = type("Subclass", (Flask,), {"json_provider_class": CountingProvider})
    assert {"wrapped": {"answer": 42}} == fetch(build_app(subclass), "/json").json


def test_the_session_interface_may_be_set(app):
    """The next request opens and saves its session through the new interface."""
    app.session_interface = interface = MemoryInterface()
    response = fetch(app, "/session")
    assert (b"1", "{'visits': 1}") == (response.data, response.headers["X-Session"])
    assert ["open", "save"] == interface.calls
    assert b"2" == fetch(app, "/session").data


def test_a_session_is_opened_for_requests_that_do_not_use_it(app):
    """An interface of an extension's own is asked for every request, whatever the view does."""
    app.session_interface = interface = MemoryInterface()
    fetch(app)
    fetch(app, "/nowhere")
    assert ["open", "save"] * 2 == interface.calls


def test_a_method_set_on_the_session_interface_is_called(app):
    """`save_session`, replaced on the interface itself, is called for every request, with a session in use or not."""
    interface = app.session_interface = SecureCookieSessionInterface()
    calls = []
    original = interface.save_session
    interface.save_session = lambda *args: (calls.append("instance"), original(*args))[1]
    assert (1, 0) == tuple(len(fetch(app, path).headers.getlist("Set-Cookie")) for path in ("/session", "/"))
    assert ["instance"] * 2 == calls


def test_a_method_set_on_the_session_interface_later_is_called(app):
    """It is the same for the interface that has served requests already."""
    calls = []
    interface = app.session_interface
    interface.save_session = lambda *args: calls.append("instance")
    try:
        fetch(app, "/session")
        fetch(app)
    finally:
        del interface.save_session
    assert ["instance"] * 2 == calls


def test_a_method_replaced_on_the_class_of_the_session_interface_is_called(app, monkeypatch):
    """A patch of `SecureCookieSessionInterface` is called by the next request, and no more when it was undone."""
    calls = []
    monkeypatch.setattr(SecureCookieSessionInterface, "get_cookie_name", lambda self, app: "renamed")
    monkeypatch.setattr(SecureCookieSessionInterface, "open_session", lambda *args: calls.append("open"))
    fetch(app)
    assert ["open"] == calls
    monkeypatch.undo()
    assert (b"1", ["open"]) == (fetch(app, "/session").data, calls)


def test_extensions_keep_their_state(app):
    """`app.extensions` is one plain dictionary, through every request."""
    app.extensions["ours"] = state = object()
    seen = []
    app.before_request_funcs.setdefault(None, []).append(lambda: seen.append(current_app.extensions["ours"]))
    fetch(app)
    assert ([state], dict) == (seen, type(app.extensions))


def test_debug_may_be_set(app):
    """`app.debug` is the setting DEBUG, and decides about the next exception."""
    app.debug = True
    assert app.config["DEBUG"] is True
    with pytest.raises(LookupError):
        fetch(app, "/fails")
    app.debug = False
    assert 500 == fetch(app, "/fails").status_code


def test_testing_may_be_set(app):
    """`app.testing` is the setting TESTING, and decides about the next exception."""
    app.testing = True
    assert app.config["TESTING"] is True
    with pytest.raises(LookupError):
        fetch(app, "/fails")


def test_the_secret_key_may_be_set(app):
    """The next session is signed with the key that is set, and none can be kept without one."""
    client = app.test_client()
    assert ["1", "2"] == [client.get("/session").text, client.get("/session").text]
    app.secret_key = "another key"
    assert ("another key", "1") == (app.config["SECRET_KEY"], client.get("/session").text)
    app.secret_key = None
    assert 500 == client.get("/session").status_code


def test_the_lifetime_of_sessions_may_be_set(app):
    """`app.permanent_session_lifetime` is the setting, as a timedelta."""
    app.permanent_session_lifetime = timedelta(minutes=5)
    assert timedelta(minutes=5) == app.config["PERMANENT_SESSION_LIFETIME"]
    app.config["PERMANENT_SESSION_LIFETIME"] = 60
    assert timedelta(minutes=1) == app.permanent_session_lifetime


def test_the_test_client_class_may_be_set(app):
    """`test_client` makes an instance of the class, with its arguments."""

    class Client(FlaskClient):
        """Take an argument more."""

        def __init__(self, *args, **kwargs):
            self.extra = kwargs.pop("extra")
            super().__init__(*args, **kwargs)

    app.test_client_class = Client
    client = app.test_client(extra="extra")
    assert ("extra", b"index") == (client.extra, client.get("/").data)


def test_the_cli_runner_class_may_be_set(app):
    """`test_cli_runner` makes an instance of the class."""
    app.test_cli_runner_class = type("Runner", (FlaskCliRunner,), {})
    runner = app.test_cli_runner()
    assert (app.test_cli_runner_class, app) == (type(runner), runner.app)


def test_the_static_folder_may_be_set(app, tmp_path):
    """Static files come from the folder that is set, whatever was served before."""
    (tmp_path / "site.css").write_text("new")
    fetch(app, "/static/site.css")
    app.static_folder = tmp_path
    assert (b"new", str(tmp_path)) == (fetch(app, "/static/site.css").data, app.static_folder)
    app.static_folder = None
    assert not app.has_static_folder


def test_the_template_folder_may_be_set(tmp_path):
    """Templates come from the folder that is set before the first of them is loaded."""
    app = build_app()
    (tmp_path / "page.html").write_text("new")
    app.template_folder = tmp_path
    assert (b"new", tmp_path) == (fetch(app, "/page").data, app.template_folder)


def test_the_root_path_may_be_set(tmp_path):
    """Folders that are not absolute are found below the root path that is set."""
    app = build_app()
    for folder, name in (("static", "site.css"), ("templates", "page.html")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text("new")
    app.root_path = str(tmp_path)
    assert [b"new", b"new"] == [fetch(app, path).data for path in ("/static/site.css", "/page")]
    assert os.path.join(tmp_path, "static") == app.static_folder


def test_the_loader_may_be_set(tmp_path):
    """`jinja_loader` is an ordinary attribute once it is set, as for themes."""
    from jinja2 import DictLoader

    app = build_app()
    app.jinja_loader = DictLoader({"page.html": "theme {{ word }}"})
    assert b"theme &lt;word&gt;" == fetch(app, "/page").data


def test_the_configuration_may_be_set(app):
    """Another object with other settings decides about the next request."""
    app.config = Config(app.root_path, {**app.config, "SESSION_COOKIE_NAME": "other", "TESTING": True})
    assert fetch(app, "/session").headers["Set-Cookie"].startswith("other=")
    with pytest.raises(LookupError):
        fetch(app, "/fails")


def test_settings_may_be_changed_in_place(app):
    """Each request goes by what the configuration says at its time."""
    app.config["SESSION_COOKIE_NAME"] = "first"
    assert fetch(app, "/session").headers["Set-Cookie"].startswith("first=")
    app.config.update(SESSION_COOKIE_NAME="second", SESSION_COOKIE_SAMESITE="Lax")
    cookie = fetch(app, "/session").headers["Set-Cookie"]
    assert cookie.startswith("second=")
    assert "SameSite=Lax" in cookie
    app.config["MAX_CONTENT_LENGTH"] = 3
    assert app.test_request_context().request.max_content_length is None
    with app.test_request_context() as context:
        assert 3 == context.request.max_content_length


def test_the_class_of_g_may_be_set(app):
    """`app_ctx_globals_class` makes the `g` of the next context."""
    app.app_ctx_globals_class = type("Globals", (app.app_ctx_globals_class,), {"answer": 42})
    seen = []
    app.before_request_funcs.setdefault(None, []).append(lambda: seen.append(g.answer))
    fetch(app)
    assert [42] == seen


def test_attributes_of_an_extensions_own_may_be_set(app):
    """Whatever name an extension sets on the application is kept, and may be removed."""
    app.login_manager = manager = object()
    seen = []
    app.before_request_funcs.setdefault(None, []).append(lambda: seen.append(current_app.login_manager))
    fetch(app)
    del app.login_manager
    assert ([manager], False) == (seen, hasattr(app, "login_manager"))
