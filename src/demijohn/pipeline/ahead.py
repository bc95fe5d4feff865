"""Take items from a sync iterable in a thread, for async code.

Here lives `LookAhead`, behind `Workers.iterate`.
"""

from __future__ import annotations

from collections import deque
from contextvars import Context
from types import GeneratorType
from typing import TYPE_CHECKING, Any

from .jobs import DONE, Binding, Employer, Job, wait_for_end

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Iterator

_LOOK_AHEAD = 65_536  # bytes of a stream that may be ready before they are asked for
_LEAST_WEIGHT = 4_096  # so that there are at most sixteen chunks of them


class LookAhead:
    """Take items from a sync iterable in a thread, a little ahead."""

    def __init__(self, workers: Employer, binding: Binding, context: Context, iterable: Iterable[Any]) -> None:
        self.ready: deque[Any] = deque()
        self._workers = workers
        self._binding = binding
        self._context = context
        self._iterable = iterable
        self._iterator: Iterator[Any] = iter(iterable)
        self._room = 0
        self._is_ended = False
        self._is_unwanted = False
        self._is_told = False
        self._job: Job | None = None
        self._arrival: asyncio.Future[None] | None = None

    async def advance(self) -> bool:
        """Wait for an item, and tell whether there is one."""
        self._is_told = False
        self._room = _LOOK_AHEAD
        while not self.ready:
            if self._job is not None and self._job.state == DONE:
                job, self._job = self._job, None
                await job  # raises what the iterable raised
            if self._is_ended:
                return False
            if self._job is None:
                self._job = Job(self._workers, self._binding, self._context, self._fill)
                self._job.add_done_callback(self._tell, context=Context())
            self._arrival = self._workers.loop.create_future()
            await self._arrival
            self._is_told = False
        return True

    async def close(self) -> None:
        """Close the iterable once the thread is out of it."""
        self._is_unwanted = True
        job, self._job = self._job, None
        try:
            if job is not None and job.state != DONE:
                await wait_for_end(job)
        finally:
            close = getattr(self._iterable, "close", None)
            if close is not None and not (self._is_ended and isinstance(self._iterable, GeneratorType)):
                job = Job(self._workers, self._binding, self._context, close)
                job.is_certain = True
                await job

    def _fill(self) -> None:
        """Take what there is, in the thread, while there is room for more."""
        self._room = _LOOK_AHEAD
        while self._room > 0 and not self._is_unwanted:
            try:
                item = next(self._iterator)
            except BaseException as error:
                if not isinstance(error, StopIteration):
                    raise
                self._is_ended = True
                return
            self.ready.append(item)
            self._room -= max(_LEAST_WEIGHT, len(item) if isinstance(item, (bytes, str)) else 0)
            del item
            if not self._is_told:
                self._is_told = True
                self._workers.loop.call_soon_threadsafe(self._tell)

    def _tell(self, job: Job | None = None) -> None:
        """Wake who waits for an item."""
        arrival, self._arrival = self._arrival, None
        if arrival is not None and not arrival.done():
            arrival.set_result(None)
