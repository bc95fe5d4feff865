"""The proxies: whatever they name, it is the current one."""

import copy

import flask
import flask.globals
import pytest

import demijohn
import demijohn.globals
from demijohn import _proxies
from demijohn import globals as names
from demijohn.globals import ContextVarView

OF_APP = ["app_ctx", "current_app", "g"]
OF_REQUEST = ["request", "request_ctx", "session"]


@pytest.fixture
def app(lib):
    """Return an application with a secret key."""
    app = lib.Flask("made")
    app.secret_key = "k"
    return app


@pytest.mark.parametrize("name", OF_APP)
def test_a_proxy_of_the_application_needs_it(lib, app, name):
    """Outside it is unbound: false, shown as such, and an error to use."""
    proxy = getattr(lib.globals, name)
    assert (False, "<LocalProxy unbound>") == (bool(proxy), repr(proxy))
    with pytest.raises(RuntimeError, match="application context"):
        _ = proxy.anything
    with app.app_context() as context:
        expected = {"app_ctx": context, "current_app": app, "g": context.g}[name]
        assert proxy._get_current_object() is expected


@pytest.mark.parametrize("name", OF_REQUEST)
def test_a_proxy_of_the_request_needs_it(lib, app, name):
    """An application alone is not enough for what belongs to a request."""
    proxy = getattr(lib.globals, name)
    with app.app_context(), pytest.raises(RuntimeError, match="request context"):
        proxy._get_current_object()
    with app.test_request_context() as context:
        expected = {"request": context.request, "request_ctx": context, "session": context.session}[name]
        assert proxy._get_current_object() is expected


def test_a_proxy_is_taken_for_what_it_stands_for(lib, app):
    """Comparisons, classes and copies are those of the object behind it."""
    with app.app_context():
        assert app == lib.current_app
        assert isinstance(lib.current_app, lib.Flask)
        assert copy.copy(lib.g) is not lib.g._get_current_object()


def test_attributes_are_set_on_the_object_behind(lib, app):
    """What is set through a proxy is set on the current object."""
    with app.test_request_context() as context:
        lib.request.mark = 1
        lib.g.mark = 2
        lib.session["mark"] = 3
        assert (1, 2, 3) == (context.request.mark, lib.globals.app_ctx.g.mark, context.session["mark"])


@pytest.mark.parametrize(("name", "other"), [("_cv_app", "_cv_request"), ("_cv_request", "_cv_app")])
def test_the_variables_show_their_kind_of_context(lib, app, name, other):
    """Each of the two variables is empty outside and holds its context inside."""
    variable = getattr(lib.globals, name)
    assert None is variable.get(None)
    with pytest.raises(LookupError):
        variable.get()
    with app.test_request_context() as context:
        expected = context if name == "_cv_request" else lib.globals.app_ctx._get_current_object()
        assert variable.get() is expected
        assert variable.get(None) is expected


def test_an_application_context_leaves_the_request_variable_empty(lib, app):
    """Without a request its variable is empty though an application is current."""
    with app.app_context() as context:
        assert (context, None) == (lib.globals._cv_app.get(), lib.globals._cv_request.get(None))


def test_a_context_can_be_set_without_entering_it(lib, app):
    """A token restores what was current before."""
    variable = lib.globals._cv_request
    with app.test_request_context("/outer"):
        token = variable.set(app.test_request_context("/inner"))
        assert "/inner" == lib.request.path
        variable.reset(token)
        assert "/outer" == lib.request.path


def test_the_variables_are_named():
    """The representation tells which of the two it is."""
    assert "<ContextVarView name='flask.app_ctx'>" == repr(names._cv_app)
    assert ("flask.app_ctx", "flask.request_ctx") == (flask.globals._cv_app.name, flask.globals._cv_request.name)
    assert ("flask.app_ctx", "flask.request_ctx") == (names._cv_app.name, names._cv_request.name)


def test_a_view_is_not_the_variable_itself():
    """Views of other attributes can be made; one that is absent is the default."""
    view = ContextVarView("mine", "request_context")
    assert "default" == view.get("default")


def test_the_texts_are_those_of_the_errors(lib, app):
    """The texts that are importable are what the errors say."""
    with pytest.raises(RuntimeError) as no_app:
        _ = lib.current_app.name
    with pytest.raises(RuntimeError) as no_request:
        _ = lib.request.path
    assert (lib.globals._no_app_msg, lib.globals._no_req_msg) == (str(no_app.value), str(no_request.value))


def test_the_public_proxies_are_those_that_templates_get():
    """There is one proxy of each kind."""
    for name in OF_APP + OF_REQUEST:
        assert getattr(_proxies, name) is getattr(names, name)
    assert [True, True] == [getattr(demijohn, name) is getattr(names, name) for name in ("g", "session")]


def test_only_real_names_are_found(lib):
    """A name that the module does not have is an AttributeError."""
    assert not hasattr(lib.globals, "no_such_name")
