"""A task list on Flask-RESTX: models, marshalling, parsers, namespaces, errors, masks and the Swagger document."""

# ruff: noqa: A002 - the variable of the URL has the name of the field

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, make_response
from flask_restx import Api, Namespace, Resource, fields, inputs, reqparse
from werkzeug.datastructures import FileStorage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps import Step


class TroubleError(Exception):
    pass


tasks = Namespace("tasks", description="Things to do")
task = tasks.model(
    "Task",
    {
        "id": fields.Integer(readonly=True),
        "title": fields.String(required=True, min_length=1, max_length=12),
        "done": fields.Boolean(default=False),
        "tags": fields.List(fields.String),
        "uri": fields.Url("api.tasks_one_task"),
    },
)
TASKS = [{"id": 1, "title": "wash", "done": True, "secret": "x"}, {"id": 2, "title": "iron", "tags": ["é"]}]

parser = reqparse.RequestParser()
parser.add_argument("done", type=inputs.boolean, location="args")
parser.add_argument("size", type=inputs.int_range(1, 5), default=3, location="args", help="How many")
upload = reqparse.RequestParser()
upload.add_argument("file", type=FileStorage, location="files", required=True)


@tasks.route("/")
class Tasks(Resource):
    """All of them."""

    @tasks.expect(parser)
    @tasks.marshal_list_with(task, skip_none=True)
    def get(self) -> list[dict[str, Any]]:
        """List tasks."""
        wanted = parser.parse_args()
        return [each for each in TASKS if wanted["done"] in {None, each.get("done", False)}][: wanted["size"]]

    @tasks.expect(task, validate=True)
    @tasks.marshal_with(task, code=201, description="Made")
    @tasks.response(400, "Wrong")
    def post(self) -> tuple[dict[str, Any], int, dict[str, str]]:
        return {"id": 3, **tasks.payload}, 201, {"X-Made": "yes"}


@tasks.route("/<int:id>")
@tasks.param("id", "Which")
class OneTask(Resource):
    @tasks.marshal_with(task, envelope="task")
    def get(self, id: int) -> dict[str, Any]:
        found = [each for each in TASKS if each["id"] == id]
        if not found:
            tasks.abort(404, f"No task {id}", id=id)
        return found[0]

    @tasks.doc(security="key", deprecated=True)
    def delete(self, id: int) -> tuple[str, int]:
        return "", 204

    def put(self, id: int) -> dict[str, Any]:
        if id > 1:
            raise TroubleError(f"trouble {id}")
        raise LookupError("a bug")


@tasks.route("/file")
class File(Resource):
    @tasks.expect(upload)
    def post(self) -> dict[str, Any]:
        return {"size": len(upload.parse_args()["file"].read())}


@tasks.route("/text")
class Text(Resource):
    def get(self) -> Any:
        return make_response("plain", 203, {"Content-Type": "text/plain"})


def create_app(folder: str) -> Flask:
    app = Flask(__name__)
    app.config.update(RESTX_MASK_SWAGGER=False, ERROR_INCLUDE_MESSAGE=True)
    blueprint = Blueprint("api", __name__, url_prefix="/api")
    keys = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
    api = Api(blueprint, version="1.2", title="Tasks", authorizations=keys, doc="/doc/")
    api.add_namespace(tasks)

    @api.errorhandler(TroubleError)
    def trouble(error: TroubleError) -> tuple[dict[str, str], int, dict[str, str]]:
        """Trouble."""
        return {"message": str(error)}, 409, {"X-Trouble": "yes"}

    app.register_blueprint(blueprint)

    @app.get("/plain/<int:number>")
    def plain(number: int) -> dict[str, int]:
        return {"number": number}

    return app


def drive(app: Flask, folder: str) -> Iterator[Step]:
    client = app.test_client()
    yield "list", client.get("/api/tasks/")
    yield "done", client.get("/api/tasks/?done=true")
    yield "wrong query", client.get("/api/tasks/?done=perhaps&size=9")
    yield "mask", client.get("/api/tasks/", headers={"X-Fields": "id"})
    yield "add", client.post("/api/tasks/", json={"title": "fold", "tags": ["a"]})
    yield "wrong body", client.post("/api/tasks/", json={"title": "", "done": "x"})
    yield "no body", client.post("/api/tasks/")
    yield "broken JSON", client.post("/api/tasks/", data="{", content_type="application/json")
    yield "show", client.get("/api/tasks/1")
    yield "missing", client.get("/api/tasks/7")
    yield "delete", client.delete("/api/tasks/1")
    yield "trouble", client.put("/api/tasks/2")
    yield "bug", client.put("/api/tasks/1")
    yield "file", client.post("/api/tasks/file", data={"file": (io.BytesIO(b"abc"), "a.txt")})
    yield "no file", client.post("/api/tasks/file")
    yield "text", client.get("/api/tasks/text")
    yield "plain", client.get("/plain/7")
    yield "unknown", client.get("/api/nowhere")
    yield "wrong method", client.patch("/api/tasks/1")
    yield "document", client.get("/api/swagger.json")
    yield "docs", client.get("/api/doc/")
