"""A task list on Flask-RESTful: parsers, marshalling, errors of all kinds, and an API on a blueprint."""

from __future__ import annotations

import csv
import io
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, abort, current_app, g, got_request_exception, make_response, request
from flask.views import View
from flask_restful import (
    Api,
    Resource,
    fields,
    inputs,
    marshal,
    marshal_with,
    marshal_with_field,
    reqparse,
)
from flask_restful import (
    abort as api_abort,
)
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import HTTPException

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from apps import Step

SCHEMA = """
CREATE TABLE task (id INTEGER PRIMARY KEY, title TEXT NOT NULL, done INTEGER NOT NULL, priority INTEGER, due TEXT);
CREATE TABLE label (task_id INTEGER NOT NULL, word TEXT NOT NULL);
"""


class OutOfPaperError(Exception):
    pass


class TeapotError(HTTPException):
    code = 418
    description = "short and stout"


ERRORS = {
    "OutOfPaperError": {"message": "The printer is out of paper.", "status": 507, "extra": [1, 2]},
    "TeapotError": {"message": "Try coffee.", "status": 418},
}

label_fields = {"word": fields.String, "length": fields.Integer(attribute=lambda label: len(label["word"]))}
task_fields = {
    "id": fields.Integer,
    "name": fields.String(attribute="title", default="unnamed"),
    "done": fields.Boolean,
    "priority": fields.Integer(default=None),
    "due": fields.DateTime(dt_format="iso8601"),
    "due_as_mail": fields.DateTime(attribute="due"),
    "cost": fields.Fixed(decimals=2, attribute="priority"),
    "labels": fields.List(fields.Nested(label_fields)),
    "summary": fields.FormattedString("{title} #{id}"),
    "links": {"self": fields.Url("task"), "absolute": fields.Url("task", absolute=True, scheme="https")},
}

task_parser = reqparse.RequestParser()
task_parser.add_argument("title", required=True, help="Give it a title: {error_msg}")
task_parser.add_argument("priority", type=inputs.int_range(1, 5), help="1 to 5")
task_parser.add_argument("done", type=inputs.boolean, default=False)
task_parser.add_argument("due", type=inputs.datetime_from_iso8601)
task_parser.add_argument("label", action="append", dest="labels", default=[], case_sensitive=False)
change_parser = task_parser.copy()
change_parser.replace_argument("title", store_missing=False)

list_parser = reqparse.RequestParser(bundle_errors=True)
list_parser.add_argument("page", type=inputs.positive, default=1, location="args")
list_parser.add_argument("sort", choices=("id", "title"), default="id", location="args", help="Bad choice: {error_msg}")
list_parser.add_argument("fields", action="split", location="args")
list_parser.add_argument("X-Trace", location="headers", dest="trace")
list_parser.add_argument("theme", location="cookies")

upload_parser = reqparse.RequestParser(trim=True)
upload_parser.add_argument("sheet", type=FileStorage, location="files", required=True)
upload_parser.add_argument("note", location="form", nullable=False)


def connect() -> sqlite3.Connection:
    if "connection" not in g:
        g.connection = sqlite3.connect(current_app.config["DATABASE"])
        g.connection.row_factory = sqlite3.Row
    return g.connection


def load_task(task_id: int) -> dict[str, Any]:
    row = connect().execute("SELECT * FROM task WHERE id = ?", (task_id,)).fetchone()
    if row is None:
        api_abort(404, message=f"Task {task_id} does not exist.", hint="list them first")
    labels = connect().execute("SELECT word FROM label WHERE task_id = ? ORDER BY word", (task_id,))
    due = row["due"] and datetime.fromisoformat(row["due"])
    return {**row, "task_id": task_id, "due": due, "labels": [dict(label) for label in labels]}


def save_task(given: dict[str, Any]) -> int:
    with connect() as connection:
        due = given["due"] and given["due"].isoformat()
        row = (given["title"], given["done"], given["priority"], due)
        cursor = connection.execute("INSERT INTO task (title, done, priority, due) VALUES (?, ?, ?, ?)", row)
        labels = [(cursor.lastrowid, word) for word in given["labels"]]
        connection.executemany("INSERT INTO label VALUES (?, ?)", labels)
    return cursor.lastrowid


def require_key(view: Callable[..., Any]) -> Callable[..., Any]:
    def checked(*args: Any, **kwargs: Any) -> Any:
        if request.headers.get("X-Key") != "sesame":
            abort(401)
        return view(*args, **kwargs)

    return checked


