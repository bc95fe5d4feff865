"""Views that fail in every way, and the handlers that answer for them."""

from __future__ import annotations

from typing import Any

import werkzeug.exceptions

from tests.differential.trail import describe, mark


class OddError(Exception):
    """The root of this app's own exceptions."""


class OdderError(OddError):
    """Has no handler of its own, and so its parent's answers."""


class OddestError(OdderError):
    """Has a handler of its own on one blueprint."""


class MixedError(LookupError, OddError):
    """Has two parents, of which the second has a handler."""


class UnhandledError(Exception):
    """Has no handler anywhere."""


class TeapotError(werkzeug.exceptions.HTTPException):
    """An HTTP exception of this app's own, with a code that has a handler."""

    code = 418
    description = "short and stout"


class CodelessError(werkzeug.exceptions.HTTPException):
    """An HTTP exception without a code."""


class RoutedError(werkzeug.exceptions.NotFound):
    """A more special 404."""


EXCEPTIONS: dict[str, Any] = {
    "odd": OddError,
    "odder": OdderError,
    "oddest": OddestError,
    "mixed": MixedError,
    "unhandled": UnhandledError,
    "teapot": TeapotError,
    "codeless": CodelessError,
    "routed": RoutedError,
    "zero": ZeroDivisionError,
    "key": KeyError,
    "assertion": AssertionError,
    "unicode": UnicodeError,
    "overflow": OverflowError,
    "not implemented": NotImplementedError,
    "bad key": werkzeug.exceptions.BadRequestKeyError,
    "gone": werkzeug.exceptions.Gone,
    "method": werkzeug.exceptions.MethodNotAllowed,
    "server": werkzeug.exceptions.InternalServerError,
    "unavailable": werkzeug.exceptions.ServiceUnavailable,
    "many": werkzeug.exceptions.TooManyRequests,
}

MISSING = ("args", "form", "files", "headers", "cookies", "values", "json", "none")

RULES: list[tuple[str, str, dict[str, Any]]] = [
    ("/abort/<int:code>", "abort_code", {"methods": ["GET", "POST"]}),
    ("/abort/<int:code>/<description>", "abort_text", {}),
    ("/abort/response", "abort_response", {}),
    ("/raise/<name>", "raise_error", {"methods": ["GET", "POST", "DELETE"]}),
    ("/handler/<kind>", "handler", {}),
    ("/missing/<kind>", "missing", {"methods": ["GET", "POST"]}),
    ("/chained", "chained", {}),
]

PATHS = (
    *(
        f"/abort/{code}"
        for code in (200, 204, 302, 304, 400, 401, 404, 405, 410, 413, 418, 422, 429, 451, 500, 503, 999)
    ),
    "/abort/404/not%20here%20%3Cb%3E",
    "/abort/401/who",
    "/abort/503/later",
    "/abort/response",
    *(f"/raise/{name.replace(' ', '%20')}" for name in EXCEPTIONS),
    "/raise/nobody",
    *(f"/handler/{kind}" for kind in ("raises", "aborts", "text", "none", "http")),
    *(f"/missing/{kind}" for kind in MISSING),
    "/chained",
    "/nowhere",
)


class HandlerError(OddError):
    """Tells its handler what to do."""


class Views:
    """Views that fail."""

    def __init__(self, flask: Any, app: Any) -> None:
        """Hold on to the package whose app this is."""
        self.flask = flask

    def abort_code(self, code: int) -> Any:
        self.flask.abort(code)

    def abort_text(self, code: int, description: str) -> Any:
        self.flask.abort(code, description)

    def abort_response(self) -> Any:
        self.flask.abort(self.flask.Response("aborted with a response", 409, {"X-Abort": "1"}))

    def raise_error(self, name: str) -> Any:
        raise EXCEPTIONS[name](name)

    def handler(self, kind: str) -> Any:
        raise HandlerError(kind)

    def chained(self) -> Any:
        try:
            raise OddError("first")
        except OddError as error:
            raise UnhandledError("second") from error

    def missing(self, kind: str) -> Any:
        request = self.flask.request
        return getattr(request, kind)["absent"] if kind != "none" else request.nothing


def add_handlers(app: Any, flask: Any, handlers: str) -> None:
    """Register the app's handlers.

    Args:
        app: The app.
        flask: The package whose app it is.
        handlers: `none`, `codes` or `generic`.
    """
    if handlers == "codes":
        add_by_class(app, "app")
        add_by_code(app, flask, "app")
    elif handlers == "generic":
        add_generic(app)


def add_by_class(target: Any, place: str) -> None:
    """Register handlers by class, whose order of registration must not matter."""

    @target.errorhandler(OddError)
    def odd(error: OddError) -> Any:
        mark(f"handler odd {place}")
        return f"{place} odd: {type(error).__name__} {error}", 442

    @target.errorhandler(HandlerError)
    def told(error: HandlerError) -> Any:
        kind = str(error)
        if kind == "raises":
            raise UnhandledError("in the handler") from error
        if kind == "aborts":
            raise werkzeug.exceptions.Gone
        return {"text": "text", "none": None, "http": werkzeug.exceptions.Conflict()}[kind]


def add_by_code(target: Any, flask: Any, place: str) -> None:
    """Register handlers by code, and one by an HTTP exception's class."""

    def answer(error: Any) -> Any:
        mark(f"handler {error.code} {place}")
        original = getattr(error, "original_exception", None)
        return {"place": place, "code": error.code, "name": error.name, "original": describe(original)}, error.code

    for code in (404, 418, 429, 500):
        target.register_error_handler(code, answer)

    @target.errorhandler(werkzeug.exceptions.Gone)
    def gone(error: Any) -> Any:
        return flask.render_template_string("gone: {{ error.code }} {{ error.description }}", error=error), 410

    @target.errorhandler(405)
    def refused(error: Any) -> Any:
        return error

    @target.errorhandler(413)
    def large(error: Any) -> Any:
        return "too large", 413


def add_generic(app: Any) -> None:
    """Register one handler for HTTP exceptions and one for all others."""

    @app.errorhandler(werkzeug.exceptions.HTTPException)
    def http(error: Any) -> Any:
        mark(f"generic http {error.code}")
        response = error.get_response()
        response.data = f"generic {error.code} {error.name}"
        return response

    @app.errorhandler(Exception)
    def everything(error: Exception) -> Any:
        mark("generic exception")
        return f"generic {type(error).__name__}", 500
