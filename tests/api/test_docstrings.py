"""What docstrings tell the document, in the styles that people write them in."""

from __future__ import annotations

import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demijohn.api.docstrings import Docstring, parse_docstring, read_docstring

GOOGLE = """Find an order.

    The *newest* one
    counts.

    Args:
        number: Which one,
            counted from 1.
        *tags (str): Some
            words.

    Returns:
        The order.

    Raises:
        KeyError: There is none.

    Note that it may be old.
    """
SPHINX = """Find an order.

    The *newest* one
    counts.

    :param int number: Which one,
        counted from 1.
    :type tags: str
    :param tags: Some words.
    :raises KeyError: There is none.
    :returns: The order.
    """
NUMPY = """
    Find an order.

    The *newest* one
    counts.

    Parameters
    ----------
    number : int
        Which one,
        counted from 1.
    *tags
        Some words.

    Returns
    -------
    Order
        The order.

    Raises
    ------
    KeyError
        There is none.
    """
ARGUMENTS = {"number": "Which one, counted from 1.", "tags": "Some words."}


@pytest.mark.parametrize("text", [GOOGLE, SPHINX, NUMPY], ids=["google", "sphinx", "numpy"])
def test_styles(text):
    """Sections of parameters, results and errors are understood in each style."""
    parsed = parse_docstring(text)
    assert (parsed.summary, parsed.arguments, parsed.result) == ("Find an order", ARGUMENTS, "The order.")
    assert parsed.description.startswith("The *newest* one\ncounts.")
    assert "There is none" not in parsed.description


def test_text_below_sections_is_description():
    """What follows a section, not indented, goes on with the description."""
    assert parse_docstring(GOOGLE).description == "The *newest* one\ncounts.\n\nNote that it may be old."


@pytest.mark.parametrize("text", [None, "", "   \n  "])
def test_no_docstring(text):
    """Without a docstring all parts are empty."""
    assert parse_docstring(text) == Docstring()


@pytest.mark.parametrize(
    ("text", "summary", "description"),
    [
        ("One line", "One line", ""),
        ("Two\n    lines.", "Two lines", ""),
        ("Really...?", "Really...?", ""),
        ("Args:\n    a: It is the summary here.", "Args:     a: It is the summary here", ""),
        ("It.\n\n* a: b\n* c", "It", "* a: b\n* c"),
        ("It.\n---\ntags: [yaml]", "It", ""),
        ("It.\n\nMore.\n---\ntags: [yaml]", "It", "More."),
        ("It.\n\nHeading\n-------\nText.", "It", "Heading\n-------\nText."),
    ],
)
def test_summary_and_description(text, summary, description):
    """The first paragraph is the summary; YAML for other packages is no part of anything."""
    parsed = parse_docstring(text)
    assert (" ".join(parsed.summary.split()), parsed.description) == (" ".join(summary.split()), description)


LINES = [
    "Args:",
    "Returns:",
    "-------",
    "Returns",
    ":param x: y",
    ":param:",
    ":param  : y",
    "    a: b",
    "        c",
    "",
    "d",
    "---",
]


@given(st.lists(st.sampled_from(LINES) | st.text(max_size=9), max_size=12))
def test_any_text_is_read(lines):
    """No text is too odd to be read, and no name or text in what is read is empty."""
    parsed = parse_docstring("\n".join(lines))
    assert all(parsed.arguments)
    assert all(parsed.arguments.values())
    assert parsed.description == parsed.description.strip()


class Tool:
    """Be a tool."""

    def __call__(self):
        """Use the tool."""

    def method(self):
        """Use a part of it."""


def use():
    """Use it."""


@pytest.mark.parametrize(
    ("function", "summary"),
    [
        (use, "Use it"),
        (Tool().method, "Use a part of it"),
        (Tool(), "Use the tool"),
        (Tool, "Be a tool"),
        (functools.partial(functools.partial(use)), "Use it"),
        (lambda: None, ""),
        (functools.partial(lambda: None), ""),
    ],
)
def test_docstring_of_whatever_is_called(function, summary):
    """The docstring is that of what is called, never that of its kind."""
    assert read_docstring(function).summary == summary
