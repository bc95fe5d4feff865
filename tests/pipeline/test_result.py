"""From a view's result to a response, as Flask makes it to the byte."""

import datetime as dt
import decimal
import enum
import functools
import uuid
from collections import OrderedDict, UserString, namedtuple
from dataclasses import dataclass

import flask
import pytest
from markupsafe import Markup
from werkzeug.datastructures import Headers, MultiDict
from werkzeug.exceptions import NotFound
from werkzeug.test import create_environ, run_wsgi_app
from werkzeug.wrappers import Response as WerkzeugResponse

import demijohn
from demijohn.pipeline.plan import find_plan

Pair = namedtuple("Pair", "body status")  # noqa: PYI024 - a tuple of another class


class Text(str):
    """A string of another class."""

    __slots__ = ()


class Raw(bytes):
    """Bytes of another class."""


class Status(enum.IntEnum):
    """Status codes of another class."""

    CREATED = 201


@dataclass
class Record:
    """A dataclass inside JSON."""

    name: str = "record"


def wsgi(environ, start_response):
    """Answer as any WSGI application does."""
    start_response("202 Accepted", [("X-Own", "wsgi"), ("Content-Type", "text/plain")])
    return [b"wsgi"]


class Callable:
    """Be a WSGI application by its class."""

    def __call__(self, environ, start_response):
        return wsgi(environ, start_response)


RESULTS = {
    "text": lambda lib: "text",
    "text of no ascii": lambda lib: "é€",
    "empty text": lambda lib: "",
    "a subclass of text": lambda lib: Text("text"),
    "bytes": lambda lib: b"\xff\x00",
    "a subclass of bytes": lambda lib: Raw(b"raw"),
    "a bytearray": lambda lib: bytearray(b"array"),
    "a dict": lambda lib: {"b": 1, "a": [True, None, 1.5, "é<>&'"]},
    "an empty dict": lambda lib: {},
    "an ordered dict": lambda lib: OrderedDict(b=1, a=2),
    "a multi dict": lambda lib: MultiDict([("a", 1), ("a", 2)]),
    "a list": lambda lib: [1, {"a": 2}],
    "an empty list": lambda lib: [],
    "a dict of other types": lambda lib: {
        "date": dt.date(2026, 1, 2),
        "time": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
        "decimal": decimal.Decimal("1.10"),
        "uuid": uuid.UUID(int=1),
        "record": Record(),
        "markup": Markup("<b>"),
    },
    "a generator": lambda lib: (part for part in ("a", "b")),
    "a generator of bytes": lambda lib: (part for part in (b"a", b"b")),
    "an iterator": lambda lib: iter(["a", b"b"]),
    "an empty generator": lambda lib: (part for part in ()),
    "a response": lambda lib: lib.Response("response", 203, {"X-Own": "1"}),
    "a made response": lambda lib: lib.make_response("made", 203, {"X-Own": "1"}),
    "a jsonify": lambda lib: lib.jsonify(a=1),
    "a redirect": lambda lib: lib.redirect("/elsewhere"),
    "a response of werkzeug": lambda lib: WerkzeugResponse("werkzeug", mimetype="text/css"),
    "an HTTP error": lambda lib: NotFound("gone"),
    "a wsgi application": lambda lib: wsgi,
    "a wsgi object": lambda lib: Callable(),
    "a partial wsgi application": lambda lib: functools.partial(wsgi),
    "body and status": lambda lib: ("text", 201),
    "body and status line": lambda lib: ("text", "299 Odd"),
    "body and status enum": lambda lib: ("text", Status.CREATED),
    "body and headers": lambda lib: ("text", {"X-One": "1"}),
    "body and header list": lambda lib: ("text", [("X-One", "1"), ("X-One", "2")]),
    "body and header tuple": lambda lib: ("text", (("X-One", "1"),)),
    "body and Headers": lambda lib: ("text", Headers([("X-One", "1")])),
    "body, status and headers": lambda lib: ("text", 202, {"X-One": "1", "Content-Type": "text/plain"}),
    "body, status and lists": lambda lib: (b"bytes", 202, {"X-One": ["1", "2"]}),
    "body, no status, headers": lambda lib: ("text", None, {"X-One": "1"}),
    "body, status, no headers": lambda lib: ("text", 202, None),
    "body, nothing": lambda lib: ("text", None),
    "body, empty headers": lambda lib: ({"a": 1}, 202, {}),
    "text and cookies": lambda lib: ("text", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]),
    "a dict and a status": lambda lib: ({"a": 1}, 201),
    "a list and headers": lambda lib: ([1], {"X-One": "1", "Content-Type": "application/x"}),
    "a response and a status": lambda lib: (lib.Response("response", headers={"X-One": "0"}), 201, {"X-One": "1"}),
    "a response and a status line": lambda lib: (lib.Response("response"), "201 Odd"),
    "a response and headers": lambda lib: (lib.Response("r", headers=[("X", "0"), ("X", "1")]), {"X": "2"}),
    "an error and headers": lambda lib: (NotFound(), 410, {"X-One": "1"}),
    "a generator and a status": lambda lib: ((part for part in "ab"), 201),
    "an application and a status": lambda lib: (wsgi, 201),
    "an empty body and 204": lambda lib: ("", 204),
    "a tuple of another class": lambda lib: Pair("pair", 201),
    "a bytearray and a status": lambda lib: (bytearray(b"array"), 201),
    "a subclass of text and a status": lambda lib: (Text("text"), 201),
}
WRONG = {
    "none": lambda lib: None,
    "a number": lambda lib: 1,
    "a float": lambda lib: 1.5,
    "a truth": lambda lib: True,
    "a set": lambda lib: {1},
    "an object": lambda lib: object(),
    "a user string": lambda lib: UserString("text"),
    "no tuple": lambda lib: (),
    "a tuple of one": lambda lib: ("text",),
    "a tuple of four": lambda lib: ("text", 200, {}, 1),
    "none and a status": lambda lib: (None, 200),
    "a number and a status": lambda lib: (1, 200),
    "a wsgi application of too few arguments": lambda lib: lambda: None,
    "a nested tuple": lambda lib: (("text", 201), 202),
    "an exception": lambda lib: LookupError("lost"),
    "a coroutine's awaitable": lambda lib: Awaitable(),
}


