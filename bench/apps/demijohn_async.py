"""The apps of Demijohn beside an event loop: async views and hooks, as the apps of the other ASGI frameworks have."""

from __future__ import annotations

import asyncio
from functools import partial

import demijohn

from bench.cases import CHUNK, CHUNKS, HELLO, MESSAGE, ROUTES, ROWS, TEMPLATE_STRING

from . import typed
from .common import SECRET, TEMPLATES, TITLE, Apps, Teardowns, make_static_folder

APPS = Apps()
APPS["typed"] = partial(typed.build, is_async=True)
APPS["typed_by_hand"] = partial(typed.build_by_hand, is_async=True)


@APPS.case("plain")
def _plain():
    app = demijohn.Flask(__name__)

    @app.get("/")
    async def hello():
        return HELLO

    return app


@APPS.case("async_json")
@APPS.case("json")
def _json():
    app = demijohn.Flask(__name__)

    @app.get("/")
    async def message():
        return MESSAGE

    return app


@APPS.case("sync_json")
def _sync_json():
    app = demijohn.Flask(__name__)

    @app.get("/")
    def message():
        return MESSAGE

    return app


@APPS.case("not_found")
@APPS.case("int_route")
def _int_route():
    app = demijohn.Flask(__name__)

    async def static():
        return "static"

    async def item(resource, item):
        return str(resource + item)

    for number in range(ROUTES):
        if number % 2:
            app.add_url_rule(f"/page{number}", f"page{number}", static)
        else:
            app.add_url_rule(f"/resource{number}/<int:resource>/items/<int:item>", f"resource{number}", item)
    return app


@APPS.case("query")
def _query():
    app, request = demijohn.Flask(__name__), demijohn.request

    @app.get("/search")
    async def search():
        args = request.args
        return f"{args['term']} {args.get('page', type=int)} {args.get('size', type=int)}"

    return app


@APPS.case("json_body")
def _json_body():
    app, request = demijohn.Flask(__name__), demijohn.request

    @app.post("/")
    async def create():
        person = request.get_json()
        return f"{person['name']} {person['age']}"

    return app


@APPS.case("form")
def _form():
    app, request = demijohn.Flask(__name__), demijohn.request

    @app.post("/")
    async def create():
        form = request.form
        return f"{form['name']} {form.get('age', type=int)} {form['note']}"

    return app


@APPS.case("multipart")
def _multipart():
    app, request = demijohn.Flask(__name__), demijohn.request

    @app.post("/")
    async def upload():
        return f"{request.form['title']} {len(request.files['file'].read())}"

    return app


@APPS.case("template_string")
def _template_string():
    app, render = demijohn.Flask(__name__), demijohn.render_template_string

    @app.get("/")
    async def hello():
        return render(TEMPLATE_STRING, name="Ann", is_new=True)

    return app


@APPS.case("template")
def _template():
    app, render = demijohn.Flask(__name__, template_folder=str(TEMPLATES)), demijohn.render_template

    @app.get("/")
    async def table():
        return render("table.html", title=TITLE, rows=ROWS)

    return app


@APPS.case("session_write")
@APPS.case("session_read")
def _session():
    app, session = demijohn.Flask(__name__), demijohn.session
    app.secret_key = SECRET

    @app.get("/login")
    async def login():
        session["user"] = "Ann"
        return "ok"

    @app.get("/who")
    async def who():
        return session["user"]

    return app


@APPS.case("url_for")
def _url_for():
    app, url_for = demijohn.Flask(__name__), demijohn.url_for

    @app.get("/")
    async def link():
        return url_for("item", number=7)

    @app.get("/item/<int:number>")
    async def item(number):
        return str(number)

    return app


@APPS.case("hooks")
def _hooks():
    app, part, g = demijohn.Flask(__name__), demijohn.Blueprint("part", __name__), demijohn.g

    @part.before_request
    async def before():
        g.user = "Ann"

    @part.after_request
    async def after(response):
        response.headers["X-Hook"] = "after"
        return response

    @part.teardown_request
    async def teardown(error):
        Teardowns.add()

    @part.get("/")
    async def who():
        return g.user

    app.register_blueprint(part, url_prefix="/part")
    return app


@APPS.case("error_handler")
def _error_handler():
    app = demijohn.Flask(__name__)

    @app.get("/")
    async def fail():
        raise ValueError("no")

    @app.errorhandler(ValueError)
    async def caught(error):
        return f"caught: {error}", 400

    return app


@APPS.case("redirect")
def _redirect():
    app = demijohn.Flask(__name__)

    @app.get("/old")
    async def old():
        return demijohn.redirect("/new")

    return app


@APPS.case("static_304")
@APPS.case("static")
def _static():
    return demijohn.Flask(__name__, static_folder=str(make_static_folder()), static_url_path="/static")


@APPS.case("stream")
def _stream():
    app = demijohn.Flask(__name__)

    @app.get("/")
    async def chunks():
        async def produce():
            for _ in range(CHUNKS):
                yield CHUNK

        return demijohn.Response(produce(), mimetype="text/plain")

    return app


@APPS.case("async_view")
def _async_view():
    app = demijohn.Flask(__name__)

    @app.get("/")
    async def hello():
        await asyncio.sleep(0)
        return HELLO

    return app
