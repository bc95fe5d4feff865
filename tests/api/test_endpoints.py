"""Which operations a document has, and in which order."""

from __future__ import annotations

import pytest

from demijohn import Blueprint, Flask
from demijohn.api.endpoints import list_endpoints
from demijohn.views import MethodView


@pytest.fixture
def app():
    """Return an application with static files."""
    return Flask("made")


def view(**values):
    """Answer."""


def list_names(app, *hidden):
    """Return method and path of each operation."""
    return [f"{each.method} {each.path}" for each in list_endpoints(app, hidden)]


def test_order_of_registration(app):
    """Paths are in the order of registration, methods in their own."""
    app.add_url_rule("/z", "z", view, methods=["DELETE", "LINK", "POST", "GET", "ACL"])
    app.add_url_rule("/a", "a", view)
    expected = ["GET /z", "POST /z", "DELETE /z", "ACL /z", "LINK /z", "GET /a"]
    assert list_names(app) == expected


def test_what_is_left_out(app):
    """Static files, sockets, rules without views and redirects are left out."""
    blueprint = Blueprint("part", __name__, static_folder="static", url_prefix="/part")
    app.register_blueprint(blueprint)
    app.add_url_rule("/built", "built", view, build_only=True)
    app.add_url_rule("/later", "later")
    app.add_url_rule("/old", "old", view, redirect_to="/new")
    app.add_url_rule("/alias", "old", view, alias=True)
    app.websocket("/socket")(view)
    assert list_names(app) == []


def test_automatic_methods(app):
    """HEAD and OPTIONS are listed where the application answers them itself."""

    class Thing(MethodView):
        def head(self):
            """Say how long it is."""

        get = head

    app.add_url_rule("/a", "a", view, methods=["GET", "OPTIONS"])
    app.add_url_rule("/b", "b", view, methods=["HEAD"])
    app.add_url_rule("/c", "c", view, provide_automatic_options=False)
    app.add_url_rule("/d", view_func=Thing.as_view("d"))
    assert list_names(app) == ["GET /a", "OPTIONS /a", "HEAD /b", "GET /c", "GET /d", "HEAD /d"]


@pytest.mark.parametrize(
    ("hidden", "names"),
    [
        ((), ["GET /a", "GET /admin/b", "GET /admin/c"]),
        (("admin.*",), ["GET /a"]),
        (("a", "*.b"), ["GET /admin/c"]),
        (("Admin.*",), ["GET /a", "GET /admin/b", "GET /admin/c"]),
    ],
)
def test_hidden_endpoints(app, hidden, names):
    """Patterns of endpoints hide operations."""
    admin = Blueprint("admin", __name__, url_prefix="/admin")
    app.add_url_rule("/a", "a", view)
    admin.add_url_rule("/b", "b", view)
    admin.add_url_rule("/c", "c", view)
    app.register_blueprint(admin)
    assert list_names(app, *hidden) == names


def test_hidden_views(app):
    """A view that is told to be hidden is not there."""

    @app.get("/a")
    @app.operation(hidden=True)
    def hidden(): ...

    assert list_names(app) == []


def test_blueprints_and_sharing(app):
    """An operation knows its blueprint, and whether its endpoint has others."""
    part = Blueprint("part", __name__)
    part.add_url_rule("/a", "a", view)
    app.register_blueprint(part, name="named")
    app.add_url_rule("/b", "dotted.but.no.blueprint", view, methods=["GET", "POST"])
    found = [(each.name, each.blueprint, each.is_shared) for each in list_endpoints(app, ())]
    assert found == [("named.a", "named", False), *[("dotted.but.no.blueprint", None, True)] * 2]


def test_each_view_is_read_once(app):
    """All rules and methods of a view share what it tells."""
    for rule in ("/a", "/b"):
        app.add_url_rule(rule, "a", view, methods=["GET", "POST"])
    assert len({id(each.description) for each in list_endpoints(app, ())}) == 1
