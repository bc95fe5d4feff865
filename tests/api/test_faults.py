"""What a fault tells of a place and of a value."""

from __future__ import annotations

import msgspec
import pytest

from demijohn.api.faults import Fault, Faulty, MalformedJSON, join_where, shorten


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("name", "body.name"),
        ("größe", "body.größe"),
        ("page-size", "body.page-size"),
        (3, "body[3]"),
        ("a b", 'body["a b"]'),
        ("", 'body[""]'),
        ('"', 'body["\\""]'),
        ("x" * 200, "body." + "x" * 79 + "…"),
        ("\ud800", 'body["?"]'),
    ],
)
def test_a_place_has_its_parts(part, expected):
    """A name is joined by a point, an index and other names in brackets."""
    assert join_where("body", part) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (1.5, 1.5),
        (2**64, str(2**64)),
        (-(2**63), -(2**63)),
        (10**4000, "1" + "0" * 78 + "…"),
        ("short", "short"),
        ("x" * 81, "x" * 79 + "…"),
        ([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, "…"]),
        ({"a": [[1]]}, {"a": ["…"]}),
        ({str(each): each for each in range(6)}, {"0": 0, "1": 1, "2": 2, "3": 3, "4": 4, "…": "…"}),
        ("\ud800", "?"),
        (b"x", "b'x'"),
    ],
)
def test_a_value_is_cut_short(value, expected):
    """An answer repeats only so much of a value, and only what JSON can say."""
    assert shorten(value) == expected
    assert msgspec.json.encode(shorten(value))


def test_a_number_that_python_does_not_print_is_left_out():
    """An integer of more digits than Python prints is told as nothing but cut."""
    assert shorten(10**5000) == "…"


def test_a_fault_without_a_value_has_none_in_json():
    """Where nothing came, JSON has no `got`; null is a value that came."""
    faults = [Fault("body.a", "required"), Fault("body.b", "a text", None)]
    expected = b'[{"where":"body.a","expected":"required"},{"where":"body.b","expected":"a text","got":null}]'
    assert msgspec.json.encode(faults) == expected


def test_errors_say_what_they_hold():
    """The errors' own texts tell the first fault, and the line and column."""
    assert str(Faulty([Fault("body", "a text")])) == "1 faults, the first at body: a text"
    assert str(MalformedJSON(1, 2, "why")) == "line 1, column 2: why"
