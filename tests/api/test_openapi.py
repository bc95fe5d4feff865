"""The document of a whole application: kept files, and what each part of a document is made of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from werkzeug.exceptions import HTTPException

from demijohn import Blueprint, Flask
from demijohn.api import Body, Depends, Header, Param, Query
from demijohn.api import Path as InPath
from demijohn.api.openapi import build_document, dump_document
from demijohn.api.problems import InvalidRequest, Problem, render_problem
from demijohn.api.schemes import APIKeyHeader, HTTPBearer
from demijohn.views import MethodView, View
from tests.api.apps import plain, shop
from tests.api.documents.build import build_operation, build_valid, dump, load_kept

ROOT = Path(__file__).parents[2]
NAMES = {"plain": plain.make_app, "shop": shop.make_app}


class Item(msgspec.Struct):
    """A thing."""

    name: str


@pytest.fixture
def app():
    """Return an application without routes."""
    return Flask("made", static_folder=None)


@pytest.mark.parametrize("version", ["3.1", "3.2"])
@pytest.mark.parametrize("name", NAMES)
def test_kept_documents(name, version):
    """The documents of the two applications are those that are kept, byte for byte."""
    document = build_valid(NAMES[name](), version)
    assert load_kept(f"{name}-{version}", document).decode() == dump(document).decode()


def test_same_bytes_in_every_process():
    """The order of sets, which differs between processes, is nowhere in a document."""
    program = (
        "import sys; from tests.api.apps.shop import make_app; from demijohn.api.openapi import *;"
        "sys.stdout.buffer.write(dump_document(build_document(make_app())))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {dump_document(build_document(shop.make_app()))}


def test_two_calls_give_two_documents(app):
    """Whoever changes a document changes no other."""
    app.add_url_rule("/", "root", lambda: "")
    document = build_document(app)
    document["paths"]["/"]["get"]["tags"] = document["info"]["title"] = "changed"
    assert build_document(app)["info"]["title"] == "made"
    assert "tags" not in build_document(app)["paths"]["/"]["get"]


def test_empty_application(app):
    """An application without routes has a document without paths."""
    assert build_valid(app) == {"openapi": "3.1.1", "info": {"title": "made", "version": "1.0.0"}, "paths": {}}


def test_serving_changes_nothing():
    """The document is the same before and after the first request."""
    app = shop.make_app()
    before = build_document(app)
    app.test_client().get("/nowhere")
    assert build_document(app) == before


def test_document_follows_the_application(app):
    """What is registered after a document was made is in the next one."""
    build_document(app)

    @app.get("/")
    def view(size: Query[int]) -> Item: ...

    assert build_operation(app, "/")["parameters"][0]["name"] == "size"


def test_what_a_decorator_gives_is_not_documented(app):
    """A model that a decorator of the class gives is no body."""

    class Items(MethodView):
        decorators = [lambda view: lambda **values: view(item=Item("given"), **values)]  # noqa: RUF012 - as in Flask

        def post(self, item: Item) -> Item:
            return item

    app.add_url_rule("/", view_func=Items.as_view("items"))
    assert "requestBody" not in build_operation(app, "/", "post")


@pytest.mark.parametrize("indent", [0, 2])
def test_dumped_documents_are_json(app, indent):
    """A document is dumped on one line, or indented."""
    data = dump_document(build_document(app), indent=indent)
    assert json.loads(data) == build_document(app)
    assert len(data.splitlines()) == (1 if indent == 0 else 8)


def test_methods_without_a_field_of_their_own(app):
    """QUERY and other methods are in a document of OpenAPI 3.2, and missing in 3.1."""
    app.add_url_rule("/", "look", lambda: "", methods=["QUERY", "LINK"])
    path = build_valid(app, "3.2")["paths"]["/"]
    assert path["query"]["operationId"] == "look_query"
    assert path["additionalOperations"]["LINK"]["operationId"] == "look_link"
    assert build_valid(app, "3.1")["paths"] == {}


def test_paths_that_differ_in_names_of_variables(app):
    """Paths that OpenAPI takes for one are one, and of two operations there the first stands."""
    app.add_url_rule("/a/<int:number>", "first", lambda number: "", methods=["GET"])
    app.add_url_rule("/a/<name>", "second", lambda name: "", methods=["GET", "PUT"])
    paths = build_valid(app)["paths"]
    assert {path: sorted(operations) for path, operations in paths.items()} == {"/a/{number}": ["get", "put"]}
    assert paths["/a/{number}"]["get"]["operationId"] == "first"
    assert paths["/a/{number}"]["put"]["parameters"][0]["name"] == "number"


def test_ids_are_unique(app):
    """Each operation has an id of its own, however many rules and methods an endpoint has."""
    app.add_url_rule("/page/<int:number>", "page")
    app.add_url_rule("/", "page", lambda number=1: "")
    app.add_url_rule("/form", "form", lambda: "", methods=["GET", "POST"])
    app.add_url_rule("/other", "other", app.operation(operation_id="page")(lambda: "x"))
    operations = [each for path in build_valid(app)["paths"].values() for each in path.values()]
    assert [each["operationId"] for each in operations] == ["page", "page_2", "form_get", "form_post", "page_3"]


@pytest.mark.parametrize(
    ("endpoint", "methods", "summaries"),
    [
        ("list_orders", ["GET"], ["List orders"]),
        ("orders", ["GET", "POST"], ["Get orders", "Post orders"]),
        ("_", ["GET"], []),
    ],
)
def test_summaries_without_docstrings(app, endpoint, methods, summaries):
    """A view without a docstring is summed up by its endpoint's name."""
    app.add_url_rule("/", endpoint, lambda: "", methods=methods)
    found = [each["summary"] for each in build_valid(app)["paths"]["/"].values() if "summary" in each]
    assert found == summaries


