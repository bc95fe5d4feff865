"""The pages of the journal: read, write, change and delete entries."""

from __future__ import annotations

import sqlite3

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    send_from_directory,
    url_for,
)
from flask.typing import ResponseReturnValue

from journal import pictures, posts
from journal.auth import login_required

bp = Blueprint("blog", __name__)

YEAR = 365 * 24 * 60 * 60


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show a page of entries, the newest first."""
    number = request.args.get("page", 1, type=int)
    page = posts.page(number, current_app.config["POSTS_PER_PAGE"]) if 1 <= number < 10**9 else None
    if page is None or number > page.pages:
        abort(404)
    return render_template("blog/index.html", page=page)


@bp.get("/posts/<int:post_id>")
def show(post_id: int) -> ResponseReturnValue:
    """Show one entry."""
    return render_template("blog/show.html", post=_found(post_id))


@bp.route("/posts/new", methods=["GET", "POST"])
@login_required
def create() -> ResponseReturnValue:
    """Show an empty form, and keep a new entry."""
    problems: dict[str, str] = {}
    if request.method == "POST":
        words, picture, problems = _read_form()
        if not problems:
            post_id = posts.add(g.user["id"], **words, picture=picture, picture_text=_picture_text())
            flash("Your entry is published.", "success")
            return redirect(url_for("blog.show", post_id=post_id))
    page = render_template("blog/edit.html", post=None, values=request.form, problems=problems, limits=posts.LIMITS)
    return page, 422 if problems else 200


@bp.route("/posts/<int:post_id>/edit", methods=["GET", "POST"])
@login_required
def edit(post_id: int) -> ResponseReturnValue:
    """Show the form of an own entry, and keep its changes."""
    post = _own(post_id)
    problems: dict[str, str] = {}
    if request.method == "POST":
        words, picture, problems = _read_form()
        if not problems:
            old = post["picture"]
            kept = picture or (None if "remove_picture" in request.form else old)
            posts.change(post_id, **words, picture=kept, picture_text=_picture_text())
            if kept != old:
                pictures.discard(old)
            flash("Your changes are saved.", "success")
            return redirect(url_for("blog.show", post_id=post_id))
    values = request.form if request.method == "POST" else post
    page = render_template("blog/edit.html", post=post, values=values, problems=problems, limits=posts.LIMITS)
    return page, 422 if problems else 200


@bp.post("/posts/<int:post_id>/delete")
@login_required
def delete(post_id: int) -> ResponseReturnValue:
    """Delete an own entry together with its picture."""
    post = _own(post_id)
    posts.remove(post_id)
    pictures.discard(post["picture"])
    flash(f"“{post['title']}” is deleted.", "notice")
    return redirect(url_for("blog.index"))


@bp.get("/pictures/<name>")
def picture(name: str) -> ResponseReturnValue:
    """Send a stored picture; its name never means another one."""
    return send_from_directory(pictures.folder(), name, max_age=YEAR)


def _found(post_id: int) -> sqlite3.Row:
    # SQLite's integers end at 63 bits; a longer number cannot be an entry.
    post = posts.find(post_id) if post_id < 2**63 else None
    if post is None:
        abort(404)
    return post


def _own(post_id: int) -> sqlite3.Row:
    post = _found(post_id)
    if post["author_id"] != g.user["id"]:
        abort(403)
    return post


def _read_form() -> tuple[dict[str, str], str | None, dict[str, str]]:
    words: dict[str, str] = {}
    problems: dict[str, str] = {}
    picture = None
    try:
        words = posts.check(request.form)
    except posts.InvalidPostError as error:
        problems.update(error.problems)
    upload = request.files.get("picture")
    if upload and not problems:
        try:
            picture = pictures.keep(upload)
        except pictures.NotAPictureError as error:
            problems["picture"] = str(error)
    elif upload:
        problems["picture"] = "Browsers forget a chosen file; please choose the picture again."
    return words, picture, problems


def _picture_text() -> str:
    return request.form.get("picture_text", "").strip()[:300]
