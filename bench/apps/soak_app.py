"""The app of Flask and of Demijohn that bench/soak.py sends requests of every kind."""

from __future__ import annotations

import importlib


def build_app(module):
    """Build an app with a view for every kind of request."""
    flask = importlib.import_module(module)
    app, part = flask.Flask("bench_soak"), flask.Blueprint("part", "bench_soak")
    app.secret_key = "a secret for the soak alone"
    g, request, session = flask.g, flask.request, flask.session

    @app.get("/")
    def plain():
        return {"message": "Hello"}

    @app.get("/number/<int:number>")
    def number_view(number):
        return flask.url_for("number_view", number=number)

    @app.get("/write")
    def write():
        session["user"] = request.args["name"]
        return "ok"

    @app.get("/read")
    def read():
        return str(session["user"])

    @app.get("/caught")
    def caught():
        raise LookupError("caught")

    @app.errorhandler(LookupError)
    def handle(error):
        return str(error), 400

    @app.get("/failed")
    def failed():
        raise RuntimeError("not caught")

    @app.get("/stream")
    def stream():
        return flask.Response(flask.stream_with_context(str(number) for number in range(100)))

    @part.before_request
    def before():
        g.user = "Ann"

    @part.get("/")
    def hooks():
        return str(g.user)

    part.teardown_request(lambda error: g.pop("user"))
    app.register_blueprint(part, url_prefix="/part")
    return app
