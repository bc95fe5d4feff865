"""How the generators of a request come to their end."""

from __future__ import annotations

import asyncio
import gc
import weakref
from contextlib import contextmanager, suppress

import pytest

from demijohn.api.exits import Exits, await_begin, await_end, begin, end
from demijohn.pipeline.drive import drive

STOPS = [None, LookupError("of the view"), StopIteration("a"), StopAsyncIteration("b"), GeneratorExit(), SystemExit(1)]


class FailureError(Exception):
    """Be an error that can be watched."""


def keep_nothing():
    """Be told that there is something to end."""


def make_generator(seen, name="", *, fails=None, swallows=False):
    """Return a generator that gave its value, and notes its end."""

    def generate():
        try:
            yield name
            seen.append((name, None))
        except BaseException as error:
            seen.append((name, error))
            if not swallows:
                raise
        finally:
            if fails:
                raise fails

    generator = generate()
    assert name == begin(generator, keep_nothing)
    return generator


def run_async(function, *args):
    """Call a coroutine function in a loop of its own."""
    return asyncio.run(function(*args))


def close(exits, *generators, error=None):
    """Keep generators and let them all end."""
    for generator in generators:
        exits.add(generator, end)
    drive(exits.close(error))


@pytest.mark.parametrize("error", STOPS, ids=lambda error: type(error).__name__)
def test_a_generator_gets_the_error_once_and_may_raise_it_again(error):
    """What raised it in the view is not raised a second time, and its traceback is as it was."""
    seen = []
    close(Exits(), make_generator(seen), error=error)
    assert [("", error)] == seen
    assert getattr(error, "__traceback__", None) is None


@pytest.mark.parametrize("error", STOPS, ids=lambda error: type(error).__name__)
def test_an_async_generator_gets_the_error_too(error):
    """It ends as a sync one does."""
    seen = []

    async def generate():
        try:
            yield 1
        except BaseException as raised:
            seen.append(raised)
            raise
        seen.append(None)

    async def main():
        generator = generate()
        assert 1 == await await_begin(generator, keep_nothing)
        await await_end(generator, error)

    run_async(main)
    assert [error] == seen


def test_the_last_one_ends_first():
    """What was begun upon another ends before it."""
    seen = []
    close(Exits(), *(make_generator(seen, name) for name in "abc"))
    assert [("c", None), ("b", None), ("a", None)] == seen


def test_one_that_fails_keeps_no_other_from_its_end():
    """The others get its error, since what it had to do is not done, and the first error is raised."""
    seen, failures = [], [OSError("b"), ValueError("a")]
    a = make_generator(seen, "a", fails=failures[1])
    with pytest.raises(OSError, match="b") as caught:
        close(Exits(), a, make_generator(seen, "b", fails=failures[0]), make_generator(seen, "c"))
    assert caught.value is failures[0]
    assert [("c", None), ("b", None), ("a", failures[0])] == seen


def test_one_that_swallows_the_error_hides_it_from_no_other():
    """A transaction is rolled back, though another dependency wrote the error to a log."""
    seen, error = [], LookupError()
    close(Exits(), make_generator(seen, "a"), make_generator(seen, "b", swallows=True), error=error)
    assert [("b", error), ("a", error)] == seen


def test_the_error_of_the_view_comes_before_that_of_the_end():
    """A handler may have answered it, and something else have failed since."""
    seen, exits = [], Exits()
    exits.error = error = LookupError()
    close(exits, make_generator(seen), error=OSError())
    assert [("", error)] == seen


def test_no_generator_ends_twice():
    """A second end finds nothing to do."""
    seen, exits = [], Exits()
    close(exits, make_generator(seen))
    close(exits)
    assert [("", None)] == seen


def test_a_generator_may_give_nothing_but_one_value():
    """What is wrong is said by the name of the function, and the generator is closed."""

    def nothing():
        yield from ()

    def twice():
        with note():
            yield 1
            yield 2

    closed = []

    @contextmanager
    def note():
        try:
            yield
        finally:
            closed.append(True)

    with pytest.raises(RuntimeError, match=r"nothing' is a generator that ended before its first `yield`"):
        begin(nothing(), keep_nothing)
    generator = twice()
    begin(generator, keep_nothing)
    with pytest.raises(RuntimeError, match=r"twice' is a generator that yielded a second time"):
        end(generator, None)
    assert [True] == closed


def test_an_async_generator_may_give_nothing_but_one_value():
    """It is told in the same words."""

    async def nothing():
        for number in ():
            yield number

    async def twice():
        yield 1
        yield 2

    async def main():
        with pytest.raises(RuntimeError, match=r"nothing' is a generator that ended before its first `yield`"):
            await await_begin(nothing(), keep_nothing)
        generator = twice()
        await await_begin(generator, keep_nothing)
        with pytest.raises(RuntimeError, match=r"twice' is a generator that yielded a second time"):
            await await_end(generator, None)

    run_async(main)


def test_errors_are_free_when_all_is_over():
    """No frame keeps an error whose traceback keeps the frame."""
    references = []

    def generate():
        try:
            yield
        finally:
            failure = FailureError("of the end")
            references.append(weakref.ref(failure))
            try:
                raise failure
            finally:
                del failure

    def fail():
        exits, error = Exits(), FailureError("of the view")
        references.append(weakref.ref(error))
        exits.error = error
        generator = generate()
        begin(generator, keep_nothing)
        with suppress(FailureError):
            close(exits, generator)

    gc.disable()
    try:
        fail()
        assert [None, None] == [reference() for reference in references]
    finally:
        gc.enable()
