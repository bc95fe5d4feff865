"""Serve one WebSocket from its handshake to its end.

Here lives what runs around a handler.  What the handler gets to see is in
`websocket`, and how a server carries messages in `transports`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from inspect import iscoroutinefunction
from time import perf_counter_ns
from typing import Any
from weakref import WeakKeyDictionary

from werkzeug.exceptions import Forbidden, HTTPException, InternalServerError
from werkzeug.exceptions import NotImplemented as NotImplementedByServer
from werkzeug.routing import RoutingException

from ..pipeline.plan import find_plan
from ..pipeline.workers import find_workers
from ..response import check_response
from ..signals import appcontext_pushed, got_request_exception
from ..websocket import Transport, WebSocket, WebSocketDisconnected
from .background import find_limit
from .connection import Connection
from .origin import is_allowed_origin


async def enter(context: Any) -> None:
    """Make the context of a WebSocket the current one, and match its URL."""
    if find_plan(context.app).opens_session or appcontext_pushed.receivers:
        await call(context, context.push)
    else:
        context.push()


async def leave(context: Any, error: BaseException | None) -> None:
    """Leave the context of a WebSocket for good, in its own thread."""
    workers = find_workers(find_limit(context.app))
    try:
        await workers.call(context, context.pop, error)
    finally:
        workers.release(context)


def call(context: Any, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Awaitable[Any]:
    """Call a function of the user's, a sync one in the socket's thread."""
    if iscoroutinefunction(function):
        # PERF: an idle socket holds no frame of this function, which would be 0.2 kB.
        awaitable: Awaitable[Any] = function(*args, **kwargs)
        return awaitable
    return _hop(context, partial(function, *args, **kwargs))


def find_handler(context: Any, error: Exception) -> Callable[[Any], Any] | None:
    """Return the error handler that is registered for an exception, or None."""
    app = context.app
    if isinstance(error, HTTPException) and (error.code is None or isinstance(error, RoutingException)):
        return None
    handler: Callable[[Any], Any] | None = app._find_error_handler(error, context.request.blueprints)
    return handler


def make_response(context: Any, result: Any) -> Any:
    """Make a response of what a function of the user's returned."""
    return context.app.make_response(result)


def save_session(context: Any, response: Any) -> None:
    """Put the session into a response, where it was opened."""
    app, session = context.app, context._opened_session
    if session is not None and not app.session_interface.is_null_session(session):
        app.session_interface.save_session(app, session, response)


async def serve_socket(app: Any, context: Any, transport: Transport) -> None:
    """Serve one WebSocket from its handshake to its end.

    Args:
        app: The application.
        context: A request context whose request is the handshake, not
            entered yet; its `websocket` is set.
        transport: What carries the messages.

    Raises:
        BaseException: What is to reach the server: the task was cancelled,
            a teardown function failed, or the handler did in debug mode.
    """
    started = perf_counter_ns()
    connection = Connection(transport)
    websocket = WebSocket(app, context.request, connection, partial(_collect_headers, context, transport))
    context.websocket = websocket
    sockets = _sockets.setdefault(app, {})
    sockets[websocket] = connection
    failure: BaseException | None = None
    try:
        try:
            await enter(context)
            await _converse(context, websocket, connection)
        except asyncio.CancelledError as error:
            if connection.gone is None:
                failure = error
            await _say_goodbye(websocket, connection)
            if not connection.take_back_cancellation():
                raise
        except Exception as error:
            failure = error
            await _fail(context, websocket, error)
        finally:
            await connection.stop()
    finally:
        try:
            # It was not entered if the task was cancelled before.
            if context._entries:
                await _tear_down(context, failure)
        finally:
            del sockets[websocket]
            # No circle may stay: some servers keep a socket for as long as somebody holds its transport.
            failure = None
            websocket.forget_context()
            if app._on_answer is not None:
                await find_workers(find_limit(app)).call(None, app._on_answer, context, connection.status, started)