def test_settings_of_an_operation(app):
    """What is told about an operation wins over what is found."""

    @app.get("/")
    @app.operation(summary="Short", description="Long", tags=["a", "b"], operation_id="own", deprecated=True)
    def view():
        """Read the docstring.

        All of it.
        """

    document = build_valid(app)
    assert document["tags"] == [{"name": "a"}, {"name": "b"}]
    expected = {
        "tags": ["a", "b"],
        "summary": "Short",
        "description": "Long",
        "operationId": "own",
        "responses": {"default": {"description": "What the view answers."}},
        "deprecated": True,
    }
    assert document["paths"]["/"]["get"] == expected


def test_nested_tags(app):
    """Blueprints are tags, and those in others say so in OpenAPI 3.2."""
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    inner.add_url_rule("/", "root", lambda: "")
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    assert build_valid(app, "3.1")["tags"] == [{"name": "outer.inner"}]
    assert build_valid(app, "3.2")["tags"] == [{"name": "outer.inner", "parent": "outer"}, {"name": "outer"}]


@pytest.mark.parametrize(
    ("config", "servers"),
    [
        ({}, None),
        ({"APPLICATION_ROOT": "/shop"}, [{"url": "/shop"}]),
        ({"OPENAPI": {"servers": ["/a", {"url": "/b"}]}}, [{"url": "/a"}, {"url": "/b"}]),
    ],
)
def test_servers(app, config, servers):
    """The servers are those of the setting, or the application's root."""
    app.config.update(config)
    assert build_valid(app).get("servers") == servers


def test_automatic_answers(app):
    """A typed view answers what binding answers for it, each only where it can come."""

    @app.post("/<int:number>")
    def post(number: int, item: Item) -> Item: ...

    @app.get("/files/<path:name>")
    def get(name: str) -> Item: ...

    @app.put("/")
    def put(data: Body[bytes], size: Query[int] = 1) -> Item: ...

    paths = build_valid(app)["paths"]
    assert list(paths["/{number}"]["post"]["responses"]) == ["200", "400", "404", "415", "422"]
    assert list(paths["/files/{name}"]["get"]["responses"]) == ["200"]
    assert list(paths["/"]["put"]["responses"]) == ["200", "422"]
    app.config["MAX_CONTENT_LENGTH"] = 1000
    assert list(build_valid(app)["paths"]["/"]["put"]["responses"]) == ["200", "413", "422"]


@pytest.mark.parametrize(
    ("handler", "key", "types"),
    [
        (None, None, {"404": [], "422": ["application/problem+json"]}),
        (render_problem, HTTPException, {"404": ["application/problem+json"], "422": ["application/problem+json"]}),
        (lambda error: "own", 422, {"404": [], "422": []}),
        (lambda error: ("own", 400), InvalidRequest, {"404": [], "422": []}),
    ],
)
def test_automatic_answers_of_handlers(app, handler, key, types):
    """An automatic answer is a problem where a problem is sent, and of unknown content behind a handler."""
    if handler is not None:
        app.register_error_handler(key, handler)

    @app.get("/<name>")
    def view(name: str, size: Query[int] = 1) -> Item: ...

    responses = build_operation(app, "/{name}")["responses"]
    assert {status: list(responses[status].get("content", ())) for status in types} == types


def test_declared_answers_win(app):
    """What a view declares stands in the place of what binding adds, ranges included."""

    @app.get("/a/<name>")
    @app.responses({422: "Own words.", 404: Problem})
    def one(name: str, size: Query[int] = 1) -> Item: ...

    @app.get("/b/<name>")
    @app.responses({"4XX": Problem})
    def many(name: str, size: Query[int] = 1) -> Item: ...

    paths = build_valid(app)["paths"]
    assert paths["/a/{name}"]["get"]["responses"]["422"] == {"description": "Own words."}
    assert list(paths["/b/{name}"]["get"]["responses"]) == ["200", "4XX"]


