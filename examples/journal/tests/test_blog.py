"""Reading, writing, changing and deleting entries."""

from __future__ import annotations

import pytest
from conftest import Visitor
from flask import Flask
from flask.testing import FlaskClient
from journal import posts
from journal.db import get_db


def test_index_lists_entries(client: FlaskClient) -> None:
    """The first page shows title, author and beginning of the entries."""
    page = client.get("/")
    assert page.status_code == 200
    assert '<a href="/posts/1">First light</a>' in page.text
    assert "· ada" in page.text


def test_index_without_entries_invites(app: Flask, client: FlaskClient, auth: Visitor) -> None:
    """An empty journal says so, and offers what fits the reader."""
    with app.app_context():
        posts.remove(1)
    assert "Register and write the first entry" in client.get("/").text
    auth.login()
    assert "Write the first entry" in client.get("/").text


def test_index_has_pages(app: Flask, client: FlaskClient) -> None:
    """Two entries a page, the newest first, with links to both sides."""
    with app.app_context():
        for number in range(2, 6):
            posts.add(1, f"Entry {number}", "Text")
    first, second, third = (client.get("/", query_string={"page": number}).text for number in (1, 2, 3))
    assert first.index("Entry 5") < first.index("Entry 4")
    assert 'rel="next" href="/?page=2"' in first
    assert 'rel="prev"' not in first
    assert ("Page 2 of 3" in second, 'rel="prev" href="/?page=1"' in second) == (True, True)
    assert ("First light" in third, 'rel="next"' in third) == (True, False)


@pytest.mark.parametrize("number", ["0", "-1", "2", "99999999999999999999"])
def test_index_beyond_the_pages(client: FlaskClient, number: str) -> None:
    """A page that does not exist is not found."""
    assert client.get(f"/?page={number}").status_code == 404


def test_index_reads_nonsense_as_the_first_page(client: FlaskClient) -> None:
    """A page number that is none gives the first page."""
    assert "First light" in client.get("/?page=two").text


def test_show_an_entry(client: FlaskClient) -> None:
    """An entry keeps its paragraphs and lines, and its markup is harmless."""
    page = client.get("/posts/1").text
    assert "<title>First light · Journal</title>" in page
    assert "<p>One line.<br>\nAnother line.</p>" in page
    assert "<p>&lt;b&gt;Not bold&lt;/b&gt;</p>" in page


@pytest.mark.parametrize("number", ["2", "9" * 30])
def test_show_an_entry_that_is_not(client: FlaskClient, number: str) -> None:
    """An unknown number gives the page for what is not found."""
    page = client.get(f"/posts/{number}")
    assert page.status_code == 404
    assert "Nothing here" in page.text


@pytest.mark.parametrize("path", ["/posts/new", "/posts/1/edit"])
def test_writing_needs_a_login(client: FlaskClient, path: str) -> None:
    """Whoever is not logged in is sent to the login."""
    assert client.get(path).location == f"/auth/login?next={path}"


@pytest.mark.parametrize("path", ["/posts/new", "/posts/1/edit", "/posts/1/delete"])
def test_sending_needs_a_login(auth: Visitor, path: str) -> None:
    """A form sent without a login changes nothing."""
    assert auth.post(path, title="x", body="y").location == "/auth/login"
    assert auth.client.get("/posts/1").status_code == 200


def test_create(client: FlaskClient, auth: Visitor) -> None:
    """A new entry gets an address of its own and is shown there."""
    auth.login("bob")
    page = auth.post("/posts/new", follow=True, title="  Second  ", body="Line\r\nline")
    assert page.request.path == "/posts/2"
    assert "Your entry is published." in page.text
    assert "<h1>Second</h1>" in page.text
    assert "<p>Line<br>\nline</p>" in page.text


def test_message_is_shown_once(client: FlaskClient, auth: Visitor) -> None:
    """A message is gone when the page is loaded again."""
    auth.login()
    assert "Good to see you, ada." in client.get("/").text
    assert "Good to see you" not in client.get("/").text


@pytest.mark.parametrize("path", ["/posts/new", "/posts/1/edit"])
@pytest.mark.parametrize(
    ("title", "body", "problem"),
    [
        ("", "kept text", "Please write a title."),
        ("   ", "kept text", "Please write a title."),
        ("kept text", "", "Please write a body."),
        ("t" * 121, "kept text", "The title is longer than 120 characters."),
        ("kept text", "b" * 20_001, "The body is longer than 20,000 characters."),
    ],
)
def test_bad_words(auth: Visitor, path: str, title: str, body: str, problem: str) -> None:
    """The form comes back with the problem and with what was written."""
    auth.login()
    page = auth.post(path, title=title, body=body)
    assert page.status_code == 422
    assert problem in page.text
    assert "kept text" in page.text
    assert 'aria-invalid="true"' in page.text


def test_edit_form_shows_the_entry(client: FlaskClient, auth: Visitor) -> None:
    """The form of an entry is filled in."""
    auth.login()
    page = client.get("/posts/1/edit").text
    assert 'value="First light"' in page
    assert "One line.\nAnother line." in page


def test_edit(auth: Visitor) -> None:
    """Changed words are shown at once."""
    auth.login()
    page = auth.post("/posts/1/edit", follow=True, title="Last light", body="Dark")
    assert page.request.path == "/posts/1"
    assert ("<h1>Last light</h1>" in page.text, "<p>Dark</p>" in page.text) == (True, True)


def test_delete(app: Flask, auth: Visitor) -> None:
    """A deleted entry is gone, and its title is said once more."""
    auth.login()
    page = auth.post("/posts/1/delete", follow=True)
    assert "“First light” is deleted." in page.text
    with app.app_context():
        assert get_db().execute("SELECT count(*) FROM post").fetchone()[0] == 0


@pytest.mark.parametrize("path", ["/posts/1/edit", "/posts/1/delete"])
def test_someone_elses_entry(auth: Visitor, path: str) -> None:
    """Another author's entry cannot be changed or deleted."""
    auth.login("bob")
    response = auth.post(path, title="Mine now", body="Ha")
    assert response.status_code == 403
    assert "This is not yours" in response.text
    assert "First light" in auth.client.get("/posts/1").text


def test_someone_elses_form(client: FlaskClient, auth: Visitor) -> None:
    """Another author's form is not even shown, nor a button to it."""
    auth.login("bob")
    assert client.get("/posts/1/edit").status_code == 403
    assert "/posts/1/edit" not in client.get("/posts/1").text


@pytest.mark.parametrize("path", ["/posts/7/edit", "/posts/7/delete"])
def test_changing_what_is_not(auth: Visitor, path: str) -> None:
    """An entry that does not exist is not found by its author either."""
    auth.login()
    assert auth.post(path, title="x", body="y").status_code == 404
