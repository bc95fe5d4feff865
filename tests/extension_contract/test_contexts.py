"""Contexts: what extensions keep of them, read from them and put into them."""

from __future__ import annotations

import gc
import weakref

import pytest
from werkzeug.routing import Rule

from demijohn import after_this_request, g, request, session
from demijohn.ctx import AppContext, RequestContext
from demijohn.globals import _cv_app, _cv_request, app_ctx, request_ctx
from demijohn.sessions import SecureCookieSession
from tests.extension_contract.application import fetch

ATTRIBUTES = (
    *("sid", "namespace", "event", "args", "headers", "values", "stream", "url", "url_rule", "view_args"),
    *("base_url", "cookies", "data", "form", "full_path", "host", "method", "path", "remote_addr", "scheme"),
)
"""What extensions set on a request; all of it may be read back, and removed."""
FIXED = ("json", "mimetype", "is_json", "endpoint", "blueprint", "blueprints")
"""Properties of a request, which a subclass may replace."""


def test_the_request_context_accepts_weak_references(app):
    """A tracer keeps a weak reference, and compares it at the end with one to the context that is current then."""
    seen = []
    refer = lambda *args: seen.append(weakref.ref(request_ctx._get_current_object()))  # noqa: E731 - used in two tables
    app.before_request_funcs[None].append(refer)
    app.teardown_request_funcs[None].append(lambda error: seen.append((seen[0]() is not None, refer())))
    fetch(app)
    assert seen[0] == seen[1]
    assert (True, None) == seen[2]


def test_both_contexts_and_what_is_in_them_accept_weak_references(app):
    """Weak references may be made to the application, both contexts, the request and a response."""
    with app.test_request_context() as context:
        response = app.make_response("")
        for value in (app, context, context.request, app_ctx._get_current_object(), response):
            assert value is weakref.ref(value)()
        mapping = weakref.WeakKeyDictionary({context: "span"})
        assert "span" == mapping[request_ctx._get_current_object()]


def test_the_request_context_is_one_object_through_the_request(app):
    """Every function of a request, the view and the teardown see the same contexts, request and `g`."""
    seen = []

    def look(*args):
        objects = (request_ctx, app_ctx, request, g)
        seen.append([proxy._get_current_object() for proxy in objects])
        return args[0] if args else None

    for table in (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs):
        table[None].append(look)
    app.teardown_appcontext_funcs.append(lambda error: seen.append([None, app_ctx._get_current_object(), None, None]))
    original = app.view_functions["view_index"]
    app.view_functions["view_index"] = lambda: (look(), original())[1]
    fetch(app)
    assert 5 == len(seen)
    for row in seen:
        assert all(value is None or value is first for value, first in zip(row, seen[0], strict=True))


def test_the_context_is_freed_after_the_request(app):
    """A weak reference that an extension keeps is dead when the request is over."""
    references = []
    app.before_request_funcs[None].append(lambda: references.append(weakref.ref(request_ctx._get_current_object())))
    fetch(app).close()
    gc.collect()
    assert [None] == [reference() for reference in references]


def test_the_session_of_a_context_may_be_assigned(app):
    """Flask-SocketIO puts a session of its own into the context, which `session` is from then on."""
    with app.test_request_context() as context:
        own = SecureCookieSession({"a": 1})
        request_ctx.session = own
        assert (own, own) == (session._get_current_object(), context.session)
        other = SecureCookieSession({"b": 1})
        context._session = other
        assert (other, other) == (session._get_current_object(), context._session)


def test_the_session_of_a_context_may_be_read(app):
    """`request_ctx._session` and `request_ctx.session` are the session that the view sees."""
    with app.test_request_context():
        assert request_ctx._session is session._get_current_object()
        assert request_ctx.session is request_ctx._session


def test_the_session_may_be_assigned_before_it_was_opened(app):
    """A session assigned by a before-function is the one that the view changes and that is saved."""
    app.before_request_funcs[None].append(
        lambda: setattr(request_ctx._get_current_object(), "session", SecureCookieSession({"visits": 41}))
    )
    response = fetch(app, "/session")
    assert (b"42", True) == (response.data, "Set-Cookie" in response.headers)


def test_the_application_context_has_no_session(app):
    """`hasattr(app_ctx, "session")` is how Flask-SocketIO asks for Flask 3.2, which this is not."""
    with app.app_context():
        assert not hasattr(app_ctx, "session")
        assert not hasattr(app_ctx, "request")
    with app.test_request_context():
        assert not hasattr(app_ctx, "session")


def test_an_event_outside_of_a_request_has_its_own(app):
    """A context made of a kept environ serves an event: its session, its attributes, its `after_this_request`."""
    environ = app.test_request_context("/socket?room=1").request.environ
    environ["saved_session"] = SecureCookieSession({"user": "ann"})
    with app.request_context(environ):
        request_ctx._get_current_object().session = environ["saved_session"]
        request.sid, request.namespace, request.event = "abc", "/chat", {"message": "join"}
        after_this_request(lambda response: response)
        assert ("ann", "1") == (session["user"], request.args["room"])
        assert ("abc", "/chat", "join") == (request.sid, request.namespace, request.event["message"])
    with app.request_context(environ):
        assert not hasattr(request, "sid")


