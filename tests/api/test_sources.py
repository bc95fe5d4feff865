"""Parameters of typed views: each source with each kind of type, good and bad, through every door."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import io
import json
import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, NotRequired, TypedDict
from urllib.parse import quote

import attrs
import hypothesis
import msgspec
import pydantic
import pytest
from hypothesis import strategies
from werkzeug.datastructures import MultiDict

from demijohn import Body, Cookie, File, Flask, Form, Header, Param, Path, Query, Secret, request
from demijohn.testing.doors import door

__all__ = ["door"]


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Kind(NamedTuple):
    """Hold a type, a text that is fine, its value, and one that is not with what is expected instead."""

    type: Any
    good: str
    value: Any
    bad: str | None
    expected: str = ""


KINDS = {
    "int": Kind(int, "12", 12, "1.5", "an integer"),
    "bool": Kind(bool, "true", True, "maybe", "true or false"),
    "float": Kind(float, "1.5", 1.5, "much", "a number"),
    "str": Kind(str, "a b", "a b", None),
    "decimal": Kind(Decimal, "1.50", Decimal("1.50"), "1,5", "a decimal number such as 12.50"),
    "date": Kind(dt.date, "2026-01-31", dt.date(2026, 1, 31), "31.1.2026", "a date such as 2026-01-31"),
    "uuid": Kind(
        uuid.UUID,
        "123e4567-e89b-12d3-a456-426614174000",
        uuid.UUID("123e4567-e89b-12d3-a456-426614174000"),
        "123",
        "a UUID such as 123e4567-e89b-12d3-a456-426614174000",
    ),
    "enum": Kind(Colour, "red", Colour.RED, "blue", "one of 'red', 'green'"),
    "literal": Kind(Literal["a", "b"], "a", "a", "c", "one of 'a', 'b'"),
    "optional": Kind(int | None, "12", 12, "x", "an integer"),
    "union": Kind(int | bool, "true", True, "x", "an integer or true or false"),
    "constrained": Kind(Annotated[int, msgspec.Meta(ge=1)], "1", 1, "0", "an integer at least 1"),
}
TEXTS = {"query": Query, "header": Header, "cookie": Cookie, "form": Form}
MARKS: dict[str, Any] = {**TEXTS, "path": Path, "body": Body}

each_source = pytest.mark.parametrize("source", [*TEXTS, "path"])
each_text = pytest.mark.parametrize("source", TEXTS)
each_kind = pytest.mark.parametrize("kind", KINDS)


def make_app(source: str, type_: Any, param: Param | None = None, **default: Any) -> Flask:
    """Return an app whose view tells the value of one parameter."""
    app = Flask("made")
    app.config["PROPAGATE_EXCEPTIONS"] = True

    def view(value: Any) -> str:
        return repr(value)

    mark = MARKS[source][type_]
    view.__annotations__ = {"value": mark if param is None else Annotated[mark, param]}
    view.__defaults__ = tuple(default.values()) or None
    rule = "/<path:value>" if source == "path" else "/"
    app.add_url_rule(rule, "view", view, methods=["GET", "POST"])
    return app


def reach(door: Any, app: Flask) -> Any:
    """Return a client that sends the cookies that it is told to send."""
    return door.client(app, use_cookies=False)


def send(client: Any, source: str, *texts: str) -> Any:
    """Send texts to the parameter `value` of a source."""
    if source == "path":
        return client.get("/" + quote(texts[0]))
    if source == "query":
        return client.get("/?" + "&".join(f"value={quote(text)}" for text in texts))
    if source == "header":
        return client.get("/", headers=[("Value", text) for text in texts])
    if source == "cookie":
        return client.get("/", headers={"Cookie": "; ".join(f'value="{text}"' for text in texts)})
    return client.post("/", data=MultiDict([("value", text) for text in texts]))


def read_faults(response: Any) -> list[Any]:
    assert response.status_code == 422, response.data
    assert response.content_type == "application/problem+json"
    return response.get_json(force=True)["errors"]


@each_source
@each_kind
def test_good_values_arrive(door, source, kind):
    """A text that is fine for the type arrives as a value of the type."""
    known = KINDS[kind]
    client = reach(door, make_app(source, known.type))
    assert send(client, source, known.good).text == repr(known.value)


@each_source
@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.bad is not None])
def test_bad_values_are_told(door, source, kind):
    """A text that is none of the type is answered by where, what was expected and what came."""
    known = KINDS[kind]
    faults = read_faults(send(reach(door, make_app(source, known.type)), source, known.bad))
    assert faults == [{"where": f"{source}.value", "expected": known.expected, "got": known.bad}]


@each_text
@each_kind
def test_missing_values_are_told(door, source, kind):
    """A value that did not come and has no default is required, an optional type or not."""
    client = reach(door, make_app(source, KINDS[kind].type))
    assert read_faults(client.get("/")) == [{"where": f"{source}.value", "expected": "required"}]


@each_text
def test_missing_values_have_defaults(door, source):
    """A value that did not come is the function's own default."""
    client = reach(door, make_app(source, int | None, default=None))
    assert client.get("/").text == "None"


