"""Contexts: entering, leaving, nesting, and what a request runs whatever fails."""

import contextvars
import io
import sys
import threading
import weakref

import greenlet
import pytest

import demijohn
from demijohn._current import context as current_frame


@pytest.fixture
def app(lib):
    """Return an application with a secret key; the test has to leave every context that it enters."""
    app = lib.Flask("made")
    app.secret_key = "k"
    yield app
    assert (False, False, None) == (lib.has_app_context(), lib.has_request_context(), current_frame.get(None))


def record_teardowns(app):
    """Return a list that gets the errors that teardown functions are told."""
    told = []
    app.teardown_request(lambda error: told.append(("request", error)))
    app.teardown_appcontext(lambda error: told.append(("app", error)))
    return told


def test_g_keeps_what_is_set(app):
    """Attributes are set, read, listed, defaulted and removed."""
    g = app.app_ctx_globals_class()
    g.name = "value"
    assert ("value", "value", "default", True, False) == (
        g.name,
        g.get("name"),
        g.get("no", "default"),
        "name" in g,
        "no" in g,
    )
    assert ("value", 1, ["name", "other"]) == (g.setdefault("name", 0), g.setdefault("other", 1), list(g))
    assert ("value", "default", None) == (g.pop("name"), g.pop("name", "default"), g.get("name"))
    del g.other
    assert ([], None) == (list(g), g.setdefault("third"))


def test_g_misses_what_is_not_set(app):
    """Reading, removing and popping what is not set are errors, of Python's kinds."""
    g = app.app_ctx_globals_class()
    with pytest.raises(AttributeError):
        _ = g.name
    with pytest.raises(AttributeError):
        del g.name
    with pytest.raises(KeyError):
        g.pop("name")


def test_g_shows_the_application(app):
    """Inside a context `g` is shown by its application, outside like any object."""
    g = app.app_ctx_globals_class()
    assert "object at" in repr(g)
    with app.app_context():
        assert "<flask.g of 'made'>" == repr(g)


def test_g_may_be_of_another_class(lib, app):
    """`app_ctx_globals_class` is what `g` is."""
    app.app_ctx_globals_class = dict
    with app.app_context():
        lib.g["key"] = 1
        assert {"key": 1} == lib.g


def test_an_application_context_is_torn_down_when_left_for_good(app):
    """However often it is entered, the teardown runs once, at the last leaving."""
    told = record_teardowns(app)
    context = app.app_context()
    with context:
        with context:
            pass
        assert [] == told
    assert [("app", None)] == told
    with context:
        pass
    assert [("app", None)] * 2 == told


def test_every_application_context_has_a_g_of_its_own(lib, app):
    """A context inside another of the same application has another `g`."""
    with app.app_context():
        lib.g.name = 1
        with app.app_context():
            assert "name" not in lib.g
        assert 1 == lib.g.name


@pytest.mark.parametrize("kind", ["app_context", "test_request_context"])
def test_the_teardown_is_told_of_the_error(app, kind):
    """An error that ends the `with` block is told, and goes on."""
    told = record_teardowns(app)
    error = LookupError()
    with pytest.raises(LookupError), getattr(app, kind)():
        raise error
    assert [error] == list({seen for _, seen in told})


@pytest.mark.parametrize("kind", ["app_context", "test_request_context"])
def test_leaving_by_hand_tells_the_error_being_handled(app, kind):
    """`pop` without an argument takes the error that is being handled; one given wins."""
    told = record_teardowns(app)
    error = LookupError()
    for arguments in ((), (None,)):
        context = getattr(app, kind)()
        context.push()
        try:
            raise error
        except LookupError:
            context.pop(*arguments)
    assert [error, None] == list(dict.fromkeys(seen for _, seen in told))


@pytest.mark.parametrize("kind", ["app_context", "test_request_context"])
def test_leaving_out_of_order_is_an_assertion_error(app, kind):
    """A context cannot be left while another is entered inside of it."""
    outer, inner = getattr(app, kind)(), getattr(app, kind)()

    def leave_the_outer_one():
        outer.push()
        inner.push()
        with pytest.raises(AssertionError):
            outer.pop()

    contextvars.copy_context().run(leave_the_outer_one)


@pytest.mark.parametrize("kind", ["app_context", "test_request_context"])
def test_leaving_without_entering_is_an_error(app, kind):
    """A context that was not entered cannot be left."""
    with pytest.raises((LookupError, AssertionError)):
        getattr(app, kind)().pop()


@pytest.mark.parametrize("kind", ["app_context", "test_request_context"])
def test_leaving_in_another_thread_is_an_error(app, kind):
    """A context that was entered in one thread is not left by another."""
    context = getattr(app, kind)()
    errors = []

    def leave():
        try:
            context.pop()
        except (ValueError, LookupError) as error:
            errors.append(type(error))

    variables = contextvars.copy_context()
    variables.run(context.push)
    thread = threading.Thread(target=leave)
    thread.start()
    thread.join()
    assert 1 == len(errors)