def test_contexts_are_entered_and_left_by_hand(app):
    """`push` and `pop`, as consoles, workers and test plugins call them, nest and restore what was current."""
    outer = app.app_context()
    outer.push()
    inner = app.test_request_context("/inner")
    inner.push()
    assert ("/inner", True) == (request.path, app_ctx.app is app)
    inner.pop()
    assert (False, outer) == (bool(request), app_ctx._get_current_object())
    outer.pop()
    assert not app_ctx


def test_the_variables_show_what_is_current(app):
    """`_cv_app` and `_cv_request`, which debuggers and test plugins read, give the contexts or the default."""
    assert (None, "nothing") == (_cv_app.get(None), _cv_request.get("nothing"))
    with app.test_request_context() as context:
        assert context is _cv_request.get()
        assert app_ctx._get_current_object() is _cv_app.get()
    with pytest.raises(LookupError):
        _cv_request.get()


def test_a_variable_set_by_hand_is_current_until_it_is_reset(app):
    """Tracers that detach a task set a context through the variable and take it back with the token."""
    context = app.test_request_context("/set")
    context.push()
    context.pop()
    token = _cv_request.set(context)
    assert "/set" == request.path
    _cv_request.reset(token)
    assert not request


def test_contexts_may_be_made_by_their_classes(app):
    """`AppContext(app)` and `RequestContext(app, environ)` are what the methods of the application make."""
    with AppContext(app) as context:
        assert app_ctx._get_current_object() is context
    environ = app.test_request_context("/made").request.environ
    with RequestContext(app, environ) as made:
        assert (made, "/made") == (request_ctx._get_current_object(), request.path)
        assert made.flashes is None


def test_a_context_takes_a_request_and_a_session(app):
    """A context may be made around a request and a session that exist."""
    made = app.test_request_context("/given").request
    own = SecureCookieSession({"a": 1})
    with RequestContext(app, made.environ, request=made, session=own):
        assert (made, own) == (request._get_current_object(), session._get_current_object())


def test_attributes_may_be_set_on_a_context(app):
    """Whatever an extension sets on a context is there until the end of the request."""
    app.before_request_funcs[None].append(lambda: setattr(request_ctx, "span", "span 1"))
    seen = []
    app.teardown_request_funcs[None].append(lambda error: seen.append(request_ctx.span))
    app.before_request_funcs[None].append(lambda: setattr(app_ctx, "user", "ann"))
    app.teardown_appcontext_funcs.append(lambda error: seen.append(app_ctx.user))
    fetch(app)
    assert ["span 1", "ann"] == seen


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_attributes_may_be_set_on_a_request(app, name):
    """What is set on `request`, through the proxy, is read back from the request itself, and may be deleted."""
    with app.test_request_context("/?a=1") as context:
        value = object()
        setattr(request, name, value)
        assert value is getattr(context.request, name)
        delattr(request, name)
        assert value is not getattr(request, name, None)


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_attributes_may_be_set_on_a_request_after_they_were_read(app, name):
    """Setting replaces what was computed when the attribute was first read."""
    with app.test_request_context("/?a=1"):
        getattr(request, name, None)
        value = Rule("/") if name == "url_rule" else "set"
        setattr(request, name, value)
        assert value is getattr(request, name)


@pytest.mark.parametrize("name", [name for name in ATTRIBUTES if name not in {"url_rule", "view_args"}])
def test_attributes_set_by_a_before_function_reach_the_view(app, name):
    """A view sees what a before-function set, in the request that it was set for and in no other."""
    app.view_functions["view_index"] = lambda: str(getattr(request, name, None) == "set")
    app.before_request_funcs[None].append(lambda: setattr(request, name, "set") if request.args else None)
    assert [b"True", b"False"] == [fetch(app, path).data for path in ("/?set=1", "/")]


@pytest.mark.parametrize("name", FIXED)
def test_properties_of_a_request_may_be_replaced_in_a_subclass(prepare, app, name):
    """What the class has as a property cannot be set on an instance; a subclass may have a plain attribute."""
    with app.test_request_context(), pytest.raises(AttributeError):
        setattr(request, name, "set")
    app.request_class = type("Subclass", (app.request_class,), {name: None})
    with app.test_request_context():
        setattr(request, name, "set")
        assert "set" == getattr(request, name)


def test_the_environ_is_shared_with_the_server(app):
    """`request.environ` is the very dictionary that the application was called with."""
    environ = {"tracer.kept": "state"}
    seen = []
    app.before_request_funcs[None].append(lambda: seen.append(request.environ))
    full = {**app.test_request_context().request.environ, **environ}
    for _ in app(full, lambda status, headers, error=None: None):
        pass
    assert full is seen[0]
    assert "state" == seen[0]["tracer.kept"]
