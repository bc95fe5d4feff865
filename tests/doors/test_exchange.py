"""What one request beside a loop does to the others: nothing; and what leaves the application: whole answers only."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from demijohn import Flask, Request, Response
from demijohn.testing.doors import DOORS, Door, door

__all__ = ["door"]

LIMIT = 5  # seconds after which a test that hangs is given up
LOOP_THREADS = {"wsgi": None, "asgi": "demijohn-test-server", "rsgi": "demijohn-test-server"}


def find_thread(*_):
    """Return the name of the current thread."""
    return threading.current_thread().name


def test_a_sync_view_that_waits_holds_nobody_up(door):
    """An async view answers, between sync hooks, while a sync view waits for just that."""
    app = Flask("made")
    begun, was_answered = threading.Event(), threading.Event()
    app.before_request(lambda: None)
    app.after_request(lambda response: response)
    app.teardown_request(lambda error: None)

    @app.get("/slow")
    def slow():
        begun.set()
        return "slow" if was_answered.wait(LIMIT) else "nobody else was answered"

    @app.get("/quick")
    async def quick():
        await asyncio.sleep(0)
        return "quick"

    client, other = door.client(app), door.client(app)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(client.get, "/slow")
        assert begun.wait(LIMIT)
        assert "quick" == other.get("/quick").text
        was_answered.set()
        assert "slow" == answer.result().text


def test_a_request_class_with_a_constructor_does_not_hold_up_the_loop(door):
    """It runs in the thread of the request's other sync code, since it may ask a database."""
    app, threads = Flask("made"), []

    class OwnRequest(Request):
        def __init__(self, *args, **values):
            super().__init__(*args, **values)
            threads.append(find_thread())

    app.request_class = OwnRequest
    app.before_request(lambda: threads.append(find_thread()))

    @app.get("/")
    async def view():
        return "text"

    client = door.client(app)
    assert ["text", "text"] == [client.get("/").text for _ in range(2)]
    assert LOOP_THREADS[door.name] not in threads
    assert threads[0::2] == threads[1::2]


@pytest.mark.parametrize("name", ["request_context", "should_ignore_error"])
def test_an_overridden_method_does_not_hold_up_the_loop(door, name):
    """What makes a context, and what decides about an error for the teardown functions, is sync code too."""
    threads = []

    class Own(Flask):
        pass

    def override(self, *args):
        threads.append(find_thread())
        return getattr(super(Own, self), name)(*args)

    setattr(Own, name, override)
    app = Own("made")

    @app.get("/")
    async def view():
        raise LookupError

    client = door.client(app)
    assert [500, 500] == [client.get("/").status_code for _ in range(2)]
    assert 2 == len(threads)
    assert LOOP_THREADS[door.name] not in threads


def test_a_context_that_cannot_be_made_gives_its_thread_back():
    """After more such requests than there are threads the next one is answered."""
    app, fails = Flask("made"), [True] * 3
    app.config["SYNC_THREADS"] = 1

    class OwnRequest(Request):
        def __init__(self, *args, **values):
            super().__init__(*args, **values)
            if fails:
                raise LookupError(fails.pop())

    app.request_class = OwnRequest
    app.add_url_rule("/", "view", find_thread)

    async def main():
        client = app.async_test_client()
        for _ in range(3):
            with pytest.raises(LookupError):
                await client.get("/")
        return (await client.get("/")).text

    assert "demijohn-sync-1" == asyncio.run(main())


@pytest.mark.parametrize("is_async", [False, True], ids=["sync view", "async view"])
def test_a_header_beyond_latin_1_is_an_error_of_the_app(door, caplog, is_async):
    """No server could send it, so the client gets a page of status 500, and the log says which header it was."""
    app = Flask("made")

    def view():
        return "text", {"X-Name": "caf\xe9 \u20ac"}

    async def async_view():
        return view()

    app.add_url_rule("/", "view", async_view if is_async else view)
    response = door.client(app).get("/")
    assert (500, "text/html; charset=utf-8") == (response.status_code, response.headers["Content-Type"])
    assert "'\u20ac' of 'caf\xe9 \u20ac'" in caplog.text
    assert "'X-Name'" in caplog.text


@pytest.mark.parametrize("target", ["/page-\u20ac", "/caf\xe9?a=\u20ac#\u20ac"])
def test_a_location_may_hold_any_letter(target):
    """The letters of a location are encoded before it is sent, through each door alike."""
    app = Flask("made")
    app.add_url_rule("/", "view", lambda: Response(status=302, headers={"Location": target}))
    answers = []
    for name in DOORS:
        with Door(name) as door:
            answers.append(door.client(app).get("/").headers["Location"])
    assert answers[:1] * 3 == answers
    assert answers[0].isascii()
