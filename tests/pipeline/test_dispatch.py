"""The way of one request: its steps, and how it ends whatever fails."""

import contextvars
from contextlib import ExitStack

import flask
import pytest
from werkzeug.exceptions import NotFound
from werkzeug.test import create_environ

import demijohn


class Stop(BaseException):
    """End a request as an interrupted worker does."""


SIGNALS = [
    *("request_started", "request_finished", "got_request_exception", "request_tearing_down"),
    *("appcontext_pushed", "appcontext_tearing_down", "appcontext_popped"),
]
POSITIONS = [
    *("request class", "create_url_adapter", "session open", "session save", "processor", "before app", "view"),
    *(
        "before blueprint",
        "handler",
        "after this",
        "after blueprint",
        "after app",
        "response",
        "start_response",
        "none",
    ),
    *("teardown blueprint", "teardown app", "teardown context 1", "teardown context 2", "request close"),
    *("should_ignore_error", "log", *SIGNALS),
]
TEARDOWNS = ["teardown blueprint", "teardown app", "teardown context 1", "teardown context 2"]
DIFFERENT = {"create_url_adapter", "appcontext_pushed", "should_ignore_error"}


class Recorder:
    """Note every step, and raise at one."""

    def __init__(self, position, kind):
        self.position, self.kind, self.events = position, kind, []

    def note(self, name):
        """Note one step."""
        self.events.append(name)
        if name == self.position:
            raise self.kind(name)

    def step(self, name, result=None):
        """Return a function that notes a step and returns a result, or the last argument for "last"."""

        def run(*arguments, **options):
            self.note(name)
            return arguments[-1] if result == "last" else result

        return run


def build_class(lib, recorder):
    """Return a class of applications that records what can be overridden."""

    class Sessions(lib.sessions.SecureCookieSessionInterface):
        def open_session(self, app, request):
            recorder.note("session open")
            return super().open_session(app, request)

        def save_session(self, app, session, response):
            recorder.note("session save")
            super().save_session(app, session, response)

    class Request(lib.Request):
        def __init__(self, *arguments, **options):
            recorder.note("request class")
            super().__init__(*arguments, **options)

        def close(self):
            recorder.note("request close")

    class Response(lib.Response):
        def __call__(self, environ, start_response):
            recorder.note("response")
            return super().__call__(environ, start_response)

    class App(lib.Flask):
        request_class, response_class, session_interface = Request, Response, Sessions()

        def create_url_adapter(self, request):
            recorder.note("create_url_adapter")
            return super().create_url_adapter(request)

        def should_ignore_error(self, error):
            recorder.note("should_ignore_error")
            return False

        def log_exception(self, exc_info):
            recorder.note("log")

    return App


def build(lib, recorder):
    """Return an application that records every step."""
    step = recorder.step
    app = build_class(lib, recorder)("made")
    app.secret_key = "k"
    blueprint = lib.Blueprint("part", "made")
    app.url_value_preprocessor(step("processor"))
    app.before_request(step("before app"))
    blueprint.before_request(step("before blueprint"))
    blueprint.after_request(step("after blueprint", "last"))
    app.after_request(step("after app", "last"))
    blueprint.teardown_request(step("teardown blueprint"))
    app.teardown_request(step("teardown app"))
    app.teardown_appcontext(step("teardown context 2"))
    app.teardown_appcontext(step("teardown context 1"))

    @blueprint.get("/")
    def view():
        lib.after_this_request(step("after this", "last"))
        recorder.note("view")
        if recorder.position in {"handler", "got_request_exception", "should_ignore_error", "log"}:
            raise ZeroDivisionError
        return "text"

    app.register_blueprint(blueprint)
    if recorder.position == "handler":
        app.register_error_handler(ZeroDivisionError, step("handler"))
    return app


def run_once(lib, position, kind, *, propagate):
    """Return the steps of one request, what surfaced with the status lines, and what is still current."""
    recorder = Recorder(position, kind)
    app = build(lib, recorder)
    app.config["PROPAGATE_EXCEPTIONS"] = propagate
    statuses = []

    def start_response(status, headers, exc_info=None):
        recorder.note("start_response")
        statuses.append(status)

    variables = contextvars.copy_context()
    with ExitStack() as connections:
        for name in SIGNALS:
            connections.enter_context(getattr(lib, name).connected_to(recorder.step(name), app))
        try:
            surfaced = b"".join(variables.run(app, create_environ(), start_response))
        except BaseException as error:
            surfaced = type(error), str(error)
    left = variables.run(lambda: (lib.has_app_context(), lib.has_request_context()))
    return recorder.events, (surfaced, statuses), left