class Awaitable:
    """Be awaitable, and nothing else."""

    def __await__(self):
        return iter(())


def answer(lib, result, method="GET", set_up=lambda lib, app: None):
    """Return the status line, the headers and the body that a server gets; or the class of the error."""
    app = lib.Flask("made")
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.add_url_rule("/", "page", lambda: result(lib), methods=["GET", "POST"])
    set_up(lib, app)
    try:
        chunks, status, headers = run_wsgi_app(app, create_environ(method=method), buffered=True)
        return status, list(headers), b"".join(chunks)
    except Exception as error:
        return type(error)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("form", RESULTS)
def test_every_form_of_a_result_is_sent_as_flask_sends_it(form, method):
    """Status line, headers and body are the same bytes, in the same order."""
    assert answer(flask, RESULTS[form], method) == answer(demijohn, RESULTS[form], method)


@pytest.mark.parametrize("form", RESULTS)
def test_make_response_makes_what_a_view_would(form):
    """The function and the application's method take every form."""

    def through(lib):
        return lib.make_response(RESULTS[form](lib))

    def through_app(lib):
        return lib.current_app.make_response(RESULTS[form](lib))

    assert answer(demijohn, RESULTS[form]) == answer(demijohn, through) == answer(demijohn, through_app)


@pytest.mark.parametrize("form", WRONG)
def test_every_wrong_result_is_refused(form):
    """What is no result is the developer's mistake, and the same class of error."""
    assert answer(flask, WRONG[form]) == answer(demijohn, WRONG[form])
    assert TypeError is answer(demijohn, WRONG[form])


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("none", ["view function for 'page'", "returned None", "return statement"]),
        ("a number", ["return type must be", "it was a int"]),
        ("an object", ["it was a object"]),
        ("a tuple of one", ["(body, status, headers)", "1 items"]),
        ("a tuple of four", ["(body, status)", "4 items"]),
        ("none and a status", ["view function for 'page'", "returned None"]),
        ("a wsgi application of too few arguments", ["takes 0 positional arguments", "it was a function"]),
    ],
)
def test_a_refusal_says_what_was_wrong(form, words):
    """The message has what came, what may come, and where it came from."""
    app = demijohn.Flask("made")
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.add_url_rule("/", "page", lambda: WRONG[form](demijohn))
    with pytest.raises(TypeError) as caught:
        app.test_client().get("/")
    assert [] == [word for word in words if word not in str(caught.value)]