@pytest.mark.parametrize("source", ["query", "form"])
@each_kind
def test_an_empty_text_is_a_text_alone(door, source, kind):
    """An empty text is fine for a text, and for nothing else."""
    response = send(reach(door, make_app(source, KINDS[kind].type)), source, "")
    if kind == "str":
        assert response.text == "''"
    else:
        assert [fault["where"] for fault in read_faults(response)] == [f"{source}.value"]


@pytest.mark.parametrize("source", ["query", "form"])
def test_a_repeated_value_is_told(door, source):
    """A name that comes twice for a single value is a fault, even if both are the same."""
    faults = read_faults(send(reach(door, make_app(source, int)), source, "1", "1"))
    assert faults == [{"where": f"{source}.value", "expected": "one value", "got": ["1", "1"]}]


def test_the_first_of_two_cookies_counts(door):
    """Of cookies of one name the first counts: it is the one of the longest path."""
    assert send(reach(door, make_app("cookie", int)), "cookie", "1", "2").text == "1"


@pytest.mark.parametrize("cookie", ["1 2", "1, 2", '"1', "(1)\\"])
def test_a_cookie_that_breaks_the_rules_is_told(door, cookie):
    """A cookie with characters that RFC 6265 does not allow is a fault, and does not count as absent."""
    client = reach(door, make_app("cookie", int | None, None, default=None))
    answer = client.get("/", headers={"Cookie": f"other=x;\tvalue={cookie} ; more=y"})
    assert read_faults(answer) == [{"where": "cookie.value", "expected": "an integer", "got": cookie}]


@pytest.mark.parametrize("source", ["query", "form", "header"])
@pytest.mark.parametrize(("type_", "value"), [(list[int], [1, 2]), (set[int], {1, 2}), (tuple[int, ...], (1, 2))])
def test_repeated_names_are_lists(door, source, type_, value):
    """A name that comes repeatedly fills a list, a set or a tuple; a header does so by commas."""
    client = reach(door, make_app(source, type_))
    response = send(client, source, "1,2") if source == "header" else send(client, source, "1", "2")
    assert response.text == repr(value)


@pytest.mark.parametrize("source", ["query", "form", "header"])
def test_missing_lists_are_told(door, source):
    """A list of which nothing came is a fault or the default, not an empty list."""
    assert read_faults(reach(door, make_app(source, list[int])).get("/")) == [
        {"where": f"{source}.value", "expected": "required"}
    ]
    assert reach(door, make_app(source, list[int] | None, default=None)).get("/").text == "None"


def test_a_variable_may_be_missing(door):
    """A variable that only some rules have is a fault or the default under the others."""
    app = Flask("made")

    @app.get("/optional/")
    @app.get("/optional/<number>")
    def optional(number: Path[int] = 1) -> str:
        return repr(number)

    @app.get("/required/")
    @app.get("/required/<number>")
    def required(number: Path[int]) -> str:
        return repr(number)

    client = reach(door, app)
    assert (client.get("/optional/").text, client.get("/optional/2").text) == ("1", "2")
    assert read_faults(client.get("/required/")) == [{"where": "path.number", "expected": "required"}]


