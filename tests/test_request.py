"""The request: computed when read, equal to Flask's, safe with bad bodies."""

import io
import weakref

import flask
import pytest
from werkzeug.datastructures import EnvironHeaders, ImmutableMultiDict
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.test import create_environ

import demijohn
from demijohn import Flask, Request
from demijohn._pairs import Pairs
from demijohn.dev.explain import DebugFilesKeyError
from demijohn.request import Lazy, split_blueprint_path

ATTRIBUTES = [
    *(
        "method",
        "path",
        "full_path",
        "url",
        "base_url",
        "root_url",
        "host_url",
        "host",
        "root_path",
        "scheme",
        "server",
    ),
    *("query_string", "remote_addr", "access_route", "args", "values", "cookies", "headers", "user_agent", "mimetype"),
    *("mimetype_params", "content_length", "content_type", "is_secure", "is_json", "is_multiprocess", "script_root"),
    *("if_match", "range", "date", "referrer", "origin", "accept_languages", "authorization", "want_form_data_parsed"),
    *("max_content_length", "max_form_memory_size", "max_form_parts", "endpoint", "blueprint", "blueprints"),
]
ENVIRONS = {
    "plain": {},
    "full": create_environ("/a/b?x=1&x=2&é=ü", "https://h.test:444/root", method="put", headers={"Cookie": "a=b"}),
    "no path": {"PATH_INFO": ""},
    "no slash": {"PATH_INFO": "a"},
    "two slashes": {"PATH_INFO": "//evil.test//a"},
    "not ascii": {"PATH_INFO": "/é".encode().decode("latin-1"), "SCRIPT_NAME": "/ü/".encode().decode("latin-1")},
    "not utf-8": {"PATH_INFO": "/\xff", "QUERY_STRING": "a=%ff"},
    "socket": {"SERVER_NAME": "/run/sock", "SERVER_PORT": ""},
    "proxied": {"HTTP_X_FORWARDED_FOR": "1.2.3.4, 5.6.7.8", "REMOTE_ADDR": "9.9.9.9"},
    "no remote": {"SCRIPT_NAME": "/root", "HTTP_HOST": "h.test", "wsgi.multiprocess": True},
    "body": {"CONTENT_TYPE": "text/plain; charset=x", "CONTENT_LENGTH": "3", "wsgi.input": io.BytesIO(b"abc")},
}


@pytest.fixture
def app():
    """Return an application."""
    return Flask("made")


def show(request, attribute):
    """Return the type and the representation of an attribute, or the error of reading it."""
    try:
        value = getattr(request, attribute)
    except UnicodeDecodeError as error:
        value = error
    # The pairs are a class of their own below Werkzeug's.
    return ImmutableMultiDict if isinstance(value, Pairs) else type(value), repr(value)


def make(body=b"", content_type="application/json", **environ):
    """Return a request with a body."""
    return Request(create_environ(method="POST", data=body, content_type=content_type, environ_base=environ))


@pytest.mark.parametrize("attribute", ATTRIBUTES)
@pytest.mark.parametrize("kind", ENVIRONS)
def test_every_attribute_is_flasks(kind, attribute):
    """An attribute has the value and the type that it has in Flask."""
    environ = create_environ() | ENVIRONS[kind]
    assert show(flask.Request(dict(environ)), attribute) == show(Request(dict(environ)), attribute)


@pytest.mark.parametrize("name", ["server", "path", "root_path", "query_string", "remote_addr", "scheme"])
@pytest.mark.parametrize("environ", [{}, {"SERVER_NAME": "h.test", "SERVER_PORT": "x"}, {"SERVER_NAME": ""}])
def test_a_server_may_tell_little(environ, name):
    """An environ without the usual values is read as Flask reads it."""
    environ = environ | {"REQUEST_METHOD": "GET", "wsgi.url_scheme": "http"}
    assert getattr(flask.Request(environ), name) == getattr(Request(environ), name)


def test_a_query_that_is_no_utf_8_is_kept_percent_encoded():
    """A browser may send raw bytes; Flask raises UnicodeDecodeError where they are read."""
    request = Request(create_environ() | {"QUERY_STRING": "a=\xff&b=%fe&c=\xc3\xa9"})
    assert ({"a": "%FF", "b": "%FE", "c": "é"}, "/?a=%FF&b=%fe&c=é") == (request.args.to_dict(), request.full_path)


