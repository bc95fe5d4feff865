"""The apps of Emmett, through its ASGI side."""

from __future__ import annotations

import asyncio

from emmett import App, Pipe, redirect, request, response, session, url
from emmett.sessions import SessionManager
from emmett.tools import ServicePipe

from bench.cases import CHUNK, CHUNKS, FILE_BYTES, HELLO, MESSAGE, ROUTES, ROWS

from .common import SECRET, TEMPLATES, TITLE, Apps, Teardowns, make_static_folder

APPS = Apps(
    template_string="Emmett renders no template from a string",
    error_handler="Emmett handles status codes, not classes of errors",
    static="Emmett leaves static files to its server",
    static_304="Emmett leaves static files to its server",
    sync_json="Emmett calls plain functions on the loop",
)


def _build(**options):
    app = App(__name__, root_path=str(make_static_folder().parent), **options)
    app.config.request_multipart_max_size = 2 * FILE_BYTES
    return app


def _html(text):
    """Answer text as HTML, which is what the case asks for; Emmett's own choice is plain text."""
    response.content_type = "text/html; charset=utf-8"
    return text


@APPS.case("plain")
def _plain():
    app = _build()

    @app.route("/")
    async def hello():
        return _html(HELLO)

    return app


@APPS.case("async_json")
@APPS.case("json")
def _json():
    app = _build()
    app.pipeline = [ServicePipe("json")]

    @app.route("/")
    async def message():
        return MESSAGE

    return app


@APPS.case("not_found")
@APPS.case("int_route")
def _int_route():
    app = _build()

    async def static():
        return _html("static")

    async def item(resource, item):
        return _html(str(resource + item))

    for number in range(ROUTES):
        if number % 2:
            app.route(f"/page{number}", name=f"page{number}")(static)
        else:
            app.route(f"/resource{number}/<int:resource>/items/<int:item>", name=f"resource{number}")(item)
    return app


@APPS.case("query")
def _query():
    app = _build()

    @app.route("/search")
    async def search():
        query = request.query_params
        return _html(f"{query.term} {int(query.page)} {int(query.size)}")

    return app


@APPS.case("json_body")
def _json_body():
    app = _build()

    @app.route("/", methods="post")
    async def create():
        person = await request.body_params
        return _html(f"{person.name} {person.age}")

    return app


@APPS.case("form")
def _form():
    app = _build()

    @app.route("/", methods="post")
    async def create():
        form = await request.body_params
        return _html(f"{form.name} {int(form.age)} {form.note}")

    return app


@APPS.case("multipart")
def _multipart():
    app = _build()

    @app.route("/", methods="post")
    async def upload():
        form, files = await request.body_params, await request.files
        data = files.file.read()
        return _html(f"{form.title} {len(data)}")

    return app


@APPS.case("template")
def _template():
    app = _build(template_folder=str(TEMPLATES))

    @app.route("/", template="table.renoir.html")
    async def table():
        return {"title": TITLE, "rows": ROWS}

    return app


@APPS.case("session_write")
@APPS.case("session_read")
def _session():
    app = _build()
    app.pipeline = [SessionManager.cookies(SECRET)]

    @app.route("/login")
    async def login():
        session.user = "Ann"
        return _html("ok")

    @app.route("/who")
    async def who():
        return _html(session.user)

    return app


@APPS.case("url_for")
def _url_for():
    app = _build()

    @app.route("/")
    async def link():
        return _html(url("item", 7))

    # Emmett looks a name up under the name of the app, and shortens that name when a route gets none of its own.
    @app.route("/item/<int:number>", name=f"{__name__}.item")
    async def item(number):
        return _html(str(number))

    return app


class HookPipe(Pipe):
    """Do before and after a view what the hooks of a blueprint do."""

    async def open(self):
        """Go before the view."""
        request.user = "Ann"

    async def close(self):
        """Go after the view, whatever became of it."""
        response.headers["x-hook"] = "after"
        Teardowns.add()


@APPS.case("hooks")
def _hooks():
    app = _build()
    part = app.module(__name__, "part", url_prefix="part")
    part.pipeline = [HookPipe()]

    @part.route("/")
    async def who():
        return _html(request.user)

    return app


@APPS.case("redirect")
def _redirect():
    app = _build()

    @app.route("/old")
    async def old():
        redirect("/new", 302)

    return app


@APPS.case("stream")
def _stream():
    app = _build()

    async def produce():
        for _ in range(CHUNKS):
            yield CHUNK

    @app.route("/")
    async def chunks():
        response.content_type = "text/plain; charset=utf-8"
        return response.wrap_aiter(produce())

    return app


@APPS.case("async_view")
def _async_view():
    app = _build()

    @app.route("/")
    async def hello():
        await asyncio.sleep(0)
        return _html(HELLO)

    return app
