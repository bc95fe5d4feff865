"""Answer one HTTP request beside an event loop, whatever the protocol.

Here lives what ASGI and RSGI have in common: open the context, read the
body, choose between the loop and a worker thread, send what comes out.
What differs is behind `Peer`.
"""

from __future__ import annotations

import asyncio
import io
from contextvars import Context
from functools import partial
from time import perf_counter_ns
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet

from werkzeug.exceptions import BadRequest

from .._keep_alive import keep_alive_around
from ..pipeline import dispatch
from ..pipeline.on_loop import answer_on_loop, find_threads, peek
from ..pipeline.plan import find_plan, is_overridden
from ..request import Request
from .bodies import MOST_IN_MEMORY, LiveBody, is_over, is_spooled, read_body
from .environ import build_environ, open_plainly
from .outgoing import FileBody, Streamed, pack, pack_in_thread, read_code
from .peer import NotingPeer, Peer
from .refused import tell_refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Generator

#: What the access log says of a request that failed, and of one whose client
#: did not wait for the answer (as nginx does).
_FAILED, _CLIENT_GONE = "500", "499"

#: Where the console of the traceback page sends its commands.
_CONSOLE = "/-/console"


def serve_http(app: Any, peer: Peer) -> Coroutine[Any, Any, Any]:
    """Answer one request.

    Args:
        app: The application.
        peer: The request, and the server's side of its answer.

    Returns:
        What is to be awaited.  It raises what is to reach the server, such
        as in debug mode or from a body that failed half-way, so that the
        connection is cut.
    """
    if (app._lifespan is None or not app._lifespan.needs_start) and app._on_answer is None and app._debugger is None:
        context = open_plainly(app, peer)
        if context is not None:
            # PERF: one coroutine less: 0.1 µs.
            return _exchange(context, peer)
    return _serve_with_care(app, peer)


async def _serve_with_care(app: Any, peer: Peer) -> None:
    """Answer a request before which there is something to do, or after."""
    if app._lifespan is not None and app._lifespan.needs_start:
        await app._lifespan.start()
    context = open_plainly(app, peer)
    if context is None:
        started = perf_counter_ns()
        incoming = peer.read_incoming()
        try:
            context = await _make_context(app, build_environ(incoming))
        except BadRequest as error:
            response = error.get_response({"REQUEST_METHOD": peer.method})
            sending = peer.send_whole(response.status, response.headers.to_wsgi_list(), response.get_data())
            if sending is not None:
                await sending
            await tell_refused(app, incoming, 400, started)
            return
        if not app._got_first_request:
            app._finish_setup()
    if app._on_answer is None and app._debugger is None:
        await _exchange(context, peer)
    else:
        await _observe(context, peer)


async def _make_context(app: Any, environ: dict[str, Any]) -> Any:
    """Make the context of a request, in the request's thread where that is code of the user's."""
    if not is_overridden(app, "request_context") and app.request_class.__init__ is Request.__init__:
        return app.request_context(environ)
    binding: Any = SimpleNamespace(app=app, worker=None)
    workers = find_threads(binding)
    try:
        context = await workers.call(binding, app.request_context, environ)
    except BaseException:
        workers.release(binding)
        raise
    context.worker = binding.worker
    return context


async def _observe(context: Any, peer: Peer) -> None:
    """Answer the request of a context, and tell the access log of it."""
    app = context.app
    started = perf_counter_ns()
    status = _FAILED
    try:
        status = await (_exchange if app._debugger is None else debug)(context, peer)
    finally:
        if app._on_answer is not None:
            await find_threads(context).call(None, app._on_answer, context, read_code(status), started)


async def _exchange(context: Any, peer: Peer) -> str:
    """Answer the request of a context; return the status line that was sent."""
    watch = None
    try:
        context.plan = plan = find_plan(context.app)
        view = await _peek_in_thread(context) if plan.has_own_matching else peek(context)
        if peer.expects_body:
            await _take_body(context, peer)
        if view is None:
            answer = await find_threads(context).call(context, dispatch.answer, context, pack_in_thread)
        else:
            coroutine = answer_on_loop(context, pack)
            try:
                # PERF: a view that awaits nothing is not watched over: 0.1 µs instead of 2.
                awaited = coroutine.send(None)
            except StopIteration as error:
                answer = error.value
            else:
                watch = Watch(peer)
                answer = await _Resumed(coroutine, awaited)
        if type(answer) is tuple:
            sending = peer.send_whole(*answer)
        else:
            watch = watch or Watch(peer)
            sending = _stream(answer, peer, context, watch)
        if sending is not None:
            await sending
        status: str = answer[0]
    except asyncio.CancelledError:
        if watch is None or not watch.is_gone:
            raise
        watch.forgive()
        return _CLIENT_GONE
    finally:
        if watch is not None or context.worker is not None or "body" in vars(context):
            await _let_go(context, watch)
    return status


