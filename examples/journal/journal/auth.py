"""Register, log in and out, and who is asking."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlsplit

from flask import Blueprint, Flask, current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.security import check_password_hash, generate_password_hash

from journal.db import get_db

NAME = re.compile(r"[A-Za-z0-9_-]{2,30}")
SHORTEST_PASSWORD = 8

bp = Blueprint("auth", __name__, url_prefix="/auth")
Arguments = ParamSpec("Arguments")


def init_app(app: Flask) -> None:
    """Look up the author before each request of `app`."""
    app.before_request(load_user)


def load_user() -> None:
    """Put the author who is logged in, or None, on `g.user`."""
    g.user = None
    if request.blueprint == "api" or request.endpoint == "static":
        return  # These answers are the same for everybody, and caches may keep them.
    if (author_id := session.get("author_id")) is not None:
        g.user = get_db().execute("SELECT id, name FROM author WHERE id = ?", (author_id,)).fetchone()
        if g.user is None:
            session.clear()


def login_required(view: Callable[Arguments, ResponseReturnValue]) -> Callable[Arguments, ResponseReturnValue]:
    """Return `view` for authors only; anyone else is asked to log in."""

    @wraps(view)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> ResponseReturnValue:
        if g.user is not None:
            return view(*args, **kwargs)
        flash("Please log in first.", "notice")
        target = request.path if request.method == "GET" else None
        return redirect(url_for("auth.login", next=target))

    return guarded


def create_author(name: str, password: str) -> int:
    """Keep a new author and return their number.

    Raises:
        sqlite3.IntegrityError: The name is taken.
    """
    db = get_db()
    hashed = generate_password_hash(password, current_app.config["PASSWORD_METHOD"])
    cursor = db.execute("INSERT INTO author (name, password_hash) VALUES (?, ?)", (name, hashed))
    db.commit()
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def authenticate(name: str, password: str) -> sqlite3.Row | None:
    """Return the author with this name and password, or None."""
    author: sqlite3.Row | None
    author = get_db().execute("SELECT id, name, password_hash FROM author WHERE name = ?", (name,)).fetchone()
    if author is None:
        # SECURITY: hash all the same, or the time taken tells which names exist.
        generate_password_hash(password, current_app.config["PASSWORD_METHOD"])
        return None
    return author if check_password_hash(author["password_hash"], password) else None


@bp.route("/register", methods=["GET", "POST"])
def register() -> ResponseReturnValue:
    """Show the form for new authors, and welcome one."""
    name = request.form.get("name", "").strip()
    problems: dict[str, str] = {}
    if request.method == "POST":
        password = request.form.get("password", "")
        problems = _problems(name, password)
        if not problems:
            try:
                author_id = create_author(name, password)
            except sqlite3.IntegrityError:
                problems["name"] = f"The name {name} is taken already."
            else:
                _enter(author_id)
                flash(f"Welcome, {name}! Your first entry is one click away.", "success")
                return redirect(url_for("blog.index"))
    page = render_template("auth/register.html", name=name, problems=problems, shortest=SHORTEST_PASSWORD)
    return page, 422 if problems else 200


@bp.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    """Show the login form, and let an author in."""
    name = request.form.get("name", "").strip()
    problem = None
    if request.method == "POST":
        author = authenticate(name, request.form.get("password", ""))
        if author is not None:
            _enter(author["id"])
            flash(f"Good to see you, {author['name']}.", "success")
            return redirect(_local(request.args.get("next")) or url_for("blog.index"))
        problem = "That name and password do not belong together."
    return render_template("auth/login.html", name=name, problem=problem), 422 if problem else 200


@bp.post("/logout")
def logout() -> ResponseReturnValue:
    """Forget who was logged in."""
    session.clear()
    flash("You are logged out.", "notice")
    return redirect(url_for("blog.index"))


def _problems(name: str, password: str) -> dict[str, str]:
    problems = {}
    if not NAME.fullmatch(name):
        problems["name"] = "A name has 2 to 30 letters, digits, hyphens or underscores."
    if len(password) < SHORTEST_PASSWORD:
        problems["password"] = f"A password needs at least {SHORTEST_PASSWORD} characters."
    return problems


def _enter(author_id: int) -> None:
    # A token that was known before the login must be worth nothing after it.
    session.clear()
    session["author_id"] = author_id


def _local(target: str | None) -> str | None:
    # SECURITY: //host and /\host lead browsers away, into a look-alike login.
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target
