"""Answer servers that call by WSGI (PEP 3333)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..ctx import open_context
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
            app._finish_setup()
    context.start_response = start_response
    body: Iterable[bytes] = answer(context, _send)
    return body


def _send(context: Any, response: Any) -> Iterable[bytes]:
    """Start the response while its request is still current."""
    if type(response) is tuple:
        status, headers, body = response
        context.start_response(status, headers)
        return [] if context.route.method == "HEAD" else [body]
    chunks: Iterable[bytes] = response(context.environ, context.start_response)
    return chunks