@pytest.mark.parametrize("source", ["query", "form"])
def test_faults_in_a_list_tell_the_item(door, source):
    """Each wrong item of a list is told by its index."""
    faults = read_faults(send(reach(door, make_app(source, list[int])), source, "1", "x", "3", ""))
    assert [fault["where"] for fault in faults] == [f"{source}.value[1]", f"{source}.value[3]"]


@each_source
def test_huge_texts_are_cut(door, source):
    """A fault repeats no more than the beginning of a text."""
    faults = read_faults(send(reach(door, make_app(source, int)), source, "x" * 3_000))
    assert len(faults[0]["got"]) <= 80


@each_source
def test_huge_numbers_are_no_error_of_the_server(door, source):
    """A number of more digits than Python converts is an ordinary fault."""
    faults = read_faults(send(reach(door, make_app(source, int)), source, "9" * 5_000))
    assert [fault["expected"] for fault in faults] == ["an integer"]


@pytest.mark.parametrize("source", ["query", "form", "path"])
def test_texts_beyond_ascii_arrive(door, source):
    """A text in UTF-8 arrives as it is."""
    assert send(reach(door, make_app(source, str)), source, "é😀").text == repr("é😀")


@pytest.mark.parametrize("path", ["/?value=%FF", "/?value=%ED%A0%80", "/?value=%00", "/?=1&&value=a", "/?value"])
def test_odd_queries_are_no_error_of_the_server(door, path):
    """A query that is no UTF-8, or oddly cut, is an ordinary text."""
    assert reach(door, make_app("query", str)).get(path).status_code == 200


def test_other_names_are_not_looked_at(door):
    """What the view does not ask for is left to the request."""
    assert reach(door, make_app("query", int)).get("/?value=1&other=2").text == "1"


def test_an_alias_is_the_name_in_the_request(door):
    """An alias is the name by which a value comes, and by which a fault tells it."""
    client = reach(door, make_app("query", int, Param(alias="page-size")))
    assert client.get("/?page-size=3").text == "3"
    assert read_faults(client.get("/?value=3"))[0]["where"] == "query.page-size"


def test_an_alias_of_a_path_names_the_variable(door):
    """A parameter may have another name than the variable of the URL."""
    app = Flask("made")

    @app.get("/<int:order_id>/<text>")
    def show(number: Annotated[Path[int], Param(alias="order_id", ge=2)], text: str) -> str:
        return f"{number} {text}"

    assert reach(door, app).get("/5/a").text == "5 a"
    assert read_faults(reach(door, app).get("/1/a"))[0]["where"] == "path.order_id"


def test_headers_have_hyphens(door):
    """A header is named by its parameter, with hyphens for underscores, in any case."""
    app = Flask("made")

    @app.get("/")
    def show(x_request_id: Header[str], content_type: Header[str]) -> str:
        return f"{x_request_id} {content_type}"

    response = reach(door, app).get("/", headers={"X-REQUEST-ID": "7", "Content-Type": "text/plain"})
    assert response.text == "7 text/plain"
    assert [fault["where"] for fault in read_faults(reach(door, app).get("/"))] == [
        "header.x-request-id",
        "header.content-type",
    ]


def test_limits_of_a_parameter_hold(door):
    """Limits in `Param` are those of the value."""
    client = reach(door, make_app("query", str, Param(min_length=2, pattern="^[a-z]+$")))
    assert client.get("/?value=ab").text == "'ab'"
    assert [fault["where"] for fault in read_faults(client.get("/?value=a"))] == ["query.value"]
    assert [fault["where"] for fault in read_faults(client.get("/?value=12"))] == ["query.value"]


