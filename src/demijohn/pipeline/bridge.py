"""Join sync code and async code.

Here lives the one background event loop of a process, on which an async
view runs when the server calls synchronously.  It lives as long as the
process, so that connection pools and tasks that a view starts survive the
request.  Context variables go along in both directions: what the caller
has set is seen by the coroutine, what the coroutine sets is seen by the
caller afterwards.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from contextvars import Context, copy_context
from functools import wraps
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Coroutine


class LoopThread:
    """Run one event loop in a daemon thread."""

    def __init__(self) -> None:
        # Late: an application without async views has no use for asyncio.
        import asyncio

        self.loop = asyncio.new_event_loop()
        self._set_event_loop = asyncio.set_event_loop
        self.thread = threading.Thread(target=self._run, name="demijohn-async", daemon=True)
        self.thread.start()

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
            BaseException: Whatever the coroutine raises.
        """
        finished = _Outcome()

        def start() -> None:
            try:
                task = self.loop.create_task(_complete(coroutine), context=context)
            except BaseException as error:
                finished.fail(error)
            else:
                finished.task = task
                task.add_done_callback(finished.settle)

        self.loop.call_soon_threadsafe(start)
        try:
            return finished.wait()
        except BaseException:
            # A signal handler may raise while this thread waits.
            if finished.task is not None and not finished.task.done():
                self.loop.call_soon_threadsafe(finished.task.cancel)
            raise


class _Outcome:
    """Carry a task's result from the loop's thread to the waiting one."""

    def __init__(self) -> None:
        self.task: asyncio.Task[Any] | None = None
        self._error: BaseException | None = None
        self._lock = threading.Lock()
        self._lock.acquire()

    def fail(self, error: BaseException) -> None:
        self._error = error
        self._lock.release()

    def settle(self, task: asyncio.Task[Any]) -> None:
        self._lock.release()

    def wait(self) -> Any:
        self._lock.acquire()
        if self._error is not None:
            raise self._error
        task, self.task = self.task, None
        if task is None:
            raise RuntimeError("The event loop stopped before the coroutine was started.")
        return task.result()


async def _complete(awaitable: Awaitable[Any]) -> Any:
    """Await what an async function returned, a coroutine or not."""
    return await awaitable


_loop_thread: LoopThread | None = None
_loop_lock = threading.Lock()


def async_to_sync(func: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
    """Wrap a coroutine function so that sync code can call it.

    Args:
        func: The coroutine function.

    Returns:
        A function that waits for the coroutine and returns its result.
    """

    @wraps(func)
    def call_and_wait(*args: Any, **kwargs: Any) -> Any:
        thread = get_loop_thread()
        if threading.get_ident() == thread.thread.ident:
            raise RuntimeError(
                f"{func.__qualname__!r} was called through async_to_sync from async code that"
                " runs on the same event loop, which would wait for itself for ever."
                " Await the coroutine function directly."
            )
        context = copy_context()
        try:
            return thread.call(func(*args, **kwargs), context)
        finally:
            adopt_context(context)

    return call_and_wait


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


def adopt_context(context: Context) -> None:
    """Take over the values that another context gave its variables."""
    for variable, value in context.items():
        if variable.get(_MISSING) is not value:
            variable.set(value)


def get_loop_thread() -> LoopThread:
    """Return the process's loop thread, started on first use."""
    global _loop_thread  # noqa: PLW0603 - one loop per process is the point
    if _loop_thread is None or not _loop_thread.thread.is_alive():
        with _loop_lock:
            if _loop_thread is None or not _loop_thread.thread.is_alive():
                _loop_thread = LoopThread()
    return _loop_thread


def _forget_loop_thread() -> None:
    """Drop a loop whose thread stayed behind in the parent process."""
    global _loop_thread, _loop_lock  # noqa: PLW0603 - one loop per process is the point
    _loop_thread = None
    _loop_lock = threading.Lock()


_MISSING: Any = object()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_loop_thread)
