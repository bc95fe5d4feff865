"""The proxies have the types of the objects that they stand for."""

from __future__ import annotations

from typing import Any, assert_type

from demijohn import Flask, Request, current_app, g, request, session, url_for
from demijohn.config import Config
from demijohn.sessions import SessionMixin

assert_type(request, Request)
assert_type(request.method, str)
assert_type(request.path, str)
assert_type(request.endpoint, str | None)
assert_type(request.blueprints, list[str])
assert_type(request.view_args, dict[str, Any] | None)
assert_type(request.args.get("page"), str | None)
assert_type(request.args.get("page", default=1, type=int), int)
assert_type(request.args.getlist("tag"), list[str])
assert_type(request.form["name"], str)
assert_type(request.cookies.get("theme", "light"), str)
assert_type(request.get_data(as_text=True), str)
assert_type(request.max_content_length, int | None)

assert_type(session, SessionMixin)
assert_type(session["user"], Any)
assert_type(session.get("user"), Any | None)
assert_type(session.permanent, bool)
session["user"] = 1

assert_type(g.get("user"), Any)
assert_type(g.anything, Any)
g.user = "ada"

assert_type(current_app, Flask)
assert_type(current_app.config, Config)
assert_type(current_app.config["DEBUG"], Any)
assert_type(current_app.debug, bool)
assert_type(current_app.name, str)
assert_type(current_app.testing, bool)
assert_type(current_app.secret_key, str | bytes | None)
assert_type(url_for("index", _external=True, page=2), str)
