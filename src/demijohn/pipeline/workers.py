"""Keep threads for sync code beside a running event loop.

Here live `Workers`, the threads of one loop.  A call is one hop: a job goes
to a thread by a queue of the thread's own, and comes back as one callback of
the loop, which resumes the waiting task at once.  All bookkeeping is done in
the loop's thread, so there is no lock.

What goes through here is not decided here: see `bridge` for the functions
that users wrap.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from contextvars import Context, copy_context
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from .ahead import LookAhead
from .jobs import NEW, QUEUED, Binding, Job
from .seats import Seat, adopt_context, waiter

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator, Callable, Iterable

#: Threads for sync code, unless `SYNC_THREADS` says otherwise.
DEFAULT_LIMIT = 40

_ATTRIBUTE = "_demijohn_workers"
_RELEASED = SimpleNamespace(owner=None)


class Workers:
    """Keep the threads that run sync code beside one event loop.

    Threads are made when they are needed, are daemons, and stay.  Every
    method is to be called in the loop's thread.

    Args:
        limit: How many threads there may be at most.
        loop: The event loop; `find_workers` finds these by it afterwards.

    Raises:
        ValueError: There may be no thread at all.
    """

    def __init__(self, limit: int, loop: asyncio.AbstractEventLoop) -> None:
        if limit < 1:
            raise ValueError(
                f"SYNC_THREADS was {limit!r}, so that sync code would wait for a thread for ever. Allow at least one."
            )
        self.limit = limit
        self.loop = loop
        self._free: list[_Worker] = []  # idle and bound to nothing, the last used at the end
        self._held: dict[_Worker, None] = {}  # idle, and bound to what will come back
        self._waiting: deque[Job] = deque()
        self._all: list[_Worker] = []
        self._owner: weakref.ref[Workers] = weakref.ref(self)
        self._is_closed = False
        # A loop that is dropped without `close` takes its threads along.
        weakref.finalize(self, _end_threads, self._all).atexit = False
        setattr(loop, _ATTRIBUTE, self)

    async def call(self, binding: Binding, function: Callable[..., Any], *args: Any, shield: bool = True) -> Any:
        """Call a function in a thread, with the caller's context variables.

        It runs in the context of the task that awaits, so that what it sets
        is seen afterwards, and tokens are good in every later call.

        Args:
            binding: What decides about the thread: calls for the same
                object share one; None for any thread.
            function: The function.
            args: Its arguments.
            shield: Whether a cancellation waits for the function to end;
                else the thread is left alone, with a copy of the context.

        Returns:
            What the function returns.

        Raises:
            BaseException: Whatever the function raises.
        """
        if shield:
            return await Job(self, binding, None, function, args)
        context = copy_context()
        result = await Job(self, binding, context, function, args, is_shielded=False)
        adopt_context(context)
        return result

    async def run(self, binding: Binding, context: Context, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function in a thread, within a given context.

        A cancellation waits for the function to end.

        Args:
            binding: As for `call`.
            context: The context; that of the task itself is good too.
            function: The function.
            args: Its arguments.

        Returns:
            What the function returns.

        Raises:
            BaseException: Whatever the function raises.
        """
        return await Job(self, binding, context, function, args)

    async def iterate(
        self, binding: Binding, context: Context | None, iterable: Iterable[Any]
    ) -> AsyncGenerator[Any, None]:
        """Give the items of a sync iterable, which a thread takes from it.

        An item is given as soon as it is there; the thread goes on to the
        next ones, up to 64 KiB ahead, and is free while a slow reader has
        enough.  The end, an error and `aclose()` close the iterable, in a
        thread too.

        Args:
            binding: As for `call`.
            context: The context in which the iterable runs, which nothing
                else may enter meanwhile; None for a copy of the current one.
            iterable: The iterable; its `close` is called at the end.

        Yields:
            The items.

        Raises:
            BaseException: Whatever the iterable raises.
        """
        stream = LookAhead(self, binding, copy_context() if context is None else context, iterable)
        ready = stream.ready
        try:
            while await stream.advance():
                while ready:
                    yield ready.popleft()
        finally:
            await stream.close()

    def release(self, binding: Binding) -> None:
        """Give up the thread that belongs to an object.

        Args:
            binding: The object.  What is called for it afterwards runs in
                any thread.
        """
        worker, binding.worker = binding.worker, _RELEASED
        if worker is None or worker.owner is not self._owner:
            return
        worker.bindings -= 1
        if not worker.bindings and worker in self._held:
            del self._held[worker]
            self._free.append(worker)

    def close(self) -> None:
        """End the threads, those at work when their work is done.

        What still waits for a thread is cancelled, but for what has to run.
        """
        self._is_closed = True
        for job in [*self._waiting, *(job for worker in self._all for job in worker.jobs)]:
            job.cancel()
            if job.state == QUEUED:
                # Before the end of the thread, which nothing would come behind.
                job.send(self._find_bound(job) or self._all[0])
        _end_threads(self._all)
        if getattr(self.loop, _ATTRIBUTE, None) is self:
            delattr(self.loop, _ATTRIBUTE)

    def admit(self, job: Job) -> None:
        """Send a job to a thread, or let it wait for one.

        Args:
            job: The job, which nobody has taken yet.
        """
        if job.state != NEW:
            return
        if self._is_closed:
            job.refuse(RuntimeError("The threads for sync code are closed, because the server shuts down."))
            return
        job.state = QUEUED
        asking = job.context.get(waiter)
        if asking is not None and asking.is_open and asking.loop is self.loop:
            # That thread waits for the caller: nothing but this could free it.
            job.send(asking.seat)
        else:
            try:
                self._place(job)
            except RuntimeError as error:
                # No thread can be made: there are too many, or Python is about to end.
                job.refuse(error)

    def settle(self, job: Job) -> None:
        """Take note that a thread is done with a job, and resume the task.

        Args:
            job: The job.
        """
        worker, job.worker = job.worker, None
        if worker is not None:
            self._find_work(worker)
        job.finish()

    def _place(self, job: Job) -> None:
        """Give a job to its thread, to a free one, or to whoever is free first."""
        worker = self._find_bound(job)
        if worker is None:
            worker = self._choose()
        if worker is None:
            self._waiting.append(job)
        elif worker.is_idle:
            self._employ(worker, job)
        else:
            worker.jobs.append(job)

    def _find_bound(self, job: Job) -> _Worker | None:
        worker: _Worker | None = None if job.binding is None else job.binding.worker
        return worker if worker is not None and worker.owner is self._owner else None

    def _choose(self) -> _Worker | None:
        """Return an idle thread that is bound to little, or None."""
        if self._free:
            return self._free[-1]
        if len(self._all) < self.limit:
            worker = _Worker(self._owner, len(self._all) + 1)
            self._all.append(worker)
            self._free.append(worker)
            return worker
        # What is bound may come back and find its thread at work, so these come last.
        return min(self._held, key=_count_bindings, default=None)

    def _employ(self, worker: _Worker, job: Job) -> None:
        """Have an idle thread do a job."""
        worker.is_idle = False
        if worker.bindings:
            del self._held[worker]
        else:
            self._free.pop()
        self._hand_over(worker, job)

    def _hand_over(self, worker: _Worker, job: Job) -> None:
        """Send a job to a thread, which the job's binding keeps from now on."""
        if job.binding is not None and job.binding.worker is None:
            job.binding.worker = worker
            worker.bindings += 1
        job.worker = worker
        job.send(worker)

    def _find_work(self, worker: _Worker) -> None:
        """Give a thread that is done its next job, or let it idle."""
        while worker.jobs or self._waiting:
            job = (worker.jobs or self._waiting).popleft()
            if job.state != QUEUED:
                continue
            bound = self._find_bound(job)
            if bound is None or bound is worker:
                self._hand_over(worker, job)
                return
            self._place(job)
        worker.is_idle = True
        if worker.bindings:
            self._held[worker] = None
        else:
            self._free.append(worker)


