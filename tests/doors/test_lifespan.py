"""What runs before, while and after an application serves, under each kind of server."""

import asyncio
import contextvars
import logging
import os
import subprocess
import sys
import textwrap
import threading

import pytest

from demijohn import Flask, current_app, g, has_app_context, has_request_context
from demijohn.doors.lifespan import Lifespan, serve_lifespan
from demijohn.pipeline.bridge import async_to_sync, get_loop_thread

WORD = contextvars.ContextVar("word", default="nothing")
LIMIT = 10  # seconds after which a test that hangs is given up


@pytest.fixture
def app():
    """Return an application."""
    return Flask("made")


@pytest.fixture
def lifespan(app):
    """Return the lifespan of the application, stopped at the end as the process would do it."""
    lifespan = Lifespan(app)
    yield lifespan
    lifespan._stop_now()


@pytest.fixture
def seen():
    """Return a list for what happens."""
    return []


def run(*functions):
    """Call coroutine functions one after the other on a loop."""

    async def main():
        async with asyncio.timeout(LIMIT):
            for function in functions:
                await function()

    asyncio.run(main())


def serve(lifespan):
    """Start and stop."""
    run(lifespan.start, lifespan.stop)


def test_everything_runs_in_its_order(lifespan, seen):
    """Generators are the innermost around serving, and end in reverse."""

    @lifespan.add_while_serving
    async def outer():
        seen.append("outer begins")
        yield
        seen.append("outer ends")

    @lifespan.add_while_serving
    def inner():
        seen.append("inner begins")
        yield
        seen.append("inner ends")

    @lifespan.add_before_serving
    async def before():
        seen.append("before")

    @lifespan.add_after_serving
    def after():
        seen.append("after")

    serve(lifespan)
    assert ["before", "outer begins", "inner begins", "after", "inner ends", "outer ends"] == seen


def test_functions_run_in_an_application_context(app, lifespan, seen):
    """It is one for the start and one for the end, each torn down once, and none is left."""

    def note():
        g.setdefault("notes", []).append(current_app.name)
        seen.append(list(g.notes))

    async def note_too():
        note()

    app.teardown_appcontext(lambda error: seen.append(error))
    for function in (note, note_too):
        lifespan.add_before_serving(function)
        lifespan.add_after_serving(function)

    async def main():
        await lifespan.start()
        seen.append(has_app_context())
        await lifespan.stop()
        seen.append(has_app_context())

    asyncio.run(main())
    phase = [["made"], ["made", "made"], None, False]
    assert phase * 2 == seen


def test_sync_functions_run_in_one_thread(lifespan, seen):
    """Not the loop's, and the same from the start to the end."""

    def note():
        seen.append(threading.current_thread().name)

    @lifespan.add_while_serving
    def generate():
        note()
        yield
        note()

    lifespan.add_before_serving(note)
    lifespan.add_after_serving(note)
    serve(lifespan)
    assert ["demijohn-sync-1"] * 4 == seen


def test_async_functions_run_on_the_loop(lifespan, seen):
    """The one that serves; what sync code waits for runs there too."""

    async def note():
        seen.append(asyncio.get_running_loop())

    lifespan.add_before_serving(note)
    lifespan.add_before_serving(async_to_sync(note))

    async def main():
        await lifespan.start()
        seen.append(asyncio.get_running_loop())

    asyncio.run(main())
    assert (3, 1) == (len(seen), len(set(seen)))


def test_a_teardown_function_may_be_asynchronous(app, lifespan, seen):
    """The application context is left where sync code may wait for async code."""

    @app.teardown_appcontext
    async def teardown(error):
        await asyncio.sleep(0)
        seen.append("torn down")

    lifespan.add_before_serving(lambda: seen.append("before"))
    run(lifespan.start)
    assert ["before", "torn down"] == seen


def test_it_starts_and_stops_once(lifespan, seen):
    """A second start does nothing, nor does a second stop; after a stop it may start again."""
    lifespan.add_before_serving(lambda: seen.append("before"))
    lifespan.add_after_serving(lambda: seen.append("after"))
    run(lifespan.start, lifespan.start, lifespan.stop, lifespan.stop)
    assert ["before", "after"] == seen
    serve(lifespan)
    assert ["before", "after"] * 2 == seen


