"""What a document says of parameters and of the bodies of requests."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
import pytest

from demijohn import Flask
from demijohn.api import Body, Cookie, File, Form, Header, Param, Path, Query, Secret
from demijohn.api.inputs import find_header_name
from tests.api.documents.build import build_operation

FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
TEXT = {"type": "string"}
FILE = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}


class Filters(msgspec.Struct, rename="camel"):
    """What to look for."""

    free_text: str | None = None
    page_size: Annotated[int, msgspec.Meta(ge=1, description="How many.")] = 10
    must: bool = msgspec.field(default=True)


class Needed(msgspec.Struct):
    """All of it is needed."""

    x_key: Annotated[str, msgspec.Meta(extra_json_schema={"deprecated": True})]


def describe(view, rule="/"):
    """Return the operation of a view."""
    app = Flask("made", static_folder=None)
    app.add_url_rule(rule, view_func=view, methods=["POST"])
    return build_operation(app, rule.replace("<", "{").replace(">", "}").replace("int:", ""), "post")


def describe_parameters(view, rule="/"):
    """Return the parameters of a view."""
    return describe(view, rule)["parameters"]


def describe_body(view):
    """Return the body of a view's request."""
    return describe(view)["requestBody"]


def test_sources():
    """Each source is a place; forms and bodies are no parameters."""

    def view(key, q: Query[str], agent: Header[str], session: Cookie[str], name: Form[str]) -> None: ...

    found = [(each["name"], each["in"], each["required"]) for each in describe_parameters(view, "/<key>")]
    expected = [("key", "path"), ("q", "query"), ("Agent", "header"), ("session", "cookie")]
    assert found == [(*each, True) for each in expected]


def test_texts_of_parameters():
    """A parameter is described by its settings, and else by the docstring."""

    def view(
        number: Path[int],
        size: Annotated[Query[int], Param(ge=1, description="Settings.", example=5, title="Size")] = 3,
        old: Annotated[Query[bool | None], Param(deprecated=True)] = None,
    ) -> None:
        """Do it.

        Args:
            number: Docstring.
            size: Not this.
            old: Not any more.
        """

    number, size, old = describe_parameters(view, "/<int:number>")
    assert number["description"] == "Docstring."
    schema = {"type": "integer", "minimum": 1, "title": "Size", "default": 3}
    assert size == {"name": "size", "in": "query", "description": "Settings.", "example": 5, "schema": schema}
    expected = {"name": "old", "in": "query", "description": "Not any more.", "deprecated": True}
    assert old == {**expected, "schema": {"type": "boolean"}}


def test_variables_of_urls():
    """A variable is what both its converter and its type let through."""

    def view(
        number: Annotated[Path[int], Param(le=9)],
        word: Annotated[Path[str], Param(pattern="^a")],
        size: Annotated[int, Path(alias="amount")],
    ) -> None: ...

    number, word, amount = describe_parameters(view, "/<int:number>/<word>/<int:amount>")
    assert number["schema"] == {"type": "integer", "minimum": 0, "maximum": 9}
    assert word["schema"] == {"type": "string", "minLength": 1, "pattern": "^a"}
    assert (amount["name"], amount["schema"]) == ("amount", {"type": "integer", "minimum": 0})


def test_variables_of_another_type_than_the_converter():
    """Where the types differ, that of the view counts."""

    def view(number: Path[int]) -> None: ...

    assert describe_parameters(view, "/<number>")[0]["schema"] == {"type": "integer"}


def test_models_of_parameters():
    """The fields of a model are parameters of their own."""

    def view(filters: Query[Filters], headers: Header[Needed]) -> None:
        """Do it.

        Args:
            filters: Has texts of its own.
            headers: Likewise.
        """

    expected = [
        {"name": "freeText", "in": "query", "schema": {"type": "string"}},
        {
            "name": "pageSize",
            "in": "query",
            "description": "How many.",
            "schema": {"type": "integer", "minimum": 1, "default": 10},
        },
        {"name": "must", "in": "query", "schema": {"type": "boolean", "default": True}},
        {"name": "X-Key", "in": "header", "required": True, "deprecated": True, "schema": TEXT},
    ]
    assert describe_parameters(view) == expected


def test_headers_that_are_said_elsewhere():
    """OpenAPI ignores three headers as parameters, so they are left out."""

    def view(
        accept: Header[str], authorization: Header[str], content_type: Header[str], x_other: Header[str]
    ) -> None: ...

    assert [each["name"] for each in describe_parameters(view)] == ["X-Other"]


@pytest.mark.parametrize(
    ("alias", "name"),
    [("user-agent", "User-Agent"), ("x_key", "X-Key"), ("ETag", "ETag"), ("WWW-Authenticate", "WWW-Authenticate")],
)
def test_names_of_headers(alias, name):
    """A header is written as people write it, and as it is told where that has capitals."""
    assert find_header_name(alias) == name