def test_dependencies_are_part_of_the_view(app):
    """Parameters of dependencies are those of the operation, each once; the view's own count first."""

    def count(size: Annotated[Query[int], Param(ge=1)] = 10, skip: Query[int] = 0) -> int: ...

    @app.get("/")
    def view(size: Query[int], number: Annotated[int, Depends(count)], again: int = Depends(count)) -> Item: ...

    parameters = build_operation(app, "/")["parameters"]
    assert [each["name"] for each in parameters] == ["size", "skip"]
    assert parameters[0] == {"name": "size", "in": "query", "required": True, "schema": {"type": "integer"}}


def test_security_of_the_whole_document(app):
    """Schemes of the setting hold for every operation that says nothing else."""
    app.config["OPENAPI"] = {"security": [APIKeyHeader("X-Key"), {"Other": []}]}
    bearer = HTTPBearer()

    @app.get("/open")
    @app.operation(security=[])
    def open_view() -> Item: ...

    @app.get("/own")
    def own(token: str = Depends(bearer)) -> Item: ...

    document = build_valid(app)
    assert document["security"] == [{"APIKeyHeader": []}, {"Other": []}]
    assert list(document["components"]["securitySchemes"]) == ["APIKeyHeader", "HTTPBearer"]
    assert document["paths"]["/open"]["get"]["security"] == []
    assert document["paths"]["/own"]["get"]["security"] == [{"HTTPBearer": []}]
    assert "401" in document["paths"]["/own"]["get"]["responses"]


def test_method_views(app):
    """Each method of a class is an operation, with what is told about it and about its class."""

    @app.operation(tags=["items"])
    @app.responses({404: "None."})
    class Items(MethodView):
        """Hold things."""

        def get(self, number: int) -> Item:
            """Find a thing."""

        @app.operation(hidden=True)
        def put(self, number: int, item: Item) -> Item: ...

        def delete(self, number: int) -> tuple[Literal[""], Literal[204]]: ...

    app.add_url_rule("/<int:number>", view_func=Items.as_view("item"))
    path = build_valid(app)["paths"]["/{number}"]
    assert {method: each["summary"] for method, each in path.items()} == {
        "get": "Find a thing",
        "delete": "Delete item",
    }
    assert path["get"]["tags"] == ["items"]
    assert path["get"]["responses"]["404"] == {"description": "None."}
    assert path["delete"]["responses"]["204"] == {"description": "No Content"}


def test_views_with_one_method_for_all(app):
    """A class with `dispatch_request` is described by that method, or by its own docstring."""

    class Page(View):
        """Show a page."""

        def dispatch_request(self, number: InPath[int]) -> Item: ...

    app.add_url_rule("/<int:number>", view_func=Page.as_view("page"))
    operation = build_operation(app, "/{number}")
    assert operation["summary"] == "Show a page"
    assert operation["parameters"][0]["schema"] == {"type": "integer", "minimum": 0}


def test_webhooks(app):
    """Webhooks are what a decorator and the setting tell, as functions or as objects."""

    def tell_item(item: Item, signature: Header[str]) -> None:
        """Tell of an item."""

    app.webhook("item.new", "put")(tell_item)
    told = {"item.gone": tell_item, "item.raw": {"post": {"responses": {"200": {"description": "Fine."}}}}}
    app.config["OPENAPI"] = {"webhooks": told}
    webhooks = build_valid(app)["webhooks"]
    assert list(webhooks) == ["item.new", "item.gone", "item.raw"]
    assert webhooks["item.new"]["put"]["operationId"] == "item_new"
    content = webhooks["item.gone"]["post"]["requestBody"]["content"]
    assert content == {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}
    assert webhooks["item.gone"]["post"]["summary"] == "Tell of an item"
    assert webhooks["item.gone"]["post"]["responses"] == {"2XX": {"description": "It was understood."}}


def test_decorated_views(app):
    """What was told about a view is found behind a decorator, and its docstring too."""

    def decorate(view):
        def inner(*args: Any, **kwargs: Any) -> Any:
            return view(*args, **kwargs)

        inner.__name__, inner.__doc__, inner.__wrapped__ = view.__name__, view.__doc__, view
        return inner

    @app.get("/")
    @decorate
    @app.operation(tags=["inside"])
    def view():
        """Say it."""

    assert build_operation(app, "/")["tags"] == ["inside"]
    assert build_operation(app, "/")["summary"] == "Say it"
