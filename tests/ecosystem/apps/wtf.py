"""A guest book on Flask-WTF: forms, CSRF tokens in forms and headers, uploads; rows in plain `sqlite3`."""

from __future__ import annotations

import os
import re
import sqlite3
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import time_machine
from flask import (
    Blueprint,
    Flask,
    current_app,
    flash,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    send_from_directory,
    session,
    url_for,
)
from flask_wtf import CSRFProtect, FlaskForm, Form
from flask_wtf.csrf import CSRFError, generate_csrf, validate_csrf
from flask_wtf.file import FileAllowed, FileField, FileRequired, FileSize, MultipleFileField
from werkzeug.utils import secure_filename
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    FormField,
    IntegerField,
    SelectField,
    StringField,
    SubmitField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import DataRequired, Length, NumberRange, Optional

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient
    from flask.typing import ResponseReturnValue
    from werkzeug.test import TestResponse

    from apps import Step

FROZEN_STAMP = 1_900_000_000
csrf = CSRFProtect()
book = Blueprint("book", __name__)
hooks = Blueprint("hooks", __name__, url_prefix="/hooks")


class TagForm(Form):
    word = StringField("Word", [Length(max=8)])


class EntryForm(FlaskForm):
    name = StringField("Name", [DataRequired(), Length(max=20)], filters=[lambda value: value and value.strip()])
    age = IntegerField("Age", [Optional(), NumberRange(0, 150)])
    born = DateField("Born", [Optional()])
    colour = SelectField("Colour", choices=["red", "green & blue"])
    text = TextAreaField("Text", default="<none>")
    agreed = BooleanField("Agreed")
    tags = FieldList(FormField(TagForm), min_entries=1)
    send = SubmitField("Send")

    def validate_name(self, field: StringField) -> None:
        taken = connect().execute("SELECT 1 FROM entry WHERE name = ?", (field.data,)).fetchone()
        if taken:
            raise ValidationError(f"{field.data} has signed already.")


class UploadForm(FlaskForm):
    picture = FileField("Picture", [FileRequired(), FileAllowed(["png", "txt"], "Pictures only."), FileSize(50)])
    extras = MultipleFileField("Extras", [FileAllowed(["txt"])])


class PlainForm(FlaskForm):
    class Meta:
        csrf = False

    word = StringField("Word", [DataRequired()])


def create_app(folder: str) -> Flask:
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY="guest secret",
        DATABASE=f"{folder}/guests.sqlite",
        UPLOADS=f"{folder}/uploads",
        MAX_CONTENT_LENGTH=2000,
        WTF_CSRF_TIME_LIMIT=1800,
    )
    Path(app.config["UPLOADS"]).mkdir()
    csrf.init_app(app)
    csrf.exempt(hooks)
    app.register_blueprint(book)
    app.register_blueprint(hooks)
    app.teardown_appcontext(disconnect)
    with app.app_context(), app.open_resource("templates/wtf/guestbook.sql") as script:
        connect().executescript(script.read().decode())
    return app


def connect() -> sqlite3.Connection:
    if "connection" not in g:
        g.connection = sqlite3.connect(current_app.config["DATABASE"])
        g.connection.row_factory = sqlite3.Row
    return g.connection


def disconnect(_error: BaseException | None) -> None:
    connection = g.pop("connection", None)
    if connection is not None:
        connection.close()


@book.app_errorhandler(CSRFError)
def explain_csrf(error: CSRFError) -> ResponseReturnValue:
    return f"refused: {error.description}\n", error.code, {"X-Reason": error.name}


@book.route("/", methods=["GET", "POST"])
def sign() -> ResponseReturnValue:
    form = EntryForm(colour="green & blue")
    if form.validate_on_submit():
        words = ",".join(tag["word"] or "" for tag in form.tags.data)
        row = (form.name.data, form.age.data, str(form.born.data), form.colour.data, words)
        with connect() as connection:
            connection.execute("INSERT INTO entry (name, age, born, colour, tags) VALUES (?, ?, ?, ?, ?)", row)
        flash(f"Thank you, {form.name.data}!")
        return redirect(url_for(".sign"))
    return render_template("wtf/form.html", form=form), 422 if form.errors else 200


