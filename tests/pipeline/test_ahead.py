"""Sync iterables for async code: taken in a thread, a little ahead, and closed there."""

import asyncio
import contextvars
import threading
from contextlib import aclosing

import pytest

from demijohn.pipeline.workers import Workers
from tests.pipeline.threads_of_loops import LIMIT, Binding, name_thread, run

WORD = contextvars.ContextVar("word", default="nothing")


class Items:
    """Be an iterable with a `close`, as a response's body is."""

    def __init__(self, *items):
        self.items = items
        self.closed = []

    def __iter__(self):
        yield from self.items

    def close(self):
        self.closed.append(name_thread())


def test_all_items_come_in_order():
    """Whatever their number and kind."""

    async def main(workers):
        return [item async for item in workers.iterate(None, None, iter(range(1000)))]

    assert list(range(1000)) == run(main)


def test_nothing_comes_from_an_empty_iterable():
    """It is closed all the same."""
    items = Items()

    async def main(workers):
        return [item async for item in workers.iterate(None, None, items)]

    assert ([], ["demijohn-sync-1"]) == (run(main), items.closed)


def test_it_runs_in_the_thread_of_its_binding():
    """From its first item to its end, and so does `close`."""
    names = []

    def generate():
        try:
            for _ in range(40):
                names.append(name_thread())
                yield b"item"
        finally:
            names.append(name_thread())

    async def main(workers):
        binding = Binding()
        await workers.call(None, len, ())
        name = await workers.call(binding, name_thread)
        async for _ in workers.iterate(binding, None, generate()):
            await workers.call(None, len, ())
        return name

    assert {run(main)} == set(names)


def test_an_item_is_given_before_the_next_one_is_there():
    """A source that waits holds nothing back."""
    go_on = threading.Event()

    def generate():
        yield 1
        yield 2
        go_on.wait(LIMIT)
        yield 3

    async def main(workers):
        seen = []
        async for item in workers.iterate(None, None, generate()):
            seen.append((item, go_on.is_set()))
            if item == 2:
                go_on.set()
        return seen

    assert [(1, False), (2, False), (3, True)] == run(main)


@pytest.mark.parametrize(("item", "most"), [(b"", 16), ("x" * 1000, 16), (b"x" * 30_000, 3), (None, 16)])
def test_the_thread_does_not_run_far_ahead(item, most):
    """A reader who stops after one item leaves at most 64 KiB behind, and the thread free."""
    given = []

    def generate():
        while True:
            given.append(item)
            yield item

    async def main(workers):
        async with aclosing(workers.iterate(Binding(), None, generate())) as items:
            await anext(items)
            await asyncio.sleep(0.05)
            return len(given), await workers.call(None, len, "free")

    assert (most, 4) == run(main)


def test_many_ready_items_need_few_hops():
    """Up to sixteen come with one."""
    hops = []

    async def main(workers):
        admit = workers.admit
        workers.admit = lambda job: (hops.append(job), admit(job))
        return [item async for item in workers.iterate(None, None, iter(range(64)))]

    assert (list(range(64)), True) == (run(main), len(hops) <= 9)


def test_an_error_comes_after_the_items_before_it():
    """And the iterable is closed."""

    class Failing(Items):
        def __iter__(self):
            yield 1
            yield 2
            raise LookupError

    items, seen = Failing(), []

    async def main(workers):
        async for item in workers.iterate(None, None, items):
            seen.append(item)

    with pytest.raises(LookupError):
        run(main)
    assert ([1, 2], 1) == (seen, len(items.closed))


def test_leaving_early_closes_it_in_a_thread():
    """`aclose` waits for that."""
    closed = []

    def generate():
        try:
            while True:
                yield b"item"
        finally:
            closed.append(name_thread())

    async def main(workers):
        async with aclosing(workers.iterate(None, None, generate())) as items:
            await anext(items)
        return list(closed)

    assert ["demijohn-sync-1"] == run(main)


