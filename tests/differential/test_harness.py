"""The comparison itself: it sees every kind of difference, and its exceptions let nothing else through."""

from __future__ import annotations

import io
from typing import Any

import flask
import pytest

from tests.differential import sides
from tests.differential.compare import answer_both, compare
from tests.differential.deviations import DEVIATIONS
from tests.differential.driver import Answer, Call, call
from tests.differential.trail import mark

left: list[Any] = []


def make(change: str = "") -> Any:
    """Build a small app, with one thing done otherwise."""
    app = flask.Flask(__name__)
    app.config["PROPAGATE_EXCEPTIONS"] = True

    @app.before_request
    def before() -> None:
        mark("before otherwise" if change == "events" else "before")

    @app.route("/")
    def index() -> Any:
        if change == "error":
            raise ArithmeticError("otherwise")
        headers = {"X-One": "otherwise"} if change == "headers" else {"X-One": "1"}
        return "other" if change == "body" else "index", 201 if change == "status" else 200, headers

    if change == "left":
        app.wsgi_app = leave_context(app)  # type: ignore[method-assign]  # a door that forgets to clean up
    return app


def leave_context(app: Any) -> Any:
    """Return a door that pushes an app context after each answer."""
    inner = app.wsgi_app

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        body = inner(environ, start_response)
        left.append(app.app_context())
        left[-1].push()
        return body

    return answer


@pytest.mark.parametrize("change", ["status", "headers", "body", "events", "error", "left"])
def test_each_kind_of_difference_is_reported(change: str) -> None:
    """An app that differs in one part is reported with the name of that part."""
    report = compare(Call(), *answer_both((make(), make(change)), Call()))
    while left:
        left.pop().pop()
    assert change in report.splitlines()[0]


def test_equal_apps_are_not_reported() -> None:
    """Two apps of the same source give no report."""
    assert compare(Call(), *answer_both((make(), make()), Call())) == ""


def test_a_session_with_a_wrong_signature_is_reported() -> None:
    """A session cookie that the app's key did not sign is shown as it is, and so differs."""
    first, second = make(), make()
    for app, key in ((first, "one"), (second, "two")):
        app.secret_key = key
        app.add_url_rule("/set", "set", lambda: flask.session.update(a=1) or "set")
    second.secret_key = "one"
    second.config["SESSION_COOKIE_NAME"] = "other"
    assert "headers" in compare(Call(path="/set"), *answer_both((first, second), Call(path="/set")))


@pytest.mark.parametrize("deviation", DEVIATIONS, ids=lambda deviation: deviation.name)
def test_a_deviation_lets_nothing_through_for_a_plain_request(deviation: Any) -> None:
    """No exception covers a plain request that is answered otherwise."""
    theirs, ours = Answer(status="200 OK", body=b"x"), Answer(status="404 NOT FOUND", body=b"y", events=["after"])
    assert not deviation.allows(Call(), theirs, ours, {"status", "body", "events"})


def test_the_driver_sends_the_raw_path() -> None:
    """A path reaches the app with its bytes as they are, decoded as WSGI says."""
    environ = Call(path="/a%2Fb%FF%00", query="q=%zz", headers=(("X-A", "1"), ("X-A", "2"))).build({"c": "d"})
    assert ("/a/b\xff\x00", "q=%zz", "1,2", "c=d") == tuple(
        environ[key] for key in ("PATH_INFO", "QUERY_STRING", "HTTP_X_A", "HTTP_COOKIE")
    )


def test_the_driver_closes_the_body_of_an_app_that_fails() -> None:
    """The body's close is called once also when a piece of it raises."""
    closed = io.StringIO()

    class Body:
        def __iter__(self) -> Any:
            raise ArithmeticError("no piece")

        def close(self) -> None:
            closed.write("closed")

    app = make()
    app.wsgi_app = lambda environ, start_response: Body()  # type: ignore[method-assign]  # a door of its own
    assert ("ArithmeticError: no piece", "closed") == (call(app, Call()).error, closed.getvalue())


def test_real_flask_is_one_of_the_sides() -> None:
    """The reference is Flask itself, and not the alias."""
    assert sides.THEIRS.Flask.__module__ == "flask.app"
    assert "site-packages" in sides.THEIRS.__file__
