"""Reading values as models: five kinds of them, which read, refuse and look alike."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Meta

from demijohn.api.faults import ACCEPTED, Faulty, MalformedJSON
from demijohn.api.models import find_reader, find_result_mirror, is_model, model_kind
from tests.api.five_kinds import FAMILIES, GOOD_ORDER, ITEMS, KINDS, NUMBER_PAGES, ORDERS, PAGES, TREES

BAD_ORDER = {
    "id": 3,
    "items": [{"sku": "a", "price": "x", "count": 100}, {}, 3, 4],
    "placed": "q",
    "day": 0,
    "at": "25:00",
    "takes": "x",
    "color": "green",
    "kind": 1,
    "by_name": {"a b": {}},
    "tags": [1],
    "pair": [1],
    "raw": "?",
    "weight": "1",
    "is_gift": 1,
    "number": None,
}

FAULTS = [
    ("body.id", "a UUID such as 123e4567-e89b-12d3-a456-426614174000"),
    ("body.items", "an array of at most 3 items"),
    ("body.items[0].sku", "a text of at least 2 and at most 8 characters that matches ^[A-Z]+$"),
    ("body.items[0].price", "a decimal number such as 12.50"),
    ("body.items[0].count", "an integer at least 1 and less than 100"),
    ("body.items[1].sku", "required"),
    ("body.items[1].price", "required"),
    ("body.items[2]", "an object"),
    ("body.items[3]", "an object"),
    ("body.placed", "a date and time such as 2026-01-31T12:30:00Z"),
    ("body.day", "a date such as 2026-01-31"),
    ("body.at", "a time such as 12:30:00"),
    ("body.takes", "a duration such as PT1H30M"),
    ("body.color", "one of 'red', 'blue'"),
    ("body.kind", "one of 'a', 'b'"),
    ('body.by_name["a b"].sku', "required"),
    ('body.by_name["a b"].price', "required"),
    ("body.tags[0]", "a text"),
    ("body.pair", "an array of exactly 2 items"),
    ("body.raw", "a text in base64"),
    ("body.weight", "a number"),
    ("body.is_gift", "true or false"),
    ("body.number", "an integer or a text"),
]


def read_json(type_, value, *, lax=False):
    """Read a value as a JSON body."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return find_reader(type_, lax=lax).read_json(data)


def list_faults(type_, value, *, lax=False):
    """Give the faults of a body as pairs of place and words."""
    with pytest.raises(Faulty) as caught:
        read_json(type_, value, lax=lax)
    return [(fault.where, fault.expected) for fault in caught.value.faults]


def write_schema(type_, kind):
    """Give the JSON schema of a type, without the kind in the names of its models."""
    (schema,), components = msgspec.json.schema_components([find_reader(type_, lax=False).mirror])
    return json.loads(json.dumps([schema, components]).lower().replace(kind, ""))


def drop_defaults(schema):
    """Take the defaults out of a schema: a TypedDict has none."""
    if isinstance(schema, dict):
        return {key: drop_defaults(value) for key, value in schema.items() if key != "default"}
    return [drop_defaults(each) for each in schema] if isinstance(schema, list) else schema


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_of_a_model_is_found(kind):
    """Each kind is told apart, generic with its arguments or not, annotated or not."""
    found = [model_kind(ITEMS[kind]), model_kind(PAGES[kind][int]), model_kind(Annotated[TREES[kind], 1])]
    assert [kind, kind, kind] == found


class Pair(NamedTuple):
    first: int


@pytest.mark.parametrize("type_", [int, dict, list[int], Any, None, Pair, msgspec.Struct, int | None, "text", 3])
def test_other_types_are_no_models(type_):
    """Plain types, collections, unions and named tuples are no models."""
    assert is_model(type_) is False


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_order_is_read(kind):
    """A body becomes an instance of the model, with models in it."""
    order = read_json(ORDERS[kind], GOOD_ORDER)
    if kind == "typeddict":
        assert (dict, Decimal("1.50")) == (type(order), order["items"][0]["price"])
    else:
        assert (ORDERS[kind], ITEMS[kind]) == (type(order), type(order.items[0]))
        assert (Decimal("1.50"), 1, {"x", "y"}) == (order.items[0].price, order.items[0].count, order.tags)


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_is_told_alike(kind):
    """All faults come at once, in the order of the body, and in the same words for every kind."""
    assert list_faults(ORDERS[kind], BAD_ORDER) == FAULTS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", FAMILIES)
