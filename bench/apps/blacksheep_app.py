"""The apps of BlackSheep; annotations are read by it at run time, so what they name is imported here."""

import asyncio

from blacksheep import Application, FromForm, FromJSON, Request, Response, Router, StreamedContent, html, json, redirect
from blacksheep.server.rendering.jinja2 import JinjaRenderer
from blacksheep.server.responses import view
from blacksheep.settings.html import html_settings
from jinja2 import DictLoader

from bench.cases import CHUNK, CHUNKS, HELLO, MESSAGE, ROUTES, ROWS

from .common import SECRET, TEMPLATES, TITLE, Apps, Teardowns, make_static_folder

APPS = Apps(
    template_string="BlackSheep renders no template from a string",
    sync_json="BlackSheep calls plain functions on the loop",
)


def _build():
    return Application(router=Router())


@APPS.case("plain")
def _plain():
    app = _build()

    @app.router.get("/")
    async def hello():
        return html(HELLO)

    return app


@APPS.case("async_json")
@APPS.case("json")
def _json():
    app = _build()

    @app.router.get("/")
    async def message():
        return json(MESSAGE)

    return app


@APPS.case("not_found")
@APPS.case("int_route")
def _int_route():
    app = _build()

    async def static():
        return html("static")

    async def item(resource: int, item: int):
        return html(str(resource + item))

    for number in range(ROUTES):
        if number % 2:
            app.router.add_get(f"/page{number}", static)
        else:
            app.router.add_get(f"/resource{number}/{{int:resource}}/items/{{int:item}}", item)
    return app


@APPS.case("query")
def _query():
    app = _build()

    @app.router.get("/search")
    async def search(term: str, page: int, size: int):
        return html(f"{term} {page} {size}")

    return app


@APPS.case("json_body")
def _json_body():
    app = _build()

    @app.router.post("/")
    async def create(person: FromJSON[dict]):
        return html(f"{person.value['name']} {person.value['age']}")

    return app


@APPS.case("form")
def _form():
    app = _build()

    @app.router.post("/")
    async def create(form: FromForm[dict]):
        values = form.value
        return html(f"{values['name']} {int(values['age'])} {values['note']}")

    return app


@APPS.case("multipart")
def _multipart():
    app = _build()

    @app.router.post("/")
    async def upload(request: Request):
        form = await request.form()
        file = form["file"]
        return html(f"{form['title']} {len(file[0].data)}")

    return app


@APPS.case("template")
def _template():
    # BlackSheep finds templates by an ending of its own, so the file goes by that name too.
    source = (TEMPLATES / "table.html").read_text(encoding="utf-8")
    html_settings.use(JinjaRenderer(loader=DictLoader({"table.jinja": source})))
    html_settings.renderer.env.autoescape = True
    app = _build()

    @app.router.get("/")
    async def table():
        return view("table", {"title": TITLE, "rows": ROWS})

    return app


@APPS.case("url_for")
def _url_for():
    app = _build()

    async def link():
        return html(app.router.url_for("item", number="7"))

    async def item(number: int):
        return html(str(number))

    app.router.add_get("/", link)
    app.router.add_get("/item/{int:number}", item, name="item")
    return app


@APPS.case("session_write")
@APPS.case("session_read")
def _session():
    app = _build()
    app.use_sessions(SECRET)

    @app.router.get("/login")
    async def login(request: Request):
        request.session["user"] = "Ann"
        return html("ok")

    @app.router.get("/who")
    async def who(request: Request):
        return html(request.session["user"])

    return app


@APPS.case("hooks")
def _hooks():
    app = _build()

    async def hooks(request, handler):
        request.user_name = "Ann"
        try:
            response = await handler(request)
            response.add_header(b"X-Hook", b"after")
            return response
        finally:
            Teardowns.add()

    app.middlewares.append(hooks)

    @app.router.get("/part/")
    async def who(request: Request):
        return html(request.user_name)

    return app


@APPS.case("error_handler")
def _error_handler():
    app = _build()

    @app.router.get("/")
    async def fail():
        raise ValueError("no")

    async def caught(app, request, error):
        return html(f"caught: {error}", 400)

    app.exceptions_handlers[ValueError] = caught
    return app


@APPS.case("redirect")
def _redirect():
    app = _build()

    @app.router.get("/old")
    async def old():
        return redirect("/new")

    return app


@APPS.case("static_304")
@APPS.case("static")
def _static():
    app = _build()
    app.serve_files(make_static_folder(), root_path="/static", extensions={".txt"})
    return app


@APPS.case("stream")
def _stream():
    app = _build()

    async def produce():
        for _ in range(CHUNKS):
            yield CHUNK

    @app.router.get("/")
    async def chunks():
        return Response(200, content=StreamedContent(b"text/plain; charset=utf-8", produce))

    return app


@APPS.case("async_view")
def _async_view():
    app = _build()

    @app.router.get("/")
    async def hello():
        await asyncio.sleep(0)
        return html(HELLO)

    return app
