"""Async views."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.differential.apps.errors import OddError

RULES: list[tuple[str, str, dict[str, Any]]] = [("/async/<kind>", "coroutine", {"methods": ["GET", "POST"]})]

PATHS = tuple(
    f"/async/{kind}" for kind in ("text", "sleep", "request", "abort", "odd", "zero", "session", "none", "generator")
)


class Views:
    """Views that are coroutines."""

    def __init__(self, flask: Any, app: Any) -> None:
        """Hold on to the package whose app this is."""
        self.flask = flask

    async def coroutine(self, kind: str) -> Any:
        flask = self.flask
        await asyncio.sleep(0)
        if kind == "odd":
            raise OddError("async")
        if kind == "abort":
            flask.abort(410)
        if kind == "session":
            flask.session["from"] = "async"
        answers: dict[str, Any] = {
            "text": "async text",
            "sleep": ("slept", 202),
            "request": {"path": flask.request.path, "form": list(flask.request.form)},
            "session": "kept",
            "none": None,
            "generator": (piece for piece in ("a", "b")),
        }
        return answers[kind] if kind != "zero" else 1 // 0
