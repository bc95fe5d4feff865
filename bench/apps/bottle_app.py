"""The apps of Bottle."""

from __future__ import annotations

import bottle

from bench.cases import CHUNK, CHUNKS, HELLO, MESSAGE, ROUTES, ROWS

from .common import SECRET, TEMPLATES, TITLE, Apps, Teardowns, make_static_folder

APPS = Apps(async_view="Bottle has no async views", async_json="Bottle has no async views")


@APPS.case("plain")
def _plain():
    app = bottle.Bottle()

    @app.get("/")
    def hello():
        return HELLO

    return app


@APPS.case("sync_json")
@APPS.case("json")
def _json():
    app = bottle.Bottle()

    @app.get("/")
    def message():
        return MESSAGE

    return app


@APPS.case("not_found")
@APPS.case("int_route")
def _int_route():
    app = bottle.Bottle()

    def static():
        return "static"

    def item(resource, item):
        return str(resource + item)

    for number in range(ROUTES):
        if number % 2:
            app.route(f"/page{number}", callback=static)
        else:
            app.route(f"/resource{number}/<resource:int>/items/<item:int>", callback=item)
    return app


@APPS.case("query")
def _query():
    app = bottle.Bottle()

    @app.get("/search")
    def search():
        query = bottle.request.query
        return f"{query['term']} {query.get('page', type=int)} {query.get('size', type=int)}"

    return app


@APPS.case("json_body")
def _json_body():
    app = bottle.Bottle()

    @app.post("/")
    def create():
        person = bottle.request.json
        return f"{person['name']} {person['age']}"

    return app


@APPS.case("form")
def _form():
    app = bottle.Bottle()

    @app.post("/")
    def create():
        form = bottle.request.forms
        return f"{form['name']} {form.get('age', type=int)} {form['note']}"

    return app


@APPS.case("multipart")
def _multipart():
    app = bottle.Bottle()

    @app.post("/")
    def upload():
        request = bottle.request
        return f"{request.forms['title']} {len(request.files['file'].file.read())}"

    return app


@APPS.case("template_string")
def _template_string():
    app = bottle.Bottle()
    source = "<p>Hello {{name}}!</p>\\\\\n% if is_new:\n<b>new</b>\n% end"

    @app.get("/")
    def hello():
        return bottle.template(source, name="Ann", is_new=True)

    return app


@APPS.case("template")
def _template():
    app = bottle.Bottle()
    # Bottle keeps a compiled template for each list of folders, so the list must stay the same object.
    folders, settings = [str(TEMPLATES)], {"autoescape": True}

    @app.get("/")
    def table():
        return bottle.jinja2_template(
            "table.html",
            template_lookup=folders,
            template_settings=settings,
            title=TITLE,
            rows=ROWS,
        )

    return app


@APPS.case("session_write")
@APPS.case("session_read")
def _session():
    app = bottle.Bottle()

    @app.get("/login")
    def login():
        bottle.response.set_cookie("user", "Ann", secret=SECRET)
        return "ok"

    @app.get("/who")
    def who():
        return bottle.request.get_cookie("user", secret=SECRET)

    return app


@APPS.case("url_for")
def _url_for():
    app = bottle.Bottle()

    @app.get("/")
    def link():
        return app.get_url("item", number=7)

    @app.get("/item/<number:int>", name="item")
    def item(number):
        return str(number)

    return app


@APPS.case("hooks")
def _hooks():
    app = bottle.Bottle()

    @app.hook("before_request")
    def before():
        bottle.request.user = "Ann"

    @app.hook("after_request")
    def after():
        bottle.response.set_header("X-Hook", "after")
        Teardowns.add()

    @app.get("/part/")
    def who():
        return bottle.request.user

    return app


@APPS.case("error_handler")
def _error_handler():
    app = bottle.Bottle()

    @app.get("/")
    def fail():
        raise ValueError("no")

    def catch(callback):
        def wrapper(*args, **kwargs):
            try:
                return callback(*args, **kwargs)
            except ValueError as error:
                bottle.response.status = 400
                return f"caught: {error}"

        return wrapper

    app.install(catch)
    return app


@APPS.case("redirect")
def _redirect():
    app = bottle.Bottle()

    @app.get("/old")
    def old():
        bottle.redirect("/new", 302)

    return app


@APPS.case("static_304")
@APPS.case("static")
def _static():
    app = bottle.Bottle()
    root = str(make_static_folder())

    @app.get("/static/<path:path>")
    def static(path):
        return bottle.static_file(path, root=root)

    return app


@APPS.case("stream")
def _stream():
    app = bottle.Bottle()

    @app.get("/")
    def chunks():
        bottle.response.content_type = "text/plain; charset=utf-8"
        return (CHUNK for _ in range(CHUNKS))

    return app
