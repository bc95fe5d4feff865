"""Which interface is chosen for an application."""

import pytest
from werkzeug.middleware.proxy_fix import ProxyFix

from demijohn import Flask
from demijohn.cli.interface import choose_interface
from demijohn.doors.wrapped import find_wrapper


class Doors(Flask):
    """Have all three doors."""

    def rsgi_app(self, scope, protocol):
        """Be there."""

    def asgi_app(self, scope, receive, send):
        """Be there."""

    def __rsgi__(self, scope, protocol):
        """Be there."""


class Wrapper:
    def __init__(self, door):
        self.door = door

    def call(self, *arguments):
        """Be a bound method."""


@pytest.fixture(autouse=True)
def _doors_of_flask(monkeypatch):
    """Let the doors be Flask's own, whichever it has."""
    for name in ("rsgi_app", "asgi_app", "__rsgi__"):
        monkeypatch.setattr(Flask, name, getattr(Doors, name), raising=False)


@pytest.mark.parametrize(
    ("wrapped", "wanted", "expected"),
    [
        ([], "auto", "asgi"),
        ([], "wsgi", "wsgi"),
        (["wsgi"], "auto", "wsgi"),
        (["asgi"], "auto", "asgi"),
        (["wsgi", "asgi"], "auto", "asgi"),
        (["wsgi", "rsgi"], "auto", "rsgi"),
        (["wsgi"], "rsgi", "rsgi"),
    ],
)
def test_choice(wrapped, wanted, expected):
    """ASGI is chosen, or the best interface among those whose doors are wrapped, or what is wanted."""
    app = Flask("made")
    for interface in wrapped:
        setattr(app, f"{interface}_app", Wrapper(None))
    assert choose_interface(app, wanted).interface == expected


def test_note_names_the_wrapper():
    """The name of the wrapper and what to do are told when it decides."""
    app = Flask("made")
    app.wsgi_app = ProxyFix(app.wsgi_app)
    assert choose_interface(app).note == (
        "'app.wsgi_app' is wrapped by 'ProxyFix', so the application is served by WSGI. For ASGI, wrap 'app.asgi_app'"
        " as well, or choose '--interface asgi' to go without the wrapper."
    )


def test_note_on_a_wrapper_that_is_passed_by():
    """A wrapper that no request will pass through is told when another interface is wanted."""
    app = Flask("made")
    app.wsgi_app = ProxyFix(app.wsgi_app)
    assert choose_interface(app, "rsgi").note == (
        "No request will pass through 'ProxyFix' (around 'app.wsgi_app'), because the application is served by RSGI."
        " Wrap 'app.rsgi_app' as well, or choose '--interface wsgi'."
    )


@pytest.mark.parametrize(("wrapped", "wanted"), [([], "auto"), ([], "wsgi"), (["wsgi"], "wsgi"), (["asgi"], "auto")])
def test_no_note(wrapped, wanted):
    """Nothing is told where nothing is surprising."""
    app = Flask("made")
    for interface in wrapped:
        setattr(app, f"{interface}_app", Wrapper(None))
    assert choose_interface(app, wanted).note is None


def test_interface_that_is_not_offered(monkeypatch):
    """An interface for which the application has no door is refused."""
    for name in ("rsgi_app", "__rsgi__", "asgi_app"):
        monkeypatch.delattr(Flask, name)
    with pytest.raises(ValueError, match=r"cannot be called by RSGI: it offers WSGI\."):
        choose_interface(Flask("made"), "rsgi")


def test_names_of_wrappers():
    """A wrapper is named after its class, its function, or its method."""

    def wrap(environ, start_response):
        return []

    app = Flask("made")
    names = []
    for wrapper in (Wrapper(None), wrap, Wrapper(None).call):
        app.wsgi_app = wrapper
        names.append(find_wrapper(app, "wsgi"))
    assert names == ["Wrapper", "test_names_of_wrappers.<locals>.wrap", "Wrapper.call"]


def test_subclass_that_overrides_a_door():
    """A door that a subclass overrides counts as wrapped."""

    class Own(Flask):
        def wsgi_app(self, environ, start_response):
            return []

    assert choose_interface(Own("made")).interface == "wsgi"