def keep_comparable(events):
    """Return the steps without those that happen on first use, or at another time than Flask's."""
    return [name for name in events if name not in {"create_url_adapter", "session open", "appcontext_pushed"}]


@pytest.mark.parametrize("kind", [LookupError, Stop])
@pytest.mark.parametrize("propagate", [False, True])
@pytest.mark.parametrize("position", [name for name in POSITIONS if name not in DIFFERENT])
def test_whatever_fails_the_request_ends_as_flasks(position, propagate, kind):
    """The same steps run, the same error surfaces, and nothing is left current."""
    theirs, their_end, _ = run_once(flask, position, kind, propagate=propagate)
    ours, our_end, left = run_once(demijohn, position, kind, propagate=propagate)
    assert (their_end, (False, False)) == (our_end, left)
    if position not in TEARDOWNS and position != "session open":
        assert keep_comparable(theirs) == keep_comparable(ours)


@pytest.mark.parametrize("position", ["create_url_adapter", "appcontext_pushed"])
def test_what_fails_while_a_request_is_entered_is_the_requests_error(position):
    """It is answered by a 500 or reaches the server as it is; with Flask another error takes its place."""
    _, (_, statuses), left = run_once(demijohn, position, LookupError, propagate=False)
    assert (["500 INTERNAL SERVER ERROR"], (False, False)) == (statuses, left)
    _, surfaced, left = run_once(demijohn, position, LookupError, propagate=True)
    assert (((LookupError, position), []), (False, False)) == (surfaced, left)


@pytest.mark.parametrize("propagate", [False, True])
def test_an_error_of_should_ignore_error_leaves_nothing_current(propagate):
    """An override that raises keeps no context from being left; with Flask it does."""
    _, (surfaced, _), left = run_once(demijohn, "should_ignore_error", LookupError, propagate=propagate)
    assert ((LookupError, "should_ignore_error"), (False, False)) == (surfaced, left)


@pytest.mark.parametrize("propagate", [False, True])
@pytest.mark.parametrize("position", [name for name in POSITIONS if name != "request class"])
def test_whatever_fails_every_teardown_runs_once(position, propagate):
    """A step that raises keeps no teardown from running, another teardown included."""
    events, _, _ = run_once(demijohn, position, LookupError, propagate=propagate)
    expected = TEARDOWNS[1:] if position in {"create_url_adapter", "session open", "appcontext_pushed"} else TEARDOWNS
    assert expected == [name for name in events if name in TEARDOWNS]


def test_without_an_error_the_order_is_flasks():
    """Every step of a request runs once, in Flask's order."""
    theirs, _, _ = run_once(flask, "none", LookupError, propagate=None)
    ours, _, _ = run_once(demijohn, "none", LookupError, propagate=None)
    assert keep_comparable(theirs) == keep_comparable(ours)
    assert sorted(set(theirs)) == sorted(ours)


@pytest.fixture
def app(lib):
    """Return an application with a page and a blueprint with another."""
    app = lib.Flask("made")
    app.secret_key = "k"
    blueprint = lib.Blueprint("part", "made", url_prefix="/part")
    app.add_url_rule("/", "page", lambda: "page")
    app.add_url_rule("/<name>", "named", lambda name: f"named {name}")
    blueprint.add_url_rule("/", "page", lambda: "page of part")
    app.register_blueprint(blueprint)
    return app


@pytest.mark.parametrize("result", ["", 0, False, b"", {}])
def test_a_result_of_a_before_function_answers_the_request(lib, app, result):
    """Anything but None does, even what counts as false; later functions and the view do not run."""
    app.before_request(lambda: None)
    app.before_request(lambda: lib.Response(f"before {result!r}") if result != "" else result)
    app.before_request(lambda: 1 / 0)
    expected = "" if result == "" else f"before {result!r}"
    assert expected == app.test_client().get("/").text


