"""The response: Flask's defaults, and the short way to make one."""

import pytest
from werkzeug.wrappers import Response as WerkzeugResponse

from demijohn import Flask, Response, json
from demijohn.response import check_response, has_plain_init

ATTRIBUTES = [
    *("status", "status_code", "headers", "data", "response", "direct_passthrough", "is_streamed", "is_sequence"),
    *(
        "mimetype",
        "mimetype_params",
        "content_type",
        "content_length",
        "location",
        "vary",
        "cache_control",
        "json_module",
    ),
    *("_on_close", "max_cookie_size", "autocorrect_location_header", "automatically_set_content_length", "is_json"),
]


class WithInit(Response):
    """Do something when made."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)


class WithNew(Response):
    """Do something before it is made."""

    def __new__(cls, *args, **kwargs):
        return super().__new__(cls)


class WithSetattr(Response):
    """Watch what is set."""

    def __setattr__(self, name, value):
        super().__setattr__(name, value)


class WithStatus(Response):
    """Answer 201 by default."""

    default_status = 201


class WithSetData(Response):
    """Have a body of its own."""

    def set_data(self, value):
        super().set_data(value)


class Extended(Response):
    """Have attributes and methods that do not change how it is made."""

    default_mimetype = "application/xml"
    extra = 1

    def get_wsgi_headers(self, environ):
        return super().get_wsgi_headers(environ)


def test_a_response_has_flasks_defaults(lib):
    """The type is HTML, a location stays relative, JSON is the package's."""
    response = lib.Response("text")
    assert ("text/html; charset=utf-8", 200) == (response.content_type, response.status_code)
    assert (False, lib.json) == (response.autocorrect_location_header, response.json_module)


def test_the_size_of_cookies_is_the_applications(lib):
    """Inside of an application the setting holds, outside Werkzeug's default."""
    app = lib.Flask("made")
    app.config["MAX_COOKIE_SIZE"] = 7
    assert WerkzeugResponse.max_cookie_size == lib.Response().max_cookie_size
    with app.app_context():
        assert 7 == lib.Response().max_cookie_size


@pytest.mark.parametrize(("size", "warns"), [(100, True), (0, False)])
def test_a_cookie_that_is_too_large_warns(lib, recwarn, size, warns):
    """A cookie over the size warns the developer; 0 turns that off."""
    app = lib.Flask("made")
    app.config["MAX_COOKIE_SIZE"] = size
    with app.app_context():
        lib.Response().set_cookie("name", "x" * 200)
    assert warns is bool(recwarn.list)


@pytest.mark.parametrize("kind", [Response, Extended, type("Made", (Response,), {})])
def test_a_class_that_changes_nothing_may_be_made_the_short_way(kind):
    """What does not touch the constructor leaves the short way open."""
    assert has_plain_init(kind)


@pytest.mark.parametrize("kind", [WithInit, WithNew, WithSetattr, WithStatus, WithSetData])
def test_a_class_that_changes_its_making_is_called(kind):
    """Whatever could make a difference closes the short way."""
    assert not has_plain_init(kind)


def make_both(kind, body):
    """Return a response that the class makes, and one that is made of a view's result."""
    app = Flask("made")
    app.response_class = kind
    with app.test_request_context():
        return kind(body), app.make_response(body)


@pytest.mark.parametrize("name", ATTRIBUTES)
@pytest.mark.parametrize("kind", [Response, Extended])
@pytest.mark.parametrize("body", [b"", b"body", "é", "x" * 5_000])
def test_the_short_way_gives_what_the_constructor_gives(kind, body, name):
    """The two are the same to the last attribute."""
    made, plain = make_both(kind, body)
    assert kind is type(plain)
    assert repr(getattr(made, name)) == repr(getattr(plain, name))


def test_the_short_way_gives_a_response_that_can_be_changed():
    """Status, headers, body and cookies can be set as with any other response."""
    _, plain = make_both(Response, "body")
    plain.status_code = 404
    plain.headers["X-Extra"] = "1"
    plain.set_cookie("name", "value")
    plain.data = b"other"
    plain.direct_passthrough = True
    closed = []
    plain.call_on_close(lambda: closed.append(True))
    plain.close()
    assert ("404 NOT FOUND", "1", b"other", True) == (
        plain.status,
        plain.headers["X-Extra"],
        plain.data,
        plain.direct_passthrough,
    )
    assert (5, "name=value; Path=/", [True]) == (plain.content_length, plain.headers["Set-Cookie"], closed)


