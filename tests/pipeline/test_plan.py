"""Sealing: what a plan holds, what replaces it, and what makes it stale."""

import threading

import flask
import pytest
from werkzeug.routing import BaseConverter, Map, Rule

import demijohn
from demijohn.pipeline.plan import (
    MAX_KNOWN_HOSTS,
    OWN_METHODS,
    SESSION_METHODS,
    STEP_METHODS,
    Overrides,
    find_plan,
    is_overridden,
    seal,
)
from demijohn.sessions import SecureCookieSessionInterface

CALLED = {
    "full_dispatch_request": (),
    "preprocess_request": (),
    "dispatch_request": (),
    "make_response": ("rv",),
    "finalize_request": ("rv",),
    "process_response": ("response",),
    "create_url_adapter": ("request",),
    "ensure_sync": ("func",),
    "do_teardown_request": ("exc",),
    "do_teardown_appcontext": ("exc",),
    "app_context": (),
    "request_context": ("environ",),
    "handle_user_exception": ("e",),
    "handle_http_exception": ("e",),
    "raise_routing_exception": ("request",),
    "make_default_options_response": (),
    "should_ignore_error": ("error",),
    "trap_http_exception": ("e",),
    "_find_error_handler": ("e", "blueprints"),
    "wsgi_app": ("environ", "start_response"),
}


@pytest.fixture
def app(lib):
    """Return an application with two views."""
    return build(lib.Flask)


def build(kind):
    """Return an application of a class, with two views, a hook and a teardown."""
    app = kind("made")
    app.secret_key = "k"
    app.add_url_rule("/", "page", lambda: "page")
    app.add_url_rule("/<name>", "named", lambda name: name)
    app.add_url_rule("/fail", "fail", lambda: {}["missing"])
    app.before_request(lambda: None)
    return app


def request_all(app):
    """Send requests that between them take every step."""
    client = app.test_client()
    return [client.open(path, method=method).status_code for path, method in REQUESTS]


REQUESTS = [("/", "GET"), ("/x", "GET"), ("/a/b", "GET"), ("/", "OPTIONS"), ("/fail", "GET")]
STATUSES = [200, 200, 404, 200, 500]


@pytest.mark.parametrize("how", ["subclass", "instance", "instance, late", "class"])
@pytest.mark.parametrize("name", CALLED)
def test_an_override_is_called(lib, monkeypatch, name, how):
    """A method that is replaced, in whichever way and whenever, is called as Flask calls it."""
    calls = []

    class Own(lib.Flask):
        pass

    def override(self, *args, **kwargs):
        calls.append(name)
        return getattr(lib.Flask, name)(self, *args, **kwargs) if how != "class" else original(self, *args, **kwargs)

    original = getattr(lib.Flask, name)
    if how == "subclass":
        setattr(Own, name, override)
    app = build(Own)
    if how == "instance, late":
        assert STATUSES == request_all(app)
    if how == "class":
        monkeypatch.setattr(lib.Flask, name, override)
    elif how != "subclass":
        setattr(app, name, lambda *args, **kwargs: override(app, *args, **kwargs))
    assert STATUSES == request_all(app)
    assert calls


@pytest.mark.parametrize("name", [name for name in CALLED if name != "wsgi_app"])
def test_an_override_is_called_as_often_as_flask_calls_it(name):
    """A method that counts, counts the same."""
    counts = []
    for lib in (flask, demijohn):
        app, calls = build(lib.Flask), []
        original = getattr(app, name)
        setattr(
            app, name, lambda *args, original=original, calls=calls, **kw: calls.append(name) or original(*args, **kw)
        )
        request_all(app)
        counts.append(len(calls))
    theirs, ours = counts
    if name == "create_url_adapter":
        # With Flask the test client and every new application context make one more.
        assert len(REQUESTS) == ours
    elif name != "ensure_sync":
        assert theirs == ours


def test_an_override_that_is_taken_away_is_not_called(app):
    """`del` of an instance's method restores the class's."""
    app.dispatch_request = lambda: "replaced"
    assert "replaced" == app.test_client().get("/").text
    del app.dispatch_request
    assert "page" == app.test_client().get("/").text


