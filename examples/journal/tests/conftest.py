"""Fixtures: a journal in a temporary folder, its clients, and two authors."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from journal import create_app, posts
from journal.auth import create_author
from journal.db import create_tables
from werkzeug.test import TestResponse

PASSWORD = "correct horse"


class Visitor:
    """A browser's part: it takes the token from a form and sends it along."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def token(self, path: str = "/auth/login") -> str:
        """Return the token that the form at `path` contains."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get(path).text)
        assert found is not None
        return found[1]

    def post(self, path: str, /, *, follow: bool = False, **fields: Any) -> TestResponse:
        """Send a form with its token."""
        data = {"csrf_token": self.token(), **fields}
        return self.client.post(path, data=data, follow_redirects=follow)

    def register(self, name: str, password: str = PASSWORD, *, follow: bool = False) -> TestResponse:
        """Send the form for new authors."""
        return self.post("/auth/register", follow=follow, name=name, password=password)

    def login(self, name: str = "ada", password: str = PASSWORD, *, follow: bool = False) -> TestResponse:
        """Send the login form."""
        return self.post("/auth/login", follow=follow, name=name, password=password)

    def logout(self, *, follow: bool = False) -> TestResponse:
        """Press the logout button."""
        return self.post("/auth/logout", follow=follow)


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """Return a journal with the authors ada and bob and one entry by ada."""
    app = create_app(
        {
            "TESTING": True,
            "SECRET_KEY": "only for tests",
            "DATABASE": str(tmp_path / "journal.sqlite"),
            "PICTURES": str(tmp_path / "pictures"),
            "PASSWORD_METHOD": "pbkdf2:sha256:1",
            "MAX_CONTENT_LENGTH": 100_000,
            "POSTS_PER_PAGE": 2,
        }
    )
    with app.app_context():
        create_tables()
        ada = create_author("ada", PASSWORD)
        create_author("bob", PASSWORD)
        posts.add(ada, "First light", "One line.\nAnother line.\n\n<b>Not bold</b>")
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a client of the journal."""
    return app.test_client()


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """Return a runner of the journal's commands."""
    return app.test_cli_runner()


@pytest.fixture
def auth(client: FlaskClient) -> Visitor:
    """Return a visitor who can fill in the forms."""
    return Visitor(client)


@pytest.fixture
def empty(tmp_path: Path) -> Flask:
    """Return a journal whose database nobody has created."""
    return create_app(
        {
            "TESTING": True,
            "SECRET_KEY": "only for tests",
            "DATABASE": str(tmp_path / "new" / "journal.sqlite"),
            "PICTURES": str(tmp_path / "new" / "pictures"),
            "PASSWORD_METHOD": "pbkdf2:sha256:1",
        }
    )
