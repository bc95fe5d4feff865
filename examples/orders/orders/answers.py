"""What the answers of all views have in common."""

from __future__ import annotations

from typing import Literal, TypeVar

from werkzeug.exceptions import HTTPException

from demijohn import Flask
from demijohn.api import render_problem

T = TypeVar("T")

Created = tuple[T, Literal[201]]
Gone = tuple[Literal[""], Literal[204]]


def init_app(app: Flask) -> None:
    """Have every error of `app` answered as a problem (RFC 9457)."""
    app.register_error_handler(HTTPException, render_problem)
