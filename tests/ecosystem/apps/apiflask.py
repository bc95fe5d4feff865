"""A book shelf on APIFlask: schemas of every location, authentication, pages, JSON errors and its own document."""

from __future__ import annotations

import dataclasses
import io
from typing import TYPE_CHECKING, Any

from apiflask import APIBlueprint, APIFlask, FileSchema, HTTPTokenAuth, PaginationSchema, Schema, abort
from apiflask import pagination_builder as build_pagination
from apiflask.fields import File, Integer, List, Nested, String
from apiflask.validators import Length, OneOf
from apiflask.views import MethodView
from flask import send_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps import Step

KINDS = ["novel", "poem"]


@dataclasses.dataclass
class Book:
    id: int
    title: str
    kind: str
    owner: str = "nobody"


@dataclasses.dataclass
class Page:
    """What the pagination of Flask-SQLAlchemy has."""

    page: int
    per_page: int
    total: int
    pages: int
    has_next: bool
    has_prev: bool
    next_num: int
    prev_num: int


class BookIn(Schema):
    title = String(required=True, validate=Length(1, 20), metadata={"description": "Its name"})
    kind = String(load_default="novel", validate=OneOf(KINDS))


class BookOut(Schema):
    id = Integer()
    title = String()
    kind = String()


class BooksOut(Schema):
    books = List(Nested(BookOut))
    pagination = Nested(PaginationSchema)


class PageIn(Schema):
    page = Integer(load_default=1)
    kind = String(validate=OneOf(KINDS))


class PictureIn(Schema):
    picture = File(required=True)
    words = String()


class KeyIn(Schema):
    key = String(data_key="X-Key", required=True)


auth = HTTPTokenAuth(scheme="Bearer")
notes = APIBlueprint("notes", __name__, url_prefix="/notes", tag="Notes")
BOOKS = [Book(1, "Emma", "novel"), Book(2, "Rime", "poem"), Book(3, "Dracula", "novel")]


@auth.verify_token
def verify(token: str) -> dict[str, str] | None:
    return {"name": "ann"} if token == "good" else None


def find(number: int) -> Book:
    found = [book for book in BOOKS if book.id == number]
    if not found:
        abort(404, message=f"No book {number}.", detail={"number": number}, headers={"X-Looked": "yes"})
    return found[0]


class OneBook(MethodView):
    @notes.output(BookOut)
    def get(self, number: int) -> Book:
        """Show a book."""
        return find(number)

    @notes.input(BookIn(partial=True), location="json", arg_name="change")
    @notes.output(BookOut)
    def patch(self, number: int, change: dict[str, Any]) -> Book:
        return dataclasses.replace(find(number), **change)

    @notes.auth_required(auth)
    @notes.output({}, status_code=204)
    def delete(self, number: int) -> str:
        find(number)
        return ""


notes.add_url_rule("/<int:number>", view_func=OneBook.as_view("book"))


@notes.get("/whoami")
@notes.auth_required(auth)
@notes.output({"name": String()})
def whoami() -> dict[str, str]:
    return {"name": auth.current_user["name"], "secret": "not told"}


def add_views(app: APIFlask) -> None:
    @app.get("/")
    def index() -> dict[str, str]:
        return {"message": "hello", "another": "é"}

    @app.get("/books")
    @app.input(PageIn, location="query")
    @app.output(BooksOut)
    def list_books(query_data: dict[str, Any]) -> dict[str, Any]:
        """List the books.

        Two a page.
        """
        found = [book for book in BOOKS if query_data.get("kind") in {None, book.kind}]
        number = query_data["page"]
        page = Page(number, 2, len(found), 2, number < 2, number > 1, number + 1, number - 1)
        return {"books": found[(number - 1) * 2 : number * 2], "pagination": build_pagination(page)}

    @app.post("/books")
    @app.input(BookIn)
    @app.output(BookOut, status_code=201, headers=KeyIn)
    @app.doc(summary="Add a book", tags=["Books"], responses={409: "Taken"})
    def add_book(json_data: dict[str, Any]) -> tuple[Book, int, dict[str, str]]:
        return Book(9, **json_data), 201, {"X-Key": "k"}

    @app.post("/pictures")
    @app.input(PictureIn, location="form_and_files")
    @app.input(KeyIn, location="headers")
    def add_picture(form_and_files_data: dict[str, Any], headers_data: dict[str, Any]) -> dict[str, Any]:
        picture = form_and_files_data["picture"]
        return {"size": len(picture.read()), "words": form_and_files_data.get("words"), "key": headers_data["key"]}

    @app.get("/picture")
    @app.output(FileSchema, content_type="image/png")
    def picture() -> Any:
        return send_file(io.BytesIO(b"\x89PNG"), mimetype="image/png")

    @app.get("/typed/<int:number>")
    def typed(number: int, size: int = 3) -> dict[str, Any]:
        return {"number": number, "size": size}

    @app.get("/bug")
    def bug() -> str:
        raise LookupError("a bug")


def create_app(folder: str) -> APIFlask:
    app = APIFlask(__name__, title="Books", version="1.2")
    app.config.update(DESCRIPTION="A shelf", TAGS=["Books", "Notes"], SERVERS=[{"url": "https://books.example"}])
    add_views(app)
    app.register_blueprint(notes)
    return app


def drive(app: APIFlask, folder: str) -> Iterator[Step]:
    client = app.test_client()
    good = {"Authorization": "Bearer good"}
    yield "index", client.get("/")
    yield "list", client.get("/books")
    yield "page 2", client.get("/books?page=2")
    yield "poems", client.get("/books?kind=poem")
    yield "wrong query", client.get("/books?kind=cow&page=x")
    yield "add", client.post("/books", json={"title": "Ulysses"})
    yield "wrong body", client.post("/books", json={"title": "", "kind": "cow", "more": 1})
    yield "no body", client.post("/books")
    yield "broken JSON", client.post("/books", data="{", content_type="application/json")
    yield "show", client.get("/notes/1")
    yield "change", client.patch("/notes/1", json={"title": "Emma II"})
    yield "missing", client.get("/notes/7")
    yield "delete unauthorized", client.delete("/notes/1")
    yield "delete", client.delete("/notes/1", headers=good)
    yield "who", client.get("/notes/whoami", headers=good)
    yield "who else", client.get("/notes/whoami", headers={"Authorization": "Bearer bad"})
    yield from drive_others(app)


def drive_others(app: APIFlask) -> Iterator[Step]:
    client = app.test_client()
    files = {"picture": (io.BytesIO(b"\x89PNG"), "a.png"), "words": "é"}
    yield "picture", client.post("/pictures", data=files, headers={"X-Key": "k"})
    yield "no picture", client.post("/pictures", data={"words": "x"}, headers={"X-Key": "k"})
    yield "no key", client.post("/pictures", data={"picture": (io.BytesIO(b"x"), "a.png")})
    yield "send", client.get("/picture")
    yield "annotated", client.get("/typed/7?size=9")
    yield "unknown", client.get("/nowhere")
    yield "wrong method", client.delete("/books")
    yield "bug", client.get("/bug")
    yield "document", client.get("/openapi.json")
    yield "docs", client.get("/docs")
    with app.app_context():
        yield "spec", app.spec