class TaskList(Resource):
    @marshal_with(task_fields, envelope="tasks")
    def get(self) -> Any:
        given = list_parser.parse_args()
        query = f"SELECT id FROM task ORDER BY {given.sort} LIMIT 2 OFFSET {2 * (given.page - 1)}"
        found = [load_task(row["id"]) for row in connect().execute(query)]
        return (
            found,
            200,
            {"X-Trace": given.trace or "none", "X-Fields": str(given.fields), "X-Theme": str(given.theme)},
        )

    @marshal_with(task_fields)
    def post(self) -> Any:
        task_id = save_task(task_parser.parse_args())
        return load_task(task_id), 201, {"Location": api.url_for(Task, task_id=task_id)}


class Task(Resource):
    method_decorators = {"delete": [require_key]}  # noqa: RUF012 - Flask-RESTful's own spelling

    @marshal_with(task_fields)
    def get(self, task_id: int) -> Any:
        return load_task(task_id)

    def patch(self, task_id: int) -> Any:
        given = change_parser.parse_args(strict=True)
        load_task(task_id)
        with connect() as connection:
            connection.execute("UPDATE task SET done = ? WHERE id = ?", (given["done"], task_id))
        return marshal(load_task(task_id), {"id": fields.Integer, "done": fields.Boolean})

    def delete(self, task_id: int) -> Any:
        with connect() as connection:
            connection.execute("DELETE FROM task WHERE id = ?", (task_id,))
        return "", 204


class TaskDue(Resource):
    @marshal_with_field(fields.DateTime(dt_format="iso8601"))
    def get(self, task_id: int) -> Any:
        return load_task(task_id)["due"]


class Upload(Resource):
    def post(self) -> Any:
        given = upload_parser.parse_args()
        return {"name": given.sheet.filename, "size": len(given.sheet.read()), "note": given.note}


class Trouble(Resource):
    def get(self, kind: str) -> Any:
        if kind == "response":
            return make_response("as it is", 202, {"X-Plain": "1"})
        if kind == "abort":
            abort(409, "a plain abort")
        if kind == "with-response":
            abort(make_response("a finished answer", 410))
        raise {"paper": OutOfPaperError(), "teapot": TeapotError(), "bug": ZeroDivisionError("bug")}[kind]


class Page(View):
    def dispatch_request(self) -> str:
        return "a page beside the API"


class Status(Resource):
    def __init__(self, **kwargs: Any) -> None:
        self.motto = kwargs["motto"]

    def get(self, name: str = "all") -> Any:
        return {"name": name, "motto": self.motto, "endpoint": request.endpoint, "now": datetime.now(UTC).isoformat()}


api = Api()
other_api = Api(Blueprint("v2", __name__), prefix="/inner", default_mediatype="text/csv")


