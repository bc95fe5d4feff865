"""Error pages for readers."""

from __future__ import annotations

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient


def test_not_found(client: FlaskClient) -> None:
    """An unknown address gets a page with a way back."""
    page = client.get("/nowhere")
    assert (page.status_code, page.content_type) == (404, "text/html; charset=utf-8")
    assert "Nothing here" in page.text
    assert 'href="/">To the entries' in page.text


def test_wrong_method_keeps_its_header(client: FlaskClient) -> None:
    """The page for a wrong method says which methods are right."""
    page = client.put("/posts/1")
    assert page.status_code == 405
    assert sorted(page.headers["Allow"].split(", ")) == ["GET", "HEAD", "OPTIONS"]
    assert "Method Not Allowed" in page.text


def test_error_without_a_page_of_its_own(app: Flask, client: FlaskClient) -> None:
    """Any other error shows its name and its description, escaped."""

    @app.get("/tea")
    def tea() -> str:
        abort(418, "Only <tea>.")

    page = client.get("/tea")
    assert page.status_code == 418
    assert "Only &lt;tea&gt;." in page.text


@pytest.mark.parametrize(("path", "expected"), [("/breaks", "Something broke"), ("/api/breaks", '"status": 500')])
def test_fault_of_our_own(app: Flask, path: str, expected: str) -> None:
    """A bug in a view gives a calm answer without any detail."""
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    app.add_url_rule(path, "breaks", lambda: 1 // 0)
    page = app.test_client().get(path)
    assert page.status_code == 500
    assert expected in page.text
    assert "ZeroDivisionError" not in page.text