def test_tasks_wait_while_the_first_one_starts(lifespan, seen):
    """A server that sends no lifespan has the first requests start it, at once."""

    @lifespan.add_before_serving
    async def before():
        await lifespan.start()
        await asyncio.sleep(0.01)
        seen.append("before")

    async def request():
        await lifespan.start()
        seen.append("request")

    async def main():
        await asyncio.gather(*[request() for _ in range(3)])

    run(main)
    assert ["before", "request", "request", "request"] == seen


def test_a_task_that_waited_for_a_failed_start_tries_again(lifespan, seen):
    """Each learns of a failure by an error of its own."""

    @lifespan.add_before_serving
    async def before():
        await asyncio.sleep(0)
        seen.append("tried")
        raise LookupError

    async def main():
        return await asyncio.gather(*[lifespan.start() for _ in range(2)], return_exceptions=True)

    assert [LookupError] * 2 == [type(error) for error in asyncio.run(main())]
    assert ["tried"] * 2 == seen


def test_needs_start_tells_whether_there_is_anything_to_start(lifespan):
    """It is what the WSGI door asks for each request."""
    states = [lifespan.needs_start]
    lifespan.add_after_serving(lambda: None)
    states.append(lifespan.needs_start)

    async def main():
        await lifespan.start()
        states.append(lifespan.needs_start)
        await lifespan.stop()
        states.append(lifespan.needs_start)

    asyncio.run(main())
    assert [False, True, False, True] == states


def test_an_error_at_the_start_names_the_function(lifespan, seen):
    """It is the function's own error, what had begun is closed, and nothing further runs."""

    @lifespan.add_while_serving
    async def generate():
        try:
            yield
        finally:
            seen.append("closed")

    @lifespan.add_while_serving
    def generate_too():
        try:
            yield
        finally:
            seen.append("closed too")

    @lifespan.add_while_serving
    def fail():
        raise LookupError("there is none")

    lifespan.add_after_serving(lambda: seen.append("after"))
    with pytest.raises(LookupError) as caught:
        serve(lifespan)
    assert ["closed too", "closed"] == seen
    assert "while_serving" in caught.value.__notes__[0]
    assert "test_an_error_at_the_start_names_the_function.<locals>.fail" in caught.value.__notes__[0]


def test_an_error_while_closing_is_logged(lifespan, caplog):
    """The error of the start is what surfaces."""

    @lifespan.add_while_serving
    def generate():
        try:
            yield
        finally:
            raise KeyError

    @lifespan.add_while_serving
    def fail():
        raise LookupError

    with pytest.raises(LookupError):
        run(lifespan.start)
    assert [KeyError] == [record.exc_info[0] for record in caplog.records]


def test_an_error_at_the_end_stops_nothing(app, lifespan, seen, caplog):
    """All of the rest runs, the first error surfaces, the others are logged."""

    @lifespan.add_while_serving
    def generate():
        yield
        seen.append("generator")
        raise KeyError

    @lifespan.add_after_serving
    async def fail():
        raise LookupError

    @app.teardown_appcontext
    def teardown(error):
        if seen:
            raise IndexError

    lifespan.add_after_serving(lambda: seen.append("after"))
    with pytest.raises(LookupError) as caught:
        serve(lifespan)
    assert ["after", "generator"] == seen
    assert "after_serving" in caught.value.__notes__[0]
    assert [KeyError, IndexError] == [record.exc_info[0] for record in caplog.records]


@pytest.mark.parametrize(
    ("function", "kind", "text"),
    [
        (lambda: 1, TypeError, "is no generator"),
        (lambda: iter(()), RuntimeError, "without a `yield`"),
    ],
)
def test_what_does_not_yield_is_refused(lifespan, function, kind, text):
    """The start fails, and the error says what to write."""
    lifespan.add_while_serving(function)
    with pytest.raises(kind, match=text):
        run(lifespan.start)


@pytest.mark.parametrize("is_async", [True, False])
def test_a_second_yield_is_an_error(lifespan, seen, is_async):
    """The generator is closed, and the error says why."""

    async def generate_async():
        try:
            yield
            yield
        finally:
            seen.append("closed")

    def generate():
        try:
            yield
            yield
        finally:
            seen.append("closed")

    lifespan.add_while_serving(generate_async if is_async else generate)
    with pytest.raises(RuntimeError, match="second `yield`"):
        serve(lifespan)
    assert ["closed"] == seen


def test_an_iterator_may_stand_for_a_generator(lifespan):
    """One that has no `close` is asked for nothing but its items."""
    lifespan.add_while_serving(lambda: iter((1, 2)))
    with pytest.raises(RuntimeError, match="second `yield`"):
        serve(lifespan)


