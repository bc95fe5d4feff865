"""Find who handles an exception, and make a response of it.

Here lives the way of an exception: from the code of a request to a handler
that the user registered, to the default page of an HTTP error, or to the
log and a 500.  `Flask.handle_exception` and its siblings call these
functions; whatever of them is overridden gets called.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from werkzeug.exceptions import (
    BadRequest,
    BadRequestKeyError,
    HTTPException,
    InternalServerError,
    default_exceptions,
)
from werkzeug.routing import RequestRedirect, RoutingException

from ..signals import got_request_exception
from .drive import Step
from .plan import find_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..typing import AppLike

#: Redirects that a browser repeats with the same method and body, and the
#: methods that have no body to lose.
_SAFE_CODES = frozenset({307, 308})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def find_class_and_code(key: type[Exception] | int) -> tuple[type[Exception], int | None]:
    """Return the exception class that a handler is registered for.

    Args:
        key: An exception class, or the status code of an HTTP error.

    Returns:
        The class, and its status code where it is an HTTP error.

    Raises:
        ValueError: The number is not the code of an HTTP error.
        TypeError: It is an instance, or no exception class.
    """
    if isinstance(key, int):
        found = default_exceptions.get(key)
        if found is None:
            raise ValueError(
                f"{key} is not the status code of an HTTP error that Werkzeug knows."
                " Use a subclass of HTTPException with that code instead."
            )
        return found, found.code
    if isinstance(key, Exception):
        raise TypeError(
            f"{key!r} is an instance, not a class. Handlers are registered for exception"
            " classes or for the status codes of HTTP errors."
        )
    kind: Any = key
    if not isinstance(kind, type) or not issubclass(kind, Exception):
        name = kind.__name__ if isinstance(kind, type) else repr(kind)
        raise ValueError(  # noqa: TRY004 - what Flask raises, and users catch
            f"'{name}' is not a subclass of Exception. Handlers are registered for exception"
            " classes or for the status codes of HTTP errors."
        )
    return key, key.code if issubclass(key, HTTPException) else None


def find_handler(app: AppLike, error: Exception, blueprints: Iterable[str]) -> Callable[[Any], Any] | None:
    """Return the registered handler for an exception.

    A handler for the status code is preferred to one for the class, one of
    a blueprint to the application's, and a nearer class to a farther one.

    Args:
        app: The application.
        error: The exception.
        blueprints: Names of the request's blueprints, the inmost first.

    Returns:
        The handler, or None where there is none.
    """
    kind: Any = type(error)
    code = kind.code if isinstance(error, HTTPException) else None
    names = (*blueprints, None)
    for wanted in (code, None) if code is not None else (None,):
        for name in names:
            by_code = app.error_handler_spec.get(name)
            handlers = by_code.get(wanted) if by_code else None
            if not handlers:
                continue
            for base in kind.__mro__:
                if base in handlers:
                    handler: Callable[[Any], Any] = handlers[base]
                    return handler
    return None


def traps(app: AppLike, error: Exception) -> bool:
    """Say whether an HTTP error is to be treated as an ordinary exception."""
    config = app.config
    if config["TRAP_HTTP_EXCEPTIONS"]:
        return True
    trap_bad_requests = config["TRAP_BAD_REQUEST_ERRORS"]
    if trap_bad_requests is None and app.debug and isinstance(error, BadRequestKeyError):
        return True
    return bool(trap_bad_requests) and isinstance(error, BadRequest)


def choose_http_handler(app: AppLike, context: Any, error: HTTPException) -> Callable[[Any], Any] | None:
    """Return what answers an HTTP error.

    Args:
        app: The application.
        context: The request context.
        error: The error; a redirect of the router is never handled.

    Returns:
        The handler, callable by sync code; None where the error is itself
        the answer.
    """
    if error.code is None or isinstance(error, RoutingException):
        return None
    handler = app._find_error_handler(error, _find_blueprints(context))
    return None if handler is None else _make_sync(app, handler)


def choose_user_handler(app: AppLike, context: Any, error: Exception) -> Callable[[Any], Any] | None:
    """Return what answers an exception of the request's own code.

    Args:
        app: The application.
        context: The request context.
        error: The exception.

    Returns:
        The handler, callable by sync code; None where the error is itself
        the answer.

    Raises:
        Exception: The same one, where nobody handles it.
    """
    if isinstance(error, BadRequestKeyError) and (app.debug or app.config["TRAP_BAD_REQUEST_ERRORS"]):
        error.show_exception = True
    if isinstance(error, HTTPException) and not app.trap_http_exception(error):
        override = find_plan(app).overrides.handle_http_exception
        return override or choose_http_handler(app, context, error)
    handler: Callable[[Any], Any] | None = app._find_error_handler(error, _find_blueprints(context))
    if handler is not None:
        return _make_sync(app, handler)
    try:
        raise error
    finally:
        # Its traceback names this frame: without the name, no circle is left.
        del error


def handle_exception(app: AppLike, context: Any, error: Exception) -> Step[Any]:
    """Log an exception that nobody handled and answer with a 500.

    Args:
        app: The application.
        context: The request context.
        error: The exception.

    Returns:
        The response, made by the handler for 500 if there is one.

    Raises:
        Exception: The same one, where it is to reach the server: by
            `PROPAGATE_EXCEPTIONS`, or in debug and testing mode.
    """
    if got_request_exception.receivers:
        yield partial(got_request_exception.send, app, _async_wrapper=app.ensure_sync, exception=error), ()
    propagate = app.config["PROPAGATE_EXCEPTIONS"]
    if propagate is None:
        propagate = app.testing or app.debug
    try:
        if propagate:
            raise error
        app.log_exception((type(error), error, error.__traceback__))
        server_error = InternalServerError(original_exception=error)
    finally:
        del error
    result: Any = server_error
    handler = app._find_error_handler(server_error, _find_blueprints(context))
    if handler is not None:
        result = yield _make_sync(app, handler), (server_error,)
    return (yield partial(app.finalize_request, result, from_error_handler=True), ())


def _make_sync(app: AppLike, handler: Callable[[Any], Any]) -> Callable[[Any], Any]:
    call: Callable[[Any], Any] = find_plan(app).make_sync(handler)
    return call


def _find_blueprints(context: Any) -> list[str]:
    rule = context.route.url_rule
    if rule is None or "." not in rule.endpoint:
        return []
    blueprints: list[str] = context.request.blueprints
    return blueprints


def raise_routing_exception(app: AppLike, request: Any) -> NoReturn:
    """Raise the error of matching the URL.

    Args:
        app: The application.
        request: The request whose `routing_exception` is set.

    Raises:
        HTTPException: The error of the router.
        FormDataRoutingRedirect: In debug mode, where following a redirect
            would lose the form's data.
    """
    error = request.routing_exception
    if (
        app.debug
        and isinstance(error, RequestRedirect)
        and error.code not in _SAFE_CODES
        and request.method not in _SAFE_METHODS
    ):
        # Only debug mode pays for the module of long explanations.
        from ..dev.explain import FormDataRoutingRedirect

        raise FormDataRoutingRedirect(request)
    try:
        raise error
    finally:
        # Its traceback names this frame: without the name, no circle is left.
        del error