def test_a_context_accepts_weak_references_and_attributes(app):
    """Extensions keep things on contexts and about them."""
    for context in (app.app_context(), app.test_request_context()):
        context.anything = 1
        assert (1, context) == (context.anything, weakref.ref(context)())


@pytest.mark.parametrize("server_name", [None, "h.test:5000"])
def test_an_application_context_builds_urls_with_a_server_name(app, server_name):
    """There is an adapter where the configuration says where the application is."""
    app.config["SERVER_NAME"] = server_name
    with app.app_context() as context:
        adapter = context.url_adapter
        assert server_name == (adapter and adapter.server_name)
        context.url_adapter = "mine"
        assert "mine" == context.url_adapter


def test_a_request_has_an_adapter(app):
    """The adapter of a request is bound to it, and may be replaced."""
    app.add_url_rule("/page", "page", lambda: "")
    with app.test_request_context("/page", method="POST") as context:
        assert ("localhost", "POST", "/page") == (
            context.url_adapter.server_name,
            context.url_adapter.default_method,
            context.url_adapter.path_info,
        )
        context.url_adapter = None
        assert None is context.url_adapter


def test_a_request_with_a_bad_host_has_no_adapter(app):
    """The error of the host is raised when the request is dispatched."""
    app.config["TRUSTED_HOSTS"] = ["h.test"]
    with app.test_request_context(base_url="http://evil.test") as context:
        assert (None, 400) == (context.url_adapter, context.request.routing_exception.code)
    assert 400 == app.test_client().get("/", base_url="http://evil.test").status_code


@pytest.mark.parametrize(("path", "endpoint"), [("/page/7", "page"), ("/none", None)])
def test_matching_gives_the_rule_or_the_error(app, path, endpoint):
    """A request in its context has its rule and variables, or the error for later."""
    app.add_url_rule("/page/<int:number>", "page", lambda number: "")
    with app.test_request_context(path) as context:
        request = context.request
        assert (endpoint, endpoint and {"number": 7}) == (request.endpoint, request.view_args)
        assert (endpoint is None) is (getattr(request.routing_exception, "code", None) == 404)


def test_matching_may_be_asked_for(app):
    """`match_request` matches through the adapter that the context has."""
    app.add_url_rule("/page", "page", lambda: "")
    with app.test_request_context("/none") as context:
        context.url_adapter.path_info = "/page"
        context.match_request()
        assert "page" == context.request.endpoint
        context.url_adapter.path_info = "/other"
        context.match_request()
        assert 404 == context.request.routing_exception.code


def test_matching_without_an_adapter_does_nothing(app):
    """An application whose adapter is None has requests without a rule."""
    app.create_url_adapter = lambda request: None
    context = app.test_request_context("/page")
    if app.__class__ is demijohn.Flask:
        context.match_request()
        assert (None, None) == (context.request.url_rule, context.request.routing_exception)
    with context:
        assert None is context.request.url_rule


def test_a_request_inside_its_application_shares_g(lib, app):
    """The application context around a request of the same application is the request's own."""
    told = record_teardowns(app)
    with app.app_context() as outer:
        lib.g.name = "shared"
        with app.test_request_context():
            assert ("shared", outer) == (lib.g.name, lib.globals.app_ctx._get_current_object())
        assert [("request", None)] == told
    assert [("request", None), ("app", None)] == told


def test_a_request_inside_a_request_shares_g(lib, app):
    """So does a request inside another of the same application."""
    with app.test_request_context():
        lib.g.name = "shared"
        with app.test_request_context():
            assert "shared" == lib.g.name


def test_a_request_inside_another_application_has_a_g_of_its_own(lib, app):
    """Another application around a request is another context."""
    other = lib.Flask("other")
    with other.app_context():
        lib.g.name = "other's"
        with app.test_request_context():
            assert ("made", False) == (lib.current_app.name, "name" in lib.g)
        assert ("other", "other's") == (lib.current_app.name, lib.g.name)


def test_a_request_behind_another_application_has_a_g_of_its_own(lib, app):
    """An application context of its own further out does not count."""
    other = lib.Flask("other")
    with app.app_context():
        lib.g.name = "outer"
        with other.app_context(), app.test_request_context():
            assert "name" not in lib.g


def test_a_request_is_torn_down_when_left_for_good(app):
    """However often it is entered, the teardowns run once, at the last leaving."""
    told = record_teardowns(app)
    context = app.test_request_context()
    with context:
        with context:
            pass
        assert [] == told
    assert [("request", None), ("app", None)] == told