def converse(lifespan, scope=None, *messages):
    """Serve a lifespan to a server that sends the messages, and return what it is told."""
    told = []
    waiting = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}] if not messages else list(messages)

    async def receive():
        if not waiting:
            raise ConnectionError
        return waiting.pop(0)

    async def send(message):
        told.append(message)

    scope = {"type": "lifespan", "asgi": {"version": "3.0"}} if scope is None else scope
    asyncio.run(serve_lifespan(lifespan, scope, receive, send))
    return told


def test_an_asgi_server_is_told_of_both_ends(lifespan, seen):
    """Each message gets its answer when the functions have run."""
    lifespan.add_before_serving(lambda: seen.append("before"))
    lifespan.add_after_serving(lambda: seen.append("after"))
    messages = [{"type": name} for name in ("unheard.of", "lifespan.startup", "lifespan.shutdown")]
    assert [{"type": "lifespan.startup.complete"}, {"type": "lifespan.shutdown.complete"}] == converse(
        lifespan, None, *messages
    )
    assert ["before", "after"] == seen


def test_a_failed_start_is_told_to_an_asgi_server(lifespan, caplog):
    """The message says which function failed and how; the traceback is in the log."""

    @lifespan.add_before_serving
    def connect():
        raise OSError("no database")

    (answer,) = converse(lifespan)
    lines = answer["message"].splitlines()
    assert ("lifespan.startup.failed", "OSError: no database") == (answer["type"], lines[0])
    assert "before_serving function 'test_a_failed_start_is_told" in lines[1]
    assert [OSError] == [record.exc_info[0] for record in caplog.records]


@pytest.mark.usefixtures("caplog")
def test_a_failed_end_is_told_to_an_asgi_server(lifespan):
    """It stops all the same."""

    @lifespan.add_after_serving
    def disconnect():
        raise OSError("no database")

    assert ["lifespan.startup.complete", "lifespan.shutdown.failed"] == [each["type"] for each in converse(lifespan)]


def test_a_server_that_goes_away_stops_the_application(lifespan, seen):
    """Also without its message."""
    lifespan.add_after_serving(lambda: seen.append("after"))
    with pytest.raises(ConnectionError):
        converse(lifespan, None, {"type": "lifespan.startup"})
    assert ["after"] == seen


def test_the_state_of_an_asgi_server_is_filled(lifespan):
    """Functions write to it; the server copies it to the scope of each request."""
    lifespan.state["early"] = 1

    @lifespan.add_before_serving
    def connect():
        lifespan.state["pool"] = "a pool"

    scope = {"type": "lifespan", "state": {"server": 2}}
    converse(lifespan, scope)
    assert {"server": 2, "early": 1, "pool": "a pool"} == scope["state"]


def test_an_rsgi_server_starts_and_stops_by_its_loop(lifespan, seen):
    """The loop does not run when it asks."""
    lifespan.add_before_serving(lambda: seen.append("before"))

    @lifespan.add_after_serving
    async def after():
        seen.append(asyncio.get_running_loop())

    loop = asyncio.new_event_loop()
    assert (None, None) == (lifespan.start_for_rsgi(loop), lifespan.stop_for_rsgi(loop))
    loop.close()
    assert ["before", loop] == seen


def test_an_rsgi_loop_may_run_already(lifespan, seen):
    """Then there is a task to wait for."""
    lifespan.add_before_serving(lambda: seen.append("before"))
    lifespan.add_after_serving(lambda: seen.append("after"))

    async def main():
        loop = asyncio.get_running_loop()
        await lifespan.start_for_rsgi(loop)
        await lifespan.stop_for_rsgi(loop)

    asyncio.run(main())
    assert ["before", "after"] == seen


def test_a_failed_start_reaches_an_rsgi_server(lifespan):
    """It is raised where the server asks."""

    @lifespan.add_before_serving
    def connect():
        raise OSError("no database")

    loop = asyncio.new_event_loop()
    with pytest.raises(OSError, match="no database"):
        lifespan.start_for_rsgi(loop)
    loop.close()


def test_under_wsgi_the_first_request_starts(lifespan, seen):
    """Once, on the background loop, and without the variables of the request."""
    WORD.set("request")

    @lifespan.add_before_serving
    async def before():
        seen.append((asyncio.get_running_loop(), WORD.get()))

    for _ in range(3):
        lifespan.start_for_wsgi()
    assert [(get_loop_thread().loop, "nothing")] == seen
    assert not lifespan.needs_start


