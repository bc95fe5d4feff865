"""The app that a real server imports: `bench.serve:app`, of the peer and the case that the environment names."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from .apps.echo import build_echo
from .apps.slow_app import build_slow
from .peers import PEERS
from .subject import load_apps

ECHO = "echo"
SLOW = "slow"
"""The names of the apps that answer no case."""


def build_app(name: str, case: str) -> Any:
    """Build an app.

    Args:
        name: The peer; also `rsgi`, the bare RSGI function.
        case: The case; also `echo` or `slow`.

    Returns:
        What a server calls.
    """
    if case == ECHO:
        return build_echo(name)
    if case == SLOW:
        return build_slow(PEERS[name].module)
    peer = replace(PEERS["asgi"], name=name, interface="rsgi", apps="bare_rsgi") if name == "rsgi" else PEERS[name]
    return load_apps(peer)[case]()


if "BENCH_PEER" in os.environ:
    app = build_app(os.environ["BENCH_PEER"], os.environ["BENCH_CASE"])
    """The application."""
