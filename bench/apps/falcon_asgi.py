"""The apps of Falcon under ASGI."""

from __future__ import annotations

import asyncio

import falcon
import falcon.asgi

from bench.cases import CHUNK, CHUNKS, HELLO, MESSAGE, ROUTES

from .common import Apps, Teardowns, make_static_folder

APPS = Apps(
    template_string="Falcon has no templates",
    template="Falcon has no templates",
    session_read="Falcon has no sessions and no signed cookies",
    session_write="Falcon has no sessions and no signed cookies",
    url_for="Falcon builds no addresses",
    sync_json="Falcon (ASGI) takes coroutine functions alone",
)


def _build(path, resource, **options):
    app = falcon.asgi.App(media_type=falcon.MEDIA_HTML, **options)
    app.add_route(path, resource)
    return app


@APPS.case("plain")
def _plain():
    class Hello:
        async def on_get(self, req, resp):
            resp.text = HELLO

    return _build("/", Hello())


@APPS.case("async_json")
@APPS.case("json")
def _json():
    class Message:
        async def on_get(self, req, resp):
            resp.media = MESSAGE

    app = falcon.asgi.App()
    app.add_route("/", Message())
    return app


@APPS.case("not_found")
@APPS.case("int_route")
def _int_route():
    class Static:
        async def on_get(self, req, resp):
            resp.text = "static"

    class Item:
        async def on_get(self, req, resp, resource, item):
            resp.text = str(resource + item)

    app = falcon.asgi.App(media_type=falcon.MEDIA_HTML)
    static, item = Static(), Item()
    for number in range(ROUTES):
        if number % 2:
            app.add_route(f"/page{number}", static)
        else:
            app.add_route(f"/resource{number}/{{resource:int}}/items/{{item:int}}", item)
    return app


@APPS.case("query")
def _query():
    class Search:
        async def on_get(self, req, resp):
            resp.text = f"{req.get_param('term')} {req.get_param_as_int('page')} {req.get_param_as_int('size')}"

    return _build("/search", Search())


@APPS.case("json_body")
def _json_body():
    class Create:
        async def on_post(self, req, resp):
            person = await req.get_media()
            resp.text = f"{person['name']} {person['age']}"

    return _build("/", Create())


@APPS.case("form")
def _form():
    class Create:
        async def on_post(self, req, resp):
            form = await req.get_media()
            resp.text = f"{form['name']} {int(form['age'])} {form['note']}"

    return _build("/", Create())


@APPS.case("multipart")
def _multipart():
    class Upload:
        async def on_post(self, req, resp):
            title, size = "", 0
            async for part in await req.get_media():
                if part.filename:
                    size = len(await part.stream.read())
                else:
                    title = await part.text
            resp.text = f"{title} {size}"

    return _build("/", Upload())


@APPS.case("hooks")
def _hooks():
    class Middleware:
        async def process_request(self, req, resp):
            req.context.user = "Ann"

        async def process_response(self, req, resp, resource, req_succeeded):
            resp.set_header("X-Hook", "after")
            Teardowns.add()

    class Who:
        async def on_get(self, req, resp):
            resp.text = req.context.user

    return _build("/part/", Who(), middleware=[Middleware()])


@APPS.case("error_handler")
def _error_handler():
    class Fail:
        async def on_get(self, req, resp):
            raise ValueError("no")

    async def caught(req, resp, error, params):
        resp.status = falcon.HTTP_400
        resp.text = f"caught: {error}"

    app = _build("/", Fail())
    app.add_error_handler(ValueError, caught)
    return app


@APPS.case("redirect")
def _redirect():
    class Old:
        async def on_get(self, req, resp):
            raise falcon.HTTPFound("/new")

    return _build("/old", Old())


@APPS.case("static_304")
@APPS.case("static")
def _static():
    app = falcon.asgi.App()
    app.add_static_route("/static", str(make_static_folder()))
    return app


@APPS.case("stream")
def _stream():
    class Chunks:
        async def on_get(self, req, resp):
            async def produce():
                for _ in range(CHUNKS):
                    yield CHUNK

            resp.content_type = falcon.MEDIA_TEXT
            resp.stream = produce()

    return _build("/", Chunks())


@APPS.case("async_view")
def _async_view():
    class Hello:
        async def on_get(self, req, resp):
            await asyncio.sleep(0)
            resp.text = HELLO

    return _build("/", Hello())
