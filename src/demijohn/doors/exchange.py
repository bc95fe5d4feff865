"""Answer one HTTP request beside an event loop, whatever the protocol.

Here lives what ASGI and RSGI have in common: open the context, read the
body, choose between the loop and a worker thread, send what comes out.
What differs is behind `Peer`.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary, WeakSet

from werkzeug.exceptions import BadRequest

from .._keep_alive import keep_alive_around
from ..pipeline import dispatch
from ..pipeline.on_loop import answer_on_loop, peek
from ..pipeline.workers import Workers, find_workers
from .background import find_limit
from .bodies import LiveBody, expects_body, read_body
from .environ import Incoming, build_environ, open_incoming
from .outgoing import FileBody, Streamed, pack

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator


class Peer(Protocol):
    """What a server does for one request."""

    def read_chunks(self) -> AsyncIterator[bytes]:
        """Return the pieces of the body; raises EOFError if it was cut."""
        ...

    async def wait_until_gone(self) -> None:
        """Return when the client went away."""

    async def send_whole(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        """Send a whole answer."""

    async def start(self, status: str, headers: list[tuple[str, str]]) -> None:
        """Send the head of an answer that comes in pieces."""

    async def send_piece(self, piece: bytes) -> None:
        """Send a piece of the body; returns when the next may come."""

    async def finish(self) -> None:
        """Say that the body is complete."""

    async def abort(self) -> None:
        """Keep an answer that failed half-way from looking complete."""

    async def send_file(self, status: str, headers: list[tuple[str, str]], path: str) -> bool:
        """Have the server send a whole file; False where it cannot."""
        ...


async def serve_http(app: Any, incoming: Incoming, heads: dict[str, str], peer: Peer) -> None:
    """Answer one request.

    Args:
        app: The application.
        incoming: The request.
        heads: Its headers by name.
        peer: The server's side of it.

    Raises:
        Exception: What is to reach the server, such as in debug mode or from
            a body that failed half-way, so that the connection is cut.
    """
    if app._lifespan is not None and app._lifespan.needs_start:
        await app._lifespan.start()
    try:
        context = _open(app, incoming, heads)
    except BadRequest as error:
        response = error.get_response({"REQUEST_METHOD": incoming.method})
        await peer.send_whole(response.status, response.headers.to_wsgi_list(), response.get_data())
        return
    on_answer = app._on_answer
    started = 0 if on_answer is None else perf_counter_ns()
    workers = find_workers(find_limit(app))
    status = _FAILED
    try:
        status = await (_exchange if app._debugger is None else debug)(context, incoming, heads, peer, workers)
    finally:
        if on_answer is not None:
            await workers.call(context, on_answer, context, status, started)
        if context.worker is not None:
            workers.release(context)


async def _exchange(context: Any, incoming: Incoming, heads: dict[str, str], peer: Any, workers: Workers) -> int:
    """Answer the request of a context; return the status that was sent."""
    view = peek(context)
    if expects_body(incoming, heads):
        await _take_body(context, incoming, heads, peer, workers)
    watch = None
    try:
        if view is None:
            answer = await workers.call(context, dispatch.answer, context, pack)
        else:
            watch = Watch(peer)
            answer = await answer_on_loop(context, pack, workers)
        if type(answer) is tuple:
            await peer.send_whole(*answer)
        else:
            watch = watch or Watch(peer)
            if answer.is_endless:
                _endless.setdefault(context.app, WeakSet()).add(watch)
            await _stream(answer, peer, context, workers)
    except asyncio.CancelledError:
        if watch is None or not watch.is_gone:
            raise
        watch.forgive()
        return _CLIENT_GONE
    finally:
        if watch is not None:
            watch.stop()
    return int(answer[0][:3])


#: What the access log says of a request that failed, and of one whose client
#: did not wait for the answer (as nginx does).
_FAILED, _CLIENT_GONE = 500, 499

#: Where the console of the traceback page sends its commands.
_CONSOLE = "/-/console"


async def debug(context: Any, incoming: Incoming, heads: dict[str, str], peer: Peer, workers: Workers) -> int:
    """Answer a request while somebody develops: errors are shown.

    Args:
        context: The request context.
        incoming: The request.
        heads: Its headers by name.
        peer: The server's side of it.
        workers: The threads for sync code.

    Returns:
        The status that was sent.

    Raises:
        Exception: An answer failed half-way.
    """
    debugger = context.app._debugger
    head = incoming.method, incoming.path, incoming.query, incoming.headers
    if incoming.path == _CONSOLE:
        body = await read_body(peer.read_chunks(), heads.get("content-length"), None, workers)
        answer = await workers.call(None, debugger.answer_debug_request, *head, body.read())
        if answer is not None:
            return await _show(peer, answer)
    noting = NotingPeer(peer)
    try:
        return await _exchange(context, incoming, heads, noting, workers)
    except Exception as error:
        if noting.has_started:
            raise
        context.app.log_exception((type(error), error, error.__traceback__))
        loop = asyncio.get_running_loop()
        show = partial(debugger.answer_error, error, debugger.describe(*head), current=context, loop=loop)
        status, headers, page = await workers.call(None, show)
        return await _show(peer, (status, headers, b"" if incoming.method == "HEAD" else page))


async def _show(peer: Peer, answer: tuple[int, list[tuple[str, str]], bytes]) -> int:
    status, headers, body = answer
    await peer.send_whole(str(status), headers, body)
    return status


class NotingPeer:
    """Be another peer, and know whether an answer has begun."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        #: Whether an answer has begun.
        self.has_started = False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("s"):  # what begins an answer sends or starts it
            self.has_started = True
        return getattr(self._peer, name)