@pytest.mark.parametrize(
    ("header", "name"),
    [({"HTTP_AUTHORIZATION": "Basic \xff"}, "authorization"), ({"HTTP_IF_RANGE": '"unclosed'}, "if_range")],
)
def test_a_header_that_cannot_be_parsed_is_taken_for_absent(header, name):
    """An attribute of a broken header is as if there were none; Flask's raises ValueError."""
    broken, plain = Request(create_environ() | header), Request(create_environ())
    assert str(getattr(plain, name)) == str(getattr(broken, name))


def test_a_header_that_can_be_parsed_is(lib):
    """Credentials and conditions are read."""
    headers = {"Authorization": "Basic YTpi", "If-Range": '"tag"'}
    request = lib.Request(create_environ(headers=headers))
    assert ("a", "b", "tag") == (request.authorization.username, request.authorization.password, request.if_range.etag)


def test_making_a_request_stores_three_things():
    """All the rest is computed on first read and then kept."""
    request = Request(create_environ("/path"))
    assert {"environ", "method", "path"} == set(vars(request))
    assert request.headers is request.headers
    assert {"environ", "method", "path", "headers"} == set(vars(request))


def test_a_computed_attribute_may_be_replaced():
    """An attribute can be set before and after it was read."""
    request = Request(create_environ("/path"))
    request.remote_addr = "before"
    assert ("before", "http") == (request.remote_addr, request.scheme)
    request.scheme = "after"
    assert "after" == request.scheme


def test_a_lazy_attribute_is_seen_on_the_class():
    """Asked of the class, a lazy attribute is the descriptor."""
    assert isinstance(Request.headers, Lazy)
    assert EnvironHeaders is type(Request(create_environ()).headers)


def test_the_request_is_kept_in_the_environ(lib):
    """Other code finds the request in the environ, unless it is not to."""
    environ = create_environ()
    request = lib.Request(environ)
    assert request is environ["werkzeug.request"]
    for options in ({"populate_request": False}, {"shallow": True}):
        environ = create_environ()
        lib.Request(environ, **options)
        assert "werkzeug.request" not in environ


def test_a_shallow_request_has_no_body(lib):
    """The body of a shallow request is not read, since another reads it."""
    request = lib.Request(create_environ(data=b"body"), shallow=True)
    assert request.shallow
    with pytest.raises(RuntimeError, match="shallow"):
        request.get_data()


def test_a_request_accepts_weak_references_and_attributes(lib):
    """Extensions keep things on it and about it."""
    request = lib.Request(create_environ())
    request.anything = 1
    assert (1, request) == (request.anything, weakref.ref(request)())


def test_without_a_match_there_is_no_endpoint(lib):
    """A request that was not matched has neither rule nor variables, and may be asked."""
    request = lib.Request(create_environ())
    assert [None] * 5 + [[]] == [
        request.url_rule,
        request.view_args,
        request.routing_exception,
        request.endpoint,
        request.blueprint,
        request.blueprints,
    ]


@pytest.mark.parametrize(
    ("endpoint", "blueprint", "blueprints"),
    [("page", None, []), ("a.page", "a", ["a"]), ("a.b.c.page", "a.b.c", ["a.b.c", "a.b", "a"])],
)
def test_the_endpoint_names_the_blueprints(lib, endpoint, blueprint, blueprints):
    """The names go from the innermost blueprint outwards."""
    app = lib.Flask("made")
    app.add_url_rule("/", endpoint, lambda: "")
    with app.test_request_context():
        found = lib.request.endpoint, lib.request.blueprint, lib.request.blueprints
    assert (endpoint, blueprint, blueprints) == found


def test_a_dotted_name_is_split_from_the_end():
    """The name itself comes first, the outermost last."""
    assert (["a"], ["a.b.c", "a.b", "a"]) == (split_blueprint_path("a"), split_blueprint_path("a.b.c"))


def test_json_is_read_by_the_applications_provider(lib):
    """What reads JSON is the application's `json`, also one set on the instance."""
    app = lib.Flask("made")
    app.json.loads = lambda text, **options: ("read", text)
    with app.test_request_context(json={"a": 1}):
        assert "read" == lib.request.get_json()[0]


@pytest.mark.parametrize("force", [False, True])
def test_the_content_type_says_that_a_body_is_json(lib, force):
    """Another type answers 415, unless the caller does not ask."""
    with lib.Flask("made").test_request_context(data=b'{"a": 1}', content_type="text/plain"):
        if force:
            assert {"a": 1} == lib.request.get_json(force=True)
        else:
            with pytest.raises(UnsupportedMediaType):
                lib.request.get_json()
        assert None is lib.Request(lib.request.environ).get_json(silent=True)


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"a": nul}'])
def test_a_body_that_is_no_json_is_the_clients_fault(lib, debug, body):
    """It answers 400, with the parser's words in debug mode alone."""
    app = lib.Flask("made")
    app.debug = debug
    with app.test_request_context(data=body, content_type="application/json"):
        with pytest.raises(BadRequest) as caught:
            lib.request.get_json()
        assert debug is ("Failed to decode" in caught.value.description)
        assert None is lib.request.get_json(silent=True)


