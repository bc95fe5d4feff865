"""A pet shop on Flask-Smorest: schemas, pages, ETags, validation errors, and the OpenAPI document."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app
from flask.views import MethodView
from flask_smorest import Api, Blueprint, Page, abort
from flask_smorest.fields import Upload
from marshmallow import Schema, ValidationError, fields, post_load, validate, validates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps import Step

SCHEMA = "CREATE TABLE pet (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT, weight REAL, born TEXT)"
KINDS = ["cat", "dog", "newt"]


class PetSchema(Schema):
    id = fields.Int(dump_only=True)
    name = fields.Str(required=True, validate=validate.Length(1, 12))
    kind = fields.Str(load_default="cat", validate=validate.OneOf(KINDS))
    weight = fields.Float(allow_nan=False, metadata={"description": "in kilograms"})
    born = fields.Date(allow_none=True)

    @validates("name")
    def refuse_shouting(self, value: str, **_extra: Any) -> None:
        if value.isupper():
            raise ValidationError("Do not shout.")


class PetChangeSchema(Schema):
    weight = fields.Float(required=True)


class PetQuerySchema(Schema):
    kind = fields.List(fields.Str(validate=validate.OneOf(KINDS)), load_default=None)
    lighter_than = fields.Float(data_key="lighter-than", load_default=None)

    @post_load
    def fill_kinds(self, data: dict[str, Any], **_extra: Any) -> dict[str, Any]:
        return data | {"kind": data["kind"] or KINDS}


class UploadSchema(Schema):
    picture = Upload(required=True)


class TagSchema(Schema):
    tags = fields.List(fields.Str(), required=True)


class RowPage(Page):
    @property
    def item_count(self) -> int:
        return len(self.collection)


pets = Blueprint("pets", __name__, url_prefix="/pets", description="Pets for sale")
vet = Blueprint("vet", __name__, url_prefix="/<int:pet_id>/vet", description="Their health")
api = Api()


def run(query: str, *values: object) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(current_app.config["DATABASE"])) as connection, connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query, values)]


def load_pet(pet_id: int) -> dict[str, Any]:
    found = run("SELECT * FROM pet WHERE id = ?", pet_id)
    if not found:
        abort(404, message=f"No pet {pet_id}.")
    return found[0] | {"born": None}


@pets.route("/")
class Pets(MethodView):
    @pets.arguments(PetQuerySchema, location="query")
    @pets.response(200, PetSchema(many=True))
    @pets.paginate(RowPage, page_size=2, max_page_size=5)
    def get(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        """List the pets.

        Lightest first.
        """
        limit = 1e9 if query["lighter_than"] is None else query["lighter_than"]
        marks = ",".join("?" * len(query["kind"]))
        text = f"SELECT id, name, kind, weight FROM pet WHERE kind IN ({marks}) AND weight < ? ORDER BY weight"
        return run(text, *query["kind"], limit)

    @pets.arguments(PetSchema, example={"name": "Tom"})
    @pets.response(201, PetSchema, headers={"X-Price": {"schema": {"type": "integer"}}})
    @pets.alt_response(409, description="Taken", success=False)
    def post(self, pet: dict[str, Any]) -> Any:
        """Add a pet."""
        if run("SELECT 1 FROM pet WHERE name = ?", pet["name"]):
            abort(409, message="There is one already.", errors={"name": [pet["name"]]})
        row = (pet["name"], pet["kind"], pet.get("weight", 1))
        made = run("INSERT INTO pet (name, kind, weight) VALUES (?, ?, ?) RETURNING *", *row)[0]
        return made | {"born": pet.get("born")}, {"X-Price": "7"}


@pets.route("/<int:pet_id>")
class Pet(MethodView):
    @pets.etag
    @pets.response(200, PetSchema)
    def get(self, pet_id: int) -> dict[str, Any]:
        return load_pet(pet_id)

    @pets.etag
    @pets.arguments(PetChangeSchema)
    @pets.response(200, PetSchema)
    def patch(self, change: dict[str, Any], pet_id: int) -> dict[str, Any]:
        pet = load_pet(pet_id)
        pets.check_etag(pet, PetSchema)
        run("UPDATE pet SET weight = ? WHERE id = ?", change["weight"], pet_id)
        return load_pet(pet_id)

    @pets.etag
    @pets.response(204)
    def delete(self, pet_id: int) -> None:
        pets.check_etag(load_pet(pet_id), PetSchema)
        run("DELETE FROM pet WHERE id = ?", pet_id)


@pets.route("/<int:pet_id>/picture", methods=["POST"])
@pets.arguments(UploadSchema, location="files")
@pets.response(200)
def add_picture(files: dict[str, Any], pet_id: int) -> dict[str, Any]:
    """Receive a picture."""
    return {"pet": pet_id, "name": files["picture"].filename, "bytes": len(files["picture"].read())}


@vet.route("/tags", methods=["PUT"])
@vet.arguments(TagSchema, location="form")
@vet.response(200, TagSchema)
def put_tags(form: dict[str, Any], pet_id: int) -> dict[str, Any]:
    return {"tags": [*form["tags"], f"pet {pet_id}"]}


@vet.get("/trouble/<kind>")
@vet.doc(deprecated=True)
@vet.response(200)
def trouble(pet_id: int, kind: str) -> Any:
    if kind == "bug":
        raise LookupError(f"bug of {pet_id}")
    abort(418 if kind == "tea" else 503, headers={"Retry-After": "120"}, exc=ValueError(kind))


def create_app(folder: str) -> Flask:
    app = Flask(__name__)
    app.config.update(
        DATABASE=f"{folder}/pets.sqlite",
        API_TITLE="Pet shop",
        API_VERSION="v3",
        OPENAPI_VERSION="3.0.3",
        OPENAPI_URL_PREFIX="/docs",
        OPENAPI_SWAGGER_UI_PATH="/swagger",
        OPENAPI_SWAGGER_UI_URL="https://cdn.example/swagger/",
        OPENAPI_REDOC_PATH="/redoc",
        OPENAPI_REDOC_URL="https://cdn.example/redoc.js",
    )
    with app.app_context():
        run(SCHEMA)
    api.init_app(app, spec_kwargs={"info": {"description": "For <tests>"}})
    pets.register_blueprint(vet)
    api.register_blueprint(pets)

    @app.get("/plain")
    def plain() -> str:
        return "not in the document"

    return app


def drive(app: Flask, folder: str) -> Iterator[Step]:
    yield from drive_rows(app)
    yield from drive_validation(app)
    yield from drive_etags(app)
    yield from drive_others(app)
    yield from drive_document(app, folder)


def drive_rows(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    yield "create", client.post("/pets/", json={"name": "Tom", "weight": 4.5, "born": "2029-01-31"})
    for name, kind, weight in (("Rex", "dog", 30), ("Newton", "newt", 0.25), ("Kit", "cat", 1.5)):
        yield f"create {name}", client.post("/pets/", json={"name": name, "kind": kind, "weight": weight})
    yield "create twice", client.post("/pets/", json={"name": "Tom"})
    yield "list", client.get("/pets/")
    yield "page 2", client.get("/pets/?page=2")
    yield "page after the last", client.get("/pets/?page=3")
    yield "page of wrong size", client.get("/pets/?page_size=9&page=0")
    yield "filtered", client.get("/pets/?kind=cat&kind=newt&lighter-than=2&page_size=5")
    yield "filter refused", client.get("/pets/?kind=cow&lighter-than=light")
    yield "slash redirect", client.get("/pets?page=2")


def drive_validation(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    yield "wrong fields", client.post("/pets/", json={"name": "", "kind": "cow", "weight": "x", "age": 3, "id": 9})
    yield "shouting", client.post("/pets/", json={"name": "TOM"})
    yield "not an object", client.post("/pets/", json=[1])
    yield "broken JSON", client.post("/pets/", data="{", content_type="application/json")
    yield "not UTF-8", client.post("/pets/", data=b'{"name": "\xff"}', content_type="application/json")
    yield "no body", client.post("/pets/")
    yield "form in place of JSON", client.post("/pets/", data={"name": "Tom"})


def drive_etags(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    yield "show", (found := client.get("/pets/1"))
    etag = found.headers["ETag"]
    yield "not modified", client.get("/pets/1", headers={"If-None-Match": etag})
    yield "modified", client.get("/pets/1", headers={"If-None-Match": '"other"'})
    yield "change without etag", client.patch("/pets/1", json={"weight": 5})
    yield "change with old etag", client.patch("/pets/1", json={"weight": 5}, headers={"If-Match": '"old"'})
    yield "change", client.patch("/pets/1", json={"weight": 5}, headers={"If-Match": etag})
    yield "change again", client.patch("/pets/1", json={"weight": 6}, headers={"If-Match": etag})
    yield "delete without etag", client.delete("/pets/1")
    etag = client.get("/pets/1").headers["ETag"]
    yield "delete", client.delete("/pets/1", headers={"If-Match": etag})
    yield "show deleted", client.get("/pets/1")


def drive_others(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    picture = {"picture": (io.BytesIO(b"\x89PNG"), "tom.png")}
    yield "upload", client.post("/pets/2/picture", data=picture)
    yield "upload without file", client.post("/pets/2/picture", data={"picture": "text"})
    yield "form", client.put("/pets/2/vet/tags", data={"tags": ["a", "b"]})
    yield "form without field", client.put("/pets/2/vet/tags", data={})
    yield "tea", client.get("/pets/2/vet/trouble/tea")
    yield "busy", client.get("/pets/2/vet/trouble/busy")
    yield "bug", client.get("/pets/2/vet/trouble/bug")
    yield "unknown path", client.get("/pets/two")
    yield "unknown page", client.get("/nowhere")
    yield "method not allowed", client.delete("/pets/")
    yield "plain", client.get("/plain")


def drive_document(app: Flask, folder: str) -> Iterator[Step]:
    client = app.test_client()
    yield "document", client.get("/docs/openapi.json")
    yield "swagger", client.get("/docs/swagger")
    yield "redoc", client.get("/docs/redoc")
    runner = app.test_cli_runner()
    yield "print", runner.invoke(args=["openapi", "print"])
    yield "write", runner.invoke(args=["openapi", "write", f"{folder}/openapi.json"])
    with app.test_request_context():
        yield "specification", api.spec.to_dict()
