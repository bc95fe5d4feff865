"""Threads beside a loop: which thread a call gets, with which variables, and how the threads end."""

import asyncio
import contextvars
import gc
import subprocess
import sys
import textwrap
import threading
import weakref

import pytest

from demijohn.pipeline.workers import DEFAULT_LIMIT, Workers, find_workers
from tests.pipeline.threads_of_loops import LIMIT, Binding, name_thread, run

WORD = contextvars.ContextVar("word", default="nothing")
KEPT = contextvars.ContextVar("kept")


def test_a_function_runs_in_a_thread():
    """Arguments go in, the result comes out, and the loop's thread is another one."""

    async def main(workers):
        return await workers.call(None, lambda *args: (args, threading.current_thread().daemon, name_thread()), 1, 2)

    assert ((1, 2), True, "demijohn-sync-1") == run(main)


def test_a_thread_is_used_again():
    """One call after the other needs one thread."""

    async def main(workers):
        return {await workers.call(None, name_thread) for _ in range(3)}

    assert {"demijohn-sync-1"} == run(main)


def test_threads_are_made_up_to_the_limit():
    """Calls at once have threads of their own; what is beyond the limit waits and is done all the same."""

    async def main(_):
        workers = Workers(3, asyncio.get_running_loop())
        barrier = threading.Barrier(3, timeout=LIMIT)

        def meet():
            barrier.wait()
            return name_thread()

        return await asyncio.gather(*[workers.call(None, meet) for _ in range(9)])

    names = run(main)
    assert (9, {"demijohn-sync-1", "demijohn-sync-2", "demijohn-sync-3"}) == (len(names), set(names))


def test_the_default_limit():
    """A loop has forty threads unless the application says otherwise."""

    async def main(workers):
        return workers.limit

    assert (40, 40) == (DEFAULT_LIMIT, run(main))


def test_a_loop_has_one_set_of_workers():
    """They are found by the loop, until they are closed."""

    async def main(workers):
        found = find_workers(1) is workers
        workers.close()
        return found, find_workers(1) is workers, find_workers().limit

    assert (True, False, 1) == run(main)


def test_without_a_loop_there_are_none():
    """Sync code that looks for them gets an error."""
    with pytest.raises(RuntimeError, match="no running event loop"):
        find_workers()


def test_calls_of_one_binding_share_a_thread():
    """They wait for it, even while other threads idle."""

    async def main(workers):
        binding, other = Binding(), Binding()
        start = threading.Event()
        slow = asyncio.create_task(workers.call(binding, start.wait, LIMIT))
        await asyncio.sleep(0.01)
        late = [asyncio.create_task(workers.call(binding, name_thread)) for _ in range(2)]
        names = {await workers.call(other, name_thread), await workers.call(None, name_thread)}
        start.set()
        await slow
        return names, [await task for task in late]

    assert ({"demijohn-sync-2", "demijohn-sync-3"}, ["demijohn-sync-1"] * 2) == run(main)


def test_calls_of_one_binding_that_wait_together_share_a_thread():
    """Where no thread was free for the first, the second follows it."""

    async def main(_):
        workers = Workers(2, asyncio.get_running_loop())
        stops = [threading.Event(), threading.Event()]
        slow = [asyncio.create_task(workers.call(None, stop.wait, LIMIT)) for stop in stops]
        await asyncio.sleep(0.01)
        binding = Binding()
        late = [asyncio.create_task(workers.call(binding, name_thread)) for _ in range(3)]
        await asyncio.sleep(0.01)
        for stop in stops:
            stop.set()
        await asyncio.gather(*slow)
        return {await task for task in late}

    assert 1 == len(run(main))


def test_a_bound_thread_is_left_alone():
    """Other calls take another thread while there may be one, so that what comes back finds its own free."""

    async def main(_):
        workers = Workers(2, asyncio.get_running_loop())
        binding = Binding()
        names = [await workers.call(binding, name_thread), await workers.call(None, name_thread)]
        stop = threading.Event()
        slow = asyncio.create_task(workers.call(None, stop.wait, LIMIT))
        await asyncio.sleep(0.01)
        names += [await workers.call(binding, name_thread), await workers.call(None, name_thread)]
        stop.set()
        await slow
        return [name[-1] for name in names]

    assert ["1", "2", "1", "1"] == run(main)


