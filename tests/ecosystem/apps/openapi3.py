"""A book shelf on flask-openapi3, whose views are annotated with pydantic models that it fills by their names."""

from __future__ import annotations

import io
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import jsonify, make_response
from flask_openapi3 import APIBlueprint, APIView, FileStorage, Info, OpenAPI, Tag
from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps import Step


class BookPath(BaseModel):
    number: int = Field(..., description="Its number", ge=1)


class BookQuery(BaseModel):
    kind: str | None = Field(None, pattern="^(novel|poem)$")
    tags: list[str] = []


class BookBody(BaseModel):
    title: str = Field(..., min_length=1, max_length=20)
    pages: int = 1
    inner: BookPath | None = None


class BookHeader(BaseModel):
    key: str = Field(..., alias="X-Key")


class BookCookie(BaseModel):
    token: str


class BookForm(BaseModel):
    picture: FileStorage
    words: list[str]


class BookAnswer(BaseModel):
    code: int = 0
    book: BookBody


class NotFound(BaseModel):
    code: int = -1
    message: str = "No such book"


tag = Tag(name="book", description="Books")
notes = APIBlueprint("notes", __name__, url_prefix="/notes", abp_tags=[tag])
shelves = APIView(url_prefix="/shelves/<int:shelf>", view_tags=[Tag(name="shelf")])


class ShelfPath(BaseModel):
    shelf: int


@shelves.route("/books")
class Books:
    """Show what stands on a shelf."""

    def __init__(self, view_kwargs: dict[str, Any] | None = None) -> None:
        self.extra = view_kwargs

    @shelves.doc(summary="List", responses={200: BookAnswer})
    def get(self, path: ShelfPath, query: BookQuery) -> dict[str, Any]:
        return {"shelf": path.shelf, "kind": query.kind, "extra": self.extra}

    @shelves.doc(summary="Add")
    def post(self, path: ShelfPath, body: BookBody) -> Any:
        return jsonify({"shelf": path.shelf, "title": body.title})


@notes.get("/<int:number>", summary="Show a note")
def show_note(path: BookPath, header: BookHeader, cookie: BookCookie) -> dict[str, Any]:
    """Show a note.

    With a key.
    """
    return {"number": path.number, "key": header.key, "token": cookie.token}


@notes.post("/pictures")
def add_picture(form: BookForm) -> dict[str, Any]:
    return {"size": len(form.picture.read()), "name": form.picture.filename, "words": form.words}


def add_views(app: OpenAPI) -> None:
    @app.get("/books", tags=[tag])
    def list_books(query: BookQuery) -> dict[str, Any]:
        return query.model_dump()

    @app.post("/books", tags=[tag], responses={HTTPStatus.CREATED: BookAnswer, 404: NotFound})
    def add_book(body: BookBody) -> tuple[dict[str, Any], int]:
        return BookAnswer(book=body).model_dump(), HTTPStatus.CREATED

    @app.put("/books/<int:number>", deprecated=True, operation_id="put_book")
    def change_book(path: BookPath, body: BookBody) -> BookAnswer:
        return jsonify(BookAnswer(code=path.number, book=body).model_dump())

    @app.delete("/books/<int:number>", responses={404: None})
    def delete_book(path: BookPath) -> Any:
        return make_response(NotFound().model_dump(), 404, {"X-Number": str(path.number)})

    def plain(number: int) -> str:
        return f"plain {number}"

    app.add_url_rule("/plain/<int:number>", view_func=plain)

    @app.get("/default")
    def default(query: BookQuery, page: int = 1) -> dict[str, Any]:
        return {"kind": query.kind, "page": page}


def create_app(folder: str) -> OpenAPI:
    info = Info(title="Books", version="1.2")
    security = {"jwt": {"type": "http", "scheme": "bearer"}}
    app = OpenAPI(__name__, info=info, security_schemes=security, responses={"400": NotFound})
    add_views(app)
    app.register_api(notes)
    app.register_api_view(shelves, view_kwargs={"extra": "kept"})
    return app


def drive(app: OpenAPI, folder: str) -> Iterator[Step]:
    client = app.test_client()
    yield "list", client.get("/books?kind=poem&tags=a&tags=b")
    yield "wrong query", client.get("/books?kind=cow")
    yield "add", client.post("/books", json={"title": "Emma", "inner": {"number": 3}, "more": 1})
    yield "wrong body", client.post("/books", json={"title": "", "pages": "x", "inner": {"number": 0}})
    yield "no body", client.post("/books")
    yield "broken JSON", client.post("/books", data="{", content_type="application/json")
    yield "change", client.put("/books/7", json={"title": "Emma"})
    yield "change wrong", client.put("/books/0", json={"title": "Emma"})
    yield "delete", client.delete("/books/7")
    yield "plain", client.get("/plain/7")
    yield "default", client.get("/default?kind=novel&page=4")
    yield "no key", client.get("/notes/7")
    client.set_cookie("token", "t")
    yield "note", client.get("/notes/7", headers={"X-Key": "k"})
    form = {"picture": (io.BytesIO(b"\x89PNG"), "a.png"), "words": ["a", "é"]}
    yield "picture", client.post("/notes/pictures", data=form)
    yield "shelf", client.get("/shelves/3/books?kind=novel")
    yield "shelf add", client.post("/shelves/3/books", json={"title": "Emma"})
    yield "shelf wrong", client.post("/shelves/3/books", json={})
    yield "unknown", client.get("/nowhere")
    yield "document", client.get("/openapi/openapi.json")
    yield "pages", client.get("/openapi/")
    yield "command", app.test_cli_runner().invoke(args=["openapi"])
