"""A small journal: people write entries and hang a picture on them.

The application factory lives here. Pages are in `auth` and `blog`, the JSON
interface is in `api`, and what both share about entries is in `posts`.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from flask import Flask, Response

from journal import api, auth, blog, csrf, db, display, errors, manage

#: Browsers are told to load nothing from elsewhere and to run no scripts.
PROTECTIVE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Return a journal that is ready to serve.

    Args:
        config: Settings that win over the defaults and over `JOURNAL_*`
            environment variables. `DATABASE` and `PICTURES` are paths.
    """
    app = Flask(__name__, instance_relative_config=True)
    instance = Path(app.instance_path)
    app.config.from_mapping(
        SITE_TITLE="Journal",
        DATABASE=str(instance / "journal.sqlite"),
        PICTURES=str(instance / "pictures"),
        POSTS_PER_PAGE=6,
        PASSWORD_METHOD="scrypt",
        MAX_CONTENT_LENGTH=4 * 1024 * 1024,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.config.from_prefixed_env("JOURNAL")
    app.config.from_mapping(config or {})
    if not app.secret_key:
        app.secret_key = _kept_secret(instance / "secret_key")

    for part in (db, auth, csrf, display, errors):
        part.init_app(app)
    app.register_blueprint(auth.bp)
    app.register_blueprint(blog.bp)
    app.register_blueprint(api.bp)
    app.register_blueprint(manage.bp)
    app.after_request(_protect)
    return app


def _kept_secret(path: Path) -> str:
    # A key made anew at each start would log everybody out at each restart.
    # Linking a finished file lets of several starting workers exactly one win.
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=path.parent, encoding="ascii") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            with suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text(encoding="ascii")


def _protect(response: Response) -> Response:
    for name, value in PROTECTIVE_HEADERS.items():
        response.headers.setdefault(name, value)
    return response
