"""A client that goes away, at every stage of its request, by ASGI and by RSGI."""

from __future__ import annotations

import asyncio
import threading

import pytest

from demijohn import EventStream, Flask, JSONLines, Response, g, has_app_context, has_request_context, request
from tests.differential.driver import Call
from tests.doors.cases_driver import Served, open_exchange, prepare, served

__all__ = ["served"]

LIMIT = 5  # seconds after which a test that hangs is given up

both_doors = pytest.mark.parametrize("name", ["asgi", "rsgi"])


class Visit:
    """Be a client of an app that notes what happens to it.

    Args:
        served: The servers.
        name: Which door.
    """

    def __init__(self, served: Served, name: str) -> None:
        self.seen = []
        self.left = []
        self.app = app = Flask("made")
        app.config["PROPAGATE_EXCEPTIONS"] = True
        app.teardown_request(lambda error: self.seen.append(("teardown", type(error).__name__)))
        app.teardown_appcontext(self.teardown)
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self._served = served
        self._name = name

    async def teardown(self, error):
        """Be an async function for the end of the app context."""
        await asyncio.sleep(0)
        self.seen.append(("teardown app", type(error).__name__))

    async def call(self, *args):
        """Be what the server calls."""
        try:
            await (self.app(*args) if self._name == "asgi" else self.app.__rsgi__(*args))
        finally:
            self.left.append((has_request_context(), has_app_context()))

    def leave(self, *, when, pieces=0, request=None):
        """Make a request, and go away when something is so.

        Returns:
            What happened, and the tasks that were left.
        """

        async def main():
            async with asyncio.timeout(LIMIT):
                exchange = open_exchange(self._name, self.call, prepare(request or Call()), None)
                opening = asyncio.ensure_future(exchange.open())
                for _ in range(pieces):
                    await opening
                    await exchange.take()
                while not when():  # noqa: ASYNC110 - what it waits for is set in any thread
                    await asyncio.sleep(0.001)
                exchange.is_gone = True
                exchange.tell()
                await asyncio.sleep(0)
                self.go_on.set()
                await asyncio.gather(opening, exchange.leave(), return_exceptions=False)
                for _ in range(5):
                    await asyncio.sleep(0)
                return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

        tasks = self._served.runner.run(main())
        assert [] == tasks
        assert [(False, False)] == self.left
        return self.seen


@both_doors
@pytest.mark.parametrize("is_sync_before", [False, True], ids=["direct", "hook"])
def test_an_async_view_is_cancelled(served, name, is_sync_before):
    """What it awaits is cancelled once, every teardown runs once, and no task and no context is left."""
    visit = Visit(served, name)
    if is_sync_before:
        visit.app.before_request(lambda: None)

    @visit.app.get("/")
    async def view():
        g.own = request.path
        visit.begun.set()
        try:
            await asyncio.sleep(LIMIT * 2)
        except asyncio.CancelledError:
            visit.seen.append(("cancelled", g.own))
            raise

    teardowns = [("teardown", "CancelledError"), ("teardown app", "CancelledError")]
    assert [("cancelled", "/"), *teardowns] == visit.leave(when=visit.begun.is_set)


@both_doors
def test_a_shielded_part_of_a_view_goes_on(served, name):
    """What a view shields ends, though the view is cancelled."""
    visit = Visit(served, name)

    async def work():
        visit.begun.set()
        await asyncio.sleep(0.05)
        visit.seen.append("work is done")

    @visit.app.get("/")
    async def view():
        task = asyncio.ensure_future(work())
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await task
            raise

    assert "work is done" == visit.leave(when=visit.begun.is_set)[0]
    assert 3 == len(visit.seen)


@both_doors
def test_a_sync_view_runs_to_its_end(served, name):
    """A thread cannot be stopped; its request ends as if the client were there."""
    visit = Visit(served, name)

    @visit.app.get("/")
    def view():
        visit.begun.set()
        visit.go_on.wait(LIMIT)
        visit.seen.append("view is done")
        return "text"

    teardowns = [("teardown", "NoneType"), ("teardown app", "NoneType")]
    assert ["view is done", *teardowns] == visit.leave(when=visit.begun.is_set)


@both_doors
@pytest.mark.parametrize("place", ["before", "after", "handler"])
def test_an_async_hook_is_cancelled(served, name, place):
    """A client may go away before and after the view just as well."""
    visit = Visit(served, name)

    async def wait(*args):
        visit.begun.set()
        try:
            await asyncio.sleep(LIMIT * 2)
        finally:
            visit.seen.append("hook ends")

    {"before": visit.app.before_request, "after": visit.app.after_request,
     "handler": visit.app.errorhandler(LookupError)}[place](wait)  # fmt: skip

    @visit.app.get("/")
    async def view():
        if place == "handler":
            raise LookupError
        return "text"

    seen = visit.leave(when=visit.begun.is_set)
    assert ["hook ends", "teardown", "teardown app"] == [step if isinstance(step, str) else step[0] for step in seen]


