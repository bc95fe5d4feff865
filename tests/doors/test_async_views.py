"""Async and sync functions of an app, mixed in every place, through every door."""

from __future__ import annotations

import asyncio
import threading

import pytest
from werkzeug.routing import BaseConverter

import demijohn
from demijohn import (
    Blueprint,
    Flask,
    Request,
    Response,
    after_this_request,
    copy_current_request_context,
    flash,
    g,
    get_flashed_messages,
    render_template_string,
    request,
    session,
    signals,
    stream_with_context,
)
from demijohn.pipeline.plan import STEP_METHODS
from demijohn.sessions import SecureCookieSessionInterface
from demijohn.testing.doors import DOORS, Door, call_through_every_door, door

__all__ = ["door"]

LOOP_THREADS = {"wsgi": "demijohn-async", "asgi": "demijohn-test-server", "rsgi": "demijohn-test-server"}


def make_app(kind=Flask):
    """Return an application whose errors reach the server."""
    app = kind("made")
    app.secret_key = "a key for tests only"
    app.config["PROPAGATE_EXCEPTIONS"] = True
    return app


def note(seen, name, result=None):
    """Make a sync and an async function that write down their thread."""

    def plain(*args, **values):
        seen.append((name, threading.current_thread().name))
        return args[0] if result is ... else result

    async def coroutine(*args, **values):
        await asyncio.sleep(0)
        return plain(*args, **values)

    return plain, coroutine


def add_hooks(app, seen, is_async):
    """Put a function into every place for functions, sync or async."""
    blueprint = Blueprint("inner", "made")
    for place in (app, blueprint):
        name = place.name
        place.before_request(note(seen, f"{name} before")[is_async])
        place.after_request(note(seen, f"{name} after", ...)[is_async])
        place.teardown_request(note(seen, f"{name} teardown")[is_async])
    app.teardown_appcontext(note(seen, "app teardown")[is_async])
    app.errorhandler(LookupError)(note(seen, "handler", ("handled", 418))[is_async])
    return blueprint


@pytest.mark.parametrize("raises", [False, True], ids=["answers", "raises"])
@pytest.mark.parametrize("hooks", [0, 1], ids=["sync hooks", "async hooks"])
@pytest.mark.parametrize("view", [0, 1], ids=["sync view", "async view"])
def test_every_place_takes_sync_and_async_functions(door, view, hooks, raises):
    """Order and answer do not depend on the kinds; coroutines run on the loop, all sync code in one other thread."""
    app, seen = make_app(), []
    blueprint = add_hooks(app, seen, hooks)

    def fail(*args):
        raise LookupError

    plain, coroutine = note(seen, "view", "answer")

    async def async_view():
        return await coroutine() if not raises else fail(await coroutine())

    sync_view = (lambda: fail(plain())) if raises else plain
    blueprint.add_url_rule("/", "page", async_view if view else sync_view)
    app.register_blueprint(blueprint)
    response = door.client(app).get("/")
    ring = ["made before", "inner before", "view", *(["handler"] if raises else []), "inner after", "made after"]
    assert [*ring, "inner teardown", "made teardown", "app teardown"] == [name for name, _ in seen]
    assert ((418, "handled") if raises else (200, "answer")) == (response.status_code, response.text)
    threads = {kind: {t for n, t in seen if (n == "view") == (kind == "view")} for kind in ("view", "hooks")}
    loop = LOOP_THREADS[door.name]
    assert [len(threads["view"]), len(threads["hooks"])] == [1, 1]
    assert [threads["view"] == {loop}, threads["hooks"] == {loop}] == [bool(view), bool(hooks)]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync view", "async view"])
def test_all_sync_functions_of_a_request_share_a_thread(door, is_async):
    """What a database connection of one thread needs: hooks, handlers and helpers are in the same thread."""
    app, seen = make_app(), []
    blueprint = add_hooks(app, seen, 0)
    work = note(seen, "work", "done")[0]

    async def async_view():
        first = await app.ensure_async(work)()
        return first + await app.ensure_async(work)()

    def sync_view():
        async def inner():
            return await app.ensure_async(work)()

        return work() + app.async_to_sync(inner)()

    blueprint.add_url_rule("/", "page", async_view if is_async else sync_view)
    app.register_blueprint(blueprint)
    assert "donedone" == door.client(app).get("/").text
    assert 1 == len({thread for _, thread in seen})
    assert LOOP_THREADS[door.name] not in {thread for _, thread in seen}


def test_ensure_sync_and_its_kin_keep_their_meaning(door):
    """`ensure_sync` leaves sync functions, `async_to_sync` waits on the loop, `ensure_async` leaves coroutines."""
    app = make_app()

    async def where(name):
        return f"{name} {threading.current_thread().name} {request.path}"

    def plain():
        return "plain"

    @app.get("/")
    def view():
        assert app.ensure_sync(plain) is plain
        assert app.ensure_async(where) is where
        return [app.ensure_sync(where)("a"), app.async_to_sync(where)("b")]

    loop = LOOP_THREADS[door.name]
    assert [f"a {loop} /", f"b {loop} /"] == door.client(app).get("/").json