@pytest.mark.parametrize("type_", [Secret[int], Annotated[int, Param(secret=True)]], ids=["Secret", "Param"])
def test_a_secret_is_not_repeated(door, type_):
    """A fault of a secret value does not tell what came."""
    client = reach(door, make_app("query", type_))
    assert read_faults(client.get("/?value=hunter2")) == [{"where": "query.value", "expected": "an integer"}]
    assert b"hunter" not in client.get("/?value=hunter2&value=hunter3").data


class Login(msgspec.Struct):
    name: str
    password: Secret[str]


def test_a_repeated_secret_is_not_repeated(door):
    """That there are two is told, and not which, of whatever kind the secret is."""
    client = reach(door, make_app("query", Login))
    faults = read_faults(client.get("/?name=a&name=b&password=hunter2&password=hunter3"))
    assert faults == [
        {"where": "query.name", "expected": "one value", "got": ["a", "b"]},
        {"where": "query.password", "expected": "one value"},
    ]
    client = reach(door, make_app("query", pydantic.SecretStr))
    assert b"hunter" not in client.get("/?value=hunter2&value=hunter3").data


class Filters(msgspec.Struct):
    q: str
    tags: list[int] = []
    limit: Annotated[int, msgspec.Meta(le=100)] = 10


class StrictFilters(Filters, forbid_unknown_fields=True):
    pass


@pytest.mark.parametrize("source", ["query", "form"])
def test_a_model_takes_all_its_fields(door, source):
    """A model as `Query[Filters]` takes each field from the query by itself."""
    client = reach(door, make_app(source, Filters))
    pairs = MultiDict([("q", "a"), ("tags", "1"), ("tags", "2"), ("zz", "9")])
    given = {"query_string": pairs} if source == "query" else {"data": pairs}
    assert client.post("/", **given).text == "Filters(q='a', tags=[1, 2], limit=10)"


def test_a_model_tells_all_its_faults(door):
    """Every field of a model that is wrong, missing or repeated is told at once."""
    client = reach(door, make_app("query", Filters))
    faults = read_faults(client.get("/?tags=1&tags=x&limit=101&limit=7"))
    assert [fault["where"] for fault in faults] == ["query.limit", "query.tags[1]", "query.q"]


def test_a_model_takes_headers_and_cookies(door):
    """A model as `Header[Model]` takes headers, with commas for lists, and cookies likewise."""
    headers = {"Q": "a", "Tags": "1, 2", "Cookie": "q=b; tags=3; limit=4"}
    assert reach(door, make_app("header", Filters)).get("/", headers=headers).text == (
        "Filters(q='a', tags=[1, 2], limit=10)"
    )
    assert reach(door, make_app("cookie", Filters)).get("/", headers=headers).text == (
        "Filters(q='b', tags=[3], limit=4)"
    )


def test_a_model_tells_its_headers(door):
    """A fault in a model of headers is told by the name of the header."""

    class Named(msgspec.Struct):
        request_id: int

    client = reach(door, make_app("header", Named))
    assert client.get("/", headers={"Request-Id": "7"}).text == "Named(request_id=7)"
    assert [fault["where"] for fault in read_faults(client.get("/"))] == ["header.request-id"]


def test_a_model_may_be_missing(door):
    """A model with a default is that where none of its fields came."""
    client = reach(door, make_app("query", Filters, default=Filters("z")))
    assert client.get("/").text == "Filters(q='z', tags=[], limit=10)"
    assert client.get("/?other=1").text == "Filters(q='z', tags=[], limit=10)"
    assert read_faults(client.get("/?limit=1"))[0]["where"] == "query.q"


@dataclasses.dataclass
class DataFilters:
    q: str
    tags: list[int] = dataclasses.field(default_factory=list)
    limit: Annotated[int, msgspec.Meta(le=100)] = 10


class DictFilters(TypedDict):
    q: str
    tags: NotRequired[list[int]]
    limit: NotRequired[Annotated[int, msgspec.Meta(le=100)]]


@attrs.define
class AttrsFilters:
    q: str
    tags: list[int] = attrs.field(factory=list)
    limit: Annotated[int, msgspec.Meta(le=100)] = 10


