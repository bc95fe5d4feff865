"""The template filters and the values that every template sees."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask, render_template_string


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one", "<p>one</p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("one\n\n \n\ntwo\n", "<p>one</p>\n<p>two</p>"),
        ("<i> & '", "<p>&lt;i&gt; &amp; &#39;</p>"),
    ],
)
def test_paragraphs(app: Flask, text: str, expected: str) -> None:
    """Empty lines part paragraphs, single ones break, markup is escaped."""
    with app.app_context():
        assert render_template_string("{{ text | paragraphs }}", text=text) == expected


def test_day(app: Flask) -> None:
    """A moment is shown as a day."""
    with app.app_context():
        assert render_template_string("{{ '2026-03-07T23:59:00Z' | day }}") == "7 March 2026"


def test_common_values(app: Flask) -> None:
    """Every template sees the title, the year, and who is logged in."""
    with app.test_request_context("/"):
        shown = render_template_string("{{ site_title }} {{ this_year }} {{ user }}")
    assert shown == f"Journal {datetime.now(UTC).year} None"
