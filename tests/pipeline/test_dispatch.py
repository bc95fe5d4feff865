"""The way of one request: its steps, and how it ends whatever fails."""

import contextvars

import flask
import pytest
from werkzeug.test import create_environ

import demijohn


class Stop(BaseException):
    """End a request as an interrupted worker does."""


@pytest.fixture(params=[flask, demijohn], ids=["flask", "demijohn"])
def lib(request):
    """Give Flask and Demijohn in turn: what is asserted holds for both."""
    return request.param


POSITIONS = [
    *("request class", "create_url_adapter", "session open", "session save", "processor", "before app", "before blueprint"),
    *("view", "handler", "after this", "after blueprint", "after app", "response", "start_response", "none"),
    *("teardown blueprint", "teardown app", "teardown context 1", "teardown context 2", "request close"),
    *("request_started", "request_finished", "got_request_exception", "request_tearing_down"),
    *("appcontext_pushed", "appcontext_tearing_down", "appcontext_popped", "should_ignore_error", "log"),
]

TEARDOWNS = ["teardown blueprint", "teardown app", "teardown context 1", "teardown context 2"]
DIFFERENT = {"create_url_adapter", "appcontext_pushed", "should_ignore_error"}


def build(lib, position, kind, events):
    """Return an application that records every step and raises at one, and what keeps its receivers alive."""

    def step(name, result=None):
        def run(*arguments, **options):
            events.append(name)
            if name == position:
                raise kind(name)
            return arguments[-1] if result == "last" else result

        return run

    class Sessions(lib.sessions.SecureCookieSessionInterface):
        def open_session(self, app, request):
            step("session open")()
            return super().open_session(app, request)

        def save_session(self, app, session, response):
            step("session save")()
            super().save_session(app, session, response)

    class Request(lib.Request):
        def __init__(self, *arguments, **options):
            step("request class")()
            super().__init__(*arguments, **options)

        def close(self):
            step("request close")()

    class Response(lib.Response):
        def __call__(self, environ, start_response):
            step("response")()
            return super().__call__(environ, start_response)

    class App(lib.Flask):
        request_class = Request
        response_class = Response
        session_interface = Sessions()

        def create_url_adapter(self, request):
            step("create_url_adapter")()
            return super().create_url_adapter(request)

        def should_ignore_error(self, error):
            step("should_ignore_error")()
            return False

        def log_exception(self, exc_info):
            step("log")()

    app = App("made")
    app.secret_key = "k"
    blueprint = lib.Blueprint("part", "made")
    app.url_value_preprocessor(step("processor"))
    app.before_request(step("before app"))
    blueprint.before_request(step("before blueprint"))
    blueprint.after_request(step("after blueprint", "last"))
    app.after_request(step("after app", "last"))
    blueprint.teardown_request(step("teardown blueprint"))
    app.teardown_request(step("teardown app"))
    app.teardown_appcontext(step("teardown context 2"))
    app.teardown_appcontext(step("teardown context 1"))
    receivers = []
    for name in POSITIONS:
        if name.startswith(("request_", "got_", "appcontext_")):
            receivers.append(step(name))
            getattr(lib, name).connect(receivers[-1], app)

    @blueprint.get("/")
    def view():
        lib.after_this_request(step("after this", "last"))
        step("view")()
        if position in {"handler", "got_request_exception", "should_ignore_error", "log"}:
            raise ZeroDivisionError
        return "text"

    app.register_blueprint(blueprint)
    if position == "handler":
        app.register_error_handler(ZeroDivisionError, step("handler"))
    return app, receivers, step("start_response")


def run_once(lib, position, kind, *, propagate):
    """Return the steps of one request, what surfaced, and whether anything is still current."""
    events = []
    app, receivers, start = build(lib, position, kind, events)
    app.config["PROPAGATE_EXCEPTIONS"] = propagate
    environ = create_environ()
    statuses = []
    variables = contextvars.copy_context()

    def start_response(status, headers, exc_info=None):
        start()
        statuses.append(status)

    try:
        surfaced = b"".join(variables.run(app, environ, start_response))
    except BaseException as error:
        surfaced = type(error), str(error)
    left = variables.run(lambda: (lib.has_app_context(), lib.has_request_context()))
    assert receivers
    return events, (surfaced, statuses), left


def keep_comparable(events):
    """Return the steps without those that happen on first use, or at another time than Flask's."""
    return [name for name in events if name not in {"create_url_adapter", "session open", "appcontext_pushed"}]


@pytest.mark.parametrize("kind", [LookupError, Stop])
@pytest.mark.parametrize("propagate", [False, True])
@pytest.mark.parametrize("position", [name for name in POSITIONS if name not in DIFFERENT])
def test_whatever_fails_the_request_ends_as_flasks(position, propagate, kind):
    """The same steps run, the same error surfaces, and nothing is left current."""
    theirs, their_end, _ = run_once(flask, position, kind, propagate=propagate)
    ours, our_end, left = run_once(demijohn, position, kind, propagate=propagate)
    assert (their_end, (False, False)) == (our_end, left)
    if position not in TEARDOWNS and position != "session open":
        assert keep_comparable(theirs) == keep_comparable(ours)


@pytest.mark.parametrize("position", ["create_url_adapter", "appcontext_pushed"])
def test_what_fails_while_a_request_is_entered_is_the_requests_error(position):
    """It is answered by a 500 or reaches the server as it is; with Flask another error takes its place, or no teardown runs."""
    _, (body, statuses), left = run_once(demijohn, position, LookupError, propagate=False)
    assert (["500 INTERNAL SERVER ERROR"], (False, False)) == (statuses, left)
    _, surfaced, left = run_once(demijohn, position, LookupError, propagate=True)
    assert (((LookupError, position), []), (False, False)) == (surfaced, left)


@pytest.mark.parametrize("propagate", [False, True])
def test_an_error_of_should_ignore_error_leaves_nothing_current(propagate):
    """An override that raises keeps no context from being left; with Flask it does."""
    _, (surfaced, _), left = run_once(demijohn, "should_ignore_error", LookupError, propagate=propagate)
    assert ((LookupError, "should_ignore_error"), (False, False)) == (surfaced, left)


@pytest.mark.parametrize("propagate", [False, True])
@pytest.mark.parametrize("position", [name for name in POSITIONS if name != "request class"])
def test_whatever_fails_every_teardown_runs_once(position, propagate):
    """A step that raises keeps no teardown from running, another teardown included."""
    events, _, _ = run_once(demijohn, position, LookupError, propagate=propagate)
    expected = TEARDOWNS[1:] if position in {"create_url_adapter", "session open", "appcontext_pushed"} else TEARDOWNS
    assert expected == [name for name in events if name in TEARDOWNS]


def test_without_an_error_the_order_is_flasks():
    """Every step of a request runs once, in Flask's order."""
    theirs, _, _ = run_once(flask, "none", LookupError, propagate=None)
    ours, _, _ = run_once(demijohn, "none", LookupError, propagate=None)
    assert keep_comparable(theirs) == keep_comparable(ours)
    assert sorted(set(theirs)) == sorted(ours)