def test_a_request_that_is_entered_twice_has_one_g(lib, app):
    """What is set at the inner level is there at the outer one, and is torn down with it."""
    told = record_teardowns(app)
    context = app.test_request_context()
    with context:
        with context:
            lib.g.name = "inner"
        assert ("inner", []) == (lib.g.get("name"), told)
    assert [("request", None), ("app", None)] == told


def test_a_request_entered_again_inside_another_is_current(lib, app):
    """A context may be entered again inside another one, and each leaving restores what was before."""
    outer, inner = app.test_request_context("/outer"), app.test_request_context("/inner")
    with outer, inner:
        with outer:
            assert "/outer" == lib.request.path
        assert "/inner" == lib.request.path


@pytest.mark.parametrize("inside", [True, False])
def test_a_request_may_be_left_in_another_order_elsewhere(inside):
    """Entered in two tasks, it is left in any order by them, and is torn down by the last."""
    app = demijohn.Flask("made")
    told = record_teardowns(app)
    context, outer = app.test_request_context(), app.app_context()
    first, second = contextvars.Context(), contextvars.Context()
    if inside:
        first.run(outer.push)
    for variables in (first, second):
        variables.run(context.push)
    first.run(context.pop)
    assert [] == told
    second.run(context.pop)
    assert ("request", None) == told[0]
    assert [None, None] == [variables.run(demijohn.has_request_context) or None for variables in (first, second)]


def test_a_request_that_is_left_forgets_its_environs_reference(app):
    """The environ refers to the request no longer, so that both are freed."""
    with app.test_request_context() as context:
        assert context.request is context.request.environ["werkzeug.request"]
    assert None is context.request.environ["werkzeug.request"]


def test_files_of_a_request_are_closed(lib, app):
    """Uploaded files are closed when the request is over."""
    with app.test_request_context(data={"file": (io.BytesIO(b"x" * 10), "name")}, method="POST"):
        file = lib.request.files["file"]
        assert not file.stream.closed
    assert file.stream.closed


def test_an_overridden_close_of_the_request_is_called(lib, app):
    """A request class may have more to close."""
    closed = []

    class Closing(lib.Request):
        def close(self):
            closed.append(self)
            super().close()

    app.request_class = Closing
    with app.test_request_context() as context:
        pass
    assert [context.request] == closed


def test_a_session_may_be_given(lib, app):
    """A context may be made with a session, and given another."""
    context = app.test_request_context()
    given = lib.sessions.SecureCookieSession({"name": 1})
    with type(context)(app, context.request.environ, context.request, session=given) as made:
        assert (1, context.request) == (lib.session["name"], lib.request._get_current_object())
        if lib is demijohn:
            made.session = lib.sessions.SecureCookieSession({"name": 2})
            assert 2 == lib.session["name"]


def test_a_session_can_be_read_without_counting():
    """`_session` gives the session without marking it as accessed, and takes another."""
    app = demijohn.Flask("made")
    app.secret_key = "k"
    with app.test_request_context() as context:
        assert (False, True) == (context._session.accessed, context.session.accessed)
        context._session = {"name": 1}
        assert {"name": 1} == context._session


def test_without_a_secret_key_the_session_is_a_null_session(lib):
    """A session that cannot be saved can be read."""
    with lib.Flask("made").test_request_context():
        assert None is lib.session.get("name")
        with pytest.raises(RuntimeError, match="secret key"):
            lib.session["name"] = 1


def test_a_context_shows_its_request(app):
    """The representation has class, URL, method and application."""
    context = app.test_request_context("/page", method="PUT")
    assert "<RequestContext 'http://localhost/page' [PUT] of made>" == repr(context)


def test_whether_a_context_is_current_can_be_asked(lib, app):
    """The two questions are answered apart."""
    assert (False, False) == (lib.has_app_context(), lib.has_request_context())
    with app.app_context():
        assert (True, False) == (lib.has_app_context(), lib.has_request_context())
        with app.test_request_context():
            assert (True, True) == (lib.has_app_context(), lib.has_request_context())


def test_a_function_after_this_request_runs_before_the_others(lib, app):
    """It gets the response first, in order of calling, and only this once."""
    app.after_request(lambda response: append(response, "hook"))

    @app.get("/")
    def view():
        if lib.request.args:
            decorated = lib.after_this_request(lambda response: append(response, "first"))
            assert append({"X": ""}, "") is not None
            assert callable(decorated)
            lib.after_this_request(lambda response: append(response, "second"))
        return ""

    assert "first,second,hook" == app.test_client().get("/?once=1").headers["X"]
    assert "hook" == app.test_client().get("/").headers["X"]


def append(response, word):
    """Add a word to a header of the response."""
    headers = getattr(response, "headers", response)
    headers["X"] = f"{headers.get('X', '')},{word}".strip(",")
    return response


