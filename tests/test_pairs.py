"""Pairs are read as the standard library and Werkzeug read them."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from demijohn._pairs import parse_pairs

TEXTS = st.text(st.sampled_from("ab=&é\x00 ;%+2F"), max_size=20)


@given(text=TEXTS)
@example(text="")
@example(text="&&")
@example(text="=&")
@example(text="=&=&a=b=c&a")
def test_pairs_are_those_of_the_standard_library(text):
    """The short way and the long way give one result: the same pairs in the same order."""
    expected = ImmutableMultiDict(parse_qsl(text, keep_blank_values=True, errors="werkzeug.url_quote"))
    found = parse_pairs(text, ImmutableMultiDict)
    assert (expected, list(expected.items(multi=True))) == (found, list(found.items(multi=True)))


def test_the_result_is_like_any_other_of_its_class():
    """It hashes, copies and refuses changes as one that its constructor made."""
    made, found = ImmutableMultiDict([("a", "1"), ("a", "2")]), parse_pairs("a=1&a=2", ImmutableMultiDict)
    assert (True, hash(made), vars(made), repr(made)) == (
        isinstance(found, ImmutableMultiDict),
        hash(found),
        vars(found),
        repr(found),
    )
    assert MultiDict([("a", "1"), ("a", "2")]) == found.copy()
    with pytest.raises(TypeError, match="immutable"):
        found["a"] = "3"


@pytest.mark.parametrize("storage_class", [list, dict, MultiDict])
def test_another_class_is_given_the_pairs(storage_class):
    """A class of one's own is called with the list of pairs."""
    assert storage_class([("b", "1"), ("a", "é")]) == parse_pairs("b=1&a=%C3%A9", storage_class)
