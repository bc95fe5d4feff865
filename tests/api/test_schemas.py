"""The JSON Schema of types: leaves, containers, models of each kind, and what refers to them."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, NotRequired, TypedDict, TypeVar

import attrs
import msgspec
import pydantic
import pytest
from jsonschema import Draft202012Validator

from demijohn.api import Secret
from demijohn.api.examples import build_example, dump_value
from demijohn.api.schemas import Schemas

T = TypeVar("T")
Meta = msgspec.Meta


class Colour(enum.Enum):
    """A colour."""

    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 2
    HIGH = 1


class Cat(msgspec.Struct, tag=True):
    lives: int = 9


class Dog(msgspec.Struct, tag=True):
    tricks: list[str] = []


class Line(msgspec.Struct, array_like=True):
    start: float
    end: float = 0.0


class Closed(msgspec.Struct, array_like=True, tag="closed", forbid_unknown_fields=True):
    size: int


class Tree(msgspec.Struct):
    """A tree.

    It branches.

    Args:
        leaf: What hangs there.
    """

    leaf: str
    left: Tree | None = None
    right: Annotated[Tree | None, Meta(description="The other one.")] = None


class Box(msgspec.Struct, Generic[T]):
    content: T


class Point(NamedTuple):
    x: int
    y: int = 0


def build(wanted, **options):
    """Return the schema of a type, and the components, both complete."""
    schemas = Schemas()
    schema = schemas.build(wanted, **options)
    components = schemas.finish(schema)
    Draft202012Validator.check_schema(schema)
    for component in components.values():
        Draft202012Validator.check_schema(component)
    return schema, components


LEAVES: list[tuple[Any, dict[str, Any]]] = [
    (Any, {}),
    (None, {"type": "null"}),
    (bool, {"type": "boolean"}),
    (int, {"type": "integer"}),
    (float, {"type": "number"}),
    (str, {"type": "string"}),
    (bytes, {"type": "string", "contentEncoding": "base64"}),
    (dt.date, {"type": "string", "format": "date"}),
    (dt.datetime, {"type": "string", "format": "date-time"}),
    (Annotated[dt.datetime, Meta(tz=True)], {"type": "string", "format": "date-time"}),
    (Annotated[dt.time, Meta(tz=True)], {"type": "string", "format": "time"}),
    (uuid.UUID, {"type": "string", "format": "uuid"}),
    (Literal["b", "a"], {"type": "string", "enum": ["a", "b"]}),
    (Literal[1, "a"], {"enum": [1, "a"]}),
    (NewType("Number", int), {"type": "integer"}),
    (
        Annotated[int, Meta(ge=1, lt=5, multiple_of=2)],
        {"type": "integer", "minimum": 1, "exclusiveMaximum": 5, "multipleOf": 2},
    ),
    (Annotated[float, Meta(gt=0, le=1)], {"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
    (
        Annotated[str, Meta(min_length=1, max_length=3, pattern="^a")],
        {"type": "string", "minLength": 1, "maxLength": 3, "pattern": "^a"},
    ),
    (Annotated[bytes, Meta(max_length=4)], {"type": "string", "contentEncoding": "base64", "maxLength": 8}),
    (
        Annotated[int, Meta(title="T", description="D", examples=[1])],
        {"type": "integer", "title": "T", "description": "D", "examples": [1]},
    ),
    (int | None, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
    (list, {"type": "array"}),
    (list[int], {"type": "array", "items": {"type": "integer"}}),
    (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}),
    (set[int], {"type": "array", "items": {"type": "integer"}}),
    (frozenset[int], {"type": "array", "items": {"type": "integer"}}),
    (
        Annotated[list[int], Meta(min_length=1, max_length=2)],
        {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2},
    ),
    (tuple[()], {"type": "array", "maxItems": 0}),
    (
        tuple[int, str],
        {
            "type": "array",
            "prefixItems": [{"type": "integer"}, {"type": "string"}],
            "minItems": 2,
            "maxItems": 2,
            "items": False,
        },
    ),
    (dict, {"type": "object"}),
    (Mapping[str, Any], {"type": "object"}),
    (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
    (dict[int, Any], {"type": "object", "propertyNames": {"pattern": "^-?[0-9]+$"}}),
    (
        Annotated[dict[uuid.UUID, bool], Meta(max_length=2)],
        {
            "type": "object",
            "propertyNames": {"type": "string", "format": "uuid"},
            "additionalProperties": {"type": "boolean"},
            "maxProperties": 2,
        },
    ),
]


@pytest.mark.parametrize(
    ("wanted", "schema"), LEAVES, ids=lambda value: None if isinstance(value, dict) else str(value)
)
def test_types_without_models(wanted, schema):
    """A type that holds no model is described where it stands."""
    assert build(wanted) == (schema, {})


@pytest.mark.parametrize(
    ("wanted", "values"),
    [
        (dt.timedelta, [dt.timedelta(days=1, seconds=3.5), -dt.timedelta(days=3), dt.timedelta(0)]),
        (decimal.Decimal, [decimal.Decimal(text) for text in ("1.50", "-3", "1E+30", "1E-14")]),
        (dt.time, [dt.time(1, 2, 3), dt.time(23, 59, 59, 999999), dt.time(0, tzinfo=dt.UTC)]),
        (Annotated[dt.time, Meta(tz=False)], [dt.time(1, 2, 3), dt.time(23, 59, 59, 999999)]),
        (Annotated[dt.datetime, Meta(tz=False)], [dt.datetime.min, dt.datetime.max, dt.datetime(2026, 1, 31)]),
    ],
    ids=["timedelta", "decimal", "time", "naive time", "naive datetime"],
)
def test_patterns_hold_what_is_written(wanted, values):
    """A pattern in the document is right about what msgspec writes."""
    pattern = build(wanted)[0]["pattern"]
    texts = [msgspec.to_builtins(value) for value in values]
    assert [text for text in texts if not re.search(pattern, text)] == []


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        (Tree, Tree("a", left=Tree("b"), right=None)),
        (Box[dict[Literal["a"], set[int]]], Box({"a": {1, 2}})),
        (Cat | Dog, Dog(["sit"])),
        (list[Line | None], [Line(1.0), None]),
        (Closed, Closed(1)),
        (Point, Point(1)),
        (tuple[bytes, Level, Colour], (b"abcd", Level.LOW, Colour.RED)),
        (dict[dt.date, dt.datetime], {dt.date(2026, 1, 31): dt.datetime(2026, 1, 31, tzinfo=dt.UTC)}),
        (dict[int, float], {-1: 1e300, 2: 0.0}),
    ],
)
def test_what_is_written_fits(wanted, value):
    """A value as msgspec writes it is valid by the schema of its type."""
    schema, components = build(wanted)
    document = {**schema, "components": {"schemas": components}}
    written = msgspec.json.decode(msgspec.json.encode(value))
    assert list(Draft202012Validator(document).iter_errors(written)) == []


def test_enums():
    """An enum is a component, with its values in the order of its definition."""
    assert build(Colour) == (
        {"$ref": "#/components/schemas/Colour"},
        {"Colour": {"title": "Colour", "description": "A colour.", "type": "string", "enum": ["red", "blue"]}},
    )
    assert build(Level)[1]["Level"] == {"title": "Level", "type": "integer", "enum": [2, 1]}


def test_recursive_models():
    """A model that holds itself refers to itself; its docstring describes the fields."""
    here = {"$ref": "#/components/schemas/Tree"}
    expected = {
        "title": "Tree",
        "description": "A tree.\n\nIt branches.",
        "type": "object",
        "properties": {
            "leaf": {"type": "string", "description": "What hangs there."},
            "left": {"anyOf": [here, {"type": "null"}], "default": None},
            "right": {"anyOf": [here, {"type": "null"}], "description": "The other one.", "default": None},
        },
        "required": ["leaf"],
    }
    assert build(Tree) == (here, {"Tree": expected})


def test_generic_models():
    """Each use of a generic model is a component of its own."""
    schema, components = build(Box[Box[int]])
    assert schema == {"$ref": "#/components/schemas/Box_Box_int"}
    assert components["Box_int"] == {
        "title": "Box[int]",
        "type": "object",
        "properties": {"content": {"type": "integer"}},
        "required": ["content"],
    }


def test_tagged_unions():
    """Models told apart by a tag have a discriminator, which null stays out of."""
    both = {
        "anyOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
        "discriminator": {
            "propertyName": "type",
            "mapping": {"Cat": "#/components/schemas/Cat", "Dog": "#/components/schemas/Dog"},
        },
    }
    schema, components = build(Cat | Dog)
    assert schema == both
    assert components["Cat"]["properties"]["type"] == {"type": "string", "const": "Cat"}
    assert components["Cat"]["required"] == ["type"]
    assert build(Cat | Dog | None)[0] == {"anyOf": [both, {"type": "null"}]}
    assert build(Cat | Dog | None, nullable=False)[0] == both


def test_models_in_arrays():
    """A model that is an array, and a named tuple, have an item for each field."""
    numbers = [{"type": "number"}, {"type": "number", "default": 0.0}]
    assert build(Line)[1]["Line"] == {"title": "Line", "type": "array", "prefixItems": numbers, "minItems": 1}
    closed = {"type": "array", "prefixItems": [{"const": "closed"}, {"type": "integer"}], "minItems": 2}
    assert build(Closed)[1]["Closed"] == {"title": "Closed", **closed, "maxItems": 2, "items": False}
    point = {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "integer", "default": 0}], "minItems": 1}
    assert build(Point)[1]["Point"] == {"title": "Point", **point, "maxItems": 2, "items": False}


class OfStruct(msgspec.Struct, rename={"old": "former"}):
    """A thing."""

    name: Annotated[str, Meta(max_length=5)]
    old: bool
    colour: Colour = Colour.RED
    tags: list[str] = []


@dataclass
class OfDataclass:
    """A thing."""

    name: Annotated[str, Meta(max_length=5)]
    former: bool
    colour: Colour = Colour.RED
    tags: list[str] = field(default_factory=list)


class OfTypedDict(TypedDict):
    """A thing."""

    name: Annotated[str, Meta(max_length=5)]
    former: bool
    colour: NotRequired[Colour]
    tags: NotRequired[list[str]]


@attrs.define
class OfAttrs:
    """A thing."""

    name: Annotated[str, Meta(max_length=5)]
    former: bool
    colour: Colour = Colour.RED
    tags: list[str] = attrs.field(factory=list)


class OfPydantic(pydantic.BaseModel):
    """A thing."""

    name: Annotated[str, pydantic.Field(max_length=5)]
    former: bool
    colour: Colour = Colour.RED
    tags: list[str] = []


@pytest.mark.parametrize("model", [OfStruct, OfDataclass, OfTypedDict, OfAttrs, OfPydantic])
def test_kinds_of_models(model):
    """The same model of any kind has the same schema; a TypedDict has no defaults."""
    defaults = {"colour": {"default": "red"}, "tags": {"default": []}}
    if model is OfTypedDict:
        defaults = {"colour": {}, "tags": {}}
    expected = {
        "title": model.__name__,
        "description": "A thing.",
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 5},
            "former": {"type": "boolean"},
            "colour": {"$ref": "#/components/schemas/Colour", **defaults["colour"]},
            "tags": {"type": "array", "items": {"type": "string"}, **defaults["tags"]},
        },
        "required": ["name", "former"],
    }
    assert build(model)[1][model.__name__] == expected


def test_made_docstrings_are_no_descriptions():
    """What `dataclass` writes in place of a docstring is not shown."""

    @dataclass
    class Bare:
        name: str

    assert "description" not in build(Bare)[1]["Bare"]


def test_defaults():
    """Defaults are shown as JSON, but not those that a function makes."""

    class Model(msgspec.Struct):
        day: dt.date = dt.date(2026, 1, 31)
        words: frozenset[str] = frozenset({"b", "c", "a"})
        box: Box[int] = msgspec.field(default_factory=lambda: Box(1))
        inner: Point = Point(1)
        unset: int | msgspec.UnsetType = msgspec.UNSET
        kept: dict[str, int] = msgspec.field(default_factory=dict)

    properties = build(Model)[1]["Model"]["properties"]
    found = {name: schema["default"] for name, schema in properties.items() if "default" in schema}
    assert found == {"day": "2026-01-31", "words": ["a", "b", "c"], "inner": [1, 0], "kept": {}}


def test_secrets():
    """A secret is written by clients only."""
    assert build(Secret[str])[0] == {"type": "string", "writeOnly": True}


def test_the_default_of_a_secret_is_one():
    """It is not shown, nor is that of what holds one; that there may be none is."""

    class Login(msgspec.Struct):
        key: Secret[str] = "4711"
        keys: list[Secret[str]] = msgspec.field(default_factory=list)
        other: Secret[str] | None = None

    properties = build(Login)[1]["Login"]["properties"]
    assert {name: schema.get("default", "-") for name, schema in properties.items()} == {
        "key": "-",
        "keys": "-",
        "other": None,
    }


def test_texts_in_place_of_docstrings():
    """A model may be described by other words than its docstring."""
    schemas = Schemas({Colour: "Paint."})
    schemas.build(list[Colour])
    assert schemas.finish(None)["Colour"]["description"] == "Paint."


def test_fields_of_a_model():
    """The fields of a model are told one by one, without null, and the model is no component."""
    schemas = Schemas()
    found = schemas.list_properties(Tree | None)
    assert [(each.name, each.is_required) for each in found] == [("leaf", True), ("left", False), ("right", False)]
    assert found[0].schema == {"type": "string", "description": "What hangs there."}
    assert "default" not in found[1].schema


def test_types_that_cannot_be_hashed():
    """Metadata that cannot be hashed is no obstacle."""
    assert build(Annotated[int, Meta(ge=1), ["a", "list"]])[0] == {"type": "integer", "minimum": 1}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"b": {2, 1}, "a": (dt.date(2026, 1, 31),)}, {"b": [1, 2], "a": ["2026-01-31"]}),
        (OfPydantic(name="a", former=True), {"name": "a", "former": True, "colour": "red", "tags": []}),
        (OfAttrs("a", former=True), {"name": "a", "former": True, "colour": "red", "tags": []}),
        ({Colour.RED: Colour.BLUE, 1: decimal.Decimal("1.50")}, {"red": "blue", "1": "1.50"}),
        (re.compile("a"), "re.compile('a')"),
        (Point(1), [1, 0]),
    ],
)
def test_values_as_json(value, expected):
    """Defaults and examples become JSON, sets in order."""
    assert dump_value(value) == expected
    assert list(dump_value(value)) == list(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, {"value": 1}),
        ({"name": "x"}, {"value": {"name": "x"}}),
        ({"summary": "S", "value": {1}}, {"summary": "S", "value": [1]}),
        ({"externalValue": "/x.json"}, {"externalValue": "/x.json"}),
    ],
)
def test_example_objects(value, expected):
    """An example is a value, or an Example Object already."""
    assert build_example(value) == expected
