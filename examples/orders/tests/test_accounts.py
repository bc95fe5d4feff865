"""Accounts, tokens and keys."""

from __future__ import annotations

import pytest
from conftest import PASSWORD

from demijohn.testing import FlaskClient

GRACE = {"login": "grace", "password": "a long password"}


def test_register(anybody: FlaskClient) -> None:
    """A new account may take orders, and its password is seen nowhere."""
    answer = anybody.post("/auth/register", json=GRACE)
    assert (answer.status_code, answer.get_json()) == (201, {"id": 2, "login": "grace", "scopes": ["orders"]})


def test_register_twice(anybody: FlaskClient) -> None:
    """A login is taken by the first."""
    anybody.post("/auth/register", json=GRACE)
    answer = anybody.post("/auth/register", json=GRACE)
    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
    assert answer.get_json()["detail"] == "The login grace is taken."


def test_register_badly(anybody: FlaskClient) -> None:
    """Every fault is told at once, and the password never."""
    answer = anybody.post("/auth/register", json={"login": "Grace!", "password": "short", "admin": True})
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    faults = answer.get_json()["errors"]
    assert {"body.login", "body.password", "body.admin"} == {fault["where"] for fault in faults}
    assert "short" not in answer.text


def test_login_is_refused(anybody: FlaskClient) -> None:
    """A wrong password and an unknown login get the same answer."""
    answers = [
        anybody.post("/auth/login", data={"login": login, "password": "wrong"}).get_json()
        for login in ("ada", "nobody")
    ]
    assert answers[0] == answers[1]
    assert answers[0]["status"] == 401


@pytest.mark.parametrize("token", [None, "", "Bearer", "Bearer nonsense", "Basic YTpi"])
def test_token_is_refused(anybody: FlaskClient, token: str | None) -> None:
    """Who sends no good token is asked for one."""
    answer = anybody.get("/auth/me", headers={} if token is None else {"Authorization": token})
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_me_has_no_password(client: FlaskClient) -> None:
    """The view returns an `Account` with its hash, and the answer is a `User` without."""
    expected = {"id": 1, "login": "ada", "scopes": ["orders", "catalogue", "reports"]}
    assert client.get("/auth/me").get_json() == expected


def test_change_password(client: FlaskClient) -> None:
    """The old password is good for nothing any more."""
    answer = client.put("/auth/me/password", json={"old": PASSWORD, "new": "another horse"})
    assert (answer.status_code, answer.data) == (204, b"")
    statuses = [
        client.post("/auth/login", data={"login": "ada", "password": password}).status_code
        for password in (PASSWORD, "another horse")
    ]
    assert statuses == [401, 200]


def test_keys(client: FlaskClient) -> None:
    """A key is shown once, and works until it is deleted."""
    made = client.post("/auth/keys", json={"label": "till"}).get_json()
    assert "key" not in client.get("/auth/keys").get_json()[-1]
    headers = {"X-API-Key": made["key"]}
    assert client.get("/reports/stock", headers=headers).status_code == 200
    assert client.delete(f"/auth/keys/{made['id']}").status_code == 204
    assert client.get("/reports/stock", headers=headers).status_code == 401


def test_scope_is_needed(anybody: FlaskClient) -> None:
    """A new account may not change the catalogue."""
    anybody.post("/auth/register", json=GRACE)
    token = anybody.post("/auth/login", data=GRACE).get_json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = anybody.delete("/products/TEA-100", headers=headers)
    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    assert anybody.get("/customers", headers=headers).status_code == 200
