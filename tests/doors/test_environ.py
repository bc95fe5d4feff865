"""One form for the requests of all protocols: headers that repeat, that contradict, or that pretend."""

from __future__ import annotations

import io
import sys
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException

from demijohn import Flask, request
from demijohn.doors.asgi import AsgiPeer, read_scope
from demijohn.doors.environ import Incoming, build_environ, open_plainly
from tests.differential.driver import Call
from tests.doors.cases_driver import Served, served
from tests.test_request_shortcuts import BODIES, FORM, JSON, READS, LongWay

__all__ = ["served"]

DOORS = ("wsgi", "asgi", "rsgi")


def make_app():
    """Return an app that tells the headers of a request."""
    app = Flask("made")

    @app.route("/", methods=["GET", "POST"])
    def view():
        return {name.lower(): value for name, value in request.headers}

    @app.route("/async")
    async def async_view():
        return view()

    return app


def ask(served, name, path="/", **options):
    """Return the answer of one door."""
    return served.ask(name, make_app(), Call(path=path, **options))


@pytest.mark.parametrize("path", ["/", "/async"])
@pytest.mark.parametrize("name", ["Accept", "X-Own", "X-Forwarded-For", "If-None-Match", "Via"])
def test_repeated_headers_are_joined_alike(served: Served, name, path):
    """Two headers of a name are one with a comma, through every door."""
    answers = [ask(served, door, path, headers=((name, "a"), ("X-Other", "o"), (name, "b"))) for door in DOORS]
    assert 1 == len({(answer.code, answer.body) for answer in answers}), answers
    assert b'"%s":"a,b"' % name.lower().encode() in answers[0].body


@pytest.mark.parametrize("door", ["asgi", "rsgi"])
def test_split_cookies_are_joined_as_cookies(served: Served, door):
    """HTTP/2 clients send a header for each cookie (RFC 9113, section 8.2.3)."""
    app = Flask("made")
    app.add_url_rule("/", "page", lambda: dict(request.cookies))
    answer = served.ask(door, app, Call(headers=(("Cookie", "a=1"), ("Cookie", "b=2"))))
    assert b'{"a":"1","b":"2"}\n' == answer.body


def build(headers):
    """Return the environ of a request with headers."""
    return build_environ(Incoming("GET", "/", None, "", "", "http", "1.1", headers, None, None))


def count_calls(headers):
    """Return how many calls of each function it takes to build an environ."""
    counts = Counter()

    def note(frame, event, argument):
        counts[getattr(argument, "__qualname__", "") if event == "c_call" else frame.f_code.co_name] += (
            event != "c_return"
        )

    build(headers)
    sys.setprofile(note)
    try:
        build(headers)
    finally:
        sys.setprofile(None)
    return counts


@pytest.mark.parametrize("name", ["accept", "cookie", "x-own"])
def test_joining_is_linear(name):
    """Ten times the headers take at most ten times the calls, and each name is put together once."""
    few, many = (count_calls([(name, "v")] * number) for number in (1_000, 10_000))
    assert many.total() <= 10 * few.total()
    assert few["str.join"] == many["str.join"] == 1
    assert 10_000 == build([(name, "v")] * 10_000)[f"HTTP_{name.upper().replace('-', '_')}"].count("v")


def test_different_names_are_linear_too():
    """The calls grow as the names do, beyond those that are remembered too."""
    few, more, most = (count_calls([(f"x-{n}", "v") for n in range(number)]) for number in (2_000, 4_000, 6_000))
    assert most.total() - more.total() <= more.total() - few.total() + 10


@pytest.mark.parametrize("name", ["x_forwarded_for", "X_Own", "content_type", "host_", "_"])
@pytest.mark.parametrize("door", ["asgi", "rsgi"])
def test_underscored_names_are_dropped(served: Served, door, name):
    """A name with an underscore, which could be taken for that of a proxy's header, is not seen."""
    headers = ((name, "evil"), ("X-Forwarded-For", "10.0.0.1"), ("Content-Type", "text/plain"), ("X-Own", "own"))
    answer = ask(served, door, headers=headers)
    assert 200 == answer.code
    assert b"evil" not in answer.body


