"""Apps with many routes, for what registration and matching cost as an app grows."""

from __future__ import annotations

import importlib
from time import perf_counter
from typing import Any

from .cases import Request
from .peers import Peer


def build_routes(peer: Peer, count: int) -> tuple[float, Any, dict[str, Request]]:
    """Register routes, half of them static and half with one int variable.

    Args:
        peer: Flask or what has its interface.
        count: How many routes.

    Returns:
        The seconds that registration took, the app, and a request for the
        last static and the last dynamic route.
    """
    flask = importlib.import_module(peer.module)
    app = flask.Flask("bench_routes", static_folder=None)

    def static() -> str:
        return "static"

    def dynamic(number: int) -> str:
        return str(number)

    half = count // 2
    begin = perf_counter()
    for place in range(half):
        app.add_url_rule(f"/section{place}/page", f"page{place}", static)
        app.add_url_rule(f"/section{place}/items/<int:number>", f"item{place}", dynamic)
    seconds = perf_counter() - begin
    last = half - 1
    return seconds, app, {"static": Request(f"/section{last}/page"), "dynamic": Request(f"/section{last}/items/7")}