class PydanticFilters(pydantic.BaseModel):
    q: str
    tags: list[int] = []
    limit: Annotated[int, pydantic.Field(le=100)] = 10


each_model = pytest.mark.parametrize("model", [Filters, DataFilters, DictFilters, AttrsFilters, PydanticFilters])


@pytest.mark.parametrize("source", ["query", "form"])
@each_model
def test_models_of_every_kind_are_filled(door, source, model):
    """A model of any of the five kinds is filled from the texts of a source."""
    pairs = MultiDict([("q", "a"), ("tags", "1"), ("tags", "2"), ("zz", "9"), ("limit", "20")])
    given = {"query_string": pairs} if source == "query" else {"data": pairs}
    response = reach(door, make_app(source, model)).post("/", **given)
    assert response.text == repr(model(q="a", tags=[1, 2], limit=20))


@each_model
def test_models_of_every_kind_have_the_same_faults(door, model):
    """The faults of a query or a body do not depend on the kind of the model."""
    client = reach(door, make_app("query", model))
    assert read_faults(client.get("/?tags=1&tags=x&limit=101")) == [
        {"where": "query.tags[1]", "expected": "an integer", "got": "x"},
        {"where": "query.limit", "expected": "an integer at most 100", "got": "101"},
        {"where": "query.q", "expected": "required"},
    ]
    client = reach(door, make_app("body", model))
    assert read_faults(client.post("/", json={"limit": 101, "tags": [1, "x"]})) == [
        {"where": "body.limit", "expected": "an integer at most 100", "got": 101},
        {"where": "body.tags[1]", "expected": "an integer", "got": "x"},
        {"where": "body.q", "expected": "required"},
    ]


def test_fields_have_names_of_their_own(door):
    """The name of a field in JSON is its name in a query, whatever renames it."""

    class Renamed(msgspec.Struct, rename="camel"):
        page_size: int

    class Aliased(pydantic.BaseModel):
        page_size: int = pydantic.Field(alias="pageSize")

    for model in (Renamed, Aliased):
        client = reach(door, make_app("query", model))
        assert client.get("/?pageSize=3").status_code == 200
        assert read_faults(client.get("/?page_size=3")) == [{"where": "query.pageSize", "expected": "required"}]


def test_a_strict_model_knows_its_siblings(door):
    """A model that forbids unknown fields lets those be that other parameters take."""
    app = Flask("made")

    @app.get("/")
    def show(filters: Query[StrictFilters], page: Query[int] = 1) -> str:
        return f"{filters.q} {page}"

    assert reach(door, app).get("/?q=a&page=2").text == "a 2"
    assert [fault["where"] for fault in read_faults(reach(door, app).get("/?q=a&pages=2"))] == ["query.pages"]


def test_forms_of_another_type_are_refused(door):
    """A form that comes as JSON is answered by 415; none at all is a form without fields."""
    client = reach(door, make_app("form", int))
    response = client.post("/", json={"value": 1})
    assert response.status_code == 415
    assert response.headers["Accept"] == "application/x-www-form-urlencoded, multipart/form-data"
    assert read_faults(client.post("/"))[0]["expected"] == "required"


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_forms_of_both_types_are_read(door, content_type):
    """A form is read urlencoded and as multipart."""
    client = reach(door, make_app("form", int))
    assert client.post("/", data={"value": "3"}, content_type=content_type).text == "3"


class Order(msgspec.Struct):
    price: int
    note: str | None = None


def test_a_body_is_read(door):
    """A model without a default is the JSON body."""
    client = reach(door, make_app("body", Order))
    assert client.post("/", json={"price": 3, "zz": 1}).text == "Order(price=3, note=None)"
    assert read_faults(client.post("/", json={"note": 5})) == [
        {"where": "body.note", "expected": "a text or null", "got": 5},
        {"where": "body.price", "expected": "required"},
    ]