def test_an_override_may_call_what_it_replaces(lib):
    """`super()` goes on to the usual way, with everything that belongs to it."""

    class Own(lib.Flask):
        def full_dispatch_request(self):
            response = super().full_dispatch_request()
            response.headers["X-Full"] = "yes"
            return response

        def dispatch_request(self):
            return f"[{super().dispatch_request()}]"

        def make_response(self, rv):
            return super().make_response((rv, 202))

    app = build(Own)
    app.after_request(lambda response: response.headers.set("X-After", "yes") or response)
    response = app.test_client().get("/")
    assert (202, "[page]", "yes", "yes") == (
        response.status_code,
        response.text,
        response.headers["X-Full"],
        response.headers["X-After"],
    )


def test_a_preprocess_that_answers_keeps_the_view_from_running(lib):
    """What an overridden `preprocess_request` returns is the result."""
    app = build(lib.Flask)
    app.preprocess_request = lambda: "early"
    assert "early" == app.test_client().get("/fail").text


def test_every_step_method_is_the_classs_own():
    """The table of original methods has each method of `Flask` that a request may take."""
    assert [] == [name for name in STEP_METHODS if getattr(demijohn.Flask, name) is not OWN_METHODS[name]]


@pytest.mark.parametrize("name", STEP_METHODS)
def test_an_override_is_seen_on_class_and_instance(name):
    """The question is answered by what would be called."""
    plain = demijohn.Flask("made")
    subclass = type("Own", (demijohn.Flask,), {name: lambda *args: None})("made")
    assert (False, None) == (is_overridden(plain, name), getattr(Overrides(plain), name))
    assert True is is_overridden(subclass, name)
    assert subclass == getattr(Overrides(subclass), name).__self__
    setattr(plain, name, print)
    assert (True, print) == (is_overridden(plain, name), getattr(Overrides(plain), name))


STALE = {
    "a hook": lambda app: app.before_request_funcs[None].append(print),
    "a hook of a blueprint": lambda app: app.after_request_funcs["part"].append(print),
    "a teardown": lambda app: app.teardown_appcontext_funcs.append(print),
    "a view": lambda app: app.view_functions.update(page=print),
    "a rule": lambda app: app.url_map.add(Rule("/new", endpoint="page")),
    "another map": lambda app: setattr(app, "url_map", Map([Rule("/", endpoint="page")])),
    "a method": lambda app: setattr(app, "make_response", print),
    "a class of responses": lambda app: setattr(app, "response_class", type("Own", (demijohn.Response,), {})),
    "a provider": lambda app: setattr(app, "json", app.json_provider_class(app)),
    "sessions": lambda app: setattr(app, "session_interface", SecureCookieSessionInterface()),
}


@pytest.mark.parametrize("change", STALE)
def test_a_change_makes_the_plan_stale(change):
    """The next request compiles another plan, and only the next."""
    app = demijohn.Flask("made")
    app.add_url_rule("/", "page", lambda: "page")
    plan = find_plan(app)
    assert plan is find_plan(app)
    STALE[change](app)
    renewed = find_plan(app)
    assert (True, False) == (renewed is find_plan(app), renewed is plan)


def test_a_change_while_the_plan_is_made_is_not_lost():
    """What another thread registers in the middle of sealing makes the new plan stale at once."""
    seen = []
    app = demijohn.Flask("made")
    app.teardown_appcontext_funcs = [lambda error: None]

    def change_once(function):
        if len(app.teardown_appcontext_funcs) == 1:
            app.teardown_appcontext_funcs.append(lambda error: seen.append("late"))
        return function

    app.ensure_sync = change_once
    find_plan(app)
    app.test_client().get("/")
    assert ["late"] == seen


def test_two_threads_that_seal_at_once_both_see_the_new_rules():
    """A plan that a slower thread finishes later does not bring the old matcher back."""
    app = demijohn.Flask("made")
    app.teardown_appcontext_funcs = [lambda error: None]
    sealing, finished = threading.Event(), threading.Event()
    other = threading.Thread(target=lambda: find_plan(app))

    class Slow(BaseConverter):
        def __init__(self, *args):
            super().__init__(*args)
            if other.ident is None:
                other.start()
                assert sealing.wait(10)

    def ensure_sync(function):
        if threading.current_thread() is other:
            sealing.set()
            assert finished.wait(10)
        return function

    find_plan(app)
    app.ensure_sync = ensure_sync
    app.url_map.converters["slow"] = Slow
    app.add_url_rule("/new/<slow:name>", "new", lambda name: name)
    find_plan(app)
    finished.set()
    other.join()
    client = app.test_client()
    assert ["x", "x"] == [client.get("/new/x").text for _ in range(2)]