@pytest.mark.parametrize("path", ["/", "/async", "/absent"])
@pytest.mark.parametrize("second", ["localhost", "evil.example"])
@pytest.mark.parametrize("door", ["asgi", "rsgi"])
def test_two_hosts_are_refused(served: Served, door, second, path):
    """Which of them counts is open, so that neither does."""
    answer = ask(served, door, path, headers=(("Host", "localhost"), ("Host", second)))
    assert (400, "", "") == (answer.code, answer.error, answer.left)


@pytest.mark.parametrize(("values", "is_fine"), [(("3", "3"), True), (("3", "4"), False)])
def test_two_lengths_are_one_or_refused(values, is_fine):
    """Equal lengths are one (RFC 9110, section 8.6); different ones are a smuggled request."""
    headers = [("content-length", value) for value in values]
    if is_fine:
        assert "3" == build(headers)["CONTENT_LENGTH"]
    else:
        with pytest.raises(Exception, match="more than one Content-Length"):
            build(headers)


@pytest.mark.parametrize(
    ("path", "raw_path", "prefix", "expected"),
    [
        ("/a b", b"/a%20b", "", ("", "/a b")),
        ("/é", "/é".encode(), "", ("", "/Ã©")),
        ("/\ufffd", b"/%ff", "", ("", "/\xff")),
        ("/root/page", b"/root/page", "/root", ("/root", "/page")),
        ("/root", b"/root", "/root", ("/root", "")),
        ("/page", b"/page", "/root", ("/root", "/page")),
        ("/wüst/x", "/wüst/x".encode(), "/wüst", ("/wÃ¼st", "/x")),
        ("/é?", "/é%3F?q".encode(), "", ("", "/Ã©?")),
    ],
)
def test_paths_keep_their_bytes(path, raw_path, prefix, expected):
    """The path is that of WSGI: its bytes as latin-1, behind the prefix of the mounted app."""
    environ = build_environ(Incoming("GET", path, raw_path, prefix, "", "http", "1.1", [], None, None))
    assert expected == (environ["SCRIPT_NAME"], environ["PATH_INFO"])


@pytest.mark.parametrize("query", ["a=é", "a=%C3%A9", "a=☃&b=+", "a=\x7f"])
@pytest.mark.parametrize("path", ["/", "/async"])
def test_queries_keep_their_letters(served: Served, path, query):
    """Escaped or not, a query is the same text through every door."""
    app = Flask("made")
    app.add_url_rule("/", "page", lambda: [request.query_string.decode(), dict(request.args)])

    async def async_view():
        return [request.query_string.decode(), dict(request.args)]

    app.add_url_rule("/async", "async", async_view)
    assert 1 == len({served.ask(door, app, Call(path=path, query=query)).body for door in DOORS})


@pytest.mark.parametrize(
    ("prefix", "path", "expected"),
    [
        ("/api", "/api/users", ("/api", "/users")),
        ("/api/", "/api/users", ("/api", "/users")),
        ("/api", "/api", ("/api", "")),
        ("/api", "/apiusers", ("/api", "/apiusers")),
        ("/api", "/users", ("/api", "/users")),
        ("/", "/users", ("", "/users")),
    ],
)
def test_a_prefix_ends_with_a_segment(prefix, path, expected):
    """The place of an application is taken off the path where it is whole segments of it."""
    incoming = Incoming("GET", path, None, prefix, "", "http", "1.1", [], None, ("", None))
    environ = build_environ(incoming)
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == expected
    assert "REMOTE_PORT" not in environ


def build_scope(body, content_type, length, query):
    """Return the scope of a request with a body, whatever it announces."""
    announced = str(len(body)) if length == "true" else length
    headers = [(b"host", b"made.test"), (b"content-type", content_type.encode())]
    if announced is not None:
        headers.append((b"content-length", announced.encode("latin-1")))
    return {"type": "http", "method": "POST", "path": "/", "query_string": query.encode("latin-1"), "headers": headers}


