"""Keep a request current while its response streams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from contextvars import copy_context
from typing import Any, Self

from . import _current
from .typing import RequestContextLike


class ContextStream:
    """Advance an iterator with a request context entered around each step.

    The iterator has context variables of its own, so between two chunks
    nothing of the request is left in the thread that sends them, whichever
    thread that is.

    Args:
        context: The request context to enter.
        iterator: What gives the chunks.
    """

    def __init__(self, context: RequestContextLike, iterator: Iterator[Any]) -> None:
        self._contexts: tuple[Any, ...] = (context.app_context, context)
        self._entered = ExitStack()
        self._variables = copy_context()
        # Nothing is current there but what the stream enters.
        self._variables.run(_current.context.set, None)
        self._iterator = iterator
        self._is_started = False
        self._is_finished = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        if self._is_finished:
            raise StopIteration
        return self._variables.run(self._advance)

    def __del__(self) -> None:
        if self._is_started:
            self.close()

    def close(self) -> None:
        """Close the iterator and leave the context, once."""
        if not self._is_finished:
            self._variables.run(self._finish, GeneratorExit())

    def _advance(self) -> Any:
        try:
            if not self._is_started:
                self._is_started = True
                for context in self._contexts:
                    self._entered.enter_context(context)
            return next(self._iterator)
        except BaseException as error:
            self._finish(None if isinstance(error, StopIteration) else error)
            raise

    def _finish(self, error: BaseException | None) -> None:
        self._is_finished = True
        try:
            close = getattr(self._iterator, "close", None)
            if close is not None:
                close()
        finally:
            self._entered.__exit__(type(error) if error else None, error, None)
