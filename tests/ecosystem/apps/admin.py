"""A shop's back office on Flask-Admin: model pages over SQLAlchemy, own pages, files, and who may enter."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, flash, redirect, request, session, url_for
from flask_admin import Admin, AdminIndexView, BaseView, expose
from flask_admin.actions import action
from flask_admin.base import MenuLink
from flask_admin.contrib.fileadmin import FileAdmin
from flask_admin.contrib.sqla import ModelView
from flask_admin.form import SecureForm
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from wtforms.validators import Length

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient
    from flask.typing import ResponseReturnValue

    from apps import Step


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(model_class=Base)


class Maker(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    wines: Mapped[list[Wine]] = relationship(back_populates="maker")

    def __str__(self) -> str:
        return self.name


class Wine(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    litres: Mapped[int | None]
    sold: Mapped[bool] = mapped_column(default=False)
    maker_id: Mapped[int | None] = mapped_column(ForeignKey("maker.id"))
    maker: Mapped[Maker | None] = relationship(back_populates="wines")


class GuardedIndex(AdminIndexView):
    @expose("/")
    def index(self) -> ResponseReturnValue:
        if "clerk" not in session:
            return redirect(url_for(".log_in", next=request.url))
        return super().index()

    @expose("/login/", methods=("GET", "POST"))
    def log_in(self) -> ResponseReturnValue:
        if request.method == "POST" and request.form.get("password") == "cork":
            session["clerk"] = request.form["name"]
            flash("You are in.", "success")
            return redirect(url_for(".index"))
        return (
            "<form method=post><input name=name><input name=password></form>",
            200 if request.method == "GET" else 401,
        )

    @expose("/logout/")
    def log_out(self) -> ResponseReturnValue:
        session.pop("clerk", None)
        return redirect(url_for(".index"))


class Guarded:
    """Let clerks in; send everyone else to the login page."""

    def is_accessible(self) -> bool:
        return "clerk" in session

    def inaccessible_callback(self, _name: str, **_kwargs: Any) -> ResponseReturnValue:
        return redirect(url_for("admin.log_in", next=request.url))


class MakerView(Guarded, ModelView):
    form_base_class = SecureForm
    can_view_details = True
    column_searchable_list = ("name",)
    form_excluded_columns = ("wines",)


class WineView(Guarded, ModelView):
    can_view_details = True
    can_export = True
    page_size = 2
    column_list = ("name", "litres", "sold", "maker")
    column_searchable_list = ("name", "maker.name")
    column_filters = ("litres", "sold", "maker.name")
    column_editable_list = ("litres",)
    column_labels = {"litres": "Volume & more"}  # noqa: RUF012 - Flask-Admin's own spelling
    column_formatters = {"name": lambda _view, _context, model, _name: model.name.title()}  # noqa: RUF012
    form_args = {"name": {"validators": [Length(min=2, max=12)]}}  # noqa: RUF012
    form_ajax_refs = {"maker": {"fields": ("name",)}}  # noqa: RUF012

    @action("sell", "Sell", "Really?")
    def sell(self, ids: list[str]) -> None:
        for wine in db.session.scalars(db.select(Wine).where(Wine.id.in_(map(int, ids)))):
            wine.sold = True
        db.session.commit()
        flash(f"{len(ids)} sold", "success")


class ReportView(Guarded, BaseView):
    @expose("/")
    def index(self) -> str:
        return f"{db.session.query(Wine).count()} wines, see {self.get_url('.detail', number=3)}"

    @expose("/<int:number>/")
    def detail(self, number: int) -> str:
        return f"report {number} in {self.endpoint} below {self.admin.url}"


class PapersView(Guarded, FileAdmin):
    allowed_extensions = ("txt",)
    editable_extensions = ("txt",)
    column_list = ("name", "size")


def create_app(folder: str) -> Flask:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="admin secret", SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder}/shop.sqlite")
    db.init_app(app)
    admin = Admin(app, "Back office", index_view=GuardedIndex(name="Start"))
    admin.add_view(MakerView(Maker, db, category="Stock"))
    admin.add_view(WineView(Wine, db, category="Stock", endpoint="wines"))
    admin.add_view(ReportView("Reports", endpoint="reports"))
    papers = Path(folder, "papers")
    papers.mkdir()
    papers.joinpath("note.txt").write_text("remember the corks\n")
    os.utime(papers / "note.txt", (1_900_000_000, 1_900_000_000))
    admin.add_view(PapersView(str(papers), name="Papers", endpoint="papers"))
    admin.add_link(MenuLink("Shop", endpoint="shop", category="Out"))
    app.add_url_rule("/", "shop", lambda: "the shop")
    with app.app_context():
        db.create_all()
        db.session.add_all([Maker(name="Antinori"), Maker(name="Gaja")])
        db.session.commit()
    return app


def enter(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.post("/admin/login/", data={"name": "ada", "password": "cork"})
    return client


def fetch_token(client: FlaskClient, path: str) -> str:
    page = client.get(path).get_data(as_text=True)
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]


def drive(app: Flask, folder: str) -> Iterator[Step]:
    yield from drive_doors(app)
    yield from drive_wines(app)
    yield from drive_lists(app)
    yield from drive_changes(app)
    yield from drive_makers(app)
    yield from drive_files(app, folder)
    yield from drive_static(app)
    yield "rules", sorted(f"{rule.rule} {rule.endpoint}" for rule in app.url_map.iter_rules())


def drive_doors(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    for path in ("/admin/", "/admin/wines/", "/admin/maker/new/", "/admin/reports/", "/admin/papers/", "/"):
        yield f"{path} from outside", client.get(path)
    yield "create from outside", client.post("/admin/wines/new/", data={"name": "Stolen"})
    yield "login page", client.get("/admin/login/")
    yield "wrong password", client.post("/admin/login/", data={"name": "ada", "password": "guess"})
    yield "log in", client.post("/admin/login/", data={"name": "ada", "password": "cork"})
    yield "index", client.get("/admin/")
    yield "index again", client.get("/admin/")
    yield "report", client.get("/admin/reports/")
    yield "report 3", client.get("/admin/reports/3/")
    yield "slash redirect", client.get("/admin")
    yield "log out", client.get("/admin/logout/")
    yield "index after log out", client.get("/admin/")


def drive_wines(app: Flask) -> Iterator[Step]:
    client = enter(app)
    yield "empty list", client.get("/admin/wines/")
    yield "create page", client.get("/admin/wines/new/?url=/admin/wines/?search=x")
    yield "create", client.post("/admin/wines/new/", data={"name": "barolo", "litres": "75", "maker": "2"})
    yield (
        "create and continue",
        client.post(
            "/admin/wines/new/", data={"name": "<b>tigna", "sold": "y", "maker": "1", "_continue_editing": "1"}
        ),
    )
    yield "create and add another", client.post("/admin/wines/new/", data={"name": "gavi", "_add_another": "1"})
    yield "create refused", client.post("/admin/wines/new/", data={"name": "x", "litres": "many"})
    yield "list", client.get("/admin/wines/")


def drive_lists(app: Flask) -> Iterator[Step]:
    client = enter(app)
    for label, query in (
        ("page 2", "page=1"),
        ("sorted", "sort=1&desc=1"),
        ("search", "search=gaja"),
        ("search without result", "search=%27%22%3Cx"),
        ("filter", "flt0_7=1&flt1_9=antin"),
        ("bad page", "page=x&page_size=y&sort=99"),
    ):
        yield label, client.get(f"/admin/wines/?{query}")
    yield "details", client.get("/admin/wines/details/?id=2")
    yield "details, missing", client.get("/admin/wines/details/?id=99")
    yield "export", client.get("/admin/wines/export/csv/")
    yield "export of unknown kind", client.get("/admin/wines/export/doc/")
    yield "lookup", client.get("/admin/wines/ajax/lookup/?name=maker&query=a&offset=0&limit=10")
    yield "lookup without name", client.get("/admin/wines/ajax/lookup/?name=none")


def drive_changes(app: Flask) -> Iterator[Step]:
    client = enter(app)
    yield "edit page", client.get("/admin/wines/edit/?id=1")
    yield "edit page, missing", client.get("/admin/wines/edit/?id=99")
    yield "edit", client.post("/admin/wines/edit/?id=1", data={"name": "Barolo <new>", "litres": "150"})
    yield "inline edit", client.post("/admin/wines/ajax/update/", data={"list_form_pk": "1", "litres": "300"})
    yield "inline edit refused", client.post("/admin/wines/ajax/update/", data={"list_form_pk": "1", "litres": "x"})
    yield "action", client.post("/admin/wines/action/", data={"action": "sell", "rowid": ["1", "3"]})
    yield "list after action", client.get("/admin/wines/?page_size=20")
    yield "delete by GET", client.get("/admin/wines/delete/?id=1")
    yield "delete", client.post("/admin/wines/delete/", data={"id": "1"})
    yield "delete by action", client.post("/admin/wines/action/", data={"action": "delete", "rowid": ["2"]})
    yield "list after delete", client.get("/admin/wines/")


def drive_makers(app: Flask) -> Iterator[Step]:
    client = enter(app)
    yield "secure create page", client.get("/admin/maker/new/")
    token = fetch_token(client, "/admin/maker/new/")
    yield "secure create without token", client.post("/admin/maker/new/", data={"name": "Forged"})
    yield (
        "secure create with wrong token",
        client.post("/admin/maker/new/", data={"name": "F", "csrf_token": token + "x"}),
    )
    yield "secure create", client.post("/admin/maker/new/", data={"name": "Ricasoli", "csrf_token": token})
    yield "secure create twice", client.post("/admin/maker/new/", data={"name": "Ricasoli", "csrf_token": token})
    yield "secure delete without token", client.post("/admin/maker/delete/", data={"id": "3"})
    yield "makers", client.get("/admin/maker/")
    token = fetch_token(client, "/admin/maker/")
    yield "secure delete", client.post("/admin/maker/delete/", data={"id": "3", "csrf_token": token})
    yield "makers after delete", client.get("/admin/maker/?search=i")


def drive_files(app: Flask, folder: str) -> Iterator[Step]:
    client = enter(app)
    yield "files", client.get("/admin/papers/")
    yield "make a folder", client.post("/admin/papers/mkdir/", data={"name": "old"})
    upload = {"upload": (io.BytesIO(b"bill\n"), "bill.txt")}
    yield "upload", client.post("/admin/papers/upload/old", data=upload)
    refused = {"upload": (io.BytesIO(b"MZ"), "bill.exe")}
    yield "upload refused", client.post("/admin/papers/upload/", data=refused)
    yield "files in the folder", client.get("/admin/papers/b/old")
    yield "download", client.get("/admin/papers/download/note.txt")
    yield "edit file page", client.get("/admin/papers/edit/?path=note.txt")
    yield "edit file", client.post("/admin/papers/edit/?path=note.txt", data={"content": "no corks\n"})
    yield "files outside", client.get("/admin/papers/b/../")
    yield "download outside", client.get("/admin/papers/download/%2e%2e/shop.sqlite")
    yield "delete file", client.post("/admin/papers/delete/", data={"path": "old/bill.txt"})
    yield "files left", sorted(str(path.relative_to(folder)) for path in Path(folder, "papers").rglob("*"))
    yield "content left", Path(folder, "papers/note.txt").read_text()


def drive_static(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    page = enter(app).get("/admin/").get_data(as_text=True)
    for path in sorted(set(re.findall(r'(?:src|href)="(/admin/static/[^"]+)"', page))):
        yield f"static {path}", client.get(path)
    yield "static, unchanged", client.get(path, headers={"If-Modified-Since": "Fri, 17 May 2030 12:00:00 GMT"})
    yield "static, missing", client.get("/admin/static/none.css")
    yield "static, outside", client.get("/admin/static/../base.py")
