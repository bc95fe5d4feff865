"""Who handles an exception, and what becomes of one that nobody handles."""

import logging

import flask
import pytest
from werkzeug.exceptions import (
    BadRequest,
    BadRequestKeyError,
    Forbidden,
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
)
from werkzeug.routing import RequestRedirect, RoutingException

from demijohn.pipeline.errors import find_class_and_code


class Base(Exception):  # noqa: N818 - a name for a family of exceptions
    """An exception."""


class Child(Base):
    """A more special one."""


class GrandChild(Child, LookupError):  # noqa: N818 - as above
    """One of two kinds."""


class Teapot(HTTPException):
    """An HTTP error of a code that Werkzeug has another class for."""

    code = 418


class OwnNotFound(NotFound):
    """A more special 404."""


class Odd(HTTPException):
    """An HTTP error without a code."""


@pytest.fixture
def app(lib):
    """Return an application whose views raise what the test puts into `raised`."""
    app = lib.Flask("made")
    outer, inner = (
        lib.Blueprint("outer", "made", url_prefix="/outer"),
        lib.Blueprint("inner", "made", url_prefix="/inner"),
    )

    def fail():
        raise app.raised

    for scaffold in (app, outer, inner):
        scaffold.add_url_rule("/", "fail", fail)
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    return app


def answer(app, error, path="/", **options):
    """Return the text and the status with which an exception of the view is answered."""
    app.raised = error
    response = app.test_client().get(path, **options)
    return response.text, response.status_code


def register(app, *handlers):
    """Register handlers that answer with their label, each given as (blueprint, key)."""
    for blueprint, key in handlers:
        kind, code = app._get_exc_class_and_code(key)
        app.error_handler_spec[blueprint][code][kind] = lambda error, label=(blueprint, key): (str(label), 299)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (404, (NotFound, 404)),
        (NotFound, (NotFound, 404)),
        (OwnNotFound, (OwnNotFound, 404)),
        (Teapot, (Teapot, 418)),
        (HTTPException, (HTTPException, None)),
        (Exception, (Exception, None)),
        (Child, (Child, None)),
    ],
)
def test_a_handler_is_registered_for_a_class_and_a_code(lib, key, expected):
    """Codes stand for Werkzeug's classes, HTTP classes have their code, others none."""
    assert expected == lib.Flask._get_exc_class_and_code(key)


@pytest.mark.parametrize(
    ("key", "kind", "words"),
    [
        (999, ValueError, "999 is not"),
        (200, ValueError, "200 is not"),
        (Base(), TypeError, "is an instance"),
        (NotFound(), TypeError, "is an instance"),
        (object, ValueError, "'object' is not a subclass"),
        ("404", ValueError, "404.* is not a subclass"),
        (KeyboardInterrupt, ValueError, "'KeyboardInterrupt' is not a subclass"),
    ],
)
def test_what_cannot_be_raised_has_no_handler(key, kind, words):
    """Unknown codes, instances and classes that are no exceptions are refused, each in its words."""
    with pytest.raises(kind, match=words):
        find_class_and_code(key)
    with pytest.raises((kind, TypeError)):
        flask.Flask._get_exc_class_and_code(key)


@pytest.mark.parametrize(
    ("error", "path", "handlers", "expected"),
    [
        (Child(), "/", [(None, Base), (None, Child)], (None, Child)),
        (Child(), "/", [(None, Exception), (None, Base)], (None, Base)),
        (GrandChild(), "/", [(None, LookupError), (None, Base)], (None, Base)),
        (GrandChild(), "/", [(None, LookupError), (None, Exception)], (None, LookupError)),
        (Child(), "/outer/", [(None, Child), ("outer", Exception)], ("outer", Exception)),
        (Child(), "/outer/inner/", [("outer", Child), ("outer.inner", Base)], ("outer.inner", Base)),
        (Child(), "/outer/inner/", [(None, Child), ("outer", Base)], ("outer", Base)),
        (Child(), "/outer/", [(None, Base), ("outer.inner", Child)], (None, Base)),
        (NotFound(), "/", [(None, HTTPException), (None, 404)], (None, 404)),
        (NotFound(), "/", [(None, HTTPException), (None, 403)], (None, HTTPException)),
        (NotFound(), "/", [(None, Exception)], (None, Exception)),
        (NotFound(), "/outer/", [(None, 404), ("outer", HTTPException)], (None, 404)),
        (NotFound(), "/outer/", [(None, 404), ("outer", 404)], ("outer", 404)),
        (OwnNotFound(), "/", [(None, 404), (None, OwnNotFound)], (None, OwnNotFound)),
        (OwnNotFound(), "/outer/", [(None, OwnNotFound), ("outer", 404)], ("outer", 404)),
        (Teapot(), "/", [(None, HTTPException), (None, Teapot)], (None, Teapot)),
        (BadRequestKeyError("key"), "/", [(None, KeyError), (None, BadRequest)], (None, BadRequest)),
        (BadRequestKeyError("key"), "/", [(None, KeyError)], (None, KeyError)),
        (KeyError("key"), "/", [(None, BadRequest), (None, LookupError)], (None, LookupError)),
    ],
    ids=str,
)
def test_the_nearest_handler_is_chosen(lib, app, error, path, handlers, expected):
    """Code before class, blueprint before application, nearer class before farther one."""
    register(app, *handlers)
    assert (str(expected), 299) == answer(app, error, path)