def test_closing_waits_until_the_thread_is_out_of_it():
    """A generator cannot be closed while it runs."""
    is_waiting, go_on, seen = threading.Event(), threading.Event(), []

    def generate():
        try:
            yield 1
            is_waiting.set()
            go_on.wait(LIMIT)
            seen.append("went on")
            yield 2
        finally:
            seen.append("closed")

    async def main(workers):
        async with aclosing(workers.iterate(None, None, generate())) as items:
            await anext(items)
            await asyncio.to_thread(is_waiting.wait, LIMIT)
            asyncio.get_running_loop().call_later(0.05, go_on.set)
        return seen

    assert ["went on", "closed"] == run(main)


def test_an_error_that_nobody_waits_for_does_not_keep_it_open():
    """It is closed when the reader had left before the error."""
    go_on = threading.Event()

    class Failing(Items):
        def __iter__(self):
            yield 1
            go_on.wait(LIMIT)
            raise LookupError

    items = Failing()

    async def main(workers):
        asyncio.get_running_loop().call_later(0.05, go_on.set)
        async with aclosing(workers.iterate(None, None, items)) as stream:
            await anext(stream)

    run(main)
    assert ["demijohn-sync-1"] == items.closed


def test_a_cancelled_reader_closes_it():
    """While it waits for an item too, and only after that."""
    go_on, started, seen = threading.Event(), threading.Event(), []

    def generate():
        try:
            started.set()
            go_on.wait(LIMIT)
            yield 1
        finally:
            seen.append("closed")

    async def main(workers):
        async def read():
            async with aclosing(workers.iterate(Binding(), None, generate())) as items:
                async for item in items:
                    seen.append(item)

        task = asyncio.create_task(read())
        await asyncio.to_thread(started.wait, LIMIT)
        task.cancel()
        await asyncio.sleep(0.01)
        task.cancel()
        asyncio.get_running_loop().call_later(0.01, go_on.set)
        with pytest.raises(asyncio.CancelledError):
            await task
        return seen

    assert ["closed"] == run(main)


def test_variables_stay_with_the_iterable():
    """It keeps what it sets from item to item, and the reader does not see it."""

    def generate():
        for word in ("one", "two"):
            before = WORD.get()
            WORD.set(word)
            yield before

    async def main(workers):
        WORD.set("reader")
        seen = [item async for item in workers.iterate(None, None, generate())]
        context = contextvars.copy_context()
        seen += [item async for item in workers.iterate(None, context, generate())]
        return [*seen, WORD.get(), context[WORD]]

    assert ["reader", "one", "reader", "one", "reader", "two"] == run(main)


def test_closed_workers_end_a_stream():
    """A reader is not left waiting."""

    async def main(workers):
        stream = workers.iterate(None, None, iter([1]))
        workers.close()
        await anext(stream)

    with pytest.raises(RuntimeError, match="threads for sync code are closed"):
        run(main)


def test_it_is_closed_even_if_that_is_cancelled():
    """A closing that waits for a thread takes place all the same."""

    async def main(_):
        workers = Workers(1, asyncio.get_running_loop())
        begun, stop, items = asyncio.Event(), threading.Event(), Items(b"x" * 100_000, b"y")
        stream = workers.iterate(None, None, items)
        await anext(stream)

        def wait():
            workers.loop.call_soon_threadsafe(begun.set)
            stop.wait(LIMIT)

        busy = asyncio.create_task(workers.call(None, wait))
        await begun.wait()
        closing = asyncio.create_task(stream.aclose())
        await asyncio.sleep(0.01)
        closing.cancel()
        stop.set()
        results = await asyncio.gather(busy, closing, return_exceptions=True)
        workers.close()
        return items.closed, type(results[1])

    assert (["demijohn-sync-1"], asyncio.CancelledError) == run(main)


def test_nothing_more_is_taken_from_what_nobody_wants():
    """A source that waits between its items is closed at its next one, not after as many as there is room for."""
    is_waiting, is_closing, seen = threading.Event(), threading.Event(), []

    def generate():
        yield 1
        is_waiting.set()
        is_closing.wait(LIMIT)
        for item in range(2, 10):
            seen.append(item)
            yield item

    async def main(workers):
        async with aclosing(workers.iterate(None, None, generate())) as items:
            await anext(items)
            await asyncio.to_thread(is_waiting.wait, LIMIT)
            # Closing comes first: it does not wait before it says so.
            asyncio.get_running_loop().call_soon(is_closing.set)
        return seen

    assert [2] == run(main)
