"""What views call: URLs, errors, messages, files, responses and streams."""

import gc
import io
import os
import threading

import flask
import pytest
from werkzeug.exceptions import Aborter, NotFound
from werkzeug.test import create_environ

import demijohn


class Stop(BaseException):
    """End a stream as no exception does."""


@pytest.fixture
def app(lib, tmp_path):
    """Return an application in a folder of its own."""
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "page.txt").write_text("static text", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret text", encoding="utf-8")
    app = lib.Flask("made", root_path=str(tmp_path))
    app.secret_key = "k"
    yield app
    assert not lib.has_app_context()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1", True),
        ("0", False),
        ("true", True),
        ("FALSE", False),
        ("No", False),
        ("", False),
        ("off", True),
        (None, False),
    ],
)
def test_the_environment_asks_for_debug_mode(lib, monkeypatch, value, expected):
    """`FLASK_DEBUG` says yes unless it is empty or one of the words for no."""
    if value is not None:
        monkeypatch.setenv("FLASK_DEBUG", value)
    assert expected is lib.helpers.get_debug_flag()


@pytest.mark.parametrize(
    ("value", "expected"), [("1", False), ("0", True), ("no", True), ("x", False), ("", None), (None, None)]
)
@pytest.mark.parametrize("default", [True, False])
def test_the_environment_asks_for_env_files(lib, monkeypatch, value, expected, default):
    """`FLASK_SKIP_DOTENV` decides where it is set, the default where it is not."""
    if value is not None:
        monkeypatch.setenv("FLASK_SKIP_DOTENV", value)
    assert (default if expected is None else expected) is lib.helpers.get_load_dotenv(default)


def trace(lib, consume, *, text=("one", "two"), with_client=False, error=None, view_error=None):
    """Return what happens around a response that streams, in order."""
    events = []
    app = lib.Flask("made")
    app.teardown_request(lambda error: events.append(f"teardown request {type(error).__name__}"))
    app.teardown_appcontext(lambda error: events.append(f"teardown context {type(error).__name__}"))

    @app.get("/page")
    def view():
        lib.g.word = "kept"

        def parts():
            try:
                for part in text:
                    events.append(part)
                    yield f"{part} {lib.request.path} {lib.g.word} {lib.current_app.name}\n"
                if error is not None:
                    raise error
            finally:
                events.append(f"closed {lib.has_request_context()}")

        stream = lib.stream_with_context(parts())
        if view_error is not None:
            raise view_error
        return stream

    consume(app, events)
    events.append((lib.has_app_context(), lib.has_request_context()))
    return events


def start(app, events):
    """Call the application as a server does, and return the body."""
    return app(create_environ("/page"), lambda status, headers, exc_info=None: events.append(status))


def read_all(app, events):
    """Read the whole stream, and close it twice."""
    body = start(app, events)
    events.extend(body)
    body.close()
    body.close()


def read_without_closing(app, events):
    """Read to the end as a server does that forgets to close."""
    events.extend(start(app, events))


def close_halfway(app, events):
    """Close the stream after its first part, as a server does when the client goes away."""
    body = start(app, events)
    events.append(next(iter(body)))
    body.close()


def close_at_once(app, events):
    """Close the stream unread."""
    start(app, events).close()


def drop_halfway(app, events):
    """Forget the stream after its first part."""
    body = iter(start(app, events))
    events.append(next(body))
    del body
    gc.collect()


def read_on_after_end(app, events):
    """Ask for more than there is."""
    body = iter(start(app, events))
    events.extend(body)
    events.append(next(body, "end"))


def read_in_thread(app, events):
    """Read in another thread than the view ran in."""
    body = start(app, events)
    in_thread(lambda: events.extend(body))


def close_in_thread(app, events):
    """Begin in this thread and close in another."""
    body = start(app, events)
    events.append(next(iter(body)))
    in_thread(body.close)


def head(app, events):
    """Ask for the headers alone."""
    with app.test_client() as client:
        client.head("/page")


def in_thread(function):
    """Run a function in another thread to its end."""
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


CONSUMERS = [read_all, read_without_closing, close_halfway, close_at_once, read_on_after_end, drop_halfway]