def test_requests_do_not_make_the_plan_stale():
    """Serving changes nothing: one plan answers all requests after the first."""
    app = build(demijohn.Flask)
    request_all(app)
    plan = app._registry.plan
    request_all(app)
    assert (True, True) == (plan is not None, app._registry.plan is plan)


def test_the_matcher_is_kept_while_the_rules_are_the_same():
    """A new hook needs no new matcher; a new rule does."""
    app = demijohn.Flask("made")
    seal(app)
    matcher = app._registry.compiled[1]
    app.before_request(print)
    find_plan(app)
    assert app._registry.compiled[1] is matcher
    app.add_url_rule("/new", "new", print)
    find_plan(app)
    assert app._registry.compiled[1] is not matcher


def test_the_matcher_is_not_kept_for_another_map():
    """A map that has the same revision as the last one is still another."""
    app = demijohn.Flask("made", static_folder=None)
    app.add_url_rule("/", "page", lambda: "page")
    assert 200 == app.test_client().get("/").status_code
    app.url_map = type(app.url_map)([type(next(app.url_map.iter_rules()))("/other", endpoint="page")])
    assert [404, 200] == [app.test_client().get(path).status_code for path in ("/", "/other")]


@pytest.mark.parametrize("kind", [Map, type("Own", (Map,), {})])
def test_a_map_of_another_class_may_grow(lib, kind):
    """An application with a map that tells no revision finds rules that are added later."""
    app = type("Own", (lib.Flask,), {"url_map_class": kind, "url_rule_class": Rule})("made")
    app.add_url_rule("/", "page", lambda: "page")
    assert [200, 404] == [app.test_client().get(path).status_code for path in ("/", "/new")]
    app.url_map.add(Rule("/new", endpoint="page"))
    assert [200, 200] == [app.test_client().get(path).status_code for path in ("/", "/new")]


def test_a_request_keeps_its_plan_while_it_runs():
    """A change during a request renews the steps that are still to come, and no request breaks."""
    app = build(demijohn.Flask)

    @app.get("/change")
    def change():
        app.add_url_rule_later = True
        app.view_functions["page"] = lambda: "changed"
        app.after_request_funcs[None].append(lambda response: response)
        return "changing"

    client = app.test_client()
    assert ["page", "changing", "changed"] == [client.get(path).text for path in ("/", "/change", "/")]


def test_the_steps_of_an_endpoint_are_in_order():
    """Outside in for what comes before, inside out for what comes after."""
    app = demijohn.Flask("made")
    tables = (
        app.url_value_preprocessors,
        app.before_request_funcs,
        app.after_request_funcs,
        app.teardown_request_funcs,
    )
    for table in tables:
        table.update({None: ["app 1", "app 2"], "a": ["a"], "a.b": ["b"], "x": ["x"]})
    app.view_functions["a.b.page"] = view = object()
    steps = find_plan(app).steps["a.b.page"]
    inward, outward = ("app 1", "app 2", "a", "b"), ("b", "a", "app 2", "app 1")
    assert (inward, inward, outward, outward) == (steps.processors, steps.before, steps.after, steps.teardown)
    assert ("a.b.page", view) == (steps.endpoint, steps.view)


def test_without_an_endpoint_only_the_applications_steps_are_taken():
    """A request that does not match has no view and no blueprint."""
    app = demijohn.Flask("made")
    app.before_request_funcs.update({None: ["app"], "a": ["a"]})
    steps = find_plan(app).steps
    assert (None, ("app",)) == (steps[None].endpoint, steps[None].before)
    with pytest.raises(KeyError, match="no such view"):
        steps["no such view"].view()


def test_steps_are_made_once():
    """The same endpoint has the same steps while the plan is in force."""
    steps = find_plan(demijohn.Flask("made")).steps
    assert steps["static"] is steps["static"]


def test_every_function_passes_the_applications_ensure_sync():
    """View, hooks and teardowns are converted when the plan is made."""
    app = demijohn.Flask("made")
    app.ensure_sync = lambda function: f"sync {function}"
    app.view_functions["page"] = "view"
    for name in ("before_request_funcs", "after_request_funcs", "teardown_request_funcs"):
        getattr(app, name)[None] = ["hook"]
    app.teardown_appcontext_funcs = ["teardown"]
    plan = find_plan(app)
    steps = plan.steps["page"]
    assert ("sync view", ("sync hook",), ("sync hook",), ("sync hook",), ("sync teardown",)) == (
        steps.view,
        steps.before,
        steps.after,
        steps.teardown,
        plan.teardown,
    )