def find_workers(limit: int = DEFAULT_LIMIT) -> Workers:
    """Return the workers of the running loop, made on first use.

    Args:
        limit: How many threads new ones may have.

    Raises:
        RuntimeError: No loop runs in this thread.
    """
    loop = _load_get_running_loop()()
    workers: Workers | None = getattr(loop, _ATTRIBUTE, None)
    return Workers(limit, loop) if workers is None else workers


@cache
def _load_get_running_loop() -> Callable[[], asyncio.AbstractEventLoop]:
    # Late: the module is loaded without asyncio in processes that have no use for it.
    from asyncio import get_running_loop

    # PERF: kept: 0.05 µs, and 1.3 by the import statement.
    return get_running_loop


class _Worker(Seat):
    """Be one thread with what is known about it in the loop's thread.

    It does not hold its owner, so that a loop which is dropped can go.
    """

    __slots__ = ("bindings", "is_idle", "jobs", "owner")

    def __init__(self, owner: weakref.ref[Workers], number: int) -> None:
        super().__init__()
        self.owner = owner
        self.bindings = 0
        self.is_idle = True
        self.jobs: deque[Job] = deque()
        threading.Thread(target=self._serve, name=f"demijohn-sync-{number}", daemon=True).start()

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop that the thread works for, or None once that is gone."""
        owner = self.owner()
        return None if owner is None else owner.loop

    def _serve(self) -> None:
        self.take()
        turn = self.queue.get()
        while turn is not None:
            turn.take_turn()
            del turn
            turn = self.queue.get()
        self.leave()


def _count_bindings(worker: _Worker) -> int:
    return worker.bindings


def _end_threads(workers: list[_Worker]) -> None:
    for worker in workers:
        worker.queue.put(None)