def test_secrets():
    """A secret is a password to whoever shows a field for it."""

    def view(token: Annotated[Query[str], Param(secret=True)], other: Header[Secret[str]] = "") -> None: ...

    token, other = describe_parameters(view)
    assert token["schema"]["format"] == other["schema"]["format"] == "password"


def test_the_default_of_a_secret_is_one():
    """It may be what protects a test server, and the document is for everybody."""

    def view(token: Annotated[Query[str], Param(secret=True)] = "4711", keys: Query[list[Secret[str]]] = ("4711",)): ...

    assert ["default" in each["schema"] for each in describe_parameters(view)] == [False, False]


def test_a_default_without_a_zone_is_not_told():
    """RFC 3339, which the format of the type is about, has none."""

    class Since(msgspec.Struct):
        since: datetime = datetime(2026, 1, 31)

    def view(until: Query[datetime] = datetime(2026, 1, 31), rest: Query[Since] = Since()): ...  # noqa: B008

    assert ["default" in each["schema"] for each in describe_parameters(view)] == [False, False]


def test_json_bodies():
    """A body is JSON, needed unless it has a default, and may have examples."""

    def view(filters: Annotated[Body[Filters], Param(description="It.", example=Filters(must=False))]) -> None: ...

    def optional(filters: Body[Filters | None] = None) -> None:
        """Do it.

        Args:
            filters: Docstring.
        """

    here = {"$ref": "#/components/schemas/Filters"}
    example = {"freeText": None, "pageSize": 10, "must": False}
    content = {"application/json": {"schema": here, "example": example}}
    assert describe_body(view) == {"description": "It.", "content": content, "required": True}
    content = {"application/json": {"schema": {"anyOf": [here, {"type": "null"}]}}}
    assert describe_body(optional) == {"description": "Docstring.", "content": content}


@pytest.mark.parametrize(
    ("annotation", "content"),
    [
        (Body[bytes], {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}),
        (Body[str], {"text/plain": {"schema": {"type": "string"}}}),
        (
            Annotated[Body[bytes | None], Param(max_size=5, content_types=["image/png", "image/gif"])],
            {
                name: {"schema": {"type": "string", "format": "binary", "maxLength": 5}}
                for name in ("image/png", "image/gif")
            },
        ),
    ],
)
def test_raw_bodies(annotation, content):
    """A body that is taken as it is has the content types that it may have."""

    def view(data: Any) -> None: ...

    view.__annotations__["data"] = annotation
    assert describe_body(view)["content"] == content


def test_forms():
    """A form without files is described as the kind that every client can send."""

    def view(
        name: Annotated[Form[str], Param(max_length=5, description="Who.", example="Ann")],
        age: Form[int | None] = None,
        tags: Form[list[str]] = [],  # noqa: B006 - a default that is shown
    ) -> None: ...

    properties = {
        "name": {"type": "string", "maxLength": 5, "description": "Who.", "examples": ["Ann"]},
        "age": {"type": "integer"},
        "tags": {"type": "array", "items": TEXT, "default": []},
    }
    schema = {"type": "object", "properties": properties, "required": ["name"]}
    assert describe_body(view) == {"content": {FORM: {"schema": schema}}, "required": True}


def test_models_of_forms():
    """The fields of a model are fields of the form, beside others."""

    def view(form: Form[Needed], must: Form[bool] = False) -> None: ...

    schema = describe_body(view)["content"][FORM]["schema"]
    assert list(schema["properties"]) == ["x_key", "must"]
    assert schema["properties"]["x_key"] == {**TEXT, "deprecated": True}
    assert schema["required"] == ["x_key"]


def test_files():
    """Files are sent as multipart, with the sizes and types that they may have."""

    def view(
        one: Annotated[File, Param(max_size=9, content_types=["image/*", "text/csv"])],
        many: Annotated[list[File], Param(min_length=1, max_length=2)],
        other: File | None = None,
    ) -> None:
        """Do it.

        Args:
            one: The one.
            many: The many.
            other: The other.
        """

    properties = {
        "one": {**FILE, "maxLength": 9, "description": "The one."},
        "many": {"type": "array", "items": FILE, "minItems": 1, "maxItems": 2, "description": "The many."},
        "other": {**FILE, "description": "The other."},
    }
    schema = {"type": "object", "properties": properties, "required": ["one", "many"]}
    encoding = {"one": {"contentType": "image/*, text/csv"}}
    assert describe_body(view) == {"content": {MULTIPART: {"schema": schema, "encoding": encoding}}, "required": True}


def test_enough_is_optional():
    """A form none of whose fields is needed may be left out."""

    def view(name: Form[str] = "") -> None: ...

    assert "required" not in describe_body(view)
