"""One call in a thread: what it raises, and what a cancellation does to it."""

import asyncio
import contextvars
import gc
import threading
import weakref

import pytest

from demijohn.pipeline.jobs import Job
from demijohn.pipeline.workers import Workers, find_workers

WORD = contextvars.ContextVar("word", default="nothing")
LIMIT = 10  # seconds after which a test that hangs is given up


class Stop(BaseException):
    """Be what is no Exception."""


def run(main):
    """Run a coroutine function with the workers of a loop of its own, and end its threads."""

    async def begin():
        workers = find_workers()
        try:
            async with asyncio.timeout(LIMIT):
                return await main(workers)
        finally:
            workers.close()

    return asyncio.run(begin())


class Slow:
    """Be a function that ends when it is told to."""

    def __init__(self):
        self.started, self.go_on = threading.Event(), threading.Event()
        self.has_ended = False

    def __call__(self):
        self.started.set()
        self.go_on.wait(LIMIT)
        WORD.set("slow")
        self.has_ended = True
        return "slow"

    async def wait_for_start(self):
        await asyncio.to_thread(self.started.wait, LIMIT)


@pytest.mark.parametrize("kind", [LookupError, Stop, KeyboardInterrupt, SystemExit, GeneratorExit, StopAsyncIteration])
def test_what_a_function_raises_reaches_the_caller(kind):
    """It is the same error, with the traceback of the function."""
    error = kind("raised")

    def fail():
        raise error

    async def main(workers):
        try:
            await workers.call(None, fail)
        except BaseException as caught:
            return caught, caught.__traceback__

    caught, traceback = run(main)
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    assert (error, "fail") == (caught, traceback.tb_frame.f_code.co_name)


def test_the_end_of_an_iterator_is_no_end_of_the_caller():
    """Python turns a StopIteration that leaves a coroutine into a RuntimeError, and so it is here."""

    async def main(workers):
        try:
            await workers.call(None, next, iter(()))
        except RuntimeError as error:
            return type(error.__cause__), await workers.call(None, next, iter(()), "the end")

    assert (StopIteration, "the end") == run(main)


def test_an_error_leaves_no_circle():
    """What the function had is gone when the error is, without the garbage collector."""

    class Thing:
        pass

    def fail(thing):
        raise LookupError

    async def main(workers):
        thing = Thing()
        with pytest.raises(LookupError):
            await workers.call(None, fail, thing)
        return weakref.ref(thing)

    gc.disable()
    try:
        assert run(main)() is None
    finally:
        gc.enable()


def test_a_cancellation_waits_for_the_function():
    """The task learns of it when the function has ended, and still has its variables."""

    async def main(workers):
        slow = Slow()
        seen = []

        async def work():
            try:
                await workers.call(None, slow)
            finally:
                seen.append((slow.has_ended, WORD.get()))

        task = asyncio.create_task(work())
        await slow.wait_for_start()
        assert task.cancel()
        assert task.cancel()
        await asyncio.sleep(0.01)
        before = list(seen)
        slow.go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        return before, seen, task.cancelled()

    assert ([], [(True, "slow")], True) == run(main)


def test_a_cancellation_need_not_wait():
    """Where the caller says so it is told at once, and the function goes on by itself."""

    async def main(workers):
        slow = Slow()
        task = asyncio.create_task(workers.call(None, slow, shield=False))
        await slow.wait_for_start()
        task.cancel("by the test")
        with pytest.raises(asyncio.CancelledError, match="by the test"):
            await task
        before = slow.has_ended
        slow.go_on.set()
        # The thread is in order afterwards.
        return before, await workers.call(None, threading.current_thread) is not None

    assert (False, True) == run(main)


def test_variables_come_back_from_what_is_not_shielded():
    """They are those of a copy, taken over at the end."""

    async def main(workers):
        await workers.call(None, WORD.set, "thread", shield=False)
        return WORD.get()

    assert "thread" == run(main)


def test_what_no_thread_has_taken_is_cancelled_at_once():
    """The function never runs, whether it waits for any thread or for its own."""

    async def main(_):
        workers = Workers(1, asyncio.get_running_loop())
        slow, done = Slow(), []
        first = asyncio.create_task(workers.call(None, slow))
        await slow.wait_for_start()
        late = [asyncio.create_task(workers.call(None, done.append, number)) for number in range(3)]
        await asyncio.sleep(0.01)
        late[1].cancel()
        with pytest.raises(asyncio.CancelledError):
            await late[1]
        ended = slow.has_ended
        slow.go_on.set()
        await asyncio.gather(first, late[0], late[2])
        return ended, done

    assert (False, [0, 2]) == run(main)


def test_a_task_that_is_cancelled_before_it_asks():
    """The function does not run."""

    async def main(workers):
        done = []

        async def work():
            asyncio.current_task().cancel()
            await workers.call(None, done.append, 1)

        task = asyncio.create_task(work())
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.01)
        return done

    assert [] == run(main)


def test_a_time_limit_is_kept_when_the_function_ends():
    """`asyncio.timeout` raises its own error, after the function."""

    async def main(workers):
        slow = Slow()
        asyncio.get_running_loop().call_later(0.05, slow.go_on.set)
        try:
            async with asyncio.timeout(0.01):
                await workers.call(None, slow)
        except TimeoutError:
            return slow.has_ended, asyncio.current_task().cancelling()

    assert (True, 0) == run(main)


def test_an_error_during_a_cancellation_is_its_context():
    """The cancellation is what surfaces, and the error is not lost."""

    async def main(workers):
        slow = Slow()

        def fail():
            slow()
            raise LookupError

        task = asyncio.create_task(workers.call(None, fail))
        await slow.wait_for_start()
        task.cancel()
        slow.go_on.set()
        try:
            await task
        except asyncio.CancelledError as error:
            contexts = []
            while error is not None:
                contexts.append(type(error))
                error = error.__context__
            return contexts

    assert LookupError in run(main)


def test_a_cancelled_call_passes_its_thread_on():
    """What waited for the thread is done."""

    async def main(_):
        workers = Workers(1, asyncio.get_running_loop())
        slow = Slow()
        task = asyncio.create_task(workers.call(None, slow, shield=False))
        await slow.wait_for_start()
        late = asyncio.create_task(workers.call(None, lambda: "late"))
        task.cancel()
        slow.go_on.set()
        return await late

    assert "late" == run(main)


def test_a_job_answers_what_is_asked_of_a_future():
    """Whatever awaits it, such as a task that is not asyncio's."""

    async def main(workers):
        job = Job(workers, None, None, len, ("abc",))
        ended = asyncio.Event()
        job.add_done_callback(lambda job: ended.set())
        before = asyncio.isfuture(job), job.done(), job.get_loop() is asyncio.get_running_loop()
        await ended.wait()
        return before, job.done(), job.cancel(), await job

    async def begin(workers):
        return await asyncio.create_task(main(workers))

    assert ((True, False, True), True, False, 3) == run(begin)


def test_without_a_thread_the_call_fails(monkeypatch):
    """Where no thread can be made, each call is told so, and none waits for ever."""

    def refuse(thread):
        raise RuntimeError("there are too many threads")

    async def main(workers):
        errors = await asyncio.gather(*[workers.call(None, len, "") for _ in range(2)], return_exceptions=True)
        monkeypatch.undo()
        return [str(error) for error in errors], await workers.call(None, len, "abc")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert (["there are too many threads"] * 2, 3) == run(main)