def test_a_result_of_a_before_function_gets_the_functions_after(app):
    """What answers the request early is treated like a view's result."""
    app.before_request(lambda: ("early", 202))
    app.after_request(lambda response: response.headers.set("X-After", "yes") or response)
    response = app.test_client().get("/")
    assert (202, "yes") == (response.status_code, response.headers["X-After"])


def test_a_request_without_a_match_runs_the_functions_around_it(lib, app):
    """A 404 too passes through before, after and teardown."""
    seen = []
    app.url_value_preprocessor(lambda endpoint, values: seen.append((endpoint, values)))
    app.before_request(lambda: seen.append(lib.request.endpoint))
    app.after_request(lambda response: seen.append(response.status_code) or response)
    app.teardown_request(lambda error: seen.append(error))
    app.test_client().post("/part/none")
    assert [(None, None), None, 404, None] == seen


def test_a_before_function_may_answer_what_does_not_match(app):
    """It comes before the error of matching is raised."""
    app.before_request(lambda: "instead")
    assert (200, "instead") == (app.test_client().get("/a/b/c").status_code, app.test_client().get("/a/b/c").text)


def test_a_processor_may_change_the_variables(app):
    """The view gets what the processors left."""

    @app.url_value_preprocessor
    def change(endpoint, values):
        values.update({key: value.upper() for key, value in values.items()})

    assert "named X" == app.test_client().get("/x").text


def test_a_before_function_may_change_what_is_called(lib, app):
    """The rule and the variables are read when the view is called."""

    @app.before_request
    def change():
        if lib.request.args:
            lib.request.url_rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == "named")
            lib.request.view_args = {"name": "changed"}

    client = app.test_client()
    assert ("page", "named changed") == (client.get("/").text, client.get("/?change").text)


def test_a_before_function_may_take_the_error_of_matching_away(lib, app):
    """Without it the request goes on to the rule that was set."""

    @app.before_request
    def change():
        lib.request.routing_exception = None
        lib.request.url_rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == "page")
        lib.request.view_args = {}

    assert "page" == app.test_client().get("/a/b/c").text


@pytest.mark.parametrize(("path", "allow"), [("/", {"GET", "HEAD", "OPTIONS"}), ("/own", {"OPTIONS", "GET", "HEAD"})])
def test_options_is_answered_without_the_view_unless_it_is_named(app, path, allow):
    """The answer lists the methods; a view that takes OPTIONS itself is called."""
    app.add_url_rule("/own", "own", lambda: "own", methods=["GET", "OPTIONS"])
    response = app.test_client().options(path)
    assert (200, "own" if path == "/own" else "") == (response.status_code, response.text)
    assert path == "/own" or allow == set(response.allow)


def test_the_answer_to_options_may_be_overridden(lib, app):
    """`make_default_options_response` may be replaced."""
    app.make_default_options_response = lambda: lib.Response("mine")
    assert "mine" == app.test_client().options("/").text


def test_an_endpoint_without_a_view_is_a_key_error(app):
    """A rule whose endpoint got no view is the developer's mistake."""
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.add_url_rule("/empty", "empty")
    with pytest.raises(KeyError, match="empty"):
        app.test_client().get("/empty")


def test_a_view_may_count_as_false(app):
    """A callable object is a view, whatever its truth."""

    class View:
        __name__ = "view"

        def __len__(self):
            return 0

        def __call__(self):
            return "called"

    app.add_url_rule("/object", "object", View())
    assert "called" == app.test_client().get("/object").text


def test_an_endpoint_may_get_its_view_later(app):
    """`endpoint` registers the view of a rule that is there already."""
    app.add_url_rule("/empty", "empty")
    app.endpoint("empty")(lambda: "later")
    assert "later" == app.test_client().get("/empty").text


@pytest.mark.parametrize(
    ("method", "path", "status"), [("POST", "/", 405), ("GET", "/slash", 308), ("GET", "/a/b", 404)]
)
def test_what_does_not_match_answers_as_the_router_says(app, method, path, status):
    """A wrong method, a missing slash and an unknown path answer by their codes."""
    app.add_url_rule("/slash/", "slash", lambda: "")
    assert status == app.test_client().open(path, method=method).status_code


@pytest.mark.parametrize("path", ["/", "/x", "/part/", "/none/none"])
def test_the_first_request_and_later_ones_are_matched_alike(app, path):
    """The second request of a host takes another way to the same end."""
    client = app.test_client()
    first, second = client.get(path), client.get(path)
    assert (first.status_code, first.data) == (second.status_code, second.data)


