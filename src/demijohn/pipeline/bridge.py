"""Join sync code and async code.

Here lives what lets sync code call async functions and the other way round,
and the one background event loop of a process, on which an async view runs
when the server calls synchronously.  That loop lives as long as the process,
so that connection pools and tasks that a view starts survive the request.

Context variables go along in both directions: what the caller has set is
seen by the coroutine, what the coroutine sets is seen by the caller
afterwards.  A thread that waits for a coroutine does the sync work that the
coroutine asks for, so the two cannot wait for each other.
"""

from __future__ import annotations

import os
import threading
import weakref
from contextlib import suppress
from contextvars import Context, copy_context
from functools import partial, wraps
from inspect import iscoroutine, iscoroutinefunction
from types import FunctionType
from typing import TYPE_CHECKING, Any

from .. import _current
from .seats import Seat, adopt_context, find_seat, waiter
from .workers import DEFAULT_LIMIT, find_workers

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping

__all__ = [
    "LoopThread",
    "adopt_context",
    "async_to_sync",
    "ensure_sync",
    "find_loop_thread",
    "find_running_loop",
    "get_loop_thread",
    "to_async",
]


class LoopThread:
    """Run one event loop in a daemon thread, once it is started."""

    def __init__(self) -> None:
        # Late: an application without async views has no use for asyncio.
        import asyncio

        # In no context: a loop keeps the one in which it is made, and so its request.
        self.loop = Context().run(asyncio.new_event_loop)
        self._set_event_loop = asyncio.set_event_loop
        self.thread = threading.Thread(target=self._run, name="demijohn-async", daemon=True)

    def _run(self) -> None:
        self._set_event_loop(self.loop)
        while True:
            # asyncio leaves its loop for these, and when a view stops it;
            # whoever waits for a task gets the result all the same.
            with suppress(SystemExit, KeyboardInterrupt):
                self.loop.run_forever()

    def call(self, coroutine: Coroutine[Any, Any, Any], context: Context) -> Any:
        """Run a coroutine on the loop and wait for its result.

        Args:
            coroutine: What to run.
            context: The context variables that it sees and changes.

        Returns:
            The coroutine's result.

        Raises:
            RuntimeError: This is the thread of the loop.
            BaseException: Whatever the coroutine raises.
        """
        if threading.get_ident() == self.thread.ident:
            coroutine.close()
            raise RuntimeError(
                "The thread of the background event loop was to wait for that loop, which would take for ever."
                " Run the sync code that does so by `await app.ensure_async(function)(...)`, in another thread."
            )
        return _wait(self.loop, coroutine, context)


