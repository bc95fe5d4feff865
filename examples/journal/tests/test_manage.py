"""The commands."""

from __future__ import annotations

import re
from pathlib import Path

from conftest import Visitor
from flask import Flask
from flask.testing import FlaskCliRunner
from journal import pictures


def test_init_db_creates_the_database(empty: Flask) -> None:
    """The command makes folder, file and tables, and says where."""
    result = empty.test_cli_runner().invoke(args=["init-db"])
    assert (result.exit_code, result.output) == (0, f"The database is ready: {empty.config['DATABASE']}\n")
    assert "Nothing has been written yet." in empty.test_client().get("/").text


def test_init_db_leaves_entries_alone(app: Flask, runner: FlaskCliRunner) -> None:
    """Run again, the command loses nothing."""
    assert runner.invoke(args=["init-db"]).exit_code == 0
    assert app.test_client().get("/posts/1").status_code == 200


def test_init_db_reset_forgets_everything(app: Flask, runner: FlaskCliRunner) -> None:
    """Entries, authors and pictures are gone after a reset."""
    with app.app_context():
        pictures.keep_bytes(b"x", "png")
    assert runner.invoke(args=["init-db", "--reset"]).exit_code == 0
    assert app.test_client().get("/posts/1").status_code == 404
    assert list(Path(app.config["PICTURES"]).iterdir()) == []


def test_seed_makes_a_demo_author(app: Flask, auth: Visitor, runner: FlaskCliRunner) -> None:
    """The printed password opens the demo author's account."""
    result = runner.invoke(args=["seed"])
    found = re.search(r"Log in as demo with the password (\S+)\n", result.output)
    assert result.exit_code == 0
    assert found is not None
    assert "Good to see you, demo." in auth.login("demo", found[1], follow=True).text


def test_seed_writes_entries_and_a_picture(app: Flask, runner: FlaskCliRunner) -> None:
    """The newest sample has a picture that can be fetched."""
    runner.invoke(args=["seed"])
    client = app.test_client()
    newest = client.get("/api/posts").get_json()["posts"][0]
    assert newest["title"] == "Up before the sun"
    with client.get(newest["picture"]) as picture:
        assert (picture.status_code, picture.mimetype) == (200, "image/png")


def test_seed_again_gives_a_new_password(app: Flask, auth: Visitor, runner: FlaskCliRunner) -> None:
    """Run again, the command writes no second set, and the new password works."""
    runner.invoke(args=["seed"])
    result = runner.invoke(args=["seed"])
    assert "the password is new" in result.output
    assert app.test_client().get("/api/posts").get_json()["total"] == 4
    assert auth.login("demo", result.output.split()[-1]).status_code == 302


def test_seed_without_database(empty: Flask) -> None:
    """Without a database the command says what to do first."""
    result = empty.test_cli_runner().invoke(args=["seed"])
    assert (result.exit_code, result.output) == (
        1,
        "Error: There is no database yet. Run the command init-db first.\n",
    )


def test_commands_are_listed(runner: FlaskCliRunner) -> None:
    """Both commands stand beside the framework's own, with a summary."""
    shown = runner.invoke(args=["--help"]).output
    assert "init-db" in shown
    assert "Make a demo author" in shown
