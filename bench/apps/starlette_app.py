"""The apps of Starlette."""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from bench.cases import CHUNK, CHUNKS, HELLO, MESSAGE, ROUTES, ROWS

from .common import SECRET, TEMPLATES, TITLE, Apps, Teardowns, make_static_folder

APPS = Apps(template_string="Starlette renders no template from a string")


@APPS.case("plain")
def _plain():
    async def hello(request):
        return HTMLResponse(HELLO)

    return Starlette(routes=[Route("/", hello)])


@APPS.case("async_json")
@APPS.case("json")
def _json():
    async def message(request):
        return JSONResponse(MESSAGE)

    return Starlette(routes=[Route("/", message)])


@APPS.case("not_found")
@APPS.case("int_route")
def _int_route():
    async def static(request):
        return HTMLResponse("static")

    async def item(request):
        return HTMLResponse(str(request.path_params["resource"] + request.path_params["item"]))

    return Starlette(
        routes=[
            Route(f"/page{number}", static)
            if number % 2
            else Route(f"/resource{number}/{{resource:int}}/items/{{item:int}}", item)
            for number in range(ROUTES)
        ]
    )


@APPS.case("query")
def _query():
    async def search(request):
        query = request.query_params
        return HTMLResponse(f"{query['term']} {int(query['page'])} {int(query['size'])}")

    return Starlette(routes=[Route("/search", search)])


@APPS.case("json_body")
def _json_body():
    async def create(request):
        person = await request.json()
        return HTMLResponse(f"{person['name']} {person['age']}")

    return Starlette(routes=[Route("/", create, methods=["POST"])])


@APPS.case("form")
def _form():
    async def create(request):
        async with request.form() as form:
            return HTMLResponse(f"{form['name']} {int(form['age'])} {form['note']}")

    return Starlette(routes=[Route("/", create, methods=["POST"])])


@APPS.case("multipart")
def _multipart():
    async def upload(request):
        async with request.form() as form:
            return HTMLResponse(f"{form['title']} {len(await form['file'].read())}")

    return Starlette(routes=[Route("/", upload, methods=["POST"])])


@APPS.case("template")
def _template():
    templates = Jinja2Templates(directory=TEMPLATES)

    async def table(request):
        return templates.TemplateResponse(request, "table.html", {"title": TITLE, "rows": ROWS})

    return Starlette(routes=[Route("/", table)])


@APPS.case("session_write")
@APPS.case("session_read")
def _session():
    async def login(request):
        request.session["user"] = "Ann"
        return HTMLResponse("ok")

    async def who(request):
        return HTMLResponse(request.session["user"])

    return Starlette(
        routes=[Route("/login", login), Route("/who", who)],
        middleware=[Middleware(SessionMiddleware, secret_key=SECRET)],
    )


@APPS.case("url_for")
def _url_for():
    async def link(request):
        return HTMLResponse(request.app.url_path_for("item", number=7))

    async def item(request):
        return HTMLResponse(str(request.path_params["number"]))

    return Starlette(routes=[Route("/", link), Route("/item/{number:int}", item, name="item")])


class HookMiddleware:
    """Do before and after a view what the hooks of a blueprint do, as pure ASGI."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        """Wrap an HTTP request, and let everything else through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["state"] = {**scope.get("state", {}), "user": "Ann"}

        async def send_with_header(message):
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-hook", b"after"))
            await send(message)

        try:
            await self.app(scope, receive, send_with_header)
        finally:
            Teardowns.add()


@APPS.case("hooks")
def _hooks():
    async def who(request):
        return HTMLResponse(request.state.user)

    return Starlette(routes=[Mount("/part", routes=[Route("/", who)], middleware=[Middleware(HookMiddleware)])])


@APPS.case("error_handler")
def _error_handler():
    async def fail(request):
        raise ValueError("no")

    async def caught(request, error):
        return HTMLResponse(f"caught: {error}", 400)

    return Starlette(routes=[Route("/", fail)], exception_handlers={ValueError: caught})


@APPS.case("redirect")
def _redirect():
    async def old(request):
        return RedirectResponse("/new", 302)

    return Starlette(routes=[Route("/old", old)])


@APPS.case("static_304")
@APPS.case("static")
def _static():
    return Starlette(routes=[Mount("/static", StaticFiles(directory=make_static_folder()))])


@APPS.case("stream")
def _stream():
    async def produce():
        for _ in range(CHUNKS):
            yield CHUNK

    async def chunks(request):
        return StreamingResponse(produce(), media_type="text/plain")

    return Starlette(routes=[Route("/", chunks)])


@APPS.case("async_view")
def _async_view():
    async def hello(request):
        await asyncio.sleep(0)
        return HTMLResponse(HELLO)

    return Starlette(routes=[Route("/", hello)])


@APPS.case("sync_json")
def _sync_json():
    def message(request):
        return JSONResponse(MESSAGE)

    return Starlette(routes=[Route("/", message)])