@both_doors
@pytest.mark.parametrize("is_async_view", [False, True], ids=["sync view", "async view"])
@pytest.mark.parametrize("kind", ["plain", "events", "lines"])
def test_an_async_generator_is_closed(served, name, kind, is_async_view):
    """A stream that waits for its next piece is closed at once, and its response with it."""
    visit = Visit(served, name)

    async def pieces():
        try:
            yield "one"
            visit.begun.set()
            await asyncio.sleep(LIMIT * 2)
        finally:
            visit.seen.append("generator ends")

    def view():
        make = {"plain": Response, "events": EventStream, "lines": JSONLines}[kind]
        response = visit.app.make_response(make(pieces()))
        response.call_on_close(lambda: visit.seen.append("response ends"))
        return response

    async def async_view():
        return view()

    visit.app.add_url_rule("/", "page", async_view if is_async_view else view)
    seen = visit.leave(when=visit.begun.is_set, pieces=1)
    assert ["generator ends", "response ends"] == seen[2:]
    assert ["teardown", "teardown app"] == [step for step, _ in seen[:2]]


@both_doors
@pytest.mark.parametrize("is_async_view", [False, True], ids=["sync view", "async view"])
def test_a_sync_generator_is_closed(served, name, is_async_view):
    """A stream whose next piece is being made is closed behind it, in its thread."""
    visit = Visit(served, name)

    def pieces():
        try:
            for _ in range(100_000):
                yield b"x" * 10_000
                visit.begun.set()
        finally:
            visit.seen.append("generator ends")

    def view():
        response = Response(pieces())
        response.call_on_close(lambda: visit.seen.append("response ends"))
        return response

    async def async_view():
        return view()

    visit.app.add_url_rule("/", "page", async_view if is_async_view else view)
    seen = visit.leave(when=visit.begun.is_set, pieces=1)
    assert ["generator ends", "response ends"] == sorted(seen[2:])


@both_doors
def test_a_generator_that_was_never_begun_is_left_alone(served, name):
    """A client that goes away before the first piece costs no error."""
    visit = Visit(served, name)

    async def pieces():
        visit.begun.set()
        await asyncio.sleep(LIMIT * 2)
        yield "never"

    visit.app.add_url_rule("/", "page", lambda: pieces())
    assert ["teardown", "teardown app"] == [step for step, _ in visit.leave(when=visit.begun.is_set)]


@both_doors
@pytest.mark.parametrize("is_async_view", [False, True], ids=["sync view", "async view"])
def test_a_body_that_is_cut_off_is_a_bad_request(served, name, is_async_view):
    """The view sees no half body; by ASGI, which says that nobody is there, an async view may be cancelled instead."""
    visit = Visit(served, name)

    def view():
        visit.seen.append(request.get_data())
        return "text"

    async def async_view():
        return view()

    visit.app.add_url_rule("/", "page", async_view if is_async_view else view, methods=["POST"])
    answer = served.ask(name, visit.app, Call(method="POST", body=b"abc", length="10"))
    assert answer.code in ({400, 0} if name == "asgi" and is_async_view else {400})
    assert "" == answer.left
    assert ["teardown", "teardown app"] == [step for step, _ in visit.seen]


@both_doors
def test_a_hundred_clients_go_away_at_once(served, name):
    """Each view is cancelled, each teardown runs, and nothing is left."""
    visit = Visit(served, name)
    count = [0]

    @visit.app.get("/")
    async def view():
        count[0] += 1
        await asyncio.sleep(LIMIT * 2)

    async def main():
        async with asyncio.timeout(LIMIT):
            exchanges = [open_exchange(name, visit.call, prepare(Call()), None) for _ in range(100)]
            opening = [asyncio.ensure_future(exchange.open()) for exchange in exchanges]
            while count[0] < 100:  # noqa: ASYNC110 - one event would be set a hundred times
                await asyncio.sleep(0.001)
            await asyncio.gather(*(exchange.leave() for exchange in exchanges))
            await asyncio.gather(*opening)
            for _ in range(5):
                await asyncio.sleep(0)
            return len(asyncio.all_tasks())

    assert 1 == served.runner.run(main())
    assert [(False, False)] * 100 == visit.left
    assert [100, 100] == [[step for step, _ in visit.seen].count(step) for step in ("teardown", "teardown app")]
