"""What a document says of answers: statuses, content types and schemas."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
import pydantic
import pytest
from typing_extensions import TypeAliasType
from werkzeug.exceptions import NotFound

from demijohn import Event, EventStream, JSONLines, Response
from demijohn.api.answers import Answers, iter_results
from demijohn.api.operations import OperationSettings
from demijohn.api.problems import Problem
from demijohn.api.schemas import Schemas
from demijohn.api.signature import NOTHING

JSON = "application/json"
HTML = "text/html"
TEXT = {"schema": {"type": "string"}}


class Item(msgspec.Struct):
    """A thing."""

    name: str


class Other(msgspec.Struct):
    """Another thing."""

    size: int


class Conflict(Problem):
    """A problem with more to say."""

    current: int = 0


@dataclasses.dataclass
class First:
    """One dataclass."""

    a: int


@dataclasses.dataclass
class Second:
    """Another one."""

    b: int


class Foreign:
    """Nothing that JSON knows."""


def refer(model):
    """Return the reference to a model."""
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def build(result=NOTHING, responses=None, text="", automatic=None, is_new=False, **options):
    """Return the Responses Object, complete."""
    schemas = Schemas()
    answers = Answers(schemas, has_item_schemas=is_new, text_type=HTML)
    settings = OperationSettings(responses=responses or {})
    built = answers.build(settings, result, text, automatic or {}, **options)
    schemas.finish(built)
    return built


def summarize(built):
    """Return the content types by status."""
    return {status: list(each.get("content", ())) for status, each in built.items()}


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (Item, [(Item, 200)]),
        (Item | None, [(Item, 200), (type(None), 200)]),
        (tuple[Item, int], [(Item, None)]),
        (tuple[Item, HTTPStatus], [(Item, None)]),
        (tuple[Item, int | str], [(Item, None)]),
        (tuple[Item, Literal[201]], [(Item, 201)]),
        (tuple[Item, Literal[200, 201], dict[str, str]], [(Item, 200), (Item, 201)]),
        (tuple[Item, Literal[HTTPStatus.CREATED]], [(Item, 201)]),
        (tuple[Item, dict[str, str]], [(Item, 200)]),
        (tuple[Item | Other, Literal[201]] | Problem, [(Item, 201), (Other, 201), (Problem, 200)]),
        (TypeAliasType("Answer", Item | tuple[Other, int]), [(Item, 200), (Other, None)]),
        (Annotated[tuple[Item, int], "note"], [(Item, None)]),
        (tuple[Item], [(Item, 200)]),
        (Annotated[Item, "note"], [(Annotated[Item, "note"], 200)]),
    ],
)
def test_results(annotation, expected):
    """An annotation names bodies, and statuses where it has them as literals."""
    assert list(iter_results(annotation)) == expected


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (NOTHING, {"default": []}),
        (None, {"default": []}),
        (Any, {"default": []}),
        (Response, {"default": []}),
        (NotFound, {"default": []}),
        (Item, {"200": [JSON]}),
        (list[Item], {"200": [JSON]}),
        (dict, {"200": [JSON]}),
        (str, {"200": [HTML]}),
        (bytes | Item, {"200": [HTML, JSON]}),
        (AsyncIterator[bytes], {"200": [HTML]}),
        (Item | Response, {"200": [JSON], "default": []}),
        (tuple[Problem, int], {"default": ["application/problem+json"]}),
        (Item | Problem, {"200": [JSON], "default": ["application/problem+json"]}),
        (Item | tuple[Conflict, Literal[409]], {"200": [JSON], "409": ["application/problem+json"]}),
        (tuple[Literal[""], Literal[204]], {"204": []}),
        (EventStream[Item], {"200": ["text/event-stream"]}),
        (JSONLines[Item], {"200": ["application/x-ndjson"]}),
    ],
)
def test_statuses_and_content_types(result, expected):
    """What an annotation says becomes statuses and content types."""
    assert summarize(build(result)) == expected


@pytest.mark.parametrize(
    ("result", "responses", "expected"),
    [
        (tuple[Item, int], {201: Item}, {"201": [JSON]}),
        (tuple[Item, int], {201: "Made."}, {"201": [JSON]}),
        (tuple[Item, int], {200: Item, 404: Problem}, {"200": [JSON], "404": ["application/problem+json"]}),
        (tuple[str, int], {204: None}, {"204": []}),
        (tuple[str, int], {204: "Gone."}, {"204": []}),
        (Item, {201: Other}, {"200": [JSON], "201": [JSON]}),
        (Item, {"200": "Fine."}, {"200": [JSON]}),
        (Response, {200: "A file."}, {"200": []}),
        (NOTHING, {404: Problem}, {"404": ["application/problem+json"], "default": []}),
        (NOTHING, {"2XX": Item}, {"2XX": [JSON]}),
    ],
)
def test_declared(result, responses, expected):
    """What is declared wins, and takes its body from the annotation where it is words alone."""
    assert summarize(build(result, responses)) == expected


def test_schemas_of_bodies():
    """Several types of one content type are alternatives, each once."""
    both = {"anyOf": [refer(Item), refer(Other)]}
    assert build(Item | Other)["200"]["content"] == {JSON: {"schema": both}}
    assert build(responses={200: Item | Other})["200"]["content"] == {JSON: {"schema": both}}
    optional = {"anyOf": [refer(Item), {"type": "null"}]}
    assert build(Item | None)["200"]["content"] == {JSON: {"schema": optional}}
    assert build(str | bytes)["200"]["content"] == {HTML: TEXT}
    assert build(list[Foreign])["200"]["content"] == {JSON: {"schema": {"type": "array"}}}
    assert build(dict[str, set[int] | list[str]])["200"]["content"] == {JSON: {"schema": {}}}


def test_descriptions():
    """An answer is described by what is declared, by the docstring, or by its status."""
    assert build(Item)["200"]["description"] == "OK"
    assert build(Item, text="It.")["200"]["description"] == "It."
    assert build(Item, {200: (Item, "Declared.")}, text="It.")["200"]["description"] == "Declared."
    assert build(text="It.") == {"default": {"description": "It."}}
    assert build(otherwise=("2XX", "Thanks.")) == {"2XX": {"description": "Thanks."}}


def test_response_objects():
    """A Response Object of the application's own may have a model and examples."""
    told = {"description": "D", "headers": {"X-A": {"schema": {"type": "string"}}}, "model": Item}
    examples = {"one": Item("a"), "two": {"summary": "S", "value": {"name": "b"}}}
    built = build(responses={200: {**told, "examples": examples}, 404: {"$ref": "#/x"}, 409: {"content": {"a/b": {}}}})
    named = {"one": {"value": {"name": "a"}}, "two": {"summary": "S", "value": {"name": "b"}}}
    content = {JSON: {"schema": refer(Item), "examples": named}}
    assert built["200"] == {"description": "D", "headers": told["headers"], "content": content}
    assert built["404"] == {"$ref": "#/x"}
    assert built["409"] == {"description": "Conflict", "content": {"a/b": {}}}


