"""Fixtures: a shop with an account, a customer and four products, and clients through each door."""

from __future__ import annotations

from pathlib import Path

import pytest
from orders import create_app, manage
from orders.database import find_database

from demijohn import Flask
from demijohn.testing import FlaskClient
from demijohn.testing.doors import Door, door

__all__ = ["door"]

PASSWORD = "correct horse"
ADDRESS = {"street": "2 Quay", "city": "Malmö", "country": "SE"}


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """Return a shop in a temporary folder."""
    app = create_app(
        {
            "TESTING": True,
            "SECRET_KEY": "only for tests",
            "DATABASE": f"sqlite:///{tmp_path / 'orders.sqlite'}",
            "PASSWORD_METHOD": "pbkdf2:sha256:1",
            "STREAM_SECONDS": 0,
        }
    )
    with app.app_context():
        find_database().create_tables()
        app.extensions["key"] = manage.seed(PASSWORD)[1]
    return app


@pytest.fixture
def anybody(app: Flask, door: Door) -> FlaskClient:
    """Return a client that sends no credentials."""
    return door.client(app)


@pytest.fixture
def client(app: Flask, door: Door) -> FlaskClient:
    """Return a client that sends the token of the account `ada`."""
    client = door.client(app)
    token = client.post("/auth/login", data={"login": "ada", "password": PASSWORD}).get_json()["access_token"]
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


@pytest.fixture
def program(app: Flask, door: Door) -> FlaskClient:
    """Return a client that sends an API key."""
    client = door.client(app)
    client.environ_base["HTTP_X_API_KEY"] = app.extensions["key"]
    return client