def own_mimetype(lib, app):
    """Have responses of another type by default."""
    app.response_class = type("Xml", (lib.Response,), {"default_mimetype": "application/xml"})


def own_text_type(lib, app):
    """Have responses of a text type by default."""
    app.response_class = type("Css", (lib.Response,), {"default_mimetype": "text/css"})


def no_mimetype(lib, app):
    """Have responses of no type by default."""
    app.response_class = type("Bare", (lib.Response,), {"default_mimetype": None})


def own_status(lib, app):
    """Have responses of another status by default."""
    app.response_class = type("Created", (lib.Response,), {"default_status": 201})


def own_init(lib, app):
    """Have responses with a constructor of their own."""

    class Own(lib.Response):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.headers["X-Init"] = "yes"

    app.response_class = Own


def own_force_type(lib, app):
    """Have responses that convert anything."""

    class Own(lib.Response):
        @classmethod
        def force_type(cls, response, environ=None):
            if isinstance(response, set):
                return cls(sorted(map(str, response)))
            return super().force_type(response, environ)

    app.response_class = Own


def own_provider(lib, app):
    """Have a JSON provider that answers in its own way."""

    class Own(lib.json.provider.DefaultJSONProvider):
        mimetype = "application/vnd.api+json"
        sort_keys = False
        compact = False

    app.json = Own(app)


def changed_provider(lib, app):
    """Change the settings of the JSON provider after the first request."""
    app.test_client().get("/")
    app.json.mimetype, app.json.sort_keys, app.json.compact, app.json.ensure_ascii = (
        "application/x",
        False,
        False,
        False,
    )


def own_json_response(lib, app):
    """Have a provider with a `response` of its own, on the class or the instance."""
    app.json.response = lambda *args, **kwargs: lib.Response(f"own {args} {kwargs}")


def own_json_response_class(lib, app):
    """Have a provider class with a `response` of its own."""

    class Own(lib.json.provider.DefaultJSONProvider):
        def response(self, *args, **kwargs):
            return lib.Response(f"own {args} {kwargs}")

    app.json = Own(app)


def own_dumps(lib, app):
    """Have a provider class with a `dumps` of its own."""

    class Own(lib.json.provider.DefaultJSONProvider):
        def dumps(self, obj, **kwargs):
            return f"own {obj} {sorted(kwargs)}"

    app.json = Own(app)


def own_dumps_set(lib, app):
    """Have a provider with a `dumps` set on the instance."""
    app.json.dumps = lambda obj, **kwargs: f"set {obj} {sorted(kwargs)}"


def bare_provider(lib, app):
    """Have a provider that has only what every provider must have."""

    class Bare(lib.json.provider.JSONProvider):
        def dumps(self, obj, **kwargs):
            return f"bare {obj}"

        def loads(self, s, **kwargs):
            return s

    app.json = Bare(app)


