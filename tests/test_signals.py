"""The signals: when each is sent, with what, and what a receiver may do."""

import asyncio
from contextlib import ExitStack

import flask
import pytest

import demijohn

NAMES = [
    "appcontext_popped",
    "appcontext_pushed",
    "appcontext_tearing_down",
    "before_render_template",
    "got_request_exception",
    "message_flashed",
    "request_finished",
    "request_started",
    "request_tearing_down",
    "template_rendered",
]


@pytest.fixture
def app(lib):
    """Return an application with a view, a view that fails and one that flashes."""
    app = lib.Flask("made")
    app.secret_key = "k"
    app.add_url_rule("/", "page", lambda: lib.render_template_string("{{ word }}", word="said"))
    app.add_url_rule("/fail", "fail", lambda: 1 / 0)
    app.add_url_rule("/flash", "flash", lambda: str(lib.flash("Saved.", "info")))
    return app


@pytest.fixture
def sent(lib, app):
    """Return the list of signals that the application sends from now on."""
    sent = []
    receivers = []
    for name in NAMES:

        def receive(sender, _name=name, **values):
            sent.append((_name, values))

        receivers.append(receive)
        getattr(lib, name).connect(receive, app)
    yield sent
    for name, receive in zip(NAMES, receivers, strict=True):
        getattr(lib, name).disconnect(receive, app)


def names_of(sent):
    """Return the names alone."""
    return [name for name, _ in sent]


def test_a_request_sends_its_signals_in_order(app, sent):
    """A request tells of every step of its life."""
    app.test_client().get("/")
    assert [
        "appcontext_pushed",
        "request_started",
        "before_render_template",
        "template_rendered",
        "request_finished",
        "request_tearing_down",
        "appcontext_tearing_down",
        "appcontext_popped",
    ] == names_of(sent)


def test_a_failed_request_tells_of_the_exception(app, sent):
    """The exception is told once by itself, and the teardowns know of it."""
    app.test_client().get("/fail")
    values = dict(sent)
    error = values["got_request_exception"]["exception"]
    assert ZeroDivisionError is type(error)
    assert {"exc": error} == values["request_tearing_down"]
    assert {"exc": error} == values["appcontext_tearing_down"]
    assert 500 == values["request_finished"]["response"].status_code


def test_a_handled_exception_is_not_told(lib, app, sent):
    """What a handler answers is no failed request."""
    app.register_error_handler(ZeroDivisionError, lambda error: "handled")
    app.test_client().get("/fail")
    values = dict(sent)
    assert "got_request_exception" not in values
    assert {"exc": None} == values["request_tearing_down"]


def test_a_flashed_message_is_told(app, sent):
    """The message and its category are told."""
    app.test_client().get("/flash")
    assert {"message": "Saved.", "category": "info"} == dict(sent)["message_flashed"]


def test_a_template_is_told_with_its_variables(app, sent):
    """The template and its variables are told before and after."""
    app.test_client().get("/")
    values = dict(sent)
    assert "said" == values["before_render_template"]["context"]["word"]
    assert values["before_render_template"]["template"] is values["template_rendered"]["template"]


def test_an_application_context_sends_its_signals(app, sent):
    """Entering, tearing down and leaving are told; a second entering is told too."""
    context = app.app_context()
    with context, context:
        pass
    assert [
        "appcontext_pushed",
        "appcontext_pushed",
        "appcontext_popped",
        "appcontext_tearing_down",
        "appcontext_popped",
    ] == names_of(sent)


def test_a_request_inside_its_application_shares_the_context(app, sent):
    """Where the application is current already, a request sends no context signals."""
    with app.app_context():
        sent.clear()
        app.test_client().get("/flash")
        assert [
            "request_started",
            "message_flashed",
            "request_finished",
            "request_tearing_down",
        ] == names_of(sent)


def test_receivers_find_the_contexts(lib, app):
    """The application is current for every receiver, the request while there is one."""
    seen = []

    def receive(sender, **values):
        seen.append((lib.current_app.name, lib.has_request_context()))

    with ExitStack() as connections:
        for name in ("appcontext_pushed", "request_tearing_down", "appcontext_tearing_down"):
            connections.enter_context(getattr(lib, name).connected_to(receive))
        app.test_client().get("/flash")
    assert [("made", False), ("made", True), ("made", False)] == seen


def test_a_receiver_may_be_asynchronous(lib, app):
    """A coroutine function receives every signal."""
    seen = []

    async def receive(sender, **values):
        await asyncio.sleep(0)
        seen.append(sender)

    signals = [getattr(lib, name) for name in NAMES if name not in {"appcontext_pushed", "appcontext_popped"}]
    for signal in signals:
        signal.connect(receive, app)
    app.test_client().get("/")
    app.test_client().get("/fail")
    app.test_client().get("/flash")
    assert {app} == set(seen)
    assert 2 + 3 + 3 + 3 + 1 + 1 + 3 == len(seen)


def test_a_response_can_be_changed_by_a_receiver(lib, app):
    """`request_finished` has the response that is going to be sent."""

    def mark(sender, response):
        response.headers["X-Marked"] = "yes"

    with lib.request_finished.connected_to(mark, app):
        assert "yes" == app.test_client().get("/flash").headers["X-Marked"]


@pytest.mark.parametrize("name", ["request_started", "request_finished", "got_request_exception"])
def test_an_error_of_a_receiver_is_the_requests(lib, app, name):
    """A receiver that raises makes the request fail, and leaves nothing current."""

    def fail(sender, **values):
        raise LookupError("receiver")

    app.config["PROPAGATE_EXCEPTIONS"] = True
    path = "/fail" if name == "got_request_exception" else "/flash"
    with getattr(lib, name).connected_to(fail, app), pytest.raises(LookupError, match="receiver"):
        app.test_client().get(path)
    assert not lib.has_app_context()


def test_signals_are_named():
    """Each signal has the name that Flask's has, and all are Blinker's."""
    assert [getattr(flask, name).name for name in NAMES] == [getattr(demijohn, name).name for name in NAMES]
    assert sorted(NAMES) == sorted(
        name for name in vars(demijohn.signals) if hasattr(vars(demijohn.signals)[name], "connect")
    )
