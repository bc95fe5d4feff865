"""Where a text stops being JSON."""

from __future__ import annotations

import pytest

from demijohn.api.faults import Huge, MalformedJSON
from demijohn.api.malformed import load_anything

PLACES = [
    ('{"price": 3}}', 1, 13, "trailing characters"),
    ("[1] x", 1, 5, "trailing characters"),
    ('{"a" 1}', 1, 6, "expected ':'"),
    ('{"a": 1\n "b": 2}', 2, 2, "expected ',' or '}'"),
    ("[1,\n2,]", 2, 3, "trailing comma in array"),
    ("{a: 1}", 1, 2, "object keys must be strings"),
    ('{"ä": x}', 1, 7, "invalid character"),
    ('{"a": tru}', 1, 7, "invalid character"),
    ("NaN", 1, 1, "invalid character"),
    ('{"a": 1', 1, 8, "the text ends too early"),
    ("", 1, 1, "the text ends too early"),
    ("\n\n[", 3, 2, "the text ends too early"),
    ('["\\ud800"]', 1, 3, "half of a surrogate pair"),
    ("[" + "9" * 5000 + ", x]", 1, 5004, "the value is malformed"),
]


@pytest.mark.parametrize(("text", "line", "column", "reason"), PLACES)
def test_the_first_wrong_character_is_told(text, line, column, reason):
    """A malformed text has a line, a column in characters, and a reason."""
    with pytest.raises(MalformedJSON) as caught:
        load_anything(text.encode())
    assert (line, column, reason) == (caught.value.line, caught.value.column, caught.value.reason)


def test_a_text_that_is_no_utf_8_is_told():
    """Bytes that are no UTF-8 are malformed at the first of them, also in a part that is not read further."""
    for data in (b'["ab\xff"]', b'{"a": 1e999, "b": "\xff"}'):
        with pytest.raises(MalformedJSON) as caught:
            load_anything(data)
        assert (data.index(b"\xff") + 1, "the text is not UTF-8") == (caught.value.column, caught.value.reason)


@pytest.mark.parametrize("data", [b"[" * 100_000, b"[1e999," + b"[" * 100_000, b'{"a":' * 50_000])
def test_a_text_nested_too_deeply_is_told(data):
    """A text that is nested more deeply than Python goes is malformed."""
    with pytest.raises(MalformedJSON, match=r"nested too deeply|ends too early"):
        load_anything(data)


def test_numbers_out_of_range_are_kept_apart():
    """A number that nothing holds comes as its digits, so that a fault can name its place."""
    value = load_anything(b'{"a": 1e999, "b": [' + b"9" * 5000 + b", 1.5, 7]}")
    assert (Huge, Huge) == (type(value["a"]), type(value["b"][0]))
    assert [1.5, 7] == value["b"][1:]


@pytest.mark.parametrize("data", [b"[1e999, }", b"[1e999, NaN]", b"[1e999"])
def test_a_text_with_such_a_number_may_be_malformed_too(data):
    """A text is malformed whatever numbers it has."""
    with pytest.raises(MalformedJSON):
        load_anything(data)