@pytest.mark.parametrize(
    ("type_", "data", "text"),
    [
        (int, "3", "3"),
        (list[int], "[1]", "[1]"),
        (dict[str, Order], '{"a": {"price": 1}}', None),
        (Any, "null", "None"),
    ],
)
def test_a_body_may_be_of_any_type(door, type_, data, text):
    """A marked body need not be a model."""
    response = reach(door, make_app("body", type_)).post("/", data=data, content_type="application/json")
    assert response.text == (text or "{'a': Order(price=1, note=None)}")


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.a+json"],
)
def test_json_types_are_read(door, content_type):
    """JSON comes as application/json, with parameters or without, or as a type that is based on it."""
    client = reach(door, make_app("body", Order))
    assert client.post("/", data=b'{"price": 3}', content_type=content_type).status_code == 200


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_other_types_are_refused(door, content_type):
    """A body that does not say it is JSON is answered by 415."""
    client = reach(door, make_app("body", Order))
    response = client.post("/", data=b'{"price": 3}', content_type=content_type)
    assert response.status_code == 415
    assert response.headers["Accept"] == "application/json"
    assert response.get_json(force=True)["detail"].endswith(f"its Content-Type is {content_type or 'missing'}.")


@pytest.mark.parametrize("content_type", [None, "application/json", "text/plain"])
def test_an_empty_body_is_missing(door, content_type):
    """No body is a fault where one is required, and else the default."""
    client = reach(door, make_app("body", Order))
    assert read_faults(client.post("/", content_type=content_type)) == [{"where": "body", "expected": "required"}]
    optional = reach(door, make_app("body", Order | None, default=None))
    assert optional.post("/", content_type=content_type).text == "None"


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [
        (b'{"price": 3', 1, 12),
        (b'{"price": 3,\n  "note": x}', 2, 11),
        (b'{"price": 3}}', 1, 13),
        (b"\xff", 1, 1),
        (b"[" * 100_000, None, None),
        (b'{"price": 3, "note": "\xff"}', None, None),
        (b"NaN", 1, 1),
    ],
    ids=["cut", "second line", "too long", "no UTF-8", "deep", "text that is no UTF-8", "NaN"],
)
def test_malformed_json_tells_the_place(door, data, line, column):
    """A body that is no JSON is answered by 400, with the line and the column."""
    response = reach(door, make_app("body", Order)).post("/", data=data, content_type="application/json")
    answer = response.get_json(force=True)
    assert (response.status_code, answer["title"]) == (400, "Bad Request")
    if line is not None:
        assert (answer["line"], answer["column"]) == (line, column)


@pytest.mark.parametrize(
    "data",
    [
        b'{"price": 1' + b"0" * 5_000 + b"}",
        b'{"price": 1e999}',
        b'{"price": "\\ud800"}',
        b'{"price": {"a": ' + b"[" * 500 + b"]" * 500 + b"}}",
        b'{"price": 1.5, "price": 1.5}',
        b"[]",
        b"null",
    ],
    ids=["digits", "exponent", "half a pair", "nested", "twice", "array", "null"],
)
def test_odd_json_is_no_error_of_the_server(door, data):
    """Whatever a client sends as JSON is answered by 400 or 422."""
    response = reach(door, make_app("body", Order)).post("/", data=data, content_type="application/json")
    assert response.status_code in {400, 422}
    json.loads(response.data)


def test_raw_bodies_are_not_parsed(door):
    """Bytes and texts are the body itself, of any type."""
    assert reach(door, make_app("body", bytes)).post("/", data=b"\xff{").text == repr(b"\xff{")
    assert reach(door, make_app("body", str)).post("/", data="é".encode()).text == "'é'"
    assert read_faults(reach(door, make_app("body", str)).post("/", data=b"\xff")) == [
        {"where": "body", "expected": "a text in UTF-8"}
    ]
    assert reach(door, make_app("body", bytes | None, default=None)).post("/").text == "None"


def test_raw_bodies_have_limits(door):
    """The type and the size of a raw body are limited by its settings."""
    client = reach(door, make_app("body", bytes, Param(content_types=["text/*"], max_size=3)))
    assert client.post("/", data=b"abc", content_type="text/csv").text == "b'abc'"
    assert client.post("/", data=b"abc", content_type="image/png").status_code == 415
    assert read_faults(client.post("/", data=b"abcd", content_type="text/csv")) == [
        {"where": "body", "expected": "at most 3 bytes", "got": 4}
    ]


