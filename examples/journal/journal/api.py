"""The journal for programs: JSON in, JSON out, errors included.

Reading is open. Writing asks for an author's name and password with the
request (RFC 7617), so there is no session that a forged request could use.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from flask import Blueprint, abort, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from journal import posts
from journal.auth import authenticate

LARGEST_PAGE = 100

bp = Blueprint("api", __name__, url_prefix="/api")


@bp.get("/posts")
def list_posts() -> ResponseReturnValue:
    """Return a page of entries and the addresses of its neighbours."""
    number = _counted("page", 1, 10**9)
    size = _counted("per_page", 10, LARGEST_PAGE)
    page = posts.page(number, size)
    return jsonify(
        posts=[_as_json(post) for post in page.posts],
        page=number,
        per_page=size,
        pages=page.pages,
        total=page.total,
        previous=_address(number - 1, size) if 1 < number <= page.pages + 1 else None,
        next=_address(number + 1, size) if number < page.pages else None,
    )


@bp.post("/posts")
def create_post() -> ResponseReturnValue:
    """Keep a new entry from a JSON body and return it."""
    given = request.authorization
    author = None
    if given is not None and given.type == "basic":
        author = authenticate(given.username or "", given.password or "")
    if author is None:
        challenge = WWWAuthenticate("basic", {"realm": "the journal"})
        raise Unauthorized("Send an author's name and password.", www_authenticate=challenge)
    body = request.get_json()
    if not isinstance(body, dict):
        abort(400, "The body must be a JSON object with a title and a body.")
    post_id = posts.add(author["id"], **posts.check(body))
    return jsonify(_as_json(_found(post_id))), 201, {"Location": url_for("api.get_post", post_id=post_id)}


@bp.get("/posts/<int:post_id>")
def get_post(post_id: int) -> ResponseReturnValue:
    """Return one entry."""
    return jsonify(_as_json(_found(post_id)))


@bp.errorhandler(posts.InvalidPostError)
def invalid_post(error: posts.InvalidPostError) -> ResponseReturnValue:
    """Return what is wrong with an entry, field by field."""
    problem = {"status": 422, "title": "Unprocessable Entity", "detail": str(error), "fields": error.problems}
    return {"error": problem}, 422


def _counted(name: str, default: int, largest: int) -> int:
    text = request.args.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 11 and 1 <= int(text) <= largest):
        abort(400, f"{name} must be a whole number from 1 to {largest}, and is {text!r}.")
    return int(text)


def _found(post_id: int) -> sqlite3.Row:
    post = posts.find(post_id) if post_id < 2**63 else None
    if post is None:
        abort(404, f"There is no post {post_id}.")
    return post


def _address(number: int, size: int) -> str:
    return url_for("api.list_posts", page=number, per_page=size, _external=True)


def _as_json(post: sqlite3.Row) -> dict[str, Any]:
    picture = post["picture"]
    return {
        "id": post["id"],
        "title": post["title"],
        "body": post["body"],
        "author": post["author"],
        "written": post["written"],
        "picture": url_for("blog.picture", name=picture, _external=True) if picture else None,
        "picture_text": post["picture_text"] if picture else None,
        "url": url_for("blog.show", post_id=post["id"], _external=True),
    }