@pytest.mark.parametrize("consume", CONSUMERS, ids=lambda function: function.__name__)
@pytest.mark.parametrize("text", [("one", "two"), ()])
def test_a_stream_ends_as_flasks(consume, text):
    """Parts, teardowns and what they are told are Flask's, in its order, and nothing is left current."""
    if not text and consume in {close_halfway, drop_halfway}:
        consume = read_all
    theirs, ours = (trace(lib, consume, text=text) for lib in (flask, demijohn))
    assert theirs == ours
    assert (False, False) == ours[-1]


@pytest.mark.parametrize("consume", [read_in_thread, close_in_thread], ids=lambda function: function.__name__)
def test_a_stream_may_go_on_in_another_thread(consume):
    """Whichever thread reads or closes it, the stream has its request, and each ring of teardowns runs."""
    events = trace(demijohn, consume)
    assert b"one /page kept made\n" in events
    assert "closed True" in events
    assert (False, False) == events[-1]


@pytest.mark.parametrize("kind", [LookupError, Stop])
def test_an_error_in_a_stream_reaches_the_server(kind):
    """The teardowns are told of it, as in Flask."""

    def consume(app, events):
        with pytest.raises(kind):
            events.extend(start(app, events))

    theirs, ours = (trace(lib, consume, error=kind()) for lib in (flask, demijohn))
    assert theirs == ours
    assert (False, False) == ours[-1]


def test_a_stream_that_is_never_sent_leaves_nothing(lib):
    """A view that fails after it made a stream is a failed request like any other."""

    def consume(app, events):
        with app.test_client() as client:
            assert 500 == client.get("/page").status_code

    events = trace(lib, consume, view_error=LookupError())
    assert (False, False) == events[-1]
    assert "one" not in events


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_stream_inside_a_with_block_of_the_client(method):
    """The contexts that the client keeps and those of the stream are torn down as often as Flask's."""

    def consume(app, events):
        with app.test_client() as client:
            response = getattr(client, method)("/page")
            events.append(response.data)
            response.close()
            events.append("block")

    theirs, ours = (trace(lib, consume) for lib in (flask, demijohn))
    assert [str(event) for event in theirs if "teardown" in str(event)] == [
        str(event) for event in ours if "teardown" in str(event)
    ]
    assert (False, False) == ours[-1]


def build_counting():
    """Return an application that streams its path and a number, twice."""
    app = demijohn.Flask("made")

    def parts():
        return demijohn.stream_with_context(f"{demijohn.request.path}{number}" for number in range(2))

    app.add_url_rule("/<name>", "page", lambda name: parts())
    return app


def test_between_two_parts_nothing_is_current():
    """The server's own code between two parts is outside of the request; with Flask it is inside."""
    seen = [(part, demijohn.has_request_context()) for part in start(build_counting(), [])]
    assert [(b"/page0", False), (b"/page1", False)] == seen


def test_two_streams_at_once_do_not_mix():
    """Parts of two requests may be sent in turn by one thread; with Flask that raises."""
    app = build_counting()
    bodies = [iter(app(create_environ(path), lambda status, headers: None)) for path in ("/a", "/b")]
    parts = [next(body) for _ in range(2) for body in bodies]
    assert [b"/a0", b"/b0", b"/a1", b"/b1"] == parts
    assert [None, None] == [next(body, None) for body in bodies]


def test_a_function_of_a_stream_can_be_decorated(app, lib):
    """Arguments go to the function, and its name is kept."""

    @app.get("/page")
    def view():
        @lib.stream_with_context
        def parts(first, *, second):
            """Give parts."""
            yield f"{first} {second} {lib.request.path}"

        return parts("one", second="two") if lib.request.args else [parts.__name__, parts.__doc__]

    client = app.test_client()
    assert ("one two /page", ["parts", "Give parts."]) == (client.get("/page?call").text, client.get("/page").json)


def test_a_stream_needs_a_request(app, lib):
    """Outside of one, also with an application, the function says so."""
    with app.app_context(), pytest.raises(RuntimeError, match="request"):
        lib.stream_with_context(iter(()))


def test_any_iterator_can_be_streamed(app, lib):
    """An iterator that cannot be closed is streamed too."""
    app.add_url_rule("/page", "page", lambda: lib.Response(lib.stream_with_context(iter(["one", "two"]))))
    assert "onetwo" == app.test_client().get("/page").text


def test_a_stream_that_is_over_stays_over(app, lib):
    """Asking for more than there is gives nothing, however often."""
    with app.test_request_context():
        stream = lib.stream_with_context(iter(["one"]))
        assert ["one", "end", "end"] == [next(stream, "end") for _ in range(3)]