@pytest.mark.parametrize("name", SESSION_METHODS)
def test_sessions_of_ones_own_open_at_once(lib, name):
    """An interface that changes when or how sessions are opened has them opened before anything else."""
    events = []

    class Sessions(lib.sessions.SecureCookieSessionInterface):
        def open_session(self, app, request):
            events.append("open")
            return super().open_session(app, request)

    if name != "open_session":
        setattr(
            Sessions, name, lambda self, *args: getattr(lib.sessions.SecureCookieSessionInterface, name)(self, *args)
        )
    app = build(lib.Flask)
    app.session_interface = Sessions()
    app.before_request(lambda: events.append("before"))
    app.test_client().get("/")
    assert ["open", "before"] == events


@pytest.mark.parametrize(
    ("changes", "opens"), [({}, False), ({"salt": "other"}, False), ({"open_session": print}, True)]
)
def test_sessions_open_late_unless_their_methods_are_changed(changes, opens):
    """A subclass that only has other settings is opened on first use."""
    app = demijohn.Flask("made")
    app.session_interface = type("Own", (SecureCookieSessionInterface,), changes)()
    assert opens is find_plan(app).opens_session


def test_an_interface_without_the_usual_methods_opens_at_once():
    """Any object may be a session interface."""
    app = demijohn.Flask("made")
    app.session_interface = object()
    assert find_plan(app).opens_session


def test_methods_set_on_an_interface_are_seen(lib):
    """A method that is set on the interface itself is called for every request."""
    opened = []
    app = build(lib.Flask)
    app.session_interface = interface = lib.sessions.SecureCookieSessionInterface()
    original = interface.open_session
    interface.open_session = lambda app, request: opened.append(request.path) or original(app, request)
    app.test_client().get("/x")
    assert ["/x"] == opened


def test_known_hosts_are_bounded():
    """A client that sends ever new names does not fill the memory."""
    plan = find_plan(build(demijohn.Flask))
    for number in range(MAX_KNOWN_HOSTS + 5):
        plan.remember_host(f"h{number}.test")
    assert (5, True) == (len(plan.known_hosts), f"h{MAX_KNOWN_HOSTS}.test" in plan.known_hosts)


@pytest.mark.parametrize("options", [{"host_matching": True, "static_folder": None}, {"subdomain_matching": True}])
def test_where_the_host_decides_every_request_asks_the_adapter(lib, options):
    """With host or subdomain matching the same path gives another view on another host."""
    app = lib.Flask("made", **options)
    app.config["SERVER_NAME"] = "h.test"
    by_host = "host_matching" in options
    for name in ("one", "two"):
        rule = {"host": f"{name}.h.test"} if by_host else {"subdomain": name}
        app.add_url_rule("/", name, lambda name=name: name, **rule)
    client = app.test_client()
    assert ["one", "two", "one"] == [
        client.get("/", base_url=f"http://{name}.h.test").text for name in ("one", "two", "one")
    ]


def test_the_kinds_of_overrides_that_a_plan_notes():
    """Whether teardowns and the request's close are to be called is known at sealing."""
    plain, closing = demijohn.Flask("made"), demijohn.Flask("made")
    closing.request_class = type("Own", (demijohn.Request,), {"close": lambda self: None})
    closing.do_teardown_request = closing.do_teardown_appcontext = print
    plans = find_plan(plain), find_plan(closing)
    assert [False, True] == [plan.closes_request for plan in plans]
    assert [False, True] == [plan.overrides.do_teardown_request is not None for plan in plans]
    assert [False, True] == [plan.tears_down_app for plan in plans]


def test_another_subdomain_is_not_found_however_often_it_is_asked_for(lib):
    """With subdomain matching a rule of the main domain does not answer for others."""
    app = lib.Flask("made", subdomain_matching=True)
    app.config["SERVER_NAME"] = "h.test"
    app.add_url_rule("/", "view", lambda: "text")
    client = app.test_client()
    assert [404, 404, 200] == [
        client.get("/", base_url=f"http://{name}h.test").status_code for name in ("x.", "x.", "")
    ]
