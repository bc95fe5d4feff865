"""Carry calls from an event loop to threads, and their outcomes back.

Here lives `Job`, one such call.  Which thread makes it is decided in
`workers`.
"""

from __future__ import annotations

from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from .seats import Seat

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Generator

#: The states of a job: nobody has taken it, it waits for a thread, it was
#: sent to one, its outcome is known.
NEW, QUEUED, SENT, DONE = range(4)

#: Any object with an attribute `worker`, None at first: what is called for
#: the same object runs in the same thread.
Binding: TypeAlias = Any


class Employer(Protocol):
    """Who finds threads for jobs: the `Workers` of a loop."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that awaits the jobs."""
        ...

    def admit(self, job: Job) -> None:
        """Send a new job to a thread, or let it wait for one."""

    def settle(self, job: Job) -> None:
        """Take note, in the loop's thread, that a thread is done with a job."""


class Job:
    """Carry one call to a thread, and its outcome back to the task.

    A task treats it as it treats a future, by the same protocol; what
    differs is that the job learns the task's context, and that cancelling
    it does not wake the task while the thread is at work.
    """

    __slots__ = (
        "_asyncio_future_blocking",
        "arguments",
        "binding",
        "context",
        "error",
        "function",
        "is_cancelled",
        "is_certain",
        "is_shielded",
        "message",
        "result_context",
        "resume",
        "state",
        "value",
        "worker",
        "workers",
    )

    def __init__(
        self,
        workers: Employer,
        binding: Binding,
        context: Any,
        function: Callable[..., Any],
        arguments: tuple[Any, ...] = (),
        *,
        is_shielded: bool = True,
    ) -> None:
        self._asyncio_future_blocking = False
        self.workers = workers
        self.binding = binding
        self.context = context
        self.function = function
        self.arguments = arguments
        self.is_shielded = is_shielded
        self.is_cancelled = False
        #: Whether it runs even if it is cancelled before: a teardown does.
        self.is_certain = getattr(binding, "is_leaving", False)
        self.message: Any = None
        self.state = NEW
        #: The worker that makes the call, unless another thread does.
        self.worker: Any = None
        self.resume: Callable[[Job], Any] | None = None
        self.value: Any = None
        self.error: BaseException | None = None

    def __await__(self) -> Generator[Any, None, Any]:
        if self.state != DONE:
            self._asyncio_future_blocking = True
            yield self
        self.result()
        error, self.error = self.error, None
        if error is None:
            return self.value
        try:
            raise error
        finally:
            # The error's traceback names this frame: no circle may stay.
            del error

    def add_done_callback(self, resume: Callable[[Job], Any], *, context: Context | None = None) -> None:
        """Set what is called at the end, which the awaiting task does."""
        self.resume = resume
        if context is None:
            context = copy_context()
        self.result_context = context
        if self.state != NEW:
            return
        if self.context is None:
            self.context = context
        if self.context is context:
            # The task is still in its context, which only one can be in.
            self.workers.loop.call_soon(self.workers.admit, self)
        else:
            self.workers.admit(self)

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop, which a task compares with its own."""
        return self.workers.loop

    def done(self) -> bool:
        """Tell whether the outcome is known."""
        return self.state == DONE

    def cancel(self, msg: Any = None) -> bool:
        """Cancel what waits; what runs ends before the task learns of it."""
        if self.state == DONE:
            return False
        self.is_cancelled, self.message = True, msg
        if not self.is_certain and (self.state != SENT or not self.is_shielded):
            if self.state != SENT:
                # SECURITY: it stays in a queue, where requests of clients that went away could fill the memory.
                del self.function, self.arguments, self.binding, self.context
            self.state = DONE
            if self.resume is not None:
                self.workers.loop.call_soon(self.finish)
        return True

    def refuse(self, error: BaseException) -> None:
        """Fail before a thread was asked."""
        self.state = DONE
        self.error = error
        self.workers.loop.call_soon(self.finish)

    def result(self) -> None:
        """Raise CancelledError in the task if it was cancelled meanwhile."""
        if self.is_cancelled:
            # Late: the module is loaded without asyncio in processes that have no use for it.
            from asyncio import CancelledError

            cancelled = CancelledError() if self.message is None else CancelledError(self.message)
            cancelled.__context__, self.error = self.error, None
            raise cancelled

    def send(self, seat: Seat) -> None:
        """Hand the job to the thread that has a seat."""
        self.state = SENT
        seat.queue.put(self)

    def drop(self) -> None:
        """Cancel a job whose thread has gone."""
        self.is_cancelled = True
        self.finish()

    def take_turn(self) -> None:
        """Make the call, in the thread."""
        try:
            if self.is_certain or not self.is_cancelled:
                self.value = self.context.run(self.function, *self.arguments)
        except BaseException as error:
            self.error = error
        # The thread comes back for this job's end when the task may be over.
        del self.function, self.arguments
        workers = self.workers
        try:
            workers.loop.call_soon_threadsafe(workers.settle, self)
        except RuntimeError:
            # The loop was closed, and the task with it.
            if not workers.loop.is_closed():
                raise

    def finish(self) -> None:
        """Resume the task, in the loop's thread."""
        # PERF: resuming it here makes a hop of 19 µs, where a future and
        # ThreadPoolExecutor made one of 31 µs.
        self.state = DONE
        resume, self.resume = self.resume, None
        if resume is not None:
            self.result_context.run(resume, self)
            del self.result_context


async def wait_for_end(job: Job) -> None:
    """Wait for the end of a job whose outcome nobody wants any more."""
    try:
        await job
    except BaseException:
        if job.is_cancelled:
            raise
