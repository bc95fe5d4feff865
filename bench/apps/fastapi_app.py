"""The apps of FastAPI; annotations are read by it at run time, so what they name is imported here."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Body, Depends, FastAPI, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from pydantic import BaseModel
from starlette.middleware.sessions import SessionMiddleware

from bench.cases import CHUNK, CHUNKS, HELLO, MESSAGE, ROUTES, ROWS

from .common import SECRET, TEMPLATES, TITLE, Apps, Teardowns, make_static_folder

APPS = Apps(template_string="FastAPI renders no template from a string")


@APPS.case("plain")
def _plain():
    app = FastAPI()

    @app.get("/", response_class=HTMLResponse)
    async def hello():
        return HELLO

    return app


@APPS.case("async_json")
@APPS.case("json")
def _json():
    app = FastAPI()

    @app.get("/")
    async def message():
        return MESSAGE

    return app


@APPS.case("not_found")
@APPS.case("int_route")
def _int_route():
    app = FastAPI(default_response_class=HTMLResponse)

    async def static():
        return "static"

    async def item(resource: int, item: int):
        return str(resource + item)

    for number in range(ROUTES):
        if number % 2:
            app.add_api_route(f"/page{number}", static)
        else:
            app.add_api_route(f"/resource{number}/{{resource}}/items/{{item}}", item)
    return app


@APPS.case("query")
def _query():
    app = FastAPI()

    @app.get("/search", response_class=HTMLResponse)
    async def search(term: str, page: int, size: int):
        return f"{term} {page} {size}"

    return app


@APPS.case("json_body")
def _json_body():
    app = FastAPI()

    @app.post("/", response_class=HTMLResponse)
    async def create(person: Annotated[dict, Body()]):
        return f"{person['name']} {person['age']}"

    return app


class Address(BaseModel):
    """Where a person lives."""

    city: str
    zip: str


class Person(BaseModel):
    """What is sent."""

    name: str
    age: int
    tags: list[str]
    address: Address


class Receipt(BaseModel):
    """What is answered."""

    name: str
    age: int
    cities: list[str]


@APPS.case("typed")
def _typed():
    app = FastAPI()

    @app.post("/")
    async def create(person: Person) -> Receipt:
        return Receipt(name=person.name, age=person.age, cities=[person.address.city])

    return app


@APPS.case("form")
def _form():
    app = FastAPI()

    @app.post("/", response_class=HTMLResponse)
    async def create(name: Annotated[str, Form()], age: Annotated[int, Form()], note: Annotated[str, Form()]):
        return f"{name} {age} {note}"

    return app


@APPS.case("multipart")
def _multipart():
    app = FastAPI()

    @app.post("/", response_class=HTMLResponse)
    async def upload(title: Annotated[str, Form()], file: Annotated[UploadFile, File()]):
        return f"{title} {len(await file.read())}"

    return app


@APPS.case("template")
def _template():
    app = FastAPI()
    templates = Jinja2Templates(directory=TEMPLATES)

    @app.get("/", response_class=HTMLResponse)
    async def table(request: Request):
        return templates.TemplateResponse(request, "table.html", {"title": TITLE, "rows": ROWS})

    return app


@APPS.case("session_write")
@APPS.case("session_read")
def _session():
    app = FastAPI(default_response_class=HTMLResponse)
    app.add_middleware(SessionMiddleware, secret_key=SECRET)

    @app.get("/login")
    async def login(request: Request):
        request.session["user"] = "Ann"
        return "ok"

    @app.get("/who")
    async def who(request: Request):
        return request.session["user"]

    return app


@APPS.case("url_for")
def _url_for():
    app = FastAPI(default_response_class=HTMLResponse)

    @app.get("/")
    async def link():
        return app.url_path_for("item", number=7)

    @app.get("/item/{number}", name="item")
    async def item(number: int):
        return str(number)

    return app


@APPS.case("hooks")
def _hooks():
    async def before_and_teardown(request: Request):
        request.state.user = "Ann"
        try:
            yield
        finally:
            Teardowns.add()

    app = FastAPI(default_response_class=HTMLResponse)
    router = APIRouter(prefix="/part", dependencies=[Depends(before_and_teardown)])

    @app.middleware("http")
    async def after(request: Request, call_next):
        response = await call_next(request)
        response.headers["X-Hook"] = "after"
        return response

    @router.get("/")
    async def who(request: Request):
        return request.state.user

    app.include_router(router)
    return app


@APPS.case("error_handler")
def _error_handler():
    app = FastAPI()

    @app.get("/")
    async def fail():
        raise ValueError("no")

    @app.exception_handler(ValueError)
    async def caught(request: Request, error: ValueError):
        return HTMLResponse(f"caught: {error}", 400)

    return app


@APPS.case("redirect")
def _redirect():
    app = FastAPI()

    @app.get("/old", response_class=RedirectResponse, status_code=302)
    async def old():
        return "/new"

    return app


@APPS.case("static_304")
@APPS.case("static")
def _static():
    app = FastAPI()
    app.mount("/static", StaticFiles(directory=make_static_folder()))
    return app


@APPS.case("stream")
def _stream():
    app = FastAPI()

    async def produce():
        for _ in range(CHUNKS):
            yield CHUNK

    @app.get("/")
    async def chunks():
        return StreamingResponse(produce(), media_type="text/plain")

    return app


@APPS.case("async_view")
def _async_view():
    app = FastAPI()

    @app.get("/", response_class=HTMLResponse)
    async def hello():
        await asyncio.sleep(0)
        return HELLO

    return app


@APPS.case("sync_json")
def _sync_json():
    app = FastAPI()

    @app.get("/")
    def message():
        return MESSAGE

    return app