def test_automatic():
    """What may come besides is added, unless it is declared."""
    automatic = {404: (None, "Not Found"), 422: (Problem, "Wrong")}
    assert summarize(build(Item, automatic=automatic)) == {
        "200": [JSON],
        "404": [],
        "422": ["application/problem+json"],
    }
    assert build(Item, {"4XX": "All."}, automatic=automatic).keys() == {"200", "4XX"}
    assert build(Item, {422: "Own."}, automatic=automatic)["422"] == {"description": "Own."}


def test_order():
    """Statuses are in their order, whatever the order of declaration."""
    built = build(Item, {"default": "a", 404: "b", "4XX": "c", 201: "d"})
    assert list(built) == ["200", "201", "404", "4XX", "default"]


@pytest.mark.parametrize(
    ("item", "data"),
    [
        (Item, {"type": "string", "contentMediaType": "application/json", "contentSchema": refer(Item)}),
        (str, {"type": "string"}),
        (Event, {"type": "string"}),
    ],
)
def test_events(item, data):
    """The events of a stream are described as OpenAPI 3.2 does it."""
    schema = build(EventStream[item], is_new=True)["200"]["content"]["text/event-stream"]["itemSchema"]
    assert schema["properties"]["data"] == data
    assert list(schema["properties"]) == ["data", "event", "id", "retry"]
    assert schema["required"] == ["data"]


def test_streams_in_older_versions():
    """Before OpenAPI 3.2 an extension describes the items; of a bare stream nothing is known."""
    assert build(JSONLines[Item])["200"]["content"]["application/x-ndjson"] == {"x-itemSchema": refer(Item)}
    assert build(JSONLines[Item], is_new=True)["200"]["content"]["application/x-ndjson"] == {"itemSchema": refer(Item)}
    assert build(EventStream)["200"]["content"]["text/event-stream"] == {}


class Account(pydantic.BaseModel):
    """A model that is sent otherwise than it is read."""

    first_name: str = pydantic.Field(alias="first", serialization_alias="firstName")
    password: str = pydantic.Field(default="", exclude=True)

    @pydantic.computed_field
    @property
    def initial(self) -> str:
        """The first letter."""
        return self.first_name[0]


def test_what_is_sent_is_described():
    """Computed fields and the names for results are told, and fields that are left out are not."""
    schemas = Schemas()
    answers = Answers(schemas, has_item_schemas=False, text_type=HTML)
    built = answers.build(OperationSettings(), list[Account], "", {})
    model = schemas.finish([built])["AccountResult"]
    assert list(model["properties"]) == ["firstName", "initial"]


def test_alternatives_that_nothing_tells_apart_are_described():
    """Values of a union are read by something that tells them apart; sent they are just what they are."""
    schema = build(list[First | Second])["200"]["content"][JSON]["schema"]
    assert [each["title"] for each in schema["items"]["anyOf"]] == ["First", "Second"]
