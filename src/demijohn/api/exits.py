"""End what the dependencies of a view began.

A dependency that is a generator gives its first value to the view, and goes
on when the response was handed over: behind its `yield`, or with the error of
the view raised there, as by `contextlib.contextmanager`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

from ..pipeline.drive import Step


class Exits:
    """Keep the generators of a request until it is over."""

    __slots__ = ("_generators", "error")

    def __init__(self) -> None:
        self._generators: list[tuple[Callable[..., Any], Any]] = []
        #: What the view or a later dependency raised, also if a handler answered it.
        self.error: BaseException | None = None

    def add(self, generator: Any, end: Callable[..., Any]) -> None:
        """Keep a generator that gave its value.

        Args:
            generator: The generator.
            end: `end` or `await_end`, callable by sync code.
        """
        self._generators.append((end, generator))

    def close(self, exc: BaseException | None) -> Step[None]:
        """Let each generator go on, the last one first.

        Args:
            exc: What ended the request, where the view did not fail.

        Raises:
            BaseException: What the first one that failed raised, after all
                others ended; these got it, unless the view had failed.
        """
        noted, self.error = self.error, None
        failed: BaseException | None = None
        try:
            if noted is not None:
                exc = noted
            while self._generators:
                end, generator = self._generators.pop()
                try:
                    yield end, (generator, failed if exc is None else exc)
                except BaseException as error:
                    failed = error if failed is None else failed
            if failed is not None:
                raise failed
        finally:
            # Their tracebacks name this frame: no circle may stay.
            del noted, failed, exc


def begin(generator: Generator[Any, Any, Any], keep: Callable[[], None]) -> Any:
    """Return the value that a generator gives.

    Args:
        generator: The generator.
        keep: Is called as soon as there is something to end: of a client that
            goes away meanwhile, nobody gets the value.

    Raises:
        RuntimeError: It gives none.
    """
    try:
        value = next(generator)
    except StopIteration:
        raise RuntimeError(_say_nothing(generator)) from None
    keep()
    return value


async def await_begin(generator: AsyncGenerator[Any, Any], keep: Callable[[], None]) -> Any:
    """Return the value that an async generator gives.

    Args:
        generator: The generator.
        keep: As of `begin`.

    Raises:
        RuntimeError: It gives none.
    """
    try:
        value = await anext(generator)
    except StopAsyncIteration:
        raise RuntimeError(_say_nothing(generator)) from None
    keep()
    return value


def check_open(generator: Any) -> None:
    """Check that a generator that gave its value can still go on.

    Args:
        generator: The generator, of either kind.

    Raises:
        RuntimeError: It has ended already, with the loop that it ran on.
    """
    if getattr(generator, "ag_frame", generator) is None:
        raise RuntimeError(
            f"The dependency {generator.__qualname__!r} is an async generator that was closed before the view could"
            " use its value: the event loop ended on which the application's `async_to_sync` called it. Use the"
            " usual `async_to_sync`, one that keeps its loop, or a sync generator."
        )


def end(generator: Generator[Any, Any, Any], exc: BaseException | None) -> None:
    """Let a generator go on to its end.

    Args:
        generator: The generator, which gave its value.
        exc: What is to be raised in it, or None.

    Raises:
        BaseException: What it raises, unless that is `exc` itself.
        RuntimeError: It gives a second value.
    """
    with _expect_end(exc):
        _ = next(generator) if exc is None else generator.throw(exc)
        generator.close()
        raise RuntimeError(_say_twice(generator))


async def await_end(generator: AsyncGenerator[Any, Any], exc: BaseException | None) -> None:
    """Let an async generator go on to its end.

    Args:
        generator: The generator, which gave its value.
        exc: What is to be raised in it, or None.

    Raises:
        BaseException: What it raises, unless that is `exc` itself.
        RuntimeError: It gives a second value.
    """
    if getattr(generator, "ag_frame", generator) is None:
        return  # its loop has ended it, of which `check_open` told
    with _expect_end(exc):
        _ = await (anext(generator) if exc is None else generator.athrow(exc))
        await generator.aclose()
        raise RuntimeError(_say_twice(generator))


@contextmanager
def _expect_end(exc: BaseException | None) -> Iterator[None]:
    """Let a generator end, or raise the error again that it was given."""
    traceback = None if exc is None else exc.__traceback__
    try:
        yield
    except BaseException as error:
        # Python raises a `StopIteration` that leaves a generator as the cause of another error.
        is_stop = isinstance(exc, StopIteration | StopAsyncIteration) and error.__cause__ is exc
        if exc is not None and (error is exc or is_stop):
            exc.__traceback__ = traceback
        elif not isinstance(error, StopIteration | StopAsyncIteration):
            raise


def _say_nothing(generator: Any) -> str:
    return (
        f"The dependency {generator.__qualname__!r} is a generator that ended before its first `yield`, so there is"
        " no value for whoever depends on it. Let it yield one on every path, or raise an HTTPException."
    )


def _say_twice(generator: Any) -> str:
    return (
        f"The dependency {generator.__qualname__!r} is a generator that yielded a second time, and the request is over"
        " after the first. Keep one `yield`; what comes behind it cleans up."
    )