async def close_sockets(app: Any, code: int = 1001, reason: str = "") -> int:
    """Close every open WebSocket of an application, as at shutdown.

    Their handlers are cancelled, and the tasks that serve them are waited for.

    Args:
        app: The application.
        code: The close code for the clients.
        reason: Words for the clients.

    Returns:
        How many there were.
    """
    connections = list(_sockets.get(app, {}).values())
    for connection in connections:
        connection.cancel((code, reason))
    if connections:
        await asyncio.wait({connection.task for connection in connections})
    return len(connections)


#: The open sockets of each application, with what they are connected by.
_sockets: WeakKeyDictionary[Any, dict[WebSocket, Connection]] = WeakKeyDictionary()

#: Close codes for HTTP errors after a WebSocket was accepted (RFC 6455, section 7.4.1).
_CODES = {400: 1007, 413: 1009}
_POLICY, _FAILED, _GOING_AWAY = 1008, 1011, 1001


async def _converse(context: Any, websocket: WebSocket, connection: Connection) -> None:
    """Run the hooks, the handler and the error handlers, and end the socket."""
    code = 1000
    try:
        try:
            result = await _prepare(context)
            if result is None:
                request = context.request
                view = context.app.view_functions[request.endpoint]
                result = await call(context, view, **request.view_args)
        finally:
            connection.let_go()
    except Exception as error:
        if _is_farewell(error):
            return
        code = _FAILED
        if isinstance(error, HTTPException) and error.code is not None and error.code < 500:
            code = _CODES.get(error.code, _POLICY)
        result = await _handle(context, error)
    if websocket.is_accepted and result is not None and code == 1000:
        context.app.logger.warning(
            "The handler of %r returned %r after the WebSocket was accepted: nobody gets it."
            " Send it as a message, or return it before.",
            context.request.endpoint,
            type(result).__name__,
        )
    await _end(context, websocket, result, code)


async def _prepare(context: Any) -> Any:
    """Run what comes before the handler, and return the first result of it."""
    app, request = context.app, context.request
    if not is_allowed_origin(request, app.config.get("WEBSOCKET_ORIGINS")):
        app.logger.warning(
            "A WebSocket from a page of %r was refused, as the handshake was sent to %s://%s."
            " Name the origin in WEBSOCKET_ORIGINS if its pages may talk to this application.",
            request.headers["Origin"],
            request.scheme,
            request.host,
        )
        raise Forbidden("Pages of this origin may not open a WebSocket here.")
    for processor in _list_functions(context, "url_value_preprocessors"):
        await call(context, processor, request.endpoint, request.view_args)
    for function in _list_functions(context, "before_websocket_funcs"):
        result = await call(context, function)
        if result is not None:
            return result
    if request.routing_exception is not None:
        raise request.routing_exception
    if not getattr(request.url_rule, "serves_socket", False):
        app.logger.error(
            "The WebSocket rule %r belongs to an extension that takes the connection from a WSGI server. Serve the"
            " application by WSGI, or register the handler with `@app.websocket`.",
            str(request.url_rule),
        )
        raise NotImplementedByServer
    return None


async def _hop(context: Any, function: Callable[[], Any]) -> Any:
    result = await find_workers(find_limit(context.app)).call(context, function)
    return await result if isinstance(result, Awaitable) else result


async def _handle(context: Any, error: Exception) -> Any:
    """Return what the error handler says, or the error where it is a response."""
    handler = find_handler(context, error)
    if handler is not None:
        return await call(context, handler, error)
    if isinstance(error, HTTPException) and not context.app.trap_http_exception(error):
        return error
    raise error


