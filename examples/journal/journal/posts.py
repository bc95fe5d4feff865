"""What an entry is: its rules, and how it is kept and found."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, NamedTuple

from journal.db import get_db

#: The longest title and body, in characters.
LIMITS = {"title": 120, "body": 20_000}

_SELECT = """
    SELECT post.id, post.author_id, post.written, post.title, post.body,
           post.picture, post.picture_text, author.name AS author
      FROM post JOIN author ON author.id = post.author_id
"""


class InvalidPostError(Exception):
    """Carries what is wrong with an entry, one sentence a field."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


class Page(NamedTuple):
    """A page of entries, the newest first."""

    posts: list[sqlite3.Row]
    number: int
    pages: int
    total: int


def check(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the trimmed title and body.

    Raises:
        InvalidPostError: One of them is missing, is not text, or is too long.
    """
    problems: dict[str, str] = {}
    clean: dict[str, str] = {}
    for field, limit in LIMITS.items():
        value = values.get(field, "")
        if not isinstance(value, str):
            problems[field] = f"The {field} must be text."
        elif not value.strip():
            problems[field] = f"Please write a {field}."
        elif len(value.strip()) > limit:
            problems[field] = f"The {field} is longer than {limit:,} characters."
        else:
            clean[field] = value.strip().replace("\r\n", "\n")
    if problems:
        raise InvalidPostError(problems)
    return clean


def page(number: int, size: int) -> Page:
    """Return page `number`, counted from 1, of `size` entries a page."""
    db = get_db()
    (total,) = db.execute("SELECT count(*) FROM post").fetchone()
    pages = max(1, -(-total // size))
    rows = db.execute(
        f"{_SELECT} ORDER BY post.written DESC, post.id DESC LIMIT ? OFFSET ?",
        (size, (number - 1) * size),
    ).fetchall()
    return Page(rows, number, pages, total)


def find(post_id: int) -> sqlite3.Row | None:
    """Return one entry, or None."""
    row: sqlite3.Row | None
    row = get_db().execute(f"{_SELECT} WHERE post.id = ?", (post_id,)).fetchone()
    return row


def add(author_id: int, title: str, body: str, picture: str | None = None, picture_text: str = "") -> int:
    """Keep a new entry and return its number."""
    db = get_db()
    cursor = db.execute(
        "INSERT INTO post (author_id, title, body, picture, picture_text) VALUES (?, ?, ?, ?, ?)",
        (author_id, title, body, picture, picture_text),
    )
    db.commit()
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def change(post_id: int, title: str, body: str, picture: str | None, picture_text: str) -> None:
    """Replace the words and the picture of an entry."""
    db = get_db()
    db.execute(
        "UPDATE post SET title = ?, body = ?, picture = ?, picture_text = ? WHERE id = ?",
        (title, body, picture, picture_text, post_id),
    )
    db.commit()


def remove(post_id: int) -> None:
    """Forget an entry."""
    db = get_db()
    db.execute("DELETE FROM post WHERE id = ?", (post_id,))
    db.commit()
