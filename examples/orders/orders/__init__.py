"""A shop's orders as an API: typed views, problem answers, an OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex
from typing import Any

from demijohn import Flask, redirect, url_for
from demijohn.typing import ResponseReturnValue
from orders import accounts, answers, catalogue, customers, database, manage, ordering, pictures, reports
from orders.webhooks import WEBHOOKS

DESCRIPTION = """\
Customers, products and orders of a small shop.

Log in at `POST /auth/login`, and send the token as `Authorization: Bearer …`.
Every error is an `application/problem+json`.
"""


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Return the API, ready to serve.

    Args:
        config: Settings that win over the defaults and over `ORDERS_*`
            environment variables.
    """
    app = Flask(__name__, instance_relative_config=True)
    app.config.from_mapping(
        DATABASE=f"sqlite:///{Path(app.instance_path) / 'orders.sqlite'}",
        PASSWORD_METHOD="scrypt",
        TOKEN_SECONDS=3600,
        STREAM_SECONDS=60.0,
        MAX_CONTENT_LENGTH=1024 * 1024,
        OPENAPI={"title": "Orders", "version": "1.0.0", "description": DESCRIPTION, "webhooks": WEBHOOKS},
    )
    app.config.from_prefixed_env("ORDERS")
    app.config.from_mapping(config or {})
    if not app.secret_key:
        app.secret_key = token_hex(32)  # tokens are worth nothing after a restart, nor to another worker

    for part in (database, answers, manage):
        part.init_app(app)
    for part in (accounts, customers, catalogue, pictures, ordering, reports):
        app.register_blueprint(part.bp)
    app.add_url_rule("/health", view_func=show_health)
    app.add_url_rule("/", view_func=show_home)
    app.operation(hidden=True)(show_home)
    return app


def show_health() -> dict[str, str]:
    """Say that the API is there."""
    return {"status": "ok"}


def show_home() -> ResponseReturnValue:
    """Lead people to the documentation."""
    return redirect(url_for("openapi.page"))