def test_raw_bodies_have_constraints(door):
    """A text has the limits of a text, and its encoding is not the server's fault."""
    client = reach(door, make_app("body", str, Param(max_length=3)))
    assert client.post("/", data="äöü".encode()).text == "'äöü'"
    assert read_faults(client.post("/", data=b"abcd")) == [
        {"where": "body", "expected": "a text of at most 3 characters", "got": "abcd"}
    ]


def test_a_body_over_the_limit_is_413(door):
    """The limits of Flask answer by 413, as without types."""
    app = make_app("body", Order)
    app.config["MAX_CONTENT_LENGTH"] = 100
    response = reach(door, app).post("/", data=b" " * 101, content_type="application/json")
    assert response.status_code == 413


def test_the_request_still_has_its_body(door):
    """A view that is given a model can read the request as well."""
    app = Flask("made")

    @app.post("/")
    def show(order: Order) -> str:
        return f"{order.price} {request.get_json()} {request.get_data(as_text=True)}"

    assert reach(door, app).post("/", data=b'{"price":1}', content_type="application/json").text == (
        "1 {'price': 1} {\"price\":1}"
    )


def test_a_body_that_was_read_is_read_again(door):
    """A function before the view may read the body."""
    app = make_app("body", Order)
    app.before_request(lambda: request.get_json() and None)
    assert reach(door, app).post("/", json={"price": 1}).text == "Order(price=1, note=None)"


def make_upload_app(type_: Any, param: Param | None = None, **default: Any) -> Flask:
    app = Flask("made")

    def view(picture):
        return repr(picture if picture is None else _read(picture))

    view.__defaults__ = tuple(default.values()) or None
    view.__annotations__ = {"picture": type_ if param is None else Annotated[type_, param]}
    app.post("/")(view)
    return app


def _read(picture: Any) -> Any:
    return [file.read() for file in picture] if isinstance(picture, list) else (picture.filename, picture.read())


def upload(client: Any, *files: tuple[bytes, str, str]) -> Any:
    found = [("picture", (io.BytesIO(data), name, mimetype)) for data, name, mimetype in files]
    return client.post("/", data=MultiDict([("other", "1"), *found]), content_type="multipart/form-data")


def test_a_file_arrives(door):
    """A file is a `FileStorage` that is read from its beginning."""
    client = reach(door, make_upload_app(File, Param(max_size=3, content_types=["image/*"])))
    assert upload(client, (b"abc", "é.png", "image/png")).text == repr(("é.png", b"abc"))


def test_files_of_the_wrong_size_or_type_are_told(door):
    """A file that is too large, and one of another type, are faults that name the limit."""
    client = reach(door, make_upload_app(File, Param(max_size=3, content_types=["image/*", "text/csv"])))
    assert read_faults(upload(client, (b"abcd", "a", "text/plain"))) == [
        {"where": "file.picture", "expected": "a file of the type image/* or text/csv", "got": "text/plain"},
        {"where": "file.picture", "expected": "a file of at most 3 bytes", "got": 4},
    ]


@pytest.mark.parametrize("files", [[], [(b"", "", "image/png")]], ids=["none", "not chosen"])
def test_missing_files_are_told(door, files):
    """No file, and a field in which none was chosen, are a fault or the default."""
    assert read_faults(upload(reach(door, make_upload_app(File)), *files)) == [
        {"where": "file.picture", "expected": "required"}
    ]
    assert upload(reach(door, make_upload_app(File | None, default=None)), *files).text == "None"


