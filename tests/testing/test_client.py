"""The test client: requests, cookies, sessions, and contexts that stay."""

import io
from importlib.metadata import version

import pytest
from werkzeug.test import EnvironBuilder as WerkzeugEnvironBuilder
from werkzeug.wrappers import Request as WerkzeugRequest

from demijohn import Flask, g, redirect, request, session, stream_with_context
from demijohn._current import context as current_frame
from demijohn.sessions import SecureCookieSessionInterface, SessionInterface
from demijohn.testing import EnvironBuilder, FlaskClient


@pytest.fixture
def app():
    """Return an application with a few views."""
    app = Flask("made")
    app.testing = True
    app.secret_key = "k"

    @app.route("/", methods=["GET", "POST"])
    def index():
        g.word = "set"
        session["visits"] = session.get("visits", 0) + 1
        return {name: str(value) for name, value in request.environ.items()}

    @app.post("/echo")
    def echo():
        return request.get_json()

    @app.get("/redirect")
    def move():
        session["moved"] = True
        return redirect("/")

    @app.get("/stream")
    def stream():
        return stream_with_context(iter([request.path, "!"]))

    @app.get("/fail")
    def fail():
        raise ZeroDivisionError

    return app


@pytest.fixture
def client(app):
    """Return a client of the application; nothing may stay current after the test."""
    yield app.test_client()
    assert current_frame.get(None) is None


@pytest.fixture
def teardowns(app):
    """Return a list of the teardowns that ran."""
    ran = []
    app.teardown_request(lambda error: ran.append("request"))
    app.teardown_appcontext(lambda error: ran.append("app"))
    return ran


def test_a_client_says_who_and_where_it_is(client):
    """Requests come from the local host, by Werkzeug's name."""
    environ = client.get("/").json
    assert ("127.0.0.1", f"Werkzeug/{version('werkzeug')}") == (environ["REMOTE_ADDR"], environ["HTTP_USER_AGENT"])


def test_the_environ_of_a_client_may_be_changed(client):
    """`environ_base` is what every request begins with, and arguments win over it."""
    client.environ_base["REMOTE_ADDR"] = "10.0.0.1"
    client.environ_base["made.key"] = "base"
    environ = client.get("/", environ_base={"made.key": "own"}, headers={"User-Agent": "me"}).json
    assert ("10.0.0.1", "own", "me") == (environ["REMOTE_ADDR"], environ["made.key"], environ["HTTP_USER_AGENT"])


def make_request(app):
    """Return a request object."""
    return WerkzeugRequest(WerkzeugEnvironBuilder("/", method="POST").get_environ())


@pytest.mark.parametrize(
    "make",
    [
        make_request,
        lambda app: EnvironBuilder(app, "/", method="POST"),
        lambda app: WerkzeugEnvironBuilder("/", method="POST"),
        lambda app: WerkzeugEnvironBuilder("/", method="POST").get_environ(),
    ],
    ids=["request", "builder", "plain builder", "environ"],
)
def test_a_request_may_be_described_in_many_ways(app, client, make):
    """A builder, an environ or a request is sent as it is, from the client's address."""
    environ = client.open(make(app)).json
    expected = ("POST", "/", "127.0.0.1")
    assert expected == (environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["REMOTE_ADDR"])


def test_a_builder_may_be_sent_again(app, client):
    """Sending changes neither a builder nor an environ."""
    builder = EnvironBuilder(app, "/")
    environ = builder.get_environ()
    before = set(environ)
    with client:
        assert [200, 200, 200] == [client.open(what).status_code for what in (builder, builder, environ)]
    assert ({}, before) == (dict(builder.environ_base or {}), set(environ))


def test_json_goes_through_the_application(app, client):
    """A body is dumped by `app.json`, and so is a response loaded."""
    app.json.loads = lambda text, **options: f"loaded {text!r}"
    response = client.post("/echo", json={"a": 1})
    assert "loaded b'{\"a\": 1}'" == response.text
    assert f"loaded {response.data!r}" == response.get_json(force=True)


def test_cookies_are_remembered(client):
    """The session goes on from request to request."""
    for _ in range(3):
        client.get("/")
    with client.session_transaction() as found:
        assert 3 == found["visits"]


def test_contexts_are_gone_after_a_request(client, teardowns):
    """Without a `with` block nothing stays, and each teardown runs once."""
    client.get("/")
    assert (["request", "app"], None) == (teardowns, current_frame.get(None))


def test_contexts_stay_in_a_with_block(client):
    """In a `with` block the request can be looked at, until the next one and the end."""
    with client:
        client.get("/?a=1")
        assert ("set", "1", 1) == (g.word, request.args["a"], session["visits"])
        client.get("/?a=2")
        assert ("2", 2) == (request.args["a"], session["visits"])
    assert not request


def test_contexts_that_stayed_are_torn_down_once_more(client, teardowns):
    """Each request is torn down when it ends, and again when its context is left."""
    with client:
        client.get("/")
        assert 1 == teardowns.count("request") == teardowns.count("app")
        client.get("/")
        assert 3 == teardowns.count("request") == teardowns.count("app")
    assert 4 == teardowns.count("request") == teardowns.count("app")


