"""Commands for whoever runs the journal: `init-db` and `seed`."""

from __future__ import annotations

import secrets
from pathlib import Path

import click
from flask import Blueprint, current_app
from werkzeug.security import generate_password_hash

from journal import pictures, posts
from journal.auth import create_author
from journal.db import DatabaseMissing, close_db, create_tables, get_db

#: The group None puts the commands beside the application's other ones.
bp = Blueprint("manage", __name__, cli_group=None)

DEMO_NAME = "demo"
#: Title, body, and the description of the painted picture where there is one.
SAMPLES = [
    (
        "A place for small things",
        (
            "This journal keeps what would otherwise be forgotten by Friday.\n\n"
            "Log in, write an entry, and hang a picture on it if you like.\n"
            "Entries can be changed and deleted by whoever wrote them, and by nobody else."
        ),
        None,
    ),
    (
        "Bread, third attempt",
        (
            "More water, less patience.\n\nThe crumb is open at last; the crust could sing. "
            "Notes for the next one:\n- 78% hydration\n- fold twice, not four times\n- do not open the oven to look"
        ),
        None,
    ),
    (
        "Up before the sun",
        (
            "The path over the ridge was still dark when we set out, and the valley lay under a blanket of mist.\n\n"
            "Then the first hill turned violet, and the second, and nobody said a word until the kettle boiled."
        ),
        "Three rows of violet hills in front of a pale sun, under a sky that fades from blue to peach.",
    ),
]


@bp.cli.command("init-db")
@click.option("--reset", is_flag=True, help="Delete every author, entry and picture first.")
def init_db(reset: bool) -> None:
    """Create the database; what exists already is left alone."""
    if reset:
        close_db()
        Path(current_app.config["DATABASE"]).unlink(missing_ok=True)
        for path in pictures.folder().iterdir():
            path.unlink()
    create_tables()
    click.echo(f"The database is ready: {current_app.config['DATABASE']}")


@bp.cli.command("seed")
def seed() -> None:
    """Make a demo author with sample entries, or only a new password."""
    try:
        db = get_db()
    except DatabaseMissing as error:
        raise click.ClickException("There is no database yet. Run the command init-db first.") from error
    password = secrets.token_urlsafe(9)
    author = db.execute("SELECT id FROM author WHERE name = ?", (DEMO_NAME,)).fetchone()
    if author is None:
        _write_samples(create_author(DEMO_NAME, password))
        click.echo(f"{len(SAMPLES)} sample entries are written.")
    else:
        hashed = generate_password_hash(password, current_app.config["PASSWORD_METHOD"])
        db.execute("UPDATE author SET password_hash = ? WHERE id = ?", (hashed, author["id"]))
        db.commit()
        click.echo("The sample entries are there already; the password is new.")
    click.echo(f"Log in as {DEMO_NAME} with the password {password}")


def _write_samples(author_id: int) -> None:
    for title, body, picture_text in SAMPLES:
        picture = pictures.keep_bytes(pictures.paint(), "png") if picture_text else None
        posts.add(author_id, title, body, picture, picture_text or "")
