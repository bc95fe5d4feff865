"""The apps of Quart."""

from __future__ import annotations

import asyncio

import quart

from bench.cases import CHUNK, CHUNKS, HELLO, MESSAGE, ROUTES, ROWS, TEMPLATE_STRING

from .common import SECRET, TEMPLATES, TITLE, Apps, Teardowns, make_static_folder

APPS = Apps()


@APPS.case("plain")
def _plain():
    app = quart.Quart(__name__)

    @app.get("/")
    async def hello():
        return HELLO

    return app


@APPS.case("async_json")
@APPS.case("json")
def _json():
    app = quart.Quart(__name__)

    @app.get("/")
    async def message():
        return MESSAGE

    return app


@APPS.case("not_found")
@APPS.case("int_route")
def _int_route():
    app = quart.Quart(__name__)

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
    app = quart.Quart(__name__)

    @app.get("/search")
    async def search():
        args = quart.request.args
        return f"{args['term']} {args.get('page', type=int)} {args.get('size', type=int)}"

    return app


@APPS.case("json_body")
def _json_body():
    app = quart.Quart(__name__)

    @app.post("/")
    async def create():
        person = await quart.request.get_json()
        return f"{person['name']} {person['age']}"

    return app


@APPS.case("form")
def _form():
    app = quart.Quart(__name__)

    @app.post("/")
    async def create():
        form = await quart.request.form
        return f"{form['name']} {form.get('age', type=int)} {form['note']}"

    return app


@APPS.case("multipart")
def _multipart():
    app = quart.Quart(__name__)

    @app.post("/")
    async def upload():
        form, files = await quart.request.form, await quart.request.files
        return f"{form['title']} {len(files['file'].read())}"

    return app


@APPS.case("template_string")
def _template_string():
    app = quart.Quart(__name__)

    @app.get("/")
    async def hello():
        return await quart.render_template_string(TEMPLATE_STRING, name="Ann", is_new=True)

    return app


@APPS.case("template")
def _template():
    app = quart.Quart(__name__, template_folder=str(TEMPLATES))

    @app.get("/")
    async def table():
        return await quart.render_template("table.html", title=TITLE, rows=ROWS)

    return app


@APPS.case("session_write")
@APPS.case("session_read")
def _session():
    app = quart.Quart(__name__)
    app.secret_key = SECRET

    @app.get("/login")
    async def login():
        quart.session["user"] = "Ann"
        return "ok"

    @app.get("/who")
    async def who():
        return quart.session["user"]

    return app


@APPS.case("url_for")
def _url_for():
    app = quart.Quart(__name__)

    @app.get("/")
    async def link():
        return quart.url_for("item", number=7)

    @app.get("/item/<int:number>")
    async def item(number):
        return str(number)

    return app


@APPS.case("hooks")
def _hooks():
    app, part = quart.Quart(__name__), quart.Blueprint("part", __name__)

    @part.before_request
    async def before():
        quart.g.user = "Ann"

    @part.after_request
    async def after(response):
        response.headers["X-Hook"] = "after"
        return response

    @part.teardown_request
    async def teardown(error):
        Teardowns.add()

    @part.get("/")
    async def who():
        return quart.g.user

    app.register_blueprint(part, url_prefix="/part")
    return app


@APPS.case("error_handler")
def _error_handler():
    app = quart.Quart(__name__)

    @app.get("/")
    async def fail():
        raise ValueError("no")

    @app.errorhandler(ValueError)
    async def caught(error):
        return f"caught: {error}", 400

    return app


@APPS.case("redirect")
def _redirect():
    app = quart.Quart(__name__)

    @app.get("/old")
    async def old():
        return quart.redirect("/new")

    return app


@APPS.case("static_304")
@APPS.case("static")
def _static():
    return quart.Quart(__name__, static_folder=str(make_static_folder()), static_url_path="/static")


@APPS.case("stream")
def _stream():
    app = quart.Quart(__name__)

    @app.get("/")
    async def chunks():
        async def produce():
            for _ in range(CHUNKS):
                yield CHUNK

        return quart.Response(produce(), mimetype="text/plain")

    return app


@APPS.case("async_view")
def _async_view():
    app = quart.Quart(__name__)

    @app.get("/")
    async def hello():
        await asyncio.sleep(0)
        return HELLO

    return app


@APPS.case("sync_json")
def _sync_json():
    app = quart.Quart(__name__)

    @app.get("/")
    def message():
        return MESSAGE

    return app
