"""Run what an application does before, while and after it serves.

Here live `Lifespan`, behind `Flask.before_serving`, `after_serving`,
`while_serving` and `add_background_task`, and how each server protocol
starts and stops it: by ASGI's lifespan messages (version 2.0 of that
specification), by the two calls of RSGI, and under WSGI, which has no word
for it, with the first request and the end of the process.
"""

from __future__ import annotations

import atexit
import os
import threading
from contextlib import contextmanager
from contextvars import Context, ContextVar
from traceback import format_exception_only
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet

from ..pipeline.bridge import find_loop_thread, find_running_loop, get_loop_thread
from ..pipeline.plan import find_plan
from ..pipeline.workers import Workers, find_workers
from .background import BackgroundTasks, call_either, enter_app, find_limit, say_name
from .wrapped import warn_of_wrapper

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Coroutine, Iterator, MutableMapping

    from ..typing import AppLike

Function = TypeVar("Function", bound="Callable[..., Any]")

#: Whether the code that runs is called by `Lifespan.start`.
_is_starting: ContextVar[bool] = ContextVar("demijohn.starting", default=False)
_END: Any = object()
_WSGI = "wsgi"
_TIME_LIMIT = 5.0  # seconds for background tasks, unless BACKGROUND_TASK_SHUTDOWN_TIMEOUT says otherwise


