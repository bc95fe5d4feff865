"""Async code beside sync servers: one loop, the same variables, the same errors."""

import asyncio
import contextvars
import inspect
import os
import signal
import subprocess
import sys
import textwrap
import threading
from importlib.util import find_spec

import pytest

from demijohn import Flask, after_this_request, g, has_app_context, request, session
from demijohn.pipeline import bridge
from demijohn.pipeline.seats import waiter
from demijohn.pipeline.workers import find_workers

WORD = contextvars.ContextVar("word", default="nothing")
LIMIT = 10  # seconds after which a test that hangs is given up


class Stop(BaseException):
    """End a request as no exception does."""


@pytest.fixture
def app():
    """Return an application with a secret key."""
    app = Flask("made")
    app.secret_key = "k"
    return app


@pytest.fixture
def own_loop(monkeypatch):
    """Give the test a loop of its own, which it may break; its daemon thread stays until the end."""
    monkeypatch.setattr(bridge, "_threads", {})
    return bridge.get_loop_thread()


def call(function, *args):
    """Run an async function the way a sync server does."""
    return bridge.async_to_sync(function)(*args)


def run_in_thread(function):
    """Return what a function returns or raises in a thread, and give up where it hangs."""
    outcome = []

    def run():
        try:
            outcome.append(function())
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(LIMIT)
    assert outcome, "the call hangs"
    return outcome[0]


def test_a_coroutine_function_returns_its_result():
    """Arguments go in, the result comes out."""

    async def add(first, *, second):
        await asyncio.sleep(0)
        return first + second

    assert 3 == bridge.async_to_sync(add)(1, second=2)


def test_a_wrapped_function_looks_like_the_original():
    """Name and documentation are kept."""

    async def work():
        """Work."""

    assert ("work", "Work.", work) == (*_describe(bridge.async_to_sync(work)), bridge.async_to_sync(work).__wrapped__)


def _describe(function):
    return function.__name__, function.__doc__


def test_only_coroutine_functions_are_converted():
    """Any other function is returned as it is."""

    async def work():
        return 1

    assert bridge.ensure_sync(len, None) is len
    assert "converted" == bridge.ensure_sync(work, lambda function: "converted")


def test_every_function_of_a_request_may_be_asynchronous(app):
    """Hooks, view, handler and teardowns of an application may all be coroutine functions."""
    seen = []

    def step(name, result=None):
        async def run(*args):
            await asyncio.sleep(0)
            seen.append((name, request.path if name != "teardown context" else g.path))
            return args[0] if result == "first" else result

        return run

    async def fail():
        g.path = request.path
        after_this_request(step("after this", "first"))
        raise LookupError

    app.before_request(step("before"))
    app.after_request(step("after", "first"))
    app.teardown_request(step("teardown"))
    app.teardown_appcontext(step("teardown context"))
    app.register_error_handler(LookupError, step("handler", "handled"))
    app.add_url_rule("/page", "fail", fail)
    assert "handled" == app.test_client().get("/page").text
    names = ["before", "handler", "after this", "after", "teardown", "teardown context"]
    assert [(name, "/page") for name in names] == seen


def test_request_session_and_g_are_those_of_the_caller(app):
    """An async view reads and changes what belongs to the request."""

    @app.before_request
    def before():
        g.word = "before"
        session["word"] = "before"

    @app.get("/page")
    async def view():
        await asyncio.sleep(0)
        g.word, session["word"] = f"{g.word} view", f"{session['word']} view"
        return request.path

    @app.after_request
    def after(response):
        response.headers["X-Words"] = f"{g.word}, {session['word']}"
        return response

    assert "before view, before view" == app.test_client().get("/page").headers["X-Words"]


def test_variables_go_in_and_come_back(app):
    """What a hook sets the coroutine sees, and what the coroutine sets later hooks see."""
    seen = []
    app.before_request(lambda: WORD.set("before") and None)

    @app.get("/")
    async def view():
        seen.append(WORD.get())
        await asyncio.sleep(0)
        WORD.set("view")
        return ""

    app.teardown_request(lambda error: seen.append(WORD.get()))
    contextvars.copy_context().run(app.test_client().get, "/")
    assert ["before", "view"] == seen