def debug(lib, app):
    """Turn debug mode on, in which JSON is indented."""
    app.debug = True


SETTINGS = [
    *(own_mimetype, own_text_type, no_mimetype, own_status, own_init, own_force_type),
    *(own_provider, changed_provider, own_json_response, own_json_response_class, debug),
    *(own_dumps, own_dumps_set, bare_provider),
]


@pytest.mark.parametrize("set_up", SETTINGS, ids=lambda function: function.__name__)
@pytest.mark.parametrize(
    "form",
    [
        "text",
        "bytes",
        "a dict",
        "a list",
        "a dict and a status",
        "body and status",
        "a generator",
        "a response of werkzeug",
    ],
)
def test_settings_of_an_application_hold_for_every_form(set_up, form):
    """A class of response and a JSON provider of the application's own do what they do in Flask."""
    assert answer(flask, RESULTS[form], set_up=set_up) == answer(demijohn, RESULTS[form], set_up=set_up)


def test_what_is_not_callable_is_not_taken_for_an_application():
    """A class whose `force_type` would take a set is not asked about one."""
    assert answer(flask, WRONG["a set"], set_up=own_force_type) == answer(
        demijohn, WRONG["a set"], set_up=own_force_type
    )


def test_a_response_of_another_class_becomes_the_applications(lib):
    """`after_request` sees the application's class, whatever the view gave."""
    kinds = []

    def set_up(lib, app):
        own_mimetype(lib, app)
        app.after_request(lambda response: kinds.append(type(response) is app.response_class) or response)

    for form in ("text", "a dict", "a wsgi application", "a response of werkzeug", "a response", "an HTTP error"):
        answer(lib, RESULTS[form], set_up=set_up)
    assert [True] * 6 == kinds


def test_a_response_of_the_applications_class_is_kept(lib):
    """The object that the view returned is the one that is sent."""
    response = lib.Response("same")
    seen = []
    answer(lib, lambda lib: response, set_up=lambda lib, app: app.after_request(lambda made: seen.append(made) or made))
    assert [True] == [made is response for made in seen]


def test_a_response_class_may_change_between_requests(lib):
    """The next request is answered by the new class."""
    app = lib.Flask("made")
    app.add_url_rule("/", "page", lambda: "text")
    client = app.test_client()
    before = client.get("/").mimetype
    own_mimetype(lib, app)
    assert ("text/html", "application/xml") == (before, client.get("/").mimetype)


def test_a_type_is_looked_for_once():
    """The maker of a subclass is remembered by its type."""
    app = demijohn.Flask("made")
    with app.test_request_context():
        app.make_response(Text("text"))
        table = app._registry.plan.results
        assert (True, False) == (Text in table, Raw in table)


@pytest.mark.parametrize("name", ["get_body", "get_headers", "get_response"])
def test_what_one_error_shows_is_not_shown_by_others(lib, name):
    """A method of an error's own answers for that error alone."""
    app = lib.Flask(__name__)
    own = {
        "get_body": lambda *args: "mine",
        "get_headers": lambda *args: [("Content-Type", "text/plain")],
        "get_response": lambda *args, **kwargs: lib.Response("mine"),
    }

    @app.route("/own")
    def show():
        error = NotFound()
        setattr(error, name, own[name])
        raise error

    client = app.test_client()
    before, mine, after = client.get("/"), client.get("/own"), client.get("/")
    assert (before.status, before.data) == (after.status, after.data)
    assert (mine.mimetype, mine.data) != (after.mimetype, after.data)


def test_error_classes_made_for_each_request_are_not_kept():
    """A table of results remembers so many kinds of errors and no more."""
    app = demijohn.Flask(__name__)

    @app.route("/")
    def show():
        raise type("Gone", (NotFound,), {})

    client = app.test_client()
    assert {404} == {client.get("/").status_code for _ in range(300)}
    assert len(find_plan(app).results.parts) <= 256