def test_hosts_that_are_trusted_may_change(app):
    """`TRUSTED_HOSTS` is looked at for each request."""
    client = app.test_client()
    assert 200 == client.get("/").status_code
    app.config["TRUSTED_HOSTS"] = ["h.test"]
    assert (400, 200) == (client.get("/").status_code, client.get("/", base_url="http://h.test").status_code)
    app.config["TRUSTED_HOSTS"] = None
    assert 200 == client.get("/").status_code


def test_a_request_without_host_is_matched_by_the_servers_name(app):
    """HTTP/1.0 knows no Host header."""
    environ = create_environ("/")
    del environ["HTTP_HOST"]
    statuses = []
    for _ in range(2):
        app(dict(environ), lambda status, headers: statuses.append(status))
    assert ["200 OK"] * 2 == statuses


def test_a_websocket_does_not_match_a_view(app):
    """A request to upgrade is matched by the rules for WebSockets."""
    client = app.test_client()
    headers = {"Connection": "Upgrade", "Upgrade": "websocket"}
    assert [200, 400, 200] == [client.get("/", headers=given).status_code for given in ({}, headers, {})]


def test_an_error_after_an_error_is_logged(app, caplog):
    """Where functions after the request fail for a 500, it is sent as it was."""
    app.add_url_rule("/fail", "fail", lambda: 1 / 0)
    app.after_request(lambda response: {}[response.status_code])
    assert 500 == app.test_client().get("/fail").status_code
    assert 2 == len(caplog.records)
    assert KeyError is caplog.records[1].exc_info[0]


def test_an_error_after_a_good_view_is_a_server_error(app, caplog):
    """It goes the way of an exception of the view, but to no handler of its own."""
    app.after_request(lambda response: {}["missing"] if response.status_code == 200 else response)
    app.register_error_handler(KeyError, lambda error: "not called")
    assert 500 == app.test_client().get("/").status_code


def test_an_after_function_may_give_another_response(lib, app):
    """The last registered runs first, the blueprint's before the application's; the last result is sent."""
    app.after_request(lambda response: lib.Response(response.data + b" 1"))
    app.after_request(lambda response: lib.Response(response.data + b" 2"))
    app.blueprints["part"]._got_registered_once = False
    app.after_request_funcs.setdefault("part", []).append(lambda response: lib.Response(response.data + b" part"))
    client = app.test_client()
    assert ("page 2 1", "page of part part 2 1") == (client.get("/").text, client.get("/part/").text)


def test_the_order_of_functions_around_a_view(lib):
    """Before: from outside, in order; after and teardown: from inside, in reverse order."""
    seen = []
    app, outer, inner = lib.Flask("made"), lib.Blueprint("outer", "made"), lib.Blueprint("inner", "made")
    for name, scaffold in (("app", app), ("outer", outer), ("inner", inner)):
        for number in (1, 2):
            label = f"{name} {number}"
            scaffold.url_value_preprocessor(lambda endpoint, values, label=label: seen.append(f"processor {label}"))
            scaffold.before_request(lambda label=label: seen.append(f"before {label}"))
            scaffold.after_request(lambda response, label=label: seen.append(f"after {label}") or response)
            scaffold.teardown_request(lambda error, label=label: seen.append(f"teardown {label}"))
    inner.add_url_rule("/", "page", lambda: "")
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    app.test_client().get("/")
    inward = [f"{name} {number}" for name in ("app", "outer", "inner") for number in (1, 2)]
    outward = [f"{name} {number}" for name in ("inner", "outer", "app") for number in (2, 1)]
    steps = (("processor", inward), ("before", inward), ("after", outward), ("teardown", outward))
    assert [f"{step} {label}" for step, labels in steps for label in labels] == seen


@pytest.mark.parametrize("how", ["append", "setdefault", "replace", "method"])
def test_an_after_function_that_is_added_during_a_request_runs_for_it(app, how):
    """An extension may add one while the view runs."""

    def mark(response):
        response.headers["X-Added"] = "yes"
        return response

    @app.get("/add")
    def add():
        if how == "append":
            app.after_request_funcs[None].append(mark)
        elif how == "setdefault":
            app.after_request_funcs.setdefault(None, []).append(mark)
        elif how == "replace":
            app.after_request_funcs = {None: [mark]}
        else:
            app.after_request_funcs[None] = [mark]
        return ""

    assert "yes" == app.test_client().get("/add").headers["X-Added"]