def test_the_schemas_are_equal(family, kind):
    """The same model has the same JSON schema whichever kind it is of."""
    schema = write_schema(FAMILIES[family][kind], kind)
    expected = write_schema(FAMILIES[family]["struct"], "struct")
    if kind == "typeddict":
        schema, expected = drop_defaults(schema), drop_defaults(expected)
    assert json.dumps(schema) == json.dumps(expected)


@pytest.mark.parametrize("kind", KINDS)
def test_generic_models_are_read(kind):
    """A generic model reads its items as what it was made for."""
    page = read_json(PAGES[kind][ITEMS[kind]], {"items": [{"sku": "QQ", "price": 1}]})
    items = page["items"] if kind == "typeddict" else page.items
    assert [dict if kind == "typeddict" else ITEMS[kind]] == [type(each) for each in items]
    assert list_faults(NUMBER_PAGES[kind], {"items": ["x"]}) == [("body.items[0]", "an integer")]


@pytest.mark.parametrize("kind", KINDS)
def test_models_that_hold_themselves_are_read(kind):
    """A tree is read to any depth, and a fault is told where it is."""
    tree = {"name": "a", "children": [{"name": "b", "children": [{"name": 3}]}]}
    assert list_faults(TREES[kind], tree) == [("body.children[0].children[0].name", "a text")]
    tree["children"][0]["children"][0]["name"] = "c"
    assert read_json(TREES[kind], tree)


@pytest.mark.parametrize("kind", KINDS)
def test_texts_stand_for_values_in_a_query(kind):
    """A lax reader takes the texts of a query for what they say."""
    reader = find_reader(ITEMS[kind], lax=True)
    item = reader.read({"sku": "AB", "price": "1.5", "count": "7"}, "query")
    assert 7 == (item["count"] if kind == "typeddict" else item.count)
    with pytest.raises(Faulty) as caught:
        reader.read({"sku": "AB", "price": "1.5", "count": "7.5"}, "query")
    assert [("query.count", "7.5")] == [(fault.where, fault.got) for fault in caught.value.faults]


def test_a_reader_is_made_once():
    """The same type has the same reader, and a lax one besides."""
    assert find_reader(list[int], lax=False) is find_reader(list[int], lax=False)
    assert find_reader(list[int], lax=True) is not find_reader(list[int], lax=False)


def test_a_type_that_cannot_be_hashed_has_a_reader():
    """What stands beside a type may be anything."""
    assert find_reader(Annotated[int, []], lax=False).read(3, "body") == 3


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (int, "12", 12),
        (int, "-3", -3),
        (float, "1.5", 1.5),
        (float, "1e3", 1000.0),
        (bool, "true", True),
        (bool, "0", False),
        (str, "null", "null"),
        (int | str | None, "null", "null"),
        (Decimal, "1.50", Decimal("1.50")),
        (int | str, "x", "x"),
        (str, "", ""),
    ],
)
def test_a_text_says_a_value(type_, text, value):
    """A lax reader takes a text for a value of the type."""
    assert find_reader(type_, lax=True).read(text, "query.x") == value