def test_a_function_after_this_request_may_be_asynchronous(lib, app):
    """A coroutine function may give another response."""

    @app.get("/")
    def view():
        @lib.after_this_request
        async def replace(response):
            return lib.Response("replaced")

        return "first"

    assert "replaced" == app.test_client().get("/").text


@pytest.mark.parametrize("name", ["after_this_request", "copy_current_request_context"])
def test_what_works_on_a_request_needs_one(lib, app, name):
    """Outside of a request, also with an application, the function says so."""
    with app.app_context(), pytest.raises(RuntimeError, match="request"):
        getattr(lib, name)(lambda *arguments: None)


@pytest.mark.parametrize("runner", ["thread", "greenlet", "context"])
def test_a_copied_request_is_current_elsewhere(lib, app, runner):
    """A function that runs in a thread, a greenlet or another context has request and session, and its own `g`."""
    seen = []

    @app.get("/page")
    def view():
        lib.session["name"] = "kept"
        lib.g.name = "own"

        @lib.copy_current_request_context
        def work(first, *, second):
            """Work."""
            seen.extend([lib.request.path, lib.session["name"], "name" in lib.g, first, second])
            return work.__doc__

        run_elsewhere(runner, lambda: seen.append(work(1, second=2)))
        return lib.g.name

    assert "own" == app.test_client().get("/page").text
    assert ["/page", "kept", runner == "context" and False, 1, 2, "Work."] == seen


def run_elsewhere(runner, function):
    """Run a function where nothing is current, and wait for it."""
    if runner == "thread":
        thread = threading.Thread(target=function)
        thread.start()
        thread.join()
    elif runner == "greenlet":
        greenlet.greenlet(function).switch()
    else:
        contextvars.Context().run(function)


def test_a_copied_request_outlives_the_request(lib, app):
    """A copy works when the request itself is over."""
    kept = []

    @app.get("/page")
    def view():
        kept.append(lib.copy_current_request_context(lambda: lib.request.path))
        return ""

    app.test_client().get("/page")
    assert "/page" == kept[0]()


def test_a_copied_request_serves_coroutine_functions(lib, app):
    """The copy calls an async function to its end."""

    async def work():
        return lib.request.path

    with app.test_request_context("/page"):
        function = lib.copy_current_request_context(work)
        found = []
        run_elsewhere("thread", lambda: found.append(function()))
    assert ["/page"] == found


def test_a_copy_shares_request_and_session(lib, app):
    """Only the context is another one."""
    with app.test_request_context() as context:
        copied = context.copy()
        assert copied is not context
        with copied:
            assert (context.request, context.session) == (lib.request._get_current_object(), copied.session)


def test_the_first_of_two_failing_teardowns_surfaces(lib, app):
    """What surfaces is the error of the teardown that ran first."""
    app.teardown_request(lambda error: 1 / 0)
    app.teardown_request(lambda error: "".index("x"))
    with pytest.raises(ValueError, match="substring"):
        app.test_client().get("/")


def test_the_teardowns_of_the_context_are_told_the_requests_error(lib, app):
    """An error of the view that reached the end is told to both kinds of teardown."""
    told = record_teardowns(app)
    app.add_url_rule("/", "fail", lambda: 1 / 0)
    app.test_client().get("/")
    assert [("request", ZeroDivisionError), ("app", ZeroDivisionError)] == [(name, type(error)) for name, error in told]


def test_an_error_may_be_ignored(lib, app):
    """`should_ignore_error` keeps it from the teardowns."""
    told = record_teardowns(app)
    app.should_ignore_error = lambda error: True
    app.add_url_rule("/", "fail", lambda: 1 / 0)
    app.test_client().get("/")
    assert [("request", None), ("app", None)] == told


def test_teardowns_find_the_request_and_g(lib, app):
    """The request is current in its teardowns, `g` in those of the context."""
    seen = []
    app.teardown_request(lambda error: seen.append((lib.request.path, lib.g.name)))
    app.teardown_appcontext(lambda error: seen.append((lib.has_request_context(), lib.g.name)))

    @app.get("/page")
    def view():
        lib.g.name = "own"
        return ""

    app.test_client().get("/page")
    assert [("/page", "own"), (False, "own")] == seen


def test_a_context_that_is_entered_while_another_error_is_handled(app):
    """The error around a `with` block is not the block's."""
    told = record_teardowns(app)
    try:
        raise LookupError
    except LookupError:
        assert sys.exc_info()[1] is not None
        with app.test_request_context():
            pass
    assert [("request", None), ("app", None)] == told


def test_a_signal_of_an_outer_context_is_not_sent_twice(lib, app):
    """A request whose application is current already pushes no second context."""
    seen = []

    def receive(sender):
        seen.append(sender)

    with app.app_context(), lib.appcontext_pushed.connected_to(receive), app.test_request_context():
        pass
    assert [] == seen
