"""The apps of Flask and of Demijohn, which are the same text: only the module that it names differs."""

from __future__ import annotations

import asyncio
import importlib
from functools import partial
from types import ModuleType
from typing import Any

from bench.cases import CHUNK, CHUNKS, HELLO, MESSAGE, ROUTES, ROWS, TEMPLATE_STRING
from bench.peers import Peer

from . import typed
from .common import SECRET, TEMPLATES, TITLE, Apps, Builder, Teardowns, make_static_folder


def load(peer: Peer) -> Apps:
    """Give the apps of one of the two."""
    module = importlib.import_module(peer.module)
    apps = Apps()
    for name, build in _BUILDERS.items():
        apps[name] = _bind(build, module)
    if peer.module == "demijohn":
        apps["typed"] = partial(typed.build, is_async=False)
        apps["typed_by_hand"] = partial(typed.build_by_hand, is_async=False)
    return apps


def _bind(build: Any, module: ModuleType) -> Builder:
    return lambda: build(module)


def _plain(flask: Any) -> Any:
    app = flask.Flask(__name__)

    @app.get("/")
    def hello():
        return HELLO

    return app


def _json(flask: Any) -> Any:
    app = flask.Flask(__name__)

    @app.get("/")
    def message():
        return MESSAGE

    return app


def _int_route(flask: Any) -> Any:
    app = flask.Flask(__name__)

    def static():
        return "static"

    def item(resource, item):
        return str(resource + item)

    for number in range(ROUTES):
        if number % 2:
            app.add_url_rule(f"/page{number}", f"page{number}", static)
        else:
            app.add_url_rule(f"/resource{number}/<int:resource>/items/<int:item>", f"resource{number}", item)
    return app


def _query(flask: Any) -> Any:
    app, request = flask.Flask(__name__), flask.request

    @app.get("/search")
    def search():
        args = request.args
        return f"{args['term']} {args.get('page', type=int)} {args.get('size', type=int)}"

    return app


def _json_body(flask: Any) -> Any:
    app, request = flask.Flask(__name__), flask.request

    @app.post("/")
    def create():
        person = request.get_json()
        return f"{person['name']} {person['age']}"

    return app


def _form(flask: Any) -> Any:
    app, request = flask.Flask(__name__), flask.request

    @app.post("/")
    def create():
        form = request.form
        return f"{form['name']} {form.get('age', type=int)} {form['note']}"

    return app


def _multipart(flask: Any) -> Any:
    app, request = flask.Flask(__name__), flask.request

    @app.post("/")
    def upload():
        return f"{request.form['title']} {len(request.files['file'].read())}"

    return app


def _template_string(flask: Any) -> Any:
    app, render = flask.Flask(__name__), flask.render_template_string

    @app.get("/")
    def hello():
        return render(TEMPLATE_STRING, name="Ann", is_new=True)

    return app


def _template(flask: Any) -> Any:
    app, render = flask.Flask(__name__, template_folder=str(TEMPLATES)), flask.render_template

    @app.get("/")
    def table():
        return render("table.html", title=TITLE, rows=ROWS)

    return app


def _session(flask: Any) -> Any:
    app, session = flask.Flask(__name__), flask.session
    app.secret_key = SECRET

    @app.get("/login")
    def login():
        session["user"] = "Ann"
        return "ok"

    @app.get("/who")
    def who():
        return session["user"]

    return app


def _url_for(flask: Any) -> Any:
    app, url_for = flask.Flask(__name__), flask.url_for

    @app.get("/")
    def link():
        return url_for("item", number=7)

    @app.get("/item/<int:number>")
    def item(number):
        return str(number)

    return app


def _hooks(flask: Any) -> Any:
    app, part, g = flask.Flask(__name__), flask.Blueprint("part", __name__), flask.g

    @part.before_request
    def before():
        g.user = "Ann"

    @part.after_request
    def after(response):
        response.headers["X-Hook"] = "after"
        return response

    @part.get("/")
    def who():
        return g.user

    part.teardown_request(Teardowns.add)
    app.register_blueprint(part, url_prefix="/part")
    return app


def _error_handler(flask: Any) -> Any:
    app = flask.Flask(__name__)

    @app.get("/")
    def fail():
        raise ValueError("no")

    @app.errorhandler(ValueError)
    def caught(error):
        return f"caught: {error}", 400

    return app


def _redirect(flask: Any) -> Any:
    app, redirect = flask.Flask(__name__), flask.redirect

    @app.get("/old")
    def old():
        return redirect("/new")

    return app


def _static(flask: Any) -> Any:
    return flask.Flask(__name__, static_folder=str(make_static_folder()), static_url_path="/static")


def _stream(flask: Any) -> Any:
    app, response_class = flask.Flask(__name__), flask.Response

    @app.get("/")
    def chunks():
        return response_class((CHUNK for _ in range(CHUNKS)), mimetype="text/plain")

    return app


def _async_view(flask: Any) -> Any:
    app = flask.Flask(__name__)

    @app.get("/")
    async def hello():
        await asyncio.sleep(0)
        return HELLO

    return app


def _async_json(flask: Any) -> Any:
    app = flask.Flask(__name__)

    @app.get("/")
    async def message():
        return MESSAGE

    return app


_BUILDERS = {
    "plain": _plain,
    "json": _json,
    "int_route": _int_route,
    "query": _query,
    "json_body": _json_body,
    "form": _form,
    "multipart": _multipart,
    "template_string": _template_string,
    "template": _template,
    "session_read": _session,
    "session_write": _session,
    "url_for": _url_for,
    "hooks": _hooks,
    "not_found": _int_route,
    "error_handler": _error_handler,
    "redirect": _redirect,
    "static": _static,
    "static_304": _static,
    "stream": _stream,
    "async_view": _async_view,
    "async_json": _async_json,
    "sync_json": _json,
}
