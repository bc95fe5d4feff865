"""The apps of Litestar; annotations are read by it at run time, so what they name is imported here."""

import asyncio
from typing import Annotated, Any

from litestar import Litestar, MediaType, Request, Response, Router, get, post
from litestar.contrib.jinja import JinjaTemplateEngine
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.middleware.session.client_side import CookieBackendConfig
from litestar.params import Body
from litestar.response import Redirect, Stream, Template
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig

from bench.cases import CHUNK, CHUNKS, HELLO, MESSAGE, ROUTES, ROWS, TEMPLATE_STRING

from .common import TEMPLATES, TITLE, Apps, Teardowns, make_static_folder
from .typed import Person, Receipt, write_receipt

APPS = Apps(static_304="Litestar's static files take no conditional requests")
_HTML = MediaType.HTML


def _build(*handlers, **options):
    return Litestar(list(handlers), logging_config=None, **options)


@APPS.case("plain")
def _plain():
    @get("/", media_type=_HTML)
    async def hello() -> str:
        return HELLO

    return _build(hello)


@APPS.case("async_json")
@APPS.case("json")
def _json():
    @get("/")
    async def message() -> dict[str, str]:
        return MESSAGE

    return _build(message)


@APPS.case("not_found")
@APPS.case("int_route")
def _int_route():
    def build_static(number):
        @get(f"/page{number}", media_type=_HTML)
        async def static() -> str:
            return "static"

        return static

    def build_dynamic(number):
        @get(f"/resource{number}/{{resource:int}}/items/{{item:int}}", media_type=_HTML)
        async def dynamic(resource: int, item: int) -> str:
            return str(resource + item)

        return dynamic

    return _build(*[build_static(number) if number % 2 else build_dynamic(number) for number in range(ROUTES)])


@APPS.case("query")
def _query():
    @get("/search", media_type=_HTML)
    async def search(term: str, page: int, size: int) -> str:
        return f"{term} {page} {size}"

    return _build(search)


@APPS.case("json_body")
def _json_body():
    @post("/", media_type=_HTML, status_code=200)
    async def create(data: dict[str, Any]) -> str:
        return f"{data['name']} {data['age']}"

    return _build(create)


@APPS.case("typed")
def _typed():
    @post("/", status_code=200)
    async def create(data: Person) -> Receipt:
        return write_receipt(data)

    return _build(create)


@APPS.case("form")
def _form():
    @post("/", media_type=_HTML, status_code=200)
    async def create(data: Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]) -> str:
        return f"{data['name']} {int(data['age'])} {data['note']}"

    return _build(create)


@APPS.case("multipart")
def _multipart():
    @post("/", media_type=_HTML, status_code=200, request_max_body_size=None)
    async def upload(data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]) -> str:
        file: UploadFile = data["file"]
        return f"{data['title']} {len(await file.read())}"

    return _build(upload)


def _build_templates():
    return TemplateConfig(directory=TEMPLATES, engine=JinjaTemplateEngine)


@APPS.case("template_string")
def _template_string():
    @get("/", media_type=_HTML)
    async def hello() -> Template:
        return Template(template_str=TEMPLATE_STRING, context={"name": "Ann", "is_new": True}, media_type=_HTML)

    return _build(hello, template_config=_build_templates())


@APPS.case("template")
def _template():
    @get("/")
    async def table() -> Template:
        return Template("table.html", context={"title": TITLE, "rows": ROWS})

    return _build(table, template_config=_build_templates())


@APPS.case("session_write")
@APPS.case("session_read")
def _session():
    @get("/login", media_type=_HTML)
    async def login(request: Request) -> str:
        request.session["user"] = "Ann"
        return "ok"

    @get("/who", media_type=_HTML)
    async def who(request: Request) -> str:
        return request.session["user"]

    return _build(login, who, middleware=[CookieBackendConfig(secret=b"a secret of 32 bytes for cookies").middleware])


@APPS.case("url_for")
def _url_for():
    @get("/", media_type=_HTML)
    async def link(request: Request) -> str:
        return request.app.route_reverse("item", number=7)

    @get("/item/{number:int}", name="item", media_type=_HTML)
    async def item(number: int) -> str:
        return str(number)

    return _build(link, item)


@APPS.case("hooks")
def _hooks():
    async def before(request: Request) -> None:
        request.state.user = "Ann"

    async def after(response: Response) -> Response:
        response.headers["X-Hook"] = "after"
        return response

    async def teardown(request: Request) -> None:
        Teardowns.add()

    @get("/", media_type=_HTML)
    async def who(request: Request) -> str:
        return request.state.user

    return _build(
        Router("/part", route_handlers=[who], before_request=before, after_request=after, after_response=teardown)
    )


@APPS.case("error_handler")
def _error_handler():
    @get("/", media_type=_HTML)
    async def fail() -> str:
        raise ValueError("no")

    def caught(request: Request, error: ValueError) -> Response:
        return Response(f"caught: {error}", status_code=400, media_type=_HTML)

    return _build(fail, exception_handlers={ValueError: caught})


@APPS.case("redirect")
def _redirect():
    @get("/old", status_code=302)
    async def old() -> Redirect:
        return Redirect("/new")

    return _build(old)


@APPS.case("static")
def _static():
    return _build(create_static_files_router("/static", directories=[make_static_folder()]))


@APPS.case("stream")
def _stream():
    async def produce():
        for _ in range(CHUNKS):
            yield CHUNK

    @get("/", media_type=MediaType.TEXT)
    async def chunks() -> Stream:
        return Stream(produce(), media_type=MediaType.TEXT)

    return _build(chunks)


@APPS.case("async_view")
def _async_view():
    @get("/", media_type=_HTML)
    async def hello() -> str:
        await asyncio.sleep(0)
        return HELLO

    return _build(hello)


@APPS.case("sync_json")
def _sync_json():
    @get("/", sync_to_thread=True)
    def message() -> dict[str, str]:
        return MESSAGE

    return _build(message)
