"""Many requests at once see each their own, and none is kept in memory."""

import gc
import sys
import threading
import weakref

import greenlet
import pytest
from werkzeug.test import create_environ

import demijohn
from demijohn import Flask, current_app, g, request, session
from demijohn._current import context as current_frame
from demijohn.ctx import AppContext, RequestContext

THREADS = 16
REQUESTS = 1_000


@pytest.fixture
def app():
    """Return an application whose view checks that all it sees is its own."""
    app = Flask("made")
    app.secret_key = "k"

    @app.before_request
    def before():
        g.word = request.args["word"]
        session["word"] = request.args["word"]

    @app.get("/check/<word>")
    def check(word):
        for _ in range(5):
            pause()
            seen = {word, g.word, session["word"], request.args["word"], request.view_args["word"], request.path[7:]}
            assert {word} == seen
        return word

    @app.get("/stream/<word>")
    def stream(word):
        return demijohn.stream_with_context(f"{request.args['word']}{pause() or ''}" for _ in range(3))

    @app.get("/async/<word>")
    async def asynchronous(word):
        assert {word} == {g.word, session["word"], request.args["word"]}
        return word

    @app.after_request
    def after(response):
        response.headers["X-Word"] = f"{g.word} {session['word']}"
        return response

    return app


#: What a view does in the middle of its work; a greenlet gives way there.
pausing = threading.local()


def pause():
    """Give way to another greenlet, where there is one."""
    getattr(pausing, "function", lambda: None)()


def send(app, word, kind="check"):
    """Send a request, and return what was wrong with the answer, if anything was."""
    headers = []
    body = app(
        create_environ(f"/{kind}/{word}?word={word}"),
        lambda status, given: headers.extend([("status", status), *given]),
    )
    text = b"".join(body).decode()
    getattr(body, "close", lambda: None)()
    expected = word * 3 if kind == "stream" else word
    found = dict(headers)
    if (text, found.get("X-Word"), found["status"]) != (expected, f"{word} {word}", "200 OK"):
        return [(word, text, found)]
    return [] if current_frame.get(None) is None else [(word, "a context is left")]


def run_threads(work):
    """Run a function in many threads that are switched all the time."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    problems = []

    def run(index):
        try:
            problems.extend(work(index))
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(THREADS)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    return problems


@pytest.mark.parametrize("kind", ["check", "stream", "async"])
def test_threads_do_not_see_each_other(app, kind):
    """A thousand requests from sixteen threads each have their own request, `g` and session."""

    def work(index):
        each = REQUESTS // THREADS
        return [problem for number in range(each) for problem in send(app, f"w{index}-{number}", kind)]

    assert [] == run_threads(work)


def test_the_first_requests_may_come_at_once(app):
    """Sealing is safe in many threads: every request of the first wave is answered."""
    barrier = threading.Barrier(THREADS)

    def work(index):
        barrier.wait()
        return send(app, f"w{index}")

    assert [] == run_threads(work)


def test_registering_while_serving_breaks_no_request(app):
    """Hooks and views that come and go in one thread leave the requests of the others whole."""

    def nothing():
        return None

    def work(index):
        if index == 0:
            for number in range(100):
                app.before_request_funcs[None].append(nothing)
                app.view_functions[f"new {number}"] = nothing
                app.before_request_funcs[None].remove(nothing)
            return []
        return [problem for number in range(30) for problem in send(app, f"w{index}-{number}")]

    assert [] == run_threads(work)
    assert 1 == len(app.before_request_funcs[None])


def test_applications_in_threads_do_not_see_each_other():
    """Each thread's current application is the one that it called."""
    apps = [Flask(f"made {index}") for index in range(THREADS)]
    for made in apps:
        made.add_url_rule("/", "page", lambda: current_app.name)

    def work(index):
        texts = {b"".join(apps[index](create_environ(), lambda status, headers: None)) for _ in range(30)}
        return texts - {f"made {index}".encode()}

    assert [] == run_threads(work)


@pytest.mark.parametrize("kind", ["check", "stream"])
def test_greenlets_do_not_see_each_other(app, kind):
    """Requests that are handled in turns by one thread each have their own."""
    problems = []
    ready = []

    def work(index):
        for number in range(5):
            problems.extend(send(app, f"w{index}-{number}", kind))

    def run_all():
        main = greenlet.getcurrent()
        pausing.function = main.switch
        ready.extend(greenlet.greenlet(lambda index=index: work(index)) for index in range(THREADS))
        while ready:
            ready.append(ready.pop(0))
            ready[-1].switch()
            if ready[-1].dead:
                ready.pop()

    try:
        run_all()
    finally:
        del pausing.function
    assert [] == problems


def test_a_greenlet_starts_without_a_context(app):
    """What is current in one greenlet is not in another that it starts."""
    seen = []
    with app.test_request_context("/check/x?word=x"):
        greenlet.greenlet(lambda: seen.append(current_frame.get(None))).switch()
    assert [None] == seen


