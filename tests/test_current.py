"""The one variable that names the current context, and its accessors."""

import threading

import pytest

from demijohn import Flask, _current

FINDERS = [_current.find_app, _current.find_app_context, _current.find_request_context]
OF_APP = [_current.get_app, _current.get_app_context, _current.get_globals]
OF_REQUEST = [_current.get_request_context, _current.get_request, _current.get_session]


@pytest.fixture
def app():
    """Return an application with a secret key."""
    app = Flask("made")
    app.secret_key = "k"
    return app


@pytest.mark.parametrize("find", FINDERS)
def test_outside_of_contexts_nothing_is_found(find):
    """A function that finds answers None without a context."""
    assert None is find()


@pytest.mark.parametrize("get", OF_APP)
def test_what_belongs_to_an_application_needs_one(get):
    """Without a context the error says that an application is missing and what to do."""
    with pytest.raises(RuntimeError, match="Working outside of application context") as caught:
        get()
    assert _current.NO_APP == str(caught.value)


@pytest.mark.parametrize("get", OF_REQUEST)
def test_what_belongs_to_a_request_needs_one(app, get):
    """Neither nothing nor an application context is enough for what belongs to a request."""
    with pytest.raises(RuntimeError, match="Working outside of request context"):
        get()
    with app.app_context(), pytest.raises(RuntimeError) as caught:
        get()
    assert _current.NO_REQUEST == str(caught.value)


def test_an_application_context_answers_for_the_application(app):
    """Inside of it the application, the context and `g` are found, a request is not."""
    with app.app_context() as context:
        assert [app, context, None] == [find() for find in FINDERS]
        assert [app, context, context.g] == [get() for get in OF_APP]


def test_a_request_context_answers_for_all(app):
    """Inside of it application, contexts, request and session are found."""
    with app.test_request_context() as context:
        assert [app, context.app_context, context] == [find() for find in FINDERS]
        assert [app, context.app_context, context.app_context.g] == [get() for get in OF_APP]
        assert [context, context.request, context.session] == [get() for get in OF_REQUEST]


def test_an_application_context_remembers_the_request_around_it(lib):
    """Inside a request another application may be current while the request stays."""
    outer, inner = lib.Flask("outer"), lib.Flask("inner")
    with outer.test_request_context("/seen"), inner.app_context():
        assert ("inner", "/seen") == (lib.current_app.name, lib.request.path)
    assert not lib.has_app_context()


def test_a_request_hides_the_one_around_it(lib):
    """The innermost request is current, and afterwards the outer one again."""
    app = lib.Flask("made")
    with app.test_request_context("/outer"):
        with app.test_request_context("/inner"):
            assert "/inner" == lib.request.path
        assert "/outer" == lib.request.path


def test_another_thread_has_no_context(app):
    """A context is current in the thread that entered it and in no other."""
    found = []
    with app.test_request_context():
        thread = threading.Thread(target=lambda: found.extend(find() for find in FINDERS))
        thread.start()
        thread.join()
    assert [None, None, None] == found
