"""What a view returns, of each kind and in each position, is sent with the fields that its annotation names."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple, TypedDict

import attrs
import msgspec
import pydantic
import pytest

from demijohn import Flask, Query
from demijohn.testing.doors import DOORS, Door
from tests.api.matrix import HOLDERS, KINDS

SECRET = "$2b$12$"


class StructUser(msgspec.Struct):
    id: int
    name: str


class StructRow(StructUser):
    password: str = SECRET


@dataclasses.dataclass
class DataclassUser:
    id: int
    name: str


@dataclasses.dataclass
class DataclassRow(DataclassUser):
    password: str = SECRET


class TypedDictUser(TypedDict):
    id: int
    name: str


class TypedDictRow(TypedDictUser):
    password: str


@attrs.define
class AttrsUser:
    id: int
    name: str


@attrs.define
class AttrsRow(AttrsUser):
    password: str = SECRET


class PydanticUser(pydantic.BaseModel):
    id: int
    name: str


class PydanticRow(PydanticUser):
    password: str = SECRET


class PydanticOpen(PydanticUser, extra="allow"):
    """Keep whatever comes."""


class Stored:
    """A row of a database, as object-relational mappers have them."""

    def __init__(self, id: int, name: str) -> None:  # noqa: A002 - the name of the column
        self.id = id
        self.name = name
        self.password = SECRET


USERS = dict(zip(KINDS, (StructUser, DataclassUser, TypedDictUser, AttrsUser, PydanticUser), strict=True))

#: What a view may return where a user is asked for: by itself, and with a password.
VALUES: dict[str, Callable[[Any], Any]] = {
    "exact": lambda user: user(id=1, name="é"),
    "struct": lambda user: StructRow(1, "é"),
    "dataclass": lambda user: DataclassRow(1, "é"),
    "typeddict": lambda user: TypedDictRow(id=1, name="é", password=SECRET),
    "attrs": lambda user: AttrsRow(1, "é"),
    "pydantic": lambda user: PydanticRow(id=1, name="é"),
    "pydantic with more": lambda user: PydanticOpen(id=1, name="é", password=SECRET),
    "object": lambda user: Stored(1, "é"),
}


class Position(NamedTuple):
    """Where a model stands in a result.

    Args:
        annotation: Makes the return annotation, of the model and what makes a model with one field.
        value: Makes the result of a value, by that same model.
        sent: Makes what is sent, of what is sent for the value.
        status: The status.
    """

    annotation: Callable[[Any, Any], Any]
    value: Callable[[Any, Any], Any]
    sent: Callable[[Any], Any]
    status: int = 200


POSITIONS = {
    "body": Position(lambda user, make: user, lambda value, make: value, lambda sent: sent),
    "optional": Position(lambda user, make: user | None, lambda value, make: value, lambda sent: sent),
    "with status": Position(
        lambda user, make: tuple[user, int], lambda value, make: (value, 201), lambda sent: sent, 201
    ),
    "list": Position(lambda user, make: list[user], lambda value, make: [value, value], lambda sent: [sent, sent]),
    "dict": Position(lambda user, make: dict[str, user], lambda value, make: {"é": value}, lambda sent: {"é": sent}),
    "list in dict": Position(
        lambda user, make: dict[str, list[user]],
        lambda value, make: {"a": [value], "b": []},
        lambda sent: {"a": [sent], "b": []},
    ),
    "field": Position(lambda user, make: make(user), lambda value, make: make(value), lambda sent: {"value": sent}),
    "list in field": Position(
        lambda user, make: make(list[user]),
        lambda value, make: make([value, value]),
        lambda sent: {"value": [sent, sent]},
    ),
    "optional in field": Position(
        lambda user, make: make(user | None), lambda value, make: make(value), lambda sent: {"value": sent}
    ),
    "dict in field in list": Position(
        lambda user, make: list[make(dict[str, user])],
        lambda value, make: [make({"k": value})],
        lambda sent: [{"value": {"k": sent}}],
    ),
}

CASES = [(kind, position, value) for kind in KINDS for position in POSITIONS for value in VALUES]


@cache
def make_app() -> Flask:
    """Return an app with a view for each case, once as a function and once as a coroutine."""
    app = Flask("results")
    app.config["PROPAGATE_EXCEPTIONS"] = True
    for kind, position, value in CASES:
        add_views(app, kind, position, value)
    return app


def add_views(app: Flask, kind: str, position: str, value: str) -> None:
    """Add the views of one case."""
    user, known = USERS[kind], POSITIONS[position]
    holder: Any = known.annotation(user, HOLDERS[kind])
    outer = find_holder(holder)

    def view(page: Any = 1) -> Any:
        return known.value(VALUES[value](user), lambda part: fill(outer, kind, part))

    async def view_on_loop(page: Any = 1) -> Any:
        return view()

    view.__annotations__ = view_on_loop.__annotations__ = {"page": Query[int], "return": holder}
    app.add_url_rule(f"/{kind}/{position}/{value}", f"{kind} {position} {value}", view)
    app.add_url_rule(f"/async/{kind}/{position}/{value}", f"async {kind} {position} {value}", view_on_loop)


def find_holder(annotation: Any) -> Any:
    """Return the class of the model around, if there is one."""
    arguments = getattr(annotation, "__args__", ())
    return arguments[0] if getattr(annotation, "__origin__", None) is list else annotation


def fill(outer: Any, kind: str, part: Any) -> Any:
    """Make a model around a value that may be wider than its field says."""
    return outer.model_construct(value=part) if kind == "pydantic" else outer(value=part)


@pytest.fixture(scope="module", params=list(DOORS))
def client(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Give a client of the app through each door in turn."""
    with Door(request.param) as opened:
        yield opened.client(make_app())


@pytest.mark.parametrize("start", ["", "/async"], ids=["function", "coroutine"])
@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_no_field_leaks(client, kind, position, start):
    """The annotation's fields are sent and no other, whatever was returned and however deep."""
    known = POSITIONS[position]
    answers = {value: client.get(f"{start}/{kind}/{position}/{value}") for value in VALUES}
    expected = dict.fromkeys(VALUES, (known.status, known.sent({"id": 1, "name": "é"}), "application/json"))
    assert {value: (a.status_code, a.json, a.content_type) for value, a in answers.items()} == expected