VIEWS = {
    "plain": lambda: "text",
    "json": lambda: {"word": request.args.get("word")},
    "g": lambda: str(setattr(g, "word", request)),
    "session": lambda: str(session.__setitem__("word", request.path)),
    "url": lambda: demijohn.url_for("page", _external=True),
    "response": lambda: demijohn.make_response("text", 201, {"X": "1"}),
    "flash": lambda: str(demijohn.flash("said")),
    "template": lambda: demijohn.render_template_string("{{ request.path }} {{ g }} {{ session }}"),
    "cookies": lambda: str(request.cookies.get("name")),
    "headers": lambda: str(request.headers.get("X")),
    "after this": lambda: str(demijohn.after_this_request(lambda response: response)),
    "stream": lambda: demijohn.stream_with_context(request.path for _ in range(2)),
    "generator": lambda: (part for part in ("one", "two")),
    "abort": lambda: demijohn.abort(404),
    "fail": lambda: 1 / 0,
    "handled": lambda: {}["missing"],
    "copy": lambda: demijohn.copy_current_request_context(lambda: request.path)(),
    "redirect": lambda: demijohn.redirect("/"),
    "form": lambda: str(request.form),
    "body": lambda: request.get_data(),
    "files": lambda: str(len(request.files)),
    "bad json": lambda: request.get_json(),
}
CLASSES = (RequestContext, AppContext, demijohn.Request, demijohn.Response)
BODIES = {
    "form": {"data": {"a": "b"}},
    "files": {"data": {"a": "b"}, "content_type": "multipart/form-data"},
    "bad json": {"data": b"{", "content_type": "application/json"},
}


async def answer_async():
    """Answer from the loop, with something in `g`."""
    g.word = request.path
    return "async"


def build(view):
    """Return an application with one view, which handles some errors and logs none."""
    app = Flask("quiet")
    app.secret_key = "k"
    app.logger.disabled = True
    app.add_url_rule("/", "page", view, methods=["GET", "POST"])
    app.register_error_handler(KeyError, lambda error: "handled")
    app.teardown_request(lambda error: None)
    return app


def count_alive():
    """Count the contexts, requests and responses that are alive."""
    return sum(isinstance(thing, CLASSES) for thing in gc.get_objects())


def serve(app, path="/", **options):
    """Have one request answered as a server does."""
    body = app(create_environ(path, **options), lambda status, headers: None)
    for _ in body:
        pass
    getattr(body, "close", lambda: None)()


def find_growth(app, times, path="/", **options):
    """Return how many objects of a request stay alive, without the collector, after a number of requests."""
    for _ in range(5):
        serve(app, path, **options)
    gc.collect()
    gc.disable()
    try:
        before = count_alive()
        for _ in range(times):
            serve(app, path, **options)
        return count_alive() - before
    finally:
        gc.enable()


def test_two_thousand_requests_leave_nothing():
    """A request, its contexts and its response are freed at once."""
    assert 0 == find_growth(build(VIEWS["json"]), 2_000)


@pytest.mark.parametrize("kind", [*VIEWS, "async"])
def test_what_a_view_does_keeps_no_request(kind):
    """Whatever a view uses, and however it ends, the collector is not needed to free the request."""
    view = answer_async if kind == "async" else VIEWS[kind]
    body = BODIES.get(kind, {})
    assert 0 == find_growth(build(view), 20, method="POST" if body else "GET", **body)


@pytest.mark.parametrize("path", ["/none", "/?x=1", "//", "/static/none.css"])
def test_what_does_not_match_keeps_no_request(path):
    """A path without a view is as cheap."""
    assert 0 == find_growth(build(VIEWS["plain"]), 20, path)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "DELETE"])
def test_other_methods_keep_no_request(method):
    """So are methods that are answered without a view."""
    assert 0 == find_growth(build(VIEWS["plain"]), 20, method=method)


def test_an_error_that_reaches_the_server_keeps_no_request():
    """Once the server has dropped the error, the request is free."""
    app = build(VIEWS["fail"])
    app.config["PROPAGATE_EXCEPTIONS"] = True
    kept = []
    app.before_request(lambda: kept.append(weakref.ref(request._get_current_object())))
    gc.collect()
    gc.disable()
    try:
        try:
            serve(app)
        except ZeroDivisionError as error:
            error.__traceback__ = None
        assert [None] == [reference() for reference in kept]
    finally:
        gc.enable()


def test_an_application_is_freed_at_once():
    """An application that has served is freed when its last name goes, as Flask's is."""
    app = Flask("made")
    app.add_url_rule("/", "page", lambda: "text")
    serve(app)
    reference = weakref.ref(app)
    gc.collect()
    del app
    gc.collect()
    assert None is reference()


def test_a_test_context_keeps_no_request(app):
    """A context that was entered by hand is freed as well."""
    gc.collect()
    gc.disable()
    try:
        before = count_alive()
        for _ in range(20):
            with app.test_request_context("/check/x?word=x"):
                g.word = request.path
                session["word"] = "x"
            with app.app_context():
                g.word = "x"
        assert before == count_alive()
    finally:
        gc.enable()