@book.get("/entries")
def entries() -> ResponseReturnValue:
    return jsonify([dict(row) for row in connect().execute("SELECT * FROM entry ORDER BY id")])


@book.route("/upload", methods=["GET", "POST"])
def upload() -> ResponseReturnValue:
    form = UploadForm()
    if not form.validate_on_submit():
        return render_template("wtf/form.html", form=form), 422 if form.errors else 200
    for file in (form.picture.data, *form.extras.data):
        if file.filename:
            path = Path(current_app.config["UPLOADS"], secure_filename(file.filename))
            file.save(path)
            os.utime(path, (FROZEN_STAMP, FROZEN_STAMP))
            row = (path.name, path.stat().st_size)
            connect().execute("INSERT INTO upload (name, size) VALUES (?, ?)", row)
    connect().commit()
    return redirect(url_for("book.uploads"), 303)


@book.get("/uploads")
def uploads() -> ResponseReturnValue:
    return {row["name"]: row["size"] for row in connect().execute("SELECT name, size FROM upload")}


@book.get("/uploads/<path:name>")
def download(name: str) -> ResponseReturnValue:
    return send_from_directory(current_app.config["UPLOADS"], name, as_attachment="save" in request.args)


@book.route("/api/entries", methods=["POST", "PUT", "PATCH", "DELETE"])
def api() -> ResponseReturnValue:
    return {"method": request.method, "got": request.get_json(silent=True)}


@book.get("/token")
def token() -> str:
    return generate_csrf()


@book.post("/by-hand")
@csrf.exempt
def by_hand() -> ResponseReturnValue:
    try:
        validate_csrf(request.form.get("mine"))
    except ValidationError as error:
        return f"by hand: {error}", 403
    return "by hand: fine"


@hooks.post("/<name>")
def hook(name: str) -> ResponseReturnValue:
    form = PlainForm()
    return {"hook": name, "valid": form.validate(), "errors": form.errors, "json": request.is_json}


def fetch_token(client: FlaskClient, path: str = "/") -> str:
    page = client.get(path).get_data(as_text=True)
    return re.search(r'name="csrf_token" type="hidden" value="([^"]+)"', page)[1]


def drive(app: Flask, _folder: str) -> Iterator[Step]:
    yield from drive_forgery(app)
    yield from drive_form(app)
    yield from drive_uploads(app)
    yield from drive_downloads(app)
    yield from drive_headers(app)
    yield from drive_https(app)
    yield from drive_settings(app)


def drive_forgery(app: Flask) -> Iterator[Step]:
    client, stranger = app.test_client(), app.test_client()
    yield "page", client.get("/")
    good = fetch_token(client)
    yield "form without token", client.post("/", data={"name": "Mallory", "colour": "red"})
    yield "form with wrong token", client.post("/", data={"name": "Mallory", "csrf_token": good[:-3] + "abc"})
    yield "form with garbage token", client.post("/", data={"name": "Mallory", "csrf_token": "\x00é"})
    yield "token without session", stranger.post("/", data={"name": "Mallory", "csrf_token": good})
    fetch_token(stranger)
    yield "token of another session", stranger.post("/", data={"name": "Mallory", "csrf_token": good})
    with time_machine.travel("2030-05-17 12:29:59+00:00", tick=False):
        yield "token in time", client.post("/", data={"name": " Ada ", "colour": "red", "csrf_token": good})
    with time_machine.travel("2030-05-17 12:30:01+00:00", tick=False):
        yield "token too old", client.post("/", data={"name": "Late", "colour": "red", "csrf_token": good})
    yield "put without token", client.put("/api/entries")
    yield "entries after forgery", client.get("/entries")


