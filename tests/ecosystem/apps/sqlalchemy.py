"""A library catalogue on Flask-SQLAlchemy: two databases, pages, errors, and sessions that end with the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask import Flask, Response, abort, jsonify, render_template_string, request, stream_with_context, url_for
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.record_queries import get_recorded_queries
from flask_sqlalchemy.track_modifications import models_committed
from sqlalchemy import ForeignKey
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps import Step

PAGE = """
<h1>{{ page.total }} books</h1>
{% for book in page %}<li>{{ book.title }} by {{ book.author.name }}</li>
{% else %}<p>none</p>
{% endfor %}
{% for number in page.iter_pages() %}<a href="{{ url_for('books', page=number, per_page=2) }}">{{ number }}</a>
{% endfor %}
"""


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(model_class=Base)


class Author(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    books: Mapped[list[Book]] = relationship(back_populates="author", cascade="all, delete-orphan")


class Book(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="books")


class AuditEntry(db.Model):
    __bind_key__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]


def create_app(folder: str) -> Flask:
    app = Flask(__name__)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder}/library.sqlite",
        SQLALCHEMY_BINDS={"audit": f"sqlite:///{folder}/audit.sqlite"},
        SQLALCHEMY_RECORD_QUERIES=True,
        SQLALCHEMY_TRACK_MODIFICATIONS=True,
    )
    db.init_app(app)
    add_commands(app)
    add_author_views(app)
    add_book_views(app)
    add_session_views(app)

    @app.errorhandler(IntegrityError)
    def answer_conflict(error: IntegrityError) -> tuple[Response, int]:
        db.session.rollback()
        return jsonify(error="conflict", kind=type(error.orig).__name__), 409

    @app.after_request
    def count_queries(response: Response) -> Response:
        response.headers["X-Queries"] = str(len(get_recorded_queries()))
        return response

    return app


def add_commands(app: Flask) -> None:
    @app.cli.command("create-tables")
    def create_tables() -> None:
        """Create the tables of both databases."""
        db.create_all()
        click.echo(", ".join(sorted(db.metadata.tables)))

    @app.cli.command("seed")
    @click.argument("names", nargs=-1)
    @click.option("--titles", default=1, show_default=True)
    def seed(names: tuple[str, ...], titles: int) -> None:
        """Add authors, each with some titles."""
        for name in names:
            db.session.add(Author(name=name, books=[Book(title=f"{name} {number}") for number in range(titles)]))
        db.session.commit()
        click.secho(f"{len(names)} authors", fg="green")


def describe_author(author: Author) -> dict[str, object]:
    return {"id": author.id, "name": author.name, "books": [book.title for book in author.books]}


def add_author_views(app: Flask) -> None:
    @app.post("/authors")
    def create_author() -> tuple[dict[str, object], int, dict[str, str]]:
        author = Author(name=request.get_json()["name"])
        db.session.add(author)
        db.session.flush()
        db.session.add(AuditEntry(what=f"created {author.name}"))
        db.session.commit()
        return describe_author(author), 201, {"Location": url_for("show_author", author_id=author.id)}

    @app.get("/authors")
    def list_authors() -> dict[str, object]:
        page = db.paginate(db.select(Author).order_by(Author.name), max_per_page=3)
        return {"total": page.total, "pages": page.pages, "names": [author.name for author in page.items]}

    @app.get("/authors/<int:author_id>")
    def show_author(author_id: int) -> dict[str, object]:
        return describe_author(db.get_or_404(Author, author_id, description=f"no author {author_id}"))

    @app.get("/authors/by-name/<name>")
    def find_author(name: str) -> dict[str, object]:
        return describe_author(db.one_or_404(db.select(Author).filter_by(name=name)))

    @app.patch("/authors/<int:author_id>")
    def rename_author(author_id: int) -> dict[str, object]:
        author = db.get_or_404(Author, author_id)
        author.name = request.get_json()["name"]
        db.session.commit()
        return describe_author(author)

    @app.delete("/authors/<int:author_id>")
    def delete_author(author_id: int) -> tuple[str, int]:
        db.session.delete(db.get_or_404(Author, author_id))
        db.session.commit()
        return "", 204


def add_book_views(app: Flask) -> None:
    @app.post("/authors/<int:author_id>/books")
    def add_book(author_id: int) -> tuple[dict[str, object], int]:
        author = db.get_or_404(Author, author_id)
        author.books.append(Book(title=request.form["title"]))
        db.session.commit()
        return describe_author(author), 201

    @app.get("/books")
    def books() -> str:
        page = db.paginate(db.select(Book).order_by(Book.title), per_page=2)
        return render_template_string(PAGE, page=page)

    @app.get("/books.csv")
    def export_books() -> Response:
        def rows() -> Iterator[str]:
            yield f"title,author,{request.args.get('mark', '')}\n"
            for book in db.session.scalars(db.select(Book).order_by(Book.id)):
                yield f"{book.title},{book.author.name}\n"

        return Response(stream_with_context(rows()), mimetype="text/csv")


def add_session_views(app: Flask) -> None:
    @app.get("/half-done")
    def half_done() -> None:
        db.session.add(Author(name="never committed"))
        db.session.flush()
        abort(500 if "abort" in request.args else 503)

    @app.get("/crash")
    def crash() -> None:
        db.session.add(Author(name="never committed"))
        db.session.flush()
        raise RuntimeError("crash after flush")

    @app.get("/nested")
    def nested() -> dict[str, bool]:
        outer = db.session()
        with app.app_context():
            inner = db.session()
        return {"own_session": outer is not inner, "same_after": outer is db.session()}


def drive(app: Flask, folder: str) -> Iterator[Step]:
    committed: list[str] = []

    def note(_sender: Flask, changes: list[tuple[object, str]]) -> None:
        committed.extend(f"{operation} {type(model).__name__}" for model, operation in changes)

    models_committed.connect(note, app)
    yield from drive_commands(app)
    yield from drive_authors(app)
    yield from drive_books(app)
    yield from drive_sessions(app)
    yield "committed models", committed
    with app.app_context():
        yield "audit rows", [entry.what for entry in db.session.scalars(db.select(AuditEntry))]
        yield "engines", {str(key): engine.url.database.removeprefix(folder) for key, engine in db.engines.items()}
        yield "shell", sorted(app.make_shell_context())


def drive_commands(app: Flask) -> Iterator[Step]:
    runner = app.test_cli_runner()
    yield "create tables", runner.invoke(args=["create-tables"])
    yield "seed", runner.invoke(args=["seed", "Woolf", "Eco", "--titles", "2"])
    yield "seed again", str(runner.invoke(args=["seed", "Woolf"]).exception.__class__.__name__)
    yield "seed help", runner.invoke(args=["seed", "--help"])


def drive_authors(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    yield "create", client.post("/authors", json={"name": "Calvino"})
    yield "create twice", client.post("/authors", json={"name": "Calvino"})
    yield "create without JSON", client.post("/authors", data="name=x")
    yield "create with broken JSON", client.post("/authors", data="{", content_type="application/json")
    yield "show", client.get("/authors/1")
    yield "show missing", client.get("/authors/99")
    yield "find", client.get("/authors/by-name/Eco")
    yield "find missing", client.get("/authors/by-name/Nobody")
    yield "list", client.get("/authors?per_page=2")
    yield "list past the end", client.get("/authors?page=9")
    yield "list with a bad page", client.get("/authors?page=x")
    yield "list over the maximum", client.get("/authors?per_page=500")
    yield "rename", client.patch("/authors/3", json={"name": "Italo Calvino"})
    yield "rename to a taken name", client.patch("/authors/3", json={"name": "Eco"})
    yield "unknown method", client.put("/authors/3")
    yield "options", client.options("/authors/3")


def drive_books(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    yield "add book", client.post("/authors/3/books", data={"title": "Il barone <rampante>"})
    yield "add book without title", client.post("/authors/3/books")
    yield "books", client.get("/books")
    yield "books, page 3", client.get("/books?page=3&per_page=2")
    yield "export", client.get("/books.csv?mark=m")
    yield "head", client.head("/books.csv")
    yield "delete", client.delete("/authors/1")
    yield "delete again", client.delete("/authors/1")
    yield "export after delete", client.get("/books.csv")


def drive_sessions(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    for path in ("/half-done", "/half-done?abort", "/crash"):
        yield path, client.get(path)
        yield f"list after {path}", client.get("/authors")
    yield "nested", client.get("/nested")
    with client:
        client.get("/authors/2")
        yield "session of a kept request", [author.name for author in db.session.scalars(db.select(Author))]
    app.testing = True
    try:
        client.get("/crash")
    except RuntimeError as error:
        yield "crash while testing", str(error)
    with app.test_request_context("/authors/2"):
        yield "dispatch by hand", app.full_dispatch_request()