def test_requests_wait_while_the_first_one_starts(lifespan, seen):
    """Threads that come at once start once, and none goes on before that."""
    barrier, go_on = threading.Barrier(8, timeout=LIMIT), threading.Event()

    @lifespan.add_before_serving
    def before():
        go_on.wait(LIMIT)
        seen.append("before")

    def request():
        barrier.wait()
        lifespan.start_for_wsgi()
        seen.append("request")

    threads = [threading.Thread(target=request) for _ in range(8)]
    for thread in threads:
        thread.start()
    threading.Timer(0.05, go_on.set).start()
    for thread in threads:
        thread.join(LIMIT)
    assert ["before"] + ["request"] * 8 == seen


def test_under_wsgi_a_failed_start_fails_every_request(lifespan, seen):
    """It is tried once, and each error names the cause."""

    @lifespan.add_before_serving
    def connect():
        seen.append("tried")
        raise OSError("no database")

    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"'made' did not start.*no database") as caught:
            lifespan.start_for_wsgi()
        assert OSError is type(caught.value.__cause__)
    assert (["tried"], True) == (seen, lifespan.needs_start)


@pytest.mark.parametrize("is_async", [True, False])
def test_a_function_may_make_a_request_itself(lifespan, seen, is_async):
    """What it does while the application starts does not wait for the start."""

    def request():
        lifespan.start_for_wsgi()
        seen.append("request")

    async def request_async():
        request()

    lifespan.add_before_serving(request_async if is_async else request)
    lifespan.start_for_wsgi()
    assert ["request"] == seen


def test_what_another_door_started_wsgi_leaves_alone(lifespan, seen):
    """A request through WSGI in a process that serves by ASGI starts nothing."""
    lifespan.add_before_serving(lambda: seen.append("before"))

    async def main():
        await lifespan.start()
        await asyncio.to_thread(lifespan.start_for_wsgi)
        await lifespan.stop()

    asyncio.run(main())
    assert ["before"] == seen


