"""Decide whether a server can serve an application's static files itself.

The server then answers before the application is called.  It is faster,
and it is not the same: hooks do not run, and the answer knows no ETag, no
ranges and no "not modified".
"""

from __future__ import annotations

import os
import typing as t

from demijohn.app import Flask

from ..doors.wrapped import DOORS, find_wrapper


class StaticMount(t.NamedTuple):
    """Say what a server serves itself.

    Attributes:
        route: The start of the paths, without a slash at the end.
        folder: The folder that holds the files.
        max_age: How many seconds a client may keep a file; 0 says nothing.
    """

    route: str
    folder: str
    max_age: int


def find_static_mount(app: Flask) -> tuple[StaticMount | None, str | None]:
    """Return what a server can serve itself, or why there is nothing.

    Args:
        app: The application.
    """
    url_path = app.static_url_path
    if not app.has_static_folder or app.static_folder is None or url_path is None:
        return None, "'--static' has nothing to serve: the application has no static folder."
    if not url_path.strip("/"):
        return None, "'--static' is left out: the static files lie at '/', where the application's own routes are."
    skipped = find_skipped(app)
    if skipped:
        return None, (
            f"'--static' is left out: {', '.join(skipped)} would not run for static files. The application serves them."
        )
    max_age = app.config["SEND_FILE_MAX_AGE_DEFAULT"]
    seconds = int(max_age.total_seconds()) if hasattr(max_age, "total_seconds") else int(max_age or 0)
    return StaticMount("/" + url_path.strip("/"), os.path.realpath(app.static_folder), seconds), None


def find_skipped(app: Flask) -> list[str]:
    """Return what of an application would not run for static files.

    Args:
        app: The application.
    """
    found = [
        f"'{name}' functions" for name in _HOOKS if any(t.cast("dict[t.Any, t.Any]", getattr(app, name)).get(None, ()))
    ]
    found += [f"the wrapper {wrapper!r}" for interface in DOORS if (wrapper := find_wrapper(app, interface))]
    if app.url_map.host_matching:
        found.append("host matching")
    for name in ("send_static_file", "get_send_file_max_age"):
        if name in app.__dict__ or getattr(type(app), name) is not getattr(Flask, name):
            found.append(f"the application's own '{name}'")
    return found


_HOOKS = ("before_request_funcs", "after_request_funcs", "teardown_request_funcs", "url_value_preprocessors")