def test_an_http_error_without_a_code_is_not_handled(app):
    """It is a response by itself, as one that `abort` is given."""
    register(app, (None, Exception), (None, Odd))
    error = Odd()
    with app.test_request_context():
        assert error is app.handle_http_exception(error)


@pytest.mark.parametrize("kind", [NotFound, Forbidden, Teapot, MethodNotAllowed])
def test_an_http_error_without_handler_answers_by_itself(app, kind):
    """It is sent with its code and its page."""
    text, status = answer(app, kind("described"))
    assert (kind.code, status == 418 or "<!doctype html>" in text) == (status, True)


def test_an_http_error_with_a_response_is_sent_as_it(lib, app):
    """`abort` with a response sends that response, past every handler."""
    app.register_error_handler(Exception, lambda error: "handled")
    app.add_url_rule("/abort", "abort", lambda: lib.abort(lib.Response("given", 201)))
    response = app.test_client().get("/abort")
    assert ("given", 201) == (response.text, response.status_code)


def test_a_redirect_of_the_router_is_not_handled(app):
    """A missing slash redirects though there are handlers for its code and class."""
    app.register_error_handler(RequestRedirect, lambda error: "handled")
    app.register_error_handler(Exception, lambda error: "handled")
    app.add_url_rule("/slash/", "slash", lambda: "")
    assert 308 == app.test_client().get("/slash").status_code


def test_a_routing_exception_of_a_view_is_sent(app):
    """A redirect that a view raises is a response."""
    assert ("/elsewhere", 308) == _location(app, RequestRedirect("/elsewhere"))
    assert issubclass(RequestRedirect, RoutingException)


def _location(app, error):
    app.raised = error
    response = app.test_client().get("/")
    return response.location, response.status_code


@pytest.mark.parametrize("result", ["text", ("text", 418), {"a": 1}])
def test_a_handler_returns_what_a_view_may(app, result):
    """Its result becomes a response as a view's does, with status 200 unless given."""
    app.register_error_handler(Base, lambda error: result)
    app.register_error_handler(404, lambda error: result)
    expected = 418 if isinstance(result, tuple) else 200
    assert [expected, expected] == [answer(app, error)[1] for error in (Base(), NotFound())]


def test_a_handler_may_be_asynchronous(app):
    """A coroutine function handles exceptions of every kind, the last resort included."""

    async def handle(error):
        return f"{type(error).__name__}", 299

    for key in (404, Base, 500):
        app.register_error_handler(key, handle)
    assert ["NotFound", "Child", "InternalServerError"] == [
        answer(app, error)[0] for error in (NotFound(), Child(), LookupError())
    ]


def test_a_handler_that_returns_nothing_is_a_type_error(app):
    """None is no response, of a handler neither."""
    app.register_error_handler(Base, lambda error: None)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    with pytest.raises(TypeError):
        answer(app, Base())


@pytest.mark.parametrize("key", [Base, 404])
def test_a_handler_that_raises_is_a_server_error(lib, app, caplog, key):
    """What it raises is logged and answered by a 500, and is not handled again."""
    app.register_error_handler(key, lambda error: {}["missing"])
    app.register_error_handler(KeyError, lambda error: "not called")
    assert 500 == answer(app, Base() if key is Base else NotFound())[1]
    assert KeyError is caplog.records[0].exc_info[0]