def execute(program):
    """Run a program in a process of its own and return its output."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert ("", 0) == (done.stderr, done.returncode)
    return done.stdout.split()


def test_under_wsgi_it_stops_at_the_end_of_the_process():
    """Generators end, functions of both kinds run, and background tasks are waited for."""
    program = """
        import asyncio
        from demijohn import Flask
        from demijohn.doors.lifespan import Lifespan

        lifespan = Lifespan(Flask("made"))

        @lifespan.add_while_serving
        async def generate():
            yield
            print("generator")

        @lifespan.add_after_serving
        def after():
            print("after")

        @lifespan.add_after_serving
        async def after_too():
            await asyncio.sleep(0)
            print("too")

        async def task():
            await asyncio.sleep(0.1)
            print("task")

        lifespan.start_for_wsgi()
        lifespan.add_background_task(task)
        print("served")
    """
    assert ["served", "task", "after", "too", "generator"] == execute(program)


def test_background_tasks_alone_are_waited_for_at_the_end_of_the_process():
    """There need be nothing else to stop."""
    program = """
        import time
        from demijohn import Flask
        from demijohn.doors.lifespan import Lifespan

        def task():
            time.sleep(0.1)
            print("task")

        Lifespan(Flask("made")).add_background_task(task)
    """
    assert ["task"] == execute(program)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_a_forked_process_starts_for_itself():
    """A parent that has started leaves its children to do the same, and to stop."""
    program = """
        import os, sys
        from demijohn import Flask
        from demijohn.doors.lifespan import Lifespan

        lifespan = Lifespan(Flask("made"))
        lifespan.add_before_serving(lambda: print("start", flush=True))
        lifespan.add_after_serving(lambda: print("stop", flush=True))
        lifespan.start_for_wsgi()
        child = os.fork()
        if not child:
            print("child", lifespan.needs_start, flush=True)
            lifespan.start_for_wsgi()
            sys.exit()
        os.waitpid(child, 0)
        print("parent", lifespan.needs_start, flush=True)
    """
    assert ["start", "child", "True", "start", "stop", "parent", "False", "stop"] == execute(program)


def test_a_background_task_runs_on_the_loop_that_serves(app, lifespan, seen):
    """With arguments, in an application context, with the variables of now and without the request."""

    async def task(first, *, second):
        seen.append((first, second, current_app.name, has_request_context(), WORD.get(), g.get("word")))
        seen.append(asyncio.get_running_loop())

    async def main():
        await lifespan.start()
        WORD.set("view")
        with app.test_request_context():
            g.word = "request"
            lifespan.add_background_task(task, 1, second=2)
        WORD.set("later")
        await lifespan.stop()
        return asyncio.get_running_loop()

    loop = contextvars.copy_context().run(asyncio.run, main())
    assert [(1, 2, "made", False, "view", None), loop] == seen


def test_a_sync_background_task_runs_in_a_thread(app, lifespan, seen):
    """In an application context too, which is torn down there."""
    app.teardown_appcontext(lambda error: seen.append(threading.current_thread().name))

    def task(first, *, second):
        seen.append((first, second, current_app.name, threading.current_thread().name))

    async def main():
        lifespan.add_background_task(task, 1, second=2)
        await asyncio.sleep(0)
        await lifespan.stop()

    asyncio.run(main())
    assert [(1, 2, "made", "demijohn-sync-1"), "demijohn-sync-1"] == seen


def test_threads_start_tasks_on_the_loop_that_serves(lifespan, seen):
    """A worker thread does, and a thread that knows no loop."""

    async def task():
        seen.append(asyncio.get_running_loop())

    def add():
        lifespan.add_background_task(task)

    async def main():
        await lifespan.start()
        lifespan.add_before_serving(add)
        await asyncio.to_thread(add)
        await lifespan._start_functions()
        await asyncio.sleep(0)
        await lifespan.stop()
        return asyncio.get_running_loop()

    loop = asyncio.run(main())
    assert [loop, loop] == seen


def test_without_a_server_tasks_run_on_the_background_loop(lifespan, seen):
    """As under WSGI."""

    async def task():
        seen.append(asyncio.get_running_loop())

    lifespan.add_background_task(task)
    async_to_sync(lifespan.stop)()
    assert [get_loop_thread().loop] == seen


def test_tasks_of_another_loop_are_waited_for(lifespan, seen):
    """What began on the background loop ends before the loop that serves stops."""

    async def task():
        await asyncio.sleep(0.05)
        seen.append("task")

    lifespan.add_background_task(task)
    async_to_sync(asyncio.sleep)(0.01)
    serve(lifespan)
    assert ["task"] == seen


@pytest.mark.parametrize("kind", [LookupError, SystemExit])
@pytest.mark.parametrize("is_async", [True, False])
def test_an_error_in_a_background_task_is_logged(lifespan, caplog, kind, is_async):
    """It stops nothing."""

    def fail():
        raise kind

    async def fail_async():
        raise kind

    async def main():
        lifespan.add_background_task(fail_async if is_async else fail)
        await asyncio.sleep(0)
        await lifespan.stop()

    asyncio.run(main())
    (record,) = caplog.records
    assert (kind, True) == (record.exc_info[0], "fail" in record.getMessage())


@pytest.mark.parametrize("is_async", [True, False])
def test_a_background_task_that_takes_too_long_is_cancelled(app, lifespan, caplog, is_async):
    """The end waits as long as the setting says, and a warning names the task."""
    app.config["BACKGROUND_TASK_SHUTDOWN_TIMEOUT"] = 0.01
    stop, seen = threading.Event(), []

    async def linger_async():
        try:
            await asyncio.sleep(LIMIT)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    def linger():
        stop.wait(LIMIT)

    async def main():
        lifespan.add_background_task(linger_async if is_async else linger)
        await asyncio.sleep(0.005)
        await lifespan.stop()

    asyncio.run(main())
    stop.set()
    (record,) = caplog.records
    assert (logging.WARNING, True) == (record.levelno, "linger" in record.getMessage())
    assert (["cancelled"] if is_async else []) == seen


def test_a_task_may_start_another_and_stop_the_application(lifespan, seen):
    """The end waits for what is added meanwhile, and not for who asked for it."""
    stopped = asyncio.Event()

    async def second():
        seen.append("second")

    async def first():
        await asyncio.sleep(0.01)
        lifespan.add_background_task(second)

    async def last():
        await lifespan.stop()
        seen.append("stopped")
        stopped.set()

    async def main():
        lifespan.add_background_task(first)
        lifespan.add_background_task(last)
        async with asyncio.timeout(LIMIT):
            await stopped.wait()

    asyncio.run(main())
    assert ["second", "stopped"] == seen
