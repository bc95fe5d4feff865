"""Hooks that write to the trail, and that stop or raise when a request header asks for it.

`X-Stop: <place>` makes the before-hook of that place return a response;
`X-Raise: <kind> <place>` makes that hook raise.
"""

from __future__ import annotations

from typing import Any

from tests.differential.apps.errors import OddError
from tests.differential.trail import mark

KINDS = ("preprocess", "before", "after", "teardown", "processor", "defaults")

SIGNALS = (
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
)


def add(target: Any, flask: Any, place: str) -> None:
    """Register hooks of every kind on an app or a blueprint."""

    def trip(kind: str) -> None:
        mark(f"{kind} {place}")
        if flask.request.environ.get("HTTP_X_RAISE") == f"{kind} {place}":
            raise OddError(f"{kind} {place}")

    @target.url_value_preprocessor
    def preprocess(endpoint: str | None, values: dict[str, Any] | None) -> None:
        mark(f"values {endpoint} {sorted(values or {})}")
        trip("preprocess")
        if values and place != "app":
            flask.g.language = values.pop("language", None)

    @target.before_request
    def first() -> Any:
        trip("before")
        return f"stopped by {place}" if flask.request.environ.get("HTTP_X_STOP") == place else None

    @target.before_request
    def second() -> None:
        mark(f"second before {place}")

    @target.after_request
    def after(response: Any) -> Any:
        trip("after")
        response.headers.add("X-After", place)
        return response

    @target.after_request
    def replaced(response: Any) -> Any:
        mark(f"second after {place}")
        if flask.request.environ.get("HTTP_X_REPLACE") == place:
            return flask.current_app.response_class(f"replaced by {place}", 203)
        return response

    @target.teardown_request
    def teardown(error: BaseException | None) -> None:
        mark(f"teardown with {type(error).__name__}")
        trip("teardown")

    @target.context_processor
    def processor() -> dict[str, Any]:
        trip("processor")
        return {"from_" + place: place, "place": place}

    add_url_defaults(target, flask, place, trip)


def add_url_defaults(target: Any, flask: Any, place: str, trip: Any) -> None:
    """Register the hook that `url_for` runs, which needs no request."""

    @target.url_defaults
    def defaults(endpoint: str, values: dict[str, Any]) -> None:
        if flask.has_request_context():
            trip("defaults")
        if endpoint.endswith("in_language"):
            values.setdefault("language", flask.g.get("language", "de"))


def add_app_only(app: Any, flask: Any) -> None:
    """Register the hooks that an app alone has."""

    @app.teardown_appcontext
    def outer(error: BaseException | None) -> None:
        mark(f"appcontext with {type(error).__name__} {flask.has_request_context()}")

    @app.teardown_appcontext
    def inner(error: BaseException | None) -> None:
        mark("second appcontext")

    @app.shell_context_processor
    def shell() -> dict[str, Any]:
        return {"trail": mark}


def connect(app: Any, flask: Any) -> list[Any]:
    """Connect one receiver to every signal of the app.

    Returns:
        The receivers, which the signals hold only weakly.
    """

    def receiver_for(name: str) -> Any:
        def receive(sender: Any, **values: Any) -> None:
            mark(f"signal {name} {sorted(values)} {flask.has_request_context()}")

        getattr(flask.signals, name).connect(receive, app)
        return receive

    return [receiver_for(name) for name in SIGNALS]