async def _let_go(context: Any, watch: Watch | None) -> None:
    """Stop watching over a request, give up its thread, and close its body."""
    if watch is not None:
        watch.stop()
    if context.worker is not None:
        find_threads(context).release(context)
    if is_spooled(vars(context).get("body")):
        await find_threads(context).call(None, context.body.close)


async def _peek_in_thread(context: Any) -> Any:
    """Match where that runs code of the user's, which may take its time."""
    return await find_threads(context).call(context, peek, context)


class _Resumed:
    """Await a coroutine that was begun already.

    Args:
        coroutine: What was begun.
        awaited: What it waits for.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, Any], awaited: Any) -> None:
        self._coroutine = coroutine
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, Any]:
        coroutine, awaited = self._coroutine, self._awaited
        try:
            while True:
                try:
                    value = yield awaited
                except BaseException as error:
                    awaited = coroutine.throw(error)
                else:
                    awaited = coroutine.send(value)
        except StopIteration as error:
            return error.value


async def debug(context: Any, peer: Peer) -> str:
    """Answer a request while somebody develops: errors are shown.

    Args:
        context: The request context.
        peer: The request, and the server's side of its answer.

    Returns:
        The status line that was sent.

    Raises:
        Exception: An answer failed half-way.
    """
    debugger = context.app._debugger
    workers = find_threads(context)
    incoming = peer.read_incoming()
    head = incoming.method, incoming.path, incoming.query, incoming.headers
    if incoming.path == _CONSOLE:
        body = await read_body(peer.read_chunks(), peer.announced, None, partial(find_threads, context))
        answer = await workers.call(None, debugger.answer_debug_request, *head, body.read())
        if answer is not None:
            return await _show(peer, answer)
    noting: Any = NotingPeer(peer)
    try:
        return await _exchange(context, noting)
    except Exception as error:
        if noting.has_started:
            raise
        context.app.logger.exception("Exception on %s [%s]", peer.path, peer.method)
        loop = asyncio.get_running_loop()
        show = partial(debugger.answer_error, error, debugger.describe(*head), current=context, loop=loop)
        status, headers, page = await workers.call(None, show)
        return await _show(peer, (status, headers, b"" if incoming.method == "HEAD" else page))


async def _show(peer: Peer, answer: tuple[int, list[tuple[str, str]], bytes]) -> str:
    status, headers, body = answer
    sending = peer.send_whole(str(status), headers, body)
    if sending is not None:
        await sending
    return str(status)


#: What watches over answers that end with the server only.
_endless: WeakKeyDictionary[Any, WeakSet[Watch]] = WeakKeyDictionary()


def end_streams(app: Any) -> None:
    """End the answers of an application that never end by themselves.

    Args:
        app: The application, which is about to stop serving on this loop.
    """
    for watch in tuple(_endless.get(app, ())):
        watch.is_stopped = True
        watch.end()


async def _take_body(context: Any, peer: Peer) -> None:
    """Read the body, unless its view wants to do that itself."""
    if getattr(context.route.url_rule, "stream", False):
        context.environ["wsgi.input"] = LiveBody(peer.read_chunks())
        return
    limit = context.app.config["MAX_CONTENT_LENGTH"]
    most = MOST_IN_MEMORY if limit is None else min(limit, MOST_IN_MEMORY)
    # PERF: 0.2 µs sooner than by pieces; and of bytes no stream is made that nobody asks for, and none is closed.
    if not is_over(peer.announced, limit) and await peer.read_at_once(most):
        if _has_environ(context):
            context.environ["wsgi.input"] = io.BytesIO(peer.body)
        return
    context.body = await read_body(peer.read_chunks(), peer.announced, limit, partial(find_threads, context))
    context.environ["wsgi.input"] = context.body


def _has_environ(context: Any) -> bool:
    """Say whether the environ of a request was made already."""
    made = context.made_request
    return "environ" in vars(context) or (made is not None and "environ" in vars(made))


async def _stream(answer: Streamed, peer: Peer, context: Any, watch: Watch) -> None:
    """Send a body that comes in pieces, and close what gives them."""
    if answer.is_endless:
        _endless.setdefault(context.app, WeakSet()).add(watch)
    chunks = answer.chunks
    must_close = answer.close is not None
    has_started = False
    try:
        path = chunks.path if isinstance(chunks, FileBody) else None
        if path is not None and await peer.send_file(answer.status, answer.headers, path):
            return
        await peer.start(answer.status, answer.headers)
        has_started = True
        if chunks != ():
            # A sync iterable is closed by what pulls it.
            must_close = must_close and hasattr(chunks, "__aiter__")
            await _send_pieces(_pull(answer, context), peer, watch)
        await peer.finish()
    except Exception:
        # It would take the client's leaving for the end of the request.
        watch.stop()
        await peer.abort()
        raise
    except asyncio.CancelledError:
        if watch.is_stopped and has_started:
            # What never ends by itself is complete when the server says so, and its client need not wait.
            await peer.finish()
        raise
    finally:
        # Behind the end of an answer ASGI servers say that the client is gone.
        watch.stop()
        if must_close and not answer.closes_nothing:
            context.is_leaving = True
            await find_threads(context).call(context, answer.close)


async def _send_pieces(pieces: AsyncIterator[Any], peer: Peer, watch: Watch) -> None:
    """Send what comes, and close what gives it."""
    try:
        async for piece in pieces:
            data = piece if type(piece) is bytes else _to_bytes(piece)
            if data:
                await peer.send_piece(data)
    finally:
        # What closes the pieces may not be cancelled while it waits for a thread.
        watch.stop()
        close = getattr(pieces, "aclose", None)
        if close is not None:
            await close()


def _pull(answer: Streamed, context: Any) -> AsyncIterator[Any]:
    """Return what gives the pieces of a body, whichever kind it is."""
    chunks = answer.chunks
    if hasattr(chunks, "__aiter__"):
        pieces: AsyncIterator[Any] = chunks.__aiter__()
        return pieces
    given = find_threads(context).iterate(context, None, chunks)
    return given if answer.keep_alive is None else keep_alive_around(given, answer.keep_alive)


def _to_bytes(piece: Any) -> Any:
    """Return what servers take for a piece of text or of another buffer."""
    if isinstance(piece, str):
        return piece.encode()
    return bytes(piece) if isinstance(piece, (bytes, bytearray, memoryview)) else piece


class Watch:
    """Cancel the current task when the client goes away.

    That is asked after a while only.

    PERF: what answers before pays 2 µs for a timer, and 6 for a task at once.

    Args:
        peer: Tells that the client is gone.
    """

    #: Seconds before the client is asked after.
    PATIENCE = 0.02

    def __init__(self, peer: Peer) -> None:
        #: Whether the client went away, or the server stops.
        self.is_gone = False
        #: Whether the server stops.
        self.is_stopped = False
        self._peer = peer
        self._target: asyncio.Task[Any] = asyncio.current_task()  # type: ignore[assignment]  # a coroutine runs in one
        self._task: asyncio.Task[None] | None = None
        # A timer that is stopped stays for its time, and may not keep the request.
        begin, context = self._begin, Context()
        self._timer: asyncio.TimerHandle | None = self._target.get_loop().call_later(
            self.PATIENCE, begin, context=context
        )

    def _begin(self) -> None:
        self._timer = None
        self._task = self._target.get_loop().create_task(self._wait())

    async def _wait(self) -> None:
        # Who cut the body off may still read the answer that says so.
        if not self._peer.was_cut:
            await self._peer.wait_until_gone()
            self.end()

    def end(self) -> None:
        """Cancel the task now."""
        self.is_gone = True
        self._target.cancel()

    def stop(self) -> None:
        """Watch no longer."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        # Not kept: its error's traceback names this object, and no circle may stay.
        task, self._task = self._task, None
        if task is not None:
            task.cancel()

    def forgive(self) -> None:
        """Let the task end well after it was cancelled for the client."""
        self._target.uncancel()