@pytest.mark.parametrize(
    ("type_", "text", "expected"),
    [
        (int, "", "an integer"),
        (int, "1e3", "an integer"),
        (int, "1.0", "an integer"),
        (int, "1_000", "an integer"),
        (int, " 1", "an integer"),
        (int, "9" * 5000, "an integer"),
        (int | None, "", "an integer"),
        (int | None, "null", "an integer"),
        (list[int | None], ["null"], "an integer"),
        (float, "nan", "a number"),
        (float, "-Infinity", "a number"),
        (float, "1e999", "a number"),
        (bool, "yes", "true or false"),
        (Decimal, "NaN", "a decimal number such as 12.50"),
        (Annotated[int, Meta(ge=1, le=5)], "6", "an integer at least 1 and at most 5"),
        (list[int], ["1", "1e3"], "an integer"),
    ],
)
def test_a_text_that_says_no_value_is_a_fault(type_, text, expected):
    """What is no value of the type is refused, and so are numbers that are none."""
    with pytest.raises(Faulty) as caught:
        find_reader(type_, lax=True).read(text, "query.x")
    assert [expected] == [fault.expected for fault in caught.value.faults]


def test_an_integer_may_be_spelled_otherwise():
    """97.0 and 1e2 are integers, as JSON Schema says; other numbers keep their digits."""
    item = {"sku": "AB", "count": 97.0}
    body = json.dumps(item).encode().replace(b"}", b', "price": 12345678901234567.89}')
    made = read_json(ITEMS["struct"], body)
    assert (97, Decimal("12345678901234567.89")) == (made.count, made.price)
    assert read_json(list[int], b"[1e2, 2.0, 3]") == [100, 2, 3]
    assert list_faults(list[int], b"[1e2, 2.5, 1e300]") == [(f"body[{index}]", "an integer") for index in (1, 2)]
    assert list_faults(list[int], b"[1e2, 1e999]") == [("body[1]", "a number of fewer digits")]
    assert list_faults(list[int], b"[1e2, %d, null]" % 10**30) == [("body[2]", "an integer")]
    with pytest.raises(MalformedJSON):
        read_json(list[int], b"[1e2, ")


def test_a_refusal_without_a_reason_is_a_fault():
    """A model that refuses a value once, and takes it when it is asked again, has refused it."""
    asked = []

    class Moody(msgspec.Struct):
        number: int

        def __post_init__(self):
            asked.append(self.number)
            if len(asked) == 1:
                raise ValueError("not now")

    assert list_faults(Moody, {"number": 1}) == [("body", ACCEPTED)]


@pytest.mark.parametrize("text", ["NaN", "-inf", " Infinity ", "sNaN", "\\u006eaN"])
def test_a_decimal_is_a_number(text):
    """A body cannot hold a decimal that no program can compare: NaN and the infinities are faults."""
    body = b'{"sku": "AB", "price": "%s"}' % text.encode()
    assert list_faults(ITEMS["struct"], body) == [("body.price", "a decimal number such as 12.50")]


def test_a_decimal_keeps_its_limits():
    """The limits of a decimal are kept, though msgspec knows none."""
    limited = Annotated[Decimal, Meta(extra_json_schema={"minimum": 1, "exclusiveMaximum": 2})]
    assert read_json(limited, "1.99") == Decimal("1.99")
    assert list_faults(limited, 2) == [("body", "a decimal number at least 1 and less than 2")]
    even = Annotated[Decimal, Meta(extra_json_schema={"multipleOf": 2})] | None
    assert (None, 4) == (read_json(even, None), read_json(even, 4))
    for value in (3, "1e999999"):
        assert list_faults(even, value) == [("body", "a decimal number a multiple of 2 or null")]


PATTERNS = ["^[A-Z]+$", "^(?:[A-Z]+$|b$)", r"^[A-Z$]+$", r"[A-Z]$"]


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("text", [r"AB\n", r"AB\u000a", r"AB\u000A"])
def test_the_end_of_a_pattern_is_the_end(pattern, text):
    """`$` lets no line end follow: not in a body, in a query, or in the names of an object."""
    coded = Annotated[str, Meta(pattern=pattern)]
    expected = f"a text that matches {pattern}"
    assert list_faults(list[coded], f'["AB", "{text}"]'.encode()) == [("body[1]", expected)]
    named = f'{{"{text}": 1}}'.encode()
    assert list_faults(dict[coded, int], named) == [(r'body["AB\n"]', f"a name that is {expected}")]
    for type_, value in ((coded, "AB\n"), (list[coded], ["AB\n"])):
        with pytest.raises(Faulty):
            find_reader(type_, lax=True).read(value, "query.code")