def test_after_redirects_the_last_request_stays(client):
    """With `follow_redirects` the final request and its session are current."""
    with client:
        response = client.get("/redirect", follow_redirects=True)
        assert ("/", 1, True, 1) == (request.path, session["visits"], session["moved"], len(response.history))


def test_a_failed_request_leaves_no_context(client):
    """An error that comes through ends the contexts, and the client goes on."""
    with client:
        with pytest.raises(ZeroDivisionError):
            client.get("/fail")
        assert not request
        client.get("/")
        assert "/" == request.path


def test_a_streamed_body_can_be_read_in_a_with_block(client):
    """`buffered` reads the body of a stream while its request is there."""
    with client:
        assert "/stream!" == client.get("/stream", buffered=True).text
        assert "/stream" == request.path


def test_blocks_do_not_nest(client):
    """A client in a `with` block cannot be entered, and can be entered again afterwards."""
    with client:
        with pytest.raises(RuntimeError, match="Cannot nest client invocations"):
            client.__enter__()
        client.get("/")
        assert "/" == request.path
    with client:
        assert 200 == client.get("/").status_code


def test_an_error_in_the_block_leaves_the_contexts(client):
    """The contexts are left when the block ends by an error."""

    def fail():
        with client:
            client.get("/")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (False, None) == (client.preserve_context, current_frame.get(None))


def test_a_session_transaction_changes_the_session(client):
    """What is set in the block is there for the next request."""
    with client.session_transaction() as opened:
        assert 0 == len(opened)
        opened["visits"] = 41
    client.get("/")
    with client.session_transaction() as opened:
        assert {"visits": 42} == opened


def test_a_session_transaction_leaves_the_current_request_alone(app, client):
    """A request that is current stays so during and after the block."""
    with app.test_request_context("/mine"), client.session_transaction():
        assert "/mine" == request.path


def test_a_session_transaction_works_in_a_with_block(client):
    """The contexts of the last request stay while the session is changed."""
    with client:
        client.get("/?a=1")
        with client.session_transaction() as opened:
            opened["visits"] = 10
        assert "1" == request.args["a"]
        client.get("/")
        assert 11 == session["visits"]


def test_an_error_in_a_transaction_saves_nothing(client):
    """A block that fails leaves the session as it was."""

    def fail():
        with client.session_transaction() as opened:
            opened["visits"] = 10
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with client.session_transaction() as opened:
        assert {} == opened


def test_a_transaction_is_for_the_url_that_is_given(client):
    """The arguments say which host and path the cookie is for."""
    with client.session_transaction(base_url="http://other.example/", path="/p") as opened:
        opened["visits"] = 10
    assert client.get_cookie("session", domain="other.example") is not None
    assert client.get_cookie("session") is None


def test_a_transaction_opens_and_saves_in_a_context(app, client):
    """The session interface finds a current request, and is asked whether to save."""
    calls = []

    class Interface(SecureCookieSessionInterface):
        def open_session(self, app, opened):
            calls.append(("open", request.path))
            return super().open_session(app, opened)

        def save_session(self, app, session, response):
            calls.append(("save", request.path))

        def is_null_session(self, obj):
            calls.append(("null", bool(request)))
            return super().is_null_session(obj)

    app.session_interface = Interface()
    with client.session_transaction("/p"):
        pass
    assert [("open", "/p"), ("null", False), ("save", "/p")] == list(dict.fromkeys(calls))


def test_a_transaction_needs_cookies(app):
    """A client without cookies cannot keep a session."""
    with (
        pytest.raises(TypeError, match="Cookies are disabled"),
        app.test_client(use_cookies=False).session_transaction(),
    ):
        pass


def test_a_transaction_needs_a_session(app, client):
    """An interface that opens nothing is an error that says what to do."""
    app.secret_key = None
    with pytest.raises(RuntimeError, match="Session backend did not open a session"), client.session_transaction():
        pass


def test_a_null_session_is_not_saved(app, client):
    """A session that the interface calls null is left alone."""

    class Interface(SessionInterface):
        def open_session(self, app, request):
            return self.make_null_session(app)

    app.session_interface = Interface()
    with client.session_transaction() as opened:
        assert 0 == len(opened)


def test_the_client_of_an_application_may_be_ones_own(app):
    """`test_client` makes the application's class of client, and `open` may be overridden."""

    class Client(FlaskClient):
        def __init__(self, *args, **kwargs):
            self.word = kwargs.pop("word")
            super().__init__(*args, **kwargs)

        def open(self, *args, **kwargs):
            kwargs.setdefault("headers", {})["X-Word"] = self.word
            return super().open(*args, **kwargs)

    app.test_client_class = Client
    assert "own" == app.test_client(word="own").get("/").json["HTTP_X_WORD"]


def test_files_are_closed_after_the_request(client):
    """A file that was uploaded is closed, as the builder's own are."""
    file = io.BytesIO(b"content")
    client.post("/", data={"file": (file, "name.txt")})
    assert file.closed
