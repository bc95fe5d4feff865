"""Corners where a shortcut could easily give another answer than Flask does."""

import dataclasses
import time

import pytest
from werkzeug.exceptions import HTTPException, NotFound

import demijohn


@pytest.fixture
def app(lib):
    """Return an application with a key."""
    app = lib.Flask("made")
    app.secret_key = "k"
    return app


def fetch(app, path="/", **options):
    """Return status, headers and body of an answer."""
    with app.test_client().get(path, **options) as response:
        return response.status, dict(response.headers), response.text


def test_a_stream_that_is_started_in_the_view_is_torn_down(lib, app):
    """The request's own application context ends with the last of the two."""
    told = []
    app.teardown_request(lambda error: told.append("request"))
    app.teardown_appcontext(lambda error: told.append("app"))

    @app.get("/")
    def view():
        stream = lib.stream_with_context(iter(["a", "b"]))
        next(stream)
        return lib.Response(stream)

    assert "b" == fetch(app)[2]
    assert ["request", "app"] == told


def test_an_error_with_a_code_of_its_own_keeps_its_page_to_itself(app):
    """The page of one is not that of another error of the same class."""

    @app.get("/<int:code>")
    def view(code):
        error = HTTPException("gone") if code < 404 else NotFound()
        error.code = code
        raise error

    bodies = [fetch(app, path)[2] for path in ("/410", "/none/at/all", "/402", "/403")]
    assert ["410", "404", "402", "403"] == [body.partition("<title>")[2][:3] for body in bodies]


def test_a_static_file_expires_after_each_request(lib, tmp_path, monkeypatch):
    """The date is counted from the request, not from the first one."""
    (tmp_path / "a.txt").write_text("text")
    app = lib.Flask("made", static_folder=str(tmp_path), static_url_path="/s")
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 60
    first = fetch(app, "/s/a.txt")[1]["Expires"]
    now = time.time()
    for module in ("werkzeug.utils", "demijohn._files"):
        monkeypatch.setattr(f"{module}.time", lambda: now + 5_000)
    assert first != fetch(app, "/s/a.txt")[1]["Expires"]


def test_a_session_class_may_begin_a_session(lib, app):
    """What its constructor stores is saved, whether the view reads it or not."""

    class Session(lib.sessions.SecureCookieSession):
        def __init__(self, initial=None):
            super().__init__(initial)
            self.setdefault("id", "new")
            self.modified = True

    class Interface(lib.sessions.SecureCookieSessionInterface):
        session_class = Session

    app.session_interface = Interface()
    app.add_url_rule("/", "view", lambda: "text")
    assert ["Set-Cookie" in fetch(app)[1] for _ in range(2)] == [True, True]


@pytest.mark.parametrize("change", ["headers", "chunk", "iterable", "location", "empty"])
def test_a_response_may_be_changed_in_odd_ways(lib, app, change):
    """It is sent as Werkzeug would send it."""

    @app.get("/")
    def view():
        response = lib.make_response("text")
        if change == "headers":
            response.headers = {"X-A": "1", "Content-Type": "text/plain"}
        elif change == "chunk":
            response.response[0] = "other"
        elif change == "iterable":
            response.get_app_iter = lambda environ: [b"own"]
        elif change == "location":
            response.autocorrect_location_header = True
            response.headers["Location"] = "/x"
        else:
            response.response.clear()
        return response

    plain = lib.Flask("plain")
    plain.response_class = type(
        "Own", (lib.Response,), {"__call__": lambda self, *args: super(lib.Response, self).__call__(*args)}
    )
    plain.add_url_rule("/", "view", view)
    app.test_client().get("/warm")
    assert fetch(plain) == fetch(app)


def test_a_url_of_another_application_is_built_as_before(lib):
    """Inside a request its adapter decides, as often as it is asked."""
    inner, outer = lib.Flask("inner"), lib.Flask("outer")
    inner.add_url_rule("/in-inner", "page", lambda: "")
    outer.add_url_rule("/in-outer", "page", lambda: "")

    @outer.get("/")
    def view():
        with inner.app_context():
            return inner.url_for("page")

    assert {"/in-outer"} == {fetch(outer)[2] for _ in range(3)}


def test_an_async_hook_may_add_a_hook(app):
    """The added one runs for the same request."""
    ran = []

    async def before():
        if len(app.before_request_funcs[None]) == 1:
            app.before_request_funcs[None].append(lambda: ran.append("late"))

    app.before_request(before)
    app.add_url_rule("/", "view", lambda: "text")
    fetch(app)
    assert ["late"] == ran


def test_a_handler_need_not_be_hashable(app):
    """An instance of a class with equality handles errors like a function."""

    @dataclasses.dataclass
    class Handler:
        text: str

        def __call__(self, error):
            return self.text, 400

    app.register_error_handler(ValueError, Handler("handled"))
    app.add_url_rule("/", "view", lambda: int("no"))
    assert ("400 BAD REQUEST", "handled") == fetch(app)[::2]


def test_a_variable_of_a_rule_may_be_called_endpoint(app):
    """A rule without a view says which endpoint has none."""
    app.testing = True
    app.add_url_rule("/<endpoint>", "nothing")
    with pytest.raises(KeyError, match="nothing"):
        app.test_client().get("/x")


def test_messages_are_filtered_by_one_category_as_well(lib, app):
    """A string is looked into as Python looks into strings."""
    with app.test_request_context("/"):
        lib.flash("one", "error")
        lib.flash("two", "info")
        assert ["one"] == lib.get_flashed_messages(category_filter="error")


def test_an_attribute_of_the_users_own_leaves_the_plan_alone():
    """Counters and caches on the application cost no sealing."""
    app = demijohn.Flask("made")
    app.add_url_rule("/", "view", lambda: "text")
    fetch(app)
    plan = app._registry.plan
    app.counter = 1
    assert app._registry.plan is plan
    app.json = app.json_provider_class(app)
    assert None is app._registry.plan


def test_a_request_class_may_decide_the_method(lib, app):
    """Werkzeug matches by the environ, whatever the class makes of it."""
    app.request_class = type(
        "Own", (lib.Request,), {"__init__": lambda self, environ: lib.Request.__init__(self, environ)}
    )
    app.add_url_rule("/", "view", lambda: lib.request.method, methods=["POST"])
    assert ["POST"] * 2 == [app.test_client().post("/").text for _ in range(2)]


def test_what_is_awaitable_is_awaited():
    """A function need not return a coroutine to be awaited."""

    class Answer:
        def __await__(self):
            yield from ()
            return 5

    assert 5 == demijohn.Flask("made").async_to_sync(Answer)()
