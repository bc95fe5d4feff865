"""The words and places of faults, and what they never tell."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import msgspec
import pydantic
import pytest
from msgspec import UNSET, Meta

from demijohn.api import Secret
from demijohn.api.faults import MOST_FAULTS, Fault, Faulty
from demijohn.api.models import find_reader


def find_faults(type_, value, *, lax=False, where="body"):
    """Give the faults of a value."""
    with pytest.raises(Faulty) as caught:
        find_reader(type_, lax=lax).read(value, where)
    return caught.value.faults


def tell(type_, value):
    """Give the words of a value's only fault."""
    (fault,) = find_faults(type_, value)
    return fault.expected


class Size(enum.IntEnum):
    SMALL = 1
    BIG = 2


class Point(NamedTuple):
    x: int
    y: int = 0


class Row(msgspec.Struct, array_like=True, tag="row"):
    x: int
    y: int = 0


A_UUID = "a UUID such as 123e4567-e89b-12d3-a456-426614174000"

WORDS = [
    (int, "x", "an integer"),
    (Annotated[int, Meta(ge=1)], 0, "an integer at least 1"),
    (Annotated[int, Meta(gt=1, multiple_of=3)], 4, "an integer greater than 1 and a multiple of 3"),
    (Annotated[float, Meta(lt=1.5)], 2, "a number less than 1.5"),
    (str, 1, "a text"),
    (Annotated[str, Meta(max_length=1)], "xx", "a text of at most 1 character"),
    (Annotated[str, Meta(min_length=2, max_length=2)], "x", "a text of exactly 2 characters"),
    (Annotated[str, Meta(pattern="^a")], "b", "a text that matches ^a"),
    (bool, 1, "true or false"),
    (None, 1, "null"),
    (bytes, "?", "a text in base64"),
    (Annotated[bytes, Meta(min_length=2)], "", "a text in base64 of at least 2 bytes"),
    (dt.date, "x", "a date such as 2026-01-31"),
    (dt.time, "x", "a time such as 12:30:00"),
    (dt.datetime, "x", "a date and time such as 2026-01-31T12:30:00Z"),
    (
        Annotated[dt.datetime, Meta(tz=True)],
        "2026-01-31T12:30:00",
        "a date and time with a zone such as 2026-01-31T12:30:00Z",
    ),
    (Annotated[dt.datetime, Meta(tz=False)], "x", "a date and time without a zone such as 2026-01-31T12:30:00"),
    (dt.timedelta, "x", "a duration such as PT1H30M"),
    (UUID, "x", A_UUID),
    (Size, 3, "one of 1, 2"),
    (Literal["b", "a"] | None, "c", "one of 'a', 'b' or null"),
    (Literal["only"], "c", "'only'"),
    (Literal[tuple(range(25))], 30, f"one of {', '.join(map(str, range(20)))} and 5 more"),
    (list[int], {}, "an array"),
    (Annotated[list[int], Meta(min_length=1)], [], "an array of at least 1 item"),
    (tuple[int, str], [1], "an array of exactly 2 items"),
    (Annotated[dict[str, int], Meta(max_length=1)], {"a": 1, "b": 2}, "an object of at most 1 property"),
    (dict[str, int], [], "an object"),
    (int | None, "x", "an integer or null"),
    (int | dt.date, "x", "an integer or a date such as 2026-01-31"),
    (Annotated[str, Meta(title="A name")] | None, 1, "a text or null"),
    (dict[int | UUID, int], {"x": 1}, f"a name that is an integer or {A_UUID}"),
    (dict[Literal["a", "b"], int], {"x": 1}, "a name that is one of 'a', 'b'"),
    (dict[Annotated[int, Meta(title="A number")], int], {"x": 1}, "a name that is an integer"),
    (complex, "x", "a value that complex accepts"),
    (complex | None, "x", "a value that complex accepts or null"),
    (Point, [], "an array of at least 1 and at most 2 items"),
    (Point, 3, "an array"),
    (Row, ["row"], "an array of at least 2 and at most 3 items"),
    (Row, ["other", 1], "'row'"),
]


@pytest.mark.parametrize(("type_", "value", "words"), WORDS)
def test_each_type_has_its_words(type_, value, words):
    """A fault says in words what a type asks for."""
    assert tell(type_, value) == words


class Cat(msgspec.Struct, tag="cat"):
    lives: int


class Dog(msgspec.Struct, tag="dog"):
    bark: str


UNIONS = [
    (Cat | Dog, {"type": "cat", "lives": "x"}, ("body.lives", "an integer")),
    (Cat | Dog, {"type": "cow"}, ("body.type", "one of 'cat', 'dog'")),
    (Cat | Dog, {}, ("body.type", "required")),
    (Cat | Dog | None, 3, ("body", "an object or null")),
    (Cat, {"type": "dog", "lives": 1}, ("body.type", "'cat'")),
    (list[int] | dict[str, int] | None, ["x"], ("body[0]", "an integer")),
    (list[int] | dict[str, int] | None, {"a": "x"}, ("body.a", "an integer")),
    (list[int] | int, "x", ("body", "an array or an integer")),
    (Row | None, ["row", "x"], ("body[1]", "an integer")),
]


@pytest.mark.parametrize(("type_", "value", "expected"), UNIONS)
def test_the_member_of_a_union_is_found_that_was_meant(type_, value, expected):
    """A fault in a union is told of the member whose shape the value has."""
    (fault,) = find_faults(type_, value)
    assert (fault.where, fault.expected) == expected


def test_names_in_an_object_are_checked():
    """A name that its type does not take is a fault by itself, beside that of its value."""
    faults = find_faults(dict[int, int], {"1": 1, "x": "y"})
    assert [("body.x", "a name that is an integer", "x"), ("body.x", "an integer", "y")] == [
        (fault.where, fault.expected, fault.got) for fault in faults
    ]


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    number: int
    other: int


