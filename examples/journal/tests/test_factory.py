"""The application factory: settings, the kept secret, protective headers."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from journal import _kept_secret, create_app


def test_settings_given_to_the_factory_win(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting in the call is stronger than the environment."""
    monkeypatch.setenv("JOURNAL_POSTS_PER_PAGE", "9")
    monkeypatch.setenv("JOURNAL_SITE_TITLE", "Notes")
    app = create_app({"SECRET_KEY": "x", "POSTS_PER_PAGE": 3})
    assert (app.config["POSTS_PER_PAGE"], app.config["SITE_TITLE"]) == (3, "Notes")


def test_each_application_is_its_own(app: Flask, empty: Flask) -> None:
    """Two journals in one process do not share their settings."""
    assert app.config["DATABASE"] != empty.config["DATABASE"]


def test_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    """The generated key survives a restart, and only its owner can read it."""
    path = tmp_path / "instance" / "secret_key"
    first = _kept_secret(path)
    assert (len(first), _kept_secret(path)) == (64, first)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [path] == list(path.parent.iterdir())


@pytest.mark.parametrize("path", ["/", "/nowhere", "/api/posts", "/static/journal.css"])
def test_every_answer_is_protected(client: FlaskClient, path: str) -> None:
    """Pages, errors, JSON and static files carry the protective headers."""
    with client.get(path) as response:
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_static_files_do_not_depend_on_the_session(client: FlaskClient) -> None:
    """The style sheet is served, and shared caches may keep it."""
    with client.get("/static/journal.css") as response:
        assert (response.status_code, response.mimetype) == (200, "text/css")
        assert "Vary" not in response.headers