#: What watches over answers that end with the server only.
_endless: WeakKeyDictionary[Any, WeakSet[Watch]] = WeakKeyDictionary()


def end_streams(app: Any) -> None:
    """End the answers of an application that never end by themselves.

    Args:
        app: The application, which is about to stop serving on this loop.
    """
    for watch in tuple(_endless.get(app, ())):
        watch.end()


def _open(app: Any, incoming: Incoming, heads: dict[str, str]) -> Any:
    context = open_incoming(app, incoming, heads)
    if context is None:
        context = app.request_context(build_environ(incoming))
        if not app._got_first_request:
            app._finish_setup()
    return context


async def _take_body(context: Any, incoming: Incoming, heads: dict[str, str], peer: Peer, workers: Workers) -> None:
    """Read the body, unless its view wants to do that itself."""
    rule = context.route.url_rule
    limit = context.app.config["MAX_CONTENT_LENGTH"]
    if getattr(rule, "stream", False):
        context.environ["wsgi.input"] = LiveBody(peer.read_chunks())
        return
    body = await read_body(peer.read_chunks(), heads.get("content-length"), limit, workers)
    if "environ" in vars(context):
        context.environ["wsgi.input"] = body
    else:
        context.body = body


async def _stream(answer: Streamed, peer: Peer, context: Any, workers: Workers) -> None:
    """Send a body that comes in pieces, and close what gives them."""
    chunks = answer.chunks
    if isinstance(chunks, FileBody):
        path = chunks.path
        if path is not None and await peer.send_file(answer.status, answer.headers, path):
            await workers.call(context, chunks.close)
            return
    try:
        await peer.start(answer.status, answer.headers)
        if chunks != ():
            async with aclosing(_pull(answer, context, workers)) as pieces:
                async for piece in pieces:
                    if piece:
                        await peer.send_piece(piece)
        await peer.finish()
    except Exception:
        await peer.abort()
        raise
    finally:
        if hasattr(chunks, "__aiter__") and answer.close is not None:
            await workers.call(context, answer.close)


async def _pull(answer: Streamed, context: Any, workers: Workers) -> AsyncGenerator[bytes]:
    """Give the pieces of a body, whichever kind it is; close it at the end."""
    chunks = answer.chunks
    if hasattr(chunks, "__aiter__"):
        pieces = chunks.__aiter__()
    else:
        pieces = workers.iterate(context, None, chunks)
        if answer.keep_alive is not None:
            pieces = keep_alive_around(pieces, answer.keep_alive)
    try:
        async for piece in pieces:
            yield piece.encode() if isinstance(piece, str) else piece
    finally:
        close = getattr(pieces, "aclose", None)
        if close is not None:
            await close()


class Watch:
    """Cancel the current task when the client goes away.

    PERF: 0.5 µs where the task is done before the loop turns, since only then
    a second task is made, for 20 µs.

    Args:
        peer: Tells that the client is gone.
    """

    def __init__(self, peer: Peer) -> None:
        #: Whether the client went away.
        self.is_gone = False
        self._peer = peer
        self._target: asyncio.Task[Any] = asyncio.current_task()  # type: ignore[assignment]  # a coroutine runs in one
        self._task: asyncio.Task[None] | None = None
        self._handle = self._target.get_loop().call_soon(self._begin)

    def _begin(self) -> None:
        self._task = self._target.get_loop().create_task(self._wait())

    async def _wait(self) -> None:
        await self._peer.wait_until_gone()
        self.end()

    def end(self) -> None:
        """Cancel the task now."""
        self.is_gone = True
        self._target.cancel()

    def stop(self) -> None:
        """Watch no longer."""
        self._handle.cancel()
        if self._task is not None:
            self._task.cancel()

    def forgive(self) -> None:
        """Let the task end well after it was cancelled for the client."""
        self._target.uncancel()
