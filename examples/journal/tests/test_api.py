"""The JSON interface."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import PASSWORD, Visitor
from flask import Flask
from flask.testing import FlaskClient
from journal import pictures, posts

ADA = ("ada", PASSWORD)


def test_get_a_post(client: FlaskClient) -> None:
    """One entry has its words, its author and its full address."""
    answer = client.get("/api/posts/1")
    post = answer.get_json()
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert post.pop("written").endswith("Z")
    assert post == {
        "id": 1,
        "title": "First light",
        "body": "One line.\nAnother line.\n\n<b>Not bold</b>",
        "author": "ada",
        "picture": None,
        "picture_text": None,
        "url": "http://localhost/posts/1",
    }


def test_get_a_post_with_picture(app: Flask, client: FlaskClient) -> None:
    """An entry's picture is given by its full address."""
    with app.app_context():
        name = pictures.keep_bytes(pictures.paint(4, 4), "png")
        posts.add(1, "Seen", "Look", name, "Hills")
    post = client.get("/api/posts/2").get_json()
    assert (post["picture"], post["picture_text"]) == (f"http://localhost/pictures/{name}", "Hills")


@pytest.mark.parametrize("number", [2, 10**30])
def test_get_a_post_that_is_not(client: FlaskClient, number: int) -> None:
    """An unknown number gives a JSON error that names it."""
    answer = client.get(f"/api/posts/{number}")
    assert answer.status_code == 404
    assert answer.get_json() == {
        "error": {"status": 404, "title": "Not Found", "detail": f"There is no post {number}."}
    }


def test_list_has_pages(app: Flask, client: FlaskClient) -> None:
    """A page counts what there is and names its neighbours."""
    with app.app_context():
        for number in range(2, 6):
            posts.add(1, f"Entry {number}", "Text")
    page = client.get("/api/posts?page=2&per_page=2").get_json()
    assert [post["title"] for post in page.pop("posts")] == ["Entry 3", "Entry 2"]
    assert page == {
        "page": 2,
        "per_page": 2,
        "pages": 3,
        "total": 5,
        "previous": "http://localhost/api/posts?page=1&per_page=2",
        "next": "http://localhost/api/posts?page=3&per_page=2",
    }


def test_list_of_one_page(client: FlaskClient) -> None:
    """A single page has no neighbours."""
    page = client.get("/api/posts").get_json()
    assert (page["total"], page["previous"], page["next"]) == (1, None, None)


def test_list_beyond_the_end(client: FlaskClient) -> None:
    """A page after the last is empty, and no error."""
    page = client.get("/api/posts?page=7").get_json()
    assert (page["posts"], page["previous"], page["next"]) == ([], None, None)


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=two", "page=", "per_page=101", "per_page=0", "page=²"])
def test_list_with_bad_numbers(client: FlaskClient, query: str) -> None:
    """A number that cannot be is refused with its name and its limits."""
    answer = client.get(f"/api/posts?{query}")
    assert answer.status_code == 400
    assert "must be a whole number from 1 to" in answer.get_json()["error"]["detail"]


def test_create_a_post(client: FlaskClient) -> None:
    """A JSON body becomes an entry, and the answer says where it is."""
    answer = client.post("/api/posts", json={"title": "By wire", "body": "Stop."}, auth=ADA)
    assert (answer.status_code, answer.location) == (201, "/api/posts/2")
    assert answer.get_json()["author"] == "ada"
    assert client.get("/api/posts/2").get_json() == answer.get_json()


@pytest.mark.parametrize("auth", [None, ("ada", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_create_needs_credentials(client: FlaskClient, auth: tuple[str, str] | None) -> None:
    """Without a right name and password the answer asks for them."""
    answer = client.post("/api/posts", json={"title": "x", "body": "y"}, auth=auth)
    assert (answer.status_code, answer.get_json()["error"]["status"]) == (401, 401)
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="the journal"'


def test_create_refuses_another_scheme(client: FlaskClient) -> None:
    """A token where a password belongs is no credential."""
    answer = client.post("/api/posts", json={}, headers={"Authorization": "Bearer abc"})
    assert answer.status_code == 401


def test_create_does_not_take_the_session(auth: Visitor) -> None:
    """A logged-in browser alone cannot be made to post."""
    auth.login()
    assert auth.client.post("/api/posts", json={"title": "x", "body": "y"}).status_code == 401


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"title": "Please write a title.", "body": "Please write a body."}),
        ({"title": 3, "body": "y"}, {"title": "The title must be text."}),
        ({"title": "x", "body": None}, {"body": "The body must be text."}),
        ({"title": "x" * 121, "body": "y"}, {"title": "The title is longer than 120 characters."}),
    ],
)
def test_create_with_bad_fields(client: FlaskClient, body: Any, fields: dict[str, str]) -> None:
    """What is wrong is said field by field."""
    answer = client.post("/api/posts", json=body, auth=ADA)
    assert answer.status_code == 422
    assert answer.get_json()["error"]["fields"] == fields


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        ("{not json", "application/json", 400),
        ("", "application/json", 400),
        ("[1]", "application/json", 400),
        ('"text"', "application/json", 400),
        ("title=x&body=y", "application/x-www-form-urlencoded", 415),
        ('{"title": "x", "body": "y"}', "text/plain", 415),
    ],
)
def test_create_with_a_bad_body(client: FlaskClient, data: str, content_type: str, status: int) -> None:
    """What is not a JSON object gets a JSON error."""
    answer = client.post("/api/posts", data=data, content_type=content_type, auth=ADA)
    assert (answer.status_code, answer.get_json()["error"]["status"]) == (status, status)


def test_create_too_big(client: FlaskClient) -> None:
    """A body over the limit gets a JSON error too."""
    answer = client.post("/api/posts", json={"title": "x", "body": "y" * 100_001}, auth=ADA)
    assert (answer.status_code, answer.get_json()["error"]["title"]) == (413, "Request Entity Too Large")


def test_unknown_address(client: FlaskClient) -> None:
    """An address below /api/ that is none gets a JSON error."""
    answer = client.get("/api/nothing")
    assert (answer.status_code, answer.get_json()["error"]["title"]) == (404, "Not Found")


def test_wrong_method(client: FlaskClient) -> None:
    """A method that is not offered gets a JSON error with the right ones."""
    answer = client.delete("/api/posts/1")
    assert (answer.status_code, answer.get_json()["error"]["status"]) == (405, 405)
    assert sorted(answer.headers["Allow"].split(", ")) == ["GET", "HEAD", "OPTIONS"]


def test_answers_begin_no_session(client: FlaskClient) -> None:
    """The interface neither reads nor sets cookies."""
    answer = client.get("/api/posts")
    assert [name for name in ("Set-Cookie", "Vary") if name in answer.headers] == []