def test_an_asynchronous_view_may_stream(app, lib):
    """The stream has the request of the view."""

    @app.get("/page")
    async def view():
        return lib.Response(lib.stream_with_context(part for part in [lib.request.path]))

    assert "/page" == app.test_client().get("/page").text


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), ("", 200, None)),
        (("text",), ("text", 200, None)),
        ((("text", 201),), ("text", 201, None)),
        (("text", 201), ("text", 201, None)),
        (("text", {"X-One": "1"}), ("text", 200, "1")),
        (("text", 201, {"X-One": "1"}), ("text", 201, "1")),
        (({"a": 1}, 201), ('{"a":1}\n', 201, None)),
    ],
)
def test_a_response_is_made_of_its_parts(app, lib, arguments, expected):
    """One argument, several, or none give a response as a view would."""
    with app.test_request_context():
        response = lib.make_response(*arguments)
        assert expected == (response.get_data(as_text=True), response.status_code, response.headers.get("X-One"))


def test_a_response_may_be_made_outside_of_requests(app, lib):
    """An application is enough."""
    with app.app_context():
        assert (b"text", 201) == (lib.make_response("text", 201).data, lib.make_response("text", 201).status_code)
        assert b"{}\n" == lib.make_response({}).data


def test_a_redirect_is_the_applications(app, lib):
    """`Flask.redirect` may be overridden; outside of an application Werkzeug's serves."""
    outside = lib.redirect("/elsewhere", 303, lib.Response)
    assert (303, "/elsewhere", lib.Response) == (outside.status_code, outside.location, type(outside))
    assert 302 == lib.redirect("/elsewhere").status_code
    with app.app_context():
        inside = lib.redirect("/elsewhere", code=307)
        assert (307, app.response_class) == (inside.status_code, type(inside))
        app.redirect = lambda location, code: (location, code)
        assert ("/elsewhere", 302) == lib.redirect("/elsewhere")


def test_abort_is_the_applications(app, lib):
    """`aborter` may be another; outside of an application Werkzeug's serves."""
    with pytest.raises(NotFound) as outside:
        lib.abort(404, "described")
    assert "described" == outside.value.description
    app.aborter = Aborter(extra={999: LookupError})
    with app.app_context(), pytest.raises(LookupError):
        lib.abort(999, "lost")
    with app.app_context(), pytest.raises(NotFound):
        lib.abort(404)


def test_a_macro_can_be_had_from_a_template(app, lib):
    """A macro or variable that a template exports is returned, and an absent one is an error."""
    os.makedirs(os.path.join(app.root_path, "templates"))
    with open(os.path.join(app.root_path, "templates", "page.html"), "w", encoding="utf-8") as file:
        file.write("{% macro hello(name) %}Hello {{ name }}{% endmacro %}{% set word = 'said' %}")
    with app.app_context():
        assert "Hello you" == lib.get_template_attribute("page.html", "hello")("you")
        assert "said" == lib.get_template_attribute("page.html", "word")
        with pytest.raises(AttributeError):
            lib.get_template_attribute("page.html", "absent")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["one", "two", "three"]),
        ({"with_categories": True}, [["message", "one"], ["error", "two"], ["info", "three"]]),
        ({"category_filter": ["error", "info"]}, ["two", "three"]),
        ({"category_filter": ["error"], "with_categories": True}, [["error", "two"]]),
        ({"category_filter": ["absent"]}, []),
    ],
)
def test_messages_are_kept_for_the_next_request(app, lib, options, expected):
    """They are given in order, as often as asked in one request, and once in all."""

    @app.post("/")
    def keep():
        lib.flash("one")
        lib.flash("two", "error")
        lib.flash("three", "info")
        return ""

    app.add_url_rule("/", "take", lambda: [lib.get_flashed_messages(**options) for _ in range(2)])
    client = app.test_client()
    client.post("/")
    assert [[expected, expected], [[], []]] == [client.get("/").json, client.get("/").json]


def test_messages_of_the_same_request_are_given(app, lib):
    """A message may be taken by the request that kept it."""

    @app.get("/")
    def view():
        lib.flash("here")
        return lib.get_flashed_messages()

    client = app.test_client()
    assert [["here"], ["here"]] == [client.get("/").json for _ in range(2)]