def test_a_coroutine_may_not_wait_for_its_own_loop(door):
    """Sync code that would wait for ever is told what to do instead."""
    app = make_app()

    async def inner():
        return "never"

    @app.get("/")
    async def view():
        return app.async_to_sync(inner)()

    with pytest.raises(RuntimeError, match="async_to_sync"):
        door.client(app).get("/")


class Stepping(Flask):
    """Override every step, and write down that it was taken and where."""


def override(name):
    """Return a method that notes its name and its thread, and does what it did."""

    def method(self, *args, **values):
        self.seen.append((name, threading.current_thread().name))
        return getattr(super(Stepping, self), name)(*args, **values)

    return method


for _name in STEP_METHODS:
    setattr(Stepping, _name, override(_name))


def take_steps(name, method):
    """Return the answer, the steps and the threads of one request to an app that overrides one method."""
    app = make_app(type("One", (Stepping,), {n: getattr(Flask, n) for n in STEP_METHODS if n != method}))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.logger.disabled = True
    app.seen = []

    @app.route("/<kind>", methods=["GET"])
    async def view(kind):
        await asyncio.sleep(0)
        return {"made": ("made", 201), "abort": None}[kind] if kind != "zero" else 1 / 0

    answers = []
    with Door(name) as opened:
        client = opened.client(app)
        for path in ("/made", "/zero", "/nowhere/at/all", "/made"):
            app.seen.clear()
            response = client.get(path)
            answers.append((response.status_code, response.data, [step for step, _ in app.seen]))
        options = client.options("/made")
    return answers, options.headers["Allow"], {thread for _, thread in app.seen}


@pytest.mark.parametrize("method", [name for name in STEP_METHODS if name != "ensure_sync"])
def test_an_overridden_step_is_taken_with_an_async_view(method):
    """Each method of the request's way may be overridden; the answers and the calls are the same through each door."""
    results = {name: take_steps(name, method) for name in DOORS}
    assert results["wsgi"][:2] == results["asgi"][:2] == results["rsgi"][:2]
    assert [201, 500, 404, 201] == [status for status, _, _ in results["asgi"][0]]


@pytest.mark.parametrize(
    "method", ["preprocess_request", "finalize_request", "process_response", "do_teardown_request", "make_response"]
)
def test_an_overridden_step_does_not_run_on_the_loop(door, method):
    """What a subclass does in a step is sync code, and holds nobody else up."""
    _, _, threads = take_steps(door.name, method)
    assert threads
    assert LOOP_THREADS[door.name] not in threads


@pytest.mark.parametrize("is_async", [False, True], ids=["sync view", "async view"])
def test_a_session_interface_of_ones_own_does_not_run_on_the_loop(door, is_async):
    """A session may be opened from and saved to a database, which takes time, with the request current."""
    app, seen = make_app(), []

    class Interface(SecureCookieSessionInterface):
        def open_session(self, app, request):
            seen.append((demijohn.request.path, threading.current_thread().name))
            return super().open_session(app, request)

        def save_session(self, app, session, response):
            seen.append(("save", threading.current_thread().name))
            super().save_session(app, session, response)

    app.session_interface = Interface()

    def view():
        session["visits"] = session.get("visits", 0) + 1
        return str(session["visits"])

    async def async_view():
        return view()

    app.add_url_rule("/", "page", async_view if is_async else view)
    client = door.client(app)
    assert ["1", "2"] == [client.get("/").text for _ in range(2)]
    assert ["/", "save"] * 2 == [name for name, _ in seen]
    assert LOOP_THREADS[door.name] not in {thread for _, thread in seen}


@pytest.mark.parametrize("is_async", [False, True], ids=["sync view", "async view"])
def test_classes_of_ones_own_are_used(door, is_async):
    """The request and the response have the classes that the app names."""
    app = make_app()

    class OwnRequest(Request):
        @property
        def greeting(self):
            return f"hello {self.args['name']}"

    class OwnResponse(Response):
        default_mimetype = "text/x-own"

        def get_wsgi_headers(self, environ):
            headers = super().get_wsgi_headers(environ)
            headers["X-Method"] = environ["REQUEST_METHOD"]
            return headers

    app.request_class, app.response_class = OwnRequest, OwnResponse

    def view():
        return request.greeting

    async def async_view():
        return request.greeting

    app.add_url_rule("/", "page", async_view if is_async else view)
    response = door.client(app).get("/?name=you")
    expected = ("hello you", "text/x-own", "GET")
    assert expected == (response.text, response.mimetype, response.headers["X-Method"])