def async_to_sync(func: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
    """Wrap a coroutine function so that sync code can call it.

    In a worker thread the coroutine runs on the loop that the thread works
    for, which is the server's; elsewhere on the background loop.

    Args:
        func: The coroutine function.

    Returns:
        A function that waits for the coroutine and returns its result.  It
        raises `RuntimeError` in a thread that runs an event loop.
    """

    @wraps(func)
    def call_and_wait(*args: Any, **kwargs: Any) -> Any:
        seat = find_seat()
        loop = None if seat is None else seat.loop
        if find_running_loop() is not None:
            name = getattr(func, "__qualname__", func)
            raise RuntimeError(
                f"{name!r} was called through async_to_sync in a thread that runs an event loop,"
                " which would wait for itself for ever. Await the coroutine function directly, or call the"
                " sync code around it by `await app.ensure_async(function)(...)`, which runs it in another thread."
            )
        context = copy_context()
        try:
            return _wait(loop or get_loop_thread().loop, func(*args, **kwargs), context)
        finally:
            adopt_context(context)

    mark_coroutine(call_and_wait, func)
    return call_and_wait


def mark_coroutine(function: Any, coroutine: Callable[..., Coroutine[Any, Any, Any]]) -> None:
    """Have a coroutine function awaited in place of a sync one.

    Args:
        function: The sync function.
        coroutine: What does the same, beside an event loop.
    """
    # SECURITY: with a reference to its owner, since `functools.wraps` copies attributes, and what
    # a decorator guards may not be called past it.
    vars(function)[_COROUTINE] = weakref.ref(function), coroutine


def find_coroutine(function: Any) -> Any:
    """Return the coroutine function that a sync function stands for, or None.

    Args:
        function: What `async_to_sync` returned, or a `partial` of it.
    """
    if type(function) is partial:
        coroutine = find_coroutine(function.func)
        return None if coroutine is None else partial(coroutine, *function.args, **function.keywords)
    # Other callables may answer to any name, and are never marked.
    mark = vars(function).get(_COROUTINE) if type(function) is FunctionType else None
    return mark[1] if mark is not None and mark[0]() is function else None


_COROUTINE = "__demijohn_coroutine__"


def ensure_sync(
    func: Callable[..., Any], convert: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Callable[..., Any]:
    """Return a function that sync code can call.

    Args:
        func: Any function.
        convert: What turns a coroutine function into a sync one.

    Returns:
        The function itself unless it is a coroutine function.
    """
    return convert(func) if iscoroutinefunction(func) else func


def to_async(
    function: Callable[..., Any], config: Mapping[str, Any] | None = None
) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Return a coroutine function that does what a function does.

    Args:
        function: Any function.  A sync one is called in the thread that
            belongs to the current request, outside of requests in any.
        config: The application's, whose `SYNC_THREADS` counts when the
            threads of the loop are made by such a call.

    Returns:
        The function itself if it is a coroutine function.
    """
    if iscoroutinefunction(function):
        return function

    @wraps(function)
    async def call_in_thread(*args: Any, **kwargs: Any) -> Any:
        workers = find_workers(DEFAULT_LIMIT if config is None else config.get("SYNC_THREADS", DEFAULT_LIMIT))
        thread = find_loop_thread()
        # Under WSGI the thread of a request is the server's, which works here while it waits.
        is_background = thread is not None and thread.loop is workers.loop
        binding = None if is_background else _current.find_request_context()
        return await workers.call(binding, partial(function, **kwargs) if kwargs else function, *args)

    return call_in_thread


def find_running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that runs in this thread, or None."""
    # Late: an application without async views has no use for asyncio.
    from asyncio import _get_running_loop

    running = _get_running_loop()
    if running is not None:
        # Under gevent all threads are greenlets of one, and asyncio sees the
        # background loop in each of them.
        thread = find_loop_thread()
        if thread is not None and running is thread.loop and threading.get_ident() != thread.thread.ident:
            return None
    return running


def find_loop_thread() -> LoopThread | None:
    """Return the process's loop thread, or None if nobody needed it yet."""
    return _threads.get(_LOOP)


def get_loop_thread() -> LoopThread:
    """Return the process's loop thread, started on first use."""
    thread = find_loop_thread()
    if thread is None:
        # One step in all threads, and in greenlets: no lock that is older than gevent's.
        made = LoopThread()
        thread = _threads.setdefault(_LOOP, made)
        if thread is made:
            thread.thread.start()
        else:
            made.loop.close()
    return thread


class _Wait:
    """Carry a coroutine to a loop, and its outcome to the waiting thread."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        seat: Seat,
        awaitable: Awaitable[Any],
        context: Context,
        *,
        owns_seat: bool = False,
    ) -> None:
        self.loop = loop
        self.seat = seat
        self.is_open = True
        self._owns_seat = owns_seat
        self._awaitable = awaitable
        self._context = context
        self._task: asyncio.Task[None] | None = None
        self._value: Any = None
        self._error: BaseException | None = None
        self._has_arrived = False

    def wait(self) -> Any:
        """Return the outcome, and do the jobs that come in until then."""
        self._context.run(waiter.set, self)
        self.loop.call_soon_threadsafe(self._begin)
        get_turn = self.seat.queue.get
        try:
            while not self._has_arrived:
                get_turn().take_turn()
        except BaseException:
            # A signal handler may raise while this thread waits.
            self.loop.call_soon_threadsafe(self._abandon)
            raise
        error, self._error = self._error, None
        if error is None:
            return self._value
        try:
            raise error
        finally:
            # The error's traceback names this frame: no circle may stay.
            del error

    def take_turn(self) -> None:
        """Take note, in the waiting thread, that the outcome is there."""
        self._has_arrived = True

    def drop(self) -> None:
        """Do nothing: who waited has left."""

    def _begin(self) -> None:
        try:
            self._task = self.loop.create_task(self._complete(), context=self._context)
        except BaseException as error:
            self._end(error)
        else:
            self._task.add_done_callback(self._note_cancellation)

    async def _complete(self) -> None:
        """Await what an async function returned, a coroutine or not."""
        try:
            self._value = await self._awaitable
        except BaseException as error:
            # Not for the task to raise: a SystemExit would stop the loop.
            self._end_task(error)
        else:
            self._end_task(None)

    def _end_task(self, error: BaseException | None) -> None:
        # The variables live on in the waiting thread: no circle may stay.
        waiter.set(None)
        self._end(error)

    def _note_cancellation(self, task: asyncio.Task[None]) -> None:
        """Pass on the error of a task that was cancelled before its first step."""
        if self.is_open:
            if iscoroutine(self._awaitable):
                self._awaitable.close()
            try:
                task.result()
            except BaseException as error:
                self._end(error)

    def _end(self, error: BaseException | None) -> None:
        self.is_open = False
        self._error = error
        self.seat.queue.put(self)

    def _abandon(self) -> None:
        """End what nobody waits for any more."""
        self.is_open = False
        if self._task is not None:
            self._task.cancel()
        if self._owns_seat:
            self.seat.clear()


def _wait(loop: asyncio.AbstractEventLoop, awaitable: Awaitable[Any], context: Context) -> Any:
    """Run an awaitable on a loop of another thread and wait for its result."""
    seat = find_seat()
    if seat is not None:
        return _Wait(loop, seat, awaitable, context).wait()
    seat = Seat()
    seat.take()
    try:
        return _Wait(loop, seat, awaitable, context, owns_seat=True).wait()
    finally:
        seat.leave()


_LOOP = "loop"
_threads: dict[str, LoopThread] = {}

if hasattr(os, "register_at_fork"):
    # The thread of the loop stays behind in the parent process.
    os.register_at_fork(after_in_child=_threads.clear)


def iterate_in_thread(source: AsyncIterable[Any]) -> Iterator[Any]:
    """Iterate an async iterable from sync code.

    Args:
        source: What gives the items; each is awaited where `async_to_sync`
            runs coroutines.

    Yields:
        Its items.
    """
    iterator = aiter(source)
    try:
        while (item := async_to_sync(_take_next)(iterator)) is not _END:
            yield item
    finally:
        close = getattr(iterator, "aclose", None)
        if close is not None:
            async_to_sync(close)()


async def _take_next(iterator: AsyncIterator[Any]) -> Any:
    return await anext(iterator, _END)


_END: Any = object()