async def _fail(context: Any, websocket: WebSocket, error: Exception) -> None:
    """Log an exception that nobody handled, and end the socket by it."""
    app = context.app
    if _is_farewell(error):
        return
    if got_request_exception.receivers:
        send = partial(got_request_exception.send, app, _async_wrapper=app.ensure_sync, exception=error)
        await call(context, send)
    propagate = app.config["PROPAGATE_EXCEPTIONS"]
    if propagate is None:
        propagate = app.testing or app.debug
    result: Any = InternalServerError(original_exception=error)
    if not propagate:
        app.log_exception((type(error), error, error.__traceback__))
    try:
        handler = None if propagate else find_handler(context, result)
        if handler is not None:
            result = await call(context, handler, result)
        await _end(context, websocket, result, _FAILED)
    except Exception:
        app.logger.exception("The end of a WebSocket whose handler failed could not be told as it should be.")
        await _part(websocket.refuse(500, [("Content-Length", "0")], b""))
        await _part(websocket.close(_FAILED))
    if propagate:
        raise error


async def _end(context: Any, websocket: WebSocket, result: Any, code: int) -> None:
    """Run what comes after the handler; close the socket, or refuse it with a response."""
    response = None
    if not websocket.is_accepted and not websocket.is_closed:
        response = make_response(context, Forbidden() if result is None else result)
    for function in _list_functions(context, "after_websocket_funcs", outward=True):
        changed = await call(context, function, response)
        response = response if changed is None else changed
    if websocket.is_accepted:
        await _part(websocket.close(code))
    elif response is not None:
        await call(context, save_session, context, response)
        check_response(response)
        response.direct_passthrough = False
        try:
            body: bytes = response.get_data()
        finally:
            response.close()
        response.headers["Content-Length"] = str(len(body))
        await _part(websocket.refuse(response.status_code, response.headers.to_wsgi_list(), body))


async def _part(step: Awaitable[None]) -> None:
    """Await the last message, which nobody may be there to get."""
    with contextlib.suppress(WebSocketDisconnected):
        await step


async def _say_goodbye(websocket: WebSocket, connection: Connection) -> None:
    """Close a socket whose task was cancelled, if that is done in no time."""
    if connection.gone is not None:
        websocket._note_end(connection.gone)
        return
    code, reason = connection.cancelled_with or (_GOING_AWAY, "")
    try:
        async with asyncio.timeout(1):
            await _part(websocket.close(code, reason))
    except Exception:
        # The server that cancelled the task may have closed the connection before.
        websocket._note_end(WebSocketDisconnected())


async def _tear_down(context: Any, failure: BaseException | None) -> None:
    """Run every teardown function once, and leave the context."""
    if failure is not None and _is_farewell(failure):
        failure = None
    first: BaseException | None = None
    context.is_leaving = True
    try:
        for function in _list_functions(context, "teardown_websocket_funcs", outward=True):
            try:
                await call(context, function, failure)
            except BaseException as error:
                first = first or error
    finally:
        await leave(context, failure)
    if first is not None:
        raise first


def _list_functions(context: Any, table: str, *, outward: bool = False) -> Iterator[Callable[..., Any]]:
    """Yield the functions for a socket in the order in which they run."""
    functions = getattr(context.app, table)
    names = (*context.request.blueprints, None)
    for name in names if outward else reversed(names):
        found = functions.get(name, ())
        yield from tuple(reversed(found) if outward else found)


async def _collect_headers(context: Any, transport: Transport) -> list[tuple[str, str]]:
    """Return the headers to accept with: the cookie of a session that was written."""
    session = context._opened_session
    if session is None:
        return []
    response = context.app.response_class()
    await call(context, save_session, context, response)
    cookies = [("Set-Cookie", cookie) for cookie in response.headers.getlist("Set-Cookie")]
    if transport.takes_headers:
        return cookies
    if cookies and session.modified:
        context.app.logger.warning(
            "The session was changed before the WebSocket of %r was accepted, and this server sends no"
            " cookie with a WebSocket: the change is lost. Change the session in an HTTP request.",
            context.request.path,
        )
    return []


def _is_farewell(error: BaseException) -> bool:
    """Say whether an error tells only that the client has gone."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(_is_farewell, error.exceptions))
    return isinstance(error, WebSocketDisconnected)