class Lifespan:
    """Hold what runs around serving, and run it.

    Args:
        app: The application.
    """

    #: The thread that runs the sync functions, which is the same for all.
    worker: Any = None

    def __init__(self, app: AppLike) -> None:
        self.app: Any = app
        self.before_serving: list[Callable[..., Any]] = []
        self.after_serving: list[Callable[..., Any]] = []
        self.while_serving: list[Callable[..., Any]] = []
        #: The server's state of the lifespan, under ASGI copied to each scope.
        self.state: MutableMapping[str, Any] = {}
        #: Whether a first request has something to start.
        self.needs_start = False
        self._is_started = False
        self._stops_at_exit = False
        self._beginning: asyncio.Event | None = None
        self._tasks = BackgroundTasks(app)
        self._generators: list[tuple[Callable[..., Any], Any]] = []
        self._starts: dict[str, _WsgiStart] = {}
        _lifespans.add(self)

    def add_before_serving(self, function: Function) -> Function:
        """Register a function that runs before the first request."""
        return self._add(self.before_serving, function)

    def add_after_serving(self, function: Function) -> Function:
        """Register a function that runs after the last request."""
        return self._add(self.after_serving, function)

    def add_while_serving(self, function: Function) -> Function:
        """Register a generator function, which yields once while it serves."""
        return self._add(self.while_serving, function)

    def add_background_task(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Start a function that runs on after the request.

        It runs in an application context, sees the context variables of
        now, and no request.  What it raises is logged.

        Args:
            function: A coroutine function, for the loop that serves, or a
                sync one, for a thread.
            args: Its arguments.
            kwargs: Its named arguments.
        """
        loop = self._tasks.add(function, *args, **kwargs)
        thread = find_loop_thread()
        if thread is not None and loop is thread.loop:
            self._stop_at_exit()

    async def start(self) -> None:
        """Run what comes before serving, once; a failure undoes the rest.

        Who comes while another task starts it waits until it is started.

        Raises:
            BaseException: Whatever one of the functions raises, with a note
                that names the function.
        """
        # Late: the package is loaded without asyncio where nothing is asynchronous.
        from asyncio import Event

        while self._is_started:
            if self._beginning is None or _is_starting.get():
                return
            await self._beginning.wait()
        # A mistake in a typed view is told now, and not by the first request.
        find_plan(self.app)
        self._is_started = True
        self._tasks.loop = find_running_loop()
        if self._has_functions():
            self._beginning = beginning = Event()
            token = _is_starting.set(True)
            try:
                await self._start_functions()
            except BaseException:
                self._is_started = False
                raise
            finally:
                _is_starting.reset(token)
                self._beginning = None
                beginning.set()
        self.needs_start = False

    async def stop(self) -> None:
        """Run what comes after serving: all of it, whatever fails.

        Raises:
            BaseException: The first error; further ones are logged.
        """
        await self._tasks.drain(self.app.config.get("BACKGROUND_TASK_SHUTDOWN_TIMEOUT", _TIME_LIMIT))
        if not self._is_started:
            return
        errors: list[BaseException] = []
        if self._has_functions():
            await self._stop_functions(errors)
        self.forget()
        for error in errors[1:]:
            self.app.logger.error("Another error while the application stopped.", exc_info=error)
        if errors:
            raise errors[0]

    def start_for_wsgi(self) -> None:
        """Start on the background loop, once for all threads.

        Who comes while another thread starts it waits until it is started.
        It stops when the process ends.

        Raises:
            RuntimeError: The start failed, now or for an earlier request.
        """
        if _is_starting.get():
            # One of the functions makes a request of its own.
            return
        start = self._starts.get(_WSGI)
        if start is None:
            if self._is_started:
                return
            # One step in all threads, and in greenlets: no lock that is older than gevent's.
            made = _WsgiStart()
            start = self._starts.setdefault(_WSGI, made)
            if start is made:
                self._stop_at_exit()
                start.run(self)
        start.wait(self.app)

    def start_for_rsgi(self, loop: asyncio.AbstractEventLoop) -> asyncio.Task[None] | None:
        """Start on a loop that serves by RSGI, for `__rsgi_init__`.

        Args:
            loop: The loop, which does not run yet as a rule.

        Returns:
            The task that starts it, where the loop runs already.
        """
        warn_of_wrapper(self.app, "rsgi")
        return _run_on(loop, self.start())

    def stop_for_rsgi(self, loop: asyncio.AbstractEventLoop) -> asyncio.Task[None] | None:
        """Stop on the loop that served by RSGI, for `__rsgi_del__`.

        Args:
            loop: The loop, which does not run any more as a rule.

        Returns:
            The task that stops it, where the loop still runs.
        """
        return _run_on(loop, self.stop())

    def forget(self) -> None:
        """Be as before the start, after the end or in a forked process."""
        self.worker = None
        self.needs_start = self._has_functions()
        self._is_started = False
        self._beginning = None
        self._tasks.forget()
        self._generators.clear()
        self._starts.clear()

    def _add(self, functions: list[Callable[..., Any]], function: Function) -> Function:
        functions.append(function)
        self.needs_start = not self._is_started
        return function

    def _has_functions(self) -> bool:
        return bool(self.before_serving or self.while_serving or self.after_serving)

    async def _start_functions(self) -> None:
        workers = find_workers(find_limit(self.app))
        try:
            async with enter_app(self.app, workers, self):
                for function in self.before_serving:
                    with _naming("before_serving", function):
                        await call_either(workers, self, function)
                for function in self.while_serving:
                    with _naming("while_serving", function):
                        await self._enter(workers, function)
        except BaseException:
            while self._generators:
                function, generator = self._generators.pop()
                try:
                    await self._close(workers, generator)
                except Exception as error:
                    self.app.logger.exception("Closing %s failed.", say_name(function), exc_info=error)
            self._release(workers)
            raise

    async def _stop_functions(self, errors: list[BaseException]) -> None:
        workers = find_workers(find_limit(self.app))
        try:
            async with enter_app(self.app, workers, self):
                for function in self.after_serving:
                    with _collecting(errors), _naming("after_serving", function):
                        await call_either(workers, self, function)
                while self._generators:
                    function, generator = self._generators.pop()
                    with _collecting(errors), _naming("while_serving", function):
                        await self._leave(workers, generator)
        except BaseException as error:
            # A teardown function of the application context raised it.
            errors.append(error)
        self._release(workers)

    async def _enter(self, workers: Workers, function: Callable[..., Any]) -> None:
        """Run a generator up to its `yield`."""
        generator = function()
        if not hasattr(generator, "__anext__") and not hasattr(generator, "__next__"):
            raise TypeError(
                f"A while_serving function returned {generator!r}, which is no generator."
                " Write a function, sync or async, with one `yield`: what stands before it runs at the start."
            )
        if await self._step(workers, generator) is _END:
            raise RuntimeError("A while_serving function ended without a `yield`, which is where it serves.")
        self._generators.append((function, generator))

    async def _leave(self, workers: Workers, generator: Any) -> None:
        """Run a generator from its `yield` to its end."""
        if await self._step(workers, generator) is not _END:
            await self._close(workers, generator)
            raise RuntimeError("A while_serving function has a second `yield`; it serves at the first one alone.")

    async def _step(self, workers: Workers, generator: Any) -> Any:
        if hasattr(generator, "__anext__"):
            return await anext(generator, _END)
        return await workers.call(self, next, generator, _END)

    async def _close(self, workers: Workers, generator: Any) -> None:
        if hasattr(generator, "aclose"):
            await generator.aclose()
        elif hasattr(generator, "close"):
            await workers.call(self, generator.close)

    def _release(self, workers: Workers) -> None:
        workers.release(self)
        self.worker = None

    def _stop_at_exit(self) -> None:
        if not self._stops_at_exit:
            self._stops_at_exit = True
            atexit.register(self._stop_now)

    def _stop_now(self) -> None:
        """Stop what runs on the background loop, at the end of the process."""
        thread = find_loop_thread()
        if thread is not None and (not self._is_started or self._tasks.loop is thread.loop):
            thread.call(self.stop(), Context())


async def serve_lifespan(
    lifespan: Lifespan,
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    """Start and stop an application as an ASGI server asks for it.

    Args:
        lifespan: What to start and stop.
        scope: The scope; `state`, where the server gives it, takes the place
            of the lifespan's own.
        receive: Gives the server's next message.
        send: Takes an answer.

    Raises:
        BaseException: What ends the wait for the end, such as a cancellation.
    """
    state = scope.get("state")
    if state is not None:
        state.update(lifespan.state)
        lifespan.state = state
    await _find_message(receive, "lifespan.startup")
    if not await _answer(lifespan, lifespan.start(), "startup", send):
        return
    try:
        await _find_message(receive, "lifespan.shutdown")
    except BaseException:
        await lifespan.stop()
        raise
    await _answer(lifespan, lifespan.stop(), "shutdown", send)


async def _find_message(receive: Callable[[], Awaitable[MutableMapping[str, Any]]], kind: str) -> None:
    while (await receive())["type"] != kind:
        pass


async def _answer(
    lifespan: Lifespan,
    phase: Awaitable[None],
    name: str,
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> bool:
    """Tell the server whether a phase of the lifespan went well."""
    try:
        await phase
    except Exception as error:
        lifespan.app.logger.exception("The application's %s failed.", name, exc_info=error)
        # With the note that names the function.
        message = "".join(format_exception_only(error)).strip()
        await send({"type": f"lifespan.{name}.failed", "message": message})
        return False
    await send({"type": f"lifespan.{name}.complete"})
    return True


class _WsgiStart:
    """Start once, for all the threads that ask."""

    def __init__(self) -> None:
        self._is_over = threading.Event()
        self._error: BaseException | None = None

    def run(self, lifespan: Lifespan) -> None:
        """Start, in the thread that came first."""
        try:
            get_loop_thread().call(lifespan.start(), Context())
        except BaseException as error:
            self._error = error
        finally:
            self._is_over.set()

    def wait(self, app: AppLike) -> None:
        """Wait for the thread that came first."""
        self._is_over.wait()
        if self._error is not None:
            raise RuntimeError(
                f"The application {app.name!r} did not start, so it answers no request: {self._error!r} was raised"
                " before serving. Mend what the error above says, and start the server again."
            ) from self._error


@contextmanager
def _naming(kind: str, function: Callable[..., Any]) -> Iterator[None]:
    """Say in an error which function it comes from."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"Raised by the {kind} function {say_name(function)}.")
        raise


@contextmanager
def _collecting(errors: list[BaseException]) -> Iterator[None]:
    """Keep an error for later."""
    try:
        yield
    except BaseException as error:
        errors.append(error)


def _run_on(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
    if loop.is_running():
        return loop.create_task(coroutine)
    loop.run_until_complete(coroutine)
    return None


def _forget_all() -> None:
    for lifespan in tuple(_lifespans):
        lifespan.forget()


_lifespans: WeakSet[Lifespan] = WeakSet()

if hasattr(os, "register_at_fork"):
    # A forked process starts and stops for itself.
    os.register_at_fork(after_in_child=_forget_all)
