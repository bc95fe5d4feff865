"""A token in the session guards every form against forged posts.

The JSON interface takes part in this no further: it asks for credentials with
each request and never looks at the session.
"""

from __future__ import annotations

import hmac
import secrets

from flask import Flask, abort, request, session
from markupsafe import Markup

FIELD = "csrf_token"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def init_app(app: Flask) -> None:
    """Check every form of `app`, and offer `csrf_field()` to templates."""
    app.before_request(check)
    app.add_template_global(field, "csrf_field")


def token() -> str:
    """Return this session's token, made when a form first needs it."""
    if FIELD not in session:
        session[FIELD] = secrets.token_urlsafe(32)
    return str(session[FIELD])


def field() -> Markup:
    """Return the hidden input that a form has to contain."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token())


def check() -> None:
    """Refuse a changing request whose token is not the session's."""
    if request.method in SAFE_METHODS or request.blueprint == "api" or request.endpoint is None:
        return
    given = request.form.get(FIELD, "")
    # SECURITY: without this, a page elsewhere could post in a reader's name.
    if FIELD not in session or not hmac.compare_digest(given.encode(), session[FIELD].encode()):
        abort(400, "This form has expired or came from another site. Go back, reload the page and send it again.")
