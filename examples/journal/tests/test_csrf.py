"""Forged forms."""

from __future__ import annotations

import pytest
from conftest import PASSWORD, Visitor
from flask.testing import FlaskClient

FORMS = [
    "/auth/register",
    "/auth/login",
    "/auth/logout",
    "/posts/new",
    "/posts/1/edit",
    "/posts/1/delete",
]


@pytest.mark.parametrize("path", FORMS)
def test_form_without_token(client: FlaskClient, auth: Visitor, path: str) -> None:
    """Every form is refused when the token is missing."""
    auth.login()
    response = client.post(path, data={"title": "x", "body": "y"})
    assert response.status_code == 400
    assert "came from another site" in response.text


@pytest.mark.parametrize("path", FORMS)
def test_form_with_a_guessed_token(client: FlaskClient, auth: Visitor, path: str) -> None:
    """Every form is refused when the token is another one."""
    auth.login()
    response = client.post(path, data={"csrf_token": "gëraten", "title": "x", "body": "y"})
    assert response.status_code == 400


def test_form_with_the_token_of_another_session(client: FlaskClient, auth: Visitor) -> None:
    """A token from the attacker's own session is no use in the victim's."""
    attacker = Visitor(client.application.test_client())
    auth.login()
    response = client.post("/posts/1/delete", data={"csrf_token": attacker.token()})
    assert response.status_code == 400
    assert client.get("/posts/1").status_code == 200


def test_form_before_any_session(client: FlaskClient) -> None:
    """An empty token does not match a session that has none."""
    response = client.post("/auth/login", data={"csrf_token": "", "name": "ada", "password": PASSWORD})
    assert response.status_code == 400


def test_unknown_address_stays_404(client: FlaskClient) -> None:
    """A post to nowhere is answered as nowhere, not as a forgery."""
    assert client.post("/nowhere").status_code == 404


def test_reading_sets_no_cookie(client: FlaskClient) -> None:
    """A page without a form begins no session."""
    assert "Set-Cookie" not in client.get("/posts/1").headers
