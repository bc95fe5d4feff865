"""Serve an application while it is developed, by Werkzeug's server."""

from __future__ import annotations

import os
from typing import Any

import click
import werkzeug.serving

from ..cli import load_dotenv, show_server_banner
from ..helpers import get_debug_flag, get_load_dotenv

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 5000


def run_development_server(
    app: Any,
    host: str | None,
    port: int | None,
    debug: bool | None,
    reads_dotenv: bool,
    options: dict[str, Any],
) -> None:
    """Do what `Flask.run` promises.

    Args:
        app: The application.
        host: The address; by default the one of `SERVER_NAME`, or loopback.
        port: The port; by default the one of `SERVER_NAME`, or 5000.
        debug: Turn debug mode on or off; by default `FLASK_DEBUG` decides.
        reads_dotenv: Read `.env` and `.flaskenv` first.
        options: Options of `werkzeug.serving.run_simple`.
    """
    if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
        if not werkzeug.serving.is_running_from_reloader():
            click.secho(
                " * app.run() does nothing while the command line runs the application."
                ' Put the call under `if __name__ == "__main__":`.',
                fg="red",
            )
        return
    if get_load_dotenv(reads_dotenv):
        load_dotenv()
        if "FLASK_DEBUG" in os.environ:
            app.debug = get_debug_flag()
    if debug is not None:
        app.debug = bool(debug)
    configured_host, _, configured_port = (app.config["SERVER_NAME"] or "").partition(":")
    if port is None:
        port = int(configured_port) if configured_port else DEFAULT_PORT
    options = {
        "use_reloader": app.debug,
        "use_debugger": app.debug,
        "threaded": True,
        **options,
    }
    show_server_banner(app.debug, app.name)
    try:
        werkzeug.serving.run_simple(host or configured_host or DEFAULT_HOST, int(port), app, **options)
    finally:
        # An interactive shell may set up more and serve again.
        app.__dict__.pop("_got_first_request", None)