@pytest.mark.parametrize("kind", [Forbidden, NotFound])
def test_a_handler_that_aborts_is_a_server_error(app, caplog, kind):
    """An HTTP error of a handler is an exception like any other."""
    app.register_error_handler(Base, lambda error: _raise(kind()))
    app.register_error_handler(kind, lambda error: ("not called", 299))
    assert 500 == answer(app, Base())[1]


def _raise(error):
    raise error


@pytest.mark.parametrize("key", [500, InternalServerError])
def test_the_handler_for_500_gets_the_original_exception(app, key):
    """It is given the 500 with the exception that caused it; a direct 500 has none."""
    seen = []
    app.register_error_handler(key, lambda error: seen.append(error) or ("sorry", 500))
    error = Base()
    assert [("sorry", 500)] * 2 == [answer(app, error), answer(app, InternalServerError())]
    assert [(InternalServerError, error), (InternalServerError, None)] == [
        (type(given), given.original_exception) for given in seen
    ]


def test_the_handler_for_500_of_a_blueprint_is_for_its_views(app):
    """The last resort goes by the blueprint too."""
    register(app, (None, 500), ("outer", 500))
    assert [str((None, 500)), str(("outer", 500))] == [answer(app, Base(), path)[0] for path in ("/", "/outer/")]


def test_a_handler_for_exception_keeps_500_from_being_asked(app):
    """A handler that takes every exception leaves nothing to the last resort."""
    register(app, (None, Exception), (None, 500))
    assert str((None, Exception)) == answer(app, Base())[0]


def test_a_failing_handler_for_500_reaches_the_server(app, caplog):
    """There is nobody left to answer, so the error goes on to the server."""
    app.register_error_handler(500, lambda error: {}["missing"])
    with pytest.raises(KeyError):
        answer(app, Base())


def test_an_unhandled_exception_is_logged_and_answered(app, caplog):
    """The log has path, method and traceback; the page says nothing of them."""
    text, status = answer(app, Base("secret"))
    (record,) = caplog.records
    assert (500, False, Base) == (status, "secret" in text, record.exc_info[0])
    assert ("Exception on / [GET]", logging.ERROR, "made") == (record.getMessage(), record.levelno, record.name)


@pytest.mark.parametrize(
    ("settings", "reaches"),
    [
        ({}, False),
        ({"TESTING": True}, True),
        ({"DEBUG": True}, True),
        ({"PROPAGATE_EXCEPTIONS": True}, True),
        ({"PROPAGATE_EXCEPTIONS": False, "TESTING": True, "DEBUG": True}, False),
    ],
)
def test_which_exceptions_reach_the_server(app, settings, reaches):
    """In testing and debug mode they do, unless `PROPAGATE_EXCEPTIONS` says otherwise."""
    app.config.update(settings)
    error = Base()
    if reaches:
        with pytest.raises(Base) as caught:
            answer(app, error)
        assert caught.value is error
    else:
        assert 500 == answer(app, error)[1]


def test_what_reaches_the_server_is_the_users_traceback(app):
    """The traceback ends in the view that raised."""
    app.testing = True
    with pytest.raises(Base) as caught:
        answer(app, Base())
    assert "fail" == caught.traceback[-1].name


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_is_no_exception_is_not_handled(lib, app, kind):
    """What ends a process goes on to the server, past handlers and log."""
    register(app, (None, Exception), (None, 500))
    told = []
    app.teardown_request(told.append)
    with pytest.raises(kind):
        answer(app, kind())
    assert [kind] == [type(error) for error in told]
    assert not lib.has_app_context()


@pytest.mark.parametrize(
    ("settings", "error", "trapped"),
    [
        ({}, NotFound(), False),
        ({"TRAP_HTTP_EXCEPTIONS": True}, NotFound(), True),
        ({"TRAP_HTTP_EXCEPTIONS": True}, BadRequestKeyError("key"), True),
        ({"TRAP_BAD_REQUEST_ERRORS": True}, BadRequest(), True),
        ({"TRAP_BAD_REQUEST_ERRORS": True}, BadRequestKeyError("key"), True),
        ({"TRAP_BAD_REQUEST_ERRORS": True}, NotFound(), False),
        ({}, BadRequestKeyError("key"), False),
        ({"DEBUG": True}, BadRequestKeyError("key"), True),
        ({"DEBUG": True}, BadRequest(), False),
        ({"DEBUG": True, "TRAP_BAD_REQUEST_ERRORS": False}, BadRequestKeyError("key"), False),
    ],
    ids=str,
)
def test_which_http_errors_are_trapped(app, settings, error, trapped):
    """A trapped HTTP error reaches the server as any other exception does."""
    app.config.update(settings, PROPAGATE_EXCEPTIONS=True)
    assert trapped is app.trap_http_exception(error)
    if trapped:
        with pytest.raises(type(error)):
            answer(app, error)
    else:
        assert error.code == answer(app, error)[1]