@pytest.mark.parametrize("table", ["teardown_request_funcs", "teardown_appcontext_funcs"])
def test_a_teardown_that_is_added_during_a_request_runs_for_it(app, table):
    """So does a teardown function of either kind."""
    seen = []

    @app.get("/add")
    def add():
        functions = getattr(app, table)
        (functions[None] if isinstance(functions, dict) else functions).append(lambda error: seen.append(error))
        return ""

    app.test_client().get("/add")
    assert [None] == seen


def test_a_before_function_that_adds_another_has_it_run(app):
    """The list is read while its functions run."""
    seen = []

    @app.before_request
    def add():
        if not seen:
            app.before_request_funcs[None].append(lambda: seen.append("added"))
        seen.append("adding")

    app.test_client().get("/")
    assert ["adding", "added"] == seen


def test_a_before_function_that_replaces_the_list_leaves_this_request_its_own(app):
    """The functions of the list that is being worked on still run, those of the new one do not."""
    seen = []

    @app.before_request
    def replace():
        app.before_request_funcs[None] = [lambda: seen.append("new")]

    app.before_request(lambda: seen.append("old"))
    client = app.test_client()
    client.get("/")
    client.get("/")
    assert ["old", "new"] == seen


def test_a_before_function_may_replace_the_view(app):
    """The view is looked up when it is called."""

    @app.before_request
    def replace():
        app.view_functions["page"] = lambda: "replaced"

    assert "replaced" == app.test_client().get("/").text


def test_a_permanent_session_is_refreshed_though_unused(lib, app):
    """A request that has the cookie sends it again, though nothing looked at the session."""

    @app.get("/set")
    def set_session():
        lib.session["name"] = 1
        lib.session.permanent = True
        return ""

    client = app.test_client()
    assert "Set-Cookie" not in client.get("/").headers
    assert "Set-Cookie" in client.get("/set").headers
    assert "Set-Cookie" in client.get("/").headers
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    assert "Set-Cookie" not in client.get("/").headers


def test_a_null_session_is_not_saved(lib):
    """Without a secret key a session that was read is not saved."""
    app = lib.Flask("made")
    app.add_url_rule("/", "page", lambda: str(lib.session.get("name")))
    assert (200, False) == (app.test_client().get("/").status_code, "Set-Cookie" in app.test_client().get("/").headers)


def test_steps_can_be_called_one_by_one(lib, app):
    """The methods that users call do what a request does."""
    app.before_request(lambda: setattr(lib.g, "seen", True))
    app.after_request(lambda response: response.headers.set("X-After", "yes") or response)
    with app.test_request_context("/x"):
        assert (None, True) == (app.preprocess_request(), lib.g.seen)
        result = app.dispatch_request()
        assert "named x" == result
        response = app.process_response(app.make_response(result))
        assert (b"named x", "yes") == (response.data, response.headers["X-After"])
        assert b"named x" == app.finalize_request("named x").data
        assert b"named x" == app.full_dispatch_request().data


def test_a_dispatch_of_a_request_without_match_raises(app):
    """The error of matching is raised where the view would be called."""
    with app.test_request_context("/a/b/c") as context, pytest.raises(NotFound):
        app.dispatch_request()
    assert 404 == context.request.routing_exception.code


def test_teardowns_can_be_run_by_hand(lib, app):
    """The two methods run the functions with the error given, or with the one being handled."""
    seen = []
    app.teardown_request(seen.append)
    app.teardown_appcontext(seen.append)
    error = LookupError()
    with app.test_request_context():
        app.do_teardown_request(None)
        app.do_teardown_appcontext(None)
        try:
            raise error
        except LookupError:
            app.do_teardown_request()
            app.do_teardown_appcontext()
        assert [None, None, error, error] == seen


def test_setup_is_over_with_the_first_request(app):
    """Registering by a method later is the developer's mistake."""
    app.test_client().get("/")
    with pytest.raises(AssertionError, match="before_request"):
        app.before_request(lambda: None)
