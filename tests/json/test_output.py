"""What is written as JSON: Flask's text to the byte, for whatever Flask can write, and its errors for the rest."""

import dataclasses
import enum
from collections import OrderedDict, UserDict, defaultdict
from datetime import timedelta, timezone
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

import flask
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

import demijohn

LIBRARIES = (flask, demijohn)
APPS = [library.Flask("made") for library in LIBRARIES]


@dataclasses.dataclass
class Point:
    """A dataclass that may hold anything."""

    x: object
    y: object = None


class Html:
    """Something that can give itself as HTML, as a kind of text."""

    def __init__(self, html):
        self.html = html

    def __html__(self):
        return self.html


class Colour(enum.Enum):
    RED = "red"


class Size(enum.IntEnum):
    SMALL = 1


class Word(enum.StrEnum):
    YES = "yes"


class Text(str):
    """Text of a class of its own."""

    __slots__ = ()


class Real(float):
    """A number that shows itself in another way."""

    def __repr__(self):
        return "real"


class Pair(NamedTuple):
    """A tuple with names."""

    first: object
    second: object


ZONES = st.none() | st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(
    lambda offset: timezone(timedelta(minutes=offset // timedelta(minutes=1)))
)
NUMBERS = st.integers() | st.floats() | st.decimals() | st.sampled_from([Size.SMALL, Real(1.5), True, -0.0, 1e300])
TEXTS = st.text() | st.text().map(Markup) | st.sampled_from(["\ud800", "</script>", "\u2028", Word.YES, Text("x")])
MOMENTS = st.dates() | st.datetimes(timezones=ZONES)
LEAVES = st.none() | st.booleans() | NUMBERS | TEXTS | MOMENTS | st.uuids() | TEXTS.map(Html)
STRANGE = st.sampled_from(
    [
        *(Colour.RED, Point, Colour, object, b"x", 1j, Fraction(1, 2), range(2), {1}, timedelta(1), Ellipsis),
        *(UserDict(a=1), MappingProxyType({})),
    ]
)
KEYS = TEXTS | st.integers() | st.floats() | st.booleans() | st.none() | st.dates() | st.uuids() | st.binary(max_size=1)


def nest(inner):
    """Return containers of what there is so far."""
    lists = st.lists(inner, max_size=4)
    alike = st.sampled_from([st.text(), st.integers(), st.floats(allow_nan=False)])
    dicts = alike.flatmap(lambda keys: st.dictionaries(keys, inner, max_size=4)) | st.dictionaries(
        KEYS, inner, max_size=3
    )
    return (
        (lists | lists.map(tuple) | dicts | dicts.map(OrderedDict))
        | dicts.map(lambda items: defaultdict(list, items))
        | st.builds(Point, inner, inner)
        | st.builds(Pair, inner, inner)
    )


VALUES = st.recursive(LEAVES, nest, max_leaves=12)
ANYTHING = st.recursive(LEAVES | STRANGE, nest, max_leaves=6)
SETTINGS = st.fixed_dictionaries(
    {
        "sort_keys": st.booleans(),
        "ensure_ascii": st.booleans(),
        "compact": st.sampled_from([None, True, False]),
        "mimetype": st.sampled_from(["application/json", "application/problem+json", "text/x; charset=latin-1"]),
    }
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "indent": st.sampled_from([None, 0, 2, "\t"]),
        "separators": st.sampled_from([None, (",", ":"), [", ", ": "]]),
        "sort_keys": st.booleans(),
        "ensure_ascii": st.booleans(),
        "allow_nan": st.booleans(),
        "skipkeys": st.booleans(),
        "check_circular": st.booleans(),
        "default": st.sampled_from([repr, None]),
    },
)


def outcome(function, *args, **kwargs):
    """Return what a function returns, or the class of its error."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return type(error)


def respond(app, debug, chosen, value):
    """Return the body and the headers of a response with a value."""
    app.debug = debug
    for name, setting in chosen.items():
        setattr(app.json, name, setting)
    response = app.json.response(value)
    return response.data, response.status, list(response.headers)


@given(VALUES | ANYTHING, SETTINGS, st.booleans())
def test_responses_are_flasks_to_the_byte(value, chosen, debug):
    """A response has Flask's body and headers, or the class of its error, under every setting."""
    theirs, ours = (outcome(respond, app, debug, chosen, value) for app in APPS)
    assert theirs == ours


@given(VALUES | ANYTHING, OPTIONS, st.booleans())
def test_dumped_text_is_flasks_to_the_byte(value, options, has_app):
    """`dumps` writes Flask's text, with every option of `json.dumps`, in and outside of an application."""
    texts = []
    for library in LIBRARIES:
        if has_app:
            texts.append(outcome(library.Flask("made").json.dumps, value, **options))
        else:
            texts.append(outcome(library.json.dumps, value, **options))
    assert texts[0] == texts[1]


@given(st.dictionaries(st.text(), VALUES, max_size=3), st.lists(VALUES, max_size=3), st.booleans())
def test_views_and_jsonify_answer_as_in_flask(items, values, mixed):
    """What `jsonify` is given, by position and by name, becomes Flask's response."""
    bodies = []
    for library, app in zip(LIBRARIES, APPS, strict=True):
        with app.app_context():
            answer = outcome(library.jsonify, *values, **(items if mixed else {}))
        bodies.append(answer if isinstance(answer, type) else (answer.data, list(answer.headers)))
    assert bodies[0] == bodies[1]


def test_a_circle_has_the_error_of_flask():
    """A list, a dict or a dataclass that contains itself has the error that Flask has."""
    circles = [[], {}, Point(1)]
    circles[0].append(circles[0])
    circles[1]["a"] = circles[1]
    circles[2].x = circles[2]
    for circle in circles:
        theirs, ours = (outcome(app.json.dumps, circle) for app in APPS)
        assert theirs is ours


@pytest.mark.parametrize("depth", [10, 200, 100_000])
def test_depth_has_the_text_or_error_of_flask(depth):
    """Nesting that Flask can write is written, and deeper nesting has its error."""
    value = []
    for _ in range(depth):
        value = [value]
    theirs, ours = (outcome(app.json.dumps, value) for app in APPS)
    assert theirs == ours
