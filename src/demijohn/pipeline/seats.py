"""Give threads a place where they wait for work.

Here live `Seat`, the queue of one thread, and what a thread that waits for
a coroutine leaves behind for those that the coroutine calls: it can do jobs
while it waits.  The threads themselves are made in `workers`, and waiting
for coroutines is in `bridge`.
"""

from __future__ import annotations

import os
import threading
from contextvars import Context, ContextVar
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import asyncio


class Turn(Protocol):
    """What a thread finds in the queue of its seat."""

    def take_turn(self) -> None:
        """Do what there is to do, in the thread of the seat."""

    def drop(self) -> None:
        """Take note, in the loop's thread, that nobody will do it."""


class Waiter(Protocol):
    """A thread that waits for a coroutine and can do jobs meanwhile."""

    loop: asyncio.AbstractEventLoop
    seat: Seat
    is_open: bool


#: The thread that waits for the coroutine which runs now, if one does.
waiter: ContextVar[Waiter | None] = ContextVar("demijohn.waiter", default=None)

#: The seats of the threads that have one, by the thread's identifier.
_seats: dict[int, Seat] = {}


class Seat:
    """Be the place where one thread waits for work."""

    __slots__ = ("queue",)

    def __init__(self) -> None:
        # Late: start-up has no use for it, and gevent may replace it until then.
        import queue

        self.queue: Any = queue.SimpleQueue()

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop that the thread works for, or None."""
        return None

    def take(self) -> None:
        """Make this the seat of the current thread."""
        _seats[threading.get_ident()] = self

    def leave(self) -> None:
        """Leave the current thread without a seat."""
        del _seats[threading.get_ident()]

    def clear(self) -> None:
        """Cancel the jobs that nobody will do any more, in the loop's thread."""
        while not self.queue.empty():
            self.queue.get().drop()


def find_seat() -> Seat | None:
    """Return the seat of this thread, or None."""
    return _seats.get(threading.get_ident())


def adopt_context(context: Context) -> None:
    """Take over the values that another context gave its variables."""
    for variable, value in context.items():
        if variable.get(_MISSING) is not value and variable is not waiter:
            variable.set(value)


_MISSING: Any = object()

if hasattr(os, "register_at_fork"):
    # A forked process has one thread, which works for no loop.
    os.register_at_fork(after_in_child=_seats.clear)
