"""One SQLite connection for each application context, and the tables."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from flask import Flask, current_app, g
from werkzeug.exceptions import ServiceUnavailable


class DatabaseMissing(ServiceUnavailable):
    """Says that nobody has created the tables yet (status 503)."""

    description = "The journal has no database yet. Create it with the command init-db."


def init_app(app: Flask) -> None:
    """Let `app` close its connection whenever a context ends."""
    app.teardown_appcontext(close_db)


def get_db() -> sqlite3.Connection:
    """Return this context's connection, opened at the first call.

    Raises:
        DatabaseMissing: The file that `DATABASE` names does not exist.
    """
    if "db" not in g:
        path = Path(current_app.config["DATABASE"])
        if not path.exists():
            raise DatabaseMissing
        g.db = _connect(path)
    connection: sqlite3.Connection = g.db
    return connection


def close_db(error: BaseException | None = None) -> None:
    """Close this context's connection if there is one."""
    connection = g.pop("db", None)
    if connection is not None:
        connection.close()


def create_tables() -> None:
    """Create the database file and every table that it lacks."""
    path = Path(current_app.config["DATABASE"])
    path.parent.mkdir(parents=True, exist_ok=True)
    with current_app.open_resource("schema.sql", "rt", encoding="utf-8") as file:
        schema = file.read()
    connection = _connect(path)
    try:
        connection.executescript(schema)
    finally:
        connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    return connection