def open_request(app, scope, body):
    """Return a request as the ASGI door opens it, without an environ."""
    peer = AsgiPeer(scope, None, None)
    peer.body = body
    made = open_plainly(app, peer).request
    assert "environ" not in vars(made)
    return made


def make_served_app():
    """Return an app that has answered a request, so that the next is opened plainly."""
    app = make_app()
    app.test_client().get("/")
    return app


SERVED = make_served_app()
LOOKS = {
    **READS,
    "input": lambda request: request.environ["wsgi.input"].read(),
    "length": lambda request: request.content_length,
    "query": lambda request: (request.query_string, request.full_path),
    "text": lambda request: request.get_data(as_text=True),
    "unkept": lambda request: request.get_data(cache=False),
}


def look(made, looks):
    """Return what each look gives, or the class of its error."""
    results = []
    for name in looks:
        try:
            results.append(LOOKS[name](made))
        except HTTPException as error:
            results.append(type(error))
    return results


@settings(deadline=None)
@given(
    body=BODIES,
    content_type=st.sampled_from([FORM, JSON, f"{JSON}; charset=utf-8", "text/plain", FORM.upper()]),
    length=st.sampled_from(["true", "true", None, "99"]),
    limit=st.sampled_from([None, 0, 5]),
    query=st.sampled_from(["", "a=1&b=2&a=", "a=%41+b", "a=\xff"]),
    looks=st.lists(st.sampled_from(list(LOOKS)), min_size=1, max_size=6),
)
def test_a_request_without_an_environ_reads_the_same(body, content_type, length, limit, query, looks):
    """What is read before there is an environ is what is read by it, step by step, in whatever order."""
    scope = build_scope(body, content_type, length, query)
    by_environ = LongWay(build_environ(read_scope(scope), io.BytesIO(body)))
    SERVED.config["MAX_CONTENT_LENGTH"] = limit
    with SERVED.app_context():
        assert look(by_environ, looks) == look(open_request(SERVED, scope, body), looks)


@pytest.mark.parametrize("door", ["asgi", "rsgi"])
@pytest.mark.parametrize("path", ["/", "/async"])
def test_a_view_that_reads_a_body_makes_no_environ(served: Served, door, path):
    """A query and a JSON body are read of what the server has told."""
    app = Flask("made")

    def view():
        return [request.args["a"], request.get_json(), "environ" in vars(request._get_current_object())]

    async def async_view():
        return view()

    app.add_url_rule("/", "view", view, methods=["POST"])
    app.add_url_rule("/async", "async", async_view, methods=["POST"])
    served.ask("wsgi", app, Call(path="/nothing"))
    call = Call(method="POST", path=path, query="a=1", headers=(("Content-Type", JSON),), body=b"[2]")
    assert b'["1",[2],false]\n' == served.ask(door, app, call).body


def test_a_request_and_its_context_have_one_environ():
    """Whoever asks first makes the environ, for both, and it knows its request."""
    for first, second in (("request", "context"), ("context", "request")):
        context = open_plainly(SERVED, AsgiPeer(build_scope(b"", JSON, "0", ""), None, None))
        owners = {"context": context, "request": context.request if first == "request" else None}
        environ = owners[first].environ
        owners["request"] = context.request
        assert environ is owners[second].environ
        assert environ["werkzeug.request"] is context.request


def test_a_request_that_is_kept_tells_its_headers_later(served: Served):
    """What nobody asked for during a request can be asked for after its end."""
    app = Flask("made")
    kept = []

    @app.get("/")
    async def view():
        kept.append(request._get_current_object())
        return ""

    served.ask("wsgi", app, Call(path="/nothing"))
    served.ask("asgi", app, Call(headers=(("X-Own", "later"),)))
    assert "environ" not in vars(kept[0])
    assert "later" == kept[0].headers["X-Own"]
