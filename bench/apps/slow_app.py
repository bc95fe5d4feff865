"""The app of Flask and of Demijohn that slow clients keep busy; its views are plain functions."""

from __future__ import annotations

import importlib
from typing import Any

from bench.cases import CHUNK, HELLO

LARGE_CHUNKS = 16 * 1024
"""How many chunks of 1 KiB the large answer has: more than the buffers of both ends of a connection take."""


def build_slow(module: str) -> Any:
    """Build the app.

    Args:
        module: Flask or what has its interface.

    Returns:
        The app: `/` answers at once, `/upload` reads a body, and `/large` gives one.
    """
    flask = importlib.import_module(module)
    app, request = flask.Flask(__name__), flask.request

    @app.get("/")
    def hello():
        return HELLO

    @app.post("/upload")
    def upload():
        return str(len(request.get_data()))

    @app.get("/large")
    def large():
        return flask.Response((CHUNK for _ in range(LARGE_CHUNKS)), mimetype="text/plain")

    return app