def test_a_kept_message_is_noticed_by_the_session(app, lib):
    """A second message in a session that has one is saved too."""
    app.add_url_rule("/keep", "keep", lambda: str(lib.flash("again")))
    app.add_url_rule("/take", "take", lambda: lib.get_flashed_messages())
    client = app.test_client()
    client.get("/keep")
    client.get("/keep")
    assert ["again", "again"] == client.get("/take").json


def answer_file(app, view, **options):
    """Return status, body and interesting headers of a view that sends a file."""
    app.add_url_rule("/file", "file", view)
    response = app.test_client().get("/file", **options)
    names = ("Content-Type", "Content-Disposition", "Cache-Control", "Content-Range")
    found = response.status_code, response.data, [response.headers.get(name) for name in names]
    response.close()
    return found


@pytest.mark.parametrize(
    ("options", "request_options"),
    [
        ({}, {}),
        ({"mimetype": "text/css", "as_attachment": True, "download_name": "é.css"}, {}),
        ({"max_age": 60}, {}),
        ({"max_age": lambda name: 7}, {}),
        ({"conditional": False, "etag": False}, {}),
        ({"etag": "tag", "last_modified": 1_000_000_000}, {"headers": {"If-None-Match": '"tag"'}}),
        ({}, {"headers": {"Range": "bytes=2-4"}}),
        ({}, {"headers": {"Range": "bytes=200-"}}),
        ({}, {"method": "HEAD"}),
    ],
)
@pytest.mark.parametrize("source", ["path", "pathlike", "relative", "stream"])
def test_a_file_is_sent_as_flask_sends_it(tmp_path, options, request_options, source):
    """Paths, relative ones and open files, whole, in part or not at all."""
    path = tmp_path / "page.txt"
    path.write_bytes(b"0123456789")
    answers = []
    for lib in (flask, demijohn):
        app = lib.Flask("made", root_path=str(tmp_path))
        sources = {"path": str(path), "pathlike": path, "relative": "page.txt", "stream": io.BytesIO(b"0123456789")}
        given = (
            dict(options, download_name="x.txt") if source == "stream" and "download_name" not in options else options
        )
        answers.append(
            answer_file(
                app,
                lambda lib=lib, given=given, sources=sources: lib.send_file(sources[source], **given),
                **request_options,
            )
        )
    assert answers[0] == answers[1]
    assert answers[0][0] in {200, 206, 304, 416}


def test_the_age_of_a_file_is_the_applications(app, lib):
    """`get_send_file_max_age` is asked with the path, and the response is of the application's class."""
    asked = []
    app.get_send_file_max_age = lambda path: asked.append(path) or 5
    app.response_class = type("Own", (lib.Response,), {})
    path = os.path.join(app.root_path, "secret.txt")
    with app.test_request_context():
        response = lib.send_file("secret.txt")
        response.close()
        assert (5, app.response_class, [path]) == (response.cache_control.max_age, type(response), asked)


def test_a_front_server_may_send_the_file(app, lib):
    """With `USE_X_SENDFILE` the path goes into a header."""
    app.config["USE_X_SENDFILE"] = True
    with app.test_request_context():
        response = lib.send_file("secret.txt")
        response.close()
        assert os.path.join(app.root_path, "secret.txt") == response.headers["X-Sendfile"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("page.txt", 200),
        ("none.txt", 404),
        ("../secret.txt", 404),
        ("..\\secret.txt", 404),
        ("/etc/passwd", 404),
        ("", 404),
        (".", 404),
        ("x/../../secret.txt", 404),
        ("page.txt\x00", 404),
    ],
)
def test_a_file_below_a_folder_is_sent_and_no_other(app, lib, path, status):
    """The folder is relative to the application, and no path leads out of it."""
    with app.test_request_context():
        try:
            response = lib.send_from_directory("static", path, mimetype="text/plain")
            response.close()
            found = response.status_code
        except NotFound:
            found = 404
        assert status == found


def test_a_file_needs_a_request(app, lib):
    """Which file is sent depends on what the client asks, so a request is needed."""
    with app.app_context(), pytest.raises(RuntimeError, match="request context"):
        lib.send_file("secret.txt")


def test_jsonify_is_the_packages_json(lib):
    """The helper is the function of the `json` module."""
    with lib.Flask("made").app_context():
        assert b'{"a":1}\n' == lib.jsonify(a=1).data