def test_several_files_arrive(door):
    """A list takes all files of a name; a single one takes no two."""
    files = [(b"a", "a", "text/plain"), (b"b", "b", "text/plain")]
    client = reach(door, make_upload_app(list[File], Param(max_length=2, max_size=1)))
    assert upload(client, *files).text == "[b'a', b'b']"
    assert read_faults(upload(client, *files, (b"cc", "c", "text/plain"))) == [
        {"where": "file.picture", "expected": "an array of at most 2 files", "got": 3},
        {"where": "file.picture[2]", "expected": "a file of at most 1 bytes", "got": 2},
    ]
    assert read_faults(upload(reach(door, make_upload_app(File)), *files)) == [
        {"where": "file.picture", "expected": "one file", "got": 2}
    ]


def test_all_faults_come_at_once(door):
    """One answer tells the faults of all sources, in the order of the parameters."""
    app = Flask("made")

    @app.post("/<text>")
    def show(text: Path[int], order: Order, a: Query[int], b: Header[int], c: Cookie[int], d: Query[list[int]]) -> str:
        raise AssertionError(text, order, a, b, c, d)

    headers = {"B": "x", "Cookie": "c=y"}
    faults = read_faults(reach(door, app).post("/z?d=1&d=w", json={}, headers=headers))
    wheres = ["path.text", "body.price", "query.a", "header.b", "cookie.c", "query.d[1]"]
    assert [fault["where"] for fault in faults] == wheres


class Anything(msgspec.Struct):
    numbers: dict[str, int] = {}
    more: Any = None
    when: dt.datetime | None = None
    colours: set[Colour] = set()


def make_open_app() -> Flask:
    """Return an app that sends back all that it is sent."""
    app = Flask("made")
    app.config["PROPAGATE_EXCEPTIONS"] = True

    @app.post("/json")
    def read_json(value: Anything) -> Anything:
        return value

    @app.post("/form")
    def read_form(value: Form[Filters], picture: File | None = None) -> Filters:
        return value

    @app.get("/text")
    def read_text(value: Query[Filters], number: Header[float] = 0.0, word: Cookie[str] = "") -> dict[str, Filters]:
        return {word: value}

    return app


ANSWERS = {200, 400, 413, 415, 422}
JSON = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.floats() | strategies.text(),
    lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(strategies.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = strategies.sampled_from(["numbers", "more", "when", "colours"])


@hypothesis.given(
    strategies.binary() | strategies.dictionaries(NAMES, JSON).map(lambda value: json.dumps(value).encode())
)
def test_no_json_is_an_error_of_the_server(data):
    """Whatever bytes come as JSON, the answer is a result or tells the client's faults."""
    response = make_open_app().test_client().post("/json", data=data, content_type="application/json")
    assert response.status_code in ANSWERS
    msgspec.json.decode(response.data)


@hypothesis.given(strategies.text(), strategies.binary(), strategies.text("qtagslimt=&+%;0123456789ABCDEF[]"))
def test_no_text_is_an_error_of_the_server(word, number, query):
    """Whatever comes in a query, a header or a cookie, the answer is a result or tells the client's faults."""
    environ = {
        "HTTP_COOKIE": f"word={word}".encode(errors="replace").decode("latin-1"),
        "HTTP_NUMBER": number.decode("latin-1"),
    }
    client = make_open_app().test_client(use_cookies=False)
    response = client.get("/text", query_string=query, environ_overrides=environ)
    assert response.status_code in ANSWERS
    msgspec.json.decode(response.data)


@hypothesis.given(
    strategies.binary(),
    strategies.sampled_from(["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]),
)
def test_no_form_is_an_error_of_the_server(data, content_type):
    """Whatever bytes come as a form, the answer is a result or tells the client's faults."""
    response = make_open_app().test_client().post("/form", data=b"--x\r\n" + data, content_type=content_type)
    assert response.status_code in ANSWERS


@pytest.mark.parametrize("depth", [10, 150, 190, 200, 300, 500, 900, 990, 5_000, 100_000])
def test_no_depth_is_an_error_of_the_server(depth):
    """What could be read however deep it is can be sent back as well."""
    data = b'{"more": ' + b"[" * depth + b"]" * depth + b"}"
    response = make_open_app().test_client().post("/json", data=data, content_type="application/json")
    assert response.status_code in {200, 400, 422}
