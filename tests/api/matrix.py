"""Two tables: what sorts of values there are, and in what places of a request they come.

What an application has to answer follows from both, and from nothing of the code that answers.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, TypedDict
from urllib.parse import quote

import attrs
import msgspec
import pydantic
from werkzeug.datastructures import MultiDict

from demijohn import Body, Cookie, Flask, Form, Header, Path, Query

LONG = "9" * 5000
LONGER = 20_000
ID = "123e4567-e89b-12d3-a456-426614174000"
HUNDRED = "é" * 100
WIDE = "１２"  # noqa: RUF001 - digits, and none of ASCII


class Colour(enum.Enum):
    RED = "red"
    GREEN = "grün"


class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 20


class Sort(NamedTuple):
    """A sort of values.

    Args:
        type: The type.
        words: What is expected of one that is wrong.
        good: Texts, and the values that they stand for; several texts for a type that holds several values.
        wrong: Texts that stand for none.
        good_json: JSON values, and what they stand for.
        wrong_json: JSON values that stand for none.
        items: For a type that holds several, what is expected of one of them that is wrong.
        words_of_json: What is expected in JSON, where that is more than what a text can be.
    """

    type: Any
    words: str
    good: tuple[tuple[str | tuple[str, ...], Any], ...]
    wrong: tuple[str | tuple[str, ...], ...]
    good_json: tuple[tuple[Any, Any], ...]
    wrong_json: tuple[Any, ...]
    items: str = ""
    words_of_json: str = ""


UTC = dt.UTC
NO_INTEGERS = ("", "x", "1.5", "1e3", WIDE, "0x1f", "1 2", "²", "é", "null", "true", LONG)
NO_TEXT = (3, 1.5, True, None, ["a"], {"a": "b"})

SORTS = {
    "str": Sort(
        str, "a text",
        (("a b", "a b"), ("", ""), ("null", "null"), ("é漢字😀", "é漢字😀"), ("x" * LONGER, "x" * LONGER), ("1", "1")),
        (),
        (("a", "a"), ("", ""), ("é漢字😀\x00\n", "é漢字😀\x00\n"), ("x" * LONGER, "x" * LONGER)), NO_TEXT,
    ),
    "int": Sort(
        int, "an integer",
        (("12", 12), ("-3", -3), ("0", 0), (str(2**64), 2**64), ("9" * 30, int("9" * 30))), NO_INTEGERS,
        ((12, 12), (-3, -3), (10**30, 10**30), (97.0, 97)), ("12", 1.5, True, None, [1], {}, "é", ""),
    ),
    "float": Sort(
        float, "a number",
        (("1.5", 1.5), ("-2", -2.0), ("1e3", 1000.0)),
        ("", "x", "1,5", "nan", "inf", "-Infinity", "1e999", "null", "１"),  # noqa: RUF001 - that is the point
        ((1.5, 1.5), (2, 2.0), (1e300, 1e300)), ("1.5", True, None, [], "NaN", "é"),
    ),
    "bool": Sort(
        bool, "true or false",
        (("true", True), ("false", False), ("1", True), ("0", False)), ("", "yes", "2", "null", "é", LONG),
        ((True, True), (False, False)), ("true", 1, 0, None, [], {}),
    ),
    "bytes": Sort(
        bytes, "a text in base64",
        (("YWI=", b"ab"), ("", b"")), ("a", "é", "YWI", "%%%"),
        (("YWI=", b"ab"), ("", b"")), (3, None, ["YWI="], "é", "YWI"),
    ),
    "decimal": Sort(
        Decimal, "a decimal number such as 12.50",
        (("1.50", Decimal("1.50")), ("-0.1", Decimal("-0.1")), ("1e3", Decimal("1e3"))),
        ("", "1,5", "x", "nan", "Infinity", "sNaN", "null", "é"),
        (("1.50", Decimal("1.50")), (2, Decimal(2)), (1.5, Decimal("1.5"))), (True, None, "x", "NaN", [1], {}),
    ),
    "date": Sort(
        dt.date, "a date such as 2026-01-31",
        (("2026-01-31", dt.date(2026, 1, 31)), ("2024-02-29", dt.date(2024, 2, 29))),
        ("", "31.1.2026", "2026-02-30", "20260131", "99999-01-01", "0000-01-01", "2026-01-31T10:00:00Z", "null", LONG),
        (("2026-01-31", dt.date(2026, 1, 31)),), (20260131, None, True, "x", []),
    ),
    "datetime": Sort(
        dt.datetime, "a date and time such as 2026-01-31T12:30:00Z",
        (("2026-01-31T12:30:00Z", dt.datetime(2026, 1, 31, 12, 30, tzinfo=UTC)),
         ("2026-01-31T12:30:00", dt.datetime(2026, 1, 31, 12, 30))),
        ("", "2026-01-31T25:00:00", "2026-01-31", "x", "é", "null", LONG, "9999-12-31T23:59:60Z"),
        (("2026-01-31T12:30:00Z", dt.datetime(2026, 1, 31, 12, 30, tzinfo=UTC)),),
        (None, True, "x", "2026-01-31", [], 1.5),
    ),
    "time": Sort(
        dt.time, "a time such as 12:30:00",
        (("12:30:00", dt.time(12, 30)), ("12:30:00.25", dt.time(12, 30, 0, 250000))),
        ("", "25:00:00", "noon", "null", "é"),
        (("12:30:00", dt.time(12, 30)),), (None, 12, True, "25:00:00", []),
    ),
    "timedelta": Sort(
        dt.timedelta, "a duration such as PT1H30M",
        (("PT1H30M", dt.timedelta(hours=1, minutes=30)), ("P2D", dt.timedelta(2)), ("-PT1S", dt.timedelta(seconds=-1))),
        ("", "1h", "P99999999999999D", "null", "é"),
        (("PT1H", dt.timedelta(hours=1)),), (None, True, "1h", [], "P99999999999999D"),
    ),
    "uuid": Sort(
        uuid.UUID, f"a UUID such as {ID}",
        ((ID, uuid.UUID(ID)), (ID.upper(), uuid.UUID(ID))), ("", "123", "null", "é", ID + "0", LONG),
        ((ID, uuid.UUID(ID)),), (None, 3, True, "123", [ID]),
    ),
    "enum": Sort(
        Colour, "one of 'red', 'grün'",
        (("red", Colour.RED), ("grün", Colour.GREEN)), ("", "blue", "RED", "null", LONG),
        (("red", Colour.RED), ("grün", Colour.GREEN)), (None, 3, "blue", True, ["red"], {}),
    ),
    "int enum": Sort(
        Size, "one of 1, 20",
        (("1", Size.SMALL), ("20", Size.LARGE)), ("", "2", "SMALL", "1.0", "null", "é", LONG),
        ((1, Size.SMALL), (20, Size.LARGE)), ("1", None, 2, [1], 1.5),
    ),
    "literal": Sort(
        Literal["a", "é"], "one of 'a', 'é'",
        (("a", "a"), ("é", "é")), ("", "c", "A", "null"),
        (("a", "a"), ("é", "é")), (None, 3, "c", True, ["a"]),
    ),
    "literal int": Sort(
        Literal[1, 2], "one of 1, 2",
        (("1", 1), ("2", 2)), ("", "3", "a", "1.0", "null", "é", LONG),
        ((1, 1), (2, 2)), ("1", None, 3, [1], 1.5),
    ),
    "optional": Sort(
        int | None, "an integer",
        (("12", 12),), NO_INTEGERS,
        ((12, 12), (None, None)), ("12", 1.5, True, [], {}), words_of_json="an integer or null",
    ),
    "union": Sort(
        int | str, "an integer or a text",
        (("12", "12"), ("x", "x"), ("é", "é"), ("", "")), (),
        ((12, 12), ("12", "12")), (1.5, None, True, [1]),
    ),
    "union of dates": Sort(
        dt.date | int, "a date such as 2026-01-31 or an integer",
        (("2026-01-31", dt.date(2026, 1, 31)), ("12", 12)), ("", "x", "2026-02-30", "1.5", "é", LONG),
        (("2026-01-31", dt.date(2026, 1, 31)), (12, 12)), ("x", None, True, [1], "12"),
    ),
    "constrained": Sort(
        Annotated[int, msgspec.Meta(ge=1, le=100)], "an integer at least 1 and at most 100",
        (("1", 1), ("100", 100)), ("", "0", "101", "-5", "x", "1.5", "null", LONG),
        ((1, 1), (100, 100)), (0, 101, "1", None, 1.5, 10**30),
    ),
    "constrained text": Sort(
        Annotated[str, msgspec.Meta(min_length=2, max_length=4, pattern="^[a-zé]+$")],
        "a text of at least 2 and at most 4 characters that matches ^[a-zé]+$",
        (("ab", "ab"), ("éééé", "éééé")), ("", "a", "abcde", "AB", "a1", HUNDRED),
        (("ab", "ab"), ("éééé", "éééé")), (3, None, "a", "AB", HUNDRED),
    ),
    "list": Sort(
        list[int], "an array",
        ((("1",), [1]), (("1", "2", "2"), [1, 2, 2])), ("", "x", ("1", "x"), ("1", LONG), ("é",)),
        (([1, 2, 2], [1, 2, 2]), ([], [])), (1, "1", None, {"0": 1}, True), items="an integer",
    ),
    "set": Sort(
        set[str], "an array",
        ((("a",), {"a"}), (("a", "é", "a"), {"a", "é"})), (),
        ((["a", "é"], {"a", "é"}), ([], set())), ("a", None, {}, True), items="a text",
    ),
    "frozenset": Sort(
        frozenset[Colour], "an array",
        ((("red",), frozenset({Colour.RED})), (("red", "grün"), frozenset(Colour))), ("", "blue", ("red", "blue")),
        ((["red"], frozenset({Colour.RED})), ([], frozenset())), ("red", None, {}), items="one of 'red', 'grün'",
    ),
    "tuple": Sort(
        tuple[int, ...], "an array",
        ((("1",), (1,)), (("1", "2"), (1, 2))), ("", "x", ("1", "1.5")),
        (([1, 2], (1, 2)), ([], ())), (1, None, "1"), items="an integer",
    ),
    "constrained list": Sort(
        Annotated[list[int], msgspec.Meta(min_length=1, max_length=2)], "an array of at least 1 and at most 2 items",
        ((("1",), [1]), (("1", "2"), [1, 2])), ("x", ("1", "x")),
        (([1, 2], [1, 2]),), ([], [1, 2, 3], None, 1), items="an integer",
    ),
}  # fmt: skip

#: The same for types that no text stands for.
COMPOSED = {
    "pair": Sort(
        tuple[int, str], "an array of exactly 2 items", (), (),
        (([1, "é"], (1, "é")),), ([1], [], [1, "a", 2], None, {}, "ab"),
    ),
    "dict": Sort(
        dict[str, int], "an object", (), (),
        (({"é": 1, "": 2}, {"é": 1, "": 2}), ({}, {})), ([], None, 1, "x"),
    ),
    "dict of dates": Sort(
        dict[dt.date, list[int]], "an object", (), (),
        (({"2026-01-31": [1]}, {dt.date(2026, 1, 31): [1]}),), ([], None, 1, "x"),
    ),
    "any": Sort(
        Any, "any value", (), (),
        (([1, {"é": None}], [1, {"é": None}]), (None, None), ("x", "x"), (1.5, 1.5)), (),
    ),
    "list of lists": Sort(
        list[list[int]], "an array", (), (),
        (([[1], []], [[1], []]), ([], [])), (1, None, {}, "x"),
    ),
}  # fmt: skip

KINDS = ("struct", "dataclass", "typeddict", "attrs", "pydantic")

#: A kind of model -> what makes one with the field `value`.
HOLDERS: dict[str, Callable[[Any], Any]] = {
    "struct": lambda type_: msgspec.defstruct("Holder", [("value", type_)]),
    "dataclass": lambda type_: dataclasses.make_dataclass("Holder", [("value", type_)]),
    "typeddict": lambda type_: TypedDict("Holder", {"value": type_}),
    "attrs": lambda type_: attrs.make_class("Holder", {"value": attrs.field(type=type_)}),
    "pydantic": lambda type_: pydantic.create_model("Holder", value=(type_, ...)),
}

MARKS: dict[str, Any] = {
    "path": Path,
    "query": Query,
    "header": Header,
    "cookie": Cookie,
    "form": Form,
    "multipart": Form,
    "body": Body,
}


class Place(NamedTuple):
    """Where a value comes in a request.

    Args:
        source: A key of `MARKS`.
        kind: The kind of the model that it is a field of; None if it is not.
    """

    source: str
    kind: str | None

    @property
    def where(self) -> str:
        """How faults name it."""
        source = "form" if self.source == "multipart" else self.source
        return source if self == ("body", None) else f"{source}.value"

    @property
    def has_default(self) -> bool:
        """Whether what comes there may be missing as a whole."""
        return self.source == "body" or (self.source != "path" and self.kind is None)

    @property
    def sorts(self) -> dict[str, Sort]:
        """What may come there."""
        if self.source == "body":
            # A body that is asked for as a text is not read as JSON.
            raw = {"str", "bytes", "constrained text"} if self.kind is None else set()
            return {name: sort for name, sort in (SORTS | COMPOSED).items() if name not in raw}
        # A URL has one text for a variable.
        return {name: sort for name, sort in SORTS.items() if self.source != "path" or not sort.items}

    def __str__(self) -> str:
        return self.source if self.kind is None else f"{self.source} of {self.kind}"


PLACES = [
    *(Place(source, None) for source in MARKS),
    *(Place(source, kind) for source in MARKS if source != "path" for kind in KINDS),
]


def build_app() -> Flask:
    """Return an app that has a view for each sort in each place, and one more where it has a default."""
    app = Flask("matrix")
    for place in PLACES:
        for name, sort in place.sorts.items():
            add_view(app, place, name, sort.type)
    return app


def add_view(app: Flask, place: Place, name: str, type_: Any) -> None:
    """Add the views of one sort in one place."""

    def view(value: Any) -> str:
        return show(value, place.kind)

    def view_with_default(value: Any = None) -> str:
        return show(value, place.kind) if value is not None else "the default"

    wanted = type_ if place.kind is None else HOLDERS[place.kind](type_)
    view.__annotations__ = {"value": MARKS[place.source][wanted], "return": str}
    view_with_default.__annotations__ = {"value": MARKS[place.source][wanted | None], "return": str}
    rule = f"/{place}/{name}" + ("/<path:value>" if place.source == "path" else "")
    app.add_url_rule(rule, rule, view, methods=["GET", "POST"])
    if place.has_default:
        app.add_url_rule(f"{rule}/default", f"{rule}/default", view_with_default, methods=["GET", "POST"])


def show(value: Any, kind: str | None = None) -> str:
    """Write a value so that equal ones of equal types have equal texts."""
    if kind is not None:
        value = value["value"] if kind == "typeddict" else value.value
    if isinstance(value, set | frozenset):
        return f"{type(value).__name__} {sorted(map(repr, value))}"
    return f"{type(value).__name__} {value!r}"


def send(client: Any, place: Place, sort: str, *texts: Any, path: str = "", extra: bool = False) -> Any:
    """Send texts to a place, or a JSON value as the body.

    Args:
        client: A test client.
        place: The place.
        sort: Which sort is read there.
        *texts: What is sent under the name `value`, or the value of a body.
        path: Goes behind the path.
        extra: Send what nobody asked for too.
    """
    url = quote(f"/{place}/{sort}{path}")
    pairs = [("value", text) for text in texts] + [("other", "öther"), ("Value", "case")] * extra
    if place.source == "path":
        return client.get(f"{url}/{quote(texts[0])}" + "?value=x" * extra)
    if place.source == "query":
        return client.get(f"{url}?" + "&".join(f"{name}={quote(text)}" for name, text in pairs))
    if place.source == "header":
        pairs = [(name, text) for name, text in pairs if name != "Value"]
        return client.get(url, headers=[(name.title(), encode(text)) for name, text in pairs])
    if place.source == "cookie":
        return client.get(url, headers={"Cookie": "; ".join(f"{name}={quote_cookie(text)}" for name, text in pairs)})
    if place.source == "body":
        return send_json(client, url, place, texts, extra=extra)
    kind = "multipart/form-data" if place.source == "multipart" else "application/x-www-form-urlencoded"
    return client.post(url, data=MultiDict(pairs), content_type=kind if pairs else None)


def send_json(client: Any, url: str, place: Place, values: tuple[Any, ...], *, extra: bool) -> Any:
    """Send a JSON value as the body, or in it."""
    if place.kind is None:
        data = json.dumps(values[0]) if values else ""
    else:
        data = json.dumps(({"other": ["öther"]} if extra else {}) | ({"value": values[0]} if values else {}))
    return client.post(url + "?value=x" * extra, data=data, content_type="application/json")


def encode(text: str) -> str:
    """Write a text as the bytes of UTF-8, one character for each, as headers come."""
    return text.encode().decode("latin-1")


def quote_cookie(text: str) -> str:
    """Write a text as the value of a cookie, other bytes than letters and digits in octal."""
    return '"' + "".join(chr(byte) if bytes([byte]).isalnum() else f"\\{byte:03o}" for byte in text.encode()) + '"'


def cut(value: Any) -> Any:
    """Shorten what came, as a fault does."""
    if isinstance(value, int) and value.bit_length() > 64:
        return str(value)  # which not every reader of JSON holds
    return value[:79] + "…" if isinstance(value, str) and len(value) > 80 else value