def test_outside_of_an_application_a_parser_says_nothing(lib):
    """Without an application no debug mode is on."""
    request = lib.Request(create_environ(data=b"{", content_type="application/json"))
    with pytest.raises(BadRequest) as caught:
        request.get_json()
    assert BadRequest.description == caught.value.description
    assert None is not caught.value.__cause__


def test_deep_nesting_is_the_clients_fault(app):
    """A body that the parser cannot descend into answers 400, or None where asked so."""
    body = b"[" * 100_000
    with app.app_context():
        with pytest.raises(BadRequest):
            make(body).get_json()
        assert None is make(body).get_json(silent=True)


def test_parsed_json_is_kept_unless_told(lib):
    """The result is the same object the next time; without cache the body is read for good."""
    with lib.Flask("made").test_request_context(json=[1]):
        assert lib.request.json is lib.request.get_json()
    request = lib.Request(create_environ(json=[1]))
    assert [1] == request.get_json(cache=False)
    assert b"" == request.get_data()


def test_the_answer_to_bad_json_may_be_overridden(lib):
    """What an override of `on_json_loading_failed` returns is the result."""

    class Lenient(lib.Request):
        def on_json_loading_failed(self, e):
            return "lenient"

    request = Lenient(create_environ(data=b"{", content_type="application/json"))
    assert "lenient" == request.get_json()


@pytest.mark.parametrize(
    ("name", "setting", "default"),
    [
        ("max_content_length", "MAX_CONTENT_LENGTH", None),
        ("max_form_memory_size", "MAX_FORM_MEMORY_SIZE", 500_000),
        ("max_form_parts", "MAX_FORM_PARTS", 1_000),
    ],
)
def test_a_limit_is_the_applications_unless_set(lib, name, setting, default):
    """Outside of an application the default holds, inside the setting, and always what was set."""
    request = lib.Request(create_environ())
    app = lib.Flask("made")
    assert default == getattr(request, name)
    with app.app_context():
        assert default == getattr(request, name)
        app.config[setting] = 7
        assert 7 == getattr(request, name)
        setattr(request, name, 0)
        assert 0 == getattr(request, name)


def test_limits_say_what_they_limit():
    """Each limit is documented."""
    names = ("max_content_length", "max_form_memory_size", "max_form_parts")
    assert all("None stands for no limit." in getattr(Request, name).__doc__ for name in names)


@pytest.mark.parametrize(("setting", "size"), [("MAX_FORM_MEMORY_SIZE", 9), ("MAX_FORM_PARTS", 0)])
def test_a_form_over_a_limit_is_refused(lib, setting, size):
    """A field that is too large, and a part too many, answer 413."""
    app = lib.Flask("made")
    app.config[setting] = size
    context = app.test_request_context(data={"field": "0123456789"}, content_type="multipart/form-data")
    with context, pytest.raises(RequestEntityTooLarge):
        _ = lib.request.form


@pytest.mark.parametrize("debug", [False, True])
def test_a_form_that_lost_its_files_is_explained_in_debug_mode(app, debug):
    """A form sent without multipart has the name of the file, but no file."""
    app.debug = debug
    with app.test_request_context(data={"photo": "me.png"}, method="POST"), pytest.raises(KeyError) as caught:
        _ = demijohn.request.files["photo"]
    assert debug is isinstance(caught.value, DebugFilesKeyError)


def test_a_multipart_form_is_not_explained(app):
    """A multipart form has its files, so a missing one is just missing."""
    app.debug = True
    context = app.test_request_context(data={"photo": "me.png"}, content_type="multipart/form-data")
    with context, pytest.raises(KeyError) as caught:
        _ = demijohn.request.files["photo"]
    assert not isinstance(caught.value, DebugFilesKeyError)


def test_an_application_may_use_a_class_of_its_own(lib):
    """`request_class` is used, its constructor and its attributes too."""

    class Own(lib.Request):
        shallow_calls = 0

        def __init__(self, environ, **options):
            super().__init__(environ, **options)
            self.mark = "own"

    app = lib.Flask("made")
    app.request_class = Own
    app.add_url_rule("/", "page", lambda: lib.request.mark)
    assert "own" == app.test_client().get("/").text