def test_faults_come_in_the_order_of_the_value():
    """What came is told in its own order, and what is missing after it."""
    faults = find_faults(Strict, {"zz": 1, "other": "x"})
    expected = [("body.zz", "no field of this name"), ("body.other", "an integer"), ("body.number", "required")]
    assert [(fault.where, fault.expected) for fault in faults] == expected


def test_a_fault_repeats_what_came():
    """The value that came is told, cut short where it is long, and nothing where nothing came."""
    faults = find_faults(Strict, {"number": "x" * 1000, "zz": 1})
    assert ["x" * 79 + "…", UNSET, UNSET] == [fault.got for fault in faults]


def test_there_are_only_so_many_faults():
    """A body of many wrong items gets an answer of bounded size."""
    assert len(find_faults(list[int], ["x"] * 10_000)) == MOST_FAULTS
    assert len(find_faults(dict[int, int], {f"x{each}": 1 for each in range(1000)})) == MOST_FAULTS


class Login(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(max_length=5)]
    password: Secret[Annotated[str, Meta(min_length=3)]]
    pins: Secret[list[int]] = []


class Box(msgspec.Struct):
    login: Login
    number: int = 0


SECRETS = [
    (Login, {"name": "x", "password": "pw"}),
    (Login, {"name": "x", "password": ["hunter2"]}),
    (Login, {"name": "x", "password": "hunter2", "pins": ["hunter2"]}),
    (Login, {"name": "x", "passwort": "hunter2", "password": "hunter2"}),
    (Login, [{"name": "x", "password": "hunter2"}]),
    (Login, "hunter2"),
    (Box, {"login": "hunter2"}),
    (Box, [{"login": {"password": "hunter2"}}]),
    (list[Login], {"password": "hunter2"}),
    (dict[str, Login], {"x": "hunter2"}),
    (Login | int, ["hunter2"]),
    (Secret[int], "hunter2"),
    (Secret[dict[int, int]], {"hunter2": 1}),
    (tuple[Login, int], ["hunter2"]),
    (pydantic.SecretStr, ["hunter2"]),
]


@pytest.mark.parametrize(("type_", "value"), SECRETS)
def test_a_secret_is_never_told(type_, value):
    """What a secret's place holds is in no fault, nor anything around it that may hold it."""
    told = json.dumps(msgspec.to_builtins(find_faults(type_, value)))
    assert "hunter2" not in told
    assert '"pw"' not in told


def test_what_is_not_secret_is_told():
    """The other fields of a model with a secret are told as ever."""
    (fault,) = find_faults(Login, {"name": "much too long", "password": "hunter2"})
    assert fault == Fault("body.name", "a text of at most 5 characters", "much too long")


class Talkative(msgspec.Struct):
    password: Secret[str]

    def __post_init__(self) -> None:
        raise ValueError(f"{self.password} is a bad one")


def test_a_model_s_own_words_tell_no_secret():
    """Words of a validator that hold the secret are replaced."""
    (fault,) = find_faults(Talkative, {"password": "hunter2"})
    assert fault.expected == "a value that is accepted"


class Pins(msgspec.Struct):
    codes: Secret[dict[str, list[int]]]
    names: list[str]

    def __post_init__(self) -> None:
        raise ValueError(f"{self.codes} is too much for {self.names[0]}")


def test_a_secret_is_found_in_what_it_holds():
    """Words that hold a part of a secret are replaced, and others are not."""
    (fault,) = find_faults(Pins, {"codes": {"a": [4711]}, "names": ["x"]})
    assert fault.expected == "a value that is accepted"
    (fault,) = find_faults(Pins, {"codes": {}, "names": ["x"]})
    assert fault.expected == "{} is too much for x"


class Deep(msgspec.Struct):
    number: int

    def __post_init__(self) -> None:
        raise RecursionError


def test_a_model_s_own_recursion_is_a_fault():
    """A model that goes too deep into a value has refused it."""
    assert find_faults(list[Deep], [{"number": 1}]) == [Fault("body[0]", "a value that is nested less deeply")]


@dataclasses.dataclass
class Careful:
    number: int

    def __post_init__(self) -> None:
        if self.number == 13:
            raise ValueError("it brings bad luck")
        if self.number == 14:
            raise AssertionError
        if self.number == 15:
            raise ValueError(self)


class Careless(msgspec.Struct):
    items: list[Careful]
    word: str


def test_a_model_s_own_words_are_told_where_it_is():
    """What a model's own code refuses is a fault at the model, beside all others."""
    items = [{"number": 13}, {"number": "x"}, {"number": 14}, {"number": 15}, {"number": 1}]
    faults = find_faults(Careless, {"items": items, "word": 3})
    expected = [
        ("body.items[0]", "it brings bad luck"),
        ("body.items[1].number", "an integer"),
        ("body.items[2]", "a value that is accepted"),
        ("body.items[3]", "a value that is accepted"),
        ("body.word", "a text"),
    ]
    assert [(fault.where, fault.expected) for fault in faults] == expected


class Tree(msgspec.Struct):
    children: list[Tree] = []


def test_a_value_nested_too_deeply_is_a_fault():
    """A value that is nested more deeply than Python goes is a fault, not an error."""
    value: dict[str, Any] = {}
    for _ in range(3000):
        value = {"children": [value]}
    assert find_faults(Tree, value) == [Fault("body", "a value that is nested less deeply")]


def test_the_place_is_the_caller_s():
    """A fault's place begins where the value came from."""
    (fault,) = find_faults(Annotated[int, Meta(ge=1)], "0", lax=True, where="query.page")
    assert fault == Fault("query.page", "an integer at least 1", "0")
