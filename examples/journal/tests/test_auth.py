"""Registration, login and logout."""

from __future__ import annotations

import pytest
from conftest import PASSWORD, Visitor
from flask import Flask, g, session
from flask.testing import FlaskClient
from journal.db import get_db


def test_register_form(client: FlaskClient) -> None:
    """The form labels its fields and says what a password needs."""
    page = client.get("/auth/register")
    assert page.status_code == 200
    assert '<label for="name">' in page.text
    assert "At least 8 characters" in page.text


def test_register_makes_an_author_and_logs_in(app: Flask, auth: Visitor) -> None:
    """A new author is welcomed by name and can write at once."""
    page = auth.register("grace", follow=True)
    assert page.request.path == "/"
    assert "Welcome, grace!" in page.text
    assert auth.client.get("/posts/new").status_code == 200


def test_passwords_are_kept_hashed(app: Flask, auth: Visitor) -> None:
    """The database holds a salted hash and never the password."""
    auth.register("grace")
    with app.app_context():
        (kept,) = get_db().execute("SELECT password_hash FROM author WHERE name = 'grace'").fetchone()
    assert kept.startswith("pbkdf2:sha256")
    assert PASSWORD not in kept


@pytest.mark.parametrize(
    ("name", "password", "problem"),
    [
        ("", PASSWORD, "A name has 2 to 30 letters"),
        ("two words", PASSWORD, "A name has 2 to 30 letters"),
        ("x" * 31, PASSWORD, "A name has 2 to 30 letters"),
        ("grace", "short", "at least 8 characters"),
        ("ADA", PASSWORD, "The name ADA is taken already."),
    ],
)
def test_register_says_what_is_wrong(auth: Visitor, name: str, password: str, problem: str) -> None:
    """A bad name, a short password and a taken name come back with the form."""
    page = auth.register(name, password)
    assert page.status_code == 422
    assert problem in page.text


def test_register_keeps_the_name_and_drops_the_password(auth: Visitor) -> None:
    """The form that comes back contains the name but not the password."""
    page = auth.register("grace", "short")
    assert 'value="grace"' in page.text
    assert 'value="short"' not in page.text


def test_login_puts_the_author_on_g(client: FlaskClient, auth: Visitor) -> None:
    """After the login every request knows its author."""
    with client:
        auth.login(follow=True)
        assert (session["author_id"], g.user["name"]) == (1, "ada")


def test_login_ignores_case_of_the_name(auth: Visitor) -> None:
    """Names are the same in small and capital letters."""
    assert "Good to see you, ada." in auth.login("Ada", follow=True).text


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_login_refuses(auth: Visitor, name: str, password: str) -> None:
    """A wrong name and a wrong password get the very same answer."""
    page = auth.login(name, password)
    assert page.status_code == 422
    assert "That name and password do not belong together." in page.text


def test_login_renews_the_token(auth: Visitor) -> None:
    """A token known before the login is worth nothing after it."""
    before = auth.token()
    auth.login()
    assert auth.token() != before


def test_logout(client: FlaskClient, auth: Visitor) -> None:
    """After the logout the session is empty and writing asks for a login."""
    auth.login()
    page = auth.logout(follow=True)
    assert "You are logged out." in page.text
    assert client.get("/posts/new").status_code == 302
    with client.session_transaction() as kept:
        assert "author_id" not in kept


def test_logout_needs_a_form(client: FlaskClient) -> None:
    """A mere link cannot log anybody out."""
    response = client.get("/auth/logout")
    assert response.status_code == 405
    assert sorted(response.headers["Allow"].split(", ")) == ["OPTIONS", "POST"]


def test_session_of_a_deleted_author_ends(client: FlaskClient) -> None:
    """A session whose author is gone counts as logged out."""
    with client.session_transaction() as kept:
        kept["author_id"] = 99
    assert "Log in" in client.get("/").text
    with client.session_transaction() as kept:
        assert "author_id" not in kept


def test_login_returns_to_the_page_that_asked(client: FlaskClient, auth: Visitor) -> None:
    """Whoever was sent to the login lands where they wanted to go."""
    asked = client.get("/posts/new")
    assert asked.location == "/auth/login?next=/posts/new"
    assert "Please log in first." in client.get(asked.location).text
    sent = auth.post(asked.location, name="ada", password=PASSWORD)
    assert (sent.status_code, sent.location) == (302, "/posts/new")


@pytest.mark.parametrize(
    "target", ["//evil.example/", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "relative", ""]
)
def test_login_never_leads_elsewhere(client: FlaskClient, auth: Visitor, target: str) -> None:
    """A forged target after the login is ignored."""
    data = {"csrf_token": auth.token(), "name": "ada", "password": PASSWORD}
    sent = client.post("/auth/login", query_string={"next": target}, data=data)
    assert sent.location == "/"


def test_session_cookie_is_out_of_reach(auth: Visitor) -> None:
    """The cookie is hidden from scripts and not sent along from other sites."""
    cookie = auth.login().headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
