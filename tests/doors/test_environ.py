"""One form for the requests of all protocols: headers that repeat, that contradict, or that pretend."""

from __future__ import annotations

import sys
from collections import Counter

import pytest

from demijohn import Flask, request
from demijohn.doors.environ import Incoming, build_environ
from tests.differential.driver import Call
from tests.doors.cases_driver import Served, served

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