@other_api.representation("text/csv")
def write_csv(data: Any, code: int, headers: dict[str, str] | None = None) -> Any:
    text = io.StringIO()
    rows = data if isinstance(data, list) else [data]
    writer = csv.DictWriter(text, sorted(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return make_response(text.getvalue(), code, headers or {})


def create_app(folder: str) -> Flask:
    app = Flask(__name__)
    app.config.update(DATABASE=f"{folder}/tasks.sqlite", BUNDLE_ERRORS=False)
    connection = sqlite3.connect(app.config["DATABASE"])
    connection.executescript(SCHEMA)
    connection.close()

    @app.teardown_appcontext
    def disconnect(_error: BaseException | None) -> None:
        if "connection" in g:
            g.connection.close()

    api.add_resource(TaskList, "/tasks")
    api.add_resource(Task, "/tasks/<int:task_id>", endpoint="task")
    api.add_resource(TaskDue, "/tasks/<int:task_id>/due")
    api.add_resource(Upload, "/upload")
    api.add_resource(Trouble, "/trouble/<kind>")
    api.errors = ERRORS
    api.init_app(app)
    other_api.add_resource(
        Status, "/status", "/status/<name>", resource_class_kwargs={"motto": "all, well"}, methods=["GET"]
    )
    app.register_blueprint(other_api.blueprint, url_prefix="/v2")
    app.add_url_rule("/page", view_func=Page.as_view("page"))
    app.add_url_rule("/page/broken", view_func=lambda: 1 / 0, endpoint="broken")
    app.register_error_handler(404, lambda error: (f"page: {error.name}", 404))
    return app


def drive(app: Flask, _folder: str) -> Iterator[Step]:
    exceptions: list[str] = []

    def note(_sender: Flask, exception: Exception) -> None:
        exceptions.append(type(exception).__name__)

    got_request_exception.connect(note, app)
    yield from drive_tasks(app)
    yield from drive_parsers(app)
    yield from drive_errors(app)
    yield from drive_blueprint(app)
    yield from drive_modes(app)
    yield "exceptions", exceptions


def drive_tasks(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    full = {"title": "Brew", "priority": 2, "due": "2030-05-18T09:00:00Z", "label": ["wine", "oil"]}
    yield "create", client.post("/tasks", json=full)
    yield "create from a form", client.post("/tasks", data={"title": "Clean", "done": "true", "label": ["a", "b"]})
    yield "create from the query", client.post("/tasks?title=Sell&priority=5", json={})
    yield "list", client.get("/tasks?sort=title&fields=a,b", headers={"X-Trace": "t1", "Cookie": "theme=dark"})
    yield "list page 2", client.get("/tasks?page=2")
    yield "show", client.get("/tasks/1")
    yield "due", client.get("/tasks/1/due")
    yield "head", client.head("/tasks/1")
    yield "options", client.options("/tasks/1")
    yield "change", client.patch("/tasks/1", json={"done": True})
    yield "delete without key", client.delete("/tasks/1")
    yield "delete", client.delete("/tasks/1", headers={"X-Key": "sesame"})
    yield "show deleted", client.get("/tasks/1")


def drive_parsers(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    yield "missing argument", client.post("/tasks", json={"priority": 1})
    yield "wrong type", client.post("/tasks", json={"title": "x", "priority": 9})
    yield "wrong date", client.post("/tasks", json={"title": "x", "due": "soon"})
    yield "no body", client.post("/tasks")
    yield "broken JSON", client.post("/tasks", data="{", content_type="application/json")
    yield "unknown argument", client.patch("/tasks/2?colour=red", json={"done": True})
    yield "bundled errors", client.get("/tasks?page=0&sort=size")
    sheet = {"sheet": (io.BytesIO(b"a,b\n1,2\n"), "s.csv"), "note": " trimmed "}
    yield "upload", client.post("/upload", data=sheet, content_type="multipart/form-data")
    yield "upload without file", client.post("/upload", data={"note": "x"}, content_type="multipart/form-data")


def drive_errors(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    yield "404 of the app", client.get("/task")
    yield "404 inside a resource", client.get("/tasks/77")
    yield "method not allowed", client.put("/tasks")
    yield "method not allowed on a page", client.post("/page")
    yield "page", client.get("/page")
    yield "page that breaks", client.get("/page/broken")
    for kind in ("response", "abort", "with-response", "paper", "teapot", "bug"):
        yield f"trouble: {kind}", client.get(f"/trouble/{kind}")
    api.catch_all_404s = True
    yield "404 of the API", client.get("/task")
    api.catch_all_404s = False
    api.serve_challenge_on_401 = True
    yield "challenge", client.delete("/tasks/2")
    xml = {"Accept": "application/xml"}
    yield "only XML accepted", client.get("/tasks/2", headers=xml)
    api.default_mediatype = None
    yield "only XML accepted, no default", client.get("/tasks/2", headers=xml)
    api.default_mediatype = "application/json"


def drive_blueprint(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    yield "CSV by default", client.get("/v2/inner/status/x")
    yield "JSON on request", client.get("/v2/inner/status", headers={"Accept": "application/json"})
    yield "method not allowed on the blueprint", client.post("/v2/inner/status", headers={"Accept": "application/json"})
    yield "404 below the blueprint", client.get("/v2/inner/state", headers={"Accept": "application/json"})
    with app.test_request_context():
        yield "url_for", [api.url_for(Task, task_id=3, _external=True), other_api.url_for(Status, name="n")]
    yield "rules", sorted(f"{rule.rule} {rule.endpoint} {sorted(rule.methods)}" for rule in app.url_map.iter_rules())


def drive_modes(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    app.config["RESTFUL_JSON"] = {"indent": 1, "sort_keys": True}
    yield "own JSON settings", client.get("/tasks/2")
    app.config["RESTFUL_JSON"] = {}
    app.debug = True
    yield "pretty in debug mode", client.get("/tasks/2")
    app.debug = False
    for setting in ("TESTING", "PROPAGATE_EXCEPTIONS"):
        app.config[setting] = True
        try:
            yield f"bug with {setting}", client.get("/trouble/bug")
        except ZeroDivisionError as error:
            yield f"bug with {setting} reaches the server", str(error)
        yield f"mapped error with {setting}", client.get("/trouble/teapot")
        app.config[setting] = False
