"""Answer servers that call by WSGI (PEP 3333)."""

from __future__ import annotations

from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from ..ctx import open_context
from ..pipeline.bridge import iterate_in_thread
from ..pipeline.dispatch import answer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def serve(app: Any, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer one WSGI call; wrap `wsgi_app` with middleware.

    Args:
        app: The application.
        environ: The request, as the server tells it.
        start_response: Takes the status line and the headers.

    Returns:
        The body, in chunks.

    Raises:
        Exception: What is to reach the server, such as in debug mode.
    """
    plan = app._registry.plan
    if plan is not None and plan.opens_plainly:
        context: Any = open_context(app, environ)
    else:
        context = app.request_context(environ)
        if not app._got_first_request:
            if app._lifespan is not None:
                app._lifespan.start_for_wsgi()
            app._finish_setup()
    context.start_response = start_response
    on_answer = app._on_answer
    body: Iterable[bytes] = answer(context, _send) if on_answer is None else _answer_and_tell(context, on_answer)
    return body


def _answer_and_tell(context: Any, on_answer: Any) -> Iterable[bytes]:
    """Answer a request, and tell the access log when it is handed over."""
    started = perf_counter_ns()
    start_response = context.start_response
    status = 500

    def note_status(line: str, *args: Any) -> Any:
        nonlocal status
        status = int(line[:3])
        return start_response(line, *args)

    context.start_response = note_status
    try:
        body: Iterable[bytes] = answer(context, _send)
        return body
    finally:
        on_answer(context, status, started)


def _send(context: Any, response: Any) -> Iterable[bytes]:
    """Start the response while its request is still current."""
    if type(response) is tuple:
        status, headers, body = response
        context.start_response(status, headers)
        return [] if context.route.method == "HEAD" else [body]
    if hasattr(getattr(response, "response", None), "__aiter__"):
        response.response = iterate_in_thread(response.response)
    chunks: Iterable[bytes] = response(context.environ, context.start_response)
    return chunks
