"""The application that the tests of this folder reach into: a route for each way that a request can take."""

from __future__ import annotations

from demijohn import Blueprint, Flask, redirect, render_template, session, url_for

PATHS = ("/", "/json", "/fails", "/nowhere", "/session", "/page", "/url", "/unbuilt", "/away", "/wing/")


def build_app(application_class=Flask, blueprint_class=Blueprint, **options):
    """Return an application that has not handled a request."""
    app = application_class(__name__, **options)
    app.secret_key = "a key for tests"
    wing = blueprint_class("wing", __name__, url_prefix="/wing")
    wing.add_url_rule("/", "view", lambda: "wing")
    app.register_blueprint(wing)
    for path, view in VIEWS.items():
        app.add_url_rule(path, view.__name__, view, methods=["GET", "POST"])
    return app


def serve_once(app):
    """Have an application handle a request for each of its routes, so that all of it is compiled."""
    client = app.test_client()
    for path in PATHS:
        client.get(path)
    return app


def fetch(app, path="/", method="GET", **options):
    """Return the response to one request of a new client."""
    return app.test_client().open(path, method=method, buffered=True, **options)


def view_index():
    """Answer with text."""
    return "index"


def view_json():
    """Answer with JSON."""
    return {"answer": 42}


def view_fails():
    """Raise."""
    raise LookupError("a view that fails")


def view_session():
    """Count the visits."""
    session["visits"] = session.get("visits", 0) + 1
    return str(session["visits"])


def view_page():
    """Render a template."""
    return render_template("page.html", word="<word>")


def view_url():
    """Build a URL."""
    return url_for("view_index", page=1)


def view_unbuilt():
    """Build a URL of nothing."""
    return url_for("no_such_endpoint")


def view_away():
    """Redirect."""
    return redirect("/")


VIEWS = {
    "/": view_index,
    "/json": view_json,
    "/fails": view_fails,
    "/session": view_session,
    "/page": view_page,
    "/url": view_url,
    "/unbuilt": view_unbuilt,
    "/away": view_away,
}