def test_responses_made_the_short_way_share_nothing():
    """What is done to one response of a size and type is not done to the next."""
    app = Flask("made")
    with app.test_request_context():
        first, second = app.make_response("body"), app.make_response("text")
    first.headers["Content-Type"] = "text/css"
    first.headers.add("X-One", "1")
    first.response.append(b"more")
    first.call_on_close(print)
    first.status_code = 404
    assert [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", "4")] == list(second.headers)
    assert ([b"text"], 200, []) == (second.response, second.status_code, second._on_close)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-One", "a\r\nX-Two: 1"),
        ("X-One", "a\x00"),
        ("X-One", "a\x7f"),
        ("X One", "a"),
        ("X-One\r\n", "a"),
        ("", "a"),
        ("Xé", "a"),
    ],
)
def test_a_header_that_says_too_much_is_not_sent(name, value):
    """Control characters in values, and whatever is no token in names, are refused."""
    response = Response("text")
    response.headers._list.append((name, value))
    with pytest.raises(ValueError, match="header"):
        check_response(response)


@pytest.mark.parametrize("status", ["200 a\r\nX-Evil: 1", "200 \x00", "200 \x1b"])
def test_a_status_line_that_says_too_much_is_not_sent(status):
    """A control character could end the line."""
    with pytest.raises(ValueError, match="status"):
        check_response(Response("text", status=status))


@pytest.mark.parametrize("value", ["plain", "é ü", "a\tb", "\xa0", "\xad"])
def test_text_of_all_other_kinds_is_sent(value):
    """Tabs, letters of Latin-1 and spaces of all kinds are no control characters."""
    response = Response("text", headers={"X-One": value}, status=f"200 {value}" if "\t" not in value else 200)
    check_response(response)
    assert value == response.headers["X-One"]


def test_a_response_that_is_refused_is_closed():
    """What it holds open is closed, since no server will do it."""
    closed = []
    response = Response("text")
    response.call_on_close(lambda: closed.append(True))
    response.headers._list.append(("X One", "a"))
    with pytest.raises(ValueError, match="X One"):
        check_response(response)
    assert [True] == closed


def test_another_application_answers_for_itself():
    """What is no response of Werkzeug's is not looked at."""
    application = object()
    assert application is check_response(application)


@pytest.mark.parametrize(
    "attributes",
    [
        {"key": "a;b"},
        {"key": "a=b"},
        {"key": "a", "domain": "evil.test; SameSite=None"},
        {"key": "a", "samesite": "Lax; Domain=evil.test"},
        {"key": "a", "expires": "x; Domain=evil.test"},
        {"key": "a\r\nb"},
    ],
)
def test_a_cookie_that_says_too_much_is_not_set(attributes):
    """A name or attribute that would begin another attribute is refused."""
    with pytest.raises(ValueError, match=r"cookie|samesite|SameSite|[Cc]ontrol"):
        Response().set_cookie(**attributes)


def test_a_cookie_may_hold_anything(lib):
    """Its value and path are quoted where they have to be."""
    response = lib.Response()
    response.set_cookie("name", "a; b=ü", 60, path="/a;b", domain="h.test", samesite="Lax", secure=True)
    assert 'name="a\\073 b=\\303\\274"; Domain=h.test; Max-Age=60; Secure; Path=/a%3Bb; SameSite=Lax' == _without_date(
        response
    )


def _without_date(response):
    parts = response.headers["Set-Cookie"].split("; ")
    return "; ".join(part for part in parts if not part.startswith("Expires="))


def test_json_of_a_response_is_read_by_the_packages_functions():
    """`get_json` of a response goes by the application that is current."""
    app = Flask("made")
    with app.app_context():
        assert {"a": 1} == Response(json.dumps({"a": 1}), mimetype="application/json").get_json()