def test_a_trapped_error_may_have_a_handler(app):
    """A handler for the class is found as for any other exception."""
    app.config["TRAP_HTTP_EXCEPTIONS"] = True
    register(app, (None, 404))
    assert str((None, 404)) == answer(app, NotFound())[0]


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({}, False),
        ({"DEBUG": True, "TRAP_BAD_REQUEST_ERRORS": False}, True),
        ({"TRAP_BAD_REQUEST_ERRORS": True}, True),
    ],
)
def test_the_key_of_a_bad_request_is_shown_to_developers(app, settings, shown):
    """In debug mode, or when it is trapped, the description names the missing key."""
    app.config.update(settings, PROPAGATE_EXCEPTIONS=False)
    error = BadRequestKeyError("the key")
    answer(app, error)
    assert shown is ("the key" in error.description)


@pytest.mark.parametrize(
    ("settings", "method", "raised"),
    [
        ({"DEBUG": True}, "POST", True),
        ({"DEBUG": True}, "GET", False),
        ({"DEBUG": True}, "HEAD", False),
        ({"DEBUG": True}, "OPTIONS", False),
        ({}, "POST", False),
    ],
)
def test_a_redirect_that_loses_the_form_is_explained(lib, app, settings, method, raised):
    """In debug mode a redirect that drops the body is the developer's mistake."""
    app.config.update(settings)
    error = RequestRedirect("http://localhost/slash/")
    error.code = 301
    with app.test_request_context("/slash", method=method) as context:
        context.request.routing_exception = error
        with pytest.raises((RequestRedirect, AssertionError)) as caught:
            app.raise_routing_exception(context.request)
    assert raised is isinstance(caught.value, AssertionError)


@pytest.mark.parametrize("code", [307, 308])
def test_a_redirect_that_keeps_the_form_is_not_explained(app, code):
    """A redirect that repeats the body is harmless."""
    app.debug = True
    error = RequestRedirect("http://localhost/slash/")
    error.code = code
    with app.test_request_context("/slash", method="POST") as context:
        context.request.routing_exception = error
        with pytest.raises(RequestRedirect) as caught:
            app.raise_routing_exception(context.request)
    assert caught.value is error


def test_handlers_can_be_called_by_hand(lib, app):
    """The methods answer an exception that is given, or raise it again."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    register(app, (None, Base), (None, 404))
    forbidden, unknown = Forbidden(), LookupError()
    with app.test_request_context():
        assert (str((None, 404)), 299) == app.handle_http_exception(NotFound())
        assert (str((None, Base)), 299) == app.handle_user_exception(Child())
        assert (str((None, 404)), 299) == app.handle_user_exception(NotFound())
        assert forbidden is app.handle_user_exception(forbidden)
        assert 500 == app.handle_exception(unknown).status_code
        with pytest.raises(LookupError):
            _handle(app, unknown)


def _handle(app, error):
    try:
        raise error
    except LookupError:
        app.handle_user_exception(error)


def test_a_handler_is_found_by_the_blueprints_that_are_given(app):
    """`_find_error_handler` takes the names, as extensions call it."""
    register(app, ("outer", Base))
    with app.test_request_context():
        found = [app._find_error_handler(Base(), names) for names in ([], ["outer"], ["outer.inner", "outer"])]
    assert [False, True, True] == [handler is not None for handler in found]


def test_handlers_may_be_registered_in_the_table(app):
    """Extensions write to `error_handler_spec` while the application serves."""
    app.test_client().get("/none")
    register(app, (None, 404))
    assert str((None, 404)) == answer(app, NotFound())[0]
    app.error_handler_spec[None].clear()
    assert 404 == answer(app, NotFound())[1]
