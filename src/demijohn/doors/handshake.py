"""Open the context of a WebSocket, whatever protocol it came by."""

from __future__ import annotations

from contextlib import suppress
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest

from ..websocket import WebSocketDisconnected
from .environ import build_environ
from .peer import Incoming
from .refused import tell_refused
from .websocket import serve_socket

if TYPE_CHECKING:
    from ..websocket import Transport

_SCHEMES = {"ws": "http", "wss": "https"}


async def open_socket(app: Any, incoming: Incoming, transport: Transport) -> None:
    """Serve a WebSocket.

    Args:
        app: The application.
        incoming: The handshake.
        transport: What carries the messages.

    Raises:
        Exception: What is to reach the server, such as in debug mode.
    """
    if app._lifespan is not None and app._lifespan.needs_start:
        await app._lifespan.start()
    started = perf_counter_ns()
    names = {name for name, _ in incoming.headers}
    # From HTTP/2 on a handshake has neither of them (RFC 8441), and routing asks for both.
    added = {"upgrade": "websocket", "connection": "Upgrade"}
    handshake = incoming._replace(
        method="GET",
        scheme=_SCHEMES.get(incoming.scheme, incoming.scheme),
        headers=[*incoming.headers, *(pair for pair in added.items() if pair[0] not in names)],
    )
    try:
        context = app.request_context(build_environ(handshake))
    except BadRequest:
        with suppress(WebSocketDisconnected):
            await transport.refuse(400, [("Content-Length", "0")], b"")
        await tell_refused(app, handshake, 400, started)
        return
    if not app._got_first_request:
        app._finish_setup()
    await serve_socket(app, context, transport)