def test_variables_come_back_from_what_raises():
    """Also a coroutine that fails has set what it set."""

    async def fail():
        WORD.set("failed")
        raise LookupError

    def run():
        with pytest.raises(LookupError):
            call(fail)
        return WORD.get()

    assert ("failed", "nothing") == (contextvars.copy_context().run(run), WORD.get())


def test_variables_of_one_call_are_not_those_of_another():
    """Two threads that call at once each see their own."""
    barrier = threading.Barrier(2, timeout=LIMIT)

    async def work(word):
        WORD.set(word)
        await asyncio.get_running_loop().run_in_executor(None, barrier.wait)
        return WORD.get()

    found = [None, None]

    def run(index):
        found[index] = (call(work, f"word {index}"), WORD.get())

    threads = [threading.Thread(target=run, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert [("word 0", "word 0"), ("word 1", "word 1")] == found


def test_a_variable_that_did_not_change_is_not_set_again():
    """Only what the other context has and this one has not is taken over."""
    other = contextvars.copy_context()
    other.run(WORD.set, "other")

    def run():
        bridge.adopt_context(other)
        bridge.adopt_context(other)
        return WORD.get()

    assert "other" == contextvars.Context().run(run)


def test_all_requests_share_one_loop(app):
    """What belongs to a loop, such as a pool of connections, serves every request."""

    @app.get("/")
    async def view():
        return str(id(asyncio.get_running_loop()))

    client = app.test_client()
    loops = {client.get("/").text, client.get("/").text, run_in_thread(lambda: app.test_client().get("/").text)}
    assert {str(id(bridge.get_loop_thread().loop))} == loops


def test_the_loop_is_in_a_daemon_thread():
    """A process ends though the loop runs for ever."""
    thread = bridge.get_loop_thread().thread
    assert ("demijohn-async", True, True) == (thread.name, thread.daemon, thread.is_alive())


def test_the_loop_is_started_once(monkeypatch):
    """Threads that need it at once get the same."""
    monkeypatch.setattr(bridge, "_threads", {})
    barrier = threading.Barrier(8, timeout=LIMIT)
    found = []

    def run():
        barrier.wait()
        found.append(bridge.get_loop_thread())

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert (8, 1) == (len(found), len(set(found)))


def test_a_loop_that_came_second_is_closed(monkeypatch):
    """A thread that finds another one's loop in place uses that."""

    class Threads(dict):
        def get(self, name):
            return None

    monkeypatch.setattr(bridge, "_threads", Threads())
    first = bridge.get_loop_thread()
    assert bridge.get_loop_thread() is first


def test_a_task_outlives_its_request(app):
    """What a view starts goes on after the response, and still knows its request."""
    go_on, done = threading.Event(), threading.Event()
    seen = []

    @app.get("/page")
    async def view():
        async def work():
            await asyncio.get_running_loop().run_in_executor(None, go_on.wait, LIMIT)
            seen.append(WORD.get())
            done.set()

        WORD.set("view")
        app.task = asyncio.create_task(work())
        return "started"

    assert "started" == contextvars.copy_context().run(app.test_client().get, "/page").text
    assert [] == seen
    go_on.set()
    assert done.wait(LIMIT)
    assert ["view"] == seen


def test_two_requests_run_at_once(app):
    """While one view waits, another one runs."""
    barrier = asyncio.Barrier(2)

    @app.get("/")
    async def view():
        async with asyncio.timeout(LIMIT), barrier:
            return "together"

    found = []
    threads = [
        threading.Thread(target=lambda: found.append(app.test_client().get("/").text), daemon=True) for _ in "12"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert ["together"] * 2 == found


def test_waiting_for_the_own_loop_is_an_error(app):
    """Sync code that an async view calls cannot wait for the loop that runs it; the error names the function."""

    async def inner():
        return "never"

    @app.get("/")
    async def view():
        return app.async_to_sync(inner)()

    app.testing = True
    with pytest.raises(RuntimeError, match=r"inner.*Await the coroutine function directly.*ensure_async"):
        app.test_client().get("/")


def test_an_async_view_may_have_a_thread_wait_for_the_loop(app):
    """Another thread may call async code while an async view waits for that thread."""

    async def inner():
        return "inner"

    @app.get("/")
    async def view():
        return await asyncio.to_thread(app.async_to_sync(inner))

    assert "inner" == run_in_thread(lambda: app.test_client().get("/").text)


@pytest.mark.parametrize(
    "kind", [LookupError, Stop, KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError]
)
@pytest.mark.usefixtures("own_loop")
def test_what_a_coroutine_raises_reaches_the_caller(kind):
    """It is the same error, with the traceback of the coroutine, and the loop goes on."""
    error = kind("raised")

    async def fail():
        await asyncio.sleep(0)
        raise error

    surfaced = run_in_thread(lambda: call(fail))
    names = []
    traceback = surfaced.__traceback__
    while traceback is not None:
        names.append(traceback.tb_frame.f_code.co_name)
        traceback = traceback.tb_next
    assert (kind, "fail") == (type(surfaced), names[-1])
    assert surfaced is error or kind is asyncio.CancelledError


@pytest.mark.parametrize("kind", [Stop, KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError])
def test_the_loop_survives_what_a_coroutine_raises(own_loop, kind):
    """The next call is answered, and by the same loop."""

    async def fail():
        raise kind

    async def work():
        await asyncio.sleep(0)
        return asyncio.get_running_loop()

    assert kind is type(run_in_thread(lambda: call(fail)))
    assert own_loop.loop is run_in_thread(lambda: call(work))


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
@pytest.mark.usefixtures("own_loop")
def test_the_loop_survives_what_a_task_of_a_view_raises(kind):
    """A task that a coroutine left behind may end in any way."""
    ended = threading.Event()

    async def fail():
        ended.set()
        raise kind

    async def start():
        task = asyncio.create_task(fail())
        task.add_done_callback(lambda task: task.exception())
        return "started"

    async def work():
        return "worked"

    assert "started" == run_in_thread(lambda: call(start))
    assert ended.wait(LIMIT)
    assert "worked" == run_in_thread(lambda: call(work))


def test_the_loop_survives_being_stopped(own_loop):
    """A view that stops the loop by mistake is answered, and so is the next one."""

    async def stop():
        own_loop.loop.stop()
        return "stopped"

    async def work():
        await asyncio.sleep(0)
        return "worked"

    assert ["stopped", "worked"] == [run_in_thread(bridge.async_to_sync(function)) for function in (stop, work)]


@pytest.mark.parametrize("kind", [LookupError, Stop, SystemExit])
@pytest.mark.usefixtures("own_loop")
def test_an_error_of_an_async_view_leaves_nothing_current(app, kind):
    """Every teardown runs once, is told of the error, and the contexts are left."""
    told = []
    app.testing = True
    app.teardown_request(told.append)

    @app.get("/")
    async def view():
        raise kind

    surfaced = run_in_thread(lambda: app.test_client().get("/"))
    assert ([kind], kind, False) == ([type(error) for error in told], type(surfaced), has_app_context())


@pytest.mark.usefixtures("own_loop")
def test_a_cancelled_task_is_told():
    """A coroutine whose task was cancelled from outside ends in a cancellation."""

    async def work():
        asyncio.current_task().cancel()
        await asyncio.sleep(0)

    assert asyncio.CancelledError is type(run_in_thread(lambda: call(work)))


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the platform has no timer signals")
def test_a_signal_that_raises_cancels_the_coroutine():
    """A worker that is told to stop while it waits does not leave the coroutine running."""
    cancelled = threading.Event()

    async def work():
        try:
            await asyncio.sleep(LIMIT)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    def stop(number, frame):
        raise Stop

    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(Stop):
            call(work)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert cancelled.wait(LIMIT)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_a_forked_process_has_a_loop_of_its_own():
    """A worker that is forked after the loop was started answers async views too."""
    program = """
        import asyncio, os
        from demijohn import Flask
        from demijohn.pipeline import bridge

        app = Flask("made")

        @app.get("/")
        async def view():
            await asyncio.sleep(0)
            return "answered"

        client = app.test_client()
        client.get("/")
        before = bridge.get_loop_thread()
        child = os.fork()
        if not child:
            answered = client.get("/").text == "answered"
            os._exit(0 if answered and bridge.get_loop_thread() is not before else 1)
        status = os.waitpid(child, 0)[1]
        print(status, client.get("/").text, bridge.get_loop_thread() is before)
    """
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert ("0 answered True\n", "") == (done.stdout, done.stderr)


def test_an_interpreter_with_a_running_loop_ends():
    """Neither the loop nor a task in it keeps a process alive, and nothing is printed."""
    program = """
        import asyncio
        from demijohn import Flask

        app = Flask("made")
        tasks = []

        @app.get("/")
        async def view():
            tasks.append(asyncio.create_task(asyncio.sleep(3600)))
            return "answered"

        print(app.test_client().get("/").text)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert ("answered\n", "", 0) == (done.stdout, done.stderr, done.returncode)


def test_an_application_may_convert_in_its_own_way(app):
    """`async_to_sync` may be overridden, and is asked for each coroutine function."""
    app.async_to_sync = lambda function: lambda **values: f"converted {function.__name__}"

    @app.get("/")
    async def view():
        return "never"

    assert "converted view" == app.test_client().get("/").text


def test_a_task_that_is_cancelled_before_it_begins(own_loop):
    """Who waits for it is told, and nothing is left behind."""
    loop = own_loop.loop

    def create_task(coroutine, *, context):
        task = asyncio.Task(coroutine, loop=loop, context=context)
        task.cancel()
        return task

    async def work():
        """Never begin."""

    loop.create_task = create_task
    assert asyncio.CancelledError is type(run_in_thread(lambda: call(work)))


def test_what_cannot_be_run_is_an_error(own_loop):
    """Where the loop makes no task the caller learns why."""

    def create_task(coroutine, *, context):
        coroutine.close()
        raise LookupError

    own_loop.loop.create_task = create_task

    def work():
        return None

    assert LookupError is type(run_in_thread(lambda: bridge.async_to_sync(work)()))


def test_the_loop_thread_cannot_wait_for_itself(own_loop):
    """It would never end; the error says what to do."""

    async def inner():
        """Never begin."""

    async def outer():
        own_loop.call(inner(), contextvars.Context())

    with pytest.raises(RuntimeError, match=r"app\.ensure_async"):
        call(outer)


def serve(main):
    """Run a coroutine function on a loop with workers, as a server does, and return what it returns."""

    async def begin():
        async with asyncio.timeout(LIMIT):
            return await main(find_workers())

    outcome = run_in_thread(lambda: asyncio.run(begin()))
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def test_a_worker_thread_uses_the_loop_that_it_works_for():
    """A coroutine that sync code calls there runs on the server's loop, with the caller's variables."""

    async def inner():
        await asyncio.sleep(0)
        seen = WORD.get()
        WORD.set("inner")
        return seen, asyncio.get_running_loop()

    def view():
        WORD.set("view")
        return *call(inner), WORD.get()

    async def main(workers):
        return (*await workers.call(None, view), WORD.get(), asyncio.get_running_loop())

    seen, loop, after, outside, own = serve(main)
    assert ("view", "inner", "inner", True) == (seen, after, outside, loop is own)


def test_a_worker_thread_may_run_a_loop_of_its_own():
    """Waiting in there is an error as in any loop."""

    async def inner():
        """Never begin."""

    async def outer():
        call(inner)

    async def main(workers):
        await workers.call(None, asyncio.run, outer())

    with pytest.raises(RuntimeError, match="Await the coroutine function directly"):
        serve(main)


@pytest.mark.parametrize("kind", [LookupError, Stop, SystemExit, KeyboardInterrupt])
def test_an_error_for_a_worker_thread_leaves_the_server_alone(kind):
    """What a coroutine raises is raised in the thread, and the server's loop goes on."""

    async def fail():
        raise kind

    def view():
        try:
            call(fail)
        except BaseException as error:
            return type(error)

    async def main(workers):
        return await workers.call(None, view), await workers.call(None, view)

    assert (kind, kind) == serve(main)


class Binding:
    """Be what calls are made for."""

    worker = None


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_a_thread_does_what_its_coroutine_asks_for(depth):
    """Sync code, waiting for async code, waiting for sync code: all of it in one thread, however deep."""
    names = []

    def descend(left):
        names.append(threading.current_thread().name)
        return call(turn, left - 1) if left else "the bottom"

    async def turn(left):
        return await bridge.to_async(descend)(left)

    async def main(workers):
        return await workers.call(Binding(), descend, depth), await workers.call(None, threading.active_count)

    bottom, _ = serve(main)
    assert ("the bottom", ["demijohn-sync-1"] * (depth + 1)) == (bottom, names)


def test_a_waiting_thread_serves_all_tasks_of_its_coroutine():
    """Each of them may ask for sync code, also while an earlier part of it waits again."""
    seen = []

    async def wait_for(event):
        await event.wait()

    async def work():
        event = asyncio.Event()

        def first():
            seen.append("first")
            call(wait_for, event)
            seen.append("first again")

        def second():
            seen.append("second")

        async def release():
            await bridge.to_async(second)()
            event.set()

        await asyncio.gather(bridge.to_async(first)(), release())

    async def main(workers):
        await workers.call(None, call, work)

    serve(main)
    assert ["first", "second", "first again"] == seen


def test_sync_code_of_a_request_runs_in_the_thread_of_the_server(app):
    """An async view that calls sync code has it run where the server called, which waits for the view."""

    @app.get("/")
    async def view():
        names = await asyncio.gather(*[bridge.to_async(threading.current_thread)() for _ in range(2)])
        return {"names": [thread.name for thread in names], "path": (await bridge.to_async(lambda: request.path)())}

    found = []
    thread = threading.Thread(target=lambda: found.append(app.test_client().get("/").json), name="the server's")
    thread.start()
    thread.join(LIMIT)
    assert [{"names": ["the server's"] * 2, "path": "/"}] == found


def test_the_application_says_how_many_threads_there_are(app):
    """The first that asks for sync code may be a view, and the setting counts for it too."""
    app.config["SYNC_THREADS"] = 2

    @app.get("/")
    async def view():
        await app.ensure_async(threading.current_thread)()
        return str(find_workers().limit)

    async def main():
        return (await app.async_test_client().get("/")).text

    assert "2" == asyncio.run(main())


def test_sync_code_after_the_request_runs_in_another_thread(app):
    """What a view left behind has no waiting thread any more."""
    go_on, names = threading.Event(), []

    @app.get("/")
    async def view():
        async def work():
            await asyncio.to_thread(go_on.wait, LIMIT)
            names.append((await bridge.to_async(threading.current_thread)()).name)
            names.append((await bridge.to_async(threading.current_thread)()).name)
            done.set()

        app.task = asyncio.create_task(work())
        return ""

    done = threading.Event()
    app.test_client().get("/")
    go_on.set()
    assert done.wait(LIMIT)
    assert (2, True) == (len(names), names[0].startswith("demijohn-sync-"))


def test_a_coroutine_function_stays_as_it_is():
    """`to_async` has nothing to do there."""

    async def work():
        """Never begin."""

    assert bridge.to_async(work) is work


def test_a_sync_function_becomes_a_coroutine_function():
    """It keeps its name, takes all arguments, gives results, errors and variables."""

    def work(first, *, second="nothing"):
        """Work."""
        WORD.set(first)
        if second == "fail":
            raise LookupError
        return second

    wrapped = bridge.to_async(work)

    async def main(workers):
        results = [await wrapped("one"), await wrapped("two", second="given"), WORD.get()]
        with pytest.raises(LookupError):
            await wrapped("three", second="fail")
        return [*results, WORD.get()]

    assert ["nothing", "given", "two", "three"] == serve(main)
    assert (("work", "Work."), True) == (_describe(wrapped), inspect.iscoroutinefunction(wrapped))


def test_sync_code_of_a_request_on_a_loop_has_one_thread(app):
    """Whatever else runs in between."""
    context = app.test_request_context("/")
    context.worker = None

    async def main(workers):
        with context:
            first = await bridge.to_async(threading.current_thread)()
            stop = threading.Event()
            slow = [asyncio.create_task(workers.call(None, stop.wait, LIMIT)) for _ in range(3)]
            await asyncio.sleep(0.01)
            second = await bridge.to_async(threading.current_thread)()
            stop.set()
            await asyncio.gather(*slow)
        return first is second

    assert serve(main)


class Alarm:
    """Raise in the thread that waits, as a signal handler may."""

    def take_turn(self):
        raise Stop

    def drop(self):
        """Be left in the queue."""


def test_a_thread_that_has_left_does_no_jobs():
    """A coroutine that waits for it is cancelled, and what it asked for is never done."""
    ended, done = threading.Event(), []

    async def work():
        queue = waiter.get().seat.queue
        queue.put(Alarm())
        tasks = [asyncio.create_task(bridge.to_async(done.append)(number)) for number in range(2)]
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError:
            await asyncio.wait(tasks)
            ended.set()
            raise

    with pytest.raises(Stop):
        call(work)
    assert ended.wait(LIMIT)
    assert set(done) <= {0, 1}


def test_a_job_that_is_cancelled_before_its_turn_is_left_out():
    """The waiting thread has others to do first."""
    done, go_on = [], threading.Event()

    async def work():
        first = asyncio.create_task(bridge.to_async(go_on.wait)(LIMIT))
        second = asyncio.create_task(bridge.to_async(done.append)("second"))
        await asyncio.sleep(0.01)
        second.cancel()
        go_on.set()
        await first
        await asyncio.wait([second])
        return second.cancelled()

    assert (True, []) == (call(work), done)


GREENLETS = """
    {first}
    {second}
    import asyncio, threading, time
    import gevent
    from demijohn.pipeline.bridge import async_to_sync, to_async

    barrier = asyncio.Barrier(8)

    def name():
        time.sleep(0.01)
        return threading.get_ident()

    async def view():
        async with barrier:
            same = await to_async(name)()
        task = asyncio.create_task(to_async(name)())
        return same, await task

    def serve():
        return (threading.get_ident(),) * 2 == async_to_sync(view)()

    jobs = [gevent.spawn(serve) for _ in range(8)]
    gevent.joinall(jobs, timeout=8)
    print([job.value for job in jobs] == [True] * 8)
"""


@pytest.mark.skipif(find_spec("gevent") is None, reason="gevent is not installed")
@pytest.mark.parametrize("order", [1, -1], ids=["patched first", "patched after the import"])
def test_greenlets_wait_without_stopping_each_other(order):
    """Under gevent the loop is a greenlet, requests run at once, and each does its own sync code."""
    lines = ["from gevent import monkey; monkey.patch_all()", "import demijohn.pipeline.bridge"][::order]
    program = textwrap.dedent(GREENLETS.format(first=lines[0], second=lines[1]))
    command = [sys.executable, "-W", "ignore", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=2 * LIMIT, check=False)
    assert ("True\n", "") == (done.stdout, done.stderr)


def test_an_object_that_answers_to_any_name_is_an_ordinary_function():
    """A callable whose attributes are made up is not taken for one that stands for a coroutine function."""

    class Proxy:
        def __getattr__(self, name):
            return lambda *args: None

        def __call__(self):
            return "called"

    assert bridge.find_coroutine(Proxy()) is None