@pytest.mark.parametrize("pattern", [r"^[A-Z]+\$?\n$", "^A", r"[$]?B", r"^[^]$]+$"])
def test_a_line_end_is_taken_that_a_pattern_names(pattern):
    """A text may end in a line end where the pattern says so, or does not tell the end."""
    coded = Annotated[str, Meta(pattern=pattern)]
    assert read_json(coded, "AB\n") == "AB\n"


def test_bodies_that_are_hostile_are_faults():
    """Huge numbers, deep nesting and broken texts are refused in words."""
    assert list_faults(int, b"9" * 5000) == [("body", "a number of fewer digits")]
    assert list_faults(dict[str, Any], b'{"a": [1e999]}') == [("body.a[0]", "a number of fewer digits")]
    for body in (b"[" * 100_000, b'{"a":' * 100_000, b'"\xff"', b'"\\ud800"', b"", b"\x00"):
        with pytest.raises(MalformedJSON):
            read_json(Any, body)


def test_a_set_of_anything_takes_no_objects():
    """What cannot be in a set is a fault of the item."""
    assert list_faults(set[Any], [1, [2], {}]) == [(f"body[{index}]", "a value without parts") for index in (1, 2)]


def test_the_last_of_two_equal_keys_counts():
    """A key that comes twice has its last value, as in JSON everywhere."""
    assert read_json(dict[str, int], b'{"a": 1, "a": 2}') == {"a": 2}


@dataclasses.dataclass
class Stored:
    name: str
    number: int = dataclasses.field(default=0, init=False)


def test_a_field_outside_the_constructor_is_not_read():
    """A client cannot set what the model's constructor does not take, and sees it in results."""
    assert read_json(Stored, {"name": "x", "number": 9}).number == 0
    asked, shown = find_reader(Stored, lax=False).mirror, find_result_mirror(Stored)
    assert [("name",), ("name", "number")] == [each.__struct_fields__ for each in (asked, shown)]


def test_a_mistake_in_a_model_is_the_application_s():
    """What a model's own code raises by mistake is not taken for a fault of the client's."""

    class Broken(msgspec.Struct):
        number: int

        def __post_init__(self):
            raise KeyError("a mistake")

    with pytest.raises(KeyError):
        read_json(Broken, {"number": 1})


ODD_TEXTS = ["NaN", "inf", "1e5", "red", "a", "2026-01-31", "12:00", "PT1H", "P99999999D", "QQ", " 1 ", "null"]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-3, 120)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | st.sampled_from(ODD_TEXTS)
)
NAMES = st.sampled_from(["id", "items", "sku", "price", "count", "name", "children", "next", "x"]) | st.text(max_size=3)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=15
)


@st.composite
def nearly_good_orders(draw):
    """Give an order in which something may be wrong."""
    fields = [*GOOD_ORDER, "note", "raw", "weight", "is_gift", "number"]
    wrong = draw(st.dictionaries(st.sampled_from(fields), VALUES, max_size=3))
    missing = draw(st.sets(st.sampled_from(fields), max_size=1))
    return {key: value for key, value in {**GOOD_ORDER, **wrong}.items() if key not in missing}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES | nearly_good_orders(), st.sampled_from(list(FAMILIES)), st.booleans())
def test_all_kinds_agree_about_anything(value, family, lax):
    """Any JSON value is read by all five kinds, or refused by all with the same faults."""
    found = [_try(model, value, lax=lax) for model in FAMILIES[family].values()]
    assert all(each == found[0] for each in found)
    assert ACCEPTED not in [words for _, words, _ in found[0]]


def _try(model, value, *, lax):
    """Give the faults of a value, and make sure that the slow look at it agrees with the fast one."""
    reader = find_reader(model, lax=lax)
    faults = reader._explainer.find_faults(value, "body")
    told = []
    try:
        reader.read(value, "body")
    except Faulty as error:
        told = error.faults
    assert faults == told
    assert msgspec.json.encode(faults)
    return [(fault.where, fault.expected, repr(fault.got)) for fault in faults]