@pytest.mark.parametrize("is_async", [False, True], ids=["sync view", "async view"])
def test_what_belongs_to_a_request_follows_it(is_async):
    """`g`, the session, flashes, `after_this_request` and templates work alike in every door."""
    app = make_app()

    @app.before_request
    async def before():
        g.trail = ["before"]

    @app.context_processor
    def processor():
        return {"trail": g.trail}

    def view():
        g.trail.append("view")
        session["name"] = "é"
        flash("first", "kind")

        @after_this_request
        def after(response):
            response.headers["X-Trail"] = ",".join(g.trail)
            return response

        return render_template_string("{{ trail }} {{ messages() }}", messages=get_flashed_messages)

    async def async_view():
        await asyncio.sleep(0)
        return view()

    app.add_url_rule("/", "page", async_view if is_async else view)
    answers = call_through_every_door(app, {"path": "/"})
    assert {answers["wsgi"].data} == {answer.data for answer in answers.values()}
    assert {"before,view"} == {dict(answer.headers)["x-trail"] for answer in answers.values()}
    assert all("set-cookie" in dict(answer.headers) for answer in answers.values())


@pytest.mark.parametrize("is_async", [False, True], ids=["sync view", "async view"])
def test_a_copied_context_goes_to_a_thread(door, is_async):
    """`copy_current_request_context` carries request and session, wherever the view runs."""
    app, found = make_app(), []

    def work():
        @copy_current_request_context
        def read():
            found.append((request.path, session["name"], hasattr(g, "own")))

        session["name"] = "n"
        g.own = True
        return read

    def view():
        thread = threading.Thread(target=work())
        thread.start()
        thread.join()
        return "done"

    async def async_view():
        await asyncio.to_thread(work())
        return "done"

    app.add_url_rule("/", "page", async_view if is_async else view)
    assert "done" == door.client(app).get("/").text
    # `asyncio.to_thread` takes the task's own contexts along, and `g` with them, as in Flask.
    assert [("/", "n", is_async)] == found


@pytest.mark.parametrize("is_async", [False, True], ids=["sync view", "async view"])
def test_a_generator_keeps_its_context(door, is_async):
    """`stream_with_context` gives a sync generator the request after the view returned."""
    app = make_app()

    def view():
        def pieces():
            yield "a "
            yield request.path

        return stream_with_context(pieces())

    async def async_view():
        return view()

    app.add_url_rule("/", "page", async_view if is_async else view)
    assert "a /" == door.client(app).get("/").text


SIGNALS = ("request_started", "request_finished", "request_tearing_down", "appcontext_tearing_down",
           "appcontext_pushed", "appcontext_popped", "got_request_exception")  # fmt: skip


@pytest.mark.parametrize("is_async", [False, True], ids=["sync view", "async view"])
@pytest.mark.parametrize("name", SIGNALS)
def test_a_receiver_may_be_async(door, name, is_async):
    """A coroutine function that is connected to a signal runs once, on the loop."""
    app, seen = make_app(), []
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.logger.disabled = True

    async def receive(sender, **values):
        await asyncio.sleep(0)
        seen.append((sender is app, threading.current_thread().name))

    def view():
        g.used = True
        return "text" if name != "got_request_exception" else 1 / 0

    async def async_view():
        return view()

    app.add_url_rule("/", "page", async_view if is_async else view)
    with getattr(signals, name).connected_to(receive, app):
        status = door.client(app).get("/").status_code
    assert (500 if name == "got_request_exception" else 200) == status
    assert [(True, LOOP_THREADS[door.name])] == seen


def test_head_and_options_of_an_async_view():
    """HEAD runs the view and sends its headers alone, OPTIONS does not run it."""
    app, seen = make_app(), []

    @app.get("/")
    async def view():
        seen.append("view")
        return "text", {"X-Own": "1"}

    for method, runs in (("HEAD", 3), ("OPTIONS", 0), ("POST", 0)):
        answers = call_through_every_door(app, {"path": "/", "method": method})
        assert 1 == len({(a.status_code, a.headers, a.data) for a in answers.values()}), answers
        assert runs == len(seen)
        seen.clear()


def test_a_converter_of_ones_own_does_not_hold_up_the_loop():
    """What the user's code does while a URL is matched runs in a worker thread, as all sync code."""
    names = []

    class Slow(BaseConverter):
        def to_python(self, value):
            names.append(threading.current_thread() is threading.main_thread())
            return value

    app = Flask("converters")
    app.url_map.converters["slow"] = Slow

    @app.get("/<slow:name>")
    async def view(name):
        return f"{name} {threading.current_thread() is threading.main_thread()}"

    assert "a True" == asyncio.run(app.async_test_client().get("/a")).text
    assert {False} == set(names)