def test_a_released_binding_frees_its_thread():
    """Its thread is the first to be used again, and it is bound to none any more."""

    async def main(workers):
        binding = Binding()
        first = await workers.call(binding, name_thread)
        workers.release(binding)
        stop = threading.Event()
        slow = asyncio.create_task(workers.call(Binding(), stop.wait, LIMIT))
        await asyncio.sleep(0.01)
        second = await workers.call(binding, name_thread)
        stop.set()
        await slow
        return first, second

    assert ("demijohn-sync-1", "demijohn-sync-2") == run(main)


def test_a_binding_may_be_released_while_its_thread_works():
    """The thread is free when it is done."""

    async def main(workers):
        binding = Binding()
        stop = threading.Event()
        slow = asyncio.create_task(workers.call(binding, stop.wait, LIMIT))
        await asyncio.sleep(0.01)
        workers.release(binding)
        stop.set()
        await slow
        return await workers.call(None, name_thread)

    assert "demijohn-sync-1" == run(main)


def test_releasing_what_was_never_bound():
    """It is no error: a request may have needed no thread."""

    async def main(workers):
        binding = Binding()
        workers.release(binding)
        return await workers.call(binding, name_thread)

    assert "demijohn-sync-1" == run(main)


def test_a_binding_of_another_loop_is_bound_to_no_thread_here():
    """A request that is known to one loop may be current in code on another."""
    binding = Binding()

    async def bind(workers):
        return await workers.call(binding, name_thread)

    async def use(workers):
        worker = binding.worker
        name = await workers.call(binding, name_thread)
        return name, binding.worker is worker

    run(bind)
    assert ("demijohn-sync-1", True) == run(use)


def test_variables_go_in_and_come_back():
    """The thread sees what the task has set, and the task what the thread sets."""

    async def main(workers):
        WORD.set("task")
        seen = await workers.call(None, lambda: (WORD.get(), WORD.set("thread"))[0])
        return seen, WORD.get()

    assert ("task", "thread") == run(main)


def test_tokens_are_good_in_every_call():
    """What one call sets another one resets, or the task itself: it is one context."""

    async def main(workers):
        binding = Binding()
        token = await workers.call(binding, WORD.set, "thread")
        inner = await workers.call(binding, WORD.set, "inner")
        seen = [WORD.get()]
        await workers.call(binding, WORD.reset, inner)
        seen.append(WORD.get())
        WORD.reset(token)
        return [*seen, WORD.get()]

    assert ["inner", "thread", "nothing"] == run(main)


def test_a_context_may_be_empty():
    """An empty one is false, and still the one that the task and the thread are in."""

    async def main(workers):
        await workers.call(None, WORD.set, "first")
        seen = [WORD.get()]
        async for _ in workers.iterate(None, contextvars.Context(), iter((1, 2))):
            seen.append(WORD.get())
        given = contextvars.Context()
        await workers.run(None, given, WORD.set, "given")
        return [*seen, WORD.get(), given[WORD]]

    assert ["first"] * 4 + ["given"] == contextvars.Context().run(run, main)


def test_variables_come_back_from_what_raises():
    """Also a function that fails has set what it set."""

    def fail():
        WORD.set("failed")
        raise LookupError

    async def main(workers):
        with pytest.raises(LookupError):
            await workers.call(None, fail)
        return WORD.get()

    assert "failed" == run(main)


def test_variables_of_tasks_are_their_own():
    """Calls of many tasks at once do not see each other's."""

    async def main(workers):
        async def work(number):
            WORD.set(number)
            for _ in range(20):
                assert number == await workers.call(None, WORD.get)
            return WORD.get()

        return await asyncio.gather(*[work(number) for number in range(100)])

    assert list(range(100)) == run(main)


def test_a_call_may_run_within_a_given_context():
    """It is changed there, and not where the caller is."""

    async def main(workers):
        context = contextvars.copy_context()
        token = await workers.run(None, context, WORD.set, "given")
        return WORD.get(), context[WORD], await workers.run(None, context, WORD.reset, token), context.get(WORD)

    assert ("nothing", "given", None, None) == run(main)


def test_the_given_context_may_be_that_of_the_task():
    """A task that was made with a context of its own may name it."""

    async def main(workers):
        context = contextvars.copy_context()

        async def work():
            await workers.run(None, context, WORD.set, "given")
            return WORD.get()

        return [
            await asyncio.get_running_loop().create_task(work(), context=context),
            WORD.get(),
        ]

    assert ["given", "nothing"] == run(main)


