"""Run work that outlives the request that asked for it.

Here live `BackgroundTasks`, behind `Flask.add_background_task`, and the
application context that code outside of requests runs in.  When tasks are
waited for is for `lifespan` to say.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from contextvars import Context, copy_context
from inspect import isawaitable, iscoroutinefunction
from time import monotonic
from typing import TYPE_CHECKING, Any

from .. import _current
from ..pipeline.bridge import find_loop_thread, find_running_loop, get_loop_thread
from ..pipeline.jobs import Binding
from ..pipeline.seats import find_seat
from ..pipeline.workers import DEFAULT_LIMIT, Workers, find_workers

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Callable

    from ..typing import AppLike

_STEPS = 3  # turns of the loop until a new task has its thread
_GRACE = 1.0  # seconds in which a cancelled task has to end


class BackgroundTasks:
    """Start tasks, keep them, and wait for them at the end.

    Args:
        app: The application in whose context they run.
    """

    def __init__(self, app: AppLike) -> None:
        self.app: Any = app
        #: The loop that serves, for what is started outside of it.
        self.loop: asyncio.AbstractEventLoop | None = None
        self._names: dict[asyncio.Task[None], str] = {}

    def add(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> asyncio.AbstractEventLoop:
        """Start a function in the background.

        It sees the context variables of now, but no request.

        Args:
            function: A coroutine function, for the loop, or a sync one,
                for a thread.
            args: Its arguments.
            kwargs: Its named arguments.

        Returns:
            The loop that runs it or waits for it.
        """
        context = copy_context()
        context.run(_current.context.set, None)
        running = find_running_loop()
        loop = running or self._find_loop()

        def begin() -> None:
            task = loop.create_task(self._run(function, args, kwargs), context=context)
            self._names[task] = say_name(function)
            task.add_done_callback(self._names.pop)

        thread = find_loop_thread()
        if running is not None:
            begin()
        elif thread is not None and loop is thread.loop:
            thread.call(_begin_now(begin), Context())
        else:
            loop.call_soon_threadsafe(begin)
        return loop

    async def drain(self, seconds: float) -> None:
        """Wait for all tasks, and cancel those that take too long.

        Args:
            seconds: How many seconds they have.
        """
        # Late: the package is loaded without asyncio where nothing is asynchronous.
        from asyncio import get_running_loop, run_coroutine_threadsafe, wrap_future

        here = get_running_loop()
        for loop in {task.get_loop() for task in tuple(self._names)}:
            if loop is here:
                await self._drain_loop(seconds)
            elif loop.is_running():
                await wrap_future(run_coroutine_threadsafe(self._drain_loop(seconds), loop))

    def forget(self) -> None:
        """Drop what stayed behind in a parent process."""
        self.loop = None
        self._names.clear()

    def _find_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop of this worker thread, the one that serves, or the background's."""
        seat = find_seat()
        loop = (None if seat is None else seat.loop) or self.loop
        return get_loop_thread().loop if loop is None or loop.is_closed() else loop

    async def _run(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        # Late: the package is loaded without asyncio where nothing is asynchronous.
        from asyncio import CancelledError

        workers = find_workers(find_limit(self.app))
        binding = _Binding()
        try:
            if iscoroutinefunction(function):
                async with enter_app(self.app, workers, binding):
                    await function(*args, **kwargs)
            else:
                await workers.call(None, self._run_sync, function, args, kwargs, shield=False)
        except CancelledError:
            raise
        except BaseException as error:
            self.app.logger.exception("The background task %s failed.", say_name(function), exc_info=error)
        finally:
            workers.release(binding)

    def _run_sync(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        with self.app.app_context():
            function(*args, **kwargs)

    async def _drain_loop(self, seconds: float) -> None:
        """Wait for the tasks of the running loop."""
        # Late: the package is loaded without asyncio where nothing is asynchronous.
        from asyncio import wait

        end = monotonic() + seconds
        while tasks := self._find_tasks():
            left = end - monotonic()
            if left > 0:
                await wait(tasks, timeout=left)
                continue
            for task in tasks:
                self.app.logger.warning(
                    "The background task %s did not end within %s seconds"
                    " (BACKGROUND_TASK_SHUTDOWN_TIMEOUT) and is cancelled.",
                    self._names[task],
                    seconds,
                )
                task.cancel()
            await wait(tasks, timeout=_GRACE)
            return

    def _find_tasks(self) -> list[asyncio.Task[None]]:
        """Return the tasks of the running loop that others may wait for."""
        # Late: the package is loaded without asyncio where nothing is asynchronous.
        from asyncio import current_task, get_running_loop

        here, this = get_running_loop(), current_task()
        return [task for task in tuple(self._names) if task.get_loop() is here and task is not this]


async def _begin_now(begin: Callable[[], None]) -> None:
    """Begin a task and see it off to its thread.

    The process may be about to end, and Python makes no thread then.
    """
    # Late: the package is loaded without asyncio where nothing is asynchronous.
    from asyncio import sleep

    begin()
    for _ in range(_STEPS):
        await sleep(0)


class _Binding:
    """Be what a thread is bound to for one task."""

    worker: Any = None


@asynccontextmanager
async def enter_app(app: AppLike, workers: Workers, binding: Binding) -> AsyncIterator[None]:
    """Enter a new application context, and tear it down at the end.

    What users hang on its two ends is sync code or is called by sync code,
    so they run in a thread.

    Args:
        app: The application.
        workers: The threads beside the running loop.
        binding: What decides about the thread.

    Yields:
        Nothing.
    """
    context = app.app_context()
    await workers.call(binding, context.push)
    try:
        yield
    except BaseException as error:
        await workers.call(binding, context.pop, error)
        raise
    await workers.call(binding, context.pop, None)


async def call_either(workers: Workers, binding: Binding, function: Callable[..., Any]) -> Any:
    """Call a function of either kind without holding up the loop.

    Args:
        workers: The threads beside the running loop.
        binding: What decides about the thread of a sync function.
        function: The function.

    Returns:
        Its result.
    """
    if iscoroutinefunction(function):
        return await function()
    result = await workers.call(binding, function)
    return await result if isawaitable(result) else result


def find_limit(app: AppLike) -> int:
    """Return how many threads the application allows for sync code."""
    limit: int = app.config.get("SYNC_THREADS", DEFAULT_LIMIT)
    return limit


def say_name(function: Callable[..., Any]) -> str:
    """Return the name of a function for a message."""
    return repr(getattr(function, "__qualname__", function))