def drive_form(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    form = {
        "csrf_token": fetch_token(client),
        "name": "Bób",
        "age": "42",
        "born": "1990-02-28",
        "colour": "green & blue",
    }
    tags = {"tags-0-word": "wine", "tags-1-word": "oil", "agreed": "y"}
    yield "right form", client.post("/", data=form | tags)
    yield "page with thanks", client.get("/")
    yield "name taken", client.post("/", data=form)
    wrong = {"name": "x" * 21, "age": "151", "born": "30.2.", "colour": "b", "tags-0-word": "very long word"}
    yield "wrong in every field", client.post("/", data=form | wrong)
    yield "empty", client.post("/", data={"csrf_token": form["csrf_token"]})
    yield "urlencoded and followed", client.post("/", data=form | {"name": "Cy"}, follow_redirects=True)
    yield "entries", client.get("/entries")


def send_files(client: FlaskClient, good: str, *files: tuple[str, bytes, str]) -> TestResponse:
    fields = {"csrf_token": good}
    for field, content, name in files:
        fields.setdefault(field, []).append((BytesIO(content), name))
    return client.post("/upload", data=fields, content_type="multipart/form-data")


def drive_uploads(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    good = fetch_token(client, "/upload")
    yield "upload page", client.get("/upload")
    yield "upload without token", send_files(client, "", ("picture", b"x", "a.png"))
    yield "upload without file", send_files(client, good)
    yield "upload of a wrong kind", send_files(client, good, ("picture", b"x", "a.exe"))
    yield "upload too large", send_files(client, good, ("picture", b"x" * 51, "a.png"))
    yield "upload over the limit of the app", send_files(client, good, ("picture", b"x" * 3000, "a.png"))
    content = b"\x89PNG\r\n\x1a\n"
    files = [("picture", content, "../../ä picture.png"), ("extras", b"one", "1.txt"), ("extras", b"", "2.txt")]
    yield "upload", send_files(client, good, *files)
    yield "uploads", client.get("/uploads")


def drive_downloads(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    yield "download", (found := client.get("/uploads/1.txt"))
    yield "download unchanged", client.get("/uploads/1.txt", headers={"If-None-Match": found.headers["ETag"]})
    yield "download a range", client.get("/uploads/1.txt", headers={"Range": "bytes=1-"})
    yield "download as attachment", client.get("/uploads/1.txt?save")
    yield "download outside", client.get("/uploads/../guests.sqlite")
    yield "download missing", client.get("/uploads/no.txt")


def drive_headers(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    good = client.get("/token").get_data(as_text=True)
    yield "token", client.get("/token")
    yield "JSON without token", client.post("/api/entries", json={"a": 1})
    for header in ("X-CSRFToken", "X-CSRF-Token"):
        yield f"JSON with {header}", client.post("/api/entries", json={"a": 1}, headers={header: good})
    yield "delete with wrong header", client.delete("/api/entries", headers={"X-CSRFToken": "x"})
    yield "exempt view, no token", client.post("/by-hand")
    yield "exempt view, token", client.post("/by-hand", data={"mine": good})
    yield "exempt blueprint, form", client.post("/hooks/push", data={"word": "w"})
    yield "exempt blueprint, JSON", client.post("/hooks/push", json={"word": "w"})
    yield "unknown page", client.post("/nowhere")


def drive_https(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    home = {"base_url": "https://guests.example"}
    good = client.get("/token", **home).get_data(as_text=True)
    for label, headers in (
        ("without referrer", {}),
        ("from elsewhere", {"Referer": "https://evil.example/"}),
        ("from http", {"Referer": "http://guests.example/"}),
        ("from home", {"Referer": "https://guests.example/token"}),
    ):
        yield f"https {label}", client.post("/api/entries", headers=headers | {"X-CSRFToken": good}, **home)


def drive_settings(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    yield "no check by default, view without form", client.post("/api/entries")
    yield "no check by default, form", client.post("/", data={"name": "Mallory", "colour": "red"})
    app.config.update(WTF_CSRF_CHECK_DEFAULT=True, WTF_CSRF_ENABLED=False)
    yield "CSRF off", client.post("/", data={"name": "Dora", "colour": "red", "tags-0-word": "t"})
    app.config["WTF_CSRF_ENABLED"] = True
    with app.test_request_context(method="POST", data={"name": "Eli", "colour": "green & blue"}):
        form = EntryForm()
        yield "form by hand", [form.validate(), sorted(form.errors), "csrf_token" in session]
    with app.test_request_context(method="POST", json={"word": "from JSON"}):
        yield "form from JSON", PlainForm().word.data
