"""One connection a context, closed at its end."""

from __future__ import annotations

import sqlite3

import pytest
from flask import Flask, g
from journal.db import DatabaseMissing, get_db


def test_a_context_has_one_connection(app: Flask) -> None:
    """Asking twice in a context gives the same connection."""
    with app.app_context():
        assert get_db() is get_db()


def test_two_contexts_have_two_connections(app: Flask) -> None:
    """Another context gets a connection of its own."""
    with app.app_context():
        outer = get_db()
        with app.app_context():
            assert get_db() is not outer


def test_teardown_closes_the_connection(app: Flask) -> None:
    """When the context has ended the connection refuses to work."""
    with app.app_context():
        connection = get_db()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_a_failed_request_closes_the_connection(app: Flask) -> None:
    """A view that raises leaves no connection open either."""
    kept = []

    @app.get("/fails")
    def fails() -> str:
        kept.append(get_db())
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        app.test_client().get("/fails")
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        kept[0].execute("SELECT 1")


def test_a_context_without_database_use_opens_nothing(app: Flask) -> None:
    """A page that needs no data opens no connection."""
    with app.test_request_context("/auth/login"):
        app.preprocess_request()
        assert "db" not in g


def test_missing_database_is_said_to_code(empty: Flask) -> None:
    """Without the file the code gets an error that names the command."""
    with empty.app_context(), pytest.raises(DatabaseMissing, match="init-db"):
        get_db()


def test_missing_database_is_said_to_readers(empty: Flask) -> None:
    """Without the file readers get a 503 page that names the command."""
    response = empty.test_client().get("/")
    assert response.status_code == 503
    assert "init-db" in response.text


def test_foreign_keys_are_enforced(app: Flask) -> None:
    """An entry without an author cannot be kept."""
    with app.app_context(), pytest.raises(sqlite3.IntegrityError):
        get_db().execute("INSERT INTO post (author_id, title, body) VALUES (99, 'x', 'y')")
