"""What a WSGI server gets: Flask's bytes, in the order that the protocol asks for."""

import io
import itertools
from wsgiref.validate import WSGIWarning, validator

import flask
import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import create_environ

import demijohn
from demijohn.response import Response as OurResponse

CODES = [100, 101, 103, 200, 201, 204, 206, 299, 304, 404, 416, 500, "200 Fine", "799 Odd"]
BODIES = {
    "text": lambda: "é text",
    "empty": lambda: "",
    "bytes": lambda: b"bytes",
    "parts": lambda: ["one", b"two", "é"],
    "no parts": list,
    "a tuple": lambda: (b"one", b"two"),
    "generator": lambda: (part for part in ("one", "two")),
    "a file": lambda: io.BytesIO(b"line\nline"),
    "none": lambda: None,
}
HEADERS = {
    "none": {},
    "length": {"Content-Length": "99"},
    "length in small letters": {"content-length": "99"},
    "location": {"Location": "/elsewhere"},
    "location of no ascii": {"Location": "/é?q=ü"},
    "location in small letters": {"location": "/é"},
    "full location": {"Location": "http://other.test/x"},
    "content location": {"Content-Location": "/é"},
    "several": [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-One", "1")],
    "latin": {"X-Latin": "é"},
    "no type": {"Content-Type": ""},
    "entity": {
        "Content-Encoding": "x",
        "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT",
        "ETag": '"x"',
        "Allow": "GET",
    },
}

CHANGES = {
    "status": lambda response: setattr(response, "status", "201 Other"),
    "status code": lambda response: setattr(response, "status_code", 404),
    "data": lambda response: response.set_data("other"),
    "headers": lambda response: response.headers.extend({"X-One": "1", "Content-Type": "text/plain"}),
    "length": lambda response: response.headers.remove("Content-Length"),
    "mimetype": lambda response: setattr(response, "mimetype", "text/css"),
    "cookie": lambda response: response.set_cookie("name", "value", httponly=True),
    "part": lambda response: response.response.append(b"more"),
}


def record(app, environ=None):
    """Return what a server gets: each call of `start_response`, the parts, and the error."""
    calls = []

    def start_response(*arguments):
        calls.append(arguments)
        return lambda data: None

    try:
        body = app(environ or create_environ(), start_response)
        parts = list(body)
        if hasattr(body, "close"):
            body.close()
    except Exception as error:
        return calls, type(error), str(error)
    return calls, [part for part in parts if part], [type(part) for part in parts]


def answer(lib, view, method="GET", **options):
    """Return what a server gets from an application with one view."""
    app = lib.Flask("made")
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.add_url_rule("/", "page", lambda: view(lib), methods=["GET", "POST"])
    return record(app, create_environ(method=method, **options))


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("body", BODIES)
def test_every_body_with_every_status_is_sent_as_flask_sends_it(body, code, method):
    """Status line, headers and body are Flask's for each method."""

    def view(lib):
        return lib.Response(BODIES[body](), status=code)

    theirs, ours = answer(flask, view, method)[:2], answer(demijohn, view, method)[:2]
    assert theirs == ours


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("code", [200, 204, 304, 302])
@pytest.mark.parametrize("headers", HEADERS)
def test_every_header_is_sent_as_flask_sends_it(headers, code, method):
    """Order, spelling and completion are Flask's."""

    def view(lib):
        return lib.Response("text", status=code, headers=HEADERS[headers])

    options = {"base_url": "http://h.test/root", "method": method}
    assert answer(flask, view, **options) == answer(demijohn, view, **options)


@pytest.mark.parametrize("autocorrect", [True, False])
@pytest.mark.parametrize("location", ["elsewhere", "/elsewhere", "//other.test/x", "?q=1", "", "/é"])
def test_a_location_may_be_made_absolute(autocorrect, location):
    """A response class that corrects locations does."""

    def view(lib):
        response = lib.Response("text", 302, {"Location": location})
        response.autocorrect_location_header = autocorrect
        return response

    options = {"base_url": "http://h.test/root"}
    assert answer(flask, view, **options) == answer(demijohn, view, **options)


@pytest.mark.parametrize("result", ["text", {"a": 1}, b"", ["x"]])
@pytest.mark.parametrize("change", ["status", "status code", "data", "headers", "length", "mimetype", "cookie", "part"])
def test_a_response_that_was_changed_is_sent_as_flask_sends_it(result, change):
    """What an after-request function does to a response of any kind is sent."""
    answers = []
    for lib in (flask, demijohn):
        app = lib.Flask("made")
        app.add_url_rule("/", "page", lambda: result)
        app.after_request(lambda response: CHANGES[change](response) or response)
        answers.append(record(app))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("change", [*CHANGES, "location", "no body"])
def test_a_response_may_be_changed_at_the_very_end(change):
    """What an overridden `full_dispatch_request` does to its response is sent as Flask sends it."""
    changes = CHANGES | {
        "location": lambda response: response.headers.set("Location", "/é"),
        "no body": lambda response: setattr(response, "status_code", 204),
    }
    answers = []
    for lib in (flask, demijohn):
        app = lib.Flask("made")
        app.add_url_rule("/", "page", lambda: "text")
        inner = app.full_dispatch_request

        def dispatch(inner=inner):
            response = inner()
            changes[change](response)
            return response

        app.full_dispatch_request = dispatch
        answers.append([record(app) for _ in range(2)])
    assert answers[0] == answers[1]


def test_the_headers_that_are_sent_are_a_list_of_their_own():
    """A server may change the list that it is given; the response keeps its own."""
    app = demijohn.Flask("made")
    kept = []
    app.after_request(lambda response: kept.append(response) or response)
    app.add_url_rule("/", "page", lambda: "text")
    calls, _, _ = record(app)
    calls[0][1].clear()
    assert 2 == len(kept[0].headers)


OVERRIDES = {
    "__call__": lambda self, environ, start_response: [b"called"],
    "get_wsgi_response": lambda self, environ: ([b"wsgi"], "201 Made", [("X-Own", "1")]),
    "get_wsgi_headers": lambda self, environ: type(self.headers)({"X-Own": "1"}),
    "get_app_iter": lambda self, environ: [b"iter"],
    "iter_encoded": lambda self: iter([b"encoded"]),
    "close": lambda self: self.closed.append(True),
}


@pytest.mark.parametrize("how", ["class", "subclass", "late"])
@pytest.mark.parametrize("name", OVERRIDES)
def test_a_response_class_that_sends_in_its_own_way_does(name, how):
    """Each method that decides what is sent may be overridden."""
    answers = []
    for lib in (flask, demijohn):
        closed = []
        kind = type("Own", (lib.Response,), {"closed": closed, name: OVERRIDES[name]})
        app = lib.Flask("made")
        app.add_url_rule("/", "page", lambda: "text")
        if how == "late":
            record(app)
        app.response_class = type("Child", (kind,), {}) if how == "subclass" else kind
        answers.append((record(app), closed))
    assert answers[0] == answers[1]


def test_any_wsgi_application_may_be_sent(lib):
    """What an after-request function returns need not be a response."""

    def other(environ, start_response):
        start_response("202 Accepted", [("X-Own", "1")])
        return [b"other"]

    app = lib.Flask("made")
    app.add_url_rule("/", "page", lambda: "text")
    app.process_response = lambda response: other
    assert ([("202 Accepted", [("X-Own", "1")])], [b"other"], [bytes]) == record(app)


def test_the_contexts_are_left_after_the_response_was_started(lib):
    """The status and headers go out while the request is current, the body when it is not."""
    seen = []
    app = lib.Flask("made")
    app.teardown_request(lambda error: seen.append("teardown"))

    @app.get("/")
    def view():
        return (seen.append(lib.has_request_context()) or "part" for _ in range(1))

    body = app(create_environ(), lambda status, headers: seen.append((status, lib.has_request_context())))
    assert [("200 OK", True), "teardown"] == seen
    assert [b"part"] == list(body)
    assert [("200 OK", True), "teardown", False] == seen


@pytest.mark.parametrize("kind", ["plain", "generator", "file", "head", "no content"])
def test_what_is_to_be_closed_is_closed_once(lib, kind):
    """Functions for the end of the response, and the iterable, are called once when the server closes it."""
    seen = []

    class Body(io.BytesIO):
        def close(self):
            seen.append("body")

    def parts():
        try:
            yield "part"
        finally:
            seen.append("body")

    bodies = {"plain": "text", "generator": parts(), "file": Body(b"text"), "head": parts(), "no content": parts()}
    app = lib.Flask("made")

    @app.get("/")
    def view():
        response = lib.Response(bodies[kind], 204 if kind == "no content" else 200)
        response.call_on_close(lambda: seen.append("function"))
        return response

    body = app(create_environ(method="HEAD" if kind == "head" else "GET"), lambda status, headers: None)
    assert [] == seen
    list(body)
    body.close()
    started = kind in {"generator", "file"}
    assert sorted(["function", *(["body"] if started else [])]) == sorted(seen)


def test_a_request_that_fails_calls_start_response_once(lib):
    """An error that is answered by a 500 has one status line."""
    app = lib.Flask("quiet")
    app.logger.disabled = True
    app.add_url_rule("/", "page", lambda: 1 / 0)
    calls, _, _ = record(app)
    assert ["500 INTERNAL SERVER ERROR"] == [call[0] for call in calls]


def test_an_error_that_reaches_the_server_starts_no_response(lib):
    """The server knows that it may answer by itself."""
    calls, kind, _ = answer(lib, lambda lib: 1 / 0)
    assert ([], ZeroDivisionError) == (calls, kind)
    assert not lib.has_app_context()


def test_an_error_of_start_response_leaves_nothing_current(lib):
    """A server that refuses a response gets its own error."""
    app = lib.Flask("made")

    def refuse(status, headers):
        raise OSError

    with pytest.raises(OSError):
        app(create_environ(), refuse)
    assert not lib.has_app_context()


def test_contexts_are_kept_for_who_asks_in_the_environ(lib):
    """A debugger or a test client is given both contexts before they are left."""
    kept = []
    app = lib.Flask("made")
    app.add_url_rule("/", "page", lambda: "text")
    environ = create_environ() | {"werkzeug.debug.preserve_context": kept.append}
    record(app, environ)
    assert ["AppContext", "RequestContext"] == [type(context).__name__ for context in kept]
    with kept[0], kept[1]:
        assert "/" == lib.request.path


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
@pytest.mark.parametrize(
    "path", ["/text", "/json", "/stream", "/empty", "/error", "/redirect", "/none", "/static/x", "/async"]
)
def test_the_validator_has_nothing_to_say(lib, method, path):
    """The application keeps to the protocol, as the standard library's validator sees it."""
    app = lib.Flask("quiet", root_path="/")
    app.logger.disabled = True
    app.secret_key = "k"
    app.add_url_rule("/text", "text", lambda: "text", methods=["GET", "POST"])
    app.add_url_rule("/json", "json", lambda: {"a": 1}, methods=["GET", "POST"])
    app.add_url_rule("/stream", "stream", lambda: (part for part in ("one", "two")))
    app.add_url_rule("/empty", "empty", lambda: "", methods=["GET", "POST"])
    app.add_url_rule("/error", "error", lambda: 1 / 0)
    app.add_url_rule("/redirect", "redirect", lambda: lib.redirect("/text"))

    @app.get("/async")
    async def view():
        lib.session["name"] = 1
        return "async"

    environ = create_environ(path, method=method)
    environ["wsgi.input"] = io.BufferedReader(io.BytesIO())
    environ["CONTENT_LENGTH"] = "0"
    statuses = []
    body = validator(app)(
        environ, lambda status, headers, exc_info=None: statuses.append(status) or (lambda data: None)
    )
    for _ in body:
        pass
    body.close()
    assert 1 == len(statuses)
    assert issubclass(WSGIWarning, Warning)


def test_an_application_can_be_mounted(lib):
    """Below a prefix the path is cut and the root known."""
    app = lib.Flask("made")
    app.add_url_rule("/page", "page", lambda: f"{lib.request.root_path} {lib.request.path} {lib.url_for('page')}")
    mounted = DispatcherMiddleware(lib.Flask("outer"), {"/inner": app})
    assert [b"/inner /page /inner/page"] == record(mounted, create_environ("/inner/page"))[1]


def test_middleware_may_be_put_around_wsgi_app(lib):
    """`wsgi_app` is replaced, the application object stays the same."""
    app = lib.Flask("made")
    app.add_url_rule("/", "page", lambda: lib.request.environ["added"])
    inner = app.wsgi_app
    app.wsgi_app = lambda environ, start_response: inner(environ | {"added": "by middleware"}, start_response)
    assert [b"by middleware"] == record(app)[1]


@pytest.mark.parametrize(
    "missing", ["HTTP_HOST", "QUERY_STRING", "REMOTE_ADDR", "wsgi.errors", "SERVER_PROTOCOL", "PATH_INFO"]
)
def test_a_server_may_leave_out_what_is_optional(missing):
    """A poor environ is answered as Flask answers it, the first time and later."""
    answers = []
    for lib in (flask, demijohn):
        app = lib.Flask("made")
        app.add_url_rule("/", "page", lambda lib=lib: f"{lib.request.url} {lib.request.remote_addr}")
        environ = create_environ()
        environ.pop(missing, None)
        answers.append([record(app, dict(environ)) for _ in range(2)])
    assert answers[0] == answers[1]


def test_the_plain_class_is_remembered_and_still_correct():
    """Requests of many applications with many classes each get their own."""
    found = []
    for number, _ in itertools.product(range(3), range(2)):
        app = demijohn.Flask("made")
        app.response_class = type(f"Own{number}", (OurResponse,), {"default_mimetype": f"text/x{number}"})
        app.add_url_rule("/", "page", lambda: "text")
        found.append(record(app)[0][0][1][0][1])
    assert [f"text/x{number}; charset=utf-8" for number in (0, 0, 1, 1, 2, 2)] == found