def test_closing_ends_the_threads():
    """Idle ones end at once, and those at work when they are done."""

    async def main(workers):
        stop = threading.Event()
        threads = [await workers.call(None, threading.current_thread)]
        slow = asyncio.create_task(workers.call(None, lambda: (stop.wait(LIMIT), threading.current_thread())[1]))
        await asyncio.sleep(0.01)
        workers.close()
        stop.set()
        return [*threads, await slow]

    for thread in run(main):
        thread.join(LIMIT)
        assert not thread.is_alive()


def test_closing_cancels_what_waits():
    """A call that no thread has taken is cancelled, the one at work is not."""

    async def main(_):
        workers = Workers(1, asyncio.get_running_loop())
        stop = threading.Event()
        binding = Binding()
        calls = [asyncio.create_task(workers.call(each, stop.wait, LIMIT)) for each in (binding, binding, None)]
        await asyncio.sleep(0.01)
        workers.close()
        stop.set()
        return [type(result) for result in await asyncio.gather(*calls, return_exceptions=True)]

    assert [bool, asyncio.CancelledError, asyncio.CancelledError] == run(main)


def test_a_call_after_closing_is_an_error():
    """It says that the server shuts down."""

    async def main(workers):
        workers.close()
        await workers.call(None, name_thread)

    with pytest.raises(RuntimeError, match="threads for sync code are closed"):
        run(main)


def test_a_loop_that_is_dropped_takes_its_threads_along():
    """Nobody needs to close the workers of a script's loop."""

    async def main():
        return await find_workers().call(None, threading.current_thread)

    thread = asyncio.run(main())
    for _ in range(1000):
        # The thread may still be on its way from the call to its seat.
        gc.collect()
        thread.join(0.01)
        if not thread.is_alive():
            return
    pytest.fail("the thread is alive")


def test_a_loop_may_be_closed_while_a_thread_works():
    """The thread finds nobody to tell, and goes on without a word."""
    program = """
        import asyncio, threading, time
        from demijohn.pipeline.workers import find_workers

        stop = threading.Event()

        async def main():
            asyncio.create_task(find_workers().call(None, stop.wait))
            await asyncio.sleep(0.05)

        loop = asyncio.new_event_loop()
        loop.run_until_complete(main())
        loop.close()
        stop.set()
        time.sleep(0.1)
        print(threading.active_count())
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert ("2\n", 0, False) == (done.stdout, done.returncode, "Exception in thread" in done.stderr)


def test_closing_still_runs_what_has_to_run():
    """A teardown function that waits for a thread is called before the thread ends."""

    async def main(_):
        workers = Workers(1, asyncio.get_running_loop())
        stop, ran = threading.Event(), []
        leaving = Binding()
        leaving.is_leaving = True
        calls = [asyncio.create_task(workers.call(None, stop.wait, LIMIT))]
        calls += [asyncio.create_task(workers.call(leaving, ran.append, number)) for number in range(2)]
        await asyncio.sleep(0.01)
        workers.close()
        stop.set()
        results = await asyncio.gather(*calls, return_exceptions=True)
        return ran, [type(result) for result in results]

    assert ([0, 1], [bool, asyncio.CancelledError, asyncio.CancelledError]) == run(main)


def test_there_has_to_be_a_thread():
    """Without any, sync code would wait for ever, so the number is refused."""

    async def main(_):
        Workers(0, asyncio.get_running_loop())

    with pytest.raises(ValueError, match="SYNC_THREADS was 0"):
        run(main)


def test_what_was_cancelled_keeps_nothing_alive():
    """While all threads are busy, requests that are over leave no objects in the queue."""

    async def main(_):
        workers = Workers(1, asyncio.get_running_loop())
        stop, gone = threading.Event(), []

        async def ask():
            binding = Binding()
            gone.append(weakref.ref(binding))
            KEPT.set(binding)
            await workers.call(binding, print, binding)

        busy = asyncio.create_task(workers.call(None, stop.wait, LIMIT))
        await asyncio.sleep(0.01)
        asking = asyncio.create_task(ask())
        await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        del asking
        await asyncio.sleep(0)
        gc.collect()
        found = gone[0]()
        stop.set()
        await busy
        workers.close()
        return found

    assert run(main) is None
